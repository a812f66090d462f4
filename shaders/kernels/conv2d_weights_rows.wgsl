// uses:
// conv2d_weights for software adapters: stride 1, dilation 1, one group, no padding, kernels up to KW wide (KW at most 5); w and ow multiples of 4,
// so that rows of x and of g are read as aligned vec4. Good for few channels; for many the wino_* kernels need fewer multiplications.
// One invocation: 4 output channels x TY kernel rows x KW kernel columns of one c. Slices of n (splits) as in conv2d_weights.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  splits: u32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const TY: u32 = 1u;
const KW: u32 = 5u;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn load_b4(i: u32) -> vec4<f32> { return b[i / 4u]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles_y = (p.kh + TY - 1u) / TY;
  let f4 = (p.f + 3u) / 4u;
  // slices of n are lanes too: neighbours differ in the slice, so that few channels still fill the machine
  var t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  if (t >= tiles_y * f4 * p.c * p.splits) { return; }
  let ky0 = (t % tiles_y) * TY; t /= tiles_y;
  let f0 = (t % f4) * 4u; t /= f4;
  let c = t % p.c;
  let split = t / p.c;
  let plane = p.oh * p.ow;
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let n0 = split * p.n_len;
    let n1 = min(p.n, n0 + p.n_len);
    var acc = array<array<array<f32, 5>, 4>, TY>();
    for (var n = n0; n < n1; n++) {
      for (var oy = 0u; oy < p.oh; oy++) {
        var ig = bi * p.b_batch + (n * p.f + f0) * plane + oy * p.ow;
        var ix = bi * p.a_batch + ((n * p.c + c) * p.h + oy + ky0) * p.w;
        var x0: array<vec4<f32>, TY>;
        for (var y = 0u; y < TY; y++) { x0[y] = load_a4(ix + y * p.w); }
        for (var ox = 0u; ox < p.ow; ox += 4u) {
          var g: array<vec4<f32>, 4>;
          for (var k = 0u; k < 4u; k++) { g[k] = load_b4(ig + k * plane); }
          ig += 4u;
          ix += 4u;
          for (var y = 0u; y < TY; y++) {
            let u = x0[y];
            let v = load_a4(ix + y * p.w);
            x0[y] = v;
            let w = array<vec4<f32>, 5>(u, vec4<f32>(u.yzw, v.x), vec4<f32>(u.zw, v.xy), vec4<f32>(u.w, v.xyz), v);
            for (var k = 0u; k < 4u; k++) {
              for (var j = 0u; j < KW; j++) {
                acc[y][k][j] = fma(g[k].x, w[j].x, fma(g[k].y, w[j].y, fma(g[k].z, w[j].z, fma(g[k].w, w[j].w, acc[y][k][j]))));
              }
            }
          }
        }
      }
    }
    // the tile shifts through its first register, in loops whose lengths aren't known, so that there is one store to compile
    let cols = min(KW + (p.grid_x >> 31u), p.kw);
    let rows = min(TY + (p.grid_x >> 31u), p.kh - ky0);
    let chans = min(4u + (p.grid_x >> 31u), p.f - f0);
    for (var y = 0u; y < rows; y++) {
      for (var k = 0u; k < chans; k++) {
        for (var j = 0u; j < cols; j++) {
          let o = ((((split * p.batch + bi) * p.f + f0 + k) * p.c + c) * p.kh + ky0 + y) * p.kw + j;
          out[o] = epilogue(acc[0][0][0], o);
          for (var r = 1u; r < KW; r++) { acc[0][0][r - 1u] = acc[0][0][r]; }
        }
        for (var r = 1u; r < 4u; r++) { acc[0][r - 1u] = acc[0][r]; }
      }
      for (var r = 1u; r < TY; r++) { acc[r - 1u] = acc[r]; }
    }
  }
}
