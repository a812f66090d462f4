/**
 * Which tensors lie in one buffer, an arena: few numbers of one type (counters, keys, rates),
 * states of one length (means, deviations, moments), and short temporaries. A kernel binds the arena once,
 * whatever it reads and writes of it, so that a target with few bindings needs no more
 * dispatches; and a binding costs the host some hundred nanoseconds.
 *
 * Laws: members don't overlap, and begin at multiples of 256 bytes; an arena is no longer
 * than a binding; what lies alone has a buffer of its own.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { storageOf } from './buffers.ts'
import { elements } from './extents.ts'
import type { Target } from './program.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a tensor lies in an arena: from an element on. */
export interface Place { readonly arena: Tensor; readonly from: number }

/** The places of tensors; others have a buffer of their own. */
export type Arenas = ReadonlyMap<Tensor, Place>

/** Elements that members begin at multiples of. */
const ALIGNED = 64
/** Up to this many elements, leaves of different lengths lie together. */
const FEW = 256
/** Temporaries of up to so many elements lie together, and so many in all: they share no memory by turns. */
const SHORT = 2 ** 15, ALL_SHORT = 2 ** 18
/** With bindings to spare, as many as this, few numbers lie apart from longer temporaries: a kernel that writes some and reads the others by vectors would see one arena in two ways. */
const TO_SPARE = 16

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What lies together has one kind. Bytes, constants and large inputs lie alone. */
const kindOf = (l: Tensor): string | undefined => {
  const n = elements(l), dtype = dtypeOf(l)
  if (leafName(l) === undefined || n === 0 || dtype === 'u8') return undefined
  return n <= FEW ? `${dtype} few` : l.op === 'state' ? `${dtype} ${n}` : undefined
}

/** Elements that a member takes. */
const lengthOf = (t: Tensor): number => Math.ceil(elements(t) / ALIGNED) * ALIGNED

/** Nodes of one kind in arenas of so many elements at most, in one or as many as it takes; whoever would be alone is left out. */
const filled = (nodes: readonly Tensor[], kind: (t: Tensor) => string | undefined, most: number, arenas: 'one' | 'many'): Arenas => {
  const kinds = new Map<string, Tensor[][]>()
  for (const t of nodes) {
    const own = kind(t)
    if (own === undefined) continue
    const groups = kinds.get(own) ?? [], last = groups.at(-1)
    if (last !== undefined && last.reduce((n, x) => n + lengthOf(x), lengthOf(t)) <= most) last.push(t)
    else if (last === undefined || arenas === 'many') groups.push([t])
    kinds.set(own, groups)
  }
  const places = new Map<Tensor, Place>()
  for (const group of [...kinds.values()].flat().filter((g) => g.length > 1)) {
    const total = group.reduce((n, t) => n + lengthOf(t), 0), arena = B.leaf('state', '$arena', [total], storageOf(group[0]))
    let from = 0
    for (const t of group) {
      places.set(t, { arena, from })
      from += lengthOf(t)
    }
  }
  return places
}

type Limits = Pick<Target, 'maxBindingBytes' | 'maxBufferBytes'>

/** Elements that an arena may have. */
const longest = ({ maxBindingBytes, maxBufferBytes }: Limits): number => Math.floor(Math.min(maxBindingBytes, maxBufferBytes) / 4)

/** The places of a step's leaves. */
export const arenasOf = (leaves: readonly Tensor[], target: Limits): Arenas => filled(leaves, kindOf, longest(target), 'many')

/** The places of short temporaries that generated kernels alone write. */
export const shortTemporaries = (nodes: readonly Tensor[], target: Limits & Pick<Target, 'maxStorageBuffers'>): Arenas => {
  const areApart = target.maxStorageBuffers >= TO_SPARE
  return filled(nodes, (t) => (elements(t) > 0 && elements(t) <= SHORT ? `${dtypeOf(t)} ${areApart && elements(t) <= FEW}` : undefined), Math.min(ALL_SHORT, longest(target)), 'one')
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** What counts as one buffer when expressions are put together: nothing on a software adapter, which compiles long texts slowly and equal ones once. */
export const countedOf = (arenas: Arenas | undefined, { kind }: Pick<Target, 'kind'>): Arenas => (kind === 'software' ? new Map() : arenas ?? new Map())

/** The buffers of some nodes, each once. */
export const buffersOf = (arenas: Arenas, nodes: Iterable<Tensor>): ReadonlySet<Tensor> => new Set([...nodes].map((t) => arenas.get(t)?.arena ?? t))
