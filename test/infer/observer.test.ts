/** What users' observers do wrong is told, and stops what they observe. */
import { expect, test } from 'vitest'
import { observer, stoppedAt } from '../../src/infer/observer.ts'
import { gelatoError, shown } from '../../src/error.ts'
import type { GelatoError } from '../../src/error.ts'
import type { TaskEither } from '../../src/fp.ts'
import { following } from '../../src/infer/drive.ts'
import { elbo } from '../../src/infer/elbo.ts'
import { fit } from '../../src/infer/fit.ts'
import { predict } from '../../src/predict/predict.ts'
import { classifier, left, open, right } from './models.ts'

const { model, data } = classifier()

test('one that throws, and one that rejects, stop and are told of; others are not', async () => {
  let stops = 0
  const stop = (): void => { stops++ }
  for (const f of [() => { throw new Error('mine') }, async () => { throw new Error('mine') }, () => Promise.reject(new Error('mine'))]) {
    const o = observer<number>(['fit', 'onEvent'], f, stop)
    o.tell(1)
    expect(await o.failure()).toMatchObject({ _tag: 'ObserverFailed', path: ['fit', 'onEvent'], got: 'Error: mine', hint: 'mend the function given as onEvent' })
  }
  expect(stops).toBe(3)
  const heard: number[] = []
  const fine = observer<number>(['fit', 'onEvent'], async (a) => { heard.push(a) }, stop)
  fine.tell(1)
  fine.tell(2)
  expect([await fine.failure(), heard, stops]).toEqual([undefined, [1, 2], 3])
  const none = observer<number>(['fit', 'onEvent'], undefined, stop)
  none.tell(1)
  expect(await none.failure()).toBe(undefined)
})

test('an async onEvent that rejects is ObserverFailed, at the last event too', async () => {
  const mine = async (): Promise<void> => { throw new Error('mine') }
  expect(left(await fit(model, { data, steps: 3, open, onEvent: mine })())).toMatchObject({ _tag: 'ObserverFailed', path: ['fit', 'onEvent'], got: 'Error: mine' })
  const late = await fit(model, { data, steps: 1, open, onEvent: async (e) => { if (e._tag === 'Done') throw new Error('late') } })()
  expect(left(late)).toMatchObject({ _tag: 'ObserverFailed', got: 'Error: late' })
})

test('an abort says what was stopped and that nothing is kept; other errors stay', async () => {
  const q = right(await fit(model, { data, steps: 1, open })()), c = new AbortController()
  c.abort()
  expect(left(await elbo(q, data, { open, signal: c.signal })())).toMatchObject({ _tag: 'Aborted', path: ['elbo'], hint: 'call elbo again: what was computed until then is not kept' })
  const other = gelatoError('DeviceLost', [], '', '', '')
  expect(stoppedAt(['elbo'], () => 'x')(other)).toBe(other)
})

test('signals, observers and executors of another form are refused, by every function', async () => {
  const q = right(await fit(model, { data, steps: 0, open })()), x = { x: data.x }
  const calls: readonly (readonly [readonly string[], 'onEvent' | 'onProgress' | undefined, (o: object) => TaskEither<GelatoError, unknown>])[] = [
    [['fit'], 'onEvent', (o) => fit(model, { data, steps: 1, open, ...o })],
    [['elbo'], undefined, (o) => elbo(q, data, { open, ...o })],
    [['predict'], 'onProgress', (o) => predict(q, x, { open, ...o })],
    [['predict'], 'onProgress', (o) => predict.observed(q, x, { open, ...o })],
    [['predict', 'logLikelihood'], 'onProgress', (o) => predict.logLikelihood(q, data, { open, ...o })]
  ]
  for (const [path, observes, call] of calls)
    for (const k of ['signal', 'open', ...(observes === undefined ? [] : [observes])])
      for (const bad of [3, {}, 'x', null]) expect(left(await call({ [k]: bad })())).toMatchObject({ _tag: 'BadOption', path: [...path, k], got: shown(bad) })
})

test('a signal that follows another fires with it, alone, and after its release no more', () => {
  const user = new AbortController(), a = following(user.signal), b = following(user.signal), c = following(user.signal)
  a.abort()
  b.release()
  expect([a.signal.aborted, user.signal.aborted]).toEqual([true, false])
  user.abort()
  expect([b.signal.aborted, c.signal.aborted, following(user.signal).signal.aborted, following(undefined).signal.aborted]).toEqual([false, true, true, false])
})
