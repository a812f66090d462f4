/**
 * PyTorch's names and orders of weights against ours: which tensors a module's state
 * dict has, which of our parameters they make, and how.
 *
 * A tensor of a module is a stack, along its first axis, of one part for each of our
 * parameters that it contributes to (the gates of a recurrent layer are stacked). What
 * several tensors contribute is added up (a recurrent layer's two biases).
 *
 * Law: reading what was written gives the same weights.
 *
 * @since 0.3.0
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import { all, didYouMean, fail, gelatoError } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import type { Weights } from '../layer/pretrained.ts'
import type { Network } from '../layer/network.ts'
import type { HostData } from '../layer/param.ts'
import type { Model } from '../model/index.ts'
import { of } from '../model/index.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/**
 * Modules of a state dict by name, with the layers that they are: one, one a level for
 * recurrent modules of several levels, or null for what is left out.
 */
export type Modules = Readonly<Record<string, string | readonly string[] | null>>

/** How a part lies: as ours, transposed ([out, in] for [in, out]), or transposed with kernel axes of extent 1. */
type Order = 'same' | 'transposed' | 'pointwise'

/** One of our parameters, and the sign with which it enters. */
interface Part {
  readonly ours: string
  readonly sign?: -1
}

/** A tensor of a module. */
interface Row {
  readonly torch: string
  readonly parts: readonly Part[]
  readonly order: Order
}

/** A layer that a module is: its name, the rows of its tensors, the shapes of its parameters and states. */
interface Place {
  readonly module: string
  readonly layer: string
  readonly rows: readonly Row[]
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** Those whose values aren't fixed in the network. */
  readonly open: ReadonlySet<string>
  /** Axes of kernels, for layers that have their weights as matrices. */
  readonly kernelAxes: number
}

type Rows = (level: number) => readonly Row[]

// -----------------------------------------------------------------------------
// the table
// -----------------------------------------------------------------------------

const row = (torch: string, ours: string, order: Order = 'same'): Row => ({ torch, parts: [{ ours }], order })
const stack = (torch: string, parts: readonly Part[], order: Order = 'same'): Row => ({ torch, parts, order })

const convolution: Rows = () => [row('weight', 'W'), row('bias', 'b')]
const affine: Rows = () => [row('weight', 'gamma'), row('bias', 'beta')]
const gates = (names: readonly string[], parameter: string): readonly Part[] => names.map((g) => ({ ours: `${g}.${parameter}` }))
const LSTM = ['ingate', 'forgetgate', 'cell', 'outgate']
/** Our update gate replaces where PyTorch's keeps: sigmoid(-x) is 1 - sigmoid(x). */
const gru = (parameter: string, last: string = parameter): readonly Part[] =>
  [{ ours: `resetgate.${parameter}` }, { ours: `updategate.${parameter}`, sign: -1 }, { ours: `hiddenUpdate.${last}` }]

/** Tensors by our kind of layer. */
const kinds: Readonly<Record<string, Rows>> = {
  dense: () => [row('weight', 'W', 'transposed'), row('bias', 'b')],
  nin: () => [row('weight', 'W', 'pointwise'), row('bias', 'b')],
  ...Object.fromEntries(['conv', 'depthwiseConv', 'transposedConv'].flatMap((k) => [1, 2, 3].map((d) => [`${k}${d}d`, convolution]))),
  embedding: () => [row('weight', 'W')],
  prelu: () => [row('weight', 'alpha')],
  batchNorm: () => [...affine(0), row('running_mean', 'mean'), row('running_var', 'variance')],
  layerNorm: affine,
  groupNorm: affine,
  instanceNorm: affine,
  multiHeadAttention: () => [
    stack('in_proj_weight', [{ ours: 'Wq' }, { ours: 'Wk' }, { ours: 'Wv' }], 'transposed'), stack('in_proj_bias', [{ ours: 'bq' }, { ours: 'bk' }, { ours: 'bv' }]),
    row('out_proj.weight', 'Wo', 'transposed'), row('out_proj.bias', 'bo')
  ],
  recurrent: (l) => [row(`weight_ih_l${l}`, 'Win', 'transposed'), row(`weight_hh_l${l}`, 'Whid', 'transposed'), row(`bias_ih_l${l}`, 'b'), row(`bias_hh_l${l}`, 'b')],
  lstm: (l) => [
    stack(`weight_ih_l${l}`, gates(LSTM, 'Win'), 'transposed'), stack(`weight_hh_l${l}`, gates(LSTM, 'Whid'), 'transposed'),
    stack(`bias_ih_l${l}`, gates(LSTM, 'b')), stack(`bias_hh_l${l}`, gates(LSTM, 'b'))
  ],
  gru: (l) => [
    stack(`weight_ih_l${l}`, gru('Win'), 'transposed'), stack(`weight_hh_l${l}`, gru('Whid'), 'transposed'),
    stack(`bias_ih_l${l}`, gru('b')), stack(`bias_hh_l${l}`, gru('b', 'bHid'))
  ]
}

/** What a module keeps that no layer needs. */
const COUNTERS = ['num_batches_tracked']

// -----------------------------------------------------------------------------
// numbers
// -----------------------------------------------------------------------------

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
const text = (shape: readonly number[]): string => `[${shape.join(', ')}]`
const bare = (shape: readonly number[]): string => shape.filter((e) => e !== 1).join()

/** [rows, columns] as [columns, rows]. */
const transposed = (data: ArrayLike<number>, rows: number, columns: number): Float32Array => {
  const out = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]
  return out
}

/** A part of a module's tensor in our order. */
const toOurs = (part: HostData, order: Order): HostData => {
  if (order === 'same') return part
  const [rows, columns] = part.shape
  return { shape: [columns, rows], data: transposed(part.data, rows, columns) }
}

const toTheirs = (ours: HostData, order: Order, kernelAxes: number): HostData => {
  if (order === 'same') return ours
  const [rows, columns] = ours.shape
  return { shape: [columns, rows, ...(order === 'pointwise' ? Array.from({ length: kernelAxes }, () => 1) : [])], data: transposed(ours.data, rows, columns) }
}

/** Equal parts along the first axis. */
const cut = (t: HostData, n: number): readonly HostData[] => {
  const size = t.data.length / n
  return Array.from({ length: n }, (_, i) => ({ shape: [t.shape[0] / n, ...t.shape.slice(1)], data: Float32Array.from(t.data.slice(i * size, (i + 1) * size)) }))
}

const joined = (parts: readonly HostData[]): HostData => {
  const data = new Float32Array(parts.reduce((n, p) => n + p.data.length, 0))
  parts.reduce((at, p) => { data.set(p.data, at); return at + p.data.length }, 0)
  return parts.length === 1 ? parts[0] : { shape: [parts.reduce((n, p) => n + p.shape[0], 0), ...parts[0].shape.slice(1)], data }
}

const times = (sign: 1 | -1, t: HostData): HostData => (sign === 1 ? t : { shape: t.shape, data: Float32Array.from(t.data, (v) => -v) })

const zeros = (t: HostData): HostData => ({ shape: t.shape, data: new Float32Array(t.data.length) })

const added = (a: HostData | undefined, b: HostData): HostData => (a === undefined ? b : { shape: a.shape, data: Float32Array.from(a.data, (v, i) => v + b.data[i]) })

// -----------------------------------------------------------------------------
// places
// -----------------------------------------------------------------------------

const placeOf = (m: Model, module: string, layer: string, level: number): Either<GelatoErrors, Place> => {
  const info = m.layers.find((l) => l.name === layer), names = m.layers.map((l) => l.name)
  if (info === undefined) return fail('UnknownLayer', ['modules', module], `'${layer}'`, `one of ${names.join(', ')}`, didYouMean(layer, names))
  if (!Object.hasOwn(kinds, info.kind))
    return fail('UnsupportedLayer', ['modules', module], `'${layer}', which is ${info.kind}`, `a layer of kind ${Object.keys(kinds).join(', ')}`, 'put the weights in by name: Model.startAt, Layer.withWeights')
  const states = Object.entries(m.states).flatMap(([k, s]) => (k.startsWith(`${layer}.`) ? [[k.slice(layer.length + 1), s.shape] as const] : []))
  const shapes = new Map([...info.params.map((p) => [p.name, p.shape] as const), ...states])
  const fixed = info.params.filter((p) => p.prior === 'fixed').map((p) => p.name)
  return E.right({ module, layer, rows: kinds[info.kind](level), shapes, open: new Set([...shapes.keys()].filter((k) => !fixed.includes(k))), kernelAxes: Math.max(0, (info.shape?.length ?? 2) - 2) })
}

const placesOf = (modules: Modules, m: Model): Either<GelatoErrors, readonly Place[]> =>
  m.problems.length > 0
    ? E.left(m.problems as unknown as GelatoErrors)
    : all(Object.entries(modules).flatMap(([module, layers]) =>
        (layers === null ? [] : typeof layers === 'string' ? [layers] : layers).map((layer, level) => placeOf(m, module, layer, level))))

const full = (module: string, name: string): string => (module === '' ? name : `${module}.${name}`)

/** Tensors that no module of the mapping has. */
const unmapped = (modules: Modules, places: readonly Place[], tensors: Weights): readonly GelatoError[] => {
  const known = new Set(places.flatMap((p) => [...p.rows.map((r) => r.torch), ...COUNTERS].map((n) => full(p.module, n))))
  const left = Object.entries(modules).flatMap(([k, v]) => (v === null ? [k] : []))
  return Object.keys(tensors).filter((n) => !known.has(n) && !left.some((k) => n.startsWith(full(k, '')))).map((n) =>
    gelatoError('UnmappedTensor', [n], `a tensor '${n}'`, 'a module for every tensor', `map '${n.slice(0, Math.max(0, n.lastIndexOf('.')))}' to a layer, or to null to leave it out`))
}

// -----------------------------------------------------------------------------
// from PyTorch
// -----------------------------------------------------------------------------

const partsOf = (name: string, t: HostData, r: Row): Either<GelatoErrors, readonly HostData[]> => {
  const n = r.parts.length
  if (t.shape.length === 0 || t.shape[0] % n !== 0) return fail('ShapeMismatch', [name], `shape ${text(t.shape)}`, `${n} equal parts along the first axis: ${r.parts.map((p) => p.ours).join(', ')}`, 'check which module the tensor is of')
  if (r.order !== 'same' && bare(t.shape.slice(2)) !== '') return fail('ShapeMismatch', [name], `shape ${text(t.shape)}`, 'a matrix [outputs, inputs]', 'check which module the tensor is of')
  return E.right(cut(t, n).map((part) => toOurs(part, r.order)))
}

/** Where a layer has a parameter: `b` is an option, `hiddenUpdate.bHid` one of an option. */
const optionOf = (ours: string): string => {
  const [first, ...inside] = ours.split('.')
  return inside.length === 0 ? `{ ${first}: Spec.normal() }` : `{ ${first}: { ${inside.join('.')}: Spec.normal() } }`
}

const received = (p: Place, tensors: Weights): Either<GelatoErrors, Weights> => {
  const got = new Map<string, HostData>()
  const errors: GelatoError[] = []
  for (const r of p.rows) {
    const name = full(p.module, r.torch), t = Object.hasOwn(tensors, name) ? tensors[name] : undefined
    const parts = t === undefined ? E.right([]) : partsOf(name, t, r)
    if (E.isLeft(parts)) errors.push(...parts.left)
    else parts.right.forEach((part, i) => {
      const { ours, sign = 1 } = r.parts[i], shape = p.shapes.get(ours)
      if (shape === undefined) {
        if (Array.prototype.some.call(part.data, (v: number) => v !== 0))
          errors.push(gelatoError('NoSuchParameter', [name], `numbers for '${p.layer}.${ours}', which the layer hasn't`, `one of ${[...p.shapes.keys()].join(', ')}`, `give the layer its ${ours}: ${optionOf(ours)}`))
      } else if (bare(part.shape) !== bare(shape) || sizeOf(shape) !== part.data.length)
        errors.push(gelatoError('ShapeMismatch', [name], `shape ${text(part.shape)} for '${p.layer}.${ours}'${r.order === 'same' ? '' : ', transposed'}`, `shape ${text(shape)}`, 'check that the layer has the units, filters and kernel that the module had'))
      else got.set(ours, added(got.get(ours), { shape, data: times(sign, part).data }))
    })
  }
  const missing = [...p.open].filter((k) => !got.has(k) && errors.length === 0).map((k) =>
    gelatoError('MissingTensor', [p.module, `${p.layer}.${k}`], `tensors ${p.rows.map((r) => full(p.module, r.torch)).filter((n) => Object.hasOwn(tensors, n)).join(', ') || 'of other modules'}`,
      `a tensor for '${p.layer}.${k}'`, 'leave the parameter out of the layer (null, or peepholes: false), or check the name of the module'))
  const wrong = [...errors, ...missing]
  return wrong.length > 0 ? E.left(wrong as unknown as GelatoErrors) : E.right(Object.fromEntries([...got].map(([k, v]) => [`${p.layer}.${k}`, v])))
}

/**
 * Weights by our names from a PyTorch state dict: `Linear` (transposed), convolutions,
 * `Embedding`, normalisations with their running statistics, `PReLU`, `RNN`, `LSTM`,
 * `GRU` and `MultiheadAttention`. The mapping says which layer a module is.
 *
 * Errors: `UnmappedTensor`, `MissingTensor`, `NoSuchParameter`, `ShapeMismatch`,
 * `UnknownLayer`, `UnsupportedLayer`.
 *
 * @example
 * const net = pipe(Layer.input([null, 2]), Layer.dense({ units: 1, name: 'out' }))
 * const stateDict = { 'fc.weight': { shape: [1, 2], data: Float32Array.of(3, 4) }, 'fc.bias': { shape: [1], data: Float32Array.of(5) } }
 * const weights = Weights.fromTorch({ fc: 'out' })(net)(stateDict)   // Right: 'out.W' [2, 1], 'out.b' [1]
 */
export const fromTorch =
  (modules: Modules) =>
  (network: Network | Model) =>
  (tensors: Weights): Either<GelatoErrors, Weights> =>
    pipe(
      placesOf(modules, of(network)),
      E.chain((places) => {
        const strange = unmapped(modules, places, tensors)
        return strange.length > 0 ? E.left(strange as unknown as GelatoErrors) : all(places.map((p) => received(p, tensors)))
      }),
      E.map((parts): Weights => Object.assign({}, ...parts))
    )

// -----------------------------------------------------------------------------
// to PyTorch
// -----------------------------------------------------------------------------

const written = (p: Place, weights: Weights): Either<GelatoErrors, Weights> => {
  const done = new Set<string>()
  const value = (ours: string): HostData | undefined => weights[`${p.layer}.${ours}`]
  const missing = p.rows.flatMap((r) => r.parts.map((part) => part.ours)).filter((k, i, all) => p.shapes.has(k) && value(k) === undefined && all.indexOf(k) === i)
  if (missing.length > 0)
    return fail('MissingWeights', [p.layer], `weights ${Object.keys(weights).filter((k) => k.startsWith(`${p.layer}.`)).join(', ') || 'of other layers'}`, `'${missing.map((k) => `${p.layer}.${k}`).join("', '")}'`, 'give them, or leave the module out of the mapping')
  const tensors = p.rows.flatMap((r): readonly (readonly [string, HostData])[] => {
    const present = r.parts.map((part) => (p.shapes.has(part.ours) ? value(part.ours) : undefined))
    const like = present.find((v) => v !== undefined)
    if (like === undefined) return []
    const parts = r.parts.map(({ ours, sign }, i) => {
      const v = present[i], first = !done.has(ours)
      done.add(ours)
      return toTheirs(v === undefined || !first ? zeros(v ?? like) : times(sign ?? 1, v), r.order, p.kernelAxes)
    })
    return [[full(p.module, r.torch), joined(parts)]]
  })
  return E.right(Object.fromEntries(tensors))
}

/**
 * A PyTorch state dict from weights by our names, for the modules of a mapping: what
 * `fromTorch` reads. Errors: `MissingWeights`, `UnknownLayer`, `UnsupportedLayer`.
 *
 * @example
 * const net = pipe(Layer.input([null, 2]), Layer.dense({ units: 1, name: 'out' }))
 * const stateDict = Weights.toTorch({ fc: 'out' })(net)({ 'out.W': { shape: [2, 1], data: Float32Array.of(3, 4) }, 'out.b': { shape: [1], data: Float32Array.of(5) } })
 */
export const toTorch =
  (modules: Modules) =>
  (network: Network | Model) =>
  (weights: Weights): Either<GelatoErrors, Weights> =>
    pipe(
      placesOf(modules, of(network)),
      E.chain((places) => all(places.map((p) => written(p, weights)))),
      E.map((parts): Weights => Object.assign({}, ...parts))
    )
