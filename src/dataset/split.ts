/**
 * Random parts of a data set, by whole rows and by seed: the same seed gives the
 * same parts in any process.
 *
 * Laws: parts are disjoint; where the fractions sum to 1 they hold every row once;
 * their sizes are within one row of fraction times rows.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { fromFields, isDataset } from './dataset.ts'
import type { Dataset } from './dataset.ts'
import { gatherField } from './field.ts'

/** A 32-bit hash of a counter under a seed (the finaliser of MurmurHash3, twice). */
const hash = (seed: number, counter: number): number => {
  const mix = (h: number): number => {
    const x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    const y = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    return y ^ (y >>> 16)
  }
  return mix(mix(seed + 0x9e3779b9) ^ Math.imul(counter, 0x9e3779b1)) >>> 0
}

/** A permutation of 0 to n - 1 by seed (Fisher and Yates; rejection keeps it unbiased). */
export const permutation = (n: number, seed: number): Uint32Array => {
  const p = Uint32Array.from({ length: n }, (_, i) => i)
  let counter = 0
  for (let i = n - 1; i > 0; i--) {
    const m = i + 1
    const limit = Math.floor(4294967296 / m) * m
    let r = hash(seed, counter++)
    while (r >= limit) r = hash(seed, counter++)
    const j = r % m
    const t = p[i]
    p[i] = p[j]
    p[j] = t
  }
  return p
}

/**
 * Splits rows at random into named parts by fraction, each with the fields of the whole;
 * rows past the fractions' sum are left out.
 *
 * Errors: `BadSplit` for fractions that are not positive, sum to more than 1, or
 * leave a part without a row; `OutOfRange` for a seed that is no u32.
 *
 * @example
 * pipe(data, Dataset.split({ train: 0.9, validation: 0.1 }, 0)) // Either of { train, validation }
 */
export const split =
  <K extends string>(parts: Readonly<Record<K, number>>, seed = 0) =>
  <D extends Dataset>(d: D): Either<GelatoErrors, Readonly<Record<K, D>>> => {
    if (!isDataset(d)) return fail('UnknownForm', ['split'], shown(d), 'a data set', 'Dataset.of gives an Either: pipe(data, E.chain(Dataset.split(...)))')
    if (typeof parts !== 'object' || parts === null) return fail('BadSplit', [d.name, 'split'], shown(parts), 'fractions by the names of the parts', 'such as { train: 0.9, test: 0.1 }')
    const names = Object.keys(parts) as K[]
    const bad = names.find((k) => !(parts[k] > 0 && parts[k] <= 1))
    if (bad !== undefined)
      return fail('BadSplit', [d.name, 'split', bad], String(parts[bad]), 'a fraction above 0 and at most 1', 'give shares of the rows, such as 0.9 and 0.1')
    const sum = names.reduce((a, k) => a + parts[k], 0)
    if (names.length === 0 || sum > 1 + 1e-9)
      return fail('BadSplit', [d.name, 'split'], names.length === 0 ? 'no parts' : `fractions that sum to ${sum}`, 'one part at least, and fractions that sum to at most 1', 'make the fractions smaller')
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
      return fail('OutOfRange', [d.name, 'split', 'seed'], String(seed), 'a whole number from 0 to 4294967295', 'take a seed such as 0')
    const edges = names.reduce<readonly number[]>((e, k) => [...e, e[e.length - 1] + parts[k]], [0]).map((e) => Math.min(d.rows, Math.round(e * d.rows)))
    const empty = names.findIndex((_, i) => edges[i + 1] <= edges[i])
    if (empty >= 0)
      return fail('BadSplit', [d.name, 'split', names[empty]], `${parts[names[empty]]} of ${d.rows} rows: none`, 'at least one row in every part', 'make this part larger')
    const order = permutation(d.rows, seed)
    const part = (i: number): Dataset => {
      const take = gatherField(order.subarray(edges[i], edges[i + 1]))
      return fromFields(`${d.name}.${names[i]}`, Object.fromEntries(Object.entries(d.fields).map(([k, f]) => [k, take(f)])))
    }
    return E.right(Object.fromEntries(names.map((k, i) => [k, part(i)])) as unknown as Record<K, D>)
  }
