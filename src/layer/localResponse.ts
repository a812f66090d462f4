/**
 * Local response normalisation: each channel by the squares of its neighbours.
 *
 * @since 0.2.0
 */
import { E } from '../fp.ts'
import { fail } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import { shapeIn } from './axes.ts'
import { unaryOr } from './make.ts'
import { orElse, such } from './option.ts'

/** Options of `localResponseNorm`. */
export interface LocalResponseNormConfig {
  /** The factor of the sum of squares, 1e-4 when absent. PyTorch's alpha is n times this one. */
  readonly alpha?: number
  /** The exponent, 0.75 when absent. */
  readonly beta?: number
  /** Added to the sum of squares, above 0; 2 when absent. */
  readonly k?: number
  /** Neighbouring channels that are summed, odd; 5 when absent. */
  readonly n?: number
  readonly name?: string
}

interface LocalResponse {
  readonly alpha: number
  readonly beta: number
  readonly k: number
  readonly n: number
}

const positive = such('a number above 0', 'such as 2', (x) => x > 0)
const notNegative = such('a number of 0 or more', 'such as 1e-4', (x) => x >= 0)
const odd = such('an odd number of channels', 'such as 5: two on either side', (x) => Number.isSafeInteger(x) && x > 0 && x % 2 === 1)

/**
 * Local response normalisation (Krizhevsky et al. 2012) of [batch, channels, ...]:
 * x / (k + alpha sum of squares of the n channels around)^beta. The shape stays.
 *
 * @example
 * Layer.localResponseNorm({ n: 3 })
 */
export const localResponseNorm = unaryOr<LocalResponse, LocalResponseNormConfig>({
  kind: 'localResponseNorm',
  options: { alpha: orElse(notNegative, 1e-4), beta: orElse(notNegative, 0.75), k: orElse(positive, 2), n: orElse(odd, 5) },
  label: (o) => `${o.n} channels`,
  rule: (o) => ([input]) => {
    const x = B.float(input), s = shapeIn(x), half = (o.n - 1) / 2
    if (s.length < 2)
      return fail('ShapeMismatch', [], `input ${Ext.showShape(s)}`, 'channels on axis 1: [batch, channels, ...]', 'put it behind a convolution')
    const beside = s.map((_, i) => (i === 1 ? half : 0))
    const squares = B.pad(B.square(x), beside, beside)
    const window = Array.from({ length: o.n }, (_, i) => B.sliceAxis(squares, 1, i, Ext.add(s[1], i))).reduce((a, b) => B.add(a, b))
    return E.right({ params: {}, apply: () => ({ output: B.mul(x, B.pow(B.add(o.k, B.mul(window, o.alpha)), -o.beta)) }) })
  }
})
