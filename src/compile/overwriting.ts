/**
 * Which next values of states are written over the states themselves, so that no copy is
 * made at the end of the step.
 *
 * Law: a state is overwritten only by the last kernel that reads it, and only where each
 * element depends on its own old value.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { isLeafBuffer } from './buffers.ts'
import { waitsFor } from './dag.ts'
import { isIdentity, makersOf, readsOf } from './drafts.ts'
import type { Drafting, UnitDraft } from './drafts.ts'
import { elements } from './extents.ts'
import { inspect } from './kernel.ts'
import type { Wanted } from './stored.ts'

/** Next values that are written over their states. Their makers wait for the states' other readers from here on. */
export const overwrite = (d: Drafting, { updates, results }: Wanted): ReadonlyMap<Tensor, Tensor> => {
  const inPlace = new Map<Tensor, Tensor>()
  for (const { leaf, next } of updates) {
    const [writer] = makersOf(d, next)
    if (inPlace.has(next) || !isOwnValue(d, leaf, next) || results.includes(next)) continue
    if (writer === undefined || !mayWrite(d, writer, leaf, next) || !readsOwn(d, writer, leaf)) continue
    const others = d.drafts.filter((x) => x !== writer && x.reads.has(leaf))
    if (others.some((x) => waitsFor(x, writer))) continue
    others.forEach((x) => writer.deps.add(x))
    inPlace.set(next, leaf)
  }
  return inPlace
}

/** Is it a value of one kernel, for a buffer of its own like the state's? */
const isOwnValue = (d: Drafting, leaf: Tensor, next: Tensor): boolean =>
  next !== leaf && !isLeafBuffer(next) && !d.chosen.wholes.has(next) && !d.chosen.parts.has(next) && dtypeOf(next) === dtypeOf(leaf)

/** May the draft write `next` where `leaf` is? A hand-written kernel writes where it likes while it reads: not over what it reads, nor into an arena, of which it binds parts. A generated one may write its roots, not a reduction's own result. */
const mayWrite = (d: Drafting, writer: UnitDraft, leaf: Tensor, next: Tensor): boolean =>
  writer.kind === 'loop' ? false
  : writer.kind === 'heavy' ? !writer.reads.has(leaf) && !d.arenas.has(leaf) && [writer.main, ...writer.roots].includes(next)
  : writer.roots.includes(next)

/** Does the draft read the state, where it does, only for the element that it writes? */
const readsOwn = (d: Drafting, writer: UnitDraft, leaf: Tensor): boolean => {
  if (writer.main !== undefined && readsOf(writer.main.args[0], d.isStored).includes(leaf)) return false
  const isLoaded = (t: Tensor): boolean => d.isStored(t) && !writer.roots.includes(t)
  return writer.roots.every((r) => inspect(r, isLoaded).loads.every((l) => l.node !== leaf || (elements(r) === elements(leaf) && isIdentity(l.ix, elements(leaf)))))
}
