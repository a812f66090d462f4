/**
 * Expressions as WGSL: the inlined part of a kernel. A node at a position becomes a
 * text; views become index arithmetic, materialised nodes become loads, everything
 * else its lowering. Equal sub-expressions are written once, each in the outermost
 * loop where all it needs is known.
 *
 * Law: the value written for (node, position) is the node's value there, whatever the
 * width; a kernel is widened to 4-vectors only if every load moves in whole vectors or
 * stands still along the lane variable.
 */
import type { Attr, DType, Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import type { ElementwiseName } from '../tensor/ops/elementwise.ts'
import type { SpecialName } from '../tensor/ops/special.ts'
import { elementwise, alias, literal } from './lowerings.ts'
import type { Lowering } from './lowerings.ts'
import type { Ix, Position } from './ix.ts'
import * as X from './ix.ts'
import { drawCall, scalarCall } from './scalars.ts'
import type { ScalarCall } from './scalars.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** How a kernel sees a buffer: element type and whether by vectors. */
export interface Use {
  readonly node: Tensor
  readonly vector: boolean
  readonly name: string
  readonly type: string
}

/** A load of a materialised node, as the dry run reports it. */
export interface Load {
  readonly node: Tensor
  readonly ix: Ix
}

interface Temp {
  readonly text: string
  readonly level: number
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
  readonly scopes: { lines: string[]; temps: Map<string, Temp> }[]
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

export const emitter = (o: Pick<Emitter, 'width' | 'lane' | 'isStored'> & { readonly powers?: boolean; readonly words?: number[]; readonly uses?: Map<string, Use> }): Emitter => ({
  width: o.width, lane: o.lane, isStored: o.isStored, powers: o.powers ?? true,
  words: o.words ?? [], uses: o.uses ?? new Map(), libraries: new Set(), scopes: [{ lines: [], temps: new Map() }],
  levels: new Map(), held: new Map(), loads: [], cost: 0, scalarOnly: false, next: 0
})

// -----------------------------------------------------------------------------
// temporaries
// -----------------------------------------------------------------------------

const temp = (e: Emitter, key: string, level: number, text: () => string): Temp => {
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

// -----------------------------------------------------------------------------
// indices
// -----------------------------------------------------------------------------

/** A host number in the text: a literal when structural (0, 1), else a word of the piece, so that kernels for other shapes have the same text. */
const word = (e: Emitter, n: number): string => (n === 0 || n === 1 ? `${n}u` : `$${e.words.push(n >>> 0) - 1}`)

const inverseWord = (e: Emitter, n: number): string => `bitcast<f32>($${e.words.push(new Uint32Array(Float32Array.of(1 / n).buffer)[0]) - 1})`

const levelOf = (e: Emitter, ix: Ix): number =>
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
const indexValue = (e: Emitter, ix: Ix): string =>
  e.width === 1 ? index(e, ix) : X.motion(ix, e.lane) === 'still' ? `U(${index(e, ix)})` : `(U(${index(e, ix)}) + U(0u, 1u, 2u, 3u))`

// -----------------------------------------------------------------------------
// loads
// -----------------------------------------------------------------------------

/** Leaves that are buffers: named ones and array constants. */
export const isLeafBuffer = (t: Tensor): boolean => leafName(t) !== undefined || (t.op === 'constant' && t.attrs['data'] !== undefined)

/** Bytes lie four to a word in what the host gives; what a kernel makes of them takes a word each. */
export const isPacked = (t: Tensor): boolean => dtypeOf(t) === 'u8' && isLeafBuffer(t)

const elementType = (d: DType): string => (d === 'f32' ? 'f32' : d === 'i32' ? 'i32' : 'u32')

/** The binding's name for a node, made on first use. */
const use = (e: Emitter, node: Tensor, vector: boolean): string => {
  const d = dtypeOf(node)
  const known = [...e.uses.values()].find((u) => u.node === node && u.vector === vector)
  if (known !== undefined) return known.name
  const name = `s${e.uses.size}`
  const el = elementType(d)
  e.uses.set(name, { node, vector, name, type: vector ? `array<vec4<${el}>>` : `array<${el}>` })
  return name
}

const fromStorage = (d: DType, text: string): string => (d === 'bool' ? `(${text} != U(0u))` : text)

const load = (e: Emitter, node: Tensor, ix: Ix): Temp => {
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

// -----------------------------------------------------------------------------
// expressions
// -----------------------------------------------------------------------------

const nums = (a: Attr): readonly number[] => a as readonly number[]

/** The position in an argument that broadcasts to the node's shape. */
const broadcastPosition = (shape: readonly number[], pos: Position): Position => {
  const same = shape.length === pos.shape.length && shape.every((n, i) => n === pos.shape[i])
  if (same) return pos
  if (shape.every((n) => n === 1)) return X.atLinear(shape, X.num(0))
  const off = pos.shape.length - shape.length
  const c = pos.coords()
  return X.atCoords(shape, shape.map((n, i) => (n === 1 ? X.num(0) : c[i + off])))
}

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]

/** One step through a view: the argument and the position in it, for views without a mask. */
export const through = (t: Tensor, pos: Position): readonly [Tensor, Position] | undefined => {
  const [x] = t.args
  if (t.op === 'reshape') return [x, X.atLinear(whole(x), pos.linear)]
  if (t.op === 'broadcastTo') return [x, broadcastPosition(whole(x), pos)]
  const c = pos.coords
  if (t.op === 'transpose') {
    const perm = nums(t.attrs['perm'])
    return [x, X.atCoords(whole(x), perm.map((_, i) => c()[perm.indexOf(i)]))]
  }
  if (t.op === 'slice') {
    const start = nums(t.attrs['start']), step = nums(t.attrs['step'])
    return [x, X.atCoords(whole(x), c().map((k, d) => X.plus(X.times(k, step[d]), X.num(start[d]))))]
  }
  if (t.op === 'flip') {
    const axes = nums(t.attrs['axes']).map((a) => (a < 0 ? a + whole(x).length : a))
    return [x, X.atCoords(whole(x), c().map((k, d) => (axes.includes(d) ? X.minus(X.num(whole(x)[d] - 1), k) : k)))]
  }
  return undefined
}

/** A dynamic index read from memory, clamped to an axis, as a variable. */
export const dynamic = (e: Emitter, t: Tensor, pos: Position, max: number): Ix => {
  const v = expression(e, t, pos)
  if (e.width === 4) {
    if (X.motion(pos.linear, e.lane) !== 'still') e.scalarOnly = true
  }
  const scalar = e.width === 4 ? `${v.text}.x` : v.text
  const d = dtypeOf(t)
  const clamped = temp(e, `at:${scalar}:${max}`, v.level, () => d === 'i32' ? `u32(clamp(${scalar}, 0, i32(${word(e, max)})))` : `min(${scalar}, ${word(e, max)})`)
  e.levels.set(clamped.text, clamped.level)
  // A clamped index may be 0 throughout; it is a variable all the same.
  return { constant: 0, terms: [{ coef: 1, atom: { _tag: 'Var', key: clamped.text, max } }] }
}

const keyText = (e: Emitter, t: Tensor, lead: Position): Temp => {
  const shape = whole(t)
  const at = (c: number): Position => X.atLinear(shape, X.plus(X.times(lead.linear, 2), X.num(c)))
  if (!e.isStored(t) && t.op === 'fold') {
    const key = keyText(e, t.args[0], broadcastPosition(whole(t.args[0]).slice(0, -1), lead))
    const w = expression(e, t.args[1], broadcastPosition(whole(t.args[1]), lead))
    e.libraries.add('philox')
    e.cost += 60
    return temp(e, `fold:${key.text}:${w.text}`, Math.max(key.level, w.level), () => `fold_key(${key.text}, ${e.width === 4 ? `${w.text}.x` : w.text})`)
  }
  const parts = [0, 1].map((c) => expression(e, t, at(c)))
  const one = (p: Temp): string => (e.width === 4 ? `${p.text}.x` : p.text)
  return temp(e, `key:${parts.map((p) => p.text).join(':')}`, Math.max(...parts.map((p) => p.level)), () => `vec2<u32>(${parts.map(one).join(', ')})`)
}

const random = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const shape = nums(t.attrs['shape'])
  const lead = whole(t).slice(0, whole(t).length - shape.length)
  const c = lead.length === 0 ? [] : pos.coords()
  const leadPos = X.atCoords(lead, c.slice(0, lead.length))
  const inner = lead.length === 0 ? pos.linear : X.atCoords(shape, c.slice(lead.length)).linear
  if (e.width === 4 && X.motion(leadPos.linear, e.lane) !== 'still') e.scalarOnly = true
  const key = keyText(e, t.args[0], leadPos)
  const moves = e.width === 4 ? X.motion(inner, e.lane) : 'still'
  if (moves === 'jumps') e.scalarOnly = true
  e.libraries.add(t.op === 'randomBits' ? 'philox' : 'random')
  e.cost += 80
  const name = t.op === 'randomBits' ? 'random_word' : t.op === 'randomUniform' ? 'random_uniform1' : 'random_normal1'
  const four = t.op === 'randomBits' ? 'random_block' : t.op === 'randomUniform' ? 'random_uniform4' : 'random_normal4'
  return temp(e, `${t.op}:${key.text}:${X.show(inner)}`, Math.max(key.level, levelOf(e, inner)), () =>
    e.width === 1 ? `${name}(${key.text}, ${index(e, inner)})`
    : moves === 'steps' ? `${four}(${key.text}, (${index(e, inner)}) >> 2u)`
    : `${alias(dtypeOf(t))}(${name}(${key.text}, ${index(e, inner)}))`)
}

/** A draw by rejection: the element's own stream, whatever leading axes the parameters have. */
const drawn = (e: Emitter, t: Tensor, pos: Position, { call, library, cost }: ScalarCall): Temp => {
  const own = nums(t.attrs['shape']), rank = whole(t).length - own.length
  const c = pos.coords()
  const lead = X.atCoords(whole(t).slice(0, rank), c.slice(0, rank))
  const element = X.atCoords(own, c.slice(rank)).linear
  const [keys, ...parameters] = t.args
  if (e.width === 4) e.scalarOnly = true
  const key = keyText(e, keys, broadcastPosition(whole(keys).slice(0, -1), lead))
  const values = parameters.map((p) => expression(e, p, broadcastPosition(whole(p), pos)))
  e.libraries.add(library)
  e.cost += cost
  return temp(e, `${t.op}:${key.text}:${X.show(element)}:${values.map((v) => v.text).join(':')}`, Math.max(key.level, levelOf(e, element), ...values.map((v) => v.level)), () =>
    `${call}(${[key.text, index(e, element), ...values.map((v) => v.text)].join(', ')})`)
}

/** Text and loop level of a node's value at a position. */
export const expression = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const held = e.held.get(t)
  if (held !== undefined && X.show(pos.linear) === held.key) return held
  if (e.isStored(t)) return load(e, t, pos.linear)
  const level0 = { level: 0 }
  const dtype = dtypeOf(t)
  if (t.op === 'constant') return { text: literal(t.attrs['value'] as number, dtype), ...level0 }
  if (t.op === 'extent') return { text: literal(t.attrs['extent'] as number, 'f32'), ...level0 }
  const step = through(t, pos)
  if (step !== undefined) return expression(e, step[0], step[1])
  if (t.op === 'iota') {
    const c = pos.coords()[t.attrs['axis'] as number]
    if (e.width === 4 && X.motion(c, e.lane) === 'jumps') e.scalarOnly = true
    return temp(e, `iota:${dtype}:${X.show(c)}`, levelOf(e, c), () => `${alias(dtype)}(${indexValue(e, c)})`)
  }
  if (t.op === 'pad') return padded(e, t, pos)
  if (t.op === 'concat') return joined(e, t, pos)
  if (t.op === 'take') return taken(e, t, pos)
  if (t.op === 'poolGather') return pooled(e, t, pos)
  if (t.op === 'fold') {
    const shape = whole(t), c = pos.coords()
    const lead = X.atCoords(shape.slice(0, -1), c.slice(0, -1))
    const last = c[c.length - 1]
    if (e.width === 4) e.scalarOnly = true
    const key = keyText(e, t, lead)
    return temp(e, `part:${key.text}:${X.show(last)}`, Math.max(key.level, levelOf(e, last)), () => `select(${key.text}.x, ${key.text}.y, ${index(e, last)} == 1u)`)
  }
  if (t.op === 'permuteIndex') {
    const [key, ix, n] = t.args
    if (e.width === 4) e.scalarOnly = true
    const k = keyText(e, key, broadcastPosition(whole(key).slice(0, -1), pos))
    const a = expression(e, ix, broadcastPosition(whole(ix), pos)), b = expression(e, n, broadcastPosition(whole(n), pos))
    e.cost += 400
    e.libraries.add('philox')
    return temp(e, `permute:${k.text}:${a.text}:${b.text}`, Math.max(k.level, a.level, b.level), () => `permute_index(${k.text}, ${a.text}, ${b.text})`)
  }
  if (t.op === 'randomBits' || t.op === 'randomUniform' || t.op === 'randomNormal') return random(e, t, pos)
  const draw = drawCall(t.op)
  if (draw !== undefined) return drawn(e, t, pos, draw)
  const scalar = scalarCall(t.op)
  if (scalar !== undefined && e.width === 4) e.scalarOnly = true
  const lowering: Lowering | undefined = scalar === undefined ? elementwise[t.op as ElementwiseName | SpecialName] : { text: ({ x }) => `${scalar.call}(${x.join(', ')})`, uses: [scalar.library], cost: scalar.cost }
  if (lowering === undefined) throw new Error(`internal: op ${t.op} can't stand inside an expression`)
  const args = t.args.map((a) => expression(e, a, broadcastPosition(whole(a), pos)))
  lowering.uses.forEach((l) => e.libraries.add(l))
  e.cost += lowering.cost
  return temp(e, `${t.op}:${dtype}:${t.op === 'polygamma' ? `${t.attrs['order'] as number}:` : ''}${args.map((a) => a.text).join(':')}`, Math.max(0, ...args.map((a) => a.level)), () =>
    lowering.text({ x: args.map((a) => a.text), from: t.args.map(dtypeOf), to: dtype, attrs: t.attrs }))
}

const condition = (e: Emitter, c: Ix, from: number, to: number, extent: number): string | undefined => {
  const v = indexValue(e, c)
  const parts = [...(from > 0 ? [`(${v} >= U(${word(e, from)}))`] : []), ...(to < extent ? [`(${v} < U(${word(e, to)}))`] : [])]
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : `(${parts[0]} & ${parts[1]})`
}

const masked = (e: Emitter, key: string, value: Temp, other: Temp, cs: readonly Ix[], conds: readonly string[]): Temp =>
  conds.length === 0 ? value
  : temp(e, `mask:${key}:${value.text}:${other.text}`, Math.max(value.level, other.level, ...cs.map((c) => levelOf(e, c))), () =>
    `select(${other.text}, ${value.text}, ${conds.length === 1 ? conds[0] : `(${conds.join(' & ')})`})`)

const padded = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const [x] = t.args, lo = nums(t.attrs['lo']), s = whole(x), c = pos.coords()
  if (e.width === 4 && c.some((k) => X.motion(k, e.lane) === 'jumps')) e.scalarOnly = true
  const inner = X.atCoords(s, c.map((k, d) => X.minus(k, X.num(lo[d]))))
  const value = expression(e, x, inner)
  const conds = c.flatMap((k, d) => condition(e, k, lo[d], lo[d] + s[d], whole(t)[d]) ?? [])
  return masked(e, X.show(pos.linear) + lo.join(), value, { text: literal(t.attrs['value'] as number, dtypeOf(t)), level: 0 }, c, conds)
}

const joined = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const axis = t.attrs['axis'] as number, c = pos.coords()
  if (e.width === 4 && X.motion(c[axis], e.lane) === 'jumps') e.scalarOnly = true
  let from = 0
  let acc: Temp | undefined
  for (const part of t.args) {
    const n = whole(part)[axis]
    if (n === 0) continue
    const value = expression(e, part, X.atCoords(whole(part), c.map((k, d) => (d === axis ? X.minus(k, X.num(from)) : k))))
    const cond = condition(e, c[axis], from, whole(t)[axis], whole(t)[axis])
    acc = acc === undefined || cond === undefined ? value : masked(e, `${X.show(c[axis])}>=${from}`, value, acc, [c[axis]], [cond])
    from += n
  }
  return acc ?? { text: literal(0, dtypeOf(t)), level: 0 }
}

const taken = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const [x, ix] = t.args, axis = t.attrs['axis'] as number, nb = t.attrs['batchDims'] as number
  const c = pos.coords(), s = whole(x), span = whole(ix).length - nb
  const at = dynamic(e, ix, X.atCoords(whole(ix), [...c.slice(0, nb), ...c.slice(axis, axis + span)]), s[axis] - 1)
  return expression(e, x, X.atCoords(s, [...c.slice(0, axis), at, ...c.slice(axis + span)]))
}

const pooled = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const [v, ix] = t.args, s = whole(v)
  const plane = s[s.length - 1] * s[s.length - 2]
  const at = dynamic(e, ix, pos, plane - 1)
  const c = pos.coords()
  const lead = X.atCoords([...s.slice(0, -2), 1], [...c.slice(0, -2), X.num(0)])
  return expression(e, v, X.atLinear(s, X.plus(X.times(lead.linear, plane), at)))
}
