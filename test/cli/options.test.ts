import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { E } from '../../src/fp.ts'
import { mnistDefaults, parseArguments } from '../../src/cli/options.ts'
import type { Cli } from '../../src/cli/options.ts'
import { left, right } from './either.ts'

const text = (args: readonly string[]): string => {
  const c: Cli = right(parseArguments(args))
  return c._tag === 'Text' ? c.text : ''
}

describe('parseArguments', () => {
  it('gives the defaults, and what is asked for', () => {
    expect(right(parseArguments(['mnist']))).toEqual({ _tag: 'Mnist', options: mnistDefaults })
    const args = 'mnist --steps 80_000 --batch-size=100 --samples 100 --learning-rate 1e-3 --seed 7 --raw --out pics --adapter nvidia --json'.split(' ')
    expect(right(parseArguments(args))).toEqual({
      _tag: 'Mnist',
      options: { steps: 80000, batchSize: 100, samples: 100, learningRate: 1e-3, seed: 7, raw: true, out: 'pics', adapter: 'nvidia', json: true }
    })
  })

  it('tells every option with its default', () => {
    const help = text(['mnist', '--help']).replace(/\s+/g, ' ')
    expect(help).toContain('Usage: gelato mnist [options]')
    for (const o of ['--steps', '--batch-size', '--samples', '--learning-rate', '--seed', '--raw', '--out', '--adapter', '--json']) expect(help).toMatch(new RegExp(`${o} .*?default: `))
    expect(help).toContain(`training steps (default: ${mnistDefaults.steps})`)
    for (const args of [[], ['--help'], ['-h'], ['help']]) expect(text(args)).toContain('Usage: gelato <command>')
  })

  it('knows the version as an option of its own', () => {
    for (const flag of ['--version', '-V']) expect(right(parseArguments([flag]))).toEqual({ _tag: 'Version' })
    expect(text(['--help'])).toContain('--version')
    expect(left(parseArguments(['--verson'])).hint).toContain("did you mean '--version'?")
  })

  it('names a wrong option or command with its nearest match', () => {
    const hint = (...args: string[]): string => {
      const e = left(parseArguments(args))
      expect(e._tag).toMatch(/^Unknown/)
      expect(e.got).toContain(args[args.length - 1].split('=')[0])
      return e.hint
    }
    expect(hint('mnist', '--step')).toContain("did you mean '--steps'?")
    expect(hint('mnist', '--batchsize=3')).toContain("did you mean '--batch-size'?")
    expect(hint('mnist', '--leaning-rate')).toContain("did you mean '--learning-rate'?")
    expect(hint('mnits')).toContain("did you mean 'mnist'?")
    expect(hint('--hepl')).toContain("did you mean '--help'?")
  })

  it('refuses bad values, every one at once', () => {
    const bad: readonly (readonly [string, string])[] = [
      ['--steps', '-4'],
      ['--steps', '0'],
      ['--steps', '1.5'],
      ['--steps', 'many'],
      ['--steps', 'NaN'],
      ['--steps', ''],
      ['--batch-size', '0'],
      ['--batch-size', '60001'],
      ['--samples', 'Infinity'],
      ['--learning-rate', '0'],
      ['--learning-rate', '-1e-3'],
      ['--learning-rate', 'NaN'],
      ['--seed', '-1'],
      ['--seed', '4294967296'],
      ['--out', ' ']
    ]
    for (const [flag, value] of bad) expect(left(parseArguments(['mnist', `${flag}=${value}`])), `${flag}=${value}`).toMatchObject({ _tag: 'BadOption', path: [flag] })
    const e = parseArguments(['mnist', '--steps', '-1', '--seed', 'x'])
    expect(E.isLeft(e) && e.left.map((x) => x.path[0])).toEqual(['--steps', '--seed'])
    expect(left(parseArguments(['mnist', '--out'])).got).toContain('--out')
    expect(left(parseArguments(['mnist', 'stray'])).got).toContain('stray')
  })

  it('never throws and never prints', () => {
    const word = fc.oneof(fc.constantFrom('mnist', '--steps', '--json', '--', '--seed=3', '-h', '-x', '--no-raw', '5'), fc.string())
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        expect(['Left', 'Right']).toContain(parseArguments(args)._tag)
      })
    )
  })
})
