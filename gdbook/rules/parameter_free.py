"""Rules that find their own rate."""

from __future__ import annotations

from gdbook.numeric import maximum, sqrt, total
from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Memory, T


@checked
def prodigy(
    w: T,
    g: T,
    state: tuple[T, Memory, Memory, Memory, float, float] | None = None,
    lr: T | float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    d0: float = 1e-6,
    d_coef: float = 1.0,
) -> tuple[T, tuple[T, T, T, T, float, float]]:
    r"""One step of Prodigy: Adam whose rate is a growing estimate of the distance to the minimum.

    $$\begin{aligned}
    r_t &= \beta_3 r_{t-1} + \eta d_t^2\, \langle g_t, w_0 - w_t \rangle \\
    s_t &= \beta_3 s_{t-1} + \eta d_t^2\, g_t \\
    d_{t+1} &= \max\bigl(d_t,\; c\, r_t / \|s_t\|_1\bigr) \\
    m_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, d_t g_t \\
    v_t &= \beta_2 v_{t-1} + (1 - \beta_2)\, d_t^2 g_t^2 \\
    w_{t+1} &= (1 - \eta\lambda d_t)\, w_t - \eta\, d_t\, \frac{m_t}{\sqrt{v_t} + d_{t+1} \epsilon}
    \end{aligned}$$

    with $\beta_3 = \sqrt{\beta_2}$. It starts from the tiny distance $d_0$ and is told nothing else:
    leave ``lr``, η, at 1, or give it a schedule. ``d_coef`` is c, ``weight_decay`` λ. State: $(w_0, m,
    v, s, r, d)$, None before the first step; $s$ and $r$ are kept divided by $d_0$, so that they are
    not too small. Source: Mishchenko, Defazio 2024, Algorithm 4; form and defaults as in its authors'
    package prodigyopt (no bias correction; d grows without limit).
    """
    w0, m, v, s, r, d = (
        (w, 0.0, 0.0, 0.0, 0.0, d0) if state is None else state
    )
    beta3 = beta2**0.5
    r = beta3 * r + lr * d * (d / d0) * total(g * (w0 - w))
    s = beta3 * s + lr * d * (d / d0) * g
    m = beta1 * m + (1 - beta1) * d * g
    v = beta2 * v + (1 - beta2) * d * d * g * g
    norm = total(abs(s))
    found = maximum(
        d_coef * r / (norm + (norm == 0)), d
    )  # no gradient yet: nothing found
    w = (1 - lr * weight_decay * d) * w - lr * d * m / (
        sqrt(v) + found * eps
    )
    return w, (w0, m, v, s, r, found)
