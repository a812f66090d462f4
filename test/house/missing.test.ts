/** Where optional packages are not installed, what needs one names it. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const { bundle } = (await import(pathToFileURL(join(root, 'scripts/bundle.mjs')).href)) as { bundle: (dir: string) => Promise<readonly string[]> }

// Away from the sources: no package is found from there.
let dir: string
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gelato-'))
  await bundle(join(dir, 'dist'))
  copyFileSync(join(root, 'package.json'), join(dir, 'package.json'))
}, 60_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the program', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dir, 'dist/cli/main.js'), '--version'], { encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: "gelato needs the npm package 'commander', which is not installed: npm install commander\n" })
})

test('the device', () => {
  const script = `import { Gpu } from ${JSON.stringify(pathToFileURL(join(dir, 'dist/node.js')).href)}
    console.log(JSON.stringify(await Gpu.open()()))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: dir, encoding: 'utf8' })
  expect(JSON.parse(stdout)).toMatchObject({ left: { _tag: 'NoAdapter', hint: expect.stringMatching(/^npm install webgpu;/) as string } })
})
