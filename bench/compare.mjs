/**
 * The seed network by Gelato beside the independent PyTorch run of the same model,
 * start and optimiser (test/fixtures/peers/pytorch_seed.json): minus ELBO and KL at
 * steps 0, 600, 1,200 and 2,400.
 *
 *   npm run build && node bench/compare.mjs [--steps 600] [--out bench/results/NAME.json]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Dataset, Gpu, Method, Optimizer, elbo, fit, orThrow } from '../build/index.js'
import { notebookModel } from '../build/cli/train.js'

const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? otherwise : process.argv[i + 1]
}
const last = Number(option('steps', '2400')), out = option('out')
const fixture = JSON.parse(readFileSync(new URL('../test/fixtures/peers/pytorch_seed.json', import.meta.url), 'utf8'))
const model = notebookModel(false)
const { train } = await orThrow(Dataset.mnist())
const device = await orThrow(Gpu.sharedDevice)
const rows = []
let approx, ran = 0, spent = 0
for (const step of [0, 600, 1200, 2400].filter((s) => s <= last)) {
  const t = performance.now()
  const common = { data: train, method: Method.meanField(), optimizer: Optimizer.adam({ learningRate: 1e-3 }), steps: step - ran, batchSize: 100, seed: 0 }
  approx = await orThrow(fit(model, approx === undefined ? common : { ...common, from: approx }))
  if (step > ran) spent += performance.now() - t
  ran = step
  const ours = await orThrow(elbo(approx, train, { samples: 1, seed: 1, batchSize: 1000 }))
  const theirs = fixture.seeds.map((s) => s.checkpoints.find((c) => c.step === step))
  const mean = (k) => theirs.reduce((a, c) => a + c[k], 0) / theirs.length
  rows.push({ step, negElbo: -ours.value, kl: ours.kl, expectedLogLik: ours.logLik, pytorchNegElbo: mean('klExact') - mean('expectedLogLik'), pytorchKl: mean('klExact') })
  const r = rows[rows.length - 1]
  const per = (a, b) => `${((a / b - 1) * 100).toFixed(2)} %`
  console.log(`step ${step}: -ELBO ${r.negElbo.toFixed(0)} (PyTorch ${r.pytorchNegElbo.toFixed(0)}, ${per(r.negElbo, r.pytorchNegElbo)})  KL ${r.kl.toFixed(0)} (${r.pytorchKl.toFixed(0)}, ${per(r.kl, r.pytorchKl)})`)
}
const result = { date: new Date().toISOString().slice(0, 10), command: `node bench/compare.mjs --steps ${last}`, adapter: device.target.name, stepsPerSecond: (ran / spent) * 1000, rows }
console.log(JSON.stringify(result))
if (out !== undefined) writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`)
