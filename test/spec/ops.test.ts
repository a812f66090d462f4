/** A spec has every op of a tensor. */
import { describe, expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { right, tags } from './tools.ts'

/** Functions of the tensor namespace that are no ops: they make, inspect, transform graphs or draw. */
const OTHERS = [
  'topo', 'errorsOf', 'isTensor', 'grad', 'vjp', 'jvp', 'batch', 'replace', 'leavesOf', 'bindExtents', 'symbolsOf', 'stabilise', 'show',
  'listing', 'toJson', 'fromJson', 'opNames', 'row', 'input', 'constant', 'full', 'zeros', 'ones', 'arange', 'eye', 'key', 'fold',
  'randomNormal', 'randomUniform', 'randomBits', 'typeOf', 'shape', 'nameOf'
]

test('specs have exactly the ops of the tensor namespace', () => {
  const ops = Object.keys(Tensor).filter((k) => typeof (Tensor as Record<string, unknown>)[k] === 'function' && !OTHERS.includes(k))
  expect([...Spec.specOpNames].sort()).toEqual(ops.sort())
  for (const k of ops) expect(typeof (Spec as Record<string, unknown>)[k]).toBe('function')
})

type Op = (...args: readonly unknown[]) => unknown
const tensors = Tensor as unknown as Readonly<Record<string, Op>>
const specs = Spec as unknown as Readonly<Record<string, Op>>

/** Shapes of the operands (the data first) and the other arguments of each op that isn't elementwise. */
const special: Readonly<Record<string, { readonly shapes?: readonly (readonly number[])[]; readonly rest?: readonly unknown[]; readonly from?: (s: unknown) => unknown }>> = {
  reshape: { rest: [[3, 2]] }, broadcastTo: { rest: [[4, 2, 3]] }, transpose: { rest: [[1, 0]] }, slice: { rest: [[0, 1], [2, 3]] },
  pad: { rest: [[0, 1], [1, 0], 0] }, flip: { rest: [[1]] }, expandDims: { rest: [0] }, extent: { rest: [1] },
  sum: { rest: [{ axes: [0] }] }, prod: { rest: [{}] }, max: { rest: [{ axes: [1], keepDims: true }] }, min: { rest: [] }, mean: { rest: [{ axes: [-1] }] },
  argmax: { rest: [{ axes: [1] }] }, argmin: { rest: [] }, logSumExp: { rest: [] }, softmax: { rest: [] }, logSoftmax: { rest: [[0]] },
  conv2d: { shapes: [[1, 1, 4, 4], [2, 1, 3, 3]] }, maxPool2d: { shapes: [[1, 1, 4, 4]], rest: [{ window: [2, 2] }] },
  sumPool2d: { shapes: [[1, 1, 4, 4]], rest: [{ window: [2, 2] }] }, avgPool2d: { shapes: [[1, 1, 4, 4]], rest: [{ window: [2, 2] }] },
  matmul: { shapes: [[2, 3], [3, 2]] }
}
const direct = Spec.specOpNames.slice(0, Spec.specOpNames.indexOf('add'))
const binary = ['add', 'sub', 'mul', 'div', 'pow', 'mod', 'floorDiv', 'maximum', 'minimum', 'atan2', 'lt', 'le', 'gt', 'ge', 'eq', 'ne']
const whole = ['and', 'or', 'xor', 'shiftLeft', 'shiftRight']

const data = (dims: readonly number[], k: number): Float32Array => Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => 0.1 + ((i * 7 + k * 3) % 11) / 13)

/** The op on sites of a spec, and on the same sites as tensors, must have equal values. */
const agree = (name: string, dims: readonly (readonly number[])[], ofSpecs: (ss: readonly Spec.Spec[]) => unknown, ofTensors: (ts: readonly Tensor.Tensor[]) => unknown): void => {
  const leaves = dims.map((d, i) => pipe(Spec.uniform(), Spec.withShape(d), Spec.withName(`x${i}`)))
  const r = right(Spec.resolve([9])(ofSpecs(leaves) as Spec.Spec))
  const ts = dims.map((d, i) => Tensor.input(`x${i}`, d))
  const values = Object.fromEntries(dims.map((d, i) => [`x${i}`, { shape: d, data: data(d, i) }]))
  const got = right(interpret(values)([r.value]))[0], want = right(interpret(values)([ofTensors(ts) as Tensor.Tensor]))[0]
  expect([name, got.shape, [...got.data]]).toEqual([name, want.shape, [...want.data]])
}

describe('an op of specs is the op of their tensors', () => {
  test.each(direct.filter((n) => n !== 'stack' && n !== 'not'))('%s', (n) => agree(n, [[2, 3]], ([a]) => specs[n](a), ([a]) => tensors[n](a)))
  test.each(binary)('%s', (n) => agree(n, [[2, 3], [3]], ([a, b]) => (specs[n](b) as Op)(a), ([a, b]) => (tensors[n](b) as Op)(a)))
  test.each(whole)('%s', (n) => agree(n, [[2, 3], [3]],
    ([a, b]) => (specs[n](Spec.cast('i32')(Spec.mul(9)(b))) as Op)(Spec.cast('i32')(Spec.mul(20)(a))),
    ([a, b]) => (tensors[n](Tensor.cast('i32')(Tensor.mul(9)(b))) as Op)(Tensor.cast('i32')(Tensor.mul(20)(a)))))
  test.each(Object.entries(special))('%s', (n, o) => agree(n, o.shapes ?? [[2, 3]],
    ([a, ...more]) => (specs[n](...more, ...(o.rest ?? [])) as Op)(a), ([a, ...more]) => (tensors[n](...more, ...(o.rest ?? [])) as Op)(a)))
  test('the rest, each in its own form', () => {
    const i = Tensor.constant({ shape: [2], data: Int32Array.of(1, 0) })
    agree('stack', [[2], [2]], ([a, b]) => Spec.stack([a, b]), ([a, b]) => Tensor.stack([a, b]))
    agree('concat', [[2], [3]], ([a, b]) => Spec.concat(0)([a, b]), ([a, b]) => Tensor.concat(0)([a, b]))
    agree('not', [[2, 3]], ([a]) => Spec.not(Spec.gt(0.5)(a)), ([a]) => Tensor.not(Tensor.gt(0.5)(a)))
    agree('select', [[2, 3], [2, 3]], ([a, b]) => Spec.select(a, b)(Spec.gt(b)(a)), ([a, b]) => Tensor.select(a, b)(Tensor.gt(b)(a)))
    agree('clip', [[2, 3], [3]], ([a, b]) => Spec.clip(0.2, b)(a), ([a, b]) => Tensor.clip(0.2, b)(a))
    agree('cast', [[2, 3]], ([a]) => Spec.cast('i32')(a), ([a]) => Tensor.cast('i32')(a))
    agree('take', [[2, 3]], ([a]) => Spec.take([1, 0], 1)(a), ([a]) => Tensor.take(i, 1)(a))
    agree('scatterAdd', [[2, 3]], ([a]) => Spec.scatterAdd([1, 0], 4)(a), ([a]) => Tensor.scatterAdd(i, 4)(a))
    agree('take one', [[2, 3]], ([a]) => Spec.take(1)(a), ([a]) => Tensor.reshape([3])(Tensor.slice([1, 0], [2, 3])(a)))
  })
  test('every op of specs is among these', () => {
    expect(new Set([...direct, ...binary, ...whole, ...Object.keys(special), 'concat', 'select', 'clip', 'cast', 'take', 'scatterAdd'])).toEqual(new Set(Spec.specOpNames))
  })
})

test('what an op is given wrongly is an error, not an exception', () => {
  expect(tags(Spec.resolve([2])(Spec.mul('two' as never)(Spec.normal())))).toEqual(['NotASpec'])
  expect(tags(Spec.resolve([2])(Spec.reshape('flat' as never)(Spec.normal())))).toEqual(['FunctionFailed'])
  expect(tags(Spec.resolve([2, 3])(Spec.matmul(Spec.normal())(Spec.normal())))).toEqual(['ShapeMismatch'])
})
