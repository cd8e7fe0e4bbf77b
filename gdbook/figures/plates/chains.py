"""Plates of the chapter *Chains*."""

from math import sqrt, tanh

from gdbook.browser.noise import lehmer
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import said, uniform

WIDTH, DEEPEST = 16, 30
LOWEST, HIGHEST = 1e-14, 1e7


def lengths(depth, spread, residual, seed):
    """How long the gradient is 0, 1, … layers back from the output of a tanh network, where its length is 1.

    The weights are uniform around 0, with standard deviation ``spread``/√WIDTH. Where ``residual`` is 1 the
    layers are x + tanh(Wx).
    """
    x, weights, slopes, at = [], [], [], 1000 * seed
    for _ in range(WIDTH):
        at = lehmer(at)
        x.append(uniform(at))
    scale = spread / sqrt(WIDTH)
    for _ in range(depth):
        layer, slope, out = [], [], []
        for i in range(WIDTH):
            row, total = [], 0.0
            for j in range(WIDTH):
                at = lehmer(at)
                row.append(scale * uniform(at))
                total += row[-1] * x[j]
            y = tanh(total)
            layer.append(row)
            slope.append(1 - y * y)
            out.append(residual * x[i] + y)
        x = out
        weights.append(layer)
        slopes.append(slope)
    bar = [1 / sqrt(WIDTH) for _ in range(WIDTH)]
    found = [1.0]
    for k in range(depth):
        layer, slope = weights[depth - 1 - k], slopes[depth - 1 - k]
        before = [residual * bar[j] for j in range(WIDTH)]
        for i in range(WIDTH):
            for j in range(WIDTH):
                before[j] += layer[i][j] * slope[i] * bar[i]
        bar, square = before, 0.0
        for j in range(WIDTH):
            square += bar[j] * bar[j]
        found.append(sqrt(square))
    return found


@plate(
    Frame(
        (-0.8, DEEPEST + 0.8),
        (LOWEST, HIGHEST),
        "layers back from the output",
        "length of the gradient",
        log="y",
        yticks=(-10, -5, 0, 5),
    ),
    Knob("depth", "number of layers n", 1, DEEPEST, DEEPEST, whole=True),
    Knob("spread", "spread of the weights", 0.5, 4, 0.7),
    Knob("residual", "Way around", 0, 1, 0, whole=True, by="button"),
    Knob("seed", "New weights", 1, 99, 8, whole=True, by="button"),
    height=3.8,
)
def layer_by_layer(pen, depth, spread, residual, seed):
    """The length of the gradient in each layer of a tanh network, as bars up or down from 1."""
    along = lengths(depth, spread, residual, seed)
    last = along[-1]
    for k in range(1, depth + 1):
        colour = "red" if along[k] > 1 else "blue"
        end = min(max(along[k], LOWEST), HIGHEST)
        corners = [[k - 0.35, 1], [k - 0.35, end], [k + 0.35, end], [k + 0.35, 1]]
        pen.area(corners, colour)
        pen.path(corners, colour, 1.2)
    pen.path([[-0.8, 1], [DEEPEST + 0.8, 1]], "muted", 1)
    pen.dots([[0, 1]], "ink", 8)
    pen.text(0, 1, "output", "ink", 4, 15 if last < 1 else -15)
    pen.text(depth, last, said(last), "ink", -8 if depth > 15 else 8, -15 if last < 1 else 15)
    way = "with a way around" if residual else "without a way around"
    if last < 0.01:
        how = "the gradient vanishes"
    elif last > 100:
        how = "the gradient explodes"
    else:
        how = "the gradient neither vanishes nor explodes"
    count = "1 layer" if depth == 1 else f"{depth} layers"
    pen.say(
        f"{count} {way}, spread {spread:.2f}: {how}. Its length, 1 at the output, "
        f"is {said(last)} at the input; on average a layer multiplies it by {last ** (1 / depth):.2f}."
    )
