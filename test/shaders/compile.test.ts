/**
 * Every library at both widths, and every kernel with its default hooks, through Dawn's own
 * front end and pipeline validation, on the backend that needs no GPU.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { link } from '../../src/compile/link.ts'
import { E } from '../../src/fp.ts'
import { kernels, libraries } from '../../src/shaders.ts'

type Dawn = { create: (options: readonly string[]) => GPU }

let gpu: GPU
let device: GPUDevice

beforeAll(async () => {
  const name: string = 'webgpu'
  gpu = ((await import(name)) as Dawn).create(['backend=null'])
  const adapter = (await gpu.requestAdapter()) as GPUAdapter
  const wanted = ['shader-f16', 'subgroups'].filter((f) => adapter.features.has(f as GPUFeatureName))
  device = await adapter.requestDevice({
    requiredFeatures: wanted as GPUFeatureName[],
    requiredLimits: {
      maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
      maxComputeInvocationsPerWorkgroup: adapter.limits.maxComputeInvocationsPerWorkgroup
    }
  })
})

afterAll(() => {
  device.destroy()
})

const linked = (kernel: string, width: 1 | 4): string => {
  const r = link({ kernel, libraries, width })
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return r.right.wgsl
}

/** What the compiler says against a text: errors with the line they are on. */
const complaints = async (wgsl: string, pipeline: boolean): Promise<readonly string[]> => {
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ code: wgsl })
  const info = await module.getCompilationInfo()
  const said = info.messages
    .filter((m) => m.type === 'error')
    .map((m) => `${m.lineNum}:${m.linePos} ${m.message}\n    ${wgsl.split('\n')[m.lineNum - 1] ?? ''}`)
  if (pipeline && said.length === 0) {
    try {
      await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
    } catch (e) {
      said.push(String(e))
    }
  }
  const scope = await device.popErrorScope()
  return scope !== null && said.length === 0 ? [scope.message] : said
}

it('no two libraries have a function or a struct of one name: a kernel may need both', () => {
  const names = Object.values(libraries).flatMap((text) => [...text.matchAll(/^(?:fn|struct) (\w+)/gm)].map((m) => m[1]))
  expect(names.filter((n, k) => names.indexOf(n) !== k)).toEqual([])
})

describe('shaders', () => {
  it('exist', () => {
    expect(Object.keys(libraries).length).toBeGreaterThan(0)
    expect(Object.keys(kernels).length).toBeGreaterThan(0)
  })

  // `gathered` calls the loads of the kernel that uses it
  const loads = 'fn load_a(i: u32) -> f32 { return f32(i); }'
  for (const name of Object.keys(libraries)) {
    for (const width of [1, 4] as const) {
      it(`library ${name} compiles at width ${width}`, async () => {
        expect(await complaints(linked(`// uses: ${name}\n${loads}\n@compute @workgroup_size(1) fn main() {}`, width), true)).toEqual([])
      })
    }
  }

  for (const [name, text] of Object.entries(kernels)) {
    it(`kernel ${name} compiles with its default hooks`, async () => {
      expect(await complaints(linked(text, 1), true)).toEqual([])
    })
    it(`kernel ${name} opens with the libraries it uses`, () => {
      expect(text).toMatch(/^\/\/ uses:/)
    })
  }
})
