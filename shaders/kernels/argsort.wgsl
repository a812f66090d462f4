// uses: order
// Positions that sort the middle axis of a[outer, n, inner]: one workgroup a line, by a sorting network over positions in the result itself.
// All its exchanges put the smaller first, so an axis that is no power of two just leaves out what would lie past its end. Positions break
// ties, so equals keep their order. n log2(n)^2 / 4 comparisons a line.
struct Params { grid_x: u32, lines: u32, n: u32, inner: u32, flip: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

// 0 f32, 1 i32, 2 u32.
const KIND: u32 = 0u;
const W: u32 = 64u;

fn exchange(first: u32, lo: u32, hi: u32) {
  if (hi >= p.n) { return; }
  let i = out[first + lo * p.inner];
  let j = out[first + hi * p.inner];
  let x = order_key(a[first + i * p.inner], KIND) ^ p.flip;
  let y = order_key(a[first + j * p.inner], KIND) ^ p.flip;
  if (y < x || (y == x && j < i)) {
    out[first + lo * p.inner] = j;
    out[first + hi * p.inner] = i;
  }
}

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let line = wid.x + wid.y * p.grid_x;
  if (line >= p.lines) { return; }
  let first = (line / p.inner) * p.n * p.inner + line % p.inner;
  for (var k = lid; k < p.n; k += W) { out[first + k * p.inner] = k; }
  storageBarrier();
  for (var block = 2u; block < 2u * p.n; block *= 2u) {
    let pairs = ((p.n + block - 1u) / block) * (block / 2u);
    for (var t = lid; t < pairs; t += W) {
      let start = (t / (block / 2u)) * block;
      let i = t % (block / 2u);
      exchange(first, start + i, start + block - 1u - i);
    }
    storageBarrier();
    for (var j = block / 4u; j > 0u; j /= 2u) {
      for (var t = lid; t < pairs; t += W) {
        let lo = (t / j) * 2u * j + t % j;
        exchange(first, lo, lo + j);
      }
      storageBarrier();
    }
  }
}
