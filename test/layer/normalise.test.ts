/** Normalisations against two-pass loops on drawn shapes; states of batch normalisation; gradients. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as Layer from '../../src/layer/index.ts'
import { array, at, batches, checkGradients, close, elaborated, indices, made, numbers, predicted, rows, sitesAt, training } from './run.ts'
import type { Array64 } from './run.ts'

const start = (row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name: 'x' })

/** Mean and variance of the elements that `same` puts in one group with an index. */
const statistics = (x: Array64, same: (a: readonly number[], b: readonly number[]) => boolean) => {
  const all = indices(x.shape)
  return (ix: readonly number[]): readonly [number, number] => {
    const group = [...x.data].filter((_, k) => same(ix, all[k]))
    const mean = group.reduce((a, b) => a + b, 0) / group.length
    return [mean, group.reduce((a, b) => a + (b - mean) ** 2, 0) / group.length]
  }
}

/** (x - mean) / sqrt(variance + epsilon) gamma + beta, the parameters at the index that `own` leaves. */
const want = (x: Array64, epsilon: number, same: (a: readonly number[], b: readonly number[]) => boolean, gamma: Array64, beta: Array64, own: (ix: readonly number[]) => readonly number[]): Array64 => {
  const of = statistics(x, same)
  return made(x.shape, (ix) => {
    const [mean, variance] = of(ix)
    return ((at(x, ix) - mean) / Math.sqrt(variance + epsilon)) * at(gamma, own(ix)) + at(beta, own(ix))
  })
}

const agree = (axes: readonly number[]) => (a: readonly number[], b: readonly number[]): boolean => axes.every((i) => a[i] === b[i])

describe('batchNorm', () => {
  it('while training normalises each channel over the batch', () =>
    fc.assert(fc.property(rows(1, 3), fc.integer({ min: 1, max: 3 }), (row, n) => {
      const network = Layer.batchNorm()(start(row)), values = sitesAt(network), x = array([n, ...row], 1)
      const expected = want(x, 1e-4, agree([1]), values['batchNorm_1.gamma'] as Array64, values['batchNorm_1.beta'] as Array64, ([, c]) => [c])
      close(predicted(network, { x, ...values, ...training, 'batchNorm_1.mean': array([row[0]], 8), 'batchNorm_1.variance': array([row[0]], 9) }), expected)
    })))
  it('while predicting uses its states, and needs no batch', () =>
    fc.assert(fc.property(rows(1, 3), batches, (row, n) => {
      const network = Layer.batchNorm({ epsilon: 1e-3 })(start(row)), values = sitesAt(network), x = array([n, ...row], 1)
      const mean = array([row[0]], 8), variance = made([row[0]], ([c]) => 0.5 + c)
      const expected = made(x.shape, (ix) => ((at(x, ix) - mean.data[ix[1]]) / Math.sqrt(variance.data[ix[1]] + 1e-3)) * values['batchNorm_1.gamma'].data[ix[1]] + values['batchNorm_1.beta'].data[ix[1]])
      close(predicted(network, { x, ...values, 'batchNorm_1.mean': mean, 'batchNorm_1.variance': variance }), expected)
    })))
  it('moves its states towards the statistics of the batch', () => {
    const e = elaborated(Layer.batchNorm({ alpha: 0.25, axes: [0, 1] })(start([3, 2])))
    const x = array([2, 3, 2], 1), mean = array([2], 8), variance = made([2], ([c]) => 0.5 + c)
    const of = statistics(x, agree([2]))
    const [m, v] = numbers([e.states['batchNorm_1.mean'].next, e.states['batchNorm_1.variance'].next], { x, 'batchNorm_1.mean': mean, 'batchNorm_1.variance': variance })
    close(m, made([2], ([c]) => 0.75 * mean.data[c] + 0.25 * of([0, 0, c])[0]))
    close(v, made([2], ([c]) => 0.75 * variance.data[c] + 0.25 * of([0, 0, c])[1]))
  })
  it('has the right gradients in both phases', () => {
    const network = Layer.batchNorm()(start([2, 3]))
    const values = { x: array([3, 2, 3], 1), ...sitesAt(network), 'batchNorm_1.mean': array([2], 8), 'batchNorm_1.variance': made([2], ([c]) => 0.5 + c) }
    checkGradients(network, values)
    checkGradients(network, { ...values, ...training })
  })
  it('gamma and beta are parameters with roles, or none', () => {
    expect(elaborated(Layer.batchNorm()(start([2]))).sites.map((s) => [s.name, s.role])).toEqual([['batchNorm_1.gamma', 'scale'], ['batchNorm_1.beta', 'bias']])
    expect(elaborated(Layer.batchNorm({ gamma: null, beta: null })(start([2]))).sites).toEqual([])
  })
})

describe('layerNorm', () => {
  const drawn = rows(1, 3).chain((row) => fc.record({ row: fc.constant(row), axes: fc.subarray([...row.keys()].map((i) => i + 1), { minLength: 1 }) }))
  it('normalises each row over the axes that are said', () =>
    fc.assert(fc.property(drawn, batches, ({ row, axes }, n) => {
      const network = Layer.layerNorm({ axes })(start(row)), values = sitesAt(network), x = array([n, ...row], 1)
      const others = [...Array(row.length + 1).keys()].filter((i) => !axes.includes(i))
      const gamma = values['layerNorm_1.gamma'] as Array64
      expect(gamma.shape).toEqual(axes.map((i) => row[i - 1]))
      close(predicted(network, { x, ...values }), want(x, 1e-4, agree(others), gamma, values['layerNorm_1.beta'] as Array64, (ix) => axes.map((i) => ix[i])))
    })))
  it('is over the last axis when none is said, with the right gradients', () => {
    const network = Layer.layerNorm()(start([2, 3])), values = sitesAt(network), x = array([2, 2, 3], 1)
    close(predicted(network, { x, ...values }), predicted(Layer.layerNorm({ axes: [2] })(start([2, 3])), { x, ...values }))
    checkGradients(network, { x, ...values })
  })
})

describe('groupNorm and instanceNorm', () => {
  const drawn = rows(1, 3).chain((row) => fc.record({ row: fc.constant(row), groups: fc.integer({ min: 1, max: 3 }) })).map((d) => ({ ...d, row: d.row.map((e, i) => (i === 0 ? e * d.groups : e)) }))
  it('normalises groups of channels of each row', () =>
    fc.assert(fc.property(drawn, batches, ({ row, groups }, n) => {
      const network = Layer.groupNorm({ groups })(start(row)), values = sitesAt(network), x = array([n, ...row], 1), per = row[0] / groups
      const same = (a: readonly number[], b: readonly number[]): boolean => a[0] === b[0] && Math.floor(a[1] / per) === Math.floor(b[1] / per)
      close(predicted(network, { x, ...values }), want(x, 1e-4, same, values['groupNorm_1.gamma'] as Array64, values['groupNorm_1.beta'] as Array64, ([, c]) => [c]))
    })))
  it('instanceNorm is a group for each channel', () =>
    fc.assert(fc.property(rows(2, 3), batches, (row, n) => {
      const network = Layer.instanceNorm()(start(row)), values = sitesAt(network), x = array([n, ...row], 1)
      close(predicted(network, { x, ...values }), want(x, 1e-4, agree([0, 1]), values['instanceNorm_1.gamma'] as Array64, values['instanceNorm_1.beta'] as Array64, ([, c]) => [c]))
    })))
  it('have the right gradients', () => {
    for (const network of [Layer.groupNorm({ groups: 2 })(start([4, 2])), Layer.instanceNorm()(start([2, 3]))]) {
      const { shape } = elaborated(network).layers[0]
      checkGradients(network, { x: array([2, ...(shape?.slice(1) ?? [])] as readonly number[], 1), ...sitesAt(network) })
    }
  })
})

describe('localResponseNorm', () => {
  const config = fc.record({ alpha: fc.double({ min: 0, max: 1, noNaN: true }), beta: fc.constantFrom(0, 0.5, 0.75, 2), k: fc.double({ min: 0.5, max: 3, noNaN: true }), n: fc.constantFrom(1, 3, 5, 7) })
  it('divides by the squares of the channels around', () =>
    fc.assert(fc.property(rows(1, 3), batches, config, (row, n, c) => {
      const x = array([n, ...row], 1), half = (c.n - 1) / 2
      const expected = made(x.shape, (ix) => {
        let s = 0
        for (let j = Math.max(0, ix[1] - half); j <= Math.min(row[0] - 1, ix[1] + half); j++) s += at(x, [ix[0], j, ...ix.slice(2)]) ** 2
        return at(x, ix) / (c.k + c.alpha * s) ** c.beta
      })
      close(predicted(Layer.localResponseNorm(c)(start(row)), { x }), expected)
    })))
  it('has the right gradients', () => checkGradients(Layer.localResponseNorm({ alpha: 0.5 })(start([6, 2])), { x: array([2, 6, 2], 1) }))
})
