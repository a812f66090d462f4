/**
 * From shifts to dispatches: the linked text of each, what it binds, its uniform words and
 * grid.
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
import { storesOf, targetOf, weight, within } from './chains.ts'
import { epilogueHook, loadHook } from './hooks.ts'
import type { Hook } from './hooks.ts'
import { assemble, placed } from './piece.ts'
import { link } from './link.ts'
import type { Access, Target } from './program.ts'
import type { Schedule, Unit } from './schedule.ts'
import type { Shift } from './shifts.ts'

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

const label = (u: Unit): string => {
  const names = [...(u.main === undefined ? [] : [typeof u.main.attrs['kernel'] === 'string' ? u.main.attrs['kernel'] : u.main.op]), ...u.roots.map((r) => r.op)]
  return names.length > 4 ? `${names.slice(0, 3).join('+')}+${names.length - 3}` : names.join('+')
}

const generated = ({ chains, works }: Shift): Either<GelatoErrors, Draft> => {
  const body = assemble(works)
  return pipe(
    link({ kernel: body.text, libraries, width: body.width }),
    E.map(({ wgsl, bindings }): Draft => ({
      label: chains.map((c) => c.units.map(label).join(' > ')).join(' | '), wgsl, access: bindings, bound: body.bindings.map((b) => ({ node: b.node })),
      params: body.words, groups: body.groups, slices: 1, deep: false, flops: chains.reduce((n, c) => n + weight(c), 0)
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
  const all = storesOf(u, s), floats = all.filter((x) => dtypeOf(x.root) === 'f32'), others = all.filter((x) => dtypeOf(x.root) !== 'f32')
  const idle = dtypeOf(main) === 'f32' && all.length > 0 && floats.length === 0 ? spare(main) : undefined
  const stores = dtypeOf(main) !== 'f32' ? all : [...(idle === undefined ? floats : [{ root: main }]), ...others]
  const target = (t: Tensor): Tensor => (t === main && idle !== undefined ? idle : targetOf(u, s)(t))
  const names = ['load_a', 'load_b']
  const loads = main.args.map((a, k) => (u.hooked[k] === true ? loadHook(names[k], a, s.isStored, `l${k}_`, width) : undefined))
  if (loads.some((h, k) => u.hooked[k] === true && h === undefined)) return undefined
  const bare = stores.length === 0 || (stores.length === 1 && stores[0].root === main) || dtypeOf(main) !== 'f32'
  const epilogue = bare ? undefined : epilogueHook(main, stores, s.isStored, target, 'e_', width)
  if (!bare && epilogue === undefined) return undefined
  // One text for those that only write elsewhere and those that don't: one kernel.
  const after = epilogue?.idle === true ? undefined : epilogue
  // Four at a time writes whole vectors: not into a part that ends inside one.
  if (width === 4 && stores.some((x) => (x.exact === true || x.place !== undefined) && size(x.root) % 4 !== 0)) return undefined
  const used = [...loads, after].filter((h) => h !== undefined)
  const extra = used.flatMap((h) => h.extra)
  const suffix = width === 4 ? '4' : ''
  const hooks: Record<string, string> = {}, hookWords: number[] = []
  const put = (name: string, h: Hook, prefix: string): void => {
    hooks[`${name}${suffix}`] = placed([h.text], 'p.hook', hookWords.length, (own) => `${prefix}${own}`).join('')
    hookWords.push(...h.words)
  }
  loads.forEach((h, k) => { if (h !== undefined) put(names[k], h, `l${k}_`) })
  if (after !== undefined) put('epilogue', after, 'e_')
  const own = [0, ...(plan.deep ? [0] : []), ...plan.params.map((v) => v >>> 0)]
  const params = hookWords.length === 0 ? own : [...own, ...Array.from({ length: (4 - (own.length % 4)) % 4 }, () => 0), ...hookWords]
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
      kernel: kernels[plan.kernel], libraries, width, knobs: plan.knobs, hooks, uses: used.flatMap((h) => h.libraries), words: hookWords.length,
      extra: extra.map(({ name, type, access }) => ({ name, type, access }))
    }),
    E.map(({ wgsl, bindings }): Draft => ({
      label: label(u), wgsl, access: bindings, bound, params,
      groups: plan.groups, slices: plan.slices, deep: plan.deep, flops: plan.flops
    }))
  )
}

/** The dispatch of a shift. */
export const draftOf = (x: Shift, plan: Schedule, target: Target, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Draft> => {
  const [{ units: [first] }] = x.chains
  return x.works.length === 0 ? handWritten(first, within(first, plan), target, spare) : generated(x)
}

/** The uniform words of a dispatch with its grid among them, and the grid. */
export const words = (d: Draft, target: Target): { readonly params: Uint32Array; readonly grid: readonly [number, number, number] } => {
  const most = target.maxWorkgroupsPerDimension
  const x = Math.max(1, Math.min(d.groups, most)), y = Math.max(1, Math.ceil(d.groups / most)), z = Math.max(1, Math.min(d.slices, most))
  const params = [...d.params]
  params[0] = x
  if (d.deep) params[1] = z
  const padded = new Uint32Array(Math.ceil(params.length / 4) * 4)
  padded.set(params)
  return { params: padded, grid: [x, y, z] }
}
