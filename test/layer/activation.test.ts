/** Nonlinearities against their definitions, and their behaviour far out. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The normal distribution function, by Simpson's rule on 4000 pieces: good to 1e-13. */
const normal = (x: number): number => {
  const n = 4000, h = x / n, f = (t: number): number => Math.exp(-0.5 * t * t) / Math.sqrt(2 * Math.PI)
  let s = f(0) + f(x)
  for (let i = 1; i < n; i++) s += (i % 2 === 0 ? 2 : 4) * f(i * h)
  return 0.5 + (s * h) / 3
}

/** Definitions as published, each with a point where a mistake in a constant shows. */
const definitions: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x, identity: (x) => x,
  relu: (x) => Math.max(x, 0), rectify: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x), leakyRectify: (x) => (x > 0 ? x : 0.01 * x), veryLeakyRelu: (x) => (x > 0 ? x : x / 3),
  elu: (x) => (x > 0 ? x : Math.exp(x) - 1),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1)),
  softplus: (x) => Math.log(1 + Math.exp(x)), sigmoid, tanh: Math.tanh,
  scaledTanh: (x) => 1.7159 * Math.tanh((2 / 3) * x),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  geluExact: (x) => x * normal(x),
  silu: (x) => x * sigmoid(x), mish: (x) => x * Math.tanh(Math.log(1 + Math.exp(x))), softsign: (x) => x / (1 + Math.abs(x))
}

const points = [-3, -1, -0.25, 0, 0.5, 1, 2.5]

const apply = (name: string | Layer.Activation, xs: readonly number[]): { readonly y: readonly number[]; readonly g: readonly number[] } => {
  const e = Layer.elaborate(pipe(Layer.input([null, xs.length], { name: 'x' }), Layer.activation(name as Layer.Activation)))
  const [g] = Tensor.grad([e.inputs['x']])(Tensor.sum()(e.prediction))
  const r = interpret({ x: { shape: [1, xs.length], data: xs } })([e.prediction, g])
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return { y: [...r.right[0].data], g: [...r.right[1].data] }
}

describe('nonlinearities', () => {
  it('are all told here', () => {
    expect([...Layer.activationNames].sort()).toEqual([...Object.keys(definitions), 'softmax'].sort())
  })
  it.each(Object.keys(definitions))('%s is its definition', (name) => {
    const { y, g } = apply(name, points)
    points.forEach((x, i) => expect(y[i]).toBeCloseTo(definitions[name](x), 12))
    // Central differences in f64 are good to about 1e-10; corners are left out.
    points.forEach((x, i) => {
      if (x !== 0) expect(g[i]).toBeCloseTo((definitions[name](x + 1e-5) - definitions[name](x - 1e-5)) / 2e-5, 8)
    })
  })
  it.each(Object.keys(definitions))('%s has finite values and gradients far out', (name) => {
    const { y, g } = apply(name, [-1000, -100, 100, 1000])
    expect([...y, ...g].every(Number.isFinite)).toBe(true)
  })
  it('softmax sums to one along the last axis', () => {
    const { y } = apply('softmax', [1, 2, 3, -1000, 0])
    expect(y.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    expect(y[2] / y[1]).toBeCloseTo(Math.E, 12)
  })
  it('with numbers of their own', () => {
    const { leakyRelu, elu, selu, scaledTanh } = Layer.nonlinearities
    expect(apply(leakyRelu(0.2), [-2, 3]).y).toEqual([-0.4, 3])
    expect(apply(elu(2), [-1, 3]).y).toEqual([2 * (Math.exp(-1) - 1), 3].map((v) => expect.closeTo(v, 12) as number))
    expect(apply(selu({ scale: 2, scaleNegative: 3 }), [-1, 3]).y).toEqual([6 * (Math.exp(-1) - 1), 6].map((v) => expect.closeTo(v, 12) as number))
    expect(apply(scaledTanh({ scaleIn: 0.5, scaleOut: 3 }), [2]).y[0]).toBeCloseTo(3 * Math.tanh(1), 12)
    expect(apply(scaledTanh(), [2]).y[0]).toBeCloseTo(Math.tanh(2), 12)
    expect(leakyRelu(0.2).name).toBe('leakyRelu(0.2)')
  })
  it('may be any function of a tensor', () => {
    const e = Layer.elaborate(pipe(Layer.input([null, 2], { name: 'x' }), Layer.activation(Tensor.mul(3))))
    expect(interpret({ x: { shape: [1, 2], data: [1, 2] } })([e.prediction])).toMatchObject({ right: [{ data: Float64Array.of(3, 6) }] })
  })
})
