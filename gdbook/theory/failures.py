r"""Where good methods fail: Newton's from too far away, and the heavy ball on a loss that is no quadratic."""

from __future__ import annotations

from math import sinh

from gdbook.functions import Function

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import T


class Kinked(Function):
    r"""A smooth convex loss of one variable whose curvature is 25, then 1, then 25 again.

    $f'(x) = 25x$ for $x < 1$, $x + 24$ for $1 \le x < 2$, $25x - 24$ beyond. So $\mu = 1$ and $L = 25$,
    for which the best heavy ball on a quadratic is $\eta = \frac19$, $\beta = \frac49$. From 3.3 it ends in
    ``CYCLE``. Source: Lessard, Recht, Packard 2016. The curvature at 1 and 2, where it jumps, is that on
    the right.
    """

    tex = r"f'(x) = 25x \text{ below } 1,\; x + 24 \text{ to } 2,\; 25x - 24 \text{ beyond}"
    domain = (-3.0, 3.6)
    minima = (0.0,)
    start = 3.3

    def value(self, x: T) -> T:
        middle = (x >= 1) & (x < 2)
        return (
            (x < 1) * 25 * x * x / 2
            + middle * (x * x / 2 + 24 * x - 12)
            + (x >= 2) * (25 * x * x / 2 - 24 * x + 36)
        )

    def grad(self, x: T) -> T:
        middle = (x >= 1) & (x < 2)
        return (x < 1) * 25 * x + middle * (x + 24) + (x >= 2) * (25 * x - 24)

    def hess(self, x: T) -> T:
        return 25.0 - 24 * ((x >= 1) & (x < 2)) + 0 * x


kinked = Kinked()
"""The function on which the best heavy ball of a quadratic goes round for ever."""
# Where three steps of the heavy ball with η = 1/9, β = 4/9 lead back to, in this order.
CYCLE = (792 / 1225, -2208 / 1225, 2592 / 1225)
"""The three points between which it goes."""


def newton_log_cosh_limit() -> float:
    r"""Newton's method on $\log\cosh x$ converges if and only if $|x_0|$ is below this.

    A step leads from $x$ to $x - \tfrac12\sinh 2x$. At the limit that is $-x$, and the iterates jump
    between the two for ever: the positive root of $\sinh 2x = 4x$, found by halving an interval. Derived in
    the chapter on second order.
    """
    low, high = 1.0, 2.0
    middle = (low + high) / 2
    while low < middle < high:
        low, high = (middle, high) if sinh(2 * middle) < 4 * middle else (low, middle)
        middle = (low + high) / 2
    return low
