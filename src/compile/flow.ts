/**
 * The order of a step as a tree: dispatches, copies, and loops around both, before any
 * tensor has a buffer; and how long each tensor lives in it.
 *
 * Law: what a loop uses of what was made before it lives until the loop's end.
 */
import type { Tensor } from '../tensor/node.ts'
import { isPage } from './buffers.ts'
import type { Launch } from './launch.ts'
import type { Schedule } from './schedule.ts'
import type { Part } from './stored.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One thing to do. */
export type Item =
  | { readonly _tag: 'Dispatch'; readonly launch: Launch; readonly plan: Schedule | undefined }
  | { readonly _tag: 'Copy'; readonly from: Tensor; readonly to: Tensor }
  | { readonly _tag: 'Loop'; readonly n: number; readonly items: readonly Item[] }

/** What a step does, and what is known of its tensors. */
export interface Flow {
  readonly items: readonly Item[]
  /** The plans of the step and of the steps of its loops. */
  readonly plans: readonly Schedule[]
  /** Tensors that lie where others lie. */
  readonly aliases: ReadonlyMap<Tensor, Tensor>
  /** Counters of loops: zero before a loop and after it. */
  readonly counters: readonly Tensor[]
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The tensor in whose buffer a tensor lies: the whole of a part, the leaf of a page, what an alias stands for, else itself. */
export const located = ({ plans, aliases }: Flow): ((t: Tensor) => Tensor) => {
  const partOf = (t: Tensor): Part | undefined => plans.map((p) => p.parts.get(t)).find((x) => x !== undefined)
  const locate = (t: Tensor): Tensor => {
    const next = partOf(t)?.whole ?? (isPage(t) ? t.args[0] : aliases.get(t))
    return next === undefined ? t : locate(next)
  }
  return locate
}

/** Tensors that a thing binds or copies, loops entered. */
export const touched = (item: Item): readonly Tensor[] =>
  item._tag === 'Dispatch' ? item.launch.bound.map((b) => b.node)
  : item._tag === 'Copy' ? [item.from, item.to]
  : item.items.flatMap(touched)

/** Dispatches and copies of a tree, loops entered once: the positions that lives are counted in. */
export const steps = (items: readonly Item[]): number => items.reduce((n, i) => n + (i._tag === 'Loop' ? steps(i.items) : 1), 0)

/**
 * First and last position at which each tensor is touched. A tensor that only one loop
 * touches lives inside a turn of it; any other that a loop touches lives throughout it.
 */
export const spans = (items: readonly Item[], place: (t: Tensor) => Tensor, first = 0): ReadonlyMap<Tensor, readonly [number, number]> => {
  const out = new Map<Tensor, readonly [number, number]>()
  // Of what one loop alone touches so far, the life inside it.
  const inside = new Map<Tensor, readonly [number, number]>()
  let at = first
  for (const item of items) {
    const n = item._tag === 'Loop' ? steps(item.items) : 1
    const inner = item._tag === 'Loop' ? spans(item.items, place, at) : undefined
    for (const t of new Set(touched(item).map(place))) {
      const known = out.get(t)
      if (known === undefined && inner !== undefined) inside.set(t, inner.get(t) as readonly [number, number])
      else inside.delete(t)
      out.set(t, [known?.[0] ?? at, at + n - 1])
    }
    at += n
  }
  for (const [t, life] of inside) out.set(t, life)
  return out
}
