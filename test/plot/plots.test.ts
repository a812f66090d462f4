import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as vega from 'vega'
import { compile } from 'vega-lite'
import { digits, expectedErrorHistogram, histogram, lossCurve, reliability, thin, variancePerClass } from '../../src/plot/index.ts'
import type { Plot } from '../../src/plot/index.ts'
import { median } from '../../src/plot/loss.ts'
import { greyPng } from '../../src/plot/png.ts'

/** Compiles and draws; every warning of Vega-Lite or Vega fails. */
const drawn = async (p: Plot): Promise<string> => {
  const said: unknown[] = []
  const say = (...args: readonly unknown[]) => (said.push(args), logger)
  const logger = { level: () => logger, warn: say, error: say, info: () => logger, debug: () => logger } as unknown as ReturnType<typeof vega.logger>
  const { spec } = compile(p as unknown as Parameters<typeof compile>[0], { logger })
  const svg = await new vega.View(vega.parse(spec), { renderer: 'none', logger }).toSVG()
  expect(said).toEqual([])
  return svg
}
const plain = (p: Plot): void => expect(JSON.parse(JSON.stringify(p))).toEqual(p)

const ten = Array.from({ length: 10 }, (_, i) => 0.01 * (i + 1))
const image = Uint8Array.from({ length: 784 }, (_, i) => i % 256)
const plots: Record<string, Plot> = {
  'a loss curve': lossCurve({ loss: Float32Array.from({ length: 2500 }, (_, i) => 1e5 / (i + 1) + 100) }),
  'a loss that goes below zero': lossCurve({ loss: [10, 3, -2, -4] }),
  'a loss with NaN': lossCurve({ loss: [3, NaN, 2, Infinity, 1] }),
  'no loss at all': lossCurve({ loss: [] }),
  'variances': variancePerClass({ errors: ten, correct: ten.map((x) => x / 4), all: ten.map((x) => x / 3) }),
  'variances without errors': variancePerClass({ errors: ten.map(() => NaN), correct: ten, all: ten }),
  'a histogram': expectedErrorHistogram({ rates: [0, 0, 0.1, 0.5, 0.8], bins: 20 }),
  'a histogram of zeros': expectedErrorHistogram({ rates: [0, 0] }),
  'a reliability diagram': reliability({ ece: 0.01, bins: [{ lower: 0, upper: 0.5, count: 0, confidence: NaN, accuracy: NaN }, { lower: 0.5, upper: 1, count: 20, confidence: 0.8, accuracy: 0.75 }] }),
  'digits': digits([{ image, label: 3, prediction: 5, expectedErrorRate: 0.42 }, { image: new Float32Array(784).fill(0.5), label: 1, prediction: 1, expectedErrorRate: 0 }], { columns: 4, title: 'Doubt' }),
  'no digits': digits([])
}

describe('plots', () => {
  it.each(Object.entries(plots))('%s is a plain, valid Vega-Lite value with title and description', async (_, p) => {
    plain(p)
    expect(p.description.length).toBeGreaterThan(20)
    expect(await drawn(p)).toContain(p.title.text)
  })

  it('digits say label, prediction and expected error rate', async () => {
    const svg = await drawn(plots['digits'])
    for (const s of ['true 3, says 5 ✗', 'expected error 42 %', 'true 1, says 1', 'expected error 0 %']) expect(svg).toContain(`>${s}<`)
    expect(svg.match(/<image/g)).toHaveLength(2)
  })
})

describe('thin', () => {
  const losses = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 300 })

  it('gives at most the points asked for, in order, within the range of the losses, ending at the last step', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 50 }), (loss, points) => {
        const curve = thin(loss, points)
        expect(curve.length).toBe(Math.min(points, loss.length))
        expect(curve[curve.length - 1].step).toBe(loss.length)
        for (const c of curve)
          for (const v of [c.loss, c.trend]) {
            expect(v).toBeGreaterThanOrEqual(Math.min(...loss))
            expect(v).toBeLessThanOrEqual(Math.max(...loss))
          }
        expect(curve.every((c, i) => i === 0 || c.step > curve[i - 1].step)).toBe(true)
      })
    )
  })

  it('keeps a constant and ignores a lone outlier', () => {
    const loss = Array.from({ length: 90 }, (_, i) => (i === 40 ? 1e9 : 5))
    expect(thin(loss, 30).every((c) => c.loss === 5 && c.trend === 5)).toBe(true)
  })

  it('medians are those of the textbook', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([])).toBeNaN()
  })
})

describe('histogram', () => {
  it('counts every finite number once, in the bin that holds it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), fc.integer({ min: 1, max: 30 }), (xs, bins) => {
        const h = histogram(xs, bins)
        expect(h).toHaveLength(bins)
        expect(h.reduce((a, b) => a + b.count, 0)).toBe(xs.length)
      })
    )
    expect(histogram([0, 0.1, 0.5, 1], 2)).toEqual([
      { from: 0, to: 0.5, count: 2 },
      { from: 0.5, to: 1, count: 2 }
    ])
  })
})

describe('greyPng', () => {
  it('holds the pixels, row by row, for any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (width, height, k) => {
        const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + k) % 256)
        const png = Buffer.from(greyPng(pixels, width))
        const idat = png.indexOf('IDAT')
        const lines = inflateSync(png.subarray(idat + 4, idat + 4 + png.readUInt32BE(idat - 4)))
        expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, height])
        for (let r = 0; r < height; r++) expect([...lines.subarray(r * (width + 1), (r + 1) * (width + 1))]).toEqual([0, ...pixels.subarray(r * width, (r + 1) * width)])
      })
    )
  })

  it('ends with the chunk that every PNG ends with', () => {
    // the IEND chunk's bytes with its CRC, from the PNG specification
    expect([...greyPng(Uint8Array.of(0), 1).slice(-12)]).toEqual([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
  })
})

it('says what a plot is made of where it is given something else', () => {
  for (const [f, names] of [[lossCurve, 'loss'], [expectedErrorHistogram, 'rates'], [reliability, 'bins'], [variancePerClass, 'errors, correct, all']] as const)
    for (const wrong of [undefined, {}, { history: { loss: [1] } }, 3]) {
      let e: unknown
      try { (f as (x: unknown) => unknown)(wrong) } catch (x) { e = x }
      expect((e as Error).cause).toMatchObject({ _tag: 'UnknownForm', path: ['Plot', f.name], need: `a record of ${names}` })
    }
})
