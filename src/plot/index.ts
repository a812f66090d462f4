/** Plots as plain Vega-Lite values: what `Plot.*` names. */
export type { Plot } from './spec.ts'
export type { CurvePoint } from './loss.ts'
export type { ClassVariances, ReliabilityBin } from './uncertainty.ts'
export type { Digit } from './digits.ts'
export { lossCurve, thin } from './loss.ts'
export { expectedErrorHistogram, histogram, reliability, variancePerClass } from './uncertainty.ts'
export { digits } from './digits.ts'
