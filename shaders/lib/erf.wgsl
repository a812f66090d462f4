// uses: bits, explog
// The error function's family and the normal distribution's: fitted polynomials of our own
// for the bounded, slowly changing parts, and exponentials of squares made so that their
// large arguments are not rounded. Errors are relative to the exact value.

// exp(s x^2), s being 1, 1/2 or a negative of these: 4e-7. The square of x's leading bits is exact.
fn exp_square(x: F, s: F) -> F {
  let h = bitcast<F>(bitcast<U>(x) & U(0xfffff000u));
  let r = s * ((x - h) * (x + h));
  let near = fma(r, fma(r, fma(r, fma(r, F(0.0416666667), F(0.166666667)), F(0.5)), F(1.0)), F(1.0));
  return f_exp(s * (h * h)) * near;
}

// exp(x^2) erfc(x) for x >= 0: 4e-7.
fn erfcx_right(x: F) -> F {
  let c = min(x, F(1.0e18));
  let t = (c - F(2.0)) / (c + F(2.0));
  var q = fma(t, F(5.9232178e-5), F(1.6122624e-4));
  q = fma(t, q, F(-3.4647103e-4));
  q = fma(t, q, F(-1.3967899e-3));
  q = fma(t, q, F(1.205875e-3));
  q = fma(t, q, F(8.6901365e-3));
  q = fma(t, q, F(-8.013871e-3));
  q = fma(t, q, F(-0.05421232));
  q = fma(t, q, F(0.16404854));
  q = fma(t, q, F(-0.16603105));
  q = fma(t, q, F(-0.092763714));
  q = fma(t, q, F(1.2769784));
  return q / fma(F(2.0), x, F(1.0));
}

// erfcx(x): 1e-6; infinite below -9.38.
fn f_erfcx(x: F) -> F {
  let right = erfcx_right(abs(x));
  let left = F(2.0) * exp_square(max(x, F(-12.0)), F(1.0)) - right;
  return f_keep_nan(select(right, left, x < F(0.0)), x);
}

// erfc(x): 8e-7; 0 or subnormal above 9.19.
fn f_erfc(x: F) -> F {
  let a = min(abs(x), F(16.0));
  let right = exp_square(a, F(-1.0)) * erfcx_right(a);
  return f_keep_nan(select(right, F(2.0) - right, x < F(0.0)), x);
}

// erf(x): 4e-7, also near 0.
fn f_erf(x: F) -> F {
  let a = min(abs(x), F(16.0));
  let z = min(a, F(1.0)) * min(a, F(1.0));
  var q = fma(z, F(7.853858e-5), F(-8.0101925e-4));
  q = fma(z, q, F(5.1883277e-3));
  q = fma(z, q, F(-0.026853811));
  q = fma(z, q, F(0.112835854));
  q = fma(z, q, F(-0.37612626));
  q = fma(z, q, F(1.1283791));
  let y = select(a * q, F(1.0) - exp_square(a, F(-1.0)) * erfcx_right(a), a > F(1.0));
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}

// log of the normal distribution function: 6e-7, down to where x^2 overflows; 0 above 13.
fn f_log_ndtr(x: F) -> F {
  let c = erfcx_right(abs(x) * F(0.707106781)) * F(0.5);
  let right = f_log1p(-exp_square(min(x, F(20.0)), F(-0.5)) * c);
  let left = fma(F(-0.5) * x, x, f_log(c));
  return f_keep_nan(select(left, right, x > F(0.0)), x);
}

// erfinv(y) / y from w = -log(1 - y^2): 1e-6 up to w = 5, 2e-6 up to 88; w itself where infinite.
fn erfinv_over(w: F) -> F {
  let t = min(w, F(5.0)) - F(2.5);
  var q = fma(t, F(-8.791056e-9), F(2.3232642e-8));
  q = fma(t, q, F(4.6617066e-7));
  q = fma(t, q, F(-3.4627049e-6));
  q = fma(t, q, F(-4.9633477e-6));
  q = fma(t, q, F(2.1834444e-4));
  q = fma(t, q, F(-1.2527419e-3));
  q = fma(t, q, F(-4.177387e-3));
  q = fma(t, q, F(0.24664028));
  q = fma(t, q, F(1.5014094));
  let v = sqrt(clamp(w, F(5.0), F(88.0)));
  let u = F(1.0) / v - F(0.25);
  var p = fma(u, F(-151.34354), F(-53.021152));
  p = fma(u, p, F(16.772411));
  p = fma(u, p, F(8.14954));
  p = fma(u, p, F(-0.33738422));
  p = fma(u, p, F(0.5485754));
  p = fma(u, p, F(0.079687074));
  p = fma(u, p, F(-0.1981525));
  p = fma(u, p, F(0.9599466));
  let far = select(v * p, w, w > F(1.0e30));
  return f_keep_nan(select(q, far, w > F(5.0)), w);
}

// erfinv(y): 2e-6; infinite at -1 and 1, NaN beyond.
fn f_erfinv(y: F) -> F { return y * erfinv_over(-f_log((F(1.0) - y) * (F(1.0) + y))); }

// The standard normal quantile of p: 2e-6, down to the least normal number; near 1/2 and
// above, as exact as the distance from 1 is. Infinite at 0 and 1, NaN beyond.
fn f_ndtri(p: F) -> F {
  let w = -f_log(F(4.0) * p * (F(1.0) - p));
  return F(1.41421356) * fma(F(2.0), p, F(-1.0)) * erfinv_over(w);
}
