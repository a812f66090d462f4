/**
 * The session on the f64 interpreter: the same interface without a device, for tests
 * and for tiny models.
 *
 * @since 0.1.0
 */
import { E, TE } from '../fp.ts'
import type { Either, TaskEither } from '../fp.ts'
import { gelatoError, merge } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { interpret } from '../reference/index.ts'
import type { Ref } from '../tensor/table.ts'
import type { DType, Tensor } from '../tensor/node.ts'
import { bindExtents } from '../tensor/replace.ts'
import type { HostArray, HostArrays, Session, StepFn } from './session.ts'

const toHost = (r: Ref, dtype: DType): HostArray => ({
  shape: r.shape,
  data: dtype === 'f32' ? Float32Array.from(r.data) : dtype === 'i32' ? Int32Array.from(r.data) : Uint32Array.from(r.data)
})

const dtypeOf = (t: Tensor): DType => (E.isRight(t.type) ? t.type.right.dtype : 'f32')

/** Opens a session that steps by the interpreter; `values` gives every leaf its first value. */
export const openReference = (fn: StepFn, values: HostArrays): TaskEither<GelatoError, Session> => {
  const bind = bindExtents(fn.extents)
  const names = { outputs: Object.keys(fn.outputs), updates: Object.keys(fn.updates), record: Object.keys(fn.record) }
  const graphs = bind([...Object.values(fn.outputs), ...Object.values(fn.updates), ...Object.values(fn.record)])
  const now = new Map<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>(Object.entries(values))
  let last = new Map<string, HostArray>()
  const step = (): Either<GelatoError, Readonly<Record<string, number>>> => {
    const result = interpret(Object.fromEntries(now))(graphs)
    if (E.isLeft(result)) return E.left(merge(result.left))
    const all = [...names.outputs, ...names.updates, ...names.record]
    const refs = result.right
    last = new Map(names.outputs.map((n, i) => [n, toHost(refs[i], dtypeOf(graphs[i]))]))
    names.updates.forEach((n, i) => now.set(n, refs[names.outputs.length + i]))
    return E.right(Object.fromEntries(names.record.map((n, i) => [n, refs[all.length - names.record.length + i].data[0]])))
  }
  const session: Session = {
    target: { kind: 'reference', name: 'f64' },
    plan: { kernels: 'reference', choices: {} },
    write: (name, value) => TE.fromIO(() => { now.set(name, value) }),
    run: (steps, o = {}) => async () => {
      for (let i = 0; i < steps; i++) {
        if (o.signal?.aborted === true) return E.left(gelatoError('Aborted', [], `stopped after ${i} steps`, 'an AbortSignal that is not aborted', 'start again, or go on from the partial result'))
        const r = step()
        if (E.isLeft(r)) return r
        o.onRecords?.(i, Object.fromEntries(Object.entries(r.right).map(([k, v]) => [k, Float32Array.of(v)])))
      }
      return E.right(undefined)
    },
    read: (wanted) => TE.fromIO(() => Object.fromEntries(wanted.map((n) => {
      const state = now.get(n)
      return [n, last.get(n) ?? toHost({ shape: state?.shape ?? [], data: Float64Array.from(state?.data ?? []) }, fn.updates[n] === undefined ? 'f32' : dtypeOf(fn.updates[n]))]
    }))),
    alive: () => true,
    destroy: () => { now.clear() }
  }
  return TE.right(session)
}
