// uses:
// The matrix B of Winograd's (Toom-Cook) convolution on tiles of 8, points 0, 1, -1, 2, -2, 1/2, -1/2, infinity: its transpose, which takes data to the
// points, and itself, which takes values at the points back in the gradient by data.

// The transposed B matrix times eight rows.
fn input8(d: array<vec4<f32>, 8>) -> array<vec4<f32>, 8> {
  let e0 = d[2] + d[6] - 4.25 * d[4];
  let e1 = d[1] + d[5] - 4.25 * d[3];
  let e2 = 0.25 * d[2] - 1.25 * d[4] + d[6];
  let e3 = 0.5 * d[1] - 2.5 * d[3] + 2.0 * d[5];
  let e4 = 4.0 * d[2] - 5.0 * d[4] + d[6];
  let e5 = 2.0 * d[1] - 2.5 * d[3] + 0.5 * d[5];
  return array<vec4<f32>, 8>(
    d[0] - d[6] + 5.25 * (d[4] - d[2]), e0 + e1, e0 - e1, e2 + e3, e2 - e3, e4 + e5, e4 - e5, d[7] - d[1] + 5.25 * (d[3] - d[5]));
}

// The same for eight numbers.
fn input1(d: array<f32, 8>) -> array<f32, 8> {
  let e0 = d[2] + d[6] - 4.25 * d[4];
  let e1 = d[1] + d[5] - 4.25 * d[3];
  let e2 = 0.25 * d[2] - 1.25 * d[4] + d[6];
  let e3 = 0.5 * d[1] - 2.5 * d[3] + 2.0 * d[5];
  let e4 = 4.0 * d[2] - 5.0 * d[4] + d[6];
  let e5 = 2.0 * d[1] - 2.5 * d[3] + 0.5 * d[5];
  return array<f32, 8>(
    d[0] - d[6] + 5.25 * (d[4] - d[2]), e0 + e1, e0 - e1, e2 + e3, e2 - e3, e4 + e5, e4 - e5, d[7] - d[1] + 5.25 * (d[3] - d[5]));
}

// The B matrix times eight rows.
fn fold8(d: array<vec4<f32>, 8>) -> array<vec4<f32>, 8> {
  let s1 = d[1] + d[2];
  let t1 = d[1] - d[2];
  let s2 = d[3] + d[4];
  let t2 = d[3] - d[4];
  let s3 = d[5] + d[6];
  let t3 = d[5] - d[6];
  return array<vec4<f32>, 8>(
    d[0],
    t1 + 0.5 * t2 + 2.0 * t3 - d[7],
    s1 + 0.25 * s2 + 4.0 * s3 - 5.25 * d[0],
    5.25 * d[7] - 4.25 * t1 - 2.5 * (t2 + t3),
    5.25 * d[0] - 4.25 * s1 - 1.25 * s2 - 5.0 * s3,
    t1 + 2.0 * t2 + 0.5 * t3 - 5.25 * d[7],
    s1 + s2 + s3 - d[0],
    d[7]);
}

// The same for eight numbers.
fn fold1(d: array<f32, 8>) -> array<f32, 8> {
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
