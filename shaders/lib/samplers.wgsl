// uses: philox, trig, explog, random, scalar
// Draws that take a number of words not known beforehand: log of gamma, von Mises, Poisson,
// binomial. Twin of src/random/samplers.ts, where the methods and the chances to exhaust
// the attempts are stated: same words, same branches but for some 1e-6 of the elements.

// Block `attempt` of an element's own stream.
fn attempt_block(key: vec2<u32>, element: u32, attempt: u32) -> vec4<u32> {
  return philox4x32(vec4<u32>(element, attempt, 0u, 3u), key);
}

// The uniform in (0, 1] that a word stands for.
fn uniform_word(w: u32) -> f32 { return (f32(w) + 0.5) * 2.3283064365386963e-10; }

// Distance of a uniform from the nearer end of (0, 1): 24 bits, exact.
fn edge_word(w: u32) -> f32 {
  let v = select(w, ~w, w >= 0x80000000u);
  return f32(2u * (v >> 8u) + 1u) * 2.98023223876953125e-8;
}

// log(1 + t) - t + t^2 / 2 - t^3 / 3, by its series near 0.
fn log1p_fourth(t: f32) -> f32 {
  if (abs(t) > 0.125) { return log1p_1(t) - t * (1.0 - t * (0.5 - t * 0.333333343)); }
  var q = 0.0;
  for (var n = 11; n >= 4; n--) { q = 1.0 / f32(n) - t * q; }
  return -t * t * t * t * q;
}

// log of a Gamma(alpha, 1) draw (Marsaglia and Tsang 2000, in logs).
fn random_log_gamma(key: vec2<u32>, element: u32, parameter: f32) -> f32 {
  let alpha = max(parameter, 1.0e-15);
  let small = alpha < 1.0;
  let d = select(alpha - 0.333333343, alpha + 0.666666687, small);
  var w = vec4<u32>(0u);
  var t = 0.0;
  for (var attempt = 0u; attempt < 24u; attempt++) {
    w = attempt_block(key, element, attempt);
    let u = box_muller(w.xy).x / (3.0 * sqrt(d));
    if (u > -0.9999 && log_word(w.z) < 3.0 * d * log1p_fourth(max(u, -0.9999))) {
      t = u;
      break;
    }
  }
  return log_1(d) + 3.0 * log1p_1(t) + select(0.0, log_word(w.w) / alpha, small);
}

// A von Mises draw about 0 (Best and Fisher 1979), in (-pi, pi).
fn random_von_mises(key: vec2<u32>, element: u32, parameter: f32) -> f32 {
  let k = clamp(parameter, 0.0, 1.0e18);
  let m = 0.5 + 0.5 / (sqrt(1.0 + 4.0 * k * k) + 2.0 * k);
  for (var attempt = 0u; attempt < 40u; attempt++) {
    let w = attempt_block(key, element, attempt);
    let turn = cos_sin_turn(2u * (w.x >> 2u) + 1u);
    let c = m + (2.0 * k * m * turn.x * turn.x) / (m + 2.0 * k * turn.y * turn.y);
    if (log_word(w.y) <= 1.0 - c + log_1(c)) {
      let x = 2.0 * atan_1(-sqrt(m / (m + 2.0 * k)) * turn.x / turn.y);
      return clamp(x, -3.1415925, 3.1415925);
    }
  }
  return 0.0;
}

// log k! less its leading terms, k >= 1 (Stieltjes).
fn factorial_rest(k: f32) -> f32 {
  return 0.0833333358 / (k + 0.0333333351 / (k + 0.252380967 / (k + 0.525606453 / (k + 1.01152313 / k))));
}

// (1 + t) log(1 + t) - t, by its series near 0.
fn log_deviance(t: f32) -> f32 {
  if (abs(t) > 0.125) { return (1.0 + t) * log1p_1(t) - t; }
  var q = 0.0;
  for (var n = 10; n >= 2; n--) { q = 1.0 / f32(n * (n - 1)) - t * q; }
  return t * t * q;
}

// -log of a Poisson probability without log(2 pi) / 2; d is k - mean.
fn surprise(k: f32, d: f32, mean: f32) -> f32 {
  if (k < 0.5) { return mean - 0.918938533; }
  return mean * log_deviance(max(d / mean, -0.9999999)) + 0.5 * log_1(k) + factorial_rest(k);
}

// A Poisson draw: waiting times, or Hormann's PTRS (1993).
fn random_poisson(key: vec2<u32>, element: u32, rate: f32) -> i32 {
  let mean = clamp(rate, 0.0, 1.0e9);
  if (mean <= 0.0) { return 0; }
  if (mean < 10.0) {
    var sum = 0.0;
    for (var i = 0u; i < 12u; i++) {
      let w = attempt_block(key, element, i);
      for (var j = 0u; j < 4u; j++) {
        sum -= log_word(w[j]);
        if (sum > mean) { return i32(4u * i + j); }
      }
    }
    return 48;
  }
  let b = 0.931 + 2.53 * sqrt(mean);
  let a = -0.059 + 0.02483 * b;
  let base = i32(floor(mean));
  let part = mean - floor(mean);
  let squeeze = 0.9277 - 3.6224 / (b - 2.0);
  let scale = log_1(1.1239 + 1.1328 / (b - 3.4));
  for (var attempt = 0u; attempt < 32u; attempt++) {
    let w = attempt_block(key, element, attempt);
    let us = edge_word(w.x);
    let u = select(us - 0.5, 0.5 - us, w.x >= 0x80000000u);
    let v = uniform_word(w.y);
    let f = floor((2.0 * (a / us) + b) * u + part + 0.43);
    let k = base + i32(clamp(f, -1.1e9, 1.1e9));
    if (us >= 0.07 && v <= squeeze) { return k; }
    if (k < 0 || f > 1.0e9 || (us < 0.013 && v > us)) { continue; }
    if (log_word(w.y) + scale - log_1(a / (us * us) + b) <= -surprise(f32(k), f - part, mean) - 0.918938533) { return k; }
  }
  return base;
}

// A binomial draw for p <= 1/2 and whole n: geometric waiting times, or Hormann's BTRS (1993).
fn random_successes(key: vec2<u32>, element: u32, n: f32, p: f32) -> i32 {
  let mean = max(n * p, 0.0);
  if (mean < 10.0) {
    if (p < 1.0e-37) { return 0; }
    let rate = log1p_1(-p);
    var sum = 0.0;
    for (var i = 0u; i < 12u; i++) {
      let w = attempt_block(key, element, i);
      for (var j = 0u; j < 4u; j++) {
        sum += floor(log_word(w[j]) / rate) + 1.0;
        if (sum > n) { return i32(4u * i + j); }
      }
    }
    return min(48, i32(n));
  }
  let spread = sqrt(mean * (1.0 - p));
  let other = n - mean;
  let b = 1.15 + 2.53 * spread;
  let a = -0.0873 + 0.0248 * b + 0.01 * p;
  let base = floor(mean);
  let part = mean - base;
  let squeeze = 0.92 - 4.2 / b;
  let scale = log_1((2.83 + 5.1 / b) * spread);
  let mode = floor(part + p);
  let best = surprise(base + mode, mode - part, mean) + surprise(n - base - mode, part - mode, other);
  for (var attempt = 0u; attempt < 32u; attempt++) {
    let w = attempt_block(key, element, attempt);
    let us = edge_word(w.x);
    let u = select(us - 0.5, 0.5 - us, w.x >= 0x80000000u);
    let f = floor((2.0 * (a / us) + b) * u + part + 0.5);
    let k = base + f;
    if (us >= 0.07 && uniform_word(w.y) <= squeeze) { return i32(k); }
    if (k < 0.0 || k > n) { continue; }
    if (log_word(w.y) + scale - log_1(a / (us * us) + b) <= best - surprise(k, f - part, mean) - surprise(n - k, part - f, other)) { return i32(k); }
  }
  return i32(base);
}

// A binomial draw of n trials (rounded down, at most 2^24), p > 1/2 mirrored.
fn random_binomial(key: vec2<u32>, element: u32, n: f32, p: f32) -> i32 {
  let trials = floor(clamp(n, 0.0, 16777216.0));
  let mirrored = p > 0.5;
  let count = random_successes(key, element, trials, max(0.0, select(p, 1.0 - p, mirrored)));
  return select(count, i32(trials) - count, mirrored);
}
