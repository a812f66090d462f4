/**
 * Layers that join networks: concatenation and sum. Branches that begin at the same
 * network value share its layers.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { joining } from './make.ts'
import type { Layer } from './network.ts'
import { applyTo } from './network.ts'
import { integer, orElse } from './option.ts'
import { plain } from './plan.ts'

const shapes = (xs: readonly Tensor[]): readonly Shape[] => xs.map((x) => (E.isRight(x.type) ? x.type.right.shape : []))
const shown = (ss: readonly Shape[]): string => (ss.length === 0 ? 'no network' : `inputs ${ss.map(Ext.showShape).join(' and ')}`)

/** Options of `concat`. */
export interface ConcatConfig {
  /** The axis along which they are joined, 1 (features, channels) when absent. */
  readonly axis?: number
  readonly name?: string
}

/**
 * Networks side by side along an axis; the other axes must agree.
 *
 * @example
 * pipe(stem, Layer.parallel([left, right]), Layer.concat())
 */
export const concat = joining<{ readonly axis: number }, ConcatConfig>({
  kind: 'concat',
  options: { axis: orElse(integer, 1) },
  label: (o) => `axis ${o.axis}`,
  rule: (o) => (xs) => {
    const ss = shapes(xs), rank = ss[0]?.length ?? 0
    const axis = o.axis < 0 ? o.axis + rank : o.axis
    return ss.length > 0 && axis >= 0 && axis < rank && ss.every((s) => s.length === rank && s.every((e, i) => i === axis || Ext.same(e, ss[0][i])))
      ? E.right(plain(B.concat(xs, axis)))
      : fail('ShapeMismatch', [], shown(ss), `networks of equal rank and equal extents on all axes but ${o.axis}`, 'give them one size there: padding, pooling or dense layers in the branches')
  }
})

/** Options of `add`. */
export interface AddConfig {
  readonly name?: string
}

/** The sum of networks, elementwise; shapes must agree up to axes of length 1. */
export const add = joining<Readonly<Record<never, never>>, AddConfig>({
  kind: 'add',
  options: {},
  rule: () => (xs) => {
    const ss = shapes(xs)
    const both = ss.slice(1).reduce<Shape | undefined>((s, t) => s && broadcast(s, t), ss[0])
    return both === undefined
      ? fail('ShapeMismatch', [], shown(ss), 'networks whose shapes agree (axes of length 1 are repeated)', 'give the branches the same output shape')
      : E.right(plain(xs.slice(1).reduce((a, b) => B.add(a, b), xs[0])))
  }
})

/**
 * x + f(x): a layer around which its input goes.
 *
 * @example
 * Layer.residual(Layer.dense({ units: 64, activation: 'tanh' }))
 */
export const residual =
  (layer: Layer, config: AddConfig = {}): Layer =>
  (network) =>
    add(config)([network, applyTo(network)(layer)])
