/**
 * Agreement of kernels that are chosen by shape on a software adapter with the f64 meaning
 * of the graph, and that they were chosen.
 */
import { expect } from 'vitest'
import { E } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { compile } from '../../src/compile/compile.ts'
import { dispatches } from '../../src/compile/program.ts'
import type { Program, Target } from '../../src/compile/program.ts'
import { destroy, instantiate, read, runSteps, sharedDevice, write } from '../../src/gpu/index.ts'
import { interpret } from '../../src/reference/index.ts'
import { evaluate } from '../../src/run/evaluate.ts'
import * as B from '../../src/tensor/build.ts'
import { shapeOf } from '../../src/tensor/node.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { rngOf } from '../tensor/cases.ts'

/** Extents of an input. */
export type Shape = readonly number[]
/** An input. */
export interface Values { readonly shape: Shape; readonly data: Float32Array<ArrayBuffer> }

/** Inputs of these shapes, uniform between -1 and 1. */
export const values = (shapes: Readonly<Record<string, Shape>>): Record<string, Values> => {
  const rng = rngOf(20261123)
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => {
    const n = shape.reduce((a, b) => a * b, 1)
    return [name, { shape, data: Float32Array.from({ length: n }, () => Math.fround(2 * rng() - 1)) }]
  }))
}

/** The input of that name. */
export const leaf = (v: Readonly<Record<string, Values>>, name: string): Tensor => B.leaf('input', name, v[name].shape)

/** Kernels of the compiled graph, where the machine's adapter is a software one with subgroups of 8 lanes (else the general ones run). */
const kernelsOf = async (nodes: readonly Tensor[]): Promise<readonly string[] | undefined> => {
  const { target } = await orThrow(sharedDevice)
  if (target.kind !== 'software' || target.subgroupSize !== 8) return undefined
  const program = compile({ outputs: Object.fromEntries(nodes.map((n, i) => [String(i), n])), updates: {}, record: {}, extents: {} }, target)
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  return dispatches(program.right.body).map((d) => d.label)
}

/** Holds results against their f64 meaning, relative to the largest magnitude. */
const hold = (nodes: readonly Tensor[], v: Readonly<Record<string, Values>>, got: readonly { readonly data: ArrayLike<number> }[], tolerance: number): void => {
  const want = interpret(Object.fromEntries(Object.entries(v).map(([k, x]) => [k, { shape: x.shape, data: Float64Array.from(x.data) }])))(nodes)
  if (E.isLeft(want)) throw new Error(JSON.stringify(want.left))
  want.right.forEach((ref, k) => {
    const scale = ref.data.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-30)
    const worst = ref.data.reduce((w, x, i) => Math.max(w, Math.abs(x - got[k].data[i])), 0)
    expect(worst / scale, `output ${k}`).toBeLessThanOrEqual(tolerance)
  })
}

/** Holds the nodes against their f64 meaning, relative to the largest magnitude; the kernel `uses`, where one is named, must be among the compiled ones. */
export const agree = async (nodes: readonly Tensor[], v: Readonly<Record<string, Values>>, tolerance: number, uses?: string): Promise<void> => {
  const labels = uses === undefined ? undefined : await kernelsOf(nodes)
  if (labels !== undefined && uses !== undefined) expect(labels.some((l) => l.split('+').includes(uses)), `${uses} in ${labels.join(', ')}`).toBe(true)
  const got = await orThrow(evaluate(nodes, v))
  nodes.forEach((t, k) => expect(got[k].shape).toEqual(shapeOf(t)))
  hold(nodes, v, got, tolerance)
}

/** The same compiled for the adapter as if it were a GPU, with these differences; gives the program. */
export const agreeAsGpu = async (nodes: readonly Tensor[], v: Readonly<Record<string, Values>>, tolerance: number, other: Partial<Target> = {}): Promise<Program> => {
  const device = await orThrow(sharedDevice), names = nodes.map((_, i) => String(i))
  const program = compile({ outputs: Object.fromEntries(nodes.map((t, i) => [names[i], t])), updates: {}, record: {}, extents: {} }, { ...device.target, ...other, kind: 'gpu' })
  if (E.isLeft(program)) throw new Error(JSON.stringify(program.left))
  const instance = await orThrow(instantiate(program.right)(device))
  for (const [k, x] of Object.entries(v)) expect(write(`in:${k}`, x.data)(instance)._tag).toBe('Right')
  await orThrow(runSteps(1)(instance))
  const got = await orThrow(read(names.map((n) => `out:${n}`))(instance))
  destroy(instance)
  hold(nodes, v, names.map((n) => ({ data: got[`out:${n}`] })), tolerance)
  return program.right
}
