r"""What is done to a gradient before the rule sees it: clipping, and weight decay.

``g`` and ``w`` are floats, or arrays of any shape of NumPy, torch or JAX; nothing changes its arguments.
A rule is wrapped by hand: ``grad=lambda w: clip_by_norm(loss_grad(w), 1.0)``.
"""

from gdbook.check import finite, rate
from gdbook.numeric import maximum, minimum, sqrt


def clip_by_value(g, limit):
    r"""Each component of the gradient, moved into the interval from −c to c.

    $$g_i \leftarrow \min(\max(g_i, -c),\, c)$$

    ``limit`` is c > 0, in the units of ``g``. It turns the gradient: large components are cut, small ones
    are not. A NaN stays NaN. As PyTorch's clip_grad_value_ and optax's clip. Source: Mikolov 2012.
    """
    _limit(limit)
    if isinstance(g, (float, int)):  # Python's min and max would lose a NaN
        return limit if g > limit else -limit if g < -limit else g
    return minimum(maximum(g, -limit), limit)


def clip_by_norm(g, limit, norm=None, eps=1e-6):
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
    _limit(limit)
    rate("eps", eps)
    norm = global_norm(g) if norm is None else norm
    return g * (limit / maximum(norm + eps, limit))


def global_norm(*gs):
    r"""The norm of all components of floats and arrays, taken as one long vector: $\sqrt{\sum g_i^2}$.

    The largest component is divided out first, so that no square overflows.
    """
    if not gs:
        raise TypeError("global_norm needs at least one gradient, got none")
    largest = 0.0
    for g in gs:
        largest = maximum(largest, _largest(g))
    if not 0 < largest < float("inf"):
        return largest  # 0, infinity or NaN: nothing to scale
    return largest * sqrt(sum(_sum_of_squares(g / largest) for g in gs))


def coupled_weight_decay(w, g, weight_decay):
    r"""The gradient with the pull towards 0 that L2 regularisation adds to it.

    $$g \leftarrow g + \lambda w$$

    ``weight_decay`` is λ: the gradient of $\tfrac\lambda2 \|w\|^2$, added to the loss. What the rule
    does to gradients, it does to this pull as well. ``weight_decay`` in PyTorch's SGD and Adam means this.
    Source: Hanson, Pratt 1988; Krogh, Hertz 1992.
    """
    return g + rate("weight_decay", weight_decay) * w


def decoupled_weight_decay(w, lr, weight_decay):
    r"""The parameters, pulled towards 0 by a share of themselves, past the rule.

    $$w \leftarrow (1 - \eta\lambda)\, w$$

    Before the step of the rule, with the gradient taken at the old ``w``. ``weight_decay`` is λ.
    The share is multiplied by the rate of the step, η = ``lr``, as ``weight_decay`` of PyTorch's AdamW
    is; in the paper only by the schedule's factor, without the base rate. Source: Loshchilov, Hutter 2019.
    """
    return w * (1 - rate("lr", lr) * rate("weight_decay", weight_decay))


def _limit(limit):
    if finite("limit", limit) <= 0:
        raise ValueError(f"limit must be positive, got {limit!r}: a gradient cut to 0 goes nowhere")


def _largest(g):
    return abs(g) if isinstance(g, (float, int)) else abs(g).max()


def _sum_of_squares(g):
    return g * g if isinstance(g, (float, int)) else (g * g).sum()
