// uses:
// h[k] = a[k] h[k - 1] + b[k] along the middle axis of [outer, n, inner], from h = b: one invocation a line. The first a is not used.
struct Params { grid_x: u32, lines: u32, n: u32, inner: u32, reverse: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

// 1 for whole numbers, 0 for f32.
const WHOLE: u32 = 0u;

fn next(x: u32, h: u32, y: u32) -> u32 {
  if (WHOLE == 1u) { return x * h + y; }
  return bitcast<u32>(fma(bitcast<f32>(x), bitcast<f32>(h), bitcast<f32>(y)));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let line = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (line >= p.lines) { return; }
  let first = (line / p.inner) * p.n * p.inner + line % p.inner;
  var h = 0u;
  for (var k = 0u; k < p.n; k++) {
    let at = first + select(k, p.n - 1u - k, p.reverse == 1u) * p.inner;
    if (k == 0u) { h = b[at]; } else { h = next(a[at], h, b[at]); }
    out[at] = h;
  }
}
