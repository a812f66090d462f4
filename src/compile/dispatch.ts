/**
 * From the units of a schedule to dispatches: the linked text of each, what it binds, its
 * uniform words and grid. Light generated units that don't wait for each other share one.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, shapeOf } from '../tensor/node.ts'
import { kernels, libraries } from '../shaders.ts'
import { heavy, strided, under } from './heavy.ts'
import type { HeavyName, Operand, Plan } from './heavy.ts'
import { epilogueHook, loadHook } from './hooks.ts'
import { alone, assemble as joined, elementwisePiece, reductionPiece } from './kernel.ts'
import type { Piece, Shared, Store } from './kernel.ts'
import * as X from './ix.ts'
import { link } from './link.ts'
import type { Access, Target } from './program.ts'
import type { Schedule, Unit } from './schedule.ts'
import { TINY } from './stored.ts'

const whole = (t: Tensor): readonly number[] => shapeOf(t) as readonly number[]
const size = (t: Tensor): number => whole(t).reduce((a, b) => a * b, 1)

/** A dispatch before its buffers are known. */
export interface Draft {
  readonly label: string
  readonly wgsl: string
  readonly access: readonly Access[]
  /** A node whose buffer is bound, or a number: an extra buffer of the program. */
  readonly bound: readonly { readonly node: Tensor; readonly offset?: number }[]
  readonly params: readonly number[]
  readonly groups: number
  readonly slices: number
  readonly deep: boolean
  readonly flops: number
}

const storesOf = (u: Unit, s: Schedule): readonly Store[] =>
  [...(u.main === undefined ? [] : [u.main]), ...u.roots].filter((t) => u.stored.has(t)).map((root): Store => {
    const part = s.parts.get(root)
    if (part === undefined) return { root }
    return isRange(root, s)
      ? { root, exact: true }
      : { root, place: (i) => X.plus(X.plus(X.times(X.divide(i, part.inner), part.stride), X.modulo(i, part.inner)), X.num(part.from)) }
  })

/** Is a part one aligned stretch of its whole, so that it can be bound by itself? */
export const isRange = (t: Tensor, s: Schedule): boolean => {
  const part = s.parts.get(t)
  return part !== undefined && part.inner === size(t) && part.from % 64 === 0 && size(t) > TINY
}

const targetOf = (s: Schedule) => (t: Tensor): Tensor => {
  const part = s.parts.get(t)
  return part !== undefined && !isRange(t, s) ? part.whole : s.inPlace.get(t) ?? t
}

const label = (u: Unit): string => {
  const names = [...(u.main === undefined ? [] : [String(u.main.attrs['kernel'] ?? u.main.op)]), ...u.roots.map((r) => r.op)]
  return names.length > 4 ? `${names.slice(0, 3).join('+')}+${names.length - 3}` : names.join('+')
}

/** Work of a generated piece in multiply-adds. */
const workOf = (u: Unit, x: Piece): number => x.cost * (u.main === undefined ? Math.max(...u.roots.map(size)) : size(u.main.args[0]))

const pieceOf = (u: Unit, plan: Schedule, before: Shared = alone): Piece => {
  const s = within(u, plan)
  return u.kind === 'reduction'
    ? reductionPiece(u.main as Tensor, storesOf(u, s), s.isStored, targetOf(s), before)
    : elementwisePiece(storesOf(u, s), s.isStored, targetOf(s), before)
}

const generated = (units: readonly Unit[], pieces: readonly Piece[]): Either<GelatoErrors, Draft> => {
  const body = joined(pieces)
  return pipe(
    link({ kernel: body.text, libraries, width: body.width }),
    E.map(({ wgsl, bindings }): Draft => ({
      label: units.map(label).join(' | '), wgsl, access: bindings, bound: body.bindings.map((b) => ({ node: b.node })),
      params: body.words, groups: Math.ceil(body.items / 64), slices: 1, deep: false,
      flops: units.reduce((n, u, i) => n + workOf(u, pieces[i]), 0)
    }))
  )
}

const handWritten = (u: Unit, s: Schedule, target: Target, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Draft> => {
  const main = u.main as Tensor
  const operands = main.args.map((a, k): Operand => ({
    shape: whole(a),
    at: u.hooked[k] === true
      ? { base: a, offset: 0, strides: whole(a).map((_, d) => whole(a).slice(d + 1).reduce((x, y) => x * y, 1)) }
      : strided(a, s.isStored) as Operand['at']
  }))
  const plans = operands.some((o) => o.at === undefined) ? undefined : heavy[main.op as HeavyName](main, operands, target)
  // The first plan whose hooks can carry what was fused with it.
  const drafts = (plans ?? []).map((plan) => planned(u, main, operands, plan, s, spare)).filter((d) => d !== undefined)
  return drafts[0] ?? fail('Internal', ['compile', main.op], operands.map((o) => Ext.showShape(o.shape)).join(' and '), 'operands that the kernel can address', 'please report this graph')
}

const planned = (u: Unit, main: Tensor, operands: readonly Operand[], plan: Plan, s: Schedule, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Draft> | undefined => {
  const width = plan.vector === true ? 4 : 1
  // The kernel's own output is f32: masks ride beside it, and where there are only masks the product itself is written, to nobody.
  const own = storesOf(u, s), floats = own.filter((x) => dtypeOf(x.root) === 'f32'), others = own.filter((x) => dtypeOf(x.root) !== 'f32')
  const idle = dtypeOf(main) === 'f32' && own.length > 0 && floats.length === 0 ? spare(main) : undefined
  const stores = dtypeOf(main) !== 'f32' ? own : [...(idle === undefined ? floats : [{ root: main }]), ...others]
  const target = (t: Tensor): Tensor => (t === main && idle !== undefined ? idle : targetOf(s)(t))
  const names = ['load_a', 'load_b']
  const loads = main.args.map((a, k) => (u.hooked[k] === true ? loadHook(names[k], a, s.isStored, `l${k}_`, width) : undefined))
  if (loads.some((h, k) => u.hooked[k] === true && h === undefined)) return undefined
  const bare = stores.length === 0 || (stores.length === 1 && stores[0].root === main) || dtypeOf(main) !== 'f32'
  const after = bare ? undefined : epilogueHook(main, stores, s.isStored, target, 'e_', width)
  if (!bare && after === undefined) return undefined
  // Four at a time writes whole vectors: not into a part that ends inside one.
  if (width === 4 && stores.some((x) => (x.exact === true || x.place !== undefined) && size(x.root) % 4 !== 0)) return undefined
  const all = [...loads, after].filter((h) => h !== undefined)
  const extra = all.flatMap((h) => h.extra)
  const suffix = width === 4 ? '4' : ''
  const hooks: Record<string, string> = {}
  loads.forEach((h, k) => { if (h !== undefined) hooks[`${names[k]}${suffix}`] = h.text })
  if (after !== undefined) hooks[`epilogue${suffix}`] = after.text
  const isIndex = main.op === 'maxPoolIndex'
  const first = isIndex || stores[0] === undefined ? spare(main) : target(stores[0].root)
  const index = isIndex ? (u.stored.has(main) ? target(main) : spare(main)) : u.twin !== undefined ? target(u.twin) : spare(main)
  const bound = [
    ...operands.map((o, k) => {
      const h = loads[k]
      return h === undefined
        ? { node: o.at.base, offset: o.at.offset }
        : { node: h.extra[0]?.node ?? under(main.args[main.args.length - 1], s.isStored) }
    }),
    { node: first },
    ...(main.op === 'maxPool2d' || isIndex ? [{ node: index }] : []),
    ...extra.map((x) => ({ node: x.node }))
  ]
  return pipe(
    link({
      kernel: kernels[plan.kernel], libraries, width, knobs: plan.knobs, hooks, uses: all.flatMap((h) => h.libraries),
      extra: extra.map(({ name, type, access }) => ({ name, type, access }))
    }),
    E.map(({ wgsl, bindings }): Draft => ({
      label: label(u), wgsl, access: bindings, bound, params: [0, ...(plan.deep ? [0] : []), ...plan.params.map((v) => v >>> 0)],
      groups: plan.groups, slices: plan.slices, deep: plan.deep, flops: plan.flops
    }))
  )
}

/** Inside its own kernel a root is an expression (or a register), never a load. */
const within = (u: Unit, plan: Schedule): Schedule => {
  const own = new Set(u.roots)
  return { ...plan, isStored: (t) => plan.isStored(t) && !own.has(t) }
}

/** Units that share a dispatch; those with a kernel of their own have none of the pieces. */
export interface Shift { readonly units: Unit[]; readonly pieces: Piece[] | undefined }

/** Launching costs as much as this many multiply-adds: lighter pieces share a dispatch. */
const LIGHT = 2e6
const TOGETHER = 8
/** Dispatches tried for a unit, the earliest first. */
const TRIES = 6

/** Light generated units that don't wait for each other, side by side in one dispatch. */
export const shifts = (units: readonly Unit[], all: readonly Unit[], plan: Schedule, target: Target): readonly Shift[] => {
  const out: Shift[] = []
  const place = new Map<number, number>()
  for (const u of units) {
    const number = all.indexOf(u)
    const first = Math.max(-1, ...u.after.map((k) => place.get(k) ?? -1)) + 1
    const own = u.kind === 'heavy' ? undefined : pieceOf(u, plan)
    const light = own !== undefined && workOf(u, own) <= LIGHT
    let tries = 0
    const host = !light ? -1 : out.findIndex((x, k) => {
      if (k < first || tries >= TRIES || x.pieces === undefined || x.units.length >= TOGETHER || x.pieces[0].width !== own.width) return false
      if (!x.units.every((v, i) => workOf(v, (x.pieces as readonly Piece[])[i]) <= LIGHT)) return false
      tries++
      const next = pieceOf(u, plan, x.pieces[x.pieces.length - 1].shared)
      const nodes = joined([...x.pieces, next]).bindings.map((b) => b.node)
      // One buffer has one binding, unless its parts are bound one by one.
      const buffers = nodes.map((n) => plan.parts.get(n)?.whole ?? n)
      if (next.width !== own.width || nodes.length > target.maxStorageBuffers || new Set(nodes).size !== nodes.length || buffers.some((b, i) => b !== nodes[i] && nodes.includes(b))) return false
      x.units.push(u)
      x.pieces.push(next)
      return true
    })
    place.set(number, host >= 0 ? host : out.length)
    if (host < 0) out.push({ units: [u], pieces: own === undefined ? undefined : [own] })
  }
  return out
}

/** The dispatch of a shift. */
export const draftOf = (x: Shift, plan: Schedule, target: Target, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Draft> =>
  x.pieces === undefined ? handWritten(x.units[0], within(x.units[0], plan), target, spare) : generated(x.units, x.pieces)

/** The uniform words of a dispatch with its grid among them, and the grid. */
export const words = (d: Draft, target: Target): { readonly params: Uint32Array; readonly grid: readonly [number, number, number] } => {
  const most = target.maxWorkgroupsPerDimension
  const x = Math.max(1, Math.min(d.groups, most)), y = Math.max(1, Math.ceil(d.groups / most)), z = Math.max(1, Math.min(d.slices, most))
  const generatedBlock = d.wgsl.includes('struct Params { v: array<vec4<u32>')
  const params = [...d.params]
  if (generatedBlock) params[1] = x
  else {
    params[0] = x
    if (d.deep) params[1] = z
  }
  const padded = new Uint32Array(Math.ceil(params.length / 4) * 4)
  padded.set(params)
  return { params: padded, grid: [x, y, z] }
}
