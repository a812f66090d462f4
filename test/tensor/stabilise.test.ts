/** Stabilising rewrites: same values where the plain form is accurate, right ones where it is not. */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import { grad, opNames, stabilise } from '../../src/tensor/index.ts'
import type { Tensor } from '../../src/tensor/index.ts'
import { shapeOf, topo, typeOf } from '../../src/tensor/node.ts'
import { cases } from './cases.ts'
import { distance, errorsIn, evaluate, seeded, valuesOf } from './support.ts'

const x = B.leaf('input', 'x', [3, 4])
const row = B.leaf('input', 'x', [4])
const ops = (t: Tensor): readonly string[] => topo([t]).map((n) => n.op)
const sum1 = (t: Tensor): Tensor => B.sum(t, [1], true)

/** Plain forms, what they mean beyond the range of exp, and an op that must be gone. */
const forms: readonly (readonly [name: string, plain: Tensor, exact: (x: readonly number[], i: number) => number, gone: string])[] = [
  ['log exp', B.log(B.exp(x)), (v, i) => v[i], 'exp'],
  ['log sigmoid', B.log(B.sigmoid(x)), (v, i) => -softplus(-v[i]), 'log'],
  ['log (1 - sigmoid)', B.log(B.sub(1, B.sigmoid(x))), (v, i) => -softplus(v[i]), 'sub'],
  ['1 - sigmoid', B.sub(1, B.sigmoid(x)), (v, i) => Math.exp(-softplus(v[i])), 'sub'],
  ['log (1 + exp)', B.log(B.add(1, B.exp(x))), (v, i) => softplus(v[i]), 'exp'],
  ['log (exp + 1)', B.log(B.add(B.exp(x), 1)), (v, i) => softplus(v[i]), 'exp'],
  ['log1p exp', B.log1p(B.exp(x)), (v, i) => softplus(v[i]), 'exp'],
  ['exp - 1', B.sub(B.exp(x), 1), (v, i) => Math.expm1(v[i]), 'sub'],
  ['log (1 + tanh^2)', B.log(B.add(1, B.square(B.tanh(x)))), (v, i) => Math.log1p(Math.tanh(v[i]) ** 2), 'log'],
  ['log sum exp', B.log(sum1(B.exp(x))), (v, i) => logSumExp(v, i), 'exp'],
  ['log softmax', B.log(B.softmax(x)), (v, i) => v[i] - logSumExp(v, i), 'exp'],
  ['log of a product', B.log(B.mul(B.exp(x), B.sigmoid(x))), (v, i) => v[i] - softplus(-v[i]), 'exp'],
  ['log of a quotient', B.log(B.div(B.exp(x), B.add(B.exp(x), 2))), (v, i) => v[i] - Math.log(Math.exp(v[i]) + 2), 'none'],
  ['log of a view of exp', B.log(B.transpose(B.reshape(B.exp(x), [4, 3]))), (v, i) => v[Math.floor(i / 4) + 3 * (i % 4)], 'exp']
]
const softplus = (v: number): number => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))
const logSumExp = (v: readonly number[], i: number): number => {
  const line = v.slice(4 * Math.floor(i / 4), 4 * Math.floor(i / 4) + 4), m = Math.max(...line)
  return m + Math.log(line.reduce((s, u) => s + Math.exp(u - m), 0))
}

const at = (data: readonly number[]) => ({ x: { shape: data.length === 12 ? [3, 4] : [4], data } })
const at12 = (data: readonly number[]) => ({ x: { shape: [12], data } })
const mild = Array.from({ length: 12 }, (_, i) => ((7 * i) % 12) / 3 - 2)
const wild = [200, -200, 0, 1, -200, -200.5, -201, -199, 200, 201, 199.5, 200]

describe('stabilise', () => {
  for (const [name, plain, exact, gone] of forms) {
    const [stable] = stabilise([plain])
    test(`${name}: the same values, type and gradients at mild arguments`, () => {
      expect(typeOf(stable)).toEqual(typeOf(plain))
      const [a, b, ga, gb] = evaluate(at(mild), [plain, stable, ...[plain, stable].map((t) => grad([x])(B.sum(B.mul(t, B.add(B.iota([shapeOf(t)[1]]), 1))))[0])])
      expect(distance(b.data, a.data)).toBeLessThan(1e-12)
      expect(distance(gb.data, ga.data)).toBeLessThan(1e-12)
      expect(ops(stable)).not.toContain(gone)
      expect(ops(plain)).toContain(gone === 'none' ? 'div' : gone)
    })
    if (gone !== 'none')
      test(`${name}: right values and finite gradients at +-200`, () => {
        // 2000 takes exp out of the range of f64, as 200 does in f32.
        for (const data of [wild, wild.map((v) => 10 * v)].slice(0, name.startsWith('exp') ? 1 : 2)) {
          const [v, g] = evaluate(at(data), [stable, grad([x])(B.sum(stable))[0]])
          const columns = v.shape[v.shape.length - 1]
          v.data.forEach((got, i) => {
            const want = exact(data, columns === 1 ? 4 * i : i)
            expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(want), 1e-300))
          })
          expect(g.data.every(Number.isFinite)).toBe(true)
        }
      })
  }

  test('log softplus is its argument far below, and the plain form from -15 on', () => {
    // log(log(1 + e^x)) = x - e^x / 2 + 5 e^2x / 24 - ...
    const xs = [-2000, -800, -95, -40, -20, -15.001, -14.999, -3, 0, 2, 60, 2000]
    const t = B.leaf('input', 'x', [12]), [y] = stabilise([B.log(B.softplus(t))])
    const [v, g] = evaluate(at12(xs), [y, grad([t])(B.sum(y))[0]])
    xs.forEach((u, i) => {
      const far = u < -10, e = Math.exp(u)
      const want = far ? u - e / 2 + (5 / 24) * e * e : Math.log(Math.log1p(Math.exp(-Math.abs(u))) + Math.max(u, 0))
      const slope = far ? 1 - e / 2 + (5 / 12) * e * e : 1 / (1 + Math.exp(-u)) / softplus(u)
      expect(Math.abs(v.data[i] - want)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(want)))
      expect(Math.abs(g.data[i] - slope)).toBeLessThanOrEqual(1e-12 * slope)
    })
    // Views and factors above zero don't hide it.
    const [scaled] = stabilise([B.log(B.mul(B.reshape(B.softplus(t), [3, 4]), 2))])
    expect(evaluate(at12(xs), [scaled])[0].data[0]).toBeCloseTo(-2000 + Math.LN2, 10)
  })

  test('asks each node of a graph once: 2^16 ways lead through a product of products', () => {
    const deep = (f: (t: Tensor) => Tensor): Tensor => Array.from({ length: 16 }).reduce<Tensor>((t) => f(t), B.exp(B.mul(row, 2 ** -16)))
    const [y] = stabilise([B.log(deep((t) => B.mul(t, t)))])
    // log(exp(x / 2^16)^(2^16)) = x
    expect(ops(y).length).toBeLessThan(100)
    expect([...evaluate(at([1, 2, 3, 4]), [y])[0].data]).toEqual([1, 2, 3, 4])
  })

  test('monotone functions move behind a maximum over windows', () => {
    const pool = { window: [2, 2], stride: [2, 2], padding: [[0, 0], [1, 1]] } as const
    const image = B.leaf('input', 'x', [3, 4])
    for (const f of [B.tanh, B.sigmoid, B.softplus, B.exp, B.atan, B.asinh]) {
      const plain = B.maxPool2d(f(image), pool), [stable] = stabilise([plain])
      expect(stable.args[0].op).toBe('maxPool2d')
      const [a, b] = evaluate(at(mild), [plain, stable])
      expect([...b.data]).toEqual([...a.data])
    }
    expect(stabilise([B.maxPool2d(B.sin(image), pool)])[0].op).toBe('maxPool2d')
  })

  test('goes through broadcasting: the shape stays', () => {
    const [a, b] = stabilise([B.log(B.mul(B.exp(row), B.exp(B.reshape(row, [4, 1])))), B.sub(B.full([3, 4], 1), B.sigmoid(row))])
    expect([shapeOf(a), shapeOf(b)]).toEqual([[4, 4], [3, 4]])
    const [v, s] = evaluate(at([1, 2, 3, 4]), [a, b])
    expect([...v.data]).toEqual([2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8])
    expect(s.data[5]).toBeCloseTo(1 / (1 + Math.exp(2)), 14)
  })

  test('leaves products of unknown sign alone', () => {
    for (const t of [B.log(B.mul(B.exp(row), row)), B.log(B.add(B.exp(row), 3)), B.log(B.sum(row)), B.sub(2, B.sigmoid(row)), B.exp(row)]) expect(stabilise([t])[0]).toBe(t)
    const bad = B.add(row, B.leaf('input', 'w', [3]))
    expect(errorsIn(stabilise([B.log(B.exp(bad))])[0])).toEqual(['ShapeMismatch'])
    // A sum over nothing has a logarithm (minus infinity) but no largest element.
    const none = B.leaf('input', 'x', [2, 0])
    expect(errorsIn(stabilise([B.log(B.sum(B.exp(none), [1]))])[0])).toEqual([])
  })

  test('keeps the value of every op and of the logarithm of every positive one', () => {
    for (const op of opNames)
      for (const rng of seeded(`stabilise ${op}`, 4)) {
        const c = cases[op](rng)
        const outputs = typeOf(c.node).dtype === 'f32' ? [c.node, B.log(B.exp(c.node)), B.log(B.add(1, B.square(c.node)))] : [c.node]
        const [plain, stable] = [outputs, stabilise(outputs)].map((o) => evaluate(valuesOf(c.leaves), o))
        plain.forEach((p, i) => { if (p.data.every((v) => Math.abs(v) < 700)) expect(distance(stable[i].data, p.data)).toBeLessThan(1e-12) })
      }
  })
})
