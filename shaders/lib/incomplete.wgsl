// uses: bits, explog, gamma
// Incomplete gamma and beta functions and their densities. Densities are made from the
// distance to the mode where parameters are large, so that large terms don't cancel. Below
// 8, tails are a series or a continued fraction; from 8 on the integral from the argument
// outwards over the density there, by 16 Gauss-Legendre nodes up to e^-16 of its start, in
// the logarithm (gamma) or log odds (beta) of the variable: always the smaller side, whose
// integrand keeps its sign. Loops end for all lanes at once.

// Node in (0, 1) and weight.
fn legendre_16(i: u32) -> vec2<f32> {
  let rule = array<vec2<f32>, 8>(
    vec2<f32>(0.0052995323, 0.01357623), vec2<f32>(0.027712489, 0.031126762), vec2<f32>(0.067184396, 0.047579255), vec2<f32>(0.12229779, 0.062314484),
    vec2<f32>(0.19106188, 0.074797995), vec2<f32>(0.27099162, 0.08457826), vec2<f32>(0.3591982, 0.09130171), vec2<f32>(0.45249376, 0.0947253));
  let r = rule[min(i, 15u - i)];
  return vec2<f32>(select(r.x, 1.0 - r.x, i > 7u), r.y);
}

// log(x / m) - d / m of d = x - m: 5e-7 near m, 2e-7 (1 + d / m) beyond.
fn log_fall(x: F, m: F, d: F) -> F {
  let t = d / m;
  return select(f_log(x / m) - t, log1p_less(clamp(t, F(-0.4), F(0.6))), (t > F(-0.4)) & (t < F(0.6)));
}

// exp(s) - 1 - s: 6e-7.
fn expm1_less(s: F) -> F {
  var q = fma(s, F(1.98412698e-4), F(1.38888889e-3));
  q = fma(s, q, F(8.33333333e-3));
  q = fma(s, q, F(0.0416666667));
  q = fma(s, q, F(0.166666667));
  q = fma(s, q, F(0.5));
  return select(f_expm1(s) - s, s * s * q, abs(s) < F(0.35));
}

// x^a exp(-x) / gamma(a): relative error 1e-6 + 3e-7 (a |log(x / a)| + |x - a|).
fn f_gamma_kernel(a: F, x: F) -> F {
  let far = a >= F(8.0);
  let big = select(F(8.0), a, far);
  let few = select(a, F(1.0), far);
  let z = min(x, F(1.0e30));
  let e = select(fma(few, f_log(z), -z) - lgamma_small(few), fma(big, log_fall(z, big, z - big), -stirling_rest(big)), far);
  return f_keep_nan(f_exp(e) * select(F(1.0), sqrt(big * F(0.159154943)), far), x);
}

// Integrals of exp(a (log t - log x) - t + x) and the same times |log t - log x| over
// log t, to the right of x or to the left.
fn gamma_moments(a: F, x: F, right: B) -> array<F, 2> {
  let gap = select(a - x, x - a, right);
  let b = fma(gap, F(2.0), F(-10.6666667));
  let left = F(64.0) / (b + sqrt(fma(b, b, F(128.0) * fma(gap, F(0.666666667), x))));
  var length = F(32.0) / (gap + sqrt(fma(gap, gap, F(32.0) * x)));
  length = min(length, f_log1p(fma(a, length, F(16.0)) / x));
  length = select(left, min(length, f_log1p(fma(a, length, F(16.0)) / x)), right);
  var zero = F(0.0);
  var one = F(0.0);
  for (var i = 0u; i < 16u; i++) {
    let r = legendre_16(i);
    let u = length * r.x;
    let e = r.y * f_exp(-fma(gap, u, x * expm1_less(select(-u, u, right))));
    zero += e;
    one = fma(e, u, one);
  }
  return array<F, 2>(zero * length, one * length);
}

// The sum over n of x^n / (a)_(n + 1), and of that times digamma(a + n + 1) - u, psi being
// digamma(a + 1), for x up to max(1, a) < 8.
fn gamma_series(a: F, x: F, psi: F, u: F) -> array<F, 2> {
  var term = F(1.0) / a;
  var above = psi - u;
  var zero = term;
  var one = term * above;
  for (var n = 1.0; n < 48.0; n += 1.0) {
    let r = F(1.0) / (a + F(n));
    term *= x * r;
    above += r;
    zero += term;
    one = fma(term, above, one);
    if (all(term * (F(1.0) + abs(above)) < F(1.0e-9) * zero)) { break; }
  }
  return array<F, 2>(zero, one);
}

// The tail on the smaller side of x: P(a, x) for x < max(1, a), else Q(a, x).
fn gamma_tail(a: F, x: F) -> F {
  let low = x < max(F(1.0), a);
  let near = low & (a < F(8.0));
  let series = gamma_series(select(F(1.0), a, near), select(F(0.0), x, near), F(0.0), F(0.0))[0];
  let z = clamp(x, F(1.0e-30), F(1.0e30));
  return f_gamma_kernel(a, x) * select(gamma_moments(select(a, F(8.0), near), select(z, F(8.0), near), !low)[0], series, near);
}

// P(a, x) and Q(a, x): relative errors 2e-6 beside the kernel's on their smaller sides,
// absolute 1e-6 on the others.
fn f_gammainc(a: F, x: F) -> F {
  let t = gamma_tail(a, x);
  return select(F(1.0) - t, t, x < max(F(1.0), a));
}
fn f_gammaincc(a: F, x: F) -> F {
  let t = gamma_tail(a, x);
  return select(t, F(1.0) - t, x < max(F(1.0), a));
}

// The derivative of P(a, x) by a: relative error 4e-6 beside the kernel's.
fn f_gammainc_slope(a: F, x: F) -> F {
  let low = x < max(F(1.0), a);
  let far = a >= F(8.0);
  let near = low & !far;
  let z = clamp(x, F(1.0e-30), F(1.0e30));
  let few = select(a, F(1.0), far);
  let psi = f_digamma(few + F(1.0));
  let u = f_log(z);
  let series = gamma_series(select(F(1.0), a, near), select(F(0.0), z, near), psi, u)[1];
  let m = gamma_moments(select(a, F(8.0), near), select(z, F(8.0), near), !low);
  // log x - digamma(a), from the distance to the mode where a is large.
  let big = select(F(8.0), a, far);
  let r = F(1.0) / big;
  let d = z - big;
  let shift = select(u - psi + F(1.0) / few, log_fall(z, big, d) + r * (d + fma(r, fma(r * r, F(-0.00833333333), F(0.0833333333)), F(0.5))), far);
  let g = select(fma(select(shift, -shift, low), m[0], m[1]), series, near);
  return select(-f_gamma_kernel(a, x) * g, F(0.0), x <= F(0.0));
}

// x^a (1 - x)^b / B(a, b), y being 1 - x: relative error 2e-6 + 3e-7 (sqrt(a + b) +
// |log B(a, b)| + a |log(x (a + b) / a)| + b |log(y (a + b) / b)|), without log B where both are 8 or more.
fn beta_kernel(a: F, b: F, x: F, y: F) -> F {
  let n = a + b;
  let m = a / n;
  let r = b / n;
  let d = x * r - y * m;
  let far = min(a, b) >= F(8.0);
  let many = fma(a, log_fall(x, m, d), b * log_fall(y, r, -d)) + stirling_rest(max(n, F(8.0))) - stirling_rest(max(a, F(8.0))) - stirling_rest(max(b, F(8.0)));
  // Of x and y the smaller is exact.
  let rest = f_log1p(-min(x, y));
  let least = f_log(min(x, y));
  let few = fma(a, select(rest, least, x < y), b * select(least, rest, x < y)) - f_lbeta(a, b);
  return f_exp(select(few, many, far)) * select(F(1.0), sqrt(a * r * F(0.159154943)), far);
}
fn f_beta_kernel(a: F, b: F, x: F) -> F {
  let inside = (x > F(0.0)) & (x < F(1.0));
  let z = select(F(0.5), x, inside);
  return f_keep_nan(select(F(0.0), beta_kernel(a, b, z, F(1.0) - z), inside), x);
}

// I_x(p, q) over its kernel by the continued fraction (Lentz), for p < 8 and x up to about
// the mean.
fn beta_fraction(p: F, q: F, x: F) -> F {
  let tiny = F(1.0e-30);
  var c = F(1.0);
  var d = F(1.0) / max(F(1.0) - (p + q) * x / (p + F(1.0)), tiny);
  var h = d;
  for (var k = 1.0; k < 128.0; k += 1.0) {
    let m = F(k);
    let t = p + F(2.0 * k);
    let even = m * (q - m) * x / ((t - F(1.0)) * t);
    d = fma(even, d, F(1.0));
    d = F(1.0) / select(d, tiny, abs(d) < tiny);
    c = F(1.0) + even / c;
    c = select(c, tiny, abs(c) < tiny);
    h *= c * d;
    let odd = -(p + m) * (p + q + m) * x / (t * (t + F(1.0)));
    d = fma(odd, d, F(1.0));
    d = F(1.0) / select(d, tiny, abs(d) < tiny);
    c = F(1.0) + odd / c;
    c = select(c, tiny, abs(c) < tiny);
    h *= c * d;
    if (all(abs(c * d - F(1.0)) < F(1.5e-7))) { break; }
  }
  return h / p;
}

// The same for p >= 8 by the integral over log odds, y being 1 - x.
fn beta_moment(p: F, q: F, x: F, y: F) -> F {
  let s = p + q;
  // The smaller parameter's form, in which the terms don't cancel.
  let odds = q <= p;
  let gap = s * select(p / s - x, y - q / s, odds);
  // Where the integrand is e^-16 of its start, from the far side: two steps that solve for
  // the growing exponential, then Newton's method.
  var v = (F(16.0) - s * f_log(y)) / p;
  for (var i = 0; i < 2; i++) { v = f_log1p(f_expm1(fma(q, v, F(16.0)) / s) / y); }
  for (var i = 0; i < 10; i++) {
    let e = f_exp(-v);
    let w = fma(x, e, y);
    v -= (fma(p, v, s * f_log(w)) - F(16.0)) / (p - s * x * e / w);
  }
  var sum = F(0.0);
  for (var i = 0u; i < 16u; i++) {
    let r = legendre_16(i);
    let u = select(-v, v, odds) * r.x;
    let less = expm1_less(u);
    let e = less + u;
    let k = select(-x, y, odds) * select(-e, e, odds);
    let bend = select(f_log1p(k) - k, log1p_less(clamp(k, F(-0.4), F(0.6))), (k > F(-0.4)) & (k < F(0.6)));
    let height = fma(select(p, q, odds), less, fma(gap, select(-e, e, odds), s * bend));
    sum += r.y * f_exp(-height);
  }
  return sum * v;
}

// I_x(a, b): relative error 4e-6 beside the kernel's on the smaller side of the mean,
// absolute 1e-5 on the other.
fn f_betainc(a: F, b: F, x: F) -> F {
  let low = x < (a + F(1.0)) / (a + b + F(2.0));
  let inside = (x > F(0.0)) & (x < F(1.0));
  let z = select(F(0.5), x, inside);
  let p = select(b, a, low);
  let q = select(a, b, low);
  let u = select(F(1.0) - z, z, low);
  let w = select(z, F(1.0) - z, low);
  let near = p < F(8.0);
  let few = beta_fraction(select(F(1.0), p, near), select(F(1.0), q, near), select(F(0.0), u, near));
  let many = beta_moment(select(p, F(8.0), near), select(q, F(8.0), near), select(u, F(0.4), near), select(w, F(0.6), near));
  let t = beta_kernel(p, q, u, w) * select(many, few, near);
  return f_keep_nan(select(clamp(x, F(0.0), F(1.0)), select(F(1.0) - t, t, low), inside), x);
}
