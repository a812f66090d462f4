/** A made-up run on MNIST with known answers, for the tests of the report. */
import type { MnistResults } from '../../src/cli/results.ts'

/** A generator of uniforms for test data (mulberry32). */
export const uniforms = (seed: number): (() => number) => {
  let s = seed
  return () => {
    s = (s + 0x6d2b79f5) | 0
    const t = Math.imul(s ^ (s >>> 15), s | 1)
    const u = t ^ (t + Math.imul(t ^ (t >>> 7), t | 61))
    return ((u ^ (u >>> 14)) >>> 0) / 4294967296
  }
}

/** Every 40th image is read wrong by the mode; of those, every second one with full agreement. */
export const synthetic = (n = 200, steps = 500, images?: Uint8Array, labels?: Uint8Array): MnistResults => {
  const u = uniforms(1)
  const label = labels ?? Uint8Array.from({ length: n }, (_, i) => i % 10)
  const wrong = (i: number): boolean => i % 40 === 7
  const certain = (i: number): boolean => i % 80 === 7
  const rate = Float32Array.from({ length: n }, (_, i) => (certain(i) ? 0 : wrong(i) ? 0.3 + 0.5 * u() : u() < 0.9 ? 0 : 0.6 * u() ** 3))
  return {
    adapter: 'synthetic adapter (no GPU)',
    stepsPerSecond: 12.3,
    firstStepSeconds: 2.5,
    trainSeconds: 195,
    predictSeconds: 40,
    loss: Float32Array.from({ length: steps }, (_, i) => 2e5 * Math.exp((-8 * i) / steps) + 30000 + 5000 * (u() + u() - 1)),
    test: {
      images: images ?? Uint8Array.from({ length: 784 * n }, (_, p) => (Math.hypot((p % 28) - 14, (Math.floor(p / 28) % 28) - 14) < 8 ? 255 : 0)),
      labels: label,
      plugIn: Array.from(label, (y, i) => (i % 20 === 7 ? (y + 1) % 10 : y)),
      mode: Array.from(label, (y, i) => (wrong(i) ? (y + 3) % 10 : y)),
      mean: Array.from(label, (y, i) => (wrong(i) ? (y + 3) % 10 : y)),
      confidence: Float32Array.from(rate, (r) => Math.max(0.2, 1 - 1.1 * r - 0.02 * u())),
      expectedErrorRate: rate,
      variance: Float32Array.from({ length: 10 * n }, (_, k) => (wrong(Math.floor(k / 10)) ? 0.04 : 0.01) * (0.8 + 0.4 * u()))
    },
    metrics: { nll: 0.0432, ece: 0.0071, negElbo: 34567.8, kl: 30123.4, expectedLogLik: -4444.4 },
    sigmaOverPrior: [0.08, 0.31, 0.62, 0.88, 1.01]
  }
}
