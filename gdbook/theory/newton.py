r"""Where Newton's method converges on $\log\cosh x$."""

from __future__ import annotations

from math import sinh


def newton_log_cosh_limit() -> float:
    r"""Newton's method on $\log\cosh x$ converges if and only if $|x_0|$ is below this.

    A step leads from $x$ to $x - \tfrac12\sinh 2x$. At the limit that is $-x$, and the iterates jump
    between the two for ever: the positive root of $\sinh 2x = 4x$, found by halving an interval.
    """
    low, high = 1.0, 2.0
    middle = (low + high) / 2
    while low < middle < high:
        low, high = (middle, high) if sinh(2 * middle) < 4 * middle else (low, middle)
        middle = (low + high) / 2
    return low
