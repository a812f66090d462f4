/**
 * `evaluate`: graphs in, numbers out.
 *
 * Values are taken in every form a data set takes. A graph that is too large for the
 * device at once is computed in pieces of rows, or of draws, where these are independent.
 *
 * @since 0.1.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { all, fail, gelatoError, knownOptions, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { decodeField } from '../dataset/index.ts'
import type { FieldInput } from '../dataset/index.ts'
import { keyOf } from '../random/index.ts'
import { extentsFrom } from '../reference/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Each, Tensor } from '../tensor/node.ts'
import { dtypeOf, isTensor, shapeOf, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { bindExtents, leavesOf, replace, symbolsOf } from '../tensor/replace.ts'
import { cuts } from '../tensor/pieces.ts'
import type { Cut } from '../tensor/pieces.ts'
import { rowAxes } from '../tensor/rows.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { deviceOf, openSession } from './open.ts'
import type { HostArray, HostArrays, StepFn } from './session.ts'
import { WHERE, checkWhere } from './where.ts'
import type { Where } from './where.ts'

/** Options of `evaluate`. */
export interface EvaluateOptions extends Where {
  /** Seed of the noise, where a graph holds noise. Default 0. */
  readonly seed?: number
  /** Numbers for symbols that no value's shape gives. */
  readonly extents?: Readonly<Record<string, number>>
}

/** Values by the names of leaves. */
export type Inputs = Readonly<Record<string, FieldInput | number>>

/** Right for graphs that can be computed and options that are known, of which `places` say where and how to run. */
export const checkOptions = (path: string, nodes: readonly Tensor[], options: EvaluateOptions, places: readonly string[] = WHERE): Either<GelatoErrors, void> => {
  const strange: unknown = Array.isArray(nodes) ? nodes.find((t) => !isTensor(t)) : nodes
  if (!Array.isArray(nodes) || !nodes.every(isTensor)) return fail('NotATensor', [path], isTensor(strange) ? 'one tensor' : shown(strange), 'a list of tensors', 'give [tensor, ...]')
  const wrong = nodes.flatMap((t) => (E.isLeft(t.type) ? t.type.left : []))
  if (wrong.length > 0) return E.left(wrong as unknown as GelatoErrors)
  const known = knownOptions([path], ['seed', 'extents', ...places])(options)
  if (E.isLeft(known)) return known as Either<GelatoErrors, never>
  const where = checkWhere([path], options)
  if (E.isLeft(where)) return where
  const seed = options.seed ?? 0
  return Number.isSafeInteger(seed) && seed >= 0 ? E.right(undefined) : fail('BadOption', [path, 'seed'], shown(seed), 'a whole number from 0', 'give { seed: 0 }, say')
}

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/** Scalars and empty arrays: values of a graph, though a data set has rows. */
const withoutRows = (x: unknown): HostArray | undefined => {
  const { shape, data } = x as Partial<HostArray>
  const plain = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0) && (shape.length === 0 || shape.includes(0))
  const typed = data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint32Array || data instanceof Uint8Array
  return plain && typed && data.length === (shape.length === 0 ? 1 : 0) ? { shape, data } : undefined
}

/** Values of leaves as host arrays, checked by name. */
export const decodeAll = (leaves: readonly Tensor[], inputs: Inputs, seed: number): Either<GelatoErrors, HostArrays> => {
  const given = Object.keys(inputs)
  const wanted = leaves.map((l) => leafName(l) as string)
  const unknown = given.filter((k) => !wanted.includes(k))
  if (unknown.length > 0)
    return knownOptions(['evaluate'], wanted)(Object.fromEntries(unknown.map((k) => [k, 0]))) as Either<GelatoErrors, never>
  return pipe(
    all(leaves.map((l): Either<GelatoErrors, readonly (readonly [string, HostArray])[]> => {
      const name = leafName(l) as string, x = inputs[name]
      if (x === undefined) {
        if (l.op === 'key') return E.right([[name, { shape: [2], data: Uint32Array.from(keyOf(seed)) }]])
        if (l.op === 'phase') return E.right([[name, { shape: [], data: Float32Array.of(0) }]])
        return fail('MissingInput', ['evaluate', name], `values for ${given.join(', ') || 'nothing'}`, `a value of shape ${E.isRight(l.type) ? Ext.showShape(l.type.right.shape) : '?'} for the ${l.op} '${name}'`, `pass { ${JSON.stringify(name)}: ... }`)
      }
      if (typeof x === 'number') return E.right([[name, { shape: [], data: Float32Array.of(x) }]])
      const rowless = withoutRows(x)
      return rowless !== undefined ? E.right([[name, rowless]]) : pipe(decodeField(name)(x), E.map((f) => [[name, f] as const]))
    })),
    E.map((pairs) => Object.fromEntries(pairs.flat()))
  )
}

// -----------------------------------------------------------------------------
// pieces
// -----------------------------------------------------------------------------

/** Kernels keep scratch of up to four times what they compute (transformed tiles of a convolution). */
const HEADROOM = 4

/** Bytes to hold against a budget with headroom: a tensor's, and a part of a leaf's, which has no scratch. */
const weight = (t: Tensor): number => {
  if (E.isLeft(t.type)) return 0
  const n = Ext.size(shapeOf(t)) as number
  return t.args.length > 0 ? 4 * n : leafName(t) === undefined ? 0 : ((dtypeOf(t) === 'u8' ? 1 : 4) * n) / HEADROOM
}

/** How far graphs are from fitting. */
interface Need {
  /** Bytes of the largest tensor. */
  readonly largest: number
  /** Bytes by which tensors pass the budget, of all that do: 0 where the graphs fit. A cut that doesn't lessen them is none. */
  readonly over: number
}

const needOf = (nodes: readonly Tensor[], extents: Readonly<Record<string, number>>, budget: number): Need =>
  topo(bindExtents(extents)(nodes)).map(weight).reduce<Need>(({ largest, over }, w) => ({ largest: Math.max(largest, w), over: over + Math.max(0, w - budget) }), { largest: 0, over: 0 })

interface Pieces { readonly symbol: string; readonly rows: number; readonly axes: readonly number[]; readonly piece: number; readonly need: Need }

/** How many of so many rows or draws go together, in pieces of about one length, so that the largest tensor fits. */
const together = (length: number, whole: Need, budget: number): number =>
  Math.ceil(length / Math.ceil(length / Math.max(1, Math.floor((budget * length) / whole.largest))))

/** How to cut rows so that no tensor is larger than a budget; undefined where that can't be done or gains nothing. */
const cutRows = (nodes: readonly Tensor[], leaves: readonly Tensor[], extents: Readonly<Record<string, number>>, budget: number, whole: Need): Pieces | undefined => {
  const leading = [...new Set(leaves.flatMap((l) => (E.isRight(l.type) && l.type.right.shape.length > 0 ? [Ext.bareSymbol(l.type.right.shape[0])] : [])))]
  for (const symbol of leading) {
    if (symbol === undefined || extents[symbol] === undefined) continue
    const axes = rowAxes(symbol)(nodes)
    if (!axes.every((a) => typeof a === 'number')) continue
    const rows = extents[symbol], piece = together(rows, whole, budget), need = needOf(nodes, { ...extents, [symbol]: piece }, budget)
    if (need.over < whole.over) return { symbol, rows, axes: axes as readonly number[], piece, need }
  }
  return undefined
}

/** Draws that are computed together, by one of the ways to cut them. */
interface Draws { readonly cut: Cut; readonly n: number }

/** How to cut draws, as rows. */
const cutDraws = (nodes: readonly Tensor[], extents: Readonly<Record<string, number>>, budget: number, whole: Need): Draws | undefined =>
  cuts(nodes)
    .map((cut): Draws => ({ cut, n: together(cut.length, whole, budget) }))
    .find(({ cut, n }) => needOf(cut.piece(B.scalar(0, 'u32'), n), extents, budget).over < whole.over)

const sliceRows = (v: HostArray, from: number, to: number): HostArray => {
  const per = v.shape.slice(1).reduce((a, b) => a * b, 1)
  return { shape: [to - from, ...v.shape.slice(1)], data: v.data.subarray(from * per, to * per) as HostArray['data'] }
}

/** Lays pieces end to end along an axis. */
const join = (parts: readonly HostArray[], axis: number): HostArray => {
  const [first] = parts
  const shape = first.shape.map((n, i) => (i === axis ? parts.reduce((s, p) => s + p.shape[axis], 0) : n))
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1), inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const total = shape.reduce((a, b) => a * b, 1)
  const data = first.data instanceof Float32Array ? new Float32Array(total) : first.data instanceof Int32Array ? new Int32Array(total) : new Uint32Array(total)
  let at = 0
  for (const p of parts) {
    const span = p.shape[axis] * inner
    for (let o = 0; o < outer; o++) data.set(p.data.subarray(o * span, (o + 1) * span), o * shape[axis] * inner + at)
    at += span
  }
  return { shape, data }
}

// -----------------------------------------------------------------------------
// evaluate
// -----------------------------------------------------------------------------

/** Graphs in the phase of predicting, where no phase is given. */
const predicting = (inputs: Inputs) => (graphs: readonly Tensor[]): readonly Tensor[] =>
  replace(leavesOf(graphs).filter((l) => l.op === 'phase' && !Object.hasOwn(inputs, leafName(l) as string)).map((l) => [l, B.scalar(0)]))(graphs)

const stepOf = (nodes: readonly Tensor[], extents: Readonly<Record<string, number>>): StepFn =>
  ({ outputs: Object.fromEntries(nodes.map((t, i) => [String(i), t])), updates: {}, record: {}, extents })

const once = (nodes: readonly Tensor[], values: HostArrays, extents: Readonly<Record<string, number>>, where: Where): TaskEither<GelatoError, readonly HostArray[]> => {
  return pipe(
    openSession(stepOf(nodes, extents), values, where),
    TE.chain((s) => TE.bracket(
      TE.right(s),
      () => pipe(s.run(1), TE.chain(() => s.read(nodes.map((_, i) => String(i))))),
      () => TE.fromIO(() => { s.destroy() })
    )),
    TE.map((out) => nodes.map((_, i) => out[String(i)]))
  )
}

/** Runs the pieces through one session; the last piece, when it is shorter, through another. */
const inPieces = (nodes: readonly Tensor[], leaves: readonly Tensor[], values: HostArrays, extents: Readonly<Record<string, number>>, p: Pieces, where: Where): TaskEither<GelatoError, readonly HostArray[]> => async () => {
  const rowed = leaves.filter((l) => E.isRight(l.type) && Ext.bareSymbol(l.type.right.shape[0] ?? 0) === p.symbol).map((l) => leafName(l) as string)
  const names = nodes.map((_, i) => String(i))
  const parts: HostArray[][] = nodes.map(() => [])
  const at = (from: number, to: number): HostArrays => Object.fromEntries(rowed.map((k) => [k, sliceRows(values[k], from, to)]))
  const whole = Math.floor(p.rows / p.piece) * p.piece
  for (const [first, end, size] of [[0, whole, p.piece], [whole, p.rows, p.rows - whole]] as const) {
    if (end === first) continue
    const opened = await openSession(stepOf(nodes, { ...extents, [p.symbol]: size }), { ...values, ...at(first, first + size) }, where)()
    if (E.isLeft(opened)) return opened
    const session = opened.right
    try {
      for (let from = first; from < end; from += size) {
        if (from > first)
          for (const [k, v] of Object.entries(at(from, from + size))) {
            const written = await session.write(k, v)()
            if (E.isLeft(written)) return written
          }
        const ran = await session.run(1)()
        const got = E.isLeft(ran) ? ran : await session.read(names)()
        if (E.isLeft(got)) return got
        names.forEach((k, i) => parts[i].push(got.right[k]))
      }
    } finally {
      session.destroy()
    }
  }
  return E.right(parts.map((ps, i) => join(ps, p.axes[i])))
}

/** A name for the number of a piece's first draw. A piece of a piece has one of its own: both numbers count. */
const firstName = (values: HostArrays, n = 0): string => (Object.hasOwn(values, `evaluate.first.${n}`) ? firstName(values, n + 1) : `evaluate.first.${n}`)

/** Computes at once what fits, else in pieces of rows, else of draws, each of which may be cut again. */
const cutToFit = (nodes: readonly Tensor[], values: HostArrays, extents: Readonly<Record<string, number>>, budget: number, where: Where): TaskEither<GelatoError, readonly HostArray[]> => {
  const whole = needOf(nodes, extents, budget)
  if (whole.over === 0) return once(nodes, values, extents, where)
  const leaves = leavesOf(nodes), pieces = cutRows(nodes, leaves, extents, budget, whole)
  const draws = pieces?.need.over === 0 ? undefined : cutDraws(nodes, extents, budget, whole)
  if (draws === undefined) return pieces === undefined ? once(nodes, values, extents, where) : inPieces(nodes, leaves, values, extents, pieces, where)
  const { cut, n } = draws, name = firstName(values)
  const starts = Array.from({ length: Math.ceil(cut.length / n) }, (_, i) => i * n)
  return pipe(
    starts,
    TE.traverseSeqArray((from) => {
      const count = Math.min(n, cut.length - from), first = { shape: [], data: Uint32Array.of(from) }
      return cutToFit(cut.piece(B.leaf('input', name, [], 'u32'), count), { ...values, [name]: first }, extents, budget, where)
    }),
    TE.map((parts) => nodes.map((_, i) => join(parts.map((p) => p[i]), cut.axes[i])))
  )
}

/**
 * Values of graphs for values of their leaves (inputs, and sites in their own units) by
 * name: host arrays `{ shape, data }`, one a graph.
 *
 * Errors: the graphs' shape errors; `MissingInput`, `UnknownOption` for names; those of
 * the device.
 *
 * @example
 * const x = Tensor.input('x', [null])
 * const [y] = await orThrow(evaluate([Tensor.mul(2)(x)], { x: [1, 2, 3] }))   // => [2, 4, 6]
 */
export const evaluate = <const T extends readonly Tensor[]>(graphs: T, inputs: Inputs = {}, options: EvaluateOptions = {}): TaskEither<GelatoError, Each<T, HostArray>> =>
  computed(graphs, inputs, options) as TaskEither<GelatoError, Each<T, HostArray>>

const computed = (graphs: readonly Tensor[], inputs: Inputs, options: EvaluateOptions): TaskEither<GelatoError, readonly HostArray[]> => {
  const checked = checkOptions('evaluate', graphs, options)
  if (E.isLeft(checked)) return toTask(checked)
  if (graphs.length === 0) return TE.right([])
  if (typeof inputs !== 'object' || inputs === null)
    return TE.left(gelatoError('UnknownForm', ['evaluate'], shown(inputs), 'a record of values by the names of leaves', 'give { x: ... }'))
  const nodes = predicting(inputs)(graphs)
  const leaves = leavesOf(nodes)
  return pipe(
    toTask(decodeAll(leaves, inputs, options.seed ?? 0)),
    TE.chain((values) => {
      const extents = { ...extentsFrom(leaves, values), ...options.extents }
      const unbound = symbolsOf(nodes).find((s) => extents[s] === undefined)
      if (unbound !== undefined) return TE.left(gelatoError('UnboundExtent', ['evaluate'], `symbol '${unbound}'`, 'a number for every symbol', 'give the input whose shape holds it, or extents: { ... }'))
      const gpu = options.gpu
      if (gpu === 'reference') return once(nodes, values, extents, options)
      return pipe(
        deviceOf(gpu),
        TE.chain((d) => {
          const stable = stabilise(nodes)
          return cutToFit(stable, values, extents, Math.min(d.target.maxBindingBytes, d.target.maxBufferBytes, 2 ** 27, options.memory ?? Infinity) / HEADROOM, { ...options, gpu: d })
        })
      )
    })
  )
}
