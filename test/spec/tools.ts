/** Reading results of `Spec.resolve` in tests. */
import { E } from '../../src/fp.ts'
import type { Either } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import type { GelatoErrors } from '../../src/error.ts'
import * as Tensor from '../../src/tensor/index.ts'
import type { Resolved, Site } from '../../src/spec/index.ts'

/** The Right, or a failed test that shows the errors. */
export const right = <A>(r: Either<GelatoErrors, A>): A => {
  if (E.isLeft(r)) throw new Error(renderAll(r.left))
  return r.right
}

/** The errors' tags, empty for a Right. */
export const tags = (r: Either<GelatoErrors, unknown>): readonly string[] => (E.isLeft(r) ? r.left.map((e) => e._tag) : [])

/** The errors as text. */
export const text = (r: Either<GelatoErrors, unknown>): string => (E.isLeft(r) ? renderAll(r.left) : 'Right')

/** Sites as `name [shape]`. */
export const sites = (r: { readonly sites: readonly Site[] }): readonly string[] => r.sites.map((s) => `${s.name} [${s.shape.join(', ')}]`)

/** The shape of the value. */
export const shape = (r: Resolved): readonly unknown[] => Tensor.shape(r.value)

/** Everything that a resolution says, as text without tensors' identities. */
export const said = (r: Either<GelatoErrors, Resolved>): string =>
  E.isLeft(r) ? renderAll(r.left)
    : [Tensor.listing([r.right.value]), ...r.right.sites.map((s) => `${s.name} [${s.shape.join()}] ${s.dist.family} ${s.role} ${JSON.stringify(s.init)} ${Tensor.listing(Object.values(s.dist.params))}`),
      ...r.right.deterministics.map(([n, t]) => `${n} ${Tensor.listing([t])}`)].join('\n')
