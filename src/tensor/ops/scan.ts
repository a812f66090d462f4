/**
 * The loop: a graph run over a leading axis of time, with carries.
 *
 * Operands are the carries' first values, the sequences [time, ...], and what every step
 * uses alike. The body's parameters stand in the same order; its outputs are the next
 * carries and what a step gives. A node is one result of the loop (`output`): the last
 * carries, what the steps gave [time, ...], or the carries as each step found them
 * [time, ...]. Nodes of one loop are siblings: they are computed, and differentiated,
 * together.
 *
 * The gradient is a loop the other way over the carries that each step found; a step's
 * own values are computed again there.
 *
 * @since 0.3.0
 */
import * as B from '../build.ts'
import { batchFlags } from '../batch.ts'
import type { Flagged } from '../batch.ts'
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import { evaluate, instantiate, needs, param, params } from '../graph.ts'
import { vjp } from '../grad.ts'
import type { Attrs, Graph, Tensor, TensorType } from '../node.ts'
import { dtypeOf, node, shapeOf, topo, typeOf } from '../node.ts'
import { leafName } from './leaves.ts'
import { bad, count, lead, ok } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** The attributes of a loop. */
export interface Scan {
  readonly body: Graph
  /** How many of the operands are carries, and how many after them are sequences. */
  readonly carries: number
  readonly xs: number
  readonly length: Extent
  /** From the last step to the first; positions in sequences stay as they are. */
  readonly reverse: boolean
  /** Which result: last carries, then what steps gave, then carries as steps found them. */
  readonly output: number
}

/** The attributes of a loop's node. */
export const scanOf = (attrs: Attrs): Scan => attrs as unknown as Scan

const attrsOf = (s: Scan): Attrs => ({ ...s })

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** One result of a loop. */
export const result = (operands: readonly Tensor[], s: Omit<Scan, 'output'>, output: number): Tensor => node('scan', operands, attrsOf({ ...s, output }))

/** The loop without the sequences and captured values that no step uses. */
const trimmed = (operands: readonly Tensor[], s: Omit<Scan, 'output'>): readonly [readonly Tensor[], Omit<Scan, 'output'>] => {
  const used = needs(s.body, s.body.outputs)
  const kept = operands.flatMap((_, k) => (k < s.carries || used.has(k) ? [k] : []))
  if (kept.length === operands.length) return [operands, s]
  const own = kept.map((k, i) => param(i, typeOf(s.body.params[k])))
  const place = new Map(kept.map((k, i) => [k, own[i]]))
  const body: Graph = { _tag: 'Graph', params: own, outputs: instantiate(s.body, s.body.params.map((p, k) => place.get(k) ?? p)) }
  return [kept.map((k) => operands[k]), { ...s, body, xs: kept.filter((k) => k >= s.carries && k < s.carries + s.xs).length }]
}

// -----------------------------------------------------------------------------
// type
// -----------------------------------------------------------------------------

const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && Ext.sameShape(a.shape, b.shape)
const shown = (t: TensorType): string => `${t.dtype} ${Ext.showShape(t.shape)}`

const scanType = (args: readonly TensorType[], attrs: Attrs): Typed => {
  const s = scanOf(attrs), { body, carries, xs, length, output } = s
  const no = (got: string, need: string): Typed => bad('scan', got, need, 'give each carry back as it was given, and sequences of one length')
  if (body.params.length !== args.length || body.outputs.length < carries || carries + xs > args.length) return no(`${args.length} operands`, `${body.params.length}, as the body has parameters`)
  if (typeof length === 'number' && length < 0) return no(`${length} steps`, 'a length that is not negative')
  if (output < 0 || output >= body.outputs.length + carries) return no(`result ${output}`, `a number below ${body.outputs.length + carries}`)
  for (const [k, a] of args.entries()) {
    const p = typeOf(body.params[k]), sequence = k >= carries && k < carries + xs
    const want = sequence ? { ...p, shape: [length, ...p.shape] } : p
    if (!sameType(a, want)) return no(shown(a), `${shown(want)} for operand ${k}`)
  }
  for (let k = 0; k < carries; k++)
    if (!sameType(typeOf(body.outputs[k]), typeOf(body.params[k]))) return no(`${shown(typeOf(body.outputs[k]))} after a step`, `${shown(typeOf(body.params[k]))}, as carry ${k} was before it`)
  const of = typeOf(output < body.outputs.length ? body.outputs[output] : body.params[output - body.outputs.length])
  return ok(output < carries ? of.shape : [length, ...of.shape], of.dtype)
}

// -----------------------------------------------------------------------------
// gradient
// -----------------------------------------------------------------------------

const isReal = (t: Tensor): boolean => dtypeOf(t) === 'f32'

/** The numbers of which a test holds. */
const where = (n: number, f: (k: number) => boolean): readonly number[] => Array.from({ length: n }, (_, k) => k).filter(f)

/** Parameters of the body through which something wanted is reached: the wanted ones, and carries that become part of it. */
const reachedBy = (s: Scan, wanted: readonly boolean[]): readonly boolean[] => {
  const { params: own, outputs } = s.body, out = [...wanted]
  for (let grown = true; grown; ) {
    const found = new Set(own.flatMap((p, k) => (out[k] ? [leafName(p)] : []))), inside = new Set<Tensor>()
    for (const t of topo(outputs)) if (t.args.length === 0 ? found.has(leafName(t)) : t.args.some((a) => inside.has(a))) inside.add(t)
    const next = where(s.carries, (k) => !out[k] && inside.has(outputs[k]))
    for (const k of next) out[k] = true
    grown = next.length > 0
  }
  return out
}

const reversed = (nodes: readonly Tensor[], cts: readonly Tensor[], wanted: readonly boolean[]): readonly (Tensor | null)[] => {
  const [t] = nodes, s = scanOf(t.attrs), { body, carries: nc, xs: nx, length } = s
  const ny = body.outputs.length - nc, nk = t.args.length - nc - nx
  const given = new Map(nodes.map((n, i) => [scanOf(n.attrs).output, cts[i]]))
  const reached = reachedBy(s, wanted), flows = (k: number): boolean => reached[k] && isReal(body.params[k])
  const real = where(nc, flows)
  const shared = where(nk, (k) => flows(nc + nx + k)).map((k) => nc + nx + k)
  const sequences = where(nx, (k) => flows(nc + k)).map((k) => nc + k)
  const gave = where(ny, (k) => given.has(nc + k) && isReal(body.outputs[nc + k])).map((k) => nc + k)
  const found = real.filter((k) => given.has(nc + ny + k))
  // Parameters: cotangents of carries, sums for what steps share; then the carries as found, the sequences, cotangents of what steps gave and found.
  const like = (t: Tensor): TensorType => typeOf(t)
  const types = [
    ...real.map((k) => like(body.params[k])), ...shared.map((k) => like(body.params[k])),
    ...body.params.slice(0, nc + nx).map(like), ...gave.map((k) => like(body.outputs[k])), ...found.map((k) => like(body.params[k])),
    ...body.params.slice(nc + nx).map(like)
  ]
  const own = params(types)
  const cut = (from: number, n: number): readonly Tensor[] => own.slice(from, from + n)
  const g = cut(0, real.length), sums = cut(g.length, shared.length), first = g.length + sums.length
  const step = cut(first, nc + nx), gy = cut(first + nc + nx, gave.length), gf = cut(first + nc + nx + gave.length, found.length)
  const free = own.slice(own.length - nk)
  const inner = [...step, ...free]
  const outs = instantiate(body, inner)
  const xs = [...real, ...sequences, ...shared]
  const back = vjp([...real.map((k) => outs[k]), ...gave.map((k) => outs[k])], [...g, ...gy], xs.map((k) => inner[k]))
  const at = new Map(xs.map((k, i) => [k, back[i]]))
  const nextG = real.map((k) => { const i = found.indexOf(k), d = at.get(k) as Tensor; return i < 0 ? d : B.add(d, gf[i]) })
  const loop: Omit<Scan, 'output'> = {
    body: { _tag: 'Graph', params: own, outputs: [...nextG, ...shared.map((k, i) => B.add(sums[i], at.get(k) as Tensor)), ...sequences.map((k) => at.get(k) as Tensor)] },
    carries: first, xs: nc + nx + gave.length + found.length, length, reverse: !s.reverse
  }
  const zeros = (t: Tensor): Tensor => B.full(shapeOf(t), 0)
  const [operands, kept] = trimmed([
    ...real.map((k) => given.get(k) ?? zeros(t.args[k])), ...shared.map((k) => zeros(t.args[k])),
    ...where(nc, () => true).map((k) => result(t.args, s, nc + ny + k)), ...t.args.slice(nc, nc + nx),
    ...gave.map((k) => given.get(k) as Tensor), ...found.map((k) => given.get(nc + ny + k) as Tensor), ...t.args.slice(nc + nx)
  ], loop)
  return t.args.map((_, k) => {
    const i = k < nc ? real.indexOf(k) : k < nc + nx ? sequences.indexOf(k) : shared.indexOf(k)
    return i < 0 ? null : result(operands, kept, k < nc ? i : k < nc + nx ? first + i : real.length + i)
  })
}

// -----------------------------------------------------------------------------
// batching
// -----------------------------------------------------------------------------

/** The leading axis put behind the next one, or the other way round. */
const turned = (t: Tensor): Tensor => B.transpose(t, [1, 0, ...shapeOf(t).slice(2).map((_, i) => i + 2)])

const batchScan = ({ args, batched, original, size }: BatchCall): Tensor => {
  const s = scanOf(original.attrs), { body, carries: nc, xs: nx } = s
  // A carry has the new axis when its first value has it, or what a step makes of it.
  const flags = [...batched]
  const own = (): readonly Tensor[] => body.params.map((p, k) => param(k, flags[k] ? { ...typeOf(p), shape: [size, ...shapeOf(p)] } : typeOf(p)))
  const through = (): readonly Flagged[] => batchFlags(size, body.params.flatMap((p, k): readonly (readonly [Tensor, Tensor])[] => (flags[k] ? [[p, own()[k]]] : [])))(body.outputs)
  let outs = through()
  for (let grown = true; grown; ) {
    grown = false
    for (let k = 0; k < nc; k++) if (outs[k].batched && !flags[k]) grown = flags[k] = true
    if (grown) outs = through()
  }
  const outputs = outs.map((o, k) => (k < nc ? (flags[k] ? lead(o.t, o.batched, size) : o.t) : o.t))
  const operands = args.map((a, k) => (!flags[k] ? a : k < nc ? lead(a, batched[k], size) : k < nc + nx ? turned(a) : a))
  const loop = { ...s, body: { _tag: 'Graph' as const, params: own(), outputs } }
  const made = result(operands, loop, s.output)
  const has = s.output < nc ? flags[s.output] : s.output < body.outputs.length ? outs[s.output].batched : flags[s.output - body.outputs.length]
  return !has ? lead(made, false, size) : s.output < nc ? made : turned(made)
}

// -----------------------------------------------------------------------------
// meaning
// -----------------------------------------------------------------------------

const scanRef = (args: readonly Ref[], attrs: Attrs, shape: readonly number[]): Ref => {
  const s = scanOf(attrs), { body, carries: nc, xs: nx, output } = s, length = s.length as number
  const gives = output >= nc && output < body.outputs.length
  const run = evaluate(body, [...body.outputs.slice(0, nc), ...(gives ? [body.outputs[output]] : [])])
  const data = new Float64Array(output < nc ? 0 : count(shape)), row = length === 0 ? 0 : data.length / length
  let carries = args.slice(0, nc)
  for (let i = 0; i < length; i++) {
    const t = s.reverse ? length - 1 - i : i
    const at = args.slice(nc, nc + nx).map((x): Ref => {
      const n = x.data.length / length
      return { shape: x.shape.slice(1), data: x.data.slice(t * n, (t + 1) * n) }
    })
    const outs = run([...carries, ...at, ...args.slice(nc + nx)])
    if (output >= nc) data.set(gives ? outs[nc].data : carries[output - body.outputs.length].data, t * row)
    carries = outs.slice(0, nc)
  }
  return output < nc ? carries[output] : { shape, data }
}

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

export const loops: Record<'scan', Row> = {
  scan: {
    kind: 'loop',
    arity: 'several',
    attrs: ['body', 'carries', 'xs', 'length', 'reverse', 'output'],
    doc: 'a graph run over a leading axis of time, with carries',
    type: scanType,
    vjp: (t, ct) => reversed([t], [ct], t.args.map(() => true)),
    result: 'output',
    jointVjp: reversed,
    batch: batchScan,
    f64: (args, attrs, type) => scanRef(args, attrs, type.shape)
  }
}
