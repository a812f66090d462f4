/**
 * Cases of the linear algebra ops: matrices whose pivots, eigenvalues and determinants are
 * well apart from 0 and from each other, so that roundings don't grow and differences can
 * be taken. Tolerances: n^2 roundings of values of order 4, times condition numbers below 8.
 */
import { node } from '../../src/tensor/node.ts'
import type { OpName } from '../../src/tensor/table.ts'
import type { Case, Draw, Rng } from './draw.ts'
import { EPS, call, extent, int, leaf, pick, shape, times, under } from './draw.ts'

type Names = 'cholesky' | 'triangularSolve' | 'solve' | 'eliminate' | 'eigh'

/** n by n matrices with `diagonal(i)` plus something small on the diagonal, and `size` or less elsewhere. */
const matrices = (n: number, diagonal: (i: number, rng: Rng) => number, size: number): Draw => (rng, k) =>
  times(k, (e) => {
    const i = Math.floor(e / n) % n, j = e % n
    return Math.fround(i === j ? diagonal(i, rng) + 0.2 * rng() : size * (2 * rng() - 1))
  })

/** Rows of a diagonally dominant matrix in a random order, the same for all matrices of a call: pivoting has something to do. */
const shuffledRows = (n: number, turn: number): Draw => (rng, k) =>
  times(k, (e) => {
    const i = (Math.floor(e / n) + turn) % n, j = e % n
    return Math.fround(i === j ? (rng() < 0.5 ? -1 : 1) * (2 + rng()) : (1 / n) * (2 * rng() - 1))
  })

const tolerance = (n: number): number => 40 * (n * n + 4) * EPS

const both = (rng: Rng): readonly (readonly number[])[] => {
  const lead = shape(rng, int(rng, 0, 2))
  return pick(rng, [[lead, under(rng, lead)], [under(rng, lead), lead]])
}

const choleskyCase = (rng: Rng): Case => {
  const n = extent(rng, 1), s = [...shape(rng, int(rng, 0, 2)), n, n]
  return call([leaf(rng, 'a', 'f32', s, matrices(n, () => 2, 1 / n))], (a) => node('cholesky', [a]), tolerance(n))
}
const triangularCase = (rng: Rng): Case => {
  const [p, q] = both(rng), n = extent(rng, 1), m = extent(rng)
  const attrs = { lower: rng() < 0.5, transpose: rng() < 0.5, unit: rng() < 0.3 }
  return call([leaf(rng, 'l', 'f32', [...p, n, n], matrices(n, (_, r) => (r() < 0.5 ? -1.2 : 1), 1)), leaf(rng, 'b', 'f32', [...q, n, m])],
    (l, b) => node('triangularSolve', [l, b], attrs), tolerance(n) * 2 ** n)
}
const solveCase = (rng: Rng): Case => {
  const [p, q] = both(rng), n = extent(rng, 1), m = extent(rng)
  return call([leaf(rng, 'a', 'f32', [...p, n, n], shuffledRows(n, int(rng, 0, n))), leaf(rng, 'b', 'f32', [...q, n, m])], (a, b) => node('solve', [a, b]), tolerance(n))
}
const eliminateCase = (rng: Rng): Case => {
  const n = extent(rng, 1), s = [...shape(rng, int(rng, 0, 2)), n, n]
  return call([leaf(rng, 'a', 'f32', s, shuffledRows(n, int(rng, 0, n)))], (a) => node('eliminate', [a]), tolerance(n))
}
const eighCase = (rng: Rng): Case => {
  const n = extent(rng, 1), s = [...shape(rng, int(rng, 0, 2)), n, n], turn = int(rng, 0, n)
  return call([leaf(rng, 'a', 'f32', s, matrices(n, (i) => 1.5 * ((i + turn) % n) - n / 2, 0.5))], (a) => node('eigh', [a]), 2 * tolerance(n))
}

export const linalgCases: Readonly<Record<Names & OpName, (rng: Rng) => Case>> = {
  cholesky: choleskyCase, triangularSolve: triangularCase, solve: solveCase, eliminate: eliminateCase, eigh: eighCase
}
