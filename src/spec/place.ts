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
import type { Init, Role, Site } from './site.ts'
import type { Entry, Table } from './table.ts'

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

/** The tables of one call, filled as it goes; what comes out is immutable. */
export interface Run {
  readonly entries: Map<symbol, readonly Entry[]>
  readonly names: Map<string, Tensor>
  readonly shared: Map<string, Spec>
  readonly made: Map<string, Spec>
  readonly functions: Map<symbol, number>
  readonly sites: Site[]
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

/** Tables of a call that goes on from a table. */
export const startRun = (t: Table, entryOf: Run['entryOf'] = () => undefined): Run => ({
  entries: new Map(t.entries), names: new Map(t.names), shared: new Map(t.shared), made: new Map(t.made),
  functions: new Map(t.functions), sites: [], deterministics: [], done: new Map(), entryOf
})

/** The table after a call. */
export const tableOf = (r: Run): Table => ({ entries: r.entries, names: r.names, shared: r.shared, made: r.made, functions: r.functions })

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
    : at.layer === undefined ? name.text : `${at.layer}.${name.text}`
}
