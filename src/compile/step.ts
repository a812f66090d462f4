/**
 * A step as its names and its nodes: which node each output, state and record is. Every
 * name has a node that is nobody else's, so that it can have a buffer that is nobody else's.
 *
 * Laws: results and next values are all different nodes, made by kernels of the step; their
 * values are those that were asked for.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { node, topo } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { arenasOf } from './arenas.ts'
import type { Arenas } from './arenas.ts'
import { isLeafBuffer, isPage } from './buffers.ts'
import { copyOf, distinct } from './copies.ts'
import type { Target } from './program.ts'
import { narrow } from './stored.ts'
import type { Part, Wanted } from './stored.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Names of a step's graphs, in their order. */
export interface Names {
  readonly outputs: readonly string[]
  readonly updates: readonly string[]
  readonly record: readonly string[]
}

/** A node that has a name. */
export interface Named {
  readonly name: string
  readonly node: Tensor
}

/** What a step records: its scalars as one row of the ring, and the count of steps that says which. */
export interface Recorded {
  readonly row: Tensor
  readonly part: Part
  readonly ring: Tensor
  readonly step: Tensor
  readonly next: Tensor
}

/** A step whose nodes are its own. */
export interface Step {
  /** Leaves that are buffers. */
  readonly leaves: readonly Tensor[]
  readonly outputs: readonly Named[]
  /** Next values of states that no graph reads: each has a slot and no leaf. */
  readonly unread: readonly Named[]
  readonly updates: Wanted['updates']
  readonly recorded: Recorded | undefined
  /** Leaves that lie in one buffer with others. */
  readonly arenas: Arenas
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Records kept on the device before the host must have read them. */
const RING = 1024

const recordedOf = (scalars: readonly Tensor[], target: Target): Recorded | undefined => {
  if (scalars.length === 0) return undefined
  const step = B.leaf('state', '$step', [], 'u32'), ring = B.leaf('state', '$ring', [RING, scalars.length])
  const [row] = narrow(target)([node('concat', scalars.map((t) => B.reshape(t, [1])), { axis: 0 })])
  return { row: copyOf(row), ring, step, next: B.add(step, 1), part: { whole: ring, from: 0, inner: scalars.length, stride: scalars.length, row: B.mod(step, RING) } }
}

/** The step of graphs that are outputs, then updates, then records. */
export const stepOf = (names: Names, graphs: readonly Tensor[], target: Target): Step => {
  const given = (list: readonly string[], from: number): readonly Named[] => list.map((name, i) => ({ name, node: graphs[from + i] }))
  const leaves = topo(graphs).filter((t) => isLeafBuffer(t) && !isPage(t))
  const leafOf = ({ name }: Named): Tensor | undefined => leaves.find((l) => l.op === 'state' && leafName(l) === name)
  const states = given(names.updates, names.outputs.length)
  const nexts = states.flatMap((s) => {
    const leaf = leafOf(s)
    // A state that stays as it is needs nothing.
    return leaf === undefined || s.node === leaf ? [] : [{ leaf, next: s.node }]
  })
  // States are written over where they can be: they come first, and results are copies of them.
  const own = distinct(nexts.map((u) => u.next))
  const named = (x: Named): Named => ({ name: x.name, node: own(x.node) })
  const outputs = given(names.outputs, 0).map(named)
  const unread = states.filter((s) => leafOf(s) === undefined).map(named)
  const recorded = recordedOf(given(names.record, names.outputs.length + names.updates.length).map((x) => x.node), target)
  const first = distinct()
  const updates = [...nexts, ...(recorded === undefined ? [] : [{ leaf: recorded.step, next: recorded.next }])].map((u) => ({ ...u, next: first(u.next) }))
  const arenas = arenasOf([...leaves, ...(recorded === undefined ? [] : [recorded.step])], target)
  return { leaves, outputs, unread, updates, recorded, arenas }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** What the schedule must make. */
export const wantedOf = ({ outputs, unread, updates, recorded, arenas }: Step): Wanted => ({
  results: [...[...outputs, ...unread].map((x) => x.node), ...(recorded === undefined ? [] : [recorded.row])],
  updates, arenas,
  ...(recorded === undefined ? {} : { rows: new Map([[recorded.row, recorded.part]]) })
})
