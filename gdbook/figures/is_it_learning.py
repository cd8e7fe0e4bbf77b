"""Figures and numbers of *Is it learning?*: six trainings on real digits, steps, gradients by depth."""

import functools
from typing import NamedTuple

import numpy as np

from gdbook import mlp
from gdbook.data import digits
from gdbook.figures.colours import BEST, CURVE, DESCENT, DIVERGES, MUTED, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.mlps import rms
from gdbook.figures.powers import raised
from gdbook.figures.table import table
from gdbook.rules import adam, sgd

CHANCE = float(np.log(10))
EPOCHS = 4
ONE_BATCH = 32
ONE_BATCH_STEPS = 400
DEPTH, WIDTH = 20, 50
SEEDS = 3
FLAT = 0.1  # a tanh with a slope below this passes little back
TOO_SMALL, TOO_LARGE = 0.07, 0.35  # standard deviations
# The size of the weights, and its colour.
WEIGHTS = (
    ("too small", TOO_SMALL, ramp(2)[0]),
    ("Glorot", "glorot", ramp(2)[1]),
    ("He", "he", BEST),
    ("too large", TOO_LARGE, DIVERGES),
)
RATES = {
    sgd: (0.03, 0.1, 0.3, 1.0),
    adam: (1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
}


class Case(NamedTuple):
    """A training on the digits: healthy, or with one thing wrong."""

    name: str
    sizes: tuple = (64, 32, 10)
    scheme: str | float = "he"
    lr: float = 0.3
    shuffled: bool = False
    slipped: bool = False


MIXED = Case("labels mixed", shuffled=True)
SLIPPED = Case("labels slipped", slipped=True)
CASES = (
    Case("healthy"),
    Case("rate low", lr=0.001),
    Case("rate high", lr=3.0),
    Case("all zeros", scheme=0.0),
    Case("deep, small", sizes=(64, 32, 32, 32, 32, 10), scheme=0.05),
    MIXED,
)


class Findings(NamedTuple):
    """What the checks of the chapter say of a case."""

    run: mlp.Training
    start: float  # loss of all the training images before the first step
    one_batch: float  # loss of one batch after it alone was trained on
    ratio: float  # middle of the first epoch's step over weight, first layer
    slope: float  # root mean square of the first layer's gradient before the first step
    dead: float  # share of the first layer's units that give 0 for every image, at the end


@functools.cache
def findings(case):
    """The ``Findings`` of a ``Case``."""
    (X, y), valid, _ = digits()
    if case.shuffled:  # all labels, then parted: a validation label has nothing to do with its image either
        mixed = np.random.default_rng(1).permutation(np.concatenate([y, valid[1]]))
        y, valid = mixed[: len(y)], (valid[0], mixed[len(y) :])
    if case.slipped:
        slipped = np.roll(np.concatenate([y, valid[1]]), 1)
        y, valid = slipped[: len(y)], (valid[0], slipped[len(y) :])
    params = mlp.init(case.sizes, np.random.default_rng(0), case.scheme)
    run = mlp.train(params, (X, y), rule=sgd, lr=case.lr, epochs=EPOCHS, valid=valid)
    few = X[:ONE_BATCH], y[:ONE_BATCH]
    alone = mlp.train(params, few, rule=sgd, lr=case.lr, epochs=ONE_BATCH_STEPS)
    an_epoch = len(run.loss) // EPOCHS
    return Findings(
        run=run,
        start=mlp.loss(params, X, y),
        one_batch=mlp.loss(alone.params, *few),
        ratio=float(np.median(run.ratio[:an_epoch, 0])),
        slope=rms(mlp.grad(params, *few)[0][0]),
        dead=dead_share(run.params, X),
    )


@functools.cache
def last_epoch(name):
    """The mean loss of the steps of the last epoch of a case."""
    (case,) = [case for case in CASES if case.name == name]
    loss = findings(case).run.loss
    return loss[-(len(loss) // EPOCHS) :].mean()


def farthest_from_chance():
    """How far from chance the last epoch of the five that are not healthy is, at most."""
    return max(abs(last_epoch(case.name) - CHANCE) for case in CASES if case.name != "healthy")


def first_losses():
    """The loss of each case before the first step."""
    return [findings(case).start for case in CASES]


def checks():
    """What the checks say of the six cases, as a table; bold is what they complain of."""
    rows = []
    for case in CASES:
        f = findings(case)
        right = f.run.valid_accuracy[-1]
        cells = (
            (f"{f.one_batch:.2f}", f.one_batch > 1),
            ("none" if np.isnan(f.ratio) else raised(f.ratio), not 3e-4 < f.ratio < 0.1),  # NaN is bad too
            (raised(f.slope) if f.slope else "0", f.slope < 1e-3),
            (f"{f.dead:.0%}", f.dead > 0.5),
            (f"{right:.0%}", right < 0.5),
        )
        rows.append((case.name, *(f"**{text}**" if bad else text for text, bad in cells)))
    head = {"case": "<", "one batch": ">", "step": ">", "slope": ">", "dead": ">", "valid": ">"}
    return table(head, rows)


def thousand_classes():
    """What a first loss of 6.9 is with 1,000 classes: ``"chance"``, if all logits 0 have that loss."""
    params = mlp.init([20, 1000], np.random.default_rng(0), 0.0)
    X, y = np.zeros((5, 20)), np.array([3, 141, 592, 653, 589])
    return "chance" if abs(mlp.loss(params, X, y) - 6.9) < 0.01 else "other"


@functools.cache
def last_layer_at_zero():
    """What becomes of a network whose last layer alone begins at 0: ``(outcome, validation accuracy)``.

    It ``"learns"`` when the hidden layer's first gradient is 0 and most images are right after three epochs.
    """
    (X, y), valid, _ = digits()
    params = mlp.init([64, 32, 10], np.random.default_rng(0))
    params[1] = (0 * params[1][0], params[1][1])
    first, _ = mlp.grad(params, X, y)[0]
    right = mlp.accuracy(mlp.train(params, (X, y), rule=sgd, lr=0.3, epochs=3).params, *valid)
    return "learns" if right > 0.8 and not first.any() else "stuck", right


def dead_at_the_start():
    """The share of dead units of the healthy network before the first step."""
    (X, _), _, _ = digits()
    case = CASES[0]
    return dead_share(mlp.init(case.sizes, np.random.default_rng(0), case.scheme), X)


def changed_by_a_slip():
    """The share of labels that change if the column slips by one row in a file sorted by class."""
    y = np.sort(np.concatenate([labels for _, labels in digits()]))
    return float(np.mean(np.roll(y, 1) != y))


@functools.cache
def check_errors(h=5e-6):
    """How far a central difference is from the slope of the way back, relative, where that is not 0."""
    (X, y), _, _ = digits()
    few = X[:ONE_BATCH], y[:ONE_BATCH]
    params = mlp.init(CASES[0].sizes, np.random.default_rng(0))
    errors = []
    for layer, slopes in zip(params, mlp.grad(params, *few), strict=True):
        for numbers, derived in zip(layer, slopes, strict=True):
            for place in zip(*np.nonzero(derived), strict=True):
                losses, kept = [], numbers[place]
                for nudge in h, -h:
                    numbers[place] = kept + nudge
                    losses.append(mlp.loss(params, *few))
                numbers[place] = kept
                measured = (losses[0] - losses[1]) / (2 * h)
                errors.append(abs(measured / derived[place] - 1))
    return np.array(errors)


def agreeing_digits():
    """To how many digits the two slopes agree in more than half of the weights."""
    return int(-np.log10(np.median(check_errors())))


def dead_share(params, X):
    """The share of the units of the first hidden layer that give 0 for every row of ``X``."""
    return float((mlp.forward(params, X)[1] == 0).all(axis=0).mean())


@functools.cache
def sweep(rule):
    """``(ratios, losses)`` of a rule at its ``RATES``: each of shape ``(rates, seeds)``.

    Two epochs. The ratio is the middle of all steps, first layer; the loss that of the validation images.
    """
    train, valid, _ = digits()
    found = []
    for lr in RATES[rule]:
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            params = mlp.init((64, 32, 10), rng)
            run = mlp.train(params, train, rule=rule, lr=lr, epochs=2, rng=rng)
            found.append((np.median(run.ratio[:, 0]), mlp.loss(run.params, *valid)))
    return np.array(found).reshape(len(RATES[rule]), SEEDS, 2).transpose(2, 0, 1)


def mean_sweep(rule):
    """The rates of a rule, and the means of ratio and loss at each."""
    ratios, losses = sweep(rule)
    return list(zip(RATES[rule], ratios.mean(axis=1), losses.mean(axis=1), strict=True))


def best_rate(rule):
    """``(rate, ratio)`` where the loss is lowest."""
    return min(mean_sweep(rule), key=lambda found: found[2])[:2]


def networks(scheme):
    """Three deep networks before the first step, each with random inputs and labels: ``(params, X, y)``."""
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        params = mlp.init([WIDTH] * (DEPTH + 1) + [10], rng, scheme)
        yield params, rng.standard_normal((64, WIDTH)), rng.integers(0, 10, 64)


@functools.cache
def slopes(activation, scheme):
    """Root mean square of the gradient of each of 21 weight matrices: geometric mean of three networks."""
    sizes = [[rms(dW) for dW, _ in mlp.grad(params, X, y, activation)] for params, X, y in networks(scheme)]
    return np.exp(np.mean(np.log(sizes), axis=0))


def flat_share(scheme):
    """The share of what the tanh units give that lies where their slope is below ``FLAT``."""
    given = [mlp.forward(params, X, "tanh")[1:-1] for params, X, _ in networks(scheme)]
    return float(np.mean(mlp.tanh_slope(np.array(given)) < FLAT))


@in_house_style
def six_losses():
    """The loss of six trainings against the epoch, one healthy, with the level of pure chance."""
    fig, first = figure(height=4.4)
    first.remove()
    axes = fig.subplots(2, 3, sharex=True, sharey=True)
    for ax, case in zip(axes.flat, CASES, strict=True):
        loss = findings(case).run.loss
        mean = loss.reshape(-1, 4).mean(axis=1)  # of four steps each
        epoch = (np.arange(len(mean)) + 0.5) * EPOCHS / len(mean)
        ax.axhline(CHANCE, color=MUTED, linewidth=1, linestyle="--")
        ax.plot(epoch, mean, color=DESCENT if case is CASES[0] else CURVE, linewidth=1.6)
        ax.set_title(case.name)
        ax.set(xlim=(0, EPOCHS), ylim=(0, 3.4), xticks=(0, 2, 4), yticks=(0, 1, 2, 3))
        if ax.get_subplotspec().is_last_row():
            ax.set_xlabel("epoch")
        if ax.get_subplotspec().is_first_col():
            ax.set_ylabel("loss")
    return fig


@in_house_style
def gradient_by_layer():
    """The size of the gradient of each layer's weights, 21 layers, for four sizes of weights: relu, tanh."""
    fig, axes = figure(height=3.9, panels=2, sharey=True)
    for ax, activation in zip(axes, ("relu", "tanh"), strict=True):
        for name, scheme, colour in WEIGHTS:
            sizes = slopes(activation, scheme)
            ax.plot(np.arange(1, DEPTH + 2), sizes, color=colour)
            if ax is axes[0]:
                beside = {"textcoords": "offset points", "va": "bottom", "color": colour}
                ax.annotate(name, (2, sizes[1]), xytext=(0, 5), **beside)
        ax.set_title(activation)
        ax.set(xlabel="layer", yscale="log", xlim=(1, DEPTH + 1), ylim=(1e-13, 1e7), xticks=(1, 10, 20))
        decades(ax.yaxis, (-12, -6, 0, 6))
    axes[0].set_ylabel("size of ∂L/∂W")
    return fig
