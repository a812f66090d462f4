/** Prior and posterior predictive: graphs that hold no site, moments that closed forms give. */
import { describe, expect, test } from 'vitest'
import { Dist, Model, Spec, Tensor, errorsText, evaluate, orThrow, pipe } from './tools.ts'

const hierarchical = Model.joint({ mu: Spec.normal({ mu: 1, sd: 2 }), tau: Spec.uniform({ lower: 0.5, upper: 1.5 }) }, ({ mu, tau }, { x }) => ({
  y: Dist.normal({ mu: Tensor.mul(mu)(x), sd: tau })
}), { inputs: { x: [null] } })

const run = (nodes: readonly Tensor.Tensor[], inputs = {}) => orThrow(evaluate(nodes, inputs, { gpu: 'reference' }))

describe('prior predictive', () => {
  test('moments are those of the prior', async () => {
    const n = 20_000
    const p = Model.priorPredictive(hierarchical, { size: n, seed: 3 })
    const [mu, tau, y] = await run([p.sites['mu'], p.sites['tau'], p.observed['y']], { x: [1, 2] })
    const mean = (xs: ArrayLike<number>): number => Array.from(xs).reduce((a, b) => a + b, 0) / xs.length
    const second = Array.from({ length: n }, (_, i) => y.data[2 * i + 1])
    // z-tests at 5 standard errors; Var y_2 = 4 * 4 + E tau^2 = 16 + 1 + 1/12.
    expect(Math.abs(mean(mu.data) - 1)).toBeLessThan(5 * 2 / Math.sqrt(n))
    expect(Math.abs(mean(tau.data) - 1)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(mean(second) - 2)).toBeLessThan(5 * Math.sqrt(17.0833 / n))
    const variance = mean(second.map((v) => (v - 2) ** 2))
    expect(Math.abs(variance - 17.0833)).toBeLessThan(5 * 17.0833 * Math.sqrt(2.2 / n))
  })
  test('rows have noise of their own', async () => {
    const p = Model.priorPredictive(hierarchical, { seed: 0 })
    const [y, mu] = await run([p.observed['y'], p.sites['mu']], { x: [0, 0, 0, 0] })
    expect(new Set(y.data).size).toBe(4)
    expect(mu.shape).toEqual([])
  })
  test('draw i is the same in any size and from any start', async () => {
    const many = Model.priorPredictive(hierarchical, { size: 5, seed: 9 }), later = Model.priorPredictive(hierarchical, { size: 2, seed: 9, firstSample: 3 })
    const one = Model.priorPredictive(hierarchical, { seed: 9, firstSample: 4 })
    const [a, b, c] = await run([many.observed['y'], later.observed['y'], one.observed['y']], { x: [1, 2, 3] })
    expect([...b.data]).toEqual([...a.data].slice(9))
    expect([...c.data]).toEqual([...a.data].slice(12))
  })
  test('an improper prior is refused by name, and so are bad options', () => {
    const flat = Model.joint({ w: Spec.flat() }, ({ w }) => ({ y: Dist.normal({ mu: w }) }))
    expect(errorsText(Model.priorPredictive(flat).sites['w'])).toMatch(/ImproperPrior[\s\S]*w/)
    expect(errorsText(Model.priorPredictive(hierarchical, { size: 0 }).prediction)).toMatch(/size/)
    expect(errorsText(Model.priorPredictive(hierarchical, { seed: -1 }).prediction)).toMatch(/seed/)
    expect(errorsText(Model.priorPredictive(hierarchical, { sizes: 3 } as never).prediction)).toMatch(/did you mean 'size'|size/)
  })
  test('deterministics come with the sites', async () => {
    const m = Model.joint({ a: pipe(Spec.normal(), Spec.mul(2)) }, ({ a }) => ({ y: Dist.normal({ mu: a }) }))
    const p = Model.priorPredictive(m, { size: 4, seed: 1 })
    expect(Object.keys(p.sites).length).toBeGreaterThan(1)
    const values = await run(Object.values(p.sites))
    expect(values.every((v) => v.shape[0] === 4)).toBe(true)
  })
})

test('posterior predictive asks the approximation for each observation', () => {
  const asked: unknown[] = []
  const approx = { sampleNode: (nodes: readonly Tensor.Tensor[], o: unknown) => { asked.push(o); return nodes } }
  const out = Model.posteriorPredictive(hierarchical, { size: 7, seed: 2 })(approx)
  expect(Object.keys(out)).toEqual(['y'])
  expect(asked).toEqual([{ size: 7, seed: 2 }])
})
