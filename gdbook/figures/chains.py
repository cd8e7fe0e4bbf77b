"""Figures and numbers of *Chains*: a chain as a graph, what an order of products costs, slopes and depth."""

import functools

import numpy as np

from gdbook.backprop.chain import backward_cost, forward_cost, least_cost
from gdbook.backprop.graph import edges
from gdbook.figures.colours import BEST, DIVERGES, GRADIENT, INK, MUTED, ramp
from gdbook.figures.graph import graph
from gdbook.figures.house import figure, in_house_style, is_narrow
from gdbook.figures.powers import short
from gdbook.figures.table import table
from gdbook.value import Value

# Sizes of the values along a chain: a classifier's loss, its mirror image, and a narrow waist.
CHAINS = {
    "many in, one out": (784, 128, 64, 10, 1),
    "one in, many out": (1, 10, 64, 128, 784),
    "narrow in the middle": (200, 100, 2, 100, 200),
}
LOSS, CURVE, WAIST = CHAINS.values()
THREE_LAYERS = (1000, 50, 50, 3)
WIDTH, DEPTH, SEEDS = 64, 50, 5


def chain(x=1.2):
    """The chain y = exp(sin(x²)), run: ``(result, start, values in between)``."""
    start = Value(x)
    u = start**2
    v = u.sin()
    return v.exp(), start, (u, v)


def chain_graph():
    """The chain y = exp(sin(x²)) with its values, local derivatives and gradients."""
    y, x, (u, v) = chain()
    y.backward()
    return graph(y, {"x": x, "u": u, "v": v, "y": y})


def chain_slopes():
    """The local derivatives along the chain, as text."""
    return ", ".join(f"{slope:.3g}" for _, _, slope in edges(chain()[0]))


def chain_gradient():
    """Start and gradient of the chain: ``(x, ∂y/∂x)``."""
    y, x, _ = chain()
    y.backward()
    return x.data, x.grad


@in_house_style
def orders():
    """Multiplications for the whole Jacobian of three chains: from the input, from the output, the least."""
    fig, ax = figure(height=4.8, narrow_height=6)
    costs = (
        (forward_cost, INK, "from the input"),
        (backward_cost, GRADIENT, "from the output"),
        (least_cost, BEST, "the least"),
    )
    for i, sizes in enumerate(CHAINS.values()):
        for k, (cost, colour, _) in enumerate(costs):
            y, paid = i + 0.24 * (k - 1), cost(sizes)
            ax.barh(y, paid, height=0.2, color=colour)
            ax.annotate(
                f"{paid:,}", (paid, y), xytext=(4, 0), textcoords="offset points", va="center", color=colour
            )
        words = f"{list(CHAINS)[i]}: {' → '.join(map(str, sizes))}"
        if is_narrow():
            words = words.replace(": ", "\n")
        ax.text(1.15e3, i - 0.4, words, va="bottom", linespacing=1.1)
    for _, colour, name in costs:
        ax.plot([], [], "s", color=colour, label=name)
    spaces = {"handlelength": 0.8, "handletextpad": 0.4, "columnspacing": 1.2}
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0, borderpad=0, ncols=3, **spaces)
    ax.set(xlabel="multiplications", xscale="log", xlim=(1e3, 4e8), ylim=(2.5, -0.75), yticks=())
    ax.set_xticks((1e4, 1e6, 1e8), ("10,000", "1 million", "100 m." if is_narrow() else "100 million"))
    ax.minorticks_off()
    ax.set_axisbelow(True)
    return fig


def tanh_chain(w, steps, x=0.5, residual=False):
    """The derivative of x ← tanh(w·x), or x ← x + tanh(w·x), by its start: after 0, 1, … ``steps`` steps."""
    slopes = [1.0]
    for _ in range(steps):
        y = np.tanh(w * x)
        slope = w * (1 - y * y)
        x, slope = (x + y, 1 + slope) if residual else (y, slope)
        slopes.append(slopes[-1] * slope)
    return np.array(slopes)


def repeated_slopes():
    """The derivative of fifty repetitions for three w, without and with a way around, as a table."""
    rows = [
        (w, short(tanh_chain(w, 50)[-1]), short(tanh_chain(w, 50, residual=True)[-1]))
        for w in (0.5, 1.0, 2.0)
    ]
    head = ("$w$", "derivative of tanh(wx), 50 times", "of x + tanh(wx), 50 times")
    return table(dict.fromkeys(head, ">"), rows)


def settled(w=2):
    """Where x ← tanh(w·x) comes to rest, and the slope there."""
    x = 0.5
    for _ in range(60):
        x = np.tanh(w * x)
    return x, w * (1 - x * x)


def steep_chain():
    """The size of the derivative of fifty tanh(3x) in a row from 0.5: "tiny", "near 1" or "huge"."""
    slope = abs(tanh_chain(3.0, 50)[-1])
    return "tiny" if slope < 1e-6 else "huge" if slope > 1e6 else "near 1"


@functools.cache
def gradient_norms(spread, residual=False):
    """How long the gradient is 0, 1, … layers back through a tanh network: geometric mean of five seeds.

    Layers of 64 units; the weights are normal with standard deviation ``spread``/√64. The gradient at the
    output has length 1.
    """
    logs = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        weights = rng.normal(size=(DEPTH, WIDTH, WIDTH)) * spread / np.sqrt(WIDTH)
        x, slopes = rng.normal(size=WIDTH), []
        for W in weights:
            y = np.tanh(W @ x)
            slopes.append(1 - y * y)
            x = x + y if residual else y
        g = rng.normal(size=WIDTH)
        g = g / np.linalg.norm(g)
        norms = [1.0]
        for W, slope in zip(weights[::-1], slopes[::-1], strict=True):
            back = W.T @ (slope * g)
            g = g + back if residual else back
            norms.append(float(np.linalg.norm(g)))
        logs.append(np.log(norms))
    return np.exp(np.mean(logs, axis=0))


RUNS = {  # spread of the weights, residual or not
    "spread 3": (3, False, DIVERGES, "-."),
    "spread ½, residual": (0.5, True, BEST, "-"),
    "spread 1": (1, False, ramp(2)[1], "--"),
    "spread ½": (0.5, False, ramp(2)[0], ":"),
}


def last_norm(name):
    """How long the gradient is in the end, of a run by its name."""
    spread, residual, *_ = RUNS[name]
    return gradient_norms(spread, residual)[-1]


@in_house_style
def vanishing_and_exploding():
    """The length of the gradient against the layers that it went back: three spreads, and x + f(x)."""
    fig, ax = figure(height=4.2)
    ax.axhline(1, color=MUTED, linewidth=1)
    for name, (spread, residual, colour, style) in RUNS.items():
        norms = gradient_norms(spread, residual)
        ax.plot(norms, color=colour, linestyle=style)
        above = name in ("spread 3", "spread ½, residual")
        at = {"spread 3": 27, "spread ½, residual": 36, "spread 1": 36, "spread ½": 24}[name]
        ax.annotate(
            name,
            (at, norms[at]),
            xytext=(-6, 7) if above else (-2, -20),
            textcoords="offset points",
            ha="right" if name == "spread 3" else "center" if name != "spread ½" else "right",
            color=colour,
        )
    ax.set_ylabel("length of the gradient")
    ax.set(xlabel="layers back from the output", yscale="log", xlim=(0, DEPTH))
    ax.set_ylim(1e-16, 1e7)
    ax.set_yticks((1e-15, 1e-10, 1e-5, 1, 1e5), ("10⁻¹⁵", "10⁻¹⁰", "10⁻⁵", "1", "10⁵"))
    ax.minorticks_off()
    return fig
