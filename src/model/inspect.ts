/**
 * Looking at a model: what is wrong with it, what it is made of, as a table and as a
 * picture.
 *
 * Law: `parameterCount` is the sum over sites (and point estimates) of their sizes.
 *
 * @since 0.1.0
 */
import { E, O } from '../fp.ts'
import type { Either, Option } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import type { Network } from '../layer/network.ts'
import { severalScopes } from '../spec/table.ts'
import type { Site } from '../spec/site.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { show } from '../tensor/print.ts'
import { leavesOf } from '../tensor/replace.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import type { Model } from './model.ts'
import { of } from './observe.ts'

// -----------------------------------------------------------------------------
// check
// -----------------------------------------------------------------------------

/**
 * The model, or everything that is wrong with it: shapes that don't fit, options,
 * priors, names that are taken twice. A network is checked as it is.
 */
export const check = (model: Model | Network): Either<GelatoErrors, Model> => {
  const m = of(model)
  return m.problems.length > 0 ? E.left(m.problems as unknown as GelatoErrors) : E.right(m)
}

/** What a user should know of a model that can be used: improper priors, one spec used as several variables, doubtful likelihoods. */
export const notes = (model: Model): readonly GelatoError[] => {
  const improper = model.sites.filter((s) => !Dist.isProper(s.dist)).map((s) =>
    gelatoError('ImproperPrior', [s.name], `${s.dist.family}, which has no integral`, 'a proper prior', 'the ELBO is known up to a constant and there are no draws from the prior; use Spec.normal({ sd: 10 }) or the like'))
  const several = (model.table === undefined ? [] : severalScopes(model.table)).map((names) =>
    gelatoError('SeveralVariables', [names[0]], `one spec for ${names.length} separate variables: ${names.join(', ')}`, 'nothing, if that is meant', "use Spec.shared('name', spec) for one variable in all places"))
  const all = [...model.notes, ...improper, ...several]
  const seen = new Set<string>()
  return all.filter((n) => {
    const k = `${n._tag} ${n.path.join(' ')} ${n.got}`
    return !seen.has(k) && seen.add(k)
  })
}

// -----------------------------------------------------------------------------
// parts
// -----------------------------------------------------------------------------

/** The latent variables, parents first. */
export const sites = (model: Model | Network): readonly Site[] => of(model).sites

/** The latent variables of one layer, hyper-priors included. */
export const sitesOf =
  (layer: string) =>
  (model: Model | Network): readonly Site[] =>
    of(model).sites.filter((s) => s.layer === layer)

const sizeOf = (s: { readonly shape: readonly number[] }): number => s.shape.reduce((a, b) => a * b, 1)

/** How many numbers are inferred: latent ones and point estimates. Fixed arrays don't count. */
export const parameterCount = (model: Model | Network): number => {
  const m = of(model)
  return [...m.sites, ...Object.values(m.params)].reduce((n, s) => n + sizeOf(s), 0)
}

/** A tensor of the model by name: a site, a layer's output, an input, an observation, a named value. */
export const find =
  (name: string) =>
  (model: Model): Option<Tensor> => {
    const own = <A>(r: Readonly<Record<string, A>>): A | undefined => (Object.hasOwn(r, name) ? r[name] : undefined)
    return O.fromNullable(
      model.sites.find((s) => s.name === name)?.leaf ?? own(model.params)?.leaf ?? own(model.states)?.leaf ??
      model.deterministics.find(([n]) => n === name)?.[1] ?? own(model.outputs) ?? own(model.inputs) ?? own(model.observed))
  }

// -----------------------------------------------------------------------------
// table
// -----------------------------------------------------------------------------

/** A distribution as text: `normal(mu 0, sd conv2d_1.W.sd)`. */
export const distText = (d: Dist.Dist): string =>
  `${d.family}(${Object.entries(d.params).map(([k, t]) => `${k} ${show(t, 2)}`).join(', ')})`

type Row = readonly [string, string, string, string]

const aligned = (rows: readonly Row[]): string => {
  const width = [0, 1, 2, 3].map((i) => Math.max(...rows.map((r) => r[i].length)))
  return rows.map((r) => r.map((c, i) => (i === 2 ? c.padStart(width[i]) : c.padEnd(width[i]))).join('  ').trimEnd()).join('\n')
}

const siteRow = (s: Site, name: string): Row => [`  ${name}`, Ext.showShape(s.shape), String(sizeOf(s)), distText(s.dist)]

/** A table to print: layers with output shapes, parameters with priors, totals. */
export const summary = (model: Model | Network): string => {
  const m = of(model)
  const known = new Set(m.layers.map((l) => l.name))
  const rows: Row[] = [['layer', 'shape', 'numbers', 'prior']]
  for (const l of m.layers) {
    const own = m.sites.filter((s) => s.layer === l.name)
    rows.push([l.name, l.shape === undefined ? 'does not fit' : Ext.showShape(l.shape), own.length === 0 ? '' : String(own.reduce((n, s) => n + sizeOf(s), 0)), ''])
    for (const s of own) rows.push(siteRow(s, s.name.startsWith(`${l.name}.`) ? s.name.slice(l.name.length + 1) : s.name))
    for (const p of l.params) if (p.prior === 'fixed') rows.push([`  ${p.name}`, Ext.showShape(p.shape), '0', 'fixed'])
  }
  for (const s of m.sites) if (s.layer === undefined || !known.has(s.layer)) rows.push(siteRow(s, s.name))
  for (const [name, p] of Object.entries(m.params)) rows.push([`  ${name}`, Ext.showShape(p.shape), String(sizeOf(p)), 'point estimate'])
  for (const l of m.likelihoods)
    rows.push([l.name, l.observed !== undefined && E.isRight(l.observed.type) ? Ext.showShape(l.observed.type.right.shape) : '', '', `observed, ${l.kind}${l.totalSize === undefined ? '' : `, ${l.totalSize} rows`}`])
  rows.push(['total', `${m.sites.length} sites`, String(parameterCount(m)), ''])
  return [aligned(rows), ...(m.problems.length > 0 ? [`${m.problems.length} problems: see Model.check`] : [])].join('\n')
}

// -----------------------------------------------------------------------------
// picture
// -----------------------------------------------------------------------------

const quote = (lines: readonly string[]): string => `"${lines.filter((l) => l !== '').join('<br/>').replaceAll('"', '#quot;')}"`

const siteNames = (ts: readonly Tensor[]): readonly string[] => leavesOf(ts).flatMap((t) => (t.op === 'site' ? [leafName(t) as string] : []))

/** A picture in Mermaid's language: layers, latent variables with their parents, observations. */
export const toMermaid = (model: Model | Network): string => {
  const m = of(model)
  const layer = new Map(m.layers.map((l, i) => [l.name, `l${i}`]))
  const site = new Map(m.sites.map((s, i) => [s.name, `s${i}`]))
  const edges = (names: readonly string[], ids: ReadonlyMap<string, string>, to: string): readonly string[] =>
    names.flatMap((n) => (ids.has(n) ? [`  ${ids.get(n) as string} --> ${to}`] : []))
  return [
    'flowchart TD',
    ...m.layers.map((l, i) => `  l${i}[${quote([l.name, l.label, l.shape === undefined ? 'does not fit' : Ext.showShape(l.shape)])}]`),
    ...m.sites.map((s, i) => `  s${i}([${quote([s.name, `${distText(s.dist)} ${Ext.showShape(s.shape)}`])}])`),
    ...m.likelihoods.map((l, i) => `  y${i}[[${quote([l.name, l.kind])}]]`),
    ...m.layers.flatMap((l, i) => [...edges(l.inputs, layer, `l${i}`), ...edges([...new Set(l.params.flatMap((p) => p.sites))], site, `l${i}`)]),
    ...m.sites.flatMap((s, i) => edges(siteNames(Object.values(s.dist.params)), site, `s${i}`)),
    ...m.likelihoods.flatMap((l, i) => {
      const over = m.layers.find((x) => m.outputs[x.name] === (l.output ?? m.prediction))
      const params = l.dist === undefined ? [l.logLik] : Object.values(l.dist.params)
      return over === undefined ? edges(siteNames(params), site, `y${i}`) : edges([over.name], layer, `y${i}`)
    })
  ].join('\n')
}
