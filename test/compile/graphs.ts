/**
 * Steps for the tests of the compiler: one case of each of several ops, woven together
 * so that nodes are shared, with several outputs, states that are updated, and records.
 */
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { dtypeOf, shapeOf } from '../../src/tensor/node.ts'
import { leavesOf, replace } from '../../src/tensor/replace.ts'
import { opNames } from '../../src/tensor/table.ts'
import type { OpName } from '../../src/tensor/table.ts'
import type { Source } from '../../src/compile/compile.ts'
import type { Target } from '../../src/compile/program.ts'
import { cases } from '../tensor/cases.ts'
import type { Rng } from '../tensor/cases.ts'
import type { Values } from '../../src/reference/index.ts'

/** A CPU rasteriser and a graphics card, with the limits that WebGPU grants everywhere. */
export const targets: readonly Target[] = (['software', 'gpu'] as const).map((kind) => ({
  kind, name: kind, maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 28, maxStorageBuffers: 8,
  maxWorkgroupsPerDimension: 65535, maxInvocations: 256, maxWorkgroupBytes: 16384, subgroupSize: 0
}))

const pick = <A>(rng: Rng, xs: readonly A[]): A => xs[Math.floor(rng() * xs.length)]
const size = (t: Tensor): number => (shapeOf(t) as readonly number[]).reduce((a, b) => a * b, 1)

/** The case's node with leaves of their own names, f32 leaves now and then computed from what came before. */
const renamed = (rng: Rng, op: OpName, k: number, before: readonly Tensor[], values: Values): Tensor => {
  const c = cases[op](rng)
  const floats = before.filter((t) => dtypeOf(t) === 'f32' && size(t) > 0)
  const pairs = leavesOf([c.node]).map((l): readonly [Tensor, Tensor] => {
    const name = l.attrs['name'] as string, fresh = B.leaf(l.op as B.LeafKind, `${k}.${name}`, shapeOf(l), dtypeOf(l))
    Object.assign(values, { [`${k}.${name}`]: c.leaves.find((x) => x.name === name) })
    if (dtypeOf(l) !== 'f32' || floats.length === 0 || rng() < 0.4) return [l, fresh]
    const link = B.mul(B.mean(pick(rng, floats)), 0.25)
    return [l, rng() < 0.5 ? B.add(fresh, link) : B.mul(B.exp(B.mul(fresh, 0.5)), B.tanh(link))]
  })
  return replace(pairs)([c.node])[0]
}

/** A step, and values of its leaves inside the ops' domains. */
export interface Woven extends Source {
  readonly values: Values
}

/** A step of `n` ops, at least the given one. */
export const stepOf = (rng: Rng, first: OpName, n: number): Woven => {
  const nodes: Tensor[] = [], values: Values = {}
  for (let k = 0; k < n; k++) nodes.push(renamed(rng, k === 0 ? first : pick(rng, opNames), k, nodes, values))
  const floats = nodes.filter((t) => dtypeOf(t) === 'f32' && size(t) > 0)
  const outputs = Object.fromEntries(nodes.flatMap((t, i) => (i === 0 || rng() < 0.5 ? [[`y${i}`, t]] : [])))
  const updates: Record<string, Tensor> = {}, record: Record<string, Tensor> = {}
  const leaf = (name: string, like: Tensor): Tensor => {
    Object.assign(values, { [name]: { shape: shapeOf(like), data: Array.from({ length: size(like) }, () => Math.fround(rng())) } })
    return B.leaf('state', name, shapeOf(like))
  }
  floats.forEach((t, i) => {
    const turn = rng()
    const state = leaf(`s${i}`, t)
    if (turn < 0.25) updates[`s${i}`] = B.add(B.mul(state, 0.9), t)
    // Read elsewhere as well, so that it can't simply be overwritten.
    else if (turn < 0.4) {
      updates[`s${i}`] = B.sub(state, B.mul(t, 0.1))
      outputs[`old${i}`] = B.sum(B.square(state))
    }
    // Two states that change places.
    else if (turn < 0.5) {
      const other = leaf(`o${i}`, t)
      updates[`s${i}`] = other
      updates[`o${i}`] = state
    } else if (turn < 0.6) updates[`s${i}`] = t
    if (rng() < 0.2) record[`r${i}`] = B.mean(t)
  })
  return { outputs, updates, record, extents: {}, values }
}
