/**
 * Generated kernels: elementwise work over one or several roots, and reductions, with
 * everything inlined that feeds them. Each gives the WGSL body, how its bindings map to
 * nodes, and its uniform words.
 *
 * Law: every output element is written by exactly one invocation.
 */
import type { DType, Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { normalAxes } from '../tensor/rule.ts'
import type { Emitter, Use } from './emit.ts'
import { emitter, expression, index } from './emit.ts'
import type { Ix, Position } from './ix.ts'
import * as X from './ix.ts'
import { alias, literal } from './lowerings.ts'
import type { Access } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a root's values go: its buffer from `offset` on, rows of a concatenation interleaved. */
export interface Store {
  readonly root: Tensor
  /** Target index for the root's linear index; identity when absent. */
  readonly place?: (linear: Ix) => Ix
  /** Nothing may be written past the last element (it belongs to another part). */
  readonly exact?: boolean
}

/** A kernel's text before linking. */
export interface Body {
  readonly text: string
  readonly libraries: readonly string[]
  readonly width: 1 | 4
  /** Bindings 1..n: the node whose buffer is bound, and how. */
  readonly bindings: readonly { readonly node: Tensor; readonly access: Access }[]
  readonly words: readonly number[]
  /** Elements each invocation steps over, for the grid. */
  readonly items: number
  readonly cost: number
}

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
/** How a buffer's elements are written in WGSL. */
export const elementType = (d: DType): string => (d === 'f32' ? 'f32' : d === 'i32' ? 'i32' : 'u32')
const WORKGROUP = 64

// -----------------------------------------------------------------------------
// assembling
// -----------------------------------------------------------------------------

const toStorage = (d: DType, text: string): string => (d === 'bool' ? `select(U(0u), U(1u), ${text})` : text)

/** A buffer that is written. */
export interface Sink { readonly node: Tensor; readonly name: string; readonly type: string }

/** What the pieces of one dispatch have in common, piece after piece. */
export interface Shared {
  readonly words: readonly number[]
  readonly uses: ReadonlyMap<string, Use>
  readonly sinks: readonly Sink[]
}

/** The work of one unit: lines over `gid`, the state after them, and the invocations it needs. */
export interface Piece {
  readonly lines: readonly string[]
  readonly shared: Shared
  readonly libraries: readonly string[]
  /** What the aliases of the linked text mean. */
  readonly width: 1 | 4
  readonly items: number
  readonly cost: number
}

/** Nothing shared yet. The first two words are the first piece's count and the grid's width. */
export const alone: Shared = { words: [], uses: new Map(), sinks: [] }

/** Sinks of several stores; parts of one concatenation share its binding. */
const sinksOf = (stores: readonly Store[], target: (t: Tensor) => Tensor, vector: boolean, before: readonly Sink[]): readonly Sink[] => {
  const all = [...before]
  return stores.map((s) => {
    const node = target(s.root), el = elementType(dtypeOf(s.root)), type = vector ? `array<vec4<${el}>>` : `array<${el}>`
    const known = all.find((x) => x.node === node && x.type === type)
    if (known !== undefined) return known
    const made = { node, name: `o${all.length}`, type }
    all.push(made)
    return made
  })
}

/** A word of the uniform block. */
const wordAt = (k: number): string => `p.v[${k >> 2}].${'xyzw'[k & 3]}`

/** Puts the count of a piece among the words, and the grid's width beside the first. */
const counted = (e: Emitter, n: number): string => {
  const at = e.words.push(n) - 1
  if (at === 0) e.words.push(0)
  return wordAt(at)
}

const piece = (e: Emitter, before: Shared, sinks: readonly Sink[], lines: readonly string[], total: number, step: 1 | 4, width: 1 | 4): Piece => ({
  lines, libraries: [...e.libraries], width, items: Math.ceil(total / step), cost: e.cost,
  shared: { words: e.words, uses: e.uses, sinks: [...new Set([...before.sinks, ...sinks])] }
})

/**
 * One kernel of one or several pieces: each has a stretch of the workgroups to itself, so
 * pieces must not wait for each other.
 */
export const assemble = (pieces: readonly Piece[]): Body => {
  const { words, uses: all, sinks } = pieces[pieces.length - 1].shared
  // A buffer that is read and written in one kernel has one binding: the written one.
  const written = new Map(sinks.map((s) => [s.node, s]))
  const uses = [...all.values()]
  const reads = uses.filter((u) => !written.has(u.node))
  const renamed = uses.filter((u) => written.has(u.node))
  const numbers = [...words]
  const groups = pieces.map((x) => Math.ceil(x.items / WORKGROUP))
  const ends = groups.slice(0, -1).map((_, k) => wordAt(numbers.push(groups.slice(0, k + 1).reduce((a, b) => a + b, 0)) - 1))
  const flat = 'wid.x + wid.y * p.v[0].y'
  const lines = pieces.length === 1
    ? [`let gid = (${flat}) * ${WORKGROUP}u + lid;`, ...pieces[0].lines]
    : [
        `let group = ${flat};`,
        ...pieces.flatMap((x, k) => [
          `${k === 0 ? '' : '} else '}${k < ends.length ? `if (group < ${ends[k]}) ` : ''}{`,
          ...indent([`let gid = (group${k === 0 ? '' : ` - ${ends[k - 1]}`}) * ${WORKGROUP}u + lid;`, ...x.lines])
        ]),
        '}'
      ]
  let body = indent(lines).join('\n')
  for (const u of renamed) body = body.replaceAll(new RegExp(`\\b${u.name}\\[`, 'g'), `${(written.get(u.node) as Sink).name}[`)
  const declare = [
    ...reads.map((u, i) => `@group(0) @binding(${i + 1}) var<storage, read> ${u.name}: ${u.type};`),
    ...sinks.map((s, i) => `@group(0) @binding(${reads.length + i + 1}) var<storage, read_write> ${s.name}: ${s.type};`)
  ]
  const libraries = [...new Set(pieces.flatMap((x) => x.libraries))]
  const text = [
    `// uses: ${[...libraries].sort().join(', ')}`,
    `struct Params { v: array<vec4<u32>, ${Math.max(1, Math.ceil(numbers.length / 4))}> }`,
    '@group(0) @binding(0) var<uniform> p: Params;',
    ...declare,
    `@compute @workgroup_size(${WORKGROUP})`,
    'fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {',
    body,
    '}'
  ].join('\n')
  return {
    text, libraries, width: pieces[0].width, cost: pieces.reduce((n, x) => n + x.cost, 0),
    bindings: [...reads.map((u) => ({ node: u.node, access: 'read' as const })), ...sinks.map((s) => ({ node: s.node, access: 'write' as const }))],
    words: numbers, items: pieces.length === 1 ? pieces[0].items : groups.reduce((a, b) => a + b, 0) * WORKGROUP
  }
}

/** Lines one level deeper. */
export const indent = (lines: readonly string[]): readonly string[] => lines.map((l) => `  ${l}`)

// -----------------------------------------------------------------------------
// elementwise kernels
// -----------------------------------------------------------------------------

/** Loads and cost of a root inlined at its own linear index: a dry run. */
export const inspect = (root: Tensor, isStored: (t: Tensor) => boolean, held: readonly Tensor[] = []): Pick<Emitter, 'loads' | 'cost'> => {
  const e = emitter({ width: 1, lane: 'i', isStored: (t) => t !== root && isStored(t) })
  hold(e, held)
  const n = size(whole(root))
  expression(e, root, X.atLinear(whole(root), X.variable('i', Math.max(0, n - 1))))
  return e
}

/** Marks nodes as being in registers at the identity position. */
const hold = (e: Emitter, nodes: readonly Tensor[], text: (i: number) => string = (i) => `h${i}`): void => {
  nodes.forEach((t, i) => e.held.set(t, { key: X.show(X.variable('i', Math.max(0, size(whole(t)) - 1))), text: text(i), level: 0 }))
}

/** The line that stores a root's value. */
export const storeLines = (e: Emitter, s: Store, name: string, value: string, width: 1 | 4): string => {
  const n = size(whole(s.root))
  const i = X.variable('i', Math.max(0, n - 1))
  const at = s.place === undefined ? i : s.place(i)
  const text = n === 1 && s.place === undefined ? '0u' : index(e, at)
  return `${name}[${width === 4 ? `(${text}) >> 2u` : text}] = ${toStorage(dtypeOf(s.root), value)};`
}

/**
 * One kernel for several roots. Roots of different sizes (only tiny ones) are guarded
 * one by one; a root used by another at the same position is taken from its register.
 */
export const elementwisePiece = (stores: readonly Store[], isStored: (t: Tensor) => boolean, target: (t: Tensor) => Tensor, before: Shared = alone): Piece => {
  const attempt = (width: 1 | 4): { readonly piece: Piece; readonly ok: boolean } => {
    const roots = new Set(stores.map((s) => s.root))
    const e = emitter({ width, lane: 'i', isStored: (t) => isStored(t) && !roots.has(t), words: [...before.words], uses: new Map(before.uses) })
    const sizes = stores.map((s) => size(whole(s.root)))
    const most = Math.max(...sizes)
    const uniform = sizes.every((n) => n === most)
    const main: string[] = [`let i = gid${width === 4 ? ' * 4u' : ''};`, `if (i >= ${counted(e, most)}) { return; }`]
    const sinks = sinksOf(stores, target, width === 4, before.sinks)
    const ends: string[] = []
    stores.forEach((s, k) => {
      if (!uniform) e.scopes[0] = { lines: [], temps: new Map() }
      const n = sizes[k]
      const v = expression(e, s.root, X.atLinear(whole(s.root), X.variable('i', n - 1)))
      if (s.place !== undefined && width === 4 && X.motion(s.place(X.variable('i', n - 1)), 'i') !== 'steps') e.scalarOnly = true
      if (uniform) {
        ends.push(storeLines(e, s, sinks[k].name, v.text, width))
        e.held.set(s.root, { key: X.show(X.variable('i', n - 1)), text: v.text, level: 0 })
      } else {
        // All values are made before any is stored: a state may be read by one root and overwritten by another.
        const k2 = e.words.push(n) - 1
        const guard = `if (i < ${wordAt(k2)}) {`
        const d = dtypeOf(s.root)
        main.push(`var v${k}: ${alias(d)};`, guard, ...indent([...e.scopes[0].lines, `v${k} = ${v.text};`]), '}')
        e.scopes[0] = { lines: [], temps: new Map() }
        const store = storeLines(e, s, sinks[k].name, `v${k}`, width)
        ends.push(guard, ...indent([...e.scopes[0].lines, store]), '}')
      }
    })
    main.push(...(uniform ? e.scopes[0].lines : []), ...ends)
    const padded = stores.some((s) => (s.place !== undefined || s.exact === true) && size(whole(s.root)) % 4 !== 0)
    return { piece: piece(e, before, sinks, main, most, width, width), ok: !e.scalarOnly && uniform && !padded && most >= 4 }
  }
  const wide = attempt(4)
  return wide.ok ? wide.piece : attempt(1).piece
}

// -----------------------------------------------------------------------------
// reductions
// -----------------------------------------------------------------------------

/** Adjacent axes of one kind as one: [extent, reduced?], with the shape to split positions back. */
interface Group { readonly n: number; readonly reduced: boolean }

const groupsOf = (shape: readonly number[], axes: readonly number[]): readonly Group[] => {
  const out: Group[] = []
  shape.forEach((n, d) => {
    const reduced = axes.includes(d)
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
 * reduced stretch and are added up at the end.
 */
export const reductionPiece = (t: Tensor, stores: readonly Store[], isStored: (t: Tensor) => boolean, target: (t: Tensor) => Tensor, before: Shared = alone): Piece => {
  const [a] = t.args, s = whole(a)
  const axes = normalAxes(t.attrs['axes'] as readonly number[], s.length) ?? []
  const groups = groupsOf(s, axes)
  const kept = groups.filter((g) => !g.reduced), inner = groups.filter((g) => g.reduced)
  const results = size(kept.map((g) => g.n))
  const dtype = dtypeOf(a), out = dtypeOf(t)
  const arg = t.op === 'argmax' || t.op === 'argmin'

  const attempt = (mode: 'scalar' | 'results' | 'reduced'): { readonly piece: Piece; readonly ok: boolean } => {
    const width = mode === 'scalar' ? 1 : 4
    const lane = mode === 'reduced' ? `r${inner.length - 1}` : 'i'
    const stored = new Set(stores.map((x) => x.root))
    const e = emitter({ width, lane, isStored: (x) => isStored(x) && !stored.has(x), words: [...before.words], uses: new Map(before.uses) })
    const count = counted(e, results)
    const i = X.variable('i', Math.max(0, results - 1))
    const extents = inner.map((g) => wordAt(e.words.push(g.n) - 1))
    inner.forEach((_, k) => e.levels.set(`r${k}`, k + 1))
    const vars = inner.map((g, k) => X.variable(`r${k}`, Math.max(0, g.n - 1)))
    const keptCoords = X.atLinear(kept.map((g) => g.n), i).coords()
    const position = (): Position => {
      let p = 0, q = 0
      const coords = groups.map((g) => (g.reduced ? vars[q++] : keptCoords[p++]))
      return X.atLinear(s, X.atCoords(groups.map((g) => g.n), coords).linear)
    }
    const T = arg ? alias(dtype) : alias(dtype)
    const main: string[] = [`let i = gid${mode === 'results' ? ' * 4u' : ''};`, `if (i >= ${count}) { return; }`]
    const outerLines = e.scopes[0].lines
    // Writes one nest of loops around `line(value)`; lines known outside are hoisted.
    const nest = (line: (v: string) => readonly string[]): void => {
      for (let k = 0; k < inner.length; k++) e.scopes.push({ lines: [], temps: new Map() })
      const v = expression(e, a, position())
      const done = [...line(v.text)]
      e.scopes[e.scopes.length - 1].lines.push(...done)
      let text: readonly string[] = []
      for (let k = inner.length - 1; k >= 0; k--) {
        const scope = e.scopes.pop() as { lines: string[] }
        const step = mode === 'reduced' && k === inner.length - 1 ? 4 : 1
        text = [`for (var r${k} = 0u; r${k} < ${extents[k]}; r${k} += ${step}u) {`, ...indent([...scope.lines, ...text]), '}']
      }
      outerLines.push(...text)
    }
    const result = reduceText(t.op, T, dtype, outerLines, nest, inner, vars, e, mode)
    const ends: string[] = []
    const sinks = sinksOf(stores, target, mode === 'results', before.sinks)
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
    } else
      stores.forEach((x, k) => {
        const v = x.root === t ? { text: result } : expression(e, x.root, X.atLinear(whole(x.root), i))
        ends.push(storeLines(e, x, sinks[k].name, v.text, width))
        if (x.place !== undefined && width === 4 && X.motion(x.place(i), 'i') !== 'steps') e.scalarOnly = true
        e.held.set(x.root, { key: X.show(i), text: v.text, level: 0 })
      })
    const last = inner[inner.length - 1]?.n ?? 1
    const fits = mode === 'scalar' || (mode === 'results' ? results % 4 === 0 && !arg : last % 4 === 0 && last >= 8 && !arg && afterIsPlain(stores, t))
    return {
      piece: piece(e, before, sinks, [...main, ...outerLines, ...ends], results, mode === 'results' ? 4 : 1, width),
      ok: fits && !e.scalarOnly && out !== 'bool'
    }
  }
  for (const mode of ['reduced', 'results'] as const) {
    const tried = attempt(mode)
    if (tried.ok) return tried.piece
  }
  return attempt('scalar').piece
}

/** Vector sums end in a scalar; what follows must not need the vector aliases. */
const afterIsPlain = (stores: readonly Store[], t: Tensor): boolean => stores.every((x) => x.root === t)

const reduceText = (
  op: Tensor['op'], T: string, dtype: DType, lines: string[], nest: (line: (v: string) => readonly string[]) => void,
  inner: readonly Group[], vars: readonly Ix[], e: Emitter, mode: 'scalar' | 'results' | 'reduced'
): string => {
  const across = (f: (a: string, b: string) => string, v: string): string =>
    mode === 'reduced' ? f(f(`${v}.x`, `${v}.y`), f(`${v}.z`, `${v}.w`)) : v
  const start = (v: string): string => `var acc = ${v};`
  if (op === 'sum') {
    lines.push(start(literal(0, dtype)))
    nest((v) => [`acc += ${v};`])
    return across((a, b) => `(${a} + ${b})`, 'acc')
  }
  if (op === 'prod') {
    lines.push(start(literal(1, dtype)))
    nest((v) => [`acc *= ${v};`])
    return across((a, b) => `(${a} * ${b})`, 'acc')
  }
  const lowest = dtype === 'u32' ? 0 : dtype === 'i32' ? -2147483648 : -3.4028234663852886e38
  const highest = dtype === 'u32' ? 4294967295 : dtype === 'i32' ? 2147483647 : 3.4028234663852886e38
  if (op === 'reduceMax' || op === 'reduceMin') {
    const f = op === 'reduceMax' ? 'max' : 'min'
    lines.push(start(literal(op === 'reduceMax' ? lowest : highest, dtype)))
    nest((v) => [`acc = ${f}(acc, ${v});`])
    return across((a, b) => `${f}(${a}, ${b})`, 'acc')
  }
  if (op === 'logSumExp') {
    e.libraries.add('explog')
    lines.push(start(literal(lowest, 'f32')))
    nest((v) => [`acc = max(acc, ${v});`])
    lines.push(`let top = ${across((a, b) => `max(${a}, ${b})`, 'acc')};`, `var total = ${literal(0, 'f32')};`)
    nest((v) => [`total += f_exp(${v} - ${mode === 'reduced' ? 'F(top)' : 'top'});`])
    if (mode === 'reduced') {
      e.libraries.add('explog')
      lines.push(`let whole_sum = ${across((a, b) => `(${a} + ${b})`, 'total')};`)
      return '(top + log_1(whole_sum))'
    }
    return '(top + f_log(total))'
  }
  // argmax, argmin: the first of the best in C order of the reduced stretches.
  const better = op === 'argmax' ? '>' : '<'
  lines.push(`var best = ${literal(op === 'argmax' ? lowest : highest, dtype)};`, `var at = I(0);`)
  nest((v) => {
    const number = X.atCoords(inner.map((g) => g.n), vars).linear
    return [`if (${v} ${better} best) { best = ${v}; at = I(${index(e, number)}); }`]
  })
  return 'at'
}
