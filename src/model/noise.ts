/**
 * The noise of a model's graphs: keys by name, draws of the observations, and the
 * replacements that leave no open leaf. Prior and posterior predictive share it, so a
 * draw of a name is told by (seed, name, number) in both.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import * as Dist from '../dist/index.ts'
import { keyOf } from '../random/index.ts'
import { batch } from '../tensor/batch.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Extent } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Replacement } from '../tensor/replace.ts'
import type { Model } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How many draws, and from which seed. */
export interface DrawOptions {
  /** A number of draws, as a new first axis; one draw without that axis when absent. */
  readonly size?: number | Extent | Tensor
  readonly seed?: number | Tensor
  /** The number of the first draw. */
  readonly firstSample?: number | Tensor
}

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

/** The FNV-1a hash of a name's UTF-8 bytes (Fowler, Noll, Vo), 32 bits. */
export const hashName = (name: string): number =>
  new TextEncoder().encode(name).reduce((h, b) => Math.imul(h ^ b, 0x01000193) >>> 0, 0x811c9dc5)

/** A seed's key as host words. */
export const seedWords = (seed: number): Uint32Array => Uint32Array.from(keyOf(seed))

/** A seed's key as a graph: of a number, or of a scalar that is given at each call. */
export const seedKey = (seed: number | Tensor): Tensor =>
  typeof seed === 'number'
    ? B.array(seedWords(seed), [2], 'u32')
    : B.concat([B.reshape(B.cast(seed, 'u32'), [1]), B.full([1], 0, 'u32')], 0)

/** Key of draw `i` of a name under a seed: fold(fold(seed, hash of the name), i). */
export const drawKey = (seed: Tensor, name: string, i: Tensor | number): Tensor => B.fold(B.fold(seed, hashName(name)), i)

// -----------------------------------------------------------------------------
// replacements
// -----------------------------------------------------------------------------

/** Replacements that close a model's graphs: sites, data, the phase and keys of own noise. */
export const closing = (
  graphs: readonly Tensor[],
  o: { readonly sites: readonly Replacement[]; readonly data: readonly Replacement[]; readonly phase: 0 | 1; readonly key: Tensor }
): readonly Replacement[] => [
  ...o.sites,
  ...o.data,
  ...leavesOf(graphs).flatMap((l): readonly Replacement[] =>
    l.op === 'phase' ? [[l, B.cast(B.scalar(o.phase), l.type._tag === 'Right' ? l.type.right.dtype : 'f32')]]
      : l.op === 'key' ? [[l, B.fold(o.key, hashName(String(l.attrs['name'])))]]
        : []
  )
]

/** Numbers of the rows of a batch, where they aren't 0, 1, ... */
const rowLeaf = (batch: Extent): Tensor => B.leaf('input', 'infer.rows', [batch], 'u32')

/** Observations that nodes hold become draws of their likelihood, each row with a key of its own. */
export const observations = (model: Model, key: (name: string) => Tensor, numbered: boolean) => (nodes: readonly Tensor[]): readonly Replacement[] => {
  const held = new Set(leavesOf(nodes).map(leafName))
  return model.likelihoods.flatMap((l): readonly Replacement[] => {
    if (l.observed === undefined || l.dist === undefined || E.isLeft(l.observed.type) || !held.has(leafName(l.observed))) return []
    const [batch, ...row] = shapeOf(l.observed)
    return [[l.observed, Dist.sample(l.dist)(B.fold(key(l.name), numbered ? rowLeaf(batch) : B.iota([batch], 0, 'u32')), row)]]
  })
}

/** A size as an extent, undefined where it is a tensor whose value isn't an extent. */
export const extentOf = (size: number | Extent | Tensor): Extent | undefined =>
  isTensor(size) ? (size.op === 'extent' ? (size.attrs['extent'] as Extent) : undefined)
    : typeof size === 'number' ? (Number.isInteger(size) && size > 0 ? size : undefined)
      : Ext.isSym(size) ? size : undefined

/** Graphs of one draw as a function of its number, along a new first axis where a size is given. */
export const alongDraws = (o: DrawOptions, one: (i: Tensor) => readonly Tensor[]): readonly Tensor[] => {
  const first = o.firstSample ?? 0
  const start = typeof first === 'number' ? B.scalar(first, 'u32') : B.cast(first, 'u32')
  const size = o.size === undefined ? undefined : extentOf(o.size)
  if (size === undefined) return one(start)
  const probe = B.leaf('input', 'draw', [], 'u32')
  return batch(size, [[probe, B.add(B.iota([size], 0, 'u32'), start)]])(one(probe))
}
