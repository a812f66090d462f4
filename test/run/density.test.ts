/** Compiled functions, and the density of a model as one: against closed forms and `evaluate`. */
import { describe, expect, test } from 'vitest'
import { Dist, E, Model, Spec, Tensor, compile, evaluate, orThrow, pipe } from '../../src/index.ts'

const reference = { gpu: 'reference' as const }

describe('compile', () => {
  const x = Tensor.input('x', [null]), s = Tensor.input('s', [])
  const f = compile({ y: Tensor.mul(s)(x), total: Tensor.sum()(x) }, { s: 2 }, reference)
  test('a call gives what evaluate gives, call after call, shape after shape', async () => {
    for (const v of [[1, 2, 3], [4, 5, 6], [7]]) {
      const got = await orThrow(f({ x: v }))
      const [y, total] = await orThrow(evaluate([Tensor.mul(s)(x), Tensor.sum()(x)], { x: v, s: 2 }, reference))
      expect(got.y).toEqual(y)
      expect(got.total).toEqual(total)
    }
  })
  test('fixed values can be given anew for one call', async () => {
    expect([...(await orThrow(f({ x: [1], s: 5 }))).y.data]).toEqual([5])
    expect([...(await orThrow(f({ x: [1] }))).y.data]).toEqual([2])
    const g = compile({ y: Tensor.mul(s)(x) }, { s: 2 }, reference)
    expect([...(await orThrow(g({ x: [1], s: 5 }))).y.data]).toEqual([5])
    expect([...(await orThrow(g({ x: [1] }))).y.data]).toEqual([2])
  })
  test('calls at once are answered each with its own', async () => {
    const all = await Promise.all([1, 2, 3, 4].map((v) => orThrow(f({ x: [v] }))))
    expect(all.map((r) => r.y.data[0])).toEqual([2, 4, 6, 8])
  })
  test('errors are Lefts: a missing value, an unknown name, an ill-shaped graph', async () => {
    expect(E.isLeft(await f({})())).toBe(true)
    expect(E.isLeft(await f({ x: [1], z: 1 })())).toBe(true)
    expect(await compile({ y: Tensor.mul(2)(x) }, {}, { memory: 2 ** 20, ...reference } as never)({ x: [1] })()).toMatchObject({ _tag: 'Left', left: { _tag: 'UnknownOption', path: ['compile', 'memory'] } })
    expect(E.isLeft(await compile({ bad: Tensor.reshape([7])(Tensor.zeros([2])) }, {}, reference)()())).toBe(true)
    expect([...(await orThrow(f({ x: [1] }))).y.data]).toEqual([2])
  })
})

describe('density', () => {
  const data = [0.3, 1.1, -0.4]
  const model = Model.joint({ mu: Spec.normal({ sd: 2 }), tau: Spec.exponential({ lam: 3 }) }, ({ mu, tau }) => ({
    y: Dist.normal({ mu: Tensor.broadcastTo([3])(mu), sd: tau })
  }))
  const lp = (mu: number, tau: number): number =>
    -0.5 * (mu / 2) ** 2 - Math.log(2) - 0.5 * Math.log(2 * Math.PI) + Math.log(3) - 3 * tau +
    data.reduce((s, y) => s - 0.5 * ((y - mu) / tau) ** 2 - Math.log(tau) - 0.5 * Math.log(2 * Math.PI), 0)
  const slope = (f: (x: number) => number, x: number): number => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5

  test('in own units: the closed form and its slopes', async () => {
    const f = Model.densityFunction(model, { data: { y: data }, ...reference })
    for (const [mu, tau] of [[0.2, 0.7], [-1, 2]]) {
      const at = await orThrow(f({ mu, tau }))
      // Values go through f32: six digits.
      expect(at.logDensity).toBeCloseTo(lp(mu, tau), 4)
      expect(at.gradient['mu'].data[0]).toBeCloseTo(slope((m) => lp(m, tau), mu), 4)
      expect(at.gradient['tau'].data[0]).toBeCloseTo(slope((t) => lp(mu, t), tau), 4)
    }
  })
  test('unconstrained: the Jacobian counts', async () => {
    const f = Model.densityFunction(model, { data: { y: data }, space: 'unconstrained', ...reference })
    const at = await orThrow(f({ mu: 0.2, tau: -0.5 }))
    const g = (u: number): number => lp(0.2, Math.exp(u)) + u
    expect(at.logDensity).toBeCloseTo(g(-0.5), 4)
    expect(at.gradient['tau'].data[0]).toBeCloseTo(slope(g, -0.5), 4)
  })
  test('on the host it is in double precision: finite differences are the gradient', async () => {
    const wide = Model.joint({ mu: pipe(Spec.normal({ sd: 2 }), Spec.withShape([2])), tau: Spec.exponential({ lam: 3 }) }, ({ mu, tau }) => ({ y: Dist.normal({ mu, sd: tau }) }))
    for (const space of ['constrained', 'unconstrained'] as const) {
      const f = Model.densityFunction(wide, { data: { y: [0.25, -0.5] }, space, ...reference })
      const at = (mu: number, tau: number, form: (m: number) => unknown = (m) => [m, 0.1]) => orThrow(f({ mu: form(mu) as number[], tau }))
      const { gradient } = await at(0.3, 0.7), h = 1e-5
      // f32 would leave no digit of these differences: 1e-7 / 2e-5. The formula's own error is h^2.
      for (const form of [undefined, (m: number) => Float64Array.of(m, 0.1), (m: number) => ({ shape: [2], data: [m, 0.1] })])
        expect(((await at(0.3 + h, 0.7, form)).logDensity - (await at(0.3 - h, 0.7, form)).logDensity) / (2 * h)).toBeCloseTo(gradient['mu'].data[0], 5)
      expect(((await at(0.3, 0.7 + h)).logDensity - (await at(0.3, 0.7 - h)).logDensity) / (2 * h)).toBeCloseTo(gradient['tau'].data[0], 4)
    }
  })
  test('outside a support it is minus infinity', async () => {
    const f = Model.densityFunction(model, { data: { y: data }, ...reference })
    expect((await orThrow(f({ mu: 0, tau: -1 }))).logDensity).toBe(-Infinity)
  })
  test('it is told where and how to run as other computations are', async () => {
    const f = Model.densityFunction(model, { data: { y: data }, ...reference, tune: true, plan: { kernels: '', choices: {} } })
    expect((await orThrow(f({ mu: 0.2, tau: 0.7 }))).logDensity).toBeCloseTo(lp(0.2, 0.7), 4)
    expect(await Model.densityFunction(model, { tune: 1 } as never)({ mu: 0, tau: 1 })()).toMatchObject({ _tag: 'Left', left: { _tag: 'BadOption', path: ['densityFunction', 'tune'] } })
  })
  test('names are checked', async () => {
    const f = Model.densityFunction(model, { data: { y: data }, ...reference })
    const unknown = await f({ mu: 0, ta: 1 })(), missing = await f({ mu: 0 })()
    expect(unknown).toMatchObject({ _tag: 'Left', left: { _tag: 'UnknownSite', hint: "did you mean 'tau'?" } })
    expect(missing).toMatchObject({ _tag: 'Left', left: { _tag: 'MissingInput' } })
    // A function is one program: what `memory` would cut is not.
    expect(await Model.densityFunction(model, { memory: 2 ** 20 } as never)({ mu: 0, tau: 1 })()).toMatchObject({ _tag: 'Left', left: { _tag: 'UnknownOption', path: ['densityFunction', 'memory'] } })
    expect(await Model.densityFunction(model, { spase: 1 } as never)({ mu: 0, tau: 1 })()).toMatchObject({ _tag: 'Left', left: { _tag: 'UnknownOption' } })
  })
})
