/**
 * The f64 host interpreter: what every op means. It walks a graph in topological order
 * and applies the rows' f64 meanings; it is the oracle of the tests and runs small
 * things where there is no GPU.
 *
 * Laws: no op is known here, only the table; integer dtypes wrap as on the device.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, union } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import { bindExtents } from '../tensor/replace.ts'
import * as Ext from '../tensor/extent.ts'
import type { Each, Tensor } from '../tensor/node.ts'
import { errorsOf, topo, typeOf } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { row } from '../tensor/table.ts'
import type { Ref } from '../tensor/table.ts'

export type { Ref } from '../tensor/table.ts'

/** Values of named leaves, by name; shapes are those of the leaves. */
export type Values = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>

/** Extents of symbols, read off the values of leaves whose shapes hold them bare. */
export const extentsFrom = (leaves: readonly Tensor[], values: Values): Readonly<Record<string, number>> => {
  const env: Record<string, number> = {}
  for (const l of leaves) {
    const v = values[leafName(l) as string]
    if (v === undefined || E.isLeft(l.type)) continue
    l.type.right.shape.forEach((e, i) => {
      const name = Ext.bareSymbol(e)
      if (name !== undefined && v.shape[i] !== undefined) env[name] = v.shape[i]
    })
  }
  return env
}

/**
 * Evaluates graphs in f64. Leaves take their values by name; symbols take theirs from
 * the shapes of the values.
 */
export const interpret =
  (values: Values) =>
  <const T extends readonly Tensor[]>(outputs: T): Either<GelatoErrors, Each<T, Ref>> => {
    const wrong = outputs.flatMap((o) => errorsOf(o) === undefined ? [] : [errorsOf(o) as GelatoErrors])
    if (wrong.length > 0) return E.left(union(wrong))
    const leaves = topo(outputs).filter((t) => leafName(t) !== undefined)
    const bound = bindExtents(extentsFrom(leaves, values))(outputs)
    const memo = new Map<Tensor, Ref>()
    for (const t of topo(bound)) {
      const errors = errorsOf(t)
      if (errors !== undefined) return E.left(errors)
      const type = typeOf(t)
      const free = type.shape.flatMap(Ext.symbols)
      if (free.length > 0)
        return fail('UnboundExtent', [t.op], free.join(', '), 'a number for every symbol', 'give a value to the input whose shape holds it')
      const shape = type.shape as readonly number[]
      const name = leafName(t)
      if (name !== undefined) {
        const v = values[name]
        if (v === undefined) return fail('MissingInput', [name], 'no value', `a value of shape ${Ext.showShape(shape)}`, `pass { ${JSON.stringify(name)}: ... }`)
        if (!Ext.sameShape(v.shape, shape)) return fail('ShapeMismatch', [name], Ext.showShape(v.shape), Ext.showShape(shape), 'give an array of that shape')
        memo.set(t, { shape, data: Float64Array.from(v.data) })
      } else memo.set(t, row(t.op).f64(t.args.map((a) => memo.get(a) as Ref), t.attrs, { shape, dtype: type.dtype }))
    }
    return E.right(bound.map((o) => memo.get(o) as Ref) as unknown as Each<T, Ref>)
  }
