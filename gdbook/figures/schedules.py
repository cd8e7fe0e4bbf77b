"""Figures of the chapter *Schedules*: rates, noise floors, warm-up, a cliff, weight decay."""

import functools
import math
from typing import Any

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import ADAM, BEST, CURVE, DESCENT, DIVERGES, MUTED, OF_SCHEDULE, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.table import table
from gdbook.functions import double_well
from gdbook.gradients import clip_by_norm, coupled_weight_decay
from gdbook.recorded.rules import recorded_schedules
from gdbook.rules import adam, adamw, sgd
from gdbook.schedules import (
    SCHEDULES,
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    inverse_time,
    multi_step,
    one_cycle,
    polynomial,
    step,
    warm_restarts,
    warmup,
    wsd,
)
from gdbook.theory import noise_floor

# The noisy problem: ten directions of curvature λ, the loss ½ Σ λw², noise in every gradient.
CURVATURES = np.geomspace(0.02, 1, 10)
VARIANCE = 0.1
STEPS = 500
RUNS = 100
# What each schedule may try: nine rates, each half of the one before.
TRIED = [1.9 / 2**k for k in range(9)]
# Everything but the rate is as its users have it, and is not tuned.
CONTENDERS = {
    "constant": constant,
    "multi_step": lambda lr: multi_step(lr, [STEPS // 2, STEPS * 3 // 4]),
    "polynomial": lambda lr: polynomial(lr, STEPS),
    "cosine": lambda lr: cosine(lr, STEPS),
    "one_cycle": lambda lr: one_cycle(lr, STEPS),
    "wsd": lambda lr: wsd(lr, STEPS, 25, 100),
    "inverse_sqrt": inverse_sqrt,
    "inverse_time": lambda lr: inverse_time(lr, lr * CURVATURES[0]),
}

ADAM_RATES = (0.02, 0.04, 0.08, 0.16, 0.32)

# The double well, from far out: a curvature of 46 at the start and of 4 at the minimum.
FAR_OUT = 4.0
WELL_RATES = [round(0.04 * k, 2) for k in range(1, 13)]


def expected_loss(schedules, steps=STEPS):
    """The expected loss after ``steps`` steps on the noisy problem from (1, …, 1), for each schedule.

    A direction's mean square follows (1 − ηλ)² E w² + η² σ², so no run is needed.
    """
    squares = np.ones((len(schedules), len(CURVATURES)))
    for t in range(steps):
        lr = np.array([schedule(t) for schedule in schedules])[:, None]
        squares = (1 - lr * CURVATURES) ** 2 * squares + lr**2 * VARIANCE
    return squares @ CURVATURES / 2


@functools.cache
def best_rate(name):
    """Of the rates in ``TRIED``, the one whose expected loss at the end is least: ``(lr, loss)``."""
    losses = expected_loss([CONTENDERS[name](lr) for lr in TRIED])
    return TRIED[int(losses.argmin())], float(losses.min())


def shared_rate():
    """The rate of all but 1/t in the picture of the floor: the cosine's best."""
    return best_rate("cosine")[0]


def expected_end(name):
    """The expected loss of a contender at the shared rate."""
    return expected_loss([CONTENDERS[name](shared_rate())])[0]


def cosine_from(lr):
    """The expected loss of the cosine that starts at this rate."""
    return expected_loss([CONTENDERS["cosine"](lr)])[0]


def ranking():
    """The names of the contenders, the least expected loss first."""
    return sorted(CONTENDERS, key=lambda name: best_rate(name)[1])


def smooth():
    """Of these the ones that fall smoothly."""
    return [name for name in ranking() if name not in ("constant", "multi_step")]


def contest():
    """Each contender at its best rate, as a table: the expected loss, and the mean of noisy runs."""
    rows = []
    for name in ranking():
        lr, expected = best_rate(name)
        end = noisy_losses(CONTENDERS[name](lr), seed=1)[-1]
        mean = f"{end.mean():.4f} ± {standard_error(end):.4f}"
        rows.append((f"`{name}`", f"{lr:.3f}", f"{expected:.4f}", mean))
    return table({"schedule": "<", "best η": ">", "expected loss": ">", "mean of 100 runs": ">"}, rows)


def standard_error(values):
    """The standard error of their mean."""
    return values.std(ddof=1) / len(values) ** 0.5


def left_of_the_start(a, curvature, steps=10**6):
    """The share of the start that a/t leaves along a curvature, without noise."""
    return np.prod(1 - curvature * a / np.arange(1, steps + 1))


def recorded():
    """The recorded runs of libraries that do what the schedule of the same name does."""
    return [case for case in recorded_schedules() if case["name"] in SCHEDULES and case["name"] != "warmup"]


def past_its_end():
    """A recorded cosine of PyTorch that goes on: its T, and the rates at steps T and 2T."""
    case = next(case for case in recorded_schedules() if case["name"] == "cosine_past_its_end")
    steps = case["arguments"]["steps"]
    return steps, case["lr"][steps], case["lr"][2 * steps]


def noisy_losses(schedule, runs=RUNS, seed=0, rule=sgd, steps=STEPS):
    """The losses of ``runs`` runs side by side, shape ``(steps + 1, runs)``."""
    noise = np.random.default_rng(seed)
    run = descend(
        lambda w: CURVATURES * w + math.sqrt(VARIANCE) * noise.standard_normal(w.shape),
        np.ones((runs, len(CURVATURES))),
        rule,
        lr=schedule,
        steps=steps,
    )
    return run.w**2 @ CURVATURES / 2


def floor(lr):
    """The loss at which a constant rate stops on the noisy problem: the sum over its directions."""
    return sum(noise_floor(lr, 0.0, curvature, VARIANCE) for curvature in CURVATURES)


def well_steps(lr, warmup_steps):
    """How many steps the double well takes from far out until it stays within 10⁻⁶ of a minimum.

    None where it diverges, or is not there after 200.
    """
    schedule = warmup(constant(lr), warmup_steps) if warmup_steps else constant(lr)
    run = descend(double_well.grad, FAR_OUT, lr=schedule, steps=200)
    far = np.flatnonzero(~(np.abs(np.abs(run.w) - math.sqrt(2)) <= 1e-6))
    return None if run.diverged_at is not None or far[-1] == 200 else int(far[-1]) + 1


@functools.cache
def converging(warmup_steps):
    """``{rate: steps}`` of the rates with which the double well converges."""
    return {lr: steps for lr in WELL_RATES if (steps := well_steps(lr, warmup_steps))}


def quickest(warmup_steps):
    """The fewest steps, and the rate that has them."""
    return min((steps, lr) for lr, steps in converging(warmup_steps).items())


def last_rate_of_the_quickest(warmup_steps):
    """The rate of that run's last step."""
    steps, lr = quickest(warmup_steps)
    return warmup(constant(lr), warmup_steps)(steps - 1)


@functools.cache
def adam_best(warmup_steps, steps=200):
    """Adam with a cosine on the noisy problem: the best of ``ADAM_RATES``, the mean loss and its error."""
    ends = []
    for lr in ADAM_RATES:
        schedule = cosine(lr, steps - warmup_steps)
        if warmup_steps:
            schedule = warmup(schedule, warmup_steps)
        end = noisy_losses(schedule, rule=adam, steps=steps)[-1]
        ends.append((end.mean(), lr, standard_error(end)))
    mean, lr, error = min(ends)
    return lr, mean, error


def first_step_limit(x0):
    """The largest η with which a step on the double well from ``x0`` lands nearer to 0: 2/(x₀² − 2).

    From |x − η(x³ − 2x)| < |x|. Above it a constant rate diverges: each step makes x² larger, and the limit
    smaller. For |x₀| > √2.
    """
    return 2 / (x0**2 - 2)


def cliff(x):
    """A plain that falls gently to the right, and a wall: exp(20 (x − 1))/20 − x, least at 1."""
    return math.exp(20 * (x - 1)) / 20 - x


def cliff_grad(x):
    """The slope of the cliff."""
    return math.exp(20 * (x - 1)) - 1


CLIFF_CURVATURE = 20  # at the minimum


def cliff_run(lr, limit=None, steps=100):
    """The ``Trace`` of a run at the cliff from x = 0, with gradients clipped to ``limit`` if one is given."""
    clipped = cliff_grad if limit is None else lambda x: clip_by_norm(cliff_grad(x), limit)
    return descend(clipped, 0.0, lr=lr, steps=steps)


def throws(run):
    """How often a run goes back by more than 1 in a step."""
    return int((np.diff(run.w) < -1).sum())


def held_between():
    """The least and the greatest x of the clipped run, once it is at the wall."""
    held = cliff_run(0.3, limit=1.0).w
    return min(held[5:]), max(held)


def clipped():
    """The gradient (3, 4), clipped by norm to 1."""
    return clip_by_norm(np.array([3.0, 4.0]), 1.0)


def halvings_to(share):
    """How many halvings bring a rate down to this share of it, or below."""
    halvings = 0
    while 0.5**halvings > share:
        halvings += 1
    return halvings


NOISES = (0.1, 1.0, 10.0)
DECAY: dict[str, Any] = {"lr": 0.01, "weight_decay": 0.2}


@functools.cache
def decaying(decoupled, steps=500, weights=200):
    """The mean weight at each step where gradients are noise of three sizes: ``(steps + 1, 3)``.

    All weights begin at 1, and Adam's decay is either ``decoupled`` (AdamW) or in the gradient.
    """
    rng = np.random.default_rng(0)
    sizes = np.array(NOISES)[:, None]

    def noise(w):
        return sizes * rng.standard_normal(w.shape)

    w0 = np.ones((len(NOISES), weights))
    if decoupled:
        return descend(noise, w0, adamw, steps, **DECAY).w.mean(axis=2)
    strength = DECAY["weight_decay"]
    return descend(
        lambda w: coupled_weight_decay(w, noise(w), strength), w0, adam, steps, lr=DECAY["lr"]
    ).w.mean(axis=2)


def decaying_plainly(steps=500, weights=200):
    """The mean weight at the end of the same runs with plain gradient descent, for each size of the noise.

    Half of the weights get the noise of the other half with its sign turned, so that its mean is 0.
    """
    rng = np.random.default_rng(0)
    sizes = np.array(NOISES)[:, None]

    def grad(w):
        noise = sizes * rng.standard_normal((len(NOISES), weights // 2))
        return coupled_weight_decay(w, np.hstack([noise, -noise]), DECAY["weight_decay"])

    return descend(grad, np.ones((len(NOISES), weights)), sgd, steps, lr=DECAY["lr"]).w[-1].mean(axis=1)


def keep_most(kept):
    """Which of the weights keep most: ``'all'``, or those with one of the three sizes of noise."""
    return "all" if np.ptp(kept) < 1e-9 else f"noise {NOISES[np.argmax(kept)]:g}"


OVERVIEW = {
    "constant": constant(1),
    "step": step(1, 25, gamma=0.5),
    "multi_step": multi_step(1, [50, 75]),
    "exponential": exponential(1, 0.96),
    "inverse_time": inverse_time(1, 0.05),
    "inverse_sqrt": inverse_sqrt(1, 10),
    "polynomial": polynomial(1, 100),
    "cosine": cosine(1, 100),
    "warm_restarts": warm_restarts(1, 15, growth=2),
    "warmup": warmup(cosine(1, 80), 20),
    "one_cycle": one_cycle(1, 100),
    "wsd": wsd(1, 100, 10, 20),
}


@in_house_style
def overview():
    """Twelve schedules over 100 steps, each from its own function, with full rate 1."""
    fig, ax = figure(height=5.6)
    # One axes for all: twelve would weigh twice as much, with the same ticks twelve times.
    for k, (name, schedule) in enumerate(OVERVIEW.items()):
        left, bottom = 130 * (k % 3), -1.75 * (k // 3)
        ax.plot([left, left + 100], [bottom, bottom], color=MUTED, linewidth=0.8)
        ax.plot(np.arange(left, left + 100), [bottom + schedule(t) for t in range(100)], color=DESCENT)
        ax.text(left, bottom + 1.2, name, fontweight="bold")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set(xlabel="step t", xlim=(-4, 364), ylim=(-5.4, 1.6))
    ax.set_xticks((0, 100, 130, 230, 260, 360), ("0", "100", "", "", "", ""))
    ax.set_yticks((0, 1), ("0", "η"))
    return fig


@in_house_style
def below_the_floor():
    """Mean loss of a hundred noisy runs against the step: a constant rate, a cosine, WSD and 1/t."""
    fig, ax = figure(height=4.0)
    lr = best_rate("cosine")[0]
    every = 4
    lines = (
        ("inverse_time", best_rate("inverse_time")[0], OF_SCHEDULE["1/t"], "1/t"),
        ("constant", lr, OF_SCHEDULE["constant"], "constant"),
        ("wsd", lr, OF_SCHEDULE["another"], "WSD"),
        ("cosine", lr, OF_SCHEDULE["cosine"], "cosine"),
    )
    for name, rate, colour, _ in lines:
        mean = noisy_losses(CONTENDERS[name](rate)).mean(axis=1)
        ax.plot(np.arange(0, STEPS + 1, every), mean[::every], color=colour, linewidth=1.6)
    ax.axhline(floor(lr), color=MUTED, linewidth=1)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("floor of the constant rate", (150, floor(lr)), xytext=(0, 26), color=MUTED, **beside)
    ax.annotate("1/t", (120, 0.031), xytext=(0, -12), ha="right", color=OF_SCHEDULE["1/t"], **beside)
    ax.annotate(
        "constant", (495, floor(lr)), xytext=(0, 15), ha="right", color=OF_SCHEDULE["constant"], **beside
    )
    ax.annotate("WSD", (396, 0.046), xytext=(0, 0), ha="right", color=OF_SCHEDULE["another"], **beside)
    ax.annotate("cosine", (340, 0.0125), xytext=(0, 0), ha="right", color=OF_SCHEDULE["cosine"], **beside)
    ax.set(xlabel="step t", ylabel="mean loss", yscale="log", xlim=(0, STEPS), ylim=(6e-3, 1.6))
    ax.set_yticks((0.01, 0.1, 1), ("0.01", "0.1", "1"))
    ax.minorticks_off()
    return fig


@in_house_style
def warming_up():
    """Steps that the double well needs from far out, against η: without warm-up, with 5 steps, with 20."""
    fig, ax = figure(height=3.8)
    lengths = tuple(zip((0, 5, 20), ramp(3), ("none", "5 steps", "20 steps"), strict=True))
    for length, colour, words in lengths:
        steps = [well_steps(lr, length) or math.nan for lr in WELL_RATES]
        ax.plot(WELL_RATES, steps, "o-", color=colour, markersize=4, linewidth=1.4, label=words)
    ax.set(xlabel="full rate η", ylabel="steps", yscale="log", xlim=(0, 0.5), ylim=(6, 220))
    ax.set_yticks((10, 30, 100), ("10", "30", "100"))
    ax.minorticks_off()
    ax.legend(title="warm-up", loc="upper center", bbox_to_anchor=(0.6, 1.04), alignment="left")
    return fig


@in_house_style
def thrown_by_the_wall():
    """The cliff, and x against the step with η = 0.3: thrown back by the wall, or clipped."""
    fig, (shape, path) = figure(height=3.8, panels=2, width_ratios=(2, 3))
    xs = np.concatenate([np.linspace(-6, 0.8, 5), np.linspace(0.85, 1.2, 40)])
    shape.plot(xs, [cliff(x) for x in xs], color=CURVE)
    shape.plot(1, cliff(1), "o", color=BEST, markersize=7)
    shape.set(xlabel="x", ylabel="loss", xlim=(-6, 1.6), ylim=(-1.5, 6.5), xticks=(-5, 0), yticks=(0, 5))
    path.axhline(1, color=BEST, linewidth=1.2)
    path.plot(cliff_run(0.3).w, color=DIVERGES, linewidth=1.6)
    path.plot(cliff_run(0.3, limit=1.0).w, color=DESCENT, linewidth=1.6)
    path.annotate("clipped", (98, 2.0), color=DESCENT, ha="right", va="center")
    path.annotate("not clipped", (99, -5.95), color=DIVERGES, ha="right", va="center")
    path.set(xlabel="step t", ylabel="x", xlim=(0, 100), ylim=(-6.6, 2.6), yticks=(-6, -3, 0))
    return fig


@in_house_style
def two_decays():
    """The mean weight under Adam, with gradients of pure noise: decay in the gradient, or apart."""
    fig, axes = figure(height=3.6, panels=2, sharey=True)
    every = 5
    ends = {}
    for ax, decoupled, title in zip(axes, (False, True), ("in the gradient", "decoupled"), strict=True):
        paths = decaying(decoupled)[::every]
        for path, dashes in zip(paths.T, (":", "--", "-"), strict=True):
            ax.plot(np.arange(0, 501, every), path, color=ADAM, linestyle=dashes)
        ends[decoupled] = paths
        ax.set_title(title)
        ax.set(xlabel="step t", xlim=(0, 500), ylim=(-0.06, 1.06), xticks=(0, 250, 500), yticks=(0, 0.5, 1))
    axes[0].set_ylabel("mean weight")
    for k, size in enumerate(NOISES):
        at = (30, 55, 60)[k]
        point = (at * every, ends[False][at, k])
        words = f"noise {size:g}"
        axes[0].annotate(words, point, xytext=(4, 9), textcoords="offset points", color=ADAM)
    axes[1].annotate(
        "all three", (250, ends[True][50, 1]), xytext=(6, 9), textcoords="offset points", color=ADAM
    )
    return fig
