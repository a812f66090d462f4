/**
 * Where in a sequence a place is, added to its features: attention alone can't tell.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { shapeIn } from './axes.ts'
import { unaryOr } from './make.ts'
import { orElse, such, word } from './option.ts'
import type { ParamValue, Weight } from './param.ts'
import { weight } from './param.ts'
import { plain } from './plan.ts'

/** Options of `positionalEmbedding`. */
export interface PositionalEmbeddingConfig {
  /** Waves of growing length, or learnt; `sinusoidal` when absent. */
  readonly kind?: 'sinusoidal' | 'learnt'
  /** Learnt features [time, features], a row for each place. */
  readonly W?: Weight
  /** The longest wave is 2 pi times this; 10000 when absent. */
  readonly base?: number
  readonly name?: string
}

interface Options {
  readonly kind: 'sinusoidal' | 'learnt'
  readonly W: ParamValue
  readonly base: number
}

const above1 = such('a number above 1', '10000 when absent', (x) => x > 1)

/** sin(t / base^(2i / features)) at feature 2i, cos at 2i + 1 (Vaswani et al. 2017, section 3.5). */
const waves = (time: number, features: number, base: number): Float32Array =>
  Float32Array.from({ length: time * features }, (_, at) => {
    const j = at % features, angle = Math.floor(at / features) / base ** ((j - (j % 2)) / features)
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
  })

/**
 * Features of its place added to each step of a sequence [batch, time, features]: waves
 * (Vaswani et al. 2017), or learnt ones. The shape stays.
 *
 * @example
 * Layer.positionalEmbedding()
 * Layer.positionalEmbedding({ kind: 'learnt', W: Spec.normal({ sd: 0.1 }) })
 */
export const positionalEmbedding = unaryOr<Options, PositionalEmbeddingConfig>({
  kind: 'positionalEmbedding',
  options: { kind: orElse(word<'sinusoidal' | 'learnt'>(['sinusoidal', 'learnt']), 'sinusoidal'), W: weight, base: orElse(above1, 10000) },
  slots: (o): Readonly<Record<string, { readonly role: 'weight'; readonly value: ParamValue }>> => (o.kind === 'learnt' ? { W: { role: 'weight', value: o.W } } : {}),
  label: (o) => o.kind,
  rule: (o) => ([x]) => {
    const s = shapeIn(x), [, time, features] = s
    if (s.length !== 3 || typeof time !== 'number' || typeof features !== 'number')
      return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'sequences [batch, time, features] of known length and features', 'give the length as a number instead of null')
    if (o.kind === 'sinusoidal')
      return o.W._tag === 'Hole'
        ? E.right(plain(B.add(B.float(x), B.array(waves(time, features, o.base), [time, features]))))
        : fail('BadOption', ['W'], 'W with waves', 'no W, or learnt features', "say kind: 'learnt'")
    const shape = [time, features]
    // Each output takes one element, not a sum: the fan in is 1.
    return E.right({ params: { W: { shape, fanIn: 1, fanOut: features } }, apply: ({ params: { W } }) => ({ output: B.add(B.float(x), W ?? B.full(shape, 0)) }) })
  }
})
