/**
 * Initialisers: where weights start, told by how they are drawn. Import it as a
 * namespace: `Spec.learn(Init.heNormal())`, `Spec.withInit(Init.orthogonal())(prior)`.
 *
 * An initialiser is data that waits for a shape and for fans; it comes to a start (`Init`)
 * when the spec that holds it is resolved, and to numbers when a fit begins.
 *
 * Law: the numbers depend on the seed, the variable's name, its shape and its fans alone.
 *
 * @since 0.3.0
 */
import { bits, fold, normals, permute, uniformOf } from '../random/index.ts'
import type { Key } from '../random/index.ts'
import { didYouMean, nearest } from '../error.ts'
import type { Init } from './site.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Names of the laws. */
export type LawName = 'constant' | 'normal' | 'uniform' | 'glorotNormal' | 'glorotUniform' | 'heNormal' | 'heUniform' | 'orthogonal' | 'sparse'

/** A start that waits for a shape. */
export interface Initialiser {
  readonly _tag: 'Initialiser'
  readonly law: LawName
  readonly options: Readonly<Record<string, number | 'relu'>>
}

/** A factor on the standard deviation; `relu` is sqrt(2), which makes up for the half that a rectifier cuts off. */
export type Gain = number | 'relu'

/** Options of initialisers that know only a gain. */
export interface GainOptions {
  /** 1 when absent. */
  readonly gain?: Gain
}

/** What can be wrong with an initialiser at a place. */
export interface Misuse {
  readonly got: string
  readonly need: string
  readonly hint: string
}

interface At {
  readonly shape: readonly number[]
  readonly fanIn: number
  readonly fanOut: number
}

interface Law {
  readonly defaults: Readonly<Record<string, number | 'relu'>>
  readonly at: (o: Readonly<Record<string, number>>, at: At) => Init | Misuse
}

// -----------------------------------------------------------------------------
// the table of laws
// -----------------------------------------------------------------------------

const normalOf = (sd: number): Init => ({ _tag: 'Normal', mean: 0, sd })
const uniformOfSd = (sd: number): Init => ({ _tag: 'Uniform', lower: -Math.sqrt(3) * sd, upper: Math.sqrt(3) * sd })
const glorot = ({ gain }: Readonly<Record<string, number>>, { fanIn, fanOut }: At): number => gain * Math.sqrt(2 / Math.max(fanIn + fanOut, 1))
const he = ({ gain }: Readonly<Record<string, number>>, { fanIn }: At): number => gain / Math.sqrt(Math.max(fanIn, 1))

const below = (name: string, v: number, need: string): Misuse => ({ got: `${name} ${v}`, need, hint: `give another ${name}` })

const laws: Readonly<Record<LawName, Law>> = {
  constant: { defaults: { value: 0 }, at: ({ value }) => ({ _tag: 'Constant', value, scale: 1 }) },
  normal: { defaults: { sd: 0.01, mean: 0 }, at: ({ sd, mean }) => (sd >= 0 ? { _tag: 'Normal', mean, sd } : below('sd', sd, 'a standard deviation, not negative')) },
  uniform: {
    defaults: { lower: -0.01, upper: 0.01 },
    at: ({ lower, upper }) => (lower <= upper ? { _tag: 'Uniform', lower, upper } : below('lower', lower, `a bound of at most upper, ${upper}`))
  },
  glorotNormal: { defaults: { gain: 1 }, at: (o, at) => normalOf(glorot(o, at)) },
  glorotUniform: { defaults: { gain: 1 }, at: (o, at) => uniformOfSd(glorot(o, at)) },
  heNormal: { defaults: { gain: 1 }, at: (o, at) => normalOf(he(o, at)) },
  heUniform: { defaults: { gain: 1 }, at: (o, at) => uniformOfSd(he(o, at)) },
  orthogonal: {
    defaults: { gain: 1 },
    at: ({ gain }, { shape }) => (shape.length >= 2 ? { _tag: 'Orthogonal', gain } : { got: `shape [${shape.join(', ')}]`, need: 'two axes or more', hint: 'use Init.normal for vectors and scalars' })
  },
  sparse: {
    defaults: { sparsity: 0.1, sd: 0.01 },
    at: ({ sparsity, sd }, { shape }) =>
      shape.length !== 2 ? { got: `shape [${shape.join(', ')}]`, need: 'two axes', hint: 'use Init.normal for other shapes' }
      : sparsity > 0 && sparsity <= 1 ? { _tag: 'Sparse', share: sparsity, sd } : below('sparsity', sparsity, 'a share above 0 and at most 1')
  }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const make = (law: LawName, options: object): Initialiser => ({ _tag: 'Initialiser', law, options: { ...laws[law].defaults, ...options } })

/** The same number everywhere. */
export const constant = (value: number): Initialiser => make('constant', { value })

/** Normal numbers, sd 0.01 about 0 when nothing is said. */
export const normal = (o: { readonly sd?: number; readonly mean?: number } = {}): Initialiser => make('normal', o)

/** Uniform numbers, from -0.01 to 0.01 when nothing is said. */
export const uniform = (o: { readonly lower?: number; readonly upper?: number } = {}): Initialiser => make('uniform', o)

/**
 * Normal numbers of sd gain sqrt(2 / (fan in + fan out)) (Glorot and Bengio 2010).
 *
 * @example
 * Layer.dense({ units: 64, activation: 'relu', W: Spec.learn(Init.glorotNormal({ gain: 'relu' })) })
 */
export const glorotNormal = (o: GainOptions = {}): Initialiser => make('glorotNormal', o)

/** Uniform numbers of the same sd as `glorotNormal`: what layers give their weights. */
export const glorotUniform = (o: GainOptions = {}): Initialiser => make('glorotUniform', o)

/** Normal numbers of sd gain sqrt(1 / fan in) (He et al. 2015, with gain `relu`). */
export const heNormal = (o: GainOptions = {}): Initialiser => make('heNormal', o)

/** Uniform numbers of the same sd as `heNormal`. */
export const heUniform = (o: GainOptions = {}): Initialiser => make('heUniform', o)

/**
 * gain times a random matrix whose rows or columns (the fewer) are orthonormal; axes
 * after the first are flattened (Saxe, McClelland and Ganguli 2014).
 */
export const orthogonal = (o: GainOptions = {}): Initialiser => make('orthogonal', o)

/** In each column of a matrix a share of `sparsity` (0.1) normal numbers of sd 0.01, else zeros (Martens 2010). */
export const sparse = (o: { readonly sparsity?: number; readonly sd?: number } = {}): Initialiser => make('sparse', o)

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Is it an initialiser? */
export const isInitialiser = (x: unknown): x is Initialiser =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Initialiser'

/** An initialiser as text: `glorotUniform({ gain: relu })`; options that are the defaults are left out. */
export const show = (i: Initialiser): string => {
  if (!Object.hasOwn(laws, i.law)) return String(i.law)
  const said = Object.entries(i.options).filter(([k, v]) => laws[i.law].defaults[k] !== v)
  return `${i.law}(${said.length === 0 ? '' : `{ ${said.map(([k, v]) => `${k}: ${v}`).join(', ')} }`})`
}

/** What an initialiser comes to at a shape and its fans, or what is wrong with it there. */
export const startAt = (i: Initialiser, at: At): Init | Misuse => {
  if (!Object.hasOwn(laws, i.law)) return { got: `an initialiser '${String(i.law)}'`, need: `one of ${Object.keys(laws).join(', ')}`, hint: `make it by Init.${nearest(String(i.law), Object.keys(laws)) ?? 'normal'}` }
  const { defaults, at: settle } = laws[i.law], known = Object.keys(defaults)
  const strange = Object.keys(i.options).find((k) => !known.includes(k))
  if (strange !== undefined) return { got: `option '${strange}' of Init.${i.law}`, need: `one of ${known.join(', ')}`, hint: didYouMean(strange, known) }
  const numbers = Object.fromEntries(Object.entries(i.options).map(([k, v]) => [k, k === 'gain' && v === 'relu' ? Math.SQRT2 : v]))
  const bad = Object.entries(numbers).find(([, v]) => typeof v !== 'number' || !Number.isFinite(v))
  return bad !== undefined
    ? { got: `${bad[0]} ${String(bad[1])}`, need: bad[0] === 'gain' ? "a number, or 'relu'" : 'a finite number', hint: `give another ${bad[0]}` }
    : settle(numbers as Readonly<Record<string, number>>, at)
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/**
 * Orthonormal rows of a normal matrix [few, many], by Gram and Schmidt, each row twice
 * ("twice is enough", Giraud et al. 2005); rows of a normal matrix are never parallel.
 */
const orthonormalRows = (few: number, many: number, key: Key): Float64Array => {
  const q = Float64Array.from(normals(few * many)(key))
  for (let i = 0; i < few; i++) {
    const row = q.subarray(i * many, (i + 1) * many)
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const other = q.subarray(j * many, (j + 1) * many)
        let dot = 0
        for (let k = 0; k < many; k++) dot += row[k] * other[k]
        for (let k = 0; k < many; k++) row[k] -= dot * other[k]
      }
    let square = 0
    for (let k = 0; k < many; k++) square += row[k] * row[k]
    const norm = Math.sqrt(square)
    for (let k = 0; k < many; k++) row[k] /= norm
  }
  return q
}

const orthogonalOf = (gain: number, shape: readonly number[], key: Key): Float64Array => {
  const rows = shape[0], columns = sizeOf(shape.slice(1))
  const few = Math.min(rows, columns), many = Math.max(rows, columns)
  const q = orthonormalRows(few, many, key)
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const r = Math.floor(i / columns), c = i % columns
    return gain * (rows <= columns ? q[r * many + c] : q[c * many + r])
  })
}

const sparseOf = (share: number, sd: number, [rows, columns]: readonly number[], key: Key): Float64Array => {
  const out = new Float64Array(rows * columns), count = Math.floor(share * rows)
  const values = normals(count * columns)(fold(0)(key))
  for (let c = 0; c < columns; c++) {
    const at = permute(rows)(fold(c)(fold(1)(key)))
    for (let i = 0; i < count; i++) out[at(i) * columns + c] = sd * values[c * count + i]
  }
  return out
}

/** `f` of each word or number; a loop, as starts of millions of weights are drawn here. */
const each = (xs: Uint32Array | Float64Array, f: (x: number) => number): Float64Array => {
  const out = new Float64Array(xs.length)
  for (let i = 0; i < xs.length; i++) out[i] = f(xs[i])
  return out
}

/** Numbers of a start; undefined where the method chooses. */
export const numbersOf = (init: Init, shape: readonly number[], key: Key): Float64Array | undefined => {
  const n = sizeOf(shape)
  switch (init._tag) {
    case 'Auto': return undefined
    case 'Value': return Float64Array.from(init.data)
    case 'Constant': return new Float64Array(n).fill(init.value)
    case 'Glorot': {
      const bound = Math.sqrt(6 / (init.fanIn + init.fanOut))
      return each(bits(n)(key), (w) => bound * (2 * uniformOf(w) - 1))
    }
    case 'Uniform': {
      const { lower, upper } = init
      return each(bits(n)(key), (w) => lower + (upper - lower) * uniformOf(w))
    }
    case 'Normal': {
      const { mean, sd } = init
      return each(normals(n)(key), (z) => mean + sd * z)
    }
    case 'Orthogonal': return orthogonalOf(init.gain, shape, key)
    case 'Sparse': return sparseOf(init.share, init.sd, shape, key)
  }
}

/** The size of the numbers that a start aims at: their standard deviation. Undefined where it has none. */
export const spreadOf = (init: Init, shape: readonly number[]): number | undefined => {
  switch (init._tag) {
    case 'Glorot': return Math.sqrt(2 / (init.fanIn + init.fanOut))
    case 'Constant':
    case 'Value': return init.scale
    case 'Uniform': return init.upper > init.lower ? (init.upper - init.lower) / Math.sqrt(12) : undefined
    case 'Normal': return init.sd > 0 ? init.sd : undefined
    case 'Orthogonal': return Math.abs(init.gain) / Math.sqrt(Math.max(shape[0] ?? 1, sizeOf(shape.slice(1)), 1)) || undefined
    case 'Sparse': return init.sd * Math.sqrt(init.share) || undefined
    default: return undefined
  }
}
