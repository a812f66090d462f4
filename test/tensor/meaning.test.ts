/**
 * What the ops mean: the table's f64 values against direct formulas that share no code
 * with it: definitions by index for views, reductions, products, convolutions, pools and
 * indices; Math for functions.
 */
import { describe, expect, test } from 'vitest'
import * as B from '../../src/tensor/build.ts'
import type { OpName, Tensor } from '../../src/tensor/index.ts'
import { typeOf } from '../../src/tensor/node.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { distance, evaluate, seeded, valueOf } from './support.ts'

interface Nd { readonly shape: readonly number[]; readonly at: (...ix: number[]) => number }

const count = (s: readonly number[]): number => s.reduce((a, b) => a * b, 1)
/** Element by index vector, by Horner's rule. */
const nd = (shape: readonly number[], data: ArrayLike<number>): Nd => ({ shape, at: (...ix) => data[ix.reduce((k, c, d) => k * shape[d] + c, 0)] })
const vectors = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>((all, e) => all.flatMap((ix) => Array.from({ length: e }, (_, i) => [...ix, i])), [[]])
const table = (shape: readonly number[], f: (ix: readonly number[]) => number): readonly number[] => vectors(shape).map(f)

const attr = <A>(c: Case, k: string): A => c.node.attrs[k] as unknown as A
const arg = (c: Case, name: string): Nd => { const l = c.leaves.find((x) => x.name === name); if (l === undefined) throw new Error(name); return nd(l.shape, l.data) }
const out = (c: Case): readonly number[] => typeOf(c.node).shape as readonly number[]
/** Reads with numpy's broadcasting. */
const spread = (a: Nd, ix: readonly number[]): number => a.at(...ix.slice(ix.length - a.shape.length).map((v, d) => (a.shape[d] === 1 ? 0 : v)))

const agree = (op: OpName, n: number, want: (c: Case) => readonly number[]): void => {
  for (const rng of seeded(`meaning ${op}`, n)) {
    const c = cases[op](rng), got = valueOf(c)
    expect(distance(got.data, want(c)), JSON.stringify(c.node.attrs)).toBeLessThan(1e-12)
  }
}

describe('elementwise', () => {
  const wrap = (dtype: string, v: bigint): number => Number(dtype === 'u32' ? BigInt.asUintN(32, v) : BigInt.asIntN(32, v))
  const floorMod = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : ((a % b) + b) % b)
  const unary: Partial<Record<OpName, (x: number) => number>> = {
    floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc, round: Math.round, exp: Math.exp, log: Math.log, sqrt: Math.sqrt,
    expm1: (x) => Math.exp(x) - 1, log1p: (x) => Math.log(1 + x),
    sin: Math.sin, cos: Math.cos, tan: (x) => Math.sin(x) / Math.cos(x), asin: (x) => Math.atan2(x, Math.sqrt(1 - x * x)), acos: (x) => Math.atan2(Math.sqrt(1 - x * x), x), atan: (x) => Math.atan2(x, 1),
    sinh: (x) => (Math.exp(x) - Math.exp(-x)) / 2, cosh: (x) => (Math.exp(x) + Math.exp(-x)) / 2, tanh: (x) => 1 - 2 / (Math.exp(2 * x) + 1),
    asinh: (x) => Math.sign(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)), acosh: (x) => Math.log(x + Math.sqrt(x * x - 1)), atanh: (x) => Math.log((1 + x) / (1 - x)) / 2,
    sigmoid: (x) => 1 / (1 + Math.exp(-x)), softplus: (x) => Math.log(1 + Math.exp(x)), isFinite: (x) => (x - x === 0 ? 1 : 0), stopGradient: (x) => x, clipGradient: (x) => x
  }
  for (const [op, f] of Object.entries(unary)) test(op, () => agree(op as OpName, 10, (c) => c.leaves[0].data.map(f)))

  const numeric: Partial<Record<OpName, readonly [(x: number) => number, (x: bigint) => bigint]>> = {
    neg: [(x) => 0 - x, (x) => -x], abs: [(x) => (x < 0 ? -x : x), (x) => (x < 0n ? -x : x)], sign: [(x) => (x > 0 ? 1 : x < 0 ? -1 : 0), (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n)]
  }
  for (const [op, [f, g]] of Object.entries(numeric))
    test(op, () => agree(op as OpName, 20, (c) => c.leaves[0].data.map((x) => (c.leaves[0].dtype === 'f32' ? f(x) : wrap(c.leaves[0].dtype, g(BigInt(x)))))))

  const floats: Partial<Record<OpName, (a: number, b: number) => number>> = {
    add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, pow: (a, b) => Math.exp(b * Math.log(a)),
    mod: (a, b) => { let r = a; while (b > 0 ? r >= b : r <= b) r -= b; while (b > 0 ? r < 0 : r > 0) r += b; return r },
    floorDiv: (a, b) => Math.floor(a / b), max: (a, b) => (a > b ? a : b), min: (a, b) => (a < b ? a : b), atan2: Math.atan2
  }
  const wholes: Partial<Record<OpName, (a: bigint, b: bigint) => bigint>> = {
    add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, mod: floorMod, floorDiv: (a, b) => (b === 0n ? 0n : (a - floorMod(a, b)) / b),
    max: (a, b) => (a > b ? a : b), min: (a, b) => (a < b ? a : b), and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b,
    shiftLeft: (a, b) => a << BigInt.asUintN(5, b), shiftRight: (a, b) => a >> BigInt.asUintN(5, b)
  }
  for (const op of new Set([...Object.keys(floats), ...Object.keys(wholes)]) as Set<OpName>)
    test(op, () => agree(op, 30, (c) => {
      const a = arg(c, 'a'), b = arg(c, 'b'), dtype = c.leaves[0].dtype
      return table(out(c), (ix) => {
        const x = spread(a, ix), y = spread(b, ix)
        if (dtype === 'f32') return (floats[op] as (a: number, b: number) => number)(x, y)
        const v = (wholes[op] as (a: bigint, b: bigint) => bigint)(BigInt(x), BigInt(y))
        return dtype === 'bool' ? Number(v) : wrap(dtype, v)
      })
    }))

  const compare: Partial<Record<OpName, (a: number, b: number) => boolean>> = {
    lt: (a, b) => a < b, le: (a, b) => !(a > b), gt: (a, b) => b < a, ge: (a, b) => !(a < b), eq: (a, b) => !(a < b || a > b), ne: (a, b) => a < b || a > b
  }
  for (const [op, f] of Object.entries(compare))
    test(op, () => agree(op as OpName, 20, (c) => table(out(c), (ix) => (f(spread(arg(c, 'a'), ix), spread(arg(c, 'b'), ix)) ? 1 : 0))))

  test('select', () => agree('select', 30, (c) => table(out(c), (ix) => spread(arg(c, spread(arg(c, 'c'), ix) === 1 ? 'a' : 'b'), ix))))
  test('not', () => agree('not', 20, (c) => c.leaves[0].data.map((x) => (c.leaves[0].dtype === 'bool' ? 1 - x : wrap(c.leaves[0].dtype, -1n - BigInt(x))))))
  test('cast', () => agree('cast', 60, (c) => c.leaves[0].data.map((x) => {
    const to = attr<string>(c, 'dtype')
    return to === 'bool' ? Number(x !== 0) : to === 'f32' ? x : to === 'u32' ? Math.max(0, Math.trunc(x)) : Math.min(2147483647, Math.trunc(x))
  })))

  const one = (op: (x: Tensor) => Tensor, xs: readonly number[]): readonly number[] => [...evaluate({}, [op(B.array(Float64Array.from(xs), [xs.length]))])[0].data]
  test('round takes ties to even', () => {
    expect(one(B.round, [0.5, 1.5, 2.5, -0.5, -1.5, 3.5, 2.4999]).map((v) => v + 0)).toEqual([0, 2, 2, 0, -2, 4, 2])
  })
  test('expm1, log1p keep small arguments; sigmoid, softplus and tanh large ones', () => {
    expect(one(B.expm1, [1e-20])).toEqual([1e-20])
    expect(one(B.log1p, [1e-20])).toEqual([1e-20])
    expect(one(B.sigmoid, [-200, 200])[0]).toBeCloseTo(1.3838965267367376e-87, 98)
    expect(one(B.softplus, [-200, 200])[0]).toBeCloseTo(1.3838965267367376e-87, 98)
    expect(one(B.softplus, [-200, 200])[1]).toBe(200)
    expect(one(B.tanh, [-200, 200])).toEqual([-1, 1])
  })
})

describe('softmax', () => {
  test('at logits of 200 and minus 200', () => {
    const x = B.array(Float64Array.of(200, -200, 0, 200, -200, -200), [2, 3])
    const [p, l, e] = evaluate({}, [B.softmax(x), B.logSoftmax(x), B.logSumExp(x, [1])])
    const half = Math.log(1 + Math.exp(-200) + Math.exp(-400))
    expect([...e.data]).toEqual([200 + half, 200])
    expect(p.data[0]).toBe(1)
    expect(p.data[1] / Math.exp(-400)).toBeCloseTo(1, 10)
    expect([...l.data]).toEqual([0, -400, -200, 0, -400, -400])
  })
  test('sums to one and is exp over its sum, on any axes', () => {
    const [rng] = seeded('softmax', 1), data = Float64Array.from({ length: 24 }, () => 6 * rng() - 3), x = nd([2, 3, 4], data)
    const [p] = evaluate({}, [B.softmax(B.array(data, [2, 3, 4]), [0, 2])])
    const want = table([2, 3, 4], ([, j]) => vectors([2, 4]).reduce((s, [i, k]) => s + Math.exp(x.at(i, j, k)), 0))
    expect(distance(p.data, data.map((v, i) => Math.exp(v) / want[i]))).toBeLessThan(1e-14)
  })
})

describe('views', () => {
  test('reshape keeps C order', () => agree('reshape', 20, (c) => c.leaves[0].data))
  test('broadcastTo', () => agree('broadcastTo', 20, (c) => table(out(c), (ix) => spread(arg(c, 'x'), ix))))
  test('transpose', () => agree('transpose', 20, (c) => {
    const perm = attr<readonly number[]>(c, 'perm')
    return table(out(c), (ix) => arg(c, 'x').at(...perm.map((_, d) => ix[perm.indexOf(d)])))
  }))
  test('slice', () => agree('slice', 30, (c) => {
    const keep = (d: number): readonly number[] => {
      const ks: number[] = []
      for (let k = attr<readonly number[]>(c, 'start')[d]; k < attr<readonly number[]>(c, 'stop')[d]; k += attr<readonly number[]>(c, 'step')[d]) ks.push(k)
      return ks
    }
    const axes = out(c).map((_, d) => keep(d))
    expect(out(c)).toEqual(axes.map((a) => a.length))
    return table(out(c), (ix) => arg(c, 'x').at(...ix.map((i, d) => axes[d][i])))
  }))
  test('pad', () => agree('pad', 30, (c) => {
    const x = arg(c, 'x'), lo = attr<readonly number[]>(c, 'lo')
    return table(out(c), (ix) => {
      const inner = ix.map((i, d) => i - lo[d])
      return inner.some((i, d) => i < 0 || i >= x.shape[d]) ? attr<number>(c, 'value') : x.at(...inner)
    })
  }))
  test('flip', () => agree('flip', 20, (c) => {
    const x = arg(c, 'x'), rank = x.shape.length, axes = attr<readonly number[]>(c, 'axes').map((a) => (a + rank) % rank)
    return table(out(c), (ix) => x.at(...ix.map((i, d) => (axes.includes(d) ? x.shape[d] - 1 - i : i))))
  }))
  test('concat', () => agree('concat', 30, (c) => {
    const axis = attr<number>(c, 'axis')
    const origin = c.leaves.flatMap((l) => Array.from({ length: l.shape[axis] }, (_, i) => [l, i] as const))
    return table(out(c), (ix) => {
      const [l, i] = origin[ix[axis]]
      return nd(l.shape, l.data).at(...ix.map((v, d) => (d === axis ? i : v)))
    })
  }))
  test('iota', () => agree('iota', 20, (c) => table(out(c), (ix) => ix[attr<number>(c, 'axis')])))
})

describe('reductions', () => {
  const groups = (c: Case): readonly (readonly number[])[] => {
    const x = arg(c, 'x'), rank = x.shape.length, axes = attr<readonly number[]>(c, 'axes').map((a) => (a + rank) % rank)
    const kept = x.shape.map((e, d) => (axes.includes(d) ? 1 : e))
    expect(out(c)).toEqual(attr<boolean>(c, 'keepDims') ? kept : x.shape.filter((_, d) => !axes.includes(d)))
    const members = new Map(vectors(kept).map((ix) => [ix.join(), [] as number[]]))
    for (const ix of vectors(x.shape)) members.get(ix.map((i, d) => (axes.includes(d) ? 0 : i)).join())?.push(x.at(...ix))
    return [...members.values()]
  }
  const whole = (c: Case, v: bigint): number => Number(c.leaves[0].dtype === 'u32' ? BigInt.asUintN(32, v) : BigInt.asIntN(32, v))
  const isFloat = (c: Case): boolean => c.leaves[0].dtype === 'f32'
  test('sum', () => agree('sum', 40, (c) => groups(c).map((g) => (isFloat(c) ? g.reduceRight((a, b) => a + b, 0) : whole(c, g.reduce((a, b) => a + BigInt(b), 0n))))))
  test('prod', () => agree('prod', 40, (c) => groups(c).map((g) => (isFloat(c) ? g.reduceRight((a, b) => a * b, 1) : whole(c, g.reduce((a, b) => a * BigInt(b), 1n))))))
  test('reduceMax', () => agree('reduceMax', 20, (c) => groups(c).map((g) => [...g].sort((a, b) => b - a)[0])))
  test('reduceMin', () => agree('reduceMin', 20, (c) => groups(c).map((g) => [...g].sort((a, b) => a - b)[0])))
  test('argmax, the first of equals', () => agree('argmax', 40, (c) => groups(c).map((g) => g.indexOf(Math.max(...g)))))
  test('argmin, the first of equals', () => agree('argmin', 40, (c) => groups(c).map((g) => g.indexOf(Math.min(...g)))))
  test('logSumExp', () => agree('logSumExp', 20, (c) => groups(c).map((g) => Math.log(g.reduce((s, v) => s + Math.exp(v), 0)))))
  test('of nothing: 0 and 1, and no extreme', () => {
    const x = B.leaf('input', 'x', [2, 0])
    expect(evaluate({ x: { shape: [2, 0], data: [] } }, [B.sum(x, [1]), B.prod(x, [1])]).map((r) => [...r.data])).toEqual([[0, 0], [1, 1]])
    for (const f of [B.reduceMax, B.reduceMin, B.argmax, B.argmin, B.logSumExp]) expect(f(x, [1]).type._tag).toBe('Left')
  })
})

describe('products', () => {
  test('matmul', () => agree('matmul', 30, (c) => {
    const a = arg(c, 'a'), b = arg(c, 'b'), k = a.shape[a.shape.length - 1]
    return table(out(c), (ix) => {
      const lead = ix.slice(0, -2), [i, j] = ix.slice(-2)
      let s = 0
      for (let l = k - 1; l >= 0; l--) s += spreadLead(a, lead, [i, l]) * spreadLead(b, lead, [l, j])
      return s
    })
  }))
})

/** Reads with the leading axes broadcast and the last ones given. */
const spreadLead = (a: Nd, lead: readonly number[], last: readonly number[]): number => {
  const own = a.shape.slice(0, a.shape.length - last.length)
  return a.at(...lead.slice(lead.length - own.length).map((v, d) => (own[d] === 1 ? 0 : v)), ...last)
}

describe('convolutions', () => {
  interface G { readonly stride: readonly number[]; readonly padding: readonly (readonly number[])[]; readonly dilation: readonly number[]; readonly groups: number }
  const geometry = (c: Case): G => c.node.attrs as unknown as G
  /** Does output (y, x) see image row and column (r, s) through kernel cell (a, b)? */
  const meets = (g: G, o: readonly number[], cell: readonly number[], i: readonly number[]): boolean =>
    [0, 1].every((d) => o[d] * g.stride[d] + cell[d] * g.dilation[d] - g.padding[d][0] === i[d])
  const lead = (s: readonly number[]): readonly number[] => s.slice(0, -4)
  const joined = (a: readonly number[], b: readonly number[]): readonly number[] =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, d, n = Math.max(a.length, b.length)) => Math.max(a[d - n + a.length] ?? 1, b[d - n + b.length] ?? 1))

  /** The trilinear form's terms: every (image, weight, output) index that meets, for one leading index. */
  const terms = (g: G, xs: readonly number[], ws: readonly number[], ys: readonly number[]): readonly (readonly (readonly number[])[])[] => {
    const fg = ws[0] / g.groups, found: (readonly (readonly number[])[])[] = []
    for (const y of vectors(ys)) for (const w of vectors(ws)) {
      if (w[0] !== y[1]) continue
      const channel = Math.floor(w[0] / fg) * ws[1] + w[1]
      const row = y[2] * g.stride[0] + w[2] * g.dilation[0] - g.padding[0][0], column = y[3] * g.stride[1] + w[3] * g.dilation[1] - g.padding[1][0]
      if (row < 0 || row >= xs[2] || column < 0 || column >= xs[3]) continue
      expect(meets(g, [y[2], y[3]], [w[2], w[3]], [row, column])).toBe(true)
      found.push([[y[0], channel, row, column], w, y])
    }
    return found
  }
  const contract = (c: Case, from: readonly [string, string], which: readonly [number, number, number], xs: readonly number[], ws: readonly number[], ys: readonly number[]): readonly number[] => {
    const [a, b] = from.map((n) => arg(c, n)), leads = joined(lead(a.shape), lead(b.shape)), last = out(c).slice(-4)
    expect(out(c)).toEqual([...leads, ...last])
    const ts = terms(geometry(c), xs, ws, ys)
    return vectors(leads).flatMap((l) => {
      const sum = new Float64Array(count(last))
      for (const t of ts) sum[t[which[2]].reduce((k, i, d) => k * last[d] + i, 0)] += spreadLead(a, l, t[which[0]]) * spreadLead(b, l, t[which[1]])
      return [...sum]
    })
  }
  test('conv2d by zero padding and correlation, from the far end', () => agree('conv2d', 25, (c) => {
    const x = arg(c, 'x'), w = arg(c, 'w'), g = geometry(c), [, cs, h, wd] = x.shape.slice(-4), [f, cg, kh, kw] = w.shape.slice(-4)
    const padded = (l: readonly number[], n: number, k: number, r: number, s: number): number => {
      const [i, j] = [r - g.padding[0][0], s - g.padding[1][0]]
      return i < 0 || j < 0 || i >= h || j >= wd ? 0 : spreadLead(x, l, [n, k, i, j])
    }
    const [oh, ow] = [h, wd].map((e, d) => Math.floor((e + g.padding[d][0] + g.padding[d][1] - g.dilation[d] * ([kh, kw][d] - 1) - 1) / g.stride[d]) + 1)
    expect(out(c).slice(-4)).toEqual([x.shape[x.shape.length - 4], f, oh, ow])
    return table(out(c), (ix) => {
      const l = ix.slice(0, -4), [n, o, y, z] = ix.slice(-4), first = Math.floor((o * g.groups) / f) * (cs / g.groups)
      let sum = 0
      for (let b = kw - 1; b >= 0; b--) for (let a = kh - 1; a >= 0; a--) for (let k = cg - 1; k >= 0; k--)
        sum += spreadLead(w, l, [o, k, a, b]) * padded(l, n, first + k, y * g.stride[0] + a * g.dilation[0], z * g.stride[1] + b * g.dilation[1])
      return sum
    })
  }))
  test('convData', () => agree('convData', 15, (c) => contract(c, ['g', 'w'], [2, 1, 0], out(c).slice(-4), arg(c, 'w').shape.slice(-4), arg(c, 'g').shape.slice(-4))))
  test('convWeights', () => agree('convWeights', 15, (c) => contract(c, ['x', 'g'], [0, 2, 1], arg(c, 'x').shape.slice(-4), out(c).slice(-4), arg(c, 'g').shape.slice(-4))))
})

describe('pools', () => {
  interface P { readonly window: readonly number[]; readonly stride: readonly number[]; readonly padding: readonly (readonly number[])[] }
  /** Cells of the plane that window (y, z) covers, in C order. */
  const cells = (c: Case, plane: readonly number[], y: number, z: number): readonly (readonly number[])[] => {
    const g = c.node.attrs as unknown as P
    const span = (o: number, d: number): readonly [number, number] => [o * g.stride[d] - g.padding[d][0], o * g.stride[d] - g.padding[d][0] + g.window[d]]
    const [r0, r1] = span(y, 0), [s0, s1] = span(z, 1)
    return vectors(plane).filter(([r, s]) => r >= r0 && r < r1 && s >= s0 && s < s1)
  }
  const over = (c: Case, f: (x: readonly number[], at: readonly (readonly number[])[]) => number): readonly number[] => {
    const x = arg(c, 'x'), plane = x.shape.slice(-2)
    return table(out(c), (ix) => {
      const at = cells(c, plane, ix[ix.length - 2], ix[ix.length - 1])
      return f(at.map((p) => x.at(...ix.slice(0, -2), ...p)), at)
    })
  }
  const width = (c: Case): number => arg(c, 'x').shape[arg(c, 'x').shape.length - 1]
  test('maxPool2d', () => agree('maxPool2d', 25, (c) => over(c, (x) => Math.max(...x))))
  test('maxPoolIndex', () => agree('maxPoolIndex', 25, (c) => over(c, (x, at) => { const [r, s] = at[x.indexOf(Math.max(...x))]; return r * width(c) + s })))
  test('sumPool2d', () => agree('sumPool2d', 25, (c) => over(c, (x) => x.reduceRight((a, b) => a + b, 0))))
  test('sumPoolGrad', () => agree('sumPoolGrad', 25, (c) => {
    const g = arg(c, 'g'), plane = out(c).slice(-2), windows = vectors(g.shape.slice(-2)).map(([y, z]) => ({ y, z, cells: new Set(cells(c, plane, y, z).map((p) => p.join())) }))
    return table(out(c), (ix) => windows.filter((w) => w.cells.has(ix.slice(-2).join())).reduce((s, w) => s + g.at(...ix.slice(0, -2), w.y, w.z), 0))
  }))
  const winner = (c: Case, lead: readonly number[], y: number, z: number): readonly number[] => {
    const x = arg(c, 'x')
    return [...cells(c, x.shape.slice(-2), y, z)].sort((p, q) => x.at(...lead, ...q) - x.at(...lead, ...p))[0]
  }
  test('poolGather', () => agree('poolGather', 25, (c) => table(out(c), (ix) => arg(c, 'v').at(...ix.slice(0, -2), ...winner(c, ix.slice(0, -2), ix[ix.length - 2], ix[ix.length - 1])))))
  test('poolScatter', () => agree('poolScatter', 25, (c) => {
    const v = arg(c, 'v')
    return table(out(c), (ix) => vectors(v.shape.slice(-2)).filter(([y, z]) => winner(c, ix.slice(0, -2), y, z).join() === ix.slice(-2).join()).reduce((s, p) => s + v.at(...ix.slice(0, -2), ...p), 0))
  }))
})

describe('indices', () => {
  interface A { readonly axis: number; readonly batchDims: number }
  test('take clamps to the axis', () => agree('take', 40, (c) => {
    const x = arg(c, 'x'), index = arg(c, 'index'), { axis, batchDims } = c.node.attrs as unknown as A, own = index.shape.length - batchDims
    return table(out(c), (ix) => {
      const j = index.at(...ix.slice(0, batchDims), ...ix.slice(axis, axis + own))
      return x.at(...ix.slice(0, axis), Math.min(Math.max(j, 0), x.shape[axis] - 1), ...ix.slice(axis + own))
    })
  }))
  test('scatterAdd leaves out what is outside', () => agree('scatterAdd', 40, (c) => {
    const v = arg(c, 'v'), index = arg(c, 'index'), { axis, batchDims } = c.node.attrs as unknown as A, own = index.shape.slice(batchDims)
    return table(out(c), (ix) => vectors(own).filter((i) => index.at(...ix.slice(0, batchDims), ...i) === ix[axis])
      .reduce((s, i) => s + v.at(...ix.slice(0, axis), ...i, ...ix.slice(axis + 1)), 0))
  }))
})
