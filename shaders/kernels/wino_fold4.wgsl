// uses: gathered
// Winograd convolution on tiles of 8 x 8, last stage of the gradient by data (the adjoint of wino_input): M[b, point, c, t] to gx[b,n,c,h,w].
// By vec4: w, step and px are multiples of 4 (5 x 5 kernels, step 4); Params are those of wino_fold, and it has an epilogue.
// Each tile is transformed by B on both sides and added at (ty*step - py, tx*step - px); tiles overlap, so one invocation owns a plane and
// adds its tiles in order. Elements that a former tile has written are read back, the others are set: gx needs no clearing if tiles cover it.
// Both halves of a row in one loop of two compile in two thirds of the time. No faster: the right halves kept in registers for the next tile.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, a_point: u32, a_c: u32,
  n: u32, c: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, step: u32, py: i32, px: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

fn load_a(i: u32) -> f32 { return a[i]; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  if (e >= p.n * p.c) { return; }
  let n = e % p.n;
  let c = e / p.n;
  // 8, see gathered
  let eight = 8u + (p.grid_x >> 31u);
  let dst = ((wid.z * p.n + n) * p.c + c) * p.h * p.w;
  for (var ty = 0u; ty < p.tiles_y; ty++) {
    for (var tx = 0u; tx < p.tiles_x; tx++) {
      var d = gathered(wid.z * p.a_batch + c * p.a_c + (n * p.tiles_y + ty) * p.tiles_x + tx, p.a_point, eight);
      fold_columns(&d);
      let x = i32(tx * p.step) - p.px;
      let left = x >= 0 && x < i32(p.w);
      let right = x + 4 >= 0 && x + 4 < i32(p.w);
      for (var i = 0u; i < eight; i++) {
        let y = i32(ty * p.step + i) - p.py;
        let v = fold8(d[0]);
        let again = ty > 0u && i < 4u;
        let done = i < 4u || ty + 1u == p.tiles_y;
        if (y >= 0 && y < i32(p.h)) {
          var q = dst + u32(y * i32(p.w) + x);
          var s = vec4<f32>(v[0], v[1], v[2], v[3]);
          for (var side = 0u; side < eight / 4u; side++) {
            if (select(right, left, side == 0u)) {
              if (again || (side == 0u && tx > 0u)) { s += out[q / 4u]; }
              if (done && (side == 0u || tx + 1u == p.tiles_x)) { s = epilogue4(s, q); }
              out[q / 4u] = s;
            }
            s = vec4<f32>(v[4], v[5], v[6], v[7]);
            q += 4u;
          }
        }
        shift(&d);
      }
    }
  }
}
