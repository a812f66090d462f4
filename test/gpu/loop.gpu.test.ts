import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { E, TE } from '../../src/fp.ts'
import { orThrow } from '../../src/error.ts'
import { close, destroy, instantiate, open, read, runSteps, withDevice, withInstance, write } from '../../src/gpu/index.ts'
import type { Device, Instance, RunOptions } from '../../src/gpu/index.ts'
import type { Program } from '../../src/compile/program.ts'
import { sessionOf } from '../../src/gpu/session.ts'
import { axpy, chaos, dispatch, kernel, program, seeds, slot } from './programs.ts'

let device: Device

beforeAll(async () => {
  device = await orThrow(open())
})
afterAll(() => close(device))

const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const left = <A>(e: E.Either<{ _tag: string; got: string; hint: string }, A>) => {
  if (E.isRight(e)) throw new Error('expected a Left')
  return e.left
}
const make = (p: Program, options = {}): Promise<Instance> => orThrow(instantiate(p, options)(device))

const runChaos = async (n: number, capacity: number, steps: number, options: RunOptions = {}) => {
  const i = await make(chaos(n, capacity))
  right(write('x', seeds(n))(i))
  right(write('t', new Float32Array(1))(i))
  const report = await orThrow(runSteps(steps, options)(i))
  const { x, t } = await orThrow(read(['x', 't'])(i))
  destroy(i)
  return { report, x, t: t[0] }
}

describe('an instance', () => {
  it('computes axpy, and again with another input', async () => {
    const n = 1000
    const i = await make(axpy(n))
    for (const scale of [1, -3]) {
      right(write('x', Float32Array.from({ length: n }, (_, k) => scale * k))(i))
      await orThrow(runSteps(1)(i))
      const { out } = await orThrow(read(['out'])(i))
      expect(out).toEqual(Float32Array.from({ length: n }, (_, k) => 2 * scale * k + k))
    }
    destroy(i)
  })

  it('carries state from step to step and counts its steps', async () => {
    const { t, report } = await runChaos(3, 8, 137)
    expect(t).toBe(137)
    expect(report).toMatchObject({ steps: 137, aborted: false })
  })

  it('shares no buffer with another instance of the same program', async () => {
    const [a, b] = await Promise.all([make(axpy(4)), make(axpy(4))])
    right(write('x', new Float32Array([1, 1, 1, 1]))(a))
    right(write('x', new Float32Array([5, 5, 5, 5]))(b))
    await Promise.all([orThrow(runSteps(1)(a)), orThrow(runSteps(1)(b))])
    expect((await orThrow(read(['out'])(a)))['out']).toEqual(new Float32Array([2, 3, 4, 5]))
    expect((await orThrow(read(['out'])(b)))['out']).toEqual(new Float32Array([10, 11, 12, 13]))
    destroy(a)
    destroy(b)
  })

  it('binds as many bytes as a slot has, though its buffer is rounded up', async () => {
    // What is compared with the limit of a binding, which need not be a multiple of 256.
    const { device: gpu } = sessionOf(device), bound: (number | undefined)[] = []
    const own = gpu.createBindGroup.bind(gpu)
    gpu.createBindGroup = (d) => {
      bound.push(...[...d.entries].slice(1).map((e) => (e.resource as GPUBufferBinding).size))
      return own(d)
    }
    const i = await make(axpy(68))
    gpu.createBindGroup = own
    expect(bound).toEqual([272, 272, 272])
    right(write('x', Float32Array.from({ length: 68 }, (_, k) => k))(i))
    await orThrow(runSteps(1)(i))
    expect([...(await orThrow(read(['out'])(i)))['out']]).toEqual(Array.from({ length: 68 }, (_, k) => 3 * k))
    destroy(i)
  })

  it('takes bytes that are no whole number of words', async () => {
    const bytes = Uint8Array.from({ length: 7 }, (_, i) => i + 1)
    const i = await make(program([], [slot(0, 'input', 'b', 4, { storage: 'u8', shape: [7] })], []))
    right(write('b', bytes)(i))
    expect([...((await orThrow(read(['b'])(i)))['b'] ?? [])].slice(0, 8)).toEqual([...bytes, 0])
    destroy(i)
  })

  it('runs loops and copies in their place', async () => {
    // a := 1 + a, five times, then b := a, then a := 2 a (twice nested): b sees a before doubling.
    const p = program(
      [kernel('inc', ['write'], 'b1[i] = b1[i] + 1.0;'), kernel('double', ['write'], 'b1[i] = 2.0 * b1[i];')],
      [slot(0, 'state', 'a', 5), slot(1, 'output', 'b', 5)],
      [
        { _tag: 'Loop', n: 5, body: [dispatch(0, [0], 5)] },
        { _tag: 'Copy', from: 0, to: 1 },
        { _tag: 'Loop', n: 2, body: [{ _tag: 'Loop', n: 3, body: [dispatch(1, [0], 5)] }] },
        { _tag: 'Loop', n: 0, body: [dispatch(1, [0], 5)] }
      ]
    )
    const i = await make(p)
    right(write('a', Float32Array.from([0, 1, 2, 3, 4]))(i))
    await orThrow(runSteps(1)(i))
    const { a, b } = await orThrow(read(['a', 'b'])(i))
    expect(b).toEqual(Float32Array.from([5, 6, 7, 8, 9]))
    expect(a).toEqual(Float32Array.from([5, 6, 7, 8, 9].map((v) => v * 64)))
    destroy(i)
  })

  it('passes over empty grids', async () => {
    const p = program([kernel('inc', ['write'], 'b1[i] = b1[i] + 1.0;')], [slot(0, 'state', 'a', 1)], [dispatch(0, [0], 0), dispatch(0, [0], 1)])
    const i = await make(p)
    await orThrow(runSteps(3)(i))
    expect((await orThrow(read(['a'])(i)))['a']).toEqual(new Float32Array([3]))
    destroy(i)
  })
})

describe('the run loop', () => {
  it('gives the same bits however the steps are cut into submits', async () => {
    const n = 300
    const reference = await runChaos(n, 64, 150, { stepsPerSubmit: 1 })
    for (const options of [{ stepsPerSubmit: 50 }, { stepsPerSubmit: 7 }, { stepsPerSubmit: 1000 }, {}]) {
      const other = await runChaos(n, 64, 150, options)
      expect(other.x).toEqual(reference.x)
      expect(other.report.records).toEqual(reference.report.records)
    }
    expect(reference.report.submits).toBe(150)
  })

  it('returns every record in order, though the ring is shorter than the run', async () => {
    for (const [capacity, options] of [
      [4, { stepsPerSubmit: 50 }],
      [5, { stepsPerSubmit: 3 }],
      [1, {}],
      [64, {}]
    ] as const) {
      const seen: number[] = []
      const { report } = await runChaos(2, capacity, 211, { ...options, onRecords: (rows, first) => seen.push(first, rows.length / 2) })
      const ts = [...report.records].filter((_, i) => i % 2 === 0)
      expect(ts).toEqual(Array.from({ length: 211 }, (_, i) => i))
      // What the observer saw joins without gaps.
      let next = 0
      for (let i = 0; i < seen.length; i += 2) {
        expect(seen[i]).toBe(next)
        next += seen[i + 1]
      }
      expect(next).toBe(211)
    }
  })

  it('goes on where the last run stopped, at any first step', async () => {
    const i = await make(chaos(2, 16), { firstStep: 1000 })
    right(write('x', seeds(2))(i))
    right(write('t', new Float32Array([1000]))(i))
    const a = await orThrow(runSteps(10)(i))
    expect(i.step).toBe(1010)
    const b = await orThrow(runSteps(30)(i))
    expect([a.records[0], b.records[0], b.records[58]]).toEqual([1000, 1010, 1039])
    destroy(i)
  })

  it('cuts a step of very many dispatches without changing it', async () => {
    const p = program([kernel('inc', ['write'], 'b1[i] = b1[i] + 1.0;')], [slot(0, 'state', 'a', 1)], [{ _tag: 'Loop', n: 20_000, body: [dispatch(0, [0], 1)] }])
    const i = await make(p)
    const report = await orThrow(runSteps(2)(i))
    expect((await orThrow(read(['a'])(i)))['a']).toEqual(new Float32Array([40_000]))
    expect(report.submits).toBeGreaterThan(2)
    destroy(i)
  })

  it('ends after a whole step when aborted, with the records so far', async () => {
    const i = await make(chaos(2, 8))
    right(write('x', seeds(2))(i))
    const abort = new AbortController()
    const report = await orThrow(
      runSteps(1_000_000, { stepsPerSubmit: 10, signal: abort.signal, onRecords: (_, first) => first > 100 && abort.abort() })(i)
    )
    expect(report.aborted).toBe(true)
    expect(report.steps).toBeGreaterThan(100)
    expect(report.records.length).toBe(2 * report.steps)
    const { t } = await orThrow(read(['t'])(i))
    expect(t[0]).toBe(report.steps)
    destroy(i)
    const never = await make(axpy(4))
    expect(await orThrow(runSteps(5, { signal: AbortSignal.abort() })(never))).toMatchObject({ steps: 0, aborted: true })
    destroy(never)
  })

  it('refuses a second run at the same time, and options that are no numbers', async () => {
    const i = await make(axpy(4))
    const [a, b] = await Promise.all([runSteps(20)(i)(), runSteps(1)(i)()])
    expect(E.isRight(a)).toBe(true)
    expect(left(b)._tag).toBe('InstanceBusy')
    expect(left(await runSteps(-1)(i)())._tag).toBe('BadOption')
    expect(left(await runSteps(1, { stepsPerSubmit: 0 })(i)())._tag).toBe('BadOption')
    destroy(i)
  })

  it('answers an observer that throws with a Left', async () => {
    const i = await make(chaos(1, 4))
    const r = await runSteps(8, {
      onRecords: () => {
        throw new Error('mine')
      }
    })(i)()
    expect(left(r)).toMatchObject({ _tag: 'ObserverFailed' })
    destroy(i)
  })
})

describe('errors', () => {
  it('name what does not exist and what does not fit', async () => {
    const i = await make(axpy(4))
    expect(left(write('xx', new Float32Array(4))(i))).toMatchObject({ _tag: 'UnknownName', hint: "did you mean 'x'?" })
    expect(left(write('out', new Float32Array(4))(i))._tag).toBe('UnknownName')
    expect(left(write('x', new Float32Array(5))(i))._tag).toBe('TooLarge')
    expect(left(await read(['x', 'oot'])(i)())._tag).toBe('UnknownName')
    destroy(i)
    expect(left(write('x', new Float32Array(4))(i))._tag).toBe('InstanceDestroyed')
    expect(left(await read(['out'])(i)())._tag).toBe('InstanceDestroyed')
    expect(left(await runSteps(1)(i)())._tag).toBe('InstanceDestroyed')
  })

  it('of a shader come with the line', async () => {
    const bad = kernel('broken', ['write'], 'b1[i] = nonsense;')
    const p = program([bad, kernel('fine', ['write'], 'b1[i] = 1.0;')], [slot(0, 'state', 'a', 1)], [dispatch(0, [0], 1)])
    const e = left(await instantiate(p)(device)())
    expect(e._tag).toBe('CompileFailed')
    expect(e.got).toMatch(/line 8:\d+: .*nonsense/)
    // Neither the failure nor the good kernel beside it is in the way of what follows.
    const i = await make(program([p.kernels[1]], p.slots, [dispatch(0, [0], 1)]))
    await orThrow(runSteps(1)(i))
    expect((await orThrow(read(['a'])(i)))['a'][0]).toBe(1)
    destroy(i)
  })

  it('of a layout come as a failed compile too', async () => {
    const k = { ...kernel('mismatch', ['read', 'write'], 'b2[i] = b1[i];'), bindings: ['read'] as const }
    expect(left(await instantiate(program([k], [slot(0, 'state', 'a', 1)], [dispatch(0, [0], 1)]))(device)())._tag).toBe('CompileFailed')
  })

  it('of limits name the slot or the dispatch', async () => {
    const { maxBindingBytes, maxBufferBytes, maxStorageBuffers, maxWorkgroupsPerDimension } = device.target
    const bound = program([kernel('inc', ['write'], 'b1[i] = 1.0;')], [slot(0, 'temp', 'bound', 1, { bytes: maxBindingBytes + 16 })], [dispatch(0, [0], 1)])
    expect(left(await instantiate(bound)(device)())).toMatchObject({ _tag: 'LimitExceeded', path: ['bound'] })
    const big = program([], [slot(0, 'temp', 'big', 1, { bytes: maxBufferBytes + 16 })], [])
    expect(left(await instantiate(big)(device)())).toMatchObject({ _tag: 'LimitExceeded', path: ['big'] })
    const many = Array.from({ length: maxStorageBuffers + 1 }, () => 'write' as const)
    const wide = program([kernel('wide', many, 'b1[i] = 0.0;')], many.map((_, i) => slot(i, 'temp', undefined, 1)), [dispatch(0, many.map((_, i) => i), 1)])
    expect(left(await instantiate(wide)(device)())._tag).toBe('LimitExceeded')
    const grid = program([kernel('inc', ['write'], 'b1[i] = 1.0;')], [slot(0, 'temp', undefined, 1)], [
      { ...dispatch(0, [0], 1), grid: [maxWorkgroupsPerDimension + 1, 1, 1] }
    ])
    expect(left(await instantiate(grid)(device)())._tag).toBe('LimitExceeded')
  })

  it('of the device in a submit end the run, and only that run', async () => {
    // One buffer read and written through two bindings.
    const aliased = await instantiate(
      program([kernel('alias', ['read', 'write'], 'b2[i] = b1[i];')], [slot(0, 'state', 'a', 1)], [dispatch(0, [0, 0], 1)])
    )(device)()
    const e = E.isLeft(aliased) ? aliased : await runSteps(1)(aliased.right)()
    expect(left(e)._tag).toBe('GpuFault')
    if (E.isRight(aliased)) destroy(aliased.right)
    const i = await make(axpy(4))
    expect(E.isRight(await runSteps(1)(i)())).toBe(true)
    destroy(i)
  })
})

describe('accounts', () => {
  it('are at zero after twenty instances came and went', async () => {
    await orThrow(
      withDevice()((d) =>
        TE.fromTask(async () => {
          for (let k = 0; k < 20; k++) {
            const i = await orThrow(instantiate(chaos(100, 8))(d))
            expect(d.liveBuffers).toBeGreaterThan(0)
            await orThrow(runSteps(20)(i))
            await orThrow(read(['x', 't'])(i))
            destroy(i)
            destroy(i)
            expect([d.liveBuffers, d.liveBytes]).toEqual([0, 0])
          }
        })
      )
    )
  })

  it('do not grow from reads and runs of one instance', async () => {
    await orThrow(
      withDevice()((d) =>
        withInstance(chaos(100, 8))((i) =>
          TE.fromTask(async () => {
            const once = async () => {
              await orThrow(runSteps(20, { stepsPerSubmit: 20 })(i))
              await orThrow(read(['x', 't'])(i))
            }
            for (let k = 0; k < 3; k++) await once()
            const settled = d.liveBytes
            for (let k = 0; k < 10; k++) await once()
            expect(d.liveBytes).toBe(settled)
          })
        )(d)
      )
    )
  })

  it('hold nothing after a failed instantiation', async () => {
    await orThrow(
      withDevice()((d) =>
        TE.fromTask(async () => {
          const broken = program([kernel('inc', ['write'], 'b1[i] = 1.0;')], [slot(0, 'state', 'a', 1)], [dispatch(0, [7], 1)])
          expect(E.isLeft(await instantiate(broken)(d)())).toBe(true)
          expect(d.liveBytes).toBe(0)
        })
      )
    )
  })

  it('are freed when a run under way loses its instance', async () => {
    await orThrow(
      withDevice()((d) =>
        TE.fromTask(async () => {
          const i = await orThrow(instantiate(chaos(100, 8))(d))
          const running = runSteps(1_000_000)(i)()
          setTimeout(() => destroy(i), 50)
          expect(left(await running)._tag).toBe('InstanceDestroyed')
          expect(d.liveBytes).toBe(0)
        })
      )
    )
  })
})
