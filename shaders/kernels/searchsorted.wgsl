// uses: order
// How many elements of a row a[batch, n] are less than each value b[batch, each] (or equal, where right is 1): one invocation a value.
struct Params { grid_x: u32, values: u32, each: u32, n: u32, right: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

// 0 f32, 1 i32, 2 u32.
const KIND: u32 = 0u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.values) { return; }
  let first = (e / p.each) * p.n;
  let key = order_key(b[e], KIND);
  var lo = 0u;
  var hi = p.n;
  while (lo < hi) {
    let mid = (lo + hi) / 2u;
    let k = order_key(a[first + mid], KIND);
    if (k < key || (k == key && p.right == 1u)) { lo = mid + 1u; } else { hi = mid; }
  }
  out[e] = lo;
}
