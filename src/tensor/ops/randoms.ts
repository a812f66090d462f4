/**
 * Random ops: pure functions of a key.
 *
 * A key is u32 with a last axis of 2. `fold` derives keys; the draws of a key [..., 2]
 * have its leading axes before their own shape, so a batch of keys gives independent
 * draws and one key gives draws that are shared. Draws have no gradient.
 *
 * @since 0.1.0
 */
import { blockAt, fold, normals, permute, uniformOf } from '../../random/index.ts'
import type { Key } from '../../random/index.ts'
import * as Ext from '../extent.ts'
import { node, shapeOf } from '../node.ts'
import type { Attrs, DType, Tensor, TensorType } from '../node.ts'
import { bad, broadcast, broadcastIndex, count, ok, shapeAttr, shapes, tabulate } from '../rule.ts'
import type { Typed } from '../rule.ts'
import type { BatchCall, Ref, Row } from '../table.ts'

const isKey = (t: TensorType): boolean => t.dtype === 'u32' && t.shape[t.shape.length - 1] === 2

const keyAt = (k: Ref, i: number): Key => [k.data[2 * i], k.data[2 * i + 1]]

const drawType = (op: string, dtype: DType) => ([key]: readonly TensorType[], attrs: Attrs): Typed =>
  isKey(key)
    ? ok([...key.shape.slice(0, -1), ...shapeAttr(attrs, 'shape')], dtype)
    : bad(op, `${Ext.showShape(key.shape)} of ${key.dtype}`, 'a key: u32 with a last axis of 2', 'make one with Tensor.key or fold')

const draw = (doc: string, op: string, dtype: DType, f: (key: Key, n: number) => ArrayLike<number>): Row => ({
  kind: 'random',
  attrs: ['shape'],
  doc,
  type: drawType(op, dtype),
  vjp: () => [null],
  batch: ({ args, original }) => node(original.op, args, original.attrs),
  f64: ([key], attrs, type): Ref => {
    const n = count(attrs['shape'] as readonly number[]), keys = key.data.length / 2
    const data = new Float64Array(keys * n)
    for (let k = 0; k < keys; k++) data.set(f(keyAt(key, k), n), k * n)
    return { shape: type.shape, data }
  }
})

const words = (key: Key, n: number): Float64Array => {
  const out = new Float64Array(Math.ceil(n / 4) * 4)
  for (let i = 0; i < out.length; i += 4) out.set(blockAt(i / 4)(key), i)
  return out.subarray(0, n)
}

/** Batching by alignment where the first operand is keys, whose last axis does not count. */
const batchKeyed = ({ args, batched, original }: BatchCall): Tensor => {
  const own = (i: number): number => shapeOf(original.args[i]).length - (i === 0 ? 1 : 0)
  const rank = Math.max(...original.args.map((_, i) => own(i)))
  return node(original.op, args.map((a, i) => {
    const s = shapeOf(a)
    return batched[i] && own(i) < rank ? node('reshape', [a], { shape: [s[0], ...Array<number>(rank - own(i)).fill(1), ...s.slice(1)] }) : a
  }), original.attrs)
}

export const randoms: Record<'fold' | 'randomBits' | 'randomUniform' | 'randomNormal' | 'permuteIndex', Row> = {
  fold: {
    kind: 'random',
    arity: 2,
    doc: 'a key derived from a key and a word; leading axes broadcast',
    type: ([key, word]) => {
      const lead = broadcast(key.shape.slice(0, -1), word.shape)
      return isKey(key) && word.dtype === 'u32' && lead !== undefined
        ? ok([...lead, 2], 'u32')
        : bad('fold', shapes([key, word]), 'a key [..., 2] and u32 words that broadcast', 'cast the word to u32')
    },
    vjp: () => [null, null],
    batch: batchKeyed,
    f64: ([key, word], _, type): Ref => {
      const lead = type.shape.slice(0, -1)
      const at = broadcastIndex(key.shape.slice(0, -1), lead.length), wt = broadcastIndex(word.shape, lead.length)
      const data = new Float64Array(count(type.shape))
      tabulate(lead, (ix, i) => { data.set(fold(word.data[wt(ix)])(keyAt(key, at(ix))), 2 * i); return 0 })
      return { shape: type.shape, data }
    }
  },
  randomBits: draw('random words', 'randomBits', 'u32', words),
  randomUniform: draw('uniforms in (0, 1)', 'randomUniform', 'f32', (key, n) => words(key, n).map(uniformOf)),
  randomNormal: draw('standard normals', 'randomNormal', 'f32', (key, n) => normals(n)(key)),
  permuteIndex: {
    kind: 'random',
    arity: 3,
    doc: 'images of indices under the keyed permutation of [0, n)',
    type: ([key, index, n]) => {
      const lead = broadcast(key.shape.slice(0, -1), index.shape)
      const shape = lead && broadcast(lead, n.shape)
      return isKey(key) && index.dtype === 'u32' && n.dtype === 'u32' && shape !== undefined
        ? ok(shape, 'u32')
        : bad('permuteIndex', shapes([key, index, n]), 'keys [..., 2], u32 indices and u32 counts that broadcast', 'cast to u32')
    },
    vjp: () => [null, null, null],
    batch: batchKeyed,
    f64: ([key, index, n], _, type): Ref => {
      const rank = type.shape.length
      const kt = broadcastIndex(key.shape.slice(0, -1), rank), at = broadcastIndex(index.shape, rank), nt = broadcastIndex(n.shape, rank)
      return tabulate(type.shape, (ix) => permute(n.data[nt(ix)])(keyAt(key, kt(ix)))(index.data[at(ix)]))
    }
  }
}
