/**
 * Layers that join networks: concatenation, weighted sum, any elementwise function of
 * two. Branches that begin at the same network value share its layers. Branches of
 * different sizes can be cropped to the smallest.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { guarded } from './activation.ts'
import { shapeIn } from './axes.ts'
import { joining } from './make.ts'
import type { Layer } from './network.ts'
import { applyTo } from './network.ts'
import type { Reader } from './option.ts'
import { finite, integer, orElse, text } from './option.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// cropping
// -----------------------------------------------------------------------------

/** What of a longer axis is kept: its first places, its last, the middle; null: axes must agree. */
export type Crop = 'lower' | 'upper' | 'center' | null

/** A crop for each axis from the first on; axes that aren't named must agree. */
export type Cropping = readonly Crop[]

const cropping: Reader<Cropping> = (x, path) =>
  Array.isArray(x) && x.every((c) => c === null || ['lower', 'upper', 'center'].includes(c as string))
    ? E.right(x as Cropping)
    : fail('BadOption', path, text(x), "'lower', 'upper', 'center' or null for each axis", "such as [null, null, 'center', 'center']")

const shown = (ss: readonly Shape[]): string => (ss.length === 0 ? 'no network' : `inputs ${ss.map(Ext.showShape).join(' and ')}`)

/** Cuts every input to the smallest extent on the axes with a crop. */
const cropped = (xs: readonly Tensor[], crops: Cropping): Either<GelatoErrors, readonly Tensor[]> => {
  const ss = xs.map(shapeIn), rank = ss[0]?.length ?? 0
  if (crops.every((c) => c === null)) return E.right(xs)
  if (ss.some((s) => s.length !== rank) || crops.length > rank)
    return fail('ShapeMismatch', ['cropping'], `${crops.length} crops for ${shown(ss)}`, 'inputs of equal rank and at most one crop for each axis', 'leave trailing crops out, or put null')
  return all(xs.map((x, k) => crops.reduce<Either<GelatoErrors, Tensor>>((done, crop, axis) => {
    const extents = ss.map((s) => s[axis])
    if (crop === null || E.isLeft(done) || extents.every((e) => Ext.same(e, extents[0]))) return done
    if (!extents.every((e): e is number => typeof e === 'number'))
      return fail('ShapeMismatch', ['cropping'], `axis ${axis} of ${shown(ss)}`, 'known extents on axes that are cropped', 'give them as numbers instead of null')
    const least = Math.min(...extents), more = extents[k] - least
    const from = crop === 'lower' ? 0 : crop === 'upper' ? more : Math.floor(more / 2)
    return E.right(B.sliceAxis(done.right, axis, from, from + least))
  }, E.right(x))))
}

// -----------------------------------------------------------------------------
// concat
// -----------------------------------------------------------------------------

/** Options of `concat`. */
export interface ConcatConfig {
  /** The axis along which they are joined, 1 (features, channels) when absent. */
  readonly axis?: number
  /** How the other axes are cut to the smallest network; they must agree when absent. */
  readonly cropping?: Cropping
  readonly name?: string
}

/**
 * Networks side by side along an axis; the other axes must agree, or are cropped.
 *
 * @example
 * pipe(stem, Layer.parallel([left, right]), Layer.concat())
 */
export const concat = joining<{ readonly axis: number; readonly cropping: Cropping }, ConcatConfig>({
  kind: 'concat',
  options: { axis: orElse(integer, 1), cropping: orElse(cropping, []) },
  label: (o) => `axis ${o.axis}`,
  rule: (o) => (inputs) => {
    const rank = inputs[0] === undefined ? 0 : shapeIn(inputs[0]).length
    const axis = o.axis < 0 ? o.axis + rank : o.axis
    return pipe(
      cropped(inputs, o.cropping.map((c, i) => (i === axis ? null : c))),
      E.chain((xs) => {
        const ss = xs.map(shapeIn)
        return ss.length > 0 && axis >= 0 && axis < rank && ss.every((s) => s.length === rank && s.every((e, i) => i === axis || Ext.same(e, ss[0][i])))
          ? E.right(plain(B.concat(xs, axis)))
          : fail('ShapeMismatch', [], shown(ss), `networks of equal rank and equal extents on all axes but ${o.axis}`, 'give them one size there: cropping, padding, pooling or dense layers in the branches')
      })
    )
  }
})

// -----------------------------------------------------------------------------
// elementwise
// -----------------------------------------------------------------------------

/** Inputs cropped and known to broadcast together. */
const alike = (inputs: readonly Tensor[], crops: Cropping): Either<GelatoErrors, readonly Tensor[]> => pipe(
  cropped(inputs, crops),
  E.chain((xs) => {
    const ss = xs.map(shapeIn)
    return ss.slice(1).reduce<Shape | undefined>((s, t) => s && broadcast(s, t), ss[0]) === undefined
      ? fail('ShapeMismatch', [], shown(ss), 'networks whose shapes agree (axes of length 1 are repeated)', 'give the branches the same output shape, or crop them')
      : E.right(xs)
  })
)

/** Options of `add`. */
export interface AddConfig {
  /** A factor for all networks, or one for each; 1 when absent. */
  readonly coefficients?: number | readonly number[]
  /** How axes are cut to the smallest network; they must agree when absent. */
  readonly cropping?: Cropping
  readonly name?: string
}

const coefficients: Reader<number | readonly number[]> = (x, path) =>
  Array.isArray(x) ? E.map(() => x as readonly number[])(all(x.map((c) => finite(c, path)))) : finite(x, path)

/**
 * The sum of networks, elementwise, each times its coefficient; shapes must agree up to
 * axes of length 1.
 *
 * @example
 * pipe(stem, Layer.parallel([left, Layer.dense({ units: 3 })]), Layer.add({ coefficients: [1, 0.5] }))
 */
export const add = joining<{ readonly coefficients: number | readonly number[]; readonly cropping: Cropping }, AddConfig>({
  kind: 'add',
  options: { coefficients: orElse(coefficients, 1), cropping: orElse(cropping, []) },
  rule: (o) => (inputs) => {
    const given = typeof o.coefficients === 'number' ? inputs.map(() => o.coefficients as number) : o.coefficients
    return given.length !== inputs.length
      ? fail('BadOption', ['coefficients'], `${given.length} coefficients for ${inputs.length} networks`, 'one for all, or one for each network', 'give as many as there are networks')
      : pipe(alike(inputs, o.cropping), E.map((xs) => plain(xs.map((x, k) => (given[k] === 1 ? x : B.mul(x, given[k]))).reduce((a, b) => B.add(a, b)))))
  }
})

/** How two elements become one: by name, or a function of two tensors. */
export type Merging = 'product' | 'max' | 'min' | ((a: Tensor, b: Tensor) => Tensor)

/** Options of `merge`. */
export interface MergeConfig {
  /** How two elements become one; three networks and more are taken from the first on. */
  readonly with: Merging
  /** How axes are cut to the smallest network; they must agree when absent. */
  readonly cropping?: Cropping
  readonly name?: string
}

interface Fold {
  readonly name: string
  readonly f: (a: Tensor, b: Tensor) => Tensor
}

const folds = { product: B.mul, max: B.max, min: B.min }

const merging: Reader<Fold> = (x, path) =>
  typeof x === 'function' ? E.right({ name: x.name, f: (a, b) => guarded('with', () => (x as Fold['f'])(a, b)) })
  : typeof x === 'string' && Object.hasOwn(folds, x) ? E.right({ name: x, f: folds[x as keyof typeof folds] })
  : fail('BadOption', path, text(x), `one of ${Object.keys(folds).join(', ')}, or a function of two tensors`, 'use Layer.add for sums')

/**
 * Networks made one elementwise: product, larger, smaller, or any function; shapes must
 * agree up to axes of length 1.
 *
 * @example
 * pipe(stem, Layer.parallel([left, Layer.dense({ units: 3, activation: 'sigmoid' })]), Layer.merge({ with: 'product' }))   // a gate
 */
export const merge = joining<{ readonly with: Fold; readonly cropping: Cropping }, MergeConfig>({
  kind: 'merge',
  options: { with: merging, cropping: orElse(cropping, []) },
  label: (o) => o.with.name,
  rule: (o) => (inputs) => pipe(alike(inputs, o.cropping), E.map((xs) => plain(xs.reduce(o.with.f))))
})

// -----------------------------------------------------------------------------
// residual
// -----------------------------------------------------------------------------

/** Options of `residual`. */
export interface ResidualConfig extends AddConfig {
  /** A layer on the way around, where the shape changes; none when absent. */
  readonly projection?: Layer
}

/**
 * x + f(x): a layer around which its input goes (He et al. 2016), as it is or through a
 * projection to the new shape.
 *
 * @example
 * Layer.residual(Layer.dense({ units: 64, activation: 'tanh' }))
 * Layer.residual(Layer.conv2d({ filters: 32, size: 3, stride: 2, padding: 1 }), { projection: Layer.conv2d({ filters: 32, size: 1, stride: 2 }) })
 */
export const residual =
  (layer: Layer, options: ResidualConfig = {}): Layer =>
  (network) => {
    const { projection, ...config } = options ?? {}
    return add(config)([projection === undefined ? network : applyTo(network)(projection), applyTo(network)(layer)])
  }
