/**
 * Data against the model, number by number: labels that are no classes, observations that their distribution can't give,
 * indices outside their table. On the device none of it shows: a density goes on outside its support, and an index is
 * moved to the nearest row.
 *
 * Laws: what a mask leaves out is never refused. Only bounds and indices that follow from numbers and data are known
 * here; where bounds depend on what is inferred, the density itself is minus infinity outside (`../model/attach.ts`).
 *
 * @since 0.5.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import * as Dist from '../dist/index.ts'
import { rowSize } from '../dataset/index.ts'
import type { Field } from '../dataset/index.ts'
import { interpret } from '../reference/index.ts'
import type { Ref } from '../reference/index.ts'
import { errorsOf, shapeOf, topo } from '../tensor/node.ts'
import type { Tensor } from '../tensor/node.ts'
import { leafName } from '../tensor/ops/leaves.ts'
import { row } from '../tensor/table.ts'
import { masksOf } from '../model/attach.ts'
import type { LikelihoodTerm, Model } from '../model/index.ts'
import { sizeOf } from './layout.ts'

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

type Fields = Readonly<Record<string, Field>>

/** Graphs of more nodes, and results of more numbers, are not worked out here. */
const NODES = 100, NUMBERS = 1 << 22

/** The value of a graph that depends on nothing but numbers and these fields; undefined where it depends on more, or is large. */
const valueOf = (t: Tensor, fields: Fields): Ref | undefined => {
  const nodes = topo([t])
  const given = (n: Tensor): boolean => n.op === 'input' && Object.hasOwn(fields, leafName(n) ?? '') && fields[leafName(n) ?? ''].data.length <= NUMBERS
  const known = nodes.length <= NODES && nodes.every((n) => {
    const kind = errorsOf(n) === undefined ? row(n.op).kind : 'random'
    return kind === 'leaf' ? ['constant', 'iota', 'extent'].includes(n.op) || given(n) : kind !== 'random' && kind !== 'loop'
  })
  const r = known ? interpret(fields)([t]) : undefined
  return r === undefined || E.isLeft(r) ? undefined : r.right[0]
}

/** A number as short as its 32 bits allow. */
const short = (x: number): string => {
  for (let p = 1; p < 9; p++) if (Math.fround(Number(x.toPrecision(p))) === Math.fround(x)) return String(Number(x.toPrecision(p)))
  return String(x)
}

const placeIn = (f: Field, i: number): string => {
  const per = rowSize(f), r = Math.floor(i / per)
  return per === 1 ? `row ${r}` : `row ${r}, element ${i - r * per} of it`
}

/** Which numbers of an observation are there: all, or those (vectors of `event` axes) that the mask says. */
const presence = (term: LikelihoodTerm | undefined, f: Field, fields: Fields): ((i: number) => boolean) => {
  const mask = term?.mask === undefined ? undefined : fields[leafName(term.mask) ?? '']
  if (mask === undefined) return () => true
  const event = term?.dist === undefined ? 0 : Dist.familyOf(term.dist.family).event
  const each = event === 0 ? 1 : sizeOf(f.shape.slice(-event)), there = mask.data
  return each === 1 ? (i) => there[i] !== 0 : (i) => there[Math.floor(i / each)] !== 0
}

/** Numbers of an array as it broadcasts to a shape, by place in row-major order, in f32 as the device has them. */
const broadcasting = ({ shape: own, data }: Ref, shape: readonly number[]): ((i: number) => number) => {
  if (data.length === 1) {
    const x = Math.fround(data[0])
    return () => x
  }
  if (data.length === sizeOf(shape)) return (i) => Math.fround(data[i])
  const lead = shape.length - own.length
  const strides = shape.map((_, a) => (a < lead || own[a - lead] === 1 ? 0 : sizeOf(own.slice(a - lead + 1))))
  return (i) => {
    let at = 0, rest = i
    for (let a = shape.length - 1; a >= 0; a--) {
      at += (rest % shape[a]) * strides[a]
      rest = Math.floor(rest / shape[a])
    }
    return Math.fround(data[at])
  }
}

// -----------------------------------------------------------------------------
// labels
// -----------------------------------------------------------------------------

const isCount = (term: LikelihoodTerm | undefined): boolean => term?.dist !== undefined && Dist.support(term.dist)._tag === 'Counts'

/** How many classes the whole numbers of a field have: 2 for a mask, undefined where any number will do. */
export const classesOf = (model: Model, term: LikelihoodTerm | undefined, name: string): number | undefined => {
  if (Object.hasOwn(masksOf(model), name)) return 2
  const support = term?.dist === undefined ? undefined : Dist.support(term.dist)
  return support?._tag === 'Classes' && typeof support.count === 'number' ? support.count : undefined
}

/** A field of a leaf of whole numbers. Errors: `NotAnInteger`, `BadLabel`. */
export const checkWhole = (model: Model, name: string, f: Field, term: LikelihoodTerm | undefined, fields: Fields): Either<GelatoErrors, Field> => {
  const classes = classesOf(model, term, name), there = presence(term, f, fields)
  for (let i = 0; i < f.data.length; i++) {
    const v = f.data[i]
    if (!Number.isInteger(v) && there(i))
      return fail('NotAnInteger', ['data', name, placeIn(f, i)], short(v), 'whole numbers',
        Object.hasOwn(masksOf(model), name) ? `'${name}' says which observations there are: give 1 or 0`
          : term === undefined ? `the model's input '${name}' is of whole numbers, such as indices of an embedding: round them, or make it an input of dtype 'f32'`
          : isCount(term) ? `'${name}' holds counts: round them, or observe them through a distribution of real numbers`
          : `'${name}' holds labels: give class numbers from 0`)
    if (classes !== undefined && (v < 0 || v >= classes) && there(i))
      return fail('BadLabel', ['data', name, placeIn(f, i)], `label ${v}`, `whole numbers from 0 to ${classes - 1}, as the model has ${classes} classes`, 'number the classes from 0, or give the last layer more units')
  }
  return E.right(f.dtype === 'f32' ? { dtype: 'i32', shape: f.shape, data: Int32Array.from(f.data) } : f)
}

// -----------------------------------------------------------------------------
// supports
// -----------------------------------------------------------------------------

const GENERIC = 'check the data (units, signs, a code for what is missing), or observe them through a distribution that has such values'
const AT_THE_END = 'the density there is 0 or infinite: move such values inside, or observe them through a distribution that has them'

const rangeText = (lower: number, upper: number, { open, whole }: Pick<Dist.Supports.Ends, 'open' | 'whole'>): string =>
  whole ? (upper === Infinity ? 'counts: whole numbers from 0' : `whole numbers from 0 to ${short(upper)}`)
    : upper === Infinity ? `numbers ${open ? 'above' : 'from'} ${short(lower)}${open ? '' : ' on'}`
    : lower === -Infinity ? `numbers up to ${short(upper)}`
    : open ? `numbers between ${short(lower)} and ${short(upper)}, without these two` : `numbers from ${short(lower)} to ${short(upper)}`

const outside = (name: string, family: string, place: string, got: string, need: string, hint: string): Either<GelatoErrors, never> =>
  fail('OutOfSupport', ['data', name, place], got, `${need}: '${name}' is ${family}`, hint)

const checkEvents = (name: string, f: Field, dist: Dist.Dist, there: (i: number) => boolean): Either<GelatoErrors, void> => {
  const support = Dist.support(dist), rank = Dist.Supports.eventRank(support)
  if (rank === 0) return E.right(undefined)
  const each = sizeOf(f.shape.slice(-rank)), need = Dist.Supports.eventProblem(support)
  for (let i = 0; i < f.data.length; i += each) {
    const xs = f.data.subarray(i, i + each), problem = there(i) ? need(xs) : undefined
    if (problem !== undefined) return outside(name, dist.family, `row ${Math.floor(i / rowSize(f))}`, `[${Array.from(xs.subarray(0, 6), short).join(', ')}${each > 6 ? ', ...' : ''}]`, problem, GENERIC)
  }
  return E.right(undefined)
}

/** Observations against the support of their distribution, where its bounds are numbers or follow from the data. Errors: `OutOfSupport`. */
export const checkSupport = (name: string, f: Field, term: LikelihoodTerm | undefined, fields: Fields): Either<GelatoErrors, void> => {
  // A log likelihood of its own may take more: the time of what is censored, say, with a sign.
  if (term?.dist === undefined || term.own === true) return E.right(undefined)
  const dist = term.dist, ends = Dist.Supports.endsOf(Dist.support(dist)), there = presence(term, f, fields)
  if (ends === undefined) return checkEvents(name, f, dist, there)
  const reading = (t: Tensor | number, none: number): ((i: number) => number) => {
    const v = typeof t === 'number' ? { shape: [], data: Float64Array.of(t) } : valueOf(t, fields)
    return v === undefined ? () => none : broadcasting(v, f.shape)
  }
  const low = reading(ends.lower, -Infinity), high = reading(ends.upper, Infinity)
  for (let i = 0; i < f.data.length; i++) {
    const v = f.data[i], least = low(i), most = high(i)
    const beyond = v < least || v > most, at = ends.open && (v === least || v === most)
    if ((beyond || at) && there(i))
      return outside(name, dist.family, placeIn(f, i), short(v), rangeText(least, most, ends),
        at ? AT_THE_END : dist.family === 'vonMises' ? 'wrap the angles, in radians, into this range' : GENERIC)
  }
  return E.right(undefined)
}

/** What depends on more than numbers and data, of the bounds of a distribution. */
const moving = (dist: Dist.Dist, fields: Fields): { readonly lower: boolean; readonly upper: boolean } => {
  const ends = Dist.Supports.endsOf(Dist.support(dist))
  const moves = (t: Tensor | number | undefined): boolean => t !== undefined && typeof t !== 'number' && valueOf(t, fields) === undefined
  return { lower: moves(ends?.lower), upper: moves(ends?.upper) }
}

/**
 * Why a run from step `first` on ended whose log likelihood is minus infinity, where bounds of a support depend on what is
 * inferred. One that is no number has another reason: outside its bounds a density is 0.
 */
export const outOfBounds = (model: Model, fields: Fields, logLik: readonly number[] | undefined, first: number): GelatoError | undefined => {
  const step = logLik?.findIndex((x) => !Number.isFinite(x)) ?? -1
  if (logLik?.[step] !== -Infinity) return undefined
  for (const term of model.likelihoods) {
    const f = fields[term.name], { dist } = term
    if (dist === undefined || f === undefined || term.observed === undefined || term.own === true || !Dist.Supports.hasMovingEnds(Dist.support(dist))) continue
    const { lower, upper } = moving(dist, fields)
    if (!lower && !upper) continue
    const there = presence(term, f, fields)
    let least = Infinity, most = -Infinity
    for (let i = 0; i < f.data.length; i++) if (there(i)) [least, most] = [Math.min(least, f.data[i]), Math.max(most, f.data[i])]
    const bounds = [...(lower ? [`a lower bound of at most ${short(least)}`] : []), ...(upper ? [`an upper bound of at least ${short(most)}`] : [])].join(' and ')
    const priors = [...(lower ? [`Spec.truncatedNormal({ upper: ${short(least)} }) for a lower`] : []), ...(upper ? [`Spec.truncatedNormal({ lower: ${short(most)} }) for an upper bound`] : [])].join(', ')
    return gelatoError('Diverged', ['fit', term.name],
      `a log likelihood of minus infinity at step ${first + step}: observations of '${term.name}' lie outside the support of their distribution, ${dist.family}, at values of its bounds that the approximation reaches`,
      `${bounds}, whatever is drawn`,
      `give what the bound is made of a prior that ends at the data, such as ${priors}; or take a distribution without bounds`)
  }
  return undefined
}

// -----------------------------------------------------------------------------
// indices
// -----------------------------------------------------------------------------

/** Operations that leave the numbers as they are, but for the fraction that a cast takes off. */
const MOVES = ['cast', 'reshape', 'broadcastTo', 'transpose']

const beneath = (t: Tensor): Tensor => (MOVES.includes(t.op) ? beneath(t.args[0]) : t)

/** Indices that the model takes from its inputs, against the tables that they are places of. Errors: `BadIndex`. */
export const checkIndices = (model: Model, fields: Fields): Either<GelatoErrors, void> => {
  const inputs: Fields = Object.fromEntries(Object.keys(model.inputs).flatMap((k) => (Object.hasOwn(fields, k) ? [[k, fields[k]]] : [])))
  const roots = [model.prediction, ...Object.values(model.outputs), ...model.likelihoods.flatMap((l) => [l.output, l.logLik])].filter((t) => errorsOf(t) === undefined)
  for (const t of topo(roots)) {
    if (t.op !== 'take') continue
    const size = shapeOf(t.args[0])[t.attrs['axis'] as number], index = t.args[1], leaf = beneath(index)
    const named = topo([index]).flatMap((n) => (n.op === 'input' && Object.hasOwn(inputs, leafName(n) ?? '') ? [leafName(n) ?? ''] : []))
    if (typeof size !== 'number' || named.length === 0) continue
    const direct = leaf.op === 'input', f = inputs[named[0]]
    const data: ArrayLike<number> | undefined = direct ? f.data : valueOf(index, inputs)?.data
    if (data === undefined) continue
    for (let i = 0; i < data.length; i++) {
      const v = Math.trunc(data[i])
      if (v < 0 || v >= size)
        return fail('BadIndex', ['data', named[0], direct ? placeIn(f, i) : `row ${Math.floor(i / Math.max(1, data.length / f.shape[0]))}`],
          direct ? `index ${v}` : `an index ${v} made from '${named.join("', '")}'`, `whole numbers from 0 to ${size - 1}, as the table that they are places of has ${size} rows`,
          'number what they stand for from 0, or make the table larger: its `inputs` (an embedding) or its shape')
    }
  }
  return E.right(undefined)
}
