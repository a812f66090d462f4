// uses: tile
// conv2d with a bias per channel and maxima over blocks of 2 x 2 in one, for GPUs, as the implicit matrix product of conv2d_tile: the columns are the
// pixels of whole blocks, top left, top right, bottom left, bottom right, so that four neighbours, which an invocation sums, are one block. What is
// left of odd planes isn't computed. out and index are [b, n, f, oh/2, ow/2], index counting in the plane before, oh x ow. Weights and bias[b, f] begin
// at b_from and bias_from, as draws of them lie among those of all others; BIASED = 0: bias isn't read.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32, bias_batch: u32,
  b_from: u32, bias_from: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> index: array<u32>;

const BIASED: u32 = 1u;

fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let taps = p.kh * p.kw;
  let rows = fg;
  let across = p.ow / 2u;
  let plane = (p.oh / 2u) * across;
  let blocks = p.n * plane;
  let corner = corner_of(wid.x + wid.y * p.grid_x, rows, 4u * blocks);
  let grp = corner.group;
  if (grp >= p.groups) { return; }
  // the block this invocation fetches in each round is the same for all depths
  var at: array<u32, FN>;
  var iy: array<vec4<i32>, FN>;
  var ix: array<vec4<i32>, FN>;
  for (var r = 0u; r < FN; r++) {
    let q = min(corner.column / 4u + (lid + 16u * RY * r) % RIGHT, blocks - 1u);
    let n = q / plane;
    let y = (q - n * plane) / across;
    let x = q - n * plane - y * across;
    at[r] = n * p.c * p.h * p.w;
    iy[r] = vec4<i32>((vec4<u32>(2u * y) + vec4<u32>(0u, 0u, 1u, 1u)) * p.sy) - p.py;
    ix[r] = vec4<i32>((vec4<u32>(2u * x) + vec4<u32>(0u, 1u, 0u, 1u)) * p.sx) - p.px;
  }
  for (var z = wid.z; z < p.batch; z += p.grid_z) {
    let k1 = cg * taps;
    let w0 = p.b_from + z * p.b_batch + grp * fg * k1;
    let x0 = z * p.a_batch + grp * cg * p.h * p.w;
    var sums = Block();
    for (var kt = 0u; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let q = e / BK;
        let i = w0 + min(k, k1 - 1u);
        let m = corner.row + 4u * q;
        let v = vec4<f32>(b[i + min(m, rows - 1u) * k1], b[i + min(m + 1u, rows - 1u) * k1],
          b[i + min(m + 2u, rows - 1u) * k1], b[i + min(m + 3u, rows - 1u) * k1]);
        left[left_of(k - kt, q)] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e / RIGHT;
        let c = min(k, k1 - 1u) / taps;
        let tap = min(k, k1 - 1u) - c * taps;
        let ky = tap / p.kw;
        let y = iy[r] + i32(ky * p.dy);
        let x = ix[r] + i32((tap - ky * p.kw) * p.dx);
        let ok = (y >= vec4<i32>()) & (y < vec4<i32>(i32(p.h))) & (x >= vec4<i32>()) & (x < vec4<i32>(i32(p.w)));
        let i = x0 + at[r] + (c * p.h + vec4<u32>(clamp(y, vec4<i32>(), vec4<i32>(i32(p.h) - 1)))) * p.w
          + vec4<u32>(clamp(x, vec4<i32>(), vec4<i32>(i32(p.w) - 1)));
        let v = vec4<f32>(a[i.x], a[i.y], a[i.z], a[i.w]);
        right[right_of(k - kt, e % RIGHT)] = select(vec4<f32>(), v, ok & vec4<bool>(k < k1));
      }
      workgroupBarrier();
      add_slice(&sums, lid);
      workgroupBarrier();
    }
    for (var j = 0u; j < TN; j++) {
      let q = column_of(corner, 4u * j, lid) / 4u;
      let n = q / plane;
      let cell = q - n * plane;
      let y = cell / across;
      let first = 2u * y * p.ow + 2u * (cell - y * across);
      for (var i = 0u; i < 4u * TM; i++) {
        let m = row_of(corner, i, lid);
        if (m < rows && q < blocks) {
          let f = grp * fg + m;
          var v = sums[i][j];
          if (BIASED == 1u) { v += bias[p.bias_from + z * p.bias_batch + f]; }
          let best = max(v.xz, v.yw);
          let o = ((z * p.n + n) * p.f + f) * plane + cell;
          out[o] = epilogue(max(best.x, best.y), o);
          index[o] = first + select(select(0u, 1u, v.y > v.x), p.ow + select(0u, 1u, v.w > v.z), best.y > best.x);
        }
      }
    }
  }
}
