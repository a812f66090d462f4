// uses:
// conv2d, a bias per channel, and maxima over 2 x 2 blocks in one, for software adapters: stride 1, dilation 1, one group, no padding, kernels 5
// wide, w and the pooled ow multiples of 4. For few input channels. The weights are b[b, c, ky, kx, f4], f padded to f4, a multiple of 4.
// One invocation: 4 channels x 1 row x 4 columns of the pooled result; `pw` is the width of the plane before pooling, by which `index` counts.
// A row of the kernel is 32 numbers loaded for 320 multiply-adds. All loads stand before all arithmetic and each sum has its five products in a
// row: 1.25 to 1.5 times as fast as tap by tap, because a load is a loop over lanes there, around which live sums are spilled. Two pooled rows an
// invocation (half the loads) took the same time; maxima, tanh and stores are a third of what is left.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32, bias_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, oh: u32, ow: u32, pw: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> index: array<vec4<u32>>;

// 1 for one input channel, which saves a loop around the accumulators; 0 for any number
const ONE: u32 = 0u;

fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let quads = p.ow / 4u;
  let f4 = (p.f + 3u) / 4u;
  var t = (wid.x + wid.y * p.grid_x) * 32u + lid;
  if (t >= quads * p.oh * f4 * p.n) { return; }
  let ox = (t % quads) * 4u; t /= quads;
  let oy = t % p.oh; t /= p.oh;
  let f0 = (t % f4) * 4u;
  let n = t / f4;
  // no loop over the batch: loops around the accumulators are dear
  let bi = wid.z;
  {
    var iw = (bi * p.b_batch + f0) / 4u;
    let ib = bi * p.bias_batch + f0;
    let start = vec4<f32>(bias[ib], bias[min(ib + 1u, ib + p.f - f0 - 1u)], bias[min(ib + 2u, ib + p.f - f0 - 1u)], bias[min(ib + 3u, ib + p.f - f0 - 1u)]);
    // written out by hand: arrays under loops as long as these would stay in memory
    var t0 = start; var t1 = start; var t2 = start; var t3 = start;
    var t4 = start; var t5 = start; var t6 = start; var t7 = start;
    var l0 = start; var l1 = start; var l2 = start; var l3 = start;
    var l4 = start; var l5 = start; var l6 = start; var l7 = start;
    for (var c = 0u; c < select(p.c, 1u, ONE == 1u); c++) {
      var ix = (bi * p.a_batch + ((n * p.c + c) * p.h + 2u * oy) * p.w + 2u * ox) / 4u;
      var x0 = a[ix + 0u]; var x1 = a[ix + 1u]; var x2 = a[ix + 2u];
      for (var ky = 0u; ky < p.kh; ky++) {
        ix += p.w / 4u;
        let y0 = a[ix + 0u]; let y1 = a[ix + 1u]; let y2 = a[ix + 2u];
        // all loads before all arithmetic: a load is a loop over lanes there, around which every live sum is spilled
        let w0 = b[iw + 0u * f4];
        let w1 = b[iw + 1u * f4];
        let w2 = b[iw + 2u * f4];
        let w3 = b[iw + 3u * f4];
        let w4 = b[iw + 4u * f4];
        t0 += x0.x * w0; t0 += x0.y * w1; t0 += x0.z * w2; t0 += x0.w * w3; t0 += x1.x * w4;
        l0 += y0.x * w0; l0 += y0.y * w1; l0 += y0.z * w2; l0 += y0.w * w3; l0 += y1.x * w4;
        t1 += x0.y * w0; t1 += x0.z * w1; t1 += x0.w * w2; t1 += x1.x * w3; t1 += x1.y * w4;
        l1 += y0.y * w0; l1 += y0.z * w1; l1 += y0.w * w2; l1 += y1.x * w3; l1 += y1.y * w4;
        t2 += x0.z * w0; t2 += x0.w * w1; t2 += x1.x * w2; t2 += x1.y * w3; t2 += x1.z * w4;
        l2 += y0.z * w0; l2 += y0.w * w1; l2 += y1.x * w2; l2 += y1.y * w3; l2 += y1.z * w4;
        t3 += x0.w * w0; t3 += x1.x * w1; t3 += x1.y * w2; t3 += x1.z * w3; t3 += x1.w * w4;
        l3 += y0.w * w0; l3 += y1.x * w1; l3 += y1.y * w2; l3 += y1.z * w3; l3 += y1.w * w4;
        t4 += x1.x * w0; t4 += x1.y * w1; t4 += x1.z * w2; t4 += x1.w * w3; t4 += x2.x * w4;
        l4 += y1.x * w0; l4 += y1.y * w1; l4 += y1.z * w2; l4 += y1.w * w3; l4 += y2.x * w4;
        t5 += x1.y * w0; t5 += x1.z * w1; t5 += x1.w * w2; t5 += x2.x * w3; t5 += x2.y * w4;
        l5 += y1.y * w0; l5 += y1.z * w1; l5 += y1.w * w2; l5 += y2.x * w3; l5 += y2.y * w4;
        t6 += x1.z * w0; t6 += x1.w * w1; t6 += x2.x * w2; t6 += x2.y * w3; t6 += x2.z * w4;
        l6 += y1.z * w0; l6 += y1.w * w1; l6 += y2.x * w2; l6 += y2.y * w3; l6 += y2.z * w4;
        t7 += x1.w * w0; t7 += x2.x * w1; t7 += x2.y * w2; t7 += x2.z * w3; t7 += x2.w * w4;
        l7 += y1.w * w0; l7 += y2.x * w1; l7 += y2.y * w2; l7 += y2.z * w3; l7 += y2.w * w4;
        iw += 5u * f4;
        x0 = y0; x1 = y1; x2 = y2;
      }
    }
    let top = array<vec4<f32>, 8>(t0, t1, t2, t3, t4, t5, t6, t7);
    let low = array<vec4<f32>, 8>(l0, l1, l2, l3, l4, l5, l6, l7);
    var best: array<vec4<f32>, 4>;
    var at: array<vec4<u32>, 4>;
    for (var j = 0u; j < 4u; j++) {
      let above = max(top[2u * j], top[2u * j + 1u]);
      let below = max(low[2u * j], low[2u * j + 1u]);
      let q = 2u * oy * p.pw + 2u * (ox + j);
      let qa = select(vec4<u32>(q), vec4<u32>(q + 1u), top[2u * j + 1u] > top[2u * j]);
      let qb = select(vec4<u32>(q + p.pw), vec4<u32>(q + p.pw + 1u), low[2u * j + 1u] > low[2u * j]);
      best[j] = max(above, below);
      at[j] = select(qa, qb, below > above);
    }
    // the channels shift through x, in a loop whose length isn't known, so that there are few stores to compile
    let chans = min(4u + (p.grid_x >> 31u), p.f - f0);
    var o = (((bi * p.n + n) * p.f + f0) * p.oh + oy) * p.ow + ox;
    for (var k = 0u; k < chans; k++) {
      out[o / 4u] = epilogue4(vec4<f32>(best[0].x, best[1].x, best[2].x, best[3].x), o);
      index[o / 4u] = vec4<u32>(at[0].x, at[1].x, at[2].x, at[3].x);
      for (var j = 0u; j < 4u; j++) {
        best[j] = best[j].yzwx;
        at[j] = at[j].yzwx;
      }
      o += p.oh * p.ow;
    }
  }
}
