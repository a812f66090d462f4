// uses:
// Arithmetic on numbers of either kind that lie in words, for kernels that serve f32, i32 and u32 by one text.

// 1 for whole numbers, 0 for f32.
const WHOLE: u32 = 0u;

// The sum. Exact modulo 2^32 for whole numbers, rounded for f32.
fn plus(x: u32, y: u32) -> u32 {
  if (WHOLE == 1u) { return x + y; }
  return bitcast<u32>(bitcast<f32>(x) + bitcast<f32>(y));
}
