r"""What is done to a gradient before the rule sees it: clipping, and weight decay.

``g`` and ``w`` are floats, or arrays of any shape of NumPy, torch or JAX; nothing changes its arguments.
A rule is wrapped by hand: ``grad=lambda w: clip_by_norm(loss_grad(w), 1.0)``.
"""

from __future__ import annotations

from gdbook.checks.numbers import given, holds_reals, is_real, not_negative, number, ordinary, shown
from gdbook.numeric import maximum, minimum, sqrt

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Arithmetic, T


def _gradient(name: str, g: Any) -> Any:
    """A number or an array of real numbers, in floating point where it is an array."""
    if isinstance(g, float):
        return g
    if is_real(ordinary(name, g)) and not hasattr(g, "shape"):
        return _float(name, g)
    if not hasattr(g, "shape") or not hasattr(g, "dtype") or not holds_reals(g.dtype):
        raise TypeError(f"{name} must be a number or an array of real numbers, got {shown(g)}")
    return g.astype(float) if getattr(g.dtype, "kind", "f") in ("i", "u") else g


def _float(name: str, g: Any) -> float:
    try:
        return float(g)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{name} must be within the range of floats, got {shown(g)}") from error


def _limit(name: str, limit: Any) -> float:
    if number(name, limit) <= 0:
        raise ValueError(f"{name} must be positive, got {shown(limit)}: a gradient cut to 0 goes nowhere")
    return float(limit)


def _rate(name: str, value: Any) -> float:
    return float(not_negative(name, value))


def _norm(name: str, norm: Any) -> Any:
    """None, or the norm of a gradient: a number that is not negative; it may be infinite or NaN."""
    if norm is None or (hasattr(norm, "shape") and is_real(norm)):
        return norm
    if not is_real(norm) or _float(name, norm) < 0:
        raise TypeError(f"{name} must be None or a number, at least 0, got {shown(norm)}")
    return _float(name, norm)


@given(g=_gradient, limit=_limit)
def clip_by_value(g: T, limit: float) -> T:
    r"""Each component of the gradient, moved into the interval from −c to c.

    $$g_i \leftarrow \min(\max(g_i, -c),\, c)$$

    ``limit`` is c > 0, in the units of ``g``. It turns the gradient: large components are cut, small ones
    are not. A NaN stays NaN. As PyTorch's clip_grad_value_ and optax's clip. Source: Mikolov 2012.
    """
    if isinstance(g, (float, int)):  # Python's min and max would lose a NaN
        return limit if g > limit else -limit if g < -limit else g  # type: ignore[return-value]  # T is float
    return minimum(maximum(g, -limit), limit)


@given(g=_gradient, limit=_limit, norm=_norm, eps=_rate)
def clip_by_norm(g: T, limit: float, norm: float | None = None, eps: float = 1e-6) -> T:
    r"""The gradient, made shorter if it is longer than c; its direction stays.

    $$g \leftarrow g \cdot \min\Bigl(1,\; \frac{c}{\|g\| + \varepsilon}\Bigr)$$

    ``limit`` is c > 0, in the units of ``g``; the norm is the square root of the sum of all squares,
    over all components whatever the shape. Where the parameters are several arrays, clip them by
    their common norm, so that the direction of the whole stays:

        norm = global_norm(gw, gb)
        gw, gb = clip_by_norm(gw, 1.0, norm), clip_by_norm(gb, 1.0, norm)

    Clipping does not mend a gradient with an infinite or NaN component: some component is NaN
    afterwards. Source: Pascanu, Mikolov, Bengio 2013. The ε is PyTorch's (clip_grad_norm_): a clipped
    gradient is shorter than c by one part in $\|g\|/\varepsilon$. With ``eps=0`` it has the length c, as
    in the paper and in optax's clip_by_global_norm.
    """
    norm = global_norm(g) if norm is None else norm
    return g * (limit / maximum(norm + eps, limit))


def global_norm(*gs: Arithmetic) -> float:
    r"""The norm of all components of floats and arrays, taken as one long vector: $\sqrt{\sum g_i^2}$.

    The largest component is divided out first, so that no square overflows.
    """
    if not gs:
        raise TypeError("global_norm needs at least one gradient, got none")
    checked = [_gradient("each of gs", g) for g in gs]
    largest = 0.0
    for g in checked:
        largest = maximum(largest, _largest(g))
    if not 0 < largest < float("inf"):
        return largest  # 0, infinity or NaN: nothing to scale
    return largest * sqrt(sum(_sum_of_squares(g / largest) for g in checked))


@given(w=_gradient, g=_gradient, weight_decay=_rate)
def coupled_weight_decay(w: T, g: T, weight_decay: float) -> T:
    r"""The gradient with the pull towards 0 that L2 regularisation adds to it.

    $$g \leftarrow g + \lambda w$$

    ``weight_decay`` is λ: the gradient of $\tfrac\lambda2 \|w\|^2$, added to the loss. What the rule
    does to gradients, it does to this pull as well. ``weight_decay`` in PyTorch's SGD and Adam means this.
    Source: Hanson, Pratt 1988; Krogh, Hertz 1992.
    """
    _same_shape(w, g)
    return g + weight_decay * w


@given(w=_gradient, lr=_rate, weight_decay=_rate)
def decoupled_weight_decay(w: T, lr: float, weight_decay: float) -> T:
    r"""The parameters, pulled towards 0 by a share of themselves, past the rule.

    $$w \leftarrow (1 - \eta\lambda)\, w$$

    Before the step of the rule, with the gradient taken at the old ``w``. ``weight_decay`` is λ.
    The share is multiplied by the rate of the step, η = ``lr``, as ``weight_decay`` of PyTorch's AdamW
    is; in the paper only by the schedule's factor, without the base rate. Source: Loshchilov, Hutter 2019.
    """
    return w * (1 - lr * weight_decay)


def _same_shape(w: Any, g: Any) -> None:
    shape, own = (tuple(getattr(x, "shape", ())) for x in (w, g))
    if shape != own:
        raise ValueError(f"g must have the shape of w, {shape}, got shape {own}")


def _largest(g: Any) -> Any:
    if isinstance(g, (float, int)):
        return abs(g)
    return abs(g).max() if 0 not in tuple(g.shape) else 0.0


def _sum_of_squares(g: Any) -> Any:
    return g * g if isinstance(g, (float, int)) else (g * g).sum()
