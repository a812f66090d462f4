/**
 * Where a network begins: a named array given at each call. Scaling is part of the
 * network, so that data sets hold raw values and a saved model is complete.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Definition } from './make.ts'
import { begin } from './make.ts'
import type { Network } from './network.ts'
import type { Reader } from './option.ts'
import { finite, optional, orElse, text, word } from './option.ts'

/** The symbol of the leading axis of a model's inputs and observations. */
export const BATCH = Ext.sym('batch')

/** Options of `input`. */
export interface InputOptions {
  /** The name under which data are given, `input_1` when absent. */
  readonly name?: string
  /** A factor on the raw values, 1 / 255 for bytes. */
  readonly scale?: number
  /** f32, or i32 and u32 for indices. */
  readonly dtype?: 'f32' | 'i32' | 'u32'
}

type InputShape = readonly (number | null)[]

const shapeReader: Reader<InputShape> = (x, path) =>
  Array.isArray(x) && x.length > 0 && x.every((e) => e === null || (Number.isSafeInteger(e) && e > 0))
    ? E.right(x as InputShape)
    : fail('BadOption', path, text(x), 'extents that are whole and above 0, or null', 'such as [null, 1, 28, 28]: the leading null is the batch')

interface Options {
  readonly shape: InputShape
  readonly scale: number | undefined
  readonly dtype: 'f32' | 'i32' | 'u32'
}

const definition: Definition<Options> = {
  kind: 'input',
  options: {
    shape: shapeReader,
    scale: optional(finite),
    dtype: orElse(word<'f32' | 'i32' | 'u32'>(['f32', 'i32', 'u32']), 'f32')
  },
  label: (o) => `[${o.shape.map((e) => e ?? 'null').join(', ')}]`,
  rule: (o) => (_, at) => {
    const shape = o.shape.map((e, i) => e ?? (i === 0 ? BATCH : Ext.sym(`${at.name}.${i}`)))
    const leaf = B.leaf('input', at.name, shape, o.dtype)
    const output = o.scale === undefined || o.scale === 1 ? leaf : B.mul(B.float(leaf), o.scale)
    return E.right({ params: {}, input: leaf, apply: () => ({ output }) })
  }
}

/**
 * An input. The leading null is the symbol `batch`, shared by all inputs and
 * observations of a model; other nulls are extents of their own.
 *
 * @example
 * Layer.input([null, 1, 28, 28], { name: 'x', scale: 1 / 255 })
 */
export const input = (shape: InputShape, options: InputOptions = {}): Network =>
  begin(definition, typeof options === 'object' && options !== null ? { ...options, shape } : options)
