/**
 * Kernels that slide over one, two or three axes: the options, the parameters and the
 * errors that convolutions of every kind share.
 *
 * @since 0.2.0
 */
import { E } from '../../fp.ts'
import type { Either } from '../../fp.ts'
import { fail } from '../../error.ts'
import type { GelatoErrors } from '../../error.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import type { Tensor } from '../../tensor/node.ts'
import { slid } from '../../tensor/windows.ts'
import type { Sliding } from '../../tensor/windows.ts'
import type { Activation, Nonlinearity } from '../activation.ts'
import { activation } from '../activation.ts'
import type { Readers } from '../make.ts'
import { flag, orElse } from '../option.ts'
import type { OptionalWeight, ParamValue, Slot, Weight } from '../param.ts'
import { optionalWeight, weight } from '../param.ts'
import type { Dims, PerAxis, Spatial } from './dims.ts'
import { perAxis, thing, times } from './dims.ts'
import type { AnyPadding, Padding } from './padding.ts'
import { padding, paddings } from './padding.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options that all layers with sliding kernels share. */
export interface KernelConfig<D extends Dims> {
  /** Kernel size, one number or one an axis. */
  readonly size: PerAxis<D>
  /** Steps from one position of the kernel to the next, 1 when absent. */
  readonly stride?: PerAxis<D>
  /** `valid` when absent. */
  readonly padding?: Padding<D>
  /** Steps between the elements that a kernel meets, 1 when absent. */
  readonly dilation?: PerAxis<D>
  /** `linear` when absent. */
  readonly activation?: Activation
  /** Weights [filters, channels / groups, ...kernel]. */
  readonly W?: Weight
  /** Bias [filters], untied [filters, ...axes of the output]; null for none. */
  readonly b?: OptionalWeight
  /** A bias of its own for each location of the output; false when absent. */
  readonly untieBiases?: boolean
  /** Turn the kernel by 180 degrees (true convolution); false, cross-correlation, when absent. */
  readonly flipFilters?: boolean
  readonly name?: string
}

/** Options of a sliding kernel, read. */
export interface KernelOptions {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly padding: AnyPadding
  readonly dilation: readonly number[]
  readonly activation: Nonlinearity
  readonly W: ParamValue
  readonly b: ParamValue
  readonly untieBiases: boolean
  readonly flipFilters: boolean
}

/** A kernel that fits its input: numbers of the kernel and axes of the output. */
export interface Fitted {
  readonly sliding: Sliding
  readonly axes: Shape
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Readers of the options that layers with sliding kernels share. */
export const kernelOptions = (dims: Dims): Readers<KernelOptions> => ({
  size: perAxis(dims, 1),
  stride: orElse(perAxis(dims, 1), Array<number>(dims).fill(1)),
  padding: orElse<AnyPadding>(padding(dims), 'valid'),
  dilation: orElse(perAxis(dims, 1), Array<number>(dims).fill(1)),
  activation: (x, path) => activation(x ?? 'linear', path),
  W: weight,
  b: optionalWeight,
  untieBiases: orElse(flag, false),
  flipFilters: orElse(flag, false)
})

/** The parameters that layers with one kernel have. */
export const kernelSlots = (o: Pick<KernelOptions, 'W' | 'b'>): Readonly<Record<string, Slot>> => ({
  W: { role: 'weight', value: o.W }, b: { role: 'bias', value: o.b }
})

/** What a kernel spans with its dilation. */
export const spansOf = (o: Pick<KernelOptions, 'size' | 'dilation'>): readonly number[] => o.size.map((k, d) => o.dilation[d] * (k - 1) + 1)

/** The kernel, which no reader leaves out, as the cross-correlation takes it; its axes begin at `first`. */
export const oriented = (kernel: Tensor | null, o: Pick<KernelOptions, 'flipFilters' | 'size'>, first = 2): Tensor =>
  kernel === null ? B.scalar(0) : o.flipFilters ? B.flip(kernel, o.size.map((_, d) => first + d)) : kernel

const around = (pads: readonly (readonly number[])[]): boolean => pads.flat().some((p) => p > 0)

/** Places a kernel on an input: its paddings and the axes of the output. */
export const fitted = (s: Spatial, o: KernelOptions, groups: number): Either<GelatoErrors, Fitted> => {
  const spans = spansOf(o), pads = paddings(o.padding, spans)
  if (E.isLeft(pads)) return pads
  const axes = s.axes.map((e, d) => slid(e, o.size[d], o.stride[d], pads.right[d], o.dilation[d]))
  const whole = axes.filter((e) => e !== undefined)
  return whole.length === axes.length
    ? E.right({ sliding: { stride: o.stride, padding: pads.right, dilation: o.dilation, groups }, axes: whole })
    : fail('ShapeMismatch', ['size'],
        `kernel ${times(o.size)}${o.dilation.some((d) => d > 1) ? ` dilated to ${times(spans)}` : ''} on ${thing(s.axes)}${around(pads.right) ? ` padded to ${times(s.axes.map((e, d) => Ext.add(e, pads.right[d][0] + pads.right[d][1])))}` : ''} (input ${Ext.showShape(s.shape)})`,
        'a kernel no larger than the padded input', "use a smaller size, padding: 'same', or pool less before this layer")
}
