// uses:
// Two-dimensional cross-correlation with any stride, padding, dilation and groups:
// y[b,n,f,oy,ox] = sum_{c,ky,kx} x[b,n,c, oy*sy - py + ky*dy, ox*sx - px + kx*dx] w[b,f,c,ky,kx], zero outside x.
// One invocation: TF output channels of one group by TX pixels of one row. Reads outside x use a clamped address and count as zero.
// Sums run in the order c, ky, kx.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TF: u32 = 4u;
const TX: u32 = 4u;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let tiles_x = (p.ow + TX - 1u) / TX;
  let tiles_f = (fg + TF - 1u) / TF;
  var t = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (t >= tiles_x * p.oh * tiles_f * p.groups * p.n) { return; }
  let ox0 = (t % tiles_x) * TX; t /= tiles_x;
  let oy = t % p.oh; t /= p.oh;
  let f0 = (t % tiles_f) * TF; t /= tiles_f;
  let g = t % p.groups;
  let n = t / p.groups;
  let plane = p.h * p.w;
  let taps = p.kh * p.kw;
  let iy0 = i32(oy * p.sy) - p.py;
  let ix0 = i32(ox0 * p.sx) - p.px;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let x0 = bi * p.a_batch + (n * p.c + g * cg) * plane;
    var iw: array<u32, TF>;
    for (var i = 0u; i < TF; i++) { iw[i] = bi * p.b_batch + (g * fg + min(f0 + i, fg - 1u)) * cg * taps; }
    var acc = array<array<f32, TX>, TF>();
    for (var c = 0u; c < cg; c++) {
      for (var ky = 0u; ky < p.kh; ky++) {
        let iy = iy0 + i32(ky * p.dy);
        let row_ok = iy >= 0 && iy < i32(p.h);
        let row = x0 + c * plane + u32(clamp(iy, 0, i32(p.h) - 1)) * p.w;
        for (var kx = 0u; kx < p.kw; kx++) {
          let ix = ix0 + i32(kx * p.dx);
          var xv: array<f32, TX>;
          for (var j = 0u; j < TX; j++) {
            let q = ix + i32(j * p.sx);
            let v = load_a(row + u32(clamp(q, 0, i32(p.w) - 1)));
            xv[j] = select(0.0, v, row_ok && q >= 0 && q < i32(p.w));
          }
          for (var i = 0u; i < TF; i++) {
            let wv = load_b(iw[i]);
            iw[i] += 1u;
            for (var j = 0u; j < TX; j++) { acc[i][j] = fma(wv, xv[j], acc[i][j]); }
          }
        }
      }
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store to compile
    let rows = min(TF + (p.grid_x >> 31u), fg - f0);
    let cols = min(TX + (p.grid_x >> 31u), p.ow - ox0);
    for (var i = 0u; i < rows; i++) {
      for (var j = 0u; j < cols; j++) {
        let o = (((bi * p.n + n) * p.f + g * fg + f0 + i) * p.oh + oy) * p.ow + ox0 + j;
        out[o] = epilogue(acc[0][0], o);
        for (var r = 1u; r < TX; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < TF; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
