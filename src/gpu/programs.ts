/**
 * Programs kept per device by a key of their structure, so that the same graph is compiled
 * once in a process. Bounded: what was used longest ago goes first, with its constants and
 * with the pipelines that no other program needs. What runs keeps what it has until its end.
 */
import type { Program } from '../compile/program.ts'
import type { GelatoErrors } from '../error.ts'
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { sessionOf } from './session.ts'
import type { Device } from './types.ts'

/** Programs kept per device. */
const capacity = 64

const forget = (device: Device, key: string): void => {
  const { programs, pipelines } = sessionOf(device), gone = programs.get(key)
  programs.delete(key)
  const needed = new Set([...programs.values()].flatMap((p) => p.kernels.map((k) => k.key)))
  for (const k of gone?.kernels ?? []) if (!needed.has(k.key)) pipelines.delete(k.key)
}

/** The program of this key: the one that is kept, or a new one. Failures are not kept. */
export const programOf = (key: string, make: () => Either<GelatoErrors, Program>) => (device: Device): Either<GelatoErrors, Program> => {
  const { programs } = sessionOf(device)
  const known = programs.get(key)
  const made = known === undefined ? make() : E.right(known)
  if (E.isRight(made)) {
    // The latest use is the last entry.
    programs.delete(key)
    programs.set(key, made.right)
    if (programs.size > capacity) forget(device, programs.keys().next().value as string)
  }
  return made
}
