// uses: philox, trig, explog
// Uniforms and normals from blocks of bits. The normals use our own log and sincospi:
// WGSL allows sin and cos an absolute error of 2^-11.

fn uniform4(w: vec4<u32>) -> vec4<f32> {
  return (vec4<f32>(w >> vec4<u32>(9u)) + 0.5) * 1.1920928955078125e-7;
}

// Two standard normals, within 1e-6 of the f64 twin's (the radius is at most 6.8).
fn box_muller(w: vec2<u32>) -> vec2<f32> {
  return sqrt(-2.0 * log_word(w.x)) * cos_sin_turn(w.y);
}

fn normal4(w: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(box_muller(w.xy), box_muller(w.zw));
}

fn random_uniform4(key: vec2<u32>, block: u32) -> vec4<f32> { return uniform4(random_block(key, block)); }
fn random_normal4(key: vec2<u32>, block: u32) -> vec4<f32> { return normal4(random_block(key, block)); }
fn random_uniform1(key: vec2<u32>, i: u32) -> f32 { return uniform4(random_block(key, i >> 2u))[i & 3u]; }
fn random_normal1(key: vec2<u32>, i: u32) -> f32 { return normal4(random_block(key, i >> 2u))[i & 3u]; }
