"""Figures of the chapter *Second order*, and the runs that they and the chapter's tables show."""

import functools

import numpy as np

from gdbook.descent import descend
from gdbook.figures.colours import (
    BEST,
    DESCENT,
    DIVERGES,
    INK,
    MOMENTUM,
    MUTED,
    NEWTON,
    ramp,
)
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.functions import double_well, log_cosh, quadratic, rosenbrock, wavy
from gdbook.rules import momentum, sgd
from gdbook.second_order import (
    armijo,
    bfgs,
    conjugate_gradient,
    damped_newton,
    exact,
    gauss_newton,
    lbfgs,
    levenberg_marquardt,
    newton,
    nonlinear_cg,
    steepest_descent,
    wolfe,
)
from gdbook.theory import gd_limit, newton_log_cosh_limit

ONE_STEP_FROM = 2.2
KAPPA = 10.0  # of the zigzag
CUT = {"start": 5.0, "c1": 0.1, "c2": 0.3, "longest": 11.0}  # strict enough to be seen
CLUSTERED = 60  # how many unknowns

# --- The comparison on Rosenbrock's valley ---

STARTS = ((-1.2, 1.0), (0.0, 2.0), (1.5, -0.5), (-0.5, -1.0), (2.0, 2.0))
GOAL_POWER = -6
GOAL = 10.0**GOAL_POWER
MOST_CALLS = 30_000
# Gradient descent's crowd below its limit at the minimum, 0.0019968; momentum's are factors of √2 apart.
RATES = {
    "gradient descent": (0.0005, 0.001, 0.0015, 0.0018, 0.0019, 0.00199),
    "momentum 0.9": (0.0005, 0.0007, 0.001, 0.0014, 0.002, 0.0028),
}
C2S = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
HALF_C2S = tuple(c2 / 2 for c2 in C2S)  # conjugate directions need c2 < ½
C1S = (1e-4, 1e-3, 1e-2, 0.1, 0.2, 0.3)
BUDGET = 6


@functools.cache
def comparison():
    """Calls until Rosenbrock's loss is at most ``GOAL``: name to ``[(calls, setting), …]``, a start each.

    Each method gets ``BUDGET`` settings of its one number at each start, and keeps the best. ``MOST_CALLS``
    stands for a run that did not arrive. Gradient descent and momentum pay only for gradients.
    """
    found = {}
    for name, rule in (("gradient descent", sgd), ("momentum 0.9", momentum)):
        calls, rates = first_order_calls(rule, RATES[name]), RATES[name]
        found[name] = [min(zip(of_start, rates, strict=True)) for of_start in zip(*calls, strict=True)]
    for name, run, settings in _tuned():
        found[name] = [min((_calls(run(np.array(start), x)), x) for x in settings) for start in STARTS]
    return found


def comparison_table():
    """The calls of each method from each start, as a table."""
    head = [f"{x:g}, {y:g}".replace("-", "−") for x, y in STARTS]
    rows = [(name, *(f"{calls:,}" for calls, _ in found)) for name, found in comparison().items()]
    return table({"method": "<"} | dict.fromkeys(head, ">"), rows)


def limit_at_the_minimum():
    """Gradient descent's limit at the minimum of Rosenbrock's function."""
    return gd_limit(np.linalg.eigvalsh(rosenbrock.hess(np.ones(2)))[-1])


def newton_calls():
    """Of damped Newton at its defaults, from the first start to the goal: calls of f and ∇f, and of H."""
    f = rosenbrock
    run = damped_newton(f, f.grad, f.hess, np.array(STARTS[0]))
    arrived = int(np.argmax(run.loss <= GOAL))
    return int(run.calls[arrived]), int(run.hess_calls[arrived])


def calls_from(start, lr):
    """Gradients that gradient descent needs from a start, by its number, with this rate."""
    return first_order_calls(sgd, (lr,), STARTS[start : start + 1])[0][0]


def _tuned():
    """Each method with a line search: name, ``run(start, setting)`` and its settings."""
    f = rosenbrock

    def searching(method, search, name):
        return lambda w0, x: method(
            f, f.grad, w0, line_search=functools.partial(search, **{name: x}), tolerance=1e-5
        )

    def newton_run(w0, x):
        return damped_newton(
            f, f.grad, f.hess, w0, line_search=functools.partial(armijo, c1=x), tolerance=1e-5
        )

    return (
        ("nonlinear CG", searching(nonlinear_cg, wolfe, "c2"), HALF_C2S),
        ("BFGS", searching(bfgs, wolfe, "c2"), C2S),
        ("L-BFGS", searching(lbfgs, wolfe, "c2"), C2S),
        ("damped Newton", newton_run, C1S),
    )


def _calls(run):
    arrived = np.flatnonzero(run.loss <= GOAL)
    return int(run.calls[arrived[0]]) if len(arrived) else MOST_CALLS


def first_order_calls(rule, rates, starts=STARTS):
    """Gradients until the goal, ``(rates, starts)``: all runs at once, until each start has its best."""
    w = np.repeat(np.array(starts).T[:, None, :], len(rates), axis=1)
    lr, state = np.array(rates)[:, None], ()
    calls = np.full(w.shape[1:], MOST_CALLS)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(MOST_CALLS):
            calls[(calls == MOST_CALLS) & (rosenbrock(w) <= GOAL)] = t
            if np.all(calls.min(axis=0) < MOST_CALLS):
                break
            w, *state = rule(w, rosenbrock.grad(w), *state, lr=lr)
    return calls.tolist()


# --- Where Newton goes ---


def newton_on(f, x0, steps=50):
    """The ``SecondOrderTrace`` of Newton's method on a function of one number."""
    return newton(f, f.grad, f.hess, x0, steps=steps)


def damped_on(f, x0):
    """The ``SecondOrderTrace`` of damped Newton on a function of one number."""
    return damped_newton(f, f.grad, f.hess, x0)


def error_constant():
    """What Newton's new error is over the square of the old one on the double well: f‴/(2f″) = 6x/(2f″)."""
    (x,) = (x for x in double_well.minima if x > 0)
    return 6 * x / (2 * double_well.hess(x))


def errors_from(distance):
    """The errors of Newton on the double well, from this distance to the right of the minimum at √2."""
    best = 2**0.5
    return abs(newton_on(double_well, best + distance, steps=6).w - best)


@in_house_style
def log_cosh_limit():
    """Newton on log cosh: the distance |x| after each step, from just below the limit, at it, and above."""
    fig, ax = figure(height=3.6)
    limit = newton_log_cosh_limit()
    for x0, colour, dashes in (
        (1.0, NEWTON, "-"),
        (1.08, NEWTON, "--"),
        (limit, MUTED, ":"),
        (1.1, DIVERGES, "-"),
    ):
        w = np.abs(newton_on(log_cosh, x0, steps=7).w)
        ax.plot(w[(w > 1e-9) & (w < 1e3)], marker="o", color=colour, linestyle=dashes, markersize=4)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("from 1.1", (4, 8), xytext=(-8, 0), ha="right", color=DIVERGES, **beside)
    ax.annotate("at the limit", (7, 1), xytext=(0, 12), ha="right", color=MUTED, **beside)
    ax.annotate("1.08", (5, 1e-1), xytext=(12, 0), color=NEWTON, **beside)
    ax.annotate("1.0", (3, 1e-3), xytext=(-2, 0), ha="right", color=NEWTON, **beside)
    ax.set(xlabel="step t", yscale="log", xlim=(0, 7.2), ylim=(1e-6, 100))
    ax.set_ylabel("|x|")
    decades(ax.yaxis, (-6, -4, -2, 0, 2))
    return fig


# --- Line searches ---


def cut_steps(lr=8.0):
    """The steps that Armijo and Wolfe find on the cut, with ``lr`` as the first trial."""
    start, c1, c2 = CUT["start"], CUT["c1"], CUT["c2"]
    by_armijo = armijo(wavy, wavy.grad, start, -1.0, lr=lr, c1=c1)
    return by_armijo, wolfe(wavy, wavy.grad, start, -1.0, lr=lr, c1=c1, c2=c2)


# --- Conjugate gradients ---


def zigzag_runs(steps=10):
    """On the quadratic of κ = 10 from (10, 1): exact line search along −g, and conjugate gradients."""
    f, A, start = quadratic(KAPPA), np.diag([1.0, KAPPA]), np.array([KAPPA, 1.0])
    return (
        steepest_descent(f, f.grad, start, steps=steps, line_search=exact(A), tolerance=0),
        conjugate_gradient(A, np.zeros(2), start, tolerance=0),
    )


def zigzag_factors():
    """What each exact step multiplies x and y by."""
    w = zigzag_runs()[0].w
    return w[1:] / w[:-1]


def exact_step(kappa, y):
    """The factor by which an exact step from (1, y) on ½(x² + κy²) shrinks the distance to the minimum."""
    curvatures, e = np.array([1.0, kappa]), np.array([1.0, y])
    g = curvatures * e
    return np.linalg.norm(e - g @ g / (g @ (curvatures * g)) * g) / np.linalg.norm(e)


@in_house_style
def zigzag():
    """The paths of the exact line search and of conjugate gradients, on contour lines."""
    fig, ax = figure(height=3.6)
    angle = np.linspace(0, 2 * np.pi, 61)
    for share in (0.15, 0.4, 0.7, 1.0):
        r = share * np.sqrt(KAPPA**2 + KAPPA)
        ax.plot(r * np.cos(angle), r / np.sqrt(KAPPA) * np.sin(angle), color=MUTED, linewidth=1, alpha=0.5)
    descent, conjugate = zigzag_runs()
    ax.plot(*descent.w.T, "o-", color=DESCENT, markersize=4, linewidth=1.4)
    ax.plot(*conjugate.w.T, "o--", color=INK, markersize=7, linewidth=1.8, markerfacecolor="none")
    ax.plot(0, 0, "o", color=BEST, markersize=8)
    ax.text(5.2, 1.15, "exact line search", color=DESCENT, va="center")
    ax.text(1.4, -1.15, "conjugate: 2 steps", color=INK, va="center")
    ax.set(xlabel="x", xlim=(-3, 11.5), ylim=(-1.6, 1.6), xticks=(-2, 0, 2, 4, 6, 8, 10), yticks=(-1, 0, 1))
    ax.set_ylabel("y")
    ax.grid(False)
    return fig


@functools.cache
def cluster_runs():
    """Residuals ‖g‖/‖g₀‖, 60 unknowns, κ = 1000: CG with a spread and with clustered spectrum, descent."""
    rng = np.random.default_rng(0)
    n = CLUSTERED
    b = rng.normal(size=n)
    spread = np.geomspace(1, 1000, n)
    clusters = np.repeat([1.0, 30.0, 1000.0], n // 3) * (1 + 0.001 * np.linspace(0, 1, n))

    def residuals(run, eigenvalues):
        g = run.w * eigenvalues - b
        return np.linalg.norm(g, axis=1) / np.linalg.norm(g[0])

    def conjugate(eigenvalues):
        return conjugate_gradient(np.diag(eigenvalues), b, tolerance=1e-9)

    def descent(eigenvalues):
        A = np.diag(eigenvalues)
        return steepest_descent(
            lambda w: w @ (eigenvalues * w) / 2 - b @ w,
            lambda w: eigenvalues * w - b,
            np.zeros(n),
            steps=n,
            line_search=exact(A),
        )

    return (
        residuals(conjugate(spread), spread),
        residuals(conjugate(clusters), clusters),
        residuals(descent(spread), spread),
    )


def steps_with_clusters():
    """The step from which on CG's residual with three clusters stays at 10⁻⁸ or below."""
    return int(np.flatnonzero(cluster_runs()[1] > 1e-8)[-1]) + 1


@in_house_style
def cg_clusters():
    """Residual against step, log axis: CG with spread and clustered eigenvalues; exact line search."""
    spread, clusters, descent = cluster_runs()
    fig, ax = figure(height=3.6)
    ax.plot(descent, color=DESCENT)
    ax.plot(spread, color=INK, linestyle="--")
    ax.plot(clusters, color=INK, marker="o", markersize=3)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("exact line search", (50, descent[50]), xytext=(4, 15), ha="right", color=DESCENT, **beside)
    ax.annotate("CG, spread", (24, 2e-3), xytext=(0, 0), color=INK, **beside)
    ax.annotate("CG, 3 clusters", (14, 1e-6), xytext=(0, 0), color=INK, **beside)
    ax.set(xlabel="step", yscale="log", xlim=(0, CLUSTERED), ylim=(1e-9, 30))
    ax.set_ylabel("‖g‖ ÷ ‖g₀‖")
    decades(ax.yaxis, (-8, -6, -4, -2, 0))
    return fig


# --- Least squares ---


def decay():
    """Twenty points of 2e^(−1.5x) + ½ with noise of standard deviation 0.05: ``(x, y)``."""
    x = np.linspace(0, 4, 20)
    return x, 2 * np.exp(-1.5 * x) + 0.5 + np.random.RandomState(3).normal(0, 0.05, 20)


def decay_curve(w, x):
    """The model: an exponential that decays onto a floor."""
    return w[0] * np.exp(-w[1] * x) + w[2]


def decay_problem():
    """Residual and Jacobian of the model on the points."""
    x, y = decay()

    def residual(w):
        return decay_curve(w, x) - y

    def jacobian(w):
        e = np.exp(-w[1] * x)
        return np.stack([e, -w[0] * x * e, np.ones_like(x)], axis=1)

    return residual, jacobian


@functools.cache
def fit():
    """The run of Levenberg–Marquardt that the picture shows."""
    residual, jacobian = decay_problem()
    return levenberg_marquardt(residual, jacobian, np.array([1.0, 5.0, 1.0]))


def fits():
    """How Gauss–Newton and Levenberg–Marquardt end from three starts, as a table."""
    residual, jacobian = decay_problem()
    rows = []
    for start in ((1.0, 1.0, 0.0), (4.0, 0.2, 1.0), (1.0, 5.0, 1.0)):
        runs = [method(residual, jacobian, list(start)) for method in (gauss_newton, levenberg_marquardt)]
        rows.append((start, *map(_how_it_ended, runs)))
    return table(dict.fromkeys(("start", "Gauss–Newton", "Levenberg–Marquardt"), "<"), rows)


def _how_it_ended(run):
    steps = f"{len(run.w) - 1} steps"
    return steps if run.stopped == "converged" else f"{run.stopped.split(':')[0]} after {steps}"


@in_house_style
def curve_fit():
    """The points, the curve at the start, and after 1, 2 and all steps of Levenberg–Marquardt."""
    x, y = decay()
    run = fit()
    fig, ax = figure(height=3.6)
    at = np.linspace(0, 4, 81)
    for t, colour, dashes in ((0, MUTED, ":"), (1, ramp(2)[0], "--"), (-1, ramp(2)[1], "-")):
        ax.plot(at, decay_curve(run.w[t], at), color=colour, linestyle=dashes)
    ax.plot(x, y, "o", color=INK, markersize=4)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("start", (3, decay_curve(run.w[0], 3)), xytext=(0, 12), color=MUTED, **beside)
    ax.annotate("after 1 step", (1.5, decay_curve(run.w[1], 1.5)), xytext=(4, 26), color=ramp(2)[0], **beside)
    ax.annotate("the end", (0.5, decay_curve(run.w[-1], 0.5)), xytext=(10, 8), color=ramp(2)[1], **beside)
    ax.set(xlabel="x", xlim=(-0.1, 4.1), ylim=(0, 2.8), yticks=(0, 1, 2))
    ax.set_ylabel("y")
    return fig


# --- The race, in calls ---


@functools.cache
def race_runs():
    """From the first start, each method at its best setting: name to ``(calls, loss)``."""
    start, best = np.array(STARTS[0]), comparison()
    paths = {}
    for name, rule in (("gradient descent", sgd), ("momentum 0.9", momentum)):
        calls, lr = best[name][0]
        run = descend(rosenbrock.grad, start, rule, steps=calls, loss=rosenbrock, lr=lr)
        thin = np.unique(np.geomspace(1, calls + 1, 70).astype(int)) - 1
        paths[name] = thin + 1, run.loss[thin]
    for name, run, _ in _tuned():
        trace = run(start, best[name][0][1])
        paths[name] = trace.calls, trace.loss
    return paths


@in_house_style
def race():
    """Rosenbrock's loss against calls of loss and gradient, both axes logarithmic, for six methods."""
    colours = {
        "gradient descent": (DESCENT, "-"),
        "momentum 0.9": (MOMENTUM, "-"),
        # Colours that belong to no rule of the book.
        "nonlinear CG": (MUTED, "-"),
        "BFGS": (INK, "-"),
        "L-BFGS": (INK, ":"),
        "damped Newton": (NEWTON, "-"),
    }
    fig, ax = figure(height=4.2)
    for name, (calls, loss) in race_runs().items():
        colour, dashes = colours[name]
        ax.plot(calls, np.maximum(loss, 1e-12), color=colour, linestyle=dashes, linewidth=1.6, label=name)
    ax.plot([300, 2e4], [GOAL, GOAL], color=MUTED, linewidth=1)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("goal", (2e4, GOAL), xytext=(0, -10), ha="right", color=MUTED, **beside)
    ax.annotate("gradient descent", (2e4, 5), xytext=(0, 6), ha="right", color=DESCENT, **beside)
    ax.annotate("momentum", (330, 1e-4), xytext=(6, 3), color=MOMENTUM, **beside)
    ax.annotate("nonlinear CG", (165, 1e-9), xytext=(6, 3), color=MUTED, **beside)
    ax.annotate("damped Newton", (40, 1e-4), xytext=(-6, 0), ha="right", color=NEWTON, **beside)
    ax.set(xlabel="calls of f and of ∇f", xscale="log", yscale="log", xlim=(1, 2e4), ylim=(1e-10, 3e3))
    ax.set_ylabel("loss")
    decades(ax.xaxis, (0, 1, 2, 3, 4))
    decades(ax.yaxis, (-9, -6, -3, 0, 3))
    # Two curves lie too close for labels beside them.
    close = [line for line in ax.lines if line.get_label() in ("BFGS", "L-BFGS")]
    ax.legend(handles=close, loc="lower left", handlelength=1.6)
    return fig


# --- What it costs ---


def costs(n=10**6, m=10):
    """What each method keeps for n parameters, the gradient apart, and how its time grows, as a table."""
    rows = (
        ("gradient descent", "$n$", "$O(n)$", n),
        ("momentum", "$2n$", "$O(n)$", 2 * n),
        ("nonlinear CG", "$3n$", "$O(n)$", 3 * n),
        (f"L-BFGS, $m = {m}$", "$2mn$", "$O(mn)$", 2 * m * n),
        ("BFGS", "$n^2$", "$O(n^2)$", n * n),
        ("Newton", "$n^2$", "$O(n^3)$ and $n$ gradients", n * n),
    )
    head = {"method": "<", "memory": "<", "time a step": "<", "memory at $n = 10^6$": ">"}
    return table(head, [(*row, _memory(numbers)) for *row, numbers in rows])


def _memory(numbers):
    """The memory of so many numbers of 8 bytes, in words."""
    units = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"))
    size, unit = next((size, unit) for size, unit in units if 8 * numbers >= size)
    return f"{8 * numbers / size:,.0f} {unit}"
