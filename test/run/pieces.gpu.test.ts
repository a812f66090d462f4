/** Graphs that are too large for the device at once are evaluated in pieces of rows, or of draws, with the same values. */
import { expect, test } from 'vitest'
import { Gpu, Layer, Likelihood, Model, Spec, Tensor, evaluate, fit, orThrow, pipe } from '../../src/index.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import * as B from '../../src/tensor/build.ts'
import { device, right } from '../checks/tools.ts'

test('rows too many for one piece: the same values as rows by hand', async () => {
  const gpu = await device()
  // More columns than a quarter of a binding holds for all rows.
  const rows = 2001, columns = Math.ceil((1.6 * Math.min(gpu.target.maxBindingBytes, 2 ** 27)) / 4 / 4 / rows)
  const x = Tensor.input('x', [null])
  const wide = Tensor.add(Tensor.reshape([1, columns])(Tensor.mul(1e-3)(Tensor.cast('f32')(Tensor.arange(columns)))))(Tensor.expandDims(1)(x))
  const outputs = [Tensor.sum({ axes: [1] })(Tensor.sin(wide)), Tensor.transpose()(Tensor.concat(1)([Tensor.expandDims(1)(x), Tensor.max({ axes: [1], keepDims: true })(wide)]))]
  const data = Float32Array.from({ length: rows }, (_, i) => Math.sin(i))
  const [sums, both] = right(await evaluate(outputs, { x: data })())
  expect([sums.shape, both.shape]).toEqual([[rows], [2, rows]])
  for (const from of [0, 999, 1996]) {
    const [part, pair] = right(await evaluate(outputs, { x: data.slice(from, from + 5) })())
    // Fewer rows may be summed in another order: thousands of terms of one in single precision.
    part.data.forEach((v, i) => expect(Math.abs(v - sums.data[from + i])).toBeLessThan(1e-6 * columns))
    expect([...pair.data]).toEqual([...both.data.slice(from, from + 5), ...both.data.slice(rows + from, rows + from + 5)])
  }
  // Sines of an arithmetic progression: sum = sin(c d / 2) / sin(d / 2) sin(x + (c - 1) d / 2).
  const d = 1e-3
  for (const i of [0, 1000, 2000]) {
    const want = (Math.sin((columns * d) / 2) / Math.sin(d / 2)) * Math.sin(data[i] + ((columns - 1) * d) / 2)
    expect(Math.abs(sums.data[i] - want)).toBeLessThan(1e-5 * columns)
  }
  expect(gpu.liveBuffers).toBe(0)
})

test('draws of a network along the first axis, rows along the second', async () => {
  const model = pipe(
    Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 300, activation: 'tanh' }), Layer.dense({ units: 2, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal()), Model.observe(Likelihood.categorical(), { name: 'y' }))
  const rows = 1500, S = 30
  const x = Float32Array.from({ length: 4 * rows }, (_, i) => Math.cos(i))
  const approx = right(await fit(model, { data: { x: { shape: [rows, 4], data: x }, y: Array.from({ length: rows }, (_, i) => i % 2) }, steps: 0, start: { 'dense_1.W': { sd: 1 } } })())
  const node = approx.sampleNode(model.prediction, { size: S, seed: 3 })
  const [all] = right(await evaluate([node], { x: { shape: [rows, 4], data: x } })())
  expect(all.shape).toEqual([S, rows, 2])
  const from = 1490
  const [part] = right(await evaluate([node], { x: { shape: [10, 4], data: x.slice(4 * from) } })())
  for (let s = 0; s < S; s++)
    for (let i = 0; i < 20; i++)
      // Another size of batch may take another kernel: single precision, probabilities.
      expect(Math.abs(part.data[20 * s + i] - all.data[2 * (s * rows + from) + i])).toBeLessThan(2e-6)
  expect(new Set(Array.from({ length: S }, (_, s) => all.data[2 * s * rows])).size).toBe(S)
  // Ten rows of 30 draws of 4 x 300 weights are 144 kB: less than a quarter of 200 kB is some draws at a time.
  const [few] = right(await evaluate([node], { x: { shape: [10, 4], data: x.slice(4 * from) } }, { memory: 200_000 })())
  expect(few.shape).toEqual([S, 10, 2])
  few.data.forEach((v, i) => expect(Math.abs(v - part.data[i])).toBeLessThan(2e-6))
})

test('draws that are cut twice are each computed once', async () => {
  const x = Tensor.input('x', [null]), n = 4096
  const counter = (length: number, shape: readonly number[]): Tensor.Tensor => Tensor.reshape(shape)(Tensor.cast('f32')(B.iota([length], 0, 'u32')))
  // 8 x 6 x 4096 numbers, whose mean over the last axis mixes rows: either counter is cut, then the other.
  const all = Tensor.add(Tensor.add(Tensor.mul(10)(counter(8, [8, 1, 1])))(counter(6, [1, 6, 1])))(x)
  const mean = Tensor.mul(1 / n)(Tensor.sum({ axes: [2] })(all))
  const halves = Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5))
  // Halves and whole numbers up to 75, 4096 of them: their sums are exact.
  const want = Array.from({ length: 48 }, (_, k) => 10 * Math.floor(k / 6) + (k % 6))
  for (const memory of [2 ** 30, 2 ** 20, 2 ** 18, 2 ** 16]) {
    const [got] = right(await evaluate([mean], { x: halves }, { memory })())
    expect([memory, got.shape, [...got.data]]).toEqual([memory, [8, 6], want])
  }
})

test('what no cut makes smaller is computed at once', async () => {
  const gpu = await orThrow(Gpu.open({ dawn: ['backend=null'] }))
  const x = Tensor.input('x', [null]), sum = Tensor.sum()(Tensor.exp(x))
  const draws = Tensor.add(Tensor.cast('f32')(B.iota([8], 0, 'u32')))(sum)
  for (const memory of [2 ** 30, 2 ** 13]) right(await evaluate([draws], { x: new Float32Array(4096) }, { gpu, memory })())
  // A piece would have been a program of its own.
  expect(sessionOf(gpu).programs.size).toBe(1)
  Gpu.close(gpu)
})

test('an input that is too large for a binding is cut as what is made of it', async () => {
  const real = await device(), gpu: Gpu.Device = { ...sessionOf(real), target: { ...real.target, maxBindingBytes: 2 ** 14 } }
  const rows = 100, columns = 96, x = Tensor.input('x', [null, columns])
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns))
  for (const [y, times] of [[x, 1], [Tensor.mul(2)(x), 2]] as const) {
    const [sums] = right(await evaluate([Tensor.sum({ axes: [1] })(y)], { x: { shape: [rows, columns], data } }, { gpu })())
    // Whole numbers below 2^24 are summed without rounding.
    expect([...sums.data]).toEqual(Array.from({ length: rows }, (_, i) => times * columns * i))
  }
})
