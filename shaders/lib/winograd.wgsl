// uses:
// The matrices of Winograd's (Toom-Cook) convolution on tiles of 8, points 0, 1, -1, 2, -2, 1/2, -1/2, infinity: the transposed B takes data to the points,
// B takes values at the points back in the gradient by data; A and G are powers of the points. A tile is eight rows of eight numbers, in
// registers as long as all its indices are constants: first all its columns are transformed, then row by row what is stored. (Four rows at once, as
// vectors across rows, took 1.2 times as long: too much lives at once.)

alias Tile = array<array<f32, 8>, 8>;

// The transposed B matrix times eight numbers.
fn input8(d: array<f32, 8>) -> array<f32, 8> {
  let e0 = d[2] + d[6] - 4.25 * d[4];
  let e1 = d[1] + d[5] - 4.25 * d[3];
  let e2 = 0.25 * d[2] - 1.25 * d[4] + d[6];
  let e3 = 0.5 * d[1] - 2.5 * d[3] + 2.0 * d[5];
  let e4 = 4.0 * d[2] - 5.0 * d[4] + d[6];
  let e5 = 2.0 * d[1] - 2.5 * d[3] + 0.5 * d[5];
  return array<f32, 8>(
    d[0] - d[6] + 5.25 * (d[4] - d[2]), e0 + e1, e0 - e1, e2 + e3, e2 - e3, e4 + e5, e4 - e5, d[7] - d[1] + 5.25 * (d[3] - d[5]));
}

// The B matrix times eight numbers.
fn fold8(d: array<f32, 8>) -> array<f32, 8> {
  let s1 = d[1] + d[2];
  let t1 = d[1] - d[2];
  let s2 = d[3] + d[4];
  let t2 = d[3] - d[4];
  let s3 = d[5] + d[6];
  let t3 = d[5] - d[6];
  return array<f32, 8>(
    d[0],
    t1 + 0.5 * t2 + 2.0 * t3 - d[7],
    s1 + 0.25 * s2 + 4.0 * s3 - 5.25 * d[0],
    5.25 * d[7] - 4.25 * t1 - 2.5 * (t2 + t3),
    5.25 * d[0] - 4.25 * s1 - 1.25 * s2 - 5.0 * s3,
    t1 + 2.0 * t2 + 0.5 * t3 - 5.25 * d[7],
    s1 + s2 + s3 - d[0],
    d[7]);
}

fn column(d: ptr<function, Tile>, j: u32) -> array<f32, 8> {
  return array<f32, 8>((*d)[0][j], (*d)[1][j], (*d)[2][j], (*d)[3][j], (*d)[4][j], (*d)[5][j], (*d)[6][j], (*d)[7][j]);
}

fn input_columns(d: ptr<function, Tile>) {
  for (var j = 0u; j < 8u; j++) {
    let v = input8(column(d, j));
    for (var i = 0u; i < 8u; i++) { (*d)[i][j] = v[i]; }
  }
}

fn fold_columns(d: ptr<function, Tile>) {
  for (var j = 0u; j < 8u; j++) {
    let v = fold8(column(d, j));
    for (var i = 0u; i < 8u; i++) { (*d)[i][j] = v[i]; }
  }
}

// All rows but the first, moved up by one.
fn shift(d: ptr<function, Tile>) {
  for (var i = 0u; i < 7u; i++) { (*d)[i] = (*d)[i + 1u]; }
}

// Lagrange denominators at +-1, +-2 and +-1/2, which are in G and not in A.
fn denominators(used: bool) -> vec3<f32> { return select(vec3<f32>(1.0), vec3<f32>(-2.0 / 9.0, 1.0 / 90.0, 32.0 / 45.0), used); }

// The j-th powers of the points over their denominators: column j of G or A, of which `last` is the last.
fn powers(j: u32, last: u32, n: vec3<f32>) -> array<f32, 8> {
  let s = select(1.0, -1.0, (j & 1u) == 1u);
  let b = f32(1u << j);
  return array<f32, 8>(select(0.0, 1.0, j == 0u), n.x, n.x * s, n.y * b, n.y * b * s, n.z / b, n.z / b * s, select(0.0, 1.0, j == last));
}

fn dot8(a: array<f32, 8>, b: array<f32, 8>) -> f32 {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] + a[4] * b[4] + a[5] * b[5] + a[6] * b[6] + a[7] * b[7];
}

// Every column of the tile times a column of powers.
fn powers_along(d: ptr<function, Tile>, g: array<f32, 8>) -> array<f32, 8> {
  return array<f32, 8>(dot8(g, column(d, 0u)), dot8(g, column(d, 1u)), dot8(g, column(d, 2u)), dot8(g, column(d, 3u)),
    dot8(g, column(d, 4u)), dot8(g, column(d, 5u)), dot8(g, column(d, 6u)), dot8(g, column(d, 7u)));
}
