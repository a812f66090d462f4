/**
 * Launches of hand-written kernels: of the calls that compute a unit's main node, the first
 * whose hooks can carry what was fused with it; what its operands, outputs and hooks bind.
 *
 * Law: a launch writes what its unit stores, and nothing else that anyone reads.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { kernels, libraries } from '../shaders.ts'
import type { KernelCall } from './calls/call.ts'
import { storesOf, targetOf } from './chains.ts'
import { elements, whole } from './extents.ts'
import { heavy } from './heavy.ts'
import type { HeavyName } from './heavy.ts'
import { epilogueHook, loadHook } from './hooks.ts'
import type { Hook } from './hooks.ts'
import type { Store } from './kernel.ts'
import { labelOf } from './launch.ts'
import type { Launch } from './launch.ts'
import { link } from './link.ts'
import { hookedOperand, strided, under } from './operands.ts'
import type { Operand } from './operands.ts'
import { placed } from './piece.ts'
import type { Target } from './program.ts'
import type { Schedule, Unit } from './schedule.ts'

/** A unit with a hand-written kernel, and its plan as it is seen from inside. */
interface Task {
  readonly unit: Unit
  readonly main: Tensor
  readonly plan: Schedule
  readonly operands: readonly Operand[]
  readonly spare: (like: Tensor) => Tensor
}

/** The launch of a unit with a hand-written kernel; `spare` makes a tensor for what it writes to nobody. */
export const handWritten = (unit: Unit, plan: Schedule, target: Target, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Launch> => {
  const main = unit.main as Tensor
  const found = main.args.map((a, k): Operand | undefined => {
    if (unit.hooked[k] === true) return hookedOperand(a)
    const at = strided(a, plan.isStored)
    return at === undefined ? undefined : { shape: whole(a), at }
  })
  const operands = found.filter((o) => o !== undefined)
  const calls = operands.length < found.length ? undefined : heavy[main.op as HeavyName](main, operands, target)
  // The first whose hooks can carry what was fused with it.
  const [launch] = (calls ?? []).map((call) => called({ unit, main, plan, operands, spare }, call)).filter((d) => d !== undefined)
  return launch ?? fail('Internal', ['compile', main.op], main.args.map((a) => Ext.showShape(whole(a))).join(' and '), 'operands that the kernel can address', 'please report this graph')
}

// -----------------------------------------------------------------------------
// outputs and hooks
// -----------------------------------------------------------------------------

/** What a kernel's output and epilogue write, the kernel's own output first. */
interface Outputs {
  readonly stores: readonly Store[]
  readonly target: (t: Tensor) => Tensor
}

/** The kernel's own output is f32: masks ride beside it, and where there are only masks the product itself is written, to nobody. */
const outputsOf = ({ unit, main, plan, spare }: Task): Outputs => {
  const all = storesOf(unit, plan), target = targetOf(unit, plan)
  if (dtypeOf(main) !== 'f32') return { stores: all, target }
  const floats = all.filter((x) => dtypeOf(x.root) === 'f32'), others = all.filter((x) => dtypeOf(x.root) !== 'f32')
  if (others.length === 0 || floats.length > 0) return { stores: [...floats, ...others], target }
  const idle = spare(main)
  return { stores: [{ root: main }, ...others], target: (t) => (t === main ? idle : target(t)) }
}

/** The hooks of a call: of each operand that has one, and of the epilogue. */
interface Hooks {
  readonly loads: readonly (Hook | undefined)[]
  readonly epilogue: Hook | undefined
}

/** The kernels' functions that hooks replace, by operand. */
const LOADS = ['load_a', 'load_b']

const prefixOf = (k: number): string => `l${k}_`
const EPILOGUE = 'e_'

/** Undefined when the call's hooks can't carry what was fused with it. */
const hooksOf = ({ unit, main, plan }: Task, { stores, target }: Outputs, width: 1 | 4): Hooks | undefined => {
  // Four at a time writes whole vectors: not into a part that ends inside one.
  if (width === 4 && stores.some((x) => (x.exact === true || x.place !== undefined) && elements(x.root) % 4 !== 0)) return undefined
  const loads = main.args.map((a, k) => (unit.hooked[k] === true ? loadHook(LOADS[k], a, plan.isStored, prefixOf(k), width) : undefined))
  if (loads.some((h, k) => unit.hooked[k] === true && h === undefined)) return undefined
  const bare = stores.length === 0 || (stores.length === 1 && stores[0].root === main) || dtypeOf(main) !== 'f32'
  const epilogue = bare ? undefined : epilogueHook(main, stores, plan.isStored, target, EPILOGUE, width)
  if (!bare && epilogue === undefined) return undefined
  // One text for those that only write elsewhere and those that don't: one kernel.
  return { loads, epilogue: epilogue?.idle === true ? undefined : epilogue }
}

/** The texts of hooks by the names of what they replace, and their words one after another. */
const placedHooks = ({ loads, epilogue }: Hooks, width: 1 | 4): { readonly hooks: Readonly<Record<string, string>>; readonly words: readonly number[] } => {
  const hooks: Record<string, string> = {}, words: number[] = []
  const put = (name: string, h: Hook | undefined, prefix: string): void => {
    if (h === undefined) return
    hooks[width === 4 ? `${name}4` : name] = placed([h.text], 'p.hook', words.length, (own) => ({ name: `${prefix}${own}` })).join('')
    words.push(...h.words)
  }
  loads.forEach((h, k) => put(LOADS[k], h, prefixOf(k)))
  put('epilogue', epilogue, EPILOGUE)
  return { hooks, words }
}

/** What is bound, in the kernel's order: its operands, its output and, of a maximum pool, the places, then what hooks read and write. */
const boundBy = ({ unit, main, plan, operands, spare }: Task, { stores, target }: Outputs, { loads }: Hooks, extra: Hook['extra']): Launch['bound'] => {
  const isIndex = main.op === 'maxPoolIndex'
  const places = isIndex ? (unit.stored.has(main) ? target(main) : spare(main)) : unit.twin !== undefined ? target(unit.twin) : undefined
  return [
    ...operands.map(({ at }, k) => {
      const h = loads[k]
      // A hook reads by bindings of its own; the kernel's is for something that is there.
      return h === undefined ? { node: at.base, offset: at.offset } : { node: h.extra[0]?.node ?? under(main.args[main.args.length - 1], plan.isStored) }
    }),
    { node: isIndex || stores[0] === undefined ? spare(main) : target(stores[0].root) },
    ...(main.op === 'maxPool2d' || isIndex ? [{ node: places ?? spare(main) }] : []),
    ...extra.map((x) => ({ node: x.node }))
  ]
}

// -----------------------------------------------------------------------------
// calls
// -----------------------------------------------------------------------------

const zeros = (n: number): readonly number[] => Array.from({ length: n }, () => 0)

const called = (task: Task, call: KernelCall): Either<GelatoErrors, Launch> | undefined => {
  const width = call.vector === true ? 4 : 1
  const outputs = outputsOf(task), hooked = hooksOf(task, outputs, width)
  if (hooked === undefined) return undefined
  const used = [...hooked.loads, hooked.epilogue].filter((h) => h !== undefined), extra = used.flatMap((h) => h.extra)
  const { hooks, words } = placedHooks(hooked, width)
  const own = [0, ...(call.deep ? [0] : []), ...call.params.map((v) => v >>> 0)]
  // Hooks' words are an array in the uniform block, which begins at a multiple of four.
  const params = words.length === 0 ? own : [...own, ...zeros((4 - (own.length % 4)) % 4), ...words]
  return pipe(
    link({
      kernel: kernels[call.kernel], libraries, width, knobs: call.knobs, hooks, uses: used.flatMap((h) => h.libraries), words: words.length,
      extra: extra.map(({ name, type, access }) => ({ name, type, access }))
    }),
    E.map(({ wgsl, bindings }): Launch => ({
      label: labelOf(task.unit), wgsl, access: bindings, bound: boundBy(task, outputs, hooked, extra), params,
      groups: call.groups, slices: call.slices, deep: call.deep, flops: call.flops
    }))
  )
}
