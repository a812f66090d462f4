/** Models written and read: the same graphs, sites and tables, and no code is needed. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import * as Dist from '../../src/dist/index.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'
import { seedNetwork } from '../layer/seed.ts'

const got = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const written = (m: Model.Model): { readonly text: string; readonly arrays: Model.ModelData['arrays'] } => {
  const { json, arrays } = got(Model.toData(m))
  return { text: JSON.stringify(json), arrays }
}
const again = (m: Model.Model): Model.Model => {
  const { text, arrays } = written(m)
  return got(Model.fromData(JSON.parse(text), arrays))
}

/** The parts of the form that the test breaks. */
interface Altered {
  version: number
  model: { sites?: { dist: { family: string } }[]; prediction: unknown }
  graph: { nodes: unknown[] }
}

/** All that a model says, as text. */
const told = (m: Model.Model): string =>
  [
    Model.summary(m), Model.toMermaid(m),
    Tensor.listing([m.prediction, Model.logDensity(m), Model.logDensity(m, { space: 'unconstrained' }), ...Object.values(m.inputs), ...Object.values(m.observed), ...m.deterministics.map(([, t]) => t)]),
    JSON.stringify(m.sites.map((s) => [s.name, s.shape, s.role, s.layer, s.bijector._tag, s.init]))
  ].join('\n')

const models: Readonly<Record<string, () => Model.Model>> = {
  'the network of the contract': () => pipe(seedNetwork(), Model.observe(Likelihood.categorical(), { name: 'y', totalSize: 60_000 })),
  'functions, fixed arrays and starts': () =>
    pipe(
      Layer.input([null, 2], { name: 'x' }),
      Layer.dense({ units: 3, W: [[1, 2, 3], [4, 5, 6]], b: pipe(Spec.normal(), Spec.withInit(0.5)), activation: (x) => Tensor.select(-Infinity, Tensor.exp(x))(Tensor.gt(2)(x)) }),
      Layer.dense({ units: 1, W: pipe(Spec.normal(), Spec.mul(pipe(Spec.halfNormal(), Spec.withShape([]))), Spec.withName('slope')) }),
      Model.observe(Likelihood.normal({ sd: Spec.uniform({ lower: 0.1, upper: 2 }) })),
      Model.potential((m) => Tensor.mul(-0.5)(Tensor.sum()(m.sites[0].leaf)))
    ),
  'two heads: learnt noise, gaps, a weight, a named value, a start': () =>
    pipe(
      Layer.input([null, 2], { name: 'x' }),
      Layer.dense({ units: 3, W: Spec.learn() }),
      Layer.batchNorm(),
      Layer.parallel([Layer.dense({ units: 2, name: 'a' }), Layer.dense({ units: 1, name: 'b' })]),
      Layer.outputs(),
      Model.observe(Likelihood.normal({ sd: Spec.exp(Spec.learn(-1)) }), { name: 'y', missing: true, weight: 0.5 }),
      Model.observe(Likelihood.ordinal({ classes: 3 }), { name: 'z', layer: 'b', totalSize: 50 }),
      Model.deterministic('size', (m) => Tensor.sum()(Tensor.square(m.sites[0].leaf))),
      Model.startAt({ 'batchNorm_1.mean': { shape: [3], data: Float32Array.of(1, 2, 3) }, 'dense_1.W': { shape: [2, 3], data: new Float32Array(6).fill(0.5) } })
    ),
  'a joint model with bounds that are sites': () => {
    const top = Spec.exponential()
    return Model.joint({ top, v: Spec.uniform({ lower: 0, upper: top }) }, ({ v }) => ({ y: Dist.normal({ mu: v, sd: [1, 2, 3] }) }))
  }
}

describe('model data', () => {
  it.each(Object.keys(models))('%s: reads back the same', (name) => {
    const m = models[name]()
    expect(m.problems).toEqual([])
    const back = again(m)
    expect(told(back)).toBe(told(m))
    expect(pipe(back, Model.diff(m))).toEqual([])
    expect(Model.notes(back)).toEqual(Model.notes(m))
    expect(Model.parameterCount(back)).toBe(Model.parameterCount(m))
    expect(written(back).text).toBe(written(m).text)
  })
  it('sharing is kept: a site is one leaf in prior, prediction and likelihood', () => {
    const back = again(models['the network of the contract']())
    const sites = Tensor.topo([back.prediction]).filter((t) => t.op === 'site')
    expect(back.sites.filter((s) => s.role !== 'scale').every((s) => sites.includes(s.leaf))).toBe(true)
  })
  it('a model with problems is not written', () => {
    expect(E.isLeft(Model.toData(pipe(Layer.input([null]), Layer.dense({ units: 1 }), Model.of)))).toBe(true)
  })
  it('the record that was written is read as it is, and its two parts are', () => {
    const m = models['functions, fixed arrays and starts']()
    const data = got(Model.toData(m))
    expect(told(got(Model.fromData(data)))).toBe(told(m))
    expect(told(got(pipe(Model.toData(m), E.chain(Model.fromData))))).toBe(told(m))
    const { arrays: _, ...alone } = data
    for (const r of [Model.fromData(alone), Model.fromData({ ...data, arrays: null }), Model.fromData(data.json)]) expect(E.isLeft(r)).toBe(true)
  })
  it('what was cut or altered is told', () => {
    const { text, arrays } = written(models['functions, fixed arrays and starts']())
    const altered = (f: (j: Altered) => void): readonly string[] => {
      const j = JSON.parse(text) as Altered
      f(j)
      const r = Model.fromData(j, arrays)
      return E.isLeft(r) ? r.left[0].path : ['taken']
    }
    expect(altered(() => undefined)).toEqual(['taken'])
    expect(altered((j) => { j.version = 99 })).toContain('version')
    expect(altered((j) => { delete j.model.sites })).toContain('sites')
    expect(altered((j) => { (j.model.sites ?? [])[0].dist.family = 'nobody' })).toContain('sites')
    expect(altered((j) => { j.model.prediction = { $graph: 9999 } })).toContain('graph 9999')
    expect(altered((j) => { j.graph.nodes.pop() })).not.toEqual(['taken'])
    expect(E.isLeft(Model.fromData(JSON.parse(text), {}))).toBe(true)
    expect(E.isLeft(Model.fromData(null))).toBe(true)
    expect(E.isLeft(Model.fromData('model'))).toBe(true)
  })
})
