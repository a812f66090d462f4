// uses:
// Convolutions whose lanes are filters: each lane has the weights of its own filter, and the pixels are the same for all lanes. On llvmpipe a load costs
// 14 ns a component for 8 lanes, whether they read one address or eight, and a broadcast 1 to 2 ns: so each lane loads other pixels, and they are broadcast.
enable subgroups;
diagnostic(off, subgroup_uniformity);

// The weights of a row of a kernel up to 5 wide, or their gradients.
struct Row { a: f32, b: f32, c: f32, d: f32, e: f32 }
struct Kernel { r0: Row, r1: Row, r2: Row, r3: Row, r4: Row }

// Twelve neighbours in a row of pixels, all in every lane.
struct Line { a: vec4<f32>, b: vec4<f32>, c: vec4<f32> }

// Results: 8 neighbours in a row, and two such rows.
struct Strip { l: vec4<f32>, r: vec4<f32> }
struct Tile { top: Strip, low: Strip }

// Another row before those that are there.
fn before(r: Row, k: Kernel) -> Kernel { return Kernel(r, k.r0, k.r1, k.r2, k.r3); }

// Lanes 0 to 2 hold a row, lanes 3 to 5 the one below it.
fn upper(x: vec4<f32>) -> Line { return Line(subgroupBroadcast(x, 0u), subgroupBroadcast(x, 1u), subgroupBroadcast(x, 2u)); }
fn lower(x: vec4<f32>) -> Line { return Line(subgroupBroadcast(x, 3u), subgroupBroadcast(x, 4u), subgroupBroadcast(x, 5u)); }

fn taps(s: vec4<f32>, a: vec4<f32>, b: vec4<f32>, w: Row, width: u32) -> vec4<f32> {
  var t = fma(a, vec4<f32>(w.a), s);
  if (width > 1u) { t = fma(vec4<f32>(a.yzw, b.x), vec4<f32>(w.b), t); }
  if (width > 2u) { t = fma(vec4<f32>(a.zw, b.xy), vec4<f32>(w.c), t); }
  if (width > 3u) { t = fma(vec4<f32>(a.w, b.xyz), vec4<f32>(w.d), t); }
  if (width > 4u) { t = fma(b, vec4<f32>(w.e), t); }
  return t;
}

fn along(s: Strip, x: Line, w: Row, width: u32) -> Strip { return Strip(taps(s.l, x.a, x.b, w, width), taps(s.r, x.b, x.c, w, width)); }

// A tile and what a kernel of that size, at most 5 x 5, makes of the six rows of pixels in x0, x1, x2.
fn convolved(s: Tile, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, k: Kernel, height: u32, width: u32) -> Tile {
  let p0 = upper(x0); let p1 = lower(x0); let p2 = upper(x1); let p3 = lower(x1); let p4 = upper(x2); let p5 = lower(x2);
  var top = along(s.top, p0, k.r0, width);
  var low = along(s.low, p1, k.r0, width);
  if (height > 1u) { top = along(top, p1, k.r1, width); low = along(low, p2, k.r1, width); }
  if (height > 2u) { top = along(top, p2, k.r2, width); low = along(low, p3, k.r2, width); }
  if (height > 3u) { top = along(top, p3, k.r3, width); low = along(low, p4, k.r3, width); }
  if (height > 4u) { top = along(top, p4, k.r4, width); low = along(low, p5, k.r4, width); }
  return Tile(top, low);
}
