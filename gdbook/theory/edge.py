r"""The edge of stability: the sharpness that a rule can stand at a given η.

*Sharpness* is the largest curvature, the largest eigenvalue of the Hessian. These are the limits of
``gd_limit`` and its kin, read the other way: not η for a curvature, but the curvature for an η.
Source: Cohen et al. 2021 (first three), 2022 (Adam).
"""

from __future__ import annotations

from gdbook.checks.curvatures import formula, momentum_share
from gdbook.checks.numbers import above_zero, positive, share
from gdbook.functions import Function
from gdbook.numeric import vector

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Array, Vector


@formula(lr=above_zero)
def gd_edge(lr: float) -> float:
    r"""Gradient descent is stable where the sharpness is below $2/\eta$. Source: Cohen et al. 2021."""
    return 2 / positive("lr", lr)


@formula(lr=above_zero, momentum=momentum_share)
def momentum_edge(lr: float, momentum: float) -> float:
    r"""The heavy ball is stable where the sharpness is below $(2 + 2\beta)/\eta$.

    Source: Cohen et al. 2021, appendix B.
    """
    return (2 + 2 * momentum) / positive("lr", lr)


@formula(lr=above_zero, momentum=momentum_share)
def nesterov_edge(lr: float, momentum: float) -> float:
    r"""Nesterov's momentum is stable where the sharpness is below $(2 + 2\beta)/((1 + 2\beta)\,\eta)$.

    Source: Cohen et al. 2021, appendix B.
    """
    return (2 + 2 * momentum) / ((1 + 2 * momentum) * positive("lr", lr))


@formula(lr=above_zero, beta1=share)
def adam_edge(lr: float, beta1: float = 0.9) -> float:
    r"""Adam is stable where the *preconditioned* sharpness is below $(2 + 2\beta_1)/((1 - \beta_1)\,\eta)$.

    $38/\eta$ for $\beta_1 = 0.9$. Preconditioned means: the largest eigenvalue of the Hessian with each
    row divided by $\sqrt{\hat v} + \epsilon$. Derived for $\hat v$ at rest: then Adam is a heavy ball
    whose velocity is an average, with $1 - \beta_1$ in front of the gradient. Source: Cohen et al. 2022.
    """
    return (2 + 2 * beta1) / ((1 - beta1) * positive("lr", lr))


class ScalarNet(Function):
    r"""A network of four layers with one weight each, in two equal pairs, that should multiply by 1.

    $f(x, y) = \tfrac12 (x^2 y^2 - 1)^2$. Its minima are the curve $xy = 1$ (and $xy = -1$), where the
    sharpness is $4 (x^2 + y^2)$: flattest at (1, 1), sharper the further the weights differ. A smaller
    cousin of one in a paper. Source: Zhu et al. 2023.
    """

    dim = 2
    tex = r"\tfrac12 (x^2 y^2 - 1)^2"
    domain = ((0.0, 2.6), (0.0, 1.6))
    minima = ((1.0, 1.0),)
    start = (2.0, 0.1)

    def value(self, w: Vector) -> Any:
        x, y = w
        return (x * x * y * y - 1) ** 2 / 2

    def grad(self, w: Vector) -> Array:
        x, y = w
        error = x * x * y * y - 1
        return vector(2 * error * x * y * y, 2 * error * x * x * y)

    def hess(self, w: Vector) -> Array:
        x, y = w
        off = 8 * x**3 * y**3 - 4 * x * y
        return vector(vector(6 * x**2 * y**4 - 2 * y**2, off), vector(off, 6 * x**4 * y**2 - 2 * x**2))


scalar_net = ScalarNet()
"""The smallest network with an edge of stability, as a loss: a ``ScalarNet``."""
