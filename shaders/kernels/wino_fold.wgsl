// uses: gathered
// Winograd convolution on tiles of 8 x 8, last stage of the gradient by data (the adjoint of wino_input): M[b, point, c, t] to gx[b,n,c,h,w].
// Each tile is transformed by B on both sides and added at (ty*step - py, tx*step - px); tiles overlap, so one invocation owns a plane and
// adds its tiles in order. Elements that a former tile has written are read back, the others are set: gx needs no clearing if tiles cover it.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, a_point: u32, a_c: u32,
  n: u32, c: u32, h: u32, w: u32, tiles_y: u32, tiles_x: u32, step: u32, py: i32, px: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

fn load_a(i: u32) -> f32 { return a[i]; }

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
      for (var i = 0u; i < eight; i++) {
        let y = i32(ty * p.step + i) - p.py;
        let again = ty > 0u && i + p.step < 8u;
        var v = fold8(d[0]);
        for (var j = 0u; j < eight; j++) {
          let x = i32(tx * p.step + j) - p.px;
          if (y >= 0 && y < i32(p.h) && x >= 0 && x < i32(p.w)) {
            let o = dst + u32(y) * p.w + u32(x);
            var s = v[0];
            if (again || (tx > 0u && j + p.step < 8u)) { s += out[o]; }
            out[o] = s;
          }
          for (var k = 0u; k < 7u; k++) { v[k] = v[k + 1u]; }
        }
        shift(&d);
      }
    }
  }
}
