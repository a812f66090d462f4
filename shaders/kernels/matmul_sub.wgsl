// uses: sums
// Matrix product for software adapters with subgroups of 8 lanes: C[z,m,n] = sum_k A[z,m,k] B[z,k,n]. Operands are taken as they lie: A k-major (rows of
// m, read as vec4), or with AK = 1 in rows of k, read one by one; B k-major (rows of n), or with BK = 1 in rows of k. a_row and b_row are elements
// from row to row.
// A load there is a loop over lanes, 14 ns a component (20 ns a lone scalar) whatever the address, a broadcast from a named lane 1 to 2 ns, a
// multiply-add of 8 lanes 0.8 ns. So no number is loaded by two lanes: a subgroup makes ROWS x 32 sums, each lane 4 columns of all rows, and A's numbers
// of one k, 4 a lane, are broadcast in turn. 2.0 to 3.3 times as fast as 8 x 8 sums a lane with loads of their own; with AK or BK it takes 1.1 to 1.5 times
// as long as without. ROWS, a multiple of 4 up to 32, is chosen so that tiles are full: 28 for 100 rows.
// The sums spill to the stack, which is L1 cache: tiles of 64 x 32 and 32 x 64 took the same time a product and compiled twice as long. Four k at a time,
// loads along k at every fourth k and rows left out by branches were slower: the code outgrows its cache, or every sum is blended again.
// Preconditions: n, and of what is read as vec4 the row and the batch stride, multiples of 4; m and k free; batch on z alone; one workgroup a tile.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  m: u32, n: u32, k: u32, a_row: u32, b_row: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

const AK: u32 = 0u;
const BK: u32 = 0u;

fn one_a(i: u32) -> f32 { return a[i / 4u][i & 3u]; }
fn one_b(i: u32) -> f32 { return b[i / 4u][i & 3u]; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let t = wid.x + wid.y * p.grid_x;
  let tiles_n = (p.n + 31u) / 32u;
  if (t >= ((p.m + ROWS - 1u) / ROWS) * tiles_n) { return; }
  let m0 = (t / tiles_n) * ROWS;
  let n0 = (t % tiles_n) * 32u + 4u * lane;
  // past the edges lanes read again what is there, and store nothing
  let z = wid.z * p.a_batch;
  let mi = m0 + 4u * lane;
  let last = p.m - 1u;
  var i0 = z + select(min(mi, p.a_row - 4u), min(mi, last) * p.a_row, AK == 1u);
  let i1 = z + min(mi + 1u, last) * p.a_row;
  let i2 = z + min(mi + 2u, last) * p.a_row;
  let i3 = z + min(mi + 3u, last) * p.a_row;
  var j = wid.z * p.b_batch + min(n0, p.n - 4u) * select(1u, p.b_row, BK == 1u);
  var sums = Sums();
  for (var k = 0u; k < p.k; k++) {
    var av: vec4<f32>;
    if (AK == 1u) {
      av = vec4<f32>(one_a(i0 + k), one_a(i1 + k), one_a(i2 + k), one_a(i3 + k));
    } else {
      av = a[i0 / 4u];
      i0 += p.a_row;
    }
    var bv: vec4<f32>;
    if (BK == 1u) {
      bv = vec4<f32>(one_b(j), one_b(j + p.b_row), one_b(j + 2u * p.b_row), one_b(j + 3u * p.b_row));
      j += 1u;
    } else {
      bv = b[j / 4u];
      j += p.b_row;
    }
    add_by_lane(&sums, av, bv);
  }
  var o = (wid.z * p.m + m0) * p.n + n0;
  let rows = select(0u, min(ROWS, p.m - m0), n0 < p.n);
  for (var g = 0u; g < rows; g += 8u) {
    for (var r = g; r < min(rows, g + 8u); r++) {
      out[o / 4u] = epilogue4(sums.r0.a, o);
      o += p.n;
      next_row(&sums);
    }
    next_eight(&sums);
  }
}
