"""Figures and experiments of the chapter *Adaptive steps*."""

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import NullLocator

from gdbook.descent import descend
from gdbook.figures.colours import ADAGRAD, ADAM, BEST, DIVERGES, MUTED, RMSPROP
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.momentum import half_life
from gdbook.figures.table import table
from gdbook.functions import parabola
from gdbook.rules import adadelta, adagrad, adam, amsgrad, momentum, rmsprop, sgd
from gdbook.theory import adam_edge

VALLEY = np.diag([1.0, 50.0])
VALLEY_START = np.array([2.4, 1.0])
VALLEY_RATES = {sgd: 0.038, adagrad: 0.8}
VALLEY_STEPS = 30

BUDGET_RULES = {
    "sgd": sgd,
    "momentum": momentum,
    "momentum, 0.95": functools.partial(momentum, momentum=0.95),  # the default is 0.9
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
}
BUDGET_RATES = 10 ** np.linspace(-4, 1, 16)  # each 2.15 times the last
BUDGET_STEPS = 1000
BUDGET_NEAR = 0.01
BUDGET_SEEDS = 6  # to choose the rate on, and as many others to measure it on
# Condition number, and whether turned.
BUDGET_PROBLEMS = {"well": (4, False), "axes": (2000, False), "turned": (2000, True)}
BUDGET_SIZE = 10

RULES_MEASURED = Path("benchmarks/rules.json")
MEASURED_RULES = ("sgd", "momentum", "adam", "adamw")


def turned(hessian, degrees):
    """The same valley with its axes turned: R H Rᵀ, and the rotation R."""
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ hessian @ rotation.T, rotation


def valley_path(rule, lr, degrees=0, steps=VALLEY_STEPS):
    """The path of a rule down the valley ½ wᵀHw, whose axes, start and all, are turned by so many degrees."""
    hessian, rotation = turned(VALLEY, degrees)
    return descend(lambda w: hessian @ w, rotation @ VALLEY_START, rule, steps, lr=lr).w


def valley_end(rule, degrees=0):
    """How far from the minimum a run of the first figure ends."""
    return np.linalg.norm(valley_path(rule, VALLEY_RATES[rule], degrees)[-1])


def after_a_large_gradient():
    """How long AdaGrad's second step is, over η: for a gradient of 1, after one of 100."""
    w, state = adagrad(0.0, 100.0, lr=1.0)
    return w - adagrad(w, 1.0, state, lr=1.0)[0]


def half_lives():
    """The half-life of three averages, by formula and by halving, as a table."""
    rows = [(f"{beta:g}", f"{half_life(beta):.2f}", steps_until_half(beta)) for beta in (0.9, 0.99, 0.999)]
    return table({"factor": ">", "half-life, formula": ">", "steps until half is gone": ">"}, rows)


def steps_until_half(beta):
    """After how many steps an average of this factor has lost half of what it saw, or more."""
    weight, steps = 1.0, 0
    while weight > 0.5:
        weight, steps = weight * beta, steps + 1
    return steps


def lengths(rule, steps, gradient=1.0, **hyper):
    """How far each of the first steps of a rule goes where the gradient is always the same, for η = 1."""
    w = descend(lambda w: gradient + 0 * w, 0.0, rule, steps, lr=1.0, **hyper).w
    return np.abs(np.diff(w))


def uncorrected(t, beta1=0.9, beta2=0.999):
    """How far step ``t`` of Adam goes without its bias correction, for a gradient of 1 and η = 1."""
    return (1 - beta1**t) / np.sqrt(1 - beta2**t)


def longest_uncorrected():
    """The longest of the first 10,000 steps of Adam without its correction: ``(t, length)``."""
    length = uncorrected(np.arange(1, 10_001))
    return length.argmax() + 1, length.max()


def online(rule, steps, C=4.0, lr=0.5):
    """The points of Reddi, Kale and Kumar's example: gradient C at every third step, else −1, on [−1, 1]."""
    w, state, points = 0.0, (), []
    for t in range(1, steps + 1):
        g = C if t % 3 == 1 else -1.0
        w, *state = rule(w, g, *state, lr=lr / t**0.5, beta1=0.0, beta2=1 / (1 + C * C))
        w = min(1.0, max(-1.0, w))
        points.append(w)
    return np.array(points)


def online_end(rule):
    """The mean of the last 30 of 300 points of the example."""
    return online(rule, 300)[-30:].mean()


@functools.cache
def long_run(lr=0.1, steps=10_000):
    """Adam on the parabola for so long that it forgets how steep the start was: the ``Trace``."""
    return descend(parabola.grad, 1.0, adam, steps, lr=lr)


def second_moments(run, beta2=0.999):
    """Adam's v̂ at each step of a run, from the gradients that the run recorded."""
    v, v_hats = 0.0, []
    for t, g in enumerate(run.grad, 1):
        v = beta2 * v + (1 - beta2) * g * g
        v_hats.append(v / (1 - beta2**t))
    return np.array(v_hats)


def lowest_step():
    """The step at which the long run is nearest to the minimum, before it leaps back."""
    return int(np.abs(long_run().w[:7000]).argmin())


def lowest_power():
    """The power of ten just above the distance at that step."""
    return int(np.floor(np.log10(np.abs(long_run().w[lowest_step()])))) + 1


def back_step():
    """The step at which the long run is farthest from the minimum again."""
    return lowest_step() + int(np.abs(long_run().w[lowest_step() :]).argmax())


def edge_step():
    """The first step of the long run whose curvature over √v̂ + ε is above Adam's limit."""
    sharpness = parabola.hess(0.0) / (np.sqrt(second_moments(long_run())) + 1e-8)
    return int(np.argmax(sharpness > adam_edge(0.1))) + 1


@functools.cache
def floor(rule, lr, sigma, steps=800, runs=300):
    """The mean loss ½w² in the second half of runs with gradient noise of standard deviation ``sigma``."""
    rng = np.random.default_rng(0)
    w, state, total = np.zeros(runs), (), 0.0
    for t in range(steps):
        w, *state = rule(w, w + sigma * rng.normal(size=runs), *state, lr=lr)
        total += np.mean(w * w) / 2 * (t >= steps // 2)
    return total / (steps - steps // 2)


def floors():
    """The floors of gradient descent and Adam for two rates and two strengths of noise, as a table."""
    cases = (0.1, 1), (0.05, 1), (0.1, 10)
    rows = [
        (words, *(f"{floor(rule, *case):.3f}" for case in cases))
        for words, rule in (("gradient descent", sgd), ("Adam", adam))
    ]
    return table({"rule": "<"} | {f"η = {lr:g}, σ = {sigma}": ">" for lr, sigma in cases}, rows)


def small_gradients():
    """The length of Adam's first step over η for ever smaller gradients, ε outside the root or in it."""
    rows = []
    for power in (0, -2, -4, -6, -8, -10):
        g = 10.0**power
        outside, large = (-adam(0.0, g, lr=1.0, eps=eps)[0] for eps in (1e-8, 1e-3))
        inside = g / np.sqrt(g * g + 1e-8)
        rows.append((f"$10^{{{power}}}$", f"{outside:.4f}", f"{inside:.4f}", f"{large:.4f}"))
    head = ("gradient", r"$\epsilon$ outside", r"$\epsilon$ inside", r"outside, $\epsilon = 10^{-3}$")
    return table(dict.fromkeys(head, ">"), rows)


def after_silence(steps=30):
    """The lengths of Adam's steps over η, gradients of 1 that follow 10,000 gradients of 0."""
    step: Any = adam
    w, state = 0.0, ()
    for _ in range(10_000):
        w, *state = step(w, 0.0, *state, lr=1.0)
    path = [w]
    for _ in range(steps):
        w, *state = step(w, 1.0, *state, lr=1.0)
        path.append(w)
    return -np.diff(path)


@functools.cache
def budget():
    """Steps until a rule stays within 1 % of its first distance to the minimum, its rate tuned.

    Each rule tries the same ``BUDGET_RATES`` on each of ``BUDGET_PROBLEMS``: quadratics in ten
    dimensions, from random starts, along the axes or turned at random. The rate with the least median
    over ``BUDGET_SEEDS`` runs is measured on as many other runs. Returns ``{name: [(rate, steps)]}``,
    in the order of ``BUDGET_RULES`` and of the problems: ``steps`` sorted, infinite where
    ``BUDGET_STEPS`` are too few.
    """
    rng = np.random.default_rng(0)
    starts = rng.normal(size=(2 * BUDGET_SEEDS, BUDGET_SIZE))
    turns = np.linalg.qr(rng.normal(size=(2 * BUDGET_SEEDS, BUDGET_SIZE, BUDGET_SIZE)))[0]
    matrices = []
    for kappa, turn in BUDGET_PROBLEMS.values():
        straight = np.broadcast_to(np.diag(np.geomspace(1, kappa, BUDGET_SIZE)), turns.shape)
        matrices.append(turns @ straight @ turns.transpose(0, 2, 1) if turn else straight)
    hessians = np.concatenate(matrices)
    starts = np.tile(starts, (len(BUDGET_PROBLEMS), 1))
    return {
        name: [_tuned(took) for took in np.split(_arrivals(rule, hessians, starts), len(BUDGET_PROBLEMS))]
        for name, rule in BUDGET_RULES.items()
    }


def budget_ratio(problem, slow, fast):
    """How many times as many steps one rule needs on a problem as another, by medians."""
    k = list(BUDGET_PROBLEMS).index(problem)
    return np.median(budget()[slow][k][1]) / np.median(budget()[fast][k][1])


def budget_table():
    """The steps of each rule on each problem, as a table."""
    words = {
        "sgd": "gradient descent",
        "momentum": "momentum, μ = 0.9",
        "momentum, 0.95": "momentum, μ = 0.95",
        "adagrad": "AdaGrad",
        "rmsprop": "RMSProp",
        "adam": "Adam",
    }
    (well, _), (steep, _), _ = BUDGET_PROBLEMS.values()
    head = ("rule", f"κ = {well}", f"κ = {steep:,}, axes", f"κ = {steep:,}, turned")
    rows = [(words[name], *(_median_and_range(steps) for _, steps in won)) for name, won in budget().items()]
    return table(dict.fromkeys(head, ">") | {"rule": "<"}, rows)


def _median_and_range(steps):
    if np.isinf(steps[0]):
        return "none"
    low, middle, high = (
        f"{s:,.0f}" if np.isfinite(s) else f"> {BUDGET_STEPS:,}"
        for s in (steps[0], np.median(steps), steps[-1])
    )
    return f"{middle} ({low} to {high})"


def _arrivals(rule, hessians, starts):
    """From which step on each run, of shape (problems, rates), stays near the minimum."""
    w = np.repeat(starts[:, None], len(BUDGET_RATES), axis=1)
    lr = BUDGET_RATES[:, None]
    near = BUDGET_NEAR * np.linalg.norm(w, axis=2)
    state, outside = (), np.zeros(near.shape)
    with np.errstate(all="ignore"):  # a rate that is too high overflows
        for t in range(BUDGET_STEPS + 1):
            outside = np.where(np.sqrt(np.einsum("pri,pri->pr", w, w)) <= near, outside, t)
            w, *state = rule(w, w @ hessians, *state, lr=lr)
    return np.where(outside == BUDGET_STEPS, np.inf, outside + 1)


def _tuned(took):
    choose, measure = took[:BUDGET_SEEDS], took[BUDGET_SEEDS:]
    best = int(np.argmin(np.median(choose, axis=0)))
    return float(BUDGET_RATES[best]), np.sort(measure[:, best])


@in_house_style
def first_steps():
    """The length of each step over η, where the gradient is always 1, for five rules."""
    fig, ax = figure(height=4.4)
    t = np.unique(np.geomspace(1, 10_000, 60).round().astype(int))
    for rule, colour in ((adagrad, ADAGRAD), (rmsprop, RMSPROP), (adadelta, RMSPROP), (adam, ADAM)):
        ax.plot(t, lengths(rule, t[-1])[t - 1], color=colour, linestyle="--" if rule is adadelta else "-")
    ax.plot(t, uncorrected(t), color=ADAM, linestyle="--")
    for text, where, colour in (
        ("AdaGrad", (10, 0.07), ADAGRAD),
        ("RMSProp", (1.2, 13), RMSPROP),
        ("Adadelta", (6, 0.0012), RMSPROP),
        ("Adam", (14, 0.5), ADAM),
        ("Adam, uncorrected", (60, 8.5), ADAM),
    ):
        ax.annotate(text, where, color=colour)
    ax.set(xscale="log", yscale="log", xlabel="step t", xlim=(1, 16_000), ylim=(8e-4, 40))
    ax.set_ylabel("step length ÷ η")
    ax.xaxis.set_ticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
    ax.yaxis.set_ticks([0.001, 0.01, 0.1, 1, 10], ["0.001", "0.01", "0.1", "1", "10"])
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    return fig


@in_house_style
def worst_point():
    """Adam and AMSGrad on Reddi, Kale and Kumar's example: one ends at the worst point, one at the best."""
    fig, ax = figure(height=3.6)
    steps = 300
    colour = ADAM
    for rule, style, name, height in (
        (adam, "-", "Adam", 0.62),
        (amsgrad, "--", "AMSGrad", -0.62),
    ):
        ax.plot(np.arange(1, steps + 1), online(rule, steps), color=colour, linestyle=style, linewidth=1.2)
        ax.annotate(name, (110, height), color=colour, va="center")
    ax.axhline(1, color=DIVERGES, linewidth=1, zorder=0)
    ax.axhline(-1, color=BEST, linewidth=1, zorder=0)
    ax.annotate("worst", (2, 1.08), color=DIVERGES)
    ax.annotate("best", (2, -1.24), color=BEST)
    ax.set(xlabel="step t", xlim=(0, steps), ylim=(-1.35, 1.35), yticks=(-1, 0, 1))
    ax.set_ylabel("w")
    return fig


@in_house_style
def leap():
    """The distance from the minimum in a long run of Adam on a parabola: far down, then all the way back."""
    fig, ax = figure(height=3.6)
    far = np.abs(long_run().w[1:]).reshape(-1, 50).max(axis=1)  # the largest of each 50 steps
    ax.plot(np.arange(len(far)) * 50 + 25, far, color=ADAM)
    ax.axhline(1, color=MUTED, linewidth=1, zorder=0)
    ax.set(xlabel="step t", yscale="log", xlim=(0, len(long_run().w)), ylim=(1e-170, 1e12))
    ax.set_ylabel("distance |x|")
    ax.set_xticks((0, 3000, 6000, 9000), ("0", "3,000", "6,000", "9,000"))
    ax.yaxis.set_ticks([1e-150, 1e-100, 1e-50, 1], ["10⁻¹⁵⁰", "10⁻¹⁰⁰", "10⁻⁵⁰", "1"])
    ax.yaxis.set_minor_locator(NullLocator())
    return fig


# --- What a step costs ---


@functools.cache
def measured():
    """What ``benchmarks/rules.py`` measured."""
    return json.loads(RULES_MEASURED.read_text(encoding="utf-8"))


def _steps():
    return {(row["rule"], row["size"]): row for row in measured()["steps"] if row["dtype"] == "float64"}


def sizes():
    """How many numbers the measured steps move, from the fewest."""
    return sorted({size for _, size in _steps()})


def times_the_bound(rule, who):
    """The time of a step of the largest size, as a multiple of the bound."""
    row = _steps()[rule, sizes()[-1]]
    return row["seconds"][who]["median"] / row["bound"]


def times_the_bound_table():
    """The same for four rules and six programs, as a table."""
    programs = {
        "gdbook.rules": "plain",
        "gdbook.in_place": "in place",
        "torch": "PyTorch",
        "torch, foreach": "foreach",
        "torch, fused": "fused",
        "optax, jitted": "optax",
    }
    rows = [(rule, *(f"{times_the_bound(rule, who):.1f}" for who in programs)) for rule in MEASURED_RULES]
    return table({"rule": "<"} | dict.fromkeys(programs.values(), ">"), rows)


def in_place_beside_torch():
    """How many times as fast as PyTorch's default the step in place is, for each size, as a table."""
    rows = []
    for rule in MEASURED_RULES:
        seconds = [_steps()[rule, size]["seconds"] for size in sizes()]
        times = [each["torch"]["median"] / each["gdbook.in_place"]["median"] for each in seconds]
        rows.append((rule, *(f"{ratio:.1f}" for ratio in times)))
    return table({"rule": "<"} | {f"{size:,} numbers": ">" for size in sizes()}, rows)


def versions():
    """The programs that were measured, with their versions, in words."""
    return ", ".join(f"{name} {version}" for name, version in measured()["machine"]["versions"].items())
