"""Figures and measurements of the chapter *Beyond Adam*: matrices, averages, signs, sharp minima."""

import functools
from typing import Any

import numpy as np

from gdbook.browser.measure import numbers_kept
from gdbook.descent import descend
from gdbook.figures.colours import CURVE, DESCENT, INK, MUTED, OF_RULE, OF_SCHEDULE, ramp
from gdbook.figures.house import figure, in_house_style, is_narrow
from gdbook.figures.learning_rate import decades
from gdbook.figures.powers import power
from gdbook.figures.table import table
from gdbook.rules import RULES, muon, newton_schulz, sam, schedule_free_sgd, sgd
from gdbook.rules.matrix import quintic

# What every rule of a race gets: the same number of tried rates, and the same falling schedule.
RATES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
SEEDS = 5
STEPS = 100
SIZE = 6
KAPPA = 1000
RACERS = {name: OF_RULE[name] for name in ("sgd", "momentum", "adam", "shampoo", "muon")}
DASHES = (":", "-", "--", "-.", "-")
NOISE_RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
END = 400  # the last step of the noisy runs
HORIZONS = (50, 100, 200, 400)


def regressions(turned):
    r"""Matrix regressions, a stack of ``SEEDS``: the goals and the second moments of the inputs.

    The loss of W is $\tfrac12 \operatorname{tr}\,(W - W^*) H (W - W^*)^\top / n$, H of condition number
    ``KAPPA``; its eigenvectors are the coordinate axes, or ``turned`` in directions of chance.
    """
    rng = np.random.default_rng(0)
    goals = rng.normal(size=(SEEDS, SIZE, SIZE))
    axes = np.linalg.qr(rng.normal(size=(SEEDS, SIZE, SIZE)))[0]
    if not turned:
        axes = np.tile(np.eye(SIZE), (SEEDS, 1, 1))
    return goals, axes * np.geomspace(1 / KAPPA, 1, SIZE) @ np.swapaxes(axes, -1, -2)


@functools.cache
def race(name, turned):
    """Losses of a rule on the matrix regressions, shape (STEPS + 1, rates, seeds).

    η falls in a straight line from each of ``RATES`` to 0; no weight decay; else the rule's defaults.
    """
    goals, hessians = regressions(turned)
    hyper = {"weight_decay": 0.0} if name == "muon" else {}
    state: Any = ()
    w, losses = np.zeros((len(RATES), *goals.shape)), []
    for t in range(STEPS + 1):
        g = (w - goals) @ hessians
        losses.append(((w - goals) * g).sum((-2, -1)) / (2 * SIZE))
        lr = np.array(RATES)[:, None, None, None] * (1 - t / STEPS)
        w, *state = RULES[name](w, g, *state, lr=lr, **hyper)
    return np.array(losses)


NETWORK_RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
NETWORK_STEPS = 200
NETWORK_SEEDS = 20  # of 5 problems the order of Adam and Muon is an accident


def _turn(x):
    return np.swapaxes(x, -1, -2)


@functools.cache
def network_race(name, smallest, size=12):
    r"""Final losses of a rule on two linear layers, $\tfrac12 \|BA - Y\|^2$, shape (rates, seeds).

    The singular values of Y go from ``smallest`` to 1; A and B start small, at random. η falls in a
    straight line to 0 from each of ``NETWORK_RATES``; no weight decay; else the rule's
    defaults. The layers are one stack.
    """
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(2, NETWORK_SEEDS, size, size)))[0]
    target = q[0] * np.geomspace(smallest, 1, size) @ q[1]
    first = 0.1 * rng.normal(size=(NETWORK_SEEDS, 2, size, size)) / size**0.5
    hyper = {"weight_decay": 0.0} if name == "muon" else {}
    rates = np.array(NETWORK_RATES)[:, None, None, None, None]
    state: Any = ()
    w = np.broadcast_to(first, (len(NETWORK_RATES), *first.shape))
    with np.errstate(over="ignore", invalid="ignore"):  # of rates that are too high
        for t in range(NETWORK_STEPS):
            a, b = w[..., 0, :, :], w[..., 1, :, :]
            error = b @ a - target
            g = np.stack([_turn(b) @ error, error @ _turn(a)], -3)
            w, *state = RULES[name](w, g, *state, lr=rates * (1 - t / NETWORK_STEPS), **hyper)
        error = w[..., 1, :, :] @ w[..., 0, :, :] - target
        return (error * error).sum((-2, -1)) / 2


def network_wins(name, *others, smallest, size=12):
    """In how many of the problems a rule ends below all the others."""
    least = np.min([network_final(other, smallest, size)[0] for other in others], axis=0)
    return int(np.sum(network_final(name, smallest, size)[0] < least))


def network_loss(name, smallest, size=12):
    """The median of a rule's losses, in words."""
    return written(np.median(network_final(name, smallest, size)[0]))


def network_finals():
    """The median loss and the best rate of five rules on two kinds of problems, as a table."""
    rows = []
    for name in RACERS:
        cells = [(network_loss(name, low), f"{network_final(name, low)[1]:g}") for low in (0.1, 0.003)]
        rows.append((name, *cells[0], *cells[1]))
    # The space tells the second η from the first.
    head = {"rule": "<", "singular values 0.1 to 1": ">", "η": ">", "0.003 to 1": ">", "η ": ">"}
    return table(head, rows)


def network_final(name, smallest, size=12):
    """The losses of the seeds at the rate with the lowest median, and that rate."""
    losses = network_race(name, smallest, size)
    index = int(np.nanargmin(np.median(losses, axis=-1)))
    return losses[index], NETWORK_RATES[index]


def best_of(losses):
    """The losses (…, seeds) at the rate whose median over the seeds ends lowest, and the rate's index."""
    index = int(np.nanargmin(np.median(losses[-1], axis=-1)))
    return losses[:, index], index


def final(name, turned):
    """The median loss over the seeds after the last step, at the best rate, and that rate."""
    losses, index = best_of(race(name, turned))
    return float(np.median(losses[-1])), RATES[index]


def turning(name):
    """How many times as large the final loss of a rule is where the curvatures are turned."""
    return final(name, True)[0] / final(name, False)[0]


def askew(name):
    """How far the second step of a rule is from turning with the gradients, where the rows are turned."""
    rng, rule = np.random.default_rng(0), RULES[name]
    gradients, turn = rng.normal(size=(2, 4, 4)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    ends = []
    for seen in gradients, turn @ gradients:
        w = np.zeros((4, 4))
        state: Any = ()
        for g in seen:
            w, *state = rule(w, g, *state, lr=1.0)
        ends.append(w)
    return np.abs(turn @ ends[0] - ends[1]).max()


def wins(name, other, turned):
    """In how many of the problems a rule ends below another, each at its best rate."""
    ends = [best_of(race(each, turned))[0][-1] for each in (name, other)]
    return int(np.sum(ends[0] < ends[1]))


def finals():
    """The final losses of the races and the best rates, as a table."""
    rows = []
    for name in RACERS:
        cells = [(written(loss), f"{lr:g}") for loss, lr in (final(name, True), final(name, False))]
        rows.append((name, *cells[0], *cells[1]))
    # The space tells the second η from the first.
    head = {"rule": "<", "turned: loss": ">", "η": ">", "along the axes: loss": ">", "η ": ">"}
    return table(head, rows)


def written(loss):
    """A loss as it stands in a table; what is left of one that is all rounding is not told."""
    return "$< 10^{-30}$" if loss < 1e-30 else power(loss, 1)


def kept(name):
    """How many numbers a rule keeps for each parameter of a matrix of 64 by 32."""
    return numbers_kept(RULES[name], 64, 32)


def changes():
    """What each rule of the chapter changes, and what it keeps, as a table."""
    rows = (
        ("adam", "divides each entry by its usual size", r"$\hat M / \sqrt{\hat v}$", "Kingma, Ba 2015"),
        (
            "lion",
            "keeps only the sign of a momentum",
            r"$\operatorname{sign}(\beta_1 M + (1 - \beta_1) G)$",
            "Chen et al. 2023",
        ),
        (
            "muon",
            "sets all singular values of the momentum to about 1",
            r"$U V^\top$ of $M_t = U \Sigma V^\top$",
            "Jordan et al. 2024",
        ),
        (
            "shampoo",
            "a preconditioner for the rows, one for the columns",
            r"$L^{-1/4} G R^{-1/4}$",
            "Gupta et al. 2018",
        ),
        (
            "soap",
            "Adam in the coordinates of Shampoo",
            r"$P\, \mathrm{Adam}(P^\top G Q)\, Q^\top$",
            "Vyas et al. 2024",
        ),
        (
            "adafactor",
            "keeps of $v$ the means of rows and columns",
            r"$v_{ij} \approx r_i c_j / \bar r$",
            "Shazeer, Stern 2018",
        ),
        (
            "lamb",
            "Adam's direction, as long as a share of the layer",
            "Adam's step, scaled to the length of $w$",
            "You et al. 2020",
        ),
        (
            "schedule_free_sgd",
            "an average of the path instead of a falling rate",
            "$x$, the mean of the $z$",
            "Defazio et al. 2024",
        ),
        (
            "prodigy",
            "finds the size of the steps itself",
            r"$d \approx$ distance to the minimum",
            "Mishchenko, Defazio 2024",
        ),
        (
            "sophia",
            "divides by the curvature, and cuts off at 1",
            r"$\mathrm{clip}(\hat M / \gamma H, 1)$",
            "Liu et al. 2024",
        ),
    )
    head = {
        "rule": "<",
        "what it changes": "<",
        "its step, or idea": "<",
        "numbers kept per parameter": ">",
        "source": "<",
    }
    return table(
        head,
        [(f"`{name}`", change, idea, f"{kept(name):.2g}", source) for name, change, idea, source in rows],
    )


@in_house_style
def turned_and_aligned():
    """Loss against step of five rules on matrix regressions: curvatures turned, and along the axes."""
    fig, axes = figure(height=4.6, panels=2, sharey=True)
    for ax, turned, title in zip(axes, (True, False), ("turned", "along the axes"), strict=True):
        for (name, colour), dashes in zip(RACERS.items(), DASHES, strict=True):
            losses = np.median(best_of(race(name, turned))[0], axis=-1)[:-1]
            ax.plot(losses, color=colour, linestyle=dashes, linewidth=1.3, label=name)
        ax.set(title=title, xlabel="step", yscale="log", xlim=(0, STEPS), ylim=(1e-7, 3))
        ax.set_xticks((0, 50, 100) if ax is axes[1] else (0, 50))  # a 100 would touch the next panel's 0
        decades(ax.yaxis, (-6, -4, -2, 0))
    axes[0].set_ylabel("loss")
    columns = {"ncols": 2 if is_narrow() else 5, "columnspacing": 1.5, "handlelength": 2.4}
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", borderpad=0, **columns)
    return fig


def example_gradient():
    """A gradient as networks have them: a matrix whose singular values span three decades."""
    rng = np.random.default_rng(1)
    u, v = (np.linalg.qr(rng.normal(size=(8, 8)))[0] for _ in range(2))
    return u * np.geomspace(1, 0.003, 8) @ v


def singular_values():
    """The singular values of the example, scaled to length 1, and of what Muon's iteration makes of it."""
    g = example_gradient()
    return [np.linalg.svd(x, compute_uv=False) for x in (g / np.linalg.norm(g), newton_schulz(g))]


def climb(sigma, times):
    """A singular value, and what the quintic makes of it once, twice, … ``times`` times."""
    values = [sigma]
    for _ in range(times):
        values.append(quintic(values[-1]))
    return values


def five_quintics():
    """What five times the quintic makes of the numbers from 0.002 to 1."""
    s = np.linspace(0.002, 1, 20_001)
    for _ in range(5):
        s = quintic(s)
    return s


@in_house_style
def quintics():
    """Muon's quintic, iterated five times, against the singular value; and a gradient's, before and after."""
    fig, (left, right) = figure(height=3.9, panels=2)
    s = np.geomspace(1e-4, 1, 161)
    once, after = quintic(s), s
    few, many = ramp(2)
    for _ in range(5):
        after = quintic(after)
    left.axhline(1, color=MUTED, linewidth=1)
    left.plot(s, s, color=CURVE, linewidth=1.2, linestyle=":")
    left.plot(s, once, color=few, linestyle="--")
    left.plot(s, after, color=many)
    left.set(title="the quintic", xlabel="before", xscale="log", xlim=(1e-4, 1), ylim=(0, 1.4))
    decades(left.xaxis, (-4, -2, 0))
    left.set_yticks((0, 0.5, 1), ("0", "0.5", "1"))
    beside = {"textcoords": "offset points"}
    left.annotate("5 times", (1.4e-4, 1.3), xytext=(0, -4), color=many, ha="left", **beside)
    left.annotate("once", (0.1, quintic(0.1)), xytext=(-8, 4), color=few, ha="right", **beside)
    before, found = singular_values()
    rank = np.arange(1, len(before) + 1)
    right.plot(rank, before, "o:", color=CURVE, markersize=6)
    right.plot(rank, found, "o-", color=many, markersize=6)
    right.set(title="one gradient", xlabel="singular value no.", yscale="log", ylim=(1e-3, 4))
    right.set_xticks((1, 4, 8))
    decades(right.yaxis, (-3, -2, -1, 0))
    right.annotate("after", (6, found[5]), xytext=(0, 10), color=many, ha="center", **beside)
    right.annotate("before", (4, before[3]), xytext=(-8, -14), color=CURVE, ha="right", **beside)
    return fig


@functools.cache
def noisy_runs(kind, steps):
    """Mean loss over 60 seeds of a noisy quadratic, shape (steps, rates): six curvatures, unit noise.

    ``kind``: "constant" and "linear" are gradient descent with that schedule, which falls to 0 at ``steps``;
    "schedule-free" is measured at its average x.
    """
    rng = np.random.default_rng(0)
    curvatures, lrs = np.geomspace(0.02, 1, 6), np.array(NOISE_RATES)[:, None, None]
    noise = rng.normal(size=(END, 60, 6))  # the same for all
    w, state, losses = np.full((len(NOISE_RATES), 60, 6), 3.0), None, []
    for t in range(steps):
        g = curvatures * w + noise[t]
        if kind == "schedule-free":
            w, state = schedule_free_sgd(w, g, state, lr=lrs)
        else:
            w, _ = sgd(w, g, lr=lrs * (1 - t / steps if kind == "linear" else 1))
        answer = w if state is None else state[1]
        losses.append((curvatures * answer * answer).sum(-1).mean(-1) / 2)
    return np.array(losses)


def tuned(kind, steps=END):
    """The losses of ``noisy_runs`` at the rate that ends lowest, and that rate."""
    losses = noisy_runs(kind, steps)
    index = int(np.argmin(losses[-1]))
    return losses[:, index], NOISE_RATES[index]


def free_at(step):
    """The loss of the schedule-free run, at the rate that is best for ``END``, at this step."""
    return tuned("schedule-free")[0][step - 1]


def falling_end(step):
    """The last loss of the run whose rate falls to 0 at this step."""
    return tuned("linear", step)[0][-1]


@in_house_style
def without_a_schedule():
    """Loss against step under noise: a constant rate, rates that fall for four horizons, schedule-free."""
    fig, ax = figure(height=4.2)

    def line(losses, **style):
        shown = np.append(np.arange(0, len(losses) - 1, 4), len(losses) - 1)  # enough for the eye
        ax.plot(shown + 1, losses[shown], **style)

    for horizon in HORIZONS:
        losses = tuned("linear", horizon)[0]
        line(losses, color=OF_SCHEDULE["1/t"], linewidth=1.2, linestyle="--")
        ax.plot(horizon, losses[-1], "o", color=OF_SCHEDULE["1/t"], markersize=8)
    line(tuned("constant")[0], color=OF_SCHEDULE["constant"], linestyle=":")
    line(tuned("schedule-free")[0], color=INK)
    beside = {"textcoords": "offset points", "va": "center"}
    ax.annotate("schedule-free", (30, tuned("schedule-free")[0][30]), xytext=(8, 8), color=INK, **beside)
    ax.annotate(
        "constant", (330, tuned("constant")[0][330]), xytext=(0, 14), color=OF_SCHEDULE["constant"], **beside
    )
    ax.annotate(
        "falling, for 50, 100,\n200 and 400 steps",
        (150, 3),
        xytext=(0, 0),
        color=OF_SCHEDULE["1/t"],
        **beside,
    )
    ax.set(xlabel="step", yscale="log", xlim=(0, END + 8), ylim=(0.08, 10))
    ax.set_ylabel("loss")
    decades(ax.yaxis, (-1, 0, 1))
    return fig


TAIL_RATES = tuple(np.geomspace(0.01, 1, 9))
TAIL_REPETITIONS = 10
# The name of a rule and what it has beside the rate.
UNDER_NOISE = {
    "sgd": ("sgd", {}),
    "adam": ("adam", {}),
    "lion": ("lion", {}),
    "lion, β₂ = 0.9": ("lion", {"beta2": 0.9}),
}


def noise_race(name, heavy, repetition=0, **hyper):
    """Final losses of a rule on a quadratic of eight curvatures under noise, shape (rates, seeds).

    200 steps, η falling to 0 from each of ``TAIL_RATES``. The noise is normal, or with ``heavy`` Student's t
    with 1.5 degrees of freedom, whose variance is infinite; each ``repetition`` has its own.
    """
    rng = np.random.default_rng(repetition)
    curvatures, seeds, steps = np.geomspace(0.05, 1, 8), 40, 200
    draws = (steps, seeds, 8)
    noise = rng.standard_t(1.5, size=draws) if heavy else rng.normal(size=draws)
    hyper = hyper | ({"weight_decay": 0.0} if name == "lion" else {})
    lrs = np.array(TAIL_RATES)[:, None, None]
    state: Any = ()
    w = np.full((len(TAIL_RATES), seeds, 8), 3.0)
    for t in range(steps):
        w, *state = RULES[name](w, curvatures * w + noise[t], *state, lr=lrs * (1 - t / steps), **hyper)
    return (curvatures * w * w).sum(-1) / 2


def noise_ends(name, heavy, **hyper):
    """The median loss over the seeds at the best rate, for each of ``TAIL_REPETITIONS`` races."""
    races = [noise_race(name, heavy, i, **hyper) for i in range(TAIL_REPETITIONS)]
    return np.median(races, axis=-1).min(axis=-1)


@functools.cache
def _ends(row, heavy):
    name, hyper = UNDER_NOISE[row]
    return noise_ends(name, heavy, **hyper)


def under_noise():
    """The medians of ``noise_ends`` under normal noise and under heavy tails, as a table."""
    rows = []
    for row in UNDER_NOISE:
        normal, heavy = (np.median(_ends(row, heavy)) for heavy in (False, True))
        rows.append((row, f"{normal:.3f}", f"{heavy:.2f}"))
    return table({"rule": "<", "normal noise": ">", "heavy tails": ">"}, rows)


def heavy_wins(row, other):
    """In how many repetitions one row of the table ends below another under heavy tails."""
    return int(np.sum(_ends(row, True) < _ends(other, True)))


def lion_is_last():
    """In how many repetitions Lion ends above plain descent and Adam under normal noise."""
    return int(np.sum(_ends("lion", False) > np.maximum(_ends("sgd", False), _ends("adam", False))))


def product_loss(w):
    """Half of (ab − 1)²: two layers of one weight each. Every point with ab = 1 is a minimum."""
    return (w[0] * w[1] - 1) ** 2 / 2


def product_grad(w):
    """The gradient of ``product_loss``."""
    return (w[0] * w[1] - 1) * np.array([w[1], w[0]])


def sharpness(w):
    """The largest curvature of ``product_loss`` at a minimum, of a point or a path: a² + b², at least 2."""
    return (w * w).sum(-1)


SAM_REST = 50  # SAM hops about: what its last steps have in common, not where the last one fell


@functools.cache
def product_run(rho):
    """500 steps from (3, 0.05) with η = 0.1 and SAM's gradient at ``rho`` (0: the plain one)."""
    grad = sam(product_grad, rho)
    return descend(grad, np.array([3.0, 0.05]), lr=0.1, steps=500, loss=product_loss)


def sam_hops():
    """a² + b² over the last steps of SAM."""
    return sharpness(product_run(0.2).w[-SAM_REST:])


@in_house_style
def sharp_or_flat():
    """The valley ab = 1, and where plain descent and SAM end in it."""
    fig, ax = figure(height=3.9)
    a = np.linspace(0.45, 3.6, 60)
    ax.plot(a, 1 / a, color=CURVE, linewidth=1.4)
    for rho, colour, label, offset in (
        (0.0, DESCENT, "plain descent", (0, 12)),
        (0.2, OF_RULE["sam"], "SAM, ρ = 0.2", (14, 6)),
    ):
        path = product_run(rho).w
        shown = np.append(np.arange(0, 400, 8), 500)
        ax.plot(*path[shown].T, "o-", color=colour, markersize=3.5, linewidth=1)
        ax.plot(*path[-1], "o", color=colour, markersize=10)
        ax.annotate(
            label,
            path[-1],
            xytext=offset,
            textcoords="offset points",
            color=colour,
            ha="left" if rho else "center",
        )
    ax.annotate("ab = 1: loss 0", (0.62, 1.7), color=CURVE)
    ax.set(xlabel="a", ylabel="b", xlim=(0.4, 3.7), ylim=(0, 2.1))
    ax.set_xticks((1, 2, 3))
    ax.set_yticks((0, 1, 2))
    return fig


@functools.cache
def without_tuning(distance):
    """How far from a minimum at this distance a run of 400 steps ends, as a share of it.

    A quadratic with κ = 10 in two dimensions: Prodigy at η = 1; Adam at its default rate; and Adam at
    the best of five, from 0.001 to 10.
    """
    goal, curvatures = np.full(2, distance), np.array([0.1, 1.0])

    def end(name, lr):
        last = descend(lambda w: curvatures * (w - goal), np.zeros(2), RULES[name], steps=400, lr=lr).w[-1]
        return float(np.linalg.norm(last - goal) / np.linalg.norm(goal))

    adams = [end("adam", lr) for lr in (0.001, 0.01, 0.1, 1.0, 10.0)]
    return end("prodigy", 1.0), adams[0], min(adams)


def shares_left():
    """The same for three distances, as a table."""
    rows = []
    for distance in (0.1, 10.0, 1000.0):
        rows.append((f"{distance:g}", *(f"{end:.1e}" for end in without_tuning(distance))))
    head = ("distance at the start", "Prodigy", "Adam, default η", "Adam, best of five")
    return table(dict.fromkeys(head, ">"), rows)


def muon_step():
    """The two entries of Muon's first step, η = 1, for a diagonal gradient of 100 and 1."""
    return -np.diag(muon(np.zeros((2, 2)), np.diag([100.0, 1.0]), lr=1.0, weight_decay=0.0)[0])
