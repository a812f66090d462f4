/**
 * Pooling of images [batch, channels, height, width]: windows that would reach over
 * the edge are left out, as in the original: extent floor((i + padding - k) / stride) + 1.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import type { Padding } from './conv.ts'
import { padding, paddings } from './conv.ts'
import type { Definition } from './make.ts'
import { unary } from './make.ts'
import type { Pair } from './option.ts'
import { flag, optional, orElse, pair } from './option.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `maxPool2d`. */
export interface MaxPool2dConfig {
  /** The window, one number or [height, width]. */
  readonly size: number | Pair
  /** The window's size when absent. */
  readonly stride?: number | Pair
  /** Below the window's size. */
  readonly padding?: Padding
  readonly name?: string
}

/** Options of `avgPool2d`. */
export interface AvgPool2dConfig extends MaxPool2dConfig {
  /** Whether padding counts as zeros (true when absent) or is left out of the mean. */
  readonly countPadding?: boolean
}

interface Options {
  readonly size: Pair
  readonly stride: Pair | undefined
  readonly padding: Padding
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const definition = <O extends Options>(kind: string, more: Omit<Definition<O>['options'], keyof Options>, pool: (x: Tensor, g: B.PoolWindow, o: O, s: Shape) => Tensor): Definition<O> => ({
  kind,
  options: { size: pair(1), stride: optional(pair(1)), padding: orElse<Padding>(padding, 'valid'), ...more } as unknown as Definition<O>['options'],
  label: (o) => o.size.join(' x '),
  rule: (o) => ([x]) => {
    const s = E.isRight(x.type) ? x.type.right.shape : []
    if (s.length !== 4)
      return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'images of four axes [batch, channels, height, width]', 'put pooling after convolutions, before flatten and dense layers')
    const pads = paddings(o.padding, o.size)
    if (E.isLeft(pads)) return pads
    if (pads.right.some((p, i) => p.some((v) => v >= o.size[i])))
      return fail('ShapeMismatch', ['padding'], `padding ${JSON.stringify(pads.right)} with a window of ${o.size.join(' x ')}`, 'padding below the window', 'use less padding')
    if (s.slice(2).some((e, i) => typeof e === 'number' && e + pads.right[i][0] + pads.right[i][1] < o.size[i]))
      return fail('ShapeMismatch', ['size'], `window ${o.size.join(' x ')} on an image of ${Ext.show(s[2])} x ${Ext.show(s[3])} (input ${Ext.showShape(s)})`, 'a window no larger than the padded image', 'use a smaller size, or pool less before this layer')
    return E.right(plain(pool(B.float(x), { window: o.size, stride: o.stride ?? o.size, padding: pads.right }, o, s)))
  }
})

/**
 * The largest of each window.
 *
 * @example
 * Layer.maxPool2d({ size: [2, 2] })
 */
export const maxPool2d = unary<Options, MaxPool2dConfig>(definition<Options>('maxPool2d', {}, (x, g) => B.maxPool2d(x, g)))

/** The mean of each window. */
export const avgPool2d = unary<Options & { readonly countPadding: boolean }, AvgPool2dConfig>(
  definition<Options & { readonly countPadding: boolean }>('avgPool2d', { countPadding: orElse(flag, true) }, (x, g, o, s) =>
    B.div(B.sumPool2d(x, g), o.countPadding ? g.window[0] * g.window[1] : B.sumPool2d(B.full([1, 1, s[2], s[3]], 1), g)))
)
