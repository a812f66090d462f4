/** Shared work is written once: texts and counted work grow with a graph's nodes, however many ways lead through it. */
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program } from '../../src/compile/program.ts'
import { Dist, Tensor } from '../../src/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor as Node } from '../../src/tensor/node.ts'
import { topo } from '../../src/tensor/node.ts'
import { targets } from './graphs.ts'

const compiled = (outputs: Readonly<Record<string, Node>>, target: (typeof targets)[0]): Program => {
  const p = compile({ outputs, updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(p)) throw new Error(renderAll(p.left))
  return p.right
}
const flopsOf = (p: Program): number => dispatches(p.body).reduce((n, d) => n + d.flops, 0)
const countOf = (text: string, what: string): number => text.split(what).length - 1
const opCount = (outputs: readonly Node[], op: string): number => topo(outputs).filter((t) => t.op === op).length

const DEPTH = 16
/** x, then 16 times what uses the last twice: 2^16 ways from the end to x. */
const deep = (x: Node, next: (t: Node) => Node): Node => Array.from({ length: DEPTH }).reduce<Node>((t) => next(t), x)
const N = 4096
const x = B.leaf('input', 'x', [N])
const half = (t: Node): Node => B.mul(B.add(B.sin(t), t), 0.5)
const square = B.leaf('input', 'x', [64, 64])
const chains: readonly (readonly [name: string, output: Node])[] = [
  ['elementwise work', deep(x, half)],
  ['the way to a reduction', B.sum(deep(square, half), [1])],
  ['what follows a product', deep(B.matmul(square, square), half)],
  ['work at two places of its operand', deep(x, (t) => B.add(B.sin(t), B.broadcastTo(B.slice(t, [0], [1]), [N])))],
  ['masked work', deep(x, (t) => B.add(B.slice(B.pad(t, [0], [8], 1), [0], [N]), B.sin(t)))]
]

const [mu, sd, lower, upper] = ['mu', 'sd', 'lower', 'upper'].map((k) => B.leaf('input', k, [64]))
const draws = Dist.sample(Dist.truncatedNormal({ mu, sd, lower, upper }))(Tensor.key(3), [64])
const slopes = Tensor.grad([mu, sd, lower, upper])(Tensor.sum()(draws))

// Four inputs, the key, five outputs: what these share stays in registers, though no two stretches of it would bind as few buffers.
test('what binds few buffers together is one kernel, though its parts would bind many', () => {
  for (const target of targets) {
    const p = compiled(Object.fromEntries([draws, ...slopes].map((o, i) => [String(i), o])), { ...target, maxStorageBuffers: 16 })
    expect([p.kernels.length, dispatches(p.body).length]).toEqual([1, 1])
  }
})

describe.each(targets)('on $name', (target) => {
  test.each(chains)('%s', (_, output) => {
    const p = compiled({ output }, target), sines = p.kernels.reduce((n, k) => n + countOf(k.wgsl.slice(k.wgsl.indexOf('fn main')), 'f_sin('), 0)
    // A place of its own for the one element that all are shifted by.
    expect(sines).toBeLessThanOrEqual(2 * DEPTH)
    expect(flopsOf(p)).toBeLessThan(2 * (DEPTH * 30 * N + 2 * 64 ** 3))
  })

  test('a truncated normal\'s draws and their gradients', () => {
    for (const outputs of [[draws], slopes.slice(0, 1), slopes]) {
      const p = compiled(Object.fromEntries(outputs.map((o, i) => [String(i), o])), target)
      // No op here costs more than 60 multiply-adds.
      expect(flopsOf(p)).toBeLessThan(2 * 60 * 64 * topo(outputs).length)
      for (const k of p.kernels)
        for (const [call, op] of [['f_erfcx(', 'erfcx'], ['f_log_ndtr(', 'logNdtr'], ['f_ndtri(', 'ndtri']]) expect(countOf(k.wgsl.slice(k.wgsl.indexOf('fn main')), call)).toBeLessThanOrEqual(opCount(outputs, op))
    }
  })
})
