/**
 * Default priors. `withDefaultSpec` fills the holes of a network, by role and afresh
 * for each parameter; what is still a hole when a model is made gets the house's own
 * default.
 *
 * House defaults: weights normal(0, 1 / sqrt(fan in)), so that a unit's input has about
 * the variance of what comes in; biases normal(0, 10); scales normal(1, 1), or about where
 * the layer starts them; first states of recurrences are fixed at 0.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError, knownOptions } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Spec from '../spec/index.ts'
import type { Role } from '../spec/index.ts'
import * as B from '../tensor/build.ts'
import type { Layer, Network } from './network.ts'
import { editSlots, noting } from './network.ts'
import type { Reader } from './option.ts'
import { text } from './option.ts'
import type { OptionalWeight, ParamValue, Weight } from './param.ts'
import { broken, fixed, optionalWeight, prior, weight } from './param.ts'
import type { Need } from './plan.ts'

/** Defaults for roles other than weights; a role without one stays a hole. */
export interface Defaults {
  readonly bias?: OptionalWeight
  readonly scale?: Weight
  /** First states of recurrences. */
  readonly initial?: Weight
}

const settled = (r: Either<GelatoErrors, ParamValue>): ParamValue => (E.isRight(r) ? r.right : broken(r.left))
const at = (reader: Reader<ParamValue>, x: unknown, name: string): ParamValue => settled(reader(x, ['withDefaultSpec', name]))

/** The value with the random variables of its spec minted anew. */
export const afresh = (v: ParamValue): ParamValue => (v._tag === 'Prior' ? prior(Spec.fresh(v.spec())) : v)

/**
 * Gives every weight of the network so far that has no spec this one (a variable of its
 * own in each), and biases and scales theirs when given. Where it fills nothing, before the
 * layers say, `Model.notes` tells.
 *
 * @example
 * pipe(network, Layer.withDefaultSpec(Spec.normal({ sd: hyper }), { bias: Spec.normal({ sd: 1 }) }))
 */
export const withDefaultSpec = (weights: Weight, others: Defaults = {}): Layer => {
  const options = typeof others === 'object' && others !== null
    ? knownOptions(['withDefaultSpec'], ['bias', 'scale', 'initial'])(others)
    : fail('BadOption', ['withDefaultSpec'], text(others), 'an object of defaults by role', 'such as { bias: Spec.normal({ sd: 1 }) }')
  const table: Partial<Record<Role, ParamValue>> = E.isLeft(options)
    ? { weight: broken(options.left) }
    : { weight: at(weight, weights, 'weights'), bias: at(optionalWeight, others.bias, 'bias'), scale: at(weight, others.scale, 'scale'), initial: at(weight, others.initial, 'initial') }
  const edit = editSlots((slot) => {
    const value = slot.value._tag === 'Hole' ? table[slot.role] : undefined
    return value === undefined || value._tag === 'Hole' ? undefined : afresh(value)
  })
  return (network) => {
    const edited = edit(network)
    return edited === network ? noting(fillsNothing(network))(network) : edited
  }
}

const fillsNothing = (network: Network): GelatoError => {
  const layered = Object.values(network.nodes).some((n) => Object.keys(n.slots).length > 0)
  return gelatoError('NoEffect', ['withDefaultSpec'], layered ? 'a network whose parameters of these roles have their specs' : 'a network without parameters so far', 'layers with parameters before it that have no spec',
    layered ? 'the first default that fills a parameter holds: leave this one out, or use Layer.withSpecs, which replaces' : 'it fills nothing here: put it after the layers')
}

/** The house's default for a role. */
export const houseDefault = (role: Role, need: Need): ParamValue =>
  role === 'weight' ? prior(Spec.normal({ sd: 1 / Math.sqrt(Math.max(need.fanIn, 1)) }))
  : role === 'scale' ? prior(Spec.normal({ mu: need.init?._tag === 'Constant' ? need.init.value : 1, sd: 1 }))
  : role === 'initial' ? fixed(B.scalar(need.init?._tag === 'Constant' ? need.init.value : 0))
  : prior(Spec.normal({ sd: 10 }))
