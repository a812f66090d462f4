// uses:
// Up to 32 vectors of sums a lane, for kernels whose subgroups of 8 make tiles: on llvmpipe a load costs 14 ns a component, a broadcast 1 to 2 ns, so
// a lane loads its own part of the numbers that all lanes need, and they are broadcast. All 32 sums spill to the stack, which is L1 cache.
// ROWS is a const, and no parameter of the functions: with one, though it folds, kernels took 10 to 20 % longer.
enable subgroups;
diagnostic(off, subgroup_uniformity);

// rows in use: a multiple of 4 up to 32
const ROWS: u32 = 32u;

struct Four { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32> }
struct Sums { r0: Four, r1: Four, r2: Four, r3: Four, r4: Four, r5: Four, r6: Four, r7: Four }

fn four_more(s: Four, w: vec4<f32>, x: vec4<f32>) -> Four { return Four(s.a + w.x * x, s.b + w.y * x, s.c + w.z * x, s.d + w.w * x); }

// Adds w * x to each row, where lane l holds the w of rows 4 l to 4 l + 3.
fn add_by_lane(s: ptr<function, Sums>, w: vec4<f32>, x: vec4<f32>) {
  (*s).r0 = four_more((*s).r0, subgroupBroadcast(w, 0u), x);
  if (ROWS > 4u) { (*s).r1 = four_more((*s).r1, subgroupBroadcast(w, 1u), x); }
  if (ROWS > 8u) { (*s).r2 = four_more((*s).r2, subgroupBroadcast(w, 2u), x); }
  if (ROWS > 12u) { (*s).r3 = four_more((*s).r3, subgroupBroadcast(w, 3u), x); }
  if (ROWS > 16u) { (*s).r4 = four_more((*s).r4, subgroupBroadcast(w, 4u), x); }
  if (ROWS > 20u) { (*s).r5 = four_more((*s).r5, subgroupBroadcast(w, 5u), x); }
  if (ROWS > 24u) { (*s).r6 = four_more((*s).r6, subgroupBroadcast(w, 6u), x); }
  if (ROWS > 28u) { (*s).r7 = four_more((*s).r7, subgroupBroadcast(w, 7u), x); }
}

fn lanes_0_3(w: f32) -> vec4<f32> {
  return vec4<f32>(subgroupBroadcast(w, 0u), subgroupBroadcast(w, 1u), subgroupBroadcast(w, 2u), subgroupBroadcast(w, 3u));
}
fn lanes_4_7(w: f32) -> vec4<f32> {
  return vec4<f32>(subgroupBroadcast(w, 4u), subgroupBroadcast(w, 5u), subgroupBroadcast(w, 6u), subgroupBroadcast(w, 7u));
}

// The same where lane l holds the w of rows l, l + 8, l + 16 and l + 24, so that few rows take few loads.
fn add_by_component(s: ptr<function, Sums>, w: vec4<f32>, x: vec4<f32>) {
  (*s).r0 = four_more((*s).r0, lanes_0_3(w.x), x);
  if (ROWS > 4u) { (*s).r1 = four_more((*s).r1, lanes_4_7(w.x), x); }
  if (ROWS > 8u) { (*s).r2 = four_more((*s).r2, lanes_0_3(w.y), x); }
  if (ROWS > 12u) { (*s).r3 = four_more((*s).r3, lanes_4_7(w.y), x); }
  if (ROWS > 16u) { (*s).r4 = four_more((*s).r4, lanes_0_3(w.z), x); }
  if (ROWS > 20u) { (*s).r5 = four_more((*s).r5, lanes_4_7(w.z), x); }
  if (ROWS > 24u) { (*s).r6 = four_more((*s).r6, lanes_0_3(w.w), x); }
  if (ROWS > 28u) { (*s).r7 = four_more((*s).r7, lanes_4_7(w.w), x); }
}

// Kernels store sums as they shift through r0.a, in loops whose lengths aren't known, so that there is one store to compile: written out for 32
// rows it took four times as long. The next of eight rows moves to r0.a; after those, the next eight move to r0 and r1.
fn next_row(s: ptr<function, Sums>) {
  (*s).r0 = Four((*s).r0.b, (*s).r0.c, (*s).r0.d, (*s).r1.a);
  (*s).r1 = Four((*s).r1.b, (*s).r1.c, (*s).r1.d, (*s).r1.d);
}
fn next_eight(s: ptr<function, Sums>) { (*s) = Sums((*s).r2, (*s).r3, (*s).r4, (*s).r5, (*s).r6, (*s).r7, (*s).r6, (*s).r7); }
