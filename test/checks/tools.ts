/** What the acceptance tests share: reading Eithers, exact bits, the device, a child process, two models with known posteriors. */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Dist, Gpu, Model, Spec, Tensor, orThrow, pipe } from '../../src/index.ts'
import type { HostArrays } from '../../src/index.ts'

/** The value of a Right, or a failing test that says why. */
export const right = <A>(e: { readonly _tag: 'Right'; readonly right: A } | { readonly _tag: 'Left'; readonly left: unknown }): A => {
  if (e._tag === 'Left') throw new Error(JSON.stringify(e.left))
  return e.right
}

/** The error of a Left. */
export const left = <E>(e: { readonly _tag: 'Right' } | { readonly _tag: 'Left'; readonly left: E }): E => {
  if (e._tag === 'Right') throw new Error('expected an error')
  return e.left
}

/** SHA-256 of the bytes of arrays, by name. */
export const bits = (arrays: HostArrays): string => {
  const h = createHash('sha256')
  for (const name of Object.keys(arrays).sort()) {
    const { data } = arrays[name]
    h.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return h.digest('hex')
}

/** The device that everything runs on unless another is given. */
export const device = (): Promise<Gpu.Device> => orThrow(Gpu.sharedDevice)

const root = join(import.meta.dirname, '../..')

/** Builds `dist`, which is what child processes import. */
export const build = (): void => {
  const child = spawnSync(process.execPath, [join(root, 'scripts/run.mjs'), 'build'], { cwd: root, encoding: 'utf8' })
  if (child.status !== 0) throw new Error(child.stderr)
}

/** What a script of this folder prints, as JSON, in a process of its own. */
export const inChild = async (script: string, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), ...args], { cwd: root })
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}

/** Collects garbage and gives the resident bytes of this process. */
export const resident = async (): Promise<number> => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Finalisers of the GPU's objects run between turns, and free what the next round collects.
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((r) => setTimeout(r, 20))
  }
  return process.memoryUsage().rss
}

/** Bayesian linear regression "A": y ~ N(w . (1, x), 1/4), w ~ N(0, I). */
export const blr = (): Model.Model =>
  Model.joint(
    { w: pipe(Spec.normal(), Spec.withShape([2])) },
    ({ w }, { x }) => ({ y: Dist.normal({ mu: Tensor.sum({ axes: [1] })(Tensor.mul(w)(x)), sd: 0.5 }) }),
    { inputs: { x: [null, 2] } }
  )

/** Its data. */
export const blrData = { x: [3, 4, 5, 6, 7.5].map((v) => [1, v]), y: [1.1, 2.1, 3.2, 4.1, 5.4] }

/** Its exact answers: posterior mean and precision, the mean-field bound. */
export const blrExact = { mean: [-1.0283525, 0.835249], precision: [[21, 102], [102, 570]], sd: [0.2182179, 0.0418854], elbo: -7.163423 }

/** m ~ N(1.5, 1), y ~ N(m, 1), y = 1.6, 1.4: the posterior is N(1.5, 1/3), the log evidence -2.397183. */
export const normalNormal = (): Model.Model => Model.joint({ m: Spec.normal({ mu: 1.5 }) }, ({ m }) => ({ y: Dist.normal({ mu: m }) }))
export const normalData = { y: [1.6, 1.4] }
