r"""Rules that average their own path in place of a falling rate: no schedule, no last step to know.

Three points: $z$ takes the steps, $x$ is the average of the $z$ and **the answer**, and $y$, between
them, is where the gradient is taken. What goes in as ``w`` and comes out as ``w`` is $y$, so any loop
works, ``descend`` too. The answer stands in the state, of which ``state[1]`` is $x$:

    w, state = w0, None
    for t in range(steps):
        w, state = schedule_free_sgd(w, grad(w), state, lr=0.1)
    answer = state[1]
"""

from __future__ import annotations

from gdbook.numeric import maximum, sqrt
from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Memory, T


@checked
def schedule_free_sgd(
    w: T,
    g: T,
    state: tuple[Memory, Memory, float, float] | None = None,
    lr: T | float = 1.0,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[T, tuple[T, T, float, float]]:
    r"""One step of schedule-free SGD.

    $$\begin{aligned}
    z_{t+1} &= z_t - \eta\,(g_t + \lambda y_t) \\
    x_{t+1} &= (1 - c_t)\, x_t + c_t\, z_{t+1} \\
    y_{t+1} &= (1 - \beta)\, z_{t+1} + \beta\, x_{t+1}
    \end{aligned}$$

    with $c_t = \bar\eta_t^2 / \sum_{i \le t} \bar\eta_i^2$, where $\bar\eta_t$ is the largest η so far:
    with a constant rate $c_t = 1/t$ and $x_{t+1}$ is the plain mean of $z_2 \ldots z_{t+1}$: the start
    is not in it. ``w`` is $y$, ``momentum`` β, ``weight_decay`` λ. State: $(z, x, \sum\bar\eta^2,
    \bar\eta)$, None before the first step, when $z = x = y$. The answer is $x$, the second part of the
    state: ``state[1]`` after ``w, state = …``, ``state[0][1]`` after ``w, *state = …``. Source: Defazio
    et al. 2024; defaults and weights are those of its authors' package schedulefree, which keeps $z$
    alone and computes $x = (y - (1 - \beta) z)/\beta$. A warm-up is a schedule of ``lr``. NaN for a
    rate above $10^{154}$, whose square no float holds.
    """
    z, x, weights, top = (w, w, 0.0, 0.0) if state is None else state
    z = z - lr * (g + weight_decay * w)
    x, weights, top = _average(x, z, weights, top, lr)
    return (1 - momentum) * z + momentum * x, (z, x, weights, top)


@checked
def schedule_free_adamw(
    w: T,
    g: T,
    state: tuple[Memory, Memory, float, float, Memory, int] | None = None,
    lr: T | float = 2.5e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[T, tuple[T, T, float, float, T, int]]:
    r"""One step of schedule-free AdamW.

    $$\begin{aligned}
    z_{t+1} &= z_t - \eta \left( \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda y_t \right) \\
    x_{t+1} &= (1 - c_t)\, x_t + c_t\, z_{t+1} \\
    y_{t+1} &= (1 - \beta_1)\, z_{t+1} + \beta_1\, x_{t+1}
    \end{aligned}$$

    with $\hat v_t$ as in ``adam`` and $c_t$ as in ``schedule_free_sgd``; β₁ takes the place of the
    momentum. ``w`` is $y$. State: $(z, x, \sum\bar\eta^2, \bar\eta, v, t)$, None before the first step.
    The answer is $x$, found in the state as that of ``schedule_free_sgd``; NaN as there. Source: Defazio
    et al. 2024, Algorithm 1; defaults as in its authors' package schedulefree.
    """
    z, x, weights, top, v, t = (
        (w, w, 0.0, 0.0, 0.0, 0) if state is None else state
    )
    t = t + 1
    v = beta2 * v + (1 - beta2) * g * g
    z = z - lr * (g / (sqrt(v / (1 - beta2**t)) + eps) + weight_decay * w)
    x, weights, top = _average(x, z, weights, top, lr)
    return (1 - beta1) * z + beta1 * x, (z, x, weights, top, v, t)


def _average(
    x: Any, z: Any, weights: Any, top: Any, lr: Any
) -> tuple[Any, Any, Any]:
    """The average with one more point, the sum of all weights, and the largest rate so far."""
    top = maximum(top, lr)
    weights = weights + top * top
    c = top * top / (weights + (weights == 0))  # rates of 0 have no weight
    return (1 - c) * x + c * z, weights, top
