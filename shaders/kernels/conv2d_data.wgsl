// uses:
// Gradient of conv2d by its data, for any stride, padding, dilation and groups; also a transposed convolution:
// gx[b,n,c,iy,ix] = sum over f, ky, kx of g[b,n,f,oy,ox] w[b,f,c,ky,kx] where oy*sy = iy + py - ky*dy and ox*sx = ix + px - kx*dx.
// One invocation: TC input channels of one group by TX pixels that lie sx apart in one row, so that all of them meet a tap or none.
// A gather: every element of gx is written once. Sums run in the order ky, kx, f.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TC: u32 = 4u;
const TX: u32 = 4u;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let tiles_x = ((p.w + TX * p.sx - 1u) / (TX * p.sx)) * p.sx;
  let tiles_c = (cg + TC - 1u) / TC;
  var t = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (t >= tiles_x * p.h * tiles_c * p.groups * p.n) { return; }
  let tx = t % tiles_x; t /= tiles_x;
  let ix0 = (tx / p.sx) * TX * p.sx + tx % p.sx;
  let iy = t % p.h; t /= p.h;
  let c0 = (t % tiles_c) * TC; t /= tiles_c;
  let grp = t % p.groups;
  let n = t / p.groups;
  let plane = p.oh * p.ow;
  let taps = p.kh * p.kw;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let g0 = bi * p.a_batch + (n * p.f + grp * fg) * plane;
    let w0 = bi * p.b_batch + grp * fg * cg * taps;
    var acc = array<array<f32, TX>, TC>();
    for (var ky = 0u; ky < p.kh; ky++) {
      let ty = i32(iy) + p.py - i32(ky * p.dy);
      let oy = ty / i32(p.sy);
      if (ty < 0 || oy * i32(p.sy) != ty || oy >= i32(p.oh)) { continue; }
      for (var kx = 0u; kx < p.kw; kx++) {
        let tx0 = i32(ix0) + p.px - i32(kx * p.dx);
        let ox = tx0 / i32(p.sx);
        if (ox * i32(p.sx) != tx0) { continue; }
        var ig: array<u32, TX>;
        var ok: array<bool, TX>;
        for (var j = 0u; j < TX; j++) {
          let q = ox + i32(j);
          ok[j] = q >= 0 && q < i32(p.ow);
          ig[j] = g0 + u32(oy) * p.ow + u32(clamp(q, 0, i32(p.ow) - 1));
        }
        var iw: array<u32, TC>;
        for (var i = 0u; i < TC; i++) { iw[i] = w0 + min(c0 + i, cg - 1u) * taps + ky * p.kw + kx; }
        for (var f = 0u; f < fg; f++) {
          var gv: array<f32, TX>;
          for (var j = 0u; j < TX; j++) {
            let v = load_a(ig[j]);
            gv[j] = select(0.0, v, ok[j]);
            ig[j] += plane;
          }
          for (var i = 0u; i < TC; i++) {
            let wv = load_b(iw[i]);
            iw[i] += cg * taps;
            for (var j = 0u; j < TX; j++) { acc[i][j] = fma(wv, gv[j], acc[i][j]); }
          }
        }
      }
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store to compile
    let rows = min(TC + (p.grid_x >> 31u), cg - c0);
    let cols = min(TX + (p.grid_x >> 31u), (p.w - min(ix0, p.w) + p.sx - 1u) / p.sx);
    for (var i = 0u; i < rows; i++) {
      for (var j = 0u; j < cols; j++) {
        let o = (((bi * p.n + n) * p.c + grp * cg + c0 + i) * p.h + iy) * p.w + ix0 + j * p.sx;
        out[o] = epilogue(acc[0][0], o);
        for (var r = 1u; r < TX; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < TC; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
