/**
 * The order of dispatches, and which light works share one. Light work is put off until
 * something needs it; then all light work that is ready is done at once, side by side.
 *
 * Laws: every chain is in one shift, after all it waits for; works of a shift don't wait
 * for each other.
 */
import type { Chain } from './chains.ts'
import { bindable, weight } from './chains.ts'
import { reached } from './dag.ts'
import type { Work } from './piece.ts'
import type { Target } from './program.ts'
import type { Schedule } from './schedule.ts'

/** Chains that share a dispatch, and their generated works; none for a hand-written kernel or a loop. */
export interface Shift { readonly chains: readonly Chain[]; readonly works: readonly Work[] }

/** Up to this many multiply-adds, works share a dispatch: launching costs a sixth of it on a software adapter, and a kernel's compilation far more. */
const LIGHT = { software: 1.2e7, gpu: 6e7 }
const TOGETHER = { software: 8, gpu: 12 }

/** The first of some things that are made one after another until one is fit. */
const first = <A>(ways: readonly (() => A)[], isFit: (a: A) => boolean): A | undefined => {
  for (const way of ways) {
    const made = way()
    if (isFit(made)) return made
  }
  return undefined
}

/** The dispatches of a plan's chains, in order. */
export const shifts = (all: readonly Chain[], plan: Schedule, target: Target): readonly Shift[] => {
  const out: Shift[] = []
  const done = new Set<Chain>()
  const isLight = (c: Chain): boolean => weight(c) <= LIGHT[target.kind]
  const waiting = new Set<Chain>(all.filter(isLight)), height = heights(all)
  const isReady = (c: Chain): boolean => c.after.every((k) => done.has(all[k]))
  /** Runs what is ready of the needed, and beside it what else is ready and fits. */
  const flush = (needed: (c: Chain) => boolean): void => {
    const ready = [...waiting].filter(isReady), open: { chains: Chain[]; works: readonly Work[] }[] = []
    const joined = (c: Chain): boolean => open.some((x) => {
      if (x.chains.length >= TOGETHER[target.kind]) return false
      const both = [...x.chains, c], ways = [() => [...x.works, c.work as Work], () => both.map((y) => y.apart() as Work), () => both.map((y) => y.narrow() as Work)]
      const works = first(ways, (way) => bindable(way, plan, target))
      if (works === undefined) return false
      x.chains.push(c)
      x.works = works
      return true
    })
    for (const c of [...ready.filter(needed), ...ready.filter((x) => !needed(x))])
      if (!joined(c) && needed(c)) open.push({ chains: [c], works: [c.work as Work] })
    for (const c of open.flatMap((x) => x.chains)) {
      waiting.delete(c)
      done.add(c)
    }
    out.push(...open)
  }
  /** Of the needed that are ready those that most wait for, one after another: the rest finds room beside what comes later. */
  const highest = (isNeeded: (c: Chain) => boolean): ((c: Chain) => boolean) => {
    const most = Math.max(...[...waiting].filter((c) => isReady(c) && isNeeded(c)).map((c) => height.get(c) as number))
    return (c) => isNeeded(c) && height.get(c) === most
  }
  /** What a chain still waits for, by way of others too. */
  const needsOf = (c: Chain): ReadonlySet<Chain> => {
    const open = (x: Chain): readonly Chain[] => x.after.map((k) => all[k]).filter((y) => !done.has(y))
    return reached(open(c), open)
  }
  for (const c of all.filter((x) => !isLight(x))) {
    const needed = needsOf(c)
    while (!isReady(c)) flush(highest((x) => needed.has(x)))
    out.push({ chains: [c], works: c.work === undefined ? [] : [c.work] })
    done.add(c)
  }
  while (waiting.size > 0) flush(highest(() => true))
  return out
}

/** How many chains follow each other at most after each: `all` in an order in which they can run. */
const heights = (all: readonly Chain[]): ReadonlyMap<Chain, number> => {
  const out = new Map<Chain, number>(all.map((c) => [c, 0]))
  for (const c of [...all].reverse()) for (const k of c.after) out.set(all[k], Math.max(out.get(all[k]) as number, (out.get(c) as number) + 1))
  return out
}
