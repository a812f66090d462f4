// uses: words
// Sums so far along the middle axis of a[outer, n, inner], from starts[outer, chunks, inner], the sums before each chunk of it: one invocation a chunk.
struct Params { grid_x: u32, grid_z: u32, total: u32, n: u32, inner: u32, chunk: u32, chunks: u32, reverse: u32, exclusive: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (i >= p.total) { return; }
  let row = i / p.inner;
  let skip = (row % p.chunks) * p.chunk;
  let length = min(p.chunk, p.n - skip);
  let first = (row / p.chunks * p.n + skip) * p.inner + i % p.inner;
  let before = starts[i];
  var sum = 0u;
  for (var k = 0u; k < length; k++) {
    let at = first + select(k, length - 1u - k, p.reverse == 1u) * p.inner;
    let next = plus(sum, a[at]);
    out[at] = plus(before, select(next, sum, p.exclusive == 1u));
    sum = next;
  }
}
