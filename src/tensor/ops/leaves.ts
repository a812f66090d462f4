/**
 * Leaves: where a graph begins. A leaf holds no distribution; priors are in the
 * model's table of sites.
 *
 * - `constant`: a scalar (`value`) or an array (`data`)
 * - `iota`: 0, 1, 2, ... along one axis; `extent`: the length of an axis as a scalar
 * - `input`: given at each call; `site`: a latent variable, by name, in its own units
 * - `param`: a point estimate; `state`: carried from step to step
 * - `phase`: 0 predict, 1 train; `key`: two words of a random key
 *
 * @since 0.1.0
 */
import * as Ext from '../extent.ts'
import type { Attrs, Data, DType, Tensor } from '../node.ts'
import { bad, num, ok, shapeAttr, tabulate } from '../rule.ts'
import type { Ref, Row } from '../table.ts'

const DTYPES: readonly string[] = ['f32', 'i32', 'u32', 'bool', 'u8']

const named = (doc: string): Row => ({
  kind: 'leaf',
  attrs: ['name', 'shape', 'dtype'],
  doc,
  type: (_, attrs) => {
    const shape = shapeAttr(attrs, 'shape')
    const wrong = shape.find((e) => typeof e === 'number' && (!Number.isInteger(e) || e < 0))
    return wrong !== undefined
      ? bad(String(attrs['name']), Ext.showShape(shape), 'extents that are whole and not negative', 'use null for an extent that is given later')
      : DTYPES.includes(attrs['dtype'] as string)
        ? ok(shape, attrs['dtype'] as DType)
        : bad(String(attrs['name']), String(attrs['dtype']), `a dtype of ${DTYPES.join(', ')}`, 'use f32 for real numbers, i32 for labels')
  },
  vjp: () => [],
  batch: (c) => c.original,
  f64: () => { throw new Error('internal: a leaf has no value of its own') }
})

const whole = (attrs: Attrs): readonly number[] => attrs['shape'] as readonly number[]

export const leaves: Record<'constant' | 'iota' | 'extent' | 'input' | 'site' | 'param' | 'state' | 'phase' | 'key', Row> = {
  constant: {
    kind: 'leaf',
    attrs: ['shape', 'dtype'],
    doc: 'a number or an array',
    type: (_, attrs) => {
      const shape = shapeAttr(attrs, 'shape')
      const data = attrs['data'] as Data | undefined
      return data !== undefined && !Ext.same(Ext.size(shape), data.length)
        ? bad('constant', `${data.length} numbers`, `${Ext.show(Ext.size(shape))} for shape ${Ext.showShape(shape)}`, 'give the shape the data has')
        : ok(shape, attrs['dtype'] as DType)
    },
    vjp: () => [],
    batch: (c) => c.original,
    f64: (_, attrs, type): Ref =>
      attrs['data'] === undefined
        ? tabulate(type.shape, () => num(attrs, 'value'))
        : { shape: type.shape, data: Float64Array.from(attrs['data'] as Data) }
  },
  iota: {
    kind: 'leaf',
    attrs: ['shape', 'axis', 'dtype'],
    doc: '0, 1, 2, ... along one axis',
    type: (_, attrs) => {
      const shape = shapeAttr(attrs, 'shape')
      const axis = num(attrs, 'axis')
      return axis >= 0 && axis < shape.length
        ? ok(shape, attrs['dtype'] as DType)
        : bad('iota', `axis ${axis} of ${Ext.showShape(shape)}`, 'an axis of the shape', 'count axes from 0')
    },
    vjp: () => [],
    batch: (c) => c.original,
    f64: (_, attrs) => tabulate(whole(attrs), (ix) => ix[num(attrs, 'axis')])
  },
  extent: {
    kind: 'leaf',
    attrs: ['extent'],
    doc: 'the length of an axis as a scalar f32',
    type: () => ok([], 'f32'),
    vjp: () => [],
    batch: (c) => c.original,
    f64: (_, attrs) => ({ shape: [], data: Float64Array.of(num(attrs, 'extent')) })
  },
  input: named('an array given at each call'),
  site: named('a latent variable in its own units'),
  param: named('a point estimate'),
  state: named('a value carried from step to step'),
  phase: named('0 while predicting, 1 while training'),
  key: named('a random key of two words')
}

/** A leaf's name, undefined for unnamed ones. */
export const leafName = (t: Tensor): string | undefined =>
  ['input', 'site', 'param', 'state', 'phase', 'key'].includes(t.op) ? (t.attrs['name'] as string) : undefined

