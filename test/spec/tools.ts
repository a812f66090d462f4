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

/** A graph as text in which equal nodes are one, however they are held in memory. */
const graph = (t: Tensor.Tensor): string => {
  const lines: string[] = [], numbers = new Map<string, number>(), ids = new Map<Tensor.Tensor, number>()
  for (const n of Tensor.topo([t])) {
    const attrs = JSON.stringify(n.attrs, (_, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array, String) : typeof v === 'number' ? String(v) : v))
    const line = `${n.op}(${n.args.map((a) => ids.get(a)).join()}) ${attrs}`
    if (!numbers.has(line)) numbers.set(line, lines.push(line))
    ids.set(n, numbers.get(line) as number)
  }
  return lines.join('\n')
}

/** Everything that a resolution says, as text without tensors' identities. */
export const said = (r: Either<GelatoErrors, Resolved>): string =>
  E.isLeft(r) ? renderAll(r.left)
    : [graph(r.right.value), ...r.right.sites.map((s) => `${s.name} [${s.shape.join()}] ${s.dist.family} ${s.role} ${JSON.stringify(s.init)} ${Object.values(s.dist.params).map(graph).join(' ')}`),
      ...r.right.deterministics.map(([n, t]) => `${n} ${graph(t)}`)].join('\n')

/** Do the parameters of each site hold only sites before it? */
export const parentsFirst = (all: readonly Site[]): boolean => {
  const known = new Set<string>()
  return all.every((s) => {
    const ok = Object.values(s.dist.params).every((p) => Tensor.leavesOf([p]).every((l) => l.op !== 'site' || known.has(String(Tensor.nameOf(l)))))
    known.add(s.name)
    return ok
  })
}
