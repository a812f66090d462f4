/** Moments, cdfs and quantiles in f32 on the device, and cdfs outside the support. One program holds them all. */
import { expect, test } from 'vitest'
import { orThrow } from '../../src/error.ts'
import { O } from '../../src/fp.ts'
import { openSession } from '../../src/run/open.ts'
import * as Dist from '../../src/dist/index.ts'
import * as B from '../../src/tensor/build.ts'
import type { Tensor } from '../../src/tensor/node.ts'
import { asked, figures, off } from './figures.ts'
import { outside } from './outside.ts'

type Values = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>

const onDevice = async (graphs: Readonly<Record<string, Tensor>>, values: Values): Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>> => {
  const inputs = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, { shape: v.shape, data: Float32Array.from(v.data) }]))
  const session = await orThrow(openSession({ outputs: graphs, updates: {}, record: {}, extents: {} }, inputs))
  await orThrow(session.run(1))
  const read = await orThrow(session.read(Object.keys(graphs)))
  session.destroy()
  return read
}

test('moments, cdfs and quantiles on the device', async () => {
  const all = figures.map(asked)
  const read = await onDevice(Object.fromEntries(all.map((a) => [a.name, a.graph])), Object.assign({}, ...all.map((a) => a.values)) as Values)
  expect(figures.flatMap((f, i) => off(f, read[all[i].name].data, f.error))).toEqual([])
})

test('cdfs outside the support on the device', async () => {
  const graphs = Object.fromEntries(outside.map(({ family, d, x }) => [family, O.getOrElse(() => B.scalar(NaN))(Dist.cdf(d)(B.leaf('input', `${family}.x`, [x.length])))]))
  const read = await onDevice(graphs, Object.fromEntries(outside.map(({ family, x }) => [`${family}.x`, { shape: [x.length], data: x }])))
  outside.forEach(({ family, want }) => expect(Array.from(read[family].data), family).toEqual(want))
})
