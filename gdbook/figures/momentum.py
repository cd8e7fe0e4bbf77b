"""Figures of the chapter *Momentum*, and the experiments behind its tables."""

import functools
from typing import Any

import numpy as np

from gdbook import rules
from gdbook.descent import descend, outcome
from gdbook.figures.colours import CURVE, DESCENT, INK, MOMENTUM, MUTED
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.table import table
from gdbook.functions import quadratic, wavy
from gdbook.theory import (
    gd_best_lr,
    gd_rate,
    heavy_ball_roots,
    momentum_best,
    momentum_rate,
    nesterov_best,
    nesterov_rate,
    nesterov_standard,
    noise_floor,
    steps_to,
)

VALLEY = {"kappa": 20, "lr": 1.7, "momentum": 0.5, "steps": 14}  # lr in units of 1/L
START = (2.6, 0.9)
# (ηλ, μ) of a run that glides, one that spirals and one that alternates.
REGIMES = {"glides": (0.05, 0.5), "spirals": (0.4, 0.85), "alternates": (2.5, 0.3)}

WAVY_STARTS = np.linspace(-6, 6, 121)
WAVY_RATES = np.geomspace(0.001, 1, 25)  # the same for every momentum

TRIED_MOMENTA = (0.5, 0.9, 0.99)
BUDGET = 24  # settings that each rule may try
TUNED_ON, TESTED_ON = 5, 20  # random starts: the first choose the setting, the others are reported


@functools.cache
def valley_paths():
    """``{"sgd": path, "momentum": path}`` in the valley of the first figure: one η, one start."""
    f = quadratic(VALLEY["kappa"])
    shared: dict[str, Any] = {"lr": VALLEY["lr"] / VALLEY["kappa"], "steps": VALLEY["steps"], "loss": f}
    return {
        "sgd": descend(f.grad, START, **shared),
        "momentum": descend(f.grad, START, rules.momentum, momentum=VALLEY["momentum"], **shared),
    }


def gathered():
    """How many gradients long the velocity of the second run is, along the valley and across it.

    The quotient of their root mean squares over the steps.
    """
    run = valley_paths()["momentum"]
    velocity = -np.diff(run.w, axis=0) / (VALLEY["lr"] / VALLEY["kappa"])
    gradient = run.w[:-1] * (1, VALLEY["kappa"])
    return np.sqrt((velocity**2).mean(axis=0) / (gradient**2).mean(axis=0))


def valley_end(name):
    """How far along the valley a run of the first figure is after its last step."""
    return valley_paths()[name].w[-1][0]


def half_life(momentum):
    """Steps after which a past gradient counts half."""
    return np.log(2) / -np.log(momentum)


def half_lives():
    """The terminal velocity and the half-life of three μ, as a table."""
    rows = []
    for mu in (0.9, 0.99, 0.999):
        w = descend(lambda w: 1.0, 0.0, rules.momentum, lr=1.0, momentum=mu, steps=10_000).w
        terminal = f"{1 / (1 - mu):,.0f} $g$", f"{w[-2] - w[-1]:,.1f} $g$"
        rows.append((mu, *terminal, f"{half_life(mu):.2f}"))
    head = {
        "μ": ">",
        "terminal velocity, by formula": ">",
        "after 10,000 steps": ">",
        "half-life in steps": ">",
    }
    return table(head, rows)


def regime_errors(name, steps=20):
    """The error at each step, from 1, of a run in one of the three regimes, on a parabola of λ = 1."""
    lr, momentum = REGIMES[name]
    return descend(lambda x: x, 1.0, rules.momentum, lr=lr, momentum=momentum, steps=steps).w


@in_house_style
def regimes():
    """Glides, spirals, alternates: the two roots in the unit circle, and the error step by step."""
    fig, first = figure(height=4.3)
    first.remove()
    roots_row, runs_row = fig.subplots(2, 3, sharey="row", height_ratios=(1, 1))
    around = np.linspace(0, 2 * np.pi, 49)
    for ax, run_ax, name in zip(roots_row, runs_row, REGIMES, strict=True):
        colour, setting = MOMENTUM, REGIMES[name]
        ax.plot(np.cos(around), np.sin(around), color=CURVE, linewidth=1.2)
        ax.plot(*zip(*heavy_ball_roots(*setting, 1.0), strict=True), "o", color=colour, markersize=8)
        ax.set_title(name, color=colour)
        ax.set(aspect="equal", xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), xticks=(-1, 1), yticks=(-1, 1))
        ax.grid(False)
        error = regime_errors(name)
        t = np.arange(len(error))
        run_ax.axhline(0, color=MUTED, linewidth=1)
        run_ax.plot(t, error, "o-", color=colour, markersize=3.5, linewidth=1.2)
        run_ax.set(xlabel="step", xticks=(0, 20), ylim=(-2.2, 2.2), yticks=(-2, 0, 2))
    roots_row[0].set_ylabel("roots")
    runs_row[0].set_ylabel("error")
    return fig


@functools.cache
def wavy_share(momentum, steps=3000):
    """For each of ``WAVY_RATES``, the share of ``WAVY_STARTS`` that settle in the global minimum.

    And the ends of the runs, shape ``(rates, starts)``.
    """
    x = np.repeat(WAVY_STARTS[None], len(WAVY_RATES), axis=0)
    velocity, lr = np.zeros_like(x), WAVY_RATES[:, None]
    for _ in range(steps):
        x, velocity = rules.momentum(x, wavy.grad(x), velocity, lr=lr, momentum=momentum)
    # Near the minimum the velocity is small as well, or the run is only passing through.
    there = (abs(x) < 1e-2) & (abs(velocity) < 1e-1)
    return there.mean(axis=1), x


@in_house_style
def wavy_shares():
    """The share of starts that end in the wavy function's global minimum, against η, for two μ."""
    fig, ax = figure(height=3.4)
    for momentum, colour in ((0.0, DESCENT), (0.9, MOMENTUM)):
        share, _ = wavy_share(momentum)
        ax.plot(WAVY_RATES, 100 * share, "o-", color=colour, markersize=4)
        at = int(np.argmax(share)) if momentum else 19
        ax.annotate(
            f"μ = {momentum:g}",
            (WAVY_RATES[at], 100 * share[at]),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            color=colour,
        )
    ax.set(xlabel="learning rate η", xscale="log", xlim=(9e-4, 1.1), ylim=(0, 100))
    ax.set_xticks((0.001, 0.01, 0.1, 1), ("0.001", "0.01", "0.1", "1"))
    ax.minorticks_off()
    ax.set_ylabel("% in the global minimum")
    ax.yaxis.label.set_color(INK)
    return fig


def settings(rule):
    """The ``BUDGET`` settings that a rule may try: arrays ``(η in units of 1/L, μ)``.

    Rates from 0.05 to 4, evenly spaced in their logarithm: all of them for gradient descent,
    fewer for each momentum where there is one to choose as well.
    """
    momenta = (0.0,) if rule is rules.sgd else TRIED_MOMENTA
    lr, momentum = np.meshgrid(np.geomspace(0.05, 4, BUDGET // len(momenta)), momenta)
    return lr.ravel(), momentum.ravel()


def contest(kappa, rule, dim=10, seed=0):
    """Tune ``rule`` on a quadratic of condition number κ, then count its steps from other starts.

    The curvatures are ``dim`` numbers evenly spaced in their logarithm from 1/κ to 1. A run has
    arrived when its distance to the minimum stays below a thousandth of its first. The setting
    with the fewest median steps from the first ``TUNED_ON`` random starts is chosen; returned are
    ``(η, μ, steps)``, steps from the ``TESTED_ON`` others.
    """
    curvatures = np.geomspace(1 / kappa, 1, dim)
    starts = np.random.default_rng(seed).standard_normal((TUNED_ON + TESTED_ON, dim))
    starts /= np.linalg.norm(starts, axis=1, keepdims=True)
    lr, momentum = settings(rule)
    hyper = {"lr": lr[:, None, None]}
    if rule is not rules.sgd:
        hyper["momentum"] = momentum[:, None, None]
    w, state = np.repeat(starts[None], BUDGET, axis=0), ()
    most = max(200, 4 * kappa)
    arrived = np.full(w.shape[:2], most)
    far_before = np.ones(w.shape[:2], dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(1, most):
            w, *state = rule(w, curvatures * w, *state, **hyper)
            far = ~(np.einsum("ijk,ijk->ij", w, w) < 1e-6)
            arrived[far_before & ~far] = t
            far_before = far
    arrived[far_before] = most
    best = np.argmin(np.median(arrived[:, :TUNED_ON], axis=1))
    return float(lr[best]), float(momentum[best]), arrived[best, TUNED_ON:]


KAPPA = 100  # of the table of rules at their best, of what goes wrong and of the quizzes


def at_their_best(steps=400):
    """The rates of gradient descent, Nesterov and the heavy ball at their best, predicted and measured."""
    f = quadratic(KAPPA)
    tried = (
        (
            "gradient descent",
            rules.sgd,
            (gd_best_lr(1, KAPPA), 0.0),
            lambda lr, mu, *ends: gd_rate(lr, *ends),
        ),
        ("Nesterov, standard", rules.nesterov, nesterov_standard(1, KAPPA), nesterov_rate),
        ("Nesterov, best", rules.nesterov, nesterov_best(1, KAPPA), nesterov_rate),
        ("heavy ball", rules.momentum, momentum_best(1, KAPPA), momentum_rate),
    )
    rows = []
    for name, rule, (lr, mu), rate in tried:
        hyper: Any = {} if rule is rules.sgd else {"momentum": mu}
        far = np.linalg.norm(descend(f.grad, f.start, rule, lr=lr, steps=steps, **hyper).w, axis=1)
        measured = (far[steps] / far[steps // 2]) ** (2 / steps)
        predicted = rate(lr, mu, 1, KAPPA)
        setting = f"{lr * KAPPA:.3f}", f"{mu:.3f}"
        rows.append((name, *setting, f"{predicted:.4f}", f"{measured:.4f}", steps_to(0.1, predicted)))
    head = {"rule": "<", "$\\eta L$": ">", "μ": ">", "rate": ">", "measured": ">", "steps a digit": ">"}
    return table(head, rows)


@functools.cache
def contest_steps(kappa, rule):
    """The steps of a rule in the contest."""
    return contest(kappa, rule)[2]


def contests():
    """The contest for four κ, as a table: the median, and the least and most steps."""
    rows = []
    for kappa in (2, 10, 100, 1000):
        counted = [contest_steps(kappa, rule) for rule in (rules.sgd, rules.momentum, rules.nesterov)]
        cells = [f"{np.median(n):,.0f} ({n.min():,}–\u2060{n.max():,})" for n in counted]
        rows.append((f"{kappa:,}", *cells))
    return table({"κ": ">", "gradient descent": ">", "heavy ball": ">", "Nesterov": ">"}, rows)


def contest_ratio(kappa, slow, fast):
    """How many times as many steps one rule needs, by medians."""
    return np.median(contest_steps(kappa, getattr(rules, slow))) / np.median(
        contest_steps(kappa, getattr(rules, fast))
    )


def wavy_best(momentum):
    """The largest share of starts that a rate brings to the global minimum."""
    return wavy_share(momentum)[0].max()


def wavy_neighbours():
    """Of the starts that the best rate with μ = 0.9 brings there: how many the next rate loses; how many."""
    share, ends = wavy_share(0.9)
    best = int(np.argmax(share))
    here, there = (abs(ends[rate]) < 1e-2 for rate in (best, best + 1))
    return (here & ~there).sum(), here.sum()


def wavy_through():
    """The rate below 0.3 at which most starts roll through the lowest dip into a higher one; how many do."""
    ends = wavy_share(0.9)[1][WAVY_RATES < 0.3]
    through = [int(((WAVY_STARTS * end < 0) & (abs(end) > 1)).sum()) for end in ends]
    most = int(np.argmax(through))
    return WAVY_RATES[most], through[most]


def noise_floors(runs=500, steps=2000, settle=1500):
    """The noise floor of five settings on ½x², predicted and measured, as a table."""
    mu: Any = np.array([0, 0.5, 0.9, 0.99, 0.9])[:, None]
    lr: Any = np.array([0.1, 0.05, 0.01, 0.001, 0.1])[:, None]
    noise = np.random.default_rng(0)
    x, v, total = np.zeros((5, runs)), np.zeros((5, runs)), np.zeros(5)
    for t in range(steps):
        x, v = rules.momentum(x, x + noise.standard_normal(runs), v, lr, mu)
        if t >= settle:
            total = total + (x * x / 2).mean(axis=1) / (steps - settle)
    rows = [
        (
            f"{step:g}",
            f"{beta:g}",
            f"{step / (1 - beta):.2g}",
            f"{noise_floor(step, beta, 1.0, 1.0):.4f}",
            f"{at:.4f}",
        )
        for step, beta, at in zip(lr.ravel(), mu.ravel(), total, strict=True)
    ]
    return table({"η": ">", "μ": ">", "η/(1 − μ)": ">", "floor, predicted": ">", "measured": ">"}, rows)


def steps_a_digit(lr, momentum):
    """Steps of the heavy ball for a digit where κ = 100; ``lr`` in units of 1/L."""
    return steps_to(0.1, momentum_rate(lr / KAPPA, momentum, 1, KAPPA))


def steps_for_three_digits(lr, momentum):
    """The same for three digits."""
    return steps_to(1e-3, momentum_rate(lr / KAPPA, momentum, 1, KAPPA))


def rises(momentum):
    """In how many of 1,000 steps the loss goes up, with η = 1/L and κ = 100."""
    f = quadratic(KAPPA)
    run = descend(f.grad, f.start, rules.momentum, lr=1 / KAPPA, momentum=momentum, steps=1000, loss=f)
    return int((np.diff(run.loss) > 0).sum())


def best_gd_lr():
    """Gradient descent's best η where κ = 100, in units of 1/L."""
    return KAPPA * gd_best_lr(1, KAPPA)


def kappa_of_best(momentum):
    """The κ for which a μ is the heavy ball's best."""
    return ((1 + momentum**0.5) / (1 - momentum**0.5)) ** 2


def beyond_the_limit():
    """How the heavy ball ends at η = 3/L with μ = 0.6."""
    f = quadratic(KAPPA)
    run = descend(f.grad, f.start, rules.momentum, lr=3 / KAPPA, momentum=0.6, steps=1000, loss=f)
    return outcome(run, minimum=f.minima[0])


def floor_ratio(lr, momentum):
    """The noise floor over that of η = 0.01 without momentum."""
    return noise_floor(lr, momentum, 1.0, 1.0) / noise_floor(0.01, 0.0, 1.0, 1.0)
