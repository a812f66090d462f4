/** What the tests of models share. */
import { renderAll } from '../../src/index.ts'
import type { Tensor } from '../../src/index.ts'

export { Dist, E, Model, Spec, Tensor, evaluate, orThrow, pipe } from '../../src/index.ts'

/** The rendered errors of an ill-shaped graph, or a failing test. */
export const errorsText = (t: Tensor.Tensor): string => {
  if (t.type._tag === 'Right') throw new Error('expected an ill-shaped graph')
  return `${t.type.left.map((e) => e._tag).join(' ')} ${renderAll(t.type.left)}`
}
