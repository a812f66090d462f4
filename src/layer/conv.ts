/**
 * Convolution of images [batch, channels, height, width].
 *
 * Extent of the output: floor((i + padding - (d (k - 1) + 1)) / stride) + 1. Fans for
 * the start as documented by Lasagne: fan in = channels / groups * kernel, fan out =
 * filters * kernel.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Activation, Nonlinearity } from './activation.ts'
import { activation } from './activation.ts'
import { unary } from './make.ts'
import type { Pair, Reader } from './option.ts'
import { count, flag, orElse, pair, text } from './option.ts'
import type { OptionalWeight, ParamValue, Weight } from './param.ts'
import { optionalWeight, weight } from './param.ts'
import type { Rule } from './network.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Padding: the same on all sides, [vertical, horizontal], [[top, bottom], [left, right]], or by rule. */
export type Padding = number | Pair | readonly [Pair, Pair] | 'valid' | 'same' | 'full'

/** Options of `conv2d`. */
export interface Conv2dConfig {
  /** How many filters: the channels of the output. */
  readonly filters: number
  /** Kernel size, one number or [height, width]. */
  readonly size: number | Pair
  readonly stride?: number | Pair
  readonly padding?: Padding
  readonly dilation?: number | Pair
  readonly groups?: number
  /** `linear` when absent. */
  readonly activation?: Activation
  /** Weights [filters, channels / groups, height, width]. */
  readonly W?: Weight
  /** Bias [filters]; null for none. */
  readonly b?: OptionalWeight
  readonly name?: string
  /** Turn the kernel by 180 degrees (true convolution); false, cross-correlation, when absent. */
  readonly flipFilters?: boolean
}

interface Options {
  readonly filters: number
  readonly size: Pair
  readonly stride: Pair
  readonly padding: Padding
  readonly dilation: Pair
  readonly groups: number
  readonly activation: Nonlinearity
  readonly W: ParamValue
  readonly b: ParamValue
  readonly flipFilters: boolean
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0
const isPair = (x: unknown): x is Pair => Array.isArray(x) && x.length === 2 && x.every(isCount)

/** Reads a padding. */
export const padding: Reader<Padding> = (x, path) =>
  isCount(x) || isPair(x) || (Array.isArray(x) && x.length === 2 && x.every(isPair)) || x === 'valid' || x === 'same' || x === 'full'
    ? E.right(x as Padding)
    : fail('BadOption', path, text(x), "a whole number of 0 or more, [vertical, horizontal], [[top, bottom], [left, right]], 'valid', 'same' or 'full'", "such as 2 or 'same'")

/** Padding before and after each axis, for kernels of these sizes with their dilation. */
export const paddings = (p: Padding, span: Pair): Either<GelatoErrors, readonly [Pair, Pair]> => {
  const both = (a: number, b: number): Either<GelatoErrors, readonly [Pair, Pair]> => E.right([[a, a], [b, b]])
  if (p === 'valid') return both(0, 0)
  if (p === 'full') return both(span[0] - 1, span[1] - 1)
  if (p === 'same')
    return span.every((s) => s % 2 === 1)
      ? both((span[0] - 1) / 2, (span[1] - 1) / 2)
      : fail('ShapeMismatch', ['padding'], `'same' with a kernel of ${span.join(' x ')}`, 'odd kernel sizes', 'use an odd size, or give the padding as [[top, bottom], [left, right]]')
  if (typeof p === 'number') return both(p, p)
  const [a, b] = p
  return typeof a === 'number' ? both(a, b as number) : E.right([a, b as Pair])
}

const rule = (o: Options): Rule => ([x]) => {
  const type = E.isRight(x.type) ? x.type.right : undefined
  const s = type?.shape ?? []
  if (s.length !== 4)
    return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'images of four axes [batch, channels, height, width]', s.length === 3 ? 'add a channel axis: Layer.reshape({ shape: [[0], 1, [1], [2]] })' : 'put conv2d before flatten and dense layers')
  const [, channels, h, w] = s
  if (typeof channels !== 'number')
    return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'a known number of channels', 'give the channels of the input as a number instead of null')
  if (channels % o.groups !== 0 || o.filters % o.groups !== 0)
    return fail('ShapeMismatch', ['groups'], `${channels} channels and ${o.filters} filters in ${o.groups} groups`, 'channels and filters divisible by groups', 'change groups or filters')
  const span: Pair = [o.dilation[0] * (o.size[0] - 1) + 1, o.dilation[1] * (o.size[1] - 1) + 1]
  const pads = paddings(o.padding, span)
  if (E.isLeft(pads)) return pads
  const whole = [h, w].map((e, i) => Ext.add(e, pads.right[i][0] + pads.right[i][1]))
  if (whole.some((e, i) => typeof e === 'number' && e < span[i]))
    return fail('ShapeMismatch', ['size'],
      `kernel ${o.size.join(' x ')}${o.dilation.some((d) => d > 1) ? ` dilated to ${span.join(' x ')}` : ''} on an image of ${Ext.show(h)} x ${Ext.show(w)}${pads.right.flat().some((p) => p > 0) ? ` padded to ${whole.map(Ext.show).join(' x ')}` : ''} (input ${Ext.showShape(s)})`,
      'a kernel no larger than the padded image', `use a smaller size, padding: 'same', or pool less before this layer`)
  const area = o.size[0] * o.size[1]
  return E.right({
    params: {
      W: { shape: [o.filters, channels / o.groups, o.size[0], o.size[1]], fanIn: (channels / o.groups) * area, fanOut: o.filters * area },
      b: { shape: [o.filters], fanIn: (channels / o.groups) * area, fanOut: o.filters * area }
    },
    apply: ({ params: { W, b } }) => {
      const kernel = W ?? B.scalar(0)
      const y = B.conv2d(B.float(x), o.flipFilters ? B.flip(kernel, [2, 3]) : kernel, { stride: o.stride, padding: pads.right, dilation: o.dilation, groups: o.groups })
      return { output: o.activation.f(b === null ? y : B.add(y, B.reshape(b, [o.filters, 1, 1]))) }
    }
  })
}

/**
 * A convolution with `filters` kernels of `size`: [batch, channels, h, w] to
 * [batch, filters, h', w'].
 *
 * @example
 * Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' })
 */
export const conv2d = unary<Options, Conv2dConfig>({
  kind: 'conv2d',
  options: {
    filters: count(1),
    size: pair(1),
    stride: orElse(pair(1), [1, 1]),
    padding: orElse<Padding>(padding, 'valid'),
    dilation: orElse(pair(1), [1, 1]),
    groups: orElse(count(1), 1),
    activation: (x, path) => activation(x ?? 'linear', path),
    W: weight,
    b: optionalWeight,
    flipFilters: orElse(flag, false)
  },
  slots: (o) => ({ W: { role: 'weight', value: o.W }, b: { role: 'bias', value: o.b } }),
  label: (o) => `${o.filters} of ${o.size.join(' x ')}, ${o.activation.name}`,
  rule
})

