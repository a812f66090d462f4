// uses: filters
// conv2d of one input channel, a bias per filter, and maxima over 2 x 2 blocks in one, for software adapters with subgroups of 8: stride 1, dilation 1,
// no padding, kernels of KH x KW, at most 5 x 5; w is a multiple of 4. A lane is a filter and keeps its weights in registers, a
// subgroup makes 8 filters of an image, in strips of 4 pooled columns, `cols` columns of the plane; `pw` is the plane's width before pooling, by
// which `index` counts. Of 6 rows x 12 pixels, in three loads, the next pooled row needs one anew, for 400 multiply-adds a lane: for 100 images of
// 28 x 28 and 32 filters of 5 x 5 7 ms of a core's time, and 1.6 of tanh, where loads that all lanes repeat made it 21. Two or four filters a lane
// are no faster and take half as long again and three times as long to compile. Loops around a tile let the compiler move the broadcasts out of
// them, and spill them: 1.6 times slower.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32, bias_batch: u32,
  n: u32, h: u32, w: u32, f: u32, oh: u32, ow: u32, pw: u32, cols: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> index: array<u32>;

const KH: u32 = 5u;
const KW: u32 = 5u;

fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let groups = (p.f + 7u) / 8u;
  let spans = (p.ow + p.cols - 1u) / p.cols;
  var t = wid.x + wid.y * p.grid_x;
  if (t >= spans * groups * p.n) { return; }
  let first = (t % spans) * p.cols; t /= spans;
  let f0 = (t % groups) * 8u + lane;
  let n = t / groups;
  // 0, but not known to the compiler, so that loops stay loops: there are few loads and stores to compile then
  let zero = p.grid_x >> 31u;
  // lanes beyond the last filter go along, for the pixels they load, and store nothing
  let f = min(f0, p.f - 1u);
  let stores = select(0u, 4u + zero, f0 < p.f);
  let bi = wid.z;
  var k: Kernel;
  for (var i = bi * p.b_batch + (f + 1u) * KH * KW; i > bi * p.b_batch + f * KH * KW; ) {
    var r: Row;
    for (var x = KW + zero; x > 0u; x--) { i--; r = Row(b[i], r.a, r.b, r.c, r.d); }
    k = before(r, k);
  }
  let start = Strip(vec4<f32>(bias[bi * p.bias_batch + f]), vec4<f32>(bias[bi * p.bias_batch + f]));
  let lanes = min(lane, 5u);
  let down = lanes / 3u;
  let row = p.w / 4u;
  for (var ox = first; ox < min(p.ow, first + p.cols); ox += 4u) {
    let at = (bi * p.a_batch + n * p.h * p.w) / 4u + min(ox / 2u + lanes % 3u, row - 1u);
    var x0: vec4<f32>; var x1: vec4<f32>;
    var y = down;
    for (; y < 4u + zero; y += 2u) { x0 = x1; x1 = a[at + min(y, p.h - 1u) * row]; }
    for (var oy = 0u; oy < p.oh; oy++) {
      let x2 = a[at + min(y, p.h - 1u) * row];
      let s = convolved(Tile(start, start), x0, x1, x2, k, KH, KW);
      let t0 = vec4<f32>(s.top.l.xz, s.top.r.xz); let t1 = vec4<f32>(s.top.l.yw, s.top.r.yw);
      let l0 = vec4<f32>(s.low.l.xz, s.low.r.xz); let l1 = vec4<f32>(s.low.l.yw, s.low.r.yw);
      let above = max(t0, t1);
      let below = max(l0, l1);
      var best = max(above, below);
      let q = vec4<u32>(2u * oy * p.pw + 2u * ox) + vec4<u32>(0u, 2u, 4u, 6u);
      var place = select(select(q, q + 1u, t1 > t0), select(q, q + 1u, l1 > l0) + p.pw, below > above);
      let o = (((bi * p.n + n) * p.f + f) * p.oh + oy) * p.ow + ox;
      // one by one: as fast as vectors of four, a quarter less to compile, and free of the width
      for (var i = 0u; i < min(stores, p.ow - ox); i++) {
        out[o + i] = epilogue(best.x, o + i);
        index[o + i] = place.x;
        best = best.yzww;
        place = place.yzww;
      }
      x0 = x1; x1 = x2;
      y += 2u;
    }
  }
}
