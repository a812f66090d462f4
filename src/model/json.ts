/**
 * The elaborated model as plain JSON and arrays: what a saved approximation holds. No
 * closure survives elaboration, so a model written here is read in another process
 * without the code that made it.
 *
 * Graphs go into one table of nodes, so that what is shared stays shared. What is read
 * is not trusted: shapes are worked out anew, families and bijectors must be known.
 *
 * Law: a model that is written and read has the same graphs, sites and tables.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { Bijectors, families } from '../dist/index.ts'
import { fromJson, toJson } from '../tensor/json.ts'
import type { Data, Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { notes } from './inspect.ts'
import type { Model } from './model.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Version of the form. */
export const MODEL_VERSION = 2

/** A model as JSON, and the arrays that it names. */
export interface ModelData {
  readonly json: unknown
  readonly arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Data }>>
}

// -----------------------------------------------------------------------------
// numbers that JSON has no form for
// -----------------------------------------------------------------------------

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null && !Array.isArray(x)

const SPECIAL: Readonly<Record<string, number>> = { Infinity: Infinity, '-Infinity': -Infinity, NaN: NaN, '-0': -0 }
const plainNumber = (n: number): unknown => (Object.is(n, -0) ? { $number: '-0' } : Number.isFinite(n) ? n : { $number: String(n) })

type Walk = (x: unknown) => unknown

/** Maps plain data: `leaf` answers for what it knows and gives undefined for what is to be walked. */
const walk = (leaf: (x: unknown) => { readonly as: unknown } | undefined): Walk => {
  const go: Walk = (x) => {
    const known = leaf(x)
    return known !== undefined ? known.as
      : Array.isArray(x) ? x.map(go)
      : isRecord(x) ? Object.fromEntries(Object.entries(x).filter(([, v]) => v !== undefined).map(([k, v]) => [k, go(v)]))
      : x
  }
  return go
}

const only = (x: unknown, key: string, type: string): boolean => isRecord(x) && Object.keys(x).length === 1 && typeof x[key] === type

const readNumber = (x: unknown): { readonly as: unknown } | undefined =>
  only(x, '$number', 'string') ? { as: SPECIAL[(x as { $number: string }).$number] ?? NaN } : undefined

const writeNumbers = walk((x) => (typeof x === 'number' ? { as: plainNumber(x) } : undefined))
const readNumbers = walk(readNumber)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** A model as JSON and arrays. A model with problems has no such form. */
export const toData = (model: Model): Either<GelatoErrors, ModelData> => {
  if (model.problems.length > 0) return E.left(model.problems as unknown as GelatoErrors)
  const graphs: Tensor[] = []
  const index = new Map<Tensor, number>()
  const own: Record<string, { shape: readonly number[]; data: Data }> = {}
  const numberOf = (t: Tensor): number => {
    const known = index.get(t)
    if (known !== undefined) return known
    index.set(t, graphs.length)
    return graphs.push(t) - 1
  }
  const encode = walk((x) => {
    if (isTensor(x)) return { as: { $graph: numberOf(x) } }
    if (typeof x === 'number') return { as: plainNumber(x) }
    if (!ArrayBuffer.isView(x)) return undefined
    const name = `model.array.${Object.keys(own).length}`
    own[name] = { shape: [(x as Data).length], data: x as Data }
    return { as: { $array: name } }
  })
  const { table: _, ...data } = model
  const body = encode({ ...data, notes: notes(model) })
  const { json, arrays } = toJson(graphs, 'model.constant')
  return E.right({ json: { version: MODEL_VERSION, model: body, graph: writeNumbers(json) }, arrays: { ...arrays, ...own } })
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const broken = (where: string, got: string, need: string): Either<GelatoErrors, never> =>
  fail('CorruptModel', ['model', where], got, need, 'the file was altered or written by another version')

const tensors = (x: unknown): boolean => isRecord(x) && Object.values(x).every(isTensor)
const shape = (x: unknown): boolean => Array.isArray(x) && x.every((e) => Number.isInteger(e) && e >= 0)
const dist = (x: unknown): boolean => isRecord(x) && x['_tag'] === 'Dist' && Object.hasOwn(families, String(x['family'])) && tensors(x['params'])
const bijector = (x: unknown): boolean => {
  if (!isRecord(x) || !Bijectors.isBijectorName(x['_tag'])) return false
  const { _tag, ...rest } = x
  return tensors(rest)
}
const site = (x: unknown): boolean =>
  isRecord(x) && typeof x['name'] === 'string' && shape(x['shape']) && isTensor(x['leaf']) && dist(x['dist']) && bijector(x['bijector']) && isRecord(x['init'])
const term = (x: unknown): boolean =>
  isRecord(x) && typeof x['name'] === 'string' && isTensor(x['logLik']) && isTensor(x['output']) && isTensor(x['expected']) &&
  ['observed', 'mask'].every((k) => x[k] === undefined || isTensor(x[k])) && (x['dist'] === undefined || dist(x['dist']))
const list = (f: (x: unknown) => boolean) => (x: unknown): boolean => Array.isArray(x) && x.every(f)
const held = (x: unknown): boolean => isRecord(x) && isTensor(x['leaf']) && shape(x['shape'])
const table = (f: (x: unknown) => boolean) => (x: unknown): boolean => isRecord(x) && Object.values(x).every(f)

const parts: Readonly<Record<string, (x: unknown) => boolean>> = {
  inputs: tensors, observed: tensors, prediction: isTensor, outputs: tensors, sites: list(site), params: table(held), states: table((x) => held(x) && isTensor((x as { next?: unknown }).next)),
  likelihoods: list(term), potentials: list(isTensor), deterministics: list((x) => Array.isArray(x) && typeof x[0] === 'string' && isTensor(x[1])),
  layers: list((x) => isRecord(x) && typeof x['name'] === 'string' && Array.isArray(x['inputs']) && list(isRecord)(x['params'])),
  problems: (x) => Array.isArray(x) && x.length === 0, notes: list(isRecord)
}

/** The record that `toData` gives: a model's JSON has other fields. */
const isData = (x: unknown): x is ModelData => isRecord(x) && 'json' in x && !('model' in x)

/**
 * A model from what `toData` gave, as the record `{ json, arrays }` or as the two, or what is wrong with them.
 *
 * @example
 * const again = pipe(Model.toData(bnn), E.chain(Model.fromData))
 */
export const fromData: {
  (data: ModelData): Either<GelatoErrors, Model>
  (json: unknown, arrays?: ModelData['arrays']): Either<GelatoErrors, Model>
} = (given: unknown, apart?: ModelData['arrays']): Either<GelatoErrors, Model> => {
  const { json, arrays = {} } = apart === undefined && isData(given) ? given : { json: given, arrays: apart }
  if (!isRecord(arrays)) return broken('arrays', shown(arrays), 'the arrays that the JSON names')
  if (!isRecord(json) || !isRecord(json['model'])) return broken('json', typeof json, 'a model')
  if (json['version'] !== MODEL_VERSION) return broken('version', String(json['version']), `version ${MODEL_VERSION}`)
  const graphs = fromJson(readNumbers(json['graph']), arrays)
  if (E.isLeft(graphs)) return graphs
  const missing: string[] = []
  const decode = walk((x) => {
    if (only(x, '$graph', 'number')) {
      const t = graphs.right[(x as { $graph: number }).$graph]
      if (t === undefined || E.isLeft(t.type)) missing.push(`graph ${(x as { $graph: number }).$graph}`)
      return { as: t }
    }
    if (only(x, '$array', 'string')) {
      const a = Object.hasOwn(arrays, (x as { $array: string }).$array) ? arrays[(x as { $array: string }).$array] : undefined
      if (a === undefined) missing.push((x as { $array: string }).$array)
      return { as: a?.data }
    }
    return readNumber(x)
  })
  const model = decode(json['model']) as Readonly<Record<string, unknown>>
  if (missing.length > 0) return broken(missing[0], 'nothing, or a graph that does not fit', 'a graph or an array of the file')
  if (model['_tag'] !== 'Model') return broken('_tag', String(model['_tag']), 'Model')
  const wrong = Object.entries(parts).find(([k, is]) => !is(model[k]))
  if (wrong !== undefined) return broken(wrong[0], 'data of another form', `the ${wrong[0]} of a model`)
  // JSON leaves out what is undefined: the fields are put back.
  const whole = (part: string, fields: readonly string[]): readonly unknown[] =>
    (model[part] as readonly Readonly<Record<string, unknown>>[]).map((x) => ({ ...x, ...Object.fromEntries(fields.map((k) => [k, x[k]])) }))
  const likelihoods = whole('likelihoods', ['observed', 'mask', 'dist', 'totalSize'])
  return E.right({ ...model, likelihoods, sites: whole('sites', ['layer']), layers: whole('layers', ['shape']) } as unknown as Model)
}
