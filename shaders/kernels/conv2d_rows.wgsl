// uses:
// conv2d for software adapters: stride 1, dilation 1, one group, no padding, kernels up to 5 wide (9 with WIN = 4). Good for few channels; for
// many the wino_* kernels need fewer multiplications. The weights are b[b, c, ky, kx, f4] with f padded to f4, a multiple of 4, read as vec4;
// rows of x are read as aligned vec4, so w must be a multiple of 4. One invocation: 4 output channels x 8 pixels x TY rows.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TY: u32 = 1u;
const WIN: u32 = 3u;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn load_b4(i: u32) -> vec4<f32> { return b[i / 4u]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles_x = (p.ow + 7u) / 8u;
  let tiles_y = (p.oh + TY - 1u) / TY;
  let f4 = (p.f + 3u) / 4u;
  var t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  if (t >= tiles_x * tiles_y * f4 * p.n) { return; }
  let ox0 = (t % tiles_x) * 8u; t /= tiles_x;
  let oy0 = (t % tiles_y) * TY; t /= tiles_y;
  let f0 = (t % f4) * 4u;
  let n = t / f4;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let x0 = bi * p.a_batch + n * p.c * p.h * p.w + ox0;
    var iw = bi * p.b_batch + f0;
    var acc = array<array<vec4<f32>, 8>, TY>();
    for (var c = 0u; c < p.c; c++) {
      for (var ky = 0u; ky < p.kh; ky++) {
        var x: array<array<f32, WIN * 4u>, TY>;
        for (var y = 0u; y < TY; y++) {
          let row = x0 + (c * p.h + min(oy0 + y + ky, p.h - 1u)) * p.w;
          for (var q = 0u; q < WIN; q++) {
            let v = load_a4(row + 4u * q);
            x[y][4u * q] = v.x;
            x[y][4u * q + 1u] = v.y;
            x[y][4u * q + 2u] = v.z;
            x[y][4u * q + 3u] = v.w;
          }
        }
        for (var kx = 0u; kx < p.kw; kx++) {
          let w = load_b4(iw);
          iw += 4u * f4;
          for (var y = 0u; y < TY; y++) {
            for (var j = 0u; j < 8u; j++) { acc[y][j] = fma(vec4<f32>(x[y][j]), w, acc[y][j]); }
            for (var j = 1u; j < WIN * 4u; j++) { x[y][j - 1u] = x[y][j]; }
          }
        }
      }
    }
    // the channels shift through x, in a loop whose length isn't known, so that there are few stores to compile
    let chans = min(4u + (p.grid_x >> 31u), p.f - f0);
    for (var y = 0u; y < TY; y++) {
      var o = ((bi * p.n + n) * p.f + f0) * p.oh * p.ow + (oy0 + y) * p.ow + ox0;
      for (var k = 0u; k < chans && oy0 + y < p.oh; k++) {
        for (var j = 0u; j < 8u; j++) {
          if (ox0 + j < p.ow) { out[o + j] = epilogue(acc[y][j].x, o + j); }
          acc[y][j] = acc[y][j].yzwx;
        }
        o += p.oh * p.ow;
      }
    }
  }
}
