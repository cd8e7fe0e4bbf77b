r"""Descent in infinitely small steps, and the loss whose flow real steps follow more closely."""

from __future__ import annotations

from gdbook.checks.curvatures import formula, gradient, start
from gdbook.checks.numbers import not_negative, shown, whole
from gdbook.functions import Function
from gdbook.numeric import vector

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Numbers


@formula(grad=gradient, w0=start, time=not_negative, steps=whole)
def gradient_flow(grad: Callable[[Any], Any], w0: Numbers, time: float, steps: int = 1000) -> list[Any]:
    r"""The solution of $\dot w = -\nabla f(w)$ from ``w0``, at ``steps + 1`` even times from 0 to ``time``.

    By the classical Runge–Kutta method of order four. Gradient descent is Euler's method for the same
    equation: its step $t$ belongs to the time $\eta t$. Where ``time / steps`` is too long for the
    curvature the points overflow. Source: Kutta 1901.
    """
    h = time / whole("steps", steps, least=1)
    w, points = w0, [w0]
    for _ in range(steps):
        k1 = -grad(w)
        k2 = -grad(w + h / 2 * k1)
        k3 = -grad(w + h / 2 * k2)
        k4 = -grad(w + h * k3)
        w = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        points.append(w)
    return points


class ModifiedLoss(Function):
    r"""The loss $f + \frac\eta4 \lVert \nabla f \rVert^2$, whose flow gradient descent follows more closely.

    Its gradient is $\nabla f + \frac\eta2 H \nabla f$, with $H$ the Hessian of f. One step of gradient
    descent on f and the flow of this loss for a time η part by a distance of order $\eta^3$; from the
    flow of f itself by one of order $\eta^2$. Source: Barrett, Dherin 2021.
    """

    def __init__(self, f: Function, lr: float) -> None:
        if not all(hasattr(f, name) for name in ("dim", "value", "grad", "hess")):
            raise TypeError(f"f must be a function as those of gdbook.functions, got {shown(f)}")
        self.f = f
        self.lr = not_negative("lr", lr)
        self.dim = f.dim

    def value(self, w: Any) -> Any:
        g = self.f.grad(w)
        square = g * g if self.dim == 1 else g[0] * g[0] + g[1] * g[1]
        return self.f.value(w) + self.lr / 4 * square

    def grad(self, w: Any) -> Any:
        g, hess = self.f.grad(w), self.f.hess(w)
        if self.dim == 1:
            return g + self.lr / 2 * hess * g
        return vector(*(g[i] + self.lr / 2 * (hess[i][0] * g[0] + hess[i][1] * g[1]) for i in range(2)))


modified_loss = ModifiedLoss
"""The loss whose flow gradient descent follows more nearly than its own: see ``ModifiedLoss``."""
