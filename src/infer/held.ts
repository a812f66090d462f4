/**
 * Point estimates and states in a phase: point estimates lie in one flat vector, so that
 * an optimiser's step is one kernel for all of them; every state is an array of its own.
 * A method adds these arrays to its phase and asks for the target at them.
 *
 * Law: `heldFrom(t)(heldArrays(t, start))` are the values of `start`, as f32.
 *
 * @since 0.3.0
 */
import { stateStarts } from '../model/held.ts'
import type { Held } from '../model/held.ts'
import type { HostArray, HostArrays } from '../run/session.ts'
import * as B from '../tensor/build.ts'
import type { Start } from './family.ts'
import { pack } from './layout.ts'
import type { Target, Tensors } from './target.ts'

/** The name of the flat vector of all point estimates among a phase's arrays. */
export const POINTS = 'points'

const stateName = (name: string): string => `state.${name}`

const pointsAt = (t: Target, start: Start): HostArray => ({ shape: [t.points.dim], data: pack(t.points, 0)(start.points) })

/** Parameters of a phase that are optimised for the point estimates: none, or one vector. */
export const pointParams = (t: Target): readonly string[] => (t.points.dim > 0 ? [POINTS] : [])

/** First arrays of the point estimates and of the states. */
export const heldArrays = (t: Target, start: Start): { readonly points: HostArrays; readonly states: HostArrays } => ({
  points: t.points.dim > 0 ? { [POINTS]: pointsAt(t, start) } : {},
  states: Object.fromEntries(Object.entries(stateStarts(t.model)).map(([k, a]) => [stateName(k), a]))
})

/** The target at the point estimates and states of a phase. */
export const heldTarget = (t: Target, s: Tensors): Target =>
  t.at({ points: s[POINTS] ?? B.full([0], 0), states: Object.fromEntries(Object.keys(t.model.states).map((k) => [k, s[stateName(k)]])) })

/** The states' next values among a phase's. */
export const nextStates = (next: Tensors): Tensors => Object.fromEntries(Object.entries(next).map(([k, v]) => [stateName(k), v]))

/** Values by name from a phase's arrays. */
export const heldFrom = (t: Target) => (arrays: HostArrays): Held => {
  const values = t.points.dim > 0 ? Float32Array.from(arrays[POINTS].data) : new Float32Array(0)
  return {
    params: Object.fromEntries(t.points.places.map((p) => [p.name, { shape: p.shape, data: values.slice(p.offset, p.offset + p.size) }])),
    states: Object.fromEntries(Object.entries(t.model.states).map(([k, s]) => [k, { shape: s.shape, data: Float32Array.from(arrays[stateName(k)].data) }]))
  }
}
