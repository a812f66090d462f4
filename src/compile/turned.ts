/**
 * Elementwise work across the grain: loads that run along another axis than the results
 * do, as a transpose's. Four results at a time need four numbers that lie apart. Where
 * they lie in order along another axis, an invocation makes 4 x 4 results: it reads four
 * vectors along that axis and turns them in registers. Elsewhere it reads four numbers one
 * by one (`gathered`), which still saves three of four stores and walks. Neighbours among
 * invocations walk along that axis first, so that both sides use whole cache lines.
 *
 * On llvmpipe a copied 1024 x 1024 transpose takes 15 to 20 ms of CPU one by one, 5.5 to
 * 7 gathered and 3.5 to 5 turned, however long the rows: a walk (of 8 lanes) costs 150 ns
 * whatever it does. The order alone changes nothing there one by one; gathered against the
 * grain at a pitch of 4 KB takes twice as long.
 *
 * Law: every result is written in exactly one turn.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { isPacked } from './buffers.ts'
import { expression } from './emit.ts'
import { emitter, index, scope, use } from './emitter.ts'
import type { Emitter, Load } from './emitter.ts'
import { gcd, size, whole } from './extents.ts'
import type { Ix } from './ix.ts'
import * as X from './ix.ts'
import { finished, sinksOf, storeLines } from './kernel.ts'
import type { Store } from './kernel.ts'
import { alias } from './lowerings.ts'
import { WORKGROUP, indent } from './piece.ts'
import type { Piece } from './piece.ts'
import type { Target } from './program.ts'

/** Results below which a text of its own (60 ms more to compile on llvmpipe) isn't worth .7 ms a step. */
export const MANY = 65_536

// -----------------------------------------------------------------------------
// indices over rows
// -----------------------------------------------------------------------------

/** g * u + v with 0 <= v < g, for the largest g that divides n; undefined where there is none but 1. */
const factored = (a: Ix, n: number): { readonly g: number; readonly u: Ix; readonly v: Ix } | undefined =>
  [...new Set(a.terms.map((t) => gcd(t.coef, n)))].filter((g) => g > 1).sort((x, y) => y - x).map((g) => {
    const below = ((a.constant % g) + g) % g
    const u = { constant: (a.constant - below) / g, terms: a.terms.filter((t) => t.coef % g === 0).map((t) => ({ ...t, coef: t.coef / g })) }
    return { g, u, v: { constant: below, terms: a.terms.filter((t) => t.coef % g !== 0) } }
  }).find(({ g, v }) => X.least(v) >= 0 && X.most(v) < g)

/** Parts of one number that were taken apart by quotient and remainder, together again. */
const joined = (a: Ix): Ix => {
  for (const t of a.terms) {
    const { atom, coef } = t
    if (atom._tag !== 'Mod') continue
    for (const o of a.terms) {
      if (o.coef !== coef * atom.by || o.atom._tag === 'Var') continue
      const both = o.atom._tag === 'Div'
        ? o.atom.by === atom.by && X.isSame(o.atom.of, atom.of) ? atom.of : undefined
        : X.isSame(o.atom.of, X.divide(atom.of, atom.by)) ? X.modulo(atom.of, atom.by * o.atom.by) : undefined
      if (both !== undefined) return joined(X.plus({ ...a, terms: a.terms.filter((x) => x !== t && x !== o) }, X.times(both, coef)))
    }
  }
  return a
}

/** The same index with fewer quotients: common factors cancelled, neighbouring axes as one. */
const simple = (a: Ix): Ix =>
  joined(a.terms.reduce((sum, { coef, atom }) => {
    if (atom._tag === 'Var') return X.plus(sum, X.times({ constant: 0, terms: [{ coef: 1, atom }] }, coef))
    const of = simple(atom.of), f = factored(of, atom.by)
    const value = f === undefined
      ? (atom._tag === 'Div' ? X.divide(of, atom.by) : X.modulo(of, atom.by))
      : atom._tag === 'Div' ? X.divide(f.u, atom.by / f.g) : X.plus(X.times(X.modulo(f.u, atom.by / f.g), f.g), f.v)
    return X.plus(sum, X.times(value, coef))
  }, X.num(a.constant)))

/** Elements between the four numbers of a vector along `lane`, when they are the same between all. */
const strideOf = (a: Ix, lane: string): number | undefined =>
  a.terms.reduce((sum: number | undefined, { coef, atom }) => {
    const moves = atom._tag === 'Var' ? (atom.key === lane ? 'steps' : 'still') : X.motion(atom.of, lane)
    if (sum === undefined || moves === 'still') return sum
    if (moves === 'jumps' || (atom._tag !== 'Var' && atom.by % 4 !== 0)) return undefined
    return atom._tag === 'Div' ? sum : sum + coef
  }, 0)

/** Does it run in order along `key`, for 16 numbers and more? */
const runs = (a: Ix, key: string): boolean =>
  a.terms.some(({ coef, atom }) => coef === 1 && (atom._tag === 'Var' ? atom.key === key : atom._tag === 'Mod' && atom.by >= 16 && X.isVariable(atom.of, key)))

/** Is it known before anything is read? */
const isStatic = (a: Ix): boolean => a.terms.every(({ atom }) => (atom._tag === 'Var' ? atom.key === 'x' || atom.key === 'y' : isStatic(atom.of)))

/** Divisors of `i` alone. */
const rowLengths = (a: Ix): readonly number[] =>
  a.terms.flatMap(({ atom }) => (atom._tag === 'Var' ? [] : [...(atom._tag === 'Div' && X.isVariable(atom.of, 'i') ? [atom.by] : []), ...rowLengths(atom.of)]))

// -----------------------------------------------------------------------------
// ways
// -----------------------------------------------------------------------------

/** How the results are gone through: rows of `length`, so many `high` at once. */
interface Way { readonly length: number; readonly rows: number; readonly high: 1 | 4 }

/** A load that neither steps nor stands still: its index at the first of four results, and their distance, or the index at each. */
interface Across { readonly node: Tensor; readonly key: string; readonly ix: readonly Ix[]; readonly apart: number | undefined; readonly turns: boolean }

/** Values of the stores' roots at an index. */
const values = (e: Emitter, stores: readonly Store[], at: Ix): readonly string[] =>
  stores.map(({ root }) => {
    const v = expression(e, root, X.atLinear(whole(root), at))
    e.held.set(root, { key: X.show(at), text: v.text, level: v.level })
    return v.text
  })

/** The index of the results in row `y`, from column `x`. */
const atRow = (y: string, w: Pick<Way, 'length' | 'rows'>): Ix => X.plus(X.times(X.variable(y, w.rows - 1), w.length), X.variable('x', w.length - 1))

/** What has to be read apart, turned vectors counted from row `from`; undefined where that can't be. */
const acrossOf = (dry: (at: Ix, lane: string) => readonly Load[], w: Way, from: string): readonly Across[] | undefined => {
  const [here, ...others] = [0, 1, 2, 3].map((l) => dry(X.plus(atRow('y', w), X.num(l)), 'x')), first = dry(atRow(from, w), 'x')
  // Equal places are read once: should more be equal here than there, the reads can't be told apart by their order.
  if ([...others, first].some((o) => o.length !== here.length || o.some((l, k) => l.node !== here[k].node))) return undefined
  const all = here.flatMap(({ node, ix }, k): readonly Across[] => {
    if (X.motion(ix, 'x') !== 'jumps') return []
    const own = simple(ix), apart = strideOf(own, 'x')
    const turns = w.high === 4 && apart !== undefined && apart % 4 === 0 && X.motion(own, 'y') === 'steps'
    return [{ node, key: X.show(ix), ix: turns ? [simple(first[k].ix)] : apart === undefined ? [own, ...others.map((o) => simple(o[k].ix))] : [own], apart, turns }]
  })
  const once = all.filter((a, k) => all.findIndex((b) => b.node === a.node && b.key === a.key) === k)
  // A register can be held for one place of a node only, and bytes are taken out of words one by one. Indices that
  // are read have other names in a dry run.
  return once.some((a) => isPacked(a.node)) || !here.every((l) => X.motion(l.ix, 'x') !== 'jumps' || isStatic(l.ix)) || new Set(once.map((a) => a.node)).size < once.length ? undefined : once
}

/** Rows of a workgroup's block of invocations: as few as possible lie past an end, and of those the best for the target. */
const downOf = (columns: number, rows: number, target: Target): number => {
  const best = target.kind === 'software' ? [64, 32, 16, 8, 4, 2, 1] : [8, 16, 4, 32, 2, 64, 1]
  const padded = (n: number, by: number): number => (Math.ceil(n / by) * by) / n
  const waste = (down: number): number => padded(rows, down) * padded(columns, WORKGROUP / down)
  const least = Math.min(...best.map(waste))
  return best.find((d) => waste(d) <= 1.15 * least) ?? 1
}

// -----------------------------------------------------------------------------
// pieces
// -----------------------------------------------------------------------------

/** The piece of such work; undefined where all loads go with the grain, or some can't be read by fours. */
export const turnedPiece = (stores: readonly Store[], isStored: (t: Tensor) => boolean, targetOf: (t: Tensor) => Tensor, target: Target): Piece | undefined => {
  const n = size(whole(stores[0].root))
  if (n < MANY || n % 4 !== 0) return undefined
  const roots = new Set(stores.map((s) => s.root))
  const made = (lane: string): Emitter => emitter({ width: 4, lane, isStored: (t) => isStored(t) && !roots.has(t) })
  const dry = (at: Ix, lane: string): readonly Load[] => {
    const e = made(lane)
    values(e, stores, at)
    return e.loads
  }
  const across = dry(X.variable('i', n - 1), 'i').filter((l) => X.motion(l.ix, 'i') === 'jumps')
  if (across.length === 0) return undefined
  const lengths = [...new Set(across.flatMap((l) => rowLengths(l.ix)))].filter((c) => c < n && c % 4 === 0 && n % c === 0).sort((a, b) => a - b)
  const ways = [
    ...lengths.filter((c) => (n / c) % 4 === 0).map((length): Way => ({ length, rows: n / length, high: 4 })),
    ...lengths.map((length): Way => ({ length, rows: n / length, high: 1 })),
    // With the grain; a GPU reads neighbours by neighbours better.
    ...(target.kind === 'software' ? [{ length: n, rows: 1, high: 1 } as const] : [])
  ]
  for (const way of ways) {
    const from = way.high === 4 ? 'y0' : 'y'
    const found = acrossOf(dry, way, from)
    if (found === undefined || (way.high === 4 ? !found.some((a) => a.turns) : way.rows > 1 && !found.some((a) => runs(a.ix[0], 'y')))) continue
    const piece = pieceOf(stores, targetOf, made('x'), way, found, target)
    if (piece !== undefined) return piece
  }
  return undefined
}

const pieceOf = (stores: readonly Store[], targetOf: (t: Tensor) => Tensor, e: Emitter, way: Way, across: readonly Across[], target: Target): Piece | undefined => {
  const { length, rows, high } = way, n = length * rows
  const columns = length / 4, down = downOf(columns, rows / high, target), wide = WORKGROUP / down, tiles = Math.ceil(columns / wide), total = tiles * Math.ceil(rows / high / down) * WORKGROUP
  const word = (k: number): string => `$${e.words.push(k >>> 0) - 1}`
  word(total)
  const outer = e.scopes[0].lines, block = X.variable('block', total / WORKGROUP - 1)
  const last = word(wide - 1), shift = word(Math.log2(wide))
  outer.push(`let block = i / ${WORKGROUP}u;`)
  const x = index(e, X.modulo(block, tiles)), y = index(e, X.divide(block, tiles))
  outer.push(
    `let x = (${x} * (${last} + 1u) + (i & ${last})) * 4u;`,
    `let ${high === 4 ? 'y0' : 'y'} = (${y} * ${word(down)} + ((i % ${WORKGROUP}u) >> ${shift}))${high === 4 ? ' * 4u' : ''};`,
    `if (x >= ${word(length)} || ${high === 4 ? 'y0' : 'y'} >= ${word(rows)}) { return; }`
  )
  if (high === 4) {
    e.levels.set('y', 1)
    e.scopes.push(scope())
  }
  const held = (a: Across, k: number, text: string): void => {
    const name = `g${k}`, d = dtypeOf(a.node)
    e.scopes[e.scopes.length - 1].lines.push(`let ${name} = ${d === 'bool' ? `(${text} != U(0u))` : text};`)
    e.held.set(a.node, { key: a.key, text: name, level: e.scopes.length - 1 })
    e.cost += 6
  }
  const reading: string[] = [], turning: string[] = []
  across.forEach((a, k) => {
    const d = dtypeOf(a.node), kind = d === 'bool' ? 'U' : alias(d), name = use(e, a.node, a.turns), [base, ...next] = a.ix.map((ix) => index(e, ix))
    const apart = a.apart === undefined ? '' : word(a.apart)
    if (!a.turns) {
      const at = [base, ...(a.apart === undefined ? next : [`${base} + ${apart}`, ...[2, 3].map((l) => `${base} + ${l}u * ${apart}`)])]
      return held(a, k, `${kind}(${at.map((l) => `${name}[${l}]`).join(', ')})`)
    }
    const parts = [0, 1, 2, 3].map((l) => `g${k}_${l}`)
    outer.push(...parts.map((p) => `var ${p}: ${kind};`))
    reading.push(...parts.slice(1).map((p, l) => `${parts[l]} = ${p};`), `${parts[3]} = ${name}[(${base} + l * ${apart}) >> 2u];`)
    turning.push(...parts.map((p) => `${p} = ${p}.yzwx;`))
    held(a, k, `${kind}(${parts.map((p) => `${p}.x`).join(', ')})`)
  })
  // By a word on llvmpipe: loops of a known length are written out, and loads and stores take long to compile.
  const four = high === 1 ? '' : target.kind === 'software' ? word(4) : '4u'
  if (high === 4) outer.push(`for (var l = 0u; l < ${four}; l++) {`, ...indent(reading), '}')
  const at = atRow('y', way), sinks = sinksOf(stores, targetOf, true)
  const texts = values(e, stores, at)
  const ends = stores.map((s, k) => {
    if (s.place !== undefined && X.motion(s.place(at), 'x') !== 'steps') e.scalarOnly = true
    return storeLines(e, s, sinks[k].name, texts[k], 4, at)
  })
  if (e.scalarOnly) return undefined
  const inner = high === 4 ? (e.scopes.pop() as { lines: string[] }).lines : []
  const lines = high === 4
    ? [...outer, `for (var r = 0u; r < ${four}; r++) {`, ...indent(['let y = y0 + r;', ...inner, ...ends, ...turning]), '}']
    : [...outer, ...ends]
  return finished(e, sinks, lines, { total, step: 1, width: 4, volume: n })
}
