/** What `expr // => value` and `expr // ≈ value` of an example assert, and that what it builds is sound. */
import { expect } from 'vitest'
import { Layer, Model, renderAll } from '../../src/index.ts'
import { isModel } from '../../src/model/index.ts'

const plain = (x: unknown): unknown =>
  ArrayBuffer.isView(x) ? Array.from(x as unknown as ArrayLike<number>)
    : Array.isArray(x) ? x.map(plain)
      : typeof x === 'object' && x !== null
        ? 'shape' in x && 'data' in x ? plain(x.data) : Object.fromEntries(Object.entries(x).map(([k, v]) => [k, plain(v)]))
        : x

/** Fails unless both are alike; host arrays and typed arrays count as their numbers. */
export const docsSame = (got: unknown, want: unknown): void => {
  expect(plain(got)).toEqual(plain(want))
}

/** Numbers in a result, depth first, and the result with each of them as 0. */
const apart = (x: unknown): { readonly numbers: readonly number[]; readonly frame: unknown } => {
  if (typeof x === 'number') return { numbers: [x], frame: 0 }
  if (typeof x !== 'object' || x === null) return { numbers: [], frame: x }
  const parts = Object.entries(x).map(([k, v]) => [k, apart(v)] as const)
  const numbers = parts.flatMap(([, p]) => p.numbers)
  return { numbers, frame: Array.isArray(x) ? parts.map(([, p]) => p.frame) : Object.fromEntries(parts.map(([k, p]) => [k, p.frame])) }
}

/** A value that is printed with five digits is within half a unit of the fifth, and f32 has seven: four digits agree. */
const DIGITS = 1e-4

/** Fails unless both are alike, numbers to four digits; infinities and NaN must be the same. */
export const docsNear = (got: unknown, want: unknown): void => {
  const a = apart(plain(got)), b = apart(plain(want))
  expect(a.frame).toEqual(b.frame)
  a.numbers.forEach((x, i) => {
    const y = b.numbers[i]
    if (!Number.isFinite(x) || !Number.isFinite(y)) expect(x).toBe(y)
    else expect(Math.abs(x - y), `${x} for ${y}`).toBeLessThanOrEqual(DIGITS * Math.abs(y) + 1e-6)
  })
}

/** Fails where a network or a model, or one in a list, has problems. */
export const docsSound = (named: Readonly<Record<string, unknown>>): void => {
  for (const [name, x] of Object.entries(named)) {
    const parts = Array.isArray(x) ? x : [x]
    for (const p of parts) if (isModel(p) || Layer.isNetwork(p)) expect(renderAll(Model.of(p).problems), name).toBe('')
  }
}
