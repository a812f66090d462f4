/**
 * Views as index arithmetic: where in its argument an element of a view lies. No kernel
 * is written for views; whoever reads one reads what lies under it.
 *
 * Law: a view's value at a position is its argument's at the position given back.
 */
import type { Attr, Tensor } from '../tensor/node.ts'
import type { Position } from './ix.ts'
import * as X from './ix.ts'
import { sameShape, whole } from './extents.ts'

const nums = (a: Attr): readonly number[] => a as readonly number[]

/** The position in an argument of that shape that broadcasts to the node's shape. */
export const broadcastPosition = (shape: readonly number[], pos: Position): Position => {
  if (sameShape(shape, pos.shape)) return pos
  if (shape.every((n) => n === 1)) return X.atLinear(shape, X.num(0))
  const off = pos.shape.length - shape.length
  const c = pos.coords()
  return X.atCoords(shape, shape.map((n, i) => (n === 1 ? X.num(0) : c[i + off])))
}

/** One step through a view: the argument and the position in it, for views without a mask; undefined for other nodes. */
export const through = (t: Tensor, pos: Position): readonly [Tensor, Position] | undefined => {
  const [x] = t.args
  if (t.op === 'reshape') return [x, X.atLinear(whole(x), pos.linear)]
  if (t.op === 'broadcastTo') return [x, broadcastPosition(whole(x), pos)]
  const c = pos.coords
  if (t.op === 'transpose') {
    const perm = nums(t.attrs['perm'])
    return [x, X.atCoords(whole(x), perm.map((_, i) => c()[perm.indexOf(i)]))]
  }
  if (t.op === 'slice') {
    const start = nums(t.attrs['start']), step = nums(t.attrs['step'])
    return [x, X.atCoords(whole(x), c().map((k, d) => X.plus(X.times(k, step[d]), X.num(start[d]))))]
  }
  if (t.op === 'flip') {
    const axes = nums(t.attrs['axes']).map((a) => (a < 0 ? a + whole(x).length : a))
    return [x, X.atCoords(whole(x), c().map((k, d) => (axes.includes(d) ? X.minus(X.num(whole(x)[d] - 1), k) : k)))]
  }
  return undefined
}
