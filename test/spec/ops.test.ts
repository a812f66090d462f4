/** A spec has every op of a tensor. */
import { describe, expect, test } from 'vitest'
import { pipe } from '../../src/fp.ts'
import { interpret } from '../../src/reference/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { CURRIED, DIRECT, NOT_OPS, PARTS } from '../../src/spec/surface.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { surface } from './surface.ts'
import type { Fn, Ns, Shape } from './surface.ts'
import { right, shape, sites, tags } from './tools.ts'

const tensors = Tensor as unknown as Ns
const specs = Spec as unknown as Ns

describe('nothing is forgotten', () => {
  const no: readonly string[] = Object.values(NOT_OPS).flat()
  const functions = Object.keys(Tensor).filter((k) => typeof tensors[k] === 'function')
  test('every function of the tensor namespace is an op of specs, or stands among the others with a reason', () => {
    expect(functions.filter((k) => !no.includes(k) && !k.startsWith('random')).sort()).toEqual([...Spec.specOpNames].sort())
    expect(no.filter((k) => typeof tensors[k] !== 'function' && k !== 'opNames')).toEqual([])
  })
  test('every op of specs is a function of the Spec namespace, once', () => {
    const names = [...Spec.specOpNames, ...Spec.ownOpNames]
    expect(names.filter((k) => typeof specs[k] !== 'function')).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })
  test('the tables say of each function what it is: a tensor at once gives a tensor, or a function', () => {
    const x = Tensor.constant([[2, 0], [0, 3]])
    const attempt = (k: string): unknown => {
      try {
        const r = tensors[k](x)
        return typeof r === 'function' ? 'curried' : Tensor.isTensor(r) ? 'direct' : 'parts'
      } catch {
        return 'direct'
      }
    }
    expect(DIRECT.filter((k) => attempt(k) !== 'direct')).toEqual([])
    expect(Object.keys(CURRIED).filter((k) => attempt(k) !== 'curried')).toEqual([])
    expect(Object.keys(PARTS).filter((k) => attempt(k) !== 'parts')).toEqual([])
  })
  test('the table of these tests has every op', () => {
    expect(Object.keys(surface).sort()).toEqual([...Spec.specOpNames, ...Spec.ownOpNames].sort())
  })
})

/** The methods of the original's specs (gelato.md 1.5), and what has their meaning here. Values that are real and data that stay where they are need no conj, copy or transfer. */
const ORIGINAL: Readonly<Record<string, string>> = {
  __abs__: 'abs', __neg__: 'neg', __invert__: 'invert', __ceil__: 'ceil', __floor__: 'floor', __trunc__: 'trunc', arccos: 'acos', arccosh: 'acosh', arcsin: 'asin', arcsinh: 'asinh',
  arctan: 'atan', arctanh: 'atanh', cos: 'cos', cosh: 'cosh', sin: 'sin', sinh: 'sinh', tan: 'tan', tanh: 'tanh', exp: 'exp', exp2: 'exp2', expm1: 'expm1', log: 'log', log2: 'log2',
  log10: 'log10', log1p: 'log1p', sqrt: 'sqrt', deg2rad: 'deg2rad', rad2deg: 'rad2deg', round: 'round', __add__: 'add', __sub__: 'sub', __mul__: 'mul', __truediv__: 'div',
  __floordiv__: 'floorDiv', __mod__: 'mod', __pow__: 'pow', __and__: 'and', __or__: 'or', __xor__: 'xor', __lt__: 'lt', __le__: 'le', __gt__: 'gt', __ge__: 'ge', dot: 'dot',
  sum: 'sum', prod: 'prod', max: 'max', min: 'min', mean: 'mean', var: 'variance', std: 'std', argmin: 'argmin', argmax: 'argmax', any: 'any', all: 'all', norm: 'norm', ptp: 'ptp', trace: 'trace',
  reshape: 'reshape', dimshuffle: 'transpose', transpose: 'transpose', flatten: 'flatten', ravel: 'flatten', squeeze: 'squeeze', swapaxes: 'swapAxes', repeat: 'repeat', diagonal: 'diagonal',
  fill: 'fill', __getitem__: 'get', take: 'take', choose: 'choose', compress: 'compress', sort: 'sort', argsort: 'argsort', searchsorted: 'searchsorted', clip: 'clip', cumsum: 'cumsum',
  cumprod: 'cumprod', astype: 'cast', zeros_like: 'zerosLike', ones_like: 'onesLike', T: 'transpose', shape: 'shape', size: 'size', ndim: 'ndim'
}
test("the original's methods are all here", () => {
  const names = [...Spec.specOpNames, ...Spec.ownOpNames]
  expect(Object.entries(ORIGINAL).filter(([, k]) => !names.includes(k))).toEqual([])
})

const data = (dims: Shape, k: number): Float32Array => Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => 0.1 + ((i * 7 + k * 3) % 11) / 13)

/** The op on sites of a spec, and on the same sites as tensors, must have equal values. */
const agree = (name: string, dims: readonly Shape[], ofSpecs: (ss: readonly Spec.Spec[]) => unknown, ofTensors: (ts: readonly Tensor.Tensor[]) => unknown): Shape => {
  const leaves = dims.map((d, i) => pipe(Spec.uniform(), Spec.withShape(d), Spec.withName(`x${i}`)))
  const r = right(Spec.resolve([9])(ofSpecs(leaves) as Spec.Spec))
  const ts = dims.map((d, i) => Tensor.input(`x${i}`, d))
  const values = Object.fromEntries(dims.map((d, i) => [`x${i}`, { shape: d, data: data(d, i) }]))
  const made = ofTensors(ts)
  const got = right(interpret(values)([r.value]))[0], want = right(interpret(values)([Array.isArray(made) ? Tensor.constant(made) : made as Tensor.Tensor]))[0]
  expect([name, got.shape, [...got.data]]).toEqual([name, want.shape, [...want.data]])
  return got.shape
}

describe('an op of specs is the op of their tensors', () => {
  const plain: Ns = { ...tensors, shape: (t) => [...Tensor.shape(t as Tensor.Tensor)], ndim: (t) => Tensor.constant(Tensor.shape(t as Tensor.Tensor).length) }
  test.each(Object.entries(surface))('%s', (name, way) => {
    expect(agree(name, way.dims, (ss) => way.build(specs, ss), (ts) => way.build(plain, ts))).toEqual(way.shape)
  })
  test('numbers and arrays as indices', () => {
    const i = Tensor.constant({ shape: [2], data: Int32Array.of(1, 0) })
    agree('take', [[2, 3]], ([a]) => Spec.take([1, 0], 1)(a), ([a]) => Tensor.take(i, 1)(a))
    agree('scatterAdd', [[2, 3]], ([a]) => Spec.scatterAdd([1, 0], 4)(a), ([a]) => Tensor.scatterAdd(i, 4)(a))
    agree('take one', [[2, 3]], ([a]) => Spec.take(1)(a), ([a]) => Tensor.reshape([3])(Tensor.slice([1, 0], [2, 3])(a)))
  })
  test('get: places, lists, ranges and whole axes', () => {
    agree('row', [[4, 3]], ([a]) => Spec.get(-1)(a), ([a]) => Tensor.reshape([3])(Tensor.slice([3, 0], [4, 3])(a)))
    agree('column', [[4, 3]], ([a]) => Spec.get(null, 1)(a), ([a]) => Tensor.reshape([4])(Tensor.slice([0, 1], [4, 2])(a)))
    agree('steps', [[4, 3]], ([a]) => Spec.get({ start: -3, step: 2 })(a), ([a]) => Tensor.slice([1, 0], [4, 3], [2, 1])(a))
    agree('list', [[4, 3]], ([a]) => Spec.get([2, -4], 0)(a), ([a]) => Tensor.reshape([2])(Tensor.concat(0)([Tensor.slice([2, 0], [3, 1])(a), Tensor.slice([0, 0], [1, 1])(a)])))
    agree('beyond the end', [[4, 3]], ([a]) => Spec.get({ start: 2, stop: 9 })(a), ([a]) => Tensor.slice([2, 0], [4, 3])(a))
    expect(tags(Spec.resolve([4, 3])(Spec.get(4)(Spec.normal())))).toEqual(['BadIndex'])
    expect(tags(Spec.resolve([4, 3])(Spec.get(0, 0, 0)(Spec.normal())))).toEqual(['BadIndex'])
    expect(tags(Spec.resolve([4, 3])(Spec.get('a' as never)(Spec.normal())))).toEqual(['BadIndex'])
  })
  test('S3: an index may be a spec, alone or in a list', () => {
    const at = Spec.mul(3)(Spec.uniform())
    expect(sites(right(Spec.resolve([4, 3])(Spec.get(0, Spec.withShape([])(at))(Spec.normal()))))).toEqual(['value.0 [4, 3]', 'value.2.0 []'])
    const r = right(Spec.resolve([4, 3])(Spec.get([0, Spec.withShape([])(at)])(Spec.normal())))
    expect(shape(r)).toEqual([2, 3])
    expect(sites(r)).toEqual(['value.0 [4, 3]', 'value.1.1.0 []'])
  })
  test('values and vectors of a symmetric matrix are two specs of one matrix', () => {
    const a = Spec.normal(), { values, vectors } = Spec.eigh(Spec.add(Spec.transpose()(a))(a))
    const r = right(Spec.resolve([3, 3])(Spec.matmul(Spec.expandDims(1)(values))(vectors)))
    expect([r.sites.length, shape(r)]).toEqual([1, [3, 1]])
    expect(Spec.show(values)).toBe('eigh.values(add(normal()#1, transpose(normal()#1)))')
    expect(Spec.equal(right(Spec.fromJson(right(Spec.toJson(values)))))(values)).toBe(true)
  })
})

describe('constants on either side', () => {
  const x = Spec.withName('x0')(Spec.withShape([2])(Spec.uniform()))
  const both = ['add', 'sub', 'mul', 'div', 'pow', 'mod', 'floorDiv', 'maximum', 'minimum', 'atan2', 'lt', 'le', 'gt', 'ge', 'eq', 'ne', 'logAddExp', 'xlogy'] as const
  test.each(both)('%s', (k) => {
    for (const c of [2, [0.5, 3]] as const) {
      const t = Tensor.constant(c as number)
      agree(`${k}, number last`, [[2]], () => pipe(x, Spec[k](c)), ([a]) => (tensors[k](t) as Fn)(a))
      agree(`${k}, number first`, [[2]], () => pipe(c, Spec[k](x)), ([a]) => (tensors[k](a) as Fn)(t))
    }
  })
})

test('what an op is given wrongly is an error, not an exception', () => {
  expect(tags(Spec.resolve([2])(Spec.mul('two' as never)(Spec.normal())))).toEqual(['NotASpec'])
  expect(tags(Spec.resolve([2])(Spec.reshape('flat' as never)(Spec.normal())))).toEqual(['BadOption'])
  expect(tags(Spec.resolve([2, 3])(Spec.matmul(Spec.normal())(Spec.normal())))).toEqual(['ShapeMismatch'])
  expect(tags(Spec.resolve([2])(Spec.stack(Spec.normal() as never)))).toEqual(['NotATensor'])
})
