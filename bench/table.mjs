/** A report of the benchmark as Markdown. */

const cell = (x, digits = 3) => (x === undefined || !Number.isFinite(x) ? '' : x >= 1000 ? Math.round(x).toLocaleString('en-US') : String(Number(x.toPrecision(digits))))
const percent = (x) => (x === undefined ? '' : `${(100 * x).toFixed(0)} %`)
const mib = (x) => (x === undefined ? '' : `${(x / 2 ** 20).toFixed(0)}`)
const table = (rows) => [rows[0], rows[0].map(() => '---'), ...rows.slice(1)].map((r) => `| ${r.join(' | ')} |`).join('\n')

const rate = (r) => (r.perSecond === undefined ? '' : `${cell(r.perSecond)} (${cell(r.low)} to ${cell(r.high)})`)

const mainRows = (results) => [
  ['case', 'GFLOP', 'a second, median (spread)', 'first, cold / warm cache, s', 'dispatches', 'pipelines', 'held, MiB', 'GFLOP/s', 'of FMA', 'GB/s bound', 'of bandwidth'],
  ...results.map((r) => (r.error !== undefined
    ? [r.name, cell(r.work / 1e9), `not run: ${r.error.replaceAll('\n', ' ').replaceAll('|', '/').slice(0, 200)}`, '', '', '', '', '', '', '', '']
    : [r.name, cell(r.work / 1e9), rate(r), [r.firstColdSeconds, r.firstWarmSeconds ?? r.firstSeconds].map((x) => cell(x) || '-').join(' / '),
      r.dispatches ?? '', r.pipelines ?? '', mib(r.heldBytes), cell(r.gflops), percent(r.shareOfFma), cell(r.gbytes), percent(r.shareOfBandwidth)]))
]

// Growth of cost beside growth of work, from the row before on the same axis.
const sweepRows = (results) => [
  ['what grows', 'at', 'GFLOP', 'ms', 'GFLOP/s', 'work x', 'cost x', 'held, MiB'],
  ...results.map((r, i) => {
    const before = results[i - 1]?.axis === r.axis && results[i - 1].perSecond !== undefined ? results[i - 1] : undefined
    return r.error !== undefined
      ? [r.axis, r.at, cell(r.work / 1e9), `not run: ${r.error.replaceAll('\n', ' ').replaceAll('|', '/').slice(0, 200)}`, '', '', '', '']
      : [r.axis, r.at, cell(r.work / 1e9), cell(1000 / r.perSecond), cell(r.gflops), before === undefined ? '' : cell(r.work / before.work), before === undefined ? '' : cell(before.perSecond / r.perSecond), mib(r.heldBytes)]
  })
]

/** The report as Markdown. */
export const markdown = (report) => {
  const { machine, ceilings, settings } = report
  const [first] = report.results.filter((r) => r.id === 'seed-1' && r.perSecond !== undefined)
  const jax = report.results.find((r) => r.id === 'jax-js' && r.perSecond !== undefined)
  const torch = report.results.find((r) => r.id === 'pytorch' && r.perSecond !== undefined)
  const host = report.results.find((r) => r.hostMicroseconds !== undefined)
  const predicted = report.results.find((r) => r.secondsFor10000 !== undefined)
  return [
    `# ${report.device}, ${report.date}`,
    '',
    `\`${report.command}\` on ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load at the start ${machine.load.toFixed(1)}.`,
    `Ceilings measured on this adapter in this run: ${ceilings.error ?? `${cell(ceilings.gflops)} GFLOP/s of fused multiply-adds, ${cell(ceilings.gbytes)} GB/s of a copy`}.`,
    `Import of the package: ${cell(report.importMilliseconds)} ms (median of 7 processes). ${settings.repeats} repeats of about ${cell(settings.secondsACase / settings.repeats)} s a case.`,
    '',
    table(settings.sweep ? sweepRows(report.results) : mainRows(report.results)),
    '',
    'GFLOP and GFLOP/s count the direct method, whatever the kernels do (Winograd needs fewer). "GB/s bound" counts every buffer that a dispatch sees, of the data a batch; what stays in a cache makes it exceed the bandwidth. Where no cold start is told, the driver had its own shader cache as it was. "Held" is all buffers of the device after the steps (prediction: the most seen).',
    ...(predicted === undefined ? [] : [`Prediction: ${predicted.images.toLocaleString('en-US')} images with ${predicted.draws} draws took ${cell(predicted.seconds)} s (the row's GFLOP and rate are for these); 10,000 images at that rate take ${cell(predicted.secondsFor10000)} s.`]),
    ...(host === undefined ? [] : [`The host's work for a step, with Dawn's null backend and 50 steps a submit: ${cell(host.hostMicroseconds)} us (${cell(host.hostCpuMicroseconds)} us of CPU time, the backend's own threads included) for ${host.dispatches} dispatches; the same dispatches by bare WebGPU calls in one loop, in turns with it: ${cell(host.bareMicroseconds)} us.`]),
    ...(first !== undefined && torch !== undefined ? [`Beside PyTorch (${torch.versions}) on the same cores in the same run: ${cell(first.perSecond / torch.perSecond)} times its rate.`] : []),
    ...(first !== undefined && jax !== undefined ? [`The seed network's step is ${cell(first.perSecond / jax.perSecond)} times as fast as jax-js's on the same adapter in the same run.`] : [])
  ].join('\n')
}
