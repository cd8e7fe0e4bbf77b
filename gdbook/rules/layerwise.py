"""Rules whose step is scaled by the size of the whole array that it changes."""

from __future__ import annotations

from gdbook.numeric import sqrt, total
from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Memory, T


@checked
def lamb(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> tuple[T, tuple[T, T, int]]:
    r"""One step of LAMB: Adam's direction, with a length of η times the length of $w$.

    $$u_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda w_t \qquad
    w_{t+1} = w_t - \eta\, \frac{\|w_t\|}{\|u_t\|}\, u_t$$

    with $\hat m_t$ and $\hat v_t$ as in ``adam``; the norms are over all elements of the array, which
    is one layer of a network; where one of them is 0 the ratio is 1. ``weight_decay`` is λ. State: $(m,
    v, t)$ as in ``adam``. Source: You et al. 2020, Algorithm 2, with φ(z) = z. Form and defaults are
    optax's, but for ``lr``, which it does not have.
    """
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    u = (
        m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)
        + weight_decay * w
    )
    w_norm, u_norm = sqrt(total(w * w)), sqrt(total(u * u))
    # No branch, so that compilers can trace it: 1 for w = 0.
    ratio = (w_norm + (w_norm == 0) * u_norm) / (u_norm + (u_norm == 0))
    return w - lr * ratio * u, (m, v, t)
