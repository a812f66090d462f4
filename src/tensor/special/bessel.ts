/**
 * Modified Bessel functions of orders 0 and 1 as the von Mises distribution needs them,
 * in f64: the meaning of the ops of the same names.
 *
 * Power series and the continued fraction of the ratio below 30, Hankel's expansion
 * beyond, whose rest e^(-2x) is nothing there. About 1e-15 relative.
 *
 * @since 0.2.0
 */
/** Hankel's expansions at x >= 30: sqrt(2 pi x) e^-x times I0, and that less the same with I1. */
const hankel = (x: number): readonly [number, number] => {
  let a = 1, b = 1, i0 = 1, gap = 0
  for (let k = 1; k < 25; k++) {
    const odd = (2 * k - 1) ** 2
    a *= odd / (8 * k * x)
    b *= (odd - 4) / (8 * k * x)
    i0 += a
    gap += a - b
  }
  return [i0, gap]
}

/** log I0(x). */
export const logI0 = (v: number): number => {
  const x = Math.abs(v)
  if (x >= 30) return x - 0.5 * Math.log(2 * Math.PI * x) + Math.log(hankel(x)[0])
  const q = (x * x) / 4
  let term = 1, rest = 0
  for (let k = 1; k < 120 && term > 1e-18 * rest; k++) rest += term *= q / (k * k)
  return Math.log1p(rest)
}

/** I1(x) / I0(x). */
export const besselRatio = (v: number): number => {
  const x = Math.abs(v)
  if (x >= 30) return Math.sign(v) * (1 - besselGap(x))
  let t = 0
  for (let k = 80; k >= 1; k--) t = x / (2 * k + x * t)
  return v < 0 ? -t : t
}

/** 1 - I1(x) / I0(x) for x >= 0. */
const besselGap = (x: number): number => {
  if (x < 30) return 1 - besselRatio(x)
  const [i0, gap] = hankel(x)
  return gap / i0
}
