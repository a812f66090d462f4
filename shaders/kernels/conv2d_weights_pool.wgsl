// uses:
// conv2d_weights_rows for the gradient that comes from maxima over 2 x 2 blocks: b and index are the pooled gradient and the places of the maxima
// (y*ow + x in the plane before pooling), and g is spread while it is read, so that it is never written out: for 100 images of 32 x 24 x 24
// 5.8 ms instead of 3.0 and 5.0. Otherwise Params, preconditions and manner are those of conv2d_weights_rows;
// oh, ow are those before pooling, b_batch counts pooled elements, for both.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  splits: u32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> index: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }

// Four neighbours of g from position q of the plane on, from the two pooled elements at i.
fn spread(i: u32, q: u32) -> vec4<f32> {
  let g = b[i / 2u];
  let at = index[i / 2u];
  return select(vec4<f32>(), g.xxyy, at.xxyy == vec4<u32>(q, q + 1u, q + 2u, q + 3u));
}

fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let tiles_y = (p.kh + 4u) / 5u;
  let f4 = (p.f + 3u) / 4u;
  // slices of n are lanes too: neighbours differ in the slice, so that few channels still fill the machine
  var t = (wid.x + wid.y * p.grid_x) * 16u + lid;
  if (t >= tiles_y * f4 * p.c * p.splits) { return; }
  let ky0 = (t % tiles_y) * 5u; t /= tiles_y;
  let f0 = (t % f4) * 4u; t /= f4;
  let c = t % p.c;
  let split = t / p.c;
  let plane = (p.oh / 2u) * (p.ow / 2u);
  // four, but not known to the compiler, so that the loop stays a loop
  let four = 4u + (p.grid_x >> 31u);
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let n0 = split * p.n_len;
    let n1 = min(p.n, n0 + p.n_len);
    var s000 = 0.0; var s001 = 0.0; var s002 = 0.0; var s003 = 0.0; var s004 = 0.0;
    var s010 = 0.0; var s011 = 0.0; var s012 = 0.0; var s013 = 0.0; var s014 = 0.0;
    var s020 = 0.0; var s021 = 0.0; var s022 = 0.0; var s023 = 0.0; var s024 = 0.0;
    var s030 = 0.0; var s031 = 0.0; var s032 = 0.0; var s033 = 0.0; var s034 = 0.0;
    var s040 = 0.0; var s041 = 0.0; var s042 = 0.0; var s043 = 0.0; var s044 = 0.0;
    var s100 = 0.0; var s101 = 0.0; var s102 = 0.0; var s103 = 0.0; var s104 = 0.0;
    var s110 = 0.0; var s111 = 0.0; var s112 = 0.0; var s113 = 0.0; var s114 = 0.0;
    var s120 = 0.0; var s121 = 0.0; var s122 = 0.0; var s123 = 0.0; var s124 = 0.0;
    var s130 = 0.0; var s131 = 0.0; var s132 = 0.0; var s133 = 0.0; var s134 = 0.0;
    var s140 = 0.0; var s141 = 0.0; var s142 = 0.0; var s143 = 0.0; var s144 = 0.0;
    var s200 = 0.0; var s201 = 0.0; var s202 = 0.0; var s203 = 0.0; var s204 = 0.0;
    var s210 = 0.0; var s211 = 0.0; var s212 = 0.0; var s213 = 0.0; var s214 = 0.0;
    var s220 = 0.0; var s221 = 0.0; var s222 = 0.0; var s223 = 0.0; var s224 = 0.0;
    var s230 = 0.0; var s231 = 0.0; var s232 = 0.0; var s233 = 0.0; var s234 = 0.0;
    var s240 = 0.0; var s241 = 0.0; var s242 = 0.0; var s243 = 0.0; var s244 = 0.0;
    var s300 = 0.0; var s301 = 0.0; var s302 = 0.0; var s303 = 0.0; var s304 = 0.0;
    var s310 = 0.0; var s311 = 0.0; var s312 = 0.0; var s313 = 0.0; var s314 = 0.0;
    var s320 = 0.0; var s321 = 0.0; var s322 = 0.0; var s323 = 0.0; var s324 = 0.0;
    var s330 = 0.0; var s331 = 0.0; var s332 = 0.0; var s333 = 0.0; var s334 = 0.0;
    var s340 = 0.0; var s341 = 0.0; var s342 = 0.0; var s343 = 0.0; var s344 = 0.0;
    for (var n = n0; n < n1; n++) {
      for (var ox = 0u; ox < p.ow; ox += 4u) {
        let ig = bi * p.b_batch + (n * p.f + f0) * plane + ox / 2u;
        let ix = bi * p.a_batch + (n * p.c + c) * p.h * p.w + ox;
        let last = p.h - 1u;
        var y = ky0;
        var l0 = vec4<f32>(); var l1 = l0; var l2 = l0; var l3 = l0; var l4 = l0;
        var h0 = l0; var h1 = l0; var h2 = l0; var h3 = l0; var h4 = l0;
        for (var i = 0u; i < four; i++) {
          let row = ix + min(y, last) * p.w;
          l0 = l1; l1 = l2; l2 = l3; l3 = load_a4(row);
          h0 = h1; h1 = h2; h2 = h3; h3 = load_a4(row + 4u);
          y++;
        }
        for (var oy = 0u; oy < p.oh; oy++) {
          let row = ix + min(y, last) * p.w;
          l4 = load_a4(row);
          h4 = load_a4(row + 4u);
          let iq = ig + (oy / 2u) * (p.ow / 2u);
          let q = oy * p.ow + ox;
          let g0 = spread(iq, q);
          let g1 = spread(iq + plane, q);
          let g2 = spread(iq + 2u * plane, q);
          let g3 = spread(iq + 3u * plane, q);
          s000 += g0.x * l0.x + g0.y * l0.y + g0.z * l0.z + g0.w * l0.w; s100 += g1.x * l0.x + g1.y * l0.y + g1.z * l0.z + g1.w * l0.w; s200 += g2.x * l0.x + g2.y * l0.y + g2.z * l0.z + g2.w * l0.w; s300 += g3.x * l0.x + g3.y * l0.y + g3.z * l0.z + g3.w * l0.w;
          s001 += g0.x * l0.y + g0.y * l0.z + g0.z * l0.w + g0.w * h0.x; s101 += g1.x * l0.y + g1.y * l0.z + g1.z * l0.w + g1.w * h0.x; s201 += g2.x * l0.y + g2.y * l0.z + g2.z * l0.w + g2.w * h0.x; s301 += g3.x * l0.y + g3.y * l0.z + g3.z * l0.w + g3.w * h0.x;
          s002 += g0.x * l0.z + g0.y * l0.w + g0.z * h0.x + g0.w * h0.y; s102 += g1.x * l0.z + g1.y * l0.w + g1.z * h0.x + g1.w * h0.y; s202 += g2.x * l0.z + g2.y * l0.w + g2.z * h0.x + g2.w * h0.y; s302 += g3.x * l0.z + g3.y * l0.w + g3.z * h0.x + g3.w * h0.y;
          s003 += g0.x * l0.w + g0.y * h0.x + g0.z * h0.y + g0.w * h0.z; s103 += g1.x * l0.w + g1.y * h0.x + g1.z * h0.y + g1.w * h0.z; s203 += g2.x * l0.w + g2.y * h0.x + g2.z * h0.y + g2.w * h0.z; s303 += g3.x * l0.w + g3.y * h0.x + g3.z * h0.y + g3.w * h0.z;
          s004 += g0.x * h0.x + g0.y * h0.y + g0.z * h0.z + g0.w * h0.w; s104 += g1.x * h0.x + g1.y * h0.y + g1.z * h0.z + g1.w * h0.w; s204 += g2.x * h0.x + g2.y * h0.y + g2.z * h0.z + g2.w * h0.w; s304 += g3.x * h0.x + g3.y * h0.y + g3.z * h0.z + g3.w * h0.w;
          s010 += g0.x * l1.x + g0.y * l1.y + g0.z * l1.z + g0.w * l1.w; s110 += g1.x * l1.x + g1.y * l1.y + g1.z * l1.z + g1.w * l1.w; s210 += g2.x * l1.x + g2.y * l1.y + g2.z * l1.z + g2.w * l1.w; s310 += g3.x * l1.x + g3.y * l1.y + g3.z * l1.z + g3.w * l1.w;
          s011 += g0.x * l1.y + g0.y * l1.z + g0.z * l1.w + g0.w * h1.x; s111 += g1.x * l1.y + g1.y * l1.z + g1.z * l1.w + g1.w * h1.x; s211 += g2.x * l1.y + g2.y * l1.z + g2.z * l1.w + g2.w * h1.x; s311 += g3.x * l1.y + g3.y * l1.z + g3.z * l1.w + g3.w * h1.x;
          s012 += g0.x * l1.z + g0.y * l1.w + g0.z * h1.x + g0.w * h1.y; s112 += g1.x * l1.z + g1.y * l1.w + g1.z * h1.x + g1.w * h1.y; s212 += g2.x * l1.z + g2.y * l1.w + g2.z * h1.x + g2.w * h1.y; s312 += g3.x * l1.z + g3.y * l1.w + g3.z * h1.x + g3.w * h1.y;
          s013 += g0.x * l1.w + g0.y * h1.x + g0.z * h1.y + g0.w * h1.z; s113 += g1.x * l1.w + g1.y * h1.x + g1.z * h1.y + g1.w * h1.z; s213 += g2.x * l1.w + g2.y * h1.x + g2.z * h1.y + g2.w * h1.z; s313 += g3.x * l1.w + g3.y * h1.x + g3.z * h1.y + g3.w * h1.z;
          s014 += g0.x * h1.x + g0.y * h1.y + g0.z * h1.z + g0.w * h1.w; s114 += g1.x * h1.x + g1.y * h1.y + g1.z * h1.z + g1.w * h1.w; s214 += g2.x * h1.x + g2.y * h1.y + g2.z * h1.z + g2.w * h1.w; s314 += g3.x * h1.x + g3.y * h1.y + g3.z * h1.z + g3.w * h1.w;
          s020 += g0.x * l2.x + g0.y * l2.y + g0.z * l2.z + g0.w * l2.w; s120 += g1.x * l2.x + g1.y * l2.y + g1.z * l2.z + g1.w * l2.w; s220 += g2.x * l2.x + g2.y * l2.y + g2.z * l2.z + g2.w * l2.w; s320 += g3.x * l2.x + g3.y * l2.y + g3.z * l2.z + g3.w * l2.w;
          s021 += g0.x * l2.y + g0.y * l2.z + g0.z * l2.w + g0.w * h2.x; s121 += g1.x * l2.y + g1.y * l2.z + g1.z * l2.w + g1.w * h2.x; s221 += g2.x * l2.y + g2.y * l2.z + g2.z * l2.w + g2.w * h2.x; s321 += g3.x * l2.y + g3.y * l2.z + g3.z * l2.w + g3.w * h2.x;
          s022 += g0.x * l2.z + g0.y * l2.w + g0.z * h2.x + g0.w * h2.y; s122 += g1.x * l2.z + g1.y * l2.w + g1.z * h2.x + g1.w * h2.y; s222 += g2.x * l2.z + g2.y * l2.w + g2.z * h2.x + g2.w * h2.y; s322 += g3.x * l2.z + g3.y * l2.w + g3.z * h2.x + g3.w * h2.y;
          s023 += g0.x * l2.w + g0.y * h2.x + g0.z * h2.y + g0.w * h2.z; s123 += g1.x * l2.w + g1.y * h2.x + g1.z * h2.y + g1.w * h2.z; s223 += g2.x * l2.w + g2.y * h2.x + g2.z * h2.y + g2.w * h2.z; s323 += g3.x * l2.w + g3.y * h2.x + g3.z * h2.y + g3.w * h2.z;
          s024 += g0.x * h2.x + g0.y * h2.y + g0.z * h2.z + g0.w * h2.w; s124 += g1.x * h2.x + g1.y * h2.y + g1.z * h2.z + g1.w * h2.w; s224 += g2.x * h2.x + g2.y * h2.y + g2.z * h2.z + g2.w * h2.w; s324 += g3.x * h2.x + g3.y * h2.y + g3.z * h2.z + g3.w * h2.w;
          s030 += g0.x * l3.x + g0.y * l3.y + g0.z * l3.z + g0.w * l3.w; s130 += g1.x * l3.x + g1.y * l3.y + g1.z * l3.z + g1.w * l3.w; s230 += g2.x * l3.x + g2.y * l3.y + g2.z * l3.z + g2.w * l3.w; s330 += g3.x * l3.x + g3.y * l3.y + g3.z * l3.z + g3.w * l3.w;
          s031 += g0.x * l3.y + g0.y * l3.z + g0.z * l3.w + g0.w * h3.x; s131 += g1.x * l3.y + g1.y * l3.z + g1.z * l3.w + g1.w * h3.x; s231 += g2.x * l3.y + g2.y * l3.z + g2.z * l3.w + g2.w * h3.x; s331 += g3.x * l3.y + g3.y * l3.z + g3.z * l3.w + g3.w * h3.x;
          s032 += g0.x * l3.z + g0.y * l3.w + g0.z * h3.x + g0.w * h3.y; s132 += g1.x * l3.z + g1.y * l3.w + g1.z * h3.x + g1.w * h3.y; s232 += g2.x * l3.z + g2.y * l3.w + g2.z * h3.x + g2.w * h3.y; s332 += g3.x * l3.z + g3.y * l3.w + g3.z * h3.x + g3.w * h3.y;
          s033 += g0.x * l3.w + g0.y * h3.x + g0.z * h3.y + g0.w * h3.z; s133 += g1.x * l3.w + g1.y * h3.x + g1.z * h3.y + g1.w * h3.z; s233 += g2.x * l3.w + g2.y * h3.x + g2.z * h3.y + g2.w * h3.z; s333 += g3.x * l3.w + g3.y * h3.x + g3.z * h3.y + g3.w * h3.z;
          s034 += g0.x * h3.x + g0.y * h3.y + g0.z * h3.z + g0.w * h3.w; s134 += g1.x * h3.x + g1.y * h3.y + g1.z * h3.z + g1.w * h3.w; s234 += g2.x * h3.x + g2.y * h3.y + g2.z * h3.z + g2.w * h3.w; s334 += g3.x * h3.x + g3.y * h3.y + g3.z * h3.z + g3.w * h3.w;
          s040 += g0.x * l4.x + g0.y * l4.y + g0.z * l4.z + g0.w * l4.w; s140 += g1.x * l4.x + g1.y * l4.y + g1.z * l4.z + g1.w * l4.w; s240 += g2.x * l4.x + g2.y * l4.y + g2.z * l4.z + g2.w * l4.w; s340 += g3.x * l4.x + g3.y * l4.y + g3.z * l4.z + g3.w * l4.w;
          s041 += g0.x * l4.y + g0.y * l4.z + g0.z * l4.w + g0.w * h4.x; s141 += g1.x * l4.y + g1.y * l4.z + g1.z * l4.w + g1.w * h4.x; s241 += g2.x * l4.y + g2.y * l4.z + g2.z * l4.w + g2.w * h4.x; s341 += g3.x * l4.y + g3.y * l4.z + g3.z * l4.w + g3.w * h4.x;
          s042 += g0.x * l4.z + g0.y * l4.w + g0.z * h4.x + g0.w * h4.y; s142 += g1.x * l4.z + g1.y * l4.w + g1.z * h4.x + g1.w * h4.y; s242 += g2.x * l4.z + g2.y * l4.w + g2.z * h4.x + g2.w * h4.y; s342 += g3.x * l4.z + g3.y * l4.w + g3.z * h4.x + g3.w * h4.y;
          s043 += g0.x * l4.w + g0.y * h4.x + g0.z * h4.y + g0.w * h4.z; s143 += g1.x * l4.w + g1.y * h4.x + g1.z * h4.y + g1.w * h4.z; s243 += g2.x * l4.w + g2.y * h4.x + g2.z * h4.y + g2.w * h4.z; s343 += g3.x * l4.w + g3.y * h4.x + g3.z * h4.y + g3.w * h4.z;
          s044 += g0.x * h4.x + g0.y * h4.y + g0.z * h4.z + g0.w * h4.w; s144 += g1.x * h4.x + g1.y * h4.y + g1.z * h4.z + g1.w * h4.w; s244 += g2.x * h4.x + g2.y * h4.y + g2.z * h4.z + g2.w * h4.w; s344 += g3.x * h4.x + g3.y * h4.y + g3.z * h4.z + g3.w * h4.w;
          l0 = l1; l1 = l2; l2 = l3; l3 = l4;
          h0 = h1; h1 = h2; h2 = h3; h3 = h4;
          y++;
        }
      }
    }
    var tile = array<f32, 100>(
      s000, s001, s002, s003, s004,
      s010, s011, s012, s013, s014,
      s020, s021, s022, s023, s024,
      s030, s031, s032, s033, s034,
      s040, s041, s042, s043, s044,
      s100, s101, s102, s103, s104,
      s110, s111, s112, s113, s114,
      s120, s121, s122, s123, s124,
      s130, s131, s132, s133, s134,
      s140, s141, s142, s143, s144,
      s200, s201, s202, s203, s204,
      s210, s211, s212, s213, s214,
      s220, s221, s222, s223, s224,
      s230, s231, s232, s233, s234,
      s240, s241, s242, s243, s244,
      s300, s301, s302, s303, s304,
      s310, s311, s312, s313, s314,
      s320, s321, s322, s323, s324,
      s330, s331, s332, s333, s334,
      s340, s341, s342, s343, s344);
    // loops whose lengths aren't known, so that there is one store to compile
    let cols = min(5u + (p.grid_x >> 31u), p.kw);
    let rows = min(5u + (p.grid_x >> 31u), p.kh - ky0);
    let chans = min(four, p.f - f0);
    for (var k = 0u; k < chans; k++) {
      for (var y = 0u; y < rows; y++) {
        for (var j = 0u; j < cols; j++) {
          let o = ((((split * p.batch + bi) * p.f + f0 + k) * p.c + c) * p.kh + ky0 + y) * p.kw + j;
          out[o] = epilogue(tile[(k * 5u + y) * 5u + j], o);
        }
      }
    }
  }
}
