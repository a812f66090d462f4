// uses:
// i / d, by a quotient in floats that may be off by one: on software adapters division of integers goes lane by lane. i is less than 2^23 d, lest it
// be off by more.

fn over4(i: vec4<u32>, d: u32) -> vec4<u32> {
  let q = vec4<u32>(vec4<f32>(i) / f32(d));
  let r = vec4<i32>(i - q * d);
  return select(select(q, q - 1u, r < vec4<i32>()), q + 1u, r >= vec4<i32>(i32(d)));
}

fn over(i: u32, d: u32) -> u32 {
  let q = u32(f32(i) / f32(d));
  let r = i32(i - q * d);
  return select(select(q, q - 1u, r < 0), q + 1u, r >= i32(d));
}
