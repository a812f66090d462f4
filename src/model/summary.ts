/**
 * A model as a table to print: layers with the shapes of their outputs, parameters with
 * their priors, observations, totals.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Dist } from '../dist/index.ts'
import type { Network } from '../layer/network.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { show } from '../tensor/print.ts'
import { parameterCount, sizeOf } from './inspect.ts'
import type { LikelihoodTerm, Model } from './model.ts'
import { of } from './observe.ts'

/** A distribution as text: `normal(mu 0, sd conv2d_1.W.sd)`. */
export const distText = (d: Dist): string =>
  `${d.family}(${Object.entries(d.params).map(([k, t]) => `${k} ${show(t, 2)}`).join(', ')})`

/** A tensor's shape as text, nothing where it has none. */
export const shapeText = (t: Tensor | undefined): string => (t !== undefined && E.isRight(t.type) ? Ext.showShape(t.type.right.shape) : '')

/** What is said of an observation: its likelihood and how its rows count. */
export const termText = (l: LikelihoodTerm): string =>
  [`observed, ${l.kind}`, ...(l.totalSize === undefined ? [] : [`${l.totalSize} rows`]), ...(l.weight === undefined ? [] : [`weight ${l.weight}`]), ...(l.mask === undefined ? [] : ['some missing'])].join(', ')

type Row = readonly [string, string, string, string]

const aligned = (rows: readonly Row[]): string => {
  const width = [0, 1, 2, 3].map((i) => Math.max(...rows.map((r) => r[i].length)))
  return rows.map((r) => r.map((c, i) => (i === 2 ? c.padStart(width[i]) : c.padEnd(width[i]))).join('  ').trimEnd()).join('\n')
}

interface Held {
  readonly name: string
  readonly shape: readonly number[]
  readonly layer: string | undefined
  /** Numbers that count as inferred. */
  readonly size: number
  readonly prior: string
}

/** Variables and states with what the table says of them. */
const heldBy = (m: Model): readonly Held[] => [
  ...m.sites.map((s) => ({ ...s, size: sizeOf(s), prior: distText(s.dist) })),
  ...Object.values(m.params).map((p) => ({ ...p, size: p.frozen ? 0 : sizeOf(p), prior: p.frozen ? 'frozen' : 'point estimate' })),
  ...Object.entries(m.states).map(([name, s]) => ({ name, shape: s.shape, layer: m.layers.find((l) => name.startsWith(`${l.name}.`))?.name, size: 0, prior: 'state' }))
]

const heldRow = (h: Held, name: string): Row => [`  ${name}`, Ext.showShape(h.shape), String(h.size), h.prior]

/**
 * A table to print: layers with output shapes, parameters with priors, totals.
 *
 * @example
 * const table = Model.summary(bnn)
 */
export const summary = (model: Model | Network): string => {
  const m = of(model)
  const known = new Set(m.layers.map((l) => l.name)), held = heldBy(m)
  const rows: Row[] = [['layer', 'shape', 'numbers', 'prior']]
  for (const l of m.layers) {
    const own = held.filter((h) => h.layer === l.name), numbers = own.reduce((n, h) => n + h.size, 0)
    rows.push([l.name, l.shape === undefined ? 'does not fit' : Ext.showShape(l.shape), own.length === 0 ? '' : String(numbers), ''])
    for (const h of own) rows.push(heldRow(h, h.name.startsWith(`${l.name}.`) ? h.name.slice(l.name.length + 1) : h.name))
    for (const p of l.params) if (p.prior === 'fixed') rows.push([`  ${p.name}`, Ext.showShape(p.shape), '0', 'fixed'])
  }
  for (const h of held) if (h.layer === undefined || !known.has(h.layer)) rows.push(heldRow(h, h.name))
  for (const l of m.likelihoods) rows.push([l.name, shapeText(l.observed), '', termText(l)])
  rows.push(['total', `${m.sites.length} sites`, String(parameterCount(m)), ''])
  return [aligned(rows), ...(m.problems.length > 0 ? [`${m.problems.length} problems: see Model.check`] : [])].join('\n')
}
