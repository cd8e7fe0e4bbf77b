"""Nesterov's momentum on a quadratic: limit, rate, and two ways to set it.

In a direction of curvature λ the error follows
$z^2 - (1 + \\beta)(1 - \\eta\\lambda) z + \\beta (1 - \\eta\\lambda) = 0$.
"""

from __future__ import annotations

from math import sqrt

from gdbook.checks.curvatures import formula, momentum_share, ordered
from gdbook.checks.numbers import above_zero, not_negative, number, positive


@formula(momentum=momentum_share, L=above_zero)
def nesterov_limit(momentum: float, L: float) -> float:
    r"""Nesterov's momentum converges for $0 < \eta < (2 + 2\beta)/((1 + 2\beta) L)$: this limit.

    With β near 1 it is two thirds of gradient descent's. Source: Cohen et al. 2021, appendix B.
    """
    return (2 + 2 * momentum) / ((1 + 2 * momentum) * positive("L", L))


@formula(lr=not_negative, momentum=momentum_share, curvature=number)
def nesterov_factor(lr: float, momentum: float, curvature: float) -> float:
    r"""Rate in a direction of curvature λ: the size of the larger root.

    With $a = 1 - \eta\lambda$ the roots have sum $(1 + \beta) a$ and product $\beta a$. Source: Lessard,
    Recht, Packard 2016.
    """
    a = 1 - lr * curvature
    middle = (1 + momentum) * a
    discriminant = middle * middle - 4 * momentum * a
    if discriminant < 0:
        return sqrt(momentum * a)
    return (abs(middle) + sqrt(discriminant)) / 2


@formula(lr=not_negative, momentum=momentum_share, mu=above_zero, L=above_zero)
def nesterov_rate(lr: float, momentum: float, mu: float, L: float) -> float:
    r"""Rate of Nesterov's momentum: the largest root, in size, over the curvatures between μ and L.

    The size falls as $\eta\lambda$ goes from 0 to 1 and grows beyond it, so the two ends decide.
    Source: Lessard, Recht, Packard 2016.
    """
    ordered(mu, L)
    return max(nesterov_factor(lr, momentum, mu), nesterov_factor(lr, momentum, L))


@formula(mu=above_zero, L=above_zero)
def nesterov_standard(mu: float, L: float) -> tuple[float, float]:
    r"""``(lr, momentum)`` of the textbooks, for strongly convex functions.

    $\eta = 1/L$ and $\beta = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$, with rate $1 - 1/\sqrt\kappa$ on a
    quadratic. Source: Nesterov 2004.
    """
    ordered(mu, L)
    root_mu, root_L = sqrt(mu), sqrt(L)
    return 1 / L, (root_L - root_mu) / (root_L + root_mu)


@formula(mu=above_zero, L=above_zero)
def nesterov_best(mu: float, L: float) -> tuple[float, float]:
    r"""``(lr, momentum)`` for the best rate of Nesterov's momentum on a quadratic.

    $\eta = 4/(3L + \mu)$ and $\beta = (\sqrt{3\kappa + 1} - 2)/(\sqrt{3\kappa + 1} + 2)$, with rate
    $1 - 2/\sqrt{3\kappa + 1}$. Source: Lessard, Recht, Packard 2016.
    """
    ordered(mu, L)
    root = sqrt(3 * L / mu + 1)
    return 4 / (3 * L + mu), max(root - 2, 0.0) / (root + 2)  # rounding, where κ is 1
