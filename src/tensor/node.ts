/**
 * The tensor language's one kind of value: an immutable expression node.
 *
 * A node names an op of the table, its argument nodes and its attributes; its type
 * (shape and dtype) is worked out when it is made. An ill-shaped node is a value too:
 * its type is a Left, it can be passed on and printed, and whatever is built from it
 * carries the same errors, each once.
 *
 * Laws: nodes are never changed; attributes are plain data; `node` is the only
 * function that looks into an Either; a walk visits each node once, arguments first.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { fail, gelatoError, shown, union, within } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Extent, Shape } from './extent.ts'
import * as Ext from './extent.ts'
import { row } from './table.ts'
import type { OpName } from './table.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** Element types. `u8` is storage: it can be gathered, reshaped, sliced and cast, not computed with. */
export type DType = 'f32' | 'i32' | 'u32' | 'bool' | 'u8'

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

/** A typed array that a constant may hold. */
export type Data = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array

/** A graph as an attribute: what a loop does in a step. Parameters are inputs named `%0`, `%1`, ... and nothing else is free. */
export interface Graph {
  readonly _tag: 'Graph'
  readonly params: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

/** One attribute of a node: plain data, extents and graphs included. */
export type Attr = number | string | boolean | null | Extent | Data | Graph | readonly Attr[]

/** Attributes by name. */
export type Attrs = Readonly<Record<string, Attr>>

/** An expression node. */
export interface Tensor {
  readonly _tag: 'Tensor'
  readonly op: OpName
  readonly args: readonly Tensor[]
  readonly attrs: Attrs
  readonly type: Either<GelatoErrors, TensorType>
}

/** One of a type for each element of a list: `[a, b]` gives two, a list of unknown length one of unknown length. */
export type Each<T extends readonly unknown[], A> = { readonly [K in keyof T]: A }

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** Makes a node; a Left argument makes a Left node, else the op's row gives the type. */
export const node = (op: OpName, args: readonly Tensor[], attrs: Attrs = {}): Tensor => {
  const lefts = args.flatMap((a): readonly GelatoErrors[] => (!isTensor(a) ? [[strangeOperand([op], a)]] : E.isLeft(a.type) ? [a.type.left] : []))
  const type: Either<GelatoErrors, TensorType> =
    lefts.length > 0 ? E.left(union(lefts)) : possible(op, row(op).type(args.map((a) => typeOf(a)), attrs))
  return { _tag: 'Tensor', op, args, attrs, type }
}

/** No axis has a length below 0 or a fraction of one, whatever an attribute says or a symbol is bound to. */
const possible = (op: OpName, type: Either<GelatoErrors, TensorType>): Either<GelatoErrors, TensorType> =>
  E.isLeft(type) || type.right.shape.every((e) => typeof e !== 'number' || (Number.isInteger(e) && e >= 0)) ? type
    : fail('ShapeMismatch', [op], `a result of shape ${Ext.showShape(type.right.shape)}`, 'extents that are whole and not negative', 'check the shape that was given')

/** The error of something else where a tensor is wanted, for callers without types. */
export const strangeOperand = (path: readonly string[], x: unknown): GelatoError =>
  gelatoError('NotATensor', path, shown(x), 'a tensor or a number',
    x === undefined ? 'nothing came: a name is misspelt, perhaps, or an argument was forgotten'
    : typeof x === 'function' ? 'the data comes last: call it twice, as in Tensor.sum()(x)'
    : Array.isArray(x) || ArrayBuffer.isView(x) ? 'make a tensor of it: Tensor.constant([1, 2])' : 'such as Tensor.constant([1, 2])')

/** A node that stands for errors found outside the table (a rule of a layer, say). */
export const failed = (errors: GelatoErrors): Tensor => ({
  _tag: 'Tensor', op: 'constant', args: [], attrs: { value: 0, shape: [], dtype: 'f32' }, type: E.left(errors)
})

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

/** Puts a step before the path of every error of a Left node; a Right node is unchanged. */
export const locate =
  (step: string) =>
  (t: Tensor): Tensor =>
    E.isLeft(t.type) ? { ...t, type: E.left(t.type.left.map(within(step)) as unknown as GelatoErrors) } : t

/** The same node over other arguments and attributes; itself when nothing changed. */
export const rebuild = (t: Tensor, args: readonly Tensor[], attrs: Attrs = t.attrs): Tensor =>
  attrs === t.attrs && args.every((a, i) => a === t.args[i]) ? t : node(t.op, args, attrs)

/** Substitutes symbols in every extent among the attributes, those inside graphs included. */
export const bindAttrs = (env: Readonly<Record<string, Extent>>): ((attrs: Attrs) => Attrs) => {
  const go = (a: Attr): Attr =>
    Ext.isSym(a) ? Ext.bind(env)(a) : isGraph(a) ? bound(a) : Array.isArray(a) ? mapSame(a as readonly Attr[], go) : a
  const bind = (attrs: Attrs): Attrs => {
    const next = Object.fromEntries(Object.entries(attrs).map(([k, v]) => [k, go(v)]))
    return Object.keys(attrs).every((k) => next[k] === attrs[k]) ? attrs : next
  }
  // A graph that several nodes have stays one graph.
  const graphs = new Map<Graph, Graph>()
  const bound = (g: Graph): Graph => {
    const known = graphs.get(g)
    if (known !== undefined) return known
    const memo = new Map<Tensor, Tensor>()
    for (const t of topo([...g.params, ...g.outputs])) memo.set(t, rebuild(t, t.args.map((a) => memo.get(a) as Tensor), bind(t.attrs)))
    const of = (ts: readonly Tensor[]): readonly Tensor[] => ts.map((t) => memo.get(t) as Tensor)
    const now: Graph = [...memo].every(([t, next]) => t === next) ? g : { _tag: 'Graph', params: of(g.params), outputs: of(g.outputs) }
    graphs.set(g, now)
    return now
  }
  return bind
}

const mapSame = (xs: readonly Attr[], f: (a: Attr) => Attr): readonly Attr[] => {
  const ys = xs.map(f)
  return ys.every((y, i) => y === xs[i]) ? xs : ys
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Is it a tensor? */
export const isTensor = (x: unknown): x is Tensor =>
  typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Tensor'

/** Is an attribute a graph? */
export const isGraph = (x: unknown): x is Graph => typeof x === 'object' && x !== null && (x as { _tag?: unknown })._tag === 'Graph'

/** The type of a node that is known to be Right (rows and passes work on such). */
export const typeOf = (t: Tensor): TensorType => {
  if (E.isRight(t.type)) return t.type.right
  throw new Error(`internal: type of an ill-shaped node asked for: ${t.type.left[0]._tag}`)
}

/** Shape of a Right node. */
export const shapeOf = (t: Tensor): Shape => typeOf(t).shape

/** Element type of a Right node. */
export const dtypeOf = (t: Tensor): DType => typeOf(t).dtype

/** The errors of a node, none when it is well shaped. */
export const errorsOf = (t: Tensor): GelatoErrors | undefined => (E.isLeft(t.type) ? t.type.left : undefined)

/** Every node that the outputs need, each once, arguments before their users. */
export const topo = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const done = new Set<Tensor>()
  const order: Tensor[] = []
  const stack: { t: Tensor; i: number }[] = []
  for (const out of outputs) {
    if (done.has(out)) continue
    done.add(out)
    stack.push({ t: out, i: 0 })
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      if (top.i < top.t.args.length) {
        const a = top.t.args[top.i++]
        if (!done.has(a)) {
          done.add(a)
          stack.push({ t: a, i: 0 })
        }
      } else {
        order.push(top.t)
        stack.pop()
      }
    }
  }
  return order
}

/**
 * Rewrites a graph bottom-up: `f` gets each node with its arguments already rewritten
 * (as `rebuilt`) and the original, and gives what stands in its place.
 */
export const rewrite =
  (f: (rebuilt: Tensor, original: Tensor) => Tensor) =>
  (outputs: readonly Tensor[]): readonly Tensor[] => {
    const memo = new Map<Tensor, Tensor>()
    for (const t of topo(outputs)) memo.set(t, f(rebuild(t, t.args.map((a) => memo.get(a) as Tensor)), t))
    return outputs.map((o) => memo.get(o) as Tensor)
  }
