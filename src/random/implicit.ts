/**
 * Derivatives of draws by their parameters with the cdf held fixed (Figurnov, Mohamed,
 * Mnih: Implicit Reparameterization Gradients, 2018): dx / dtheta = -(dF / dtheta) / density.
 * `shaders/lib/implicit.wgsl` is the twin in f32.
 *
 * Both are written as integrals over one side of the draw, the side on which the integrand
 * keeps its sign, so that nothing cancels: Gauss-Legendre nodes up to where the integrand
 * is below e^-REACH of its start.
 *
 * @since 0.2.0
 */

/** Nodes in (0, 1) and weights of a Gauss-Legendre rule. */
export const gaussLegendre = (n: number): readonly (readonly [number, number])[] =>
  Array.from({ length: n }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)), slope = 1
    for (let step = 0; step < 8; step++) {
      let p = 1, before = 0
      for (let j = 1; j <= n; j++) [p, before] = [((2 * j - 1) * z * p - (j - 1) * before) / j, p]
      slope = (n * (z * p - before)) / (z * z - 1)
      z -= p / slope
    }
    return [(1 + z) / 2, 1 / ((1 - z * z) * slope * slope)]
  })

const RULE = gaussLegendre(48)
const REACH = 40

const integrate = (length: number, f: (u: number) => number): number => RULE.reduce((sum, [x, w]) => sum + w * f(length * x), 0) * length

// -----------------------------------------------------------------------------
// gamma
// -----------------------------------------------------------------------------

/** Derivative of log gamma for x > 0: recurrence to 12, then its asymptotic series. */
const digamma = (x: number): number => {
  let shift = 0, y = x
  for (; y < 12; y++) shift -= 1 / y
  const z = 1 / (y * y)
  return shift + Math.log(y) - 0.5 / y - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z / 132))))
}

/**
 * d log x / d alpha of a Gamma(alpha, 1) draw x at a fixed cdf, from log x.
 *
 * With x = e^y and psi the digamma function:
 * sum over n of x^n / (alpha)_{n + 1} (psi(alpha + n + 1) - y) for small alpha and y below
 * psi(alpha + 1); else the integral of |s + y - psi(alpha)| exp(alpha s - x (e^s - 1)) over
 * s > 0 or s < 0, by the sign of y - psi(alpha).
 */
export const logGammaSlope = (alpha: number, y: number): number => {
  const a = Math.max(alpha, 1e-15)
  if (a < 8 && y < digamma(a + 1)) {
    const x = Math.exp(y)
    let term = 1 / a, psi = digamma(a + 1), sum = 0
    for (let n = 1; n < 200; n++) {
      sum += term * (psi - y)
      if (term * (psi - y) < 1e-17 * sum) break
      term *= x / (a + n)
      psi += 1 / (a + n)
    }
    return sum
  }
  const c = y - digamma(a), x = Math.exp(y)
  // Far right of all draws the slope of the tail, log t / t, is not worth an overflow.
  if (y > 600) return 0
  if (c >= 0) {
    const parabola = (2 * REACH) / (x - a + Math.sqrt((x - a) * (x - a) + 2 * REACH * x))
    const length = Math.min(parabola, Math.max(1.26, Math.log1p((2 * REACH) / x)))
    return integrate(length, (s) => (c + s) * Math.exp((a - x) * s - x * (Math.expm1(s) - s)))
  }
  const parabola = (2 * REACH) / (a - x + Math.sqrt((a - x) * (a - x) + (4 / 3) * REACH * x))
  const length = parabola < 1 ? parabola : (REACH + x) / a
  return integrate(length, (u) => (u - c) * Math.exp((x - a) * u - x * (Math.expm1(-u) + u)))
}

// -----------------------------------------------------------------------------
// von Mises
// -----------------------------------------------------------------------------

/** 1 - I1(kappa) / I0(kappa): the mean of 1 - cos, by the trapezoid rule on a period, which converges geometrically. */
const spread = (kappa: number): number => {
  const n = 32 + Math.ceil(8 * Math.sqrt(kappa))
  if (kappa > 1e5) return 0.5 / kappa * (1 + 0.25 / kappa * (1 + 1 / kappa))
  let top = 0.5 * 2 * Math.exp(-2 * kappa), bottom = 0.5 + 0.5 * Math.exp(-2 * kappa)
  for (let i = 1; i < n; i++) {
    const w = 2 * Math.sin((Math.PI * i) / (2 * n)) ** 2, e = Math.exp(-kappa * w)
    top += w * e
    bottom += e
  }
  return top / bottom
}

/**
 * dx / d kappa of a von Mises draw x about 0 at a fixed cdf. With A the mean of cos:
 * the integral of (cos t - A) exp(kappa (cos t - cos x)) over (|x|, pi), or its negative
 * over (0, |x|) where cos x > A, with the sign of x.
 */
export const vonMisesSlope = (kappa: number, angle: number): number => {
  const k = Math.max(kappa, 0), x = Math.min(Math.abs(angle), Math.PI)
  const rest = spread(k), own = 2 * Math.sin(x / 2) ** 2
  const excess = (t: number): number => rest - 2 * Math.sin(t / 2) ** 2
  const sign = angle < 0 ? -1 : 1
  if (own < rest)
    return -sign * integrate(x, (u) => excess(u) * Math.exp(2 * k * Math.sin((x + u) / 2) * Math.sin((x - u) / 2)))
  const slope = 0.405 * k * x, bend = 0.405 * k
  const length = Math.min(Math.PI - x, (2 * REACH) / (slope + Math.sqrt(slope * slope + 2 * REACH * bend)))
  return sign * integrate(length, (u) => excess(x + u) * Math.exp(-2 * k * Math.sin(x + u / 2) * Math.sin(u / 2)))
}
