/**
 * Data meets model: which fields a model needs, whether they fit, and how rows of
 * them become its inputs. Fields stay in their own storage; a batch is taken and cast.
 *
 * Errors: `MissingField`, `RowShape`, and those of `gaps.ts` and `observed.ts`.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail, nearest } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { decode } from '../dataset/index.ts'
import type { Dataset, Field } from '../dataset/index.ts'
import type { HostArrays } from '../run/session.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { keyOf, leavesOf } from '../tensor/replace.ts'
import { dataLeaves, masksOf } from '../model/attach.ts'
import { maskOf } from '../model/mask.ts'
import type { LikelihoodTerm, Model } from '../model/index.ts'
import { sizeOf } from './layout.ts'
import { wholeVectors } from './gaps.ts'
import { checkIndices, checkSupport, checkWhole, classesOf } from './observed.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Fields that fit a model, by the name of its leaf. */
export interface Rows {
  readonly n: number
  /** How many rows the model itself fixes: then a batch is all of them. */
  readonly fixed: number | undefined
  readonly digest: string
  readonly fields: Readonly<Record<string, Field>>
  readonly leaves: Readonly<Record<string, Tensor>>
}

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

/** What to do about rows of another shape. */
const reshaping = (model: Model, name: string, term: LikelihoodTerm | undefined, want: Ext.Shape, f: Field): string => {
  const has = f.shape.slice(1), n = f.shape[0], classes = classesOf(model, term, name)
  const text = (row: Ext.Shape): string => Ext.showShape([n, ...row])
  if (Object.hasOwn(masksOf(model), name)) return `give 1 or 0 for each observation, as ${text(want)}`
  return classes !== undefined && has.length === want.length + 1 && has[has.length - 1] === classes && Ext.sameShape(want, has.slice(0, -1))
    ? `give class numbers from 0 to ${classes - 1} as ${text(want)}: the place of the 1 of each, where rows are one-hot`
    : !want.every((e) => typeof e === 'number') || sizeOf(want as readonly number[]) !== sizeOf(has) ? (term === undefined ? 'reshape the field, or change the input layer' : 'reshape the field, or change the layer that is observed: its output has as many numbers a row')
    : want.length === 0 ? `give ${name} as ${text(want)}, one number a row: ${name}.flat(), or { shape: ${text(want)}, data }`
    : `they are as many numbers: give ${name} as ${text(want)}, by { shape: ${text(want)}, data } say${term === undefined ? ', or change the input layer' : ''}`
}

const fitField = (model: Model, data: Dataset) => (name: string, leaf: Tensor): Either<GelatoErrors, Field> => {
  const f = data.fields[name]
  const names = Object.keys(data.fields), spare = nearest(name, names.filter((k) => dataLeaves(model)[k] === undefined))
  if (f === undefined && Object.hasOwn(masksOf(model), name))
    return fail('MissingField', ['data', name], `fields ${names.join(', ')}`, `a field '${name}': 1 where there is an observation, 0 where it is missing`, "make the data set with Dataset.of(record, { missing: ['y'] }), where NaN stands for what is missing")
  if (f === undefined)
    return fail('MissingField', ['data', name], `fields ${names.join(', ')}`, `a field '${name}' for the model's ${model.inputs[name] === undefined ? 'observation' : 'input'} of that name`, `give data.${name}${spare === undefined ? '' : `, or rename '${spare}'`}`)
  const want = shapeOf(leaf).slice(1), term = model.likelihoods.find((l) => l.name === name && l.observed !== undefined)
  if (!Ext.sameShape(want, f.shape.slice(1)))
    return fail('RowShape', ['data', name], `rows of shape [${f.shape.slice(1).join(', ')}]`, `${want.length === 0 ? 'one number a row: rows of shape []' : `rows of shape ${Ext.showShape(want)}`}, as the model's '${name}' has`, reshaping(model, name, term, want, f))
  return pipe(
    dtypeOf(leaf) === 'f32' ? E.right(f) : checkWhole(model, name, f, term, data.fields),
    E.chainFirst(() => checkSupport(name, f, term, data.fields))
  )
}

/** The leaf that fixes the number of rows, where one does. */
const fixedRows = (leaves: Readonly<Record<string, Tensor>>): { readonly name: string; readonly rows: number } | undefined =>
  Object.entries(leaves).flatMap(([name, leaf]) => {
    const [rows] = shapeOf(leaf)
    return typeof rows === 'number' ? [{ name, rows }] : []
  })[0]

const checkRows = (leaves: Readonly<Record<string, Tensor>>, n: number): Either<GelatoErrors, void> => {
  const fixed = fixedRows(leaves)
  return fixed === undefined || fixed.rows === n
    ? E.right(undefined)
    : fail('RowShape', ['data', fixed.name], `${n} rows`, `${fixed.rows} rows, as the model's '${fixed.name}' has`, 'give as many rows, or a model whose rows are counted by the data')
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The rows of a data set for a model's inputs, and for its observations where asked; of all these for what a graph reads, where one is given. */
export const rowsFor = (model: Model, data: unknown, o: { readonly observed: boolean; readonly of?: Tensor }): Either<GelatoErrors, Rows> =>
  pipe(
    decode(data, model.likelihoods.filter((l) => l.mask !== undefined && leafName(l.mask) === maskOf(l.name)).map((l) => l.name)),
    E.chain((d) => (o.observed ? pipe(wholeVectors(model, d.fields), E.map((fields): Dataset => ({ ...d, fields }))) : E.right(d))),
    E.chain((d) => {
      const known = o.observed ? dataLeaves(model) : model.inputs
      const read = o.of === undefined ? undefined : new Set(leavesOf([o.of]).map(keyOf))
      const leaves = Object.fromEntries(Object.entries(known).filter(([, leaf]) => read?.has(keyOf(leaf)) ?? true))
      const names = Object.keys(leaves)
      return pipe(
        all(names.map((k) => fitField(model, d)(k, leaves[k]))),
        E.chainFirst(() => checkRows(leaves, d.rows)),
        E.chainFirst(() => checkIndices(model, d.fields)),
        E.map((fs): Rows => ({ n: d.rows, fixed: fixedRows(leaves)?.rows, digest: d.digest, leaves, fields: Object.fromEntries(names.map((k, i) => [k, fs[i]])) }))
      )
    })
  )

// -----------------------------------------------------------------------------
// graphs
// -----------------------------------------------------------------------------

const leafOf = (name: string, f: Field): Tensor => B.leaf('input', `data.${name}`, f.shape, f.dtype)

/** Values of the model's leaves at rows (u32), or at all rows in order. */
export const valuesAt = (r: Rows, rows: Tensor | undefined): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(r.fields).map(([k, f]) => {
    const whole = leafOf(k, f)
    return [k, B.cast(rows === undefined ? whole : B.take(whole, rows), dtypeOf(r.leaves[k]))]
  }))

/** The arrays behind those leaves. */
export const arraysOf = (r: Rows): HostArrays =>
  Object.fromEntries(Object.entries(r.fields).map(([k, f]) => [`data.${k}`, { shape: f.shape, data: f.data }]))
