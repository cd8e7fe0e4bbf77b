r"""The largest curvature of a loss at a point, without ever writing down the Hessian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import reals
from gdbook.checks.numbers import called, function, not_negative, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from gdbook.types import Array


def sharpness(
    times_hessian: Callable[[Array], Array], v: Array, tolerance: float = 1e-3, most: int = 200
) -> tuple[float, Array]:
    r"""The largest eigenvalue of the Hessian by power iteration, and its direction: ``(float, vector)``.

    $$v \leftarrow \frac{Hv}{\lVert Hv \rVert} \qquad S = v^\top H v$$

    ``times_hessian(v)`` is the product $Hv$, such as ``lambda v: hvp(f, w, v)`` with
    ``gdbook.autodiff.hvp``; it costs a few gradients, however many parameters there are. ``v``, of
    shape ``(n,)``, is where to begin: a random direction, or the one found at the last point. It goes on
    until the value changes by less than ``tolerance`` of itself, for ``most`` rounds at the most. That
    finds the eigenvalue largest in size; if it is negative, where the loss bends down more than up, a
    second search with $H$ shifted up by its size finds the largest.

    Raises ValueError where ``v`` is 0 or not finite, or where $Hv$ is not finite.
    Source: von Mises, Pollaczek-Geiringer 1929.
    """
    function("times_hessian", times_hessian)
    tolerance, most = not_negative("tolerance", tolerance), whole("most", most, least=1)
    v = reals("v", v)
    if v.ndim != 1:
        raise ValueError(f"v must have shape (n,), got shape {v.shape}")
    size = np.linalg.norm(v)
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"v must be a direction, finite and not 0, got one of length {size}")

    def times(u: Array) -> Array:
        product = reals("what times_hessian returns", called("times_hessian", times_hessian, u.copy()))
        if product.shape != u.shape:
            raise ValueError(f"times_hessian must return the shape of v, {u.shape}, got {product.shape}")
        return product

    value, found = _largest_in_size(times, v / size, tolerance, most)
    if value >= 0:
        return value, found
    above, found = _largest_in_size(lambda u: times(u) - value * u, v / size, tolerance, most)
    return value + above, found


def _largest_in_size(
    times_matrix: Callable[[Array], Array], v: Array, tolerance: float, most: int
) -> tuple[float, Array]:
    value = 0.0
    for _ in range(most):
        turned = times_matrix(v)
        last, value = value, float(v @ turned)
        size = np.linalg.norm(turned)
        if not np.isfinite(size):
            raise ValueError("times_hessian must give finite numbers: has the run diverged?")
        if size == 0 or abs(value - last) <= tolerance * abs(value):
            break
        v = turned / size
    return value, v
