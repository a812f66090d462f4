/**
 * A program from prepared graphs: the step's nodes are scheduled, launches put in order,
 * tensors given slots, and equal texts made one kernel.
 *
 * Law: a kernel's number is that of the first launch with its text.
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import type { Tensor } from '../tensor/node.ts'
import { copyOf } from './copies.ts'
import { words } from './launch.ts'
import type { Launch } from './launch.ts'
import { elements } from './extents.ts'
import type { Flow, Item } from './flow.ts'
import { pageRange } from './pages.ts'
import type { Dispatch, Instruction, Kernel, Program, Target } from './program.ts'
import { flowOf, making } from './scan.ts'
import { isRange, schedule } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import { slotsOf } from './slots.ts'
import type { Slots } from './slots.ts'
import { stepOf, wantedOf } from './step.ts'
import type { Names, Step } from './step.ts'

/** The program of a step's graphs: outputs, then updates, then records. */
export const assemble = (names: Names, graphs: readonly Tensor[], target: Target): Either<GelatoErrors, Program> => {
  const step = stepOf(names, graphs, target), plan = schedule(wantedOf(step), target)
  return pipe(
    flowOf(plan, making(target, copyOf)),
    E.map((flow) => programOf(step, plan, flow, names, target))
  )
}

const programOf = (step: Step, plan: Schedule, flow: Flow, names: Names, target: Target): Program => {
  const slots = slotsOf(step, plan, flow), kernels = numbering()
  const instruction = (i: Item): Instruction =>
    i._tag === 'Dispatch' ? dispatch(i.launch, i.plan, slots, kernels.numberOf, target)
    : i._tag === 'Copy' ? { _tag: 'Copy', from: slots.at(i.from), to: slots.at(i.to) }
    : { _tag: 'Loop', n: i.n, body: i.items.map(instruction) }
  const body = flow.items.map(instruction)
  const copies = step.updates.flatMap(({ leaf, next }): readonly Instruction[] => (plan.inPlace.has(next) ? [] : [{ _tag: 'Copy', from: slots.at(next), to: slots.at(leaf) }]))
  return { kernels: kernels.list, slots: slots.slots, body: [...body, ...copies], record: names.record }
}

/** Kernels by their text, in the order in which they are asked for. */
const numbering = (): { readonly list: readonly Kernel[]; readonly numberOf: (k: Omit<Kernel, 'key'>) => number } => {
  const list: Kernel[] = [], numbers = new Map<string, number>()
  return {
    list,
    numberOf: (k) => {
      const known = numbers.get(k.wgsl)
      if (known !== undefined) return known
      numbers.set(k.wgsl, list.push({ ...k, key: k.wgsl }) - 1)
      return list.length - 1
    }
  }
}

/** The bytes of a slot that a launch binds, where it doesn't bind all. */
const rangeOf = ({ node, offset = 0 }: Launch['bound'][number], plan: Schedule | undefined, bytes: number): readonly [number, number] | undefined => {
  const part = plan?.parts.get(node)
  return part !== undefined && plan !== undefined && isRange(node, plan) ? [part.from * 4, Math.max(4, elements(node) * 4)]
    : offset > 0 ? [offset * 4, bytes - offset * 4]
    : pageRange(node, bytes)
}

const dispatch = (x: Launch, plan: Schedule | undefined, { slots, at }: Slots, numberOf: (k: Omit<Kernel, 'key'>) => number, target: Target): Dispatch => {
  const ids = x.bound.map((b) => at(b.node)), ranges = x.bound.map((b, k) => rangeOf(b, plan, slots[ids[k]].bytes))
  const { params, grid } = words(x, target)
  return {
    _tag: 'Dispatch', kernel: numberOf({ label: x.label, wgsl: x.wgsl, bindings: x.access }), slots: ids,
    ...(ranges.some((r) => r !== undefined) ? { ranges } : {}),
    params, grid, label: x.label, flops: x.flops, bytes: ids.reduce((n, id) => n + slots[id].bytes, 0)
  }
}
