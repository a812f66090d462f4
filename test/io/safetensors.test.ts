import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/index.ts'
import type { SafeTensor } from '../../src/io/index.ts'
import { left, right } from '../cli/either.ts'

const make = { F32: Float32Array, I32: Int32Array, U32: Uint32Array, U8: Uint8Array }
const tensor: fc.Arbitrary<SafeTensor> = fc
  .record({ dtype: fc.constantFrom('F32', 'I32', 'U32', 'U8'), shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }) })
  .chain(({ dtype, shape }) => {
    const bytes = shape.reduce((a, b) => a * b, 1) * (dtype === 'U8' ? 1 : 4)
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => ({ dtype, shape, data: new make[dtype](b.slice().buffer) }) as SafeTensor)
  })
const name = fc.string({ unit: 'grapheme' }).filter((s) => s !== '__metadata__')
const saved = fc.record({
  tensors: fc.dictionary(name, tensor, { maxKeys: 5, noNullPrototype: true }),
  metadata: fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 3, noNullPrototype: true })
})
/** Bits, so that NaNs with payloads and negative zeros count. */
const bits = (t: SafeTensor) => ({ dtype: t.dtype, shape: t.shape, bytes: Array.from(new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength)) })
const bitsOf = (r: Readonly<Record<string, SafeTensor>>) => Object.entries(r).map(([k, t]) => [k, bits(t)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))

/** A file of any header and data, whether right or not. */
const raw = (header: string, data: Iterable<number> = [], length?: bigint): Uint8Array => {
  const text = new TextEncoder().encode(header)
  const out = Uint8Array.from([...new Uint8Array(8), ...text, ...data])
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  return out
}
const got = (bytes: Uint8Array): string => {
  const e = left(decodeSafetensors('w')(bytes))
  expect(e._tag).toBe('CorruptSafetensors')
  expect(e.path[0]).toBe('w')
  return e.got
}

describe('safetensors', () => {
  it('round trip gives the same bits', () => {
    fc.assert(
      fc.property(saved, (x) => {
        const back = right(decodeSafetensors('w')(right(encodeSafetensors(x))))
        expect(bitsOf(back.tensors)).toEqual(bitsOf(x.tensors))
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(x.metadata).sort())
      })
    )
  })

  it('reads at any alignment', () => {
    const bytes = right(encodeSafetensors({ tensors: { w: { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -0) } }, metadata: {} }))
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(right(decodeSafetensors('w')(shifted.subarray(1))).tensors['w'].data).toEqual(Float32Array.of(1.5, -0))
  })

  it('does not depend on the order of names, aligns its data, and pads with spaces', () => {
    const a: SafeTensor = { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }
    const b: SafeTensor = { dtype: 'F32', shape: [], data: Float32Array.of(7) }
    const one = right(encodeSafetensors({ tensors: { a, b }, metadata: { p: 'q', m: 'n' } }))
    expect(right(encodeSafetensors({ tensors: { b, a }, metadata: { m: 'n', p: 'q' } }))).toEqual(one)
    const length = Number(new DataView(one.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    const header = JSON.parse(new TextDecoder().decode(one.subarray(8, 8 + length))) as unknown
    expect(header).toEqual({
      __metadata__: { m: 'n', p: 'q' },
      b: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
      a: { dtype: 'U8', shape: [3], data_offsets: [4, 7] }
    })
    expect(Array.from(one.subarray(8 + length))).toEqual([0, 0, 0xe0, 0x40, 1, 2, 3])
  })

  it('reads a file written by hand from the format', () => {
    const file = raw('{"x":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}}   ', [255, 255, 255, 255, 2, 0, 0, 0])
    expect(right(decodeSafetensors('w')(file))).toEqual({ tensors: { x: { dtype: 'I32', shape: [1, 2], data: Int32Array.of(-1, 2) } }, metadata: {} })
  })

  it('refuses every cut', () => {
    fc.assert(
      fc.property(saved, fc.nat(), (x, at) => {
        const bytes = right(encodeSafetensors(x))
        expect(left(decodeSafetensors('w')(bytes.subarray(0, at % bytes.length)))._tag).toBe('CorruptSafetensors')
      })
    )
  })

  it('says which malformation it met', () => {
    const e = (from: number, to: number, shape = '[1]', dtype = 'F32'): string => `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`
    expect(got(new Uint8Array(5))).toContain('short header')
    expect(got(raw('{}', [], 99n))).toContain('short header')
    expect(got(raw('{}', [], 2n ** 60n))).toContain('a header of')
    expect(got(raw('[]'))).toContain('does not start with {')
    expect(got(raw('{"a":'))).toMatch(/JSON/)
    expect(got(raw('{"a":3}'))).toBe('no object')
    expect(got(raw('{"__metadata__":{"a":1}}'))).toContain('no strings')
    expect(got(raw(`{"a":${e(0, 4, '[1]', 'F23')}}`, [0, 0, 0, 0]))).toBe('dtype "F23"')
    expect(got(raw(`{"a":${e(0, 4, '[-1]')}}`, [0, 0, 0, 0]))).toBe('shape [-1]')
    expect(got(raw('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', [0]))).toBe('data_offsets [0]')
    expect(got(raw(`{"a":${e(0, 4, '[2]')}}`, [0, 0, 0, 0]))).toContain('wrong size')
    expect(got(raw(`{"a":${e(0, 4)}}`, [0, 0]))).toContain('out of bounds')
    expect(got(raw(`{"a":${e(4, 0)}}`, [0, 0, 0, 0]))).toContain('out of bounds')
    expect(got(raw(`{"a":${e(0, 4)},"b":${e(0, 4)}}`, [0, 0, 0, 0]))).toContain("overlap with 'a'")
    expect(got(raw(`{"a":${e(4, 8)}}`, new Uint8Array(8)))).toContain('a gap of 4 bytes')
    expect(got(raw(`{"a":${e(0, 4)}}`, new Uint8Array(6)))).toBe('2 trailing bytes')
  })

  it('knows the files of torch.save', () => {
    for (const [bytes, said] of [[[0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0, 1], 'a zip file'], [[0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9], 'a pickle']] as const)
      expect(left(decodeSafetensors('w')(Uint8Array.from(bytes)))).toMatchObject({ _tag: 'CorruptSafetensors', got: `${said}, as torch.save writes it`, hint: expect.stringContaining('safetensors.torch.save_file') })
  })

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.boolean(), (bytes, text, header) => {
        expect(['Left', 'Right']).toContain(decodeSafetensors('w')(header ? raw(`{${text}`, bytes) : bytes)._tag)
      })
    )
  })

  it('refuses to write what it could not read', () => {
    const t: SafeTensor = { dtype: 'U8', shape: [2], data: Uint8Array.of(1) }
    expect(left(encodeSafetensors({ tensors: { t }, metadata: {} }))).toMatchObject({ _tag: 'ShapeMismatch', path: ['t'] })
    expect(left(encodeSafetensors({ tensors: { __metadata__: { ...t, shape: [1] } }, metadata: {} }))._tag).toBe('BadTensorName')
  })
})
