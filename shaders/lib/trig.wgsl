// uses: bits
// Circular functions and their inverses by polynomials of our own: WGSL allows sin and cos
// an absolute error of 2^-11 within [-pi, pi] and none is stated beyond. Arguments are
// reduced by pi/2 in three parts (Cody and Waite), the first two so short that their
// multiples are exact. Errors are against the exact function of the f32 argument.

// x minus the nearest multiple k of pi/2: absolute error 1e-10 + 2^-25 |result| for |x| < 12,800.
fn less_half_pi(x: F, k: F) -> F {
  let r = f_apart(fma(k, F(-4.837512969970703e-4), f_apart(fma(k, F(-1.5703125), x))));
  return fma(k, F(-7.54978994e-8), r);
}

// sin(r) and cos(r) for |r| <= pi/4, relative errors of the polynomials 2^-26 and 2^-32.
fn sin_poly(r: F) -> F {
  let z = r * r;
  let q = fma(z, fma(z, F(-1.9514958e-4), F(8.33215844e-3)), F(-0.166666552));
  return fma(r * z, q, r);
}
fn cos_poly(r: F) -> F {
  let z = r * r;
  let q = fma(z, fma(z, F(2.44327857e-5), F(-1.3887313e-3)), F(0.0416666456));
  return fma(z * z, q, fma(z, F(-0.5), F(1.0)));
}

// sin of r + n pi/2.
fn sin_quadrant(r: F, n: I) -> F {
  let v = select(sin_poly(r), cos_poly(r), (n & I(1)) != I(0));
  return select(v, -v, (n & I(2)) != I(0));
}

// sin(x): absolute error 1.2e-7 for |x| < 12,800 (2 ulp for |x| < pi/4); beyond, the error
// is that of the reduction, up to |x| 2^-24, and nothing is promised from 2^31 on.
fn f_sin(x: F) -> F {
  let k = round(x * F(0.636619747));
  return f_keep_nan(sin_quadrant(less_half_pi(x, k), I(k)), x);
}

// cos(x): as sin.
fn f_cos(x: F) -> F {
  let k = round(x * F(0.636619747));
  return f_keep_nan(sin_quadrant(less_half_pi(x, k), I(k) + I(1)), x);
}

// tan(x): relative error 4e-7 plus 2e-8 / (distance to the nearest multiple of pi/2),
// |x| < 12,800; 4 ulp for |x| < pi/4.
fn f_tan(x: F) -> F {
  let k = round(x * F(0.636619747));
  let r = less_half_pi(x, k);
  let s = sin_poly(r);
  let c = cos_poly(r);
  let odd = (I(k) & I(1)) != I(0);
  return f_keep_nan(select(s, -c, odd) / select(c, s, odd), x);
}

// asin(s) for 0 <= s <= 1/2 with z = s^2, relative error of the polynomial 2^-27.
fn asin_poly(s: F, z: F) -> F {
  var q = fma(z, F(0.0421782285), F(0.0241729524));
  q = fma(z, q, F(0.0454716086));
  q = fma(z, q, F(0.0749528855));
  q = fma(z, q, F(0.166667521));
  return fma(s * z, q, s);
}

// asin(x): 4 ulp on [-1, 1]. Outside, the square root of a negative number.
fn f_asin(x: F) -> F {
  let a = abs(x);
  let big = a > F(0.5);
  let z = select(a * a, fma(a, F(-0.5), F(0.5)), big);
  let p = asin_poly(select(a, sqrt(z), big), z);
  let y = select(p, fma(p, F(-2.0), F(1.57079637)), big);
  return select(y, -y, x < F(0.0));
}

// acos(x): 4 ulp on [-1, 1], also near 1.
fn f_acos(x: F) -> F {
  let a = abs(x);
  let big = a > F(0.5);
  let z = select(a * a, fma(a, F(-0.5), F(0.5)), big);
  let p = asin_poly(select(a, sqrt(z), big), z);
  let y = select(F(1.57079637) - select(p, -p, x < F(0.0)), F(2.0) * p, big);
  return select(y, fma(p, F(-2.0), F(3.14159274)), big & (x < F(0.0)));
}

// atan(t) for 0 <= t <= 1, relative error of the polynomial 2^-25.
fn atan_poly(t: F) -> F {
  let z = t * t;
  var q = fma(z, F(2.92069186e-3), F(-0.0163679272));
  q = fma(z, q, F(0.0432118587));
  q = fma(z, q, F(-0.0755221397));
  q = fma(z, q, F(0.106660046));
  q = fma(z, q, F(-0.142110556));
  q = fma(z, q, F(0.199937731));
  q = fma(z, q, F(-0.333331525));
  return fma(t * z, q, t);
}

// atan(x): 4 ulp everywhere.
fn f_atan(x: F) -> F {
  let a = abs(x);
  let big = a > F(1.0);
  let p = atan_poly(select(a, F(1.0) / a, big));
  let y = select(p, F(1.57079637) - p, big);
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}

// Angle of the point (x, y) in [-pi, pi]: 5 ulp, quotients of |x| and |y| that are normal
// numbers. Signs of zeros count; the angle of (0, 0) is 0 or pi with the sign of y.
fn f_atan2(y: F, x: F) -> F {
  let ax = abs(x);
  let ay = abs(y);
  let longer = max(ax, ay);
  let t = min(ax, ay) / select(longer, F(1.0), longer == F(0.0));
  let p = atan_poly(t);
  let upper = select(p, F(1.57079637) - p, ay > ax);
  let angle = select(upper, F(3.14159274) - upper, bitcast<I>(x) < I(0));
  return f_keep_nan(f_keep_nan(select(angle, -angle, bitcast<I>(y) < I(0)), x), y);
}

// cos and sin of 2 pi w / 2^32, w a word: absolute error 1e-7. The octant is found in
// whole numbers, so multiples of an eighth turn lose nothing.
fn cos_sin_turn(w: u32) -> vec2<f32> {
  let n = (w + 0x20000000u) >> 30u;
  let r = f32(bitcast<i32>(w - (n << 30u))) * 1.46291812e-9;
  let z = r * r;
  let s = fma(r * z, fma(z, fma(z, -1.9514958e-4, 8.33215844e-3), -0.166666552), r);
  let c = fma(z * z, fma(z, fma(z, 2.44327857e-5, -1.3887313e-3), 0.0416666456), fma(z, -0.5, 1.0));
  let v = select(vec2<f32>(c, s), vec2<f32>(-s, c), (n & 1u) != 0u);
  return select(v, -v, (n & 2u) != 0u);
}
