/**
 * Numbers of spatial layers, one an axis: layers over sequences [batch, channels,
 * length], images [batch, channels, height, width] and volumes [batch, channels, depth,
 * height, width] are one definition each, for one, two and three axes.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent, Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeIn } from '../axes.ts'
import type { Reader } from '../option.ts'
import { text } from '../option.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How many spatial axes: sequences, images, volumes. */
export type Dims = 1 | 2 | 3

interface Tuples<A> {
  readonly 1: readonly [A]
  readonly 2: readonly [A, A]
  readonly 3: readonly [A, A, A]
}

/** One value an axis: [length], [height, width] or [depth, height, width]. */
export type Each<D extends Dims, A = number> = Tuples<A>[D]

/** One value for all axes, or one an axis. */
export type PerAxis<D extends Dims, A = number> = A | Each<D, A>

/** What the axes of an input are called, and how many axes it has in all. */
interface Kind {
  readonly one: string
  readonly plural: string
  readonly axes: readonly string[]
  readonly rank: string
}

const KINDS: Readonly<Record<Dims, Kind>> = {
  1: { one: 'a sequence', plural: 'sequences', axes: ['length'], rank: 'three' },
  2: { one: 'an image', plural: 'images', axes: ['height', 'width'], rank: 'four' },
  3: { one: 'a volume', plural: 'volumes', axes: ['depth', 'height', 'width'], rank: 'five' }
}

/** An input of a spatial layer. */
export interface Spatial {
  readonly batch: Extent
  readonly channels: Extent
  readonly axes: Shape
  readonly shape: Shape
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The names of the spatial axes: [height, width]. */
export const axisNames = (dims: Dims): string => `[${KINDS[dims].axes.join(', ')}]`

const whole = (x: unknown, least: number): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= least

/** Reads a whole number for all axes, or one for each. */
export const perAxis = (dims: Dims, least: number): Reader<readonly number[]> => (x, path) => {
  if (whole(x, least)) return E.right(Array<number>(dims).fill(x))
  if (Array.isArray(x) && x.length === dims && x.every((v) => whole(v, least))) return E.right(x as readonly number[])
  const example = Math.max(least, 1) + 1
  return fail('BadOption', path, text(x), `a whole number of ${least} or more, or ${dims === 1 ? 'one in' : `${['two', 'three'][dims - 2]} of them`} ${axisNames(dims)}`,
    `such as ${example} or [${Array<number>(dims).fill(example).join(', ')}]`)
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Extents or numbers as text: `3 x 3`. */
export const times = (es: Shape): string => es.map(Ext.show).join(' x ')

/** One to three axes as text: `an image of 28 x 28`. */
export const thing = (axes: Shape): string => `${KINDS[axes.length as Dims].one} of ${times(axes)}`

/** The axes of an input of that many spatial axes, for a layer of that kind. */
export const spatial = (x: Tensor, dims: Dims, kind: string): Either<GelatoErrors, Spatial> => {
  const shape = shapeIn(x), { plural, axes, rank } = KINDS[dims]
  const [batch, channels, ...own] = shape
  if (own.length === dims) return E.right({ batch, channels, axes: own, shape })
  const copied = axes.map((_, i) => `[${i + 1}]`).join(', ')
  return fail('ShapeMismatch', [], `input ${Ext.showShape(shape)}`, `${plural} of ${rank} axes [batch, channels, ${axes.join(', ')}]`,
    shape.length === dims + 1 ? `add a channel axis: Layer.reshape({ shape: [[0], 1, ${copied}] })` : `put ${kind} before flatten and dense layers`)
}

/** The channels of an input where they are a number. */
export const channelsOf = (s: Spatial): Either<GelatoErrors, number> =>
  typeof s.channels === 'number'
    ? E.right(s.channels)
    : fail('ShapeMismatch', [], `input ${Ext.showShape(s.shape)}`, 'a known number of channels', 'give the channels of the input as a number instead of null')

/** Extents that must be numbers, for what is named. */
export const known = (axes: Shape, what: string, s: Spatial): Either<GelatoErrors, readonly number[]> =>
  axes.every((e) => typeof e === 'number')
    ? E.right(axes)
    : fail('ShapeMismatch', [], `input ${Ext.showShape(s.shape)}`, `known extents of the axes: ${what}`, 'give them as numbers instead of null in Layer.input')
