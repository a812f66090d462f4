/** The five expressions of the original's tests: three free variables each at [10, 10]. */
import { pipe } from '../../src/fp.ts'
import * as Spec from '../../src/spec/index.ts'
import * as Tensor from '../../src/tensor/index.ts'

/** A matrix [rows, 1] times a row [1, columns], and noise on top: a low-rank prior of weights. */
export const lowRank = (): Spec.Spec =>
  pipe(Spec.normal(), Spec.withShape((s) => [s[0], 1]), Spec.dot(pipe(Spec.normal(), Spec.withShape((s) => [1, s[1]]))), Spec.add(Spec.laplace()))

const difference = (): Spec.Spec => pipe(Spec.normal(), Spec.add(Spec.laplace()), Spec.div(100), Spec.sub(Spec.normal()))
const scalar = (): Spec.Spec => pipe(Spec.normal(), Spec.add(pipe(Spec.laplace(), Spec.withShape([]))), Spec.div(100), Spec.sub(Spec.normal()))
const squared = (e: Spec.Spec): Spec.Spec => pipe(e, Spec.mul(e))

export const five: readonly (readonly [string, Spec.Spec])[] = [
  ['sum and difference', difference()],
  ['matrix power', pipe(Spec.asSpecOp(Tensor.matrixPower)(2)(pipe(Spec.normal(), Spec.mul(Spec.laplace()))), Spec.div(100), Spec.sub(Spec.normal()))],
  ['low rank', lowRank()],
  ['squared, sharing its parts', squared(difference())],
  ['squared, with a scalar part', squared(scalar())]
]
