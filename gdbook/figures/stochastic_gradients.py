"""Figures of the chapter *Stochastic gradients*: the toy line in batches, and noise of a known size."""

import functools
from typing import Any

import numpy as np

from gdbook.data import toy_line
from gdbook.figures.colours import DESCENT, MOMENTUM, OF_SCHEDULE, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.functions import wavy
from gdbook.linear import closed_form, every_batch, mse_hess, with_intercept
from gdbook.rules import momentum as heavy_ball
from gdbook.rules import sgd
from gdbook.schedules import cosine
from gdbook.theory import batch_variance, gd_limit, noise_floor, noise_variance

# The grid in which every batch size looks for its best rate: half octaves down from just below the limit
# 2/L = 1.58 of the toy line, so that the full batch too finds its best in it.
RATES = tuple(1.4 / 2 ** (k / 2) for k in range(17))
SEEDS = 8
EPOCHS = 20
SIZES = (1, 2, 5, 10, 20, 50, 100)
SAMPLES, STEPS = 2000, 100  # the two budgets: EPOCHS of the 100 points, or so many steps


@functools.cache
def toy():
    """``(X, y, best, hess)``: the toy line, its least-squares parameters, the Hessian of the cost."""
    x, y = toy_line()
    X = with_intercept(x)
    return X, y, closed_form(X, y), mse_hess(X) / 2


def toy_limit():
    """The largest rate at which full-batch descent on the toy line's ``half_mse`` converges."""
    return gd_limit(float(np.linalg.eigvalsh(toy()[3])[-1]))


def excess(theta):
    """Cost above the least, of parameters of shape ``(…, 2)``: exact, for the cost is a quadratic."""
    _, _, best, hess = toy()
    return np.einsum("...i,ij,...j->...", theta - best, hess, theta - best) / 2


def off_the_mean():
    """By how much single gradients at the start are off the full one (rms), over its length."""
    each = gradients_at_the_start()
    whole = each.mean(axis=0)
    return np.sqrt(np.mean(np.sum((each - whole) ** 2, axis=1))) / np.linalg.norm(whole)


def gradients_at_the_start():
    """The gradient of each sample's cost at 0."""
    X, y, _, _ = toy()
    return -y[:, None] * X


def drawn(n, size, epochs, seed, how):
    """Indices of the samples of each step, shape ``(steps, size)``; ``size`` divides ``n``.

    ``how`` is ``"shuffled"`` (each epoch in a new order, each sample once), ``"independent"``
    (with replacement), ``"in order"`` (of x, each epoch alike), or ``"by error"`` (each epoch from the point
    furthest below the best line to the one furthest above it).
    """
    steps = epochs * n // size
    if how == "shuffled":
        return np.array(list(every_batch(n, size, epochs, seed)))
    if how == "independent":
        return np.random.default_rng(seed).integers(n, size=(steps, size))
    order = np.arange(n)
    if how == "by error":
        X, y, best, _ = toy()
        order = np.argsort(y - X @ best)
    return np.resize(order, (steps, size))


def toy_descent(size, lr, epochs, seeds=SEEDS, how="shuffled"):
    """Mini-batch descent on the toy line from 0, for all rates and seeds at once.

    ``lr`` is a sequence of rates, or a function of the step that returns one. Returns ``theta`` before
    each step and after the last: shape ``(steps + 1, seeds, rates, 2)``.
    """
    X, y, _, _ = toy()
    batches = np.stack([drawn(len(y), size, epochs, seed, how) for seed in range(seeds)], axis=1)
    rate = lr if callable(lr) else lambda t: lr
    theta = np.zeros((seeds, len(rate(0)), 2))
    path = [theta]
    with np.errstate(over="ignore", invalid="ignore"):
        for t, batch in enumerate(batches):
            Xb, yb = X[batch], y[batch]
            residual = theta @ Xb.transpose(0, 2, 1) - yb[:, None]
            gradient = residual @ Xb / size
            theta, _ = sgd(theta, gradient, lr=np.asarray(rate(t))[:, None])
            path.append(theta)
    return np.array(path)


@functools.cache
def tuned(size, samples=None, steps=None):
    """The best of ``RATES`` for a batch size: ``(rate, excess cost at the end, one for each seed)``.

    The budget is a number of gradient evaluations, ``samples``, or of ``steps``. Best is the least
    mean over the seeds.
    """
    n = len(toy()[1])
    steps = samples // size if steps is None else steps
    epochs = -(-steps * size // n)  # rounded up
    costs = excess(toy_descent(size, RATES, epochs)[steps])
    best = int(np.argmin(np.where(np.isfinite(costs), costs, np.inf).mean(axis=0)))
    return RATES[best], costs[:, best]


def budgets():
    """Every batch size at its best rate, by gradients and by steps: costs × 10⁶, as a table."""
    rows = []
    for size in SIZES:
        lr, cost = tuned(size, samples=SAMPLES)
        seeds = "one run" if size == 100 else f"{1e6 * cost.min():.0f}–{1e6 * cost.max():.0f}"
        by_samples = f"{lr:.3g}", f"{1e6 * cost.mean():,.0f}", seeds
        lr, cost = tuned(size, steps=STEPS)
        in_steps = 1e6 * cost.mean()
        rows.append(
            (size, *by_samples, f"{lr:.3g}", f"{in_steps:,.0f}" if in_steps > 10 else f"{in_steps:.1g}")
        )
    # A title stands once in a dict: the blank tells two of them apart and does not show.
    columns = "B", "η", f"{SAMPLES:,} gradients", "low–high", "η ", f"{STEPS} steps"
    return table(dict.fromkeys(columns, ">"), rows)


def near_the_best():
    """The batch sizes whose cost after so many gradients is within a factor of 2 of the least."""
    means = [tuned(size, samples=SAMPLES)[1].mean() for size in SIZES]
    return [size for size, mean in zip(SIZES, means, strict=True) if mean < 2 * min(means)]


def full_batch_above():
    """How many times higher than the best of them the full batch ends after so many gradients."""
    return tuned(100, samples=SAMPLES)[1].mean() / min(
        tuned(size, samples=SAMPLES)[1].mean() for size in SIZES
    )


BASE_RATE = 0.025  # of single samples, to be scaled


@functools.cache
def scaled(size, epochs):
    """The mean cost above the least after so many epochs at the base rate times the batch size."""
    return excess(toy_descent(size, [BASE_RATE * size], epochs))[-1].mean()


def scaled_table():
    """These costs after 5 and after 10 epochs, as a table."""
    rows = []
    for size in SIZES:
        five = scaled(size, 5)
        costs = (f"{five:.5f}", f"{scaled(size, 10):.5f}") if five < 1 else ("grows", "grows")
        rows.append((size, f"{BASE_RATE * size:g}", *costs))
    return table(dict.fromkeys(("B", "η", "after 5 epochs", "after 10 epochs"), ">"), rows)


def agreeing():
    """The batch sizes that by this rule end, after 10 epochs, near where single samples do."""
    return [size for size in SIZES if abs(scaled(size, 10) / scaled(1, 10) - 1) < 0.06]


def disagreement():
    """By how much these still differ from single samples, at most."""
    return max(abs(scaled(size, 10) / scaled(1, 10) - 1) for size in agreeing())


def full_batch_at(lr):
    """The full batch's cost above the least at each of ten steps."""
    return excess(toy_descent(100, [lr], 10))[:, 0, 0]


DRAWN_RATES = [0.05, 0.1, 0.2]


@functools.cache
def drawn_floor(how):
    """The mean excess cost of single samples over the last 20 of 40 epochs, for three rates, drawn so."""
    return excess(toy_descent(1, DRAWN_RATES, 40, SEEDS, how))[2000:].mean(axis=(0, 1))


def drawn_predicted():
    """What the formula says of it for independent draws."""
    return np.array([predicted_floor(lr) for lr in DRAWN_RATES])


def drawn_floors():
    """These floors × 10⁶ for four ways to draw, as a table."""
    ways = {
        "predicted for independent draws": drawn_predicted(),
        "independent draws": drawn_floor("independent"),
        "shuffled each epoch": drawn_floor("shuffled"),
        "always in the order of x": drawn_floor("in order"),
        "always from low to high error": drawn_floor("by error"),
    }
    rows = [(words, *(f"{1e6 * cost:.0f}" for cost in costs)) for words, costs in ways.items()]
    return table({"floor × 10⁶": "<"} | {f"η = {lr}": ">" for lr in DRAWN_RATES}, rows)


def formula_off():
    """By how much the formula is off for independent draws, at most."""
    return np.max(abs(drawn_floor("independent") / drawn_predicted() - 1))


def saved():
    """By how much lower the floors of shuffling are than those of independent draws."""
    return 1 - drawn_floor("shuffled") / drawn_floor("independent")


def sorted_above():
    """How many times higher than those of shuffling the floors are when samples come sorted by error."""
    return drawn_floor("by error") / drawn_floor("shuffled")


def predicted_floor(lr, size=1):
    """The excess cost at which independent batches hold descent on the toy line, by the formula.

    One direction of curvature at a time, with the noise that single gradients have at the minimum.
    """
    X, y, best, hess = toy()
    gradients = (X @ best - y)[:, None] * X
    curvatures, directions = np.linalg.eigh(hess)
    noise = np.mean((gradients @ directions) ** 2, axis=0) / size
    return sum(
        h * noise_variance(lr, 0.0, float(h), float(v)) / 2 for h, v in zip(curvatures, noise, strict=True)
    )


def noisy_runs(grad, start, lr, sigma, steps, seeds, momentum=0.0, seed=0):
    """Descent with Gaussian noise of standard deviation ``sigma`` on each gradient, many runs at once.

    ``start`` has shape ``s``, ``sigma`` any shape that broadcasts against ``(*s, seeds)``; returns shape
    ``(steps + 1, *s, seeds)``.
    """
    rng = np.random.default_rng(seed)
    w = np.repeat(np.asarray(start, dtype=float)[..., None], seeds, axis=-1)
    v: Any = 0.0
    path = [w]
    for _ in range(steps):
        w, v = heavy_ball(w, grad(w) + sigma * rng.normal(size=w.shape), v, lr=lr, momentum=momentum)
        path.append(w)
    return np.array(path)


# The measured floor: ½x² with noise of σ = 1. (μ, the rates, the colour of its line.)
FLOORS = (
    (0.0, (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5), DESCENT),
    (0.9, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2), MOMENTUM),
)
FLOOR_SEEDS = 2000


@functools.cache
def measured_variances():
    """For each μ of ``FLOORS`` rows of four: rate, formula, mean x² over the seeds, its standard error."""
    found = {}
    for beta, rates, _ in FLOORS:
        rows = []
        for i, lr in enumerate(rates):
            # From 0 the variance comes up to its floor like 1 − exp(−2ηt/(1 − μ)), or 1 − μᵗ where the
            # roots are complex: what is missing in the end is far below the standard error.
            steps = int(4 * (1 - beta) / lr) + 80
            squares = noisy_runs(lambda x: x, 0.0, lr, 1.0, steps, FLOOR_SEEDS, beta, seed=i)[-1] ** 2
            error = squares.std(ddof=1) / np.sqrt(FLOOR_SEEDS)
            rows.append((lr, noise_variance(lr, beta, 1.0, 1.0), squares.mean(), error))
        found[beta] = np.array(rows)
    return found


def errors_off():
    """How many standard errors each measured variance is off the formula."""
    return np.concatenate(
        [abs(rows[:, 2] - rows[:, 1]) / rows[:, 3] for rows in measured_variances().values()]
    )


def momentum_lifts(lr, momentum=0.9):
    """By which factor momentum lifts the noise floor, with λ = 1."""
    return noise_floor(lr, momentum, 1.0, 1.0) / noise_floor(lr, 0.0, 1.0, 1.0)


def size_for_a_hundredth():
    """How many of 100 samples, none twice, have a hundredth of the variance of one."""
    return next(size for size in range(1, 101) if batch_variance(1.0, size, 100) <= 0.01)


BELOW_EPOCHS = 40
BELOW_SEEDS = 64  # single runs scatter by more than their mean
FALL = 200  # the 1/t rate is at half after so many steps


@functools.cache
def below_the_floor():
    """Four ways to end a run of single samples on the toy line, each at the best of ``RATES``.

    ``{name: (rate, excess cost along the run, (steps, seeds))}``: a constant rate; the mean of its iterates
    from the half of the run on; a rate that falls like 1/t, to half after ``FALL`` steps; a cosine to 0. The
    samples are drawn independently.
    """
    steps = BELOW_EPOCHS * len(toy()[1])
    rates, wave = np.array(RATES), cosine(1.0, steps)

    def run(rate):
        return toy_descent(1, rate, BELOW_EPOCHS, BELOW_SEEDS, how="independent")

    def best_of(path):
        end = excess(path[-1])
        best = int(np.argmin(np.where(np.isfinite(end), end, np.inf).mean(axis=0)))
        return RATES[best], excess(path[:, :, best])

    constant = run(RATES)
    mean = constant.copy()
    half = len(constant) // 2
    count = np.arange(1, len(constant) - half + 1)
    mean[half:] = np.cumsum(constant[half:], axis=0) / count[:, None, None, None]
    return {
        "constant": best_of(constant),
        "averaged": best_of(mean),
        "1/t": best_of(run(lambda t: rates / (1 + t / FALL))),
        "cosine": best_of(run(lambda t: rates * wave(t))),
    }


def end_below(name):
    """The mean cost above the least at the end of one of these ways."""
    return below_the_floor()[name][1][-1].mean()


def end_error(name):
    """Its standard error."""
    ends = below_the_floor()[name][1][-1]
    return ends.std(ddof=1) / np.sqrt(len(ends))


def ends_below():
    """Rate and end of each way, × 10⁶, as a table."""
    rows = [
        (name, f"{rate:.3g}", f"{1e6 * end_below(name):.1f} ± {1e6 * end_error(name):.1f}")
        for name, (rate, _) in below_the_floor().items()
    ]
    return table({"way": "<", "best η": ">", "cost above the least × 10⁶, mean ± standard error": ">"}, rows)


ESCAPE_LR = 0.1
ESCAPE_SEEDS = 200
ESCAPE_STEPS = 1000
SIGMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)


def top_of_the_wave(x=1.1):
    """The maximum of the wavy function beside its global minimum: Newton's method on the slope."""
    for _ in range(8):
        x -= wavy.grad(x) / wavy.hess(x)
    return float(x)


MIDDLE = top_of_the_wave()  # the middle basin ends there


@functools.cache
def in_the_middle(fading=False):
    """Share of noisy runs on the wavy function that end in the middle basin, for each of ``SIGMAS``.

    Two rows: from the outermost minimum, and from the global one. ``fading``: the noise of each step
    falls in a straight line to 0.
    """
    starts, sigma = np.array([wavy.minima[4], wavy.minima[0]]), np.array(SIGMAS)
    x = np.broadcast_to(starts[:, None, None], (2, len(SIGMAS), ESCAPE_SEEDS))
    rng = np.random.default_rng(0)
    for t in range(ESCAPE_STEPS):
        left = 1 - t / ESCAPE_STEPS if fading else 1.0
        noise = left * sigma[:, None] * rng.normal(size=x.shape)
        x, _ = sgd(x, wavy.grad(x) + noise, lr=ESCAPE_LR)
    return np.mean(np.abs(x) < MIDDLE, axis=2)


def best_noise():
    """Which of ``SIGMAS`` brings most runs from outside to the middle."""
    return int(np.argmax(in_the_middle()[0]))


@in_house_style
def by_batch_size():
    """Excess cost against samples read for batches of 1, 10 and 100, each at its best rate of the grid."""
    fig, ax = figure(height=4.0)
    for size, colour in zip((1, 10, 100), ramp(3), strict=True):
        lr, _ = tuned(size, samples=SAMPLES)
        cost = excess(toy_descent(size, [lr], EPOCHS))[:, :, 0]
        shown = np.unique(np.linspace(0, len(cost) - 1, 81).astype(int))
        read, cost = shown * size, cost[shown]
        ax.fill_between(read, cost.min(axis=1), cost.max(axis=1), color=colour, alpha=0.2, linewidth=0)
        ax.plot(read, cost.mean(axis=1), color=colour, label=f"B = {size}, η = {lr:.3g}")
    ax.set_ylabel("cost above the least")
    ax.set(xlabel="samples read", yscale="log", xlim=(0, SAMPLES), ylim=(5e-6, 200))
    ax.set_xticks((0, 500, 1000, 1500, 2000), ("0", "500", "1,000", "1,500", "2,000"))
    decades(ax.yaxis, (-5, -4, -3, -2, -1, 0))
    ax.legend(loc="upper right", bbox_to_anchor=(0.9, 1.04))
    return fig


@in_house_style
def floors():
    """Variance of x in the long run against η: the formula as lines, measured values as dots with bars."""
    fig, ax = figure(height=3.9)
    for beta, rates, colour in FLOORS:
        lrs = np.geomspace(rates[0] / 1.3, min(rates[-1] * 1.3, 1.9), 60)
        ax.plot(lrs, [noise_variance(float(lr), beta, 1.0, 1.0) for lr in lrs], color=colour, linewidth=1.4)
        lr, _, measured, error = measured_variances()[beta].T
        ax.plot(lr, measured, "o", color=colour, markersize=6)
        ax.vlines(lr, measured - 2 * error, measured + 2 * error, color=colour, linewidth=1.4)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("μ = 0.9", (0.01, 0.05), xytext=(-12, 12), ha="right", color=MOMENTUM, **beside)
    ax.annotate("μ = 0", (0.3, 0.18), xytext=(12, -12), color=DESCENT, **beside)
    ax.set_ylabel("variance of x")
    ax.set(xlabel="learning rate η", xscale="log", yscale="log", xlim=(1e-3, 3), ylim=(5e-3, 20))
    decades(ax.xaxis, (-3, -2, -1, 0))
    decades(ax.yaxis, (-2, -1, 0, 1))
    return fig


@in_house_style
def ways_below():
    """Excess cost against steps of single samples: constant rate, averaged iterates, two falling rates."""
    fig, ax = figure(height=4.0)
    colours = {**OF_SCHEDULE, "averaged": OF_SCHEDULE["another"]}
    for name, (lr, cost) in below_the_floor().items():
        first = len(cost) // 2 if name == "averaged" else 1  # before that it is the constant rate's
        shown = np.unique(np.linspace(first, len(cost) - 1, 90).astype(int))
        ax.plot(
            shown, cost[shown].mean(axis=1), color=colours[name], linewidth=1.6, label=f"{name}, η = {lr:.3g}"
        )
    ax.set_ylabel("cost above the least")
    ax.set(xlabel="step", yscale="log", xlim=(0, len(cost) - 1), ylim=(1e-6, 100))
    ax.set_xticks((0, 1000, 2000, 3000, 4000), ("0", "1,000", "2,000", "3,000", "4,000"))
    decades(ax.yaxis, (-6, -4, -2, 0))
    ax.legend(loc="upper right", bbox_to_anchor=(0.9, 1.04))
    return fig


@in_house_style
def escape_shares():
    """Share of runs on the wavy function that end in the middle basin against the size of the noise."""
    fig, ax = figure(height=3.6)
    stuck, there = in_the_middle()
    for share, colour, words in (
        (there, ramp(2)[0], "start in the middle"),
        (stuck, ramp(2)[1], "start outside"),
    ):
        error = np.sqrt(share * (1 - share) / ESCAPE_SEEDS)
        ax.plot(SIGMAS, share, "o-", color=colour, markersize=5, label=words)
        ax.vlines(SIGMAS, share - 2 * error, share + 2 * error, color=colour, linewidth=3, alpha=0.5)
    ax.legend(loc="upper right", bbox_to_anchor=(0.95, 1.04))
    ax.set_ylabel("share that ends\nin the middle")
    ax.set(xlabel="noise σ of the gradient", xlim=(0, 8.2), ylim=(0, 1.05), yticks=(0, 0.5, 1))
    return fig
