import { expect, test } from 'vitest'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import { map } from '../../src/infer/methods.ts'
import { classifier, left, normalNormal, open, right } from './models.ts'

test('the bound at known q is its closed form, within its standard error', async () => {
  const { model, data } = normalNormal()
  // PyMC's: q = N(1.88, 1) has -3.064477; KL(N(1.88, 1) | N(1.5, 1)) = .38^2 / 2
  const approx = right(await fit(model, { data, steps: 0, open, start: { m: { mean: 1.88, sd: 1 } } })())
  const bound = right(await elbo(approx, data, { samples: 2000, open })())
  expect(Math.abs(bound.value + 3.064477)).toBeLessThan(4 * bound.se)
  expect(bound.kl).toBeCloseTo(0.0722, 5)
  expect(bound.value).toBeCloseTo(bound.logLik - bound.kl, 8)
}, 120_000)

test('chunks of rows change nothing, also where they do not divide the rows', async () => {
  const { model, data } = classifier()
  const approx = right(await fit(model, { data, steps: 1, open })())
  const [a, b, c] = [right(await elbo(approx, data, { samples: 4, batchSize: 10, open })()), right(await elbo(approx, data, { samples: 4, batchSize: 3, open })()), right(await elbo(approx, data, { samples: 4, batchSize: 1, open })())]
  // records are in single precision
  expect(b.value).toBeCloseTo(a.value, 4)
  expect(c.logLik).toBeCloseTo(a.logLik, 4)
  expect(b.kl).toBe(a.kl)
})

test('what has no density, wrong options and missing data are errors', async () => {
  const { model, data } = classifier()
  const point = right(await fit(model, { data, steps: 1, method: map(), open })())
  expect(left(await elbo(point, data, { open })())).toMatchObject({ _tag: 'Unsupported' })
  const approx = right(await fit(model, { data, steps: 0, open })())
  expect(left(await elbo(approx, { x: data.x }, { open })())).toMatchObject({ _tag: 'MissingField' })
  expect(left(await elbo(approx, data, { sample: 3, open } as object)())).toMatchObject({ _tag: 'UnknownOption' })
  expect(left(await elbo(approx, data, { samples: 0, open })())).toMatchObject({ path: ['elbo', 'samples'] })
})
