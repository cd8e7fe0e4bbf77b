"""A rule that divides by the curvature, from estimates of the Hessian's diagonal."""

from __future__ import annotations

from gdbook.checks.numbers import (
    called,
    function,
    generator,
    given,
    holds_reals,
    is_real,
    shown,
    whole,
)
from gdbook.numeric import maximum, minimum
from gdbook.rules.checked import checked

try:
    import numpy as np
except ImportError:  # a small Python, such as one that runs in a web page
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from gdbook.types import Array, Memory, Rule, T


@checked
def sophia(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.965,
    beta2: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 1e-4,
    gamma: float = 0.01,
    clip_threshold: float = 1.0,
    h: T | float | None = None,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of Sophia: a momentum over the curvature, cut off at ±1.

    $$\begin{aligned}
    m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\
    u_t &= \mathrm{clip}\left( \frac{\hat m_t}{\max(\gamma H_{t-1}, \epsilon)},\, 1 \right) \\
    w_{t+1} &= w_t - \eta\,(u_t + \lambda w_t) \\
    H_t &= \beta_2 H_{t-1} + (1 - \beta_2)\, h_t
    \end{aligned}$$

    with $\hat m_t = m_t / (1 - \beta_1^t)$. ``h`` is this step's estimate of the diagonal of the
    Hessian, a number or of the shape of ``w``; None keeps the last average, so an estimate is paid for
    only now and then. Where the curvature is small, negative or not known yet, the step is η times a
    sign. ``descend`` gives no ``h`` of its own: wrap the rule by ``sophia_with``. ``clip_threshold`` is
    the 1, ``weight_decay`` λ. State: $(m, H, t)$, zero before the first step. Source: Liu et al. 2024,
    Algorithm 3, which corrects no bias and takes $h_t$ in before the step; form and defaults are
    optax's, but for ``lr``, which it does not have.
    """
    m, hessian, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    step = m / (1 - beta1**t) / maximum(gamma * hessian, eps)
    step = minimum(maximum(step, -clip_threshold), clip_threshold)
    if h is not None:
        hessian = beta2 * hessian + (1 - beta2) * _diagonal(h, w)
    return w - lr * (step + weight_decay * w), (m, hessian, t)


def sophia_with(diagonal: Callable[[Any], Any], every: int = 10) -> Rule:
    """Sophia as a rule for ``descend``: each ``every`` steps ``diagonal(w)`` is its estimate ``h``.

        descend(f.grad, w0, rule=sophia_with(lambda w: np.diag(f.hess(w))), lr=0.01)

    ``diagonal`` returns a number or an array of the shape of ``w``: exact, or ``hutchinson``'s. Raises
    TypeError or ValueError for what is no function, and for an ``every`` that is not whole and at least
    1.
    """
    if not callable(diagonal):
        raise TypeError(
            f"diagonal must be a function of w, got {shown(diagonal)}"
        )
    every = whole("every", every, least=1)

    def rule(
        w: Any,
        g: Any,
        state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
        **hyper: Any,
    ) -> tuple[Any, Any]:
        h = None
        if state[2] % every == 0:
            h = diagonal(w.copy() if hasattr(w, "copy") else w)
        return sophia(w, g, state, h=h, **hyper)

    return rule


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(whole(name, n) for n in sizes)


@given(hvp=function, shape=_shape, rng=generator)
def hutchinson(
    hvp: Callable[[Array], Array],
    shape: int | Sequence[int],
    rng: np.random.Generator,
) -> Array:
    r"""An estimate of the Hessian's diagonal from one product with a vector of random signs: $z \odot Hz$.

    ``hvp(z)`` is the Hessian times z, of the given shape; ``rng`` a ``numpy.random.Generator``. The
    mean over all z is the diagonal, because $E\, z_i z_j$ is 1 for $i = j$ and else 0; for a diagonal
    Hessian each estimate is exact. Source: Hutchinson 1990; Bekas, Kokiopoulou, Saad 2007.
    """
    try:
        z = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    except (MemoryError, OverflowError, ValueError) as error:
        raise ValueError(
            f"shape must be so small that memory holds it, got {shape}"
        ) from error
    product = called("hvp", hvp, z.copy())
    if np.shape(product) != z.shape:
        raise ValueError(
            f"hvp must return the shape of z, {z.shape}, got {shown(product)}"
        )
    return z * _diagonal(product, z)


def _diagonal(h: Any, w: Any) -> Any:
    shape, wanted = getattr(h, "shape", ()), getattr(w, "shape", ())
    real = holds_reals(h.dtype) if hasattr(h, "dtype") else is_real(h)
    if not real or shape not in ((), wanted):
        raise ValueError(
            f"h must be a number or have the shape of w, {tuple(wanted)}, got {shown(h)}"
        )
    return h if hasattr(h, "shape") else float(h)
