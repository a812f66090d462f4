/** Much elementwise work in one kernel agrees with its f64 meaning: draws of a truncated normal and their gradients by all four parameters. */
import { test } from 'vitest'
import { Dist, Tensor } from '../../src/index.ts'
import * as B from '../../src/tensor/build.ts'
import { agree, leaf, values } from './agreement.ts'

test.each([64, 5000])('%i draws of a truncated normal and their gradients', async (n) => {
  const v = values({ m: [n], s: [n], l: [n], u: [n] })
  const [mu, s, l, u] = ['m', 's', 'l', 'u'].map((k) => leaf(v, k)), sd = B.exp(s), lower = B.sub(l, 2), upper = B.add(u, 2)
  const draws = Dist.sample(Dist.truncatedNormal({ mu, sd, lower, upper }))(Tensor.key(3), [n])
  // f32 draws are right to 4e-7 of the bounds; slopes divide by densities that end at 1 % of the highest.
  await agree([draws, ...Tensor.grad([mu, s, l, u])(Tensor.sum()(draws))], v, 2e-5)
})
