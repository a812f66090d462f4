// uses: bits, explog
// Hyperbolic functions and their inverses, the logistic function and softplus, most from
// expm1 and log1p, so they are accurate near 0 and do not overflow before their results.
// Errors are in ulp of the f32 result, against the exact function.

// tanh(x): 5 ulp, also near 0; 1 beyond 9.02. x P(x^2) / Q(x^2), fitted for the least relative error on [0, 9.02] (2e-8 before rounding):
// half the time that it takes by way of expm1.
fn f_tanh(x: F) -> F {
  let c = clamp(x, F(-9.02), F(9.02));
  let z = c * c;
  let p = fma(fma(fma(fma(F(1.33205487e-8), z, F(2.05846712e-5)), z, F(0.00349411209)), z, F(0.133797849)), z, F(0.999999979));
  let q = fma(fma(fma(fma(F(7.7626608e-7), z, F(0.000328321599)), z, F(0.0258713735)), z, F(0.467131003)), z, F(1.0));
  return f_keep_nan(clamp(c * p / q, F(-1.0), F(1.0)), x);
}

// sinh(x): 5 ulp, also near 0; infinite above 89.41. From h = exp(|x| / 2):
// (h - 1/h)(h + 1/h) / 2.
fn f_sinh(x: F) -> F {
  let t = f_expm1(min(F(0.5) * abs(x), F(60.0)));
  let h = F(1.0) + t;
  let i = F(1.0) / h;
  let y = fma(t, i, t) * (F(0.5) * (h + i));
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}

// cosh(x): 5 ulp; infinite above 89.41.
fn f_cosh(x: F) -> F {
  let h = f_exp(F(0.5) * abs(x));
  return fma(F(0.5) * h, h, F(0.5) / (h * h));
}

// asinh(x): 5 ulp, also near 0.
fn f_asinh(x: F) -> F {
  let a = abs(x);
  let big = a > F(1.0e8);
  let z = select(a + a * (a / (F(1.0) + sqrt(fma(a, a, F(1.0))))), a, big);
  let y = f_log1p(z) + select(F(0.0), F(0.693147182), big);
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}

// acosh(x): 5 ulp for x >= 1, also near 1. Below, the square root of a negative number.
fn f_acosh(x: F) -> F {
  let t = x - F(1.0);
  let big = x > F(1.0e8);
  let z = select(t + sqrt(t * (t + F(2.0))), x, big);
  return f_log1p(z) + select(F(0.0), F(0.693147182), big);
}

// atanh(x): 5 ulp on (-1, 1), also near 0; infinite at the ends.
fn f_atanh(x: F) -> F {
  let a = abs(x);
  let y = F(0.5) * f_log1p(F(2.0) * a / (F(1.0) - a));
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}

// 1 / (1 + exp(-x)): 5 ulp; 0 or subnormal below -87.34.
fn f_sigmoid(x: F) -> F {
  let e = f_exp(-abs(x));
  return select(e, F(1.0), x >= F(0.0)) / (F(1.0) + e);
}

// log(1 + exp(x)): 3 ulp; 0 or subnormal below -87.34, never overflows.
fn f_softplus(x: F) -> F { return max(x, F(0.0)) + log1p_normal(f_exp(-abs(x))); }
