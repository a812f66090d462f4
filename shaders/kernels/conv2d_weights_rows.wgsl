// uses: filters
// The gradient of conv2d by its weights, for software adapters with subgroups of 8: stride 1, dilation 1, one group, no padding, kernels up to 5 wide,
// w even, ow a multiple of 4. For few input channels. A lane is a filter, a subgroup sums an input channel, KH rows of the kernel and a slice of the
// images for 8 filters; the parts of `out` are added up by the caller. Of 6 rows x 8 pixels, in three loads, the next tile of 2 rows x 4 needs one
// anew, for 200 multiply-adds a lane: for 100 images of 28 x 28 and 32 filters of 5 x 5 6 to 7 ms of a core's time, where loads that all lanes
// repeat made it 12. Tiles of 2 x 8 were a fifth slower and half as long again to compile.
// POOLED = 1: b and index are the gradient that comes from maxima over 2 x 2 blocks and the places of the maxima (y*ow + x in the plane before
// pooling), and g is spread while it is read, so that it is never written out; oh, ow are those before pooling, b_batch counts pooled elements.
// Else b is g, and index isn't read.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, oh: u32, ow: u32,
  splits: u32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> index: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const POOLED: u32 = 0u;
// rows of the kernel taken at once, at most 5, a divisor of kh; and its width
const KH: u32 = 5u;
const KW: u32 = 5u;

fn epilogue(v: f32, i: u32) -> f32 { return v; }

// Two rows of four neighbours.
struct Pair { top: vec4<f32>, low: vec4<f32> }

// g at (y, x), (y + 1, x) and what is right of them, from the plane that starts at element i.
fn gradient(i: u32, y: u32, x: u32) -> Pair {
  if (POOLED == 1u) {
    let at = (i + (y / 2u) * (p.ow / 2u) + x / 2u) / 2u;
    let q = vec4<u32>(y * p.ow + x) + vec4<u32>(0u, 1u, 2u, 3u);
    let g = b[at].xxyy;
    let place = index[at].xxyy;
    return Pair(select(vec4<f32>(), g, place == q), select(vec4<f32>(), g, place == q + p.ow));
  }
  let at = (i + y * p.ow + x) / 2u;
  let below = select(0u, p.ow / 2u, y + 1u < p.oh);
  let low = vec4<f32>(b[at + below], b[at + below + 1u]);
  return Pair(vec4<f32>(b[at], b[at + 1u]), select(vec4<f32>(), low, below > 0u));
}

// Eight neighbours in a row of pixels: lanes 0 to 3 hold a row, lanes 4 to 7 the one below it.
struct Eight { a: vec4<f32>, b: vec4<f32> }
fn first(x: vec2<f32>) -> Eight {
  return Eight(vec4<f32>(subgroupBroadcast(x, 0u), subgroupBroadcast(x, 1u)), vec4<f32>(subgroupBroadcast(x, 2u), subgroupBroadcast(x, 3u)));
}
fn second(x: vec2<f32>) -> Eight {
  return Eight(vec4<f32>(subgroupBroadcast(x, 4u), subgroupBroadcast(x, 5u)), vec4<f32>(subgroupBroadcast(x, 6u), subgroupBroadcast(x, 7u)));
}

fn dotted(s: f32, g: vec4<f32>, x: vec4<f32>) -> f32 { return fma(g.w, x.w, fma(g.z, x.z, fma(g.y, x.y, fma(g.x, x.x, s)))); }

fn gained(s: Row, g: vec4<f32>, x: Eight) -> Row {
  var r = s;
  r.a = dotted(s.a, g, x.a);
  if (KW > 1u) { r.b = dotted(s.b, g, vec4<f32>(x.a.yzw, x.b.x)); }
  if (KW > 2u) { r.c = dotted(s.c, g, vec4<f32>(x.a.zw, x.b.xy)); }
  if (KW > 3u) { r.d = dotted(s.d, g, vec4<f32>(x.a.w, x.b.xyz)); }
  if (KW > 4u) { r.e = dotted(s.e, g, x.b); }
  return r;
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let groups = (p.f + 7u) / 8u;
  let parts = p.kh / KH;
  var t = wid.x + wid.y * p.grid_x;
  if (t >= groups * parts * p.c * p.splits) { return; }
  let ky = (t % parts) * KH; t /= parts;
  let f0 = (t % groups) * 8u + lane; t /= groups;
  let c = t % p.c;
  let split = t / p.c;
  // lanes beyond the last filter go along, for the pixels they load, and store nothing
  let f = min(f0, p.f - 1u);
  let plane = select(p.oh * p.ow, (p.oh / 2u) * (p.ow / 2u), POOLED == 1u);
  let row = p.w / 2u;
  let last = p.h - 1u;
  let down = lane / 4u;
  // not known to the compiler, so that the loop stays a loop
  let four = 4u + (p.grid_x >> 31u);
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    var k: Kernel;
    for (var n = split * p.n_len; n < min(p.n, (split + 1u) * p.n_len); n++) {
      for (var ox = 0u; ox < p.ow; ox += 4u) {
        let g0 = bi * p.b_batch + (n * p.f + f) * plane;
        let at = (bi * p.a_batch + (n * p.c + c) * p.h * p.w) / 2u + min(ox / 2u + lane % 4u, row - 1u);
        var y = ky + down;
        var x0: vec2<f32>; var x1: vec2<f32>;
        for (var i = 0u; i < four; i += 2u) { x0 = x1; x1 = a[at + min(y + i, last) * row]; }
        for (var oy = 0u; oy < p.oh; oy += 2u) {
          let x2 = a[at + min(y + 4u, last) * row];
          let g = gradient(g0, oy, ox);
          let p0 = first(x0); let p1 = second(x0); let p2 = first(x1); let p3 = second(x1); let p4 = first(x2); let p5 = second(x2);
          k.r0 = gained(gained(k.r0, g.top, p0), g.low, p1);
          if (KH > 1u) { k.r1 = gained(gained(k.r1, g.top, p1), g.low, p2); }
          if (KH > 2u) { k.r2 = gained(gained(k.r2, g.top, p2), g.low, p3); }
          if (KH > 3u) { k.r3 = gained(gained(k.r3, g.top, p3), g.low, p4); }
          if (KH > 4u) { k.r4 = gained(gained(k.r4, g.top, p4), g.low, p5); }
          x0 = x1; x1 = x2;
          y += 2u;
        }
      }
    }
    // loops whose lengths aren't known, so that there is one store to compile
    let rows = select(0u, KH + (p.grid_x >> 31u), f0 < p.f);
    let cols = KW + (p.grid_x >> 31u);
    var o = ((((split * p.batch + bi) * p.f + f) * p.c + c) * p.kh + ky) * KW;
    for (var i = 0u; i < rows; i++) {
      var r = k.r0;
      for (var j = 0u; j < cols; j++) {
        out[o] = epilogue(r.a, o);
        r = Row(r.b, r.c, r.d, r.e, r.e);
        o++;
      }
      k = Kernel(k.r1, k.r2, k.r3, k.r4, k.r4);
    }
  }
}
