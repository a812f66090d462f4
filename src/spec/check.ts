/**
 * Checks made while a prior is resolved: that a parameter fits its variable and lies in
 * its domain, that bounds are in order, that a start lies inside the support. Only what
 * is known on the host is checked: constants and what is worked out from them.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as Dist from '../dist/index.ts'
import type { Domain, Support } from '../dist/index.ts'
import * as B from '../tensor/build.ts'
import * as Ext from '../tensor/extent.ts'
import type { Shape } from '../tensor/extent.ts'
import { constant } from '../tensor/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { broadcast } from '../tensor/rule.ts'
import { describe } from './spec.ts'
import type { FixedShape, InitField } from './spec.ts'
import type { Init } from './site.ts'

/** What is wrong, without the place. */
export interface Problem {
  readonly tag: string
  readonly got: string
  readonly need: string
  readonly hint: string
}

/** Does a parameter broadcast to its variable? Trailing event axes of both are left out. */
export const shapeProblem = (param: Shape, shape: FixedShape, paramEvent: number, event: number): Problem | undefined => {
  const lead = param.slice(0, param.length - paramEvent), whole = shape.slice(0, shape.length - event)
  const both = broadcast(lead, whole)
  return both !== undefined && Ext.sameShape(both, whole) ? undefined : {
    tag: 'ShapeMismatch',
    got: `a parameter of shape ${Ext.showShape(param)} for a variable of shape ${Ext.showShape(shape)}`,
    need: 'a parameter that broadcasts to its variable',
    hint: 'give the marked part a shape by Spec.withShape: [] for one value, or a function of the variable\'s shape such as (s) => [1, s[1]]'
  }
}

/** Is a constant parameter in its domain? */
export const domainProblem = (domain: Domain, t: Tensor): Problem | undefined => {
  const c = Dist.constantOf(t)
  const need = Dist.Supports.domainProblem(domain)
  const bad = c?.data.find((x) => need(x) !== undefined)
  return bad === undefined ? undefined
    : { tag: 'OutsideDomain', got: `${bad}`, need: need(bad) ?? '', hint: domain === 'positive' ? 'give a scale above 0; a scale that is to be learnt can have a prior such as Spec.halfNormal()' : 'change the number' }
}

/** Do the constant bounds of a support leave room between them? */
export const boundsProblem = (s: Support): Problem | undefined => {
  if (s._tag !== 'Interval') return undefined
  const width = Dist.constantOf(B.sub(s.upper, s.lower))
  return width === undefined || width.data.every((w) => w > 0) ? undefined
    : { tag: 'OutsideDomain', got: `an interval ${Dist.Supports.show(s)}`, need: 'a lower bound below the upper bound', hint: 'exchange the bounds or move one' }
}

const badInit = (got: string, need: string, hint: string): Problem => ({ tag: 'BadInit', got, need, hint })

/** Is it a problem rather than a start? */
export const isProblem = (x: Init | Problem): x is Problem => 'got' in x

/** Where a variable starts, or what is wrong with that. May throw where a user's function throws. */
export const startOf = (init: InitField, shape: FixedShape, dist: Dist.Dist, support: Support): Init | Problem => {
  if (init === 'prior') {
    const c = Dist.constantOf(B.broadcastTo(Dist.center(dist), shape))
    return c !== undefined
      ? inside(c.data, shape, support)
      : badInit("withInit('prior') where the prior's centre depends on other variables", 'a prior with fixed parameters', 'give the start as numbers')
  }
  const given: unknown = typeof init === 'function' ? init([...shape]) : init
  if (!isNumbers(given)) return badInit(`withInit ${describe(given)}`, "a number, numbers of the variable's shape, a function that gives them, or 'prior'", 'give numbers')
  const t = constant(given)
  if (E.isLeft(t.type)) return badInit(t.type.left[0].got, t.type.left[0].need, t.type.left[0].hint)
  const data = t.attrs['data']
  if (Ext.sameShape(t.type.right.shape, shape) && ArrayBuffer.isView(data)) return inside(data as Float32Array, shape, support)
  const wide = Dist.constantOf(B.broadcastTo(B.float(t), shape))
  return wide === undefined
    ? badInit(`a start of shape ${Ext.showShape(t.type.right.shape)}`, `numbers that broadcast to the variable's shape ${Ext.showShape(shape)}`, 'give one number, or numbers of that shape')
    : inside(wide.data, shape, support)
}

const isNumbers = (x: unknown): x is Parameters<typeof constant>[0] => {
  const deep = (v: unknown): boolean => typeof v === 'number' || (Array.isArray(v) && v.every(deep))
  const typed = x as { readonly shape?: unknown; readonly data?: unknown } | null
  return deep(x) || (typeof typed === 'object' && typed !== null && Array.isArray(typed.shape) && ArrayBuffer.isView(typed.data))
}

const inside = (data: ArrayLike<number>, shape: FixedShape, support: Support): Init | Problem => {
  const need = Dist.Supports.startProblem(support)
  const bad = Array.from(data).find((x) => need(x) !== undefined)
  return bad === undefined ? { _tag: 'Value', shape, data }
    : badInit(`a start at ${bad}`, `${need(bad) ?? ''}, inside the support ${Dist.Supports.show(support)}`, 'start inside the support of the prior, in its own units')
}
