/**
 * Extents: the lengths of a tensor's axes, numbers or named symbols.
 *
 * A model is written once for any batch size, so an axis may be a symbol such as
 * `batch`; flattening, concatenating and strided windows derive further extents from
 * it. A symbolic extent is kept as a polynomial with integer coefficients over atoms
 * (symbols, and floors of quotients), in one normal form.
 *
 * Laws: equality is equality of normal forms; `bind` is a ring homomorphism; an
 * extent without symbols is a plain number.
 *
 * @since 0.1.0
 */

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** floor(of / by), where the quotient is not known to be whole. */
export interface Floor {
  readonly of: Extent
  readonly by: number
}

type Atom = string | Floor

interface Term {
  readonly coef: number
  readonly atoms: readonly Atom[]
}

/** A symbolic extent in normal form: a sum of terms, sorted by their atoms. */
export interface Sym {
  readonly _tag: 'Sym'
  readonly terms: readonly Term[]
}

/** The length of an axis. */
export type Extent = number | Sym

/** The extents of a tensor, outermost axis first. */
export type Shape = readonly Extent[]

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The symbol of that name. Two symbols are the same exactly when their names are. */
export const sym = (name: string): Extent => ({ _tag: 'Sym', terms: [{ coef: 1, atoms: [name] }] })

const atomKey = (a: Atom): string => (typeof a === 'string' ? a : `floor((${show(a.of)})/${a.by})`)
const termKey = (t: Term): string => t.atoms.map(atomKey).join('*')

const terms = (e: Extent): readonly Term[] => (typeof e === 'number' ? [{ coef: e, atoms: [] }] : e.terms)

const normal = (ts: readonly Term[]): Extent => {
  const byKey = new Map<string, Term>()
  for (const t of ts) {
    const k = termKey(t)
    byKey.set(k, { coef: (byKey.get(k)?.coef ?? 0) + t.coef, atoms: t.atoms })
  }
  const kept = [...byKey.entries()].filter(([, t]) => t.coef !== 0).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  if (kept.length === 0) return 0
  if (kept.length === 1 && kept[0][0] === '') return kept[0][1].coef
  return { _tag: 'Sym', terms: kept.map(([, t]) => t) }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** a + b */
export const add = (a: Extent, b: Extent): Extent =>
  typeof a === 'number' && typeof b === 'number' ? a + b : normal([...terms(a), ...terms(b)])

/** a * b (never -0) */
export const mul = (a: Extent, b: Extent): Extent =>
  typeof a === 'number' && typeof b === 'number'
    ? a * b + 0
    : normal(
        terms(a).flatMap((s) =>
          terms(b).map((t) => ({
            coef: s.coef * t.coef,
            atoms: [...s.atoms, ...t.atoms].sort((x, y) => (atomKey(x) < atomKey(y) ? -1 : 1))
          }))
        )
      )

/** a - b */
export const sub = (a: Extent, b: Extent): Extent => add(a, mul(-1, b))

/** floor(a / n) for a positive whole n. */
export const floorDiv = (a: Extent, n: number): Extent => {
  if (typeof a === 'number') return Math.floor(a / n)
  if (n === 1) return a
  if (a.terms.every((t) => t.coef % n === 0)) return normal(a.terms.map((t) => ({ ...t, coef: t.coef / n })))
  return { _tag: 'Sym', terms: [{ coef: 1, atoms: [{ of: a, by: n }] }] }
}

/** a / b where the quotient is known to be whole, else undefined (also when b is 0). */
export const divExact = (a: Extent, b: Extent): Extent | undefined => {
  if (same(a, b) && a !== 0) return 1
  if (typeof b === 'number') {
    if (b === 0) return undefined
    if (typeof a === 'number') return a % b === 0 ? a / b + 0 : undefined
    return a.terms.every((t) => t.coef % b === 0) ? floorDiv(a, b) : undefined
  }
  if (typeof a === 'number' || b.terms.length !== 1) return a === 0 ? 0 : undefined
  const [d] = b.terms
  const quotient = a.terms.map((t): Term | undefined => {
    if (t.coef % d.coef !== 0) return undefined
    const left = [...t.atoms]
    for (const atom of d.atoms) {
      const i = left.findIndex((x) => atomKey(x) === atomKey(atom))
      if (i < 0) return undefined
      left.splice(i, 1)
    }
    return { coef: t.coef / d.coef, atoms: left }
  })
  return quotient.some((t) => t === undefined) ? undefined : normal(quotient as readonly Term[])
}

/** The product of all extents: how many elements a tensor of that shape has. */
export const size = (shape: Shape): Extent => shape.reduce(mul, 1)

/** Replaces symbols by extents (names not in `env` stay). */
export const bind =
  (env: Readonly<Record<string, Extent>>) =>
  (e: Extent): Extent =>
    typeof e === 'number'
      ? e
      : e.terms.reduce<Extent>(
          (sum, t) =>
            add(
              sum,
              t.atoms.reduce<Extent>(
                (p, a) =>
                  mul(p, typeof a === 'string' ? (Object.hasOwn(env, a) ? env[a] : sym(a)) : floorDiv(bind(env)(a.of), a.by)),
                t.coef
              )
            ),
          0
        )

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Equal normal forms. */
export const same = (a: Extent, b: Extent): boolean =>
  typeof a === 'number' || typeof b === 'number' ? a === b : show(a) === show(b)

/** Equal shapes. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((e, i) => same(e, b[i]))

/** An extent as text: `128`, `batch`, `16*batch`. */
export const show = (e: Extent): string =>
  typeof e === 'number'
    ? String(e)
    : e.terms
        .map((t) =>
          t.atoms.length === 0 ? String(t.coef) : [...(t.coef === 1 ? [] : [String(t.coef)]), ...t.atoms.map(atomKey)].join('*')
        )
        .join('+')

/** A shape as text: `[batch, 10]`. */
export const showShape = (s: Shape): string => `[${s.map(show).join(', ')}]`

/** The names of the symbols in an extent. */
export const symbols = (e: Extent): readonly string[] =>
  typeof e === 'number'
    ? []
    : [...new Set(e.terms.flatMap((t) => t.atoms.flatMap((a) => (typeof a === 'string' ? [a] : symbols(a.of)))))]

/** The name when the extent is one bare symbol. */
export const bareSymbol = (e: Extent): string | undefined =>
  typeof e !== 'number' && e.terms.length === 1 && e.terms[0].coef === 1 && e.terms[0].atoms.length === 1 &&
  typeof e.terms[0].atoms[0] === 'string'
    ? e.terms[0].atoms[0]
    : undefined

/** Is it a symbolic extent (used where attributes are walked)? */
export const isSym = (x: unknown): x is Sym => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Sym'
