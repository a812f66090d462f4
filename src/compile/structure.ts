/**
 * The structure of a graph as a short text: equal graphs have equal texts, whoever built
 * them and when. Programs are kept by it.
 *
 * Law: equal structure means equal programs for equal targets and plans; values of inputs
 * and states are no part of it, values of constants are.
 */
import { E } from '../fp.ts'
import * as Ext from '../tensor/extent.ts'
import { graphKey, isGraph } from '../tensor/graph.ts'
import type { Attr } from '../tensor/node.ts'
import { topo } from '../tensor/node.ts'
import type { Source } from './compile.ts'

/** A hash of a stream of words: four lanes of Murmur3's mixing (Appleby), 128 bits. */
interface Hash {
  readonly add: (word: number) => void
  readonly text: () => string
}

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
const FACTORS = [0xcc9e2d51, 0x1b873593, 0x9e3779b1, 0x85ebca77]

const hash = (): Hash => {
  const lanes = [1, 2, 3, 4]
  return {
    add: (word) => {
      for (let i = 0; i < 4; i++) lanes[i] = (Math.imul(rotated(lanes[i] ^ rotated(Math.imul(word, FACTORS[i]), 15), 13), 5) + 0xe6546b64) | 0
    },
    text: () => lanes.map((x) => (x >>> 0).toString(36)).join('.')
  }
}

const addText = (h: Hash, s: string): void => {
  h.add(s.length)
  for (let i = 0; i < s.length; i++) h.add(s.charCodeAt(i))
}

const addAttr = (h: Hash, a: Attr): void => {
  if (ArrayBuffer.isView(a)) {
    const bytes = new Uint8Array(a.buffer, a.byteOffset, a.byteLength)
    addText(h, a.constructor.name)
    h.add(bytes.length)
    for (let i = 0; i < bytes.length; i += 4) h.add(bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24))
  } else if (Ext.isSym(a)) addText(h, `<${Ext.show(a)}>`)
  else if (isGraph(a)) addText(h, graphKey(a))
  else if (Array.isArray(a)) {
    addText(h, '[')
    for (const x of a as readonly Attr[]) addAttr(h, x)
    addText(h, ']')
  } else if (Object.is(a, -0)) addText(h, '-0')
  else addText(h, `${typeof a}:${String(a)}`)
}

/** The structure of what is to be compiled. Types follow from the rest, but for shapes of ill-shaped graphs, which don't compile. */
export const structureOf = (source: Source): string => {
  const h = hash()
  const groups = [source.outputs, source.updates, source.record]
  const nodes = topo(groups.flatMap((g) => Object.values(g)))
  const number = new Map(nodes.map((t, i) => [t, i]))
  for (const t of nodes) {
    addText(h, t.op)
    h.add(E.isLeft(t.type) ? 1 : 0)
    h.add(t.args.length)
    for (const a of t.args) h.add(number.get(a) as number)
    for (const [k, a] of Object.entries(t.attrs)) {
      addText(h, k)
      addAttr(h, a)
    }
  }
  for (const g of groups) {
    addText(h, 'group')
    for (const [name, t] of Object.entries(g)) {
      addText(h, name)
      h.add(number.get(t) as number)
    }
  }
  for (const [k, n] of Object.entries(source.extents).sort(([a], [b]) => (a < b ? -1 : 1))) addText(h, `${k}=${n}`)
  return `${nodes.length}:${h.text()}`
}
