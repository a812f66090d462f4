// uses:
// conv2d_weights for GPUs as an implicit matrix product: rows = output channels of a group, columns = taps (c, ky, kx), depth = pixels (n, oy, ox).
// A workgroup of 16 RY makes (4 RY TM) x (64 TN) of it from slices of depth BK in shared memory. Params, bindings, hooks and slices of n are those of conv2d_weights.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32,
  splits: u32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TM: u32 = 1u;
const TN: u32 = 1u;
const BK: u32 = 16u;
// rows of invocations: 16, or 8 where half a tile of 64 rows would be empty
const RY: u32 = 16u;
// vectors of the right operand that an invocation fetches for a slice
const FN: u32 = TN * 16u / RY;

var<workgroup> sa: array<vec4<f32>, BK * RY * TM>;
var<workgroup> sb: array<vec4<f32>, BK * 16u * TN>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let taps = p.kh * p.kw;
  let rows = fg;
  let cols = cg * taps;
  let tiles_n = (cols + 64u * TN - 1u) / (64u * TN);
  let tiles_m = (rows + 4u * RY * TM - 1u) / (4u * RY * TM);
  var tile = wid.x + wid.y * p.grid_x;
  if (tile >= tiles_m * tiles_n * p.groups) { return; }
  let n0 = (tile % tiles_n) * 64u * TN; tile /= tiles_n;
  let m0 = (tile % tiles_m) * 4u * RY * TM;
  let grp = tile / tiles_m;
  let ty = lid / 16u;
  let tx = lid % 16u;
  // the four taps this invocation fetches in each round are the same for all depths
  var at: array<vec4<u32>, FN>;
  var iy: array<vec4<i32>, FN>;
  var ix: array<vec4<i32>, FN>;
  for (var r = 0u; r < FN; r++) {
    let q = min(vec4<u32>(n0 + 4u * ((lid + 16u * RY * r) / BK)) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(cols - 1u));
    let row = q / p.kw;
    let c = row / p.kh;
    at[r] = c * p.h * p.w;
    iy[r] = vec4<i32>((row - c * p.kh) * p.dy) - p.py;
    ix[r] = vec4<i32>((q - row * p.kw) * p.dx) - p.px;
  }
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let plane = p.oh * p.ow;
    let k0 = min(p.n, (z / p.batch) * p.n_len) * plane;
    let k1 = min(p.n, (z / p.batch) * p.n_len + p.n_len) * plane;
    let x0 = bi * p.a_batch + grp * cg * p.h * p.w;
    let g0 = bi * p.b_batch + grp * fg * plane;
    var acc = array<array<vec4<f32>, TN>, 4u * TM>();
    for (var kt = k0; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let q = e / BK;
        let s = min(k, k1 - 1u);
        let n = s / plane;
        let i = g0 + n * p.f * plane + s - n * plane;
        let m = m0 + 4u * q;
        let v = vec4<f32>(load_b(i + min(m, rows - 1u) * plane), load_b(i + min(m + 1u, rows - 1u) * plane),
          load_b(i + min(m + 2u, rows - 1u) * plane), load_b(i + min(m + 3u, rows - 1u) * plane));
        sa[(k - kt) * RY * TM + q] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let s = min(k, k1 - 1u);
        let row = s / p.ow;
        let n = row / p.oh;
        let y = iy[r] + i32((row - n * p.oh) * p.sy);
        let x = ix[r] + i32((s - row * p.ow) * p.sx);
        let ok = (y >= vec4<i32>()) & (y < vec4<i32>(i32(p.h))) & (x >= vec4<i32>()) & (x < vec4<i32>(i32(p.w)));
        let i = x0 + at[r] + (n * p.c * p.h + vec4<u32>(clamp(y, vec4<i32>(), vec4<i32>(i32(p.h) - 1)))) * p.w
          + vec4<u32>(clamp(x, vec4<i32>(), vec4<i32>(i32(p.w) - 1)));
        let v = vec4<f32>(load_a(i.x), load_a(i.y), load_a(i.z), load_a(i.w));
        sb[(k - kt) * 16u * TN + e / BK] = select(vec4<f32>(), v, ok & vec4<bool>(k < k1));
      }
      workgroupBarrier();
      for (var k = 0u; k < BK; k++) {
        var bv: array<vec4<f32>, TN>;
        for (var j = 0u; j < TN; j++) { bv[j] = sb[(k * TN + j) * 16u + tx]; }
        for (var i = 0u; i < TM; i++) {
          let av = sa[(k * TM + i) * RY + ty];
          for (var j = 0u; j < TN; j++) {
            acc[4u * i][j] = fma(vec4<f32>(av.x), bv[j], acc[4u * i][j]);
            acc[4u * i + 1u][j] = fma(vec4<f32>(av.y), bv[j], acc[4u * i + 1u][j]);
            acc[4u * i + 2u][j] = fma(vec4<f32>(av.z), bv[j], acc[4u * i + 2u][j]);
            acc[4u * i + 3u][j] = fma(vec4<f32>(av.w), bv[j], acc[4u * i + 3u][j]);
          }
        }
      }
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u * TM; i++) {
      let m = m0 + (i / 4u) * 4u * RY + 4u * ty + i % 4u;
      for (var j = 0u; j < 4u * TN; j++) {
        let q = n0 + (j / 4u) * 64u + 4u * tx + j % 4u;
        if (m < rows && q < cols) {
          let o = (z * p.f + grp * fg + m) * cols + q;
          out[o] = epilogue(acc[i][j / 4u][j % 4u], o);
        }
      }
    }
  }
}
