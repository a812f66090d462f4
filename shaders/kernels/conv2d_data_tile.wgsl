// uses: tile
// conv2d_data for GPUs as an implicit matrix product: rows = input channels of a group, columns = pixels (n, iy, ix), depth = taps (f, ky, kx).
// Params, bindings and hooks are those of conv2d_data.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  n: u32, c: u32, h: u32, w: u32, f: u32, kh: u32, kw: u32, oh: u32, ow: u32,
  sy: u32, sx: u32, py: i32, px: i32, dy: u32, dx: u32, groups: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn load_b(i: u32) -> f32 { return b[i]; }
fn epilogue(v: f32, i: u32) -> f32 { return v; }

@compute @workgroup_size(16u * RY)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let cg = p.c / p.groups;
  let fg = p.f / p.groups;
  let taps = p.kh * p.kw;
  let rows = cg;
  let cols = p.n * p.h * p.w;
  let corner = corner_of(wid.x + wid.y * p.grid_x, rows, cols);
  let grp = corner.group;
  if (grp >= p.groups) { return; }
  // the four pixels this invocation fetches in each round are the same for all depths
  var at: array<vec4<u32>, FN>;
  var iy: array<vec4<i32>, FN>;
  var ix: array<vec4<i32>, FN>;
  for (var r = 0u; r < FN; r++) {
    let q = min(vec4<u32>(corner.column + 4u * ((lid + 16u * RY * r) % RIGHT)) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(cols - 1u));
    let row = q / p.w;
    let n = row / p.h;
    at[r] = n * p.f * p.oh * p.ow;
    iy[r] = vec4<i32>(row - n * p.h) + p.py;
    ix[r] = vec4<i32>(q - row * p.w) + p.px;
  }
  for (var z = wid.z; z < p.batch; z += p.grid_z) {
    let k0 = 0u;
    let k1 = fg * taps;
    let w0 = z * p.b_batch + grp * fg * cg * taps;
    let g0 = z * p.a_batch + grp * fg * p.oh * p.ow;
    var sums = Block();
    for (var kt = k0; kt < k1; kt += BK) {
      for (var r = 0u; r < TM; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e % BK;
        let q = e / BK;
        let f = min(k, k1 - 1u) / taps;
        let i = w0 + f * cg * taps + min(k, k1 - 1u) - f * taps;
        let m = corner.row + 4u * q;
        let v = vec4<f32>(load_b(i + min(m, rows - 1u) * taps), load_b(i + min(m + 1u, rows - 1u) * taps),
          load_b(i + min(m + 2u, rows - 1u) * taps), load_b(i + min(m + 3u, rows - 1u) * taps));
        left[left_of(k - kt, q)] = select(vec4<f32>(), v, k < k1);
      }
      for (var r = 0u; r < FN; r++) {
        let e = lid + 16u * RY * r;
        let k = kt + e / RIGHT;
        let f = min(k, k1 - 1u) / taps;
        let tap = min(k, k1 - 1u) - f * taps;
        let ky = tap / p.kw;
        let ty4 = iy[r] - i32(ky * p.dy);
        let tx4 = ix[r] - i32((tap - ky * p.kw) * p.dx);
        let y = ty4 / i32(p.sy);
        let x = tx4 / i32(p.sx);
        let ok = (ty4 >= vec4<i32>()) & (y * i32(p.sy) == ty4) & (y < vec4<i32>(i32(p.oh)))
          & (tx4 >= vec4<i32>()) & (x * i32(p.sx) == tx4) & (x < vec4<i32>(i32(p.ow)));
        let i = g0 + at[r] + (f * p.oh + vec4<u32>(clamp(y, vec4<i32>(), vec4<i32>(i32(p.oh) - 1)))) * p.ow
          + vec4<u32>(clamp(x, vec4<i32>(), vec4<i32>(i32(p.ow) - 1)));
        let v = vec4<f32>(load_a(i.x), load_a(i.y), load_a(i.z), load_a(i.w));
        right[right_of(k - kt, e % RIGHT)] = select(vec4<f32>(), v, ok & vec4<bool>(k < k1));
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
          let n = q / (p.h * p.w);
          let o = ((z * p.n + n) * p.c + grp * cg + m) * p.h * p.w + q - n * p.h * p.w;
          out[o] = epilogue(sums[i][j / 4u][j % 4u], o);
        }
      }
    }
  }
}
