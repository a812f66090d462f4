/**
 * The data set as an immutable value: named fields that share their rows, a row
 * count that owns N, and a digest for provenance. No loading happens here.
 *
 * Laws: every field has `rows` rows; combinators move whole rows, so that an
 * observation and its label never part; equal content gives equal digests whatever
 * the data set is called.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, didYouMean, fail, gelatoError, knownOptions, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { maskOf } from '../model/mask.ts'
import { digest } from './digest.ts'
import { decodeField, decodeGaps, gatherField, sliceField } from './field.ts'
import type { DType, Field, FieldInput } from './field.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

interface Base {
  readonly _tag: 'Dataset'
  readonly name: string
  readonly rows: number
  readonly fields: Readonly<Record<string, Field>>
  readonly digest: string
}

/** Names that a field can't have, because the data set itself has them. */
const RESERVED: readonly (keyof Base)[] = ['_tag', 'name', 'rows', 'fields', 'digest']

/** Named fields that share their rows. Each field is also a property: `test.x` is `test.fields.x`. */
export type Dataset<Names extends string = never> = Base & { readonly [K in Names]: Field }

/** The names of a data set's fields after `rename`. */
type Renamed<D extends Dataset, M extends Readonly<Record<string, string>>> =
  Exclude<keyof D & string, keyof Base | keyof M> | M[keyof M]

/** What `fit` and `elbo` take as data: a data set, or a record of arrays by name. */
export type DatasetInput = Dataset | Readonly<Record<string, FieldInput>>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A data set of fields that are known to be well-formed and to share their rows. */
export const fromFields = <Names extends string>(name: string, fields: Readonly<Record<Names, Field>>): Dataset<Names> => ({
  ...fields,
  _tag: 'Dataset',
  name,
  rows: Object.values<Field>(fields)[0]?.shape[0] ?? 0,
  fields,
  digest: digest(fields)
})

const sameRows = (fields: Readonly<Record<string, Field>>): Either<GelatoErrors, void> => {
  const names = Object.keys(fields)
  const n = fields[names[0]].shape[0]
  const other = names.find((k) => fields[k].shape[0] !== n)
  return other === undefined
    ? E.right(undefined)
    : fail(
        'RowMismatch',
        [other],
        `${fields[other].shape[0]} rows, while '${names[0]}' has ${n}`,
        'the same number of rows in every field',
        'check that inputs and observations come from the same rows'
      )
}

/** Options of `of`. */
export interface DatasetOptions {
  /** A name for messages. */
  readonly name?: string
  /** Storage asked for by field. */
  readonly dtypes?: Readonly<Record<string, DType>>
  /** Fields in which NaN stands for a number that is missing: each has a second field `y.mask`, 1 where there is a number. */
  readonly missing?: readonly string[]
}

const isEither = (x: unknown): x is { readonly _tag: 'Left' | 'Right' } =>
  typeof x === 'object' && x !== null && '_tag' in x && ((x._tag === 'Right' && 'right' in x) || (x._tag === 'Left' && 'left' in x))

const isRecord = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data) && !ArrayBuffer.isView(data) && !isEither(data)

const noRecord = (data: unknown): Either<GelatoErrors, never> =>
  isEither(data)
    ? fail('UnknownForm', ['data'], `an Either (${data._tag}), as Dataset.of gives`, 'a Dataset or a record of arrays by name', data._tag === 'Right' ? 'give what is in it: data.right, or pipe(data, E.chain((d) => ...))' : 'look at what went wrong first: it is in data.left')
    : fail('UnknownForm', ['data'], data === null ? 'null' : Array.isArray(data) ? 'an array' : typeof data, 'a Dataset or a record of arrays by name', 'wrap it: { x: ..., y: ... }')

const checkMissing = (missing: unknown): Either<GelatoErrors, void> =>
  missing === undefined || (Array.isArray(missing) && missing.every((k) => typeof k === 'string'))
    ? E.right(undefined)
    : fail('BadOption', ['Dataset.of', 'missing'], shown(missing), 'a list of names of fields', "such as { missing: ['y'] }")

const decodeAll = (
  record: Readonly<Record<string, unknown>>,
  { dtypes = {}, missing = [] }: DatasetOptions
): Either<GelatoErrors, Readonly<Record<string, Field>>> => {
  const names = Object.keys(record)
  if (names.length === 0)
    return fail('EmptyDataset', [], 'no fields', 'at least one field', 'give a record of arrays by input and observation name')
  const taken = names.find((k) => (RESERVED as readonly string[]).includes(k))
  if (taken !== undefined)
    return fail('ReservedName', [taken], `a field named '${taken}'`, `a name other than ${RESERVED.join(', ')}`, 'rename the field')
  const one = (k: string): Either<GelatoErrors, Readonly<Record<string, Field>>> => {
    const asked = dtypes[k], options = asked === undefined ? {} : { dtype: asked }
    return missing.includes(k)
      ? pipe(decodeGaps(k, options)(record[k]), E.map(({ field, mask }) => ({ [k]: field, [maskOf(k)]: mask })))
      : pipe(decodeField(k, options)(record[k]), E.map((field) => ({ [k]: field })))
  }
  return pipe(
    knownOptions(['dtypes'], names)(dtypes),
    E.chain(() => knownOptions(['missing'], names)(Object.fromEntries(missing.map((k) => [k, true])))),
    E.chain(() => all(names.map(one))),
    E.map((fs): Readonly<Record<string, Field>> => Object.assign({}, ...fs)),
    E.chainFirst(sameRows)
  )
}

/**
 * A data set from a record of arrays: typed arrays (of shape [n]), nested arrays,
 * or `{ shape, data }`, rows first. The numbers are copied.
 *
 * Errors: those of `decodeField`, every bad field at once, and `RowMismatch`.
 *
 * @example
 * Dataset.of({ x: [[0.1, 0.2], [0.3, 0.4]], y: Int32Array.of(0, 1) }, { name: 'toy' })
 */
export const of = <Names extends string>(
  record: Readonly<Record<Names, FieldInput>>,
  options: DatasetOptions = {}
): Either<GelatoErrors, Dataset<Names>> =>
  pipe(
    knownOptions(['Dataset.of'], ['name', 'dtypes', 'missing'])(options),
    E.chain(() => checkMissing(options.missing)),
    E.chain(() => (isRecord(record) ? decodeAll(record, options) : noRecord(record))),
    E.map((fields) => {
      const own = Object.entries(fields).map(([k, f]) => [k, { ...f, data: f.data.slice() }] as const)
      return fromFields(options.name ?? 'data', Object.fromEntries(own) as Readonly<Record<Names, Field>>)
    })
  )

/** Whether a value is a data set. */
export const isDataset = (x: unknown): x is Dataset =>
  typeof x === 'object' && x !== null && '_tag' in x && x._tag === 'Dataset' && 'fields' in x && 'digest' in x

/**
 * A data set as it is, or one made of a record of arrays, whose numbers are held and
 * not copied: what functions that take data call first. In a record, NaN stands for a
 * missing number in the fields of `missing` that have no mask of their own.
 */
export const decode = (data: unknown, missing: readonly string[] = []): Either<GelatoErrors, Dataset> =>
  isDataset(data)
    ? E.right(data)
    : isRecord(data)
      ? pipe(
          decodeAll(data, { missing: missing.filter((k) => k in data && !(maskOf(k) in data)) }),
          E.map((fields) => fromFields('data', fields))
        )
      : noRecord(data)

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** Each field changed; the names stay, and with them the type. */
const mapFields =
  (f: (field: Field) => Field) =>
  <D extends Dataset>(d: D): D =>
    fromFields(d.name, Object.fromEntries(Object.entries(d.fields).map(([k, v]) => [k, f(v)]))) as unknown as D

/**
 * Rows `from` (included) to `to` (excluded).
 *
 * Errors: `OutOfRange` where they are not whole numbers with 0 <= from < to <= rows.
 */
export const slice =
  (from: number, to: number) =>
  <D extends Dataset>(d: D): Either<GelatoErrors, D> =>
    Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to && to <= d.rows
      ? E.right(from === 0 && to === d.rows ? d : mapFields(sliceField(from, to))(d))
      : fail(
          'OutOfRange',
          [d.name, 'slice'],
          `rows ${from} to ${to} of ${d.rows}`,
          'whole numbers with 0 <= from < to <= rows',
          `take at least one row, and none past ${d.rows}`
        )

/** The first `n` rows. Errors: `OutOfRange`. */
export const take = (n: number): (<D extends Dataset>(d: D) => Either<GelatoErrors, D>) => slice(0, n)

/** The rows at `indices`, in that order, repeated where an index is. Errors: `OutOfRange`. */
export const rows =
  (indices: ArrayLike<number>) =>
  <D extends Dataset>(d: D): Either<GelatoErrors, D> => {
    const bad = Array.from(indices).find((i) => !Number.isInteger(i) || i < 0 || i >= d.rows)
    return bad === undefined && indices.length > 0
      ? E.right(mapFields(gatherField(indices))(d))
      : fail(
          'OutOfRange',
          [d.name, 'rows'],
          bad === undefined ? 'no indices' : `index ${bad}`,
          `whole numbers from 0 to ${d.rows - 1}, one at least`,
          'check where the indices come from'
        )
  }

const unknownField = (d: Dataset, call: string, given: readonly string[]): GelatoErrors | undefined => {
  const names = Object.keys(d.fields)
  const errors = given
    .filter((k) => !names.includes(k))
    .map((k) =>
      gelatoError('UnknownField', [d.name, call, k], `field '${k}'`, `one of ${names.join(', ')}`, didYouMean(k, names))
    )
  return errors.length > 0 ? (errors as unknown as GelatoErrors) : undefined
}

/** The named fields only. Errors: `UnknownField`, `EmptyDataset`. */
export const select =
  <K extends string>(...names: readonly K[]) =>
  (d: Dataset): Either<GelatoErrors, Dataset<K>> => {
    const bad = unknownField(d, 'select', names)
    if (bad !== undefined) return E.left(bad)
    return names.length === 0
      ? fail('EmptyDataset', [d.name, 'select'], 'no fields', 'at least one field', `select some of ${Object.keys(d.fields).join(', ')}`)
      : E.right(fromFields(d.name, Object.fromEntries(names.map((k) => [k, d.fields[k]])) as Readonly<Record<K, Field>>))
  }

/**
 * Fields renamed by a record from old to new names; the others stay. Errors:
 * `UnknownField`, `DuplicateField`.
 */
export const rename =
  <const M extends Readonly<Record<string, string>>>(names: M) =>
  <D extends Dataset>(d: D): Either<GelatoErrors, Dataset<Renamed<D, M>>> => {
    const bad = unknownField(d, 'rename', Object.keys(names))
    if (bad !== undefined) return E.left(bad)
    const to = Object.keys(d.fields).map((k) => (Object.hasOwn(names, k) ? names[k] : k))
    const twice = to.find((k, i) => to.indexOf(k) !== i)
    return twice !== undefined
      ? fail('DuplicateField', [d.name, 'rename', twice], `two fields named '${twice}'`, 'a name of its own for every field', 'rename one of them to something else')
      : E.right(fromFields(d.name, Object.fromEntries(Object.values(d.fields).map((f, i) => [to[i], f])) as Readonly<Record<Renamed<D, M>, Field>>))
  }

/** The same data set under another name. */
export const named =
  (name: string) =>
  <D extends Dataset>(d: D): D => ({ ...d, name })
