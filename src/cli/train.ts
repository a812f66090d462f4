/**
 * Learning and predicting for `gelato mnist`: the notebook's network through the
 * library's own calls.
 */
import { TE, pipe } from '../fp.ts'
import type { TaskEither } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { GelatoError } from '../error.ts'
import { mnist } from '../data/index.ts'
import { open, sharedDevice } from '../gpu/index.ts'
import type { Device } from '../gpu/index.ts'
import { Method, Optimizer, elbo, fit } from '../infer/index.ts'
import type { Approximation } from '../infer/approximation.ts'
import * as Layer from '../layer/index.ts'
import * as Likelihood from '../model/likelihood.ts'
import * as Model from '../model/index.ts'
import { Metrics, predict } from '../predict/index.ts'
import * as Spec from '../spec/index.ts'
import type { MnistDeps } from './mnist.ts'
import type { MnistOptions } from './options.ts'
import { quantiles, sigmaLevels } from './results.ts'

// -----------------------------------------------------------------------------
// the model
// -----------------------------------------------------------------------------

/** The notebook's network and priors; `raw` feeds pixels 0 to 255 as they are. */
export const notebookModel = (raw: boolean): Model.Model => {
  const hyper = pipe(Spec.logNormal({ sd: 10 }), Spec.withShape([]))
  return pipe(
    Layer.input([null, 1, 28, 28], { name: 'x', ...(raw ? {} : { scale: 1 / 255 }) }),
    Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.conv2d({ filters: 32, size: [5, 5], activation: 'tanh' }),
    Layer.maxPool2d({ size: [2, 2] }),
    Layer.dense({ units: 176, activation: 'tanh' }),
    Layer.dense({ units: 64, activation: 'tanh' }),
    Layer.dense({ units: 10, activation: 'softmax' }),
    Layer.withDefaultSpec(Spec.normal({ sd: hyper })),
    Model.observe(Likelihood.categorical(), { name: 'y' })
  )
}

/** Sigma over prior sd of every weight and bias; scales at the centre of the approximation. */
const sigmaOverPrior = (approx: Approximation): Float64Array => {
  const centre = approx.unconstrained
  const all = approx.model.sites.flatMap((s): readonly number[] => {
    if (s.role !== 'weight' && s.role !== 'bias') return []
    const scale = centre[`${s.name}.sd`]
    const sd = scale === undefined ? 10 : Math.exp(scale.mean.data[0])
    return Array.from(centre[s.name].sd.data, (v) => v / sd)
  })
  return Float64Array.from(all)
}

// -----------------------------------------------------------------------------
// the run
// -----------------------------------------------------------------------------

/** Adam, whose rate falls along half a cosine to a fifth over the run: less noise at the end, yet still moving. */
const optimizerOf = (o: MnistOptions): Optimizer.Optimizer =>
  Optimizer.adam({ learningRate: Optimizer.cosine({ value: o.learningRate, end: o.learningRate / 5, steps: o.steps }) })

const seconds = (): number => performance.now() / 1000

/** Passes over the full training set, one a draw, for its expected log likelihood. */
const BOUND_DRAWS = 1

/** Trains on MNIST and predicts its test images. */
export const trainMnist: MnistDeps['run'] = (options: MnistOptions, { onEvent, signal }) => {
  const device: TaskEither<GelatoError, Device> = options.adapter === undefined ? sharedDevice : open({ adapter: options.adapter })
  const model = notebookModel(options.raw)
  let started = 0, first: { readonly at: number; readonly step: number } | undefined, last = 0
  const train = (gpu: Device) => (data: Parameters<typeof fit>[1]['data']): TaskEither<GelatoError, Approximation> =>
    pipe(
      TE.fromIO(() => { started = seconds() }),
      TE.chain(() => fit(model, {
        data, gpu, signal, steps: options.steps, batchSize: options.batchSize, seed: options.seed,
        method: Method.meanField(), optimizer: optimizerOf(options),
        onEvent: (e) => {
          if (e._tag !== 'Progress') return
          last = seconds()
          first ??= { at: last, step: e.step }
          onEvent({ _tag: 'Step', step: e.step, steps: options.steps, loss: e.loss })
        }
      })),
      // A run that is interrupted still shows what it has learnt.
      TE.orElse((e) => ('partial' in e && e.partial.data.step > 0
        ? pipe(TE.fromIO(() => onEvent({ _tag: 'Note', text: `stopped at step ${e.partial.data.step}: predicting with what was learnt` })), TE.map(() => e.partial))
        : TE.left<GelatoError, Approximation>(e)))
    )
  return pipe(
    TE.Do,
    TE.bind('gpu', () => device),
    TE.bind('data', () => mnist()),
    TE.tap(({ gpu }) => TE.fromIO(() => onEvent({ _tag: 'Note', text: `adapter: ${gpu.target.name}` }))),
    TE.bind('approx', ({ gpu, data }) => train(gpu)(data.train)),
    TE.let('trained', () => seconds()),
    TE.bind('predictions', ({ gpu, data, approx }) => predict(approx, { x: data.test.x }, {
      samples: options.samples, seed: options.seed + 1, gpu,
      onProgress: (share) => onEvent({ _tag: 'Predict', done: Math.round(share * data.test.rows), total: data.test.rows })
    })),
    TE.let('predicted', () => seconds()),
    TE.tap(() => TE.fromIO(() => onEvent({ _tag: 'Note', text: 'the bound over the full training set' }))),
    TE.bind('bound', ({ gpu, data, approx }) => elbo(approx, data.train, { samples: BOUND_DRAWS, seed: options.seed + 2, gpu })),
    TE.chain(({ gpu, data, approx, trained, predictions: p, predicted, bound }) => {
      if (p.kind !== 'classes' || first === undefined) return TE.left(gelatoError('Internal', ['mnist'], p.kind, 'class predictions after at least one step', 'please report this'))
      const n = data.test.rows, labels = data.test.y.data
      const confidence = Float64Array.from({ length: n }, (_, i) => p.predictiveMean.data[10 * i + p.meanMode.data[i]])
      const span = trained - first.at
      return TE.right({
        adapter: gpu.target.name,
        stepsPerSecond: span > 0 && approx.data.step > first.step ? (approx.data.step - first.step) / span : approx.data.step / (trained - started),
        firstStepSeconds: first.at - started,
        trainSeconds: trained - started,
        predictSeconds: predicted - trained,
        loss: approx.history.loss,
        test: {
          images: data.test.x.data as Uint8Array, labels, plugIn: p.plugInMode.data, mode: p.predictiveMode.data, mean: p.meanMode.data,
          confidence, expectedErrorRate: p.expectedErrorRate.data, variance: p.variance.data
        },
        metrics: {
          nll: Metrics.nll(labels)(p.logPredictiveMean.data), ece: Metrics.ece(labels)(p.predictiveMean.data),
          negElbo: -bound.value, kl: bound.kl, expectedLogLik: bound.logLik
        },
        sigmaOverPrior: quantiles(sigmaOverPrior(approx), [...sigmaLevels])
      })
    })
  )
}
