/** The parts of the set-up scripts that can be tested without changing a machine. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

const { backportsSource } = (await import(pathToFileURL(resolve(root, 'scripts/setup.mjs')).href)) as {
  backportsSource: (name: string, text: string, suite: string) => string | undefined
}

describe('the backports source', () => {
  it('is derived from a deb822 file, keeping who signed it', () => {
    const text = `# a comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`
    expect(backportsSource('debian.sources', text, 'bookworm')).toBe(`types: deb
uris: http://mirror.example/debian
suites: bookworm-backports
components: main
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
`)
  })

  it('is derived from a one-line file, keeping its options', () => {
    const text = `# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib # mine
`
    expect(backportsSource('sources.list', text, 'bookworm')).toBe(
      'deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm-backports main\n'
    )
    expect(backportsSource('sources.list', 'deb http://mirror.example/debian bookworm main\n', 'bookworm')).toBe('deb http://mirror.example/debian bookworm-backports main\n')
  })

  it('is not derived from other sources', () => {
    expect(backportsSource('x.list', 'deb http://other.example stable main\n', 'bookworm')).toBeUndefined()
    expect(backportsSource('x.sources', 'Types: deb\nURIs: http://other.example\nSuites: nodistro\nComponents: main\n', 'bookworm')).toBeUndefined()
    expect(backportsSource('x.sources', 'Types: deb\nEnabled: no\nURIs: http://m.example\nSuites: bookworm\nComponents: main\n', 'bookworm')).toBeUndefined()
  })
})

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    optionalDependencies: Record<string, string>
    peerDependencies: Record<string, string>
    peerDependenciesMeta: Record<string, { optional: boolean }>
    devDependencies: Record<string, string>
  }

  it('names no registry in its lock file', () => {
    expect(readFileSync(resolve(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"|\/\/registry/)
  })

  it('needs fp-ts and immer, and can do without the rest', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(['fp-ts', 'immer'])
    expect(Object.keys(manifest.peerDependencies)).toContain('webgpu')
    // What is large is installed by whoever wants it, and here for the tests.
    expect(Object.keys(manifest.peerDependenciesMeta).filter((k) => manifest.peerDependenciesMeta[k].optional)).toEqual(Object.keys(manifest.peerDependencies))
    expect(manifest.devDependencies).toMatchObject(manifest.peerDependencies)
    expect(Object.keys(manifest.optionalDependencies)).toEqual(['cli-progress', 'commander'])
  })

  it('has its shaders as a module', () => {
    expect(existsSync(resolve(root, 'src/shaders.ts'))).toBe(true)
  })
})
