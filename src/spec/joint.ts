/**
 * The entrances to resolving: one prior with the shapes a user gives, one parameter of a
 * layer, the named priors of a model without layers.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, fail } from '../error.ts'
import type { GelatoErrors } from '../error.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Tensor } from '../tensor/node.ts'
import { shapeOf } from '../tensor/node.ts'
import { leavesOf } from '../tensor/replace.ts'
import type { Fan } from './check.ts'
import { show } from './print.ts'
import { fullName, keepRun, startRun, tablesFrom } from './place.ts'
import type { At, Run, Shapes, Tables } from './place.ts'
import { keep, resolveNode } from './resolve.ts'
import { isRecord, toSpec } from './spec.ts'
import type { FixedShape, Spec, SpecArg } from './spec.ts'
import { emptyTable } from './table.ts'
import type { Table } from './table.ts'
import type { Init, Resolved, Role } from './site.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Where a parameter's prior stands. */
export interface Place {
  /** `W` */
  readonly name: string
  /** `dense_1`: put before the names of sites. */
  readonly layer?: string
  /** Variables of one token are one within a scope; the layer's parameter when absent. */
  readonly scope?: string
  readonly shapes: FixedShape | Shapes
  readonly role?: Role
  /** From the shape when absent. */
  readonly fan?: Fan
  /** How a site that is the whole prior starts. */
  readonly init?: Init
  /** The shape that the value must have. */
  readonly expect?: FixedShape
}

/** What resolving with a table gives. */
export interface Step {
  readonly resolved: Resolved
  readonly table: Table
}

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

/** Fan-in and fan-out by a parameter's shape: [in, out] of a matrix, [out, in, ...window] of a convolution. */
export const fanOf = (shape: FixedShape): Fan => {
  const window = shape.slice(2).reduce((a, b) => a * b, 1)
  return shape.length === 0 ? { fanIn: 1, fanOut: 1 }
    : shape.length === 1 ? { fanIn: shape[0], fanOut: shape[0] }
    : shape.length === 2 ? { fanIn: shape[0], fanOut: shape[1] }
    : { fanIn: shape[1] * window, fanOut: shape[0] * window }
}

/** One shape is the default; what is no shape at all is caught where it is used. */
const shapesOf = (s: FixedShape | Shapes): Shapes =>
  isRecord(s) ? (s as Shapes) : { default: s as FixedShape }

/** Nothing thrown: an expression that is too deep for the stack is a Left. */
const total = <A>(name: string, f: () => Either<GelatoErrors, A>): Either<GelatoErrors, A> => {
  try {
    return f()
  } catch (e) {
    return e instanceof RangeError
      ? fail('TooDeep', [name], 'an expression nested thousands of levels deep', 'an expression of moderate depth', 'build it in fewer steps, with Spec.stack and reductions')
      : fail('Internal', [name], e instanceof Error ? e.message : String(e), 'no exception', 'please report this expression')
  }
}

const placeOf = (o: Place, root: Spec): At => {
  const shapes = shapesOf(o.shapes)
  const path = o.layer === undefined ? o.name : `${o.layer}.${o.name}`
  const shape = shapes['default']
  return {
    scope: o.scope ?? path, layer: o.layer, param: path, path, shapes, role: o.role ?? 'latent',
    fan: o.fan ?? fanOf(Array.isArray(shape) ? shape : []), init: o.init ?? { _tag: 'Auto' }, root, near: root, top: true
  }
}

/** Keeps the value of a composite under the name of its parameter. */
const finish = (run: Run, spec: Spec, at: At, value: Tensor): Either<GelatoErrors, Tensor> =>
  spec._tag === 'LeafSpec' || spec._tag === 'PointSpec' ? E.right(value) : keep(run, at, fullName(spec, at), value)

const fitted = (o: Place, spec: Spec, value: Tensor): Either<GelatoErrors, Tensor> => {
  if (o.expect === undefined || Ext.sameShape(shapeOf(value), o.expect)) return E.right(value)
  const fixed = leavesOf([value]).length === 0 ? B.broadcastTo(value, o.expect) : undefined
  return fixed !== undefined && E.isRight(fixed.type) ? E.right(fixed)
    : fail('ShapeMismatch', [...(o.layer === undefined ? [] : [o.layer]), o.name], `a value of shape ${Ext.showShape(shapeOf(value))} from ${show(spec)}`, `the parameter's shape ${Ext.showShape(o.expect)}`,
        'change the shapes of its parts by Spec.withShape so that the expression has the shape of the parameter')
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/**
 * Resolves one parameter's prior; the tables carry what other parameters have made, and
 * get what this one makes when all is well.
 */
export const resolveInto =
  (tables: Tables) =>
  (o: Place) =>
  (s: SpecArg): Either<GelatoErrors, Resolved> =>
    total(o.name, () => {
      const spec = toSpec(s), run = startRun(tables), at = placeOf(o, spec)
      const made = resolveNode(run, spec, at)
      if (E.isLeft(made)) return made
      const fits = fitted(o, spec, made.right)
      if (E.isLeft(fits)) return fits
      const kept = finish(run, spec, at, fits.right)
      if (E.isLeft(kept)) return kept
      keepRun(run)
      return E.right({ value: kept.right, sites: run.sites, points: run.found, deterministics: run.deterministics })
    })

/** Resolves one parameter's prior: from a table to the next. */
export const resolveIn =
  (o: Place) =>
  (s: SpecArg) =>
  (table: Table = emptyTable): Either<GelatoErrors, Step> => {
    const tables = tablesFrom(table)
    return E.map((resolved: Resolved): Step => ({ resolved, table: tables }))(resolveInto(tables)(o)(s))
  }

/**
 * Gives a prior its shapes: one for all, or one for each tag. The value, the variables
 * (parents first) and the named values between, or every error with the guilty part of
 * the expression marked.
 *
 * @example
 * const expr = pipe(Spec.normal(), Spec.mul(pipe(Spec.normal(), Spec.withShape([]))))
 * pipe(Spec.resolve([100, 2])(expr), E.map((r) => r.sites.map((s) => [s.name, s.shape])))   // => E.right([['value.0', [100, 2]], ['value.1', []]])
 */
export const resolve =
  (shapes: FixedShape | Shapes, o: Partial<Omit<Place, 'shapes'>> = {}) =>
  (s: SpecArg): Either<GelatoErrors, Resolved> => {
    const step = resolveIn({ name: 'value', ...o, shapes })(s)()
    return E.isLeft(step) ? step : E.right(step.right.resolved)
  }

/** What the priors of a joint model give. */
export interface Joint {
  readonly values: Readonly<Record<string, Tensor>>
  readonly sites: Resolved['sites']
  readonly points: Resolved['points']
  readonly deterministics: Resolved['deterministics']
  readonly table: Table
}

/**
 * Resolves the named priors of a model without layers, in one scope. An entry has shape
 * [] unless it says otherwise; a spec that is itself an entry stands for that entry
 * wherever it is used.
 */
export const resolveJoint = (specs: Readonly<Record<string, SpecArg>>, shapes: Shapes = {}): Either<GelatoErrors, Joint> =>
  total('joint', () => {
    const entries = Object.entries(specs).map(([name, s]) => ({ name, spec: toSpec(s) }))
    const values = new Map<string, Either<GelatoErrors, Tensor>>()
    const same = (a: Spec, b: Spec): boolean => a.token === b.token && a.fields.shape === b.fields.shape && a.fields.tag === b.fields.tag
    const entryOf: Run['entryOf'] = (s, at) => {
      const e = entries.find((x) => same(x.spec, s))
      return e === undefined || (at.top && at.param === e.name) ? undefined : valueOf(e)
    }
    const tables = tablesFrom(emptyTable), run = startRun(tables, entryOf)
    const valueOf = (e: { readonly name: string; readonly spec: Spec }): Either<GelatoErrors, Tensor> => {
      const known = values.get(e.name)
      if (known !== undefined) return known
      const at = placeOf({ name: e.name, scope: 'joint', shapes: { default: [], ...shapes } }, e.spec)
      const made = resolveNode(run, e.spec, at)
      const value = E.isLeft(made) ? made : finish(run, e.spec, at, made.right)
      values.set(e.name, value)
      return value
    }
    const twice = entries.filter((e, i) => entries.findIndex((x) => same(x.spec, e.spec)) < i)
    if (twice.length > 0)
      return fail('ConflictingNames', [twice[0].name], `one variable as two entries, '${entries.find((x) => same(x.spec, twice[0].spec))?.name}' and '${twice[0].name}'`, 'one entry for a variable', 'use Spec.fresh for the second')
    const found = all(entries.map(valueOf))
    if (E.isLeft(found)) return found
    keepRun(run)
    return E.right({
      values: Object.fromEntries(entries.map((e, i) => [e.name, found.right[i]])), sites: run.sites, points: run.found, deterministics: run.deterministics, table: tables
    })
  })
