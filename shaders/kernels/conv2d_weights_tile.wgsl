// uses: tile
// conv2d_weights for GPUs as an implicit matrix product: rows = output channels of a group, columns = taps (c, ky, kx), depth = pixels (n, oy, ox).
// Params, hooks and slices of n are those of conv2d_weights.
// POOLED = 1: b and index are the gradient that comes from maxima over 2 x 2 blocks and the places of the maxima (y*ow + x in the plane before
// pooling), and g is spread while it is read, so that it is never written out: the depth is the pixels of whole blocks, block by block, so that what
// 16 of them read are four neighbours; what is left of odd planes has no gradient. b_batch counts pooled elements. Else b is g, and index isn't read.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32,
  splits: u32, n_len: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> index: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const POOLED: u32 = 0u;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

// A pixel of the depth, and where its gradient is: the element of its plane in b.
struct Pixel { n: u32, y: u32, x: u32, at: u32 }
fn pixel_of(s: u32) -> Pixel {
  let wide = select(p.ow, p.ow / 2u, POOLED == 1u);
  let plane = wide * select(p.oh, p.oh / 2u, POOLED == 1u);
  let q = select(s, s / 4u, POOLED == 1u);
  let n = q / plane;
  let at = q - n * plane;
  let y = at / wide;
  let x = at - y * wide;
  if (POOLED == 1u) { return Pixel(n, 2u * y + (s / 2u) % 2u, 2u * x + s % 2u, at); }
  return Pixel(n, y, x, at);
}

// g at element i, which is the pixel's that is at `place` in its plane.
fn gradient(i: u32, place: u32) -> f32 {
  let g = load_b(i);
  if (POOLED == 1u) { return select(0.0, g, index[i] == place); }
  return g;
}

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let taps = p.kh * p.kw;
  let rows = fg;
  let cols = cg * taps;
  let corner = corner_of(wid.x + wid.y * p.grid_x, rows, cols);
  let grp = corner.group;
  if (grp >= p.groups) { return; }
  // the four taps this invocation fetches in each round are the same for all depths
  var at: array<vec4<u32>, FN>;
  var iy: array<vec4<i32>, FN>;
  var ix: array<vec4<i32>, FN>;
  for (var r = 0u; r < FN; r++) {
    let q = min(vec4<u32>(corner.column + 4u * ((lid + 16u * RY * r) / BK)) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(cols - 1u));
    let row = q / p.kw;
    let c = row / p.kh;
    at[r] = c * p.h * p.w;
    iy[r] = vec4<i32>((row - c * p.kh) * p.dy) - p.py;
    ix[r] = vec4<i32>((q - row * p.kw) * p.dx) - p.px;
  }
  for (var z = wid.z; z < p.batch * p.splits; z += p.grid_z) {
    let bi = z % p.batch;
    let plane = select(p.oh * p.ow, (p.oh / 2u) * (p.ow / 2u), POOLED == 1u);
    let pixels = select(plane, 4u * plane, POOLED == 1u);
    let k0 = min(p.n, (z / p.batch) * p.n_len) * pixels;
    let k1 = min(p.n, (z / p.batch) * p.n_len + p.n_len) * pixels;
    let x0 = bi * p.a_batch + grp * cg * p.h * p.w;
    let g0 = bi * p.b_batch + grp * fg * plane;
    var sums = Block();
    for (var kt = k0; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let q = e / BK;
        let s = pixel_of(min(k, k1 - 1u));
        let place = s.y * p.ow + s.x;
        let i = g0 + s.n * p.f * plane + s.at;
        let m = corner.row + 4u * q;
        let v = vec4<f32>(gradient(i + min(m, rows - 1u) * plane, place), gradient(i + min(m + 1u, rows - 1u) * plane, place),
          gradient(i + min(m + 2u, rows - 1u) * plane, place), gradient(i + min(m + 3u, rows - 1u) * plane, place));
        left[left_of(k - kt, q)] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let s = pixel_of(min(k, k1 - 1u));
        let y = iy[r] + i32(s.y * p.sy);
        let x = ix[r] + i32(s.x * p.sx);
        let ok = (y >= vec4<i32>()) & (y < vec4<i32>(i32(p.h))) & (x >= vec4<i32>()) & (x < vec4<i32>(i32(p.w)));
        let i = x0 + at[r] + (s.n * p.c * p.h + vec4<u32>(clamp(y, vec4<i32>(), vec4<i32>(i32(p.h) - 1)))) * p.w
          + vec4<u32>(clamp(x, vec4<i32>(), vec4<i32>(i32(p.w) - 1)));
        let v = vec4<f32>(load_a(i.x), load_a(i.y), load_a(i.z), load_a(i.w));
        right[right_of(k - kt, e / BK)] = select(vec4<f32>(), v, ok & vec4<bool>(k < k1));
      }
      workgroupBarrier();
      add_slice(&sums, lid);
      workgroupBarrier();
    }
    for (var i = 0u; i < 4u * TM; i++) {
      let m = row_of(corner, i, lid);
      for (var j = 0u; j < 4u * TN; j++) {
        let q = column_of(corner, j, lid);
        if (m < rows && q < cols) {
          let o = (z * p.f + grp * fg + m) * cols + q;
          out[o] = epilogue(sums[i][j / 4u][j % 4u], o);
        }
      }
    }
  }
}
