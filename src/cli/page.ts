/**
 * The report as one self-contained HTML page: table, figures inline, captions in plain
 * words. No script and nothing fetched; follows light and dark mode; reads on a phone.
 */
import { rows } from './table.ts'
import type { MnistSummary } from './results.ts'
import type { Figure } from './figures.ts'

/** A figure with its drawing, ready for a page. */
export interface DrawnFigure extends Figure {
  readonly svg: string
}

const escape = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

const style = `
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f8fa; --ink: #1b1f24; --muted: #59636e; --grid: #d8dee4; --blue: #0072b2; --orange: #d55e00; --green: #009e73 }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --card: #181d24; --ink: #e8ecf0; --muted: #a3adb8; --grid: #323a44; --blue: #56b4e9; --orange: #f0883e; --green: #2fc79a } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .8rem }
p { max-width: 44rem; margin: .5rem 0 }
.lead { font-size: 1.1rem } .muted, .meaning { color: var(--muted) }
dl { max-width: 44rem } dt { font-weight: 600; margin-top: .8rem } dd { margin: 0 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--muted); padding-bottom: .5rem }
th, td { text-align: left; vertical-align: top; padding: .45rem .8rem .45rem 0; border-top: 1px solid var(--grid) }
thead th { border-top: 0; color: var(--muted); font-weight: 500 } tbody th { font-weight: 600 }
.meaning { font-size: .9rem }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)) }
figure { margin: 0; padding: .8rem; background: var(--card); border-radius: .6rem }
figure svg { display: block; width: 100%; max-width: 34rem; height: auto; margin: 0 auto } figure svg image { image-rendering: pixelated }
figcaption { margin-top: .6rem; font-size: .95rem }
@media (max-width: 44rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table, tbody, caption, tr, th, td { display: block; border: 0; padding: 0 } tr { border-top: 1px solid var(--grid); padding: .6rem 0 }
  td[data-label]:not(:empty)::before { content: attr(data-label) ": "; color: var(--muted) } td:empty { display: none }
}`

const tableHtml = (s: MnistSummary): string => `<table>
<caption>On ${s.images.toLocaleString('en-US')} test images that training never saw.</caption>
<thead><tr><th scope="col">what</th><th scope="col">Gelato</th><th scope="col">notebook</th><th scope="col">in plain words</th></tr></thead>
<tbody>
${rows(s)
  .map(
    (r) =>
      `<tr><th scope="row">${escape(r.what)}</th><td data-label="Gelato">${escape(r.value)}</td><td data-label="notebook">${escape(r.notebook)}</td><td class="meaning">${escape(r.meaning)}</td></tr>`
  )
  .join('\n')}
</tbody></table>`

const percent = (x: number): string => `${(100 * x).toFixed(2)} %`

/** The page, as HTML text. */
export const page = (s: MnistSummary, drawn: readonly DrawnFigure[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gelato on MNIST: ${percent(s.modeError)} errors</title>
<meta name="description" content="A Bayesian convolutional network on MNIST: errors, calibration, and the digits it doubts.">
<style>${style}
</style>
</head>
<body>
<main>
<h1>A network that knows when it doubts</h1>
<p class="lead">A Bayesian convolutional network learnt handwritten digits in ${s.options.steps.toLocaleString('en-US')} steps. It reads ${percent(s.modeError)} of ${s.images.toLocaleString('en-US')} unseen images wrong.</p>
<p class="muted">Its weights are not numbers but distributions. Drawing ${s.options.samples.toLocaleString('en-US')} networks from them and letting all of them read an image tells not only what it shows, but how sure that is.</p>

<h2>Results</h2>
${tableHtml(s)}

<h2>Figures</h2>
<div class="figures">
${drawn.map((f) => `<figure id="${escape(f.name)}">\n${f.svg}\n<figcaption>${escape(f.caption)}</figcaption>\n</figure>`).join('\n')}
</div>

<h2>What the words mean</h2>
<dl>
<dt>Plug-in</dt><dd>One network, whose weights are the centre of the posterior. Fast, but it throws the uncertainty away. The notebook calls it MAP; the most probable weights are something else.</dd>
<dt>Predictive mode</dt><dd>Every drawn network votes for a digit, and the commonest vote is the answer.</dd>
<dt>Predictive mean</dt><dd>The probabilities of all drawn networks are averaged, and the largest is the answer. NLL and calibration error are measured on this average.</dd>
<dt>Expected error rate</dt><dd>The share of drawn networks that vote for another digit than the answer. It is known without the true label, so it can be used to hand an image to a person instead of trusting the answer. It is the network's own doubt, not a promise of how often it is wrong.</dd>
<dt>−ELBO, KL, expected log likelihood</dt><dd>Training balances two things: explaining the labels (expected log likelihood) and staying near the prior (KL, Kullback-Leibler divergence). The ELBO is their balance in nats, a lower bound on how probable the model finds all training labels.</dd>
</dl>
<p class="muted">Learning rate ${s.options.learningRate}, seed ${s.options.seed}, pixels ${s.options.raw ? '0 to 255 as in the notebook' : '0 to 1'}. The notebook's figures are those it prints: another split of the data, pixels 0 to 255, 80,000 steps.</p>
</main>
</body>
</html>
`
