/** A dispatch before its buffers are known: what it runs and binds, its uniform words and grid. */
import type { Tensor } from '../tensor/node.ts'
import type { Access, Target } from './program.ts'
import type { Unit } from './schedule.ts'

/** A dispatch before its buffers are known. */
export interface Launch {
  readonly label: string
  readonly wgsl: string
  readonly access: readonly Access[]
  /** Nodes whose buffers are bound, from an element on. */
  readonly bound: readonly { readonly node: Tensor; readonly offset?: number }[]
  readonly params: readonly number[]
  readonly groups: number
  readonly slices: number
  /** Is the number of slices the second word? */
  readonly deep: boolean
  readonly flops: number
}

/** The kernel's file or op, and the ops of the roots. */
export const labelOf = (u: Unit): string => {
  const names = [...(u.main === undefined ? [] : [typeof u.main.attrs['kernel'] === 'string' ? u.main.attrs['kernel'] : u.main.op]), ...u.roots.map((r) => r.op)]
  return names.length > 4 ? `${names.slice(0, 3).join('+')}+${names.length - 3}` : names.join('+')
}

/** The uniform words of a dispatch with its grid among them, and the grid. */
export const words = (d: Launch, target: Target): { readonly params: Uint32Array; readonly grid: readonly [number, number, number] } => {
  const most = target.maxWorkgroupsPerDimension
  const x = Math.max(1, Math.min(d.groups, most)), y = Math.max(1, Math.ceil(d.groups / most)), z = Math.max(1, Math.min(d.slices, most))
  const params = [...d.params]
  params[0] = x
  if (d.deep) params[1] = z
  const padded = new Uint32Array(Math.ceil(params.length / 4) * 4)
  padded.set(params)
  return { params: padded, grid: [x, y, z] }
}
