/**
 * The `Approximation` namespace as users see it: the value, and its files.
 *
 * @since 0.1.0
 */
export * from '../infer/approximation.ts'
export { summary } from '../infer/table.ts'
export type { SummaryOptions } from '../infer/table.ts'
export { fromSaved, load, save, toSaved } from './approximation.ts'
export { decodeSafetensors, encodeSafetensors } from './index.ts'
export type { SafeTensor, SafeTensors, Saved } from './index.ts'
