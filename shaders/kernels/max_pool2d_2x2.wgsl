// uses:
// max_pool2d for windows of 2 x 2, stride 2, no padding, h = 2*oh, w = 2*ow, ow a multiple of 4: four outputs an invocation, all access by vec4.
// Params, bindings and results are those of max_pool2d.
struct Params {
  grid_x: u32, rows: u32, h: u32, w: u32, oh: u32, ow: u32,
  wy: u32, wx: u32, sy: u32, sx: u32, py: i32, px: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> index: array<vec4<u32>>;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  let quads = p.ow / 4u;
  if (e >= p.rows * p.oh * quads) { return; }
  let row = e / quads;
  let x = (e - row * quads) * 8u;
  let i = row * 2u * p.w + x;
  let t0 = load_a4(i);
  let t1 = load_a4(i + 4u);
  let u0 = load_a4(i + p.w);
  let u1 = load_a4(i + p.w + 4u);
  let tl = vec4<f32>(t0.xz, t1.xz);
  let tr = vec4<f32>(t0.yw, t1.yw);
  let bl = vec4<f32>(u0.xz, u1.xz);
  let br = vec4<f32>(u0.yw, u1.yw);
  let q = vec4<u32>((row - (row / p.oh) * p.oh) * 2u * p.w + x) + vec4<u32>(0u, 2u, 4u, 6u);
  let top = max(tl, tr);
  let bottom = max(bl, br);
  let at_top = q + select(vec4<u32>(0u), vec4<u32>(1u), tr > tl);
  let at_bottom = q + p.w + select(vec4<u32>(0u), vec4<u32>(1u), br > bl);
  out[e] = epilogue4(max(top, bottom), 4u * e);
  index[e] = select(at_top, at_bottom, bottom > top);
}
