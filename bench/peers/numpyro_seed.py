#!/usr/bin/env python3
"""The seed network of pytorch_seed.py in NumPyro: same model, same start, same objective, same Adam.

SVI with TraceMeanField_ELBO: closed-form KL of each site given the drawn log scale, likelihood scaled by N/B.
The guide is written out (one mean and one rho per site, sigma = softplus(rho)), all steps run in one jitted
lax.scan over row indices with the images resident on the device as bytes. Prints one JSON object:
steps per second at batch 100 (compilation and a first run apart), the last losses, errors on the test images.

Needs: jax, numpyro, numpy. Try --precision default to allow the platform's reduced precision (TF32, bfloat16).
"""
import argparse
import gzip
import json
import os
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import lax, random
from jax.example_libraries.optimizers import Optimizer
from numpyro import handlers
from numpyro.infer import SVI, TraceMeanField_ELBO

ROWS, BATCH, DRAWS = 60_000, 100, 20
LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8

# name, weight shape (conv [F,C,kh,kw], dense [in,out]), fan in, fan out, units
LAYERS = [
    ("conv1", (32, 1, 5, 5), 25, 800, 32),
    ("conv2", (32, 32, 5, 5), 800, 800, 32),
    ("dense1", (512, 176), 512, 176, 176),
    ("dense2", (176, 64), 176, 64, 64),
    ("dense3", (64, 10), 64, 10, 10),
]


# ---- data


def idx(path):
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")) as f:
        raw = f.read()
    shape = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(tuple(int(n) for n in shape))


def load(folder, stem):
    images = idx(os.path.join(folder, stem + "-images-idx3-ubyte"))[:, None]
    labels = idx(os.path.join(folder, stem + "-labels-idx1-ubyte")).astype(np.int32)
    return jnp.asarray(images), jnp.asarray(labels)


def row_table(seed, steps):
    """[steps, BATCH] indices: consecutive chunks of concatenated epoch permutations."""
    rng = np.random.default_rng(seed)
    epochs = -(-steps * BATCH // ROWS)
    rows = np.concatenate([rng.permutation(ROWS) for _ in range(epochs)])[: steps * BATCH]
    return jnp.asarray(rows.reshape(steps, BATCH).astype(np.int32))


# ---- model


def conv_block(h, w, b):
    h = lax.conv_general_dilated(h, w, (1, 1), "VALID", dimension_numbers=("NCHW", "OIHW", "NCHW"))
    h = jnp.tanh(h + b[:, None, None])
    return lax.reduce_window(h, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def logits(latents, pixels):
    w, b = (lambda i: latents[LAYERS[i][0] + ".w"]), (lambda i: latents[LAYERS[i][0] + ".b"])
    h = pixels.astype(jnp.float32) / 255
    h = conv_block(conv_block(h, w(0), b(0)), w(1), b(1))
    h = h.reshape(h.shape[0], -1)
    h = jnp.tanh(h @ w(2) + b(2))
    h = jnp.tanh(h @ w(3) + b(3))
    return h @ w(4) + b(4)


def model(pixels, labels):
    latents = {}
    for name, shape, _, _, units in LAYERS:
        u = numpyro.sample(name + ".u", dist.Normal(0.0, 10.0))  # s = exp(u) ~ LogNormal(0, 10)
        prior = dist.Normal(jnp.zeros(shape), jnp.exp(u)).to_event(len(shape))
        latents[name + ".w"] = numpyro.sample(name + ".w", prior)
        latents[name + ".b"] = numpyro.sample(name + ".b", dist.Normal(jnp.zeros(units), 10.0).to_event(1))
    with numpyro.plate("rows", BATCH), handlers.scale(scale=ROWS / BATCH):
        numpyro.sample("y", dist.Categorical(logits=logits(latents, pixels)), obs=labels)


# ---- approximation


def start(key, scale_start):
    """Means: Glorot uniform, biases 0, u at 0 or at log RMS of its weights. Sigmas: 0.1 of Glorot's sd; of u, 0.1."""
    rho = lambda sigma, shape: jnp.full(shape, np.log(np.expm1(sigma)), jnp.float32)
    params = {}
    for name, shape, fan_in, fan_out, units in LAYERS:
        key, sub = random.split(key)
        sd = np.sqrt(2 / (fan_in + fan_out))
        w = random.uniform(sub, shape, minval=-np.sqrt(3) * sd, maxval=np.sqrt(3) * sd)
        u = jnp.log(jnp.sqrt(jnp.mean(w**2))) if scale_start == "rms" else jnp.zeros(())
        params[name + ".u"] = (u, rho(0.1, ()))
        params[name + ".w"] = (w, rho(0.1 * sd, shape))
        params[name + ".b"] = (jnp.zeros(units), rho(0.1 * sd, (units,)))
    return params


def guide_from(initial):
    def guide(pixels, labels):
        for site, (mu0, rho0) in initial.items():  # the order of the model's sites
            mu = numpyro.param(site + ".mu", mu0)
            sigma = jax.nn.softplus(numpyro.param(site + ".rho", rho0))
            numpyro.sample(site, dist.Normal(mu, sigma).to_event(mu.ndim) if mu.ndim else dist.Normal(mu, sigma))

    return guide


def adam():
    """Adam with eps outside the bias correction: a = lr sqrt(1-b2^t)/(1-b1^t); theta -= a m/(sqrt(v)+eps)."""

    def init(theta):
        return theta, jax.tree_util.tree_map(jnp.zeros_like, theta), jax.tree_util.tree_map(jnp.zeros_like, theta)

    def update(i, g, state):
        theta, m, v = state
        t = i + 1.0
        rate = LR * jnp.sqrt(-jnp.expm1(t * np.log(BETA2))) / -jnp.expm1(t * np.log(BETA1))
        m = jax.tree_util.tree_map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree_util.tree_map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        theta = jax.tree_util.tree_map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPS), theta, m, v)
        return theta, m, v

    return Optimizer(init, update, lambda state: state[0])


# ---- evaluation


def test_metrics(params, sites, pixels, labels, key):
    centre = {s: params[s + ".mu"] for s in sites}

    def draw(key):
        keys = random.split(key, len(sites))
        return {
            s: params[s + ".mu"] + jax.nn.softplus(params[s + ".rho"]) * random.normal(k, params[s + ".mu"].shape)
            for s, k in zip(sites, keys)
        }

    @jax.jit
    def log_probs(latents):  # in chunks of 1,000 images
        chunks = pixels.reshape(-1, 1000, *pixels.shape[1:])
        return lax.map(lambda p: jax.nn.log_softmax(logits(latents, p)), chunks).reshape(-1, 10)

    plug_in = np.asarray(log_probs(centre)).argmax(1)
    draws = np.stack([np.asarray(log_probs(draw(k)), np.float64) for k in random.split(key, DRAWS)])
    mode = (draws.argmax(2)[..., None] == np.arange(10)).sum(0).argmax(1)  # ties: the smaller class
    y = np.asarray(labels)
    log_mean = np.logaddexp.reduce(draws, axis=0) - np.log(DRAWS)
    return {
        "plugInError": float((plug_in != y).mean()),
        "modeError": float((mode != y).mean()),
        "nll": float(-log_mean[np.arange(len(y)), y].mean()),
    }


# ---- run


def noise_images(n):
    """Random images and labels in turn: a step costs the same whatever they show."""
    return random.randint(random.PRNGKey(0), (n, 1, 28, 28), 0, 256, jnp.uint8), jnp.arange(n) % 10


def main():
    p = argparse.ArgumentParser(description="NumPyro run of the seed network")
    p.add_argument("--data", help="folder of the four MNIST idx files")
    p.add_argument("--time-only", action="store_true", help="random images, no evaluation, one line of JSON")
    p.add_argument("--steps", type=int, default=2400)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--scale-start", choices=["unit", "rms"], default="unit", help="log scales at 0 or log RMS")
    p.add_argument("--precision", choices=["highest", "default"], default="highest")
    p.add_argument("--out", help="JSON file to write")
    a = p.parse_args()
    if a.precision == "highest":
        jax.config.update("jax_default_matmul_precision", "highest")

    if a.data is None and not a.time_only:
        p.error("--data is needed")
    train, test = (noise_images(60_000), None) if a.time_only else (load(a.data, "train"), load(a.data, "t10k"))
    k_start, k_svi, k_test = random.split(random.PRNGKey(a.seed), 3)
    initial = start(k_start, a.scale_start)
    svi = SVI(model, guide_from(initial), adam(), TraceMeanField_ELBO())
    state = svi.init(k_svi, train[0][:BATCH], train[1][:BATCH])
    rows = row_table(a.seed, a.steps)

    def fit(state, rows, pixels, labels):
        return lax.scan(lambda s, r: svi.update(s, pixels[r], labels[r]), state, rows)

    began = time.perf_counter()
    compiled = jax.jit(fit).lower(state, rows, *train).compile()
    compile_seconds = time.perf_counter() - began
    jax.block_until_ready(compiled(state, rows, *train))  # warm: allocations, clocks
    began = time.perf_counter()
    final, losses = jax.block_until_ready(compiled(state, rows, *train))
    seconds = time.perf_counter() - began

    result = {
        "jax": jax.__version__,
        "numpyro": numpyro.__version__,
        "device": str(jax.devices()[0]),
        "precision": a.precision,
        "seed": a.seed,
        "scaleStart": a.scale_start,
        "steps": a.steps,
        "compileSeconds": compile_seconds,
        "stepsPerSecond": a.steps / seconds,
        "meanLossLast100": float(jnp.mean(losses[-100:])),
        **({} if test is None else {"test": test_metrics(svi.get_params(final), list(initial), *test, k_test)}),
    }
    print(json.dumps(result, indent=None if a.time_only else 2))
    if a.out:
        with open(a.out, "w") as f:
            json.dump(result, f, indent=2)
            f.write("\n")


if __name__ == "__main__":
    main()
