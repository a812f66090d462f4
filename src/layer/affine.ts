/**
 * A bias or a scale by itself, with one element for each place of the axes that aren't
 * shared, and standardisation by known numbers.
 *
 * @since 0.2.0
 */
import { E, pipe } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import type { Axes } from './axes.ts'
import { axes, shapeIn, sharedOver } from './axes.ts'
import { unary, unaryOr } from './make.ts'
import type { Reader } from './option.ts'
import { orElse } from './option.ts'
import type { HostData, ParamValue, Weight } from './param.ts'
import { host, weight } from './param.ts'
import { plain } from './plan.ts'

// -----------------------------------------------------------------------------
// bias, scale
// -----------------------------------------------------------------------------

/** Options of `bias`. */
export interface BiasConfig {
  /** The bias, of the shape of the axes that aren't shared: [features] when those are all but axis 1. */
  readonly b?: Weight
  /** Axes along which one element serves all: `auto` (all but axis 1) when absent. */
  readonly sharedAxes?: Axes
  readonly name?: string
}

/**
 * x + b. The shape stays.
 *
 * @example
 * Layer.bias()                         // one a channel
 * Layer.bias({ sharedAxes: [0] })      // one a unit and place
 */
export const bias = unaryOr<{ readonly b: ParamValue; readonly sharedAxes: Axes }, BiasConfig>({
  kind: 'bias',
  options: { b: weight, sharedAxes: orElse<Axes>(axes, 'auto') },
  slots: (o) => ({ b: { role: 'bias', value: o.b } }),
  rule: (o) => ([x]) => pipe(
    sharedOver(o.sharedAxes, shapeIn(x), 'sharedAxes'),
    E.map(({ shape, spread }) => ({
      params: { b: { shape, fanIn: 1, fanOut: 1 } },
      apply: ({ params: { b } }) => ({ output: B.add(B.float(x), spread(b ?? B.full(shape, 0))) })
    }))
  )
})

/** Options of `scale`. */
export interface ScaleConfig {
  /** The factors, of the shape of the axes that aren't shared: [features] when those are all but axis 1. */
  readonly scales?: Weight
  /** Axes along which one element serves all: `auto` (all but axis 1) when absent. */
  readonly sharedAxes?: Axes
  readonly name?: string
}

/**
 * x times learnt factors, which start at 1. The shape stays.
 *
 * @example
 * Layer.scale({ scales: Spec.logNormal({ sd: 0.5 }) })
 */
export const scale = unaryOr<{ readonly scales: ParamValue; readonly sharedAxes: Axes }, ScaleConfig>({
  kind: 'scale',
  options: { scales: weight, sharedAxes: orElse<Axes>(axes, 'auto') },
  slots: (o) => ({ scales: { role: 'scale', value: o.scales } }),
  rule: (o) => ([x]) => pipe(
    sharedOver(o.sharedAxes, shapeIn(x), 'sharedAxes'),
    E.map(({ shape, spread }) => ({
      params: { scales: { shape, fanIn: 1, fanOut: 1 } },
      apply: ({ params: { scales } }) => ({ output: B.mul(B.float(x), spread(scales ?? B.full(shape, 1))) })
    }))
  )
})

// -----------------------------------------------------------------------------
// standardize
// -----------------------------------------------------------------------------

/** A number, rows of numbers, or a typed array with its shape. */
export type Numbers = number | readonly Numbers[] | HostData

/** Options of `standardize`. */
export interface StandardizeConfig {
  /** What is taken off: a number or an array that broadcasts against a row of the input. */
  readonly offset: Numbers
  /** What the rest is divided by: a number or an array that broadcasts against a row of the input. */
  readonly scale: Numbers
  readonly name?: string
}

const nonzero: Reader<Tensor> = (x, path) => pipe(
  host(x, path),
  E.chain((t) => {
    const data = t.attrs['data'] as Float32Array | undefined
    return (data === undefined ? t.attrs['value'] === 0 : data.includes(0))
      ? fail('BadOption', path, 'a scale that holds 0', 'numbers other than 0', 'use 1 for features that are constant')
      : E.right(t)
  })
)

/**
 * (x - offset) / scale with fixed numbers: the mean and standard deviation of the
 * training data, say, so that a saved model takes raw data. The shape stays.
 *
 * @example
 * Layer.standardize({ offset: [3.1, 0.2], scale: [1.4, 0.1] })   // rows of two features
 */
export const standardize = unary<{ readonly offset: Tensor; readonly scale: Tensor }, StandardizeConfig>({
  kind: 'standardize',
  options: { offset: host, scale: nonzero },
  rule: (o) => ([x]) => {
    const s = shapeIn(x), row = s.slice(1)
    const bad = (['offset', 'scale'] as const).find((k) => {
      const both = broadcast(row, shapeIn(o[k]))
      return both === undefined || !Ext.sameShape(both, row)
    })
    return bad === undefined
      ? E.right(plain(B.div(B.sub(B.float(x), o.offset), o.scale)))
      : fail('ShapeMismatch', [bad], `${bad} ${Ext.showShape(shapeIn(o[bad]))} for input ${Ext.showShape(s)}`, `a shape that broadcasts to a row ${Ext.showShape(row)}`, s.length > 2 ? 'numbers for channels are [channels, 1, 1]' : 'give one number, or one a feature')
  }
})
