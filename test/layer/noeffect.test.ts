/** Edits that change nothing are told by a note; the network is as it was. */
import { describe, expect, it } from 'vitest'
import { pipe } from '../../src/fp.ts'
import * as Layer from '../../src/layer/index.ts'
import * as Likelihood from '../../src/model/likelihood.ts'
import * as Model from '../../src/model/index.ts'
import * as Spec from '../../src/spec/index.ts'

const x = Layer.input([null, 2], { name: 'x' }), dense = Layer.dense({ units: 1 }), y = Model.observe(Likelihood.normal({ sd: 1 }))
const notes = (n: Layer.Network): readonly string[] => Model.notes(pipe(n, y)).filter((e) => e._tag === 'NoEffect').map((e) => `${e.path.join()}: ${e.got}; ${e.hint}`)

describe('an edit that changes nothing', () => {
  it('withDefaultSpec before the layers, and a second one', () => {
    const early = notes(pipe(x, Layer.withDefaultSpec(Spec.normal({ sd: 3 })), dense))
    expect(early).toHaveLength(1)
    expect(early[0]).toMatch(/^withDefaultSpec: .*put it after the layers/)
    expect(notes(pipe(x, dense, Layer.withDefaultSpec(Spec.normal()), Layer.withDefaultSpec(Spec.laplace())))[0]).toContain('the first default')
  })
  it('selectors that match nothing, with the kind that was meant', () => {
    expect(notes(pipe(x, dense, Layer.withSpecs({ kind: 'dens' }, Spec.normal())))[0]).toContain("did you mean 'dense'?")
    expect(notes(pipe(x, dense, Layer.pointEstimate({ kind: 'batchNorm' })))[0]).toContain("'batchNorm'")
    expect(notes(pipe(x, Layer.pointEstimate({}), dense))[0]).toContain('put it after the layers')
    expect(notes(pipe(x, dense, Layer.freeze((p) => p.param === 'nobody')))).toHaveLength(1)
  })
  it('is told once, through branches too', () => {
    const edit = Layer.pointEstimate({ kind: 'batchNorm' })
    expect(notes(pipe(x, dense, edit, edit))).toHaveLength(1)
    expect(notes(pipe(x, dense, edit, (n) => Layer.add()([n, pipe(n, Layer.dense({ units: 1 }))])))).toHaveLength(1)
  })
  it('is no mistake where nothing may be meant, and edits that do something say nothing', () => {
    expect(notes(pipe(x, dense, Layer.pointEstimate([]), Layer.pointEstimate(Layer.not(Layer.lastLayer))))).toEqual([])
    expect(notes(pipe(x, dense, Layer.withDefaultSpec(Spec.normal()), Layer.dense({ units: 1 }), Layer.withDefaultSpec(Spec.laplace()), Layer.pointEstimate({ role: 'bias' })))).toEqual([])
  })
  it('a model in the place of a network is told as such', () => {
    const m = pipe(x, dense, y)
    for (const n of [Layer.dense({ units: 1 })(m as never), Layer.withDefaultSpec(Spec.normal())(m as never)])
      expect(Model.of(n).problems.map((e) => `${e.got}; ${e.hint}`).join()).toMatch(/a model, .*before Model\.observe/)
  })
})
