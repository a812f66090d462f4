/**
 * Functions of tensors as functions of numbers: graphs compiled once, called often.
 *
 * `compile` gives a function from values of leaves to values of graphs. What a call
 * needs is compiled at the first call and kept; a call writes its values, runs one step
 * and reads. Calls run one after another.
 *
 * Laws: a call gives what `evaluate` gives, where that fits at once; calls don't see each
 * other; what a function holds on the device is freed with the function.
 *
 * @since 0.2.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { merge, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { extentsFrom } from '../reference/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { leavesOf } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { checkOptions, decodeAll } from './evaluate.ts'
import type { EvaluateOptions, Inputs } from './evaluate.ts'
import { openSession } from './open.ts'
import type { HostArrays, Session } from './session.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A compiled function: values by the names of leaves in, host arrays by the names of graphs out. */
export type Compiled<K extends string> = (inputs?: Inputs) => TaskEither<GelatoError, { readonly [N in K]: HostArrays[string] }>

/** Options of `compile`: those of `evaluate`, but for `memory`, since a function is one program and never cut. */
export interface CompileOptions extends Omit<EvaluateOptions, 'memory'> {}

/** What the last call left to the next. */
interface Kept {
  readonly shapes: string
  readonly session: Session
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Frees the session of a function that nobody holds any more. */
const freed = new FinalizationRegistry<{ last: Kept | undefined }>((held) => { held.last?.session.destroy() })

const shapesOf = (values: HostArrays): string => JSON.stringify(Object.entries(values).map(([k, v]) => [k, v.shape]))

/**
 * Compiles graphs by name to a function of the values of their leaves. `fixed` are values
 * that stay the same over calls (data, say). Other shapes than the last call's are
 * compiled anew, and so is what was on a device that is lost. A function is one program:
 * what is too large for the device at once is for `evaluate`, which cuts it.
 *
 * Errors (of a call): those of `evaluate`; `LimitExceeded` for what only fits in pieces.
 *
 * @example
 * const x = Tensor.input('x', [null])
 * const f = compile({ y: Tensor.square(x), total: Tensor.sum()(x) })
 * const { y, total } = await orThrow(f({ x: [1, 2, 3] }))
 * y   // => [1, 4, 9]
 */
export const compile = <K extends string>(graphs: { readonly [N in K]: Tensor }, fixed: Inputs = {}, options: CompileOptions = {}): Compiled<K> => {
  const names = Object.keys(graphs) as K[]
  const nodes = names.map((n) => graphs[n])
  const held: { last: Kept | undefined } = { last: undefined }
  const checked = checkOptions('compile', nodes, options, ['gpu', 'tune', 'plan'])
  const stable = E.isRight(checked) && options.gpu !== 'reference' ? stabilise(nodes) : nodes
  const leaves = E.isRight(checked) ? leavesOf(nodes) : []
  let queue: Promise<unknown> = Promise.resolve()
  let known: HostArrays | undefined
  const changed = new Set<string>()

  const nameOf = (l: Tensor): string => leafName(l) as string
  const decoded = (inputs: Inputs): Either<GelatoErrors, HostArrays> =>
    pipe(
      known === undefined ? decodeAll(leaves.filter((l) => Object.hasOwn(fixed, nameOf(l))), fixed, options.seed ?? 0) : E.right(known),
      E.chain((stays) => {
        // Fixed values are decoded once, whatever the calls give.
        known = stays
        return pipe(
          decodeAll(leaves.filter((l) => Object.hasOwn(inputs, nameOf(l)) || !Object.hasOwn(fixed, nameOf(l))), inputs, options.seed ?? 0),
          E.map((given) => ({ ...stays, ...given }))
        )
      })
    )

  const open = (values: HostArrays): TaskEither<GelatoError, Session> => {
    const shapes = shapesOf(values)
    if (held.last?.shapes === shapes && held.last.session.alive()) return TE.right(held.last.session)
    held.last?.session.destroy()
    held.last = undefined
    const fn = { outputs: Object.fromEntries(names.map((n, i) => [n, stable[i]])), updates: {}, record: {}, extents: { ...extentsFrom(leaves, values), ...options.extents } }
    return pipe(openSession(fn, values, options), TE.map((session) => {
      held.last = { shapes, session }
      return session
    }))
  }

  const call = (inputs: Inputs) => async (): Promise<Either<GelatoError, HostArrays>> => {
    const values = decoded(inputs)
    if (E.isLeft(values)) return E.left(merge(values.left))
    const opened = await open(values.right)()
    if (E.isLeft(opened)) return opened
    const session = opened.right
    for (const [k, v] of Object.entries(values.right)) {
      const given = Object.hasOwn(inputs, k)
      if (Object.hasOwn(fixed, k) && !given && !changed.delete(k)) continue
      if (given) changed.add(k)
      const written = await session.write(k, v)()
      if (E.isLeft(written)) return written
    }
    const ran = await session.run(1)()
    return E.isLeft(ran) ? ran : session.read(names)()
  }

  const run = (inputs: Inputs = {}): TaskEither<GelatoError, { readonly [N in K]: HostArrays[string] }> =>
    pipe(
      toTask(checked),
      TE.chain(() => () => {
        const next = queue.then(() => call(inputs)())
        queue = next.catch(() => undefined)
        return next as Promise<Either<GelatoError, { readonly [N in K]: HostArrays[string] }>>
      })
    )
  freed.register(run, held)
  return run
}
