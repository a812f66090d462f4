/**
 * Rewrites towards numerically stable forms, applied before differentiation so that
 * the gradients are stable too: logs of exponentials, softmaxes, sigmoids, softplus and sums of
 * exponentials; 1 - sigmoid; log(1 + x); exp(x) - 1; (b + x) - b; monotone functions carried out
 * after a maximum over windows instead of before it (fewer evaluations, same values); the
 * branch alone of a choice that is known (noise of training, while predicting).
 *
 * Law: the value is the same wherever the original form is accurate.
 *
 * @since 0.1.0
 */
import { E } from '../fp.ts'
import * as B from './build.ts'
import { isGraph, mapOutputs } from './graph.ts'
import type { Graph, Tensor } from './node.ts'
import { node, rebuild, rewrite, shapeOf } from './node.ts'
import { row } from './table.ts'

const constant = (t: Tensor): number | undefined =>
  t.op === 'constant' && t.attrs['data'] === undefined
    ? (t.attrs['value'] as number)
    : t.op === 'broadcastTo' || t.op === 'cast'
      ? constant(t.args[0])
      : undefined

/** Ops through which a logarithm can be moved towards the exponential that it undoes. */
const transparent = ['reshape', 'transpose', 'slice', 'broadcastTo', 'flip', 'take']

/** What is found of a node once is kept: a graph has more ways through it than nodes. */
const kept = <A>(find: (t: Tensor) => A): ((t: Tensor) => A) => {
  const found = new Map<Tensor, { readonly value: A }>()
  return (t) => {
    const value = found.get(t) ?? { value: find(t) }
    found.set(t, value)
    return value.value
  }
}

/** Below this log(softplus(x)) is x - exp(x) / 2 up to exp(2 x): 1e-13. Softplus itself ends at -87. */
const LOW = -15

/** log(softplus(x)); each form is asked only where it holds, so that its gradient is finite. */
const logSoftplus = (x: Tensor): Tensor => {
  const low = B.lt(x, LOW), below = B.select(low, x, LOW)
  return B.select(low, B.sub(below, B.mul(0.5, B.exp(below))), B.log(B.softplus(B.select(low, LOW, x))))
}

/** What the forms of expressions tell. */
interface Forms {
  /** Is every element above zero? */
  readonly positive: (t: Tensor) => boolean
  /** The logarithm in a better form than `log`. */
  readonly logOf: (x: Tensor) => Tensor | undefined
}

const forms = (): Forms => {
  const positive: (t: Tensor) => boolean = kept((t) => {
    const c = constant(t)
    return c !== undefined
      ? c > 0
      : t.op === 'exp' || t.op === 'sigmoid' || t.op === 'softplus'
        ? true
        : t.op === 'mul' || t.op === 'div' || t.op === 'add'
          ? t.args.every(positive)
          : [...transparent, 'sum', 'sqrt'].includes(t.op) && positive(t.args[0])
  })
  const undoes: (t: Tensor) => boolean = kept((t) =>
    t.op === 'exp' || t.op === 'sigmoid' || t.op === 'softplus' || (transparent.includes(t.op) && undoes(t.args[0])) || (t.op === 'mul' && t.args.every(positive) && t.args.some(undoes)))
  const logOf: (x: Tensor) => Tensor | undefined = kept((x) => {
    if (x.op === 'exp') return x.args[0]
    if (x.op === 'sigmoid') return B.logSigmoid(x.args[0])
    if (x.op === 'softplus') return logSoftplus(x.args[0])
    if (transparent.includes(x.op) && undoes(x.args[0])) {
      const inner = logOf(x.args[0])
      return inner && node(x.op, [inner, ...x.args.slice(1)], x.attrs)
    }
    if ((x.op === 'mul' || x.op === 'div') && x.args.every(positive) && x.args.some(undoes)) {
      const [a, b] = x.args.map((t) => logOf(t) ?? B.log(t))
      return x.op === 'mul' ? B.add(a, b) : B.sub(a, b)
    }
    if (x.op === 'sum' && x.args[0].op === 'exp') return node('logSumExp', [x.args[0].args[0]], x.attrs)
    if (x.op === 'add') {
      const [a, b] = x.args
      const other = constant(a) === 1 ? b : constant(b) === 1 ? a : undefined
      if (other?.op === 'exp') return B.softplus(other.args[0])
      if (other !== undefined) return B.log1p(other)
    }
    if (x.op === 'sub' && constant(x.args[0]) === 1) {
      const y = x.args[1]
      return y.op === 'sigmoid' ? B.neg(B.softplus(y.args[0])) : B.log1p(B.neg(y))
    }
    return undefined
  })
  return { positive, logOf }
}

const same = (a: Tensor, b: Tensor): boolean => a === b || (constant(a) !== undefined && constant(a) === constant(b))

/** Does a condition on constants hold? Undefined where its form doesn't tell. */
const holds = (t: Tensor): boolean | undefined => {
  const values = t.args.map(constant)
  if (row(t.op).kind !== 'elementwise' || !values.every((v) => v !== undefined)) return undefined
  return row(t.op).f64(values.map((v) => ({ shape: [], data: Float64Array.of(v) })), t.attrs, { shape: [], dtype: 'bool' }).data[0] !== 0
}

/** Functions that keep the order of numbers (increasing everywhere). */
const increasing = ['tanh', 'sigmoid', 'softplus', 'exp', 'atan', 'asinh']

const rule = ({ positive, logOf }: Forms, t: Tensor): Tensor | undefined => {
  if (t.op === 'log') return logOf(t.args[0])
  if (t.op === 'select') {
    const known = holds(t.args[0]), [when, yes, no] = t.args
    // The guard of a logarithm's gradient at 0, round what is never 0.
    if (when.op === 'eq' && when.args[0] === no && constant(when.args[1]) === 0 && constant(yes) === 0 && positive(no)) return no
    return known === undefined ? undefined : t.args[known ? 1 : 2]
  }
  if (t.op === 'sub') {
    const [a, b] = t.args
    if (constant(a) === 1 && b.op === 'sigmoid') return B.sigmoid(B.neg(b.args[0]))
    if (constant(b) === 1 && a.op === 'exp') return B.expm1(a.args[0])
    // What lies above or below a bound: (b + e) - b, b - (b - e).
    if (a.op === 'add' && same(a.args[0], b)) return a.args[1]
    if (a.op === 'add' && same(a.args[1], b)) return a.args[0]
    if (b.op === 'sub' && same(a, b.args[0])) return b.args[1]
  }
  if (t.op === 'maxPool2d' && increasing.includes(t.args[0].op)) {
    const f = t.args[0]
    return node(f.op, [node('maxPool2d', f.args, t.attrs)])
  }
  if (t.op === 'log1p' && t.args[0].op === 'exp') return B.softplus(t.args[0].args[0])
  return undefined
}

/** What a loop does in a step, made stable. */
const inside = (t: Tensor): Tensor => {
  const graphs = Object.entries(t.attrs).filter(([, v]) => isGraph(v))
  return graphs.length === 0 ? t : rebuild(t, t.args, { ...t.attrs, ...Object.fromEntries(graphs.map(([k, v]) => [k, mapOutputs(stabilise)(v as Graph)])) })
}

/** The stable form of graphs. A rewritten node keeps its shape. */
export const stabilise = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const known = forms()
  return rewrite((made) => {
    if (E.isLeft(made.type)) return made
    const t = inside(made)
    const better = rule(known, t)
    return better === undefined || E.isLeft(better.type) ? t : B.broadcastTo(better, shapeOf(t))
  })(outputs)
}
