/** Nodes: types worked out when made, errors as values, each once; printing; promotion. */
import { describe, expect, test } from 'vitest'
import { gelatoError } from '../../src/error.ts'
import { E } from '../../src/fp.ts'
import * as B from '../../src/tensor/build.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { locate, node, rebuild, rewrite, topo } from '../../src/tensor/node.ts'
import { cases } from './cases.ts'
import { errorsIn, evaluate, seeded } from './support.ts'

const x = Tensor.input('x', [null, 3]), w = Tensor.input('w', [4, 2])
const typed = (t: Tensor.Tensor): string => (E.isRight(t.type) ? `${t.type.right.dtype}[${t.type.right.shape.join()}]` : t.type.left[0]._tag)

describe('errors', () => {
  test('pass through every op of the table', () => {
    const bad = B.misfit('Mine', [], '', '', '')
    for (const op of Tensor.opNames)
      for (const rng of seeded(`left ${op}`, 3)) {
        const c = cases[op](rng)
        c.node.args.forEach((_, k) => {
          expect(errorsIn(node(op, c.node.args.map((a, i) => (i === k ? bad : a)), c.node.attrs))).toEqual(['Mine'])
        })
      }
  })

  test('are united, each once by its origin', () => {
    const one = B.matmul(x, w), two = B.reshape(w, [3])
    const both = B.add(B.mul(B.sum(one), B.sum(two)), B.exp(B.sum(one)))
    expect(errorsIn(both)).toEqual(['ShapeMismatch', 'ShapeMismatch'])
    if (E.isLeft(both.type) && E.isLeft(one.type) && E.isLeft(two.type)) {
      expect(both.type.left[0]).toBe(one.type.left[0])
      expect(both.type.left[1]).toBe(two.type.left[0])
    }
  })

  test('say what was found, what is needed and how to mend it', () => {
    const bad = B.matmul(x, w)
    expect(bad.type).toEqual(E.left([gelatoError('ShapeMismatch', ['matmul'], '[x.0, 3] and [4, 2]', 'as many columns on the left as rows on the right', 'transpose or reshape one of them')]))
    const placed = locate('dense')(bad)
    expect(E.isLeft(placed.type) && placed.type.left[0].path).toEqual(['dense', 'matmul'])
    expect(locate('dense')(x)).toBe(x)
  })

  test('no constructor throws on a Left', () => {
    const bad = B.misfit('Mine', [], '', '', '')
    const all: readonly Tensor.Tensor[] = [
      B.softmax(bad), B.mean(bad), B.stack([bad, x]), B.expandDims(bad, 0), B.swapLast(bad), B.sumTo(bad, []), B.relu(bad), B.clip(bad, 0, 1), B.countOf(bad), B.transpose(bad),
      B.sliceAxis(bad, 0, 0, 1), B.fold(bad, 1), B.randomNormal(bad, [2]), B.permuteIndex(bad, bad, bad), B.take(bad, bad), B.pad(bad, [], []), B.select(bad, bad, 0), B.float(bad), Tensor.extent(0)(bad)
    ]
    for (const t of all) expect(errorsIn(t)).toEqual(['Mine'])
  })

  test('of ill-shaped calls', () => {
    const ok = Tensor.input('k', [2], 'u32'), m = Tensor.input('m', [2, 3]), i = Tensor.input('i', [2], 'i32'), image = Tensor.input('image', [1, 3, 5, 5])
    const bad: readonly Tensor.Tensor[] = [
      B.add(m, Tensor.input('v', [2])), node('add', [m, i]), B.reshape(m, [5]), B.broadcastTo(m, [3, 2]), B.transpose(m, [0, 0]), B.transpose(m, [1]), B.slice(m, [0, 0], [2, 4]), B.slice(m, [1, 0], [0, 3]),
      B.pad(m, [-1, 0], [0, 0]), B.flip(m, [2]), B.concat([m, i], 0), B.concat([m, m], 2), B.sum(m, [0, 0]), B.sum(m, [2]), B.matmul(ok, m), B.take(m, m), B.take(m, i, 2), B.scatterAdd(m, Tensor.input('j', [3], 'i32'), 4),
      B.randomNormal(i, [2]), B.fold(m, 1), node('cast', [m], { dtype: 'u8' }), node('and', [m, m]), node('exp', [i]), node('shiftLeft', [m, m]), node('select', [m, m, m]),
      B.conv2d(image, Tensor.input('f', [2, 2, 3, 3]), { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }),
      B.conv2d(image, Tensor.input('f', [2, 3, 7, 7]), { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }),
      B.conv2d(image, Tensor.input('f', [2, 3, 3, 3]), { stride: [0, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 }),
      B.maxPool2d(image, { window: [6, 6], stride: [1, 1], padding: [[0, 0], [0, 0]] }), B.maxPool2d(image, { window: [2, 2], stride: [2, 2], padding: [[2, 0], [0, 0]] }),
      Tensor.input('n', [-1]), Tensor.input('n', [1.5]), B.array(Float32Array.of(1, 2), [3]), Tensor.constant([[1, 2], [3]])
    ]
    expect(bad.map((t) => t.type._tag)).toEqual(bad.map(() => 'Left'))
  })
})

describe('types', () => {
  test('promote bool, u32, i32, f32 in this order', () => {
    const of = (d: Tensor.DType): Tensor.Tensor => Tensor.input(d, [2], d)
    expect(typed(B.add(of('bool'), of('bool')))).toBe('i32[2]')
    expect(typed(B.add(of('bool'), of('u32')))).toBe('u32[2]')
    expect(typed(B.add(of('u32'), of('i32')))).toBe('i32[2]')
    expect(typed(B.add(of('i32'), of('f32')))).toBe('f32[2]')
    expect(typed(B.add(of('i32'), 1))).toBe('i32[2]')
    expect(typed(B.add(of('i32'), 0.5))).toBe('f32[2]')
    expect(typed(B.div(of('i32'), of('i32')))).toBe('f32[2]')
    expect(typed(B.lt(of('i32'), of('f32')))).toBe('bool[2]')
    expect(typed(B.add(of('u8'), of('u8')))).toBe('u32[2]')
    expect(typed(B.mean(of('bool')))).toBe('f32[]')
    expect(typed(B.softmax(of('i32')))).toBe('f32[2]')
  })

  test('the public face takes the data last', () => {
    const v = { a: { shape: [2], data: [6, 7] }, b: { shape: [2], data: [3, 2] } }
    const a = Tensor.input('a', [2]), b = Tensor.input('b', [2])
    const got = evaluate(v, [Tensor.sub(b)(a), Tensor.div(b)(a), Tensor.pow(b)(a), Tensor.mod(b)(a), Tensor.lt(b)(a), Tensor.atan2(b)(a), Tensor.sub(1)(a)])
    expect(got.map((r) => r.data[1])).toEqual([5, 3.5, 49, 1, 0, Math.atan2(7, 2), 6])
    const [eye, range, key, matrix] = evaluate({}, [Tensor.eye(2), Tensor.arange(3), Tensor.key(2 ** 32 * 5 + 7), Tensor.constant([[1, 2], [3, 4]])])
    expect([[...eye.data], [...range.data], [...key.data], [...matrix.data]]).toEqual([[1, 0, 0, 1], [0, 1, 2], [7, 5], [1, 2, 3, 4]])
    expect(evaluate(v, [Tensor.mean()(a), Tensor.sum({ axes: [-1], keepDims: true })(a)]).map((r) => [r.shape, ...r.data])).toEqual([[[], 6.5], [[1], 13]])
    const image = Tensor.constant([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    expect([...evaluate({}, [Tensor.avgPool2d({ window: [2, 2], stride: [1, 1] })(image)])[0].data]).toEqual([3, 4, 6, 7])
  })
})

describe('graphs', () => {
  test('are walked arguments first, each node once', () => {
    const y = B.exp(x), z = B.add(B.mul(y, y), y)
    const order = topo([z, y])
    expect(new Set(order).size).toBe(order.length)
    order.forEach((t, i) => t.args.forEach((a) => expect(order.indexOf(a)).toBeLessThan(i)))
    expect(order.length).toBe(4)
  })

  test('deep ones do not overflow the stack', () => {
    let y: Tensor.Tensor = B.leaf('input', 's', [])
    for (let i = 0; i < 20_000; i++) y = B.add(y, 1)
    expect(topo([y]).length).toBe(40_001)
    expect(evaluate({ s: { shape: [], data: [1] } }, [y])[0].data[0]).toBe(20_001)
    expect(evaluate({}, Tensor.grad([topo([y])[0]])(y))[0].data[0]).toBe(1)
  })

  test('rewriting by the identity gives the same nodes; nodes are plain data', () => {
    for (const op of Tensor.opNames) {
      const [c] = seeded(`same ${op}`, 1).map((rng) => cases[op](rng))
      expect(rewrite((t) => t)([c.node])[0]).toBe(c.node)
      expect(rebuild(c.node, c.node.args)).toBe(c.node)
      expect(Object.getPrototypeOf(c.node)).toBe(Object.prototype)
    }
  })

  test('print as one line and as a listing', () => {
    const y = B.add(B.mul(x, 2), B.sum(x, [1], true))
    expect(Tensor.show(y)).toBe('add(mul(x, 2), sum(x))')
    expect(Tensor.show(y, 1)).toBe('add(..., ...)')
    expect(Tensor.listing([y])).toBe([
      "%0: f32[x.0, 3] = input 'x'", '%1: f32[] = constant(value=2)', '%2: f32[x.0, 3] = mul(%0, %1)',
      '%3: f32[x.0, 1] = sum(%0, axes=[1], keepDims=true)', '%4: f32[x.0, 3] = add(%2, %3)', 'return %4'
    ].join('\n'))
    expect(Tensor.listing([B.matmul(x, w)])).toContain('<ShapeMismatch> = matmul')
  })
})
