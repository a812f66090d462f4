/**
 * The flat vector: all latent values of a model, unconstrained, side by side. Each site
 * starts at a multiple of 64 elements, so that a table with one row per 64 elements can
 * say what belongs to whom; a site's value is a reshaped slice.
 *
 * Laws: places don't overlap; `unpack(pack(x)) = x`; padding holds whatever it held.
 *
 * @since 0.1.0
 */
import { Bijectors } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Elements per row of a segment table. */
export const SEGMENT = 64

/** Where a site lies in the flat vector. */
export interface Place {
  readonly name: string
  readonly shape: readonly number[]
  readonly size: number
  readonly offset: number
  readonly padded: number
}

/** The places of all sites, in the model's order, and the length of the vector. */
export interface Layout {
  readonly dim: number
  readonly places: readonly Place[]
}

/** Host numbers with their shape. */
export interface Numbers {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The layout of sites, by the shapes of their unconstrained values. */
export const layoutOf = (sites: readonly { readonly name: string; readonly shape: readonly number[]; readonly bijector?: Bijectors.Bijector }[]): Layout =>
  sites.reduce<Layout>(
    ({ dim, places }, { name, shape: own, bijector }) => {
      const shape = bijector === undefined ? own : Bijectors.freeShape(bijector)(own)
      const size = sizeOf(shape)
      const padded = Math.ceil(size / SEGMENT) * SEGMENT
      return { dim: dim + padded, places: [...places, { name, shape, size, offset: dim, padded }] }
    },
    { dim: 0, places: [] }
  )

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** A site's part of a flat tensor [dim], in the site's shape. */
export const sliceOf = (flat: Tensor, p: Place): Tensor => B.reshape(B.slice(flat, [p.offset], [p.offset + p.size]), p.shape)

/** One flat array from arrays by site; what no site covers is `fill`. */
export const pack = (layout: Layout, fill: number) => (values: Readonly<Record<string, ArrayLike<number>>>): Float32Array => {
  const out = new Float32Array(layout.dim).fill(fill)
  for (const p of layout.places) if (values[p.name] !== undefined) out.set(values[p.name], p.offset)
  return out
}

/** Arrays by site from one flat array. */
export const unpack = (layout: Layout) => (flat: ArrayLike<number>): Readonly<Record<string, Numbers>> => {
  const all = Float64Array.from(flat)
  return Object.fromEntries(layout.places.map((p) => [p.name, { shape: p.shape, data: all.slice(p.offset, p.offset + p.size) }]))
}

/** The site and element that a flat index belongs to. */
export const whoIs = (layout: Layout) => (index: number): { readonly name: string; readonly element: number } | undefined => {
  const p = layout.places.find((q) => index >= q.offset && index < q.offset + q.padded)
  return p === undefined ? undefined : { name: p.name, element: index - p.offset }
}
