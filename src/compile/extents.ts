/**
 * Extents as numbers. A step is compiled once every symbol of it has a value
 * (`compile.ts` refuses others), so from there on shapes are numbers alone.
 */
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'

/** The shape of a node, in whole numbers. */
export const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]

/** Elements of a shape. */
export const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)

/** Elements of a node. */
export const elements = (t: Tensor): number => size(whole(t))

/** Elements between neighbours along each axis of an array in C order. */
export const contiguous = (shape: readonly number[]): readonly number[] => shape.map((_, i) => size(shape.slice(i + 1)))

/** Have these shapes the same axes? */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((x, i) => x === b[i])

/** The greatest common divisor. */
export const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** So many `b` that they cover `a`. */
export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b)

/** The next multiple of four: whole vectors. */
export const up4 = (n: number): number => 4 * ceilDiv(n, 4)
