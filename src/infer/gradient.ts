/**
 * One optimiser step of a loss over named parameters: gradient, clipping, the check
 * that all of it is finite, the rule's update. Every method that descends uses it.
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
import { scalarsOf, slotsOf, stepOf } from './optimizer.ts'
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

/** The scalars of an optimiser and of clipping, as input `opt`. */
export const optScalars = (o: Optimizer, clip: Clip | undefined): Scalars =>
  scalarsAs('opt', { ...scalarsOf(o), ...(clip?.norm === undefined ? {} : { 'clip.norm': clip.norm }), ...(clip?.value === undefined ? {} : { 'clip.value': clip.value }) })

const slotName = (slot: string, param: string): string => `${slot}.${param}`

/** Zeros for what the optimiser keeps of each parameter. */
export const slotsAtZero = (o: Optimizer, params: HostArrays): HostArrays =>
  Object.fromEntries(Object.entries(params).flatMap(([p, a]) => slotsOf(o).map((s) => [slotName(s, p), { shape: a.shape, data: new Float32Array(a.data.length) }])))

const clipped = (gs: readonly Tensor[], clip: Clip | undefined, at: Scalars['at']): readonly Tensor[] => {
  const bounded = clip?.value === undefined ? gs : gs.map((g) => B.clip(g, B.neg(at('clip.value')), at('clip.value')))
  if (clip?.norm === undefined) return bounded
  const norm = B.sqrt(bounded.map((g) => B.sum(B.square(g))).reduce((a, b) => B.add(a, b)))
  const factor = B.min(1, B.div(at('clip.norm'), B.max(norm, 1e-30)))
  return bounded.map((g) => B.mul(g, factor))
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
  const found = groups.flatMap((g, i) => (g.length === 0 ? [] : [firstBad(g.map((p) => raw[params.indexOf(p)]), before[i])]))
  return { state: { ...s, ...Object.fromEntries(next) }, bad: found.reduce((a, b) => B.min(a, b)) }
}
