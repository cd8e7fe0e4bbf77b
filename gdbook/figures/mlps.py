"""Figures and numbers of *Multi-layer perceptrons*: the two passes, the signal by layer, two moons."""

import functools
from itertools import pairwise

import numpy as np
from matplotlib.patches import FancyBboxPatch

from gdbook import mlp
from gdbook.data import digits, moons
from gdbook.figures.colours import BEST, CLASSES, CURVE, DIVERGES, GRADIENT, MUTED, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.rules import adam

BATCH = 32
SIZES = (64, 64, 10)

DEPTH, WIDTH = 20, 100
TOO_SMALL, TOO_LARGE = 0.05, 0.25  # standard deviations of the weights
# Name, scheme, colour.
SIGNALS = (
    ("too small", TOO_SMALL, ramp(2)[0]),
    ("Glorot", "glorot", ramp(2)[1]),
    ("He", "he", BEST),
    ("too large", TOO_LARGE, DIVERGES),
)
POINTS = 60
SHADE = 0.14


def shapes():
    """The shapes of the arrays of both passes through 64-64-10 with a batch of 32: ``{name: shape}``."""
    params = mlp.init(SIZES, np.random.default_rng(0))
    X, y = np.zeros((BATCH, SIZES[0])), np.zeros(BATCH, dtype=int)
    A = mlp.forward(params, X)
    _, delta = mlp.cross_entropy_and_grad(A[-1], y)
    (dW1, db1), (dW2, db2) = mlp.grad(params, X, y)
    return {
        **{"X": X.shape, "A₁": A[1].shape, "Z₂": A[2].shape},
        **{"Δ₂": delta.shape, "Δ₁": (delta @ params[1][0].T).shape},
        **{"W₁": dW1.shape, "b₁": db1.shape, "W₂": dW2.shape, "b₂": db2.shape},
    }


def gradient_shapes(sizes, batch):
    """The shapes of the gradients of a network's weights, layer by layer."""
    params = mlp.init(sizes, np.random.default_rng(0))
    return [dW.shape for dW, _ in mlp.grad(params, np.zeros((batch, sizes[0])), np.zeros(batch, dtype=int))]


def worded(name):
    """A shape as it is read out, such as "64 by 10"."""
    return " by ".join(map(str, shapes()[name]))


def shape_rules():
    """The arrays of both passes, their equations and the shapes in these, as a table."""
    s = {name: " × ".join(map(str, numbers)) for name, numbers in shapes().items()}
    turned = {name: " × ".join(map(str, numbers[::-1])) for name, numbers in shapes().items()}
    rows = (
        ("$Z_1$", "$X W_1 + b_1$", f"({s['X']}) ({s['W₁']}) + {s['b₁']} → {s['A₁']}"),
        ("$Z_2$", "$A_1 W_2 + b_2$", f"({s['A₁']}) ({s['W₂']}) + {s['b₂']} → {s['Z₂']}"),
        (r"$\Delta_2$", "$(P - Y)/m$", s["Δ₂"]),
        (r"$\partial L/\partial W_2$", r"$A_1^\top \Delta_2$", f"({turned['A₁']}) ({s['Δ₂']}) → {s['W₂']}"),
        (r"$\partial L/\partial b_2$", r"$\sum_i (\Delta_2)_i$", f"{s['Δ₂']} → {s['b₂']}"),
        (r"$\Delta_1$", r"$\Delta_2 W_2^\top \odot \varphi'$", f"({s['Δ₂']}) ({turned['W₂']}) → {s['Δ₁']}"),
        (r"$\partial L/\partial W_1$", r"$X^\top \Delta_1$", f"({turned['X']}) ({s['Δ₁']}) → {s['W₁']}"),
        (r"$\partial L/\partial b_1$", r"$\sum_i (\Delta_1)_i$", f"{s['Δ₁']} → {s['b₁']}"),
    )
    return table({"array": "<", "equation": "<", "shapes": "<"}, rows)


def multiplications():
    """How many multiplications the forward and the backward pass of the batch take."""
    inputs, hidden, classes = SIZES
    forward = BATCH * (inputs * hidden + hidden * classes)
    # Back it is one product of the same size for each W, and one for Δ₁; no Δ of the data is needed.
    return forward, forward + BATCH * hidden * classes


def parameters():
    """How many numbers the network has to learn."""
    inputs, hidden, classes = SIZES
    return inputs * hidden + hidden + hidden * classes + classes


def digit_counts():
    """How many digits there are for training, for choices, and for the test."""
    return [len(y) for _, y in digits()]


def softmax_twice():
    """What comes of probabilities taken for logits, with ten classes: ``(least loss, slopes too small)``.

    The loss is that of a perfect network; the slopes are those at equal logits, rightly over wrongly.
    """
    best = mlp.cross_entropy(np.eye(10), np.arange(10))
    logits, y = np.zeros((1, 10)), np.array([0])
    p = mlp.softmax(logits)
    _, once = mlp.cross_entropy_and_grad(logits, y)
    _, by_p = mlp.cross_entropy_and_grad(p, y)
    twice = p * (by_p - (by_p * p).sum())
    return best, once[0, 0] / twice[0, 0]


def doubled_batch():
    """How many times as long the gradient of the weights is when every sample is there twice."""
    rng = np.random.default_rng(0)
    X, y = rng.random((8, 5)), rng.integers(0, 3, 8)
    params = mlp.init([5, 6, 3], rng)
    one = mlp.grad(params, X, y)[0][0]
    two = mlp.grad(params, np.vstack([X, X]), np.concatenate([y, y]))[0][0]
    return np.linalg.norm(two) / np.linalg.norm(one)


def shrinkage():
    """How many times smaller the last hidden relu layer is when every weight is divided by √2."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, WIDTH))
    params = mlp.init([WIDTH] * (DEPTH + 2), rng)
    smaller = [(W / np.sqrt(2), b) for W, b in params]
    return rms(mlp.forward(params, X)[-2]) / rms(mlp.forward(smaller, X)[-2])


@functools.cache
def signal(scheme):
    """What the input and 20 hidden relu layers of 100 units give for 200 standard normal samples: 21 arrays.

    Each of the four schemes of ``SIGNALS`` has its own seed: with the same one, all four networks would be
    one network, scaled, since relu passes a factor on.
    """
    rng = np.random.default_rng([known for _, known, _ in SIGNALS].index(scheme))
    X = rng.standard_normal((200, WIDTH))
    return mlp.forward(mlp.init([WIDTH] * (DEPTH + 2), rng, scheme), X)[:-1]


def rms(a):
    """Root of the mean square of all elements."""
    return float(np.sqrt(np.mean(a * a)))


def variance(scheme):
    """The variance of a weight between two layers of 100 units."""
    return mlp.SCHEMES[scheme](WIDTH, WIDTH) if isinstance(scheme, str) else scheme**2


def predicted_rms(scheme):
    """What theory says of ``rms`` of each hidden relu layer, 1 to 20, for a standard normal input."""
    gain = WIDTH * variance(scheme)
    return np.sqrt(0.5 * gain * (gain / 2) ** np.arange(DEPTH))


def last_size(scheme):
    """The size of what the last hidden layer gives."""
    return rms(signal(scheme)[-1])


@functools.cache
def he_sizes(networks=30):
    """The size of what layer 20 gives for each of some random relu networks with He's weights."""
    sizes = []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((200, WIDTH))
        sizes.append(rms(mlp.forward(mlp.init([WIDTH] * (DEPTH + 2), rng, "he"), X)[-2]))
    return sizes


def formula_error():
    """By how much the measured sizes of relu layers differ from ``predicted_rms`` at most, as a share."""
    return max(
        abs(rms(a) / predicted - 1)
        for _, scheme, _ in SIGNALS
        for a, predicted in zip(signal(scheme)[1:], predicted_rms(scheme), strict=True)
    )


@functools.cache
def moons_training(hidden):
    """``(params, accuracy)`` after 300 steps of Adam on all of the 60 points of ``moons``."""
    data = moons(POINTS)
    params = mlp.init([2, *hidden, 2], np.random.default_rng(0))
    run = mlp.train(params, data, rule=adam, lr=0.03, epochs=300, batch=POINTS)
    return run.params, float(run.accuracy[-1])


@in_house_style
def passes():
    """Both passes through a network of two layers: every array with its shape, every arrow a use."""
    fig, ax = figure(height=4.1)
    ax.set_axis_off()
    ax.set(xlim=(0, 100), ylim=(0, 80))
    shape = {name: " × ".join(map(str, numbers)) for name, numbers in shapes().items()}
    top, middle, bottom = 66, 38, 10
    columns = (12, 50, 88)
    for x, name in zip(columns, ("X", "A₁", "Z₂"), strict=True):
        _box(ax, x, top, name, shape[name], CURVE)
    for x, k in zip((31, 69), "₁₂", strict=True):
        _box(ax, x, middle, f"∂L/∂W{k}", shape["W" + k], GRADIENT)
    for x, name in zip(columns[1:], ("Δ₁", "Δ₂"), strict=True):
        _box(ax, x, bottom, name, shape[name], GRADIENT)
    half = 11
    for left, right in pairwise(columns):
        between = (left + right) / 2
        _arrow(ax, (left + half, top), (right - half, top), CURVE)
        # The gradient of W is made of what went in and of the delta of what came out.
        _arrow(ax, (left + 4, top - 10), (between - 6, middle + 10), CURVE)
        _arrow(ax, (right - 4, bottom + 10), (between + 6, middle - 10), GRADIENT)
    _arrow(ax, (columns[2] - half, bottom), (columns[1] + half, bottom), GRADIENT)
    _arrow(ax, (columns[2], top - 10), (columns[2], bottom + 10), GRADIENT)
    ax.text(columns[2] + 2, middle, "loss", ha="left", va="center", color=GRADIENT)
    _two_lines(ax, columns[0], bottom, "X is data:", "no Δ₀", MUTED)
    return fig


def _two_lines(ax, x, y, upper, lower, colour):
    # Two texts: one of two lines has its left edges fixed, and is off centre where a phone enlarges the type.
    for line, side in ((upper, 1), (lower, -1)):
        ax.text(x, y + 4 * side, line, ha="center", va="center", color=colour)


def _box(ax, x, y, name, shape, colour):
    ax.add_patch(
        FancyBboxPatch(
            (x - 10, y - 8), 20, 16, boxstyle="round,pad=0.6", fill=False, edgecolor=colour, linewidth=1.5
        )
    )
    _two_lines(ax, x, y, name, shape, colour)


def _arrow(ax, start, end, colour):
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "lw": 1.5},
    )


@in_house_style
def signal_by_layer():
    """The size of what each of 20 relu layers gives, for four sizes of weights: measured, and predicted."""
    fig, ax = figure(height=4.0)
    layers = np.arange(1, DEPTH + 1)
    for name, scheme, colour in SIGNALS:
        sizes = [rms(a) for a in signal(scheme)[1:]]
        ax.plot(layers, sizes, "o", color=colour, markersize=4)
        ax.plot(layers, predicted_rms(scheme), color=colour, linewidth=1.2)
        ax.annotate(
            name,
            (layers[-1], predicted_rms(scheme)[-1]),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    ax.set_ylabel("size of A")
    ax.set(xlabel="layer", yscale="log", xlim=(0, 25), ylim=(1e-10, 1e7))
    ax.set_xticks((1, 5, 10, 15, 20))
    decades(ax.yaxis, (-9, -6, -3, 0, 3, 6))
    return fig


@in_house_style
def moons_regions():
    """The classes that a network gives the plane: without a hidden layer, and with two of 16 units."""
    fig, axes = figure(height=3.4, panels=2, sharey=True)
    X, y = moons(POINTS)
    grid = np.array(np.meshgrid(np.linspace(-1.7, 2.7, 45), np.linspace(-1.2, 1.8, 31)))
    for ax, hidden, title in zip(axes, ((), (16, 16)), ("no hidden layer", "two hidden layers"), strict=True):
        params, _ = moons_training(hidden)
        logits = mlp.forward(params, grid.reshape(2, -1).T)[-1]
        lead = (logits[:, 1] - logits[:, 0]).reshape(grid[0].shape)
        # Beyond ±1 the side is sure: cut there, so that the line between is drawn and nothing else.
        ax.contourf(
            *grid, np.clip(lead, -1, 1), levels=[-2, 0, 2], colors=[(colour, SHADE) for colour in CLASSES]
        )
        for c, (colour, marker) in enumerate(zip(CLASSES, "o^", strict=True)):
            ax.plot(*X[y == c].T, marker, color=colour, markersize=4)
        ax.set_title(title)
        ax.set(xticks=(-1, 0, 1, 2), yticks=(-1, 0, 1), xlabel="x₁")
    axes[0].set_ylabel("x₂")
    return fig
