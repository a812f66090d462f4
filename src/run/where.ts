/**
 * Where and how a computation runs: the options that `fit`, `predict`, `evaluate` and the
 * others share.
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

/** Right for options of a form that can be used. */
export const checkWhere = (path: readonly string[], { memory, tune, plan }: Where): Either<GelatoErrors, void> =>
  memory !== undefined && !isCount(memory) ? fail('BadOption', [...path, 'memory'], shown(memory), 'a whole number of bytes', 'give 2 ** 28, say, or leave it out')
    : tune !== undefined && typeof tune !== 'boolean' ? fail('BadOption', [...path, 'tune'], shown(tune), 'true or false', 'give true')
      : plan !== undefined && !isPlan(plan) ? fail('BadOption', [...path, 'plan'], JSON.stringify(plan), 'a plan', 'give approximation.data.provenance.plan, or the plan of predictions')
        : E.right(undefined)
