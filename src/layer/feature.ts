/**
 * Pools along the features instead of along space: the largest of each group of
 * features (maxout), or the winner alone.
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { axisOf, shapeIn } from './axes.ts'
import { unary } from './make.ts'
import { count, integer, orElse, word } from './option.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// what they share
// -----------------------------------------------------------------------------

interface Groups {
  readonly size: number
  readonly axis: number
}

const options = { size: count(1), axis: orElse(integer, 1) }

/** The input with its axis cut in groups, and the axis along a group. */
const inGroups = (x: Tensor, o: Groups): Either<GelatoErrors, { readonly cut: Tensor; readonly along: number }> => {
  const s = shapeIn(x)
  return pipe(
    axisOf(o.axis, s),
    E.chain((axis) => {
      const groups = Ext.divExact(s[axis], o.size)
      return groups === undefined
        ? fail('ShapeMismatch', ['size'], `groups of ${o.size} on axis ${axis} of input ${Ext.showShape(s)}`, 'a size that divides the extent of that axis', `change the ${Ext.show(s[axis])} features of the layer before, or the size`)
        : E.right({ cut: B.reshape(B.float(x), [...s.slice(0, axis), groups, o.size, ...s.slice(axis + 1)]), along: axis + 1 })
    })
  )
}

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/** What becomes of a group of features. */
export type FeaturePooling = 'max' | 'min' | 'mean' | 'sum'

/** Options of `featurePool`. */
export interface FeaturePoolConfig {
  /** Neighbouring features that become one; it divides their number. */
  readonly size: number
  /** The axis of the features, 1 when absent. */
  readonly axis?: number
  /** `max` when absent. */
  readonly pool?: FeaturePooling
  readonly name?: string
}

const pools: Readonly<Record<FeaturePooling, (x: Tensor, axis: number) => Tensor>> = {
  max: (x, a) => B.reduceMax(x, [a]), min: (x, a) => B.reduceMin(x, [a]), mean: (x, a) => B.mean(x, [a]), sum: (x, a) => B.sum(x, [a])
}

/**
 * One feature for every `size` neighbours, the largest of them: maxout (Goodfellow et al.
 * 2013) behind a linear layer. The axis becomes extent / size long.
 *
 * @example
 * pipe(network, Layer.dense({ units: 128 }), Layer.featurePool({ size: 2 }))   // [batch, 64]
 */
export const featurePool = unary<Groups & { readonly pool: FeaturePooling }, FeaturePoolConfig>({
  kind: 'featurePool',
  options: { ...options, pool: orElse(word<FeaturePooling>(['max', 'min', 'mean', 'sum']), 'max') },
  label: (o) => `${o.pool} of ${o.size}`,
  rule: (o) => ([x]) => pipe(inGroups(x, o), E.map(({ cut, along }) => plain(pools[o.pool](cut, along))))
})

/** Options of `featureWta`. */
export interface FeatureWtaConfig {
  /** Neighbouring features that compete; it divides their number. */
  readonly size: number
  /** The axis of the features, 1 when absent. */
  readonly axis?: number
  readonly name?: string
}

/**
 * Winner takes all: of every `size` neighbouring features the largest (the first of
 * equals) stays, the others become 0 (Srivastava et al. 2013). The shape stays.
 *
 * @example
 * Layer.featureWta({ size: 4 })
 */
export const featureWta = unary<Groups, FeatureWtaConfig>({
  kind: 'featureWta',
  options,
  label: (o) => `best of ${o.size}`,
  rule: (o) => ([x]) => pipe(
    inGroups(x, o),
    E.map(({ cut, along }) => {
      const place = B.reshape(B.iota([o.size]), shapeIn(cut).map((_, i) => (i === along ? o.size : 1)))
      return plain(B.reshape(B.select(B.eq(place, B.argmax(cut, [along], true)), cut, 0), shapeIn(x)))
    })
  )
})
