/**
 * On a GPU, units that follow each other row by row are phases of one kernel, a workgroup a
 * row: the last layers of a network forth and back. Against the f64 meaning, on whatever
 * adapter there is. Tolerance: sums of up to 200 terms of order 1 in f32, of the largest
 * magnitude.
 */
import { expect, test } from 'vitest'
import { Tensor, pipe } from '../../src/index.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program } from '../../src/compile/program.ts'
import { agreeAsGpu, leaf, values } from './agreement.ts'

/** Phases of each dispatch, and its workgroups. */
const phases = (p: Program): readonly (readonly [phases: number, groups: number])[] =>
  dispatches(p.body).map((d) => [Math.max(...d.label.split(' | ').map((l) => l.split(' > ').length)), d.grid[0] * d.grid[1] * d.grid[2]])

const loss = (rows: number, widths: readonly number[]) => {
  const shapes = { x: [rows, widths[0]], ...Object.fromEntries(widths.slice(1).map((n, k) => [`w${k}`, [widths[k], n]])) }
  const v = values(shapes), weights = widths.slice(1).map((_, k) => leaf(v, `w${k}`))
  const out = weights.reduce((h, w, k) => (k === 0 ? pipe(h, Tensor.matmul(w)) : pipe(Tensor.tanh(h), Tensor.matmul(w))), leaf(v, 'x'))
  const chances = Tensor.sub(Tensor.logSumExp({ axes: [-1], keepDims: true })(out))(out)
  return { v, weights, chances, total: Tensor.sum()(Tensor.square(chances)) }
}

test.each([[100, [40, 64, 10]], [37, [30, 20, 50, 7]], [100, [64, 176, 64, 10]], [20, [8, 9, 5]]] as const)('%i rows through layers of %j, and gradients', async (rows, widths) => {
  const { v, weights, chances, total } = loss(rows, widths)
  for (const other of [{}, { subgroupSize: 0 }, { maxStorageBuffers: 8 }, { maxStorageBuffers: 4 }])
    await agreeAsGpu([chances, ...Tensor.grad(weights)(total)], v, 1e-5, other)
})

test('are one kernel of a workgroup a row, where a row is much for one invocation and all rows for one workgroup', async () => {
  const { v, chances } = loss(100, [64, 176, 64, 10])
  const all = phases(await agreeAsGpu([chances], v, 1e-5))
  expect(all).toEqual([[5, 100]])
})

test('and two such kernels side by side share a dispatch, each with rows of its own', async () => {
  const v = values({ x: [100, 64], w: [64, 48], y: [60, 64], u: [64, 40] })
  const chances = (x: string, w: string) => { const h = pipe(leaf(v, x), Tensor.matmul(leaf(v, w))); return Tensor.sub(Tensor.logSumExp({ axes: [-1], keepDims: true })(h))(h) }
  expect(phases(await agreeAsGpu([chances('x', 'w'), chances('y', 'u')], v, 1e-5))).toEqual([[3, 160]])
})

test.each([[64, 200], [40, 96], [100, 33], [17, 300]])('normalised rows, %i of %i: their means and spreads by subgroups, in one kernel', async (rows, width) => {
  const v = values({ x: [rows, width], s: [width], w: [width, 6] }), [x, s, w] = ['x', 's', 'w'].map((k) => leaf(v, k))
  const centred = Tensor.sub(Tensor.mean({ axes: [1], keepDims: true })(x))(x), spread = Tensor.mean({ axes: [1], keepDims: true })(Tensor.square(centred))
  const normal = Tensor.mul(s)(Tensor.mul(Tensor.rsqrt(Tensor.add(1e-5)(spread)))(centred))
  const out = Tensor.sub(Tensor.logSumExp({ axes: [1], keepDims: true })(normal))(normal)
  // f32 sums of 300 terms, differences of neighbours, and a division by the spread of gradients that cancel
  for (const other of [{}, { subgroupSize: 0 }, { maxStorageBuffers: 4 }])
    await agreeAsGpu([out, ...Tensor.grad([x, s, w])(Tensor.sum()(Tensor.square(pipe(Tensor.tanh(normal), Tensor.matmul(w)))))], v, 5e-5, other)
  const { kernels, body } = await agreeAsGpu([out], { x: v['x'], s: v['s'] }, 1e-5)
  expect(dispatches(body).length).toBe(1)
  expect(kernels[0].wgsl).toContain('subgroupAdd')
})
