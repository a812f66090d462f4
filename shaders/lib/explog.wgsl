// uses: bits
// Exponentials and logarithms: minimax polynomials of our own, since WGSL allows exp an
// error of 3 + 2|x| ulp and log a poor one near 1. Overflow gives infinity (never by a
// literal), underflow 0 or a subnormal as the device has it; NaN stays NaN. Subnormal
// arguments of logarithms count as 0, whose logarithm is minus infinity; that of a
// negative number is NaN. Errors are in ulp of the f32 result, against the exact value.

// exp(r) - 1 for |r| <= ln(2) / 2, relative error of the polynomial 2^-29.
fn expm1_poly(r: F) -> F {
  var q = fma(r, F(1.98240945e-4), F(1.39333331e-3));
  q = fma(r, q, F(8.33342038e-3));
  q = fma(r, q, F(0.0416664816));
  q = fma(r, q, F(0.166666657));
  q = fma(r, q, F(0.5));
  return fma(r * r, q, r);
}

// x - k ln 2 by two parts of ln 2, the first so short that k times it is exact.
fn less_ln2(x: F, k: F) -> F { return fma(k, F(-3.19461833e-5), f_apart(fma(k, F(-0.693115234375), x))); }

// 2^k for -126 <= k <= 127.
fn power_of_two(k: I) -> F { return bitcast<F>((k + I(127)) << U(23u)); }

// exp(x): 2 ulp; inf above 88.7229; below -87.34 subnormal or 0.
fn f_exp(x: F) -> F {
  let c = clamp(x, F(-104.0), F(89.0));
  let k = round(c * F(1.44269502));
  let y = F(1.0) + expm1_poly(less_ln2(c, k));
  let i = I(k);
  let half = i >> U(1u);
  return f_keep_nan(y * power_of_two(half) * power_of_two(i - half), x);
}

// exp(x) - 1: 2 ulp, also near 0; inf above 88.7229.
fn f_expm1(x: F) -> F {
  let c = clamp(x, F(-20.0), F(89.0));
  let k = round(c * F(1.44269502));
  let s = power_of_two(I(k) - I(1));
  let y = F(2.0) * fma(s, expm1_poly(less_ln2(c, k)), s - F(0.5));
  return f_keep_nan(y, x);
}

// The whole k for which x / 2^k is in [sqrt(1/2), sqrt(2)), x positive and normal.
fn binary_exponent(x: F) -> I { return bitcast<I>(bitcast<U>(x) - U(0x3f3504f3u)) >> U(23u); }

// k ln 2 + log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)), relative error of the polynomial 2^-27.
fn log_poly(f: F, k: F) -> F {
  var q = fma(f, F(-0.07637766), F(0.127641857));
  q = fma(f, q, F(-0.131602332));
  q = fma(f, q, F(0.142014161));
  q = fma(f, q, F(-0.166233182));
  q = fma(f, q, F(0.200012401));
  q = fma(f, q, F(-0.250008225));
  q = fma(f, q, F(0.333333313));
  let z = f * f;
  let t = fma(z, F(-0.5), fma(k, F(3.19461833e-5), f * z * q));
  return fma(k, F(0.693115234375), f + t);
}

// log(x) for x positive, normal and finite: 1 ulp.
fn log_normal(x: F) -> F {
  let k = binary_exponent(x);
  let m = bitcast<F>(bitcast<U>(x) - bitcast<U>(k << U(23u)));
  return log_poly(m - F(1.0), F(k));
}

// y = log(x), put right where x is 0 (minus infinity), negative (NaN), infinite or NaN (x).
fn log_edges(y: F, x: F) -> F {
  let b = bitcast<U>(x);
  let zero = (b & U(0x7fffffffu)) < U(0x00800000u);
  let out = select(bitcast<F>(b | U(0x7fc00000u)), x, b < U(0x80000000u));
  let v = select(y, out, b >= U(0x7f800000u));
  return select(v, bitcast<F>((b & U(0x80000000u)) | U(0xff800000u)), zero);
}

// log(x): 1 ulp, also near 1.
fn f_log(x: F) -> F { return log_edges(log_normal(x), x); }

// log(1 + x) for -1 + 2^-24 <= x < 2^64: 2 ulp, also near 0. The fraction is made from x,
// not from 1 + x, so no digit of a small x is lost.
fn log1p_normal(x: F) -> F {
  let k = binary_exponent(F(1.0) + x);
  let s = power_of_two(-k);
  return log_poly(fma(x, s, s - F(1.0)), F(k));
}

// log(1 + x): 2 ulp, also near 0.
fn f_log1p(x: F) -> F {
  let u = F(1.0) + x;
  return log_edges(select(log1p_normal(x), log_normal(u), u > F(1.0e10)), u);
}

// a to the b as exp(b log |a|): relative error 1.5e-7 (1 + |b log |a||), so 1.4e-5 where
// the result is close to overflow. Negative a: NaN unless b is whole. 0 to the 0 is 1.
fn f_pow(a: F, b: F) -> F {
  let y = f_exp(b * f_log(abs(a)));
  let negative = a < F(0.0);
  let whole = floor(b) == b;
  let odd = whole & (floor(b * F(0.5)) != b * F(0.5));
  let signed = select(y, -y, negative & odd);
  let v = select(signed, bitcast<F>(bitcast<U>(y) | U(0x7fc00000u)), negative & !whole);
  return select(v, F(1.0), b == F(0.0));
}

// The scalar twins that random.wgsl needs, whatever the width of F.
fn log_poly_1(f: f32, k: f32) -> f32 {
  var q = fma(f, -0.07637766, 0.127641857);
  q = fma(f, q, -0.131602332);
  q = fma(f, q, 0.142014161);
  q = fma(f, q, -0.166233182);
  q = fma(f, q, 0.200012401);
  q = fma(f, q, -0.250008225);
  q = fma(f, q, 0.333333313);
  let z = f * f;
  let t = fma(z, -0.5, fma(k, 3.19461833e-5, f * z * q));
  return fma(k, 0.693115234375, f + t);
}

// log(x) for x positive, normal and finite: 1 ulp.
fn log_1(x: f32) -> f32 {
  let b = bitcast<u32>(x);
  let k = bitcast<i32>(b - 0x3f3504f3u) >> 23u;
  return log_poly_1(bitcast<f32>(b - bitcast<u32>(k << 23u)) - 1.0, f32(k));
}

// log((w + 1/2) / 2^32): 2 ulp, also where the argument is close to 1, since 1 minus it
// is made from the complement of the word.
fn log_word(w: u32) -> f32 {
  let b = bitcast<u32>((f32(w) + 0.5) * 2.3283064365386963e-10);
  let k = bitcast<i32>(b - 0x3f3504f3u) >> 23u;
  let f = bitcast<f32>(b - bitcast<u32>(k << 23u)) - 1.0;
  return log_poly_1(select(f, (f32(~w) + 0.5) * -2.3283064365386963e-10, w >= 0xc0000000u), f32(k));
}
