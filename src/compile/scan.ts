/**
 * Lowering of loops. The body is a step of its own: carries are its states, written in
 * place where the schedule allows, the sequences are read at the row that a counter on the
 * device says, and what a step gives is written to that row. It is compiled by the same
 * passes as the step around it, whose buffers it reads where they lie, and becomes a
 * counted `Loop`; a loop in a loop is the same again.
 *
 * Laws: results of one loop come from one run of it; what no result needs is not computed;
 * a loop of no steps is no loop.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import { instantiate } from '../tensor/graph.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, rebuild, rewrite, topo } from '../tensor/node.ts'
import { scanOf } from '../tensor/ops/scan.ts'
import { libraries } from '../shaders.ts'
import { storageOf } from './buffers.ts'
import { chains } from './chains.ts'
import { copyOf, distinct } from './copies.ts'
import { launchOf } from './dispatch.ts'
import type { Launch } from './launch.ts'
import { hoisted } from './early.ts'
import { elements, whole } from './extents.ts'
import type { Flow, Item } from './flow.ts'
import { kept } from './kept.ts'
import { link } from './link.ts'
import { started, trim } from './loops.ts'
import { paged } from './pages.ts'
import type { Target } from './program.ts'
import { schedule } from './schedule.ts'
import type { Schedule, Unit } from './schedule.ts'
import { shifts } from './shifts.ts'
import { simplify } from './simplify.ts'
import { summed } from './sums.ts'
import { isLoop } from './kinds.ts'
import { narrow } from './stored.ts'
import type { Part } from './stored.ts'
import { variants } from './variants.ts'

// -----------------------------------------------------------------------------
// graphs
// -----------------------------------------------------------------------------

/** Graphs simplified, loops trimmed to what must be done step by step. */
export const smaller = (target: Target) => (graphs: readonly Tensor[]): readonly Tensor[] =>
  (target.kind === 'software' ? simplify(1024) : simplify(65536, Math.max(1, target.subgroupSize)))(summed(target)(kept(hoisted(target)(trim(graphs)))))

/** Graphs as the schedule takes them: smaller, with the kernels' variants chosen. */
export const prepared = (target: Target) => (graphs: readonly Tensor[]): readonly Tensor[] =>
  started(paged(target)(narrow(target)(variants(target)(smaller(target)(graphs)))))

/** The outputs of graphs and, beside them, of the bodies of their loops. */
export const withBodies = (graphs: readonly Tensor[]): readonly Tensor[] => {
  const bodies = new Set(topo(graphs).filter(isLoop).map((t) => scanOf(t.attrs).body))
  return [...graphs, ...[...bodies].flatMap((b) => withBodies(b.outputs))]
}

// -----------------------------------------------------------------------------
// the counter
// -----------------------------------------------------------------------------

const TICK = [
  '// uses:',
  'struct Params { grid_x: u32, n: i32 }',
  '@group(0) @binding(0) var<uniform> p: Params;',
  '@group(0) @binding(1) var<storage, read_write> counter: array<i32>;',
  '@compute @workgroup_size(1)',
  'fn main() {',
  '  counter[0] = (counter[0] + 1) % p.n;',
  '}'
].join('\n')

/** Counts a turn; after the last the counter is 0 again, as the next run of the loop wants it. */
const tick = (counter: Tensor, n: number): Either<GelatoErrors, Item> =>
  pipe(
    link({ kernel: TICK, libraries, width: 1 }),
    E.map(({ wgsl, bindings }): Item => ({
      _tag: 'Dispatch', plan: undefined,
      launch: { label: 'count', wgsl, access: bindings, bound: [{ node: counter }], params: [0, n], groups: 1, slices: 1, deep: false, flops: 0 }
    }))
  )

// -----------------------------------------------------------------------------
// flow
// -----------------------------------------------------------------------------

/** What is made on the way through the plans of a program. */
export interface Making {
  readonly target: Target
  /** A tensor for what a kernel writes to nobody. */
  readonly spare: (like: Tensor) => Tensor
  readonly plans: Schedule[]
  readonly aliases: Map<Tensor, Tensor>
  readonly counters: Tensor[]
  /** Leaves of bodies so far: each has a name of its own. */
  leaves: number
}

/** Begins a program. */
export const making = (target: Target, spare: (like: Tensor) => Tensor): Making => ({ target, spare, plans: [], aliases: new Map(), counters: [], leaves: 0 })

/** The dispatches of a plan in order, loops lowered. */
export const flowOf = (plan: Schedule, m: Making): Either<GelatoErrors, Flow> =>
  pipe(itemsOf(plan, m), E.map((items): Flow => ({ items, plans: m.plans, aliases: m.aliases, counters: m.counters })))

const itemsOf = (plan: Schedule, m: Making): Either<GelatoErrors, readonly Item[]> => {
  m.plans.push(plan)
  const items: Item[] = []
  for (const x of shifts(chains(plan, m.target), plan, m.target)) {
    const [first] = x.chains[0].units
    const item = first.kind === 'loop'
      ? loopOf(first, plan, m)
      : pipe(launchOf(x, plan, m.target, m.spare), E.map((launch: Launch): Item => ({ _tag: 'Dispatch', launch, plan })))
    if (E.isLeft(item)) return item
    items.push(item.right)
  }
  return E.right(items)
}

/** A leaf of a body. */
const leafOf = (m: Making, kind: 'input' | 'state', shape: readonly number[], dtype: ReturnType<typeof dtypeOf>): Tensor => B.leaf(kind, `$loop.${m.leaves++}`, shape, dtype)

const loopOf = (u: Unit, outer: Schedule, m: Making): Either<GelatoErrors, Item> => {
  const main = u.main as Tensor, s = scanOf(main.attrs), n = s.length as number
  const counter = leafOf(m, 'state', [], 'i32')
  const row = s.reverse ? B.sub(n - 1, counter) : counter
  // What lies in a buffer of the enclosing program is a leaf here, in the same place.
  const seen = new Map<Tensor, Tensor>()
  const outside = (t: Tensor): Tensor => {
    const known = seen.get(t)
    if (known !== undefined) return known
    // Bytes that a kernel made take a word each.
    const made = outer.isStored(t) ? leafOf(m, 'input', whole(t), storageOf(t)) : rebuild(t, t.args.map(outside))
    if (outer.isStored(t)) m.aliases.set(made, t)
    seen.set(t, made)
    return made
  }
  const carries = main.args.slice(0, s.carries).map((start) => {
    const leaf = leafOf(m, 'state', whole(start), dtypeOf(start))
    m.aliases.set(leaf, start)
    return leaf
  })
  const operands = main.args.map((a, k) => (k < s.carries ? carries[k] : k < s.carries + s.xs ? B.take(outside(a), row) : outside(a)))
  // A slice of a step's row is the row of a slice: parts of it, such as gates, are read where they lie.
  const read = new Set(operands.slice(s.carries, s.carries + s.xs))
  const outs = rewrite((t) => {
    const [x] = t.args
    if (t.op !== 'slice' || !read.has(x)) return t
    const [start, stop, step] = ['start', 'stop', 'step'].map((k) => t.attrs[k] as readonly number[])
    return B.take(B.slice(x.args[0], [0, ...start], [n, ...stop], [1, ...step]), row)
  })(instantiate(s.body, operands))
  const wanted = [main, ...u.roots].filter((t) => u.stored.has(t))
  for (const t of wanted) if (scanOf(t.attrs).output < s.carries) m.aliases.set(t, main.args[scanOf(t.attrs).output])
  const stacked = wanted.filter((t) => scanOf(t.attrs).output >= s.carries && elements(t) > 0)
  const given = stacked.map((t) => { const o = scanOf(t.attrs).output; return o < outs.length ? outs[o] : carries[o - outs.length] })
  // The row is a result too, so that it is simplified with the rest.
  const graphs = prepared(m.target)([...outs.slice(0, s.carries), ...given, row])
  const at = graphs[graphs.length - 1]
  const rows = new Map(stacked.map((t, k): readonly [Tensor, Part] => {
    const inner = elements(t) / n
    return [copyOf(graphs[s.carries + k]), { whole: t, from: 0, inner, stride: inner, row: at }]
  }))
  const updates = updatesOf(carries, graphs)
  const plan = schedule({ results: [...rows.keys()], updates, rows }, m.target)
  for (const [next, leaf] of plan.inPlace) m.aliases.set(next, leaf)
  return pipe(
    itemsOf(plan, m),
    E.chain((items) => {
      const copies = updates.filter((x) => !plan.inPlace.has(x.next)).map((x): Item => ({ _tag: 'Copy', from: x.next, to: x.leaf }))
      const body: readonly Item[] = [...items, ...copies]
      if (!plan.units.some((x) => x.reads.has(counter))) return E.right<GelatoErrors, Item>({ _tag: 'Loop', n, items: body })
      m.counters.push(counter)
      return pipe(tick(counter, n), E.map((t): Item => ({ _tag: 'Loop', n, items: [...body, t] })))
    })
  )
}

/** Next carries as tensors of their own: copies where one is a leaf, another's result, or two carries' at once. */
const updatesOf = (carries: readonly Tensor[], graphs: readonly Tensor[]): readonly { readonly leaf: Tensor; readonly next: Tensor }[] => {
  const own = distinct()
  return carries.flatMap((leaf, k) => (graphs[k] === leaf ? [] : [{ leaf, next: own(graphs[k]) }]))
}
