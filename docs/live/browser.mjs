// The live page in Debian's Chromium, on its software adapter: `npm run live:test` in docs, after
// `npm run docs`. It trains and its loss falls; a drawn digit gets probabilities that sum to one;
// without WebGPU the page says so; nothing is logged as an error. `--record` waits for the whole run
// and writes the pictures that the page shows where there is no WebGPU.
import { createServer } from 'node:http'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const docs = dirname(dirname(fileURLToPath(import.meta.url)))
const site = join(docs, '.vitepress', 'dist')
const record = process.argv.includes('--record')
const shots = join(docs, '..', '.cache', 'live')
mkdirSync(shots, { recursive: true })
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const fail = (line) => {
  console.error(line)
  process.exit(1)
}
if (!existsSync(join(site, 'live.html'))) fail('build the site first: npm run docs')
if (!existsSync(executablePath)) fail(`no ${executablePath}: apt install chromium, or name another with CHROMIUM`)

const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2' }
const server = createServer((request, response) => {
  const path = join(site, normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname)))
  const file = [path, `${path}.html`, join(path, 'index.html')].find((f) => f.startsWith(site) && existsSync(f) && statSync(f).isFile())
  if (file === undefined) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file))
})
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready) })
const url = `http://127.0.0.1:${server.address().port}`

const say = (line) => console.log(line)
const check = (ok, line) => {
  say(`${ok ? 'ok  ' : 'FAIL'} ${line}`)
  if (!ok) process.exitCode = 1
}
const flags = ['--no-sandbox', '--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-webgpu-adapter=swiftshader']

const opened = async (args, use) => {
  const browser = await chromium.launch({ executablePath, headless: true, args })
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  const errors = []
  page.on('console', (m) => { if (m.type() === 'error') errors.push(m.text()) })
  page.on('pageerror', (e) => { errors.push(String(e)) })
  try {
    await page.goto(`${url}/live.html`)
    await use(page)
    check(errors.length === 0, `no error on the console${errors.map((e) => `\n     ${e}`).join('')}`)
  } finally {
    await browser.close()
  }
}

try {
  await opened(flags, async (page) => {
    const moons = page.locator('#live-moons'), digit = page.locator('#live-digit')
    check(!(await page.locator('.recorded').first().isVisible()), 'no recorded run beside one that works')
    await moons.locator('button', { hasText: 'Learn' }).click()
    const rounds = record ? 40 : 6
    await page.waitForFunction((n) => {
      const el = document.querySelector('#live-moons')
      return el.dataset.state === 'failed' || JSON.parse(el.dataset.losses).length >= n
    }, rounds, { timeout: record ? 600_000 : 180_000 })
    const losses = JSON.parse(await moons.getAttribute('data-losses'))
    say(`     losses: ${losses.map((l) => l.toFixed(0)).join(' ')}`)
    check((await moons.getAttribute('data-state')) !== 'failed', 'two moons: it trains')
    check(losses.length >= rounds && losses.every(Number.isFinite) && losses.at(-1) < 0.8 * losses[0], 'two moons: the loss falls')
    await moons.screenshot({ path: join(shots, 'moons.png') })
    if (record) await moons.locator('.panes').screenshot({ path: join(docs, 'figures', 'live-moons.png') })
    else await moons.locator('button', { hasText: 'Stop' }).click()

    for (const [name, want] of [['a 7', 7], ['a 2', 2]]) {
      await digit.locator('button', { hasText: `Draw ${name}` }).click()
      await page.waitForFunction(() => ['read', 'failed'].includes(document.querySelector('#live-digit').dataset.state), undefined, { timeout: 120_000 })
      const p = JSON.parse(await digit.getAttribute('data-probabilities'))
      say(`     ${name}: ${p.map((v) => v.toFixed(3)).join(' ')}`)
      check(p.length === 10 && Math.abs(p.reduce((a, b) => a + b, 0) - 1) < 1e-4, `${name}: ten probabilities that sum to one`)
      check(p.indexOf(Math.max(...p)) === want, `${name}: it is read right`)
      await digit.screenshot({ path: join(shots, `digit-${want}.png`) })
      if (record && want === 7) await digit.locator('.panes').screenshot({ path: join(docs, 'figures', 'live-digit.png') })
    }

    // By pointer, as a visitor draws.
    await digit.locator('button', { hasText: 'Clear' }).click()
    const box = await digit.locator('canvas').boundingBox()
    await page.mouse.move(box.x + 140, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + 138, box.y + 140, { steps: 5 })
    await page.mouse.move(box.x + 136, box.y + 230, { steps: 5 })
    await page.mouse.up()
    await page.waitForFunction(() => ['read', 'failed'].includes(document.querySelector('#live-digit').dataset.state), undefined, { timeout: 120_000 })
    const p = JSON.parse(await digit.getAttribute('data-probabilities'))
    check(p.indexOf(Math.max(...p)) === 1, 'a stroke of the mouse is read as a 1')

    await page.setViewportSize({ width: 390, height: 844 })
    await page.screenshot({ path: join(shots, 'phone.png'), fullPage: true })
    check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'no sideways scrolling on a phone')
    await page.setViewportSize({ width: 1280, height: 1000 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.reload()
    await page.screenshot({ path: join(shots, 'dark.png') })
  })

  await opened(['--no-sandbox', '--disable-features=WebGPU,WebGPUService', '--disable-gpu'], async (page) => {
    await page.addInitScript(() => { Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined, configurable: true }) })
    await page.reload()
    await page.waitForFunction(() => document.querySelector('#live-moons')?.dataset.state === 'none' && document.querySelector('#live-digit')?.dataset.state === 'none', undefined, { timeout: 20_000 })
    check((await page.locator('#live-moons').innerText()).includes('no WebGPU'), 'without WebGPU the page says so')
    check(await page.locator('.recorded img').first().isVisible(), 'without WebGPU a recorded run is shown')
  })

  await opened(['--no-sandbox'], async (page) => {
    await page.addInitScript(() => { Object.defineProperty(Navigator.prototype, 'gpu', { value: { requestAdapter: () => Promise.resolve(null) }, configurable: true }) })
    await page.reload()
    await page.waitForFunction(() => document.querySelector('#live-moons')?.dataset.state === 'none', undefined, { timeout: 20_000 })
    check((await page.locator('#live-moons').innerText()).includes('no adapter'), 'without an adapter the page says so')
  })
} finally {
  server.close()
}
