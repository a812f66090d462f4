/**
 * The WGSL generator against its TypeScript twin: words, folded keys and permutations bit
 * for bit, uniforms exactly, normals to 1e-6 (f32 log, square root, sine and cosine).
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bits, fold, keyOf, normals, permute, philox4x32, uniformOf } from '../../src/random/index.ts'
import type { Key } from '../../src/random/index.ts'
import { linked, openBench, runModule } from '../reference/evaluate.ts'
import type { Bench } from '../reference/evaluate.ts'

let bench: Bench
beforeAll(async () => { bench = await openBench() })
afterAll(() => { bench.device.destroy() })

/** Runs `made[i] = expression` for i below n with the input words in `given`. */
const words = (input: ArrayLike<number>, n: number, body: string, helpers = ''): Promise<Uint32Array> =>
  runModule(bench, linked(`// uses: random
@group(0) @binding(1) var<storage, read> given: array<u32>;
@group(0) @binding(2) var<storage, read_write> made: array<u32>;
${helpers}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let i = g.x;
  if (i >= ${n}u) { return; }
  ${body}
}`, 1), Uint32Array.from(input), n, [Math.ceil(n / 64), 1])

const KEYS: readonly Key[] = [[0, 0], [0xffffffff, 0xffffffff], [0xa4093822, 0x299f31d0], keyOf(2 ** 53 - 1)]

it('blocks have the published known answers', async () => {
  const cases = [
    [0, 0, 0, 0, 0, 0],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0]
  ]
  const out = await words(cases.flat(), 12, `let c = (i / 4u) * 6u;
  made[i] = philox4x32(vec4<u32>(given[c], given[c + 1u], given[c + 2u], given[c + 3u]), vec2<u32>(given[c + 4u], given[c + 5u]))[i % 4u];`)
  expect([...out].map((w) => w.toString(16))).toEqual([
    '6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8', '408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd', 'd16cfe09', '94fdcceb', '5001e420', '24126ea1'
  ])
})

it('streams and folded keys are the same words', async () => {
  const n = 4096
  for (const key of KEYS) {
    expect(await words(key, n, 'made[i] = random_word(vec2<u32>(given[0], given[1]), i);')).toEqual(bits(n)(key))
    const folded = await words(key, n, 'made[i] = fold_key(vec2<u32>(given[0], given[1]), (i / 2u) * 2654435761u)[i % 2u];')
    expect(folded).toEqual(Uint32Array.from({ length: n }, (_, i) => fold(Math.imul(i >> 1, 2654435761) >>> 0)(key)[i & 1]))
  }
  const random = philox4x32([1, 2, 3, 4], [5, 6])
  const out = await words(random, 4, 'made[i] = mul_hi(given[i], 0xd2511f53u);')
  expect([...out]).toEqual(random.map((a) => Number((BigInt(a) * 0xd2511f53n) >> 32n)))
})

it('permutations are the same', async () => {
  for (const n of [1, 2, 3, 5, 100, 1000, 65537, 2 ** 31]) {
    const count = Math.min(n, 2000)
    const out = await words([7, 11, n], count, 'made[i] = permute_index(vec2<u32>(given[0], given[1]), i, given[2]);')
    expect([...out]).toEqual(Array.from({ length: count }, (_, i) => permute(n)([7, 11])(i)))
  }
})

it('uniforms are the same numbers', async () => {
  const n = 4096
  for (const key of KEYS) {
    const out = new Float32Array((await words(key, n, 'made[i] = bitcast<u32>(random_uniform1(vec2<u32>(given[0], given[1]), i));')).buffer)
    expect(Array.from(out)).toEqual(Array.from(bits(n)(key), uniformOf))
  }
})

it('normals agree to 1e-6, by one and by four', async () => {
  const n = 1 << 18
  for (const key of KEYS) {
    const one = new Float32Array((await words(key, n, 'made[i] = bitcast<u32>(random_normal1(vec2<u32>(given[0], given[1]), i));')).buffer)
    const four = new Float32Array((await words(key, n, 'made[i] = bitcast<u32>(random_normal4(vec2<u32>(given[0], given[1]), i / 4u)[i % 4u]);')).buffer)
    const want = normals(n)(key)
    let worst = 0
    for (let i = 0; i < n; i++) worst = Math.max(worst, Math.abs(one[i] - want[i]))
    expect(worst).toBeLessThan(1e-6)
    expect(four).toEqual(one)
  }
})

it('normals are as good at both ends of the radius and at every octant', async () => {
  // Radius words near 0 (the tail) and near 2^32 (where 1 - u counts), angles at and beside
  // the multiples of an eighth turn.
  const radii = [0, 1, 2, 3, 100, 65535, 2 ** 24, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 3 * 2 ** 30 - 1, 3 * 2 ** 30, 2 ** 32 - 2 ** 20, 2 ** 32 - 257, 2 ** 32 - 2, 2 ** 32 - 1]
  const angles = Array.from({ length: 9 }, (_, k) => [-1, 0, 1, 12345].map((d) => (k * 2 ** 29 + d + 2 ** 32) % 2 ** 32)).flat()
  const pairs = radii.flatMap((r) => angles.map((a) => [r, a]))
  const out = new Float32Array((await words(pairs.flat(), 2 * pairs.length, 'made[i] = bitcast<u32>(box_muller(vec2<u32>(given[i & ~1u], given[i | 1u]))[i & 1u]);')).buffer)
  pairs.forEach(([w, a], k) => {
    const r = Math.sqrt(-2 * Math.log1p(-(2 ** 32 - w - 0.5) * 2 ** -32)), t = 2 * Math.PI * a * 2 ** -32
    expect(Math.abs(out[2 * k] - r * Math.cos(t))).toBeLessThan(1.5e-7 * r + 1e-12)
    expect(Math.abs(out[2 * k + 1] - r * Math.sin(t))).toBeLessThan(1.5e-7 * r + 1e-12)
  })
})
