// uses:
// Philox4x32-10 (Salmon et al. 2011), folding of keys, keyed permutations.
// Twin of src/random: same key and counter, same bits.

fn mul_hi(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let mid = a1 * b0 + ((a0 * b0) >> 16u);
  let mid2 = a0 * b1 + (mid & 0xffffu);
  return a1 * b1 + (mid >> 16u) + (mid2 >> 16u);
}

fn philox4x32(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let h0 = mul_hi(0xd2511f53u, c.x);
    let l0 = 0xd2511f53u * c.x;
    let h1 = mul_hi(0xcd9e8d57u, c.z);
    let l1 = 0xcd9e8d57u * c.z;
    c = vec4<u32>(h1 ^ c.y ^ k.x, l1, h0 ^ c.w ^ k.y, l0);
    k = k + vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// The key derived from `key` by one word.
fn fold_key(key: vec2<u32>, word: u32) -> vec2<u32> {
  return philox4x32(vec4<u32>(word, 0u, 0u, 1u), key).xy;
}

// Block `i` of a key's stream of draws.
fn random_block(key: vec2<u32>, i: u32) -> vec4<u32> {
  return philox4x32(vec4<u32>(i, 0u, 0u, 0u), key);
}

// Word `i` of a key's stream of draws.
fn random_word(key: vec2<u32>, i: u32) -> u32 {
  return random_block(key, i >> 2u)[i & 3u];
}

// Bits of half a Feistel word for a domain that holds [0, n).
fn half_bits(n: u32) -> u32 {
  let bits = 32u - countLeadingZeros(max(n, 2u) - 1u);
  return max(1u, (bits + 1u) / 2u);
}

// Image of i under the keyed permutation of [0, n).
fn permute_index(key: vec2<u32>, i: u32, n: u32) -> u32 {
  let h = half_bits(n);
  let mask = (1u << h) - 1u;
  var x = i;
  loop {
    var left = x >> h;
    var right = x & mask;
    for (var r = 0u; r < 8u; r++) {
      let f = philox4x32(vec4<u32>(right, r, 0u, 2u), key).x & mask;
      let t = left ^ f;
      left = right;
      right = t & mask;
    }
    x = (left << h) | right;
    if (x < n) { break; }
  }
  return x;
}
