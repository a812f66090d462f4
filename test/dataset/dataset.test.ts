import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Dataset from '../../src/dataset/index.ts'
import type { Field } from '../../src/dataset/index.ts'
import { left, right } from '../cli/either.ts'

/** Rows carry their own number in every field, so that a parted row shows. */
const numbered = (n: number): Dataset.Dataset =>
  right(Dataset.of({ x: { shape: [n, 2], data: Float32Array.from({ length: 2 * n }, (_, i) => Math.floor(i / 2)) }, y: Int32Array.from({ length: n }, (_, i) => i) }, { name: 'toy' }))
const ids = (d: Dataset.Dataset): number[] => Array.from(d.fields['y'].data)
const aligned = (d: Dataset.Dataset): boolean => ids(d).every((id, i) => d.fields['x'].data[2 * i] === id && d.fields['x'].data[2 * i + 1] === id)
const counts = fc.integer({ min: 1, max: 60 })

describe('Dataset.of', () => {
  it('holds a copy of what it was given', () => {
    const y = Int32Array.of(1, 2, 3)
    const d = right(Dataset.of({ y }))
    y[0] = 99
    expect(Array.from(d.fields['y'].data)).toEqual([1, 2, 3])
    expect(d).toMatchObject({ _tag: 'Dataset', name: 'data', rows: 3 })
    // a Node Buffer's slice shares its memory: it must be copied all the same
    const b = Buffer.from([1, 2, 3])
    const e = right(Dataset.of({ b }))
    b[0] = 99
    expect(e.fields['b'].data).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('gives every bad field at once, and says which row counts differ', () => {
    const e = Dataset.of({ x: [NaN], y: [[1, 2], [3]] })
    expect(E.isLeft(e) && e.left.map((x) => [x._tag, x.path[0]])).toEqual([
      ['NonFinite', 'x'],
      ['Ragged', 'y']
    ])
    expect(left(Dataset.of({ x: [1, 2, 3], y: [1, 2] }))).toMatchObject({ _tag: 'RowMismatch', path: ['y'] })
    expect(left(Dataset.of({}))).toMatchObject({ _tag: 'EmptyDataset' })
  })

  it('names unknown options and fields of dtypes with the nearest', () => {
    expect(left(Dataset.of({ x: [1] }, { nmae: 'a' } as object))).toMatchObject({ _tag: 'UnknownOption', hint: "did you mean 'name'?" })
    expect(left(Dataset.of({ label: [1] }, { dtypes: { lable: 'i32' } }))).toMatchObject({ _tag: 'UnknownOption', hint: "did you mean 'label'?" })
    expect(right(Dataset.of({ label: [1] }, { dtypes: { label: 'i32' } })).fields['label'].dtype).toBe('i32')
  })

  it('takes fields with gaps as a list of names, and says so of anything else', () => {
    for (const missing of ['y', null, 3, { y: true }, [3]])
      expect(left(Dataset.of({ y: [1, NaN] }, { missing } as object))).toMatchObject({ _tag: 'BadOption', path: ['Dataset.of', 'missing'], need: 'a list of names of fields' })
    expect(right(Dataset.of({ y: [1, NaN] }, { missing: ['y'] })).fields['y.mask'].data).toEqual(Uint8Array.of(1, 0))
  })
})

describe('the names of fields', () => {
  it('are known to the types through every combinator', () => {
    const d = right(Dataset.of({ x: [[1, 2], [3, 4]], y: [0, 1] }))
    const kept = [Dataset.slice(0, 1), Dataset.take(1), Dataset.rows([0])].map((f) => right(pipe(d, f)))
    expect(kept.map((k) => [k.x.shape, k.y.shape])).toEqual(kept.map(() => [[1, 2], [1]]))
    expect(Dataset.named('z')(d).x.shape).toEqual([2, 2])
    const renamed = right(pipe(d, Dataset.rename({ x: 'image' })))
    expect([renamed.image.shape, renamed.y.shape]).toEqual([[2, 2], [2]])
    const one = right(pipe(d, Dataset.select('y')))
    expect(one.y.shape).toEqual([2])
    // @ts-expect-error the field went with its name
    expect([renamed.x, one.x]).toEqual([undefined, undefined])
  })
})

describe('Dataset.decode', () => {
  it('passes a data set through and takes a record of arrays', () => {
    const d = numbered(3)
    expect(right(Dataset.decode(d))).toBe(d)
    expect(right(Dataset.decode({ x: [[1], [2]] })).rows).toBe(2)
    for (const bad of [undefined, null, 3, 'x', [1, 2], Float32Array.of(1)])
      for (const read of [Dataset.decode, Dataset.of as (data: unknown) => ReturnType<typeof Dataset.decode>]) expect(left(read(bad))).toMatchObject({ _tag: 'UnknownForm' })
    for (const read of [Dataset.decode, Dataset.of as (data: unknown) => ReturnType<typeof Dataset.decode>]) {
      expect(left(read(E.right(d)))).toMatchObject({ _tag: 'UnknownForm', got: expect.stringContaining('an Either (Right)'), hint: expect.stringContaining('data.right') })
      expect(left(read(Dataset.of({})))).toMatchObject({ _tag: 'UnknownForm', hint: expect.stringContaining('data.left') })
    }
  })
})

describe('digest', () => {
  const one = (x: Partial<Field> = {}, name = 'x'): string =>
    Dataset.fromFields('d', { [name]: { dtype: 'u8', shape: [6], data: Uint8Array.of(1, 2, 3, 4, 5, 6), ...x } as Field }).digest

  it('is 16 hexadecimal digits, the same for equal content in any order and alignment', () => {
    expect(one()).toMatch(/^[0-9a-f]{16}$/)
    expect(one()).toBe(one({ data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6).subarray(1) }))
    const a = right(Dataset.of({ x: [1, 2], y: [3, 4] }))
    const b = right(Dataset.of({ y: [3, 4], x: [1, 2] }, { name: 'other' }))
    expect(a.digest).toBe(b.digest)
  })

  it('tells names, dtypes, shapes and fields apart', () => {
    const u32 = Uint32Array.of(1, 2)
    const all = [
      one(),
      one({}, 'y'),
      one({ shape: [2, 3] }),
      one({ shape: [3, 2] }),
      one({ dtype: 'u32', shape: [2], data: u32 }),
      one({ dtype: 'i32', shape: [2], data: new Int32Array(u32.buffer) }),
      one({ dtype: 'u8', shape: [8], data: new Uint8Array(u32.buffer) }),
      right(Dataset.of({ x: [1, 2], y: [3, 4] })).digest,
      right(Dataset.of({ x: [3, 4], y: [1, 2] })).digest
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('changes with every single byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (data, at, by) => {
        const other = data.slice()
        other[at % data.length] ^= by
        expect(one({ shape: [data.length], data: other })).not.toBe(one({ shape: [data.length], data }))
      })
    )
  })
})

describe('combinators', () => {
  it('slice keeps whole rows in order; take is a slice; slicing twice is slicing once', () => {
    fc.assert(
      fc.property(counts, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (n, p, q, r, s) => {
        const a = p % n
        const b = a + 1 + (q % (n - a))
        const d = right(Dataset.slice(a, b)(numbered(n)))
        expect(ids(d)).toEqual(Array.from({ length: b - a }, (_, i) => a + i))
        expect(aligned(d)).toBe(true)
        expect(right(Dataset.take(b)(numbered(n)))).toEqual(right(Dataset.slice(0, b)(numbered(n))))
        const c = r % (b - a)
        const e = c + 1 + (s % (b - a - c))
        expect(right(Dataset.slice(c, e)(d))).toEqual(right(Dataset.slice(a + c, a + e)(numbered(n))))
      })
    )
  })

  it('slice refuses rows that are not there', () => {
    for (const [a, b] of [[0, 0], [2, 1], [-1, 2], [0, 4], [0.5, 2], [NaN, 2]]) expect(left(Dataset.slice(a, b)(numbered(3)))).toMatchObject({ _tag: 'OutOfRange' })
  })

  it('rows takes rows in the order given', () => {
    expect(ids(right(Dataset.rows([2, 0, 2])(numbered(3))))).toEqual([2, 0, 2])
    expect(aligned(right(Dataset.rows([2, 0, 2])(numbered(3))))).toBe(true)
    expect(left(Dataset.rows([3])(numbered(3)))).toMatchObject({ _tag: 'OutOfRange', got: 'index 3' })
    expect(left(Dataset.rows([])(numbered(3)))).toMatchObject({ _tag: 'OutOfRange' })
  })

  it('split parts hold every row once, by share, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 20, max: 80 }), fc.nat(), (n, percent, seed) => {
        const f = percent / 100
        const cut = Dataset.split({ train: f, test: 1 - f }, seed)
        const { train, test } = right(cut(numbered(n)))
        expect([...ids(train), ...ids(test)].sort((a, b) => a - b)).toEqual(ids(numbered(n)))
        expect(aligned(train) && aligned(test)).toBe(true)
        expect(Math.abs(train.rows - f * n)).toBeLessThanOrEqual(1)
        expect(right(cut(numbered(n)))).toEqual({ train, test })
      })
    )
  })

  it('split shuffles: every position is about equally likely', () => {
    // 3,000 permutations of 5: each cell is Binomial(3000, 1/5), sd 21.9; 5 sd = 110
    const cells = Array.from({ length: 25 }, () => 0)
    for (let seed = 0; seed < 3000; seed++) Dataset.permutation(5, seed).forEach((v, i) => cells[5 * i + v]++)
    for (const c of cells) expect(Math.abs(c - 600)).toBeLessThan(110)
  })

  it('split leaves rows out where fractions sum to less, and refuses what makes no parts', () => {
    expect(right(Dataset.split({ some: 0.3 })(numbered(10))).some.rows).toBe(3)
    const bad = [{ a: 0 }, { a: -0.5 }, { a: NaN }, { a: 0.7, b: 0.7 }, { a: 0.001 }, {}]
    for (const parts of bad) expect(left(Dataset.split(parts as Record<string, number>)(numbered(10)))).toMatchObject({ _tag: 'BadSplit' })
    expect(left(Dataset.split({ a: 1 }, -1)(numbered(10)))).toMatchObject({ _tag: 'OutOfRange' })
  })

  it('select and rename move names only', () => {
    const d = numbered(4)
    expect(Object.keys(right(Dataset.select('y')(d)).fields)).toEqual(['y'])
    expect(left(Dataset.select('yy')(d))).toMatchObject({ _tag: 'UnknownField', hint: "did you mean 'y'?" })
    expect(left(Dataset.select()(d))).toMatchObject({ _tag: 'EmptyDataset' })
    const there = right(Dataset.rename({ x: 'pixels' })(d))
    expect(Object.keys(there.fields)).toEqual(['pixels', 'y'])
    expect(pipe(there, Dataset.rename({ pixels: 'x' }), right)).toEqual(d)
    expect(right(Dataset.rename({ x: 'y', y: 'x' })(d)).fields['x']).toEqual(d.fields['y'])
    expect(left(Dataset.rename({ x: 'y' })(d))).toMatchObject({ _tag: 'DuplicateField' })
    expect(left(Dataset.rename({ z: 'a' })(d))).toMatchObject({ _tag: 'UnknownField' })
  })

  it('named changes the name and not the digest', () => {
    const d = numbered(2)
    expect(Dataset.named('other')(d)).toEqual({ ...d, name: 'other' })
  })
})
