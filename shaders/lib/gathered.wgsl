// uses: winograd
// A tile of what the products over channels made at the points, gathered through the kernel's own load_a: number (i, j) is at + (8 i + j) step.
// `eight` is 8, but not known to the compiler: rows shift through registers in a loop that stays a loop, which compiles ten times faster.
fn gathered(start: u32, step: u32, eight: u32) -> Tile {
  var at = start;
  var d = Tile();
  for (var i = 0u; i < eight; i++) {
    var r = array<f32, 8>();
    for (var j = 0u; j < 8u; j++) {
      r[j] = load_a(at);
      at += step;
    }
    shift(&d);
    d[7] = r;
  }
  return d;
}
