import { expect, test } from 'vitest'
import { E, NEA, TE } from '../../src/fp.ts'
import * as Dataset from '../../src/dataset/index.ts'
import * as Dist from '../../src/dist/index.ts'
import { openReference } from '../../src/run/reference.ts'
import * as B from '../../src/tensor/build.ts'
import { of } from '../../src/infer/approximation.ts'
import { fit } from '../../src/infer/fit.ts'
import type { Aborted } from '../../src/infer/fit.ts'
import type { FitEvent } from '../../src/infer/drive.ts'
import type { Method, Phase } from '../../src/infer/method.ts'
import { map } from '../../src/infer/methods.ts'
import * as Optimizer from '../../src/infer/optimizer.ts'
import { classifier, left, model, open, openRounded, regressionVector, right, site } from './models.ts'

const { model: net, data } = classifier()
const optimizer = Optimizer.adam({ learningRate: Optimizer.cosine({ value: 0.02, steps: 12 }) })

test('stopped and continued is the uninterrupted run to the bit', async () => {
  const o = { data, batchSize: 4, optimizer, seed: 9, open: openRounded }
  const whole = right(await fit(net, { ...o, steps: 7 })())
  const first = right(await fit(net, { ...o, steps: 3 })())
  const second = right(await fit(net, { data, from: first, steps: 4, open: openRounded })())
  expect(second.data.state).toEqual(whole.data.state)
  expect(second.history).toEqual(whole.history)
  expect([second.data.step, second.data.epoch, second.data.offset]).toEqual([7, 2, 8])
  expect(whole.history.loss.length).toBe(7)
})

test('the same seed gives the same bits, another seed others', async () => {
  const run = async (seed: number) => right(await fit(net, { data, batchSize: 4, steps: 2, seed, open })()).data.state
  expect(await run(1)).toEqual(await run(1))
  expect((await run(2))['mu'].data).not.toEqual((await run(1))['mu'].data)
})

test('the loss is kl less log likelihood, in nats of the full data', async () => {
  const { history } = right(await fit(net, { data, batchSize: 4, steps: 3, open })())
  history.loss.forEach((l, i) => expect(l).toBeCloseTo(history.kl[i] - history.logLik[i], 3))
})

test('more data of the same kind weigh more', async () => {
  const run = async (totalSize?: number) => right(await fit(net, { data, batchSize: 5, steps: 1, open, ...(totalSize === undefined ? {} : { totalSize }) })()).history
  const own = await run(), ten = await run(100)
  expect(ten.logLik[0] / own.logLik[0]).toBeCloseTo(10, 4)
  expect(ten.kl[0]).toBeCloseTo(own.kl[0], 4)
})

test('so it is where the estimator, the bound on the gradient or the number of rows are not the usual ones', async () => {
  // a thirtieth of the gradient's norm, so that it tells
  const o = { data, batchSize: 4, seed: 9, open: openRounded, optimizer: Optimizer.sgd({ learningRate: 0.05 }) }
  for (const more of [{ kl: 'monteCarlo', clip: { norm: 1 } }, { kl: 'monteCarlo', pathDerivative: true, clip: { value: 0.01 }, totalSize: 70 }] as const) {
    const whole = right(await fit(net, { ...o, ...more, steps: 4 })()), plain = right(await fit(net, { ...o, steps: 4 })())
    const first = right(await fit(net, { ...o, ...more, steps: 2 })())
    const second = right(await fit(net, { data, from: first, steps: 2, open: openRounded })())
    expect(second.data.state).toEqual(whole.data.state)
    expect(second.history).toEqual(whole.history)
    expect(plain.data.state).not.toEqual(whole.data.state)
    const { totalSize, ...estimator } = { totalSize: undefined, ...more }
    expect(second.data.provenance).toMatchObject({ ...estimator, ...(totalSize === undefined ? {} : { told: totalSize }) })
    // said anew it counts: no bounds at all
    expect(right(await fit(net, { data, from: first, steps: 0, clip: {}, kl: 'auto', open })()).data.provenance).toMatchObject({ clip: {}, kl: 'auto' })
  }
  const { provenance } = right(await fit(net, { data, steps: 0, open })()).data
  expect(['told', 'kl', 'clip', 'pathDerivative'].filter((k) => k in provenance)).toEqual([])
})

test('what goes on from a fit goes on with the number of rows that it was told', async () => {
  const told = right(await fit(net, { data, batchSize: 5, steps: 1, open, totalSize: 100 })())
  const next = async (more: object) => right(await fit(net, { data, from: told, steps: 1, open, ...more })()).data.provenance.totalSize
  expect(await next({})).toBe(100)
  expect(await next({ totalSize: 50 })).toBe(50)
})

test('what was told is told apart from what the model says, and from the rows', async () => {
  const { model: m, data: d } = regressionVector()
  const says = (totalSize: number | undefined) => ({ ...m, likelihoods: m.likelihoods.map((l) => ({ ...l, totalSize })) })
  const on = async (o: Partial<Parameters<typeof fit>[1]>, totalSize?: number) => right(await fit(says(totalSize), { data: d, steps: 0, open, ...o })())
  const N = async (o: Parameters<typeof on>[0], totalSize?: number) => (await on(o, totalSize)).data.provenance.totalSize
  const own = await on({}, 100)
  expect([own.data.provenance.totalSize, await N({ from: own }, 200), await N({ from: own })]).toEqual([100, 200, 5])
  const part = { x: d.x.slice(0, 2), y: d.y.slice(0, 2) }
  const rows = await on({ totalSize: 5 }), again = await on({ from: rows })
  expect([await N({ from: rows, data: part }), await N({ from: again, data: part }), await N({ from: await on({}), data: part })]).toEqual([5, 5, 2])
  // what files of before say: another number than the model's own was told
  const { told, ...before } = rows.data.provenance
  const old = (totalSize: number) => of({ ...rows.data, provenance: { ...before, totalSize } })
  expect([told, await N({ from: old(50) }), await N({ from: old(5), data: part })]).toEqual([5, 50, 2])
})

test('events tell of compiling, progress and the end', async () => {
  const seen: FitEvent[] = []
  right(await fit(net, { data, steps: 2, open, onEvent: (e) => seen.push(e) })())
  expect(seen.map((e) => e._tag)).toEqual(['Compiled', 'Progress', 'Done'])
  expect(seen[1]).toMatchObject({ step: 1 })
  expect(seen[2]).toMatchObject({ step: 2 })
})

test('cancelling gives what was learnt, which can be gone on from', async () => {
  const stop = new AbortController()
  const e = left(await fit(net, { data, batchSize: 4, optimizer, seed: 9, steps: 7, open: openRounded, signal: stop.signal, onEvent: (x) => { if (x._tag === 'Progress') stop.abort() } })()) as Aborted
  expect(e._tag).toBe('Aborted')
  expect(e.partial.data.step).toBe(1)
  const rest = right(await fit(net, { data, from: e.partial, steps: 6, open: openRounded })())
  expect(rest.data.state).toEqual(right(await fit(net, { data, batchSize: 4, optimizer, seed: 9, steps: 7, open: openRounded })()).data.state)
})

test('a gradient that is not finite stops the fit and names the site and the step', async () => {
  const a = site('fine', [], Dist.normal()), b = site('wild', [2], Dist.normal())
  const big = B.exp(B.mul(1e3, B.mul(B.leaf('input', 'x', [4]), B.sum(b.leaf))))
  const m = model({ inputs: { x: B.leaf('input', 'x', [4]) }, sites: [a, b], prediction: big, likelihoods: [{ name: 'y', dist: Dist.normal({ mu: big }), shape: [4] }] })
  const e = left(await fit(m, { data: { x: [1, 1, 1, 1], y: [0, 0, 0, 0] }, steps: 50, open, start: { wild: { mean: 2 } } })())
  expect(e).toMatchObject({ _tag: 'Diverged', path: ['fit', 'wild'] })
  expect(e.got).toMatch(/step 0, element 0 of 'wild'/)
})

test('bad options and data are errors that name them', async () => {
  const bad = async (o: object) => left(await fit(net, { data, open, steps: 1, ...o } as Parameters<typeof fit>[1])())
  expect(await bad({ stpes: 3 })).toMatchObject({ _tag: 'UnknownOption', hint: "did you mean 'steps'?" })
  expect(await bad({ batchSize: 11 })).toMatchObject({ _tag: 'BadOption', path: ['fit', 'batchSize'] })
  expect(await bad({ samples: 0 })).toMatchObject({ path: ['fit', 'samples'] })
  expect(await bad({ totalSize: 9 })).toMatchObject({ path: ['fit', 'totalSize'] })
  expect(await bad({ clip: { norn: 1 } })).toMatchObject({ _tag: 'UnknownOption' })
  expect(await bad({ data: { x: data.x } })).toMatchObject({ _tag: 'MissingField', path: ['data', 'y'] })
  expect(await bad({ data: { x: data.x.map((r) => r.slice(1)), y: data.y } })).toMatchObject({ _tag: 'RowShape', path: ['data', 'x'] })
  expect(await bad({ data: { x: data.x, y: data.y.map((v, i) => (i === 6 ? 3 : v)) } })).toMatchObject({ _tag: 'BadLabel', path: ['data', 'y', 'row 6'] })
  expect(await bad({ data: { x: data.x, y: data.y.map((v, i) => (i === 2 ? 0.5 : v)) } })).toMatchObject({ _tag: 'NotAnInteger', path: ['data', 'y', 'row 2'] })
  expect(await bad({ data: { x: data.x.map((r, i) => (i === 3 ? [NaN, 0, 0] : r)), y: data.y } })).toMatchObject({ _tag: 'NonFinite' })
  expect(await bad({ data: { x: [], y: [] } })).toMatchObject({ _tag: 'EmptyDataset' })
  expect(await bad({ data: undefined })).toMatchObject({ _tag: 'MissingData' })
  expect(await bad({ start: { 'd1.w': {} } })).toMatchObject({ _tag: 'UnknownSite' })
  expect(await bad({ optimizer: Optimizer.adam({ learningRate: -1 }) })).toMatchObject({ _tag: 'BadOption' })
  const approx = right(await fit(net, { data, steps: 1, open })())
  expect(await bad({ from: approx, method: map() })).toMatchObject({ _tag: 'MethodMismatch' })
  expect(await bad({ from: approx, optimizer: Optimizer.sgd() })).toMatchObject({ _tag: 'OptimizerMismatch' })
  expect(left(await fit(regressionVector().model, { data: regressionVector().data, from: approx, open })())).toMatchObject({ _tag: 'ModelMismatch' })
  expect(left(await fit({ ...net, problems: [{ _tag: 'Ill', path: ['d1'], got: '', need: '', hint: '' }] }, { data, open })())).toMatchObject({ _tag: 'Ill' })
})

test('a data set and a record of arrays are the same data, whatever their storage', async () => {
  const bytes = Uint8Array.from(data.y)
  const set = right(Dataset.of({ x: data.x, y: bytes }))
  const a = right(await fit(net, { data: set, batchSize: 4, steps: 2, open })()), b = right(await fit(net, { data, batchSize: 4, steps: 2, open })())
  expect(a.data.state).toEqual(b.data.state)
})

/** Two phases: adds rows up until a flag, then halves; the posterior is read off the last state. */
const toy = (every: number): Method => {
  const first: Phase = {
    name: 'sum', rows: 'epoch',
    init: () => TE.right({ total: { shape: [], data: new Float32Array(1) } }),
    step: (s, { batch }) => ({ state: { total: B.add(s['total'], B.sum(batch['y'])) }, record: { loss: s['total'] }, emit: { total: s['total'] } }),
    until: { _tag: 'Flag', flag: (s) => B.ge(s['total'], 18), every, max: 100 },
    keep: { every: 2, capacity: 3 }
  }
  const second: Phase = {
    name: 'halve', rows: 'full',
    init: (prev) => TE.right({ u: { shape: [64], data: new Float32Array(64).fill(prev['total'].data[0]) } }),
    step: (s) => ({ state: { u: B.mul(s['u'], 0.5) }, record: { loss: B.sum(s['u']) } }),
    until: { _tag: 'Steps', steps: 2 }
  }
  return {
    _tag: 'Method', name: 'toy', version: 1, options: {},
    plan: () => E.right({ phases: NEA.concat([second])(NEA.of(first)), posterior: (params) => ({ _tag: 'Family', family: 'delta', params }) })
  }
}

test('a method of two phases, the first until a flag: tests run at fixed steps', async () => {
  const { model: blr, data: d } = regressionVector()
  const y = { ...d, y: [1, 2, 3, 4, 5] }
  // Rows in order: the total reaches 18 after 7 steps (21 after 8); the flag is read every 4 steps.
  const approx = right(await fit(blr, { data: y, method: toy(4), batchSize: 1, open: openReference })())
  expect([...approx.mean['w'].data]).toEqual([21 / 4, 21 / 4])
  expect(approx.data.step).toBe(8 + 2)
  expect([...approx.history.loss].slice(0, 8)).toEqual([0, 1, 3, 6, 10, 15, 16, 18])
  expect(approx.history.loss.length).toBe(10)
})
