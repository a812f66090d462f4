/**
 * How many rows each observation stands for: the N that minibatches are scaled to.
 *
 * What is told counts first, by the call or by the fit before it; then what the observation
 * says itself; else the rows that were given.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { Model } from '../model/model.ts'
import type { ApproximationData } from './approximation.ts'

/** What the fit of an approximation was told. One of before 0.5.0 was told where it counted another number than its first observation's own. */
export const toldTo = ({ model, provenance: p }: Pick<ApproximationData, 'model' | 'provenance'>): number | undefined =>
  p.told ?? (p.totalSize === (model.likelihoods[0]?.totalSize ?? p.rows) ? undefined : p.totalSize)

/** The rows each observation stands for, of `n` that were given to `caller`: never fewer. */
export const sizesFor = (caller: string, model: Pick<Model, 'likelihoods'>, n: number, told: number | undefined): Either<GelatoErrors, readonly number[]> => {
  const sizes = model.likelihoods.map((l) => told ?? l.totalSize ?? n)
  return sizes.every((s) => Number.isInteger(s) && s >= n)
    ? E.right(sizes)
    : fail('BadOption', [caller, 'totalSize'], sizes.map(shown).join(', '), `a whole number, at least the ${n} rows that were given`, `give { totalSize: ${n} } where these rows are all that there are`)
}
