/**
 * One optimiser step of a loss over named parameters: gradient, clipping, the check
 * that all of it is finite, the rule's update. Every method that descends uses it.
 *
 * Law: a gradient that the rule can't take in single precision is told, never a step of 0.
 *
 * @since 0.1.0
 */
import * as B from '../tensor/build.ts'
import { grad } from '../tensor/grad.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import type { HostArray, HostArrays } from '../run/session.ts'
import { NONE } from './method.ts'
import type { Clip, Tensors } from './method.ts'
import { keepsSquares, scalarsOf, slotsOf, stepOf } from './optimizer.ts'
import type { Optimizer } from './optimizer.ts'

/** Scalars in one small input: a buffer for all, none of them part of a shader. */
export interface Scalars {
  readonly input: HostArray
  readonly at: (name: string) => Tensor
}

/** The scalars of a record as input `name`. */
export const scalarsAs = (name: string, values: Readonly<Record<string, number>>): Scalars => {
  const names = Object.keys(values)
  const leaf = B.leaf('input', name, [names.length])
  const each = new Map(names.map((n, i) => [n, B.reshape(B.slice(leaf, [i], [i + 1]), [])]))
  return {
    input: { shape: [names.length], data: Float32Array.from(names, (n) => values[n]) },
    at: (n) => each.get(n) ?? B.misfit('Internal', [name, n], 'no such scalar', names.join(', '), 'name one of them')
  }
}

/** The largest number whose square is kept: squares up to 1e38 are single precision. */
const LARGE = 1e19

/** The scalars of an optimiser and of clipping, as input `opt`. What is squared is clipped to what has a square. */
export const optScalars = (o: Optimizer, clip: Clip | undefined): Scalars => {
  const bounds = Object.entries(clip ?? {}).filter((e): e is [string, number] => e[1] !== undefined)
  return scalarsAs('opt', { ...scalarsOf(o), ...Object.fromEntries(bounds.map(([k, v]) => [`clip.${k}`, keepsSquares(o) ? Math.min(v, LARGE) : v])) })
}

const slotName = (slot: string, param: string): string => `${slot}.${param}`

/** Zeros for what the optimiser keeps of each parameter. */
export const slotsAtZero = (o: Optimizer, params: HostArrays): HostArrays =>
  Object.fromEntries(Object.entries(params).flatMap(([p, a]) => slotsOf(o).map((s) => [slotName(s, p), { shape: a.shape, data: new Float32Array(a.data.length) }])))

/** What brings every number, and sums over all of their squares, into range; a power of two. */
const SMALL = 2 ** -80

const clipped = (gs: readonly Tensor[], clip: Clip | undefined, at: Scalars['at']): readonly Tensor[] => {
  const bounded = clip?.value === undefined ? gs : gs.map((g) => B.clip(g, B.neg(at('clip.value')), at('clip.value')))
  if (clip?.norm === undefined) return bounded
  // Where squares are beyond single precision, the sum over gradients made smaller: both in one pass.
  const sumOf = (scale: number): Tensor => bounded.map((g) => B.sum(B.square(B.mul(g, scale)))).reduce((a, b) => B.add(a, b))
  const plain = sumOf(1), small = sumOf(SMALL), fine = B.le(plain, LARGE * LARGE)
  const scale = B.select(fine, 1, SMALL)
  const norm = B.max(B.sqrt(B.select(fine, plain, small)), 1e-30)
  const factor = B.min(B.select(fine, 1, 1 / SMALL), B.div(at('clip.norm'), norm))
  return bounded.map((g) => B.mul(B.mul(g, scale), factor))
}

const none = (): Tensor => B.scalar(NONE, 'u32')

/** First index, counted from `from`, at which one of equally long gradients isn't finite, u32, else `NONE`. */
const firstBad = (gs: readonly Tensor[], from: number): Tensor => {
  const fine = gs.map((g) => B.isFinite(g)).reduce((a, b) => B.and(a, b))
  return B.reduceMin(B.select(fine, none(), B.add(B.iota(shapeOf(gs[0]), 0, 'u32'), B.scalar(from, 'u32'))))
}

/** The gradients of a loss by the parameters of groups, one after another. */
export const gradients = (loss: Tensor, groups: readonly (readonly string[])[], s: Tensors): readonly Tensor[] => grad(groups.flat().map((p) => s[p]))(loss)

/**
 * The next parameters and slots after a step down a gradient, given in the order of `gradients`. Parameters come
 * in groups of equal length, such as means and spreads of the same variables; `bad`
 * counts through the groups one after another.
 */
export const descend = (
  raw: readonly Tensor[], groups: readonly (readonly string[])[], s: Tensors, step: Tensor, o: Optimizer, clip: Clip | undefined, scalars: Scalars
): { readonly state: Tensors; readonly bad: Tensor } => {
  const params = groups.flat()
  const gs = clipped(raw, clip, scalars.at)
  const move = stepOf(o, B.cast(step, 'f32'), scalars.at)
  const next = params.flatMap((p, i): readonly (readonly [string, Tensor])[] => {
    const names = slotsOf(o).map((n) => slotName(n, p))
    const [down, slots] = move(gs[i], names.map((n) => s[n]))
    return [[p, B.sub(s[p], down)], ...names.map((n, k) => [n, slots[k]] as const)]
  })
  const lengths = groups.map((g) => (g.length === 0 ? 0 : Number(shapeOf(s[g[0]])[0] ?? 1)))
  const before = groups.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0))
  const unbounded = clip?.norm === undefined && clip?.value === undefined
  const checked = unbounded && keepsSquares(o) ? raw.map((g) => B.mul(g, B.abs(g))) : raw
  const found = groups.flatMap((g, i) => (g.length === 0 ? [] : [firstBad(g.map((p) => checked[params.indexOf(p)]), before[i])]))
  return { state: { ...s, ...Object.fromEntries(next) }, bad: found.reduce((a, b) => B.min(a, b)) }
}
