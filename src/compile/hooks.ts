/**
 * Hooks: the text that replaces a function of a hand-written kernel, so that elementwise
 * work rides in its epilogue or in its loads.
 *
 * Hand-written kernels are long to compile: a hook's text is the same for all extents, so
 * that one of a kind is enough.
 *
 * Law: a hook computes at the kernel's own linear index and writes nothing but its roots.
 */
import type { Tensor } from '../tensor/node.ts'
import { dtypeOf } from '../tensor/node.ts'
import { expression } from './emit.ts'
import { emitter } from './emitter.ts'
import type { Emitter } from './emitter.ts'
import { elements, whole } from './extents.ts'
import * as X from './ix.ts'
import { storeLines } from './kernel.ts'
import type { Store } from './kernel.ts'
import { elementType } from './lowerings.ts'
import { indent } from './piece.ts'
import type { Access } from './program.ts'

/** A hook's text, in which `$k` is its word k (see `piece.ts`), with its words and the bindings it needs. */
export interface Hook {
  readonly text: string
  readonly words: readonly number[]
  readonly libraries: readonly string[]
  readonly extra: readonly { readonly name: string; readonly type: string; readonly access: Access; readonly node: Tensor }[]
  /** Does it give back what it gets and do no more, as the kernel's own function does? */
  readonly idle: boolean
}

const WIDE = (type: string, width: 1 | 4): string => (width === 4 ? `vec4<${type}>` : type)

/**
 * `epilogue` (`epilogue4` for width 4): computes the roots at the output's linear index
 * from the value v of `base`; gives back the first root's value and stores the others
 * itself. Undefined when four at a time can't be done.
 */
export const epilogueHook = (base: Tensor, stores: readonly Store[], isStored: (t: Tensor) => boolean, target: (t: Tensor) => Tensor, prefix: string, width: 1 | 4 = 1): Hook | undefined => {
  const roots = new Set(stores.map((s) => s.root))
  const e = emitter({ width, lane: 'i', isStored: (t) => isStored(t) && !roots.has(t), powers: false })
  const n = elements(base)
  const i = X.variable('i', Math.max(0, n - 1))
  e.held.set(base, { key: X.show(i), text: 'v', level: 0 })
  const values = stores.map((s) => {
    const v = expression(e, s.root, X.atLinear(whole(s.root), i))
    e.held.set(s.root, { key: X.show(i), text: v.text, level: 0 })
    return v.text
  })
  const others = stores.slice(1)
  const writes = others.map((s, k) => storeLines(e, s, `${prefix}x${k}`, values[k + 1], width))
  if (e.scalarOnly || (width === 4 && stores.some((s) => s.place !== undefined && X.motion(s.place(i), 'i') !== 'steps'))) return undefined
  const type = WIDE('f32', width), lines = [...e.scopes[0].lines, ...writes]
  return {
    idle: lines.length === 0 && values[0] === 'v',
    text: [`fn epilogue${width === 4 ? '4' : ''}(v: ${type}, i: u32) -> ${type} {`, ...indent([...lines, `return ${values[0]};`]), '}'].join('\n'),
    words: e.words,
    libraries: [...e.libraries],
    extra: [
      ...readsOf(e, prefix),
      ...others.map((s, k) => ({ name: `${prefix}x${k}`, type: `array<${WIDE(elementType(dtypeOf(s.root)), width)}>`, access: 'write' as const, node: target(s.root) }))
    ]
  }
}

/** `load_a` and its like: the operand's expression at its own linear index. */
export const loadHook = (name: string, operand: Tensor, isStored: (t: Tensor) => boolean, prefix: string, width: 1 | 4 = 1): Hook | undefined => {
  const e = emitter({ width, lane: 'i', isStored, powers: false })
  const n = elements(operand)
  const v = expression(e, operand, X.atLinear(whole(operand), X.variable('i', Math.max(0, n - 1))))
  if (e.scalarOnly) return undefined
  return {
    idle: false,
    text: [`fn ${name}${width === 4 ? '4' : ''}(i: u32) -> ${WIDE(elementType(dtypeOf(operand)), width)} {`, ...indent([...e.scopes[0].lines, `return ${v.text};`]), '}'].join('\n'),
    words: e.words,
    libraries: [...e.libraries],
    extra: readsOf(e, prefix)
  }
}

const readsOf = (e: Emitter, prefix: string): Hook['extra'] =>
  [...e.uses.values()].map((u) => ({ name: `${prefix}${u.name}`, type: u.type, access: 'read' as const, node: u.node }))
