/**
 * One column of a data set: raw numbers with rows along the first axis. This is
 * the only place where what a user hands in (typed arrays, nested arrays,
 * `{ shape, data }`) is decoded, so that `fit`, `predict` and `evaluate` take the
 * same forms and say the same about bad ones.
 *
 * Laws: decoding a field gives that field; decoding is total; a decoded field has
 * a row at least, as many numbers as its shape says, no infinity, and no NaN but where
 * it was asked for.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { didYouMean, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How a field's numbers are stored. `u8` is for storage only: arithmetic sees f32. */
export type DType = 'u8' | 'f32' | 'i32' | 'u32'

/** The typed arrays that a field can hold. */
export type FieldData = Uint8Array | Float32Array | Int32Array | Uint32Array

/** A column of a data set: `shape` has the rows first, `data` is row-major. */
export interface Field {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: FieldData
}

/** An array on the host, row-major: what results come back as. */
export interface NdArray<A extends ArrayLike<number> = Float32Array> {
  readonly shape: readonly number[]
  readonly data: A
}

/** The forms in which numbers can be handed in; a flat typed array has shape [n]. */
export type FieldInput =
  | Field
  | ArrayBufferView
  | readonly unknown[]
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number>; readonly dtype?: DType }

/** The storage types, for messages and checks. */
export const dtypes: readonly DType[] = ['u8', 'f32', 'i32', 'u32']

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const allocate = (dtype: DType, n: number): FieldData =>
  dtype === 'u8'
    ? new Uint8Array(n)
    : dtype === 'i32'
      ? new Int32Array(n)
      : dtype === 'u32'
        ? new Uint32Array(n)
        : new Float32Array(n)

const stored = (data: unknown): DType | undefined =>
  data instanceof Uint8Array
    ? 'u8'
    : data instanceof Float32Array
      ? 'f32'
      : data instanceof Int32Array
        ? 'i32'
        : data instanceof Uint32Array
          ? 'u32'
          : undefined

/** The storage that holds a foreign array's values without asking: integers stay integers, f64 becomes f32. */
const natural = (data: unknown): DType =>
  stored(data) ??
  (data instanceof Uint8ClampedArray
    ? 'u8'
    : data instanceof Int8Array || data instanceof Int16Array
      ? 'i32'
      : data instanceof Uint16Array
        ? 'u32'
        : 'f32')

const limits: Record<DType, readonly [number, number]> = {
  u8: [0, 255],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  f32: [-3.4028234663852886e38, 3.4028234663852886e38]
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

const describe = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** Where element `i` of a row-major array lies, in words. */
const place = (shape: readonly number[], i: number): string => {
  const row = Math.floor(i / (sizeOf(shape.slice(1)) || 1))
  return shape.length > 1 ? `row ${row}, element ${i - row * sizeOf(shape.slice(1))} of it` : `row ${row}`
}

/** Node's Buffer is a Uint8Array whose `slice` doesn't copy: seen as a plain one. */
const plain = (data: FieldData): FieldData =>
  data instanceof Uint8Array && Object.getPrototypeOf(data) !== Uint8Array.prototype
    ? new Uint8Array(data.buffer, data.byteOffset, data.length)
    : data

/** How a field is decoded: its storage, and whether NaN may stand for a number that is missing. */
export interface FieldOptions {
  readonly dtype?: DType
  readonly gaps?: boolean
}

const make = (
  name: string,
  shape: readonly number[],
  data: ArrayLike<unknown>,
  { dtype: asked, gaps = false }: FieldOptions
): Either<GelatoErrors, Field> => {
  const bad = shape.findIndex((n) => !Number.isInteger(n) || n < 0)
  if (shape.length === 0 || bad >= 0)
    return fail('BadShape', [name], `shape ${describe(shape)}`, 'whole numbers, rows first', 'give one row per observation: a single number is shape [1]')
  if (sizeOf(shape) !== data.length)
    return fail(
      'ShapeMismatch',
      [name],
      `shape ${describe(shape)}, which is ${sizeOf(shape)} numbers, with ${data.length} numbers`,
      'as many numbers as the shape says',
      'check the shape; rows come first and the last axis runs fastest'
    )
  if (data.length === 0)
    return fail('EmptyDataset', [name], `shape ${describe(shape)}: no numbers`, 'at least one row with at least one number', 'check how the data was loaded or filtered')
  const dtype = asked ?? natural(data)
  const [low, high] = limits[dtype]
  const same = stored(data) === dtype
  if (same && dtype !== 'f32') return E.right({ dtype, shape: [...shape], data: plain(data as FieldData) })
  const out = same ? (data as FieldData) : allocate(dtype, data.length)
  for (let i = 0; i < data.length; i++) {
    const given = data[i], v = typeof given === 'boolean' ? Number(given) : given
    if (typeof v !== 'number')
      return fail('NotANumber', [name, place(shape, i)], `${typeof v} ${typeof v === 'string' ? `'${v}'` : String(v)}`, 'numbers', 'convert the values to numbers first')
    if (!Number.isFinite(v) && !(gaps && Number.isNaN(v)))
      return fail('NonFinite', [name, place(shape, i)], String(v), 'finite numbers: no NaN, no infinity', 'drop or fill these rows before making the data set; for observations that are missing see the option missing of Dataset.of and Model.observe')
    if (v < low || v > high)
      return fail('OutOfRange', [name, place(shape, i)], String(v), `values of ${dtype}: from ${low} to ${high}`, dtype === 'f32' ? 'rescale the values' : 'take a wider dtype')
    if (dtype !== 'f32' && !Number.isInteger(v))
      return fail('NotAnInteger', [name, place(shape, i)], String(v), `whole numbers, as dtype '${dtype}' was asked for`, "round them, or ask for dtype 'f32'")
    if (!same) out[i] = v
  }
  return E.right({ dtype, shape: [...shape], data: out })
}

/** A list of nested arrays: a plain one, or (the innermost) a typed one. */
const isList = (x: unknown): x is ArrayLike<unknown> =>
  Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView || x instanceof BigInt64Array || x instanceof BigUint64Array))

/** The shape of nested arrays, or where they are ragged. */
const nestedShape = (name: string, x: readonly unknown[]): Either<GelatoErrors, readonly number[]> => {
  const shape: number[] = []
  let first: unknown = x
  while (isList(first)) {
    shape.push(first.length)
    first = first[0]
  }
  const walk = (node: unknown, depth: number, path: string): Either<GelatoErrors, void> => {
    const want = shape[depth]
    if (depth === shape.length)
      return isList(node)
        ? fail('Ragged', [name, path], `an array of ${node.length}`, 'a number, as at the first element', 'make every row the same shape')
        : E.right(undefined)
    if (!isList(node) || node.length !== want)
      return fail(
        'Ragged',
        [name, path],
        isList(node) ? `${node.length} elements` : `${typeof node} ${String(node)}`,
        `${want} elements, as at the first element`,
        'make every row the same shape'
      )
    // A typed array holds numbers only.
    for (let i = 0; Array.isArray(node) && i < node.length; i++) {
      const r = walk(node[i], depth + 1, `${path}[${i}]`)
      if (E.isLeft(r)) return r
    }
    return depth + 1 < shape.length && !Array.isArray(node) ? fail('Ragged', [name, path], 'a typed array of numbers', 'arrays, as at the first element', 'make every row the same shape') : E.right(undefined)
  }
  return pipe(
    walk(x, 0, ''),
    E.map(() => shape)
  )
}

/** The innermost elements of nested arrays of a rank, one after another. */
const flattened = (x: readonly unknown[], rank: number): ArrayLike<unknown> => {
  if (rank === 1) return x
  const out: unknown[] = []
  const walk = (node: ArrayLike<unknown>, depth: number): void => {
    for (let i = 0; i < node.length; i++) depth === 1 ? out.push(node[i]) : walk(node[i] as ArrayLike<unknown>, depth - 1)
  }
  walk(x, rank)
  return out
}

/**
 * Decodes what a user hands in as one field. Typed arrays keep their storage (f64
 * becomes f32, 8- and 16-bit integers widen), nested arrays (of numbers, of booleans as 1
 * and 0, of typed arrays) become f32; `dtype` asks for another storage, in which every value must be exactly representable
 * (f32 rounds). Typed arrays are held, not copied.
 *
 * Errors: `EmptyDataset`, `Ragged`, `ShapeMismatch`, `BadShape`, `NonFinite`,
 * `NotANumber`, `NotAnInteger`, `OutOfRange`, `UnknownForm`.
 *
 * @example
 * decodeField('y', { dtype: 'i32' })([0, 2, 1]) // Right of shape [3]
 */
export const decodeField =
  (name: string, options: FieldOptions = {}) =>
  (x: unknown): Either<GelatoErrors, Field> => {
    const asked = options.dtype
    if (asked !== undefined && !dtypes.includes(asked))
      return fail('UnknownDType', [name], `dtype '${String(asked)}'`, `one of ${dtypes.join(', ')}`, didYouMean(String(asked), dtypes))
    if (x instanceof BigInt64Array || x instanceof BigUint64Array)
      return fail('UnknownForm', [name], '64-bit integers', 'numbers of at most 32 bits', 'convert: Int32Array.from(values, Number)')
    if (ArrayBuffer.isView(x) && !(x instanceof DataView)) {
      const data = x as unknown as ArrayLike<number>
      return make(name, [data.length], data, options)
    }
    if (Array.isArray(x))
      return pipe(
        nestedShape(name, x),
        E.chain((shape) => make(name, shape, flattened(x, shape.length), options))
      )
    if (typeof x === 'object' && x !== null && 'shape' in x && 'data' in x) {
      const { shape, data } = x
      const own = 'dtype' in x ? x.dtype : undefined
      if (own !== undefined && !dtypes.includes(own as DType))
        return fail('UnknownDType', [name], `dtype '${String(own)}'`, `one of ${dtypes.join(', ')}`, didYouMean(String(own), dtypes))
      const flat = Array.isArray(data) || (ArrayBuffer.isView(data) && !(data instanceof DataView))
      if (!Array.isArray(shape) || !flat || data instanceof BigInt64Array || data instanceof BigUint64Array)
        return fail('UnknownForm', [name], 'an object whose shape or data is no array', '{ shape: number[], data: flat array of numbers }', 'give shape as [rows, ...] and data as a typed array')
      return make(name, shape as number[], data as unknown as ArrayLike<unknown>, own === undefined ? options : { dtype: own as DType, ...options })
    }
    return fail(
      'UnknownForm',
      [name],
      x === null ? 'null' : typeof x,
      'a typed array, nested arrays of numbers (or of typed arrays), or { shape, data }',
      'see the forms that a data set takes'
    )
  }

/** A field whose missing numbers are NaN, and what says which they are. */
export interface Gapped {
  /** The numbers, 0 where there is none. */
  readonly field: Field
  /** 1 where there is a number, else 0: u8 of the same shape. */
  readonly mask: Field
}

/**
 * Decodes a field in which NaN stands for a number that is missing. Errors: as
 * `decodeField`.
 *
 * @example
 * decodeGaps('y')([1.5, NaN, 2]) // Right: 1.5, 0, 2 and the mask 1, 0, 1
 */
export const decodeGaps =
  (name: string, options: { readonly dtype?: DType } = {}) =>
  (x: unknown): Either<GelatoErrors, Gapped> =>
    pipe(
      decodeField(name, { dtype: 'f32', gaps: true })(x),
      E.chain(({ shape, data }) =>
        pipe(
          decodeField(name, options)({ shape, data: Float32Array.from(data, (v) => (Number.isNaN(v) ? 0 : v)) }),
          E.map((field) => ({ field, mask: { dtype: 'u8' as const, shape, data: Uint8Array.from(data, (v) => (Number.isNaN(v) ? 0 : 1)) } }))
        )
      )
    )

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Numbers in one row. */
export const rowSize = (f: Field): number => sizeOf(f.shape.slice(1))

/** A copy of rows `from` (included) to `to` (excluded); the caller has checked both. */
export const sliceField =
  (from: number, to: number) =>
  (f: Field): Field => ({
    dtype: f.dtype,
    shape: [to - from, ...f.shape.slice(1)],
    data: f.data.slice(from * rowSize(f), to * rowSize(f))
  })

/** A copy of the rows at `indices`, in that order; the caller has checked them. */
export const gatherField =
  (indices: ArrayLike<number>) =>
  (f: Field): Field => {
    const m = rowSize(f)
    const data = allocate(f.dtype, indices.length * m)
    for (let i = 0; i < indices.length; i++) data.set(f.data.subarray(indices[i] * m, (indices[i] + 1) * m), i * m)
    return { dtype: f.dtype, shape: [indices.length, ...f.shape.slice(1)], data }
  }
