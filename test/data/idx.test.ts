import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mnistFiles, mnistFromBytes, parseIdx } from '../../src/data/index.ts'
import { left, right } from '../cli/either.ts'

const be = (x: number): number[] => [(x >>> 24) & 255, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]
const idx = (shape: readonly number[], data: Iterable<number>): Uint8Array => Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap(be), ...data])
const files = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.uint8Array({ minLength: shape.reduce((a, b) => a * b), maxLength: shape.reduce((a, b) => a * b) }).map((data) => ({ shape, data })))

describe('parseIdx', () => {
  it('reads what the format says', () => {
    fc.assert(
      fc.property(files, ({ shape, data }) => {
        expect(right(parseIdx('f', shape.length)(idx(shape, data)))).toEqual({ shape, data })
      })
    )
  })

  it('reads a view into a larger buffer', () => {
    const padded = Uint8Array.from([9, 9, 9, ...idx([2], [7, 8])])
    expect(right(parseIdx('f', 1)(padded.subarray(3))).data).toEqual(Uint8Array.of(7, 8))
  })

  it('refuses every cut, naming the file', () => {
    fc.assert(
      fc.property(files, fc.nat(), ({ shape, data }, at) => {
        const whole = idx(shape, data)
        const e = left(parseIdx('digits', shape.length)(whole.subarray(0, at % whole.length)))
        expect(e).toMatchObject({ _tag: 'CorruptIdx', path: ['digits'] })
      })
    )
  })

  it('refuses trailing bytes, saying how many', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 9 }), ({ shape, data }, more) => {
        const e = left(parseIdx('f', shape.length)(Uint8Array.from([...idx(shape, data), ...new Uint8Array(more)])))
        expect(e.got).toBe(`${more} bytes after the last element`)
      })
    )
  })

  it('refuses every change of its magic', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 255 }), ({ shape, data }, at, by) => {
        const bytes = idx(shape, data)
        bytes[at] ^= by
        expect(left(parseIdx('f', shape.length)(bytes))._tag).toBe('CorruptIdx')
      })
    )
  })

  it('says what is wrong', () => {
    const got = (bytes: Uint8Array, dimensions = 1): string => left(parseIdx('f', dimensions)(bytes)).got
    expect(got(idx([2, 1], [1, 2]))).toBe('2 dimensions')
    expect(got(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0))).toBe('element type 0x0d')
    expect(got(Uint8Array.of(1, 0, 8, 1))).toBe('magic 01 00 08 01')
    expect(got(Uint8Array.of(0x1f, 0x8b, 8, 0))).toBe('a gzip archive')
    expect(got(idx([0], []))).toBe('extents [0]: no elements')
    expect(got(idx([3], [1, 2]))).toBe('cut short: 2 bytes of elements')
    expect(got(idx([0xffffffff], [1]))).toBe('cut short: 1 bytes of elements')
  })
})

describe('mnistFromBytes', () => {
  const good = {
    trainImages: idx([2, 28, 28], new Uint8Array(2 * 784).fill(3)),
    trainLabels: idx([2], [4, 9]),
    testImages: idx([1, 28, 28], new Uint8Array(784)),
    testLabels: idx([1], [0])
  }

  it('gives u8 images [n, 1, 28, 28] and u8 labels [n], raw', () => {
    const { train, test } = right(mnistFromBytes(good))
    expect(train.fields['x']).toMatchObject({ dtype: 'u8', shape: [2, 1, 28, 28] })
    expect(train.fields['x'].data[0]).toBe(3)
    expect(train.fields['y']).toEqual({ dtype: 'u8', shape: [2], data: Uint8Array.of(4, 9) })
    expect([train.rows, test.rows]).toEqual([2, 1])
  })

  it('names the file that does not fit the others', () => {
    expect(left(mnistFromBytes({ ...good, trainLabels: idx([3], [1, 2, 3]) }))).toMatchObject({ path: [mnistFiles.trainLabels], got: '3 labels for 2 images' })
    expect(left(mnistFromBytes({ ...good, testLabels: idx([1], [10]) }))).toMatchObject({ path: [mnistFiles.testLabels], got: 'label 10 at row 0' })
    expect(left(mnistFromBytes({ ...good, testImages: idx([1, 27, 28], new Uint8Array(756)) }))).toMatchObject({ path: [mnistFiles.testImages] })
  })
})
