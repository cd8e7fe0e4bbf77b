"""Gradient descent, and gradient descent with momentum."""

from __future__ import annotations

from gdbook.rules.checked import checked

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Memory, T


@checked
def sgd(
    w: T, g: T, state: None = None, lr: T | float = 1e-3
) -> tuple[T, None]:
    r"""One step of gradient descent.

    $$w_{t+1} = w_t - \eta\, g_t$$

    No state. Called SGD, stochastic gradient descent, when ``g`` is a noisy estimate of the
    gradient; the arithmetic is the same. Source: Cauchy 1847; Robbins, Monro 1951 for the
    stochastic form. Default ``lr`` as in PyTorch.
    """
    return w - lr * g, state


@checked
def momentum(
    w: T,
    g: T,
    velocity: Memory = 0.0,
    lr: T | float = 1e-3,
    momentum: float = 0.9,
) -> tuple[T, T]:
    r"""One step of gradient descent with momentum (heavy ball).

    $$v_{t+1} = \mu v_t + g_t \qquad w_{t+1} = w_t - \eta\, v_{t+1}$$

    State: the velocity ``v``, of the shape of ``w``; zero before the first step.
    ``momentum`` is μ, in [0, 1). Source: Polyak 1964. The form with η outside the velocity
    is PyTorch's; with a constant η it takes the same steps as Polyak's.
    """
    velocity = momentum * velocity + g
    return w - lr * velocity, velocity


@checked
def nesterov(
    w: T,
    g: T,
    velocity: Memory = 0.0,
    lr: T | float = 1e-3,
    momentum: float = 0.9,
) -> tuple[T, T]:
    r"""One step of gradient descent with Nesterov's momentum.

    $$v_{t+1} = \mu v_t + g_t \qquad w_{t+1} = w_t - \eta\,(g_t + \mu v_{t+1})$$

    State: the velocity ``v``, of the shape of ``w``; zero before the first step.
    ``momentum`` is μ, in [0, 1). Source: Nesterov 1983, in the form of Bengio, Boulanger-Lewandowski,
    Pascanu 2013 that PyTorch and optax use: here ``w`` is the point that looks ahead,
    $\theta - \eta\mu v$ of the position $\theta$ in Sutskever, Martens, Dahl, Hinton 2013, so that the
    gradient is taken at ``w`` itself.
    """
    velocity = momentum * velocity + g
    return w - lr * (g + momentum * velocity), velocity
