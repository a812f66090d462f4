import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { link, usesOf } from '../../src/compile/link.ts'
import type { LinkInput } from '../../src/compile/link.ts'
import { E } from '../../src/fp.ts'

const kernel = `// uses: b
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@binding(2) @group(0) var<storage, read_write> o: array<f32>;
const TM: u32 = 4u; // const TM in words
const SLOPE: f32 = 0.5;
const PLAIN = 3;
// fn epilogue(v: f32) is the hook; its default is the identity {
fn epilogue(v: f32, i: u32) -> f32 { if (i > 0u) { return v; } /* } */ return v; }
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) { o[g.x] = epilogue(fb(a[g.x]), g.x) * SLOPE; }
`
const libraries = {
  a: '// uses:\nfn fa(x: F) -> F { return x; }',
  b: '// uses: a, c\nfn fb(x: F) -> F { return fa(fc(x)); }',
  c: '// uses: a\nenable f16;\nfn fc(x: F) -> F { return fa(x); }',
  round: '// uses: trip\nfn r() {}',
  trip: '// uses: round\nfn t() {}'
}

const right = (input: Partial<LinkInput> = {}) => {
  const r = link({ kernel, libraries, ...input })
  if (E.isLeft(r)) throw new Error(JSON.stringify(r.left))
  return r.right
}
const tags = (input: Partial<LinkInput>) => {
  const r = link({ kernel, libraries, ...input })
  return E.isLeft(r) ? r.left.map((e) => e._tag) : []
}
const count = (text: string, part: string) => text.split(part).length - 1

describe('link', () => {
  it('reads the names of the first line', () => {
    expect(usesOf('// uses: x, y\n')).toEqual(['x', 'y'])
    expect(usesOf('// uses:\nfn f() {}')).toEqual([])
    expect(usesOf('fn f() {} // uses: x')).toEqual([])
  })

  it('puts each library once, dependencies first, directives at the top', () => {
    const { wgsl } = right()
    for (const f of ['fn fa', 'fn fb', 'fn fc', 'fn main']) expect(count(wgsl, f)).toBe(1)
    expect(wgsl.indexOf('fn fa')).toBeLessThan(wgsl.indexOf('fn fc'))
    expect(wgsl.indexOf('fn fc')).toBeLessThan(wgsl.indexOf('fn fb'))
    expect(wgsl.indexOf('fn fb')).toBeLessThan(wgsl.indexOf('fn main'))
    expect(wgsl.startsWith('enable f16;')).toBe(true)
    expect(count(wgsl, 'enable f16;')).toBe(1)
  })

  it('keeps the order of dependencies whatever the order of the names', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 1 }), (uses) => {
        const { wgsl } = right({ kernel: `// uses: ${uses.join(', ')}\nfn main() {}` })
        const at = (f: string) => wgsl.indexOf(`fn f${f}(`)
        expect(at('a')).toBeGreaterThanOrEqual(0)
        if (at('c') >= 0) expect(at('a')).toBeLessThan(at('c'))
        if (at('b') >= 0) expect(at('c')).toBeLessThan(at('b'))
      })
    )
  })

  it('defines the aliases by width', () => {
    expect(right().wgsl).toContain('alias F = f32;')
    expect(right({ width: 4 }).wgsl).toContain('alias U = vec4<u32>;')
  })

  it('sets knobs in the type they have', () => {
    const { wgsl } = right({ knobs: { TM: 8, SLOPE: 2, PLAIN: 7 } })
    expect(wgsl).toMatch(/^const TM: u32 = 8u; \/\/ const TM in words$/m)
    expect(wgsl).toMatch(/^const SLOPE: f32 = 2.0f;$/m)
    expect(wgsl).toMatch(/^const PLAIN = 7;$/m)
  })

  it('sets knobs of libraries that the kernel names, and of no others', () => {
    const more = { ...libraries, c: '// uses: a\nconst ROWS: u32 = 32u;\nfn fc(x: F) -> F { return fa(x); }', d: '// uses:\nconst COLS: u32 = 1u;' }
    const { wgsl } = right({ libraries: more, knobs: { ROWS: 8, TM: 2 } })
    expect(wgsl).toMatch(/^const ROWS: u32 = 8u;$/m)
    expect(wgsl).toMatch(/^const TM: u32 = 2u; /m)
    expect(tags({ libraries: more, knobs: { COLS: 8 } })).toEqual(['UnknownKnob'])
  })

  it('replaces whole hook functions and appends their bindings', () => {
    const hook = 'fn epilogue(v: f32, i: u32) -> f32 { return v + bias[i]; }'
    const { wgsl, bindings } = right({
      hooks: { epilogue: hook },
      extra: [
        { name: 'bias', type: 'array<f32>', access: 'read' },
        { name: 'mask', type: 'array<u32>', access: 'write' }
      ]
    })
    expect(wgsl).toContain(hook)
    expect(wgsl).not.toContain('return v; }')
    expect(wgsl).toContain('fn main(')
    expect(wgsl).toContain('@group(0) @binding(3) var<storage, read> bias: array<f32>;')
    expect(wgsl).toContain('@group(0) @binding(4) var<storage, read_write> mask: array<u32>;')
    expect(bindings).toEqual(['read', 'write', 'read', 'write'])
  })

  it('takes libraries that only a hook needs', () => {
    expect(right({ kernel: '// uses:\nfn main() {}', uses: ['c'] }).wgsl).toContain('fn fc')
  })

  it('answers what does not exist with a Left that names the nearest', () => {
    expect(tags({ kernel: '// uses: bb\nfn main() {}' })).toEqual(['UnknownLibrary'])
    expect(tags({ knobs: { TN: 1 } })).toEqual(['UnknownKnob'])
    expect(tags({ hooks: { epilog: 'fn epilog() {}' } })).toEqual(['UnknownHook'])
    expect(tags({ hooks: { epilogue: 'fn other() {}' } })).toEqual(['BadHook'])
    expect(tags({ knobs: { TM: -1 } })).toEqual(['BadKnob'])
    expect(tags({ kernel: '// uses: round\nfn main() {}' })).toEqual(['LibraryCycle'])
    expect(tags({ kernel: '@group(0) @binding(2) var<storage> a: array<f32>;' })).toEqual(['BadBindings'])
    const r = link({ kernel, libraries, knobs: { TN: 1 } })
    expect(E.isLeft(r) && r.left[0].hint).toContain("'TM'")
  })

  it('collects independent mistakes', () => {
    expect(tags({ uses: ['zz'], knobs: { TN: 1 }, hooks: { nope: 'fn nope() {}' } })).toEqual(['UnknownLibrary', 'UnknownKnob', 'UnknownHook'])
  })
})
