// uses: quotient
// Gradient of conv2d by its weights where each filter sees one channel (groups = channels), for software adapters: kernels up to 3 x 3 of stride and
// dilation 1. One invocation: the nine sums of one filter over 8 columns of its planes in n_len images, from top to bottom; an input row meets the
// last three rows of g, so that every number is loaded once (and 2 of 10 pixels by the neighbour). Sums of each slice of images and strip of
// columns are written to gw[slice,strip,b,f,ky,kx], for a later sum. Those of a row are by columns modulo 4, added up at the end.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, groups: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32, py: i32, px: i32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn epilogue(v: f32, i: u32) -> f32 { return v; }

fn four(row: u32, x: vec4<i32>, ok_y: bool) -> vec4<f32> {
  let ok = (vec4<u32>(x) < vec4<u32>(p.w)) & vec4<bool>(ok_y);
  let i = select(vec4<u32>(), row + vec4<u32>(x), ok);
  return select(vec4<f32>(), vec4<f32>(a[i.x], a[i.y], a[i.z], a[i.w]), ok);
}

fn four_b(row: u32, x: vec4<u32>, ok_y: bool) -> vec4<f32> {
  let ok = (x < vec4<u32>(p.ow)) & vec4<bool>(ok_y);
  let i = select(vec4<u32>(), row + x, ok);
  return select(vec4<f32>(), vec4<f32>(b[i.x], b[i.y], b[i.z], b[i.w]), ok);
}

fn total(s: vec4<f32>) -> f32 { return (s.x + s.y) + (s.z + s.w); }

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let strips = (p.ow + 7u) / 8u;
  let t = (wid.x + wid.y * p.grid_x) * 8u + lid;
  let filters = p.groups * p.f;
  let sheet = over(t, strips);
  let slice = over(sheet, filters);
  let n0 = slice * p.n_len;
  if (n0 >= p.n) { return; }
  let f = sheet - slice * filters;
  let strip = t - sheet * strips;
  let x = vec4<u32>(strip * 8u) + vec4<u32>(0u, 1u, 2u, 3u);
  let q = vec4<i32>(x) - p.px;
  let height = p.h;
  let width = p.w;
  let lines = p.oh;
  let columns = p.ow;
  var image = wid.z * p.a_batch + (n0 * p.groups + over(f, p.f)) * height * width;
  var sheet_b = wid.z * p.b_batch + (n0 * filters + f) * lines * columns;
  var s00 = vec4<f32>();
  var s01 = vec4<f32>();
  var s02 = vec4<f32>();
  var s10 = vec4<f32>();
  var s11 = vec4<f32>();
  var s12 = vec4<f32>();
  var s20 = vec4<f32>();
  var s21 = vec4<f32>();
  var s22 = vec4<f32>();
  for (var n = n0; n < min(p.n, n0 + p.n_len); n++) {
    var g1 = vec4<f32>();
    var h1 = vec4<f32>();
    var g2 = vec4<f32>();
    var h2 = vec4<f32>();
    for (var y = 0u; y < lines + 2u; y++) {
      let iy = i32(y) - p.py;
      let ok_y = u32(iy) < height;
      let row = image + u32(select(0, iy, ok_y)) * width;
      let v0 = four(row, q, ok_y);
      let v1 = four(row, q + 4, ok_y);
      let ok = (vec2<u32>(q.xy + 8) < vec2<u32>(width)) & vec2<bool>(ok_y);
      let e = select(vec2<f32>(), vec2<f32>(a[select(0u, row + u32(q.x + 8), ok.x)], a[select(0u, row + u32(q.x + 9), ok.y)]), ok);
      let row_b = sheet_b + select(0u, y, y < lines) * columns;
      let g0 = four_b(row_b, x, y < lines);
      let h0 = four_b(row_b, x + 4u, y < lines);
      let x1 = vec4<f32>(v0.yzw, v1.x);
      let y1 = vec4<f32>(v1.yzw, e.x);
      let x2 = vec4<f32>(v0.zw, v1.xy);
      let y2 = vec4<f32>(v1.zw, e.xy);
      s00 += g0 * v0 + h0 * v1;
      s01 += g0 * x1 + h0 * y1;
      s02 += g0 * x2 + h0 * y2;
      s10 += g1 * v0 + h1 * v1;
      s11 += g1 * x1 + h1 * y1;
      s12 += g1 * x2 + h1 * y2;
      s20 += g2 * v0 + h2 * v1;
      s21 += g2 * x1 + h2 * y1;
      s22 += g2 * x2 + h2 * y2;
      g2 = g1;
      h2 = h1;
      g1 = g0;
      h1 = h0;
    }
    image += p.groups * height * width;
    sheet_b += filters * lines * columns;
  }
  var r0 = vec3<f32>(total(s00), total(s01), total(s02));
  var r1 = vec3<f32>(total(s10), total(s11), total(s12));
  let r2 = vec3<f32>(total(s20), total(s21), total(s22));
  // in a loop whose length isn't known, so that there are few stores to compile
  var o = (((slice * strips + strip) * p.batch + wid.z) * filters + f) * p.kh * p.kw;
  for (var i = 0u; i < min(3u, p.kh) * (1u + (p.grid_x >> 31u)); i++) {
    var r = r0;
    for (var j = 0u; j < p.kw; j++) {
      out[o] = epilogue(r.x, o);
      o += 1u;
      r = r.yzz;
    }
    r0 = r1;
    r1 = r2;
  }
}
