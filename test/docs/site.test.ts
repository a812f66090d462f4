/** What the pages promise of the whole: every error, every call of the notebook, every number from a file. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as gelato from '../../src/index.ts'
import { samples, toMnist } from '../../docs/.vitepress/theme/live/digit.ts'
import { pages, programs } from './blocks.ts'
import { errorTags, tagsIn } from './tags.ts'

const root = resolve(import.meta.dirname, '../..')
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

describe('errors', () => {
  const entries = page('errors.md').split(/^### /m).slice(1).map((e) => ({ tag: e.split('\n')[0], text: e }))

  test('every kind that the sources make has an entry, and no other', () => {
    const made = errorTags()
    const said = entries.map((e) => e.tag)
    expect([...made].filter(([t]) => !said.includes(t)).map(([t, files]) => `${t} (${files.join(', ')}): add an entry to docs/errors.md`)).toEqual([])
    expect(said.filter((t) => !made.has(t)).map((t) => `${t}: no source makes it`)).toEqual([])
    expect(said.length).toBe(new Set(said).size)
  })
  test('every entry tells a cause and a fix', () => {
    expect(entries.filter((e) => !/^\w+\n\n[A-Z`][\s\S]+?\n\n\*\*Fix\.\*\* \S/.test(e.text)).map((e) => e.tag)).toEqual([])
  })
  test('kinds are found where a helper takes them', () => {
    const a = "const made = (at: At, tag: string) => fail(tag, at)\nmade(x(1, ','), c ? 'One' : 'Two')\nexport const fail = (tag: string, path: P) => 0"
    expect([...tagsIn({ a, b: "fail('Three', ['Four'])" }).keys()]).toEqual(['One', 'Two', 'Three'])
  })
})

describe('for PyMC3 and Lasagne users', () => {
  const text = page('pymc3-lasagne.md')
  const rows = [...text.matchAll(/^\|(.+)\|$/gm)].map((m) => m[1].split('|'))

  // Every call of the notebook, in its order.
  const calls = [
    'NormalSpec()', 'NormalSpec() * NormalSpec()', 'with_shape(())', 'expr.argmin()', 'dir(expr)', 'expr((100, 2))', 'model.vars', 'v.dshape', "with_tag('one')",
    'expr(dict(one=', 'with_shape(lambda s', 'as_spec_op(', 'LognormalSpec(sd=10)', 'set_default_spec(', 'pm.Minibatch(', 'InputLayer(', 'input_var=',
    'Conv2DLayer(', 'MaxPool2DLayer(', 'DenseLayer(', 'nonlinearities.tanh', 'nonlinearities.softmax', 'get_output(', "pm.Categorical('out'", 'total_size=', 'with network:', 'network.vars', 'network.root',
    'pm.ADVI(', 'scale_cost_to_minibatch', 'advi.fit(80000', 'pm.adam(', 'advi.hist', 'pickle.dump(', 'shared_params', 'change_flags(', "tt.tensor4('input')", "tt.iscalar('i')",
    'apply_replacements(', 'deterministic=True', 'more_replacements', 'sample_node(', 'theano.function(', 'theano.In(', 'np.argmax(', 'mode(', 'y_preds_posterior.var(0)', 'plt.hist(', 'prediction_expected_error_rate', 'np.argsort(', 'fetch_mldata(', 'train_test_split('
  ]
  test('every call of the notebook has a row', () => {
    expect(calls.filter((c) => !rows.some(([theirs]) => theirs.includes(c)))).toEqual([])
  })

  test('every name that the table gives exists', () => {
    const named = [...new Set(rows.flatMap(([, ours]) => [...ours.matchAll(/\b([A-Z]\w+)\.(\w+)/g)].map((m) => `${m[1]}.${m[2]}`)))]
    const spaces = gelato as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((n) => spaces[n.split('.')[0]]?.[n.split('.')[1]] === undefined)).toEqual([])
    const free = [...new Set(rows.flatMap(([, ours]) => [...ours.matchAll(/`([a-z]\w+)\(/g)].map((m) => m[1])))]
    expect(free.filter((n) => !(n in gelato))).toEqual([])
  })
})

describe('recorded numbers', async () => {
  const { filled, regionsOf } = (await import(pathToFileURL(join(root, 'docs', 'numbers.mjs')).href)) as {
    readonly regionsOf: () => readonly { readonly name: string; readonly page: string; readonly from: string | undefined }[]
    readonly filled: (text: string, name: string, file: string) => string
  }
  test.each(regionsOf().map((r) => [r.name, r] as const))('the table %s is what its file says', (name, r) => {
    expect(r.from, 'run node docs/numbers.mjs').toBeDefined()
    expect(filled(page(r.page), name, r.from as string), 'run node docs/numbers.mjs').toBe(page(r.page))
  })
})

describe('the live page', () => {
  const { Approximation, E, orThrow, pipe, predict } = gelato
  const folder = join(root, 'docs', 'public', 'live')
  const approx = pipe(
    Approximation.decodeSafetensors('digits.safetensors')(readFileSync(join(folder, 'digits.safetensors'))),
    E.chain(({ tensors }) => Approximation.fromSaved({ json: JSON.parse(readFileSync(join(folder, 'digits.json'), 'utf8')), tensors })),
    E.getOrElse((es): gelato.Approximation.Approximation => { throw new Error(`${gelato.renderAll(es)}\nLIVE_FOLDER=docs/public/live node docs/example.mjs digits makes it anew`) })
  )
  /** A drawing of 280 x 280 pixels: ink within 11 pixels of a stroke. */
  const drawn = (name: string): Parameters<typeof toMnist>[0] => {
    const pieces = samples[name].flatMap((s) => s.slice(1).map((to, i) => [s[i], to].map(([x, y]) => [280 * x, 280 * y])))
    const near = (x: number, y: number): boolean => pieces.some(([[ax, ay], [bx, by]]) => {
      const t = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)))
      return Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y) < 11
    })
    return { width: 280, height: 280, at: (x, y) => (near(x, y) ? 1 : 0) }
  }

  test.each(['2', '7'])('the posterior that comes with it reads a drawn %s', async (name) => {
    const image = toMnist(drawn(name)) as Uint8Array
    const post = await orThrow(predict(approx, { x: { shape: [1, 1, 28, 28], data: image } }, { samples: 10, seed: 0, gpu: 'reference' }))
    expect(post.predictiveMean.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
    expect(post.predictiveMode.data[0]).toBe(Number(name))
  })
  test('a drawing is centred by its ink, whatever its place and size; an empty one is none', () => {
    const square = (at: number, size: number) => toMnist({ width: 280, height: 280, at: (x, y) => (x >= at && x < at + size && y >= at && y < at + size ? 1 : 0) }) as Uint8Array
    expect(square(10, 40)).toEqual(square(150, 120))
    expect(square(10, 40).reduce((n, v) => n + (v > 127 ? 1 : 0), 0)).toBe(400)
    expect(toMnist({ width: 10, height: 10, at: () => 0 })).toBeUndefined()
  })
})

interface Weights {
  readonly first: { readonly gzip: number }
  readonly later: { readonly gzip: number }
}

test('what a page loads is about what the documentation says', async () => {
  const { bundles } = JSON.parse(readFileSync(join(root, 'docs', 'figures', 'size.json'), 'utf8')) as { readonly bundles: Readonly<Record<string, Weights>> }
  const { size } = (await import(pathToFileURL(join(root, 'scripts', 'bundle.mjs')).href)) as { readonly size: (what: string) => Promise<Weights> }
  const now = await size('core'), said = bundles['every name but plots']
  // A quarter more is room for what is added between releases; then `node docs/size.mjs && node docs/numbers.mjs`, with open eyes.
  for (const part of ['first', 'later'] as const) {
    expect(now[part].gzip / said[part].gzip).toBeGreaterThan(0.5)
    expect(now[part].gzip / said[part].gzip).toBeLessThan(1.25)
  }
})

test('headings that links name exist', () => {
  const slugs = (file: string): readonly string[] =>
    [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((m) => m[1].toLowerCase().replace(/[^\w\s-]/g, '').replace(/\s/g, '-'))
  const lost = pages().flatMap((file) => {
    const at = join(root, file)
    return [...readFileSync(at, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)].flatMap(([, path, hash]) =>
      slugs(path === '' ? at : resolve(dirname(at), path)).includes(hash) ? [] : [`${file}: ${path}#${hash}`])
  })
  expect(lost).toEqual([])
})

test('a link of the site to an anchor that its page lacks is found', async () => {
  const { deadAnchors } = (await import(pathToFileURL(join(root, 'docs', 'anchors.mjs')).href)) as { readonly deadAnchors: (site: string) => readonly string[] }
  const site = mkdtempSync(join(tmpdir(), 'gelato-anchors-'))
  mkdirSync(join(site, 'a'))
  writeFileSync(join(site, 'one.html'), '<h2 id="here">x</h2><a href="#here">x</a><a class="y" href="/a/#there">x</a><a href="/a/index.html#gone">x</a><a href="https://x.y/#z">x</a>')
  writeFileSync(join(site, 'a', 'index.html'), '<h2 class="x" id="there">x</h2><a href="../one#here">x</a><a href="../one.html#nowhere">x</a>')
  expect([...deadAnchors(site)].sort()).toEqual(['a/index.html: ../one.html#nowhere', 'one.html: /a/index.html#gone'])
  rmSync(site, { recursive: true })
})

test('blocks of the pages are fenced: an indented one has no box to scroll in, and a phone shows it too wide', () => {
  const indented = pages().flatMap((file) => {
    const blocks = readFileSync(join(root, file), 'utf8').replace(/^```[\s\S]*?^```$/gm, '').split(/\n{2,}/)
    return blocks.flatMap((b, i) => (/^ {4}/.test(b) && !/^\s*([*-]|\d+\.) /m.test(blocks[i - 1] ?? '') ? [`${file}: ${b.trim().split('\n')[0]}`] : []))
  })
  expect(indented).toEqual([])
})

test('every fence of TypeScript in the guides is one that the tests run', () => {
  const guides = pages().filter((f) => !/^docs\/(distributions|layers)\//.test(f))
  expect(guides.filter((f) => /^```ts(?! run\b)/m.test(readFileSync(join(root, f), 'utf8')))).toEqual([])
})

test('every page of the folder is in the index, and beside the text of the site', () => {
  const names = pages().flatMap((f) => /^docs\/([\w-]+)\.md$/.exec(f)?.[1] ?? []).filter((n) => n !== 'README')
  const index = page('README.md'), config = page('.vitepress/config.ts')
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((n) => !index.includes(`](${n}.md`))).toEqual([])
  expect(names.filter((n) => !config.includes(`link: '/${n}'`))).toEqual([])
})

test('the guide to likelihoods has a row for each, with its options, and an example', () => {
  const text = page('likelihoods.md'), rows = [...text.matchAll(/^\| `(\w+)\(([^`]*)\)` \|/gm)]
  const parts = ['isLikelihood', 'fromOutput', 'of']
  expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(gelato.Likelihood).filter((n) => !parts.includes(n)).sort())
  const kinds = ['classes', 'counts', 'real', 'custom'].map((f) => readFileSync(join(root, 'src/model/likelihood', `${f}.ts`), 'utf8')).join('\n')
  for (const [, name, given] of rows) {
    const type = new RegExp(`export interface ${name[0].toUpperCase()}${name.slice(1)}Options[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(kinds)?.[1] ?? ''
    const said = /\{([^}]*)\}/.exec(given)?.[1].match(/\w+\??/g) ?? []
    expect(said, name).toEqual([...type.matchAll(/readonly (\w+\??):/g)].map((m) => m[1]))
    expect(text, name).toContain(`Likelihood.${name}`)
  }
})

test('every program says the command that runs it', () => {
  expect(programs().length).toBeGreaterThan(3)
  for (const file of programs()) {
    const name = file.replace(/^docs\/examples\/|\.ts$/g, '')
    expect(readFileSync(join(root, file), 'utf8'), file).toMatch(new RegExp(`^/\\*\\*[\\s\\S]*?^ \\*     node docs/example\\.mjs ${name}$[\\s\\S]*?^ \\* In tests: .*\\n \\*/`, 'm'))
  }
})
