// uses: explog, scalar
// Derivatives of draws by their parameters at a fixed cdf. Twin of src/random/implicit.ts,
// where the integrals are stated; here 12 Gauss-Legendre nodes up to e^-15, which leaves
// 2e-6 of the result.

// Node in (0, 1) and weight.
fn legendre_12(i: u32) -> vec2<f32> {
  let rule = array<vec2<f32>, 6>(
    vec2<f32>(0.00921968278, 0.0235876683), vec2<f32>(0.0479413718, 0.0534696616), vec2<f32>(0.115048662, 0.0800391659),
    vec2<f32>(0.206341028, 0.101583712), vec2<f32>(0.316084236, 0.116746269), vec2<f32>(0.437383294, 0.124573521));
  let r = rule[min(i, 11u - i)];
  return vec2<f32>(select(r.x, 1.0 - r.x, i > 5u), r.y);
}

// d log x / d alpha of a Gamma(alpha, 1) draw from y = log x: relative error 1e-4 for alpha
// up to 1e4, growing with the error that y itself has, sqrt(alpha) ulp(y).
fn log_gamma_slope(parameter: f32, y: f32) -> f32 {
  let a = max(parameter, 1.0e-15);
  let psi = digamma_1(a + 1.0);
  if (y > 80.0) { return 0.0; }
  let x = exp_1(y);
  if (a < 8.0 && y < psi) {
    var term = 1.0 / a;
    var at = psi;
    var sum = 0.0;
    for (var n = 1.0; n < 80.0; n += 1.0) {
      let more = term * (at - y);
      sum += more;
      if (more < 1.0e-8 * sum) { break; }
      term *= x / (a + n);
      at += 1.0 / (a + n);
    }
    return sum;
  }
  let c = y - (psi - 1.0 / a);
  let right = c >= 0.0;
  let gap = select(a - x, x - a, right);
  let bend = select(20.0, 30.0, right) * x;
  let parabola = 30.0 / (gap + sqrt(gap * gap + bend));
  let left = select((15.0 + x) / a, parabola, parabola < 1.0);
  let length = select(left, min(parabola, max(1.26, log1p_1(30.0 / x))), right);
  var sum = 0.0;
  for (var i = 0u; i < 12u; i++) {
    let r = legendre_12(i);
    let u = length * r.x;
    let s = select(-u, u, right);
    sum += r.y * (abs(c) + u) * exp_1(-gap * u - x * exp_less_line(s));
  }
  return sum * length;
}

// 1 - I1(k) / I0(k), k >= 0: relative error 6e-6.
fn cos_deficit(k: f32) -> f32 {
  if (k > 10.0) {
    let z = 1.0 / k;
    return z * (0.5 + z * (0.125 + z * (0.125 + z * (0.1953125 + z * (0.40625 + z * 1.04785156)))));
  }
  let z = k * k;
  var q = 36.0;
  for (var n = 34.0; n >= 2.0; n -= 2.0) { q = n + z / q; }
  return 1.0 - k / q;
}

// d x / d kappa of a von Mises draw about 0: relative error 1e-4 up to kappa of 1e5.
fn von_mises_slope(parameter: f32, angle: f32) -> f32 {
  let k = clamp(parameter, 0.0, 1.0e18);
  let x = min(abs(angle), 3.14159274);
  let rest = cos_deficit(k);
  let half = sin_1(0.5 * x);
  let within = 2.0 * half * half < rest;
  let bend = 0.405 * k;
  let slope = bend * x;
  let length = select(min(3.14159274 - x, 30.0 / max(slope + sqrt(slope * slope + 30.0 * bend), 1.0e-6)), x, within);
  var sum = 0.0;
  for (var i = 0u; i < 12u; i++) {
    let r = legendre_12(i);
    let u = length * r.x;
    let t = select(x + u, u, within);
    let s = sin_1(0.5 * t);
    let apart = select(-sin_1(0.5 * u), sin_1(0.5 * (x - u)), within);
    sum += r.y * (rest - 2.0 * s * s) * exp_1(2.0 * k * sin_1(0.5 * (x + t)) * apart);
  }
  let size = select(-sum, sum, within) * length;
  return select(-size, size, angle < 0.0);
}
