/**
 * Integer index arithmetic: where in a buffer an element lies, as a sum of whole
 * multiples of atoms. Atoms are loop variables, quotients, remainders, and indices
 * read from memory; each knows its largest value, so that quotients and remainders of
 * sums mostly cancel.
 *
 * Laws: every atom is at least 0; `divide` and `modulo` agree with integer division
 * for all values the atoms may take; equal sums have equal keys.
 */

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** An indivisible part of an index. */
export type Atom =
  | { readonly _tag: 'Var'; readonly key: string; readonly max: number }
  | { readonly _tag: 'Div'; readonly key: string; readonly max: number; readonly of: Ix; readonly by: number }
  | { readonly _tag: 'Mod'; readonly key: string; readonly max: number; readonly of: Ix; readonly by: number }

/** constant + sum of coef * atom. */
export interface Ix {
  readonly constant: number
  readonly terms: readonly { readonly coef: number; readonly atom: Atom }[]
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** A constant index. */
export const num = (constant: number): Ix => ({ constant, terms: [] })

/** A variable that runs from 0 to max. `key` is its WGSL text. */
export const variable = (key: string, max: number): Ix =>
  max === 0 ? num(0) : { constant: 0, terms: [{ coef: 1, atom: { _tag: 'Var', key, max } }] }

const make = (constant: number, terms: readonly { readonly coef: number; readonly atom: Atom }[]): Ix => {
  const byKey = new Map<string, { coef: number; atom: Atom }>()
  for (const t of terms) byKey.set(t.atom.key, { coef: (byKey.get(t.atom.key)?.coef ?? 0) + t.coef, atom: t.atom })
  return { constant, terms: [...byKey.values()].filter((t) => t.coef !== 0) }
}

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

export const plus = (a: Ix, b: Ix): Ix => make(a.constant + b.constant, [...a.terms, ...b.terms])

export const times = (a: Ix, n: number): Ix =>
  n === 0 ? num(0) : { constant: a.constant * n, terms: a.terms.map((t) => ({ coef: t.coef * n, atom: t.atom })) }

export const minus = (a: Ix, b: Ix): Ix => plus(a, times(b, -1))

/** The largest value (negative coefficients count as 0 for their atoms). */
export const most = (a: Ix): number => a.terms.reduce((n, t) => n + (t.coef > 0 ? t.coef * t.atom.max : 0), a.constant)

/** The smallest value. */
export const least = (a: Ix): number => a.terms.reduce((n, t) => n + (t.coef < 0 ? t.coef * t.atom.max : 0), a.constant)

/** Splits an index in whole multiples of n and the rest, which is at least 0: words have no sign. */
const split = (a: Ix, n: number): readonly [Ix, Ix] => {
  const whole = a.terms.filter((t) => t.coef % n === 0)
  const rest = a.terms.filter((t) => t.coef % n !== 0)
  const below = least({ constant: 0, terms: rest })
  const own = ((a.constant % n) + n) % n
  const c = own + n * Math.max(0, Math.ceil((-below - own) / n))
  return [
    { constant: (a.constant - c) / n, terms: whole.map((t) => ({ coef: t.coef / n, atom: t.atom })) },
    { constant: c, terms: rest }
  ]
}

/** floor(a / n) */
export const divide = (a: Ix, n: number): Ix => {
  if (n === 1) return a
  const [whole, rest] = split(a, n)
  if (rest.terms.length === 0 || (least(rest) >= 0 && most(rest) < n)) return whole
  const inner = rest.terms.length === 1 && rest.constant === 0 && rest.terms[0].coef === 1 ? rest.terms[0].atom : undefined
  // floor(floor(x / k) / n) = floor(x / (k n))
  if (inner?._tag === 'Div') return plus(whole, divide(inner.of, inner.by * n))
  const max = Math.floor(most(rest) / n)
  return plus(whole, { constant: 0, terms: [{ coef: 1, atom: { _tag: 'Div', key: `(${show(rest)}/${n})`, max, of: rest, by: n } }] })
}

/** a mod n */
export const modulo = (a: Ix, n: number): Ix => {
  if (n === 1) return num(0)
  const [, rest] = split(a, n)
  if (least(rest) >= 0 && most(rest) < n) return rest
  const inner = rest.terms.length === 1 && rest.constant === 0 && rest.terms[0].coef === 1 ? rest.terms[0].atom : undefined
  // (x mod k n) mod n = x mod n
  if (inner?._tag === 'Mod' && inner.by % n === 0) return modulo(inner.of, n)
  return { constant: 0, terms: [{ coef: 1, atom: { _tag: 'Mod', key: `(${show(rest)}%${n})`, max: n - 1, of: rest, by: n } }] }
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The normal form as text: equal indices have equal texts. */
export const show = (a: Ix): string =>
  [...a.terms.map((t) => `${t.coef}*${t.atom.key}`).sort(), ...(a.constant !== 0 || a.terms.length === 0 ? [String(a.constant)] : [])].join('+')

export const isSame = (a: Ix, b: Ix): boolean => a === b || show(a) === show(b)

/** Is the index the variable itself? */
export const isVariable = (a: Ix, key: string): boolean =>
  a.constant === 0 && a.terms.length === 1 && a.terms[0].coef === 1 && a.terms[0].atom._tag === 'Var' && a.terms[0].atom.key === key

/** How an index moves over four consecutive values of a lane variable that starts at a multiple of 4. */
export type Motion = 'still' | 'steps' | 'jumps'

/**
 * `still`: the same for all four; `steps`: base, base + 1, .. with the base a multiple
 * of 4; `jumps`: neither.
 */
export const motion = (a: Ix, lane: string): Motion => {
  let moving = 0
  let aligned = a.constant % 4 === 0
  for (const t of a.terms) {
    const m = atomMotion(t.atom, lane)
    if (m === 'jumps') return 'jumps'
    if (m === 'steps') {
      if (t.coef !== 1) return 'jumps'
      moving++
    } else if (t.coef % 4 !== 0) aligned = false
  }
  return moving === 0 ? 'still' : moving === 1 && aligned ? 'steps' : 'jumps'
}

const atomMotion = (a: Atom, lane: string): Motion => {
  if (a._tag === 'Var') return a.key === lane ? 'steps' : 'still'
  const m = motion(a.of, lane)
  return m === 'still' ? 'still' : m === 'steps' && a.by % 4 === 0 ? (a._tag === 'Div' ? 'still' : 'steps') : 'jumps'
}

// -----------------------------------------------------------------------------
// indices of tensors
// -----------------------------------------------------------------------------

/** Position in a tensor: its shape, and the coordinates or the C-order number, either made from the other. */
export interface Position {
  readonly shape: readonly number[]
  readonly linear: Ix
  readonly coords: () => readonly Ix[]
}

const stridesOf = (shape: readonly number[]): readonly number[] => shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1))

/** The position with a C-order number. */
export const atLinear = (shape: readonly number[], linear: Ix): Position => {
  const st = stridesOf(shape)
  return { shape, linear, coords: () => shape.map((n, d) => (n === 1 ? num(0) : d === 0 ? divide(linear, st[d]) : modulo(divide(linear, st[d]), n))) }
}

/** The position with coordinates. */
export const atCoords = (shape: readonly number[], coords: readonly Ix[]): Position => {
  const st = stridesOf(shape)
  return { shape, linear: coords.reduce((sum, c, d) => plus(sum, shape[d] === 1 ? num(0) : times(c, st[d])), num(0)), coords: () => coords }
}
