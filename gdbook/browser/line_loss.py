r"""The loss of a line as a function of two numbers, from five means of the data.

The mean squared error of $y \approx wx + b$ is a quadratic in $(w, b)$. Once
$\overline{x}$, $\overline{x^2}$, $\overline{xy}$, $\overline{y}$ and $\overline{y^2}$ are known,
the points are needed no more: a bar is a mean over them. ``gdbook.linear`` has the same loss for
any number of features, from the points themselves.
"""

from __future__ import annotations

from math import atan2, cos, fsum, hypot, sin

from gdbook.checks.numbers import finite, listed
from gdbook.functions import Function
from gdbook.numeric import vector

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gdbook.types import Array, Vector


def _numbers(name: str, values: Any) -> list[float]:
    return [float(finite(name, value)) for value in listed(name, values)]


class LineLoss(Function):
    r"""The mean squared error of the line $wx + b$ on points ``(x, y)``, as a function of $(w, b)$.

    $L(w, b) = \overline{(wx + b - y)^2}$, multiplied out. Beside what every function has:

    - ``curvatures``: the eigenvalues of its Hessian, the smaller first;
    - ``directions``: the unit vector $(w, b)$ of each, along which the loss is a parabola.

    ``domain`` and ``start`` suit points near $y = 2x + 1$. Source: Legendre 1805, Gauss 1809.
    Raises ValueError if fewer than two different ``x`` leave the line undetermined.
    """

    dim = 2
    tex = r"\overline{(wx + b - y)^2}"
    domain = ((-1.0, 5.0), (-0.6, 2.6))
    start = (0.0, 0.0)

    def __init__(self, x: Sequence[float] | Array, y: Sequence[float] | Array) -> None:
        x, y = _numbers("x", x), _numbers("y", y)
        if len(x) != len(y):
            raise ValueError(f"y must hold a number for each of x, {len(x)}, got {len(y)}")
        points = list(zip(x, y, strict=True))
        if len({a for a, _ in points}) < 2:
            raise ValueError(f"x must hold at least two different numbers, got {x!r}")
        n = len(points)
        self.x, self.y = fsum(a for a, _ in points) / n, fsum(b for _, b in points) / n
        self.xx, self.yy = fsum(a * a for a, _ in points) / n, fsum(b * b for _, b in points) / n
        self.xy = fsum(a * b for a, b in points) / n
        w = (self.xy - self.x * self.y) / (self.xx - self.x * self.x)
        self.minima = ((w, self.y - w * self.x),)
        # The Hessian is ((2x², 2x), (2x, 2)) with bars: its axes are turned by this angle.
        middle, radius = self.xx + 1, hypot(self.xx - 1, 2 * self.x)
        angle = atan2(2 * self.x, self.xx - 1) / 2
        self.curvatures = (middle - radius, middle + radius)
        self.directions = ((-sin(angle), cos(angle)), (cos(angle), sin(angle)))

    def value(self, theta: Vector) -> Any:
        w, b = theta
        squares = w * w * self.xx + 2 * w * b * self.x + b * b
        return squares - 2 * (w * self.xy + b * self.y) + self.yy

    def grad(self, theta: Vector) -> Array:
        w, b = theta
        return vector(2 * (w * self.xx + b * self.x - self.xy), 2 * (w * self.x + b - self.y))

    def hess(self, theta: Vector) -> Array:
        w, b = theta
        one, zero = 1.0 + 0 * w, 0.0 * b
        off = 2 * self.x * one
        return vector(vector(2 * self.xx * one, off), vector(off, 2 * one + zero))
