/**
 * Loops from functions: the function is called once, on stand-ins for the carries and for
 * one element of each sequence; the graph it gives is closed over them, and what it used
 * from outside becomes operands.
 *
 * @since 0.3.0
 */
import { E, NEA } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail, gelatoError, knownOptions, shown as textOf, union } from '../../error.ts'
import type { GelatoError, GelatoErrors } from '../../error.ts'
import * as Ext from '../extent.ts'
import type { Extent } from '../extent.ts'
import { close, params } from '../graph.ts'
import { errorsAt, handed } from '../handed.ts'
import type { Tensor, TensorType } from '../node.ts'
import { failed, isTensor, typeOf } from '../node.ts'
import { result } from '../ops/scan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Tensors as a list or by name. */
export type Tensors = readonly Tensor[] | Readonly<Record<string, Tensor>>

/** What a step gives: the next carries, and what is stacked over the steps. */
export interface Step<C, Y> {
  readonly carry: C
  readonly out: Y
}

/** Options of `scan`. */
export interface ScanOptions<C, X> {
  /** First values of the carries. */
  readonly init: C
  /** Sequences: the leading axis of each is time. */
  readonly xs?: X
  /** How many steps; needed only where there are no sequences. */
  readonly length?: Extent
  /** From the last step to the first; what is given still lies at its step's place. */
  readonly reverse?: boolean
}

/** The last carries, and what the steps gave, each with a leading axis of time. */
export interface Scanned<C, Y> {
  readonly carry: C
  readonly out: Y
}

// -----------------------------------------------------------------------------
// records and lists
// -----------------------------------------------------------------------------

const keysOf = (ts: Tensors): readonly string[] => Object.keys(ts)
const valuesOf = (ts: Tensors): readonly Tensor[] => Object.values(ts)
/** Other tensors by the same names, or in the same list. */
const as = <A extends Tensors>(like: A, values: readonly Tensor[]): A =>
  (Array.isArray(like) ? values : Object.fromEntries(keysOf(like).map((k, i) => [k, values[i]]))) as unknown as A

const isTensors = (x: unknown): x is Tensors => typeof x === 'object' && x !== null && !isTensor(x) && Object.values(x).every(isTensor)

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const shown = (t: TensorType): string => `${t.dtype} ${Ext.showShape(t.shape)}`

const lengthOf = (xs: Tensors, length: Extent | undefined): Either<GelatoErrors, Extent> => {
  const known = keysOf(xs).map((k, i) => [k, typeOf(valuesOf(xs)[i]).shape] as const)
  const flat = known.find(([, s]) => s.length === 0)
  if (flat !== undefined) return fail('ShapeMismatch', ['scan', flat[0]], 'a scalar', 'a sequence: a tensor whose leading axis is time', 'use a scalar inside the function as it is: what it uses from outside is the same in every step')
  const n = length ?? known[0]?.[1][0]
  if (n === undefined) return fail('BadOption', ['scan', 'length'], 'neither sequences nor a length', 'xs or length', 'give length: the number of steps')
  const other = known.find(([, s]) => !Ext.same(s[0], n))
  return other === undefined ? E.right(n) : fail('ShapeMismatch', ['scan', other[0]], `${Ext.showShape(other[1])}: ${Ext.show(other[1][0])} steps`, `${Ext.show(n)} steps, as ${length === undefined ? `'${known[0][0]}' has` : '`length` says'}`, 'give sequences of one length')
}

const carryErrors = (init: Tensors, next: Tensors): readonly GelatoError[] => {
  const before = keysOf(init), after = keysOf(next)
  if (before.length !== after.length || before.some((k, i) => after[i] !== k))
    return [gelatoError('ShapeMismatch', ['scan', 'carry'], after.join(', ') || 'nothing', before.join(', ') || 'nothing', 'give back as `carry` what `init` has, in the same order')]
  return before.flatMap((k, i) => {
    const a = typeOf(valuesOf(init)[i]), b = typeOf(valuesOf(next)[i])
    return a.dtype === b.dtype && Ext.sameShape(a.shape, b.shape) ? [] : [gelatoError('ShapeMismatch', ['scan', 'carry', k], `${shown(b)} after a step`, `${shown(a)}, as it was before`, 'begin with the shape that a step gives (Tensor.broadcastTo), or keep the shape in the step')]
  })
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** What is given where nothing can be computed: the same names, the errors in each. */
const none = <C extends Tensors, Y>(init: C, step: Partial<Step<C, Y>> | undefined, errors: GelatoErrors): Scanned<C, Y> => {
  const no = failed(errors), out = step?.out
  return { carry: as(init, valuesOf(init).map(() => no)), out: (isTensors(out) ? as(out, valuesOf(out).map(() => no)) : errorsAt<Y>(errors)) as Y }
}

/** What a caller without types may have given wrongly. */
const callErrors = (f: unknown, o: Partial<ScanOptions<unknown, unknown>> | undefined): GelatoErrors | undefined => {
  const bad = (at: string, got: unknown, need: string, hint: string): GelatoErrors => [gelatoError('BadOption', ['scan', ...(at === '' ? [] : [at])], textOf(got), need, hint)]
  if (typeof f !== 'function') return bad('', f, 'a function of the carries and of one element of each sequence', 'such as ({ h }, { x }) => ({ carry: { h: ... }, out: {} })')
  const known = knownOptions(['scan'], ['init', 'xs', 'length', 'reverse'])(o as object)
  if (E.isLeft(known)) return known.left
  const named = (['init', 'xs'] as const).find((k) => !isTensors(o?.[k]) && !(k === 'xs' && o?.xs === undefined))
  return named === undefined ? undefined : bad(named, o?.[named], 'tensors, in a list or by name', `such as ${named}: { h: Tensor.constant(0) }`)
}

/** Loops with the data first: `scan(f, options)`. A misfit is Left in every result. */
export const scan = <C extends Tensors, X extends Tensors, Y extends Tensors>(g: (carry: C, x: X) => Step<C, Y>, o: ScanOptions<C, X>): Scanned<C, Y> => {
  const wrong = callErrors(g, o)
  if (wrong !== undefined) return { carry: errorsAt<C>(wrong), out: errorsAt<Y>(wrong) }
  let thrown: GelatoErrors | undefined
  const hand = <A extends Tensors>(what: string, ts: A): A => (Array.isArray(ts) ? ts : handed(['scan'], what, ts as Readonly<Record<string, Tensor>>) as unknown as A)
  const f = (carry: C, x: X): Step<C, Y> | undefined => {
    try {
      return g(hand('carry', carry), hand('sequence', x))
    } catch (e) {
      thrown = [gelatoError('BadFunction', ['scan'], e instanceof Error ? e.message : textOf(e), "a function that doesn't throw", 'mend the function')]
      return undefined
    }
  }
  const xs = (o.xs ?? []) as X, begin = valuesOf(o.init), sequences = valuesOf(xs)
  const given = [...begin, ...sequences].flatMap((t) => (E.isLeft(t.type) ? [t.type.left] : []))
  const length = given.length > 0 ? E.left(union(given)) : lengthOf(xs, o.length)
  // What can't be run is called all the same, for the names of what it gives.
  if (E.isLeft(length)) return none(o.init, f(o.init, xs), length.left)
  const own = params([...begin.map(typeOf), ...sequences.map((t) => ({ ...typeOf(t), shape: typeOf(t).shape.slice(1) }))])
  const step = f(as(o.init, own.slice(0, begin.length)), as(xs, own.slice(begin.length)))
  if (step === undefined || !isTensors(step.carry) || !isTensors(step.out))
    return none(o.init, step, thrown ?? NEA.of(gelatoError('BadOption', ['scan'], 'a function that gives something else', '{ carry, out }, lists or records of tensors', 'give { carry, out: {} } where nothing is to be stacked')))
  const next = valuesOf(step.carry), out = valuesOf(step.out)
  const inside = [...next, ...out].flatMap((t) => (E.isLeft(t.type) ? [t.type.left] : []))
  const errors = inside.length > 0 ? union(inside) : carryErrors(o.init, step.carry)
  if (errors.length > 0) return none(o.init, step, errors as GelatoErrors)
  const { graph, captured } = close(own, [...next, ...out])
  const operands = [...begin, ...sequences, ...captured]
  const loop = { body: graph, carries: begin.length, xs: sequences.length, length: length.right, reverse: o.reverse ?? false }
  return { carry: as(o.init, begin.map((_, k) => result(operands, loop, k))), out: as(step.out, out.map((_, k) => result(operands, loop, begin.length + k))) }
}
