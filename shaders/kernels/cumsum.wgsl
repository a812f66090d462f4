// uses: words
// Sums so far along the middle axis of a[outer, n, inner]: one invocation a line, in order, so that sums have one order. Blocks of 128 are added up
// on their own, 128 of them likewise, and then put together: a term added to the sum of all before it loses what that sum's last bit is too coarse
// for, and a million of equal terms lose 1 % together.
struct Params { grid_x: u32, lines: u32, n: u32, inner: u32, reverse: u32, exclusive: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let line = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (line >= p.lines) { return; }
  let first = (line / p.inner) * p.n * p.inner + line % p.inner;
  var before = 0u;
  var blocks = 0u;
  var far = 0u;
  var sum = 0u;
  for (var k = 0u; k < p.n; k++) {
    if ((k & 127u) == 0u) {
      blocks = plus(blocks, sum);
      sum = 0u;
      if ((k & 16383u) == 0u) {
        far = plus(far, blocks);
        blocks = 0u;
      }
      before = plus(far, blocks);
    }
    let at = first + select(k, p.n - 1u - k, p.reverse == 1u) * p.inner;
    let next = plus(sum, a[at]);
    out[at] = plus(before, select(next, sum, p.exclusive == 1u));
    sum = next;
  }
}
