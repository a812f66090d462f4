/**
 * Specs as text: one line, with one part marked where an error points at it, and a tree
 * with the names that resolving gives.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { isTensor } from '../tensor/node.ts'
import { show as showTensor } from '../tensor/print.ts'
import { scalarOf } from '../dist/fold.ts'
import { isInitialiser, show as showInit } from './init.ts'
import { children, describe, isRecord, isSpec } from './spec.ts'
import type { InitField, LeafSpec, PointSpec, Spec } from './spec.ts'

/** Nested parts below this depth are left out. */
const DEPTH = 12

/** Distributions that stand at more than one place, numbered in order. */
const repeated = (root: Spec): ReadonlyMap<symbol, number> => {
  const seen = new Map<Spec, number>()
  const count = new Map<symbol, number>()
  const stack: Spec[] = [root]
  while (stack.length > 0) {
    const s = stack.pop() as Spec
    const visits = (seen.get(s) ?? 0) + 1
    seen.set(s, visits)
    if (visits > 2) continue
    if (s._tag === 'LeafSpec' || s._tag === 'PointSpec') count.set(s.token, (count.get(s.token) ?? 0) + 1)
    stack.push(...[...children(s)].reverse())
  }
  return new Map([...count].filter(([, n]) => n > 1).map(([t], i) => [t, i + 1]))
}

const tensorText = (t: Tensor): string => {
  const value = scalarOf(t)
  if (E.isLeft(t.type)) return `<${t.type.left[0].got}>`
  const { shape } = t.type.right
  const data = t.attrs['data']
  if (value !== undefined && shape.length === 0) return String(value)
  if (t.op !== 'constant') return showTensor(t, 2)
  return ArrayBuffer.isView(data) && shape.length === 1 && (shape[0] as number) <= 8
    ? `[${Array.from(data as Float32Array, (v) => Number(v.toPrecision(7))).join(', ')}]`
    : `array ${Ext.showShape(shape)}`
}

const initText = (init: InitField): string =>
  typeof init === 'number' ? String(init) : init === 'prior' ? "'prior'" : typeof init === 'function' ? '<function>' : isInitialiser(init) ? showInit(init) : describe(init)

const pointText = (s: PointSpec): string => `${s.fields.frozen === true ? 'frozen' : 'learn'}(${s.fields.init === undefined ? '' : initText(s.fields.init)})`

const fieldText = (s: Spec): string => {
  const { shape, tag, name, init } = s.fields
  return [
    shape === undefined ? '' : `.withShape(${typeof shape === 'function' ? '<function>' : Array.isArray(shape) ? `[${shape.map(String).join(', ')}]` : describe(shape)})`,
    tag === undefined ? '' : `.withTag('${tag}')`,
    name === undefined || name.within === 'variable' ? '' : name.within === 'layer' ? `.withName('${name.text}')` : `.named('${name.text}')`,
    init === undefined || s._tag === 'PointSpec' ? '' : `.withInit(${initText(init)})`,
    s.fields.nonCentred === true ? '.nonCentred()' : ''
  ].join('')
}

const printer = (mark: Spec | undefined, names: ReadonlyMap<symbol, number>) => {
  const data = (x: unknown, depth: number): string =>
    isSpec(x) ? go(x, depth)
    : isTensor(x) ? tensorText(x)
    : Array.isArray(x) ? `[${x.map((v) => data(v, depth)).join(', ')}]`
    : isRecord(x) ? (Object.keys(x).length === 0 ? '{}' : `{ ${Object.entries(x).map(([k, v]) => `${k}: ${data(v, depth)}`).join(', ')} }`)
    : typeof x === 'function' ? '<function>' : typeof x === 'string' ? `'${x}'` : ArrayBuffer.isView(x) ? 'array' : String(x)
  const leafText = (s: LeafSpec, depth: number): string => {
    const params = Object.entries(s.params).map(([k, v]) => `${k}: ${go(v, depth + 1)}`)
    return `${s.family}(${params.length === 0 ? '' : `{ ${params.join(', ')} }`})${numbered(s)}`
  }
  const numbered = (s: LeafSpec | PointSpec): string => (names.has(s.token) ? `#${names.get(s.token)}` : '')
  const bare = (s: Spec, depth: number): string => {
    switch (s._tag) {
      case 'LeafSpec': return leafText(s, depth)
      case 'PointSpec': return `${pointText(s)}${numbered(s)}`
      case 'ConstantSpec': return tensorText(s.value)
      case 'EnvSpec': return '<function of the place>'
      case 'SharedSpec': return `shared('${s.name}', ${go(s.spec, depth + 1)})`
      case 'OpSpec': return `${s.op.name}(${s.args.map((a) => data(a, depth + 1)).join(', ')})`
    }
  }
  const go = (s: Spec, depth: number): string => {
    const text = depth > DEPTH && s._tag !== 'ConstantSpec' ? '...' : `${bare(s, depth)}${fieldText(s)}`
    return s === mark ? `»${text}«` : text
  }
  return go
}

/**
 * A spec as one line. A distribution that stands at several places has a number, `#1`.
 *
 * @example
 * Spec.show(expr)   // => 'mul(normal(), normal().withShape([]))'
 */
export const show = (s: Spec, mark?: Spec): string => printer(mark, repeated(s))(s, 0)

/** A spec as an indented tree, a line a node: the path that its name has under `name`, then what it is. */
export const tree = (s: Spec, name = 'value'): string => {
  const names = repeated(s)
  const one = (x: Spec): string => {
    switch (x._tag) {
      case 'LeafSpec': return `${x.family}${names.has(x.token) ? `#${names.get(x.token)}` : ''}`
      case 'PointSpec': return `${pointText(x)}${names.has(x.token) ? `#${names.get(x.token)}` : ''}`
      case 'OpSpec': return x.op.name
      case 'SharedSpec': return `shared '${x.name}'`
      case 'EnvSpec': return 'function of the place'
      case 'ConstantSpec': return tensorText(x.value)
    }
  }
  const go = (x: Spec, path: string, indent: string, depth: number): readonly string[] => {
    const own = x.fields.name?.text ?? path
    const below: readonly (readonly [string, Spec])[] =
      depth > DEPTH ? []
      : x._tag === 'LeafSpec' ? Object.entries(x.params).map(([k, v]) => [`${own}.${k}`, v] as const)
      : x._tag === 'SharedSpec' ? [[x.name, x.spec] as const]
      : x._tag === 'OpSpec' ? x.args.flatMap((a, i) => specsWithPaths(a).map(([p, v]) => [[own, String(i), ...p].join('.'), v] as const))
      : []
    return [`${indent}${own}: ${one(x)}${fieldText(x)}`, ...below.flatMap(([p, v]) => go(v, p, `${indent}  `, depth + 1))]
  }
  return go(s, name, '', 0).join('\n')
}

const specsWithPaths = (x: unknown): readonly (readonly [readonly string[], Spec])[] =>
  isSpec(x) ? [[[], x]]
  : Array.isArray(x) ? x.flatMap((v, i) => specsWithPaths(v).map(([p, s]) => [[String(i), ...p], s] as const))
  : isRecord(x) ? Object.entries(x).flatMap(([k, v]) => specsWithPaths(v).map(([p, s]) => [[k, ...p], s] as const))
  : []
