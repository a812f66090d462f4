/**
 * Gaps in observations of whole vectors. The data say of each number whether it is there,
 * and a distribution of vectors has a density of all the numbers together: a vector is
 * there, or it is missing.
 *
 * Law: a mask that has a number for each vector is left as it is.
 *
 * @since 0.5.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { familyOf } from '../dist/index.ts'
import { rowSize } from '../dataset/index.ts'
import type { Field } from '../dataset/index.ts'
import { sameShape } from '../tensor/extent.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import type { LikelihoodTerm, Model } from '../model/index.ts'

type Fields = Readonly<Record<string, Field>>

const vectorMask = (fields: Fields) => ({ name, mask, dist }: LikelihoodTerm): Either<GelatoErrors, Fields> => {
  const k = mask === undefined ? undefined : leafName(mask), event = dist === undefined ? 0 : familyOf(dist.family).event
  const field = fields[name], numbers = k === undefined ? undefined : fields[k]
  if (k === undefined || numbers === undefined || field === undefined || event === 0 || field.shape.length <= event || !sameShape(numbers.shape, field.shape)) return E.right({})
  const each = field.shape.slice(-event).reduce((a, b) => a * b, 1), per = rowSize(field) / each, data = new Uint8Array(field.data.length / each)
  for (let v = 0; v < data.length; v++) {
    let there = 0
    for (let i = v * each; i < (v + 1) * each; i++) if (numbers.data[i] !== 0) there++
    if (there > 0 && there < each)
      return fail('NonFinite', ['data', name, `row ${Math.floor(v / per)}${per === 1 ? '' : `, vector ${v % per} of it`}`], `${each - there} of ${each} numbers missing`,
        `all or none of them: '${name}' is ${dist?.family ?? ''}, of whole vectors`, 'give all its numbers, or NaN for all of them; a likelihood of single numbers, such as Likelihood.normal, takes gaps in a row')
    data[v] = there > 0 ? 1 : 0
  }
  return E.right({ [k]: { dtype: 'u8', shape: field.shape.slice(0, -event), data } })
}

/** The fields, where masks of the numbers of vectors are masks of the vectors. Errors: `NonFinite` for a vector that is there in part. */
export const wholeVectors = (model: Model, fields: Fields): Either<GelatoErrors, Fields> =>
  pipe(all(model.likelihoods.map(vectorMask(fields))), E.map((masks): Fields => Object.assign({}, fields, ...masks)))
