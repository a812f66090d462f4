/** Recurrent layers against PyTorch's: outputs and gradients by inputs and parameters (test/fixtures/layers/recurrent.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import * as Layer from '../../../src/layer/index.ts'
import * as Spec from '../../../src/spec/index.ts'
import { close, elaborated, gradients, numbers } from '../run.ts'

interface Told {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly name: string
  readonly kind: 'recurrent' | 'lstm' | 'gru'
  readonly options: Readonly<Record<string, unknown>>
  readonly x: Told
  readonly params: Readonly<Record<string, Told>>
  readonly weights: Told
  readonly output: Told
  readonly gradients: Readonly<Record<string, Told>>
  readonly mask?: Told
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/layers/recurrent.json'), 'utf8')) as readonly Case[]

// The fixtures are rounded to ten digits behind the point; a few dozen of them are summed.
const TOLERANCE = 1e-7

describe.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
  const has = (k: string): boolean => Object.hasOwn(c.params, k)
  const options = {
    units: 3, name: 'layer', ...c.options,
    ...(has('hidInit') ? { hidInit: Spec.normal() } : {}), ...(has('cellInit') ? { cellInit: Spec.normal() } : {}),
    ...(has('hiddenUpdate.bHid') ? { hiddenUpdate: { bHid: Spec.normal() } } : {}),
    ...(c.mask === undefined ? {} : { mask: Layer.input([null, ...c.mask.shape.slice(1)], { name: 'mask' }) })
  }
  const e = elaborated(Layer[c.kind](options)(Layer.input([null, ...c.x.shape.slice(1)], { name: 'x' })))
  const values = { x: c.x, ...Object.fromEntries(Object.entries(c.params).map(([k, v]) => [`layer.${k}`, v])), ...(c.mask === undefined ? {} : { mask: c.mask }) }
  it('has the same outputs', () => close(numbers([e.prediction], values)[0], c.output, TOLERANCE))
  it('has the same gradients', () => {
    const got = gradients(e, { shape: c.weights.shape, data: Float64Array.from(c.weights.data) }, values)
    for (const [k, want] of Object.entries(c.gradients)) close(got[k === 'x' ? 'x' : `layer.${k}`], want, TOLERANCE)
  })
})
