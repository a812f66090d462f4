/**
 * What two models say differently: layers, inputs, variables, observations and named
 * values by name, each with the fields that changed.
 *
 * Laws: a model and itself have no difference; the difference the other way round has
 * the same fields with before and after exchanged.
 *
 * @since 0.3.0
 */
import type { Network } from '../layer/network.ts'
import type { Init } from '../spec/site.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Data, Tensor } from '../tensor/node.ts'
import { topo } from '../tensor/node.ts'
import { listing } from '../tensor/print.ts'
import type { Model } from './model.ts'
import { of } from './observe.ts'
import { distText, shapeText, termText } from './summary.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** The part of a model that a change is in. */
export type Part = 'input' | 'layer' | 'site' | 'point' | 'state' | 'observation' | 'value'

/** One difference. */
export interface Change {
  readonly part: Part
  readonly name: string
  /** What changed of it: `shape`, `prior`, ...; undefined where all of it was added or removed. */
  readonly field: string | undefined
  /** As it was; undefined where it is new. The texts are alike where only numbers of arrays differ. */
  readonly before: string | undefined
  /** As it is; undefined where it is gone. */
  readonly after: string | undefined
}

/** A field as text, with the graphs that the text is short for. */
interface Said {
  readonly text: string
  readonly graphs: readonly Tensor[]
}

interface Described {
  readonly part: Part
  readonly name: string
  readonly fields: Readonly<Record<string, Said>>
}

// -----------------------------------------------------------------------------
// what a model says
// -----------------------------------------------------------------------------

const said = (text: string, graphs: readonly Tensor[] = []): Said => ({ text, graphs })

const initText = (i: Init): string => (i._tag === 'Value' ? `values [${i.shape.join(', ')}]` : Object.entries(i).map(([k, v]) => (k === '_tag' ? String(v) : `${k} ${String(v)}`)).join(' '))

/** Given values as graphs, which are compared by their numbers. */
const valuesOf = (i: Init): readonly Tensor[] => (i._tag === 'Value' ? [B.array(Float32Array.from(i.data), i.shape)] : [])

const arraysIn = (graphs: readonly Tensor[]): readonly ArrayLike<number>[] => topo(graphs).flatMap((t) => (ArrayBuffer.isView(t.attrs['data']) ? [t.attrs['data'] as Data] : []))

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => a.length === b.length && Array.prototype.every.call(a, (x: number, i: number) => Object.is(x, b[i]))

/** Are graphs the same, the numbers of their arrays included? */
const sameGraphs = (a: readonly Tensor[], b: readonly Tensor[]): boolean => {
  const x = arraysIn(a), y = arraysIn(b)
  return listing(a) === listing(b) && x.length === y.length && x.every((v, i) => sameNumbers(v, y[i]))
}

const describe = (m: Model): readonly Described[] => [
  ...Object.entries(m.inputs).map(([name, t]): Described => ({ part: 'input', name, fields: { shape: said(shapeText(t)) } })),
  ...m.layers.map((l): Described => ({
    part: 'layer', name: l.name,
    fields: {
      kind: said(l.kind), options: said(l.label), inputs: said(l.inputs.join(', ')), shape: said(l.shape === undefined ? 'does not fit' : Ext.showShape(l.shape)),
      ...Object.fromEntries(l.params.map((p) => [p.name, said(p.prior === 'fixed' ? 'fixed' : `${[...p.sites, ...p.points].join(', ')}`)]))
    }
  })),
  ...m.sites.map((s): Described => ({
    part: 'site', name: s.name,
    fields: { shape: said(Ext.showShape(s.shape)), prior: said(distText(s.dist), Object.values(s.dist.params)), start: said(initText(s.init), valuesOf(s.init)) }
  })),
  ...Object.values(m.params).map((p): Described => ({ part: 'point', name: p.name, fields: { shape: said(Ext.showShape(p.shape)), start: said(initText(p.init), valuesOf(p.init)) } })),
  ...Object.entries(m.states).map(([name, s]): Described => ({ part: 'state', name, fields: { shape: said(Ext.showShape(s.shape)) } })),
  ...m.likelihoods.map((l): Described => ({
    part: 'observation', name: l.name,
    fields: { likelihood: said(termText(l)), shape: said(shapeText(l.observed)), of: said(m.layers.find((x) => m.outputs[x.name] === l.output)?.name ?? '') }
  })),
  ...m.deterministics.map(([name, t]): Described => ({ part: 'value', name, fields: { value: said(shapeText(t), [t]) } }))
]

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const whole = (d: Described): string => Object.entries(d.fields).flatMap(([k, v]) => (v.text === '' ? [] : [`${k} ${v.text}`])).join('; ')

/**
 * What changed from one model to the other, in order of their parts.
 *
 * @example
 * const before = pipe(Layer.input([null, 3]), Layer.dense({ units: 4, W: Spec.normal() }))
 * const after = pipe(Layer.input([null, 3]), Layer.dense({ units: 4, W: Spec.laplace() }))
 * pipe(after, Model.diff(before)).map((c) => c.name + ' ' + c.field)   // => ['dense_1.W prior']
 */
export const diff =
  (before: Model | Network) =>
  (after: Model | Network): readonly Change[] => {
    const from = describe(of(before)), to = describe(of(after))
    const same = (a: Described, b: Described): boolean => a.part === b.part && a.name === b.name
    const gone = from.filter((a) => !to.some((b) => same(a, b))).map((a): Change => ({ part: a.part, name: a.name, field: undefined, before: whole(a), after: undefined }))
    const rest = to.flatMap((b): readonly Change[] => {
      const a = from.find((x) => same(x, b))
      if (a === undefined) return [{ part: b.part, name: b.name, field: undefined, before: undefined, after: whole(b) }]
      return [...new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])].flatMap((field): readonly Change[] => {
        const x = a.fields[field], y = b.fields[field]
        return x !== undefined && y !== undefined && x.text === y.text && sameGraphs(x.graphs, y.graphs) ? [] : [{ part: b.part, name: b.name, field, before: x?.text, after: y?.text }]
      })
    })
    return [...gone, ...rest]
  }

/** Differences as text, a line each: `~ site dense_1.W prior: normal(...) -> laplace(...)`. */
export const diffText = (changes: readonly Change[]): string =>
  changes.map((c) =>
    c.before === undefined && c.field === undefined ? `+ ${c.part} ${c.name}: ${c.after ?? ''}`
    : c.after === undefined && c.field === undefined ? `- ${c.part} ${c.name}: ${c.before ?? ''}`
    : `~ ${c.part} ${c.name} ${c.field ?? ''}: ${c.before ?? 'nothing'} -> ${c.after ?? 'nothing'}${c.before === c.after ? ' (other numbers)' : ''}`
  ).join('\n')
