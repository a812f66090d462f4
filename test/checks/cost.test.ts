/**
 * What a step of the notebook's network costs, counted in its programs: dispatches, kernels
 * to compile, bytes held. No clock: these are the same on every machine.
 */
import { describe, expect, test } from 'vitest'
import { E, orThrow } from '../../src/index.ts'
import { notebookModel } from '../../src/cli/train.ts'
import { compile } from '../../src/compile/compile.ts'
import { deviceBytes, dispatches } from '../../src/compile/program.ts'
import type { Program, Target } from '../../src/compile/program.ts'
import { stepOf } from '../../src/infer/capture.ts'

// The notebook's data set, of which the device keeps the bytes.
const IMAGES = 60_000, PIXELS = 28 * 28
const data = { x: { shape: [IMAGES, 1, 28, 28], data: new Uint8Array(IMAGES * PIXELS) }, y: { shape: [IMAGES], data: new Uint8Array(IMAGES) } }

/** llvmpipe as Mesa 25 tells of itself, and a GPU with as many storage buffers. */
const llvmpipe: Target = {
  kind: 'software', name: 'llvmpipe', maxBindingBytes: 2 ** 27, maxBufferBytes: 2 ** 30, maxStorageBuffers: 16,
  maxWorkgroupsPerDimension: 65535, maxInvocations: 1024, maxWorkgroupBytes: 32768, subgroupSize: 8
}
const card: Target = { ...llvmpipe, kind: 'gpu', name: 'card', maxBindingBytes: 2 ** 31, subgroupSize: 32 }
/** What WebGPU grants everywhere. */
const least: Target = { ...card, name: 'the least GPU', maxBindingBytes: 2 ** 27, maxStorageBuffers: 8, maxInvocations: 256, maxWorkgroupBytes: 16_384, subgroupSize: 0 }

const stepFor = async (target: Target, batchSize: number): Promise<Program> => {
  const { fn } = await orThrow(stepOf(notebookModel(false), { data, batchSize }))
  const made = compile(fn, target)
  if (E.isLeft(made)) throw new Error(JSON.stringify(made.left))
  return made.right
}

/** Weights and biases. */
const layers = [[25, 32], [25 * 32, 32], [512, 176], [176, 64], [64, 10]] as const
const parameters = layers.reduce((n, [inputs, units]) => n + inputs * units + units, 0)

/** Bytes of what the layers put out for an image: convolutions, their maxima, dense layers, and the image itself as f32. */
const activations = 4 * (PIXELS + 32 * (24 * 24 + 12 * 12 + 8 * 8 + 4 * 4) + 176 + 64 + 10)

describe.each([{ ...llvmpipe, most: 30 }, { ...card, most: 16 }, { ...card, name: 'a phone', maxStorageBuffers: 10, most: 18 }, { ...least, most: 18 }])('on $name', ({ most, ...target }) => {
  test(`a step takes at most ${most} dispatches, and copies nothing`, async () => {
    const { body } = await stepFor(target, 100)
    expect(dispatches(body).length).toBeLessThanOrEqual(most)
    expect(body.every((i) => i._tag === 'Dispatch')).toBe(true)
  })

  test.each([100, 1000])('and holds at most 1.5 times the data, six numbers a parameter and the activations, in batches of %i', async (batch) => {
    const held = deviceBytes(await stepFor(target, batch))
    expect(held).toBeGreaterThan(IMAGES * PIXELS)
    expect(held).toBeLessThan(1.5 * (IMAGES * (PIXELS + 1) + 6 * 4 * parameters + batch * activations))
  })
})

test('on llvmpipe, where each is compiled at its first use, it takes at most 20 kernels', async () => {
  expect((await stepFor(llvmpipe, 100)).kernels.length).toBeLessThanOrEqual(20)
})
