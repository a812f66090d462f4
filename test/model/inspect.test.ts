/** Models looked at: counts and shapes by layer, ends of branches, parts, pictures, differences. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Layer, Likelihood } from '../../src/index.ts'
import { E, Model, Spec, Tensor, evaluate, orThrow, pipe } from './tools.ts'

const told = (m: Model.Model | Layer.Network): string => pipe(Model.check(m), E.match((es) => es.map((e) => `${e._tag} ${e.path.join(' ')}: ${e.got}; ${e.need}; ${e.hint}`).join('\n'), () => ''))
const chain = (units: readonly number[]): Layer.Network =>
  units.reduce<Layer.Network>((n, u) => Layer.dense({ units: u, activation: 'tanh', W: Spec.normal(), b: Spec.normal() })(n), Layer.input([null, 2], { name: 'x' }))

/** Two inputs, a trunk of each, a head of both and a head of the first. */
const branched = (): Layer.Network => {
  const a = pipe(Layer.input([null, 2], { name: 'a' }), Layer.dense({ units: 3, name: 'left', W: Spec.normal({ sd: pipe(Spec.halfNormal(), Spec.withShape([])) }) }))
  const b = pipe(Layer.input([null, 4], { name: 'b' }), Layer.dense({ units: 3, name: 'right' }))
  return pipe([pipe([a, b], Layer.add(), Layer.dense({ units: 1, name: 'both' })), pipe(a, Layer.dense({ units: 2, name: 'one' }))], Layer.outputs())
}
const observed = (): Model.Model => pipe(
  branched(), Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'y', layer: 'both' }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'z', layer: 'one', weight: 2 })
)

describe('by layer', () => {
  test('counts sum to the count of all', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (units) => {
      const m = pipe(chain(units), Model.observe(Likelihood.normal({ sd: Spec.halfNormal() })))
      const counts = Model.parameterCounts(m)
      expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(Model.parameterCount(m))
      units.forEach((u, i) => expect(counts[`dense_${i + 1}`]).toBe(((i === 0 ? 2 : units[i - 1]) + 1) * u))
      expect(counts['x']).toBe(0)
      expect(counts['y.sd']).toBe(1)
    }), { numRuns: 20 })
  })

  test('shapes of all outputs, and of none where a layer does not fit', () => {
    const m = Model.of(chain([3, 1]))
    expect(Model.shapes(m)['dense_1']?.[1]).toBe(3)
    expect(Object.keys(Model.shapes(m))).toEqual(['x', 'dense_1', 'dense_2'])
    expect(Model.shapes(pipe(Layer.input([2]), Layer.dense({ units: 1, numLeadingAxes: 3 })))['dense_1']).toBeUndefined()
  })

  test('ends of branches', () => {
    expect(Object.keys(Model.heads(branched())).sort()).toEqual(['both', 'one'])
    expect(Object.keys(Model.heads(chain([3, 1])))).toEqual(['dense_2'])
  })

  test('point estimates and states stand in the table under their layer', () => {
    const table = Model.summary(pipe(Layer.input([null, 2]), Layer.dense({ units: 2, W: Spec.learn() }), Layer.batchNorm(), Model.observe(Likelihood.normal({ sd: 1 }), { weight: 0.5, missing: true, totalSize: 9 })))
    expect(table).toMatch(/dense_1 [^\n]* 6\n {2}b [^\n]*normal[^\n]*\n {2}W [^\n]*point estimate|dense_1[^\n]*\n {2}W[^\n]*point estimate/)
    expect(table).toMatch(/batchNorm_1[^\n]*\n(?: {2}[^\n]*\n)* {2}variance +\[2\] +0 +state/)
    expect(table).toMatch(/y +\[batch, 2\] +observed, normal, 9 rows, weight 0.5, some missing/)
  })
})

describe('parts', () => {
  test('up to a layer: the variables that its output depends on, hyper-priors included', () => {
    const m = observed()
    expect(pipe(m, Model.upTo('left'), Model.sites).map((s) => s.name)).toEqual(['left.W.sd', 'left.W', 'left.b'])
    const one = pipe(m, Model.upTo('one'))
    expect(one.sites.map((s) => s.name)).toEqual(['left.W.sd', 'left.W', 'left.b', 'one.W', 'one.b'])
    expect(one.likelihoods.map((l) => l.name)).toEqual(['z'])
    expect(Object.keys(one.inputs)).toEqual(['a'])
    const both = pipe(m, Model.upTo('both'))
    expect(both.likelihoods.map((l) => l.name)).toEqual(['y'])
    expect(both.sites.map((s) => s.name)).toContain('y.sd')
    expect(both.sites.map((s) => s.name)).not.toContain('one.W')
    // The name of what was left out is free again.
    expect(told(pipe(one, Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'y' })))).toBe('')
    expect(m.sites.length).toBe(10)
  })

  test('inputs that a layer depends on', () => {
    expect(pipe(observed(), Model.inputsOf('left'))).toEqual(['a'])
    expect([...pipe(observed(), Model.inputsOf('both'))].sort()).toEqual(['a', 'b'])
  })

  test('up to the last layer it is the model; up to a layer, its values are those in the whole', async () => {
    const m = Model.of(chain([3, 2]))
    expect(pipe(m, Model.upTo('dense_2'), Model.diff(m))).toEqual([])
    const values = { x: [[1, -1]], 'dense_1.W': [[1, 2, 3], [4, 5, 6]], 'dense_1.b': [0, 1, 2] }
    const [a, b] = await orThrow(evaluate([m.outputs['dense_1'], pipe(m, Model.upTo('dense_1')).prediction], values, { gpu: 'reference' }))
    expect(a).toEqual(b)
  })

  test('networks: names stay, also where kinds are numbered', () => {
    const names = (n: Layer.Network): readonly string[] => Model.sites(n).map((s) => s.name)
    const n = chain([3, 2, 1])
    expect(names(Layer.upTo('dense_3')(n))).toEqual(names(n))
    expect(names(Layer.upTo('dense_2')(n))).toEqual(names(n).slice(0, 4))
    expect(names(Layer.upTo('dense_1')(Layer.upTo('dense_2')(n)))).toEqual(names(Layer.upTo('dense_1')(n)))
    const head = pipe([chain([3]), Layer.dense({ units: 3 })(Layer.input([null, 1], { name: 'z' }))], Layer.add())
    expect(names(Layer.upTo('dense_2')(head))).toEqual(['dense_2.W', 'dense_2.b'])
    expect(names(pipe(n, Layer.upTo('dense_1'), Layer.dense({ units: 4, name: 'new' }))).slice(-2)).toEqual(['new.W', 'new.b'])
  })

  test('what is wrong is said', () => {
    expect(told(Model.upTo('dense_11')(chain([1])))).toMatch(/UnknownLayer Model.upTo: 'dense_11'; one of x, dense_1; did you mean 'dense_1'/)
    expect(told(Layer.upTo('dense_11')(chain([1])))).toMatch(/UnknownLayer.*did you mean 'dense_1'/)
  })
})

describe('networks of several outputs', () => {
  test('errors of independent branches arrive together, each once', () => {
    const x = Layer.input([null, 2], { name: 'x' })
    const bad = pipe([Layer.conv2d({ filters: 1, size: 3, name: 'a' })(x), Layer.conv2d({ filters: 1, size: 3, name: 'b' })(x)], Layer.outputs())
    const seen = pipe(bad, Model.observe(Likelihood.normal({ sd: Likelihood.fromOutput('b') }), { layer: 'a' }))
    for (const m of [Model.of(bad), seen]) expect(m.problems.map((p) => p.path[0])).toEqual(['a', 'b'])
    expect(told(Layer.outputs()([]))).toMatch(/ShapeMismatch outputs_1: no networks; one network or more/)
    expect(told(Layer.outputs()('x' as never))).toMatch(/NotANetwork/)
  })
})

describe('pictures', () => {
  test('both languages have the same nodes and edges', () => {
    const m = observed(), mermaid = Model.toMermaid(m).split('\n'), dot = Model.toDot(m).split('\n')
    const edges = (lines: readonly string[], arrow: string): readonly string[] => lines.filter((l) => l.includes(arrow)).map((l) => l.trim().replace(arrow, '>'))
    expect(edges(dot, ' -> ')).toEqual(edges(mermaid, ' --> '))
    expect(dot[0]).toBe('digraph model {')
    expect(dot[dot.length - 1]).toBe('}')
    // Each layer, variable and observation is a node.
    expect(dot.filter((l) => l.includes('[shape=')).length).toBe(m.layers.length + m.sites.length + m.likelihoods.length)
    // The noise of an observation feeds it.
    const sd = m.sites.findIndex((s) => s.name === 'y.sd')
    expect(edges(dot, ' -> ')).toContain(`s${sd}>y0`)
  })

  test('texts are quoted', () => {
    const m = pipe(Layer.input([null, 1], { name: 'a"b\\c' }), Model.of)
    expect(Model.toDot(m)).toContain('label="a\\"b\\\\c')
    expect(Model.toMermaid(m)).toContain('a#quot;b')
  })
})

describe('differences', () => {
  test('a model and itself: none; the other way round: before and after exchanged', () => {
    const a = observed(), b = pipe(chain([3]), Model.observe(Likelihood.normal({ sd: 1 })))
    expect(pipe(a, Model.diff(observed()))).toEqual([])
    const there = pipe(b, Model.diff(a)), back = pipe(a, Model.diff(b))
    const key = (c: Model.Change): string => JSON.stringify([c.part, c.name, c.field])
    expect(there.map(key).sort()).toEqual(back.map(key).sort())
    for (const c of there) expect(back).toContainEqual({ ...c, before: c.after, after: c.before })
  })

  test('priors, shapes, layers, numbers of arrays, observations', () => {
    const net = (W: Spec.SpecArg, units = 3): Model.Model => pipe(Layer.input([null, 2], { name: 'x' }), Layer.dense({ units, W, name: 'd' }), Model.observe(Likelihood.normal({ sd: 1 })))
    const from = net(Spec.normal())
    expect(pipe(net(Spec.laplace()), Model.diff(from)).map((c) => [c.part, c.name, c.field])).toEqual([['site', 'd.W', 'prior']])
    expect(pipe(net(Spec.normal(), 4), Model.diff(from)).map((c) => `${c.part} ${c.name} ${c.field}`)).toEqual(expect.arrayContaining(['layer d shape', 'site d.W shape', 'site d.b shape', 'observation y shape']))
    const arrays = (v: number): Model.Model => net(Spec.normal({ mu: Tensor.constant([[1, 2, 3], [4, 5, v]]) }))
    expect(pipe(arrays(6), Model.diff(arrays(6)))).toEqual([])
    expect(Model.diffText(pipe(arrays(7), Model.diff(arrays(6))))).toMatch(/^~ site d.W prior: .*\(other numbers\)$/)
    expect(Model.diffText(pipe(chain([3, 1]), Model.diff(chain([3]))))).toMatch(/\+ layer dense_2: kind dense; options 1, tanh/)
    expect(Model.diffText(pipe(chain([3]), Model.diff(chain([3, 1]))))).toMatch(/- site dense_2.W: shape \[3, 1\]; prior normal/)
    expect(pipe(observed(), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'w' }), Model.diff(observed())).map((c) => `${c.part} ${c.name}`)).toEqual(['observation w'])
  })
})
