/**
 * Eight schools: a hierarchical model without a network. Effects of coaching in eight schools, each
 * measured with a known error, and how much they have in common (Rubin 1981). Runs in the f64
 * reference, without a graphics card.
 *
 *     node docs/example.mjs eight-schools
 *
 * In tests: steps=200
 */
import { Dist, Model, Optimizer, Spec, fit, orThrow, pipe } from 'gelato-gpu'

const effects = [28, 8, -3, 7, -1, 1, 18, 12]
const errors = [15, 10, 16, 11, 9, 11, 10, 18]

const mu = Spec.normal({ sd: 5 }), tau = Spec.halfCauchy({ beta: 5 })
// Non-centred: mu + tau z with z standard normal. The eight schools say little about tau.
const z = pipe(Spec.normal(), Spec.withShape([8]))
const theta = pipe(z, Spec.mul(tau), Spec.add(mu))
const model = Model.joint({ mu, tau, z, theta }, (v) => ({ y: Dist.normal({ mu: v.theta, sd: errors }) }))
console.log(Model.summary(model))

const rate = Optimizer.cosine({ value: 0.05, steps: 2000 })
const approx = await orThrow(fit(model, { data: { y: effects }, steps: 2000, samples: 4, optimizer: Optimizer.adam({ learningRate: rate }), seed: 0, gpu: 'reference' }))
console.log('mean over schools:', approx.mean['mu'].data[0], 'sd', approx.std['mu'].data[0])

// What is no site of its own is read from draws: theta is a function of the others.
const draws = await orThrow(approx.sample({ size: 500, seed: 1, gpu: 'reference' }))
effects.forEach((y, s) => {
  const t = Array.from({ length: 500 }, (_, i) => draws['mu'].data[i] + draws['tau'].data[i] * draws['z'].data[8 * i + s])
  console.log(`school ${s + 1}: measured ${y}, estimated ${(t.reduce((a, b) => a + b) / 500).toFixed(1)}`)
})
