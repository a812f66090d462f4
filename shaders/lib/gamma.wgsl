// uses: bits, explog
// Logarithm of the gamma function, its derivatives and the logarithm of the beta function,
// for positive arguments. Polynomials of our own on [1.5, 2.5] and [1, 2], Stirling's series
// from 8 on, the recurrence between. Below 0: NaN. Errors are relative to the exact value.

// log(1 + d) - d for -0.4 <= d <= 1, relative error 5e-7: no cancellation near 0.
fn log1p_less(d: F) -> F {
  let r = d / (d + F(2.0));
  let z = r * r;
  var q = fma(z, F(0.23233557), F(0.21704534));
  q = fma(z, q, F(0.285925));
  q = fma(z, q, F(0.39999703));
  q = fma(z, q, F(0.6666667));
  return r * fma(z, q, -d);
}

// What Stirling's formula lacks of log gamma(x), for x >= 8.
fn stirling_rest(x: F) -> F {
  let r = F(1.0) / x;
  let z = r * r;
  return r * fma(z, fma(z, F(7.8005774e-4), F(-2.777699e-3)), F(0.083333336));
}

// log gamma(x) for 0 < x < 8; the logarithm of 0 is that of the function.
fn lgamma_small(x: F) -> F {
  var y = x;
  var p = F(1.0);
  for (var i = 0; i < 6; i++) {
    let big = y > F(2.5);
    y = select(y, y - F(1.0), big);
    p = select(p, p * y, big);
  }
  let tiny = x < F(0.5);
  let low = x < F(1.5);
  let z = select(select(y - F(2.0), y - F(1.0), low), y, tiny);
  var q = fma(z, F(1.2236356e-4), F(-2.5361872e-4));
  q = fma(z, q, F(5.01517e-4));
  q = fma(z, q, F(-1.1859592e-3));
  q = fma(z, q, F(2.8917326e-3));
  q = fma(z, q, F(-7.3861587e-3));
  q = fma(z, q, F(0.020580735));
  q = fma(z, q, F(-0.06735228));
  q = fma(z, q, F(0.32246703));
  q = fma(z, q, F(0.42278433));
  let l = f_log(select(select(p, x, low), select(fma(x, x, x), x, x < F(0.0)), tiny));
  return fma(z, q, select(l, -l, low));
}

// log gamma(x): 5e-7, also beside its zeros 1 and 2; infinite at 0 and above 4e36.
fn f_lgamma(x: F) -> F {
  let far = x >= F(8.0);
  let y = select(F(8.0), x, far);
  let l = log_normal(y);
  let big = fma(y - F(0.5), l - F(1.0), F(0.418938533) + stirling_rest(y));
  return f_keep_nan(select(lgamma_small(select(x, F(1.0), far)), big, far), x);
}

// The derivative of f_lgamma: 1e-6, also beside its zero 1.46163.
fn f_digamma(x: F) -> F {
  let far = x >= F(8.0);
  let tiny = x < F(1.0);
  var y = select(select(x, x + F(1.0), tiny), F(1.0), far);
  var sum = select(F(0.0), F(-1.0) / x, tiny);
  for (var i = 0; i < 6; i++) {
    let big = y >= F(2.0);
    y = select(y, y - F(1.0), big);
    sum = select(sum, sum + F(1.0) / y, big);
  }
  let t = y - F(1.5);
  var q = fma(t, F(-0.016221065), F(0.023924327));
  q = fma(t, q, F(-0.025872506));
  q = fma(t, q, F(0.03936182));
  q = fma(t, q, F(-0.06203997));
  q = fma(t, q, F(0.095117405));
  q = fma(t, q, F(-0.14839996));
  q = fma(t, q, F(0.24053839));
  q = fma(t, q, F(-0.42362747));
  q = fma(t, q, F(0.9510559));
  // The zero in two parts.
  let near = fma(q, f_apart(y - F(1.46163213)) - F(1.24381499e-8), sum);
  let r = F(1.0) / select(F(8.0), x, far);
  let z = r * r;
  let series = z * fma(z, fma(z, F(-3.96825397e-3), F(8.33333377e-3)), F(-0.0833333358));
  let big = log_normal(select(F(8.0), x, far)) + fma(r, F(-0.5), series);
  let v = select(near, big, far);
  return f_keep_nan(select(v, f_log(x), x <= F(0.0)), x);
}

// Derivative n >= 1 of digamma: 1.5e-6 for n up to 12. All terms have one sign.
fn f_polygamma(n: i32, x: F) -> F {
  let limit = F(f32(n) + 6.0);
  var factorial = 1.0;
  for (var k = 2; k <= n; k++) { factorial *= f32(k); }
  var y = x;
  var sum = F(0.0);
  for (var i = 0; i < n + 6; i++) {
    let low = y < limit;
    let r = F(1.0) / y;
    var p = r;
    for (var k = 0; k < n; k++) { p *= r; }
    sum = select(sum, sum + p, low);
    y = select(y, y + F(1.0), low);
  }
  let r = F(1.0) / y;
  let z = r * r;
  // (2k + n - 1)! / (n - 1)! B(2k) / (2k)! of k = 1 to 5, by their ratios.
  let a = f32(n);
  let c1 = a * (a + 1.0) / 12.0;
  let c2 = -c1 * (a + 2.0) * (a + 3.0) / 60.0;
  let c3 = -c2 * (a + 4.0) * (a + 5.0) / 42.0;
  let c4 = -c3 * (a + 6.0) * (a + 7.0) / 40.0;
  let tail = F(1.0) + r * fma(r, fma(z, fma(z, fma(z, F(c4), F(c3)), F(c2)), F(c1)), F(0.5 * a));
  var p = F(1.0);
  for (var k = 0; k < n; k++) { p *= r; }
  let v = factorial * fma(p / a, tail, sum);
  return f_keep_nan(select(select(-v, v, (n & 1) == 1), f_log(-abs(x)), x < F(0.0)), x);
}

// log of the beta function: 5e-7 of 1 + its size, for any two positive arguments.
fn f_lbeta(a: F, b: F) -> F {
  let p = min(a, b);
  var q = max(a, b);
  // B(p, q) = B(p, q + 1) (p + q) / q, up to q >= 8.
  var ratio = F(1.0);
  for (var i = 0; i < 8; i++) {
    let low = q < F(8.0);
    ratio = select(ratio, ratio * ((p + q) / q), low);
    q = select(q, q + F(1.0), low);
  }
  let s = p + q;
  let d = p / q;
  let l = log_normal(s);
  let far = p >= F(8.0);
  let big = select(F(8.0), p, far);
  let many = fma(big - F(0.5), log_normal(big / s), fma(l, F(-0.5), F(0.918938533))) + stirling_rest(big) - (q - F(0.5)) * f_log1p(d);
  let few = lgamma_small(select(p, F(1.0), far)) - fma(q - F(0.5), log1p_less(d), fma(p, l, F(-0.5) * d));
  return select(few, many, far) + (stirling_rest(q) - stirling_rest(s) + log_normal(ratio));
}
