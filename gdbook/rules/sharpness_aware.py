"""Sharpness-aware minimisation, which changes where the gradient is taken, and no rule."""

from __future__ import annotations

from gdbook.checks.numbers import rate, shown
from gdbook.numeric import sqrt, total

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable

    from gdbook.types import T


def sam(grad: Callable[[T], T], rho: float = 0.05) -> Callable[[T], T]:
    r"""The gradient function that looks from the worst point nearby, for any rule.

    $$g^{\text{SAM}}(w) = \nabla f\Bigl( w + \rho\, \frac{\nabla f(w)}{\|\nabla f(w)\|} \Bigr)$$

    ``descend(sam(f.grad), w0, rule=sgd)``: each step takes two gradients. ``rho`` is ρ, a distance in
    the units of ``w``; 0 is plain descent. The norm is over all elements of one array; where it is 0
    the gradient is 0 too. Raises TypeError or ValueError for a ``grad`` that is no function (such as
    one gradient) or a ``rho`` that is negative or not finite. Source: Foret, Kleiner, Mobahi, Neyshabur
    2021, equation 2 and Algorithm 1; default ρ as there.
    """
    if not callable(grad):
        raise TypeError(
            f"grad must be a function, such as f.grad, got {shown(grad)}"
        )
    rate("rho", rho)

    def from_the_worst_point_nearby(w: T) -> T:
        g = grad(w)
        norm = sqrt(total(g * g))
        return grad(w + rho / (norm + (norm == 0)) * g)

    return from_the_worst_point_nearby
