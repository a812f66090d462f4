/**
 * Graphs to a Program: bind extents, simplify, schedule, write the kernels, link them,
 * plan the memory. This is the room's face for those who run steps.
 *
 * Law: equal graphs for equal targets give equal programs, text for text.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, union } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from '../tensor/extent.ts'
import { bindExtents } from '../tensor/replace.ts'
import type { Tensor } from '../tensor/node.ts'
import { errorsOf, shapeOf, topo } from '../tensor/node.ts'
import { assemble } from './assemble.ts'
import { elements, whole } from './extents.ts'
import type { Program, Target } from './program.ts'
import { prepared, smaller, withBodies } from './scan.ts'
import { questionsOf } from './variants.ts'
import type { Question } from './variants.ts'

export { slotName } from './slots.ts'

/** What is compiled (the same as a step of `run`). */
export interface Source {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly updates: Readonly<Record<string, Tensor>>
  readonly record: Readonly<Record<string, Tensor>>
  readonly extents: Readonly<Record<string, number>>
}

const checked = (outputs: readonly Tensor[]): Either<GelatoErrors, readonly Tensor[]> => {
  const wrong = outputs.flatMap((o) => { const e = errorsOf(o); return e === undefined ? [] : [e] })
  if (wrong.length > 0) return E.left(union(wrong))
  const free = [...new Set(topo(outputs).flatMap((t) => whole(t).flatMap((e) => Ext.symbols(e as Ext.Extent))))]
  if (free.length > 0)
    return fail('UnboundExtent', ['compile'], free.join(', '), 'a number for every symbol of the graph', 'give a value to the input whose shape holds it')
  const big = topo(outputs).find((t) => elements(t) > 2 ** 31)
  return big === undefined
    ? E.right(outputs)
    : fail('TooLarge', ['compile', big.op], Ext.showShape(shapeOf(big)), 'at most 2^31 elements in a tensor', 'use a smaller batch or fewer draws at a time')
}

const bound = (source: Source): Either<GelatoErrors, readonly Tensor[]> => {
  const all = [...Object.values(source.outputs), ...Object.values(source.updates), ...Object.values(source.record)]
  return checked(all.some((o) => errorsOf(o) !== undefined) ? all : bindExtents(source.extents)(all))
}

/** The choices of variants that a step leaves on a target. Errors: those of `compile`. */
export const questions = (source: Source, target: Target): Either<GelatoErrors, readonly Question[]> =>
  pipe(bound(source), E.map((graphs) => questionsOf(target)(withBodies(smaller(target)(graphs)))))

/** Compiles a step for a target. Left: every shape error of the graphs, or what can't be bound. */
export const compile = (source: Source, target: Target): Either<GelatoErrors, Program> => {
  const names = { outputs: Object.keys(source.outputs), updates: Object.keys(source.updates), record: Object.keys(source.record) }
  return pipe(
    bound(source),
    E.map(prepared(target)),
    E.chain((graphs) => assemble(names, graphs, target))
  )
}
