"""Gradient descent on a quadratic: limit, best rate, factors."""

from __future__ import annotations

from gdbook.check import above_zero, not_negative, number, positive
from gdbook.theory.given import formula, ordered


@formula(L=above_zero)
def gd_limit(L: float) -> float:
    r"""Gradient descent converges for $0 < \eta < 2/L$: this limit."""
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
    r"""Rate of gradient descent, $\max(|1 - \eta\mu|, |1 - \eta L|)$."""
    ordered(mu, L)
    return max(abs(1 - lr * mu), abs(1 - lr * L))


@formula(mu=above_zero, L=above_zero)
def gd_best_rate(mu: float, L: float) -> float:
    r"""Rate at the best η, $(\kappa - 1)/(\kappa + 1)$."""
    ordered(mu, L)
    return (L - mu) / (L + mu)
