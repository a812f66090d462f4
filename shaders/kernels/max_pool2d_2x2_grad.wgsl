// uses:
// max_pool2d_grad for windows of 2 x 2, stride 2, no padding, h = 2*oh, w = 2*ow, ow a multiple of 4: windows don't overlap, so an invocation
// writes the 2 x 8 inputs of four windows, by vec4. Params and bindings are those of max_pool2d_grad.
struct Params {
  grid_x: u32, grid_z: u32, batch: u32, a_batch: u32, b_batch: u32,
  rows: u32, h: u32, w: u32, oh: u32, ow: u32,
  wy: u32, wx: u32, sy: u32, sx: u32, py: i32, px: i32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

fn load_a4(i: u32) -> vec4<f32> { return a[i / 4u]; }
fn load_b4(i: u32) -> vec4<u32> { return b[i / 4u]; }
fn epilogue4(v: vec4<f32>, i: u32) -> vec4<f32> { return v; }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let e = (wid.x + wid.y * p.grid_x) * 64u + lid;
  let quads = p.ow / 4u;
  if (e >= p.rows * p.oh * quads) { return; }
  let row = e / quads;
  let x = (e - row * quads) * 8u;
  let q = vec4<u32>((row - (row / p.oh) * p.oh) * 2u * p.w + x) + vec4<u32>(0u, 2u, 4u, 6u);
  for (var bi = wid.z; bi < p.batch; bi += p.grid_z) {
    let g = load_a4(bi * p.a_batch + 4u * e);
    let at = load_b4(bi * p.b_batch + 4u * e) - q;
    let zero = vec4<f32>();
    let tl = select(zero, g, at == vec4<u32>(0u));
    let tr = select(zero, g, at == vec4<u32>(1u));
    let bl = select(zero, g, at == vec4<u32>(p.w));
    let br = select(zero, g, at == vec4<u32>(p.w + 1u));
    let o = (bi * p.rows * p.oh + row) * 2u * p.w + x;
    out[o / 4u] = epilogue4(vec4<f32>(tl.x, tr.x, tl.y, tr.y), o);
    out[o / 4u + 1u] = epilogue4(vec4<f32>(tl.z, tr.z, tl.w, tr.w), o + 4u);
    let u = o + p.w;
    out[u / 4u] = epilogue4(vec4<f32>(bl.x, br.x, bl.y, br.y), u);
    out[u / 4u + 1u] = epilogue4(vec4<f32>(bl.z, br.z, bl.w, br.w), u + 4u);
  }
}
