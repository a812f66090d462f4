/** Layers against PyTorch: outputs, gradients by inputs and parameters, running statistics (test/fixtures/layers). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import { close, elaborated, gradients, numbers, training } from './run.ts'

interface Told {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Case {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, Told>>
  readonly params: Readonly<Record<string, Told>>
  readonly weights: Told
  readonly output: Told
  readonly gradients: Readonly<Record<string, Told>>
  readonly before?: Readonly<Record<'mean' | 'variance', Told>>
  readonly after?: Readonly<Record<'mean' | 'varianceUnbiased', Told>>
  readonly mask?: Told
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/layers/normalisation_attention.json'), 'utf8')) as readonly Case[]

/** The network of a case: the layer named `layer` on inputs x and m. */
const networkOf = (c: Case): Layer.Network => {
  const options = { ...c.options, name: 'layer' } as never
  const given = (name: string, dtype: 'f32' | 'i32' = 'f32'): Layer.Network => Layer.input([null, ...(c.inputs[name] ?? c.mask)?.shape.slice(1) ?? []], { name, dtype })
  switch (c.name) {
    case 'batchNorm training': case 'batchNorm predicting': return Layer.batchNorm(options)(given('x'))
    case 'layerNorm': case 'layerNorm of two axes': return Layer.layerNorm(options)(given('x'))
    case 'groupNorm': return Layer.groupNorm(options)(given('x'))
    case 'instanceNorm': return Layer.instanceNorm(options)(given('x'))
    case 'localResponseNorm': return Layer.localResponseNorm(options)(given('x'))
    case 'prelu': return Layer.prelu(options)(given('x'))
    case 'embedding': return Layer.embedding(options)(given('x', 'i32'))
    case 'attention to itself, causal': return Layer.multiHeadAttention(options)(given('x'))
    case 'attention to a memory, masked': return Layer.multiHeadAttention({ heads: 2, mask: given('mask'), name: 'layer' })([given('x'), given('m')])
    default: return pipe(given('x'), Layer.activation(c.name as Layer.ActivationName))
  }
}

// The fixtures are rounded to ten digits behind the point; a few dozen of them are summed.
const TOLERANCE = 1e-7

describe.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
  const e = elaborated(networkOf(c))
  const values = {
    ...c.inputs,
    ...Object.fromEntries(Object.entries(c.params).map(([k, v]) => [`layer.${k}`, v])),
    ...(c.before === undefined ? {} : { 'layer.mean': c.before.mean, 'layer.variance': c.before.variance }),
    ...(c.mask === undefined ? {} : { mask: c.mask }),
    ...(c.name === 'batchNorm training' ? training : {})
  }
  it('has the same outputs', () => close(numbers([e.prediction], values)[0], c.output, TOLERANCE))
  it('has the same gradients', () => {
    const got = gradients(e, { shape: c.weights.shape, data: Float64Array.from(c.weights.data) }, values)
    for (const [name, want] of Object.entries(c.gradients)) close(got[Object.hasOwn(c.params, name) ? `layer.${name}` : name], want, TOLERANCE)
  })
})

it('running statistics move as PyTorch’s, with the variance of the population in the place of the sample’s', () => {
  const c = cases.find((x) => x.name === 'batchNorm training') as Case
  const e = elaborated(networkOf(c)), n = 8
  const { before, after } = c as Required<Case>
  const [mean, variance] = numbers([e.states['layer.mean'].next, e.states['layer.variance'].next], { ...c.inputs, 'layer.mean': before.mean, 'layer.variance': before.variance })
  close(mean, after.mean, TOLERANCE)
  // PyTorch: old 0.9 + 0.1 v n / (n - 1); here: old 0.9 + 0.1 v.
  close(variance, { shape: [3], data: after.varianceUnbiased.data.map((v, i) => 0.9 * before.variance.data[i] + ((v - 0.9 * before.variance.data[i]) * (n - 1)) / n) }, TOLERANCE)
  expect(e.states['layer.mean'].initial).toBe(0)
  expect(e.states['layer.variance'].initial).toBe(1)
})
