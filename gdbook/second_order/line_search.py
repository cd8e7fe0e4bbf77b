r"""Line searches: how far to go in a direction that is given.

Along the direction $d$ the loss is a function of one number, the step η: write
$\varphi(\eta) = f(w + \eta d)$, with slope $\varphi'(\eta) = \nabla f(w + \eta d)^\top d$.
A search is ``search(f, grad, w, direction, lr=1.0) -> η``; ``lr`` is the first η that it tries.
It raises ``NotADescentDirection`` where $\varphi'(0) \ge 0$, and ``LineSearchFailed`` where it
gives up. ``partial(wolfe, c2=0.1)`` is a line search too, and so is ``exact(A)``.
"""

from math import isfinite, sqrt

import numpy as np

from gdbook.check import finite


class LineSearchFailed(ArithmeticError):
    """No step length was found that meets the conditions."""


class NotADescentDirection(ValueError):
    """Along this direction the loss does not fall, however short the step."""


def armijo(f, grad, w, direction, lr=1.0, c1=1e-4, shrink=0.5, most=60):
    r"""Backtracking: the first of η, ρη, ρ²η, … at which the loss has fallen enough.

    Enough is a share ``c1`` of what the slope promises:

    $$\varphi(\eta) \le \varphi(0) + c_1\,\eta\,\varphi'(0)$$

    ``lr`` is the first η, ``shrink`` is ρ, ``most`` the number of trials. A trial where the loss is
    not finite counts as not fallen. ``w`` and ``direction`` have one shape, any.

    Raises NotADescentDirection, and LineSearchFailed after ``most`` trials.
    Source: Armijo 1966; Nocedal, Wright 2006, Algorithm 3.1, with ρ = ½.
    """
    _fraction("shrink", shrink)
    _fraction("c1", c1)
    lr = _first(lr)
    start, slope = f(w), _slope(grad(w), direction)
    for _ in range(most):
        value = f(w + lr * direction)
        if isfinite(value) and value <= start + c1 * lr * slope:
            return lr
        lr = shrink * lr
    raise LineSearchFailed(
        f"after {most} trials, the last at lr = {lr / shrink:.3g}, the loss has not fallen by c1 = {c1:g} "
        f"of what the slope {slope:.3g} promises: near a minimum that is rounding, else check grad against f"
    )


def wolfe(f, grad, w, direction, lr=1.0, c1=1e-4, c2=0.9, most=10):
    r"""A step after which the loss has fallen enough and its slope is nearly flat: strong Wolfe.

    $$\begin{aligned}
    \varphi(\eta) &\le \varphi(0) + c_1\,\eta\,\varphi'(0) \\
    |\varphi'(\eta)| &\le c_2\,|\varphi'(0)|
    \end{aligned}$$

    First η doubles until an interval holds such a step, then the interval shrinks (``zoom``):
    each trial is the minimum of a cubic through what is known, else of a parabola, else the middle.
    ``most`` limits the trials of each of the two phases.

    Raises NotADescentDirection, LineSearchFailed, and ValueError unless 0 < c1 < c2 < 1.
    Source: Wolfe 1969; Nocedal, Wright 2006, Algorithms 3.5 and 3.6. The interpolation and its
    safeguards are those of SciPy's ``line_search``, save that a trial keeps its distance from both ends
    in an interval that runs backwards too.
    """
    if not 0 < finite("c1", c1) < finite("c2", c2) < 1:
        raise ValueError(f"c1 and c2 must satisfy 0 < c1 < c2 < 1, got c1 = {c1!r}, c2 = {c2!r}")
    lr = _first(lr)

    def phi(lr):
        value = f(w + lr * direction)
        return value if isfinite(value) else np.inf

    def dphi(lr):
        return _dot(grad(w + lr * direction), direction)

    start, slope = f(w), _slope(grad(w), direction)

    def has_fallen(lr, value):
        return value <= start + c1 * lr * slope

    def is_flat(slope_there):
        return abs(slope_there) <= -c2 * slope

    low, low_value, low_slope = 0.0, start, slope
    for i in range(most):
        value = phi(lr)
        if not has_fallen(lr, value) or (i > 0 and value >= low_value):
            return _zoom(
                phi, dphi, has_fallen, is_flat, (low, low_value, low_slope), (lr, value), start, most
            )
        slope_there = dphi(lr)
        if is_flat(slope_there):
            return lr
        if slope_there >= 0:
            return _zoom(
                phi, dphi, has_fallen, is_flat, (lr, value, slope_there), (low, low_value), start, most
            )
        low, low_value, low_slope = lr, value, slope_there
        lr = 2 * lr
    raise LineSearchFailed(
        f"the loss still falls steeply at lr = {low:.3g}, after {most} trials: "
        "it may have no minimum in this direction; if it has, start with a larger lr"
    )


def _zoom(phi, dphi, has_fallen, is_flat, low, high, start, most):
    """Shrink the interval between ``low`` (η, value, slope) and ``high`` (η, value) onto a good step.

    ``low`` is the better end: it has fallen enough, and its slope points to ``high``.
    """
    last = (0.0, start)  # the end given up last: a third point for the cubic
    for i in range(most + 1):
        lr = _trial(low, high, last if i > 0 else None)
        value = phi(lr)
        if not has_fallen(lr, value) or value >= low[1]:
            last, high = high, (lr, value)
            continue
        slope = dphi(lr)
        if is_flat(slope):
            return lr
        if slope * (high[0] - low[0]) >= 0:
            last, high = high, low[:2]
        else:
            last = low[:2]
        low = (lr, value, slope)
    raise LineSearchFailed(
        f"no step between lr = {low[0]:.6g} and {high[0]:.6g} meets the strong Wolfe conditions after "
        f"{most + 1} trials: near a minimum that is rounding; else check grad against f, or raise c2"
    )


def _trial(low, high, last):
    """Where to look next: well inside the interval, by a cubic, a parabola, or in the middle."""
    (a, value_a, slope_a), (b, value_b) = low, high

    if last is not None:
        cubic = cubic_minimum(a, value_a, slope_a, b, value_b, *last)
        if _inside(cubic, a, b, 0.2):
            return cubic
    parabola = parabola_minimum(a, value_a, slope_a, b, value_b)
    return parabola if _inside(parabola, a, b, 0.1) else a + 0.5 * (b - a)


def _inside(lr, a, b, share):
    """Whether the trial is a number that keeps away from both ends, by a share of the interval."""
    margin = share * abs(b - a)
    return lr is not None and min(a, b) + margin <= lr <= max(a, b) - margin


def parabola_minimum(a, value_a, slope_a, b, value_b):
    """Where the parabola with value and slope at ``a``, and value at ``b``, is least; or None."""
    width = b - a
    bend = (value_b - value_a - slope_a * width) / (width * width)
    return a - slope_a / (2 * bend) if isfinite(bend) and bend > 0 else None


def cubic_minimum(a, value_a, slope_a, b, value_b, c, value_c):
    """Where the cubic with value and slope at ``a``, and values at ``b`` and ``c``, is least; or None."""
    db, dc = b - a, c - a
    # What is left of the cubic, A·d³ + B·d², when the tangent at a is taken away
    rest_b, rest_c = value_b - value_a - slope_a * db, value_c - value_a - slope_a * dc
    scale = (db * dc) ** 2 * (db - dc)
    if scale == 0 or not (isfinite(rest_b) and isfinite(rest_c)):
        return None
    A = (dc**2 * rest_b - db**2 * rest_c) / scale
    B = (db**3 * rest_c - dc**3 * rest_b) / scale
    under_root = B * B - 3 * A * slope_a
    if A == 0 or under_root < 0:
        return None
    return a + (-B + sqrt(under_root)) / (3 * A)


def exact(A):
    r"""The line search that is exact on a quadratic with Hessian $A$ of shape ``(n, n)``.

    $$\eta = -\frac{g^\top d}{d^\top A\,d}$$

    Returns a line search. It raises LineSearchFailed where the curvature $d^\top A d$ is not positive:
    there the quadratic has no minimum along $d$. Source: Cauchy 1847 had the idea.
    """
    A = np.asarray(A, dtype=float)

    def search(f, grad, w, direction, lr=1.0):
        slope = _slope(grad(w), direction)
        curvature = direction @ A @ direction
        if not curvature > 0:
            raise LineSearchFailed(
                f"the curvature along the direction is {curvature:.3g}, and must be positive: A is not "
                "positive definite"
            )
        return float(-slope / curvature)

    return search


def _dot(a, b):
    return float(np.vdot(a, b))


def _slope(g, direction):
    """The slope at the start, if it is downhill."""
    if np.shape(g) != np.shape(direction):
        raise ValueError(f"direction must have the shape of w, {np.shape(g)}, got {np.shape(direction)}")
    slope = _dot(g, direction)
    if not slope < 0:
        raise NotADescentDirection(
            f"direction must point downhill, got one with slope {slope:.3g}: -grad(w) always does"
        )
    return slope


def _first(lr):
    if not finite("lr", lr) > 0:
        raise ValueError(f"lr, the first step to try, must be positive, got {lr!r}")
    return float(lr)


def _fraction(name, value):
    if not 0 < finite(name, value) < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")
