/**
 * Data sets larger than a binding: a device binds parts of a buffer, so rows that are taken
 * from a leaf too large to bind whole are taken from its pages, leaves of the compiler's own
 * that share the leaf's buffer, each with a stretch of whole rows.
 *
 * Laws: a row has the value it had; a page fits a binding and begins where one may; what is
 * not taken row by row is left as it is.
 */
import * as B from '../tensor/build.ts'
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf, topo } from '../tensor/node.ts'
import type { OpName } from '../tensor/table.ts'
import { E } from '../fp.ts'
import { bytesOf, isPacked, isPage } from './buffers.ts'
import { elements, gcd, size, whole } from './extents.ts'
import type { Target } from './program.ts'
import { rewriteStages } from './stage.ts'

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Where bindings may begin, in bytes. */
const ALIGNED = 256

/** Bytes of an element. */
const wordOf = (t: Tensor): number => (isPacked(t) ? 1 : 4)

/** The pages of a leaf; undefined where it can be bound whole, or a page would have no row. */
const pagesOf = (leaf: Tensor, target: Target): readonly Tensor[] | undefined => {
  if (leaf.op !== 'input' || elements(leaf) * wordOf(leaf) <= target.maxBindingBytes) return undefined
  const [n, ...rest] = whole(leaf), row = size(rest) * wordOf(leaf)
  const together = ALIGNED / gcd(row, ALIGNED), rows = Math.floor(target.maxBindingBytes / row / together) * together
  return rows === 0 ? undefined : Array.from({ length: Math.ceil(n / rows) }, (_, k): Tensor => ({
    _tag: 'Tensor', op: 'page' as OpName, args: [leaf], attrs: { from: k * rows * size(rest) },
    type: E.right({ shape: [Math.min(rows, n - k * rows), ...rest], dtype: dtypeOf(leaf) })
  }))
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Rows of a leaf from its pages: the page's own where the index lies in it or beyond, else those of the pages before. */
const rowsOf = (pages: readonly Tensor[], ix: Tensor): Tensor => {
  const rank = whole(pages[0]).length
  // What a kernel makes of bytes are words.
  const taken = (page: Tensor, at: Tensor): Tensor => (dtypeOf(page) === 'u8' ? B.cast(B.take(page, at), 'u32') : B.take(page, at))
  const wide = B.reshape(ix, [...whole(ix), ...Array.from({ length: rank - 1 }, () => 1)])
  let first = whole(pages[0])[0], out = taken(pages[0], ix)
  for (const page of pages.slice(1)) {
    out = B.select(B.ge(wide, first), taken(page, B.sub(B.max(ix, first), first)), out)
    first += whole(page)[0]
  }
  return out
}

/** Rows taken from leaves that are too large to bind are taken from their pages. */
export const paged = (target: Target) => (outputs: readonly Tensor[]): readonly Tensor[] => {
  const known = new Map(topo(outputs).flatMap((t): readonly (readonly [Tensor, readonly Tensor[]])[] => {
    const pages = pagesOf(t, target)
    return pages === undefined ? [] : [[t, pages]]
  }))
  return known.size === 0 ? outputs : rewriteStages((t) => {
    const pages = t.op === 'take' && t.attrs['axis'] === 0 && t.attrs['batchDims'] === 0 ? known.get(t.args[0]) : undefined
    return pages === undefined ? t : rowsOf(pages, t.args[1])
  })(outputs)
}

/** The bytes of a page in its leaf's buffer, which has so many. */
export const pageRange = (page: Tensor, all: number): readonly [number, number] | undefined => {
  if (!isPage(page)) return undefined
  const from = (page.attrs['from'] as number) * wordOf(page)
  return [from, Math.min(bytesOf(page), all - from)]
}
