/**
 * Who waits for whom, while kernels are put together: the drafts of units and of chains, and
 * chains in shifts, are DAGs whose edges go from what waits to what it waits for.
 *
 * Laws: `sorted` has every draft once, after all it waits for; two drafts can become one
 * without a cycle exactly when neither waits for the other by way of a third
 * (`waitsThrough`).
 */

/** A draft, with those that must have run before it. */
export interface Waiting<D> {
  readonly deps: ReadonlySet<D>
}

/** Goes all ways from `starts`, to each node once, until one is the end. */
const walked = <A>(starts: Iterable<A>, next: (a: A) => Iterable<A>, end: A | undefined): ReadonlySet<A> => {
  const seen = new Set<A>(), stack = [...starts]
  for (let a = stack.pop(); a !== undefined; a = stack.pop()) {
    if (seen.has(a)) continue
    seen.add(a)
    if (a === end) break
    stack.push(...next(a))
  }
  return seen
}

/** All that is met on the ways from `starts`, with these. */
export const reached = <A>(starts: Iterable<A>, next: (a: A) => Iterable<A>): ReadonlySet<A> => walked(starts, next, undefined)

/** Does `d` wait for `other`, by whatever way? A draft waits for itself. */
export const waitsFor = <D extends Waiting<D>>(d: D, other: D): boolean => walked([d], (x) => x.deps, other).has(other)

/** Does `d` wait for `other` by way of a third? */
export const waitsThrough = <D extends Waiting<D>>(d: D, other: D): boolean => walked([...d.deps].filter((x) => x !== other), (x) => x.deps, other).has(other)

/** Dependencies first; among the ready ones, in the order they were made. */
export const sorted = <D extends Waiting<D>>(drafts: readonly D[]): readonly D[] => {
  const done = new Set<D>(), out: D[] = []
  const visit = (d: D): void => {
    if (done.has(d)) return
    done.add(d)
    d.deps.forEach(visit)
    out.push(d)
  }
  drafts.forEach(visit)
  return out
}
