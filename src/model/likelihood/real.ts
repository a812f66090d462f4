/**
 * Likelihoods of real numbers around the output: normal, with heavier tails, and whole
 * vectors with a covariance.
 *
 * @since 0.1.0
 */
import { E } from '../../fp.ts'
import { fail } from '../../error.ts'
import * as Dist from '../../dist/index.ts'
import * as B from '../../tensor/build.ts'
import * as Ext from '../../tensor/extent.ts'
import type { Shape } from '../../tensor/extent.ts'
import { shapeOf } from '../../tensor/node.ts'
import { argument } from './argument.ts'
import type { Argument, ArgumentInfo, ArgumentInput } from './argument.ts'
import { data, elementwise, fitting, make, rowsOf } from './likelihood.ts'
import type { Likelihood } from './likelihood.ts'

const scale: ArgumentInfo = { role: 'scale', domain: 'positive', doc: 'the standard deviation of the noise' }

/** Options of `normal`. */
export interface NormalOptions {
  /** Standard deviation of the noise: fixed (a number, an array that broadcasts to a row, a tensor), inferred by a spec (one unknown, `y.sd`), or told by the network (`Likelihood.fromOutput`). */
  readonly sd: ArgumentInput
}

/**
 * Real numbers around the output. Observed: f32, the output's shape.
 *
 * @example
 * Model.observe(Likelihood.normal({ sd: 0.1 }), { name: 'y' })
 * Model.observe(Likelihood.normal({ sd: Spec.halfNormal() }), { name: 'y' })
 */
export const normal = (options: NormalOptions): Likelihood =>
  make<{ readonly sd: Argument }>({
    kind: 'normal',
    options: { sd: argument(scale) },
    args: (o) => ({ sd: o.sd }),
    rule: () => elementwise('normal', 'f32', (mu, { sd }) => ({ dist: Dist.normal({ mu, sd }) }))
  }, options)

/** Options of `studentT`. */
export interface StudentTOptions {
  /** Degrees of freedom: fewer make heavier tails. */
  readonly nu: ArgumentInput
  /** Scale of the noise. */
  readonly sd: ArgumentInput
}

/**
 * Real numbers around the output with heavy tails. Observed: f32, the output's shape.
 * Predictions summarise the centre, which is the mean where there is one (nu > 1).
 *
 * @example
 * Model.observe(Likelihood.studentT({ nu: 4, sd: Spec.halfNormal() }), { name: 'y' })
 */
export const studentT = (options: StudentTOptions): Likelihood =>
  make<{ readonly nu: Argument; readonly sd: Argument }>({
    kind: 'studentT',
    options: { nu: argument({ role: 'latent', domain: 'positive', doc: 'the degrees of freedom' }), sd: argument({ ...scale, doc: 'the scale of the noise' }) },
    args: (o) => ({ nu: o.nu, sd: o.sd }),
    rule: () => elementwise('studentT', 'f32', (mu, { nu, sd }) => ({ dist: Dist.studentT({ nu, mu, sd }), expected: mu }))
  }, options)

/** Options of `multivariateNormal`. */
export interface MultivariateNormalOptions {
  /** Lower triangular factor [k, k]: of the covariance, or of the correlation where `sd` is given. A spec is one unknown, `y.chol`. */
  readonly chol: ArgumentInput
  /** Standard deviations [k], which multiply the rows of `chol`; 1 when absent. */
  readonly sd?: ArgumentInput
}

const width = (s: Shape): number => Number(s[s.length - 1] ?? 1)

/**
 * Vectors of k real numbers around the output's last axis. Observed: f32, the output's
 * shape [batch, ..., k].
 *
 * @example
 * // scales and correlations of the columns, both inferred
 * Likelihood.multivariateNormal({ chol: Spec.lkjCholesky({ eta: 2 }), sd: Spec.halfNormal() })
 */
export const multivariateNormal = (options: MultivariateNormalOptions): Likelihood =>
  make<{ readonly chol: Argument; readonly sd: Argument }>({
    kind: 'multivariateNormal',
    options: {
      chol: argument({ role: 'latent', domain: 'cholesky', doc: 'a lower triangular factor', shape: (s) => [width(s), width(s)] }),
      sd: (x, path) => argument({ ...scale, shape: (s) => [width(s)] })(x ?? 1, path)
    },
    args: (o) => ({ chol: o.chol, sd: o.sd }),
    rule: () => (output, { chol, sd }) => {
      const rows = rowsOf('multivariateNormal', output, 2)
      if (E.isLeft(rows)) return rows
      const mu = B.float(output), s = rows.right, k = s[s.length - 1], c = shapeOf(chol)
      if (typeof k !== 'number' || c.length < 2 || !c.slice(-2).every((e) => Ext.same(e, k)))
        return fail('ShapeMismatch', ['Likelihood.multivariateNormal', 'chol'], `chol of shape ${Ext.showShape(c)} for an output ${Ext.showShape(s)}`, `a square matrix [${Ext.show(k)}, ${Ext.show(k)}]`, 'give a lower triangular factor with a row and a column for each number of the output')
      const wide = fitting('multivariateNormal', 'sd', sd, s)
      return E.isLeft(wide) ? wide : data('f32', s, Dist.multivariateNormal({ mu, chol: B.mul(shapeOf(sd).length === 0 ? sd : B.expandDims(sd, shapeOf(sd).length), chol) }))
    }
  }, options)
