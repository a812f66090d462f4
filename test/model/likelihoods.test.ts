/** Each likelihood against its formula, written here by itself; arguments from everywhere; gaps, weights and sizes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Dataset, Layer, Likelihood, O, fit, predict } from '../../src/index.ts'
import { targetOf } from '../../src/infer/target.ts'
import { sized } from '../../src/model/attach.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { Dist, E, Model, Spec, Tensor, evaluate, orThrow, pipe } from './tools.ts'
import { open } from '../infer/models.ts'

type Values = Readonly<Record<string, unknown>>

/** A model whose output is its input, [batch, width]. */
const seen = (width: number, l: Likelihood.Likelihood, o: Parameters<typeof Model.observe>[1] = {}): Model.Model => pipe(Layer.input([null, width], { name: 'x' }), Model.observe(l, o))
const rows = async (m: Model.Model, values: Values): Promise<readonly number[]> => Array.from((await orThrow(evaluate([Model.logLikelihood(m)], values as never, { gpu: 'reference' })))[0].data)
const near = (got: readonly number[], want: readonly number[]): void => {
  expect(got.length).toBe(want.length)
  want.forEach((w, i) => expect(Math.abs(got[i] - w)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(w))))
}
const told = (m: Model.Model): string => pipe(Model.check(m), E.match((es) => es.map((e) => `${e._tag} ${e.path.join(' ')}: ${e.got}; ${e.need}; ${e.hint}`).join('\n'), () => ''))

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const logFactorial = (n: number): number => Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0)
const normalLog = (y: number, mu: number, sd: number): number => -0.5 * ((y - mu) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI)
const softmax = (xs: readonly number[]): readonly number[] => {
  const e = xs.map(Math.exp), s = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / s)
}
const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true }).map(Math.fround)

describe('closed forms', () => {
  test('categorical: label smoothing is the cross-entropy against smoothed labels', async () => {
    await fc.assert(fc.asyncProperty(fc.array(number(-4, 4), { minLength: 3, maxLength: 3 }), fc.nat(2), number(0, 0.9), async (x, y, s) => {
      const p = softmax(x), want = p.reduce((sum, q, k) => sum + ((k === y ? 1 - s : 0) + s / 3) * Math.log(q), 0)
      near(await rows(seen(3, Likelihood.categorical({ logits: true, labelSmoothing: s })), { x: [x], y: [y] }), [want])
    }), { numRuns: 20 })
  })

  test('bernoulli from logits', async () => {
    near(await rows(seen(1, Likelihood.bernoulli({ logits: true })), { x: [[1.5], [-30]], y: [0, 1] }), [Math.log(1 - logistic(1.5)), -30])
  })

  test('ordinal: differences of logistic functions', async () => {
    const cutpoints = [-1, 0.5, 2]
    const F = (x: number, k: number): number => (k < 0 ? 0 : k > 2 ? 1 : logistic(cutpoints[k] - x))
    const x = [-2, 0, 0.3, 4], y = [0, 1, 2, 3]
    near(await rows(seen(1, Likelihood.ordinal({ classes: 4, cutpoints })), { x: x.map((v) => [v]), y }), x.map((v, i) => Math.log(F(v, y[i]) - F(v, y[i] - 1))))
  })

  test('normal and Student t', async () => {
    near(await rows(seen(2, Likelihood.normal({ sd: [0.5, 2] })), { x: [[1, 2]], y: [[1.3, -1]] }), [normalLog(1.3, 1, 0.5) + normalLog(-1, 2, 2)])
    // nu = 3: Gamma(2) / (Gamma(3/2) sqrt(3 pi) sd) (1 + z^2 / 3)^-2, Gamma(3/2) = sqrt(pi) / 2
    near(await rows(seen(1, Likelihood.studentT({ nu: 3, sd: 2 })), { x: [[1]], y: [4] }), [Math.log(2 / (Math.PI * Math.sqrt(3) * 2)) - 2 * Math.log(1 + 1.5 ** 2 / 3)])
  })

  test('Poisson and negative binomial, from means and from their logs', async () => {
    await fc.assert(fc.asyncProperty(number(0.1, 20), fc.nat(12), fc.integer({ min: 1, max: 5 }), async (mu, y, alpha) => {
      const poisson = y * Math.log(mu) - mu - logFactorial(y)
      const negative = logFactorial(y + alpha - 1) - logFactorial(y) - logFactorial(alpha - 1) + alpha * Math.log(alpha / (mu + alpha)) + y * Math.log(mu / (mu + alpha))
      near(await rows(seen(1, Likelihood.poisson()), { x: [[mu]], y: [y] }), [poisson])
      near(await rows(seen(1, Likelihood.poisson({ log: true })), { x: [[Math.log(mu)]], y: [y] }), [poisson])
      near(await rows(seen(1, Likelihood.negativeBinomial({ alpha })), { x: [[mu]], y: [y] }), [negative])
      near(await rows(seen(1, Likelihood.negativeBinomial({ alpha, log: true })), { x: [[Math.log(mu)]], y: [y] }), [negative])
    }), { numRuns: 15 })
  })

  test('multivariate normal of two: by the correlation', async () => {
    const [s, t, r] = [2, 0.5, 0.6], m = seen(2, Likelihood.multivariateNormal({ chol: [[1, 0], [r, Math.sqrt(1 - r * r)]], sd: [s, t] }))
    const [a, b] = [(3 - 1) / s, (0 - 0.2) / t]
    const want = -Math.log(2 * Math.PI * s * t * Math.sqrt(1 - r * r)) - (a * a - 2 * r * a * b + b * b) / (2 * (1 - r * r))
    near(await rows(m, { x: [[1, 0.2]], y: [[3, 0]] }), [want])
    near(await rows(seen(2, Likelihood.multivariateNormal({ chol: [[s, 0], [r * t, t * Math.sqrt(1 - r * r)]] })), { x: [[1, 0.2]], y: [[3, 0]] }), [want])
  })
})

describe('arguments', () => {
  test('inferred ones are sites of the observation, at their shapes', () => {
    const names = (m: Model.Model): readonly string[] => Model.sites(m).map((s) => `${s.name} [${s.shape.join(',')}]`)
    expect(names(seen(1, Likelihood.ordinal({ classes: 5 })))).toEqual(['y.cutpoints [4]'])
    expect(names(seen(3, Likelihood.multivariateNormal({ chol: Spec.lkjCholesky({ eta: 2 }), sd: Spec.halfNormal() }), { name: 'z' }))).toEqual(['z.chol [3,3]', 'z.sd [3]'])
    expect(names(seen(1, Likelihood.studentT({ nu: Spec.gamma({ alpha: 2, beta: 0.1 }), sd: Spec.halfNormal() })))).toEqual(['y.nu []', 'y.sd []'])
    expect(names(seen(1, Likelihood.negativeBinomial({ alpha: Spec.halfNormal() })))).toEqual(['y.alpha []'])
  })

  test('learnt ones are point estimates', async () => {
    const m = seen(1, Likelihood.normal({ sd: Spec.exp(Spec.learn(Math.log(2))) }))
    expect(Object.keys(m.params).length).toBe(1)
    near(await rows(m, { x: [[1]], y: [0], [Object.keys(m.params)[0]]: Math.log(2) }), [normalLog(0, 1, 2)])
    expect(told(seen(1, Likelihood.normal({ sd: Spec.learn(2) })))).toMatch(/OutsideDomain y sd: a point estimate, which can take any real value.*learn its logarithm/)
  })

  test('the network tells the noise: by half of its output, or by another head', async () => {
    const softplus = (v: number): number => Math.log1p(Math.exp(v))
    const half = seen(4, Likelihood.normal({ sd: Likelihood.fromOutput() }))
    near(await rows(half, { x: [[1, 2, -1, 0.5]], y: [[0, 3]] }), [normalLog(0, 1, softplus(-1)) + normalLog(3, 2, softplus(0.5))])
    const both = pipe(
      Layer.input([null, 2], { name: 'x' }), Layer.parallel([Layer.slice({ axis: 1, indices: { start: 0, stop: 1 }, name: 'mean' }), Layer.slice({ axis: 1, indices: { start: 1, stop: 2 }, name: 'noise' })]), Layer.outputs(),
      Model.observe(Likelihood.normal({ sd: Likelihood.fromOutput('noise', { transform: Tensor.exp }) }))
    )
    near(await rows(both, { x: [[1, -0.5]], y: [0.2] }), [normalLog(0.2, 1, Math.exp(-0.5))])
    const three = seen(3, Likelihood.studentT({ nu: Likelihood.fromOutput(), sd: Likelihood.fromOutput() }))
    expect(Tensor.shape(three.observed['y']).length).toBe(1)
    // Predictions are of the mean alone.
    const [mean] = await orThrow(evaluate([half.likelihoods[0].expected], { x: [[1, 2, -1, 0.5]] }, { gpu: 'reference' }))
    expect(Array.from(mean.data)).toEqual([1, 2])
  })

  test('what is wrong is said', () => {
    expect(told(seen(3, Likelihood.normal({ sd: Likelihood.fromOutput() })))).toMatch(/ShapeMismatch y Likelihood.normal: an output of shape \[batch, 3\]; a last axis of 2 equal parts: the location, then sd; give the last layer 2 times as many units/)
    expect(told(seen(1, Likelihood.normal({ sd: Likelihood.fromOutput('noize') })))).toMatch(/UnknownLayer y sd: 'noize'; one of x/)
    expect(told(seen(1, Likelihood.normal({ sd: [1, -1] })))).toMatch(/BadOption Likelihood.normal sd: -1; a number above 0/)
    expect(told(seen(1, Likelihood.studentT({ sd: 1 } as never)))).toMatch(/MissingOption Likelihood.studentT nu: no nu; the degrees of freedom/)
    expect(told(seen(1, Likelihood.ordinal({ classes: 3, cutpoints: [1, 0] })))).toMatch(/BadOption Likelihood.ordinal cutpoints: \[1, 0\]; numbers that increase along the last axis/)
    expect(told(seen(1, Likelihood.ordinal({ classes: 3, cutpoints: [1, 2, 3] })))).toMatch(/2 cutpoints along the last axis/)
    expect(told(seen(2, Likelihood.multivariateNormal({ chol: [[1, 1], [0, 1]] })))).toMatch(/BadOption Likelihood.multivariateNormal chol.*lower triangular/)
    expect(told(seen(2, Likelihood.multivariateNormal({ chol: [[1]] })))).toMatch(/chol of shape \[1, 1\].*a square matrix \[2, 2\]/)
    expect(told(seen(3, Likelihood.categorical({ labelSmoothing: 1 })))).toMatch(/labelSmoothing: 1; a number from 0 to below 1/)
    expect(Model.notes(seen(1, Likelihood.bernoulli())).map((n) => n.need).join()).toMatch(/isn't a sigmoid/)
    const rate = pipe(Layer.input([null, 1]), Layer.dense({ units: 1, activation: 'softplus' }), Model.observe(Likelihood.poisson()))
    expect(Model.notes(rate)).toEqual([])
    expect(Model.notes(seen(1, Likelihood.poisson())).map((n) => n.need).join()).toMatch(/a mean can't: use activation 'softplus'/)
  })
})

describe('missing observations', () => {
  const logs = async (m: Model.Model, values: Values): Promise<readonly number[]> => rows(m, values)

  test('have no say, whatever stands in their place', async () => {
    const m = seen(2, Likelihood.normal({ sd: 1 }), { missing: true })
    const x = [[1, 2], [3, 4]]
    for (const filler of [0, -7, 1e30])
      near(await logs(m, { x, y: [[0.5, filler], [filler, filler]], 'y.mask': [[1, 0], [0, 0]] }), [normalLog(0.5, 1, 1), 0])
    const whole = seen(2, Likelihood.multivariateNormal({ chol: [[1, 0], [0, 1]] }), { missing: 'known' })
    near(await logs(whole, { x, y: [[1, 2], [9, 9]], known: [1, 0] }), [-Math.log(2 * Math.PI), 0])
  })

  test('gradients are finite where the density is not', async () => {
    const m = seen(1, Likelihood.distribution((mu) => Dist.gamma({ alpha: Tensor.exp(mu), beta: 1 })), { missing: true })
    const [g] = grad([m.inputs['x']])(B.sum(Model.logLikelihood(m)))
    const [d] = await orThrow(evaluate([g], { x: [[0.3], [0.2]], y: [2, -1], 'y.mask': [1, 0] } as never, { gpu: 'reference' }))
    expect(Number.isFinite(d.data[0])).toBe(true)
    expect(d.data[0]).not.toBe(0)
    expect(d.data[1]).toBe(0)
  })

  test('NaN in the data, whatever form they come in; N counts the rows', async () => {
    const m = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y', missing: true }))
    const record = { x: [[1], [2], [3]], y: [1, NaN, 2] }
    const byRecord = await orThrow(fit(m, { data: record, steps: 3, open }))
    const set = Dataset.of(record, { missing: ['y'] })
    if (E.isLeft(set)) throw new Error('expected a data set')
    expect(Array.from(set.right.fields['y.mask'].data)).toEqual([1, 0, 1])
    const bySet = await orThrow(fit(m, { data: set.right, steps: 3, open }))
    const byMask = await orThrow(fit(m, { data: { x: record.x, y: [1, 55, 2], 'y.mask': [1, 0, 1] }, steps: 3, open }))
    expect(bySet.mean).toEqual(byRecord.mean)
    expect(byMask.mean).toEqual(byRecord.mean)
    expect(byRecord.data.provenance.totalSize).toBe(3)
    const labels = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 2 }), Model.observe(Likelihood.categorical({ logits: true }), { missing: true }))
    expect((await fit(labels, { data: { x: [[1], [2]], y: [1, NaN] }, steps: 1, open })())._tag).toBe('Right')
  })

  test('what is wrong is said', async () => {
    const m = seen(1, Likelihood.normal({ sd: Spec.halfNormal() }), { missing: true })
    const why = async (data: unknown): Promise<string> => {
      const r = await fit(m, { data: data as never, steps: 1, open })()
      return E.isLeft(r) ? `${r.left._tag} ${r.left.path.join(' ')}: ${r.left.got}; ${r.left.need}; ${r.left.hint}` : ''
    }
    const plain = Dataset.of({ x: [[1]], y: [1] })
    expect(await why(E.isRight(plain) ? plain.right : undefined)).toMatch(/MissingField data y.mask.*Dataset.of\(record, \{ missing: \['y'\] \}\)/)
    expect(await why({ x: [[NaN]], y: [1] })).toMatch(/NonFinite/)
    expect(await why({ x: [[1]], y: [1], 'y.mask': [2] })).toMatch(/BadLabel data y.mask/)
    expect(told(seen(1, Likelihood.potential((t) => B.sum(t, [1])), { missing: true }))).toMatch(/BadOption y missing/)
    const counts = await fit(seen(1, Likelihood.negativeBinomial({ alpha: Spec.halfNormal() })), { data: { x: [[1]], y: [-1] }, steps: 1, open })()
    expect(E.isLeft(counts) && counts.left.need).toMatch(/counts: whole numbers from 0/)
    expect(E.isLeft(Dataset.of({ y: [NaN] }))).toBe(true)
    expect(E.isLeft(Dataset.of({ y: [1] }, { missing: ['z'] }))).toBe(true)
  })
})

describe('several observations', () => {
  const two = (o: { readonly weight?: number; readonly sizes?: readonly [number, number] } = {}): Model.Model => pipe(
    Layer.input([null, 2], { name: 'x' }),
    Model.observe(Likelihood.normal({ sd: 1 }), { name: 'a', ...(o.sizes === undefined ? {} : { totalSize: o.sizes[0] }) }),
    Model.observe(Likelihood.categorical({ logits: true }), { name: 'b', ...(o.weight === undefined ? {} : { weight: o.weight }), ...(o.sizes === undefined ? {} : { totalSize: o.sizes[1] }) })
  )
  const values = { x: [[1, 0]], a: [[1, 0]], b: [1] }, first = -Math.log(2 * Math.PI), second = Math.log(softmax([1, 0])[1])

  test('are added, each with its weight', async () => {
    near(await rows(two(), values), [first + second])
    near(await rows(two({ weight: 0.25 }), values), [first + 0.25 * second])
    expect(told(two({ weight: 0 }))).toMatch(/observe weight: 0; a number above 0/)
  })

  test('each with its size: a batch stands for so many rows of its own', async () => {
    const m = two({ sizes: [10, 40] })
    const t = targetOf(sized([10, 40])(m))
    const lik = t.logLik(B.full([0], 0), { values: { x: B.array(Float32Array.of(1, 0), [1, 2]), a: B.array(Float32Array.of(1, 0), [1, 2]), b: B.array(Int32Array.of(1), [1], 'i32') }, key: B.array(new Uint32Array(2), [2], 'u32') })
    const [l] = await orThrow(evaluate([lik], {}, { gpu: 'reference' }))
    // times N / B = 10: 10 of the first, 40 of the second
    near(Array.from(l.data), [first + 4 * second])
  })

  test('share a mask where they name one', () => {
    const m = pipe(Layer.input([null, 2], { name: 'x' }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'a', missing: 'known' }), Model.observe(Likelihood.normal({ sd: 2 }), { name: 'b', missing: 'known' }))
    expect(told(m)).toBe('')
    expect(Object.keys(Model.dataLeaves(m)).sort()).toEqual(['a', 'b', 'known', 'x'])
    expect(told(pipe(m, Model.observe(Likelihood.multivariateNormal({ chol: [[1, 0], [0, 1]] }), { name: 'c', missing: 'known' })))).toMatch(/ShapeMismatch c missing: the field 'known' of shape \[batch, 2\].*shape \[batch\]/)
    expect(told(pipe(Layer.input([null, 2], { name: 'x' }), Model.observe(Likelihood.normal({ sd: 1 }), { missing: 'x' })))).toMatch(/DuplicateName x/)
  })
})

describe('in a model without a network', () => {
  test('a likelihood tied to a tensor has the same options', async () => {
    const m = Model.joint({ mu: Spec.normal() }, ({ mu }) => ({
      y: pipe(Likelihood.normal({ sd: 1 }), Likelihood.of(Tensor.broadcastTo([3])(mu), { missing: true, weight: 2 }))
    }))
    expect(told(m)).toBe('')
    near(await rows(m, { mu: 0.5, y: [1, 0, 2], 'y.mask': [1, 0, 1] }), [2 * normalLog(1, 0.5, 1), 0, 2 * normalLog(2, 0.5, 1)])
    const a = await orThrow(fit(m, { data: { y: [1, NaN, 2] }, steps: 2, open }))
    expect(Object.keys(a.mean)).toEqual(['mu'])
    const wrong = Model.joint({ mu: Spec.normal() }, ({ mu }) => ({ y: pipe(Likelihood.normal({ sd: 1 }), Likelihood.of(Tensor.broadcastTo([3])(mu), { wieght: 2 } as never)) }))
    expect(told(wrong)).toMatch(/UnknownOption y wieght.*did you mean 'weight'/)
  })
})

describe('predictions', () => {
  const dense = (units: number): Layer.Network => pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units, W: Spec.normal(), b: Spec.normal() }))
  const cases: Readonly<Record<string, readonly [Model.Model, unknown, 'classes' | 'binary' | 'real', readonly number[]]>> = {
    categorical: [pipe(dense(3), Model.observe(Likelihood.categorical({ logits: true }))), [0, 2], 'classes', [3]],
    ordinal: [pipe(dense(1), Model.observe(Likelihood.ordinal({ classes: 4 }))), [0, 3], 'classes', [4]],
    bernoulli: [pipe(dense(1), Model.observe(Likelihood.bernoulli({ logits: true }))), [0, 1], 'binary', []],
    normal: [pipe(dense(2), Model.observe(Likelihood.normal({ sd: Likelihood.fromOutput() }))), [0.5, 1], 'real', []],
    studentT: [pipe(dense(1), Model.observe(Likelihood.studentT({ nu: 2, sd: Spec.halfNormal() }))), [0.5, 1], 'real', []],
    poisson: [pipe(dense(1), Model.observe(Likelihood.poisson({ log: true }))), [0, 4], 'real', []],
    negativeBinomial: [pipe(dense(1), Model.observe(Likelihood.negativeBinomial({ alpha: Spec.halfNormal(), log: true }))), [0, 4], 'real', []],
    multivariateNormal: [pipe(dense(2), Model.observe(Likelihood.multivariateNormal({ chol: Spec.lkjCholesky(), sd: Spec.halfNormal() }))), [[0, 1], [1, 0]], 'real', [2]]
  }
  test.each(Object.keys(cases))('%s: expected data, draws of the data, replicated data', async (name) => {
    const [m, y, kind, width] = cases[name]
    expect(told(m)).toBe('')
    const a = await orThrow(fit(m, { data: { x: [[0], [1]], y } as never, steps: 2, open }))
    const p = await orThrow(predict(a, { x: [[0.5], [2], [3]] }, { samples: 5, gpu: 'reference' }))
    expect(p.kind).toBe(kind)
    expect(p.predictiveMean.shape).toEqual([3, ...width])
    expect(p.predictiveMean.data.every(Number.isFinite)).toBe(true)
    if (kind === 'classes') for (let i = 0; i < 3; i++) expect(p.predictiveMean.data.slice(i * width[0], (i + 1) * width[0]).reduce((s, v) => s + v, 0)).toBeCloseTo(1, 5)
    const o = await orThrow(predict.observed(a, { x: [[0.5]] }, { samples: 5, gpu: 'reference' }))
    expect(o.predictiveMean.data.every(Number.isFinite)).toBe(true)
    const replicated = pipe(a, Model.posteriorPredictive(m, { size: 2, seed: 1 }))
    expect(Tensor.shape(replicated['y'])[0]).toBe(2)
  }, 60_000)

  test('of an observation by name', async () => {
    const m = pipe(dense(2), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'a' }), Model.observe(Likelihood.categorical({ logits: true }), { name: 'b' }))
    const a = await orThrow(fit(m, { data: { x: [[0], [1]], a: [[0, 1], [1, 0]], b: [0, 1] }, steps: 1, open }))
    const at = { x: [[1]] }, o = { samples: 2, gpu: 'reference' as const }
    expect((await orThrow(predict(a, at, o))).kind).toBe('real')
    expect((await orThrow(predict(a, at, { ...o, name: 'b' }))).kind).toBe('classes')
    const no = await predict(a, at, { ...o, name: 'c' })()
    expect(E.isLeft(no) && no.left._tag).toBe('UnknownObservation')
  })
})

describe('deterministic', () => {
  const base = (): Model.Model => pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, b: null, W: Spec.normal() }), Model.observe(Likelihood.normal({ sd: 1 })))
  const squared = (m: Model.Model): Tensor.Tensor => Tensor.square(m.sites[0].leaf)

  test('is found by name and drawn with the rest', async () => {
    const m = pipe(base(), Model.deterministic('squared', squared))
    expect(pipe(m, Model.find('squared'), O.isSome)).toBe(true)
    const { sites } = Model.priorPredictive(m, { size: 3, seed: 1 })
    const [w, s] = await orThrow(evaluate([sites['dense_1.W'], sites['squared']], {}, { gpu: 'reference' }))
    expect(Array.from(s.data)).toEqual(Array.from(w.data, (v) => Math.fround(v * v)))
    expect(Model.logDensity(m)).toEqual(Model.logDensity(base()))
  })

  test('what is wrong is said', () => {
    expect(told(pipe(base(), Model.deterministic('dense_1', squared)))).toMatch(/DuplicateName Model.deterministic dense_1/)
    expect(told(pipe(base(), Model.deterministic('', squared)))).toMatch(/BadOption Model.deterministic name/)
    expect(told(pipe(base(), Model.deterministic('s', () => 3 as never)))).toMatch(/BadFunction Model.deterministic 's'/)
  })
})
