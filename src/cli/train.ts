/** Learning and predicting for `gelato mnist`: the library's own calls behind `MnistDeps.run`. */
import { TE } from '../fp.ts'
import { gelatoError } from '../error.ts'
import type { MnistDeps } from './mnist.ts'

/** Trains on MNIST and predicts its test images. */
export const trainMnist: MnistDeps['run'] = () =>
  TE.left(gelatoError('NotBuilt', ['mnist'], 'no training yet', 'fit and predict', 'wait for inference to be built'))
