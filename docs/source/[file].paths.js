// Files of the repository that pages link to and that are no pages, each as a page of its own.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const root = resolve(docs, '..')
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.md') && !/node_modules|^reference|^source/.test(f))

const linked = (page) =>
  [...readFileSync(join(docs, page), 'utf8').matchAll(/\]\((?![a-z]+:)([^)#]+)/g)].map((m) => resolve(docs, dirname(page), m[1])).filter((f) => relative(docs, f).startsWith('..') || !/\.(md|svg|png)$/.test(f))

const language = { '.ts': 'ts', '.mjs': 'js', '.js': 'js', '.wgsl': 'wgsl', '.json': 'json', '.md': 'md' }

export default {
  paths: () => [...new Set(pages.flatMap(linked))].map((f) => ({
    params: { file: relative(root, f).replaceAll('\\', '/') },
    content: `\`\`\`\`\`${language[extname(f)] ?? 'text'}\n${readFileSync(f, 'utf8')}\n\`\`\`\`\``
  }))
}
