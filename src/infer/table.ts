/**
 * What an approximation says of each number as a table to print: mean, standard
 * deviation and quantiles in the number's own units.
 *
 * @since 0.5.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { asError, didYouMean, fail, knownOptions, merge, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { HostArray } from '../run/session.ts'
import { checkApproximation } from './approximation.ts'
import type { Approximation } from './approximation.ts'
import { sizeOf } from './layout.ts'
import type { BySite } from './summary.ts'
import { whole } from './whole.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Options of `summary`. */
export interface SummaryOptions {
  /** Sites and point estimates to tell of, by name; all when absent. */
  readonly names?: readonly string[]
  /** Levels of the quantiles, from 0 to 1: 0.05, 0.5 and 0.95 when absent. */
  readonly quantiles?: readonly number[]
  /** Numbers of one site that are told, 8 when absent; of the others only how many there are. */
  readonly most?: number
}

interface Told {
  readonly name: string
  readonly shape: readonly number[]
  /** The cells of the number at a place. */
  readonly cells: (i: number) => readonly string[]
}

// -----------------------------------------------------------------------------
// checks
// -----------------------------------------------------------------------------

const NAME = 'summary'

const level = (p: unknown): boolean => typeof p === 'number' && p >= 0 && p <= 1
const listOf = (key: string, xs: unknown, one: (x: unknown) => boolean, need: string, hint: string): Either<GelatoErrors, void> =>
  xs === undefined || (Array.isArray(xs) && xs.every(one)) ? E.right(undefined) : fail('BadOption', [NAME, key], shown(xs), need, hint)

const check = (approx: Approximation, o: SummaryOptions): Either<GelatoErrors, void> =>
  pipe(
    checkApproximation([NAME], approx),
    E.chain(() => knownOptions([NAME], ['names', 'quantiles', 'most'])(o)),
    E.chain(() => listOf('names', o.names, (x) => typeof x === 'string', 'a list of names', "give ['dense_1.b'], say")),
    E.chain(() => listOf('quantiles', o.quantiles, level, 'a list of numbers from 0 to 1', 'give [0.05, 0.5, 0.95], say')),
    E.chain(() => (o.most === Infinity ? E.right(undefined) : whole([NAME, 'most'], o.most ?? 0, 0))),
    E.chain(() => {
      const known = [...approx.data.model.sites.map((s) => s.name), ...Object.keys(approx.params)]
      const strange = o.names?.find((n) => !known.includes(n))
      return strange === undefined ? E.right(undefined) : fail('UnknownSite', [NAME, 'names'], `'${strange}'`, `one of ${known.join(', ')}`, didYouMean(strange, known))
    })
  )

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

const digits = (x: number): string => String(Number(x.toPrecision(4)))

/** `W[1, 0]`: an element by its index, the name alone where there is one number. */
const named = ({ name, shape }: Told, i: number): string =>
  shape.length === 0 ? name : `${name}[${shape.map((n, k) => Math.floor(i / sizeOf(shape.slice(k + 1))) % n).join(', ')}]`

const rowsOf = (t: Told, most: number): readonly (readonly string[])[] => {
  const n = sizeOf(t.shape), shown = Math.min(n, most)
  return [
    ...Array.from({ length: shown }, (_, i) => [named(t, i), ...t.cells(i)]),
    ...(shown < n ? [[`${t.name}: ${shown > 0 ? `${n - shown} more` : `${n} numbers`}`]] : [])
  ]
}

/**
 * A table to print: mean, standard deviation and quantiles of every number of every site,
 * in its own units; point estimates with their value alone, the
 * mode that `Method.map` gives with `-` for what it doesn't say. Throws, as an `Error` with the reason, where it isn't given
 * an approximation, or options that it can't have.
 *
 * @example
 * const table = Approximation.summary(approx, { names: ['dense_1.b'], quantiles: [0.025, 0.975] })
 */
export const summary = (approx: Approximation, options: SummaryOptions = {}): string => {
  const checked = check(approx, options)
  if (E.isLeft(checked)) throw asError(merge(checked.left))
  const levels = options.quantiles ?? [0.05, 0.5, 0.95], most = options.most ?? 8
  const asked = (name: string): boolean => options.names?.includes(name) ?? true
  const { posterior } = approx.data, spread = posterior._tag !== 'Family' || posterior.family !== 'delta'
  const at: readonly BySite[] = levels.map((p) => approx.quantile(p))
  const sites = Object.entries(approx.mean).map(([name, mean]): Told => ({
    name, shape: mean.shape,
    // A mode has no spread: what quadrature makes of none is rounding.
    cells: (i) => [digits(mean.data[i]), ...(spread ? [approx.std[name], ...at.map((q) => q[name])].map((v) => digits(v.data[i])) : ['-', ...at.map(() => '-')])]
  }))
  const points = Object.entries(approx.params).map(([name, value]: readonly [string, HostArray]): Told => ({ name, shape: value.shape, cells: (i) => [digits(value.data[i])] }))
  const rows = [['', 'mean', 'sd', ...levels.map((p) => `${digits(100 * p)} %`)], ...[...sites, ...points].filter((t) => asked(t.name)).flatMap((t) => rowsOf(t, most))]
  const widths = rows[0].map((_, k) => Math.max(...rows.map((r) => r[k]?.length ?? 0)))
  return rows.map((r) => r.map((c, k) => (k === 0 ? c.padEnd(widths[0]) : c.padStart(widths[k]))).join('  ').trimEnd()).join('\n')
}
