/**
 * A model as a picture: layers, latent variables with their parents, point estimates,
 * observations, and what feeds what, in the languages of Mermaid and Graphviz.
 *
 * @since 0.1.0
 */
import type { Network } from '../layer/network.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Model } from './model.ts'
import { of } from './observe.ts'
import { distText } from './summary.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

type Kind = 'layer' | 'site' | 'point' | 'observation'

interface Picture {
  readonly nodes: readonly { readonly id: string; readonly kind: Kind; readonly lines: readonly string[] }[]
  readonly edges: readonly (readonly [string, string])[]
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const namesIn = (ts: readonly Tensor[]): readonly string[] =>
  leavesOf(ts).flatMap((t) => (t.op === 'site' || t.op === 'param' ? [leafName(t) as string] : []))

const pictureOf = (m: Model): Picture => {
  const layer = new Map(m.layers.map((l, i) => [l.name, `l${i}`]))
  const points = Object.values(m.params)
  const variable = new Map([...m.sites.map((s, i) => [s.name, `s${i}`] as const), ...points.map((p, i) => [p.name, `p${i}`] as const)])
  const edges = (names: readonly string[], ids: ReadonlyMap<string, string>, to: string): Picture['edges'] =>
    names.flatMap((n) => (ids.has(n) ? [[ids.get(n) as string, to] as const] : []))
  return {
    nodes: [
      ...m.layers.map((l, i) => ({ id: `l${i}`, kind: 'layer' as const, lines: [l.name, l.label, l.shape === undefined ? 'does not fit' : Ext.showShape(l.shape)] })),
      ...m.sites.map((s, i) => ({ id: `s${i}`, kind: 'site' as const, lines: [s.name, `${distText(s.dist)} ${Ext.showShape(s.shape)}`] })),
      ...points.map((p, i) => ({ id: `p${i}`, kind: 'point' as const, lines: [p.name, `point estimate ${Ext.showShape(p.shape)}`] })),
      ...m.likelihoods.map((l, i) => ({ id: `y${i}`, kind: 'observation' as const, lines: [l.name, l.kind] }))
    ],
    edges: [
      ...m.layers.flatMap((l, i) => [...edges(l.inputs, layer, `l${i}`), ...edges([...new Set(l.params.flatMap((p) => [...p.sites, ...p.points]))], variable, `l${i}`)]),
      ...m.sites.flatMap((s, i) => edges(namesIn(Object.values(s.dist.params)), variable, `s${i}`)),
      ...m.likelihoods.flatMap((l, i) => {
        const over = m.layers.find((x) => m.outputs[x.name] === l.output)
        const params = l.dist === undefined ? [l.logLik] : Object.values(l.dist.params)
        const held = over === undefined ? namesIn(params) : namesIn(params).filter((n) => m.sites.find((s) => s.name === n)?.layer === undefined && m.params[n]?.layer === undefined)
        return [...(over === undefined ? [] : edges([over.name], layer, `y${i}`)), ...edges(held, variable, `y${i}`)]
      })
    ]
  }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const said = (lines: readonly string[], newline: string, quote: string): string => `"${lines.filter((l) => l !== '').join(newline).replaceAll('"', quote)}"`

const BOXES: Readonly<Record<Kind, readonly [string, string]>> = { layer: ['[', ']'], site: ['([', '])'], point: ['[/', '/]'], observation: ['[[', ']]'] }

/** A picture in Mermaid's language: layers, latent variables with their parents, observations. */
export const toMermaid = (model: Model | Network): string => {
  const { nodes, edges } = pictureOf(of(model))
  return [
    'flowchart TD',
    ...nodes.map(({ id, kind, lines }) => `  ${id}${BOXES[kind][0]}${said(lines, '<br/>', '#quot;')}${BOXES[kind][1]}`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`)
  ].join('\n')
}

const SHAPES: Readonly<Record<Kind, string>> = { layer: 'box', site: 'ellipse', point: 'parallelogram', observation: 'doubleoctagon' }

/**
 * The same picture in Graphviz's language (dot).
 *
 * @example
 * Model.toDot(bnn).split('\n')[0]   // => 'digraph model {'
 */
export const toDot = (model: Model | Network): string => {
  const { nodes, edges } = pictureOf(of(model))
  return [
    'digraph model {',
    ...nodes.map(({ id, kind, lines }) => `  ${id} [shape=${SHAPES[kind]}, label=${said(lines.map((l) => l.replaceAll('\\', '\\\\')), '\\n', '\\"')}]`),
    ...edges.map(([from, to]) => `  ${from} -> ${to}`),
    '}'
  ].join('\n')
}
