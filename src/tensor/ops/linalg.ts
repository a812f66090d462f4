/**
 * Linear algebra over any leading batch axes: rows of the op table.
 *
 * Symmetric matrices are given by their lower triangle: what stands above the diagonal
 * isn't read, and its gradient is zero. Ops that need room to work in have it in their
 * result, as columns left at zero, which the constructors cut off.
 *
 * @since 0.2.0
 */
import * as Ext from '../extent.ts'
import * as B from '../build.ts'
import { shapeOf } from '../node.ts'
import type { Tensor, TensorType } from '../node.ts'
import { bad, batchAligned, broadcast, broadcastIndex, count, ok, shapes } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { Ref, Row } from '../table.ts'

// -----------------------------------------------------------------------------
// types
// -----------------------------------------------------------------------------

const square = (op: string, x: TensorType, out: (n: Ext.Extent) => Ext.Extent): Typed => {
  const r = x.shape.length, n = x.shape[r - 1]
  return r < 2 || x.dtype !== 'f32' || !Ext.same(x.shape[r - 2], n)
    ? bad(op, `${Ext.showShape(x.shape)} of ${x.dtype}`, 'square f32 matrices: the last two axes equally long', 'check the shape, or multiply the matrix by its transpose')
    : ok([...x.shape.slice(0, r - 1), out(n)], 'f32')
}

/** A square matrix and the right sides of an equation, leading axes broadcast. */
const equation = (op: string, a: TensorType, b: TensorType, columns: (n: Ext.Extent, m: Ext.Extent) => Ext.Extent): Typed => {
  const p = a.shape.length, q = b.shape.length
  if (a.dtype !== 'f32' || b.dtype !== 'f32' || p < 2 || q < 2 || !Ext.same(a.shape[p - 1], a.shape[p - 2]) || !Ext.same(a.shape[p - 1], b.shape[q - 2]))
    return bad(op, `${shapes([a, b])} of ${a.dtype}, ${b.dtype}`, 'a square f32 matrix and a right side with as many rows', 'give right sides as columns, [..., n, m]')
  const outer = broadcast(a.shape.slice(0, p - 2), b.shape.slice(0, q - 2))
  return outer === undefined
    ? bad(op, shapes([a, b]), 'leading axes that broadcast', 'align the leading axes')
    : ok([...outer, b.shape[q - 2], columns(b.shape[q - 2], b.shape[q - 1])], 'f32')
}

// -----------------------------------------------------------------------------
// f64 meanings
// -----------------------------------------------------------------------------

/** Runs `f` on each matrix of the result: offsets of the operands' matrices and of its own. */
const perMatrix = (args: readonly Ref[], shape: readonly number[], f: (out: Float64Array, o: number, at: readonly number[]) => void): Ref => {
  const lead = shape.slice(0, -2), own = count(shape.slice(-2)), data = new Float64Array(count(shape))
  const places = args.map((a) => ({ at: broadcastIndex(a.shape.slice(0, -2), lead.length), own: count(a.shape.slice(-2)) }))
  const ix = new Array<number>(lead.length).fill(0)
  for (let k = 0; k < count(lead); k++) {
    f(data, k * own, places.map((p) => p.at(ix) * p.own))
    for (let d = lead.length - 1; d >= 0; d--) {
      if (++ix[d] < lead[d]) break
      ix[d] = 0
    }
  }
  return { shape, data }
}

const choleskyOf = ([a]: readonly Ref[], shape: readonly number[]): Ref =>
  perMatrix([a], shape, (l, o, [p]) => {
    const n = shape[shape.length - 1]
    for (let j = 0; j < n; j++) for (let i = j; i < n; i++) {
      let s = a.data[p + i * n + j]
      for (let k = 0; k < j; k++) s -= l[o + i * n + k] * l[o + j * n + k]
      // A pivot that isn't positive: everything from here on is NaN.
      l[o + i * n + j] = i === j ? (s > 0 ? Math.sqrt(s) : NaN) : s / l[o + j * n + j]
    }
    if (n > 0 && Number.isNaN(l[o + n * n - 1])) for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) l[o + i * n + j] = NaN
  })

const triangularOf = ([l, b]: readonly Ref[], shape: readonly number[], lower: boolean, transpose: boolean, unit: boolean): Ref =>
  perMatrix([l, b], shape, (x, o, [p, q]) => {
    const [n, m] = shape.slice(-2), down = lower !== transpose
    for (let c = 0; c < m; c++) for (let k = 0; k < n; k++) {
      const i = down ? k : n - 1 - k
      let s = b.data[q + i * m + c]
      for (let h = 0; h < k; h++) {
        const j = down ? h : n - 1 - h
        s -= l.data[p + (transpose ? j * n + i : i * n + j)] * x[o + j * m + c]
      }
      x[o + i * m + c] = unit ? s : s / l.data[p + i * n + i]
    }
  })

/** Gaussian elimination with partial pivoting; of two rows exchanged one changes its sign, so determinants stay. */
const eliminated = (w: Float64Array, n: number, m: number): void => {
  for (let k = 0; k < n; k++) {
    let top = k
    for (let i = k + 1; i < n; i++) if (Math.abs(w[i * m + k]) > Math.abs(w[top * m + k])) top = i
    if (top !== k) for (let j = 0; j < m; j++) [w[k * m + j], w[top * m + j]] = [w[top * m + j], -w[k * m + j]]
    if (w[k * m + k] === 0) continue
    for (let i = k + 1; i < n; i++) {
      const f = w[i * m + k] / w[k * m + k]
      w[i * m + k] = 0
      for (let j = k + 1; j < m; j++) w[i * m + j] -= f * w[k * m + j]
    }
  }
}

const solveOf = ([a, b]: readonly Ref[], shape: readonly number[]): Ref =>
  perMatrix([a, b], shape, (x, o, [p, q]) => {
    const [n, both] = shape.slice(-2), m = both - n, w = new Float64Array(n * both)
    for (let i = 0; i < n; i++) for (let j = 0; j < both; j++) w[i * both + j] = j < n ? a.data[p + i * n + j] : b.data[q + i * m + j - n]
    eliminated(w, n, both)
    for (let c = 0; c < m; c++) for (let i = n - 1; i >= 0; i--) {
      let s = w[i * both + n + c]
      for (let j = i + 1; j < n; j++) s -= w[i * both + j] * x[o + j * both + c]
      x[o + i * both + c] = s / w[i * both + i]
    }
  })

const upperOf = ([a]: readonly Ref[], shape: readonly number[]): Ref =>
  perMatrix([a], shape, (u, o, [p]) => {
    const n = shape[shape.length - 1], w = a.data.slice(p, p + n * n)
    eliminated(w, n, n)
    u.set(w, o)
  })

/** From this share of the largest component on, an eigenvector's first component is positive. */
const SIGN = 0.6

const eighOf = ([a]: readonly Ref[], shape: readonly number[]): Ref =>
  perMatrix([a], shape, (out, o, [p]) => {
    const [n, wide] = shape.slice(-2)
    const w = new Float64Array(n * n), v = new Float64Array(n * n)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
      w[i * n + j] = a.data[p + Math.max(i, j) * n + Math.min(i, j)]
      v[i * n + j] = i === j ? 1 : 0
    }
    for (let sweep = 0; sweep < 60; sweep++) {
      let off = 0, all = 0
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        all += w[i * n + j] ** 2
        if (i !== j) off += w[i * n + j] ** 2
      }
      if (!(off > 1e-36 * all)) break
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) rotate(w, v, n, i, j)
    }
    const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => w[i * n + i] - w[j * n + j] || i - j)
    order.forEach((from, to) => {
      let most = 0, sign = 1
      for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(v[i * n + from]))
      for (let i = n - 1; i >= 0; i--) if (Math.abs(v[i * n + from]) >= SIGN * most) sign = v[i * n + from] < 0 ? -1 : 1
      for (let i = 0; i < n; i++) out[o + i * wide + to] = sign * v[i * n + from]
      out[o + to * wide + n] = w[from * n + from]
    })
  })

const rotate = (w: Float64Array, v: Float64Array, n: number, i: number, j: number): void => {
  const x = w[i * n + j]
  if (x === 0) return
  const theta = (w[j * n + j] - w[i * n + i]) / (2 * x)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(1, theta)), c = 1 / Math.hypot(1, t), s = c * t
  for (let k = 0; k < n; k++) {
    const e = w[k * n + i], f = w[k * n + j]
    w[k * n + i] = c * e - s * f
    w[k * n + j] = s * e + c * f
  }
  for (let k = 0; k < n; k++) {
    const e = w[i * n + k], f = w[j * n + k]
    w[i * n + k] = c * e - s * f
    w[j * n + k] = s * e + c * f
    const g = v[k * n + i], h = v[k * n + j]
    v[k * n + i] = c * g - s * h
    v[k * n + j] = s * g + c * h
  }
}

// -----------------------------------------------------------------------------
// gradients
// -----------------------------------------------------------------------------

/** The lower triangle with half the diagonal. */
const halved = (x: Tensor): Tensor => {
  const s = shapeOf(x), n = s[s.length - 1]
  const i = B.iota([n, n], 0), j = B.iota([n, n], 1)
  return B.mul(x, B.select(B.gt(i, j), 1, B.select(B.eq(i, j), B.scalar(0.5), 0)))
}

/** Cotangent of the lower triangle of a symmetric matrix whose whole has cotangent g. */
const folded = (g: Tensor): Tensor => halved(B.add(g, B.swapLast(g)))

/** Murray 2016, eq. 9 and 10: L^-T phi(L^T ct) L^-1, symmetrised. */
const choleskyGradient = (l: Tensor, ct: Tensor): Tensor => {
  const inner = halved(B.matmul(B.swapLast(l), B.tril(ct)))
  const left = B.triangularSolve(l, inner, { transpose: true })
  return folded(B.swapLast(B.triangularSolve(l, B.swapLast(left), { transpose: true })))
}

const triangularGradient = (t: Tensor, ct: Tensor): readonly Tensor[] => {
  const [l, b] = t.args, lower = t.attrs['lower'] === true, transpose = t.attrs['transpose'] === true, unit = t.attrs['unit'] === true
  const gb = B.triangularSolve(l, ct, { lower, transpose: !transpose, unit })
  const full = B.neg(transpose ? B.matmul(t, B.swapLast(gb)) : B.matmul(gb, B.swapLast(t)))
  const own = lower ? B.tril(full, unit ? -1 : 0) : B.triu(full, unit ? 1 : 0)
  return [B.sumTo(own, shapeOf(l)), B.sumTo(gb, shapeOf(b))]
}

const solveGradient = (t: Tensor, ct: Tensor): readonly Tensor[] => {
  const [a, b] = t.args, s = shapeOf(b), m = s[s.length - 1], r = shapeOf(t).length
  const gb = B.solve(B.swapLast(a), B.sliceAxis(ct, r - 1, 0, m))
  const ga = B.neg(B.matmul(gb, B.swapLast(B.sliceAxis(t, r - 1, 0, m))))
  return [B.sumTo(ga, shapeOf(a)), B.sumTo(gb, s)]
}

/** With a = Q L U, Q a signed permutation: Q L^-T triu(ct U^T) U^-T, and Q L = a U^-1. */
const upperGradient = (u: Tensor, ct: Tensor): Tensor => {
  const ut = B.swapLast(u)
  const inner = B.matmul(ut, B.triu(B.matmul(B.triu(ct), ut)))
  const right = B.swapLast(B.triangularSolve(u, B.swapLast(inner), { lower: false }))
  return B.solve(B.swapLast(u.args[0]), right)
}

/** V (diag ct_values + sym (F * (V^T ct_vectors))) V^T with F = 1 / (lambda_j - lambda_i), 0 where they are equal. */
const eighGradient = (t: Tensor, ct: Tensor): Tensor => {
  const s = shapeOf(t.args[0]), r = s.length, n = s[r - 1]
  const cut = (x: Tensor): readonly [Tensor, Tensor] =>
    [B.sliceAxis(x, r - 1, 0, n), B.sliceAxis(x, r - 1, n, Ext.add(n, 1))]
  const [v, lambda] = cut(t), [gv, gl] = cut(ct)
  const gap = B.sub(B.swapLast(lambda), lambda), equal = B.eq(gap, 0)
  const f = B.select(equal, 0, B.div(1, B.select(equal, 1, gap)))
  const inner = B.add(B.mul(f, B.matmul(B.swapLast(v), gv)), B.select(B.eq(B.iota([n, n], 0), B.iota([n, n], 1)), gl, 0))
  return folded(B.matmul(v, B.matmul(inner, B.swapLast(v))))
}

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

export const linalg: Record<'cholesky' | 'triangularSolve' | 'solve' | 'eliminate' | 'eigh', Row> = {
  cholesky: {
    kind: 'kernel',
    doc: 'lower triangular L with L L^T = a from the lower triangle of a; NaN where a is not positive definite',
    type: ([a]) => square('cholesky', a, (n) => n),
    vjp: (t, ct) => [choleskyGradient(t, ct)],
    batch: batchAligned,
    f64: (args, _, type) => choleskyOf(args, type.shape)
  },
  triangularSolve: {
    kind: 'kernel',
    arity: 2,
    attrs: ['lower', 'transpose', 'unit'],
    doc: 'x of l x = b (of its transpose where `transpose`), l read on one side of the diagonal',
    type: ([l, b]) => equation('triangularSolve', l, b, (_, m) => m),
    vjp: triangularGradient,
    batch: batchAligned,
    f64: (args, attrs, type) => triangularOf(args, type.shape, attrs['lower'] === true, attrs['transpose'] === true, attrs['unit'] === true)
  },
  solve: {
    kind: 'kernel',
    arity: 2,
    doc: 'x of a x = b by elimination with partial pivoting in the first columns; as many columns of zeros as a has follow',
    type: ([a, b]) => equation('solve', a, b, Ext.add),
    vjp: solveGradient,
    batch: batchAligned,
    f64: (args, _, type) => solveOf(args, type.shape)
  },
  eliminate: {
    kind: 'kernel',
    doc: 'upper triangle that elimination with partial pivoting makes of a, of the same determinant',
    type: ([a]) => square('eliminate', a, (n) => n),
    vjp: (t, ct) => [upperGradient(t, ct)],
    batch: batchAligned,
    f64: (args, _, type) => upperOf(args, type.shape)
  },
  eigh: {
    kind: 'kernel',
    doc: 'eigenvectors of a symmetric matrix as columns, then the column of the eigenvalues, ascending, then as many columns of zeros',
    type: ([a]) => square('eigh', a, (n) => Ext.add(Ext.add(n, n), 1)),
    vjp: (t, ct) => [eighGradient(t, ct)],
    batch: batchAligned,
    f64: (args, _, type) => eighOf(args, type.shape)
  }
}

