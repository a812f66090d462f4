/**
 * Data meets model: which fields a model needs, whether they fit, and how rows of
 * them become its inputs. Fields stay in their own storage; a batch is taken and cast.
 *
 * Errors: `MissingField`, `RowShape`, `BadLabel`, `NotAnInteger`.
 *
 * @since 0.1.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail, nearest } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import { decode, rowSize } from '../dataset/index.ts'
import type { Dataset, Field } from '../dataset/index.ts'
import type { HostArrays } from '../run/session.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { dataLeaves, masksOf } from '../model/attach.ts'
import { maskOf } from '../model/mask.ts'
import type { Model } from '../model/index.ts'

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

/** How many classes the whole numbers of a leaf have: 2 for a mask, infinitely many for counts, undefined where any number will do. */
const classesOf = (model: Model, name: string): number | undefined => {
  if (Object.hasOwn(masksOf(model), name)) return 2
  const dist = model.likelihoods.find((l) => l.name === name && l.observed !== undefined)?.dist
  const support = dist === undefined ? undefined : Dist.support(dist)
  return support?._tag === 'Counts' ? Infinity : support?._tag === 'Classes' && typeof support.count === 'number' ? support.count : undefined
}

const checkLabels = (name: string, f: Field, classes: number | undefined): Either<GelatoErrors, Field> => {
  const per = rowSize(f)
  for (let i = 0; i < f.data.length; i++) {
    const v = f.data[i]
    if (!Number.isInteger(v))
      return fail('NotAnInteger', ['data', name, `row ${Math.floor(i / per)}`], String(v), 'whole numbers', `'${name}' holds labels: give class numbers from 0`)
    if (classes === Infinity && v < 0)
      return fail('BadLabel', ['data', name, `row ${Math.floor(i / per)}`], String(v), 'counts: whole numbers from 0', 'check the data, or observe them through a distribution that has such values')
    if (classes !== undefined && (v < 0 || v >= classes))
      return fail('BadLabel', ['data', name, `row ${Math.floor(i / per)}`], `label ${v}`, `whole numbers from 0 to ${classes - 1}, as the model has ${classes} classes`, 'number the classes from 0, or give the last layer more units')
  }
  return E.right(f.dtype === 'f32' ? { dtype: 'i32', shape: f.shape, data: Int32Array.from(f.data) } : f)
}

const fitField = (model: Model, data: Dataset) => (name: string, leaf: Tensor): Either<GelatoErrors, Field> => {
  const f = data.fields[name]
  const names = Object.keys(data.fields)
  if (f === undefined && Object.hasOwn(masksOf(model), name))
    return fail('MissingField', ['data', name], `fields ${names.join(', ')}`, `a field '${name}': 1 where there is an observation, 0 where it is missing`, "make the data set with Dataset.of(record, { missing: ['y'] }), where NaN stands for what is missing")
  if (f === undefined)
    return fail('MissingField', ['data', name], `fields ${names.join(', ')}`, `a field '${name}' for the model's ${model.inputs[name] === undefined ? 'observation' : 'input'} of that name`, `give data.${name}${names.length > 0 ? `, or rename '${nearest(name, names)}'` : ''}`)
  const want = shapeOf(leaf).slice(1)
  if (!Ext.sameShape(want, f.shape.slice(1)))
    return fail('RowShape', ['data', name], `rows of shape [${f.shape.slice(1).join(', ')}]`, `rows of shape ${Ext.showShape(want)}, as the model's '${name}' has`, 'reshape the field, or change the input layer')
  return dtypeOf(leaf) === 'f32' ? E.right(f) : checkLabels(name, f, classesOf(model, name))
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

/** The rows of a data set for a model's inputs, and for its observations where asked. */
export const rowsFor = (model: Model, data: unknown, o: { readonly observed: boolean }): Either<GelatoErrors, Rows> =>
  pipe(
    decode(data, model.likelihoods.filter((l) => l.mask !== undefined && leafName(l.mask) === maskOf(l.name)).map((l) => l.name)),
    E.chain((d) => {
      const leaves = o.observed ? dataLeaves(model) : model.inputs
      const names = Object.keys(leaves)
      return pipe(
        all(names.map((k) => fitField(model, d)(k, leaves[k]))),
        E.chainFirst(() => checkRows(leaves, d.rows)),
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
