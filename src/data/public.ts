/**
 * The `Dataset` namespace as users see it: the value, and the loaders.
 *
 * @since 0.1.0
 */
export * from '../dataset/index.ts'
export { fashionClasses, fashionFromLists, fashionMnist, mnist, mnistFiles, mnistFromBytes, parseIdx } from './index.ts'
export type { TrainTest } from './index.ts'
