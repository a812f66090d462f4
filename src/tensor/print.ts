/**
 * Graphs as text: one line for a small expression, a numbered listing for a graph.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Ext from './extent.ts'
import type { Attr, Tensor } from './node.ts'
import { isGraph, topo } from './node.ts'
import { leafName } from './ops/leaves.ts'

const attrText = (v: Attr): string =>
  Ext.isSym(v) ? Ext.show(v)
  : ArrayBuffer.isView(v) ? `<${(v as { readonly length: number }).length}>`
  : isGraph(v) ? `(${v.params.map(typeText).join(', ')}) => {\n${indented(listing(v.outputs))}\n}`
  : Array.isArray(v) ? `[${(v as readonly Attr[]).map(attrText).join(', ')}]`
  : String(v)

const indented = (text: string): string => text.split('\n').map((l) => `  ${l}`).join('\n')

const typeText = (t: Tensor): string => (E.isRight(t.type) ? `${t.type.right.dtype}${Ext.showShape(t.type.right.shape)}` : `<${t.type.left[0]._tag}>`)

/** Name of a leaf, value of a scalar constant, or the op. */
const head = (t: Tensor): string =>
  leafName(t) ?? (t.op === 'constant' && t.attrs['data'] === undefined && Array.isArray(t.attrs['shape']) && t.attrs['shape'].length === 0 ? String(t.attrs['value']) : t.op)

/** An expression as one line, `add(mul(x, 2), y)`; deep parts as `...` below `depth`. */
export const show = (t: Tensor, depth = 8): string =>
  t.args.length === 0 ? head(t) : depth === 0 ? '...' : `${t.op}(${t.args.map((a) => show(a, depth - 1)).join(', ')})`

/** A numbered listing of graphs: a line a node with its type, arguments and attributes. */
export const listing = (outputs: readonly Tensor[]): string => {
  const order = topo(outputs)
  const number = new Map(order.map((t, i) => [t, i]))
  const line = (t: Tensor, i: number): string => {
    const attrs = Object.entries(t.attrs).filter(([k]) => !(leafName(t) !== undefined || (t.op === 'constant' && k !== 'value')))
    const inside = [...t.args.map((a) => `%${number.get(a)}`), ...attrs.map(([k, v]) => `${k}=${attrText(v)}`)].join(', ')
    return `%${i}: ${typeText(t)} = ${leafName(t) === undefined ? t.op : `${t.op} '${leafName(t)}'`}${inside === '' ? '' : `(${inside})`}`
  }
  return [...order.map(line), `return ${outputs.map((o) => `%${number.get(o)}`).join(', ')}`].join('\n')
}
