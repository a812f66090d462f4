/** Leaving the world of values: `orThrow` of a TaskEither, and of an Either with one error or several. */
import { expect, test } from 'vitest'
import { Dataset, E, Layer, Likelihood, Model, TE, orThrow, pipe, render, toTask } from '../../src/index.ts'

test('a Right is resolved, lazy or not', async () => {
  expect(await orThrow(TE.right(3))).toBe(3)
  expect((await orThrow(Dataset.of({ x: [1, 2] }))).rows).toBe(2)
})

test('a Left is an Error with the text of every error, and the value as its cause', async () => {
  const wrong = pipe(Layer.input([null, 4], { name: 'x' }), Layer.dense({ units: 0 }), Model.observe(Likelihood.normal({ sd: -1 }), { name: 'y' }))
  const checked = Model.check(wrong)
  const errors = E.isLeft(checked) ? checked.left : []
  expect(errors.length).toBe(2)
  const e = await orThrow(checked).catch((x: unknown) => x as Error)
  expect(e).toBeInstanceOf(Error)
  for (const { _tag, got } of errors) expect((e as Error).message).toEqual(expect.stringMatching(new RegExp(`${_tag}[\\s\\S]*${got}`)))
  expect((e as Error).cause).toMatchObject({ _tag: errors[0]._tag, path: errors[0].path })
  await expect(orThrow(TE.left(errors[0]))).rejects.toThrow(errors[0].got)
})

test('several errors are one with the others beside it, each said once', async () => {
  const [a, b] = ['a', 'b'].map((k) => ({ _tag: 'MissingInput', path: [k], got: 'nothing', need: `a value for ${k}`, hint: 'give it' }))
  expect(await toTask(E.left([a, b, { ...a }]))()).toEqual(E.left({ ...a, also: [b] }))
  expect(await toTask(E.left([a, { ...a }]))()).toEqual(E.left(a))
  expect(render({ ...a, also: [b] })).toBe(`${render(a)}\n${render(b)}`)
})

test('toTask leads from a TaskEither on to what gives an Either', async () => {
  const first = pipe(TE.fromEither(Dataset.of({ x: [1, 2, 3] })), TE.mapLeft(([e]) => e), TE.chain((d) => toTask(Dataset.take(2)(d))), TE.map((d) => d.x.shape))
  expect(await first()).toEqual(E.right([2]))
})
