/**
 * Who does the phases of a chain: an invocation a row, where each phase reads only the same
 * row of what the phases before it wrote; one workgroup everything, where there is little
 * to do; or, on a GPU, a workgroup a row, where a row is too much for one invocation.
 *
 * Law: what a phase reads of another lies in rows of the same invocation or workgroup.
 */
import type { Tensor } from '../tensor/node.ts'
import { elements, size, whole } from './extents.ts'
import * as X from './ix.ts'
import { WORKGROUP, workIn } from './piece.ts'
import type { Piece, Team } from './piece.ts'
import type { Target } from './program.ts'
import type { Schedule, Unit } from './schedule.ts'

// -----------------------------------------------------------------------------
// model
// -----------------------------------------------------------------------------

/** A unit as a phase, four at a time where it can be, and one by one. */
export interface Member {
  readonly unit: Unit
  readonly wide: Piece
  readonly narrow: () => Piece
  /** A reduction whose lanes read neighbours, by subgroups; undefined for others. */
  readonly shared: () => Piece | undefined
}

/** Rows that occupy a target; with fewer, rows are taken only for little work. */
const FEW_ROWS = 64
/** What one workgroup, and one invocation for its row, may be given in multiply-adds. */
const ALONE = { software: { group: 400_000, row: 40_000 }, gpu: { group: 100_000, row: 2_000 } }
/**
 * What workgroups with a row each may be given on a GPU, in multiply-adds: an invocation, for
 * each unit that needs no dispatch of its own, and all together, since each row reads again
 * what all share. By arithmetic, a dispatch taken for 4 us; not measured.
 */
const DEPTH = 2_500
const ALL = 6e7
/** Rows that pay for a workgroup each. */
const SOME_ROWS = 16

/** What one workgroup may be given alone. */
export const limitOf = (target: Target): number => ALONE[target.kind].group

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

/** Do all phases read only the same row of what the chain writes? */
const rowwise = (members: readonly Member[], rows: number, made: ReadonlySet<Tensor>): boolean =>
  members.every(({ wide: p }) => {
    const even = p.total % rows === 0 && (p.total / rows) % p.step === 0
    return even && p.loads.every((l) => {
      if (!made.has(l.node)) return true
      const n = elements(l.node)
      return n % rows === 0 && X.isSame(X.divide(l.ix, n / rows), X.divide(X.variable('i', Math.max(0, p.total - 1)), p.total / rows))
    })
  })

/** Nodes and buffers that the members write. */
const madeBy = (members: readonly Member[], plan: Schedule): ReadonlySet<Tensor> =>
  new Set(members.flatMap(({ unit }) => [...unit.stored].flatMap((t) => [t, plan.inPlace.get(t) ?? t, plan.parts.get(t)?.whole ?? t])))

/** Multiply-adds of the members. */
const costOf = (members: readonly Member[]): number => members.reduce((n, m) => n + workIn(m.wide), 0)

/** Of workgroups with a row each, what the busiest invocation does in a phase. */
const depthOf = (p: Piece, rows: number): number =>
  Math.ceil((p.total * p.lanes) / rows / (WORKGROUP * p.step)) * (p.cost * (p.volume / p.total / p.lanes) + p.after)

const depthOfAll = (phases: readonly Piece[], team: Team): number => phases.reduce((n, p) => n + depthOf(p, team._tag === 'Group' ? team.rows : 1), 0)

/** Numbers of rows that the results of all may have: one for each of the fewest, or what axes in front come to. */
const rowsOf = (members: readonly Member[]): readonly number[] => {
  const fronts = members.map(({ unit }) => {
    const s = whole([...unit.stored][0])
    return new Set(s.map((_, d) => size(s.slice(0, d + 1))))
  })
  const least = Math.min(...members.map((m) => m.wide.total))
  return [...new Set([least, ...fronts[0]])].filter((n) => n === least || fronts.every((f) => f.has(n))).sort((a, b) => b - a)
}

/** A workgroup a row. */
const groupsOf = (members: readonly Member[], made: ReadonlySet<Tensor>): Team | undefined => {
  const rows = costOf(members) > ALL ? undefined : rowsOf(members).find((n) => n >= SOME_ROWS && rowwise(members, n, made))
  return rows === undefined ? undefined : { _tag: 'Group', rows }
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/** The team that can do all of them; undefined where none can. */
export const teamOf = (members: readonly Member[], plan: Schedule, target: Target): Team | undefined => {
  const limits = ALONE[target.kind]
  const rows = Math.min(...members.map((m) => m.wide.total))
  const made = madeBy(members, plan)
  if (rows >= FEW_ROWS && costOf(members) <= limits.row * rows && rowwise(members, rows, made)) return { _tag: 'Row', rows }
  // What fits one workgroup has no more than one anyway.
  const spread = members.filter((m) => m.wide.total > WORKGROUP * m.wide.step)
  return costOf(spread) <= limits.group ? { _tag: 'Group', rows: 1 } : target.kind === 'gpu' ? groupsOf(members, made) : undefined
}

// -----------------------------------------------------------------------------
// destructors
// -----------------------------------------------------------------------------

/** Has each row more lanes than one? */
export const hasLanes = (team: Team): boolean => team._tag === 'Group' && team.rows > 1

/** Can the team do these phases: does none keep its lanes longer than dispatches of their own would? */
export const suits = (team: Team, phases: readonly Piece[]): boolean =>
  !hasLanes(team) || depthOfAll(phases, team) <= DEPTH * phases.length

/** The phases of a workgroup, by subgroups where that is less for the busiest. */
export const withSubgroups = (team: Team, phases: readonly Piece[], members: readonly Member[]): readonly Piece[] =>
  team._tag !== 'Group' ? phases : phases.map((p, k) => {
    const shared = members[k].shared()
    return shared !== undefined && depthOf(shared, team.rows) < depthOf(p, team.rows) ? shared : p
  })

/** Of ways to do the phases the one that keeps an invocation of a workgroup shortest, or the first for other teams. */
export const quickest = (team: Team, ways: readonly (readonly Piece[])[]): readonly Piece[] =>
  team._tag !== 'Group' ? ways[0] : ways.reduce((a, b) => (depthOfAll(b, team) < depthOfAll(a, team) ? b : a))
