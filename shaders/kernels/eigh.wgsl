// uses:
// Eigenvectors and eigenvalues of symmetric a[batch, n, n], from the lower triangle: Jacobi rotations, as many disjoint pairs of rows at once
// as there are, all pairs in turn. One workgroup a matrix; a round costs two barriers, a sweep has about n of them. A row of the result holds n
// columns of vectors, one of values (cosines and sines meanwhile) and n of room to work in, which are left at zero.
struct Params { grid_x: u32, batch: u32, n: u32, sweeps: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const W: u32 = 64u;

var<workgroup> moved: atomic<u32>;
var<workgroup> going: u32;

fn at(o: u32, i: u32, j: u32) -> u32 { return o + i * (2u * p.n + 1u) + p.n + 1u + j; }
fn value_at(o: u32, i: u32) -> u32 { return o + i * (2u * p.n + 1u) + p.n; }
fn vector_at(o: u32, i: u32, j: u32) -> u32 { return o + i * (2u * p.n + 1u) + j; }

// Of an even number of players one stays and the others go round. For odd n the last player is nobody.
fn pair(k: u32, round: u32, players: u32) -> vec2<u32> {
  let others = players - 1u;
  let x = select((round + k) % others, others, k == 0u);
  let y = select((round + others - k) % others, round, k == 0u);
  return vec2<u32>(min(x, y), max(x, y));
}

// Cosine and sine of a pair in this round.
fn turn(o: u32, q: vec2<u32>) -> vec2<f32> {
  if (q.y >= p.n) { return vec2<f32>(1.0, 0.0); }
  return vec2<f32>(out[value_at(o, q.x)], out[value_at(o, q.y)]);
}

fn part(o: u32, i: u32, j: u32) -> f32 {
  if (i >= p.n || j >= p.n) { return 0.0; }
  return out[at(o, i, j)];
}
fn put(o: u32, i: u32, j: u32, v: f32) {
  if (i < p.n && j < p.n) { out[at(o, i, j)] = v; }
}

// The place of the j-th eigenvalue in ascending order.
fn rank(o: u32, j: u32) -> u32 {
  let own = out[value_at(o, j)];
  var r = 0u;
  for (var i = 0u; i < p.n; i++) {
    let other = out[value_at(o, i)];
    r += select(0u, 1u, other < own || (other == own && i < j));
  }
  return min(r, p.n - 1u);
}

@compute @workgroup_size(W)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let matrix = wid.x + wid.y * p.grid_x;
  if (matrix >= p.batch) { return; }
  let n = p.n;
  let o = matrix * n * (2u * n + 1u);
  for (var e = lid; e < n * n; e += W) {
    let i = e / n;
    let j = e % n;
    out[at(o, i, j)] = a[matrix * n * n + max(i, j) * n + min(i, j)];
    out[vector_at(o, i, j)] = select(0.0, 1.0, i == j);
  }
  storageBarrier();
  let players = n + n % 2u;
  let half = players / 2u;
  for (var sweep = 0u; sweep < p.sweeps; sweep++) {
    if (lid == 0u) { atomicStore(&moved, 0u); }
    workgroupBarrier();
    for (var round = 0u; round + 1u < players; round++) {
      for (var k = lid; k < half; k += W) {
        let q = pair(k, round, players);
        if (q.y < n) {
          let x = part(o, q.x, q.y);
          let d = part(o, q.x, q.x);
          let e = part(o, q.y, q.y);
          var c = 1.0;
          var s = 0.0;
          if (x * x > 1e-15 * abs(d * e)) {
            let theta = (e - d) / (2.0 * x);
            let t = select(-1.0, 1.0, theta >= 0.0) / (abs(theta) + sqrt(1.0 + theta * theta));
            c = 1.0 / sqrt(1.0 + t * t);
            s = c * t;
            atomicStore(&moved, 1u);
          }
          out[value_at(o, q.x)] = c;
          out[value_at(o, q.y)] = s;
        }
      }
      storageBarrier();
      // Two pairs make a block of four elements that no other pair touches.
      for (var e = lid; e < half * half; e += W) {
        let q = pair(e / half, round, players);
        let r = pair(e % half, round, players);
        let f = turn(o, q);
        let g = turn(o, r);
        let xx = part(o, q.x, r.x);
        let xy = part(o, q.x, r.y);
        let yx = part(o, q.y, r.x);
        let yy = part(o, q.y, r.y);
        let tx = f.x * xx - f.y * yx;
        let ty = f.x * xy - f.y * yy;
        let ux = f.y * xx + f.x * yx;
        let uy = f.y * xy + f.x * yy;
        let own = e / half == e % half && f.y != 0.0;
        put(o, q.x, r.x, g.x * tx - g.y * ty);
        put(o, q.x, r.y, select(g.y * tx + g.x * ty, 0.0, own));
        put(o, q.y, r.x, select(g.x * ux - g.y * uy, 0.0, own));
        put(o, q.y, r.y, g.y * ux + g.x * uy);
      }
      for (var e = lid; e < half * n; e += W) {
        let q = pair(e % half, round, players);
        let i = e / half;
        if (q.y < n) {
          let f = turn(o, q);
          let x = out[vector_at(o, i, q.x)];
          let y = out[vector_at(o, i, q.y)];
          out[vector_at(o, i, q.x)] = f.x * x - f.y * y;
          out[vector_at(o, i, q.y)] = f.y * x + f.x * y;
        }
      }
      storageBarrier();
    }
    workgroupBarrier();
    if (lid == 0u) { going = atomicLoad(&moved); }
    if (workgroupUniformLoad(&going) == 0u) { break; }
  }
  for (var i = lid; i < n; i += W) { out[value_at(o, i)] = out[at(o, i, i)]; }
  storageBarrier();
  // In order, with their signs, where the matrix was.
  for (var j = lid; j < n; j += W) {
    let to = rank(o, j);
    var most = 0.0;
    for (var i = 0u; i < n; i++) { most = max(most, abs(out[vector_at(o, i, j)])); }
    var sign = 1.0;
    for (var i = n; i > 0u; i--) {
      let v = out[vector_at(o, i - 1u, j)];
      if (abs(v) >= 0.6 * most) { sign = select(1.0, -1.0, v < 0.0); }
    }
    for (var i = 0u; i < n; i++) { out[at(o, i, to)] = sign * out[vector_at(o, i, j)]; }
  }
  storageBarrier();
  for (var j = lid; j < n; j += W) { out[vector_at(o, 0u, rank(o, j))] = out[value_at(o, j)]; }
  storageBarrier();
  for (var j = lid; j < n; j += W) { out[value_at(o, j)] = out[vector_at(o, 0u, j)]; }
  storageBarrier();
  for (var e = lid; e < n * n; e += W) {
    let i = e / n;
    let j = e % n;
    out[vector_at(o, i, j)] = out[at(o, i, j)];
    out[at(o, i, j)] = 0.0;
  }
}
