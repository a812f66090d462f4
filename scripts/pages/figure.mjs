// The picture of a family as a Vega-Lite value in the style of the library's plots. All
// curves are values of the library's own densities, in f64.

/** Numbers for a picture: five digits. */
const short = (x) => Number(x.toPrecision(5))
const dashes = [[1, 0], [7, 3], [3, 2]]
const shapes = ['circle', 'square', 'diamond']

/** A value of a parameter as text. */
export const text = (v) => (Array.isArray(v) ? `[${v.map(text).join(', ')}]` : v === Infinity ? 'inf' : v === -Infinity ? '-inf' : String(Number(v.toPrecision(6))))

/** `alpha 2, beta 1` */
const label = (params) => Object.entries(params).map(([k, v]) => `${k} ${text(v)}`).join(', ') || 'density 1'

/** The densities (not their logs) of a setting at values: numbers, vectors or matrices. */
const densities = ({ Dist, Tensor, interpret }, name, params, xs) => {
  const d = Dist.make(name, params)
  const r = interpret({})([Dist.boundedLogDensity(d)(Tensor.constant(xs))])
  if (r._tag === 'Left') throw new Error(`${name}: ${JSON.stringify(r.left)}`)
  return Array.from(r.right[0].data, Math.exp)
}

const steps = (from, to, n) => Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n)

/** The channels that tell settings apart: colour, and dash or shape. */
const told = (theme, labels) => {
  const scale = (range) => ({ domain: labels, range: range.slice(0, labels.length) })
  const legend = labels.length > 1 ? { columns: labels.join('').length > 30 ? 1 : labels.length, symbolSize: 400, symbolOpacity: 1, rowPadding: 1 } : null
  return {
    color: { field: 's', type: 'nominal', scale: scale([theme.blue, theme.orange, theme.green]), legend },
    strokeDash: { field: 's', type: 'nominal', scale: scale(dashes), legend },
    shape: { field: 's', type: 'nominal', scale: scale(shapes), legend: legend && { ...legend, symbolSize: 60 } }
  }
}

const axisX = (title, domain) => ({ field: 'x', type: 'quantitative', axis: { title, tickCount: 7, grid: false }, scale: { nice: false, zero: false, domain } })
const axisY = (title, top) => ({ field: 'y', type: 'quantitative', axis: { title, tickCount: 4 }, scale: top === undefined ? { zero: true } : { domain: [0, top], clamp: false } })

// -----------------------------------------------------------------------------
// curves
// -----------------------------------------------------------------------------

const curves = (theme, values, labels, { title, range, y = 'density', top }) => {
  const { color, strokeDash } = told(theme, labels)
  return {
    data: { values },
    mark: { type: 'line', strokeWidth: 2.25, clip: true },
    encoding: { x: axisX(title, range), y: axisY(y, top), color, strokeDash, order: { field: 't', type: 'quantitative' } }
  }
}

/** Where a line is asked for: a grid, both sides of bounds inside it, and peaks. */
const grid = (lib, name, params, e) => {
  const [a, b] = e.range, eps = (b - a) * 1e-4
  const bounds = e.edge === true ? ['lower', 'upper', 'm', 'alpha'].flatMap((k) => (['uniform', 'truncatedNormal', 'pareto'].includes(name) && (k !== 'alpha') && Number.isFinite(params[k]) ? [params[k]] : [])) : []
  // Densities that diverge at a bound are drawn from a little beside it.
  const own = name === 'beta' ? steps(a + eps, b - eps, 120) : e.edge === true && a === 0 ? [eps, ...steps(a, b, 120).slice(1)] : steps(a, b, 120).map((x) => Math.min(Math.max(x, a + eps / 10), b - eps / 10))
  const more = bounds.flatMap((x) => [x - eps, x + eps]).filter((x) => x > a && x < b)
  return [...new Set([...own, ...more, ...(e.knots ?? [])])].sort((x, y) => x - y)
}

const line = (lib, name, e) => {
  const values = e.settings.flatMap((params) => {
    const xs = grid(lib, name, params, e)
    return densities(lib, name, params, xs).map((y, t) => ({ x: short(xs[t]), y: short(y), s: label(params), t }))
  })
  return curves(lib.theme, values, e.settings.map(label), { title: 'x', range: e.range, ...(e.top === undefined ? {} : { top: e.top }) })
}

/** A correlation of two numbers: the only free element of a 2 x 2 factor. */
const correlation = (lib, name, e) => {
  const rs = steps(e.range[0], e.range[1], 120)
  const values = e.settings.flatMap((params) =>
    densities(lib, name, params, rs.map((r) => [[1, 0], [r, Math.sqrt(1 - r * r)]])).map((y, t) => ({ x: short(rs[t]), y: short(y), s: label(params), t })))
  return curves(lib.theme, values, e.settings.map(label), { title: 'correlation of two numbers', range: [-1, 1] })
}

/** Densities of the smallest, the middle and the largest of three normals. */
const order = (lib, _, e) => {
  const { Dist, Tensor, interpret } = lib, xs = steps(e.range[0], e.range[1], 120), d = Dist.normal(e.settings[0]), x = Tensor.constant(xs)
  const [f, cdf] = interpret({})([Tensor.exp(Dist.logDensity(d)(x)), Dist.cdf(d)(x).value]).right.map((r) => Array.from(r.data))
  const labels = ['x[1], the smallest', 'x[2]', 'x[3], the largest']
  const values = labels.flatMap((s, i) => xs.map((v, t) => ({ x: short(v), y: short([3, 6, 3][i] * cdf[t] ** i * (1 - cdf[t]) ** (2 - i) * f[t]), s, t })))
  return curves(lib.theme, values, labels, { title: 'each of three numbers', range: e.range, y: 'marginal density' })
}

// -----------------------------------------------------------------------------
// whole numbers
// -----------------------------------------------------------------------------

const masses = (lib, name, e, xs) =>
  e.settings.flatMap((params) => {
    const most = params.n ?? Infinity
    const own = xs.filter((x) => x <= most)
    return densities(lib, name, params, own).map((y, t) => ({ x: own[t], y: short(y), s: label(params), t }))
  })

/** Points, joined by thin lines for the eye. */
const mass = (lib, name, e) => {
  const labels = e.settings.map(label), { color, shape } = told(lib.theme, labels)
  // A legend that one layer leaves out is left out of all: both have the same.
  const base = { x: axisX('x', [e.values[0] - 0.5, e.values[1] + 0.5]), y: axisY('probability'), color: { ...color, legend: shape.legend } }
  return {
    data: { values: masses(lib, name, e, steps(e.values[0], e.values[1], e.values[1] - e.values[0])) },
    layer: [
      { mark: { type: 'line', strokeWidth: 1, opacity: 0.5 }, encoding: base },
      { mark: { type: 'point', filled: true, size: 42, opacity: 1 }, encoding: { ...base, shape } }
    ]
  }
}

/** Bars side by side, for few classes. */
const bars = (lib, name, e) => {
  const labels = e.settings.map(label), { color } = told(lib.theme, labels)
  return {
    data: { values: masses(lib, name, e, e.values) },
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'x', type: 'ordinal', axis: { title: 'x', grid: false }, scale: { paddingInner: 0.35, paddingOuter: 0.2 } },
      xOffset: { field: 's', scale: { domain: labels, paddingInner: 0.12 } },
      y: axisY('probability'), color: { ...color, legend: color.legend && { ...color.legend, symbolSize: 100 } }
    }
  }
}

// -----------------------------------------------------------------------------
// contours
// -----------------------------------------------------------------------------

const LEVELS = [0.5, 0.1]
const RAYS = 90

/** Closed curves where a density about its peak has fallen to a share of it, along rays: right for densities whose level sets are convex. */
const contours = (at, peak, far) => {
  const radii = steps(0, far, 150), [top] = at([peak])
  const points = steps(0, 2 * Math.PI, RAYS).map((a) => radii.map((r) => [peak[0] + r * Math.cos(a), peak[1] + r * Math.sin(a)]))
  const heights = at(points.flat()).map((v) => v / top)
  return LEVELS.flatMap((level) => points.map((_, i) => {
    const own = heights.slice(i * radii.length, (i + 1) * radii.length), k = own.findIndex((v) => v < level)
    const [h1, h2] = [Math.log(own[k - 1]), Math.log(Math.max(own[k], 1e-30))]
    const r = radii[k - 1] + (radii[k] - radii[k - 1]) * ((h1 - Math.log(level)) / (h1 - h2))
    const angle = (2 * Math.PI * i) / RAYS
    return { x: short(peak[0] + r * Math.cos(angle)), y: short(peak[1] + r * Math.sin(angle)), level, t: i }
  }))
}

const contourLines = (theme, values, labels, x, y) => {
  const { color, strokeDash } = told(theme, labels)
  return { data: { values }, mark: { type: 'line', strokeWidth: 2, clip: true }, encoding: { x, y, color, strokeDash, detail: { field: 'level', type: 'nominal' }, order: { field: 't', type: 'quantitative' } } }
}

const plane = (lib, name, e) => {
  const values = e.settings.flatMap((params) =>
    contours((ps) => densities(lib, name, params, ps), params.mu, 6).map((v) => ({ ...v, s: label(params) })))
  const axis = (field, title) => ({ field, type: 'quantitative', axis: { title, tickCount: 5 }, scale: { domain: e.range, nice: false } })
  return { width: 260, height: 260, ...contourLines(lib.theme, values, e.settings.map(label), axis('x', 'x[1]'), axis('y', 'x[2]')) }
}

const HEIGHT = Math.sqrt(3) / 2

/** Corners of the triangle are shares (1, 0, 0), (0, 1, 0), (0, 0, 1). */
const shares = ([x, y]) => [1 - x - y / (2 * HEIGHT), x - y / (2 * HEIGHT), y / HEIGHT]
const corner = ([, b, c]) => [b + c / 2, c * HEIGHT]

const triangle = (lib, name, e) => {
  const values = e.settings.flatMap((params) => {
    const n = params.alpha.reduce((a, b) => a + b, 0), mode = params.alpha.map((a) => (a - 1) / (n - params.alpha.length))
    const at = (ps) => {
      const all = ps.map(shares), inside = all.map((p) => p.every((v) => v > 0))
      const ds = densities(lib, name, params, all.map((p, i) => (inside[i] ? p : mode)))
      return ds.map((d, i) => (inside[i] ? d : 0))
    }
    return contours(at, corner(mode), 1.1).map((v) => ({ ...v, s: label(params) }))
  })
  const bare = (field, domain) => ({ field, type: 'quantitative', axis: null, scale: { domain, nice: false, zero: false } })
  const [x, y] = [bare('x', [-0.12, 1.12]), bare('y', [-0.1, 0.98])]
  const edges = [[0, 0], [1, 0], [0.5, HEIGHT], [0, 0]].map(([a, b], t) => ({ x: a, y: short(b), t }))
  const names = [[0, -0.05, 'x[1] = 1'], [1, -0.05, 'x[2] = 1'], [0.5, HEIGHT + 0.06, 'x[3] = 1']].map(([a, b, name]) => ({ x: a, y: b, name }))
  return {
    width: 300, height: 261,
    layer: [
      { data: { values: edges }, mark: { type: 'line', color: lib.theme.muted, strokeWidth: 1 }, encoding: { x, y, order: { field: 't', type: 'quantitative' } } },
      { data: { values: names }, mark: { type: 'text', color: lib.theme.ink, fontSize: 13 }, encoding: { x, y, text: { field: 'name' } } },
      contourLines(lib.theme, values, e.settings.map(label), x, y)
    ]
  }
}

// -----------------------------------------------------------------------------
// figures
// -----------------------------------------------------------------------------

const kinds = { line, correlation, order, mass, bars, plane, triangle }

const shown = {
  line: 'density', correlation: 'density of a correlation', order: 'densities of three ordered draws', mass: 'probabilities', bars: 'probabilities',
  plane: 'contours at 1/2 and 1/10 of the peak', triangle: 'contours at 1/2 and 1/10 of the peak'
}

/** What a picture shows, for people who can't see it. */
export const describe = (e) => {
  const kind = e.plot ?? 'line', many = e.settings.length > 1
  const where = kind === 'order' ? `of the normals with ${label(e.settings[0])}` : `for ${e.settings.map(label).join('; ')}`
  return `${e.title}: ${shown[kind]} ${many || kind === 'order' ? where : 'everywhere 1'}.`
}

/** The picture of a family: a Vega-Lite value. */
export const figure = (lib, name, e) => {
  const made = lib.plot({ text: e.title, subtitle: shown[e.plot ?? 'line'] }, describe(e), { width: 360, height: 200, ...kinds[e.plot ?? 'line'](lib, name, e) })
  // The picture as a whole has a text; its hundreds of marks need none.
  return { ...made, config: { ...made.config, aria: false } }
}

/** A drawing made small and the same on every machine: coordinates to a tenth of a pixel, the one font said once, no words for programs that look inside. */
const tidy = (svg) => {
  const [, font] = / font-family="([^"]*)"/.exec(svg) ?? []
  const plain = font === undefined ? svg : svg.replaceAll(` font-family="${font}"`, '').replace('<svg ', `<svg font-family="${font}" `)
  // Vega numbers what it clips through all drawings of a process.
  const ids = [...new Set([...plain.matchAll(/ id="(\w+)"/g)].map((m) => m[1]))]
  return ids.reduce((t, id, i) => t.replaceAll(`id="${id}"`, `id="c${i}"`).replaceAll(`url(#${id})`, `url(#c${i})`), plain)
    .replace(/<path class="(?:background|foreground)"[^>]*(?:d="(?:M0,0h0v0h0Z)?"|display="none")[^>]*\/>/g, '')
    .replace(/ (?:class|pointer-events|aria-hidden|aria-roledescription)="[^"]*"| role="graphics-[^"]*"| (?:stroke-|fill-)?opacity="1"| stroke-width="1"(?= x| stroke="#[^"]*" x)| [xy]2="0"/g, '')
    .replace(/(?<= (?:d|transform|x|y|[xy]2|width|height)=")[^"]*/g, (a) => a.replace(/-?\d+\.\d{2,}/g, (x) => String(Number(Number(x).toFixed(1)))))
    .replace(/<g><\/g>|<g><g\/><\/g>|<g\/>/g, '')
}

/** Drawn as SVG. */
export const draw = async (lib, name, e) => {
  const svg = await lib.toSvg(figure(lib, name, e))()
  if (svg._tag === 'Left') throw new Error(`${name}: ${JSON.stringify(svg.left)}`)
  return `${tidy(svg.right)}\n`
}
