// uses: bits, explog
// Modified Bessel functions of orders 0 and 1 as the von Mises distribution needs them:
// fitted polynomials of our own in x^2 up to 8 and in 1/x beyond, for the ratio a continued
// fraction up to 8. Errors are relative to the exact value.

// log I0(x): 6e-7, also near 0.
fn f_log_i0(x: F) -> F {
  let a = abs(x);
  let far = a > F(8.0);
  let t = F(0.25) * min(a, F(8.0)) * min(a, F(8.0));
  var q = fma(t, F(1.4566142e-11), F(4.0729065e-10));
  q = fma(t, q, F(4.2492104e-8));
  q = fma(t, q, F(1.9026932e-6));
  q = fma(t, q, F(6.9570306e-5));
  q = fma(t, q, F(1.7357849e-3));
  q = fma(t, q, F(0.027778184));
  q = fma(t, q, F(0.24999982));
  q = fma(t, q, F(1.0));
  let l = f_log1p(select(t * q, a - F(1.0), far));
  let z = F(1.0) / max(a, F(8.0));
  var p = fma(z, F(3.281171), F(-0.34408015));
  p = fma(z, p, F(0.14483537));
  p = fma(z, p, F(0.06367011));
  p = fma(z, p, F(0.06251695));
  p = fma(z, p, F(0.12499997));
  let big = a + fma(l, F(-0.5), fma(z, p, F(-0.918938533)));
  return f_keep_nan(select(l, big, far), x);
}

// 1 - I1(x) / I0(x) for x >= 8: 3e-7.
fn bessel_gap(x: F) -> F {
  let z = F(1.0) / x;
  var p = fma(z, F(33.744644), F(-6.276533));
  p = fma(z, p, F(1.1222472));
  p = fma(z, p, F(0.16191912));
  p = fma(z, p, F(0.12571749));
  p = fma(z, p, F(0.124994285));
  return z * fma(z, p, F(0.5));
}

// I1(x) / I0(x): 4e-7.
fn f_bessel_ratio(x: F) -> F {
  let a = abs(x);
  let near = min(a, F(8.0));
  var t = F(0.0);
  for (var k = 32.0; k > 1.0; k -= 2.0) { t = near / fma(near, t, F(k)); }
  let y = select(t, F(1.0) - bessel_gap(max(a, F(8.0))), a > F(8.0));
  return f_keep_nan(select(y, -y, x < F(0.0)), x);
}
