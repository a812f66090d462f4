/**
 * Pools whose number of windows is given rather than their size, so that the output's
 * extents don't depend on the input's: over all of it, by bins, by pyramids of bins.
 * All take [batch, channels, ...axes] with any number of axes.
 *
 * Bin i of o on an axis of n elements is floor(i n / o) up to ceil((i + 1) n / o): what
 * PyTorch's adaptive pools and the pyramids of He et al. 2014 use. Bins may overlap by
 * one element.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Extent } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { guarded } from '../activation.ts'
import { shapeIn } from '../axes.ts'
import { unary, unaryOr } from '../make.ts'
import type { Plan } from '../plan.ts'
import { plain } from '../plan.ts'
import type { Reader } from '../option.ts'
import { orElse, text, word } from '../option.ts'
import type { Spatial } from './dims.ts'
import { times } from './dims.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** What a bin becomes. */
export type BinMode = 'mean' | 'max'

/** Options of `globalPool`. */
export interface GlobalPoolConfig {
  /** `mean` when absent; or a function from [batch, channels, locations] to [batch, channels]. */
  readonly mode?: BinMode | 'sum' | ((x: Tensor) => Tensor)
  readonly name?: string
}

/** Options of `adaptivePool`. */
export interface AdaptivePoolConfig {
  /** Extents of the output, one number or one an axis; null keeps an axis as it is. */
  readonly size: number | null | readonly (number | null)[]
  /** `mean` when absent. */
  readonly mode?: BinMode
  readonly name?: string
}

/** Options of `spatialPyramidPool`. */
export interface SpatialPyramidPoolConfig {
  /** Bins an axis of each level, [4, 2, 1] when absent. */
  readonly levels?: readonly number[]
  /** `max` when absent. */
  readonly mode?: BinMode
  readonly name?: string
}

type Whole = Exclude<GlobalPoolConfig['mode'], undefined>
type Sizes = number | null | readonly (number | null)[]

// -----------------------------------------------------------------------------
// constructors: bins
// -----------------------------------------------------------------------------

/** Elements of an axis in bins of its own axis: [..., n, ...] to [..., o, m, ...], with the share of each element in its bin's mean [o, m]. */
interface Binned {
  readonly values: Tensor
  readonly shares: Tensor | number
}

const binned = (x: Tensor, at: number, n: number, o: number): Binned => {
  const s = shapeOf(x)
  if (n % o === 0) return { values: B.reshape(x, [...s.slice(0, at), o, n / o, ...s.slice(at + 1)]), shares: o / n }
  const bins = Array.from({ length: o }, (_, i) => [Math.floor((i * n) / o), Math.ceil(((i + 1) * n) / o)] as const)
  const longest = Math.max(...bins.map(([from, to]) => to - from))
  const each = (f: (from: number, to: number, k: number) => number): readonly number[] => bins.flatMap(([from, to]) => Array.from({ length: longest }, (_, k) => f(from, to, k)))
  // Short bins repeat their last element, which a maximum doesn't notice and a mean counts as 0.
  const index = B.array(Int32Array.from(each((from, to, k) => Math.min(from + k, to - 1))), [o, longest], 'i32')
  const shares = B.array(Float64Array.from(each((from, to, k) => (from + k < to ? 1 / (to - from) : 0))), [o, longest])
  return { values: B.take(x, index, at), shares: B.reshape(shares, [o, longest, ...s.slice(at + 1).map(() => 1)]) }
}

/** One axis by so many bins. */
const byBins = (x: Tensor, at: number, n: number, o: number, mode: BinMode): Tensor => {
  const { values, shares } = binned(x, at, n, o)
  return mode === 'max' ? B.reduceMax(values, [at + 1]) : B.sum(B.mul(values, shares), [at + 1])
}

const located = (x: Tensor): Either<GelatoErrors, Spatial> => {
  const shape = shapeIn(x), [batch, channels, ...axes] = shape
  return axes.length > 0
    ? E.right({ batch, channels, axes, shape })
    : fail('ShapeMismatch', [], `input ${Ext.showShape(shape)}`, 'at least three axes [batch, channels, ...axes]', 'put the pool before flatten and dense layers')
}

/** Every axis by its number of bins; null keeps one. */
const pooled = (x: Tensor, s: Spatial, sizes: readonly (number | null)[], mode: BinMode, option: string): Either<GelatoErrors, Tensor> => {
  const free = s.axes.findIndex((e, d) => typeof e !== 'number' && sizes[d] !== null)
  return free >= 0
    ? fail('ShapeMismatch', [option], `input ${Ext.showShape(s.shape)}`, 'known extents of the axes that are pooled: the bins depend on them', 'give them as numbers instead of null in Layer.input, or use Layer.globalPool')
    : E.right(sizes.reduce((t: Tensor, o, d) => (o === null || E.isLeft(t.type) ? t : byBins(t, d + 2, s.axes[d] as number, o, mode)), B.float(x)))
}

// -----------------------------------------------------------------------------
// globalPool
// -----------------------------------------------------------------------------

const whole: Reader<Whole> = (x, path) =>
  typeof x === 'function' || x === 'mean' || x === 'max' || x === 'sum'
    ? E.right(x as Whole)
    : fail('BadOption', path, text(x), 'mean, max, sum, or a function from [batch, channels, locations] to [batch, channels]', "such as 'max'")

const reduce: Readonly<Record<'mean' | 'max' | 'sum', (x: Tensor) => Tensor>> = {
  mean: (x) => B.mean(x, [2]), max: (x) => B.reduceMax(x, [2]), sum: (x) => B.sum(x, [2])
}

const own = (f: (x: Tensor) => Tensor) => (x: Tensor): Tensor => {
  const y = guarded('mode', () => f(x)), want = shapeOf(x).slice(0, 2)
  return E.isLeft(y.type) || Ext.sameShape(shapeOf(y), want)
    ? y
    : B.misfit('ShapeMismatch', ['mode'], `a function that gives ${Ext.showShape(shapeOf(y))} for ${Ext.showShape(shapeOf(x))}`, `${Ext.showShape(want)}`, 'reduce the last axis alone: Tensor.max({ axes: [2] })')
}

/**
 * All locations of each channel in one: [batch, channels, ...axes] to [batch, channels].
 *
 * @example
 * Layer.globalPool()(Layer.input([null, 64, 7, 7]))   // [batch, 64]
 * Layer.globalPool({ mode: 'max' })
 * Layer.globalPool({ mode: Tensor.logSumExp({ axes: [2] }) })
 */
export const globalPool = unaryOr<{ readonly mode: Whole }, GlobalPoolConfig>({
  kind: 'globalPool',
  options: { mode: orElse(whole, 'mean') },
  label: (o) => (typeof o.mode === 'string' ? o.mode : 'a function'),
  rule: ({ mode }) => ([x]) => E.map(({ batch, channels, axes }: Spatial): Plan => {
    const flat = B.reshape(B.float(x), [batch, channels, Ext.size(axes)])
    return plain((typeof mode === 'string' ? reduce[mode] : own(mode))(flat))
  })(located(x))
})

// -----------------------------------------------------------------------------
// adaptivePool
// -----------------------------------------------------------------------------

const bins = (x: unknown): boolean => x === null || (Number.isSafeInteger(x) && (x as number) >= 1)

const sizes: Reader<Sizes> = (x, path) =>
  bins(x) || (Array.isArray(x) && x.length > 0 && x.every(bins))
    ? E.right(x as Sizes)
    : fail('BadOption', path, text(x), 'a whole number of 1 or more, or one an axis; null keeps an axis', 'such as 7 or [7, null]')

/**
 * As many windows as the output is to have, whatever the extents of the input:
 * [batch, channels, ...axes] to [batch, channels, ...size].
 *
 * @example
 * Layer.adaptivePool({ size: [2, 3] })(Layer.input([null, 8, 7, 7]))   // [batch, 8, 2, 3]
 * Layer.adaptivePool({ size: 1, mode: 'max' })
 */
export const adaptivePool = unary<{ readonly size: Sizes; readonly mode: BinMode }, AdaptivePoolConfig>({
  kind: 'adaptivePool',
  options: { size: sizes, mode: orElse(word<BinMode>(['mean', 'max']), 'mean') },
  label: (o) => `${o.mode} to ${JSON.stringify(o.size)}`,
  rule: (o) => ([x]) => {
    const s = located(x)
    if (E.isLeft(s)) return s
    const each = Array.isArray(o.size) ? (o.size as readonly (number | null)[]) : s.right.axes.map(() => o.size as number | null)
    if (each.length !== s.right.axes.length)
      return fail('ShapeMismatch', ['size'], `${JSON.stringify(o.size)} for axes of ${times(s.right.axes)} (input ${Ext.showShape(s.right.shape)})`, `one number for each of the ${s.right.axes.length} axes`, 'give one number for all, or one an axis')
    return E.map(plain)(pooled(x, s.right, each, o.mode, 'size'))
  }
})

// -----------------------------------------------------------------------------
// spatialPyramidPool
// -----------------------------------------------------------------------------

const levels: Reader<readonly number[]> = (x, path) =>
  Array.isArray(x) && x.length > 0 && x.every((d) => d !== null && bins(d))
    ? E.right(x as readonly number[])
    : fail('BadOption', path, text(x), 'whole numbers of 1 or more', 'such as [4, 2, 1]')

/**
 * Bins of several coarsenesses side by side (He et al. 2014): [batch, channels, ...axes]
 * to [batch, channels, sum of levels^axes], levels in their order, bins in C order.
 *
 * @example
 * Layer.spatialPyramidPool()(Layer.input([null, 8, 13, 13]))   // [batch, 8, 21]
 * Layer.spatialPyramidPool({ levels: [3, 1], mode: 'mean' })
 */
export const spatialPyramidPool = unaryOr<{ readonly levels: readonly number[]; readonly mode: BinMode }, SpatialPyramidPoolConfig>({
  kind: 'spatialPyramidPool',
  options: { levels: orElse<readonly number[]>(levels, [4, 2, 1]), mode: orElse(word<BinMode>(['mean', 'max']), 'max') },
  label: (o) => `${o.mode}, ${o.levels.join(', ')}`,
  rule: (o) => ([x]) => {
    const s = located(x)
    if (E.isLeft(s)) return s
    const { batch, channels, axes } = s.right
    const parts = o.levels.map((d) => E.map((t: Tensor): Tensor => B.reshape(t, [batch, channels, d ** axes.length] as readonly Extent[]))(pooled(x, s.right, axes.map(() => d), o.mode, 'levels')))
    const wrong = parts.find(E.isLeft)
    return wrong ?? E.right(plain(B.concat(parts.flatMap((p) => (E.isRight(p) ? [p.right] : [])), 2)))
  }
})
