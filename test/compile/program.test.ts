/** Random steps compile to programs that keep the laws, for both kinds of target. */
import { describe, expect, it, test } from 'vitest'
import { E } from '../../src/fp.ts'
import { renderAll } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import type { Source } from '../../src/compile/compile.ts'
import { listing } from '../../src/compile/listing.ts'
import { verify } from '../../src/compile/verify.ts'
import { deviceBytes, dispatches } from '../../src/compile/program.ts'
import type { Dispatch, Program, Target } from '../../src/compile/program.ts'
import * as B from '../../src/tensor/build.ts'
import { opNames } from '../../src/tensor/table.ts'
import { axpy, dispatch, kernel, program, slot } from '../gpu/programs.ts'
import { rngOf } from '../tensor/cases.ts'
import { seeded } from '../tensor/support.ts'
import { stepOf, targets } from './graphs.ts'

const compiled = (source: Source, target: Target): Program => {
  const p = compile(source, target)
  if (E.isLeft(p)) throw new Error(renderAll(p.left))
  return p.right
}
const problems = (p: Program, target?: Target): string => {
  const r = verify(p, target)
  return E.isLeft(r) ? `${renderAll(r.left)}\n${listing(p)}` : ''
}

describe('random steps', () => {
  test.each(opNames)('with %s keep the laws', (op) => {
    seeded(op, 12).forEach((rng, k) => {
      const source = stepOf(rng, op, 1 + (k % 5))
      for (const target of targets) expect(problems(compiled(source, target), target), `case ${k} for ${target.name}`).toBe('')
    })
  })

  test('equal graphs give equal programs', () => {
    for (const target of targets)
      for (const seed of [1, 2, 3]) {
        const a = compiled(stepOf(rngOf(seed), 'matmul', 5), target), b = compiled(stepOf(rngOf(seed), 'matmul', 5), target)
        expect(listing(a, { wgsl: true })).toBe(listing(b, { wgsl: true }))
      }
  })
})

describe('a large concatenation', () => {
  // Parts of 5,000 and 4,096 elements with a gap of zeros between.
  const x = B.leaf('input', 'x', [5000]), y = B.leaf('input', 'y', [4096])
  const whole = B.concat([B.exp(x), B.full([3000], 0), B.tanh(y)], 0)
  const source: Source = { outputs: { total: B.sum(B.square(whole)) }, updates: {}, record: {}, extents: {} }

  test('keeps the laws', () => {
    for (const target of targets) expect(problems(compiled(source, target), target)).toBe('')
  })

  test('lies in a buffer of its own that begins as zeros', () => {
    for (const target of targets) {
      const zeroed = compiled(source, target).slots.filter((s) => s.zeroed === true)
      expect(zeroed.map((s) => [s.role, s.bytes])).toEqual([['temp', 4 * 12096]])
    }
  })
})

describe('verify', () => {
  const wrong = (p: Program, target?: Target): readonly string[] => {
    const r = verify(p, target)
    return E.isLeft(r) ? r.left.map((e) => `${e._tag} ${e.got}`) : []
  }
  const good = axpy(100)
  const [d] = good.body as readonly Dispatch[]
  const changed = (more: Partial<Dispatch>): Program => ({ ...good, body: [{ ...d, params: new Uint32Array(4), ...more }] })
  const padded = changed({})

  it('accepts a program that keeps the laws', () => {
    expect(wrong(padded)).toEqual([])
    expect(E.isRight(verify(padded)) && verify(padded)).toEqual(E.right(padded))
  })

  it.each<[string, Program]>([
    ['a slot that is not there', changed({ slots: [0, 1, 9] })],
    ['a kernel that is not there', changed({ kernel: 3 })],
    ['a missing slot', changed({ slots: [0, 2] })],
    ['a read and a write of one slot', changed({ slots: [2, 1, 2] })],
    ['a write to an input', changed({ slots: [0, 1, 0] })],
    ['a write to a constant', changed({ slots: [0, 1, 1] })],
    ['an empty grid', changed({ grid: [0, 1, 1] })],
    ['half words of parameters', changed({ params: new Uint32Array(2) })],
    ['a part that is not aligned', changed({ ranges: [[128, 64], undefined, undefined] })],
    ['a part outside its slot', changed({ ranges: [[256, 256], undefined, undefined] })],
    ['a slot of odd size', { ...padded, slots: padded.slots.map((s, i) => (i === 0 ? { ...s, bytes: 404 } : s)) }],
    ['a slot too small for its shape', { ...padded, slots: padded.slots.map((s, i) => (i === 0 ? { ...s, bytes: 16 } : s)) }],
    ['two slots of a name', { ...padded, slots: padded.slots.map((s, i) => (i === 2 ? { ...s, name: 'x' } : s)) }],
    ['an output that nothing writes', { ...padded, body: [] }]
  ])('names %s', (_, p) => {
    expect(wrong(p)).not.toEqual([])
    expect(wrong(p).every((m) => m.startsWith('BadProgram'))).toBe(true)
  })

  it('names a temporary that is read before it is written, and allows one that begins as zeros', () => {
    const of = (zeroed: boolean): Program =>
      program([kernel('copy', ['read', 'write'], 'b2[i] = b1[i];')], [slot(0, 'temp', undefined, 4, zeroed ? { zeroed: true } : {}), slot(1, 'output', 'y', 4)], [{ ...dispatch(0, [0, 1], 4), params: new Uint32Array(4) }])
    expect(wrong(of(false))).toEqual(['BadProgram slot 0 read before it is written'])
    expect(wrong(of(true))).toEqual([])
  })

  it('names a state that is written twice in a step', () => {
    const p = program([], [slot(0, 'state', 'a', 4), slot(1, 'state', 'b', 4)], [{ _tag: 'Copy', from: 0, to: 1 }, { _tag: 'Loop', n: 2, body: [{ _tag: 'Copy', from: 0, to: 1 }] }])
    expect(wrong(p)).toEqual(['BadProgram a second write to b'])
  })

  it('names what lies wrongly in an arena, and a dispatch or a copy that meets itself there', () => {
    // 256 elements in which two states of 64 lie.
    const lies = (role: 'arena' | 'temp', [first, second]: readonly number[], body: Program['body'] = []): Program =>
      program([kernel('copy', ['read', 'write'], 'b2[i] = b1[i];')], [slot(0, role, undefined, 256), slot(1, 'state', 'a', 64, { within: { slot: 0, at: first } }), slot(2, 'state', 'b', 64, { within: { slot: 0, at: second } })], body)
    const run = (slots: readonly number[]): Program['body'] => [{ ...dispatch(0, slots, 64), params: new Uint32Array(4) }]
    expect(wrong(lies('arena', [0, 256]))).toEqual([])
    expect(wrong(lies('arena', [0, 0]))).toEqual(['BadProgram bytes of a'])
    expect(wrong(lies('arena', [0, 128]))).toEqual(['BadProgram a place at byte 128', 'BadProgram bytes of a'])
    expect(wrong(lies('arena', [0, 1024]))).toEqual(['BadProgram a place at byte 1024'])
    expect(wrong(lies('temp', [0, 256]))).toEqual(['BadProgram a place in slot 0', 'BadProgram a place in slot 0'])
    expect(wrong(lies('arena', [0, 256], run([1, 2])))).toEqual(['BadProgram a bound both to read and to write'])
    expect(wrong(lies('arena', [0, 256], run([0, 2])))).toEqual(['BadProgram slot 0 bound both to read and to write'])
    expect(wrong(lies('arena', [0, 256], [{ _tag: 'Copy', from: 1, to: 2 }]))).toEqual(['BadProgram a copy of a within its buffer'])
  })

  it('allows two parts of a slot to be written by one dispatch, and no overlap', () => {
    const two = (ranges: Dispatch['ranges']): Program =>
      program([kernel('two', ['write', 'write'], 'b1[i] = 1.0; b2[i] = 2.0;')], [slot(0, 'output', 'y', 128)], [{ ...dispatch(0, [0, 0], 64), params: new Uint32Array(4), ...(ranges === undefined ? {} : { ranges }) }])
    expect(wrong(two([[0, 256], [256, 256]]))).toEqual([])
    expect(wrong(two([[0, 512], [256, 256]]))).toEqual(['BadProgram slot 0 bound twice to write'.replace('slot 0', 'y')])
  })

  it('keeps the limits of a target', () => {
    const [small] = targets.map((t) => ({ ...t, maxWorkgroupsPerDimension: 1, maxStorageBuffers: 2, maxBufferBytes: 256 }))
    expect(wrong(padded, small).length).toBe(5) // three buffers, the bindings, the grid of 2
  })
})

describe('listing', () => {
  const p = compiled(stepOf(rngOf(7), 'conv2d', 5), targets[1])
  it('tells every dispatch, slot and total', () => {
    const lines = listing(p).split('\n')
    const all = dispatches(p.body)
    all.forEach((d, n) => expect(lines[1 + n].startsWith(`${n} `) && lines[1 + n].includes(d.label)).toBe(true))
    for (const s of p.slots) expect(lines.some((l) => l.startsWith(`${s.id} `) && l.includes(s.role))).toBe(true)
    expect(lines.some((l) => l.startsWith(`${all.length} dispatches, ${p.kernels.length} kernels`))).toBe(true)
    expect(deviceBytes(p)).toBe(p.slots.filter((s) => s.within === undefined).reduce((n, s) => n + s.bytes, 0))
  })
  it('gives the kernels when asked', () => {
    for (const k of p.kernels) {
      expect(listing(p, { wgsl: true })).toContain(k.wgsl)
      expect(listing(p)).not.toContain(k.wgsl)
    }
  })
})
