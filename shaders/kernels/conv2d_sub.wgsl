// uses: sums, quotient
// conv2d, and its gradient by data, for software adapters with subgroups of 8: any stride, padding, dilation and groups.
// Results are taken by class, those that are alike modulo (ry, rx); result q of a class stands at q * s in the input, and a tap ky moves by
// (cy - py + ky * dy) / ry where that divides, else it adds nothing. So a convolution is s = its stride, r = 1; the gradient is s = 1, r = the
// stride, padding and dilation negated, channels and filters exchanged.
// A subgroup makes ROWS (8, 16 or 32) filters of 32 results: a lane holds 4 results that follow each other (of any row or image), loads its own 4
// pixels of a tap, and the ROWS weights come by one load and are broadcast: 5 loads for 4 ROWS multiply-adds a lane. The channels are the innermost
// loop, so that addresses and masks are found once a tap. Windows that slide (one new pixel a tap) took as long; four results of 8 filters and two of
// 16, with all sums in use, took longer, and up to 1200 ms to compile instead of 250 to 450. 3 to 5 times faster than tiles of 4 x 4 without subgroups.
// Sums run in the order ky, kx, c. b is [group,ky,kx,c,f] with f_row filters, a multiple of ROWS. Reads outside the input count as zero.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, groups: u32, c: u32, h: u32, w: u32, f: u32, f_row: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, ry: u32, rx: u32, py: i32, px: i32, dy: i32, dx: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

// 1: a lane's results lie side by side (r = 1, a plane of them a multiple of 4)
const WHOLE: u32 = 1u;

fn epilogue(v: f32, i: u32) -> f32 { return v; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

struct Quad { a: vec4<u32>, o: vec4<u32>, y: vec4<i32>, x: vec4<i32> }

// Four results of a class of rows x cols: where their images begin, where they go, and where in the input they stand. Past the last are the last
// again, which are written twice alike.
fn quad(first: u32, rows: u32, cols: u32, a0: u32, o0: u32) -> Quad {
  let plane = rows * cols;
  let total = p.n * plane;
  let i = min(vec4<u32>(select(first, min(first, total - 4u), WHOLE == 1u)) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(total - 1u));
  let n = over4(i, plane);
  let r = i - n * plane;
  let y = over4(r, cols);
  let x = r - y * cols;
  return Quad(a0 + n * (p.groups * p.c * p.h * p.w), o0 + n * (p.groups * p.f * p.oh * p.ow) + y * (p.ry * p.ow) + x * p.rx, vec4<i32>(y * p.sy), vec4<i32>(x * p.sx));
}

fn put(v: vec4<f32>, o: vec4<u32>) {
  if (WHOLE == 1u) {
    let e = epilogue4(v, o.x);
    out[o.x] = e.x;
    out[o.x + 1u] = e.y;
    out[o.x + 2u] = e.z;
    out[o.x + 3u] = e.w;
  } else {
    out[o.x] = epilogue(v.x, o.x);
    out[o.y] = epilogue(v.y, o.y);
    out[o.z] = epilogue(v.z, o.z);
    out[o.w] = epilogue(v.w, o.w);
  }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var t = wid.x + wid.y * p.grid_x;
  var rest = over(t, p.rx);
  let cx = t - rest * p.rx;
  t = over(rest, p.ry);
  let cy = rest - t * p.ry;
  let tiles_f = (p.f + ROWS - 1u) / ROWS;
  rest = over(t, tiles_f);
  let f0 = (t - rest * tiles_f) * ROWS;
  t = over(rest, p.groups);
  let grp = rest - t * p.groups;
  let first = t * 32u;
  let rows = over(p.oh - cy + p.ry - 1u, p.ry);
  let cols = over(p.ow - cx + p.rx - 1u, p.rx);
  if (cy >= p.oh || cx >= p.ow || first >= p.n * rows * cols) { return; }
  let plane = p.h * p.w;
  let oplane = p.oh * p.ow;
  let a0 = wid.z * p.a_batch + grp * p.c * plane;
  let o0 = (wid.z * p.n * p.groups * p.f + grp * p.f + f0) * oplane + cy * p.ow + cx;
  let q0 = quad(first + 4u * lane, rows, cols, a0, o0);
  let row = p.f_row / 4u;
  let step = p.c * row;
  let channels = p.c;
  let columns = p.kw;
  let height = p.h;
  let width = p.w;
  let lines = i32(p.ry);
  let places = i32(p.rx);
  let dx = p.dx;
  var tap = (wid.z * p.b_batch + grp * p.kh * columns * channels * p.f_row + f0) / 4u + min(lane, ROWS / 4u - 1u);
  var sums = Sums();
  var ty = i32(cy) - p.py;
  for (var ky = 0u; ky < p.kh; ky++) {
    // a tap between the lines that this class's results stand on adds nothing
    let uy = i32(round(f32(ty) / f32(lines)));
    let on_line = uy * lines == ty;
    ty += p.dy;
    if (!on_line) {
      tap += columns * step;
      continue;
    }
    let ok_y = vec4<u32>(q0.y + uy) < vec4<u32>(height);
    let line = q0.a + vec4<u32>((q0.y + uy) * i32(width) + q0.x);
    var tx = i32(cx) - p.px;
    for (var kx = 0u; kx < columns; kx++) {
      let ux = i32(round(f32(tx) / f32(places)));
      let on_place = ux * places == tx;
      tx += dx;
      var ib = tap;
      tap += step;
      if (!on_place) { continue; }
      let ok = ok_y & (vec4<u32>(q0.x + ux) < vec4<u32>(width));
      var ia = select(vec4<u32>(), line + u32(ux), ok);
      for (var c = 0u; c < channels; c++) {
        let v = b[ib];
        let x0 = select(vec4<f32>(), vec4<f32>(a[ia.x], a[ia.y], a[ia.z], a[ia.w]), ok);
        ib += row;
        ia += plane;
        add_by_lane(&sums, v, x0);
      }
    }
  }
  // lengths that the compiler does not see
  let one = 1u + (p.grid_x >> 31u);
  let left = min(ROWS * one, p.f - f0);
  var o = q0.o;
  for (var i = 0u; i < left; i += 8u) {
    for (var j = 0u; j < min(8u * one, left - i); j++) {
      put(sums.r0.a, o);
      o += oplane;
      next_row(&sums);
    }
    next_eight(&sums);
  }
}
