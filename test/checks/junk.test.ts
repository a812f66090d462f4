/** Whatever builds a tensor, a distribution, a prior, a layer or a model takes anything at all without throwing, as docs/errors.md promises. */
import { describe, expect, test } from 'vitest'
import { Dist, E, Init, Layer, Likelihood, Method, Model, Optimizer, Spec, Tensor, fit, orThrow, pipe } from '../../src/index.ts'

const x = Tensor.constant([[1, 2], [3, 4]])
const net = Layer.input([null, 2], { name: 'x' })
const JUNK: readonly unknown[] = [
  undefined, null, 3, -1.5, NaN, 'text', true, [1, 2], [null], [[1], [2, 3]], {}, { a: 1 }, { axis: 0 }, new Float32Array(3), () => undefined, () => { throw new Error('oh') },
  x, net, Spec.normal(), Dist.normal(), Likelihood.normal({ sd: 1 }), E.right(1)
]

type Fn = (...args: readonly unknown[]) => unknown
/** Calls it, and what it gives, on junk; all the ways in which that threw. */
const thrown = (name: string, f: Fn, depth = 2): readonly string[] => {
  const lists: readonly (readonly unknown[])[] = [[], ...JUNK.map((j) => [j]), ...JUNK.map((j) => [x, j]), ...JUNK.map((j) => [j, x]), ...JUNK.map((j) => [Spec.normal(), j])]
  return lists.flatMap((args): readonly string[] => {
    try {
      const made = f(...args)
      return typeof made === 'function' && depth > 1 ? thrown(`${name}(${args.map((a) => JUNK.indexOf(a)).join()})`, made as Fn, depth - 1) : []
    } catch (e) {
      return [`${name}(${args.map((a) => (typeof a === 'object' && a !== null && '_tag' in a ? String(a._tag) : JSON.stringify(a) ?? typeof a)).join(', ')}): ${e instanceof Error ? e.message : 'something'}`]
    }
  })
}

// What reads a value and gives plain data, walks a graph or serves whoever writes a method relies on the types.
const READERS = {
  Tensor: ['topo', 'errorsOf', 'vjp', 'jvp', 'leavesOf', 'bindExtents', 'symbolsOf', 'stabilise', 'show', 'listing', 'toJson', 'fromJson', 'row'],
  Dist: ['paramProblems', 'mapParams', 'totalLogDensity', 'support', 'bijector', 'mean', 'variance', 'median', 'mode', 'entropy', 'probabilities', 'cdf', 'quantile', 'center', 'isProper', 'isDiscrete', 'constantOf', 'familyOf'],
  Spec: ['fanOf', 'severalScopes', 'show', 'tree', 'equal', 'toJson'],
  Optimizer: ['checkOptimizer', 'slotsOf', 'keepsSquares', 'scalarsOf', 'stepOf'],
  Init: ['show', 'startAt', 'numbersOf', 'spreadOf'],
  Model: ['densityFunction', 'dataLeaves', 'masksOf', 'find', 'notes', 'diff', 'diffText', 'inputsOf', 'logDensity', 'logLikelihood', 'logPrior', 'unconstrained', 'unconstrainedLeaf', 'toData', 'posteriorPredictive', 'priorPredictive']
} as const
const makers = Object.entries({ Tensor, Dist, Spec, Layer, Likelihood, Optimizer, Method, Init, Model }).flatMap(([room, ns]) => {
  const readers: readonly string[] = Object.hasOwn(READERS, room) ? READERS[room as keyof typeof READERS] : []
  return Object.entries(ns).flatMap(([k, v]): readonly (readonly [string, Fn])[] => (typeof v === 'function' && !readers.includes(k) ? [[`${room}.${k}`, v as Fn]] : []))
})

test.each(makers)('%s takes anything', (name, f) => {
  expect(thrown(name, f).slice(0, 3)).toEqual([])
})

const told = (x: Layer.Network | Model.Model): string => pipe(Model.check(x), E.match((es) => es.map((e) => `${e._tag} at ${e.path.join(' > ')}: ${e.got}; ${e.hint}`).join('\n'), () => 'nothing'))
const ofTensor = (t: Tensor.Tensor): string => pipe(Tensor.typeOf(t), E.match((es) => es.map((e) => `${e._tag} at ${e.path.join(' > ')}: ${e.got}; ${e.hint}`).join('\n'), () => 'nothing'))
const never = (x: unknown): never => x as never
const observed = (l: Likelihood.Likelihood): string => told(pipe(net, Layer.dense({ units: 1 }), Model.observe(l, { name: 'y' })))

test.each<readonly [string, string, readonly string[]]>([
  ['an array for a tensor', ofTensor(Tensor.mul(never([1, 2]))(x)), ['NotATensor at mul', '[1,2]', 'Tensor.constant']],
  ['nothing for a tensor', ofTensor(Tensor.exp(never(undefined))), ['NotATensor at exp', 'misspelt']],
  ['axes that are no options', ofTensor(Tensor.sum(never([0]))(x)), ['BadOption at sum', '[0]', '{ axes: ... }']],
  ['one axis', ofTensor(Tensor.sum(never({ axis: 0 }))(x)), ['UnknownOption at sum > axis', "did you mean 'axes'?"]],
  ['a function that was not called', ofTensor(Tensor.add(never(Tensor.sum()))(x)), ['NotATensor at add', 'a function', 'call it twice']],
  ['a shape as numbers', ofTensor(Tensor.reshape(never(4))(x)), ['BadOption at reshape', 'such as [2, 3]']],
  ['another dtype', ofTensor(Tensor.cast(never('float'))(x)), ['BadOption at cast', "'float'", "'f32'"]],
  ['places that are none', ofTensor(Tensor.get(never([null, 0]))(x)), ['BadIndex at get', 'place null']],
  ['rows of text', ofTensor(Tensor.constant(never([['a'], ['b']]))), ['NotATensor at constant', "'a'"]],
  ['a loop over nothing', ofTensor(never((Tensor.scan(never({}), never({})).out as Record<string, unknown>)['h'])), ['BadOption at scan: {}', 'carry: { h: ... }']],
  ['a number for a value', ofTensor(Dist.logDensity(never(3))(x)), ['BadOption at Dist', 'Dist.normal']],
  ['parameters by place', ofTensor(Dist.logDensity(Dist.normal(never(0)))(x)), ['BadOption at normal', '{ mu: 1 }']],
  ['a parameter without a value', ofTensor(Dist.logDensity(Dist.normal(never({ sd: undefined })))(x)), ['MissingParameter at normal > sd', 'misspelt']],
  ['a prior by place', told(Layer.dense({ units: 1, W: Spec.normal(never(0)) })(net)), ['NotASpec', 'number 0', 'Spec.normal({ mu: 1 })']],
  ['a prior without a value', told(Layer.dense({ units: 1, W: Spec.normal(never({ sd: undefined })) })(net)), ['NotASpec', 'undefined', 'misspelt']],
  ['weights that are none', told(Layer.withWeights(never({ 'dense_1.W': 'big' }))(Layer.dense({ units: 1 })(net))), ['BadArray', "withWeights > dense_1.W: 'big'"]],
  ['a rule that gives nothing', told(Layer.unaryOr(never({ kind: 'mine', options: {}, rule: () => () => undefined }))()(net)), ['BadLayer at mine_1', 'Layer.plain(output)']],
  ['a likelihood the wrong way round', told(Model.joint({ w: Spec.normal() }, (v) => ({ y: Likelihood.of(never(Likelihood.normal({ sd: 1 })))(never(v.w)) }))), ['NotATensor at Likelihood.of', 'Likelihood.of(tensor)']],
  ['options of joint', told(Model.joint({ w: Spec.normal() }, (v) => ({ y: Dist.normal({ mu: v.w }) }), never({ input: {} }))), ['UnknownOption at Model.joint > input', "'inputs'"]],
  ['an input that is no shape', told(Model.joint({ w: Spec.normal() }, (v) => ({ y: Dist.normal({ mu: v.w }) }), never({ inputs: { x: 3 } }))), ['BadOption at Model.joint > inputs > x: 3', '[null, 3]']]
])('%s', (_, said, words) => {
  for (const w of words) expect(said).toContain(w)
})

describe('a name that a function was not handed', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['a parameter', observed(Likelihood.distribution((mu, p) => Dist.normal({ mu, sd: (p as Record<string, Tensor.Tensor>)['scal'] }), { params: { scale: Spec.halfNormal(), nu: 4 } })),
      ['UnknownName at y > Likelihood.distribution > params > scal', "parameter 'scal'", "did you mean 'scale'?"]],
    ['an input of a distribution', observed(Likelihood.distribution((mu, _, i) => Dist.normal({ mu, sd: i['X1'] }))), ['UnknownName at y > Likelihood.distribution > X1', "input 'X1'"]],
    ['an input of a potential', observed(Likelihood.potential((_, { u }) => u)), ["UnknownName at y > Likelihood.potential > u: input 'u'; take 'x'"]],
    ['a value', told(Model.joint({ weight: Spec.normal() }, (v) => ({ y: Dist.normal({ mu: (v as Record<string, Tensor.Tensor>)['wieght'] }) }))), ['UnknownName at y > Model.joint > wieght', "did you mean 'weight'?"]],
    ['an input of joint', told(Model.joint({ w: Spec.normal() }, (v, i) => ({ y: Dist.normal({ mu: Tensor.mul(v.w)((i as Record<string, Tensor.Tensor>)['typo']) }) }), { inputs: { x: [null] } })), ["UnknownName at y > Model.joint > typo: input 'typo'; take 'x'"]],
    ['a prior', told(pipe(Model.Do, Model.bind('mu', () => Spec.normal()), Model.bind('z', (s) => Spec.normal({ mu: (s as Record<string, Spec.Spec>)['m'] })), Model.observing((v) => ({ y: Dist.normal({ mu: v.z }) })))), ['UnknownName', "prior 'm'", "take 'mu'"]],
    ['a layer', told(Model.potential((m) => m.outputs['dens_1'])(pipe(net, Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 1 }))))), ["UnknownName at Model.potential > dens_1: layer 'dens_1'", "'dense_1'"]],
    ['a carry', ofTensor(Tensor.scan((c, v) => ({ carry: { h: Tensor.add(v.x)((c as Record<string, Tensor.Tensor>)['hh']) }, out: {} }), { init: { h: Tensor.constant(0) }, xs: { x: Tensor.constant([1, 2]) } }).carry.h), ["UnknownName at scan > hh: carry 'hh'; did you mean 'h'?"]]
  ])('%s', (_, said, words) => {
    for (const w of words) expect(said).toContain(w)
  })
  test('but one can ask whether it is there', () => {
    const keys: unknown[] = []
    expect(observed(Likelihood.distribution((mu, p) => { keys.push('sd' in p, 'nu' in p, Object.keys(p), { ...p }); return Dist.normal({ mu, sd: p.sd }) }, { params: { sd: 2 } }))).toBe('nothing')
    expect(keys.slice(0, 3)).toEqual([true, false, ['sd']])
    expect(Object.keys(keys[3] as object)).toEqual(['sd'])
  })
  test('what nothing reads is noted', () => {
    const unread = Model.joint({ w: Spec.normal(), scale: Spec.halfNormal(), u: Spec.normal() }, (v) => ({ y: Dist.normal({ mu: v.w }) }))
    expect(unread.notes.map((n) => [n._tag, ...n.path])).toEqual([['UnusedVariable', 'scale'], ['UnusedVariable', 'u']])
    const tau = Spec.halfNormal()
    expect(Model.joint({ tau, w: Spec.normal({ sd: tau }) }, (v) => ({ y: Dist.normal({ mu: v.w }) })).notes).toEqual([])
    expect(Model.joint({ w: Spec.normal() }, () => ({})).notes).toEqual([])
    const m = pipe(net, Layer.dense({ units: 1 }), Model.observe(Likelihood.distribution((mu) => Dist.normal({ mu }), { params: { sd: Spec.halfNormal() } })))
    expect(m.notes.map((n) => n.need)).toEqual(["'sd' of params is given, and the distribution doesn't depend on it"])
  })
})

test('a potential of a joint model reads no rows; a likelihood by row does', async () => {
  const rowless = Model.joint({ w: Spec.normal() }, (v, i) => ({ e: pipe(i.x, Tensor.mul(v.w), Tensor.square, Tensor.sum(), Tensor.neg) }), { inputs: { x: [null] } })
  expect(told(rowless)).toContain("BadFunction at Model.joint > e: a scalar that reads the input 'x'; for a log likelihood by row")
  // -(x - w)^2 a row is N(w, 1/2): with a N(0, 1) prior and n rows the posterior has precision 1 + 2n and mean 2 sum(x) / (1 + 2n).
  const byRow = Model.joint({ w: Spec.normal() }, (v, i) => ({
    e: pipe(Likelihood.potential((w, { x }) => Tensor.neg(Tensor.square(Tensor.sub(w)(x)))), Likelihood.of(Tensor.add(v.w)(Tensor.zerosLike(i.x))))
  }), { inputs: { x: [null] } })
  expect(told(byRow)).toBe('nothing')
  const a = await orThrow(fit(byRow, { data: { x: [1, 2, 3] }, method: Method.map(), steps: 400, optimizer: Optimizer.adam({ learningRate: 0.05 }), gpu: 'reference' }))
  expect(a.mean['w'].data[0]).toBeCloseTo(12 / 7, 3)
})

test('schedules and options of optimisers', async () => {
  const m = pipe(net, Layer.dense({ units: 1 }), Model.observe(Likelihood.normal({ sd: 1 }), { name: 'y' }))
  const refused = async (o: object): Promise<string> => pipe(await fit(m, { data: { x: [[1, 2]], y: [1] }, steps: 1, gpu: 'reference', ...o })(), E.match((e) => `${e._tag} at ${e.path.join(' > ')}: ${e.got}; ${e.hint}`, () => 'nothing'))
  const rate = (learningRate: unknown): object => ({ optimizer: Optimizer.adam({ learningRate: never(learningRate) }) })
  expect(await refused(rate(Optimizer.exponential(never({ value: 0.01, rate: 0.9, steps: 100 }))))).toContain('UnknownOption at optimizer > learningRate > Optimizer.exponential > rate')
  expect(await refused(rate(Optimizer.exponential(never({ value: 0.01, steps: 100 }))))).toContain('MissingOption at optimizer > learningRate > Optimizer.exponential > decay')
  expect(await refused(rate(Optimizer.cosine(never({ value: 0.01, step: 100 }))))).toContain("did you mean 'steps'?")
  expect(await refused(rate(Optimizer.warmUp({ steps: 10, then: Optimizer.cosine({ value: 1, end: -1, steps: 10 }) })))).toContain('BadOption at optimizer > learningRate > Optimizer.warmUp > then > Optimizer.cosine > end: -1')
  expect(await refused(rate(Optimizer.warmUp({ steps: 10, then: Optimizer.exponential({ value: 0.01, decay: 0.5, steps: 100 }) })))).toBe('nothing')
  expect(await refused({ optimizer: Optimizer.adam(never(0.5)) })).toContain('BadOption at optimizer > adam: 0.5')
  expect(await refused({ optimizer: Optimizer.adam(never({ lr: 0.5 })) })).toContain("did you mean 'learningRate'?")
  expect(await refused({ learningRate: 0.1 })).toContain('Optimizer.adam({ learningRate: 0.01 })')
  expect(await refused({ steps: '10' })).toContain("BadOption at fit > steps: '10'")
  expect((await refused({ gpu: () => 'a long text'.repeat(100) })).length).toBeLessThan(200)
})
