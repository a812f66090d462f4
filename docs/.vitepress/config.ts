/**
 * The site: the pages of this folder, which read as well where they lie, with TypeDoc's
 * reference beside them. Built without a network; a dead link fails the build.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import type { DefaultTheme } from 'vitepress'
import { browserOnly } from './browser.mjs'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const root = resolve(docs, '..')

// -----------------------------------------------------------------------------
// links
// -----------------------------------------------------------------------------

/** A link of a page as the site has it: an index for a README, a page of its own for a file that is no page. */
const linked = (page: string, href: string): string => {
  if (/^([a-z]+:|#|\/)/.test(href)) return href
  const [path, hash = ''] = href.split(/(?=#)/)
  const file = resolve(dirname(page), path)
  if (relative(docs, file).startsWith('..') || !file.endsWith('.md')) {
    if (!existsSync(file) || !statSync(file).isFile()) throw new Error(`${relative(root, page)} links to ${href}, which is no file`)
    return `/source/${relative(root, file)}.html`
  }
  return `${path.replace(/README\.md$/, 'index.md')}${hash}`
}

interface Token { readonly type: string; readonly tag: string; attrGet: (k: string) => string | null; attrSet: (k: string, v: string) => void; readonly children: Token[] | null }
type Rule = (state: { readonly tokens: Token[]; readonly env: { readonly path?: string; readonly realPath?: string } }) => void
interface MarkdownIt { readonly core: { readonly ruler: { push: (name: string, rule: Rule) => void; before: (other: string, name: string, rule: Rule) => void } } }

const links = (md: MarkdownIt): void => {
  md.core.ruler.push('gelato-links', ({ tokens, env }) => {
    const page = env.realPath ?? env.path
    if (page === undefined) return
    for (const t of tokens.flatMap((b) => b.children ?? []))
      if (t.type === 'link_open') t.attrSet('href', linked(page, t.attrGet('href') ?? ''))
  })
}

/** Titles of the reference leave their names, which are anchors, to what the pages tell of: `Approximation.Approximation`. */
const titles = (md: MarkdownIt): void => {
  md.core.ruler.before('anchor', 'gelato-titles', ({ tokens, env }) => {
    const title = tokens.find((t) => t.type === 'heading_open' && t.tag === 'h1')
    if (title !== undefined && relative(docs, env.realPath ?? env.path ?? '').startsWith('reference')) title.attrSet('id', 'top')
  })
}

// -----------------------------------------------------------------------------
// what lies beside the text
// -----------------------------------------------------------------------------

/** Pages of a folder by their titles, in the order of the alphabet. */
const pagesIn = (folder: string): DefaultTheme.SidebarItem[] =>
  existsSync(join(docs, folder))
    ? readdirSync(join(docs, folder)).filter((f) => f.endsWith('.md') && f !== 'README.md').sort().map((f) => ({
        text: /^# (.+)$/m.exec(readFileSync(join(docs, folder, f), 'utf8'))?.[1] ?? f,
        link: `/${folder}/${f.replace(/\.md$/, '')}`
      }))
    : []

const namespaces = 'reference/Reference/namespaces'
const reference = (): DefaultTheme.SidebarItem[] =>
  existsSync(join(docs, namespaces))
    ? readdirSync(join(docs, namespaces)).sort().map((f) => (f.endsWith('.md')
        ? { text: f.replace(/(-\d+)?\.md$/, ''), link: `/${namespaces}/${f.replace(/\.md$/, '')}` }
        : { text: f, link: `/${namespaces}/${f}/` }))
    : []

export default defineConfig({
  title: 'Gelato',
  description: 'Bayesian deep learning as a functional library on WebGPU',
  lang: 'en',
  srcDir: '.',
  srcExclude: ['node_modules/**', 'examples/**', 'live/**'],
  rewrites: { 'README.md': 'index.md', ':a/README.md': ':a/index.md', ':a/:b/:c/:d/README.md': ':a/:b/:c/:d/index.md' },
  ignoreDeadLinks: false,
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { math: true, lineNumbers: false, config: (md) => { for (const rule of [links, titles]) rule(md as unknown as MarkdownIt) } },
  vite: {
    plugins: [browserOnly(root)],
    resolve: { alias: { 'gelato-gpu': join(root, 'src', 'index.ts') } },
    build: { chunkSizeWarningLimit: 2000, target: 'es2022' },
    server: { fs: { allow: [root] } }
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/priors' },
      { text: 'Live', link: '/live' },
      { text: 'Reference', link: '/reference/' }
    ],
    sidebar: [
      { text: 'Learn', items: [
        { text: 'Start', link: '/start' },
        { text: 'One idea', link: '/one-idea' },
        { text: 'The notebook', link: '/notebook' },
        { text: 'Live in the browser', link: '/live' }
      ] },
      { text: 'Guides', items: [
        { text: 'Priors', link: '/priors' },
        { text: 'Layers', link: '/layers' },
        { text: 'Likelihoods', link: '/likelihoods' },
        { text: 'Three networks', link: '/networks' },
        { text: 'Inference', link: '/inference' },
        { text: 'Uncertainty', link: '/uncertainty' },
        { text: 'Performance', link: '/performance' },
        { text: 'Recipes', link: '/recipes' },
        { text: 'For PyMC3 and Lasagne users', link: '/pymc3-lasagne' }
      ] },
      { text: 'Look up', items: [
        { text: 'Errors', link: '/errors' },
        { text: 'Distributions', link: '/distributions/', collapsed: true, items: pagesIn('distributions') },
        ...(pagesIn('layers').length > 0 ? [{ text: 'Every layer', link: '/layers/', collapsed: true, items: pagesIn('layers') }] : []),
        { text: 'Reference', link: '/reference/', collapsed: true, items: reference() },
        { text: 'The house', link: '/architecture' }
      ] }
    ],
    socialLinks: [],
    docFooter: { prev: 'Before', next: 'Next' }
  }
})
