// uses: quotient
// conv2d where each filter sees one channel (groups = channels), and its gradient by data, for software adapters: kernels up to 3 x 3. As in
// conv2d_sub results may be a class, those that are alike modulo (ry, rx); within it a tap moves by one pixel (wants sy = sx = 1, and dy = dx = 1
// or what the classes make of it). Taps of a class are ky0, ky0 + jump_y, ...; the caller gives the weights' strides, turned round for the gradient.
// One invocation: 8 columns of one plane, from top to bottom, with the sums of the three rows that an input row adds to: each pixel is loaded
// once (2 of 10 by the neighbour too), each weight once a plane; loads and stores are what costs.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, groups: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  ry: u32, rx: u32, py: i32, px: i32, dy: i32, dx: i32, jump_y: u32, jump_x: u32, w_0: i32, w_turn: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

// 1: rows are whole vectors (ow a multiple of 4, rx = 1)
const WHOLE: u32 = 0u;

fn epilogue(v: f32, i: u32) -> f32 { return v; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

fn nearest(i: i32, d: u32) -> i32 { return i32(round(f32(i) / f32(d))); }

fn four(row: u32, x: vec4<i32>, ok_y: bool) -> vec4<f32> {
  let ok = (vec4<u32>(x) < vec4<u32>(p.w)) & vec4<bool>(ok_y);
  let i = select(vec4<u32>(), row + vec4<u32>(x), ok);
  return select(vec4<f32>(), vec4<f32>(a[i.x], a[i.y], a[i.z], a[i.w]), ok);
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let rows = over(p.oh + p.ry - 1u, p.ry);
  let strips = (over(p.ow + p.rx - 1u, p.rx) + 7u) / 8u;
  let t = (wid.x + wid.y * p.grid_x) * 8u + lid;
  let filters = p.groups * p.f;
  let sheet = over(t, strips);
  let images = over(sheet, filters);
  let line = over(images, p.rx);
  let n = over(line, p.ry);
  if (n >= p.n) { return; }
  let cx = images - line * p.rx;
  let cy = line - n * p.ry;
  let f = sheet - images * filters;
  let x = (t - sheet * strips) * 8u;
  // the first tap of the class, and where it is
  var ky = 0u;
  var ty = i32(cy) - p.py;
  while (ky < p.kh && nearest(ty, p.ry) * i32(p.ry) != ty) { ky++; ty += p.dy; }
  var kx = 0u;
  var tx = i32(cx) - p.px;
  while (kx < p.kw && nearest(tx, p.rx) * i32(p.rx) != tx) { kx++; tx += p.dx; }
  let q = i32(x) + nearest(tx, p.rx);
  let top = nearest(ty, p.ry);
  // its weights, zeros beyond them; in a loop whose length isn't known, so that there are few loads to compile
  let one = 1u + (p.grid_x >> 31u);
  let taps = i32(wid.z * p.b_batch + f * p.kh * p.kw) + p.w_0;
  var w0 = vec3<f32>();
  var w1 = vec3<f32>();
  var w2 = vec3<f32>();
  let ks = vec3<u32>(kx) + p.jump_x * vec3<u32>(0u, 1u, 2u);
  for (var i = 0u; i < 3u * one; i++) {
    let ok = (ks < vec3<u32>(p.kw)) & vec3<bool>(ky < p.kh);
    let at = select(vec3<i32>(), taps + p.w_turn * vec3<i32>(ky * p.kw + ks), ok);
    w0 = w1;
    w1 = w2;
    w2 = select(vec3<f32>(), vec3<f32>(b[at.x], b[at.y], b[at.z]), ok);
    ky += p.jump_y;
  }
  let base = wid.z * p.a_batch + (n * p.groups + over(f, p.f)) * p.h * p.w;
  var o = ((wid.z * p.n + n) * filters + f) * p.oh * p.ow + cy * p.ow + x * p.rx + cx;
  let end = select(rows, over(p.oh - cy + p.ry - 1u, p.ry), cy < p.oh);
  let left = select(0u, over(p.ow - cx - x * p.rx + p.rx - 1u, p.rx), x * p.rx + cx < p.ow && cy < p.oh);
  var a0 = vec4<f32>();
  var a1 = vec4<f32>();
  var b0 = vec4<f32>();
  var b1 = vec4<f32>();
  for (var y = 0u; y < end + 2u; y++) {
    let iy = top + i32(y);
    let ok_y = u32(iy) < p.h;
    let row = base + u32(select(0, iy, ok_y)) * p.w;
    let v0 = four(row, vec4<i32>(q, q + 1, q + 2, q + 3), ok_y);
    let v1 = four(row, vec4<i32>(q + 4, q + 5, q + 6, q + 7), ok_y);
    let ok = (vec2<u32>(vec2<i32>(q + 8, q + 9)) < vec2<u32>(p.w)) & vec2<bool>(ok_y);
    let e = select(vec2<f32>(), vec2<f32>(a[select(0u, row + u32(q + 8), ok.x)], a[select(0u, row + u32(q + 9), ok.y)]), ok);
    let x1 = vec4<f32>(v0.yzw, v1.x);
    let y1 = vec4<f32>(v1.yzw, e.x);
    let x2 = vec4<f32>(v0.zw, v1.xy);
    let y2 = vec4<f32>(v1.zw, e.xy);
    var s0 = a0 + w2.x * v0 + w2.y * x1 + w2.z * x2;
    var s1 = a1 + w2.x * v1 + w2.y * y1 + w2.z * y2;
    a0 = b0 + w1.x * v0 + w1.y * x1 + w1.z * x2;
    a1 = b1 + w1.x * v1 + w1.y * y1 + w1.z * y2;
    b0 = w0.x * v0 + w0.y * x1 + w0.z * x2;
    b1 = w0.x * v1 + w0.y * y1 + w0.z * y2;
    // the row two above is done
    var to = o + (y - 2u) * p.ry * p.ow;
    let count = select(0u, left, y >= 2u);
    if (WHOLE == 1u) {
      for (var i = 0u; i < min(2u * one, count / 4u); i++) {
        let r = epilogue4(s0, to);
        out[to] = r.x;
        out[to + 1u] = r.y;
        out[to + 2u] = r.z;
        out[to + 3u] = r.w;
        to += 4u;
        s0 = s1;
      }
    } else {
      for (var i = 0u; i < min(8u * one, count); i++) {
        out[to] = epilogue(s0.x, to);
        to += p.rx;
        s0 = vec4<f32>(s0.yzw, s1.x);
        s1 = vec4<f32>(s1.yzw, 0.0);
      }
    }
  }
}
