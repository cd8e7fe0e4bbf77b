"""Figures of the chapter *How fast can it be?*: rates, bounds, a cycle, and the edge of stability."""

import functools
import itertools
from fractions import Fraction

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import BEST, CURVE, DESCENT, INK, MUTED, OF_RULE, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.functions import quadratic
from gdbook.rules import RULES, adam, momentum, nesterov, sgd
from gdbook.second_order import conjugate_gradient
from gdbook.theory import (
    CYCLE,
    WorstQuadratic,
    accelerated,
    adam_edge,
    gd_best_lr,
    gd_best_rate,
    gd_bound,
    gd_edge,
    gradient_flow,
    kinked,
    largest_curvature,
    modified_loss,
    momentum_best,
    momentum_edge,
    momentum_rate,
    nesterov_best,
    nesterov_bound,
    nesterov_edge,
    nesterov_rate,
    nesterov_standard,
    scalar_net,
    steps_to,
)

FRACTION = 1 / 1000
WORST = 101  # the dimension of the worst quadratic that is drawn
CHAIN = WorstQuadratic(WORST)
START = (2.5, 1.0)  # of the flows


def settings(kappa):
    """``{name: (rule, hyperparameters, rate)}`` on curvatures from 1 to κ, each as theory sets it best."""
    lr, beta = momentum_best(1, kappa)
    standard_lr, standard_beta = nesterov_standard(1, kappa)
    best_lr, best_beta = nesterov_best(1, kappa)
    return {
        "gradient descent": (sgd, {"lr": gd_best_lr(1, kappa)}, gd_best_rate(1, kappa)),
        "Nesterov, textbook": (
            nesterov,
            {"lr": standard_lr, "momentum": standard_beta},
            nesterov_rate(standard_lr, standard_beta, 1, kappa),
        ),
        "Nesterov, tuned": (
            nesterov,
            {"lr": best_lr, "momentum": best_beta},
            nesterov_rate(best_lr, best_beta, 1, kappa),
        ),
        "heavy ball, tuned": (momentum, {"lr": lr, "momentum": beta}, momentum_rate(lr, beta, 1, kappa)),
    }


def measured_steps(rule, hyper, kappa, starts=5, dim=50, most=2000):
    """Steps to 1/1000 of the distance from each of some random starts, on ``dim`` curvatures from 1 to κ.

    The curvatures are equally far apart on a log axis; the starts are normal, seeded. What counts is the
    step from which on the run stays that near.
    """
    curvatures = np.geomspace(1, kappa, dim)
    w0 = np.random.default_rng(0).normal(size=(starts, dim))
    w = descend(lambda w: curvatures * w, w0, rule, most, **hyper).w
    far = np.linalg.norm(w, axis=2) / np.linalg.norm(w0, axis=1)
    return [int(steps) for steps in most + 1 - np.argmax(far[::-1] > FRACTION, axis=0)]


def worst_steps(name, kappa):
    """Steps to 1/1000 of the distance on the worst quadratic with curvatures from 1 to κ, at ``settings``.

    The worst start lies in one direction alone, and with these settings that is the flattest or the
    most curved: a run of each.
    """
    rule, hyper, rate = settings(kappa)[name]
    if rule is sgd:  # the error shrinks by the rate in each step: no need for a hundred thousand of them
        return steps_to(FRACTION, rate)
    curvatures = np.array([1, kappa])
    most = 3 * steps_to(FRACTION, rate) + 20  # equal roots cost up to 2.3 times the steps of the rate
    far = np.abs(descend(lambda w: curvatures * w, np.ones(2), rule, most, **hyper).w).max(axis=1)
    return int(most + 1 - np.argmax(far[::-1] > FRACTION))


def promised_steps(name, kappa):
    """Steps to 1/1000 of the distance as the rate alone promises, at ``settings``."""
    return steps_to(FRACTION, settings(kappa)[name][2])


def rates_and_steps(kappa=100):
    """The rates of the rules and their steps: as promised, on the worst quadratic, and measured."""
    formulas = {
        "gradient descent": r"$\dfrac{\kappa - 1}{\kappa + 1}$",
        "Nesterov, textbook": r"$1 - \dfrac{1}{\sqrt\kappa}$",
        "Nesterov, tuned": r"$1 - \dfrac{2}{\sqrt{3\kappa + 1}}$",
        "heavy ball, tuned": r"$\dfrac{\sqrt\kappa - 1}{\sqrt\kappa + 1}$",
    }
    rows = []
    for name, (rule, hyper, _) in settings(kappa).items():
        mean = np.mean(measured_steps(rule, hyper, kappa))
        rows.append(
            (name, formulas[name], promised_steps(name, kappa), worst_steps(name, kappa), f"{mean:.0f}")
        )
    return table({"rule": "<", "rate": "<", "from the rate": ">", "worst": ">", "mean": ">"}, rows)


def fewer_than_the_worst(kappa=100):
    """The share of the worst start's steps that a random start can save gradient descent."""
    rule, hyper, _ = settings(kappa)["gradient descent"]
    return 1 - min(measured_steps(rule, hyper, kappa)) / worst_steps("gradient descent", kappa)


def fewest_steps(kappa):
    """The least number of steps that any sums of gradients need to be sure of 1/1000 of the distance.

    The least degree k with 1/T_k((κ + 1)/(κ − 1)) ≤ 1/1000, where T_k is Chebyshev's polynomial.
    """
    return int(np.ceil(np.arccosh(1 / FRACTION) / np.arccosh((kappa + 1) / (kappa - 1))))


def three_speeds(steps=40):
    """Errors that fall sublinearly, linearly and quadratically, each by an update of one line, from 1."""
    sublinear, linear, quadratically = [1.0], [1.0], [1.0]
    for _ in range(steps):
        sublinear.append(sublinear[-1] - 0.2 * sublinear[-1] ** 3)  # gradient descent on x⁴/4
        linear.append(linear[-1] - 0.2 * linear[-1])  # on x²/2
        x = quadratically[-1]
        quadratically.append(x - (np.exp(x) - 1) / np.exp(x))  # Newton on eˣ − x
    return sublinear, linear, quadratically


def steps_if_linear():
    """Steps at the ratio of Newton's first step for what its five steps do."""
    errors = three_speeds(5)[2]
    return int(np.ceil(np.log(errors[5]) / np.log(errors[1])))


@in_house_style
def speeds():
    """The three kinds of convergence on a log axis: a curve that flattens, a straight line, a fall."""
    fig, ax = figure(height=3.6)
    sublinear, linear, quadratically = three_speeds()
    slow, middling, fast = ramp(3)
    ax.plot(sublinear, color=slow)
    ax.plot(linear, color=middling)
    fall = [error for error in quadratically if error > 1e-14]
    ax.plot(fall, "o-", color=fast, markersize=5)
    ax.text(20, 1.0, "sublinear", color=slow, va="center")
    ax.text(21, 0.06, "linear", color=middling, va="center")
    ax.text(6, 1e-6, "quadratic", color=fast, va="center")
    ax.set(xlabel="step", yscale="log", xlim=(0, 40), ylim=(1e-9, 5))
    ax.set_ylabel("error")
    decades(ax.yaxis, (-8, -6, -4, -2, 0))
    return fig


@functools.cache
def worst_gaps(n=WORST):
    """``{name: f(x_k) − f* for k = 1 … n − 1}`` on the worst quadratic of dimension n and L = 1."""
    f = WorstQuadratic(n)
    plain = descend(f.grad, f.start, sgd, n - 1, loss=f, lr=1.0).loss
    fast = [f(x) for x in accelerated(f.grad, f.start, f.L, n - 1)]
    best = [f(x) for x in conjugate_gradient(f.hess(f.start), -f.grad(f.start), steps=n - 1).w]
    return {
        name: np.array(losses[1:n]) - f.least
        for name, losses in (("gradient descent", plain), ("accelerated", fast), ("conjugate", best))
    }


def worst_gap(name, k):
    """The same after k steps, in the dimension that is drawn."""
    return worst_gaps()[name][k - 1]


@functools.cache
def nearest_to_the_floor(k=12, rates=13):
    """``{name: factor}``: how far above the floor each rule ends on its worst quadratic, at its best rate.

    All rules of the book that work on a vector and need no more than the gradient, each with the same
    ``rates`` learning rates between 0.01 and 8, at k steps in dimension 2k + 1.
    """
    f, factors = WorstQuadratic(2 * k + 1), {}
    for name, rule in RULES.items():
        gaps = []
        for lr in np.geomspace(0.01, 8, rates):
            try:
                run = descend(f.grad, f.start, rule, k, loss=f, lr=float(lr))
            except (TypeError, ValueError):  # it needs a matrix, or more than the gradient
                break
            gaps.append(np.nanmin(run.loss) - f.least)
        else:
            factors[name] = float(min(gaps) / f.floor(k))
    return factors


@in_house_style
def worst_function():
    """Loss above the least against the step on Nesterov's worst quadratic, and the floor of all methods."""
    fig, ax = figure(height=4.0)
    k, gaps = np.arange(1, WORST), worst_gaps()
    floor = np.array([CHAIN.floor(int(step)) for step in k])
    ax.fill_between(k, 1e-5, floor, color=MUTED, alpha=0.15, linewidth=0)
    ax.plot(k, gaps["gradient descent"], color=DESCENT)
    ax.plot(k, gaps["accelerated"], color=OF_RULE["nesterov"])
    shown = np.unique(np.geomspace(1, 90, 14).astype(int)) - 1
    ax.plot(k[shown], gaps["conjugate"][shown], "o", color=INK, markersize=4)
    ax.text(25, 0.055, "gradient descent", color=DESCENT, ha="center", va="center")
    ax.text(86, 0.0064, "Nesterov", color=OF_RULE["nesterov"], va="center", ha="right")
    ax.text(1.3, 0.02, "conjugate gradients", color=INK, va="center")
    ax.text(3, 0.0016, "out of reach", color=MUTED, va="center")
    ax.set(xscale="log", yscale="log", xlim=(1, 90), ylim=(4e-4, 0.11))
    ax.set_xlabel("step k")
    ax.set_ylabel("loss above the least")
    ax.set_xticks((1, 3, 10, 30), ("1", "3", "10", "30"))
    ax.minorticks_off()
    decades(ax.yaxis, (-3, -2, -1))
    return fig


def first_better_promise():
    """The first step from which Nesterov's bound of 1983 is below that of gradient descent."""
    return next(k for k in itertools.count(1) if nesterov_bound(1, 1, k) < gd_bound(1, 1, k))


def exact_cycle():
    """The points of the cycle as fractions."""
    return [Fraction(x).limit_denominator(2000) for x in CYCLE]


def places(lr, start=kinked.start, steps=3000):
    """How many places the heavy ball visits in its last 300 steps on the kinked function, with the best β."""
    beta = momentum_best(1, 25)[1]
    x = descend(kinked.grad, start, momentum, lr=lr, momentum=beta, steps=steps).w
    return len(set(np.round(x[-300:], 6)))


def edges(lr=0.1, beta=0.9):
    """The largest stable sharpness for four rules, as a table."""
    rows = (
        ("gradient descent", r"$\dfrac{2}{\eta}$", gd_edge(lr)),
        ("heavy ball", r"$\dfrac{2 + 2\beta}{\eta}$", momentum_edge(lr, beta)),
        ("Nesterov", r"$\dfrac{2 + 2\beta}{(1 + 2\beta)\,\eta}$", nesterov_edge(lr, beta)),
        ("Adam", r"$\dfrac{2 + 2\beta_1}{(1 - \beta_1)\,\eta}$", adam_edge(lr, beta)),
    )
    head = {"rule": "<", "stable below": "<", f"at η = {lr}, β = {beta}": ">"}
    return table(head, [(name, formula, f"{value:.4g}") for name, formula, value in rows])


@functools.cache
def sharpness(lr, steps):
    """A run on the scalar net from its start, and the sharpness half way between each two of its points."""
    run = descend(scalar_net.grad, list(scalar_net.start), lr=lr, steps=steps, loss=scalar_net)
    return run, np.array([largest_curvature(scalar_net.hess(w)) for w in (run.w[1:] + run.w[:-1]) / 2])


LISTED_RATES = (0.05, 0.12, 0.15, 0.18, 0.2)


def sharpnesses():
    """The sharpness of five runs at first and after 600 steps, beside the edge, as a table."""
    rows = []
    for lr in LISTED_RATES:
        seen, edge = sharpness(lr, 600)[1], gd_edge(lr)
        rows.append((lr, f"{edge:.2f}", f"{seen[0]:.2f}", f"{seen[-1]:.2f}", f"{seen[-1] / edge:.1%}"))
    head = ("η", r"$2/\eta$", "sharpness, first", "last", "of the edge")
    return table(dict.fromkeys(head, ">"), rows)


def power_of_the_losses():
    """The power of ten just above all losses of these runs after 600 steps."""
    return int(np.ceil(np.log10(max(sharpness(lr, 600)[0].loss[-1] for lr in LISTED_RATES))))


def flattest():
    """The sharpness at the flattest minimum."""
    return largest_curvature(scalar_net.hess((1.0, 1.0)))


def last_hops(lr, steps=5000):
    """The last two losses of a long run on the scalar net."""
    return descend(scalar_net.grad, list(scalar_net.start), lr=lr, steps=steps, loss=scalar_net).loss[-2:]


def two_layers_end():
    """The sharpness x² + y² at which a run on ½(xy − 1)² ends, from (5, 0.1) with η = 0.12."""
    return float(
        np.sum(descend(lambda w: (w[0] * w[1] - 1) * w[::-1], [5.0, 0.1], lr=0.12, steps=600).w[-1] ** 2)
    )


def adam_sharpness(lr, steps):
    """The preconditioned sharpness of Adam on ½w², from 1, after each of its steps."""
    w, state, seen = 1.0, (0.0, 0.0, 0), []
    for step in range(1, steps + 1):
        w, state = adam(w, w, state, lr=lr)
        seen.append(1 / ((state[1] / (1 - 0.999**step)) ** 0.5 + 1e-8))
    return np.array(seen)


@functools.cache
def late_adam_sharpness():
    """The same with η = 0.1, from step 7,000 to 20,000."""
    return adam_sharpness(0.1, 20_000)[7000:]


EDGE_RATES = (0.05, 0.12, 0.15)


@in_house_style
def edge_of_stability(steps=80):
    """A run on the scalar net that hops across its valley and slides along it; sharpness against step."""
    fig, (left, right) = figure(height=3.8, panels=2)
    lr = EDGE_RATES[-1]
    path = sharpness(lr, steps)[0].w
    x = np.linspace(1.55, 2.25, 40)
    left.plot(x, 1 / x, color=CURVE)
    left.plot(*path.T, "o-", color=DESCENT, markersize=2.5, linewidth=0.7)
    left.plot(*path[0], "o", color=DESCENT, markersize=8)
    half = gd_edge(lr) / 8  # on xy = 1 the sharpness is 4 (x² + y²)
    at = (half + (half * half - 1) ** 0.5) ** 0.5
    left.plot(at, 1 / at, "o", color=BEST, markersize=8)
    left.text(1.58, 0.73, "minima", color=CURVE, va="center")
    left.text(path[0, 0] + 0.03, path[0, 1] + 0.02, "start", color=DESCENT)
    left.set(xlabel="x", ylabel="y", xlim=(1.55, 2.25), ylim=(0, 0.95))
    left.set(xticks=(1.6, 1.8, 2.0, 2.2), yticks=(0, 0.5))
    for rate, colour in zip(EDGE_RATES, ramp(len(EDGE_RATES)), strict=True):
        seen = sharpness(rate, steps)[1]
        right.plot(seen, color=colour, linewidth=1.2)
        if gd_edge(rate) < 20:  # the smallest rate ends far below its edge
            right.axhline(gd_edge(rate), color=colour, linestyle="--", linewidth=1)
        away = 1.0 if rate == EDGE_RATES[0] else -1.2
        right.text(steps, seen[-1] + away, f"η = {rate}", color=colour, ha="right", va="center")
    right.set(xlabel="step", xlim=(0, steps), ylim=(0, 21), yticks=(0, 5, 10, 15, 20))
    right.set_ylabel("sharpness")
    return fig


@in_house_style
def flows(lr=0.1, kappa=5, steps=10):
    """Steps of gradient descent on a valley, the gradient flow, and the flow of the modified loss."""
    fig, ax = figure(height=3.6)
    f, start = quadratic(kappa), np.array(START)
    path = descend(f.grad, start, lr=lr, steps=steps).w
    time = lr * steps
    plain = np.array(gradient_flow(f.grad, start, time, steps=60))
    better = np.array(gradient_flow(modified_loss(f, lr).grad, start, time, steps=60))
    ax.plot(*plain.T, color=MUTED, linestyle="--", linewidth=1.6)
    ax.plot(*better.T, color=INK)
    ax.plot(*path.T, "o", color=DESCENT, markersize=6)
    ax.text(1.68, 0.32, "flow of f", color=MUTED, ha="right", va="center")
    ax.text(1.95, 0.13, "modified flow", color=INK, va="center")
    ax.text(2.46, 0.92, "steps", color=DESCENT, ha="right", va="center")
    ax.set(xlabel="x, flat", xlim=(0.6, 2.6), ylim=(-0.05, 1.08), yticks=(0, 0.5, 1))
    ax.set_ylabel("y, steep")
    return fig


def off_the_flows(lr=0.1, kappa=5):
    """How far two steps are from the flow of f, and from that of the modified loss."""
    f, start = quadratic(kappa), np.array(START)
    two = descend(f.grad, start, lr=lr, steps=2).w[-1]
    ends = (gradient_flow(loss.grad, start, 2 * lr)[-1] for loss in (f, modified_loss(f, lr)))
    return [np.linalg.norm(end - two) for end in ends]


ERRORS = (1e-1, 1e-2, 1e-4, 1e-8)


def ratios(errors):
    """Each error over the one before."""
    return [after / before for before, after in itertools.pairwise(errors)]


def strongest_name(errors):
    """The strongest name for a speed that fits these errors."""
    orders = [after / before**2 for before, after in itertools.pairwise(errors)]
    if max(orders) < 1.001 * min(orders):  # one constant
        return "quadratic"
    return "linear" if max(ratios(errors)) < 0.99 else "sublinear"
