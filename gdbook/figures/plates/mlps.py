"""Plates of the chapter *Multi-layer perceptrons*."""

from math import sqrt, tanh

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import said, uniforms

DEPTH, SAMPLES, DRAWN = 20, 4, 16
LEAST, MOST = 16, 64  # units
LOW, HIGH = 0.03, 0.6  # standard deviations
END = 0.9  # beyond it the slope of tanh is small


def through(a, W, sigma, relu):
    """What a layer gives for what it gets, with a row of ``W``, times ``sigma``, for each unit."""
    given = []
    for w in W:
        total = 0.0
        for i in range(len(a)):
            total += a[i] * w[i]
        given.append(max(sigma * total, 0.0) if relu else tanh(sigma * total))
    return given


def activations(n, sigma, relu, seed):
    """What each of ``DEPTH`` layers of ``n`` units gives for each sample: a list of lists.

    The samples are uniform around 0, with variance 1, and so are the weights, with standard deviation
    ``sigma``. Where ``relu`` is 0 the activation is tanh.
    """
    A, at, layers = [], 1000 * seed, []
    for _ in range(SAMPLES):
        a, at = uniforms(n, at)
        A.append(a)
    for _layer in range(DEPTH):
        W = []
        for _unit in range(n):
            w, at = uniforms(n, at)
            W.append(w)
        A = [through(sample, W, sigma, relu) for sample in A]
        layers.append(A)
    return layers


def size(A):
    """Root of the mean square of all numbers."""
    return sqrt(sum([sum([x * x for x in a]) / len(a) for a in A]) / len(A))


def beyond(A):
    """The share of the numbers that lie beyond ±``END``."""
    return sum([sum([1 if abs(x) > END else 0 for x in a]) / len(a) for a in A]) / len(A)


def he(n):
    """He's standard deviation of the weights, for relu."""
    return sqrt(2 / n)


def glorot(n):
    """Glorot's standard deviation of the weights between layers of one size, for tanh."""
    return sqrt(1 / n)


@plate(
    Frame((0, DEPTH + 1), (-1.2, 2.4), "layer", "a", xticks=(1, 5, 10, 15, 20), yticks=(-1, 0, 1, 2)),
    Frame((LEAST - 4, MOST + 4), (LOW, HIGH), "units n", "σ", log="y", xticks=(16, 32, 48, 64), yticks=(-1,)),
    Knob("sigma", "standard deviation σ of the weights", LOW, HIGH, 0.25, log=True, by="handle"),
    Knob("n", "units n in each layer", LEAST, MOST, MOST, whole=True),
    Knob("relu", "Other activation", 0, 1, 0, whole=True, by="button"),
    Knob("seed", "New weights", 1, 99, 2, whole=True, by="button"),
    height=4.0,
)
def signal_in_depth(pen, sigma, n, relu, seed):
    """What units of twenty layers give, and the σ of their weights beside He's and Glorot's."""
    layers, usual, ends = activations(n, sigma, relu, seed), [], []
    for k in range(DEPTH):
        for i in range(DRAWN):
            a = layers[k][0][i]
            if abs(a) > END and not relu:
                ends.append([k + 1, a])
            else:
                usual.append([k + 1, a])
    pen.path([[0, 0], [DEPTH + 1, 0]], "muted", 1)
    pen.dots(usual, "ink", 3)
    pen.dots(ends, "red", 3)
    pen.text(0, 2.4, "relu" if relu else "tanh", "ink", 6, -12)

    pen.on(1)
    units = [LEAST - 4 + 4 * k for k in range(15)]
    pen.path([[m, he(m)] for m in units], "green", 2.4 if relu else 1.2)
    pen.path([[m, glorot(m)] for m in units], "middle", 1.2 if relu else 2.4)
    pen.text(24, he(24), "He", "green", 6, 8)
    pen.text(24, glorot(24), "Glorot", "middle", -6, -10)
    pen.text(MOST + 4, HIGH, "too large", "red", -6, -12)
    pen.text(LEAST - 4, LOW, "too small", "pale", 6, 12)
    pen.handle("", "sigma", n, sigma, "ink")
    last = layers[DEPTH - 1]
    if relu:
        ratio = sigma / he(n)
        pen.say(
            f"σ = {sigma:.3g} is {ratio:.2f} times He's, so theory multiplies the size by {ratio:.2f} in "
            f"each layer. In layer {DEPTH} of this relu network it is {said(size(last))}."
        )
    else:
        ratio, share = sigma / glorot(n), beyond(last)
        saturated = f"{share:.0%} of its numbers lie" if share > 0 else "none of its numbers lies"
        pen.say(
            f"σ = {sigma:.3g} is {ratio:.2f} times Glorot's. Layer {DEPTH} of this tanh network has size "
            f"{said(size(last))}, and {saturated} beyond ±{END}."
        )
