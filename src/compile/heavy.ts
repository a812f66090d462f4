/**
 * The ops with hand-written kernels, and how each is called (`calls/`).
 *
 * Law: the table is complete for its names: what is heavy has a lowering, and nothing else.
 */
import type { Tensor } from '../tensor/node.ts'
import type { Lower } from './calls/call.ts'
import { only } from './calls/call.ts'
import { along, ranks, scatter, search } from './calls/lines.ts'
import { cholesky, eigh, eliminate, equations } from './calls/matrices.ts'
import { maxima, pool } from './calls/pools.ts'
import { convolution, product } from './calls/products.ts'
import { staged } from './calls/stages.ts'
import { withTiles } from './calls/tiles.ts'

/** The lowering of each op with a hand-written kernel: its calls, given where its operands lie. */
export const heavy: Record<
  | 'matmul' | 'conv2d' | 'convData' | 'convWeights' | 'maxPool2d' | 'maxPoolIndex' | 'poolScatter' | 'sumPool2d' | 'sumPoolGrad' | 'scatterAdd' | 'stage'
  | 'cumsum' | 'recurrence' | 'argsort' | 'searchsorted' | 'cholesky' | 'triangularSolve' | 'solve' | 'eliminate' | 'eigh',
  Lower
> = {
  matmul: withTiles(product), conv2d: withTiles(convolution), convData: withTiles(convolution), convWeights: withTiles(convolution),
  maxPool2d: maxima, maxPoolIndex: maxima, poolScatter: maxima, sumPool2d: only(pool), sumPoolGrad: only(pool),
  stage: staged,
  scatterAdd: scatter, cumsum: along, recurrence: along, argsort: ranks, searchsorted: search,
  cholesky, eliminate, eigh, triangularSolve: equations, solve: equations
}

export type HeavyName = keyof typeof heavy

/** Has the node a hand-written kernel? */
export const isHeavy = (t: Tensor): boolean => Object.hasOwn(heavy, t.op)

/** Kernels without hooks, most of which work in their result. */
const BARE: readonly string[] = ['scatterAdd', 'cumsum', 'recurrence', 'argsort', 'searchsorted', 'cholesky', 'triangularSolve', 'solve', 'eliminate', 'eigh'] satisfies readonly HeavyName[]

/** Can nothing ride in the epilogue of its kernel? */
export const isClosed = (t: Tensor): boolean => t.attrs['closed'] === true || BARE.includes(t.op)
