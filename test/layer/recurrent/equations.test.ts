/**
 * Recurrent layers against their published equations as plain loops over numbers: all of
 * peepholes, masks, directions, first states, on drawn shapes, no steps and one among them;
 * gradients against differences.
 */
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { pipe } from '../../../src/fp.ts'
import * as Layer from '../../../src/layer/index.ts'
import * as Spec from '../../../src/spec/index.ts'
import * as Tensor from '../../../src/tensor/index.ts'
import type { Values } from '../../../src/reference/index.ts'
import { array, at, batches, checkGradients, close, elaborated, gradients, made, numbers, predicted, sitesAt } from '../run.ts'

type Vector = readonly number[]
type Kind = 'recurrent' | 'lstm' | 'gru'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** One step of each layer for one row: the next [h, c] from parameters by name. */
const steps: Readonly<Record<Kind, (p: (name: string) => Values[string], x: Vector, h: Vector, c: Vector) => readonly [Vector, Vector]>> = {
  recurrent: (p, x, h, c) => {
    const sum = pre(p, '', x, h)
    return [sum.map(Math.tanh), c]
  },
  lstm: (p, x, h, c) => {
    const peep = (g: string, cell: Vector): Vector => pre(p, `${g}.`, x, h).map((v, k) => sigmoid(v + cell[k] * p(`${g}.Wcell`).data[k]))
    const i = peep('ingate', c), f = peep('forgetgate', c), g = pre(p, 'cell.', x, h).map(Math.tanh)
    const next = c.map((v, k) => f[k] * v + i[k] * g[k]), o = peep('outgate', next)
    return [next.map((v, k) => o[k] * Math.tanh(v)), next]
  },
  gru: (p, x, h, c) => {
    const r = pre(p, 'resetgate.', x, h).map(sigmoid), u = pre(p, 'updategate.', x, h).map(sigmoid)
    const m = range(h.length).map((k) => Math.tanh(product(x, p('hiddenUpdate.Win'), k) + p('hiddenUpdate.b').data[k] + r[k] * product(h, p('hiddenUpdate.Whid'), k)))
    return [h.map((v, k) => (1 - u[k]) * v + u[k] * m[k]), c]
  }
}
const product = (x: Vector, W: Values[string], k: number): number => x.reduce((s, v, i) => s + v * at(W, [i, k]), 0)
const pre = (p: (name: string) => Values[string], g: string, x: Vector, h: Vector): Vector =>
  h.map((_, k) => product(x, p(`${g}Win`), k) + product(h, p(`${g}Whid`), k) + p(`${g}b`).data[k])

interface Setting {
  readonly kind: Kind
  readonly batch: number
  readonly time: number
  readonly features: number
  readonly units: number
  readonly backwards: boolean
  readonly onlyReturnFinal: boolean
  readonly masked: boolean
  readonly learnt: boolean
}

const setting: fc.Arbitrary<Setting> = fc.record({
  kind: fc.constantFrom<Kind>('recurrent', 'lstm', 'gru'), batch: batches, time: fc.constantFrom(0, 1, 2, 3), features: fc.integer({ min: 1, max: 3 }), units: fc.integer({ min: 1, max: 3 }),
  backwards: fc.boolean(), onlyReturnFinal: fc.boolean(), masked: fc.boolean(), learnt: fc.boolean()
})

/** No steps at all is a length that only the data says: the mask is then made of the input. */
const networkOf = (s: Setting): Layer.Network => {
  const x = Layer.input([null, s.time === 0 ? null : s.time, s.features], { name: 'x' })
  const mask = s.time === 0 ? Layer.activation(Tensor.sum({ axes: [2] }))(x) : Layer.input([null, s.time], { name: 'mask' })
  return Layer[s.kind]({
    units: s.units, name: 'layer', backwards: s.backwards, onlyReturnFinal: s.onlyReturnFinal,
    ...(s.masked ? { mask } : {}), ...(s.learnt ? { hidInit: Spec.normal(), ...(s.kind === 'lstm' ? { cellInit: Spec.normal() } : {}) } : {})
  })(x)
}

const valuesOf = (s: Setting): Values => ({
  ...sitesAt(networkOf(s)), x: array([s.batch, s.time, s.features], 1),
  ...(s.masked ? { mask: { shape: [s.batch, s.time], data: array([s.batch, s.time], 5).data.map((v) => (v > -0.4 ? 1 : 0)) } } : {})
})

/** The states of a row after each step, by its place, and the last one. */
const loop = (s: Setting, values: Values, row: number): { readonly all: readonly Vector[]; readonly last: Vector } => {
  const p = (name: string): Values[string] => values[`layer.${name}`]
  let h: Vector = range(s.units).map((k) => (s.learnt ? p('hidInit').data[k] : 0)), c: Vector = range(s.units).map((k) => (s.learnt && s.kind === 'lstm' ? p('cellInit').data[k] : 0))
  const all: Vector[] = []
  for (const t of s.backwards ? [...range(s.time)].reverse() : range(s.time)) {
    const x = range(s.features).map((k) => at(values['x'], [row, t, k]))
    if (!s.masked || at(values['mask'], [row, t]) !== 0) [h, c] = steps[s.kind](p, x, h, c)
    all[t] = h
  }
  return { all, last: h }
}

describe('the equations', () => {
  it('hold on drawn shapes, masks and directions', () => fc.assert(fc.property(setting, (s) => {
    const values = valuesOf(s), rows = range(s.batch).map((b) => loop(s, values, b))
    const want = s.onlyReturnFinal
      ? made([s.batch, s.units], ([b, k]) => rows[b].last[k])
      : made([s.batch, s.time, s.units], ([b, t, k]) => rows[b].all[t][k])
    close(predicted(networkOf(s), values), want)
  }), { numRuns: 150 }))

  it.each<Kind>(['recurrent', 'lstm', 'gru'])('of %s have gradients that are slopes', (kind) => {
    const all = { units: 2, name: 'layer', hidInit: Spec.normal(), ...(kind === 'lstm' ? { cellInit: Spec.normal() } : {}) }
    // A mask from the input would have corners: this one is written down.
    const x = Layer.input([2, 3, 2], { name: 'x' }), mask = Layer.activation(() => Tensor.constant([[1, 0, 1], [1, 1, 0]]))(x)
    for (const o of [{ ...all, mask }, { ...all, backwards: true, onlyReturnFinal: true }]) {
      const network = Layer[kind](o)(x)
      checkGradients(network, { ...sitesAt(network), x: array([2, 3, 2], 1) })
    }
  })

  it('sequences of unknown batch and time are run alike', () => {
    const network = Layer.gru({ units: 2, name: 'layer' })(Layer.input([null, null, 2], { name: 'x' }))
    expect(elaborated(network).layers.map((l) => l.shape?.length)).toEqual([3, 3])
    const s: Setting = { kind: 'gru', batch: 2, time: 3, features: 2, units: 2, backwards: false, onlyReturnFinal: false, masked: false, learnt: false }
    close(predicted(network, valuesOf(s)), predicted(networkOf(s), valuesOf(s)))
  })

  it('trailing axes are features', () => {
    const wide = Layer.recurrent({ units: 2, name: 'layer' })(Layer.input([null, 3, 2, 2], { name: 'x' })), flat = Layer.recurrent({ units: 2, name: 'layer' })(Layer.input([null, 3, 4], { name: 'x' }))
    const x = array([2, 3, 2, 2], 4)
    close(predicted(wide, { ...sitesAt(wide), x }), predicted(flat, { ...sitesAt(flat), x: { shape: [2, 3, 4], data: x.data } }))
  })
})

describe('parameters', () => {
  const x = Layer.input([null, 4, 3], { name: 'x' })
  it('have names and shapes by gate', () => {
    const of = (n: Layer.Network): readonly string[] => elaborated(n).sites.map((s) => `${s.name} ${JSON.stringify(s.shape)} ${s.role}`)
    expect(of(Layer.recurrent({ units: 2 })(x))).toEqual(['recurrent_1.Win [3,2] weight', 'recurrent_1.Whid [2,2] weight', 'recurrent_1.b [2] bias'])
    expect(of(Layer.lstm({ units: 2, ingate: { b: null } })(x))).toEqual([
      'lstm_1.ingate.Win [3,2] weight', 'lstm_1.ingate.Whid [2,2] weight',
      ...['forgetgate', 'cell', 'outgate'].flatMap((g) => [`lstm_1.${g}.Win [3,2] weight`, `lstm_1.${g}.Whid [2,2] weight`, `lstm_1.${g}.b [2] bias`]),
      ...['ingate', 'forgetgate', 'outgate'].map((g) => `lstm_1.${g}.Wcell [2] weight`)
    ])
    expect(of(Layer.gru({ units: 2, resetgate: { Win: 0 } })(x)).slice(0, 3)).toEqual(['gru_1.resetgate.Whid [2,2] weight', 'gru_1.resetgate.b [2] bias', 'gru_1.updategate.Win [3,2] weight'])
  })
  it('a first state is fixed at 0, given, inferred or learnt', () => {
    const mine = (hidInit?: Layer.OptionalWeight): Layer.Elaborated => elaborated(Layer.recurrent({ units: 2, ...(hidInit === undefined ? {} : { hidInit }) })(x))
    expect(mine().sites.map((s) => s.name)).not.toContain('recurrent_1.hidInit')
    expect(mine([1, 2]).sites.map((s) => s.name)).not.toContain('recurrent_1.hidInit')
    expect(mine(Spec.normal()).sites.find((s) => s.name === 'recurrent_1.hidInit')?.role).toBe('initial')
    expect(Object.keys(mine(Spec.learn(0)).params)).toEqual(['recurrent_1.hidInit'])
  })
})

describe('gradient clipping', () => {
  it('cuts what flows back through pre-activations, and nothing else', () => {
    const of = (gradientClipping?: number): Layer.Network =>
      Layer.recurrent({ units: 1, name: 'layer', activation: 'linear', ...(gradientClipping === undefined ? {} : { gradientClipping }) })(Layer.input([null, 3, 1], { name: 'x' }))
    const values: Values = { x: { shape: [1, 3, 1], data: [1, 2, 3] }, 'layer.Win': { shape: [1, 1], data: [1] }, 'layer.Whid': { shape: [1, 1], data: [2] }, 'layer.b': { shape: [1], data: [0] } }
    const slopes = (n: Layer.Network): ArrayLike<number> => gradients(elaborated(n), { shape: [1, 3, 1], data: Float64Array.of(0, 0, 1) }, values)['x'].data
    close(predicted(of(1.5), values), predicted(of(), values))
    // h3 = x3 + 2 (x2 + 2 x1): slopes 4, 2, 1; cut to 1.5 on the way, 2 becomes 1.5, and 2 * 1.5 is cut again.
    expect([...Array.from(slopes(of()))]).toEqual([4, 2, 1])
    expect([...Array.from(slopes(of(1.5)))]).toEqual([1.5, 1.5, 1])
  })
})

describe('a custom recurrence', () => {
  const film = Layer.input([null, 3, 1, 4, 4], { name: 'film' })
  const conv = { filters: 2, size: 3, padding: 'same' as const }
  const network = (o: Partial<Layer.CustomRecurrentConfig> = {}): Layer.Network => Layer.customRecurrent({ inputToHidden: Layer.conv2d(conv), hiddenToHidden: Layer.conv2d(conv), ...o })(film)
  it('has the parameters of its layers', () =>
    expect(elaborated(network()).sites.map((s) => s.name)).toEqual(['conv2d_1.W', 'conv2d_1.b', 'conv2d_2.W', 'conv2d_2.b']))
  it('of dense layers is the plain one', () => {
    const x = Layer.input([null, 3, 2], { name: 'x' })
    const dense = Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 2, name: 'in' }), hiddenToHidden: Layer.dense({ units: 2, name: 'hid', b: null }), backwards: true, mask: Layer.input([null, 3], { name: 'mask' }) })(x)
    const s: Setting = { kind: 'recurrent', batch: 2, time: 3, features: 2, units: 2, backwards: true, onlyReturnFinal: false, masked: true, learnt: false }, values = valuesOf(s)
    close(predicted(dense, { ...values, 'in.W': values['layer.Win'], 'in.b': values['layer.b'], 'hid.W': values['layer.Whid'] }), predicted(networkOf(s), values))
  })
  it('of convolutions is a loop of them; gradients are slopes', () => {
    const values = { ...sitesAt(network()), film: array([2, 3, 1, 4, 4], 2) }
    const frame = (n: number) => (t: Tensor.Tensor): Tensor.Tensor => pipe(t, Tensor.slice([0, n, 0, 0, 0], [2, n + 1, 1, 4, 4]), Tensor.reshape([2, 1, 4, 4]))
    const w = (k: number, c: number): Tensor.Tensor => Tensor.input(`conv2d_${k}.W`, [2, c, 3, 3]), b = (k: number): Tensor.Tensor => Tensor.reshape([2, 1, 1])(Tensor.input(`conv2d_${k}.b`, [2]))
    const around = { padding: [[1, 1], [1, 1]] as const }
    const x = Tensor.input('film', [2, 3, 1, 4, 4])
    const h = [0, 1, 2].reduce<Tensor.Tensor>((state, n) => Tensor.tanh(pipe(
      Tensor.conv2d(w(1, 1), around)(frame(n)(x)), Tensor.add(b(1)), Tensor.add(Tensor.conv2d(w(2, 2), around)(state)), Tensor.add(b(2)))), Tensor.zeros([2, 2, 4, 4]))
    close(numbers([elaborated(network({ onlyReturnFinal: true })).prediction], values)[0], numbers([h], values)[0])
    const small = Layer.customRecurrent({ inputToHidden: Layer.dense({ units: 2 }), hiddenToHidden: Layer.dense({ units: 2 }) })(Layer.input([null, 2, 2], { name: 'x' }))
    checkGradients(small, { ...sitesAt(small), x: array([2, 2, 2], 6) })
  })
})
