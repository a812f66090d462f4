/** `Likelihood.distribution` with a log likelihood that sees the data: censoring and quantiles by closed forms. */
import { expect, test } from 'vitest'
import { Dist, E, Layer, Likelihood, Method, Model, Optimizer, Spec, Tensor, evaluate, fit, orThrow, pipe } from '../../src/index.ts'

const at = (c: number): Likelihood.Likelihood => Likelihood.distribution((mu) => Dist.normal({ mu, sd: 1 }), {
  // What is written as c was c or more.
  logLik: (y, d) => Tensor.select(Tensor.logNdtr(Tensor.sub(c)(d.params['mu'])), Dist.logDensity(d)(y))(Tensor.ge(c)(y))
})
const network = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, W: [[1]], b: null }))
const logLik = async (likelihood: Likelihood.Likelihood, data: Record<string, unknown>, options = {}): Promise<number> => {
  const [l] = await orThrow(evaluate([Model.logLikelihood(pipe(network, Model.observe(likelihood, { name: 'y', ...options })))], data as never, { gpu: 'reference' }))
  return Array.from(l.data).reduce((a, b) => a + b, 0)
}
// Constants of graphs have single precision.
const density = (z: number): number => -0.5 * z * z - 0.5 * Math.log(2 * Math.PI)

test('a censored number counts by its tail, another by its density', async () => {
  // log P(Z > 2) = log .0227501319 and log P(Z > 1) = log .1586552539 (Abramowitz and Stegun, table 26.1)
  expect(await logLik(at(2), { x: [[0], [1]], y: [2, 2] })).toBeCloseTo(Math.log(0.0227501319) + Math.log(0.1586552539), 6)
  expect(await logLik(at(2), { x: [[0], [1]], y: [0.5, 2] })).toBeCloseTo(density(0.5) + Math.log(0.1586552539), 6)
})

test('what is missing has no say, weights count', async () => {
  expect(await logLik(at(2), { x: [[0], [1]], y: [0.5, 2], 'y.mask': [1, 0] }, { missing: true, weight: 0.5 })).toBeCloseTo(0.5 * density(0.5), 6)
})

test("Koenker and Bassett's loss gives a quantile", async () => {
  const tau = 0.75
  const pinball = Likelihood.distribution((mu) => Dist.laplace({ mu, b: 1 }), {
    logLik: (y, d) => {
      const r = Tensor.sub(d.params['mu'])(y)
      return Tensor.neg(Tensor.maximum(Tensor.mul(tau)(r))(Tensor.mul(tau - 1)(r)))
    }
  })
  const model = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, W: [[0]], b: Spec.normal({ sd: 100 }) }), Model.observe(pinball, { name: 'y' }))
  const y = [3, 1, 9, 2, 40, 5, 4], optimizer = Optimizer.adam({ learningRate: Optimizer.cosine({ value: 0.3, steps: 400 }) })
  const { mean } = await orThrow(fit(model, { data: { x: y.map(() => [0]), y }, steps: 400, method: Method.map(), optimizer, gpu: 'reference' }))
  // Of seven numbers the sixth is the only one with at least 5/4 below and 7/4 above, and so the minimum: |w| (9) / 100^2 is no match for a slope of 1/4.
  expect(mean['dense_1.b'].data[0]).toBeCloseTo(9, 1)
})

test('what is no function, or gives another shape, or throws, is told', () => {
  const tags = (logLik: unknown): readonly string[] =>
    pipe(Model.check(pipe(network, Model.observe(Likelihood.distribution((mu) => Dist.normal({ mu, sd: 1 }), { logLik } as never), { name: 'y' }))), E.match((es) => es.map((e) => `${e._tag} ${e.path.join(' ')}`), () => []))
  expect(tags(3)).toEqual(['BadOption Likelihood.distribution logLik'])
  expect(tags((y: Tensor.Tensor) => Tensor.sum()(y))).toEqual(['ShapeMismatch y Likelihood.distribution logLik'])
  expect(tags(() => 3)).toEqual([expect.stringMatching(/^BadFunction .*logLik/)])
  expect(tags(() => { throw new Error('mine') })).toEqual([expect.stringMatching(/^BadFunction .*logLik/)])
  expect(tags((y: Tensor.Tensor, d: Dist.Dist) => Dist.logDensity(d)(y))).toEqual([])
})
