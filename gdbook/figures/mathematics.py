"""Figures of the chapter *The mathematics we use*: one for each notion."""

import numpy as np

from gdbook.figures.colours import BEST, CURVE, DIVERGES, GRADIENT, INK, MUTED, ramp
from gdbook.figures.contours import contours
from gdbook.figures.house import figure, in_house_style
from gdbook.functions import double_well, log_cosh, parabola, quadratic, wavy
from gdbook.theory import heavy_ball_roots

STRETCH = np.array([[2.0, 1.0], [1.0, 2.0]])  # of the eigenvectors
TURN = np.array([[1.5, 1.0], [0.0, 0.8]])  # of the singular values
PLACE = (2.0, 1.0)  # where a gradient is looked at
SMOOTH_AT = 1.5  # where log cosh is held between a line and a parabola


def arrow(ax, start, end, colour):
    """An arrow from one point to another."""
    style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.8}
    ax.annotate("", end, start, arrowprops=style)


def secant(h):
    """The slope of the parabola's secant from 1 to 1 + h."""
    return (parabola(1.0 + h) - parabola(1.0)) / h


@in_house_style
def secants(widths=(1.0, 0.5, 0.1)):
    """The parabola, three secants from x = 1 and the tangent there."""
    fig, ax = figure(height=3.6)
    x = np.linspace(-0.4, 2.2, 120)
    ax.plot(x, parabola(x), color=CURVE)
    ends = np.array([0.4, 2.2])
    for h, colour in zip(widths, reversed(ramp(len(widths))), strict=True):
        ax.plot(ends, 1 + secant(h) * (ends - 1), color=colour, linewidth=1.2)
        ax.plot(1 + h, parabola(1 + h), "o", color=colour, markersize=6)
    ax.plot(ends, 1 + parabola.grad(1.0) * (ends - 1), color=GRADIENT, linestyle="--")
    ax.plot(1, 1, "o", color=INK, markersize=7)
    for h, colour in zip(widths[:2], reversed(ramp(len(widths))), strict=False):
        over = 1 + h - 0.08
        ax.text(over, 1 + secant(h) * h + 0.15, f"slope {secant(h):g}", color=colour, ha="right", va="bottom")
    tangent = f"tangent, slope {parabola.grad(1.0):g}"
    ax.text(2.15, 1 + parabola.grad(1.0) * 1.15 - 1.2, tangent, color=GRADIENT, ha="right", va="top")
    ax.set(xlabel="x", ylim=(-0.6, 4.9), xlim=(-0.4, 2.25))
    ax.set_ylabel("x²")
    return fig


@in_house_style
def gradients(kappa=4):
    """Contour lines of a quadratic with some gradients: across the lines, longer where they are dense."""
    f = quadratic(kappa)
    fig, ax = figure(height=3.6)
    contours(ax, f, [f(PLACE) * share for share in (0.1, 0.4, 1, 2, 3.5)], ((-4, 4), (-2, 2.4)))
    for place in (PLACE, (-2.5, 0.4), (-1.0, -1.0), (3.0, -0.3), (0.5, 0.6)):
        g = np.array(f.grad(place))
        arrow(ax, place, np.add(place, 0.25 * g), GRADIENT)
        ax.plot(*place, "o", color=INK, markersize=5)
    ax.plot(0, 0, "o", color=BEST, markersize=8)
    ax.text(PLACE[0] + 0.2, PLACE[1] - 0.15, "(2, 1)", color=INK, va="center")
    ax.set(xlabel="x", aspect="equal", xticks=(-4, -2, 0, 2, 4), yticks=(-2, 0, 2))
    ax.set_ylabel("y")
    ax.grid(False)
    return fig


def circle(n=121):
    """Points of the unit circle, ``(2, n)``."""
    angle = np.linspace(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)])


@in_house_style
def eigenvectors():
    """Unit vectors and what a symmetric matrix makes of them: two directions stay, the others turn."""
    fig, ax = figure(height=3.9)
    ax.plot(*circle(), color=MUTED, linewidth=1)
    ax.plot(*STRETCH @ circle(), color=CURVE, linewidth=1.2)
    turned = np.array([1.0, 0.0])
    arrow(ax, (0, 0), STRETCH @ turned, CURVE)
    arrow(ax, (0, 0), turned, MUTED)
    values, directions = np.linalg.eigh(STRETCH)
    for value, direction, colour in zip(values, directions.T, ramp(2), strict=True):
        direction = direction * np.sign(direction[1])
        arrow(ax, (0, 0), value * direction, colour)
        ax.plot(*direction, "o", color=colour, markersize=6)
        side = 1 if direction[0] > 0 else -1
        words = {"ha": "left" if side > 0 else "right", "va": "bottom", "color": colour}
        ax.text(*(value * direction + (0.12 * side, 0.12)), f"λ = {value:.0f}", **words)
    ax.text(2.1, 0.75, "(1, 0) turns", color=CURVE, va="center")
    ax.set(aspect="equal", xlim=(-3.2, 3.9), ylim=(-2.4, 2.75), xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    ax.grid(False)
    return fig


def eigen(matrix=STRETCH):
    """The eigenvalues of a symmetric matrix, from the smallest."""
    return np.linalg.eigvalsh(matrix)


@in_house_style
def touching_parabola(x=1.0):
    """The wavy function with its tangent and the parabola of the same slope and curvature at a point."""
    fig, ax = figure(height=3.2)
    places = np.linspace(-1.2, 3.2, 200)
    near = np.linspace(x - 1.1, x + 1.1, 60)
    value, slope, curvature = wavy(x), wavy.grad(x), wavy.hess(x)
    flat, bent = ramp(2)
    ax.plot(places, wavy(places), color=CURVE)
    ax.plot(near, value + slope * (near - x), color=flat, linestyle="--")
    ax.plot(near, value + slope * (near - x) + curvature / 2 * (near - x) ** 2, color=bent)
    ax.plot(x, value, "o", color=INK, markersize=7)
    ax.text(near[-1] + 0.05, value + slope * 1.1, "tangent", color=flat, va="center")
    under = value - slope * 1.1 + curvature / 2 * 1.1**2
    ax.text(near[0], under + 0.12, "parabola", color=bent, ha="right", va="bottom")
    ax.set(xlabel="x", xlim=(-1.2, 3.2))
    ax.set_ylabel("f(x)")
    return fig


def above_the_chord(f, a, b, n=400):
    """The most by which ``f`` is above its chord from a to b; below 0 if it is under it everywhere."""
    share = np.linspace(0, 1, n)[1:-1]
    return np.max(f(a + share * (b - a)) - (f(a) + share * (f(b) - f(a))))


@in_house_style
def chords(ends=(-1.9, 1.2)):
    """A convex function under its chord, and a double well that is not."""
    fig, axes = figure(height=3.0, panels=2)
    for ax, f, title in zip(axes, (log_cosh, double_well), ("convex", "not convex"), strict=True):
        x = np.linspace(-2.3, 2.3, 120)
        ax.plot(x, f(x), color=CURVE)
        colour = BEST if above_the_chord(f, *ends) <= 0 else DIVERGES
        ax.plot(ends, [f(end) for end in ends], "o-", color=colour, markersize=6, linewidth=1.4)
        ax.set_title(title, fontweight="normal")
        ax.set(xlabel="x", xlim=(-2.3, 2.3))
    axes[0].set_ylabel("f(x)")
    return fig


def between(y, x=SMOOTH_AT, L=1.0):
    """``(tangent, f, parabola)`` of log cosh at y, the tangent and the parabola of curvature L taken at x."""
    line = log_cosh(x) + log_cosh.grad(x) * (y - x)
    return line, log_cosh(y), line + L / 2 * (y - x) ** 2


@in_house_style
def smooth_between():
    """log cosh between its tangent at a point and the parabola of curvature L that touches it there."""
    fig, ax = figure(height=3.2)
    y = np.linspace(-2.0, 3.4, 120)
    line, f, parabola_ = between(y)
    ax.fill_between(y, line, parabola_, color=MUTED, alpha=0.12, linewidth=0)
    ax.plot(y, line, color=ramp(2)[0], linestyle="--")
    ax.plot(y, parabola_, color=ramp(2)[1])
    ax.plot(y, f, color=CURVE)
    ax.plot(SMOOTH_AT, log_cosh(SMOOTH_AT), "o", color=INK, markersize=7)
    ax.text(-0.35, 1.35, "parabola of curvature L", color=ramp(2)[1], ha="left", va="bottom")
    ax.text(-0.9, -1.45, "tangent", color=ramp(2)[0], ha="left", va="top")
    ax.text(-0.1, log_cosh(0.0) - 0.12, "log cosh", color=CURVE, ha="center", va="top")
    ax.set(xlabel="x", xlim=(-2, 3.4), ylim=(-2.2, 3.4))
    return fig


def root(lr_curvature=0.2, momentum=0.9):
    """The root of z² − (1 + μ − ηλ)z + μ with the larger imaginary part."""
    return complex(*max(heavy_ball_roots(1.0, momentum, lr_curvature), key=lambda z: z[1]))


@in_house_style
def spiral(steps=40):
    """The powers of a complex root in the plane, and their real parts: an oscillation that dies out."""
    z = root() ** np.arange(steps + 1)
    fig, (plane, line) = figure(height=3.3, panels=2, width_ratios=(1, 1.3))
    plane.plot(*circle(), color=MUTED, linewidth=1)
    plane.plot(z.real, z.imag, "o-", color=CURVE, markersize=3.5, linewidth=1)
    plane.plot(z.real[0], z.imag[0], "o", color=INK, markersize=7)
    plane.set(aspect="equal", xlabel="real part", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    plane.set_ylabel("imaginary part")
    plane.grid(False)
    size = abs(root()) ** np.arange(steps + 1)
    for sign in (1, -1):
        line.plot(sign * size, color=MUTED, linewidth=1, linestyle="--")
    line.plot(z.real, "o-", color=CURVE, markersize=3.5, linewidth=1)
    line.text(12, size[12] + 0.06, "|z|ᵗ", color=MUTED, va="bottom")
    line.set(xlabel="t", ylim=(-1.1, 1.1), yticks=(-1, 0, 1))
    line.set_ylabel("real part of zᵗ")
    return fig


DRAWS = 200
BATCHES = (1, 4, 16)


def batch_means(batch, draws=DRAWS, seed=0):
    """Means of ``batch`` numbers each, drawn with mean 2 and variance 1: shape ``(draws,)``."""
    return np.random.default_rng(seed).normal(2, 1, (draws, batch)).mean(axis=1)


@in_house_style
def means():
    """Means of 1, 4 and 16 numbers, 200 of each: half as wide each time."""
    fig, ax = figure(height=3.0)
    rng = np.random.default_rng(1)
    for row, (batch, colour) in enumerate(zip(BATCHES, ramp(3), strict=True)):
        found = batch_means(batch)
        height = row + rng.uniform(-0.22, 0.22, DRAWS)
        ax.plot(found, height, "o", color=colour, markersize=2.6, alpha=0.7)
        spread = batch**-0.5
        ax.plot((2 - spread, 2 + spread), (row - 0.38,) * 2, color=INK, linewidth=2)
    ax.axvline(2, color=BEST, linewidth=1)
    ax.set_yticks(range(3), [f"B = {batch}" for batch in BATCHES])
    ax.set(xlabel="mean of B numbers", xlim=(-1.4, 5.4), ylim=(2.6, -0.6))
    ax.grid(False)
    return fig


def singular(matrix=TURN):
    """The singular values of a matrix, from the largest."""
    return np.linalg.svd(matrix)[1]


@in_house_style
def ellipse():
    """The unit circle and the ellipse that a matrix makes of it: its half axes are the singular values."""
    u, sizes, v = np.linalg.svd(TURN)
    fig, (before, after) = figure(height=3.1, panels=2, stacked=False, sharex=True, sharey=True)
    before.plot(*circle(), color=CURVE)
    after.plot(*TURN @ circle(), color=CURVE)
    for size, left, right, colour in zip(sizes, u.T, v, reversed(ramp(2)), strict=True):
        arrow(before, (0, 0), right, colour)
        arrow(after, (0, 0), size * left, colour)
        after.text(*(size * left * 1.1 + (0, 0.1)), f"{size:.2f}", color=colour, ha="center", va="bottom")
    before.set_title("before", fontweight="normal")
    after.set_title("after", fontweight="normal")
    for ax in (before, after):
        ax.set(aspect="equal", xlim=(-2.3, 2.3), ylim=(-1.9, 1.9), xticks=(-2, 0, 2), yticks=(-1, 0, 1))
        ax.grid(False)
    return fig
