/** Data that a model can't have given are refused, by row; where bounds move, what can't be has no likelihood. */
import { describe, expect, test } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import { Dataset, Dist, Layer, Likelihood, Method, Model, Optimizer, Spec, Tensor, elbo, fit, predict } from '../../src/index.ts'
import type { FitOptions, GelatoError } from '../../src/index.ts'
import { rowsFor } from '../../src/infer/rowdata.ts'
import { topo } from '../../src/tensor/node.ts'
import { openReference as open } from '../../src/run/reference.ts'
import { cases, distOf, lines, wholes } from '../dist/cases.ts'
import { at } from '../dist/tools.ts'
import { left, right } from '../checks/tools.ts'

const seen = (d: Dist.Dist, inputs: Readonly<Record<string, readonly null[]>> = {}): Model.Model =>
  Model.joint({ s: Spec.halfNormal() }, () => ({ y: d }), { inputs })
const refused = (m: Model.Model, data: unknown): GelatoError => left(rowsFor(m, data, { observed: true }))[0]
const accepted = (m: Model.Model, data: unknown): boolean => E.isRight(rowsFor(m, data, { observed: true }))

describe('supports', () => {
  test.each(lines)('$family: its points are taken, what is beyond its ends is not, and an end that is taken has a finite density', ({ family, range, points }) => {
    const d = distOf(family), m = seen(d), inner = points.filter((x) => Math.fround(x) > range[0] && Math.fround(x) < range[1])
    expect(inner.length).toBeGreaterThan(0)
    expect(accepted(m, { y: inner })).toBe(true)
    const [low, high] = range
    for (const x of [low - 0.5, high + 0.5].filter(Number.isFinite))
      expect(refused(m, { y: [inner[0], x] })).toMatchObject({ _tag: 'OutOfSupport', path: ['data', 'y', 'row 1'], got: String(Math.fround(x)).length < 8 ? String(x) : expect.any(String) })
    for (const x of [low, high].filter((x) => Number.isFinite(x) && accepted(m, { y: [x] }))) expect(Number.isFinite(at(Dist.logDensity(d), [x])[0])).toBe(true)
  })

  test.each(wholes)('$family: every count or class is taken, those before the first are not', ({ family, upto }) => {
    const m = seen(distOf(family))
    expect(accepted(m, { y: Array.from({ length: upto + 1 }, (_, k) => k) })).toBe(true)
    expect(refused(m, { y: [0, -1] })).toMatchObject({ path: ['data', 'y', 'row 1'], got: expect.stringContaining('-1') })
    expect(refused(m, { y: [0, 0.5] })).toMatchObject({ _tag: 'NotAnInteger', path: ['data', 'y', 'row 1'], got: '0.5' })
  })

  test('every family is one or the other, or of vectors', () => {
    expect(Object.values(cases).filter((c) => c.kind === 'vector' || c.kind === 'improper').length + lines.length + wholes.length).toBe(Dist.familyNames.length)
  })

  test('ends that can be observed: 0 for an exponential or a half normal, not for a gamma or a log-normal; both for a uniform, none for a beta', () => {
    for (const d of [Dist.exponential(), Dist.halfNormal(), Dist.halfCauchy(), Dist.halfStudentT({ nu: 3 })]) expect(accepted(seen(d), { y: [0] })).toBe(true)
    for (const d of [Dist.gamma({ alpha: 2, beta: 1 }), Dist.logNormal(), Dist.weibull({ alpha: 2, beta: 1 }), Dist.wald({ mu: 1, lam: 1 })])
      expect(refused(seen(d), { y: [0] })).toMatchObject({ got: '0', need: expect.stringContaining('numbers above 0') })
    // 0.1 is above 0.1 in f32, and in f32 it is the bound.
    expect(accepted(seen(Dist.uniform({ lower: -0.3, upper: 0.1 })), { y: [-0.3, 0.1] })).toBe(true)
    for (const x of [0, 1]) expect(refused(seen(Dist.beta({ alpha: 2, beta: 2 })), { y: [x] }).hint).toContain('the density there')
  })

  test('bounds of an array, and bounds from the data', () => {
    const bounds = pipe(Layer.input([null, 2], { name: 'x' }), Model.observe(Likelihood.distribution((mu) => Dist.truncatedNormal({ mu, lower: [0, 10], upper: [1, 20] }))))
    const x = [[0, 0], [0, 0]]
    expect(accepted(bounds, { x, y: [[0.5, 15], [1, 10]] })).toBe(true)
    expect(refused(bounds, { x, y: [[0.5, 15], [0.5, 9]] })).toMatchObject({ path: ['data', 'y', 'row 1, element 1 of it'], got: '9', need: expect.stringContaining('from 10 to 20') })
    const trials = Model.joint({ p: Spec.beta() }, ({ p }, { n }) => ({ y: Dist.binomial({ n, probs: p }) }), { inputs: { n: [null] } })
    expect(accepted(trials, { n: [7, 8, 9], y: [7, 8, 9] })).toBe(true)
    expect(refused(trials, { n: [7, 8, 9], y: [7, 9, 9] })).toMatchObject({ _tag: 'OutOfSupport', path: ['data', 'y', 'row 1'], got: '9', need: expect.stringContaining('whole numbers from 0 to 8') })
  })

  test('vectors: shares that sum to 1, increasing numbers, factors of correlations', () => {
    const shares = seen(Dist.dirichlet({ alpha: [1, 2, 3] }))
    expect(accepted(shares, { y: [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]] })).toBe(true)
    for (const bad of [[0.5, 0.5, 0.5], [0, 0.5, 0.5], [-0.5, 1, 0.5]]) expect(refused(shares, { y: [[0.2, 0.3, 0.5], bad] })).toMatchObject({ _tag: 'OutOfSupport', path: ['data', 'y', 'row 1'], got: expect.stringContaining('0.5') })
    const ordered = Dist.Supports.eventProblem(Dist.Supports.ordered), chol = Dist.Supports.eventProblem(Dist.Supports.choleskyCorr)
    expect([ordered([1, 2, 3]), chol([1, 0, 0.6, 0.8])]).toEqual([undefined, undefined])
    expect(ordered([1, 1, 3])).toContain('increase')
    for (const bad of [[1, 0, 0.6, 0.9], [1, 0.1, 0.6, 0.8], [1, 0, 0.6, -0.8]]) expect(chol(bad)).toContain('lower triangular')
  })

  test('what is missing is not asked', () => {
    const m = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1 }), Model.observe(Likelihood.distribution((t) => Dist.gamma({ alpha: 2, beta: Tensor.exp(t) })), { missing: true }))
    expect(accepted(m, { x: [[1], [2]], y: [NaN, 1] })).toBe(true)
    expect(accepted(m, { x: [[1], [2]], y: [-1, 1], 'y.mask': [0, 1] })).toBe(true)
    expect(refused(m, { x: [[1], [2]], y: [-1, 1], 'y.mask': [1, 1] })).toMatchObject({ _tag: 'OutOfSupport', path: ['data', 'y', 'row 0'] })
    const labels = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 2 }), Model.observe(Likelihood.categorical({ logits: true }), { missing: true }))
    expect(accepted(labels, { x: [[1], [2]], y: [-1, 1], 'y.mask': [0, 1] })).toBe(true)
    expect(refused(labels, { x: [[1], [2]], y: [-1, 1], 'y.mask': [1, 1] })).toMatchObject({ _tag: 'BadLabel' })
  })

  describe('vectors are missing as a whole', () => {
    const correlated = Likelihood.multivariateNormal({ chol: [[1, 0], [0.6, 0.8]] })
    const on = (units: number, l: Likelihood.Likelihood, missing: true | string = true): Model.Model =>
      pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units, W: Spec.normal(), b: null }), Model.observe(l, { missing }))
    const x = [[1], [2], [3]], y = [[1, 2], [NaN, NaN], [0.5, -1]]
    const mask = (m: Model.Model, data: unknown, name = 'y.mask'): unknown => { const f = right(rowsFor(m, data, { observed: true })).fields[name]; return [f.shape, [...f.data]] }

    test('where all their numbers are NaN, in a record or a data set, or where a mask says so', () => {
      const m = on(2, correlated), set = right(Dataset.of({ x, y }, { missing: ['y'] }))
      for (const data of [{ x, y }, set, { x, y: [[1, 2], [7, 7], [3, 4]], 'y.mask': [1, 0, 1] }]) expect(mask(m, data)).toEqual([[3], [1, 0, 1]])
      expect(mask(on(2, correlated, 'known'), { x, y: [[1, 2], [7, 7], [3, 4]], known: [[1, 1], [0, 0], [1, 1]] }, 'known')).toEqual([[3], [1, 0, 1]])
      const shares = on(3, Likelihood.distribution((t) => Dist.dirichlet({ alpha: Tensor.exp(t) })))
      expect(mask(shares, { x, y: [[0.2, 0.3, 0.5], [NaN, NaN, NaN], [0.1, 0.1, 0.8]] })).toEqual([[3], [1, 0, 1]])
      expect(mask(on(2, Likelihood.normal({ sd: 1 })), { x, y: [[1, 2], [NaN, 3], [NaN, NaN]] })).toEqual([[3, 2], [1, 1, 0, 1, 0, 0]])
    })

    test('and have no say: the fit is that of the rows that are there, and their log likelihood is 0', async () => {
      const m = on(2, correlated), o = { steps: 30, open, optimizer: Optimizer.adam({ learningRate: 0.05 }), method: Method.map() } as const
      const gaps = right(await fit(m, { data: { x, y }, ...o })())
      const there = right(await fit(m, { data: { x: [x[0], x[0], x[2]], y: [y[0], [9, 9], y[2]], 'y.mask': [1, 0, 1] }, ...o })())
      expect(gaps.mean).toEqual(there.mean)
      const rows = right(await predict.logLikelihood(gaps, { x, y }, { samples: 1, open })())
      expect(rows.data[1]).toBe(0)
      expect(rows.data[0]).toBeLessThan(0)
    })

    test('one that is there in part is refused by its row', () => {
      const e = refused(on(2, correlated), { x, y: [[1, 2], [NaN, 3], [0, 0]] })
      expect(e).toMatchObject({ _tag: 'NonFinite', path: ['data', 'y', 'row 1'], got: '1 of 2 numbers missing', need: expect.stringContaining("'y' is multivariateNormal") })
      const several = pipe(Layer.input([null, 2, 2], { name: 'x' }), Model.observe(correlated, { missing: true }))
      expect(refused(several, { x: [[[1, 2], [3, 4]]], y: [[[1, 2], [3, NaN]]] })).toMatchObject({ path: ['data', 'y', 'row 0, vector 1 of it'] })
    })

    test('a mask of another shape is told of as a mask', () => {
      const e = refused(on(1, Likelihood.normal({ sd: 1 })), { x, y: [1, 2, 3], 'y.mask': [[1, 0], [1, 0], [1, 0]] })
      expect(e).toMatchObject({ _tag: 'RowShape', path: ['data', 'y.mask'], hint: expect.stringContaining('1 or 0 for each observation, as [3]') })
    })
  })
})

test('a mean that may be below 0 is noted, and where the run ends it is said', async () => {
  const on = (f: (t: Tensor.Tensor) => Dist.Dist, activation: 'linear' | 'softplus' = 'linear'): Model.Model =>
    pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1, activation }), Model.observe(Likelihood.distribution(f)))
  const notes = (m: Model.Model): readonly string[] => Model.notes(m).map((n) => n.need)
  const m = on((rate) => Dist.poisson({ rate }))
  expect(notes(m)).toEqual([expect.stringContaining("the output may be below 0, and rate of poisson can't")])
  expect(notes(on((probs) => Dist.bernoulli({ probs })))).toEqual([expect.stringContaining('between 0 and 1')])
  for (const fine of [on((rate) => Dist.poisson({ rate }), 'softplus'), on((t) => Dist.poisson({ logRate: t })), on((mu) => Dist.normal({ mu })), on((t) => Dist.poisson({ rate: Tensor.exp(t) }))]) expect(notes(fine)).toEqual([])
  const e = left(await fit(m, { data: { x: [[5], [-5]], y: [1, 2] }, steps: 20, open })())
  expect(e).toMatchObject({ _tag: 'Diverged', hint: expect.stringContaining("rate of poisson can't") })
})

test('a log likelihood of its own takes what it takes', () => {
  // Exponential times, those of what is censored below 0: log lam - lam t, or -lam t.
  const m = pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units: 1 }), Model.observe(Likelihood.distribution((t) => Dist.exponential({ lam: Tensor.exp(t) }), {
    logLik: (y, d) => Tensor.sub(Tensor.mul(d.params['lam'])(Tensor.abs(y)))(Tensor.select(Tensor.log(d.params['lam']), 0)(Tensor.gt(0)(y))) })))
  expect(m.problems).toEqual([])
  expect(accepted(m, { x: [[1], [2]], y: [3, -4] })).toBe(true)
})

describe('bounds that are inferred', () => {
  const upTo = (theta: Spec.Spec): Model.Model => Model.joint({ theta }, (v) => ({ y: Dist.uniform({ lower: 0, upper: v.theta }) }))
  const run = (m: Model.Model, y: readonly number[], o: Partial<FitOptions> = {}): ReturnType<ReturnType<typeof fit>> => fit(m, { data: { y }, steps: 400, open, optimizer: Optimizer.adam({ learningRate: 0.05 }), ...o })()

  test('a bound that draws pass ends the run, naming the observation and where the bound must be', async () => {
    const e = left(await run(upTo(Spec.halfNormal({ sd: 10 })), [1, 2, 3]))
    expect(e).toMatchObject({ _tag: 'Diverged', path: ['fit', 'y'], need: expect.stringContaining('an upper bound of at least 3'), hint: expect.stringContaining('Spec.truncatedNormal({ lower: 3 })') })
    expect(e.got).toContain('outside the support of their distribution, uniform')
  })

  test('a lower bound, of a density whose gradient is not finite outside', async () => {
    const m = Model.joint({ low: Spec.normal({ sd: 3 }) }, ({ low }) => ({ y: Dist.truncatedNormal({ mu: 1, lower: low }) }))
    expect(left(await run(m, [0.5, 1, 2]))).toMatchObject({ _tag: 'Diverged', path: ['fit', 'y'], need: expect.stringContaining('a lower bound of at most 0.5'), hint: expect.stringContaining('Spec.truncatedNormal({ upper: 0.5 })') })
  })

  test('a log likelihood that is no number has another reason', async () => {
    const m = Model.joint({ theta: Spec.truncatedNormal({ sd: 10, lower: 3 }), r: Spec.normal({ sd: 1e3 }) }, ({ theta, r }) => ({
      y: Dist.uniform({ lower: 0, upper: theta }), k: Dist.normal({ mu: Tensor.log(r), sd: [1, 1, 1] }) }))
    const e = left(await fit(m, { data: { y: [1, 2, 3], k: [1, 2, 3] }, steps: 300, open })())
    expect(e).toMatchObject({ _tag: 'Diverged', path: ['fit', 'r'] })
    expect(e.hint).not.toContain('truncatedNormal')
  })

  test('the step is counted from the first of all', async () => {
    const o = { data: { y: [1, 2, 3] }, open }
    const m = upTo(Spec.halfNormal({ sd: 10 }))
    const still = right(await fit(m, { ...o, steps: 7, start: { theta: { mean: 50, sd: 0.01 } }, optimizer: Optimizer.sgd({ learningRate: 0 }) })())
    const e = left(await fit(m, { ...o, steps: 50, from: still, optimizer: Optimizer.sgd({ learningRate: 3 }) })())
    expect(e).toMatchObject({ _tag: 'Diverged', path: ['fit', 'y'] })
    expect(Number(/at step (\d+)/.exec(e.got)?.[1])).toBeGreaterThan(7)
  })

  test('a prior that ends at the data is fitted, and its posterior is the conjugate one', async () => {
    // Pareto(1, 3) and three numbers up to 3: Pareto(4, 3), log(theta / 3) is exponential with rate 4. The mean of log theta under the best log-normal of theta - 3 is near.
    const a = right(await run(upTo(Spec.pareto({ alpha: 1, m: 3 })), [1, 2, 3], { steps: 1500, optimizer: Optimizer.adam({ learningRate: 0.02 }) }))
    const theta = (a.mean as Record<string, { readonly data: ArrayLike<number> }>)['theta'].data[0]
    expect(theta).toBeGreaterThan(3)
    expect(Math.abs(theta - 4)).toBeLessThan(0.4)
    // What it has not seen: beyond what the bound reaches the evidence is none.
    const far = right(await elbo(a, { y: [1, 2, 1000] }, { open, samples: 5 })())
    expect(far.value).toBe(-Infinity)
  })

  test('the graph of a likelihood without such bounds asks nothing', () => {
    const ops = (m: Model.Model): readonly string[] => [...new Set(m.likelihoods.flatMap((l) => topo([l.logLik]).map((t) => t.op)))]
    for (const d of [Dist.normal(), Dist.exponential(), Dist.uniform({ upper: 2 })]) expect(ops(seen(d))).not.toContain('select')
    expect(ops(upTo(Spec.halfNormal()))).toContain('select')
  })
})

describe('indices', () => {
  const table = Model.joint({ a: pipe(Spec.normal(), Spec.withShape([3])) }, ({ a }, { g }) => ({ y: Dist.normal({ mu: pipe(a, Tensor.take(Tensor.cast('i32')(g))), sd: 1 }) }), { inputs: { g: [null] } })
  const words = pipe(Layer.input([null, 2], { name: 'g', dtype: 'i32' }), Layer.embedding({ inputs: 3, units: 1 }), Layer.flatten(), Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 1 })))

  test('outside their table, in fit and in predict', async () => {
    for (const g of [3, -1]) {
      expect(refused(table, { g: [0, g], y: [1, 2] })).toMatchObject({ _tag: 'BadIndex', path: ['data', 'g', 'row 1'], got: `index ${g}`, need: expect.stringContaining('from 0 to 2') })
      expect(refused(words, { g: [[0, 1], [2, g]], y: [1, 2] })).toMatchObject({ _tag: 'BadIndex', path: ['data', 'g', 'row 1, element 1 of it'] })
    }
    const a = right(await fit(words, { data: { g: [[0, 1], [2, 2]], y: [1, 2] }, steps: 1, open })())
    expect(left(await predict(a, { g: [[0, 99]] }, { open })())).toMatchObject({ _tag: 'BadIndex', path: ['data', 'g', 'row 0, element 1 of it'] })
    expect(refused(words, { g: [[0, 1.5]], y: [1] })).toMatchObject({ _tag: 'NotAnInteger', hint: expect.stringContaining('input \'g\'') })
  })

  test('made from an input: a column, counted from 1', () => {
    const m = Model.joint({ a: pipe(Spec.normal(), Spec.withShape([3])) }, ({ a }, { g }) => ({
      y: Dist.normal({ mu: pipe(a, Tensor.take(Tensor.cast('i32')(Tensor.sub(1)(pipe(g, Tensor.get(null, 1)))))), sd: 1 }) }), { inputs: { g: [null, 2] } })
    expect(accepted(m, { g: [[9, 1], [9, 3]], y: [1, 2] })).toBe(true)
    expect(refused(m, { g: [[9, 1], [9, 4]], y: [1, 2] })).toMatchObject({ _tag: 'BadIndex', path: ['data', 'g', 'row 1'] })
  })
})

describe('rows of another shape', () => {
  const on = (likelihood: Likelihood.Likelihood, units: number): Model.Model => pipe(Layer.input([null, 1], { name: 'x' }), Layer.dense({ units }), Model.observe(likelihood))
  test('a column of numbers, one-hot rows, one input a row', () => {
    const normal = on(Likelihood.normal({ sd: 1 }), 1)
    expect(refused(normal, { x: [[1], [2]], y: [[1], [2]] })).toMatchObject({ _tag: 'RowShape', hint: expect.stringContaining('give y as [2]') })
    expect(refused(normal, { x: [1, 2], y: [1, 2] })).toMatchObject({ _tag: 'RowShape', hint: expect.stringContaining('give x as [2, 1]') })
    expect(refused(on(Likelihood.categorical({ logits: true }), 3), { x: [[1], [2]], y: [[0, 1, 0], [1, 0, 0]] })).toMatchObject({ _tag: 'RowShape', hint: expect.stringContaining('give class numbers from 0 to 2 as [2]') })
  })
})
