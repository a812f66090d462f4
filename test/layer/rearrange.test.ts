/** transpose, pad and slice against index arithmetic, on drawn shapes. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as Layer from '../../src/layer/index.ts'
import { array, at, batches, checkGradients, close, made, predicted, rows } from './run.ts'

const start = (row: readonly number[]): Layer.Network => Layer.input([null, ...row], { name: 'x' })

describe('transpose', () => {
  const drawn = rows(0, 3).chain((row) => fc.record({
    row: fc.constant(row),
    order: fc.shuffledSubarray([...row.keys()].map((i) => i + 1), { minLength: row.length }),
    new: fc.array(fc.nat({ max: row.length }), { maxLength: 2 })
  }))
  it('puts axes in the order said, new ones among them', () =>
    fc.assert(fc.property(drawn, batches, (d, n) => {
      const axes: (number | 'x')[] = [0, ...d.order]
      for (const i of d.new) axes.splice(i + 1, 0, 'x')
      const x = array([n, ...d.row], 1)
      const shape = axes.map((a) => (a === 'x' ? 1 : x.shape[a]))
      const want = made(shape, (ix) => at(x, x.shape.map((_, a) => ix[axes.indexOf(a)])))
      close(predicted(Layer.transpose({ axes })(start(d.row)), { x }), want)
    })))
  it('drops axes of length 1, and takes null for x', () => {
    const x = array([2, 1, 3], 1)
    close(predicted(Layer.transpose({ axes: [2, null, 0] })(start([1, 3])), { x }), made([3, 1, 2], ([i, , k]) => x.data[3 * k + i]))
    checkGradients(Layer.transpose({ axes: [2, 0] })(start([1, 3])), { x })
  })
})

describe('pad', () => {
  const drawn = rows(1, 3).chain((row) => fc.record({
    row: fc.constant(row), batchAxes: fc.integer({ min: 1, max: row.length }), value: fc.integer({ min: -2, max: 2 }),
    widths: fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })), { minLength: row.length, maxLength: row.length })
  }))
  it('puts a constant around', () =>
    fc.assert(fc.property(drawn, batches, (d, n) => {
      const x = array([n, ...d.row], 2)
      const width = d.widths.slice(d.batchAxes - 1)
      const lo = x.shape.map((_, i) => (i < d.batchAxes ? 0 : width[i - d.batchAxes][0]))
      const shape = x.shape.map((e, i) => (i < d.batchAxes ? e : e + width[i - d.batchAxes][0] + width[i - d.batchAxes][1]))
      const want = made(shape, (ix) => {
        const from = ix.map((c, i) => c - lo[i])
        return from.every((c, i) => c >= 0 && c < x.shape[i]) ? at(x, from) : d.value
      })
      close(predicted(Layer.pad({ width, batchAxes: d.batchAxes, value: d.value })(start(d.row)), { x }), want)
    })))
  it('takes one number for both sides, of all axes or of each', () => {
    const x = array([1, 2, 3, 2], 2)
    expect(predicted(Layer.pad({ width: 1 })(start([2, 3, 2])), { x }).shape).toEqual([1, 2, 5, 4])
    expect(predicted(Layer.pad({ width: [2, [0, 1]] })(start([2, 3, 2])), { x }).shape).toEqual([1, 2, 7, 3])
    checkGradients(Layer.pad({ width: [1, [0, 2]] })(start([2, 3, 2])), { x })
  })
})

describe('slice', () => {
  const end = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined })
  const drawn = rows(1, 3).chain((row) => fc.record({
    row: fc.constant(row), axis: fc.integer({ min: 1, max: row.length }), back: fc.boolean(), start: end, stop: end, step: fc.integer({ min: 1, max: 3 })
  }))
  it('of a range takes what Array.slice takes, every step-th', () =>
    fc.assert(fc.property(drawn, batches, ({ row, axis, back, step, ...d }, n) => {
      const x = array([n, ...row], 3)
      const places = [...Array(row[axis - 1]).keys()].slice(d.start, d.stop).filter((_, i) => i % step === 0)
      const range = { ...(d.start === undefined ? {} : { start: d.start }), ...(d.stop === undefined ? {} : { stop: d.stop }), step }
      const want = made(x.shape.map((e, i) => (i === axis ? places.length : e)), (ix) => at(x, ix.map((c, i) => (i === axis ? places[c] : c))))
      close(predicted(Layer.slice({ indices: range, axis: back ? axis - row.length - 1 : axis })(start(row)), { x }), want)
    })))
  it('of one place drops the axis', () =>
    fc.assert(fc.property(drawn, batches, fc.nat(), ({ row, axis, back }, n, seed) => {
      const x = array([n, ...row], 4), extent = row[axis - 1], place = seed % extent
      const want = made(x.shape.filter((_, i) => i !== axis), (ix) => at(x, [...ix.slice(0, axis), place, ...ix.slice(axis)]))
      close(predicted(Layer.slice({ indices: back ? place - extent : place, axis })(start(row)), { x }), want)
    })))
  it('is the last axis when none is said; its gradient goes back to where it came from', () => {
    const x = array([2, 2, 3], 3)
    close(predicted(Layer.slice({ indices: -1 })(start([2, 3])), { x }), made([2, 2], ([i, j]) => at(x, [i, j, 2])))
    checkGradients(Layer.slice({ indices: { start: 0, step: 2 } })(start([2, 3])), { x })
  })
})
