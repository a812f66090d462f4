// uses: explog
// Scalar twins of functions of other libraries, whatever the width of F: for texts with
// branches and loops that differ from lane to lane.

// exp(r) - 1 - r for |r| <= ln(2) / 2, over r^2.
fn exp_tail_1(r: f32) -> f32 {
  var q = fma(r, 1.98240945e-4, 1.39333331e-3);
  q = fma(r, q, 8.33342038e-3);
  q = fma(r, q, 0.0416664816);
  q = fma(r, q, 0.166666657);
  return fma(r, q, 0.5);
}

// exp(x): 2 ulp from -87 to 88; 0 below, about 1.6e38 above.
fn exp_1(x: f32) -> f32 {
  let c = clamp(x, -87.0, 88.0);
  let k = round(c * 1.44269502);
  let r = fma(k, -3.19461833e-5, max(fma(k, -0.693115234375, c), -3.0e38));
  let y = 1.0 + fma(r * r, exp_tail_1(r), r);
  let i = i32(k);
  let half = i >> 1u;
  let v = y * bitcast<f32>((half + 127) << 23u) * bitcast<f32>((i - half + 127) << 23u);
  return select(v, 0.0, x < -87.0);
}

// exp(x) - 1 - x: relative error 1e-6, absolute 2 ulp of exp(x).
fn exp_less_line(x: f32) -> f32 {
  if (abs(x) < 0.34) { return x * x * exp_tail_1(x); }
  return exp_1(x) - 1.0 - x;
}

// log(1 + x) for -1 + 2^-24 <= x < 2^64: 2 ulp, also near 0.
fn log1p_1(x: f32) -> f32 {
  let k = bitcast<i32>(bitcast<u32>(1.0 + x) - 0x3f3504f3u) >> 23u;
  let s = bitcast<f32>((127 - k) << 23u);
  return log_poly_1(fma(x, s, s - 1.0), f32(k));
}

// sin(t) for 0 <= t <= pi, relative error 2e-7 up to pi / 2 and absolute 1e-7 beyond.
fn sin_1(t: f32) -> f32 {
  let a = min(t, 3.14159274 - t);
  let b = select(a, 1.57079637 - a, a > 0.785398185);
  let z = b * b;
  let s = fma(b * z, fma(z, fma(z, -1.9514958e-4, 8.33215844e-3), -0.166666552), b);
  let c = fma(z * z, fma(z, fma(z, 2.44327857e-5, -1.3887313e-3), 0.0416666456), fma(z, -0.5, 1.0));
  return select(s, c, a > 0.785398185);
}

// atan(t) for any t: 4 ulp.
fn atan_1(t: f32) -> f32 {
  let a = abs(t);
  let big = a > 1.0;
  let u = select(a, 1.0 / a, big);
  let z = u * u;
  var q = fma(z, 2.92069186e-3, -0.0163679272);
  q = fma(z, q, 0.0432118587);
  q = fma(z, q, -0.0755221397);
  q = fma(z, q, 0.106660046);
  q = fma(z, q, -0.142110556);
  q = fma(z, q, 0.199937731);
  q = fma(z, q, -0.333331525);
  let p = fma(u * z, q, u);
  let y = select(p, 1.57079637 - p, big);
  return select(y, -y, t < 0.0);
}

// Derivative of log gamma for x >= 1: absolute error 2e-7 max(1, log x).
fn digamma_1(x: f32) -> f32 {
  var y = x;
  var shift = 0.0;
  while (y < 6.0) {
    shift -= 1.0 / y;
    y += 1.0;
  }
  let z = 1.0 / (y * y);
  return shift + (log_1(y) - 0.5 / y - z * (0.0833333358 - z * (8.33333377e-3 - z * 3.96825420e-3)));
}
