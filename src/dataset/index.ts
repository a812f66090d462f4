/** The data set as a value: what `Dataset.*` names, less the loaders of `src/data`. */
export * from './field.ts'
export * from './dataset.ts'
export { permutation, split } from './split.ts'
