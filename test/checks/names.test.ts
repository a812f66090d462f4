/** Names: what is suggested for a misspelt one, which kinds of errors there are, and what the types say of both. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { didYouMean, knownOptions, nearest, shown } from '../../src/error.ts'
import { Dataset, Dist, E, Likelihood, Method, Model, Spec, Tensor, evaluate, fit, interpret, orThrow } from '../../src/index.ts'
import type { Aborted, ErrorTag, FitOptions, GelatoError, HostArray } from '../../src/index.ts'
import { errorTags } from '../docs/tags.ts'

describe('the nearest name', () => {
  test('is the word itself where it is there, whatever the others', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 }), fc.nat(), (names, i) => {
      expect(nearest(names[i % names.length], names)).toBe(names[i % names.length])
    }))
  })
  test('takes no more edits than half of the word has letters', () => {
    const options = ['start', 'beta1', 'elu', 'units', 'steps', 'batchSize']
    for (const [word, near] of [['learningRate', undefined], ['lr', undefined], ['onlyLast', undefined], ['', undefined], ['stps', 'steps'], ['batch_size', 'batchSize'], ['unit', 'units'], ['Units', 'units']] as const)
      expect([word, nearest(word, options)]).toEqual([word, near])
    expect(didYouMean('stps', options)).toBe("did you mean 'steps'?")
    expect(didYouMean('onlyLast', options)).toBe('take one of these')
    expect(didYouMean('sigma', ['sd'])).toBe("take 'sd'")
    expect(didYouMean('sigma', [])).toBe('leave it out')
  })
  test('learning rates are sent to where they belong', () => {
    const hint = (k: string, known: readonly string[]): string => {
      const r = knownOptions([], known)({ [k]: 1 })
      return E.isLeft(r) ? r.left[0].hint : ''
    }
    expect(hint('lr', ['learningRate', 'beta1'])).toBe("did you mean 'learningRate'?")
    for (const k of ['lr', 'learningRate']) expect(hint(k, ['steps', 'optimizer'])).toContain('Optimizer.adam({ learningRate: 0.01 })')
  })
})

test('foreign values are shown short, and texts as texts', () => {
  expect(['10', 10, NaN, undefined, null, [1, NaN], { a: 1 }, new Float32Array(3), Tensor.ones([2])].map(shown)).toEqual(
    ["'10'", '10', 'NaN', 'nothing', 'null', '[1,"NaN"]', '{"a":1}', 'a Float32Array of 3', 'a value of the kind Tensor'])
  fc.assert(fc.property(fc.anything(), (x) => { expect(shown(x).length).toBeLessThanOrEqual(80) }))
  expect(shown(() => 'a very long text'.repeat(100))).toBe('a function')
})

test('the types know every kind of error that the sources make, and no other', () => {
  const text = readFileSync(join(resolve(import.meta.dirname, '../../src'), 'tags.ts'), 'utf8')
  const typed = [...text.matchAll(/'(\w+)'/g)].map((m) => m[1])
  expect(typed).toEqual([...errorTags().keys()].sort())
})

describe('the types', () => {
  test('tell an aborted fit by its kind', () => {
    type Left = Extract<Awaited<ReturnType<ReturnType<typeof fit>>>, { readonly _tag: 'Left' }>['left']
    expectTypeOf<Extract<Left, { readonly _tag: 'Aborted' }>>().toEqualTypeOf<Aborted>()
    expectTypeOf<Exclude<Left, Aborted>['_tag']>().toEqualTypeOf<Exclude<ErrorTag, 'Aborted'>>()
  })
  test('give parts of a data set its fields', () => {
    const parts = E.chain(Dataset.split({ train: 0.5, test: 0.5 }))(Dataset.of({ x: [[1], [2]], y: [0, 1] }))
    if (E.isLeft(parts)) throw new Error(parts.left[0].hint)
    expect([parts.right.train.x.shape, parts.right.test.y.shape]).toEqual([[1, 1], [1]])
    expectTypeOf<keyof typeof parts.right>().toEqualTypeOf<'train' | 'test'>()
  })
  test('tell how many results there are, where that many graphs are given', async () => {
    const x = Tensor.input('x', [2]), two = Tensor.mul(2)(x)
    const values = orThrow(evaluate([x, two], { x: [1, 2] }, { gpu: 'reference' })), slopes = Tensor.grad([x, two])(Tensor.sum()(two)), seen = interpret({ x: { shape: [2], data: [1, 2] } })([x, two])
    expectTypeOf<Awaited<typeof values>>().toEqualTypeOf<readonly [HostArray, HostArray]>()
    expectTypeOf(slopes).toEqualTypeOf<readonly [Tensor.Tensor, Tensor.Tensor]>()
    expectTypeOf<Extract<typeof seen, { readonly _tag: 'Right' }>['right']['length']>().toEqualTypeOf<2>()
    expect([(await values).length, slopes.length, E.isRight(seen) && seen.right.length]).toEqual([2, 2, 2])
    const many: readonly Tensor.Tensor[] = [x, two], some: Tensor.Tensor[] = [x]
    expectTypeOf(Tensor.grad(many)(x)).toEqualTypeOf<readonly Tensor.Tensor[]>()
    expectTypeOf<Awaited<ReturnType<ReturnType<typeof evaluate<typeof some>>>>>().toEqualTypeOf<E.Either<GelatoError, readonly HostArray[]>>()
    expect([Tensor.grad(many)(Tensor.sum()(two)).length, Tensor.grad([])(two)]).toEqual([2, []])
  })
  test('name a method', () => {
    expectTypeOf<Method.Method>().toEqualTypeOf<NonNullable<FitOptions['method']>>()
    const method: Method.Method = Method.map()
    expect(method._tag).toBe('Method')
  })
  test('have the names of parameters, values and inputs, and those alone', () => {
    Likelihood.distribution((mu, params) => {
      expectTypeOf<keyof typeof params>().toEqualTypeOf<'sd' | 'nu'>()
      return Dist.studentT({ mu, sd: params.sd, nu: params.nu })
    }, { params: { sd: Spec.halfNormal(), nu: 4 } })
    Likelihood.distribution((mu, params) => {
      expectTypeOf<keyof typeof params>().toEqualTypeOf<never>()
      return Dist.normal({ mu })
    })
    const model = Model.joint({ w: Spec.normal() }, (values, inputs) => {
      expectTypeOf<keyof typeof values>().toEqualTypeOf<'w'>()
      expectTypeOf<keyof typeof inputs>().toEqualTypeOf<'x'>()
      return { y: Dist.normal({ mu: Tensor.mul(values.w)(inputs.x) }) }
    }, { inputs: { x: [null] } })
    expect(Model.check(model)._tag).toBe('Right')
  })
})
