/** The mark of a log likelihood: it is there, is found again, and costs nothing. */
import { expect, test } from 'vitest'
import { compile } from '../../src/compile/compile.ts'
import { listing } from '../../src/compile/listing.ts'
import { Dist, Layer, Likelihood, Model, Spec, pipe } from '../../src/index.ts'
import { apart, given } from '../../src/model/given.ts'
import * as B from '../../src/tensor/build.ts'
import { grad } from '../../src/tensor/grad.ts'
import { node, topo } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { leavesOf } from '../../src/tensor/replace.ts'
import { right } from '../checks/tools.ts'
import { targets } from '../compile/graphs.ts'

const digits = pipe(Layer.input([null, 6], { name: 'x' }), Layer.dense({ units: 5, activation: 'tanh' }), Layer.dense({ units: 3, activation: 'softmax' }), Model.observe(Likelihood.categorical(), { name: 'y' }))
const eight = Model.joint({ mu: Spec.normal() }, ({ mu }) => ({ y: Dist.normal({ mu: B.broadcastTo(mu, [4]), sd: 2 }) }))

test('every log likelihood of observations has it, whoever made the model', () => {
  for (const m of [digits, eight]) expect(m.likelihoods.map((l) => l.logLik.attrs['given'])).toEqual([true])
})

test('given observations get names of their own and back, others stay', () => {
  const l = Model.logLikelihood(digits), y = digits.observed['y'], mixed = B.add(l, B.float(y))
  const names = (t: Tensor): string[] => leavesOf([t]).map((x) => String(x.attrs['name'])).sort()
  const { nodes, back } = apart(['y'])([l, mixed, y])
  expect(nodes.map((t) => names(t).filter((n) => n.endsWith('y')))).toEqual([['given.y'], ['given.y', 'y'], ['y']])
  expect(back.map(([from, to]) => [from.attrs['name'], to])).toEqual([['given.y', y]])
  expect(apart([])([l])).toEqual({ nodes: [l], back: [] })
})

test('a step is compiled to the same program with and without it', () => {
  const memo = new Map<Tensor, Tensor>(), sites = digits.sites.map((s) => s.leaf)
  const marked = B.sum(Model.logLikelihood(digits))
  for (const t of topo([marked])) {
    const { given: _, ...attrs } = t.attrs
    memo.set(t, t.args.length === 0 ? t : node(t.op, t.args.map((a) => memo.get(a) as Tensor), attrs))
  }
  const bare = memo.get(marked) as Tensor
  const program = (l: Tensor, target: (typeof targets)[number]): string =>
    listing(right(compile({ outputs: { l }, updates: {}, record: {}, extents: { batch: 50 } }, target)), { wgsl: true })
  for (const target of targets) {
    expect(program(marked, target)).toBe(program(bare, target))
    expect(program(B.sum(grad(sites)(marked)[0]), target)).toBe(program(B.sum(grad(sites)(bare)[0]), target))
  }
  const leaf = B.leaf('input', 'a', [3])
  expect(given(leaf)).toBe(leaf)
})
