// Links to places of a page that aren't there. VitePress finds dead pages, not dead anchors.
import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'

/** `page: link` for each link of a site (a folder of HTML) to an anchor that its page lacks. */
export const deadAnchors = (site) => {
  const pages = readdirSync(site, { recursive: true }).map((f) => f.replaceAll('\\', '/')).filter((f) => f.endsWith('.html'))
  const text = new Map(pages.map((f) => [f, readFileSync(join(site, f), 'utf8')]))
  const ids = new Map(pages.map((f) => [f, new Set([...text.get(f).matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]))]))
  const pageOf = (from, path) => {
    const at = path === '' ? from : posix.normalize(path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(from), path))
    return [at, `${at}.html`, posix.join(at, 'index.html')].find((f) => ids.has(f))
  }
  return pages.flatMap((from) => [...text.get(from).matchAll(/<a\s[^>]*?href="([^"#:]*)#([^"]+)"/g)].flatMap(([, path, hash]) => {
    const page = pageOf(from, path)
    return page === undefined || ids.get(page).has(decodeURIComponent(hash)) ? [] : [`${from}: ${path}#${hash}`]
  }))
}
