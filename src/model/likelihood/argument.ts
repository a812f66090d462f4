/**
 * Arguments of likelihoods: what stands beside the output in a distribution, such as the
 * scale of the noise. Each may be fixed (a number, an array, a tensor), inferred (a
 * prior), learnt (a point estimate), or told by the network itself: by another layer, or
 * by a part of the observed output.
 *
 * Law: an argument's value broadcasts to the observed rows, or it is an error that names
 * the argument.
 *
 * @since 0.3.0
 */
import { E, pipe } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { all, didYouMean, fail, within } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import type { Domain } from '../../dist/index.ts'
import { guarded } from '../../layer/activation.ts'
import type { Reader } from '../../layer/option.ts'
import type { ParamValue, Weight } from '../../layer/param.ts'
import { prior, weight } from '../../layer/param.ts'
import type { Resolver } from '../../layer/resolve.ts'
import { domainProblem, freeProblem, reachProblem } from '../../spec/check.ts'
import type { Role } from '../../spec/site.ts'
import type { Spec } from '../../spec/spec.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { errorsOf, shapeOf } from '../../tensor/node.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A value that the network gives: by a layer, or by a part of the observed output. */
export interface FromOutput {
  readonly _tag: 'FromOutput'
  /** The layer; undefined for a part of the output that is observed. */
  readonly layer: string | undefined
  /** From what the layer gives to the argument; by the argument's domain when absent. */
  readonly transform: ((t: Tensor) => Tensor) | undefined
}

/** What an argument may be given as. */
export type ArgumentInput = Weight | FromOutput

/** What is known of an argument before it is given: its role, domain, and the shape of an unknown. */
export interface ArgumentInfo {
  readonly role: Role
  /** What it may be. Where that is a number above 0, what a layer gives goes through softplus. */
  readonly domain: Domain
  /** Shape of one unknown for an observed output; one number when absent. */
  readonly shape?: (output: Shape) => readonly number[]
  /** Its prior where it isn't given. */
  readonly fallback?: () => Spec
  /** What it is, for the message where it is missing. */
  readonly doc: string
}

/** An argument as it was given. */
export interface Argument extends ArgumentInfo {
  readonly value: ParamValue | FromOutput
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * An argument that the network gives: the output of a layer by name, or, without a name,
 * a part of the observed output, whose last axis then holds the location first and such
 * arguments after it, in equal parts. `transform` maps it into the argument's domain;
 * positive arguments have softplus when absent.
 *
 * @example
 * // an output of two numbers a row, [mean, raw scale]: noise that depends on the input
 * Likelihood.normal({ sd: Likelihood.fromOutput() })
 * // the noise from a head of its own
 * Likelihood.normal({ sd: Likelihood.fromOutput('noise', { transform: Tensor.exp }) })
 */
export const fromOutput = (layer?: string, options: { readonly transform?: (t: Tensor) => Tensor } = {}): FromOutput => ({ _tag: 'FromOutput', layer, transform: options?.transform })

const isFromOutput = (x: unknown): x is FromOutput => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'FromOutput'

/** Numbers that are known before anything runs must lie in the argument's domain. */
const inDomain = (domain: Domain, v: ParamValue, path: readonly string[]): Either<GelatoErrors, ParamValue> => {
  const t = v._tag === 'Fixed' ? v.tensor() : undefined
  const wrong = t === undefined || E.isLeft(t.type) ? undefined : domainProblem(domain, t)
  return wrong === undefined ? E.right(v) : fail('BadOption', path, wrong.got, wrong.need, wrong.hint)
}

/** A learnt number may take any real value, and a prior may be of other values than a scale has. */
const bounded = (domain: Domain, t: Tensor, { resolve }: Around): Either<GelatoErrors, Tensor> => {
  const wrong = freeProblem(domain, t) ?? reachProblem(domain, t, resolve.distOf(t))
  return wrong === undefined ? E.right(t) : fail(wrong.tag, [], wrong.got, wrong.need, wrong.hint)
}

/** Reads an argument. */
export const argument =
  (info: ArgumentInfo): Reader<Argument> =>
  (x, path) =>
    isFromOutput(x) ? E.right({ ...info, value: x })
    : x !== undefined ? pipe(weight(x, path), E.chain((v) => inDomain(info.domain, v, path)), E.map((value) => ({ ...info, value })))
    : info.fallback !== undefined ? E.right({ ...info, value: prior(info.fallback()) })
    : fail('MissingOption', path, `no ${path[path.length - 1] ?? 'value'}`, info.doc, `give { ${path[path.length - 1] ?? 'value'}: ... }: a number, a spec to infer it, or Likelihood.fromOutput()`)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Where arguments are looked up. */
export interface Around {
  readonly name: string
  readonly kind: string
  /** Outputs of the model's layers. */
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly resolve: Resolver
}

/** What is observed of an output, and the values of the arguments. */
export interface Split {
  readonly output: Tensor
  readonly args: Readonly<Record<string, Tensor>>
}

/** Layers that arguments are told by. */
export const layersRead = (args: Readonly<Record<string, Argument>>): readonly string[] =>
  Object.values(args).flatMap(({ value }) => (value._tag === 'FromOutput' && value.layer !== undefined ? [value.layer] : []))

const isPart = (a: Argument): boolean => a.value._tag === 'FromOutput' && a.value.layer === undefined

/** Equal parts of the last axis. */
const partsOf = (output: Tensor, names: readonly string[], at: Around): Either<GelatoErrors, readonly Tensor[]> => {
  const s = shapeOf(output), n = names.length + 1, width = s[s.length - 1]
  return names.length === 0 ? E.right([output])
    : s.length >= 2 && typeof width === 'number' && width > 0 && width % n === 0
      ? E.right(Array.from({ length: n }, (_, i) => B.sliceAxis(output, s.length - 1, (i * width) / n, ((i + 1) * width) / n)))
      : fail('ShapeMismatch', [`Likelihood.${at.kind}`], `an output of shape ${Ext.showShape(s)}`, `a last axis of ${n} equal parts: the location, then ${names.join(', ')}`, `give the last layer ${n} times as many units, or name a layer: Likelihood.fromOutput('name')`)
}

const transformed = (name: string, a: Argument, from: FromOutput, t: Tensor): Tensor =>
  from.transform !== undefined ? guarded(`${name}.transform`, () => from.transform?.(t)) : a.domain === 'positive' ? B.softplus(B.float(t)) : B.float(t)

const layerAt = (layer: string, at: Around): Either<GelatoErrors, Tensor> => {
  const names = Object.keys(at.outputs)
  return Object.hasOwn(at.outputs, layer)
    ? E.right(at.outputs[layer])
    : fail('UnknownLayer', [], `'${layer}'`, `one of ${names.join(', ')}`, didYouMean(layer, names))
}

const settled = (t: Tensor): Either<GelatoErrors, Tensor> => {
  const errors = errorsOf(t)
  return errors === undefined ? E.right(t) : E.left(errors)
}

/** Splits an output and works the arguments out; priors are resolved under the observation's name. */
export const argumentsOf = (args: Readonly<Record<string, Argument>>, output: Tensor, at: Around): Either<GelatoErrors, Split> => {
  const names = Object.keys(args), inside = names.filter((k) => isPart(args[k]))
  const parts = partsOf(output, inside, at)
  if (E.isLeft(parts)) return E.left(parts.left.map(within(at.name)) as unknown as GelatoErrors)
  const [location] = parts.right
  const one = (k: string): Either<GelatoErrors, Tensor> => {
    const a = args[k], v = a.value
    switch (v._tag) {
      case 'FromOutput': return pipe(v.layer === undefined ? E.right(parts.right[1 + inside.indexOf(k)]) : layerAt(v.layer, at), E.chain((t) => settled(transformed(k, a, v, t))))
      case 'Fixed': return settled(v.tensor())
      case 'Prior': return pipe(at.resolve.parameter(v.spec(), { name: `${at.name}.${k}`, role: a.role, shapes: a.shape?.(shapeOf(location)) ?? [] }), E.chain((r) => bounded(a.domain, r.value, at)))
      case 'Broken': return E.left(v.errors())
      case 'Tied': return fail('BadOption', [], `tied to '${v.name}'`, 'a value of its own', "to have one variable in a layer and here, give both Spec.shared('name', spec)")
      default: return fail('MissingOption', [], 'nothing', a.doc, `give { ${k}: ... }`)
    }
  }
  return pipe(
    all(names.map((k) => E.mapLeft((es: GelatoErrors) => es.map((e) => ({ ...e, path: [at.name, k, ...e.path] })) as unknown as GelatoErrors)(one(k)))),
    E.map((ts) => ({ output: location, args: Object.fromEntries(names.map((k, i) => [k, ts[i]])) }))
  )
}
