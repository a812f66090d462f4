/**
 * What a likelihood is: options, arguments, and a rule from a network's output to the
 * distribution of the data.
 *
 * The observed array follows from it: its dtype and its shape, one row for each row of
 * the output. An output [batch, 1] of one number a row is observed as [batch].
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoError, GelatoErrors } from '../../error.ts'
import type { Reader } from '../../layer/option.ts'
import { read } from '../../layer/option.ts'
import * as Dist from '../../dist/index.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { DType, Tensor } from '../../tensor/node.ts'
import { shapeOf } from '../../tensor/node.ts'
import { broadcast } from '../../tensor/rule.ts'
import type { Argument } from './argument.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Data to observe, and what is believed of them. */
export interface Data {
  readonly _tag: 'Data'
  readonly dtype: DType
  readonly shape: Shape
  /** Their distribution: what draws of them come from. */
  readonly dist: Dist.Dist
  /** Log likelihood of each number (or vector) in nats, where it isn't the distribution's log density. */
  readonly logLik?: (observed: Tensor) => Tensor
  /** What predictions summarise, where it isn't the distribution's mean. */
  readonly expected?: Tensor
  /** What a user should know. */
  readonly notes: readonly string[]
}

/** What a likelihood makes of an output: data, or log likelihoods by row. */
export type Observation = Data | { readonly _tag: 'Rows'; readonly logLik: Tensor }

/** From a well-shaped output and values of the arguments to what is observed. */
export type Rule = (output: Tensor, args: Readonly<Record<string, Tensor>>, inputs: Readonly<Record<string, Tensor>>) => Either<GelatoErrors, Observation>

/** A likelihood. */
export interface Likelihood {
  readonly _tag: 'Likelihood'
  readonly kind: string
  /** Parameters of the distribution beside the output, by name. */
  readonly args: Readonly<Record<string, Argument>>
  readonly problems: readonly GelatoError[]
  readonly rule: Rule
}

/** Is it a likelihood? */
export const isLikelihood = (x: unknown): x is Likelihood =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Likelihood'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What a kind of likelihood is. */
export interface Definition<O> {
  readonly kind: string
  readonly options: { readonly [K in keyof O]-?: Reader<O[K]> }
  readonly args?: (o: O) => Readonly<Record<string, Argument>>
  readonly rule: (o: O) => Rule
}

/** A likelihood from its definition and the options that it was given. */
export const make = <O>(d: Definition<O>, options: unknown): Likelihood => {
  const { value, problems } = read<O>(options, d.options)
  const path = (e: GelatoError): GelatoError => ({ ...e, path: [`Likelihood.${d.kind}`, ...e.path] })
  return value === undefined
    ? { _tag: 'Likelihood', kind: d.kind, args: {}, problems: problems.map(path), rule: () => fail('BadOption', [], 'options', 'options as documented', 'mend them') }
    : { _tag: 'Likelihood', kind: d.kind, args: d.args?.(value) ?? {}, problems: [], rule: d.rule(value) }
}

/** Data of a dtype and shape under a distribution. */
export const data = (dtype: DType, shape: Shape, dist: Dist.Dist, more: Partial<Pick<Data, 'logLik' | 'expected' | 'notes'>> = {}): Either<GelatoErrors, Observation> =>
  E.right({ _tag: 'Data', dtype, shape, dist, notes: [], ...more })

/** [batch, 1] as [batch]. */
export const oneNumber = (t: Tensor): Tensor => {
  const s = shapeOf(t)
  return s.length === 2 && s[1] === 1 ? B.reshape(t, [s[0]]) : t
}

/** The operation that made the numbers of an output, seen through what only moves them. */
export const madeBy = (t: Tensor): Tensor['op'] => (['reshape', 'slice', 'cast'].includes(t.op) ? madeBy(t.args[0]) : t.op)

/** Left where an output has no rows, or (`least` 2) no axis of classes or parts. */
export const rowsOf = (kind: string, output: Tensor, least: 1 | 2): Either<GelatoErrors, Shape> => {
  const s = shapeOf(output)
  return s.length >= least
    ? E.right(s)
    : fail('ShapeMismatch', [`Likelihood.${kind}`], `an output of shape ${Ext.showShape(s)}`, least === 2 ? 'rows of several numbers [batch, ..., n]' : 'rows [batch, ...]', 'observe a layer whose output has them')
}

/** Left where an argument doesn't broadcast to a shape. */
export const fitting = (kind: string, name: string, argument: Tensor, shape: Shape): Either<GelatoErrors, Tensor> => {
  const both = broadcast(shapeOf(argument), shape)
  return both !== undefined && Ext.sameShape(both, shape)
    ? E.right(argument)
    : fail('ShapeMismatch', [`Likelihood.${kind}`, name], `${name} of shape ${Ext.showShape(shapeOf(argument))} for an output ${Ext.showShape(shape)}`,
        `values of ${name} that broadcast to the output's shape`, `use a number, or one ${name} a column`)
}

/** What a family makes of a centre and its arguments. */
type Made = Pick<Data, 'dist' | 'expected'> & { readonly notes?: readonly string[] }

/** The rule of one number for each number of the output: arguments broadcast to its shape, which is that of the data. */
export const elementwise =
  (kind: string, dtype: DType, make: (center: Tensor, args: Readonly<Record<string, Tensor>>) => Made): Rule =>
  (output, args) => {
    const rows = rowsOf(kind, output, 1)
    if (E.isLeft(rows)) return rows
    const center = oneNumber(B.float(output)), shape = shapeOf(center)
    const one = Object.fromEntries(Object.entries(args).map(([k, t]) => [k, oneNumber(t)]))
    const wrong = Object.entries(one).flatMap(([k, t]) => {
      const fit = fitting(kind, k, t, shape)
      return E.isLeft(fit) ? fit.left : []
    })
    if (wrong.length > 0) return E.left(wrong as unknown as GelatoErrors)
    const { dist, ...more } = make(center, one)
    return data(dtype, shape, dist, more)
  }
