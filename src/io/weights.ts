/**
 * Weights by name: read from safetensors and written to them, under our names or under
 * PyTorch's, and taken from an approximation. Import it as a namespace.
 *
 * What is done with weights is said of networks and models: `Layer.withWeights` fixes
 * them, `Layer.moped` centres priors there, `Model.startAt` starts there.
 *
 * @since 0.3.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { Weights } from '../layer/pretrained.ts'
import type { Approximation } from '../infer/approximation.ts'
import { interpret } from '../reference/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { decode, encode } from './safetensors.ts'

export type { Weights } from '../layer/pretrained.ts'
export type { Modules } from './torch.ts'
export { fromTorch, toTorch } from './torch.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Weights from the bytes of a safetensors file, by the names of the file; `file` names
 * it in errors. Every dtype becomes f32.
 *
 * @example
 * const bytes = Weights.toSafetensors({ 'dense_1.b': { shape: [2], data: Float32Array.of(1, 2) } })
 * const again = pipe(bytes, E.chain(Weights.fromSafetensors()))
 */
export const fromSafetensors =
  (file = 'weights') =>
  (bytes: Uint8Array): Either<GelatoErrors, Weights> =>
    pipe(
      decode(file)(bytes),
      E.map(({ tensors }) => Object.fromEntries(Object.entries(tensors).map(([k, t]) => [k, { shape: t.shape, data: Float32Array.from(t.data) }])))
    )

/**
 * The weights at the centre of an approximation: variables, what layers make of them,
 * point estimates and running statistics by name. Left where it has no centre.
 *
 * @example
 * const weights = pipe(Weights.of(approx), E.chain(Weights.toTorch({ fc: 'dense_1' })(approx.model)))
 */
export const of = (approx: Approximation): Either<GelatoErrors, Weights> => {
  const { model } = approx
  const graphs: readonly (readonly [string, Tensor])[] = [
    ...model.sites.map((s) => [s.name, s.leaf] as const), ...model.deterministics.filter(([k]) => model.layers.some((l) => l.params.some((p) => `${l.name}.${p.name}` === k))),
    ...[...Object.entries(model.params), ...Object.entries(model.states)].map(([k, v]) => [k, v.leaf] as const)
  ]
  return pipe(
    interpret({})(approx.applyReplacements(graphs.map(([, t]) => t), { deterministic: true })),
    E.map((values) => Object.fromEntries(graphs.map(([k], i) => [k, { shape: values[i].shape, data: Float32Array.from(values[i].data) }])))
  )
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The bytes of a safetensors file, f32; `metadata` as PyTorch's readers want it. Errors: `BadTensorName`, `ShapeMismatch`, `EmptyWeights`. */
export const toSafetensors = (weights: Weights, metadata: Readonly<Record<string, string>> = { format: 'pt' }): Either<GelatoErrors, Uint8Array> =>
  Object.keys(weights).length === 0
    ? fail('EmptyWeights', ['toSafetensors'], 'no weights', 'one at least', 'give weights by name')
    : encode({ metadata, tensors: Object.fromEntries(Object.entries(weights).map(([k, w]) => [k, { dtype: 'F32' as const, shape: w.shape, data: Float32Array.from(w.data) }])) })
