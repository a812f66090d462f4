/**
 * Where a node stands while a prior is resolved, what has been found so far, and the
 * rules for shapes and names that hold at every node.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import type { Tensor } from '../tensor/node.ts'
import { show } from './print.ts'
import { describe } from './spec.ts'
import type { FixedShape, Spec } from './spec.ts'
import type { Init, Point, Role, Site } from './site.ts'
import type { Entry, PointEntry, Table } from './table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Shapes by tag. */
export type Shapes = Readonly<Record<string, FixedShape>>

/** Where a node stands while it is resolved. */
export interface At {
  readonly scope: string
  /** `dense_1`, put before explicit names. */
  readonly layer: string | undefined
  /** The parameter's own path, `dense_1.W`. */
  readonly param: string
  /** The node's path, `dense_1.W.sd`. */
  readonly path: string
  /** The nearest distribution that this is a parameter of. */
  readonly variable?: string
  readonly shapes: Shapes
  readonly role: Role
  readonly fan: { readonly fanIn: number; readonly fanOut: number }
  readonly init: Init
  /** The whole expression and the part of it that is nearest, for errors. */
  readonly root: Spec
  readonly near: Spec
  /** Is it the parameter's whole expression? */
  readonly top: boolean
}

/** A map that a call writes beside: it sees its own changes at once, the map has them when they are kept. */
export interface Beside<K, V> {
  readonly get: (k: K) => V | undefined
  readonly set: (k: K, v: V) => void
  readonly size: () => number
  readonly values: () => Iterable<V>
  readonly keep: () => void
}

/** A table that goes from call to call and is written in place. */
export type Tables = { readonly [N in keyof Table]: Table[N] extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never }

/** What one call finds, filled as it goes. */
export interface Run {
  readonly entries: Beside<symbol, readonly Entry[]>
  readonly points: Beside<symbol, readonly PointEntry[]>
  readonly names: Beside<string, Tensor>
  readonly shared: Beside<string, Spec>
  readonly made: Beside<string, Spec>
  readonly functions: Beside<symbol, number>
  readonly sites: Site[]
  readonly found: Point[]
  readonly deterministics: (readonly [string, Tensor])[]
  /** The same node at the same place is worked out once. */
  readonly done: Map<Spec, Map<string, Either<GelatoErrors, Tensor>>>
  /** A node that is an entry of a joint model stands for that entry. */
  readonly entryOf: (s: Spec, at: At) => Result | undefined
}

/** A resolved node. */
export type Result = Either<GelatoErrors, Tensor>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const beside = <K, V>(base: Map<K, V>): Beside<K, V> => {
  const own = new Map<K, V>()
  let added = 0
  return {
    get: (k) => own.get(k) ?? base.get(k),
    set: (k, v) => {
      if (!own.has(k) && !base.has(k)) added++
      own.set(k, v)
    },
    size: () => base.size + added,
    values: function* () {
      yield* own.values()
      yield* base.values()
    },
    keep: () => { for (const [k, v] of own) base.set(k, v) }
  }
}

/** A table to write in, that begins as this one. */
export const tablesFrom = (t: Table): Tables => ({
  entries: new Map(t.entries), points: new Map(t.points), names: new Map(t.names), shared: new Map(t.shared), made: new Map(t.made), functions: new Map(t.functions)
})

/** A call that goes on from a table, which stays as it is until the call's finds are kept. */
export const startRun = (t: Tables, entryOf: Run['entryOf'] = () => undefined): Run => ({
  entries: beside(t.entries), points: beside(t.points), names: beside(t.names), shared: beside(t.shared), made: beside(t.made),
  functions: beside(t.functions), sites: [], found: [], deterministics: [], done: new Map(), entryOf
})

/** Writes what a call has found into its table. */
export const keepRun = (r: Run): void => { for (const m of [r.entries, r.points, r.names, r.shared, r.made, r.functions]) m.keep() }

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/** The path of an error. */
export const where = (at: At): readonly string[] => [at.path]

/** A Left at a place: what was found, and the expression with the guilty part marked. */
export const wrong = (at: At, tag: string, got: string, need: string, hint: string): Either<GelatoErrors, never> =>
  fail(tag, where(at), `${got}, in ${show(at.root, at.near)}`, need, hint)

/** A user's function: what it throws is a Left. */
export const attempt = <A>(at: At, what: string, f: () => A): Either<GelatoErrors, A> => {
  try {
    return E.right(f())
  } catch (e) {
    if (e instanceof RangeError && /call stack/i.test(e.message)) throw e
    return wrong(at, 'FunctionFailed', `${what} threw ${e instanceof Error ? `${e.name}: ${e.message}` : String(e)}`, `${what} that gives a value for every input it gets`, 'mend the function')
  }
}

// -----------------------------------------------------------------------------
// shapes
// -----------------------------------------------------------------------------

const isShape = (x: unknown): x is FixedShape => Array.isArray(x) && x.every((e) => Number.isInteger(e) && e >= 0)

/** A shape, or what was given for one, as text. */
export const shapeText = (x: unknown): string => (Array.isArray(x) ? `[${x.map(String).join(', ')}]` : describe(x))

const checked = (at: At, x: unknown, from: string): Either<GelatoErrors, FixedShape> =>
  isShape(x) ? E.right([...x]) : wrong(at, 'BadShape', `${from} ${shapeText(x)}`, 'an array of whole numbers that are not negative', 'give a shape such as [10, 2], or [] for a scalar')

const tagged = (s: Spec, at: At): Either<GelatoErrors, FixedShape> => {
  const tag = s.fields.tag ?? 'default'
  return Object.hasOwn(at.shapes, tag)
    ? checked(at, at.shapes[tag], `the shape of '${tag}' is`)
    : wrong(at, 'MissingTag', `shapes for ${Object.keys(at.shapes).map((k) => `'${k}'`).join(', ') || 'no tag'}`, `a shape for '${tag}'`,
        tag === 'default' ? `add { default: [...] } to the shapes, or give the marked part its shape by Spec.withShape` : `add { ${JSON.stringify(tag)}: [...] } to the shapes`)
}

/** The shape of a distribution: its own, its function of the shape from above, or that shape. */
export const ownShape = (s: Spec, at: At): Either<GelatoErrors, FixedShape> => {
  const { shape } = s.fields
  if (shape === undefined) return tagged(s, at)
  if (typeof shape !== 'function') return checked(at, shape, 'withShape was given')
  const from = tagged(s, at)
  if (E.isLeft(from)) return from
  const made = attempt(at, 'the function given to withShape', () => shape([...from.right]))
  return E.isLeft(made) ? made : checked(at, made.right, 'the function given to withShape gave')
}

/** The shapes for what is below a node that has no shape of its own. */
export const passedOn = (s: Spec, at: At): Either<GelatoErrors, Shapes> => {
  if (s.fields.shape === undefined && s.fields.tag === undefined) return E.right(at.shapes)
  const own = ownShape(s, at)
  return E.isLeft(own) ? own : E.right({ ...at.shapes, default: own.right })
}

/** The name of a node: its path, or what `withName` or `named` says. */
export const fullName = (s: Spec, at: At): string => {
  const { name } = s.fields
  return name === undefined ? at.path
    : name.within === 'parameter' ? `${at.param}.${name.text}`
    : name.within === 'variable' ? `${at.variable ?? at.param}.${name.text}`
    : at.layer === undefined ? name.text : `${at.layer}.${name.text}`
}
