/**
 * From shifts to launches: generated works are put together by `piece.ts` and linked,
 * hand-written kernels are called with hooks (`handwritten.ts`).
 */
import { E, pipe } from '../fp.ts'
import type { Either } from '../fp.ts'
import type { GelatoErrors } from '../error.ts'
import type { Tensor } from '../tensor/node.ts'
import { libraries } from '../shaders.ts'
import { weight, within } from './chains.ts'
import { handWritten } from './handwritten.ts'
import { labelOf } from './launch.ts'
import type { Launch } from './launch.ts'
import { link } from './link.ts'
import { assemble } from './piece.ts'
import type { Target } from './program.ts'
import type { Schedule } from './schedule.ts'
import type { Shift } from './shifts.ts'

const generated = ({ chains, works }: Shift, { kind }: Target): Either<GelatoErrors, Launch> => {
  const body = assemble(works, kind === 'software' ? 'constants' : 'none')
  return pipe(
    link({ kernel: body.text, libraries, width: body.width }),
    E.map(({ wgsl, bindings }): Launch => ({
      label: chains.map((c) => c.units.map(labelOf).join(' > ')).join(' | '), wgsl, access: bindings, bound: body.bindings.map((b) => ({ node: b.node })),
      params: body.words, groups: body.groups, slices: 1, deep: false, flops: chains.reduce((n, c) => n + weight(c), 0)
    }))
  )
}

/** The launch of a shift; `spare` makes a tensor for what a kernel writes to nobody. */
export const launchOf = (x: Shift, plan: Schedule, target: Target, spare: (like: Tensor) => Tensor): Either<GelatoErrors, Launch> => {
  const [{ units: [first] }] = x.chains
  return x.works.length === 0 ? handWritten(first, within(first, plan), target, spare) : generated(x, target)
}
