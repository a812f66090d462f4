/** What a fit was told is saved with it; files of before, which don't have it, are read. */
import { expect, test } from 'vitest'
import { Approximation, fit } from '../../src/index.ts'
import type { Saved } from '../../src/io/index.ts'
import { classifier, open, openRounded, right } from '../infer/models.ts'

const { model, data } = classifier()

test('a fit goes on from what was read as from what was saved', async () => {
  const said = { kl: 'monteCarlo', clip: { norm: 1, value: Infinity }, pathDerivative: true, totalSize: 10 } as const
  const approx = right(await fit(model, { data, steps: 1, open: openRounded, ...said })())
  const { totalSize: told, ...estimator } = said
  expect(approx.data.provenance).toMatchObject({ ...estimator, told })
  const { json, tensors } = right(Approximation.toSaved(approx))
  const back = right(Approximation.fromSaved({ json: JSON.parse(JSON.stringify(json)) as unknown, tensors }))
  expect(back.data.provenance).toEqual(approx.data.provenance)
  const on = async (from: Approximation.Approximation) => right(await fit(model, { data, from, steps: 1, open: openRounded })()).data
  expect((await on(back)).state).toEqual((await on(approx)).state)
})

test('a file without what was told is one of a fit that was told what its number of rows shows', async () => {
  const approx = right(await fit(model, { data, steps: 0, open, totalSize: 40, clip: { norm: 1 } })())
  const saved = right(Approximation.toSaved(approx))
  const text = JSON.stringify(saved.json, (k, v: unknown) => (k === 'told' || k === 'clip' ? undefined : v))
  const old = right(Approximation.fromSaved({ json: JSON.parse(text) as unknown, tensors: saved.tensors } as Saved))
  expect('told' in old.data.provenance).toBe(false)
  const { provenance } = right(await fit(model, { data, from: old, steps: 0, open })()).data
  expect([provenance.totalSize, provenance.told, provenance.clip]).toEqual([40, 40, undefined])
})
