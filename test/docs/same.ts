/** What `expr // => value` of an example asserts. */
import { expect } from 'vitest'

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
