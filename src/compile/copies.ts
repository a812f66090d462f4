/** Nodes that have the value of others, so that each can have a buffer of its own. */
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { isLeafBuffer } from './buffers.ts'
import { isLoop } from './kinds.ts'

/** The same value in a buffer of its own. */
export const copyOf = (t: Tensor): Tensor => ({ _tag: 'Tensor', op: 'reshape', args: [t], attrs: { shape: shapeOf(t) }, type: t.type })

/** Nodes as they are the first time, and copies of leaves, of results of loops, and of what was there before or is taken. */
export const distinct = (taken: Iterable<Tensor> = []): ((t: Tensor) => Tensor) => {
  const seen = new Set(taken)
  return (t) => {
    const own = isLeafBuffer(t) || isLoop(t) || seen.has(t) ? copyOf(t) : t
    seen.add(own)
    return own
  }
}
