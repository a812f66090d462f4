// uses: order
// Positions that sort the middle axis of a[outer, n, inner] within blocks of it: one invocation an element counts those of its block that
// come before it. Equals keep their order.
struct Params { grid_x: u32, grid_z: u32, lines: u32, n: u32, inner: u32, flip: u32, block: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

// 0 f32, 1 i32, 2 u32.
const KIND: u32 = 0u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.lines * p.n) { return; }
  let own = (e / p.inner) % p.n;
  let first = e - own * p.inner;
  let start = own - own % p.block;
  let end = min(start + p.block, p.n);
  let key = order_key(a[e], KIND) ^ p.flip;
  var rank = start;
  for (var k = start; k < end; k++) {
    let other = order_key(a[first + k * p.inner], KIND) ^ p.flip;
    rank += select(0u, 1u, other < key || (other == key && k < own));
  }
  out[first + rank * p.inner] = own;
}
