/**
 * Where and how a computation runs, who can stop it and who is told of it: the options that
 * `fit`, `predict`, `evaluate` and the others share.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { Plan } from '../compile/plan.ts'
import type { Device } from '../gpu/index.ts'

/** Where and how to run. */
export interface Where {
  /** A device, the f64 interpreter, or (when absent) the shared device. */
  readonly gpu?: Device | 'reference'
  /** Bytes that one computation may hold on the device, data included: what is larger is cut into chunks where it can be. Default 2^30. */
  readonly memory?: number
  /** Choose kernel variants by measuring them at the shapes of this computation, once an adapter: found again in the user's cache directory. Default false. */
  readonly tune?: boolean
  /** The plan of an earlier result, to compute as it was computed. */
  readonly plan?: Plan
}

/** The names of these options. */
export const WHERE = ['gpu', 'memory', 'tune', 'plan'] as const

const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null
const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 1
const isPlan = (p: Plan): boolean => isRecord(p) && isRecord(p.choices) && (p.chunk === undefined || (isRecord(p.chunk) && isCount(p.chunk.rows) && isCount(p.chunk.draws)))

/** Options of which only the form is known here. */
type Called = { readonly [K in 'open' | 'signal' | 'onEvent' | 'onProgress']?: unknown }

const badForm = (path: readonly string[], o: Called): Either<GelatoErrors, void> => {
  const { open, signal } = o
  const observer = (['onEvent', 'onProgress'] as const).find((k) => o[k] !== undefined && typeof o[k] !== 'function')
  return open !== undefined && typeof open !== 'function' ? fail('BadOption', [...path, 'open'], shown(open), 'a function that opens a session', "leave it out, or give { gpu: 'reference' } for the interpreter")
    : signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function' ? fail('BadOption', [...path, 'signal'], shown(signal), 'an AbortSignal', 'give new AbortController().signal')
      : observer !== undefined ? fail('BadOption', [...path, observer], shown(o[observer]), 'a function', `give ${observer === 'onEvent' ? '(event)' : '(share)'} => { ... }`)
        : E.right(undefined)
}

/** Right for options of a form that can be used. */
export const checkWhere = (path: readonly string[], o: Where & Called): Either<GelatoErrors, void> => {
  const { memory, tune, plan } = o
  return memory !== undefined && !isCount(memory) ? fail('BadOption', [...path, 'memory'], shown(memory), 'a whole number of bytes', 'give 2 ** 28, say, or leave it out')
    : tune !== undefined && typeof tune !== 'boolean' ? fail('BadOption', [...path, 'tune'], shown(tune), 'true or false', 'give true')
      : plan !== undefined && !isPlan(plan) ? fail('BadOption', [...path, 'plan'], JSON.stringify(plan), 'a plan', 'give approximation.data.provenance.plan, or the plan of predictions')
        : badForm(path, o)
}
