// uses:
// Gradient of conv2d by its weights, for any stride, padding, dilation and groups:
// gw[b,f,c,ky,kx] = sum over n, oy, ox of g[b,n,f,oy,ox] x[b,n,c, oy*sy - py + ky*dy, ox*sx - px + kx*dx].
// One invocation: TF output channels of one group by TK taps, a tap being one (c, ky, kx) of the flattened c*kh*kw.
// Slices of n (splits > 1) are written to gw[split,b,f,c,ky,kx], for a later sum. Sums run in the order n, oy, ox.
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

const TF: u32 = 4u;
const TK: u32 = 4u;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let taps = p.kh * p.kw;
  let ks = cg * taps;
  let tiles_k = (ks + TK - 1u) / TK;
  let tiles_f = (fg + TF - 1u) / TF;
  var t = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (t >= tiles_k * tiles_f * p.groups) { return; }
  let k0 = (t % tiles_k) * TK; t /= tiles_k;
  let f0 = (t % tiles_f) * TF;
  let grp = t / tiles_f;
  let plane = p.h * p.w;
  let oplane = p.oh * p.ow;
  var kc: array<u32, TK>;
  var qy: array<i32, TK>;
  var qx: array<i32, TK>;
  for (var j = 0u; j < TK; j++) {
    let k = min(k0 + j, ks - 1u);
    kc[j] = (k / taps) * plane;
    qy[j] = i32(((k % taps) / p.kw) * p.dy) - p.py;
    qx[j] = i32((k % p.kw) * p.dx) - p.px;
  }
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let n0 = (z / p.batch) * p.n_len;
    let n1 = min(p.n, n0 + p.n_len);
    var acc = array<array<f32, TK>, TF>();
    for (var n = n0; n < n1; n++) {
      let x0 = bi * p.a_batch + (n * p.c + grp * cg) * plane;
      let g0 = bi * p.b_batch + (n * p.f + grp * fg) * oplane;
      for (var oy = 0u; oy < p.oh; oy++) {
        var row: array<u32, TK>;
        var ok: array<bool, TK>;
        for (var j = 0u; j < TK; j++) {
          let iy = i32(oy * p.sy) + qy[j];
          ok[j] = iy >= 0 && iy < i32(p.h);
          row[j] = x0 + kc[j] + u32(clamp(iy, 0, i32(p.h) - 1)) * p.w;
        }
        var ig: array<u32, TF>;
        for (var i = 0u; i < TF; i++) { ig[i] = g0 + min(f0 + i, fg - 1u) * oplane + oy * p.ow; }
        for (var ox = 0u; ox < p.ow; ox++) {
          var xv: array<f32, TK>;
          for (var j = 0u; j < TK; j++) {
            let ix = i32(ox * p.sx) + qx[j];
            let v = load_a(row[j] + u32(clamp(ix, 0, i32(p.w) - 1)));
            xv[j] = select(0.0, v, ok[j] && ix >= 0 && ix < i32(p.w));
          }
          for (var i = 0u; i < TF; i++) {
            let gv = load_b(ig[i]);
            ig[i] += 1u;
            for (var j = 0u; j < TK; j++) { acc[i][j] = fma(gv, xv[j], acc[i][j]); }
          }
        }
      }
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store to compile
    let rows = min(TF + (p.grid_x >> 31u), fg - f0);
    let cols = min(TK + (p.grid_x >> 31u), ks - k0);
    for (var i = 0u; i < rows; i++) {
      for (var j = 0u; j < cols; j++) {
        let o = (z * p.f + grp * fg + f0 + i) * ks + k0 + j;
        out[o] = epilogue(acc[0][0], o);
        for (var r = 1u; r < TK; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < TF; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
