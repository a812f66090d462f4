/**
 * Layers that only rearrange: flatten, reshape.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Extent, Shape } from '../tensor/extent.ts'
import { unary, unaryOr } from './make.ts'
import type { Reader } from './option.ts'
import { count, orElse, text } from './option.ts'
import { plain } from './plan.ts'

const shapeIn = (x: { readonly type: E.Either<unknown, { readonly shape: Shape }> }): Shape => (E.isRight(x.type) ? x.type.right.shape : [])

// -----------------------------------------------------------------------------
// flatten
// -----------------------------------------------------------------------------

/** Options of `flatten`. */
export interface FlattenConfig {
  /** Axes of the result, 2 when absent: the last holds all that is left. */
  readonly outdim?: number
  readonly name?: string
}

/**
 * The trailing axes in one.
 *
 * @example
 * Layer.flatten()   // [batch, 32, 4, 4] to [batch, 512]
 */
export const flatten = unaryOr<{ readonly outdim: number }, FlattenConfig>({
  kind: 'flatten',
  options: { outdim: orElse(count(1), 2) },
  label: (o) => `to ${o.outdim} axes`,
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    return o.outdim > s.length
      ? fail('ShapeMismatch', ['outdim'], `${o.outdim} axes from input ${Ext.showShape(s)}`, `at most the ${s.length} axes of the input`, 'use a smaller outdim, or Layer.reshape')
      : E.right(plain(B.reshape(x, [...s.slice(0, o.outdim - 1), Ext.size(s.slice(o.outdim - 1))])))
  }
})

// -----------------------------------------------------------------------------
// reshape
// -----------------------------------------------------------------------------

/** An axis of a new shape: an extent, -1 for what is left, or [i] for that of the input's axis i. */
export type Axis = number | readonly [number]

/** Options of `reshape`. */
export interface ReshapeConfig {
  /** The axes of the result, the batch among them. */
  readonly shape: readonly Axis[]
  readonly name?: string
}

const axes: Reader<readonly Axis[]> = (x, path) =>
  Array.isArray(x) && x.filter((a) => a === -1).length <= 1 &&
  x.every((a) => (Number.isSafeInteger(a) && (a as number) >= -1 && a !== 0) || (Array.isArray(a) && a.length === 1 && Number.isSafeInteger(a[0]) && (a[0] as number) >= 0))
    ? E.right(x as readonly Axis[])
    : fail('BadOption', path, text(x), 'extents above 0, at most one -1 for what is left, [i] to copy the extent of axis i of the input', 'such as [[0], 32, -1]')

/**
 * The same elements under another shape.
 *
 * @example
 * Layer.reshape({ shape: [[0], 16, -1] })   // [batch, 64] to [batch, 16, 4]
 */
export const reshape = unary<{ readonly shape: readonly Axis[] }, ReshapeConfig>({
  kind: 'reshape',
  options: { shape: axes },
  label: (o) => JSON.stringify(o.shape),
  rule: (o) => ([x]) => {
    const s = shapeIn(x)
    const missing = o.shape.find((a) => typeof a !== 'number' && a[0] >= s.length)
    if (missing !== undefined)
      return fail('ShapeMismatch', ['shape'], `${JSON.stringify(missing)} of input ${Ext.showShape(s)}`, `an axis of the input, 0 to ${s.length - 1}`, 'copy an axis that is there')
    const extents = o.shape.map((a): Extent => (typeof a === 'number' ? a : s[a[0]]))
    const rest = extents.includes(-1) ? Ext.divExact(Ext.size(s), Ext.size(extents.filter((e) => e !== -1))) : undefined
    const shape = extents.map((e) => (e === -1 ? rest : e))
    const whole = shape.filter((e) => e !== undefined)
    return whole.length < shape.length || !Ext.same(Ext.size(whole), Ext.size(s))
      ? fail('ShapeMismatch', ['shape'], `${JSON.stringify(o.shape)} from input ${Ext.showShape(s)}`, `a shape of ${Ext.show(Ext.size(s))} elements`, 'use [0] for the batch axis and -1 for one axis that takes what is left')
      : E.right(plain(B.reshape(x, whole)))
  }
})
