/**
 * Specs as JSON, and equality: both read one table of nodes in which equal parts stand
 * once and tokens are numbered by first visit.
 *
 * Laws: equality is equality of tables, so it ignores what tokens are and how parts are
 * held in memory, but not which distributions are one variable; `fromJson(toJson(s))`
 * equals `s`; a spec that holds a function has no JSON form.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { families } from '../dist/index.ts'
import type { FamilyName } from '../dist/index.ts'
import { fromJson as graphFromJson, toJson as graphToJson } from '../tensor/json.ts'
import type { Data, Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { knownOp } from './op.ts'
import { describe, isRecord, isSpec } from './spec.ts'
import type { Fields, LeafSpec, PointSpec, Spec } from './spec.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A spec as plain JSON: nodes, each after those that it names, and which one is the whole. */
export interface SpecJson {
  readonly nodes: readonly unknown[]
  readonly root: number
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const kinds = { Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array }

type OnFunction = (f: unknown, path: readonly string[]) => unknown

const encode = (root: Spec, onFunction: OnFunction): SpecJson => {
  const nodes: unknown[] = []
  const interned = new Map<string, number>()
  const seen = new Map<Spec, number>()
  const tokens = new Map<symbol, number>()
  const number = (s: LeafSpec | PointSpec): number => {
    if (!tokens.has(s.token)) tokens.set(s.token, tokens.size)
    return tokens.get(s.token) as number
  }
  const data = (x: unknown, path: readonly string[]): unknown => {
    if (isSpec(x)) return { spec: node(x, path) }
    if (isTensor(x)) return { tensor: tensor(x, path) }
    if (typeof x === 'number') return Number.isFinite(x) && !Object.is(x, -0) ? x : { number: Object.is(x, -0) ? '-0' : String(x) }
    if (x === undefined) return { undefined: true }
    if (x === null || typeof x === 'string' || typeof x === 'boolean') return x
    if (ArrayBuffer.isView(x)) return { array: x.constructor.name, data: Array.from(x as Float32Array, (v) => data(v, path)) }
    if (Array.isArray(x)) return x.map((v, i) => data(v, [...path, String(i)]))
    return isRecord(x) ? { record: Object.fromEntries(Object.entries(x).map(([k, v]) => [k, data(v, [...path, k])])) } : onFunction(x, path)
  }
  const tensor = (t: Tensor, path: readonly string[]): unknown => {
    const { json, arrays } = graphToJson([t])
    return data({ json, arrays }, path)
  }
  const body = (s: Spec, path: readonly string[]): Readonly<Record<string, unknown>> => {
    switch (s._tag) {
      case 'LeafSpec': {
        const token = number(s)
        return { family: s.family, token, params: data(s.params, [...path, s.family]) }
      }
      case 'PointSpec': return { token: number(s) }
      case 'ConstantSpec': return { value: data(s.value, path) }
      case 'OpSpec': return {
        op: s.op.known ? s.op.name : onFunction(s.op.source ?? s.op.apply, [...path, s.op.name]),
        args: s.args.map((a, i) => data(a, [...path, s.op.name, String(i)]))
      }
      case 'SharedSpec': return { name: s.name, shared: data(s.spec, [...path, s.name]) }
      case 'EnvSpec': return { env: onFunction(s.f, path) }
    }
  }
  const node = (s: Spec, path: readonly string[]): number => {
    const known = seen.get(s)
    if (known !== undefined) return known
    const made = { kind: s._tag, ...body(s, path), fields: data(s.fields, path) }
    const key = JSON.stringify(made)
    const id = interned.get(key) ?? nodes.push(made) - 1
    interned.set(key, id)
    seen.set(s, id)
    return id
  }
  const top = node(root, [])
  return { nodes, root: top }
}

/**
 * A spec as JSON; Left with the path of every function in it.
 *
 * @example
 * pipe(Spec.toJson(s), E.map((json) => JSON.stringify(json)))
 */
export const toJson = (s: Spec): Either<GelatoErrors, SpecJson> => {
  const problems: GelatoError[] = []
  try {
    const json = encode(s, (f, path) => {
      problems.push(gelatoError('NoJsonForm', path, describe(f), 'numbers, specs and ops of the Tensor namespace', 'write the function as ops, or keep the spec in code'))
      return null
    })
    return problems.length === 0 ? E.right(json) : E.left(problems as unknown as GelatoErrors)
  } catch (e) {
    return fail('NoJsonForm', [], e instanceof RangeError ? 'an expression nested too deep' : String(e), 'an expression of moderate depth', 'build the expression in fewer steps')
  }
}

/** Equality up to the renaming of tokens; functions are equal when they are the same function. */
export const equal =
  (a: Spec) =>
  (b: Spec): boolean => {
    if (a === b) return true
    const ids = new Map<unknown, number>()
    const byIdentity: OnFunction = (f) => {
      if (!ids.has(f)) ids.set(f, ids.size)
      return { function: ids.get(f) }
    }
    return JSON.stringify(encode(a, byIdentity)) === JSON.stringify(encode(b, byIdentity))
  }

/** Do two graphs say the same? */
export const sameTensor = (a: Tensor, b: Tensor): boolean => {
  if (a === b) return true
  const text = (t: Tensor): string => JSON.stringify(graphToJson([t]), (_, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array, String) : typeof v === 'number' ? String(v) : v))
  return text(a) === text(b)
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const corrupt = (where: string, got: string, need: string): Either<GelatoErrors, never> =>
  fail('CorruptSpec', ['spec', where], got, need, 'the file was altered or written by another version')

type Decode = (x: unknown) => unknown

const decoder = (built: readonly Spec[]): Decode => {
  const go: Decode = (x) => {
    if (Array.isArray(x)) return x.map(go)
    if (!isRecord(x)) return x
    if ('spec' in x) {
      const s = built[x['spec'] as number]
      if (s === undefined) throw new Error(`node ${String(x['spec'])} before it stands`)
      return s
    }
    if ('number' in x) return Number(x['number'])
    if ('undefined' in x) return undefined
    if ('array' in x) return kinds[x['array'] as keyof typeof kinds].from((x['data'] as readonly unknown[]).map((v) => go(v) as number))
    if ('record' in x) return Object.fromEntries(Object.entries(x['record'] as object).map(([k, v]) => [k, go(v)]))
    if ('tensor' in x) {
      const { json, arrays } = go(x['tensor']) as { readonly json: unknown; readonly arrays: Readonly<Record<string, { readonly data: Data }>> }
      const graph = graphFromJson(json, arrays)
      if (E.isLeft(graph)) throw new Error(graph.left[0].got)
      return graph.right[0]
    }
    throw new Error(`an object with ${Object.keys(x).join(', ')}`)
  }
  return go
}

const buildNode = (n: Readonly<Record<string, unknown>>, go: Decode, token: (n: number) => symbol): Spec | string => {
  const fields = go(n['fields']) as Fields
  const base = { token: Symbol('spec'), fields }
  const isChildren = (x: unknown): x is Readonly<Record<string, Spec>> => isRecord(x) && Object.values(x).every(isSpec)
  switch (n['kind']) {
    case 'LeafSpec': {
      const params = go(n['params'])
      return Object.hasOwn(families, String(n['family'])) && isChildren(params) && typeof n['token'] === 'number'
        ? { _tag: 'LeafSpec', token: token(n['token']), fields, family: n['family'] as FamilyName, params }
        : `family ${String(n['family'])}`
    }
    case 'PointSpec': return typeof n['token'] === 'number' ? { _tag: 'PointSpec', token: token(n['token']), fields } : 'a point estimate without a token'
    case 'ConstantSpec': {
      const value = go(n['value'])
      return isTensor(value) ? { _tag: 'ConstantSpec', ...base, value } : 'a constant without a tensor'
    }
    case 'OpSpec': {
      const op = knownOp(String(n['op']))
      return op !== undefined && Array.isArray(n['args']) ? { _tag: 'OpSpec', ...base, op, args: n['args'].map(go) } : `op ${String(n['op'])}`
    }
    case 'SharedSpec': {
      const spec = go(n['shared'])
      return isSpec(spec) && typeof n['name'] === 'string' ? { _tag: 'SharedSpec', ...base, name: n['name'], spec } : 'a shared spec without a name'
    }
    default: return `kind ${String(n['kind'])}`
  }
}

/** Reads a spec; what is wrong with the text is a Left that names the node. */
export const fromJson = (json: unknown): Either<GelatoErrors, Spec> => {
  if (!isRecord(json) || !Array.isArray(json['nodes']) || !Number.isInteger(json['root'])) return corrupt('json', describe(json), 'nodes and a root')
  const tokens = new Map<number, symbol>()
  const token = (n: number): symbol => {
    const t = tokens.get(n) ?? Symbol('spec')
    tokens.set(n, t)
    return t
  }
  const built: Spec[] = []
  for (const [i, n] of (json['nodes'] as readonly unknown[]).entries()) {
    try {
      const made = isRecord(n) ? buildNode(n, decoder(built), token) : describe(n)
      if (typeof made === 'string') return corrupt(`node ${i}`, made, 'a node as toJson writes it')
      built.push(made)
    } catch (e) {
      return corrupt(`node ${i}`, e instanceof Error ? e.message : String(e), 'a node as toJson writes it')
    }
  }
  const root = built[json['root'] as number]
  return root === undefined ? corrupt('root', String(json['root']), 'the number of a node') : E.right(root)
}
