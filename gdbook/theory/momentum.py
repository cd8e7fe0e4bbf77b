"""The heavy ball on a quadratic: limit, roots, rates, regimes."""

from __future__ import annotations

from math import sqrt

from gdbook.checks.curvatures import formula, momentum_share, ordered
from gdbook.checks.numbers import above_zero, not_negative, number, positive


@formula(momentum=momentum_share, L=above_zero)
def momentum_limit(momentum: float, L: float) -> float:
    r"""The heavy ball converges for $0 < \eta < 2(1 + \beta)/L$: this limit. Source: Polyak 1964."""
    return 2 * (1 + momentum) / positive("L", L)


@formula(lr=not_negative, momentum=momentum_share, mu=above_zero, L=above_zero)
def momentum_rate(lr: float, momentum: float, mu: float, L: float) -> float:
    r"""Rate of the heavy ball: the largest root, in size, over the curvatures between μ and L.

    In a direction of curvature λ the error follows $z^2 - (1 + \beta - \eta\lambda) z + \beta = 0$.
    Where the roots are complex both have size $\sqrt\beta$; elsewhere the size is largest at an
    end of $[\mu, L]$, so the two ends decide. Source: Polyak 1964; Goh 2017.
    """
    ordered(mu, L)
    return max(heavy_ball_rate(lr, momentum, mu), heavy_ball_rate(lr, momentum, L))


@formula(lr=not_negative, momentum=momentum_share, curvature=number)
def heavy_ball_roots(
    lr: float, momentum: float, curvature: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    r"""Both roots of $z^2 - (1 + \beta - \eta\lambda) z + \beta$, each as (real, imaginary) part.

    In a direction of curvature λ the error of the heavy ball is a sum of their powers. Source:
    Polyak 1964.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if discriminant < 0:
        height = sqrt(-discriminant) / 2
        return (middle / 2, height), (middle / 2, -height)
    width = sqrt(discriminant)
    return ((middle + width) / 2, 0.0), ((middle - width) / 2, 0.0)


@formula(lr=not_negative, momentum=momentum_share, curvature=number)
def heavy_ball_rate(lr: float, momentum: float, curvature: float) -> float:
    r"""Rate of the heavy ball in a direction of curvature λ: the size of the larger root.

    Complex roots are conjugate, so the square of their size is their product, β: both have size
    $\sqrt\beta$. Source: Polyak 1964; Goh 2017.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if discriminant < 0:
        return sqrt(momentum)
    return (abs(middle) + sqrt(discriminant)) / 2


@formula(lr=not_negative, momentum=momentum_share, curvature=number)
def heavy_ball_regime(lr: float, momentum: float, curvature: float) -> str:
    """How the heavy ball moves in a direction of curvature λ, in one word.

    ``"diverges"``; ``"critical"`` where the two roots coincide; ``"spirals"`` where they are
    complex: it swings over several steps; ``"glides"`` where they are real and the larger is
    positive: in the end it keeps its side; ``"alternates"`` where that is negative: it changes
    sides at each step. Source: Goh 2017.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if heavy_ball_rate(lr, momentum, curvature) > 1 + 1e-12:  # exactly at the limit, rounding may exceed 1
        return "diverges"
    if abs(discriminant) < 1e-12:  # equal to six digits
        return "critical"
    if discriminant < 0:
        return "spirals"
    return "glides" if middle >= 0 else "alternates"


@formula(lr=not_negative, curvature=not_negative)
def critical_momentum(lr: float, curvature: float) -> float:
    r"""The least β whose roots are complex, $(1 - \sqrt{\eta\lambda})^2$: the fastest for this η and λ.

    Holds for $0 < \eta\lambda < 4$. Source: Goh 2017.
    """
    return (1 - sqrt(lr * curvature)) * (1 - sqrt(lr * curvature))


@formula(mu=above_zero, L=above_zero)
def momentum_best(mu: float, L: float) -> tuple[float, float]:
    r"""``(lr, momentum)`` for the best rate of the heavy ball.

    $\eta = \bigl(2/(\sqrt\mu + \sqrt L)\bigr)^2$ and
    $\beta = \bigl((\sqrt\kappa - 1)/(\sqrt\kappa + 1)\bigr)^2$, with rate $\sqrt\beta$. Source: Polyak 1964.
    """
    ordered(mu, L)
    root_mu, root_L = sqrt(mu), sqrt(L)
    step, part = 2 / (root_mu + root_L), (root_L - root_mu) / (root_L + root_mu)
    return step * step, part * part
