/**
 * The text of one kernel while it is written: its lines by loop, its words, the buffers it
 * reads. Here is what expressions are made of: temporaries, of which equal ones are written
 * once, each in the outermost loop where all it needs is known; index arithmetic as text;
 * loads.
 *
 * Law: a number of the host is a word of the kernel unless it is 0 or 1, so that kernels
 * for other shapes have the same text.
 */
import type { DType, Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import type { Place } from './arenas.ts'
import { isPacked } from './buffers.ts'
import type { Ix } from './ix.ts'
import * as X from './ix.ts'
import { alias, elementType } from './lowerings.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How a kernel sees a buffer: element type and whether by vectors. */
export interface Use {
  readonly node: Tensor
  /** Where it lies, if not in a buffer of its own. */
  readonly place?: Place | undefined
  readonly vector: boolean
  readonly name: string
  readonly type: string
}

/** A load of a materialised node, as the dry run reports it. */
export interface Load {
  readonly node: Tensor
  readonly ix: Ix
}

/** A value in the text, and the innermost loop that it changes with. */
export interface Temp {
  readonly text: string
  readonly level: number
}

/** A loop of the text: its lines, and what is known in it: temporaries by their key, values by node and position. */
export interface Scope {
  readonly lines: string[]
  readonly temps: Map<string, Temp>
  readonly values: Map<Tensor, Map<string, Temp>>
}

/** The state of one kernel's text while it is written. */
export interface Emitter {
  readonly width: 1 | 4
  /** The variable along which four elements lie, for width 4. */
  readonly lane: string
  readonly isStored: (t: Tensor) => boolean
  /** Are powers of two divided by in their own way? It is faster, and another text. */
  readonly powers: boolean
  readonly words: number[]
  readonly uses: Map<string, Use>
  readonly libraries: Set<string>
  readonly scopes: Scope[]
  /** Loop level of variables; 0 when absent. */
  readonly levels: Map<string, number>
  /** Values that are already in a register at their identity position. */
  readonly held: Map<Tensor, { readonly key: string; readonly text: string; readonly level: number }>
  readonly loads: Load[]
  cost: number
  /** Set when something here can't be done four at a time. */
  scalarOnly: boolean
  next: number
}

/** A loop of which nothing is written yet. */
export const scope = (): Scope => ({ lines: [], temps: new Map(), values: new Map() })

/** A kernel of which nothing is written yet. */
export const emitter = (o: Pick<Emitter, 'width' | 'lane' | 'isStored'> & { readonly powers?: boolean; readonly words?: number[]; readonly uses?: Map<string, Use> }): Emitter => ({
  width: o.width, lane: o.lane, isStored: o.isStored, powers: o.powers ?? true,
  words: o.words ?? [], uses: o.uses ?? new Map(), libraries: new Set(), scopes: [scope()],
  levels: new Map(), held: new Map(), loads: [], cost: 0, scalarOnly: false, next: 0
})

// -----------------------------------------------------------------------------
// four at a time
// -----------------------------------------------------------------------------

/** Says that what is written can't be done four at a time. */
export const byScalars = (e: Emitter): void => { if (e.width === 4) e.scalarOnly = true }

/** Says so unless an index goes with the lanes, or stands still along them. */
export const inStep = (e: Emitter, ix: Ix): void => { if (e.width === 4 && X.motion(ix, e.lane) === 'jumps') e.scalarOnly = true }

/** Says so unless an index is the same for all lanes. */
export const still = (e: Emitter, ix: Ix): void => { if (e.width === 4 && X.motion(ix, e.lane) !== 'still') e.scalarOnly = true }

/** The value of all lanes, where it is the same for them. */
export const firstLane = (e: Emitter, v: Temp): string => (e.width === 4 ? `${v.text}.x` : v.text)

// -----------------------------------------------------------------------------
// temporaries
// -----------------------------------------------------------------------------

/** The temporary of that key, written in the loop of its level unless it is there. */
export const temp = (e: Emitter, key: string, level: number, text: () => string): Temp => {
  for (let l = 0; l < e.scopes.length; l++) {
    const found = e.scopes[l].temps.get(key)
    if (found !== undefined) return found
  }
  const at = Math.min(level, e.scopes.length - 1)
  const t: Temp = { text: `t${e.next++}`, level }
  e.scopes[at].lines.push(`let ${t.text} = ${text()};`)
  e.scopes[at].temps.set(key, t)
  return t
}

/** A node's value at a position by its key, written at its first use: whoever shares a node would walk all below it again, and ways through a graph are many. */
export const once = (e: Emitter, t: Tensor, key: string, write: () => Temp): Temp => {
  for (const { values } of e.scopes) {
    const known = values.get(t)?.get(key)
    if (known !== undefined) return known
  }
  const made = write(), { values } = e.scopes[Math.min(made.level, e.scopes.length - 1)]
  values.set(t, (values.get(t) ?? new Map<string, Temp>()).set(key, made))
  return made
}

// -----------------------------------------------------------------------------
// indices
// -----------------------------------------------------------------------------

/** A host number in the text: a literal when structural (0, 1), else a word of the piece, so that kernels for other shapes have the same text. */
export const word = (e: Emitter, n: number): string => (n === 0 || n === 1 ? `${n}u` : `$${e.words.push(n >>> 0) - 1}`)

const inverseWord = (e: Emitter, n: number): string => `bitcast<f32>($${e.words.push(new Uint32Array(Float32Array.of(1 / n).buffer)[0]) - 1})`

/** The innermost loop that an index changes with. */
export const levelOf = (e: Emitter, ix: Ix): number =>
  ix.terms.reduce((l, t) => Math.max(l, t.atom._tag === 'Var' ? e.levels.get(t.atom.key) ?? 0 : levelOf(e, t.atom.of)), 0)

/** Below this, floor((x + 1/2) * fround(1 / by)) is the quotient: the error stays under 1 / (2 by). */
const SMALL = 2 ** 22

const quotient = (e: Emitter, of: string, by: number, most: number): string => {
  if (e.powers && (by & (by - 1)) === 0) return `(${of} >> ${word(e, Math.log2(by))})`
  if (most < SMALL) return `u32((f32(bitcast<i32>(${of})) + 0.5) * ${inverseWord(e, by)})`
  e.libraries.add('index')
  return `u_quotient(${of}, ${word(e, by)}, ${inverseWord(e, by)})`
}

const atomText = (e: Emitter, a: X.Atom): string => {
  if (a._tag === 'Var') return a.key
  const level = levelOf(e, a.of)
  if (a._tag === 'Div') return temp(e, a.key, level, () => quotient(e, index(e, a.of), a.by, X.most(a.of))).text
  return temp(e, a.key, level, () => {
    const of = index(e, a.of)
    if (e.powers && (a.by & (a.by - 1)) === 0) return `(${of} & (${word(e, a.by)} - 1u))`
    const q = atomText(e, { _tag: 'Div', key: `(${X.show(a.of)}/${a.by})`, max: 0, of: a.of, by: a.by })
    return `(${of} - ${q} * ${word(e, a.by)})`
  }).text
}

/** An index as a u32 text (the base of the four lanes for width 4). */
export const index = (e: Emitter, ix: Ix): string => {
  if (ix.terms.length === 0) return word(e, ix.constant)
  const [first] = ix.terms
  if (ix.terms.length === 1 && ix.constant === 0 && first.coef === 1) return atomText(e, first.atom)
  return temp(e, `ix:${X.show(ix)}`, levelOf(e, ix), () =>
    [
      ...ix.terms.map((t) => (t.coef === 1 ? atomText(e, t.atom) : `${atomText(e, t.atom)} * ${word(e, t.coef)}`)),
      ...(ix.constant === 0 ? [] : [word(e, ix.constant)])
    ].join(' + ')).text
}

/** An index as a value of the kernel's width, lanes counted up where it moves. */
export const indexValue = (e: Emitter, ix: Ix): string =>
  e.width === 1 ? index(e, ix) : X.motion(ix, e.lane) === 'still' ? `U(${index(e, ix)})` : `(U(${index(e, ix)}) + U(0u, 1u, 2u, 3u))`

// -----------------------------------------------------------------------------
// loads
// -----------------------------------------------------------------------------

/** The binding's name for a node, made on first use. */
export const use = (e: Emitter, node: Tensor, vector: boolean): string => {
  const d = dtypeOf(node)
  const known = [...e.uses.values()].find((u) => u.node === node && u.vector === vector)
  if (known !== undefined) return known.name
  const name = `s${e.uses.size}`
  const el = elementType(d)
  e.uses.set(name, { node, vector, name, type: vector ? `array<vec4<${el}>>` : `array<${el}>` })
  return name
}

const fromStorage = (d: DType, text: string): string => (d === 'bool' ? `(${text} != U(0u))` : text)

/** A node's value at an index of its buffer. */
export const load = (e: Emitter, node: Tensor, ix: Ix): Temp => {
  e.loads.push({ node, ix })
  e.cost += 6
  const d = dtypeOf(node)
  const level = levelOf(e, ix)
  const moves = e.width === 1 ? 'still' : X.motion(ix, e.lane)
  if (moves === 'jumps') e.scalarOnly = true
  const name = use(e, node, e.width === 4 && moves === 'steps' && !isPacked(node))
  return temp(e, `load:${name}:${X.show(ix)}`, level, () => {
    const at = index(e, ix)
    if (isPacked(node)) {
      if (e.width === 4 && moves === 'steps') return `((U(${name}[(${at}) >> 2u]) >> U(0u, 8u, 16u, 24u)) & U(255u))`
      const one = `((${name}[(${at}) >> 2u] >> (((${at}) & 3u) * 8u)) & 255u)`
      return e.width === 1 ? one : `U(${one})`
    }
    if (e.width === 1) return fromStorage(d, `${name}[${at}]`)
    return fromStorage(d, moves === 'steps' ? `${name}[(${at}) >> 2u]` : `${d === 'bool' ? 'U' : alias(d)}(${name}[${at}])`)
  })
}
