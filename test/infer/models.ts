/** Small models made by hand, with known posteriors. */
import * as Dist from '../../src/dist/index.ts'
import { expectation } from '../../src/model/attach.ts'
import type { Model } from '../../src/model/index.ts'
import type { Init, Role, Site } from '../../src/spec/site.ts'
import * as B from '../../src/tensor/build.ts'
import * as Ext from '../../src/tensor/extent.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { openReference } from '../../src/run/reference.ts'

export const batch = Ext.sym('batch')

export const site = (name: string, shape: readonly number[], dist: Dist.Dist, o: { role?: Role; init?: Init; layer?: string } = {}): Site => ({
  name, shape, leaf: B.leaf('site', name, shape), dist, bijector: Dist.bijector(dist),
  role: o.role ?? 'latent', init: o.init ?? { _tag: 'Auto' }, layer: o.layer
})

interface Parts {
  readonly inputs?: Readonly<Record<string, Tensor>>
  readonly sites: readonly Site[]
  readonly prediction: Tensor
  readonly likelihoods: readonly { readonly name: string; readonly dist: Dist.Dist; readonly dtype?: 'f32' | 'i32'; readonly shape?: readonly Ext.Extent[] }[]
}

export const model = (p: Parts): Model => {
  const likelihoods = p.likelihoods.map((l) => {
    const observed = B.leaf('input', l.name, l.shape ?? [batch], l.dtype ?? 'f32')
    const each = Dist.logDensity(l.dist)(observed)
    const rank = each.type._tag === 'Right' ? each.type.right.shape.length : 1
    const logLik = rank === 1 ? each : B.sum(each, Array.from({ length: rank - 1 }, (_, i) => i + 1))
    return { name: l.name, kind: l.dist.family, observed, mask: undefined, dist: l.dist, output: p.prediction, ...expectation(l.dist, p.prediction), logLik, totalSize: undefined }
  })
  return {
    _tag: 'Model', inputs: p.inputs ?? {}, observed: Object.fromEntries(likelihoods.map((l) => [l.name, l.observed])),
    prediction: p.prediction, outputs: {}, sites: p.sites, params: {}, states: {}, likelihoods, potentials: [], deterministics: [], layers: [], problems: [], notes: []
  }
}

/** Bayesian linear regression: y ~ N(w0 + w1 x, 1/2), w ~ N(0, 1), each w a site of its own. */
export const regression = (): { readonly model: Model; readonly data: { readonly x: number[]; readonly y: number[] } } => {
  const x = B.leaf('input', 'x', [batch])
  const a = site('a', [], Dist.normal()), b = site('b', [], Dist.normal())
  const mu = B.add(a.leaf, B.mul(b.leaf, x))
  return {
    model: model({ inputs: { x }, sites: [a, b], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd: 0.5 }) }] }),
    data: { x: [3, 4, 5, 6, 7.5], y: [1.1, 2.1, 3.2, 4.1, 5.4] }
  }
}

/** y ~ N(m, 1), m ~ N(1.5, 1), y = 1.6, 1.4: the posterior is N(1.5, 1/3), the evidence exp(-2.397183). */
export const normalNormal = (): { readonly model: Model; readonly data: { readonly y: number[] } } => {
  const m = site('m', [], Dist.normal({ mu: 1.5 }))
  return {
    model: model({ sites: [m], prediction: B.broadcastTo(m.leaf, [batch]), likelihoods: [{ name: 'y', dist: Dist.normal({ mu: B.broadcastTo(m.leaf, [batch]) }) }] }),
    data: { y: [1.6, 1.4] }
  }
}

/** A classifier with one hidden layer, log-normal sds over its weights. */
export const classifier = (): { readonly model: Model; readonly data: { readonly x: number[][]; readonly y: number[] } } => {
  const x = B.leaf('input', 'x', [batch, 3])
  const s1 = site('d1.W.sd', [], Dist.logNormal({ sd: 10 }), { role: 'scale', layer: 'd1' })
  const w1 = site('d1.W', [3, 4], Dist.normal({ sd: s1.leaf }), { role: 'weight', init: { _tag: 'Glorot', fanIn: 3, fanOut: 4 }, layer: 'd1' })
  const b1 = site('d1.b', [4], Dist.normal({ sd: 10 }), { role: 'bias', init: { _tag: 'Constant', value: 0, scale: Math.sqrt(2 / 7) }, layer: 'd1' })
  const s2 = site('d2.W.sd', [], Dist.logNormal({ sd: 10 }), { role: 'scale', layer: 'd2' })
  const w2 = site('d2.W', [4, 3], Dist.normal({ sd: s2.leaf }), { role: 'weight', init: { _tag: 'Glorot', fanIn: 4, fanOut: 3 }, layer: 'd2' })
  const b2 = site('d2.b', [3], Dist.normal({ sd: 10 }), { role: 'bias', init: { _tag: 'Constant', value: 0, scale: Math.sqrt(2 / 7) }, layer: 'd2' })
  const h = B.tanh(B.add(B.matmul(x, w1.leaf), b1.leaf))
  const p = B.softmax(B.add(B.matmul(h, w2.leaf), b2.leaf))
  const rows = Array.from({ length: 10 }, (_, i) => [Math.sin(i), Math.cos(1.7 * i), 0.1 * i])
  return {
    model: model({ inputs: { x }, sites: [s1, w1, b1, s2, w2, b2], prediction: p, likelihoods: [{ name: 'y', dist: Dist.categorical({ probs: p }), dtype: 'i32' }] }),
    data: { x: rows, y: rows.map((_, i) => i % 3) }
  }
}

/** The executor of these tests. */
export const open = openReference

/** The same regression with one site [2] for both weights. */
export const regressionVector = (): { readonly model: Model; readonly data: { readonly x: number[][]; readonly y: number[] } } => {
  const x = B.leaf('input', 'x', [batch, 2])
  const w = site('w', [2], Dist.normal())
  const mu = B.sum(B.mul(x, w.leaf), [1])
  return {
    model: model({ inputs: { x }, sites: [w], prediction: mu, likelihoods: [{ name: 'y', dist: Dist.normal({ mu, sd: 0.5 }) }] }),
    data: { x: [3, 4, 5, 6, 7.5].map((v) => [1, v]), y: [1.1, 2.1, 3.2, 4.1, 5.4] }
  }
}

/** The value of a Right, or a failing test that says why. */
export const right = <A>(e: { readonly _tag: 'Right'; readonly right: A } | { readonly _tag: 'Left'; readonly left: unknown }): A => {
  if (e._tag === 'Left') throw new Error(JSON.stringify(e.left))
  return e.right
}

/** The error of a Left. */
export const left = <E>(e: { readonly _tag: 'Right' } | { readonly _tag: 'Left'; readonly left: E }): E => {
  if (e._tag === 'Right') throw new Error('expected an error')
  return e.left
}

/** The executor with states rounded to their storage after every step, as a device's are. */
export const openRounded: typeof openReference = (fn, values) => async () => {
  const opened = await openReference(fn, values)()
  if (opened._tag === 'Left') return opened
  const s = opened.right
  const names = Object.keys(fn.updates)
  return {
    _tag: 'Right',
    right: {
      ...s,
      run: (steps, o = {}) => async () => {
        for (let i = 0; i < steps; i++) {
          const ran = await s.run(1, { ...o, ...(o.onRecords === undefined ? {} : { onRecords: (_, r) => o.onRecords?.(i, r) }) })()
          if (ran._tag === 'Left') return ran
          const now = await s.read(names)()
          if (now._tag === 'Left') return now
          for (const n of names) await s.write(n, now.right[n])()
        }
        return { _tag: 'Right', right: undefined }
      }
    }
  }
}
