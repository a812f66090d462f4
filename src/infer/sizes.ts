/**
 * How many rows each observation stands for: the N that minibatches are scaled to.
 *
 * What the call is told counts first; then what the fit before it was told; then what
 * the observation says itself; else the rows that were given.
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, shown } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { Model } from '../model/model.ts'
import type { Provenance } from './approximation.ts'

/** What `fit` was told: it counted another number than the first observation's own. */
const toldTo = ({ likelihoods }: Pick<Model, 'likelihoods'>, p: Provenance): number | undefined =>
  p.totalSize === (likelihoods[0]?.totalSize ?? p.rows) ? undefined : p.totalSize

/** The rows each observation stands for, of `n` that were given to `caller`: never fewer. */
export const sizesFor = (caller: string, model: Pick<Model, 'likelihoods'>, n: number, said: number | undefined, before?: Provenance): Either<GelatoErrors, readonly number[]> => {
  const told = said ?? (before === undefined ? undefined : toldTo(model, before))
  const sizes = model.likelihoods.map((l) => told ?? l.totalSize ?? n)
  return sizes.every((s) => Number.isInteger(s) && s >= n)
    ? E.right(sizes)
    : fail('BadOption', [caller, 'totalSize'], sizes.map(shown).join(', '), `a whole number, at least the ${n} rows that were given`, `give { totalSize: ${n} } where these rows are all that there are`)
}
