r"""Rules that use the sign of a gradient and forget its size."""

from __future__ import annotations

from gdbook.numeric import maximum, minimum, sign
from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Memory, T


@checked
def rprop(
    w: T,
    g: T,
    state: tuple[Memory, Memory] = (0.0, None),
    lr: T | float = 1e-2,
    eta_plus: float = 1.2,
    eta_minus: float = 0.5,
    step_min: float = 1e-6,
    step_max: float = 50.0,
) -> tuple[T, tuple[T, T | float]]:
    r"""One step of Rprop: each coordinate's step grows while its sign stays, and shrinks when it turns.

    $$\begin{aligned}
    \Delta_t &= \Delta_{t-1} \cdot \begin{cases}
    \eta^+ & g_t\, g_{t-1} > 0 \\ \eta^- & g_t\, g_{t-1} < 0 \\ 1 & \text{else} \end{cases} \\
    w_{t+1} &= w_t - \operatorname{sign}(g_t)\, \Delta_t
    \end{aligned}$$

    $\Delta$ is kept between ``step_min`` and ``step_max``. Where the sign has turned no step is taken, and
    the gradient is remembered as 0. For full batches only: noise turns signs. State: the last gradient and
    $\Delta$, zero and None before the first step, whose size is ``lr``; later rates do not matter. Source:
    Riedmiller, Braun 1993; the form is PyTorch's (known as iRprop−: Igel, Hüsken 2000), with its defaults.
    """
    previous, step = state
    step = lr if step is None else step
    same = sign(g * previous)
    step = step * (
        1
        + maximum(same, 0) * (eta_plus - 1)
        + maximum(-same, 0) * (eta_minus - 1)
    )
    step = minimum(maximum(step, step_min), step_max)
    g = g * (same >= 0)
    return w - sign(g) * step, (g, step)


@checked
def lion(
    w: T,
    g: T,
    m: Memory = 0.0,
    lr: T | float = 1e-4,
    beta1: float = 0.9,
    beta2: float = 0.99,
    weight_decay: float = 1e-3,
) -> tuple[T, T]:
    r"""One step of Lion: the sign of a momentum, so every coordinate moves by η.

    $$\begin{aligned}
    c_t &= \beta_1 m_{t-1} + (1 - \beta_1)\, g_t \\
    w_{t+1} &= w_t - \eta\,\bigl(\operatorname{sign}(c_t) + \lambda w_t\bigr) \\
    m_t &= \beta_2 m_{t-1} + (1 - \beta_2)\, g_t
    \end{aligned}$$

    The step looks at the gradient with β₁, the memory keeps it with β₂. ``weight_decay`` is λ, decoupled.
    State: $m$, of the shape of ``w``; zero before the first step. Source: Chen et al. 2023, Algorithm 2;
    defaults as in optax, but for ``lr``, which has none there.
    """
    c = beta1 * m + (1 - beta1) * g
    m = beta2 * m + (1 - beta2) * g
    return w - lr * (sign(c) + weight_decay * w), m
