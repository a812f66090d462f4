// uses:
// Tests of float bits, and whole-number arithmetic where WGSL's own differs from the
// op table: floors instead of truncation, 0 for a divisor of 0, shift counts mod 32.
// Not-a-number and infinity are told by bits only: comparisons may assume there are none.

// Neither infinite nor NaN. Exact.
fn f_is_finite(x: F) -> B { return (bitcast<U>(x) & U(0x7f800000u)) != U(0x7f800000u); }

// NaN. Exact.
fn f_is_nan(x: F) -> B { return (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u); }

// y, but NaN where x is NaN: clamps and bit arithmetic would hide it.
fn f_keep_nan(y: F, x: F) -> F { return select(y, x, f_is_nan(x)); }

// x itself (which must exceed -3e38), as something compilers can't see through: they may
// otherwise join x - k a - k b into x - k (a + b), which loses what two parts are for.
fn f_apart(x: F) -> F { return max(x, F(-3.0e38)); }

// Nearest whole number, ties to even. Exact.
fn f_round_even(x: F) -> F { return round(x); }

// a - q b by two halves of b, so that products are exact for |q| < 4096 whether fma is
// fused or not.
fn f_less(a: F, q: F, b: F) -> F {
  let high = bitcast<F>(bitcast<U>(b) & U(0xfffff000u));
  return fma(-q, b - high, f_apart(fma(-q, high, a)));
}

// floor(a / b). Exact for |a / b| < 4096: the rounded quotient is off by at most one
// across a whole number, which the remainder tells. Beyond, off by 2^-22 |a / b|.
fn f_floor_div(a: F, b: F) -> F {
  let q = floor(a / b);
  let r = f_less(a, q, b);
  let below = (r != F(0.0)) & ((r < F(0.0)) != (b < F(0.0)));
  let above = !below & (abs(r) >= abs(b));
  return q - select(F(0.0), F(1.0), below) + select(F(0.0), F(1.0), above);
}

// a - b floor(a / b), of the sign of b. Absolute error 2^-23 |b| for |a / b| < 4096;
// beyond, 2^-22 |a|.
fn f_mod(a: F, b: F) -> F {
  let r = f_less(a, floor(a / b), b);
  let below = (r != F(0.0)) & ((r < F(0.0)) != (b < F(0.0)));
  let above = !below & (abs(r) >= abs(b));
  return r + select(F(0.0), b, below) - select(F(0.0), b, above);
}

// floor(a / b), 0 where b is 0. Exact.
fn i_floor_div(a: I, b: I) -> I {
  let d = select(b, I(1), b == I(0));
  let q = a / d;
  let r = a - q * d;
  let below = (r != I(0)) & ((r ^ d) < I(0));
  return select(q - select(I(0), I(1), below), I(0), b == I(0));
}

// a - b floor(a / b), 0 where b is 0. Exact.
fn i_mod(a: I, b: I) -> I {
  let d = select(b, I(1), b == I(0));
  let r = a - (a / d) * d;
  let below = (r != I(0)) & ((r ^ d) < I(0));
  return r + select(I(0), d, below);
}

// a / b rounded down, 0 where b is 0. Exact.
fn u_floor_div(a: U, b: U) -> U { return select(a / select(b, U(1u), b == U(0u)), U(0u), b == U(0u)); }

// Remainder of a / b, 0 where b is 0. Exact.
fn u_mod(a: U, b: U) -> U { return a % select(b, U(1u), b == U(0u)); }

// Shifts by b mod 32; to the right the sign of an I is kept.
fn i_shift_left(a: I, b: I) -> I { return a << (bitcast<U>(b) & U(31u)); }
fn u_shift_left(a: U, b: U) -> U { return a << (b & U(31u)); }
fn i_shift_right(a: I, b: I) -> I { return a >> (bitcast<U>(b) & U(31u)); }
fn u_shift_right(a: U, b: U) -> U { return a >> (b & U(31u)); }
