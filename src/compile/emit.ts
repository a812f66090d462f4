/**
 * Expressions as WGSL: the inlined part of a kernel. A node at a position becomes a
 * text; views become index arithmetic, materialised nodes become loads, everything
 * else its lowering.
 *
 * Law: the value written for (node, position) is the node's value there, whatever the
 * width; a kernel is widened to 4-vectors only if every load moves in whole vectors or
 * stands still along the lane variable.
 */
import type { Attr, DType, Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import type { ElementwiseName } from '../tensor/ops/elementwise.ts'
import type { SpecialName } from '../tensor/ops/special.ts'
import { byScalars, firstLane, inStep, index, indexValue, levelOf, load, once, still, temp, word } from './emitter.ts'
import type { Emitter, Temp } from './emitter.ts'
import { whole } from './extents.ts'
import type { Ix, Position } from './ix.ts'
import * as X from './ix.ts'
import { alias, elementwise, literal } from './lowerings.ts'
import type { Lowering } from './lowerings.ts'
import { drawCall, scalarCall } from './scalars.ts'
import type { ScalarCall } from './scalars.ts'
import { broadcastPosition, through } from './views.ts'

export type { Emitter, Load, Use } from './emitter.ts'

const nums = (a: Attr): readonly number[] => a as readonly number[]

/** The value of an argument that broadcasts to the node at that position. */
const argument = (e: Emitter, a: Tensor, pos: Position): Temp => expression(e, a, broadcastPosition(whole(a), pos))

// -----------------------------------------------------------------------------
// expressions
// -----------------------------------------------------------------------------

/** Text and loop level of a node's value at a position. */
export const expression = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const held = e.held.get(t), key = X.show(pos.linear)
  if (held?.key === key) return held
  return e.isStored(t) ? load(e, t, pos.linear) : once(e, t, key, () => written(e, t, pos))
}

/** What no buffer holds and nobody has written yet. */
const written = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const step = through(t, pos)
  if (step !== undefined) return expression(e, step[0], step[1])
  const own = writers[t.op]
  if (own !== undefined) return own(e, t, pos)
  const draw = drawCall(t.op)
  return draw === undefined ? computed(e, t, pos) : drawn(e, t, pos, draw)
}

/** An elementwise op, by its lowering. */
const computed = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const dtype = dtypeOf(t), scalar = scalarCall(t.op)
  if (scalar !== undefined) byScalars(e)
  const lowering: Lowering | undefined = scalar === undefined ? elementwise[t.op as ElementwiseName | SpecialName] : { text: ({ x }) => `${scalar.call}(${x.join(', ')})`, uses: [scalar.library], cost: scalar.cost }
  if (lowering === undefined) throw new Error(`internal: op ${t.op} can't stand inside an expression`)
  const args = t.args.map((a) => argument(e, a, pos))
  lowering.uses.forEach((l) => e.libraries.add(l))
  e.cost += lowering.cost
  return temp(e, `${t.op}:${dtype}:${t.op === 'polygamma' ? `${t.attrs['order'] as number}:` : ''}${args.map((a) => a.text).join(':')}`, Math.max(0, ...args.map((a) => a.level)), () =>
    lowering.text({ x: args.map((a) => a.text), from: t.args.map(dtypeOf), to: dtype, attrs: t.attrs }))
}

/** A constant. WGSL has no literal for what isn't finite, which is a word of the kernel. */
export const constant = (e: Emitter, value: number, dtype: DType): Temp =>
  dtype !== 'f32' || Number.isFinite(value) ? { text: literal(value, dtype), level: 0 }
  : temp(e, `constant:${value}`, 0, () => `F(bitcast<f32>(${word(e, new Uint32Array(Float32Array.of(value).buffer)[0])}))`)

const iota = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const c = pos.coords()[t.attrs['axis'] as number], dtype = dtypeOf(t)
  inStep(e, c)
  return temp(e, `iota:${dtype}:${X.show(c)}`, levelOf(e, c), () => `${alias(dtype)}(${indexValue(e, c)})`)
}

// -----------------------------------------------------------------------------
// random numbers
// -----------------------------------------------------------------------------

/** The key that two words in a row are; `lead` is its position among keys. */
const keyText = (e: Emitter, t: Tensor, lead: Position): Temp => {
  const shape = whole(t)
  const at = (c: number): Position => X.atLinear(shape, X.plus(X.times(lead.linear, 2), X.num(c)))
  if (!e.isStored(t) && t.op === 'fold') {
    const key = keyOf(e, t.args[0], lead)
    const w = argument(e, t.args[1], lead)
    e.libraries.add('philox')
    e.cost += 60
    return temp(e, `fold:${key.text}:${w.text}`, Math.max(key.level, w.level), () => `fold_key(${key.text}, ${firstLane(e, w)})`)
  }
  const parts = [0, 1].map((c) => expression(e, t, at(c)))
  return temp(e, `key:${parts.map((p) => p.text).join(':')}`, Math.max(...parts.map((p) => p.level)), () => `vec2<u32>(${parts.map((p) => firstLane(e, p)).join(', ')})`)
}

/** The key of keys that broadcast to what is at that position. */
const keyOf = (e: Emitter, keys: Tensor, pos: Position): Temp => keyText(e, keys, broadcastPosition(whole(keys).slice(0, -1), pos))

/** A word of a key, read as numbers are. */
const keyWord = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const shape = whole(t), c = pos.coords()
  const lead = X.atCoords(shape.slice(0, -1), c.slice(0, -1))
  const last = c[c.length - 1]
  byScalars(e)
  const key = keyText(e, t, lead)
  return temp(e, `part:${key.text}:${X.show(last)}`, Math.max(key.level, levelOf(e, last)), () => `select(${key.text}.x, ${key.text}.y, ${index(e, last)} == 1u)`)
}

const permuted = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const [key, ix, n] = t.args
  still(e, pos.linear)
  const k = keyOf(e, key, pos)
  const a = argument(e, ix, pos), b = argument(e, n, pos)
  e.cost += 400
  e.libraries.add('philox')
  return temp(e, `permute:${k.text}:${a.text}:${b.text}`, Math.max(k.level, a.level, b.level), () =>
    `${e.width === 4 ? 'U' : ''}(permute_index(${k.text}, ${firstLane(e, a)}, ${firstLane(e, b)}))`)
}

/** By op: the library, and the functions for one and for a block of four. */
const GENERATORS: Readonly<Record<string, readonly [library: string, one: string, four: string]>> = {
  randomBits: ['philox', 'random_word', 'random_block'],
  randomUniform: ['random', 'random_uniform1', 'random_uniform4'],
  randomNormal: ['random', 'random_normal1', 'random_normal4']
}

const random = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const shape = nums(t.attrs['shape'])
  const lead = whole(t).slice(0, whole(t).length - shape.length)
  const c = lead.length === 0 ? [] : pos.coords()
  const leadPos = X.atCoords(lead, c.slice(0, lead.length))
  const inner = lead.length === 0 ? pos.linear : X.atCoords(shape, c.slice(lead.length)).linear
  still(e, leadPos.linear)
  const key = keyText(e, t.args[0], leadPos)
  const moves = e.width === 4 ? X.motion(inner, e.lane) : 'still'
  inStep(e, inner)
  const [library, one, four] = GENERATORS[t.op]
  e.libraries.add(library)
  e.cost += 80
  return temp(e, `${t.op}:${key.text}:${X.show(inner)}`, Math.max(key.level, levelOf(e, inner)), () =>
    e.width === 1 ? `${one}(${key.text}, ${index(e, inner)})`
    : moves === 'steps' ? `${four}(${key.text}, (${index(e, inner)}) >> 2u)`
    : `${alias(dtypeOf(t))}(${one}(${key.text}, ${index(e, inner)}))`)
}

/** A draw by rejection: the element's own stream, whatever leading axes the parameters have. */
const drawn = (e: Emitter, t: Tensor, pos: Position, { call, library, cost }: ScalarCall): Temp => {
  const own = nums(t.attrs['shape']), rank = whole(t).length - own.length
  const c = pos.coords()
  const lead = X.atCoords(whole(t).slice(0, rank), c.slice(0, rank))
  const element = X.atCoords(own, c.slice(rank)).linear
  const [keys, ...parameters] = t.args
  byScalars(e)
  const key = keyOf(e, keys, lead)
  const values = parameters.map((p) => argument(e, p, pos))
  e.libraries.add(library)
  e.cost += cost
  return temp(e, `${t.op}:${key.text}:${X.show(element)}:${values.map((v) => v.text).join(':')}`, Math.max(key.level, levelOf(e, element), ...values.map((v) => v.level)), () =>
    `${call}(${[key.text, index(e, element), ...values.map((v) => v.text)].join(', ')})`)
}

// -----------------------------------------------------------------------------
// masks
// -----------------------------------------------------------------------------

/** Is an index from `from` on and before `to`, as a text; undefined where it always is. */
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
  c.forEach((k) => inStep(e, k))
  const inner = X.atCoords(s, c.map((k, d) => X.minus(k, X.num(lo[d]))))
  const value = expression(e, x, inner)
  const conds = c.flatMap((k, d) => condition(e, k, lo[d], lo[d] + s[d], whole(t)[d]) ?? [])
  return masked(e, X.show(pos.linear) + lo.join(), value, constant(e, t.attrs['value'] as number, dtypeOf(t)), c, conds)
}

const joined = (e: Emitter, t: Tensor, pos: Position): Temp => {
  const axis = t.attrs['axis'] as number, c = pos.coords()
  inStep(e, c[axis])
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

// -----------------------------------------------------------------------------
// reads at indices that only the device knows
// -----------------------------------------------------------------------------

/** A dynamic index read from memory, clamped to an axis, as a variable. */
export const dynamic = (e: Emitter, t: Tensor, pos: Position, max: number): Ix => {
  const v = expression(e, t, pos)
  still(e, pos.linear)
  const scalar = firstLane(e, v)
  const clamped = temp(e, `at:${scalar}:${max}`, v.level, () => dtypeOf(t) === 'i32' ? `u32(clamp(${scalar}, 0, i32(${word(e, max)})))` : `min(${scalar}, ${word(e, max)})`)
  e.levels.set(clamped.text, clamped.level)
  // A clamped index may be 0 throughout; it is a variable all the same.
  return { constant: 0, terms: [{ coef: 1, atom: { _tag: 'Var', key: clamped.text, max } }] }
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

// -----------------------------------------------------------------------------
// the table
// -----------------------------------------------------------------------------

/** Ops that are written in a way of their own; the others are elementwise or draws, which have tables (`lowerings.ts`, `scalars.ts`). */
const writers: Readonly<Record<string, (e: Emitter, t: Tensor, pos: Position) => Temp>> = {
  constant: (e, t) => constant(e, t.attrs['value'] as number, dtypeOf(t)),
  extent: (_, t) => ({ text: literal(t.attrs['extent'] as number, 'f32'), level: 0 }),
  iota, pad: padded, concat: joined, take: taken, poolGather: pooled,
  fold: keyWord, permuteIndex: permuted, randomBits: random, randomUniform: random, randomNormal: random
}
