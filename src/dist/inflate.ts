/**
 * Structural zeros: from a family of counts to the family that is 0 with probability
 * `gate` and else a draw of the first.
 *
 * @since 0.2.0
 */
import { O, pipe } from '../fp.ts'
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { logChance, logMix } from './chance.ts'
import { family, uniform01 } from './family.ts'
import type { Family, Params } from './family.ts'

/** The row with structural zeros: P(0) = gate + (1 - gate) p(0), P(x) = (1 - gate) p(x). */
export const zeroInflate = <K extends string>(row: Family<K>): Family<K | 'gate'> => {
  const both = <A>(a: O.Option<A>, b: O.Option<A>): readonly [A, A] | undefined => (O.isSome(a) && O.isSome(b) ? [a.value, b.value] : undefined)
  const { sample, cdf } = row
  const kept = (p: Params): Tensor => B.sub(1, p['gate'])
  return family<K | 'gate'>({
    doc: `0 with probability gate, else ${row.doc}`,
    density: `gate + (1 - gate) p(0) at 0, (1 - gate) p(x) elsewhere, where p(x) = ${row.density}`,
    // A spread of a generic record loses its keys' names.
    params: { gate: { domain: 'probability' }, ...row.params } as unknown as Family<K | 'gate'>['params'],
    oneOf: row.oneOf as readonly K[],
    discrete: true,
    support: row.support,
    logDensity: (p, x) => {
      const own = row.logDensity(p, x)
      return B.select(B.eq(x, 0), logMix(p['gate'], B.scalar(0), own), B.add(logChance(kept(p)), own))
    },
    ...(O.isSome(sample) ? {
      sample: (p: Params, key: Tensor, shape: Parameters<typeof sample.value>[2]) =>
        B.select(B.lt(uniform01(B.fold(key, 0), shape), p['gate']), 0, sample.value(p, B.fold(key, 1), shape))
    } : {}),
    mean: (p) => pipe(row.mean(p), O.map((m) => B.mul(kept(p), m)), O.toUndefined),
    variance: (p) => {
      const mv = both(row.mean(p), row.variance(p))
      return mv && B.mul(kept(p), B.add(mv[1], B.mul(p['gate'], B.square(mv[0]))))
    },
    ...(O.isSome(cdf) ? { cdf: (p: Params, x: Tensor) => B.add(p['gate'], B.mul(kept(p), cdf.value(p, x))) } : {})
  })
}
