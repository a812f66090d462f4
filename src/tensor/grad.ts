/**
 * Gradients as graphs: reverse accumulation over the rows' `vjp`, with respect to any
 * node, inner ones too. The result is made of ops, so it can be differentiated again.
 *
 * Laws: the gradient of a sum is the sum of gradients; a node that the outputs don't
 * depend on has gradient zero; Left nodes pass through.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as B from './build.ts'
import * as Ext from './extent.ts'
import type { Extent } from './extent.ts'
import type { Each, Tensor } from './node.ts'
import { siblings } from './graph.ts'
import { dtypeOf, errorsOf, failed, shapeOf, topo } from './node.ts'
import { num, shapeAttr } from './rule.ts'
import { row } from './table.ts'

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** A function of each, which is as many. */
const each = <T extends readonly Tensor[]>(xs: T, f: (x: Tensor, i: number) => Tensor): Each<T, Tensor> => xs.map(f) as unknown as Each<T, Tensor>

/**
 * Cotangents of `xs` for cotangents `cts` of `outputs`: the transposed Jacobian of the
 * outputs by the xs, applied. Each result has the shape of its x.
 */
export const vjp = <const T extends readonly Tensor[]>(outputs: readonly Tensor[], cts: readonly Tensor[], xs: T): Each<T, Tensor> => {
  const wrong = [...outputs, ...cts, ...xs].find((t) => E.isLeft(t.type))
  if (wrong !== undefined) return each(xs, () => failed(errorsOf(wrong) as NonNullable<ReturnType<typeof errorsOf>>))
  const order = topo(outputs)
  const wanted = new Set<Tensor>(xs)
  const active = new Set<Tensor>()
  for (const t of order) if (wanted.has(t) || t.args.some((a) => active.has(a))) active.add(t)
  const pending = new Map<Tensor, Tensor[]>()
  const give = (t: Tensor, ct: Tensor): void => {
    const list = pending.get(t)
    if (list === undefined) pending.set(t, [ct])
    else list.push(ct)
  }
  outputs.forEach((o, i) => { if (active.has(o)) give(o, cts[i]) })
  const total = new Map<Tensor, Tensor>(), families = siblings(order)
  for (let i = order.length - 1; i >= 0; i--) {
    const t = order[i]
    const list = pending.get(t)
    const ct = list === undefined ? undefined : sumAll(list)
    if (ct !== undefined) total.set(t, ct)
    if (t.args.length === 0 || !t.args.some((a) => active.has(a))) continue
    cotangents(t, ct, families.get(t), total, t.args.map((a) => active.has(a))).forEach((g, k) => {
      if (g !== null && active.has(t.args[k]) && dtypeOf(t.args[k]) === 'f32') give(t.args[k], g)
    })
  }
  return each(xs, (x) => total.get(x) ?? B.full(shapeOf(x), 0))
}

/** Gradients of a scalar with respect to nodes, one of each node's shape. */
export const grad =
  <const T extends readonly Tensor[]>(xs: T) =>
  (y: Tensor): Each<T, Tensor> => {
    if (E.isRight(y.type) && (y.type.right.shape.length !== 0 || y.type.right.dtype !== 'f32')) {
      const no = B.misfit('NotScalar', ['grad'], `${Ext.showShape(y.type.right.shape)} of ${y.type.right.dtype}`, 'a scalar f32 to differentiate', 'sum over all axes first')
      return each(xs, () => no)
    }
    return vjp([y], [B.scalar(1)], xs)
  }

/**
 * Directional derivatives of `outputs` along `directions` at `xs`, by transposing the
 * transpose: the cotangent map is linear in its cotangents.
 */
export const jvp =
  (xs: readonly Tensor[], directions: readonly Tensor[]) =>
  <const T extends readonly Tensor[]>(outputs: T): Each<T, Tensor> => {
    const wrong = outputs.find((t) => E.isLeft(t.type))
    if (wrong !== undefined) return each(outputs, () => wrong)
    const probes = each(outputs, (o, i) => B.leaf('input', `jvp.probe.${i}`, shapeOf(o)))
    const back = vjp(outputs, probes, xs)
    return vjp(back, directions, probes)
  }

/** What flows into the arguments of a node: for siblings all together, once every cotangent of theirs is known. */
const cotangents = (
  t: Tensor, ct: Tensor | undefined, family: readonly Tensor[] | undefined, total: ReadonlyMap<Tensor, Tensor>, wanted: readonly boolean[]
): readonly (Tensor | null)[] => {
  const { vjp: alone, jointVjp } = row(t.op)
  if (family === undefined || jointVjp === undefined) return ct === undefined ? [] : alone(t, ct)
  // The first in order is the last to be reached: whatever uses a sibling stands after it.
  const reached = t === family[0] ? family.filter((s) => total.has(s)) : []
  return reached.length === 0 ? [] : jointVjp(reached, reached.map((s) => total.get(s) as Tensor), wanted)
}

// -----------------------------------------------------------------------------
// accumulation
// -----------------------------------------------------------------------------

/** Where a zero padding along one axis puts its argument: [axis, from, to, whole length]. */
const placement = (t: Tensor): readonly [number, number, number, number] | undefined => {
  if (t.op !== 'pad' || num(t.attrs, 'value') !== 0) return undefined
  const lo = shapeAttr(t.attrs, 'lo'), hi = shapeAttr(t.attrs, 'hi'), s = shapeOf(t)
  const moved = s.flatMap((_, i) => (lo[i] !== 0 || hi[i] !== 0 ? [i] : []))
  if (moved.length !== 1) return undefined
  const [axis] = moved
  const [from, behind, whole]: readonly Extent[] = [lo[axis], hi[axis], s[axis]]
  return typeof from === 'number' && typeof behind === 'number' && typeof whole === 'number' ? [axis, from, whole - behind, whole] : undefined
}

/**
 * A sum of cotangents. Slices of one tensor give back zero-padded pieces: pieces that
 * don't overlap are laid side by side instead of being added, so that the gradient of
 * a vector cut into parts is the concatenation of the parts' gradients.
 */
export const sumAll = (list: readonly Tensor[]): Tensor => {
  if (list.length === 1) return list[0]
  const placed = list.map((t) => ({ t, at: placement(t) }))
  const axis = placed.find((p) => p.at !== undefined)?.at?.[0]
  const parts = placed.filter((p) => p.at !== undefined && p.at[0] === axis).sort((a, b) => (a.at?.[1] ?? 0) - (b.at?.[1] ?? 0))
  const disjoint = parts.length > 1 && parts.every((p, i) => i === 0 || (parts[i - 1].at?.[2] ?? 0) <= (p.at?.[1] ?? 0))
  if (!disjoint || axis === undefined) return list.slice(1).reduce((a, b) => B.add(a, b), list[0])
  const zeros = (like: Tensor, n: number): Tensor => B.full(shapeOf(like).map((e, i) => (i === axis ? n : e)), 0)
  const pieces: Tensor[] = []
  let at = 0
  for (const { t, at: place } of parts) {
    const [, from, to] = place as readonly [number, number, number, number]
    if (from > at) pieces.push(zeros(t.args[0], from - at))
    if (to > from) pieces.push(t.args[0])
    at = to
  }
  const whole = (parts[0].at as readonly number[])[3]
  if (whole > at) pieces.push(zeros(parts[0].t.args[0], whole - at))
  const joined = B.concat(pieces, axis)
  const others = placed.filter((p) => !parts.includes(p)).map((p) => p.t)
  return others.reduce((a, b) => B.add(a, b), joined)
}
