/** Every example of the documentation runs: those that need a device, in a folder of their own. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { examples, outFolder, runExample } from './blocks.ts'

const home = process.cwd()
beforeAll(() => {
  const out = join(outFolder, 'run')
  mkdirSync(join(out, 'out'), { recursive: true })
  process.chdir(out)
})
afterAll(() => { process.chdir(home) })

const all = examples().filter((e) => e.device)

// Those that save come before those that load.
test.each([...all].sort((a, b) => Number(a.code.includes('.load(')) - Number(b.code.includes('.load('))).map((e) => [e.name, e] as const))('%s', async (_, e) => {
  await runExample(e)
})
