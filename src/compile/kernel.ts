/**
 * Generated text: elementwise work over one or several roots, and reductions, with
 * everything inlined that feeds them, as pieces that `piece.ts` joins to kernels.
 *
 * Law: every output element is written in exactly one turn.
 */
import type { DType, Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import { constant, dynamic, expression } from './emit.ts'
import { emitter, index, scope } from './emitter.ts'
import type { Emitter } from './emitter.ts'
import { size, whole } from './extents.ts'
import type { Ix, Position } from './ix.ts'
import * as X from './ix.ts'
import { elementType, literal } from './lowerings.ts'
import { indent } from './piece.ts'
import type { Piece, Sink } from './piece.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a root's values go: its buffer from `offset` on, rows of a concatenation interleaved. */
export interface Store {
  readonly root: Tensor
  /** Target index for the root's linear index; identity when absent. */
  readonly place?: (linear: Ix) => Ix
  /** A row of the target that is known on the device only: `at` of `rows`, each `inner` long. */
  readonly row?: { readonly at: Tensor; readonly rows: number; readonly inner: number }
  /** Nothing may be written past the last element (it belongs to another part). */
  readonly exact?: boolean
}

// -----------------------------------------------------------------------------
// parts of pieces
// -----------------------------------------------------------------------------

const toStorage = (d: DType, text: string): string => (d === 'bool' ? `select(U(0u), U(1u), ${text})` : text)

/** Sinks of several stores; parts of one concatenation share its binding. */
export const sinksOf = (stores: readonly Store[], target: (t: Tensor) => Tensor, vector: boolean): readonly Sink[] => {
  const all: Sink[] = []
  return stores.map((s) => {
    const node = target(s.root), el = elementType(dtypeOf(s.root)), type = vector ? `array<vec4<${el}>>` : `array<${el}>`
    const known = all.find((x) => x.node === node && x.type === type)
    if (known !== undefined) return known
    const made = { node, name: `o${all.length}`, type }
    all.push(made)
    return made
  })
}

/** A word of a piece, by the name it has there. */
const word = (e: Emitter, n: number): string => `$${e.words.push(n) - 1}`

/** A piece of what was emitted. */
export const finished = (e: Emitter, sinks: readonly Sink[], lines: readonly string[], size: Pick<Piece, 'total' | 'step' | 'width' | 'volume'>, more: Partial<Pick<Piece, 'after' | 'lanes'>> = {}): Piece => ({
  lines, words: e.words, uses: [...e.uses.values()], sinks: [...new Set(sinks)], libraries: [...e.libraries], loads: e.loads, cost: e.cost - (more.after ?? 0), after: 0, lanes: 1, ...size, ...more
})

// -----------------------------------------------------------------------------
// elementwise kernels
// -----------------------------------------------------------------------------

/** Loads and cost of a root inlined at its own linear index: a dry run. */
export const inspect = (root: Tensor, isStored: (t: Tensor) => boolean): Pick<Emitter, 'loads' | 'cost'> => {
  const e = emitter({ width: 1, lane: 'i', isStored: (t) => t !== root && isStored(t) })
  const n = size(whole(root))
  expression(e, root, X.atLinear(whole(root), X.variable('i', Math.max(0, n - 1))))
  return e
}

/** The line that stores a root's value, at `i` where no other index is given; four numbers `apart` are stored one by one. */
export const storeLines = (e: Emitter, s: Store, name: string, value: string, width: 1 | 4, linear?: Ix, apart = false): string => {
  const n = size(whole(s.root))
  const i = linear ?? X.variable('i', Math.max(0, n - 1))
  const own = s.place === undefined ? i : s.place(i)
  const at = s.row === undefined ? own : X.plus(own, X.times(dynamic(e, s.row.at, X.atLinear([], X.num(0)), s.row.rows - 1), s.row.inner))
  const text = n === 1 && s.place === undefined ? '0u' : index(e, at), stored = toStorage(dtypeOf(s.root), value)
  if (width === 4 && apart) return `{ let all = ${stored}; ${[...'xyzw'].map((c, k) => `${name}[${text} + ${k}u] = all.${c};`).join(' ')} }`
  return `${name}[${width === 4 ? `(${text}) >> 2u` : text}] = ${stored};`
}

/** One piece for several roots of one size; a root used by another at the same position is taken from its register. */
export const elementwisePiece = (stores: readonly Store[], isStored: (t: Tensor) => boolean, target: (t: Tensor) => Tensor, widest: 1 | 4 = 4): Piece => {
  const n = size(whole(stores[0].root)), i = X.variable('i', n - 1)
  const attempt = (width: 1 | 4): { readonly piece: Piece; readonly ok: boolean } => {
    const roots = new Set(stores.map((s) => s.root))
    const e = emitter({ width, lane: 'i', isStored: (t) => isStored(t) && !roots.has(t) })
    e.words.push(n)
    const sinks = sinksOf(stores, target, width === 4)
    // All values are made before any is stored: a state may be read by one root and overwritten by another.
    const ends = stores.map((s, k) => {
      const v = expression(e, s.root, X.atLinear(whole(s.root), i))
      if (s.place !== undefined && width === 4 && X.motion(s.place(i), 'i') !== 'steps') e.scalarOnly = true
      e.held.set(s.root, { key: X.show(i), text: v.text, level: 0 })
      return storeLines(e, s, sinks[k].name, v.text, width)
    })
    const padded = stores.some((s) => s.place !== undefined || s.exact === true) && n % 4 !== 0
    return { piece: finished(e, sinks, [...e.scopes[0].lines, ...ends], { total: n, step: width, width, volume: n }), ok: !e.scalarOnly && !padded && n >= 4 }
  }
  const wide = widest === 4 ? attempt(4) : undefined
  return wide?.ok === true ? wide.piece : attempt(1).piece
}

// -----------------------------------------------------------------------------
// reductions
// -----------------------------------------------------------------------------

/** What vectors lie along, or that a subgroup's lanes share each result. */
type Mode = 'scalar' | 'results' | 'reduced' | 'lanes'

/** Adjacent axes of one kind as one; what is kept and of extent 1 stands between none. */
interface Group { readonly n: number; readonly reduced: boolean }

const groupsOf = (shape: readonly number[], axes: readonly number[]): readonly Group[] => {
  const out: Group[] = []
  shape.forEach((n, d) => {
    const reduced = axes.includes(d)
    if (n === 1 && !reduced) return
    const last = out[out.length - 1]
    if (last !== undefined && last.reduced === reduced) out[out.length - 1] = { n: last.n * n, reduced }
    else out.push({ n, reduced })
  })
  return out
}

/**
 * A reduction and what follows it elementwise (`after`, all at the result's position).
 * `stores` lists which of these nodes are kept. One invocation makes one result, or
 * four when vectors lie along the results; else vectors lie along the innermost
 * reduced stretch and are added up at the end; or, with `lanes`, a subgroup of so many
 * makes one result, its lanes neighbours along that stretch. Results `apart` are stored
 * one by one.
 */
export const reductionPiece = (
  t: Tensor, stores: readonly Store[], isStored: (t: Tensor) => boolean, target: (t: Tensor) => Tensor,
  { widest = 4, lanes = 1, apart = false }: { readonly widest?: 1 | 4; readonly lanes?: number; readonly apart?: boolean } = {}
): Piece => {
  const [a] = t.args, s = whole(a)
  const axes = normalAxes(t.attrs['axes'] as readonly number[], s.length) ?? []
  const groups = groupsOf(s, axes)
  const kept = groups.filter((g) => !g.reduced), inner = groups.filter((g) => g.reduced)
  const results = size(kept.map((g) => g.n))
  const dtype = dtypeOf(a), out = dtypeOf(t)
  const arg = t.op === 'argmax' || t.op === 'argmin'

  const attempt = (mode: Mode): { readonly piece: Piece; readonly ok: boolean } => {
    const width = mode === 'scalar' || mode === 'lanes' ? 1 : 4
    const lane = mode === 'reduced' ? `r${inner.length - 1}` : 'i'
    const stored = new Set(stores.map((x) => x.root))
    const e = emitter({ width, lane, isStored: (x) => isStored(x) && !stored.has(x) })
    e.words.push(results)
    const i = X.variable('i', Math.max(0, results - 1))
    const extents = inner.map((g) => word(e, g.n))
    inner.forEach((_, k) => e.levels.set(`r${k}`, k + 1))
    const vars = inner.map((g, k) => X.variable(`r${k}`, Math.max(0, g.n - 1)))
    const keptCoords = X.atLinear(kept.map((g) => g.n), i).coords()
    const position = (): Position => {
      let p = 0, q = 0
      const coords = groups.map((g) => (g.reduced ? vars[q++] : keptCoords[p++]))
      return X.atLinear(s, X.atCoords(groups.map((g) => g.n), coords).linear)
    }
    const outerLines = e.scopes[0].lines
    // Writes one nest of loops around `line(value)`; lines known outside are hoisted.
    const nest = (line: (v: string) => readonly string[]): void => {
      for (let k = 0; k < inner.length; k++) e.scopes.push(scope())
      const v = expression(e, a, position())
      const done = [...line(v.text)]
      e.scopes[e.scopes.length - 1].lines.push(...done)
      let text: readonly string[] = []
      for (let k = inner.length - 1; k >= 0; k--) {
        const scope = e.scopes.pop() as { lines: string[] }
        const last = k === inner.length - 1, step = !last ? 1 : mode === 'reduced' ? 4 : mode === 'lanes' ? lanes : 1
        text = [`for (var r${k} = ${last && mode === 'lanes' ? 'lane' : '0u'}; r${k} < ${extents[k]}; r${k} += ${step}u) {`, ...indent([...scope.lines, ...text]), '}']
      }
      outerLines.push(...text)
    }
    const result = reduceText(t.op, dtype, outerLines, nest, inner, vars, e, mode), reduced = e.cost
    const ends: string[] = []
    const sinks = sinksOf(stores, target, mode === 'results' && !apart)
    e.held.set(t, { key: X.show(X.variable('i', Math.max(0, results - 1))), text: result, level: 0 })
    if (mode === 'reduced') {
      // Vectors end with the sum: what follows is written by scalars.
      const late = emitter({ width: 1, lane: 'i', isStored: e.isStored, words: e.words, uses: e.uses })
      late.next = 100000
      late.held.set(t, { key: X.show(X.variable('i', Math.max(0, results - 1))), text: result, level: 0 })
      stores.forEach((x, k) => {
        const v = expression(late, x.root, X.atLinear(whole(x.root), i))
        ends.push(storeLines(late, x, sinks[k].name, v.text, 1))
        late.held.set(x.root, { key: X.show(i), text: v.text, level: 0 })
      })
      outerLines.push(...late.scopes[0].lines)
      late.libraries.forEach((l) => e.libraries.add(l))
      e.loads.push(...late.loads)
    } else
      stores.forEach((x, k) => {
        const v = x.root === t ? { text: result } : expression(e, x.root, X.atLinear(whole(x.root), i))
        ends.push(storeLines(e, x, sinks[k].name, v.text, width, undefined, apart))
        if (x.place !== undefined && width === 4 && X.motion(x.place(i), 'i') !== 'steps') e.scalarOnly = true
        e.held.set(x.root, { key: X.show(i), text: v.text, level: 0 })
      })
    const last = inner[inner.length - 1]?.n ?? 1
    const fits = mode === 'scalar' || mode === 'lanes' || (mode === 'results' ? results % 4 === 0 && !arg : last % 4 === 0 && last >= 8 && !arg && afterIsPlain(stores, t))
    return {
      piece: finished(e, sinks, [...outerLines, ...(mode === 'lanes' ? ['if (lane == 0u) {', ...indent(ends), '}'] : ends)], { total: results, step: mode === 'results' ? 4 : 1, width, volume: size(s) }, { after: e.cost - reduced, lanes: mode === 'lanes' ? lanes : 1 }),
      ok: fits && !e.scalarOnly && out !== 'bool'
    }
  }
  if (lanes > 1) return attempt('lanes').piece
  for (const mode of widest === 4 ? (['reduced', 'results'] as const) : []) {
    const tried = attempt(mode)
    if (tried.ok) return tried.piece
  }
  return attempt('scalar').piece
}

/** Reductions that a subgroup's lanes can share. */
const SHARED = ['sum', 'prod', 'reduceMax', 'reduceMin', 'logSumExp']

/** Do neighbouring lanes read neighbours, when so many of them share each result of a reduction? */
export const sharesLanes = (t: Tensor, lanes: number): boolean => {
  const s = whole(t.args[0]), axes = normalAxes(t.attrs['axes'] as readonly number[], s.length) ?? []
  const last = groupsOf(s, axes).at(-1)
  return SHARED.includes(t.op) && dtypeOf(t) !== 'bool' && last !== undefined && last.reduced && last.n >= lanes
}

/** Vector sums end in a scalar; what follows must not need the vector aliases. */
const afterIsPlain = (stores: readonly Store[], t: Tensor): boolean => stores.every((x) => x.root === t)

const reduceText = (
  op: Tensor['op'], dtype: DType, lines: string[], nest: (line: (v: string) => readonly string[]) => void,
  inner: readonly Group[], vars: readonly Ix[], e: Emitter, mode: Mode
): string => {
  const shared = (name: string, f: 'Add' | 'Mul' | 'Max' | 'Min'): void => { if (mode === 'lanes') lines.push(`${name} = subgroup${f}(${name});`) }
  const across = (f: (a: string, b: string) => string, v: string): string =>
    mode === 'reduced' ? f(f(`${v}.x`, `${v}.y`), f(`${v}.z`, `${v}.w`)) : v
  const start = (v: string): string => `var acc = ${v};`
  if (op === 'sum') {
    lines.push(start(literal(0, dtype)))
    nest((v) => [`acc += ${v};`])
    shared('acc', 'Add')
    return across((a, b) => `(${a} + ${b})`, 'acc')
  }
  if (op === 'prod') {
    lines.push(start(literal(1, dtype)))
    nest((v) => [`acc *= ${v};`])
    shared('acc', 'Mul')
    return across((a, b) => `(${a} * ${b})`, 'acc')
  }
  const lowest = dtype === 'u32' ? 0 : dtype === 'i32' ? -2147483648 : -3.4028234663852886e38
  const highest = dtype === 'u32' ? 4294967295 : dtype === 'i32' ? 2147483647 : 3.4028234663852886e38
  if (op === 'reduceMax' || op === 'reduceMin') {
    const f = op === 'reduceMax' ? 'max' : 'min', worst = op === 'reduceMax' ? -Infinity : Infinity
    lines.push(start(dtype === 'f32' ? constant(e, worst, dtype).text : literal(op === 'reduceMax' ? lowest : highest, dtype)))
    nest((v) => [`acc = ${f}(acc, ${v});`])
    shared('acc', op === 'reduceMax' ? 'Max' : 'Min')
    return across((a, b) => `${f}(${a}, ${b})`, 'acc')
  }
  if (op === 'logSumExp') {
    e.libraries.add('explog')
    // Where all is -infinity, top is the lowest number, and twice that is -infinity; where one is infinity, the sum is no number.
    lines.push(start(literal(lowest, 'f32')))
    nest((v) => [`acc = max(acc, ${v});`])
    shared('acc', 'Max')
    lines.push(`let top = ${across((a, b) => `max(${a}, ${b})`, 'acc')};`, `var total = ${literal(0, 'f32')};`)
    nest((v) => [`total += f_exp(${v} - ${mode === 'reduced' ? 'F(top)' : 'top'});`])
    shared('total', 'Add')
    if (mode === 'reduced') {
      e.libraries.add('explog')
      lines.push(`let whole_sum = ${across((a, b) => `(${a} + ${b})`, 'total')};`)
      return '(top + select(top, log_1(whole_sum), whole_sum > 0.0))'
    }
    return '(top + select(top, f_log(total), total > F(0.0)))'
  }
  // argmax, argmin: the first of the best in C order of the reduced stretches.
  const better = op === 'argmax' ? '>' : '<'
  const first = dtype === 'f32' ? constant(e, op === 'argmax' ? -Infinity : Infinity, dtype).text : literal(op === 'argmax' ? lowest : highest, dtype)
  lines.push(`var best = ${first};`, `var at = I(0);`)
  nest((v) => {
    const number = X.atCoords(inner.map((g) => g.n), vars).linear
    return [`if (${v} ${better} best) { best = ${v}; at = I(${index(e, number)}); }`]
  })
  return 'at'
}
