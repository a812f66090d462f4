/**
 * Models as users see them: the values of the model room, and their densities as
 * compiled functions, which need a device. Import it as a namespace.
 *
 * @since 0.2.0
 */
export * from '../model/index.ts'
export { densityFunction } from './density.ts'
export type { DensityFunction, DensityFunctionOptions, DensityValue } from './density.ts'
