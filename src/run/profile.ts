/**
 * Where the time of a compiled step goes: a profile as a value, one row a dispatch.
 *
 * Kernels are timed by the device's own clock (`timestamp-query`), each in a pass of its
 * own, medians over repeated steps after a warm-up. A step's time by the wall clock stands
 * beside: what it has more is copies, the host and gaps; what it has less is passes shared.
 *
 * Laws: every dispatch of the program is in one row; times are not negative; rows, kernels
 * and totals have the same sum.
 *
 * @since 0.2.0
 */
import { E, TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { fail, gelatoError, knownOptions, shown, toTask } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { bytesText, listing as programText, table } from '../compile/listing.ts'
import { deviceBytes, dispatches } from '../compile/program.ts'
import type { Program } from '../compile/program.ts'
import type { Device, Timed } from '../gpu/index.ts'
import { extentsFrom } from '../reference/index.ts'
import type { Tensor } from '../tensor/node.ts'
import { leavesOf } from '../tensor/replace.ts'
import { stabilise } from '../tensor/stabilise.ts'
import { checkOptions, decodeAll } from './evaluate.ts'
import type { Inputs } from './evaluate.ts'
import { withEngine } from './open.ts'
import type { HostArrays, StepFn } from './session.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** One dispatch of a step, or (of `byKernel`) all dispatches of one kernel. */
export interface ProfileRow {
  readonly label: string
  /** The kernel's name in the listing, such as `k3`. */
  readonly kernel: string
  /** Runs in one step. */
  readonly calls: number
  /** Of all its runs in one step: the median over repeats. */
  readonly milliseconds: number
  /** Floating-point operations of these runs. */
  readonly flops: number
  /** Bytes of the buffers that these runs see. */
  readonly bytes: number
  /** Part of the sum of all rows, 0 to 1. */
  readonly share: number
  /** 10^9 floating-point operations a second. */
  readonly gflops: number
  /** 10^9 bytes a second. */
  readonly gbytes: number
}

/** Sums over all rows, and the step as a whole. */
export interface ProfileTotals {
  readonly dispatches: number
  readonly kernels: number
  /** Sum of the rows. */
  readonly milliseconds: number
  /** One ordinary step by the wall clock, the median over repeats. */
  readonly stepMilliseconds: number
  readonly flops: number
  readonly bytes: number
  readonly gflops: number
  readonly gbytes: number
  /** Bytes that the program holds on the device. */
  readonly heldBytes: number
}

/** What a step of a program costs on a device. */
export interface Profile {
  readonly _tag: 'Profile'
  readonly target: { readonly kind: 'software' | 'gpu'; readonly name: string }
  readonly repeats: number
  readonly rows: readonly ProfileRow[]
  readonly totals: ProfileTotals
  /** What was run, for `listing`. */
  readonly program: Program
}

/** Options of a profile. */
export interface ProfileOptions {
  /** A device opened with `{ timestamps: true }`; one of its own when absent. */
  readonly gpu?: Device
  /** Timed steps. Default 9. */
  readonly repeats?: number
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const median = (xs: readonly number[]): number => {
  const s = [...xs].sort((a, b) => a - b), h = s.length >> 1
  return s.length === 0 ? 0 : s.length % 2 === 1 ? s[h] : (s[h - 1] + s[h]) / 2
}

/** 10^9 a second, of an amount in milliseconds; 0 where no time was seen. */
const rate = (amount: number, ms: number): number => (ms > 0 ? amount / ms / 1e6 : 0)

const sum = (rows: readonly ProfileRow[], key: 'milliseconds' | 'flops' | 'bytes'): number => rows.reduce((n, r) => n + r[key], 0)

/** A profile from what was measured. */
export const profileOf = (program: Program, timed: Timed, stepMilliseconds: readonly number[], target: Profile['target']): Profile => {
  const times = timed.calls.map((_, i) => median(timed.repeats.map((r) => r[i])))
  const total = times.reduce((a, b) => a + b, 0)
  const rows = dispatches(program.body).map((d, i): ProfileRow => {
    const calls = timed.calls[i], milliseconds = times[i], flops = d.flops * calls, bytes = d.bytes * calls
    return { label: d.label, kernel: `k${d.kernel}`, calls, milliseconds, flops, bytes, share: total > 0 ? milliseconds / total : 0, gflops: rate(flops, milliseconds), gbytes: rate(bytes, milliseconds) }
  })
  const flops = sum(rows, 'flops'), bytes = sum(rows, 'bytes')
  return {
    _tag: 'Profile', target: { kind: target.kind, name: target.name }, repeats: timed.repeats.length, rows,
    totals: {
      dispatches: rows.reduce((n, r) => n + r.calls, 0), kernels: program.kernels.length, milliseconds: total, stepMilliseconds: median(stepMilliseconds),
      flops, bytes, gflops: rate(flops, total), gbytes: rate(bytes, total), heldBytes: deviceBytes(program)
    },
    program
  }
}

const checkRepeats = (o: ProfileOptions): TaskEither<GelatoError, number> => {
  const repeats = o.repeats ?? 9
  return Number.isInteger(repeats) && repeats >= 1 && repeats <= 10_000
    ? TE.right(repeats)
    : TE.left(gelatoError('BadOption', ['profile', 'repeats'], shown(repeats), 'a whole number from 1 to 10,000', 'give { repeats: 9 }, say'))
}

/** Profiles a step with first values of all its leaves. Errors: those of opening a session, `MissingFeature`. */
export const profileStep = (fn: StepFn, values: HostArrays, options: ProfileOptions = {}): TaskEither<GelatoError, Profile> =>
  pipe(
    checkRepeats(options),
    TE.chain((repeats) => withEngine((e) => e.timed(fn, values, repeats, options.gpu))),
    TE.map((t) => profileOf(t.program, t.timed, t.stepMilliseconds, t.target))
  )

/**
 * Profiles the computation of graphs by name from values of their leaves: what a call of
 * `compile(graphs)(inputs)` runs.
 *
 * Errors: those of `evaluate`; `MissingFeature` where the device can't time kernels.
 *
 * @example
 * const x = Tensor.input('x', [null, 64])
 * const p = await orThrow(graphs({ y: Tensor.matmul(Tensor.transpose()(x))(x) }, { x: { shape: [128, 64], data: new Float32Array(8192) } }, { repeats: 3 }))
 * p.totals.flops >= 2 * 128 * 128 * 64   // => true
 */
export const graphs = (named: Readonly<Record<string, Tensor>>, inputs: Inputs = {}, options: ProfileOptions = {}): TaskEither<GelatoError, Profile> => {
  const names = Object.keys(named), nodes = names.map((n) => named[n])
  return pipe(
    toTask(pipe(
      knownOptions(['profile'], ['gpu', 'repeats'])(options),
      E.chain(() => (names.length === 0 ? (fail('EmptyProfile', ['profile'], 'no graph', 'at least one', 'give { name: graph }') as E.Either<GelatoErrors, void>) : checkOptions('profile', nodes, {}))),
      E.chain(() => {
        const leaves = leavesOf(nodes)
        return pipe(decodeAll(leaves, inputs, 0), E.map((values) => ({ leaves, values })))
      })
    )),
    TE.chain(({ leaves, values }) => {
      const stable = stabilise(nodes)
      const outputs = Object.fromEntries(names.map((n, i) => [n, stable[i]]))
      return profileStep({ outputs, updates: {}, record: {}, extents: extentsFrom(leaves, values) }, values, options)
    })
  )
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** The rows of each kernel together, in the order of the program; labels joined. */
export const byKernel = (p: Profile): readonly ProfileRow[] =>
  [...new Set(p.rows.map((r) => r.kernel))].map((kernel) => {
    const of = p.rows.filter((r) => r.kernel === kernel)
    const milliseconds = sum(of, 'milliseconds'), flops = sum(of, 'flops'), bytes = sum(of, 'bytes')
    return {
      label: [...new Set(of.map((r) => r.label))].join(', '), kernel, calls: of.reduce((n, r) => n + r.calls, 0), milliseconds, flops, bytes,
      share: of.reduce((n, r) => n + r.share, 0), gflops: rate(flops, milliseconds), gbytes: rate(bytes, milliseconds)
    }
  })

const short = (label: string): string => (label.length <= 56 ? label : `${label.slice(0, 55)}…`)

/**
 * The profile as a readable table, dearest first: by kernel, or with `{ by: 'dispatch' }`
 * one line a dispatch; then the totals.
 */
export const show = (p: Profile, options: { readonly by?: 'kernel' | 'dispatch' } = {}): string => {
  const t = p.totals
  const rows = [...(options.by === 'dispatch' ? p.rows : byKernel(p))].sort((a, b) => b.milliseconds - a.milliseconds)
  const line = (r: ProfileRow): readonly string[] => [
    r.milliseconds.toFixed(3), `${(100 * r.share).toFixed(1)} %`, String(r.calls), (r.flops / 1e6).toFixed(2), r.gflops.toFixed(1), bytesText(r.bytes), r.gbytes.toFixed(1), r.kernel, short(r.label)
  ]
  return [
    ...table([['ms', 'share', 'calls', 'MFLOP', 'GFLOP/s', 'bytes', 'GB/s', 'kernel', 'label'], ...rows.map(line)]),
    '',
    `${t.milliseconds.toFixed(2)} ms in ${t.dispatches} dispatches of ${t.kernels} kernels (a step by the clock: ${t.stepMilliseconds.toFixed(2)} ms), medians of ${p.repeats}`,
    `${(t.flops / 1e6).toFixed(1)} MFLOP at ${t.gflops.toFixed(2)} GFLOP/s, ${bytesText(t.bytes)} bound at ${t.gbytes.toFixed(2)} GB/s, ${bytesText(t.heldBytes)} held, on ${p.target.name}`
  ].join('\n')
}

/** The program that was profiled: dispatches, slots and totals, each loop once; with `wgsl` every kernel's text. */
export const listing = (p: Profile, options: { readonly wgsl?: boolean } = {}): string => programText(p.program, options)
