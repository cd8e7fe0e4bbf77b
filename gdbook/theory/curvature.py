"""Curvatures of a loss, from its Hessian."""

from __future__ import annotations

from math import sqrt

from gdbook.checks.curvatures import formula, symmetric, two_by_two
from gdbook.checks.numbers import above_zero, not_negative

try:
    import numpy as np
except ImportError:  # the two by two formulas do without
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gdbook.types import Array, Numbers


@formula(hess=two_by_two)
def largest_curvature(hess: Array | Sequence[Sequence[float]]) -> float:
    r"""The larger eigenvalue of a Hessian with $a$ and $d$ on the diagonal and $b$ beside it.

    $\tfrac12 (a + d) + \sqrt{\tfrac14 (a - d)^2 + b^2}$, the larger root of the characteristic polynomial.
    ``hess`` is two rows of two numbers, and symmetric, else ValueError.
    """
    a, b, d = hess[0][0], hess[0][1], hess[1][1]
    half = (a - d) / 2
    return (a + d) / 2 + sqrt(half * half + b * b)


@formula(rise=not_negative, curvature=above_zero)
def half_axis(rise: float, curvature: float) -> float:
    r"""How far from its minimum a parabola of curvature λ has risen by $r$: $\sqrt{2r/\lambda}$.

    Solves $\tfrac12 \lambda x^2 = r$. The contour lines of a quadratic are ellipses, with one such half-axis
    for each eigenvalue.
    """
    return sqrt(2 * rise / curvature)


@formula(hess=symmetric)
def condition_number(hess: Numbers) -> float:
    r"""The condition number κ of a Hessian at a minimum: its largest eigenvalue over its smallest.

    ``hess`` is symmetric, of shape ``(n, n)``. Raises ValueError unless all eigenvalues are positive. Source:
    Turing 1948, who named it; here in the 2-norm.
    """
    curvatures = np.linalg.eigvalsh(np.asarray(hess, float))
    low, high = curvatures[0], curvatures[-1]
    if low <= 0:
        raise ValueError(f"hess must have positive eigenvalues only, got one of {low:g}: this is no minimum")
    return float(high / low)
