/**
 * Small composites with the data first: other bases, degrees, constants like another
 * tensor, and indexing as arrays are indexed.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import { knownOptions } from '../../error.ts'
import * as B from '../build.ts'
import type { Arg } from '../build.ts'
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import type { Tensor } from '../node.ts'
import { failed, isTensor, shapeOf } from '../node.ts'

/** 2 to the power x. */
export const exp2 = (x: Arg): Tensor => B.pow(2, x)
/** The logarithm to base 2. */
export const log2 = (x: Arg): Tensor => B.mul(B.log(x), Math.LOG2E)
/** The logarithm to base 10. */
export const log10 = (x: Arg): Tensor => B.mul(B.log(x), Math.LOG10E)
/** Degrees as radians. */
export const deg2rad = (x: Arg): Tensor => B.mul(B.float(x), Math.PI / 180)
/** Radians as degrees. */
export const rad2deg = (x: Arg): Tensor => B.mul(B.float(x), 180 / Math.PI)
/** The complement: of a truth value, or of every bit of a whole number. */
export const invert = (x: Tensor): Tensor => B.not(x)
/** How many elements there are, as a scalar f32. */
export const size = (x: Tensor): Tensor => B.countOf(x)
/** The length of an axis, as a scalar f32. */
export const lengthOf = (x: Tensor, axis: number): Tensor => {
  if (E.isLeft(x.type)) return x
  const s = shapeOf(x), e = s[axis < 0 ? axis + s.length : axis]
  return e === undefined ? B.misfit('ShapeMismatch', ['extent'], `axis ${axis} of ${Ext.showShape(s)}`, 'an axis of the tensor', 'count axes from 0, or from the end with negative numbers') : B.extentScalar(e)
}

/** One value at every place of a tensor's shape. */
export const fill = (x: Tensor, value: Arg): Tensor =>
  E.isLeft(x.type) ? x : B.broadcastTo(typeof value === 'number' ? B.scalar(value) : value, shapeOf(x))
/** Zeros of a tensor's shape. */
export const zerosLike = (x: Tensor): Tensor => fill(x, 0)
/** Ones of a tensor's shape. */
export const onesLike = (x: Tensor): Tensor => fill(x, 1)

/** A range of an axis; what is left out is the whole of it, negative places count from the end. */
export interface Range {
  readonly start?: number
  readonly stop?: number
  readonly step?: number
}

/** What stands at one axis of an index: a place (the axis goes), places, a range, `null` for the whole axis, or a tensor of whole numbers. */
export type Index = number | null | Range | Tensor | readonly (number | Tensor)[]

const badIndex = (got: string, need: string): Tensor => B.misfit('BadIndex', ['get'], got, need, 'places count from 0, negative ones from the end')

/** A place of an axis, from the start; undefined where it is known to be outside. */
const place = (i: number, n: Extent): Extent | undefined =>
  !Number.isInteger(i) || (typeof n === 'number' && (i >= n || i < -n)) ? undefined : i < 0 ? Ext.add(n, i) : i

/** An end of a range, moved inside the axis where that is known. */
const end = (i: number, n: Extent): Extent => {
  const at = i < 0 ? Ext.add(n, i) : i
  return typeof at === 'number' && typeof n === 'number' ? Math.min(Math.max(at, 0), n) : at
}

const dropped = (x: Tensor, axis: number): Tensor =>
  E.isLeft(x.type) ? x : B.reshape(x, shapeOf(x).filter((_, d) => d !== axis))

const ranged = (x: Tensor, axis: number, r: Range): Tensor => {
  const shape = shapeOf(x), n = shape[axis], step = r.step ?? 1
  const known = knownOptions(['get'], ['start', 'stop', 'step'])(r)
  if (E.isLeft(known)) return failed(known.left)
  if (!Number.isInteger(step) || step < 1 || ![r.start ?? 0, r.stop ?? 0].every(Number.isInteger)) return badIndex(`a range ${JSON.stringify(r)}`, 'whole numbers and a step of 1 or more')
  const start = end(r.start ?? 0, n), stop = r.stop === undefined ? n : end(r.stop, n)
  const last = typeof start === 'number' && typeof stop === 'number' ? Math.max(start, stop) : stop
  return B.slice(x, shape.map((_, d) => (d === axis ? start : 0)), shape.map((e, d) => (d === axis ? last : e)), shape.map((_, d) => (d === axis ? step : 1)))
}

const along = (x: Tensor, axis: number, i: Index): Tensor => {
  if (E.isLeft(x.type) || i === null) return x
  const n = shapeOf(x)[axis]
  if (typeof i === 'number') {
    const at = place(i, n)
    return at === undefined ? badIndex(`place ${i} of ${Ext.show(n)}`, 'a place of the axis') : dropped(B.sliceAxis(x, axis, at, Ext.add(at, 1)), axis)
  }
  if (isTensor(i)) return B.take(x, E.isRight(i.type) && i.type.right.dtype === 'f32' ? B.cast(i, 'i32') : i, axis)
  if (!Array.isArray(i)) return typeof i === 'object' ? ranged(x, axis, i as Range) : badIndex(String(i), 'a number, numbers, a range, null or a tensor')
  const places = (i as readonly (number | Tensor)[]).map((p) => (typeof p === 'number' ? place(p, n) : isTensor(p) ? p : undefined))
  const wrong = places.findIndex((p) => p === undefined)
  if (wrong >= 0) return badIndex(`place ${String(i[wrong])} of ${Ext.show(n)}`, 'a place of the axis')
  return places.every((p) => typeof p === 'number')
    ? B.take(x, B.array(Int32Array.from(places as readonly number[]), [places.length], 'i32'), axis)
    : B.take(x, B.stack(places.map((p) => B.cast(isTensor(p) ? p : B.extentScalar(p as Extent), 'i32'))), axis)
}

/** Part of a tensor, an index for each axis from the first on; each axis is indexed by itself. */
export const get = (x: Tensor, index: readonly Index[]): Tensor =>
  E.isLeft(x.type) ? x
  : index.length > shapeOf(x).length ? badIndex(`${index.length} indices for shape ${Ext.showShape(shapeOf(x))}`, 'at most one for each axis')
  : index.reduceRight<Tensor>((t, i, axis) => along(t, axis, i), x)
