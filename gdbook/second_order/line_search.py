r"""Line searches: how far to go in a direction that is given.

Along the direction $d$ the loss is a function of one number, the step η: write
$\varphi(\eta) = f(w + \eta d)$, with slope $\varphi'(\eta) = \nabla f(w + \eta d)^\top d$.
A search is ``search(f, grad, w, direction, lr=1.0) -> η``; ``lr`` is the first η that it tries.
It raises ``NotADescentDirection`` where $\varphi'(0) \ge 0$, and ``LineSearchFailed`` where it
gives up. ``partial(wolfe, c2=0.1)`` is a line search too, and so is ``exact(A)``.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import symmetric
from gdbook.checks.callbacks import Callback, above_zero, finite_reals
from gdbook.checks.numbers import number, number_that, shown, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias, TypeGuard

    from numpy.typing import ArrayLike

    from gdbook.types import Array

    HasFallen: TypeAlias = Callable[[float, float, float], bool]

NOISE = 32 * float(np.finfo(float).eps)  # rounding of a loss, as a share of it
PATIENCE = 10  # trials by SciPy's rules; where they were not enough, the step is decades away


class LineSearchFailed(ArithmeticError):
    """No step length was found that meets the conditions."""


class NotADescentDirection(ValueError):
    """Along this direction the loss does not fall, however short the step."""


def armijo(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w: ArrayLike,
    direction: ArrayLike,
    lr: float = 1.0,
    c1: float = 1e-4,
    shrink: float = 0.5,
    most: int = 200,
) -> float:
    r"""Backtracking: the first of η, ρη, ρ²η, … at which the loss has fallen enough.

    Enough is a share ``c1`` of what the slope promises:

    $$\varphi(\eta) \le \varphi(0) + c_1\,\eta\,\varphi'(0)$$

    ``lr`` is the first η, ``shrink`` is ρ, ``most`` the number of trials. A trial where the loss is
    not finite counts as not fallen. ``w`` and ``direction`` have one shape, any.

    Raises NotADescentDirection, and LineSearchFailed after ``most`` trials, or where a step is too short to
    change ``w``; TypeError or ValueError for arguments that make no sense.
    Source: Armijo 1966; Nocedal, Wright 2006, Algorithm 3.1, with ρ = ½.
    """
    shrink, c1 = _fraction("shrink", shrink), _fraction("c1", c1)
    most = whole("most", most, least=1)
    lr = above_zero("lr", lr)
    line = _Line(f, grad, w, direction)
    for _ in range(most):
        if not line.moves(lr):
            break
        if line.phi(lr) <= line.start + c1 * lr * line.slope:
            return lr
        lr = shrink * lr
    raise LineSearchFailed(
        f"down to lr = {lr:.3g} the loss has not fallen by c1 = {c1:g} of what the slope {line.slope:.3g} "
        "promises: near a minimum that is rounding, else check grad against f"
    )


def wolfe(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w: ArrayLike,
    direction: ArrayLike,
    lr: float = 1.0,
    c1: float = 1e-4,
    c2: float = 0.9,
    most: int = 40,
) -> float:
    r"""A step after which the loss has fallen enough and its slope is nearly flat: strong Wolfe.

    $$\begin{aligned}
    \varphi(\eta) &\le \varphi(0) + c_1\,\eta\,\varphi'(0) \\
    |\varphi'(\eta)| &\le c_2\,|\varphi'(0)|
    \end{aligned}$$

    First η doubles until an interval holds such a step, then the interval shrinks (``zoom``): each trial is
    the minimum of a cubic through what is known, else of a parabola, else the middle. Where ten trials of a
    phase were not enough the step is decades away: then η grows to where the slope, on a line through two of
    its values, is 0, up to 1000-fold; and the middle is that of the logarithms. ``most`` limits the trials
    of each of the two phases. Losses that differ by rounding count as equal, and the slopes decide (Hager,
    Zhang 2005, "approximate Wolfe": near a minimum slopes are the better known).

    Raises NotADescentDirection, LineSearchFailed, and TypeError or ValueError for arguments that make no
    sense, such as unless 0 < c1 < c2 < 1.
    Source: Wolfe 1969; Nocedal, Wright 2006, Algorithms 3.5 and 3.6. The interpolation and its
    safeguards are those of SciPy's ``line_search``, save that a trial keeps its distance from both ends
    in an interval that runs backwards too, and that SciPy gives up after those ten trials.
    """
    c1, c2 = float(number("c1", c1)), float(number("c2", c2))
    if not 0 < c1 < c2 < 1:
        raise ValueError(f"c1 and c2 must satisfy 0 < c1 < c2 < 1, got c1 = {c1!r}, c2 = {c2!r}")
    most = whole("most", most, least=1)
    lr = above_zero("lr", lr)
    line = _Line(f, grad, w, direction)
    phi, dphi, start, slope = line.phi, line.dphi, line.start, line.slope

    noise = NOISE * abs(start)  # a difference of two losses is no better known than that

    def has_fallen(lr: float, value: float, least: float) -> bool:
        return value <= start + c1 * lr * slope + noise and value < least + noise

    def is_flat(slope_there: float) -> bool:
        return abs(slope_there) <= -c2 * slope

    low, low_value, low_slope = 0.0, start, slope
    for i in range(most):
        value = phi(lr)
        if not has_fallen(lr, value, low_value):
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
        lr = 2 * lr if i + 1 < PATIENCE else _far(lr, slope, slope_there)
    raise LineSearchFailed(
        f"the loss still falls steeply at lr = {low:.3g}, after {most} trials: "
        "it may have no minimum in this direction; if it has, start with a larger lr"
    )


def _far(lr: float, slope: float, slope_there: float) -> float:
    """Where the line through two slopes is 0; at least 2 and at most 1000 times as far as ``lr``."""
    bend = slope_there - slope
    return lr * min(max(2.0, -slope / bend), 1000.0) if bend > 0 else 1000 * lr


def _zoom(
    phi: Callable[[float], float],
    dphi: Callable[[float], float],
    has_fallen: HasFallen,
    is_flat: Callable[[float], bool],
    low: tuple[float, float, float],
    high: tuple[float, float],
    start: float,
    most: int,
) -> float:
    """Shrink the interval between ``low`` (η, value, slope) and ``high`` (η, value) onto a good step.

    ``low`` is the better end: it has fallen enough, and its slope points to ``high``.
    """
    last = (0.0, start)  # the end given up last: a third point for the cubic
    for i in range(most + 1):
        if i <= PATIENCE:
            lr = _trial(low, high, last if i > 0 else None)
        else:
            lr = sqrt(low[0]) * sqrt(high[0]) or max(low[0], high[0]) / 1000
        value = phi(lr)
        if not has_fallen(lr, value, low[1]):
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


def _trial(
    low: tuple[float, float, float], high: tuple[float, float], last: tuple[float, float] | None
) -> float:
    """Where to look next: well inside the interval, by a cubic, a parabola, or in the middle."""
    (a, value_a, slope_a), (b, value_b) = low, high

    if last is not None:
        cubic = cubic_minimum(a, value_a, slope_a, b, value_b, *last)
        if _inside(cubic, a, b, 0.2):
            return cubic
    parabola = parabola_minimum(a, value_a, slope_a, b, value_b)
    return parabola if _inside(parabola, a, b, 0.1) else a + 0.5 * (b - a)


def _inside(lr: float | None, a: float, b: float, share: float) -> TypeGuard[float]:
    """Whether the trial is a number that keeps away from both ends, by a share of the interval."""
    margin = share * abs(b - a)
    return lr is not None and min(a, b) + margin <= lr <= max(a, b) - margin


def parabola_minimum(a: float, value_a: float, slope_a: float, b: float, value_b: float) -> float | None:
    """Where the parabola with value and slope at ``a``, and value at ``b``, is least; or None."""
    width = b - a
    bend = (value_b - value_a - slope_a * width) / (width * width)
    return a - slope_a / (2 * bend) if isfinite(bend) and bend > 0 else None


def cubic_minimum(
    a: float, value_a: float, slope_a: float, b: float, value_b: float, c: float, value_c: float
) -> float | None:
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


def exact(A: Any) -> Callable[..., float]:
    r"""The line search that is exact on a quadratic with Hessian $A$ of shape ``(n, n)``.

    $$\eta = -\frac{g^\top d}{d^\top A\,d}$$

    Returns a line search. It raises LineSearchFailed where the curvature $d^\top A d$ is not positive:
    there the quadratic has no minimum along $d$, and NotADescentDirection as all do. Raises TypeError or
    ValueError unless ``A`` is a symmetric matrix of finite numbers. Source: Cauchy 1847 had the idea.
    """
    A = symmetric("A", finite_reals("A", A), within=1e-10)

    def search(f: Any, grad: Any, w: ArrayLike, direction: ArrayLike, lr: float = 1.0) -> float:
        line = _Line(f, grad, w, direction)
        d = line.d.ravel()
        if d.shape != A.shape[:1]:
            raise ValueError(f"direction must have shape {A.shape[:1]}, as A has it, got {line.d.shape}")
        curvature = d @ A @ d
        if not curvature > 0:
            raise LineSearchFailed(
                f"the curvature along the direction is {curvature:.3g}, and must be positive: A is not "
                "positive definite"
            )
        return float(-line.slope / curvature)

    return search


class _Line:
    """The loss along a direction that goes downhill, as a function of one number."""

    def __init__(self, f: Any, grad: Any, w: Any, direction: Any) -> None:
        self.w, self.d = finite_reals("w", w), finite_reals("direction", direction)
        if self.d.shape != self.w.shape:
            raise ValueError(f"direction must have the shape of w, {self.w.shape}, got {self.d.shape}")
        number = self.w.ndim == 0
        self.f, self.grad = Callback("f", f, (), number), Callback("grad", grad, self.w.shape, number)
        self.start, self.slope = self.f(self.w), self.dphi(0.0)
        if not (isfinite(self.start) and isfinite(self.slope)):
            raise ValueError(
                f"w must have a finite loss and slope, got {shown(w)} with loss {self.start!r}, "
                f"slope {self.slope!r}"
            )
        if not self.slope < 0:
            raise NotADescentDirection(
                f"direction must point downhill, got one with slope {self.slope:.3g}: -grad(w) always does"
            )

    def at(self, lr: float) -> Array:
        with np.errstate(over="ignore"):
            return self.w + lr * self.d

    def moves(self, lr: float) -> bool:
        """Whether the step is long enough to change any of the parameters."""
        return bool(np.any(self.at(lr) != self.w))

    def phi(self, lr: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):  # a trial too far is no step, and no trouble
            value = self.f(self.at(lr))
        return value if isfinite(value) else np.inf

    def dphi(self, lr: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.vdot(self.grad(self.at(lr)), self.d))


def _fraction(name: str, value: Any) -> float:
    return float(number_that(name, value, lambda x: 0 < x < 1, "lie between 0 and 1"))
