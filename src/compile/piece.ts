/**
 * From pieces of generated text to one kernel. A piece is written once, with names of its
 * own: `$3` is its word 3, `s0[` and `o0[` its buffers. Joining gives words and buffers
 * their places. Works lie side by side in one kernel, each with a stretch of the
 * workgroups; the phases of a work follow each other.
 *
 * Laws: every output element is written by exactly one invocation; a phase sees what the
 * phases before it wrote, since an invocation reads only rows that it wrote itself, or a
 * barrier of the one workgroup stands between.
 */
import type { Tensor } from '../tensor/node.ts'
import type { Place } from './arenas.ts'
import type { Load, Use } from './emitter.ts'
import { libraries as texts } from '../shaders.ts'
import type { Access } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A buffer that is written, by the name it has in its piece. */
export interface Sink { readonly node: Tensor; readonly place?: Place | undefined; readonly name: string; readonly type: string }

/** What one unit does: lines over `i`, the first of the elements that a turn makes. */
export interface Piece {
  readonly lines: readonly string[]
  /** Its uniform words; the first is `total`. */
  readonly words: readonly number[]
  readonly uses: readonly Use[]
  readonly sinks: readonly Sink[]
  readonly libraries: readonly string[]
  /** Lanes of the aliases F, U, I, B in its lines. */
  readonly width: 1 | 4
  /** `i` runs from 0 to `total` in steps. */
  readonly total: number
  readonly step: 1 | 4
  readonly loads: readonly Load[]
  /** Multiply-adds for each element of what it works through, and for each result what follows a reduction. */
  readonly cost: number
  readonly after: number
  /** Elements it works through. */
  readonly volume: number
  /** Lanes of a subgroup that share each step; one where none do. */
  readonly lanes: number
}

/**
 * Who makes what: each invocation one step of the only phase, or each subgroup (whose lanes
 * are neighbours by their local index), where its lanes share steps; each invocation one row of every phase; or each
 * workgroup one row, its invocations sharing phase after phase: everything where there is
 * one row.
 */
export type Team =
  | { readonly _tag: 'Element' }
  | { readonly _tag: 'Row'; readonly rows: number }
  | { readonly _tag: 'Group'; readonly rows: number }

/** Phases that one team does, with a barrier before those that need one, and what of theirs lies in shared memory. */
export interface Work {
  readonly phases: readonly Piece[]
  readonly team: Team
  readonly barriers: readonly boolean[]
  readonly locals: ReadonlyMap<Tensor, number>
}

/** A kernel's text before linking. */
export interface Body {
  readonly text: string
  readonly width: 1 | 4
  /** Bindings 1..n: the node whose buffer is bound, and how. */
  readonly bindings: readonly { readonly node: Tensor; readonly access: Access }[]
  readonly words: readonly number[]
  readonly groups: number
}

/** Invocations of a workgroup of generated kernels. */
export const WORKGROUP = 64

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A piece on its own: every invocation one step, or every subgroup. */
export const alone = (p: Piece): Work => ({ phases: [p], team: { _tag: 'Element' }, barriers: [false], locals: new Map() })

/** A piece of a work of which these nodes lie in shared memory, and not where they would else. */
export const sharing = (locals: ReadonlyMap<Tensor, number>) => (p: Piece): Piece => {
  const own = <A extends Use | Sink>(b: A): A => (locals.has(b.node) ? { ...b, place: undefined } : b)
  return locals.size === 0 ? p : { ...p, uses: p.uses.map(own), sinks: p.sinks.map(own) }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Multiply-adds of a piece. */
export const workIn = (p: Piece): number => p.cost * p.volume + p.after * p.total

/** Multiply-adds of a work. */
export const workOf = (x: Work): number => x.phases.reduce((n, p) => n + workIn(p), 0)

/** Lines one level deeper. */
export const indent = (lines: readonly string[]): readonly string[] => lines.map((l) => `  ${l}`)

/** A word of the uniform block. */
const wordAt = (block: string, k: number): string => `${block}[${k >> 2}].${'xyzw'[k & 3]}`

/** A buffer by its name in a kernel, and in an arena what is added to an index: where the member begins. */
interface Located { readonly name: string; readonly from?: ((index: string) => string) | undefined }

/** Where the bracket ends that is open at a place of a line. */
const closing = (line: string, at: number): number => {
  let open = 1, k = at
  for (; open > 0; k++) open += line[k] === '[' ? 1 : line[k] === ']' ? -1 : 0
  return k - 1
}

/** A line with its buffers in place: indices into an arena count from where the member begins. */
const located = (line: string, where: (own: string) => Located): string => {
  const found = /\b([so]\d+)\[/.exec(line)
  if (found === null) return line
  const { name, from } = where(found[1]), begin = found.index + found[0].length, end = closing(line, begin)
  const index = located(line.slice(begin, end), where)
  return `${line.slice(0, found.index)}${name}[${from === undefined ? index : `${from(index)} + (${index})`}]${located(line.slice(end + 1), where)}`
}

/** Lines with their words and buffers in place. */
export const placed = (lines: readonly string[], block: string, first: number, where: (own: string) => Located): readonly string[] =>
  lines.map((l) => located(l.replace(/\$(\d+)/g, (_, k: string) => wordAt(block, first + Number(k))), where))

// Libraries whose functions take and give the width aliases: they are linked for one width.
const wide = (library: string): boolean => /\b[FUIB]\b/.test((texts[library] ?? '').replace(/\/\/[^\n]*/g, ''))

/** The width of the aliases in a kernel of these pieces; undefined where their libraries don't agree. */
export const widthOf = (pieces: readonly Piece[]): 1 | 4 | undefined => {
  const bound = [...new Set(pieces.filter((p) => p.libraries.some(wide)).map((p) => p.width))]
  return bound.length > 1 ? undefined : bound[0] ?? pieces[0].width
}

const LANES: Readonly<Record<string, string>> = { F: 'f32', U: 'u32', I: 'i32', B: 'bool' }

/** Lines for a kernel whose aliases have another width: the types by their names. */
const spelled = (p: Piece, width: 1 | 4): readonly string[] =>
  p.width === width ? p.lines : p.lines.map((l) => l.replace(/\b[FUIB]\b/g, (a) => (p.width === 4 ? `vec4<${LANES[a]}>` : LANES[a])))

/** The buffer of what is read or written: its own, or the arena that it lies in. */
const bufferOf = ({ node, place }: Use | Sink): Tensor => place?.arena ?? node

/** Is each buffer that is written seen in one way, so that it has one binding? */
export const agrees = (pieces: readonly Piece[]): boolean => {
  const types = new Map<Tensor, string>()
  for (const s of pieces.flatMap((p) => p.sinks)) {
    const buffer = bufferOf(s)
    if ((types.get(buffer) ?? s.type) !== s.type) return false
    types.set(buffer, s.type)
  }
  return pieces.every((p) => p.uses.every((u) => (types.get(bufferOf(u)) ?? u.type) === u.type))
}

const groupsOf = (x: Work): number =>
  x.team._tag === 'Group' ? x.team.rows
  : x.team._tag === 'Row' ? Math.ceil(x.team.rows / WORKGROUP)
  : Math.ceil((x.phases[0].total * x.phases[0].lanes) / x.phases[0].step / WORKGROUP)

/** The text of a work over `gid`, or `group` where workgroups have rows; `word` puts a number among the uniform words. */
const written = (x: Work, lines: readonly (readonly string[])[], count: readonly string[], word: (n: number) => string): readonly string[] => {
  const scaled = (v: string, step: number): string => (step === 1 ? v : `${v} * ${step}u`)
  const { team } = x
  /** The first step of an invocation, or of its subgroup. */
  const first = (p: Piece, v: string): string => (p.lanes === 1 ? scaled(v, p.step) : `${v} / ${p.lanes}u`)
  const inSubgroup = (p: Piece): readonly string[] => (p.lanes === 1 ? [] : [`let lane = lid % ${p.lanes}u;`])
  if (team._tag === 'Element') return [...inSubgroup(x.phases[0]), `let i = ${first(x.phases[0], 'gid')};`, `if (i >= ${count[0]}) { return; }`, ...lines[0]]
  if (team._tag === 'Group') {
    const turns = (k: number, p: Piece): string => {
      const start = first(p, 'lid'), step = (WORKGROUP * p.step) / p.lanes
      if (team.rows === 1) return `for (var i = ${start}; i < ${count[k]}; i += ${step}u) {`
      const row = word(p.total / team.rows)
      return `for (var i = group * ${row} + ${start}; i < (group + 1u) * ${row}; i += ${step}u) {`
    }
    return [
      ...(team.rows === 1 ? [] : [`if (group >= ${word(team.rows)}) { return; }`]),
      ...x.phases.flatMap((p, k) => [...(x.barriers[k] ? ['storageBarrier();', 'workgroupBarrier();'] : []), turns(k, p), ...indent([...inSubgroup(p), ...lines[k]]), '}'])
    ]
  }
  return [
    `if (gid >= ${word(team.rows)}) { return; }`,
    ...x.phases.flatMap((p, k) => {
      const per = p.total / team.rows
      if (per === p.step) return ['{', ...indent([`let i = ${scaled('gid', p.step)};`, ...lines[k]]), '}']
      const row = word(per)
      return [`for (var i = gid * ${row}; i < (gid + 1u) * ${row}; i += ${p.step}u) {`, ...indent(lines[k]), '}']
    })
  ]
}

/** Distinct by buffer and type, in the order they come. */
const distinct = <A extends Use | Sink>(all: readonly A[]): readonly A[] => {
  const seen = new Map<Tensor, string[]>()
  return all.filter((b) => {
    const buffer = bufferOf(b), types = seen.get(buffer) ?? []
    if (types.includes(b.type)) return false
    seen.set(buffer, [...types, b.type])
    return true
  })
}

/** What a kernel of these works sees: buffers it only reads, buffers it writes, and of the written those that are shared memory. */
const seenBy = (works: readonly Work[]): { readonly reads: readonly Use[]; readonly kept: readonly Sink[]; readonly shared: readonly Sink[] } => {
  const pieces = works.flatMap((x) => x.phases)
  const sinks = distinct(pieces.flatMap((p) => p.sinks)), written = new Set(sinks.map(bufferOf))
  const isShared = (s: Sink): boolean => works.some((x) => x.locals.has(s.node))
  // A buffer that is read and written in one kernel has one binding: the written one.
  return { reads: distinct(pieces.flatMap((p) => p.uses)).filter((u) => !written.has(bufferOf(u))), kept: sinks.filter((s) => !isShared(s)), shared: sinks.filter(isShared) }
}

/** The nodes whose buffers a kernel of these works binds, in order; of an arena it is the arena. */
export const boundBy = (works: readonly Work[]): readonly Tensor[] => {
  const { reads, kept } = seenBy(works)
  return [...reads, ...kept].map(bufferOf)
}

/** One kernel of one or several works, which must not wait for each other; `known` are the addresses that its text tells by number. */
export const assemble = (works: readonly Work[], known: 'none' | 'constants' = 'none'): Body => {
  const pieces = works.flatMap((x) => x.phases)
  const width = widthOf(pieces) ?? 1
  const locals = new Map(works.flatMap((x) => [...x.locals]))
  const { reads, kept, shared } = seenBy(works)
  const named = new Map<Tensor, { readonly name: string; readonly type: string }[]>()
  const name = (prefix: string) => (b: Use | Sink, k: number): void => { named.set(bufferOf(b), [...(named.get(bufferOf(b)) ?? []), { name: `${prefix}${k}`, type: b.type }]) }
  reads.forEach(name('s'))
  ;[...kept, ...shared].forEach(name('o'))
  const nameOf = (b: Use | Sink): string => {
    const all = named.get(bufferOf(b)) ?? []
    return (all.find((x) => x.type === b.type) ?? all[0]).name
  }
  // The grid's width comes first.
  const words = [0]
  const word = (n: number): string => wordAt('p.v', words.push(n) - 1)
  // Words, not numbers: kernels that differ in where their buffers lie have one text. But a software adapter loads from an
  // address that it knows at a quarter of the time, and compiles that far sooner.
  const beginnings = new Map<number, string>()
  const begins = (n: number) => (index: string): string => {
    if (known === 'constants' && /^\d+u$/.test(index)) return `${n}u`
    const made = beginnings.get(n) ?? word(n)
    beginnings.set(n, made)
    return made
  }
  const texted = works.map((x) => {
    const firsts = x.phases.map((p) => {
      const first = words.length
      words.push(...p.words)
      return first
    })
    const lines = x.phases.map((p, k) => {
      const where = new Map([...p.uses, ...p.sinks].map((b): readonly [string, Located] => [b.name, { name: nameOf(b), from: b.place === undefined ? undefined : begins(b.place.from / (b.type.includes('vec4') ? 4 : 1)) }]))
      return placed(spelled(p, width), 'p.v', firsts[k], (own) => where.get(own) as Located)
    })
    return written(x, lines, firsts.map((k) => wordAt('p.v', k)), word)
  })
  const groups = works.map(groupsOf)
  // The last too: a grid of several rows has more workgroups than there are.
  const ends = works.length === 1 ? [] : groups.map((_, k) => word(groups.slice(0, k + 1).reduce((a, b) => a + b, 0)))
  const flat = 'wid.x + wid.y * p.v[0].x'
  /** Who an invocation is in a work, whose workgroups begin at `own`. */
  const who = ({ team }: Work, own: string): readonly string[] =>
    team._tag !== 'Group' ? [`let gid = (${own}) * ${WORKGROUP}u + lid;`] : team.rows > 1 && own !== 'group' ? [`let group = ${own};`] : []
  const lines = works.length === 1
    ? [...who(works[0], flat), ...texted[0]]
    : [
        `let group = ${flat};`,
        ...works.flatMap((x, k) => [
          `${k === 0 ? '' : '} else '}if (group < ${ends[k]}) {`,
          ...indent([...who(x, `group${k === 0 ? '' : ` - ${ends[k - 1]}`}`), ...texted[k]])
        ]),
        '}'
      ]
  const text = [
    `// uses: ${[...new Set(pieces.flatMap((p) => p.libraries))].sort().join(', ')}`,
    // Whole subgroups return, go round or stay: lanes of one have one result.
    ...(pieces.some((x) => x.lanes > 1) ? ['enable subgroups;', 'diagnostic(off, subgroup_uniformity);'] : []),
    `struct Params { v: array<vec4<u32>, ${Math.ceil(words.length / 4)}> }`,
    '@group(0) @binding(0) var<uniform> p: Params;',
    ...reads.map((u, i) => `@group(0) @binding(${i + 1}) var<storage, read> ${nameOf(u)}: ${u.type};`),
    ...kept.map((s, i) => `@group(0) @binding(${reads.length + i + 1}) var<storage, read_write> ${nameOf(s)}: ${s.type};`),
    ...shared.map((s) => `var<workgroup> ${nameOf(s)}: ${s.type.replace(/>$/, `, ${Math.ceil((locals.get(s.node) as number) / (s.type.includes('vec4') ? 4 : 1))}>`)};`),
    `@compute @workgroup_size(${WORKGROUP})`,
    'fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {',
    ...indent(lines),
    '}'
  ].join('\n')
  return {
    text, width, words, groups: groups.reduce((a, b) => a + b, 0),
    bindings: [...reads.map((u) => ({ node: bufferOf(u), access: 'read' as const })), ...kept.map((s) => ({ node: bufferOf(s), access: 'write' as const }))]
  }
}
