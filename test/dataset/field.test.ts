import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeField, rowSize } from '../../src/dataset/index.ts'
import { left, right } from '../cli/either.ts'

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
const size = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
const nest = (shape: readonly number[], flat: readonly number[]): unknown =>
  shape.length === 1
    ? [...flat]
    : Array.from({ length: shape[0] }, (_, i) => nest(shape.slice(1), flat.slice(i * size(shape.slice(1)), (i + 1) * size(shape.slice(1)))))

const tensors = shapes.chain((shape) =>
  fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: size(shape), maxLength: size(shape) }).map((flat) => ({ shape, flat }))
)

describe('decodeField', () => {
  it('takes nested arrays, { shape, data } and f64 as the same f32 field', () => {
    fc.assert(
      fc.property(tensors, ({ shape, flat }) => {
        const want = { dtype: 'f32', shape, data: Float32Array.from(flat) }
        expect(right(decodeField('x')(nest(shape, flat)))).toEqual(want)
        expect(right(decodeField('x')({ shape, data: flat }))).toEqual(want)
        expect(right(decodeField('x')({ shape, data: Float64Array.from(flat) }))).toEqual(want)
      })
    )
  })

  it('takes rows that are typed arrays, and booleans as 1 and 0', () => {
    fc.assert(
      fc.property(tensors, ({ shape, flat }) => {
        const rows = Array.from({ length: shape[0] }, (_, i) => Float32Array.from(flat.slice(i * size(shape.slice(1)), (i + 1) * size(shape.slice(1)))))
        expect(right(decodeField('x')(rows))).toEqual({ dtype: 'f32', shape: [shape[0], size(shape.slice(1))], data: Float32Array.from(flat) })
      })
    )
    expect(right(decodeField('y', { dtype: 'i32' })([true, false, true]))).toEqual({ dtype: 'i32', shape: [3], data: Int32Array.of(1, 0, 1) })
    expect(left(decodeField('x')([Float32Array.of(1, 2), Float32Array.of(1)]))).toMatchObject({ _tag: 'Ragged', path: ['x', '[1]'] })
    expect(left(decodeField('x')([[1], 2]))).toMatchObject({ _tag: 'Ragged' })
    expect(left(decodeField('x')([[[1]], Float32Array.of(2)]))).toMatchObject({ _tag: 'Ragged', path: ['x', '[1]'] })
  })

  it('is the identity on fields, without a copy', () => {
    fc.assert(
      fc.property(tensors, ({ shape, flat }) => {
        const f = right(decodeField('x')({ shape, data: Float32Array.from(flat) }))
        const again = right(decodeField('x')(f))
        expect(again).toEqual(f)
        expect(again.data).toBe(f.data)
      })
    )
  })

  it('keeps integers as they are stored and widens small ones', () => {
    const dtypeOf = (x: unknown): string => right(decodeField('y')(x)).dtype
    expect(dtypeOf(Uint8Array.of(1, 2))).toBe('u8')
    expect(dtypeOf(Uint8ClampedArray.of(1, 2))).toBe('u8')
    expect(dtypeOf(Int32Array.of(-1))).toBe('i32')
    expect(dtypeOf(Uint32Array.of(4294967295))).toBe('u32')
    expect(dtypeOf(Int16Array.of(-5))).toBe('i32')
    expect(dtypeOf(Uint16Array.of(65535))).toBe('u32')
    expect(dtypeOf(Float64Array.of(1, 2))).toBe('f32')
    expect(dtypeOf([1, 2])).toBe('f32')
    expect(right(decodeField('y')(Int8Array.of(-128))).data).toEqual(Int32Array.of(-128))
  })

  it('gives the storage that was asked for, or says which value does not fit', () => {
    expect(right(decodeField('y', { dtype: 'i32' })([0, 7])).data).toEqual(Int32Array.of(0, 7))
    expect(left(decodeField('y', { dtype: 'i32' })([0, 7.5]))).toMatchObject({ _tag: 'NotAnInteger', path: ['y', 'row 1'], got: '7.5' })
    expect(left(decodeField('y', { dtype: 'u8' })([3, 256]))).toMatchObject({ _tag: 'OutOfRange', path: ['y', 'row 1'], got: '256' })
    expect(left(decodeField('y')(Float64Array.of(1e300)))).toMatchObject({ _tag: 'OutOfRange' })
    expect(left(decodeField('y')({ shape: [1], data: [1], dtype: 'f3' }))).toMatchObject({ _tag: 'UnknownDType', hint: "did you mean 'f32'?" })
  })

  it('names the first row that is not finite', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity), ({ shape, flat }, at, bad) => {
        const i = at % flat.length
        const data = Float32Array.from(flat)
        data[i] = bad
        const e = left(decodeField('x')({ shape, data }))
        expect(e._tag).toBe('NonFinite')
        expect(e.path[0]).toBe('x')
        expect(e.path[1]).toMatch(new RegExp(`^row ${Math.floor(i / size(shape.slice(1)))}(,|$)`))
      })
    )
  })

  it('refuses ragged, empty and strange input, each by name', () => {
    expect(left(decodeField('x')([[1, 2], [3]]))).toMatchObject({ _tag: 'Ragged', path: ['x', '[1]'], got: '1 elements' })
    expect(left(decodeField('x')([[1], 2]))).toMatchObject({ _tag: 'Ragged', path: ['x', '[1]'] })
    expect(left(decodeField('x')([1, [2]]))).toMatchObject({ _tag: 'Ragged', path: ['x', '[1]'] })
    expect(left(decodeField('x')([]))).toMatchObject({ _tag: 'EmptyDataset', path: ['x'] })
    expect(left(decodeField('x')([[], []]))).toMatchObject({ _tag: 'EmptyDataset' })
    expect(left(decodeField('x')({ shape: [0, 3], data: [] }))).toMatchObject({ _tag: 'EmptyDataset' })
    expect(left(decodeField('x')({ shape: [2, 2], data: [1, 2, 3] }))).toMatchObject({ _tag: 'ShapeMismatch' })
    expect(left(decodeField('x')({ shape: [], data: [1] }))).toMatchObject({ _tag: 'BadShape' })
    expect(left(decodeField('x')({ shape: [1.5], data: [1] }))).toMatchObject({ _tag: 'BadShape' })
    expect(left(decodeField('x')([1, '2']))).toMatchObject({ _tag: 'NotANumber', path: ['x', 'row 1'] })
    expect(left(decodeField('x')(BigInt64Array.of(1n)))).toMatchObject({ _tag: 'UnknownForm' })
    for (const x of [null, undefined, 3, 'text', {}, { shape: 1, data: [] }]) expect(left(decodeField('x')(x))).toMatchObject({ _tag: 'UnknownForm' })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (x) => {
        expect(['Left', 'Right']).toContain(decodeField('x')(x)._tag)
      })
    )
  })

  it('counts the numbers of a row', () => {
    expect(rowSize(right(decodeField('x')({ shape: [2, 3, 4], data: new Float32Array(24) })))).toBe(12)
  })
})
