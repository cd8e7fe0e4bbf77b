r"""How far from the least loss any convex function can keep a method after $k$ steps.

The loss is convex and smooth: its curvature is nowhere above $L$, and may be 0. $R$ is the distance
from the start to a minimum. These bounds fall like $1/k$ or $1/k^2$, more slowly than any rate below 1
to the power of $k$: there is no $\mu$ to rely on.
"""

from __future__ import annotations

from math import sqrt

from gdbook.checks.curvatures import formula, gradient, ordered, start
from gdbook.checks.numbers import above_zero, not_negative, positive, whole
from gdbook.functions import Function

try:
    import numpy as np
except ImportError:  # the formulas do without
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Array, Numbers, T


@formula(L=above_zero, R=not_negative, steps=whole)
def gd_bound(L: float, R: float, steps: int) -> float:
    r"""Gradient descent with $\eta = 1/L$: $f(x_N) - f^* \le L R^2 / (4N + 2)$, and no less is true.

    ``SteepHuber`` attains it. Source: Drori, Teboulle 2014.
    """
    return positive("L", L) * R * R / (4 * steps + 2)


@formula(L=above_zero, R=not_negative, steps=whole)
def nesterov_bound(L: float, R: float, steps: int) -> float:
    r"""Nesterov's method for convex losses, ``accelerated``: $f(x_k) - f^* \le 2 L R^2 / (k + 1)^2$.

    Source: Nesterov 1983; in this form Beck, Teboulle 2009.
    """
    return 2 * positive("L", L) * R * R / ((steps + 1) * (steps + 1))


@formula(L=above_zero, R=not_negative, steps=whole)
def lower_bound(L: float, R: float, steps: int) -> float:
    r"""What no first-order method is sure to beat: $f(x_k) - f^* \ge 3 L R^2 / (32 (k + 1)^2)$.

    For methods whose steps are sums of the gradients seen so far. For each $k$ there is a loss that
    keeps all of them at least as far away: ``WorstQuadratic`` of dimension $n = 2k + 1$ or more. Source:
    Nesterov 2004, theorem 2.1.7.
    """
    return 3 * positive("L", L) * R * R / (32 * (steps + 1) * (steps + 1))


@formula(mu=above_zero, L=above_zero)
def least_rate(mu: float, L: float) -> float:
    r"""The best rate that a first-order method can have on all quadratics of curvatures μ to L.

    $(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$, in high dimensions: the rate of ``momentum_best``. Source:
    Nesterov 2004, theorem 2.1.13.
    """
    ordered(mu, L)
    return (sqrt(L) - sqrt(mu)) / (sqrt(L) + sqrt(mu))


class SteepHuber(Function):
    r"""The Huber function on which $N$ steps of gradient descent with $\eta = 1/L$ do worst.

    $\tfrac12 L x^2$ for $|x| \le \delta$ and $L\delta|x| - \tfrac12 L\delta^2$ beyond, with
    $\delta = R/(2N + 1)$: from $R$ each step goes δ, and N of them never leave the slope. Source:
    Drori, Teboulle 2014.
    """

    tex = r"\tfrac12 L x^2 \text{ if } |x| \le \delta, \text{ else } L\delta|x| - \tfrac12 L\delta^2"
    minima = (0.0,)

    def __init__(self, L: float, R: float, steps: int) -> None:
        self.L = above_zero("L", L)
        self.start = above_zero("R", R)
        self.delta = self.start / (2 * whole("steps", steps) + 1)
        self.domain = (-1.2 * self.start, 1.2 * self.start)

    def value(self, x: T) -> T:
        inside = abs(x) <= self.delta
        beyond = self.L * self.delta * (abs(x) - self.delta / 2)
        return inside * self.L * x * x / 2 + (abs(x) > self.delta) * beyond

    def grad(self, x: T) -> T:
        inside, edge = abs(x) <= self.delta, self.L * self.delta
        return inside * self.L * x + (x > self.delta) * edge - (x < -self.delta) * edge

    def hess(self, x: T) -> T:
        return self.L * (abs(x) <= self.delta) + 0 * x


class WorstQuadratic:
    r"""Nesterov's worst function in the world: each gradient tells of one more coordinate only.

    $$f(x) = \tfrac L8 \Bigl(x_1^2 + \textstyle\sum_i (x_i - x_{i+1})^2 + x_n^2\Bigr) - \tfrac L4 x_1$$

    ``x`` has shape ``(n,)``; the start is 0. The curvatures lie between 0 and $L$. ``minimum`` is the
    point $x_i = 1 - i/(n + 1)$, ``least`` the loss there, ``distance`` how far it is from the start.
    Source: Nesterov 2004, section 2.1.2.
    """

    def __init__(self, n: int, L: float = 1.0) -> None:
        self.n = n = whole("n", n, least=1)
        self.L = L = above_zero("L", L)
        self.start = np.zeros(n)
        self.minimum = 1 - np.arange(1, n + 1) / (n + 1)
        self.least = -L / 8 * n / (n + 1)
        self.distance = float(np.linalg.norm(self.minimum))

    def _point(self, x: Any) -> Array:
        x = start("x", x)
        if np.shape(x) != (self.n,):
            raise ValueError(f"x must have shape {(self.n,)}, got shape {np.shape(x)}")
        return x

    def __call__(self, x: Numbers) -> float:
        x = self._point(x)
        return self.L / 4 * ((x[0] ** 2 + np.sum(np.diff(x) ** 2) + x[-1] ** 2) / 2 - x[0])

    def grad(self, x: Numbers) -> Array:
        x = self._point(x)
        g = 2 * x
        g[1:] -= x[:-1]
        g[:-1] -= x[1:]
        g[0] -= 1
        return self.L / 4 * g

    def hess(self, x: Numbers) -> Array:
        self._point(x)
        return self.L / 4 * (2 * np.eye(self.n) - np.eye(self.n, k=1) - np.eye(self.n, k=-1))

    def floor(self, steps: int) -> float:
        r"""The least $f(x_k) - f^*$ with only the first $k$ coordinates.

        $\frac L8 \bigl(\frac1{k+1} - \frac1{n+1}\bigr)$. A first-order method can have no other
        coordinates after $k < n$ steps from 0; after $n$ the bound is 0.
        """
        return self.L / 8 * max(1 / (whole("steps", steps) + 1) - 1 / (self.n + 1), 0.0)


@formula(grad=gradient, w0=start, L=above_zero, steps=whole)
def accelerated(grad: Callable[[Any], Any], w0: Numbers, L: float, steps: int) -> list[Any]:
    r"""Nesterov's method for convex losses, with momentum that grows: the points, ``steps + 1`` of them.

    $$\begin{aligned}
    x_{k+1} &= y_k - \tfrac1L \nabla f(y_k) \\
    t_{k+1} &= \tfrac12 \bigl(1 + \sqrt{1 + 4 t_k^2}\bigr) \\
    y_{k+1} &= x_{k+1} + \tfrac{t_k - 1}{t_{k+1}} (x_{k+1} - x_k)
    \end{aligned}$$

    From $y_0 = x_0$ and $t_0 = 1$; the points are the $x_k$, which overflow
    where L is too small. Source: Nesterov 1983; Beck, Teboulle 2009.
    """
    x = y = w0
    t, points = 1.0, [w0]
    for _ in range(whole("steps", steps)):
        before, x = x, y - grad(y) / L
        t_before, t = t, (1 + sqrt(1 + 4 * t * t)) / 2
        y = x + (t_before - 1) / t * (x - before)
        points.append(x)
    return points
