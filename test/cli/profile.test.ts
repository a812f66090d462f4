/** The command `gelato profile`: its options, and how a profile is printed. */
import { describe, expect, it } from 'vitest'
import { parseArguments, profileDefaults } from '../../src/cli/options.ts'
import { profileText } from '../../src/cli/profile.ts'
import * as Profile from '../../src/infer/profile.ts'
import { profileOf } from '../../src/run/profile.ts'
import { dispatch, kernel, program, slot } from '../gpu/programs.ts'
import { left, right } from './either.ts'

const help = (args: readonly string[]): string => {
  const c = right(parseArguments(args))
  return c._tag === 'Text' ? c.text : ''
}

// Two kernels in three dispatches, the first in a loop of 4; times by hand.
const sample = profileOf(
  program(
    [kernel('one', ['write'], 'b1[i] = 1.0;'), kernel('two', ['write'], 'b1[i] = 2.0;')],
    [slot(0, 'state', 'a', 1024)],
    [
      { _tag: 'Loop', n: 4, body: [{ ...dispatch(0, [0], 5), label: 'first', flops: 500_000, bytes: 1000 }] },
      { ...dispatch(1, [0], 5), label: 'second', flops: 6_000_000, bytes: 4096 },
      { ...dispatch(0, [0], 5), label: 'third', flops: 0, bytes: 1000 }
    ]
  ),
  { calls: [4, 1, 1], repeats: [Float64Array.of(2, 5, 1), Float64Array.of(4, 6, 0), Float64Array.of(3, 90, 1)] },
  [11, 10, 14],
  { kind: 'software', name: 'a device' }
)

describe('gelato profile', () => {
  it('reads its options, and refuses wrong ones', () => {
    expect(right(parseArguments(['profile']))).toEqual({ _tag: 'Profile', options: profileDefaults })
    const args = 'profile --batch-size 64 --samples=8 --repeats 3 --dispatches --listing --wgsl --adapter nvidia --json'.split(' ')
    expect(right(parseArguments(args))).toEqual({
      _tag: 'Profile',
      options: { batchSize: 64, samples: 8, repeats: 3, dispatches: true, listing: true, wgsl: true, adapter: 'nvidia', json: true }
    })
    for (const flag of ['--batch-size', '--samples', '--repeats'])
      for (const value of ['0', '-1', '1.5', 'x', '']) expect(left(parseArguments(['profile', `${flag}=${value}`])), `${flag}=${value}`).toMatchObject({ _tag: 'BadOption', path: [flag] })
    expect(left(parseArguments(['profile', '--steps', '3'])).hint).toContain('gelato profile --help')
    expect(left(parseArguments(['profil'])).hint).toContain("did you mean 'profile'?")
  })

  it('tells its options with their defaults', () => {
    const text = help(['profile', '--help']).replace(/\s+/g, ' ')
    expect(text).toContain('Usage: gelato profile [options]')
    for (const [key, value] of Object.entries(profileDefaults))
      expect(text).toMatch(new RegExp(`--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} .*?default: ${typeof value === 'number' ? `${value}\\)` : ''}`))
    expect(help(['--help'])).toContain('profile')
  })

  it('takes the median over repeats and adds up', () => {
    // Medians 3, 6, 1 of which 10 is the sum; 2 MFLOP in 3 ms and 6 in 6.
    expect(sample.rows.map((r) => [r.label, r.kernel, r.calls, r.milliseconds, r.share, r.flops, r.bytes])).toEqual([
      ['first', 'k0', 4, 3, 0.3, 2e6, 4000], ['second', 'k1', 1, 6, 0.6, 6e6, 4096], ['third', 'k0', 1, 1, 0.1, 0, 1000]
    ])
    expect(sample.rows[1].gflops).toBeCloseTo(1, 12)
    expect(sample.totals).toMatchObject({ dispatches: 6, kernels: 2, milliseconds: 10, stepMilliseconds: 11, flops: 8e6, bytes: 9096, heldBytes: 4096 })
    expect(sample.totals.gflops).toBeCloseTo(0.8, 12)
    const [one, two] = Profile.byKernel(sample)
    expect(one).toMatchObject({ label: 'first, third', kernel: 'k0', calls: 5, milliseconds: 4, flops: 2e6, bytes: 5000, gflops: 0.5 })
    expect(two).toMatchObject({ label: 'second', kernel: 'k1', calls: 1 })
  })

  it('prints a table by kernel or by dispatch, dearest first, with listing and WGSL on request', () => {
    const lines = (o: Partial<typeof profileDefaults>): readonly string[] => profileText({ ...profileDefaults, ...o })(sample).split('\n')
    expect(lines({})[1]).toMatch(/^6\.000 +60\.0 % +1 +6\.00 +1\.0 .*k1 +second$/)
    expect(lines({})[2]).toMatch(/^4\.000 .*k0 +first, third$/)
    expect(lines({ dispatches: true }).slice(1, 4).map((l) => l.split(/\s+/).at(-1))).toEqual(['second', 'first', 'third'])
    expect(lines({}).at(-2)).toContain('10.00 ms in 6 dispatches of 2 kernels (a step by the clock: 11.00 ms)')
    expect(lines({ listing: true }).join('\n')).toContain('loop 4 times')
    expect(lines({ listing: true }).join('\n')).not.toContain('@compute')
    expect(lines({ wgsl: true }).join('\n')).toContain('@compute')
    const json = JSON.parse(profileText({ ...profileDefaults, json: true })(sample)) as Record<string, unknown>
    expect(json).toMatchObject({ _tag: 'Profile', repeats: 3, totals: { milliseconds: 10 }, byKernel: [{ kernel: 'k0' }, { kernel: 'k1' }] })
    expect(json).not.toHaveProperty('program')
    expect(profileText({ ...profileDefaults, json: true, wgsl: true })(sample)).toContain('@compute')
  })
})
