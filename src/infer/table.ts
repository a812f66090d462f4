/**
 * What an approximation says of each number as a table to print: mean, standard
 * deviation and quantiles in the number's own units.
 *
 * @since 0.5.0
 */
import type { HostArray } from '../run/session.ts'
import type { Approximation } from './approximation.ts'
import type { BySite } from './summary.ts'

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
// destructors
// -----------------------------------------------------------------------------

const digits = (x: number): string => String(Number(x.toPrecision(4)))
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

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
 * in its own units; point estimates with their value alone.
 *
 * @example
 * const table = Approximation.summary(approx, { names: ['dense_1.b'], quantiles: [0.025, 0.975] })
 */
export const summary = (approx: Approximation, options: SummaryOptions = {}): string => {
  const levels = options.quantiles ?? [0.05, 0.5, 0.95], most = options.most ?? 8
  const asked = (name: string): boolean => options.names?.includes(name) ?? true
  const at: readonly BySite[] = levels.map((p) => approx.quantile(p))
  const sites = Object.entries(approx.mean).map(([name, mean]): Told => ({
    name, shape: mean.shape,
    cells: (i) => [mean, approx.std[name], ...at.map((q) => q[name])].map((v) => digits(v.data[i]))
  }))
  const points = Object.entries(approx.params).map(([name, value]: readonly [string, HostArray]): Told => ({ name, shape: value.shape, cells: (i) => [digits(value.data[i])] }))
  const rows = [['', 'mean', 'sd', ...levels.map((p) => `${digits(100 * p)} %`)], ...[...sites, ...points].filter((t) => asked(t.name)).flatMap((t) => rowsOf(t, most))]
  const widths = rows[0].map((_, k) => Math.max(...rows.map((r) => r[k]?.length ?? 0)))
  return rows.map((r) => r.map((c, k) => (k === 0 ? c.padEnd(widths[0]) : c.padStart(widths[k]))).join('  ').trimEnd()).join('\n')
}
