/**
 * What kind of thing a node is for the compiler: its op's kind, or what the compiler's own
 * ops are (stages are kernels, pages are leaves).
 */
import type { Tensor } from '../tensor/node.ts'
import { row } from '../tensor/table.ts'
import { isPage } from './buffers.ts'
import { isHeavy } from './heavy.ts'

/** The kind of its op. Stages and pages are the compiler's own and have no row. */
export const kindOf = (t: Tensor): string => (isHeavy(t) ? 'kernel' : isPage(t) ? 'leaf' : row(t.op).kind)

/** Is it a sum, a maximum, a position of one? */
export const isReduction = (t: Tensor): boolean => kindOf(t) === 'reduction'

/** Is it a result of a loop? */
export const isLoop = (t: Tensor): boolean => kindOf(t) === 'loop'

/** Has it a kernel of its own, in which others may ride? */
export const isMain = (t: Tensor): boolean => isReduction(t) || isHeavy(t) || isLoop(t)
