/**
 * Compiled kernels, kept per device by the kernel's key. All that are new compile at the
 * same time; a kernel asked for twice compiles once.
 *
 * Bind group layouts are explicit (the uniform block at 0, storage buffers after it) and
 * shared by all kernels that see their bindings alike, so a bind group fits any of them.
 */
import type { Access, Kernel } from '../compile/program.ts'
import { gelatoError, merge } from '../error.ts'
import type { GelatoError, GelatoErrors } from '../error.ts'
import { E } from '../fp.ts'
import type { Either } from '../fp.ts'
import { scoped, settle } from './session.ts'
import type { Layout, Pipeline, Session } from './session.ts'

/** Pipelines kept per device; beyond it the oldest go. */
const capacity = 4096

// Visible to compute shaders: a constant of the standard.
const compute = 4

const layoutOf = (session: Session, bindings: readonly Access[]): Layout => {
  const key = bindings.map((b) => b[0]).join('')
  const known = session.layouts.get(key)
  if (known !== undefined) return known
  const group = session.device.createBindGroupLayout({
    label: `params ${key}`,
    entries: [
      { binding: 0, visibility: compute, buffer: { type: 'uniform' } },
      ...bindings.map((b, i) => ({
        binding: i + 1,
        visibility: compute,
        buffer: { type: b === 'write' ? ('storage' as const) : ('read-only-storage' as const) }
      }))
    ]
  })
  const made = { group, pipeline: session.device.createPipelineLayout({ label: `params ${key}`, bindGroupLayouts: [group] }) }
  session.layouts.set(key, made)
  return made
}

const failed = (kernel: Kernel, got: string): GelatoError =>
  gelatoError(
    'CompileFailed',
    [kernel.label],
    got,
    'WGSL that this device compiles',
    'this is a fault of the library or of a hand-written kernel: please report it with the text above'
  )

const said = (wgsl: string, info: GPUCompilationInfo): string => {
  const lines = wgsl.split('\n')
  return info.messages
    .filter((m) => m.type === 'error')
    .map((m) => `line ${m.lineNum}:${m.linePos}: ${m.message}\n    ${(lines[m.lineNum - 1] ?? '').trim()}`)
    .join('\n')
}

/** Compiles one kernel. Left: those of `pipelinesOf`. */
export const build = async (session: Session, kernel: Kernel): Promise<Either<GelatoError, Pipeline>> => {
  const path = [kernel.label]
  if (kernel.bindings.length > session.target.maxStorageBuffers)
    return E.left(
      gelatoError(
        'LimitExceeded',
        path,
        `${kernel.bindings.length} storage buffers`,
        `at most ${session.target.maxStorageBuffers} on ${session.target.name}`,
        'fuse fewer operations into one kernel'
      )
    )
  const made = await scoped(session, path, () => ({
    layout: layoutOf(session, kernel.bindings),
    module: session.device.createShaderModule({ label: kernel.label, code: kernel.wgsl })
  }))
  // The scope's own error says less than the compiler's messages, where there are any.
  if (E.isLeft(made)) {
    if (made.left._tag !== 'GpuFault') return made
    const retry = await moduleMessages(session, kernel)
    return E.left(failed(kernel, retry === '' ? made.left.got : retry))
  }
  const { layout, module } = made.right
  const pipeline = await settle(
    session,
    path,
    session.device.createComputePipelineAsync({ label: kernel.label, layout: layout.pipeline, compute: { module, entryPoint: 'main' } })
  )
  return E.isLeft(pipeline)
    ? E.left(pipeline.left._tag === 'GpuFault' ? failed(kernel, pipeline.left.got) : pipeline.left)
    : E.right({ pipeline: pipeline.right, layout: layout.group })
}

const moduleMessages = async (session: Session, kernel: Kernel): Promise<string> => {
  session.device.pushErrorScope('validation')
  const module = session.device.createShaderModule({ code: kernel.wgsl })
  void session.device.popErrorScope().catch(() => null)
  const info = await settle(session, [kernel.label], module.getCompilationInfo())
  return E.isLeft(info) ? '' : said(kernel.wgsl, info.right)
}

/**
 * The pipelines of these kernels, in order. Left: `CompileFailed` with the compiler's lines,
 * `LimitExceeded`, `OutOfMemory`, `DeviceLost`; several kernels' failures come merged.
 */
export const pipelinesOf = async (session: Session, kernels: readonly Kernel[]): Promise<Either<GelatoError, readonly Pipeline[]>> => {
  const { pipelines } = session
  const answers = await Promise.all(
    kernels.map((kernel) => {
      const known = pipelines.get(kernel.key)
      if (known !== undefined) return known
      const made = build(session, kernel)
      pipelines.set(kernel.key, made)
      void made.then((r) => {
        if (E.isLeft(r)) pipelines.delete(kernel.key)
      })
      return made
    })
  )
  while (pipelines.size > capacity) pipelines.delete(pipelines.keys().next().value as string)
  const lefts = answers.filter(E.isLeft).map((a) => a.left)
  return lefts.length > 0
    ? E.left(merge([...new Set(lefts)] as unknown as GelatoErrors))
    : E.right(answers.map((a) => (a as { right: Pipeline }).right))
}
