import { expect, test } from 'vitest'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import { descend, gradients, optScalars, slotsAtZero } from '../../src/infer/gradient.ts'
import type { Clip } from '../../src/infer/method.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'

const TARGET = [1, -2, 0.5]

/** Steps down sum of (i + 1) (x_i - target_i)^2 / 2 from 0; gives x after each. */
const run = (o: Optimizer.Optimizer, steps: number, clip?: Clip): readonly (readonly number[])[] => {
  const x = B.leaf('state', 'x', [3])
  const loss = B.sum(B.mul(B.array(Float32Array.of(0.5, 1, 1.5), [3]), B.square(B.sub(x, B.array(Float32Array.from(TARGET), [3])))))
  const scalars = optScalars(o, clip)
  const slots = slotsAtZero(o, { x: { shape: [3], data: new Float32Array(3) } })
  const state = { x, ...Object.fromEntries(Object.keys(slots).map((k) => [k, B.leaf('state', k, [3])])) }
  const next = descend(gradients(loss, [['x']], state), [['x']], state, B.leaf('state', 'step', [], 'u32'), o, clip, scalars)
  let now: Record<string, { shape: readonly number[]; data: ArrayLike<number> }> = { x: { shape: [3], data: [0, 0, 0] }, ...slots }
  const path: number[][] = []
  for (let t = 0; t < steps; t++) {
    const names = Object.keys(next.state)
    const r = interpret({ ...now, opt: scalars.input, step: { shape: [], data: [t] } })([...names.map((n) => (next.state as Record<string, typeof x>)[n]), next.bad])
    if (r._tag === 'Left') throw new Error(r.left[0].got)
    now = Object.fromEntries(names.map((n, i) => [n, r.right[i]]))
    expect(r.right[names.length].data[0]).toBe(0xffffffff)
    path.push([...now['x'].data as Float64Array])
  }
  return path
}

const gradient = (x: readonly number[]): number[] => x.map((v, i) => (i + 1) * (v - TARGET[i]))

/** The same in plain numbers: `rule` gives the step from gradient, slots and t from 1. */
const literal = (steps: number, rule: (g: number, s: number[], t: number) => number): readonly (readonly number[])[] => {
  let x = [0, 0, 0]
  const slots = x.map((): number[] => [0, 0])
  return Array.from({ length: steps }, (_, t) => {
    const g = gradient(x)
    x = x.map((v, i) => v - rule(g[i], slots[i], t + 1))
    return x
  })
}

const agree = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): void =>
  // Hyper-parameters reach the graph in single precision.
  a.forEach((row, t) => row.forEach((v, i) => expect(Math.abs(v - b[t][i])).toBeLessThan(2e-6 * (1 + Math.abs(b[t][i])))))

test('adam is its published formula, the short form', () => {
  agree(run(Optimizer.adam({ learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-4 }), 20), literal(20, (g, s, t) => {
    s[0] = 0.8 * s[0] + 0.2 * g
    s[1] = 0.95 * s[1] + 0.05 * g * g
    return (0.1 * Math.sqrt(1 - 0.95 ** t) / (1 - 0.8 ** t)) * s[0] / (Math.sqrt(s[1]) + 1e-4)
  }))
})

test('adamax, momentum, rmsprop, gradient descent', () => {
  agree(run(Optimizer.adamax({ learningRate: 0.1 }), 10), literal(10, (g, s, t) => {
    s[0] = 0.9 * s[0] + 0.1 * g
    s[1] = Math.max(0.999 * s[1], Math.abs(g))
    return (0.1 / (1 - 0.9 ** t)) * s[0] / (s[1] + 1e-8)
  }))
  agree(run(Optimizer.momentum({ learningRate: 0.05, momentum: 0.7 }), 10), literal(10, (g, s) => 0.05 * (s[0] = 0.7 * s[0] + g)))
  agree(run(Optimizer.rmsprop({ learningRate: 0.05 }), 10), literal(10, (g, s) => (0.05 * g) / (Math.sqrt((s[0] = 0.9 * s[0] + 0.1 * g * g)) + 1e-8)))
  agree(run(Optimizer.sgd({ learningRate: 0.05 }), 10), literal(10, (g) => 0.05 * g))
})

test('schedules are functions of the absolute step', () => {
  const rates: readonly (readonly [Optimizer.Schedule, (t: number) => number])[] = [
    [Optimizer.exponential({ value: 0.1, decay: 0.5, steps: 4 }), (t) => 0.1 * 0.5 ** (t / 4)],
    [Optimizer.cosine({ value: 0.1, end: 0.02, steps: 6 }), (t) => 0.02 + 0.04 * (1 + Math.cos(Math.PI * Math.min(t / 6, 1)))],
    [Optimizer.warmUp({ steps: 5, then: 0.1 }), (t) => 0.1 * Math.min((t + 1) / 5, 1)],
    [Optimizer.warmUp({ steps: 3, then: Optimizer.exponential({ value: 0.1, decay: 0.9, steps: 1 }) }), (t) => 0.1 * 0.9 ** t * Math.min((t + 1) / 3, 1)]
  ]
  for (const [s, at] of rates) agree(run(Optimizer.sgd({ learningRate: s }), 9), literal(9, (g, _, t) => at(t - 1) * g))
})

test('clipping bounds the total norm, or each element', () => {
  const g = gradient([0, 0, 0])
  const norm = Math.hypot(...g)
  agree(run(Optimizer.sgd({ learningRate: 1 }), 1, { norm: 0.5 }), [g.map((v) => (-v * 0.5) / norm)])
  agree(run(Optimizer.sgd({ learningRate: 1 }), 1, { norm: 100 }), [g.map((v) => -v)])
  agree(run(Optimizer.sgd({ learningRate: 1 }), 1, { value: 1.2 }), [g.map((v) => -Math.max(-1.2, Math.min(1.2, v)))])
})

/** One step from 0 down a gradient that is the data, in double precision, which has other ends than the device's. */
const step = (o: Optimizer.Optimizer, g: readonly number[], clip?: Clip): { readonly x: readonly number[]; readonly bad: number } => {
  const x = B.leaf('state', 'x', [g.length]), slots = slotsAtZero(o, { x: { shape: [g.length], data: new Float32Array(g.length) } })
  const state = { x, ...Object.fromEntries(Object.keys(slots).map((k) => [k, B.leaf('state', k, [g.length])])) }
  const scalars = optScalars(o, clip)
  const next = descend([B.leaf('input', 'g', [g.length])], [['x']], state, B.leaf('state', 'step', [], 'u32'), o, clip, scalars)
  const r = interpret({ x: { shape: [g.length], data: new Float64Array(g.length) }, ...slots, g: { shape: [g.length], data: Float64Array.from(g) }, opt: scalars.input, step: { shape: [], data: [0] } })([(next.state as Record<string, typeof x>)['x'], next.bad])
  if (r._tag === 'Left') throw new Error(r.left[0].got)
  return { x: [...r.right[0].data], bad: r.right[1].data[0] }
}

test('gradients whose squares are beyond single precision are clipped to the norm all the same', () => {
  for (const size of [1e18, 1e19, 1e25, 1e38]) {
    const { x, bad } = step(Optimizer.sgd({ learningRate: 1 }), [3 * size, -4 * size, 0], { norm: 0.5 })
    expect(x).toEqual([expect.closeTo(-0.3, 6), expect.closeTo(0.4, 6), 0])
    expect(bad).toBe(0xffffffff)
  }
})

test('where a rule keeps squares, the square must be finite, or clipped to what has one', () => {
  for (const o of [Optimizer.adam(), Optimizer.rmsprop()]) {
    for (const clip of [undefined, {}]) expect(step(o, [1, -1e200], clip).bad).toBe(1)
    for (const clip of [{ norm: 1 }, { value: 1e30 }]) expect(step(o, [1, -1e200], clip)).toMatchObject({ bad: 0xffffffff })
    expect(optScalars(o, { norm: 1e30 }).input.data).toContain(Math.fround(1e19))
  }
  for (const o of [Optimizer.sgd(), Optimizer.adamax(), Optimizer.momentum()]) expect(step(o, [1, -1e200]).bad).toBe(0xffffffff)
})

test('the first element of a gradient that is not finite is found', () => {
  const x = B.leaf('state', 'x', [3])
  const o = Optimizer.sgd()
  const { bad } = descend(gradients(B.sum(B.log(x)), [['x']], { x }), [['x']], { x }, B.leaf('state', 'step', [], 'u32'), o, undefined, optScalars(o, undefined))
  const r = interpret({ x: { shape: [3], data: [1, 0, 0] }, opt: optScalars(o, undefined).input, step: { shape: [], data: [0] } })([bad])
  expect(r._tag === 'Right' && r.right[0].data[0]).toBe(1)
})

test('numbers that make no sense are errors by name', () => {
  const left = (o: Optimizer.Optimizer) => { const e = Optimizer.checkOptimizer(o); return e._tag === 'Left' ? e.left[0] : undefined }
  expect(left(Optimizer.adam({ learningRate: NaN }))).toMatchObject({ _tag: 'BadOption', path: ['optimizer', 'learningRate'] })
  expect(left(Optimizer.adam({ beta1: 1 }))).toMatchObject({ path: ['optimizer', 'beta1'] })
  expect(left(Optimizer.adam({ beta3: 0.5 } as object))).toMatchObject({ _tag: 'UnknownOption', hint: expect.stringContaining('beta') })
  expect(left(Optimizer.adam())).toBeUndefined()
  // 0 to the power of 0 steps is 1, but its log has no multiple of 0
  for (const k of ['decay', 'steps'] as const)
    expect(left(Optimizer.sgd({ learningRate: Optimizer.exponential({ value: 1, decay: 0.5, steps: 10, [k]: 0 }) }))).toMatchObject({ _tag: 'BadOption', path: ['optimizer', 'learningRate', 'Optimizer.exponential', k], need: 'a number above 0' })
})
