/** Point estimates as specs, and initialisers: names, sharing, starts, text, JSON; moments of what is drawn. */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { E, pipe } from '../../src/fp.ts'
import { keyOf } from '../../src/random/index.ts'
import * as Init from '../../src/spec/init.ts'
import * as Spec from '../../src/spec/index.ts'
import { right, tags } from './tools.ts'

const at = (shape: readonly number[]) => (s: Spec.SpecArg) => right(Spec.resolve(shape, { name: 'W', layer: 'd' })(s))

describe('Spec.learn', () => {
  it('is a leaf: named by its path, shaped as any, of no site', () => {
    const r = at([3, 2])(Spec.normal({ mu: Spec.learn(0), sd: pipe(Spec.exp(Spec.learn(-1)), Spec.withShape([])) }))
    expect(r.points.map((p) => [p.name, p.shape, p.role])).toEqual([['d.W.mu', [3, 2], 'latent'], ['d.W.sd.0', [], 'scale']])
    expect(r.sites.map((s) => s.name)).toEqual(['d.W'])
    expect(r.points.map((p) => p.leaf.op)).toEqual(['param', 'param'])
    expect(at([2])(Spec.learn(1)).points[0].name).toBe('d.W')
    expect(at([2])(pipe(Spec.learn(1), Spec.withName('scale'))).points[0].name).toBe('d.scale')
  })
  it('is shared by token, scope and shape as distributions are', () => {
    const s = Spec.learn(0)
    expect(at([2])(Spec.add(s)(s)).points).toHaveLength(1)
    expect(at([2])(Spec.add(pipe(s, Spec.withShape([])))(s)).points.map((p) => p.shape)).toEqual([[2], []])
    expect(at([2])(Spec.add(Spec.fresh(s))(s)).points).toHaveLength(2)
    expect(at([2])(Spec.add(Spec.shared('k', s))(Spec.shared('k', s))).points.map((p) => p.name)).toEqual(['k'])
    expect(tags(Spec.resolve([2])(Spec.add(pipe(s, Spec.withInit(1)))(s)))).toEqual(['ConflictingInits'])
  })
  it('a composite keeps its name', () => {
    expect(at([2])(Spec.exp(Spec.learn(0))).deterministics.map(([n]) => n)).toEqual(['d.W'])
    expect(at([2])(Spec.learn(0)).deterministics).toEqual([])
  })
  it('starts at numbers, at an initialiser for its fans, at the layer\'s own start, else at 0', () => {
    const init = (s: Spec.Spec, o = {}) => right(Spec.resolve([4, 5], { name: 'W', ...o })(s)).points[0].init
    expect(init(Spec.learn(2))).toEqual({ _tag: 'Constant', value: 2, scale: 1 })
    expect(init(Spec.learn(Init.heNormal({ gain: 'relu' })), { fan: { fanIn: 8, fanOut: 1 } })).toEqual({ _tag: 'Normal', mean: 0, sd: Math.SQRT2 / Math.sqrt(8) })
    expect(init(Spec.learn(), { init: { _tag: 'Glorot', fanIn: 1, fanOut: 2 } })).toEqual({ _tag: 'Glorot', fanIn: 1, fanOut: 2 })
    expect(init(Spec.exp(Spec.learn()), { init: { _tag: 'Glorot', fanIn: 1, fanOut: 2 } })).toEqual({ _tag: 'Auto' })
    expect(init(pipe(Spec.learn(3), Spec.withInit(4)))).toMatchObject({ value: 4 })
  })
  it('does not stand where not every real number may', () => {
    const r = Spec.resolve([2])(Spec.normal({ sd: Spec.learn(1) }))
    expect(E.isLeft(r) && r.left[0]).toMatchObject({ _tag: 'OutsideDomain', hint: 'learn its logarithm: Spec.exp(Spec.learn(0))' })
    expect(tags(Spec.resolve([2])(Spec.normal({ mu: Spec.learn(1), sd: Spec.exp(Spec.learn(1)) })))).toEqual([])
  })
  it('bad starts are errors that name the place', () => {
    const bad = (i: unknown, shape: readonly number[] = [2]) => tags(Spec.resolve(shape)(Spec.learn(i as number)))
    expect([bad('prior'), bad([1, 2, 3]), bad(NaN), bad(Init.orthogonal()), bad(Init.normal({ sd: -1 })), bad(Init.glorotNormal({ gian: 2 } as never)), bad(Init.heUniform({ gain: 'tanh' as never })), bad(Init.sparse({ sparsity: 2 }), [3, 3])])
      .toEqual(Array(8).fill(['BadInit']))
  })
  it('has text and JSON', () => {
    const s = Spec.normal({ mu: Spec.learn(Init.glorotUniform({ gain: 'relu' })), sd: Spec.exp(Spec.learn(0)) })
    expect(Spec.show(s)).toBe('normal({ mu: learn(glorotUniform({ gain: relu })), sd: exp(learn(0)) })')
    expect(Spec.show(Spec.frozen())).toBe('frozen()')
    const both = Spec.learn(1)
    for (const x of [s, Spec.add(both)(both), Spec.frozen(Init.orthogonal())]) {
      const back = right(Spec.fromJson(JSON.parse(JSON.stringify(right(Spec.toJson(x))))))
      expect(Spec.equal(back)(x)).toBe(true)
      expect(Spec.show(back)).toBe(Spec.show(x))
    }
    expect(Spec.equal(Spec.add(both)(both))(Spec.add(Spec.learn(1))(Spec.learn(1)))).toBe(false)
  })
  it('initialisers are taken by withInit, inside the support', () => {
    const start = (s: Spec.Spec, i: Spec.InitField) => pipe(Spec.resolve([2, 2])(pipe(s, Spec.withInit(i))), E.map((r) => r.sites[0].init._tag))
    expect(start(Spec.normal(), Init.uniform({ lower: 1, upper: 2 }))).toEqual(E.right('Uniform'))
    expect(start(Spec.logNormal(), Init.constant(2))).toEqual(E.right('Value'))
    expect(E.isLeft(start(Spec.logNormal(), Init.constant(-2)))).toBe(true)
  })
})

// -----------------------------------------------------------------------------
// initialisers
// -----------------------------------------------------------------------------

const drawn = (i: Init.Initialiser, shape: readonly number[], seed: number, fan = { fanIn: shape[0], fanOut: shape[1] }): Float64Array => {
  const init = Init.startAt(i, { shape, ...fan })
  if (!('_tag' in init)) throw new Error(init.need)
  const numbers = Init.numbersOf(init, shape, keyOf(seed))
  if (numbers === undefined) throw new Error('no numbers')
  return numbers
}

describe('initialisers', () => {
  // Standard deviations of the definitions (Glorot and Bengio 2010, He et al. 2015) at 60 inputs and 40 outputs.
  it.each([
    ['glorotNormal', Init.glorotNormal(), Math.sqrt(2 / 100)], ['glorotUniform', Init.glorotUniform(), Math.sqrt(2 / 100)], ['glorotUniform of a rectifier', Init.glorotUniform({ gain: 'relu' }), Math.sqrt(4 / 100)],
    ['heNormal', Init.heNormal(), Math.sqrt(1 / 60)], ['heUniform', Init.heUniform({ gain: 'relu' }), Math.sqrt(2 / 60)], ['normal', Init.normal(), 0.01], ['uniform', Init.uniform(), 0.01 / Math.sqrt(3)]
  ] as const)('%s has its standard deviation', (_, i, sd) => {
    const x = drawn(i, [60, 40], 5), n = x.length
    expect(Math.abs(x.reduce((a, v) => a + v, 0) / n)).toBeLessThan((5 * sd) / Math.sqrt(n))
    // The standard error of a variance of normals is sqrt(2 / n) of it; that of uniforms is smaller.
    expect(Math.abs(x.reduce((a, v) => a + v * v, 0) / n / sd ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
  })
  it('orthogonal rows or columns, the fewer', () =>
    fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 }), fc.nat(), (r, c, w, seed) => {
      const gain = 1.5, x = drawn(Init.orthogonal({ gain }), [r, c, w], seed), n = c * w
      const dot = r <= n ? (i: number, j: number) => Array.from({ length: n }, (_, k) => x[i * n + k] * x[j * n + k]) : (i: number, j: number) => Array.from({ length: r }, (_, k) => x[k * n + i] * x[k * n + j])
      for (let i = 0; i < Math.min(r, n); i++)
        for (let j = 0; j <= i; j++) expect(dot(i, j).reduce((a, b) => a + b, 0)).toBeCloseTo(i === j ? gain ** 2 : 0, 9)
    })))
  it('sparse columns hold their share of numbers', () =>
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }), fc.nat(), (r, c, seed) => {
      const x = drawn(Init.sparse({ sparsity: 0.3, sd: 1 }), [r, c], seed)
      for (let j = 0; j < c; j++) expect(Array.from({ length: r }, (_, i) => x[i * c + j]).filter((v) => v !== 0)).toHaveLength(Math.floor(0.3 * r))
    })))
  it('the spread they aim at is their standard deviation', () => {
    for (const i of [Init.glorotNormal(), Init.heUniform({ gain: 2 }), Init.orthogonal(), Init.sparse({ sparsity: 0.5, sd: 1 }), Init.uniform({ lower: -1, upper: 1 })]) {
      const init = Init.startAt(i, { shape: [80, 50], fanIn: 80, fanOut: 50 })
      const x = drawn(i, [80, 50], 1)
      if ('_tag' in init) expect((Init.spreadOf(init, [80, 50]) ?? 0) / Math.sqrt(x.reduce((a, v) => a + v * v, 0) / x.length)).toBeCloseTo(1, 1)
    }
  })
  it('the same seed and name give the same numbers', () => {
    expect(drawn(Init.heNormal(), [3, 4], 2)).toEqual(drawn(Init.heNormal(), [3, 4], 2))
    expect(drawn(Init.heNormal(), [3, 4], 2)).not.toEqual(drawn(Init.heNormal(), [3, 4], 3))
  })
})
