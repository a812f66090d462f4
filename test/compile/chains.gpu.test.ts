/** Reductions with what feeds and follows them, phase after phase in one dispatch. */
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import { verify } from '../../src/compile/verify.ts'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { targets } from './graphs.ts'

const countOf = (nodes: readonly Tensor[]): number => {
  const outputs = Object.fromEntries(nodes.map((t, k) => [`y${k}`, t]))
  for (const target of targets) {
    const r = compile({ outputs, updates: {}, record: {}, extents: {} }, target)
    if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
    expect(verify(r.right, target)._tag).toBe('Right')
    if (target.kind === 'software') return dispatches(r.right.body).length
  }
  return 0
}

const agree = async (nodes: readonly Tensor[], values: Parameters<typeof interpret>[0] & Parameters<typeof evaluate>[1]): Promise<void> => {
  const got = await orThrow(evaluate(nodes, values)), want = interpret(values)(nodes)
  if (E.isLeft(want)) throw new Error('interpret')
  got.forEach((g, k) => {
    const scale = Math.max(1, ...Array.from(want.right[k].data, Math.abs))
    // Some hundred roundings each, 2^-24 relative.
    g.data.forEach((v, i) => { expect(Math.abs(v - want.right[k].data[i]) / scale).toBeLessThan(2e-5) })
  })
}

const wave = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => 2 * Math.sin(1.7 * i))

describe('a team does what follows each other', () => {
  // More rows than a workgroup, not a multiple of one; then so few that one workgroup takes all.
  test.each([[131, 10], [70, 12], [9, 5]])('softmax cross-entropy of %j x %j with its gradient', async (n, k) => {
    const x = B.leaf('input', 'x', [n, k]), y = B.leaf('input', 'y', [n], 'i32')
    const logp = B.sub(x, B.logSumExp(x, [1], true))
    const rows = B.neg(B.sum(B.select(B.eq(B.reshape(y, [n, 1]), B.iota([1, k], 1, 'i32')), logp, 0), [1]))
    const [g] = grad([x])(B.sum(rows))
    const nodes = [rows, g]
    expect(countOf(nodes)).toBe(1)
    await agree(nodes, { x: { shape: [n, k], data: wave(n * k) }, y: { shape: [n], data: Int32Array.from({ length: n }, (_, i) => (i * 7) % k) } })
  })

  test('rows brought to mean 0 and variance 1', async () => {
    const x = B.leaf('input', 'x', [200, 12])
    const centred = B.sub(x, B.mean(x, [1], true)), y = B.div(centred, B.sqrt(B.add(B.mean(B.square(centred), [1], true), 1e-5)))
    expect(countOf([y])).toBe(1)
    await agree([y], { x: { shape: [200, 12], data: wave(2400) } })
  })

  test('sums of sums, with values that only the workgroup sees', async () => {
    const x = B.leaf('input', 'x', [40, 30])
    const columns = B.sum(B.square(x), [0]), total = B.sum(columns)
    const y = B.div(x, B.sqrt(total))
    expect(countOf([y, total])).toBe(1)
    await agree([y, total], { x: { shape: [40, 30], data: wave(1200) } })
  })

  test('but not where rows need each other and there is much to do', async () => {
    const x = B.leaf('input', 'x', [300, 400])
    const y = B.sub(x, B.sum(x, [0], true))
    expect(countOf([y])).toBeGreaterThan(1)
    await agree([y], { x: { shape: [300, 400], data: wave(120_000) } })
  })
})
