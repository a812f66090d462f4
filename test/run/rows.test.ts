/**
 * The law of `rowAxes`: where it says that rows are independent along an axis, the value
 * for rows a..b is the slice a..b of the value for all. On graphs drawn by fast-check.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Layer, Likelihood, Model, Spec, Tensor, evaluate, interpret, pipe } from '../../src/index.ts'
import { rowAxes } from '../../src/tensor/rows.ts'
import { right } from '../checks/tools.ts'

const ROWS = 7
const x = Tensor.input('x', [null, 3])
const symbol = 'x.0'

type Step = (t: Tensor.Tensor) => Tensor.Tensor
const rankOf = (t: Tensor.Tensor): number => Tensor.shape(t).length
const constant = (shape: readonly number[]): Tensor.Tensor => Tensor.constant({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + 2.3 * i)) })

/** Ways on from a tensor; some keep rows apart, some mix them, and all must be told apart. */
const steps: readonly (readonly [string, Step])[] = [
  ['tanh', Tensor.tanh],
  ['plus itself', (t) => Tensor.add(Tensor.mul(0.3)(t))(t)],
  ['plus a row', (t) => Tensor.add(constant(Tensor.shape(t).slice(-1).map((e) => (typeof e === 'number' ? e : 1))))(t)],
  ['less the mean of all', (t) => Tensor.sub(Tensor.mean()(t))(t)],
  ['softmax along the last', Tensor.softmax()],
  ['sum of the first axis', (t) => Tensor.sum({ axes: [0] })(t)],
  ['sum of the last axis', (t) => Tensor.sum({ axes: [rankOf(t) - 1] })(t)],
  ['max of the last axis, kept', (t) => Tensor.max({ axes: [rankOf(t) - 1], keepDims: true })(t)],
  ['argmax of the last axis', (t) => Tensor.cast('f32')(Tensor.argmax({ axes: [rankOf(t) - 1] })(t))],
  ['transposed', Tensor.transpose()],
  ['a new first axis', Tensor.expandDims(0)],
  ['a new last axis', (t) => Tensor.expandDims(rankOf(t))(t)],
  ['flipped along the first', Tensor.flip([0])],
  ['flipped along the last', (t) => Tensor.flip([rankOf(t) - 1])(t)],
  ['times a matrix', (t) => { const last = Tensor.shape(t)[rankOf(t) - 1]; return Tensor.matmul(constant([typeof last === 'number' ? last : 3, 2]))(t) }],
  ['times its transpose', (t) => Tensor.matmul(Tensor.transpose()(t))(t)],
  ['beside itself', (t) => Tensor.concat(rankOf(t) - 1)([t, Tensor.neg(t)])],
  ['below itself', (t) => Tensor.concat(0)([t, t])],
  ['padded below', (t) => Tensor.pad(Tensor.shape(t).map(() => 0), Tensor.shape(t).map((_, i) => (i === 0 ? 1 : 0)))(t)],
  ['its first row', (t) => Tensor.slice(Tensor.shape(t).map(() => 0), Tensor.shape(t).map((e, i) => (i === 0 ? 1 : e)))(t)],
  ['numbered along the first', (t) => Tensor.add(Tensor.reshape([Tensor.shape(t)[0], ...Tensor.shape(t).slice(1).map(() => 1)])(Tensor.cast('f32')(Tensor.arange(Tensor.shape(t)[0]))))(t)],
  ['divided by the number of rows', (t) => Tensor.div(Tensor.cast('f32')(Tensor.extent(0)(t)))(t)],
  ['with noise', (t) => Tensor.add(Tensor.randomNormal(Tensor.shape(t))(Tensor.key(1)))(t)],
  ['looked up', (t) => Tensor.take(Tensor.cast('i32')(Tensor.gt(0)(t)))(constant([2, 2]))]
]

const graph = fc.array(fc.integer({ min: 0, max: steps.length - 1 }), { minLength: 1, maxLength: 5 })
const values = Array.from({ length: ROWS * 3 }, (_, i) => Math.cos(1.1 * i) * (1 + (i % 4)))
const at = (node: Tensor.Tensor, from: number, to: number) =>
  right(interpret({ x: { shape: [to - from, 3], data: values.slice(3 * from, 3 * to) } })([node]))[0]

/** Rows from..to of a value along an axis. */
const slice = (v: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }, axis: number, from: number, to: number): readonly number[] => {
  const inner = v.shape.slice(axis + 1).reduce((a, b) => a * b, 1), n = v.shape[axis]
  return Array.from(v.data).filter((_, i) => { const r = Math.floor(i / inner) % n; return r >= from && r < to })
}

test('pieces of rows are slices of the whole', () => {
  let apart = 0
  const kept = new Set<string>()
  fc.assert(fc.property(graph, fc.integer({ min: 0, max: ROWS - 1 }), fc.integer({ min: 1, max: ROWS }), (ops, a, length) => {
    const node = ops.reduce<Tensor.Tensor>((t, i) => (rankOf(t) === 0 || rankOf(t) > 4 ? t : steps[i][1](t)), x)
    if (node.type._tag === 'Left') return
    const [axis] = rowAxes(symbol)([node])
    if (axis === 'mixed') return
    const to = Math.min(ROWS, a + length)
    const whole = at(node, 0, ROWS), piece = at(node, a, to)
    if (axis === 'none') {
      expect([...piece.data]).toEqual([...whole.data])
      return
    }
    apart++
    ops.forEach((i) => kept.add(steps[i][0]))
    expect(piece.shape[axis]).toBe(to - a)
    expect([...piece.data]).toEqual(slice(whole, axis, a, to))
  }), { numRuns: 2000 })
  // The law would hold of a function that always answers 'mixed'.
  expect(apart).toBeGreaterThan(200)
  for (const name of ['tanh', 'plus a row', 'softmax along the last', 'sum of the last axis', 'transposed', 'a new first axis', 'times a matrix', 'beside itself', 'looked up']) expect(kept).toContain(name)
})

test('what mixes rows is seen', () => {
  const mixing = ['less the mean of all', 'sum of the first axis', 'flipped along the first', 'below itself', 'padded below', 'its first row', 'numbered along the first', 'divided by the number of rows', 'with noise', 'times its transpose']
  for (const name of mixing) {
    const step = steps.find(([n]) => n === name)?.[1] as Step
    expect(rowAxes(symbol)([step(x)]), name).toEqual(['mixed'])
  }
})

test('networks, and draws of them, keep their rows apart', () => {
  const model = pipe(
    Layer.input([null, 1, 6, 6], { name: 'x' }), Layer.conv2d({ filters: 2, size: [3, 3] }), Layer.maxPool2d({ size: [2, 2] }), Layer.dense({ units: 3, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical(), { name: 'y' }))
  expect(rowAxes('batch')([model.prediction, Model.logLikelihood(model), Model.logDensity(model)])).toEqual([0, 0, 'mixed'])
})

test('evaluate on the interpreter is the interpreter', async () => {
  const node = pipe(x, Tensor.matmul(constant([3, 2])), Tensor.tanh)
  const [got] = right(await evaluate([node], { x: { shape: [ROWS, 3], data: values } }, { gpu: 'reference' })())
  const want = right(interpret({ x: { shape: [ROWS, 3], data: Float32Array.from(values) } })([node]))[0]
  expect(got).toEqual({ shape: [ROWS, 2], data: Float32Array.from(want.data) })
})
