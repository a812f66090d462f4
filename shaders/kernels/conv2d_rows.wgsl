// uses: filters
// conv2d of one input channel for software adapters with subgroups of 8: stride 1, dilation 1, no padding, kernels of KH x KW, at most 5 x 5; w is a
// multiple of 4. A lane is a filter and keeps its weights in registers, a subgroup makes 8 filters of an image in strips of 8 columns, `cols` columns
// of it, two rows at a time. Of 6 rows x 12 pixels, in three loads, the next two rows need one anew, for 400 multiply-adds a lane.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, h: u32, w: u32, f: u32, oh: u32, ow: u32, cols: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

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
  let bi = wid.z;
  var k: Kernel;
  for (var i = bi * p.b_batch + (f + 1u) * KH * KW; i > bi * p.b_batch + f * KH * KW; ) {
    var r: Row;
    for (var x = KW + zero; x > 0u; x--) { i--; r = Row(b[i], r.a, r.b, r.c, r.d); }
    k = before(r, k);
  }
  let lanes = min(lane, 5u);
  let down = lanes / 3u;
  let row = p.w / 4u;
  for (var ox = first; ox < min(p.ow, first + p.cols); ox += 8u) {
    let at = (bi * p.a_batch + n * p.h * p.w) / 4u + min(ox / 4u + lanes % 3u, row - 1u);
    var x0: vec4<f32>; var x1: vec4<f32>;
    var y = down;
    for (; y < 4u + zero; y += 2u) { x0 = x1; x1 = a[at + min(y, p.h - 1u) * row]; }
    for (var oy = 0u; oy < p.oh; oy += 2u) {
      let x2 = a[at + min(y, p.h - 1u) * row];
      let s = convolved(Tile(), x0, x1, x2, k, KH, KW);
      let rows = select(0u, min(2u, p.oh - oy), f0 < p.f);
      let across = min(8u, p.ow - ox);
      var o = (((bi * p.n + n) * p.f + f) * p.oh + oy) * p.ow + ox;
      var v = s.top;
      for (var i = 0u; i < rows; i++) {
        for (var j = 0u; j < across; j++) {
          out[o + j] = epilogue(v.l.x, o + j);
          v = Strip(vec4<f32>(v.l.yzw, v.r.x), v.r.yzww);
        }
        v = s.low;
        o += p.ow;
      }
      x0 = x1; x1 = x2;
      y += 2u;
    }
  }
}
