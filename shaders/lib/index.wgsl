// uses:
// Division of indices by a divisor that is known on the host only: the reciprocal comes
// with it, and two correction steps make the quotient exact for every 32-bit dividend.

fn u_quotient(x: u32, d: u32, inverse: f32) -> u32 {
  var q = u32(f32(x) * inverse);
  var r = bitcast<i32>(x - q * d);
  let more = i32(floor(f32(r) * inverse));
  q = bitcast<u32>(bitcast<i32>(q) + more);
  r = r - more * bitcast<i32>(d);
  q = select(q, q - 1u, r < 0);
  return select(q, q + 1u, r >= bitcast<i32>(d));
}
