/** The mechanism that layers are made by: states, phase, noise, roles, faulty rules. */
import { describe, expect, it } from 'vitest'
import { E, pipe } from '../../src/fp.ts'
import { fail } from '../../src/error.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'
import { interpret } from '../../src/reference/index.ts'
import * as B from '../../src/tensor/build.ts'
import * as Tensor from '../../src/tensor/index.ts'

const row = Layer.input([null, 2], { name: 'x' })

/** x minus its mean: over the batch while training, the carried one while predicting; with noise and a learnt scale. */
const center = Layer.unaryOr<{ readonly rate: number }, { readonly rate?: number; readonly name?: string }>({
  kind: 'center',
  options: { rate: (x) => E.right((x ?? 0.5) as number) },
  slots: () => ({ gamma: { role: 'scale', value: { _tag: 'Hole' } } }),
  rule: (o) => ([x], at) => E.right({
    params: { gamma: { shape: [2], fanIn: 1, fanOut: 1 } },
    states: { mean: { shape: [2], initial: 0 } },
    apply: ({ params: { gamma }, states: { mean } }) => {
      const now = B.mean(x, [0])
      const used = B.select(B.gt(at.phase, 0), now, mean)
      const noise = B.mul(B.randomNormal(at.key(), [2]), 0)
      return {
        output: B.add(B.mul(B.sub(x, used), gamma ?? 1), noise),
        next: { mean: B.add(B.mul(mean, 1 - o.rate), B.mul(now, o.rate)) }
      }
    }
  })
})

describe('layers by definition', () => {
  const e = Layer.elaborate(pipe(row, center({ rate: 0.25 }), center()))

  it('states are tables by name, with next values', () => {
    expect(e.problems).toEqual([])
    expect(Object.keys(e.states)).toEqual(['center_1.mean', 'center_2.mean'])
    const values = {
      x: { shape: [2, 2], data: [1, 2, 3, 6] }, phase: { shape: [], data: [0] }, noise: { shape: [2], data: [1, 2] },
      'center_1.gamma': { shape: [2], data: [1, 2] }, 'center_1.mean': { shape: [2], data: [1, 1] }
    }
    const r = interpret(values)([e.outputs['center_1'], e.states['center_1.mean'].next])
    expect(r).toMatchObject({ right: [{ data: Float64Array.of(0, 2, 2, 10) }, { data: Float64Array.of(1.25, 1.75) }] })
  })
  it('parameters have their roles, defaults and starts', () => {
    expect(e.sites.map((s) => [s.name, s.role])).toEqual([['center_1.gamma', 'scale'], ['center_2.gamma', 'scale']])
    expect(e.sites[0].init).toEqual({ _tag: 'Constant', value: 1, scale: 1 })
    const filled = Layer.elaborate(pipe(row, center(), Layer.withDefaultSpec(Spec.normal(), { scale: Spec.logNormal() })))
    expect(filled.sites.map((s) => s.dist.family)).toEqual(['logNormal'])
  })
  it('keys of layers differ', () => {
    const keys = Tensor.topo([e.prediction]).filter((t) => t.op === 'fold').map((t) => Tensor.show(t))
    expect(new Set(keys).size).toBe(2)
  })
  it('states survive writing and reading', () => {
    const data = Model.toData(Model.of(pipe(row, center())))
    const back = E.isRight(data) ? Model.fromData(JSON.parse(JSON.stringify(data.right.json)), data.right.arrays) : data
    expect(back).toMatchObject({ right: { states: { 'center_1.mean': { shape: [2], initial: 0 } } } })
  })
  it('a rule that fails or throws names the layer', () => {
    const bad = (rule: Layer.Rule): readonly string[] => {
      const made = Layer.elaborate(Layer.unaryOr({ kind: 'bad', options: {}, rule: () => rule })({})(row))
      return made.problems.map((p) => [...p.path, p._tag].join(' '))
    }
    expect(bad(() => fail('Odd', ['rate'], 'a', 'b', 'c'))).toEqual(['bad_1 rate Odd'])
    expect(bad(() => { throw new Error('oh') })).toEqual(['bad_1 BadLayer'])
    expect(bad(() => E.right({ params: {}, apply: () => { throw new Error('oh') } }))).toEqual(['bad_1 BadLayer'])
  })
})
