/**
 * Graphs as JSON: a table of nodes, so that sharing is kept, with the data of array
 * constants beside it. What is read is not trusted: unknown ops, forward references
 * and ill-typed attributes are Left, and shapes are worked out anew.
 *
 * Law: `fromJson(toJson(outputs))` prints the same listing.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from './extent.ts'
import type { Attr, Attrs, Data, Tensor } from './node.ts'
import { failed, isGraph, node, topo } from './node.ts'
import { opNames, row, takes } from './table.ts'
import type { OpName } from './table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Graphs as plain JSON; array constants are named in `arrays`. */
export interface GraphJson {
  readonly nodes: readonly {
    readonly op: string
    readonly args: readonly number[]
    readonly attrs: Readonly<Record<string, unknown>>
    /** What a node carries that stands for errors found outside the table. */
    readonly errors?: GelatoErrors
  }[]
  readonly outputs: readonly number[]
}

/** A graph and the arrays of its constants. */
export interface Encoded {
  readonly json: GraphJson
  readonly arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Data }>>
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Encodes graphs. Array constants become entries `constant.<k>` of `arrays`. */
export const toJson = (outputs: readonly Tensor[], prefix = 'constant'): Encoded => {
  const arrays: Record<string, { shape: readonly number[]; data: Data }> = {}
  return { json: tableOf(outputs, arrays, prefix), arrays }
}

const tableOf = (outputs: readonly Tensor[], arrays: Record<string, { shape: readonly number[]; data: Data }>, prefix: string): GraphJson => {
  const order = topo(outputs)
  const number = new Map(order.map((t, i) => [t, i]))
  const encode = (v: Attr): unknown => {
    // Parameters come before the outputs, so that unused ones are kept.
    if (isGraph(v)) return { $graph: tableOf([...v.params, ...v.outputs], arrays, prefix), params: v.params.length }
    // JSON has no such numbers.
    if (typeof v === 'number' && !Number.isFinite(v)) return { $number: String(v) }
    if (!ArrayBuffer.isView(v)) return Array.isArray(v) ? (v as readonly Attr[]).map(encode) : v
    const name = `${prefix}.${Object.keys(arrays).length}`
    arrays[name] = { shape: [(v as Data).length], data: v as Data }
    return { $array: name }
  }
  const nodes = order.map((t) => ({
    op: t.op,
    args: t.args.map((a) => number.get(a) as number),
    attrs: Object.fromEntries(Object.entries(t.attrs).map(([k, v]) => [k, encode(v)])),
    ...(E.isLeft(t.type) && t.args.every((a) => E.isRight(a.type)) && E.isRight(node(t.op, t.args, t.attrs).type) ? { errors: t.type.left } : {})
  }))
  return { nodes, outputs: outputs.map((o) => number.get(o) as number) }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null && !Array.isArray(x)

const isErrors = (x: unknown): x is GelatoErrors =>
  Array.isArray(x) && x.length > 0 && x.every((e) => isRecord(e) && ['_tag', 'got', 'need', 'hint'].every((k) => typeof e[k] === 'string') && Array.isArray(e['path']) && e['path'].every((p) => typeof p === 'string'))
const isWhole = (x: unknown): boolean => Number.isInteger(x)
const listOf = (f: (x: unknown) => boolean) => (x: unknown): boolean => Array.isArray(x) && x.every(f)
const isExtent = (x: unknown): boolean =>
  isWhole(x) || (Ext.isSym(x) && listOf((t) => isRecord(t) && isWhole(t['coef']) && listOf((a) => typeof a === 'string' || (isRecord(a) && isExtent(a['of']) && isWhole(a['by'])))(t['atoms']))(x.terms))
const isShape = listOf(isExtent), areWhole = listOf(isWhole)
const FORMS: Readonly<Record<string, (x: unknown) => boolean>> = {
  shape: isShape, start: isShape, stop: isShape, lo: isShape, hi: isShape, extent: isExtent, size: (x) => isExtent(x) || isShape(x),
  axes: areWhole, perm: areWhole, step: areWhole, stride: areWhole, dilation: areWhole, window: areWhole, kernel: areWhole, padding: listOf(areWhole),
  axis: isWhole, batchDims: isWhole, groups: isWhole, keepDims: (x) => typeof x === 'boolean', value: (x) => typeof x === 'number',
  name: (x) => typeof x === 'string', dtype: (x) => ['f32', 'i32', 'u32', 'bool', 'u8'].includes(x as string), data: (x) => ArrayBuffer.isView(x),
  body: isGraph, carries: isWhole, xs: isWhole, output: isWhole, length: isExtent, reverse: (x) => typeof x === 'boolean', limit: (x) => typeof x === 'number' && x > 0
}

/** The first attribute that is missing or of a wrong form. */
const badAttr = (op: OpName, attrs: Attrs): string | undefined =>
  (row(op).attrs ?? []).find((k) => !Object.hasOwn(attrs, k)) ??
  Object.keys(attrs).find((k) => Object.hasOwn(FORMS, k) && !FORMS[k](attrs[k])) ??
  (op === 'constant' && attrs['value'] === undefined && attrs['data'] === undefined ? 'value' : undefined)

/** Decodes graphs; errors name the node. */
export const fromJson = (
  json: unknown, arrays: Readonly<Record<string, { readonly data: Data }>> = {}
): Either<GelatoErrors, readonly Tensor[]> => {
  const broken = (where: string, got: string, need: string): Either<GelatoErrors, never> =>
    fail('CorruptGraph', ['graph', where], got, need, 'the file was altered or written by another version')
  if (!isRecord(json) || !Array.isArray(json['nodes']) || !Array.isArray(json['outputs'])) return broken('json', typeof json, 'nodes and outputs')
  const built: Tensor[] = []
  for (const [i, n] of (json['nodes'] as readonly unknown[]).entries()) {
    if (!isRecord(n) || !opNames.includes(n['op'] as OpName)) return broken(`node ${i}`, isRecord(n) ? String(n['op']) : typeof n, 'an op of the table')
    const args = n['args'] as readonly unknown[]
    if (!Array.isArray(args) || !args.every((a) => Number.isInteger(a) && (a as number) >= 0 && (a as number) < i))
      return broken(`node ${i}`, JSON.stringify(args), 'arguments that stand before it')
    const attrs: Record<string, Attr> = {}
    for (const [k, v] of Object.entries(isRecord(n['attrs']) ? n['attrs'] : {})) {
      if (isRecord(v) && '$array' in v) {
        const found = arrays[String(v['$array'])]
        if (found === undefined) return broken(`node ${i}`, `array ${String(v['$array'])}`, 'an array of the file')
        attrs[k] = found.data
      } else if (isRecord(v) && '$number' in v) {
        if (!['Infinity', '-Infinity', 'NaN'].includes(String(v['$number']))) return broken(`node ${i}`, String(v['$number']), 'Infinity, -Infinity or NaN')
        attrs[k] = Number(v['$number'])
      } else if (isRecord(v) && '$graph' in v) {
        const inner = fromJson(v['$graph'], arrays), n = v['params']
        if (E.isLeft(inner)) return inner
        if (!Number.isInteger(n) || (n as number) < 0 || (n as number) > inner.right.length) return broken(`node ${i}`, `${String(n)} parameters`, 'as many as the graph has')
        attrs[k] = { _tag: 'Graph', params: inner.right.slice(0, n as number), outputs: inner.right.slice(n as number) }
      } else attrs[k] = v as Attr
    }
    const op = n['op'] as OpName, wrong = badAttr(op, attrs)
    if (!takes(op, args.length)) return broken(`node ${i}`, `${args.length} arguments`, `as many as ${op} has`)
    if (wrong !== undefined) return broken(`node ${i}`, `${wrong} = ${JSON.stringify(attrs[wrong])}`, `a valid ${wrong} of ${op}`)
    const errors = n['errors']
    if (errors !== undefined && !isErrors(errors)) return broken(`node ${i}`, 'errors of another form', 'a list of errors')
    built.push(errors === undefined ? node(op, args.map((a) => built[a as number]), attrs) : failed(errors))
  }
  const outputs = json['outputs'] as readonly unknown[]
  return outputs.every((o) => Number.isInteger(o) && (o as number) >= 0 && (o as number) < built.length)
    ? E.right(outputs.map((o) => built[o as number]))
    : broken('outputs', JSON.stringify(outputs), 'numbers of nodes')
}

