/**
 * What a node takes in memory: which leaves are buffers, and how many bytes of which
 * storage type a node's buffer has.
 *
 * Law: bytes lie four to a word in what the host gives; what a kernel makes of them takes
 * a word each.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { elements } from './extents.ts'
import type { Storage } from './program.ts'

/** Is it a stretch of rows of a leaf (see `pages.ts`), which lies in the leaf's buffer? */
export const isPage = (t: Tensor): boolean => (t.op as string) === 'page'

/** Leaves that are buffers: named ones, their pages, and array constants. */
export const isLeafBuffer = (t: Tensor): boolean => leafName(t) !== undefined || isPage(t) || (t.op === 'constant' && t.attrs['data'] !== undefined)

/** Do its bytes lie four to a word? */
export const isPacked = (t: Tensor): boolean => dtypeOf(t) === 'u8' && isLeafBuffer(t)

/** Element type of a node's buffer. */
export const storageOf = (t: Tensor): Storage => (dtypeOf(t) === 'u8' && !isPacked(t) ? 'u32' : dtypeOf(t))

/** Bytes of a node's buffer: whole vectors of four words, at least one. */
export const bytesOf = (t: Tensor): number => Math.max(16, Math.ceil((elements(t) * (isPacked(t) ? 1 : 4)) / 16) * 16)
