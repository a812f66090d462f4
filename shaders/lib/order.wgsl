// uses:
// Order of numbers as order of u32 words, so that NaN has its place and comparisons are exact.

// Words that compare as the numbers whose bits are x: kind 0 f32 (-0 as 0, NaN above all), 1 i32, 2 u32.
fn order_key(x: u32, kind: u32) -> u32 {
  if (kind == 2u) { return x; }
  if (kind == 1u) { return x ^ 0x80000000u; }
  if ((x & 0x7fffffffu) > 0x7f800000u) { return 0xffffffffu; }
  if (x == 0x80000000u) { return 0x80000000u; }
  return select(x | 0x80000000u, ~x, (x & 0x80000000u) != 0u);
}
