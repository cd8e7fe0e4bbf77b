"""Gradient descent on a quadratic: limit, best rate, factors, exact line search; from rates to steps."""

from __future__ import annotations

from math import ceil, log

from gdbook.checks.curvatures import between, condition, formula, ordered
from gdbook.checks.numbers import above_zero, not_negative, number, positive


@formula(L=above_zero)
def gd_limit(L: float) -> float:
    r"""Gradient descent converges for $0 < \eta < 2/L$: this limit. Source: Polyak 1987."""
    return 2 / positive("L", L)


@formula(mu=above_zero, L=above_zero)
def gd_best_lr(mu: float, L: float) -> float:
    r"""The η that makes gradient descent fastest, $2/(\mu + L)$. Source: Polyak 1987."""
    ordered(mu, L)
    return 2 / (mu + L)


@formula(lr=not_negative, curvature=number)
def gd_factor(lr: float, curvature: float) -> float:
    r"""What a step multiplies the error by in a direction of curvature λ: $1 - \eta\lambda$.

    Where it is negative the error changes sides; beyond ±1 it grows. Source: Polyak 1987.
    """
    return 1 - lr * curvature


@formula(lr=not_negative, mu=above_zero, L=above_zero)
def gd_rate(lr: float, mu: float, L: float) -> float:
    r"""Rate of gradient descent, $\max(|1 - \eta\mu|, |1 - \eta L|)$. Source: Polyak 1987."""
    ordered(mu, L)
    return max(abs(1 - lr * mu), abs(1 - lr * L))


@formula(mu=above_zero, L=above_zero)
def gd_best_rate(mu: float, L: float) -> float:
    r"""Rate at the best η, $(\kappa - 1)/(\kappa + 1)$. Source: Polyak 1987."""
    ordered(mu, L)
    return (L - mu) / (L + mu)


@formula(kappa=condition)
def exact_line_search_factor(kappa: float) -> float:
    r"""Each step of gradient descent with exact line search shrinks the error by this, from the worst start.

    $$\frac{\kappa - 1}{\kappa + 1}$$

    On $\tfrac12(x^2 + \kappa y^2)$ from $(\kappa, 1)$ both coordinates shrink by exactly this, and y
    changes sign at each step; the loss shrinks by its square. It is also the rate of the best fixed
    rate, ``gd_best_rate``: the search finds the rate, and no more.
    Source: Boyd, Vandenberghe 2004, section 9.3.
    """
    return (kappa - 1) / (kappa + 1)


@formula(fraction=number, rate=number)
def steps_to(fraction: float, rate: float) -> int:
    r"""How many steps shrink a distance to ``fraction`` of itself, at a rate below 1.

    The least $t$ with $\rho^t \le$ ``fraction``, by definition of ρ: $\lceil \ln f / \ln \rho \rceil$.
    Raises ValueError unless both are between 0 and 1.
    """
    between("rate", rate, " for a run that converges")
    between("fraction", fraction)
    return ceil(log(fraction) / log(rate))
