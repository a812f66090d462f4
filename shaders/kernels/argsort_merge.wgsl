// uses: order
// Sorted runs of positions b along the middle axis of a[outer, n, inner], merged two by two: one invocation an element counts by bisection
// those of the neighbouring run that come before it. Equals of the first run come first, so equals keep their order. No barriers: on
// llvmpipe half the CPU time of a sorting network in one workgroup a line, and on a GPU one long line fills the machine.
struct Params { grid_x: u32, grid_z: u32, lines: u32, n: u32, inner: u32, flip: u32, run: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

// 0 f32, 1 i32, 2 u32.
const KIND: u32 = 0u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.lines * p.n) { return; }
  let i = (e / p.inner) % p.n;
  let line = e - i * p.inner;
  let own = b[e];
  let key = order_key(a[line + own * p.inner], KIND) ^ p.flip;
  let first = i - i % (2u * p.run);
  let second = min(first + p.run, p.n);
  let later = i >= second;
  var lo = select(second, first, later);
  var hi = select(min(second + p.run, p.n), second, later);
  while (lo < hi) {
    let mid = (lo + hi) / 2u;
    let other = order_key(a[line + b[line + mid * p.inner] * p.inner], KIND) ^ p.flip;
    if (other < key || (later && other == key)) { lo = mid + 1u; } else { hi = mid; }
  }
  // Before it are those of its own run, and those of the other.
  out[line + (i + lo - second) * p.inner] = own;
}
