r"""The same rule in other hands: what must change here to get another library's or a paper's numbers.

Each function is a rule like those of ``gdbook.rules``, and takes the steps of the library in its name.
``CONVENTIONS`` names for each the library's call, the call here that looks the same, and the one that is.
``gdbook.recorded.conventions``, in the repository, compares them with recorded runs of the libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook import rules
from gdbook.checks.numbers import given, number_that
from gdbook.gradients import coupled_weight_decay
from gdbook.numeric import maximum, sign, sqrt
from gdbook.rules.checked import checked

if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Memory, T


@checked
def momentum_with_rate_inside(
    w: T, g: T, v: Memory = 0.0, lr: T | float = 1e-2, momentum: float = 0.9
) -> tuple[T, T]:
    r"""Keras and many papers: $v \leftarrow \mu v - \eta g$, $w \leftarrow w + v$."""
    v = momentum * v - lr * g
    return w + v, v


@checked
def momentum_of_averages(
    w: T, g: T, v: Memory = 0.0, lr: T | float = 1e-2, momentum: float = 0.9
) -> tuple[T, T]:
    r"""An average of gradients, $v \leftarrow \mu v + (1 - \mu) g$: the rate counts $1 - \mu$ as much."""
    v = momentum * v + (1 - momentum) * g
    return w - lr * v, v


@checked
def momentum_with_dampening(
    w: T,
    g: T,
    state: tuple[Memory, int] = (0.0, 0),
    lr: T | float = 1e-2,
    momentum: float = 0.9,
    dampening: float = 0.9,
) -> tuple[T, tuple[T, int]]:
    r"""PyTorch with ``dampening`` τ: $v \leftarrow \mu v + (1 - \tau) g$, but $v = g$ at the first step."""
    v, t = state
    v = momentum * v + (1 - dampening if t else 1.0) * g
    return w - lr * v, (v, t + 1)


@checked
def adagrad_from_a_tenth_with_eps_inside(
    w: T, g: T, total: Memory = 0.1, lr: T | float = 1e-3, eps: float = 1e-7
) -> tuple[T, T]:
    r"""optax and Keras: ε inside the root, and a sum that starts at 0.1."""
    total = total + g * g
    return w - lr * g / sqrt(total + eps), total


@checked
def rmsprop_with_eps_inside(
    w: T, g: T, v: Memory = 0.0, lr: T | float = 1e-3, rho: float = 0.9, eps: float = 1e-7
) -> tuple[T, T]:
    r"""optax and Keras: $w \leftarrow w - \eta\, g / \sqrt{v + \epsilon}$."""
    v = rho * v + (1 - rho) * g * g
    return w - lr * g / sqrt(v + eps), v


@checked
def adam_with_eps_before_correction(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-7,
) -> tuple[T, tuple[T, T, int]]:
    r"""Keras, and a remark of the paper: ε is added to $\sqrt{v_t}$, not to $\sqrt{\hat v_t}$."""
    t = state[2] + 1
    eps = eps / sqrt(1 - beta2**t)
    return rules.adam(w, g, state, lr, beta1, beta2, eps)


@checked
def adamw_with_eps_before_correction(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-7,
    weight_decay: float = 4e-3,
) -> tuple[T, tuple[T, T, int]]:
    r"""Keras's AdamW, and its Adam with ``weight_decay``: decoupled, and ε is added to $\sqrt{v_t}$."""
    t = state[2] + 1
    eps = eps / sqrt(1 - beta2**t)
    return rules.adamw(w, g, state, lr, beta1, beta2, eps, weight_decay)


def adam_with_decay_in_gradient(
    w: T, g: T, *state: Any, weight_decay: float = 0.0, **hyper: Any
) -> tuple[T, tuple[T, T, int]]:
    r"""PyTorch's Adam with ``weight_decay``: coupled, so that Adam divides $\lambda w$ with the rest."""
    g = coupled_weight_decay(w, g, weight_decay)
    return rules.adam(w, g, *state, **hyper)


@checked
def adamw_of_the_paper(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: float = 1.0,
    alpha: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 1e-5,
) -> tuple[T, tuple[T, T, int]]:
    r"""The paper's decay is $\eta\lambda w$ with η the schedule alone: λ is not multiplied by the rate α."""
    decay = weight_decay / alpha
    if isinstance(decay, float) and decay == np.inf:
        raise ValueError(f"alpha must leave weight_decay / alpha a float, got {alpha!r}: 1e-3 is usual")
    return rules.adamw(w, g, state, lr * alpha, beta1, beta2, eps, decay)


@checked
def amsgrad_of_corrected(
    w: T,
    g: T,
    state: tuple[Memory, Memory, Memory, int] = (0.0, 0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, T, int]]:
    r"""optax: the maximum is of $\hat v_t$, after its bias is corrected, so early large values stay."""
    m, v, v_max, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    v_max = maximum(v_max, v / (1 - beta2**t))
    m_hat = m / (1 - beta1**t)
    return w - lr * m_hat / (sqrt(v_max) + eps), (m, v, v_max, t)


@checked
def adamax_with_eps_outside(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-7,
) -> tuple[T, tuple[T, T, int]]:
    r"""Keras: $u \leftarrow \max(\beta_2 u, |g|)$ without ε, which is added where $u$ divides."""
    m, u, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    u = maximum(beta2 * u, abs(g))
    return w - lr * m / ((1 - beta1**t) * (u + eps)), (m, u, t)


@checked
def nadam_with_constant_momentum(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, int]]:
    r"""optax: constant β₁, $\hat m_t = \beta_1 m_t/(1-\beta_1^{t+1}) + (1-\beta_1) g_t/(1-\beta_1^t)$."""
    m, v, t = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    ahead = beta1 * m / (1 - beta1 ** (t + 1))
    m_hat = ahead + (1 - beta1) * g / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (sqrt(v_hat) + eps), (m, v, t)


@checked
def radam_with_eps_after_correction(
    w: T,
    g: T,
    state: tuple[Memory, Memory, int] = (0.0, 0.0, 0),
    lr: T | float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[T, tuple[T, T, int]]:
    r"""optax: ε is added to $\sqrt{\hat v_t}$, not to $\sqrt{v_t}$."""
    t = state[2] + 1
    eps = eps * sqrt(1 - beta2**t)
    return rules.radam(w, g, state, lr, beta1, beta2, eps)


@checked
def rprop_one_step_late(
    w: T, g: T, state: tuple[Any, Memory] = ((0.0, None), 0.0), **hyper: Any
) -> tuple[T, tuple[tuple[T, T | float], T]]:
    r"""optax 0.2.8: each update is the one that was due a step before, or 0 where the sign has turned."""
    inner, late = state
    late = late * (1 - maximum(-sign(g * inner[0]), 0))
    after, inner = rules.rprop(w, g, inner, **hyper)
    return w - late, (inner, w - after)


def _penalty(name: str, value: Any) -> float:
    return number_that(name, value, lambda x: 0 <= 2 * x < np.inf, "be at least 0, and twice it a float")


@given(penalty=_penalty)
def keras_l2(w: T, g: T, penalty: float) -> T:
    r"""The gradient with Keras's ``L2(λ)``, which adds $\lambda \|w\|^2$: no ½, so $2\lambda w$."""
    return coupled_weight_decay(w, g, 2 * penalty)


# For each convention: the library's call; the call here with the same names and values; what it takes to
# be the same. ``falling`` rates are lr · 0.97ᵗ. Where the place of ε is the point, it is 0.01, to show it.
BETAS = {"beta1": 0.8, "beta2": 0.99}
CONVENTIONS: dict[str, dict[str, Any]] = {
    "momentum_with_rate_inside": {
        "library": "keras.optimizers.SGD",
        "call": "SGD(lr, momentum=0.9), and lr falls",
        "ours": (rules.momentum, {"lr": 0.05, "momentum": 0.9}),
        "same": (momentum_with_rate_inside, {"lr": 0.05, "momentum": 0.9}),
        "falling": True,
    },
    "momentum_of_averages": {
        "library": "optax.ema",
        "call": "chain(ema(0.9, debias=False), scale(-0.05))",
        "ours": (rules.momentum, {"lr": 0.05, "momentum": 0.9}),
        "same": (momentum_of_averages, {"lr": 0.05, "momentum": 0.9}),
    },
    "momentum_with_dampening": {
        "library": "torch.optim.SGD",
        "call": "SGD(p, 0.05, momentum=0.9, dampening=0.9)",
        "ours": (momentum_of_averages, {"lr": 0.05, "momentum": 0.9}),
        "same": (momentum_with_dampening, {"lr": 0.05, "momentum": 0.9, "dampening": 0.9}),
    },
    "adagrad_with_eps_inside": {
        "library": "optax.adagrad",
        "call": "adagrad(0.1, eps=0.01)",
        "ours": (rules.adagrad, {"lr": 0.1, "eps": 0.01}),
        "same": (adagrad_from_a_tenth_with_eps_inside, {"lr": 0.1, "eps": 0.01}),
    },
    "adagrad_of_keras": {
        "library": "keras.optimizers.Adagrad",
        "call": "Adagrad(0.1, epsilon=0.01)",
        "ours": (rules.adagrad, {"lr": 0.1, "eps": 0.01}),
        "same": (adagrad_from_a_tenth_with_eps_inside, {"lr": 0.1, "eps": 0.01}),
    },
    "rmsprop_with_eps_inside": {
        "library": "optax.rmsprop",
        "call": "rmsprop(0.01, decay=0.9, eps=0.01)",
        "ours": (rules.rmsprop, {"lr": 0.01, "rho": 0.9, "eps": 0.01}),
        "same": (rmsprop_with_eps_inside, {"lr": 0.01, "rho": 0.9, "eps": 0.01}),
    },
    "rmsprop_of_keras": {
        "library": "keras.optimizers.RMSprop",
        "call": "RMSprop(0.01, rho=0.9, epsilon=0.01)",
        "ours": (rules.rmsprop, {"lr": 0.01, "rho": 0.9, "eps": 0.01}),
        "same": (rmsprop_with_eps_inside, {"lr": 0.01, "rho": 0.9, "eps": 0.01}),
    },
    "adam_with_eps_before_correction": {
        "library": "keras.optimizers.Adam",
        "call": "Adam(0.01, 0.8, 0.99, epsilon=0.01)",
        "ours": (rules.adam, {"lr": 0.01, **BETAS, "eps": 0.01}),
        "same": (adam_with_eps_before_correction, {"lr": 0.01, **BETAS, "eps": 0.01}),
    },
    "amsgrad_of_corrected": {
        "library": "optax.amsgrad",
        "call": "amsgrad(0.01, 0.8, 0.99)",
        "ours": (rules.amsgrad, {"lr": 0.01, **BETAS}),
        "same": (amsgrad_of_corrected, {"lr": 0.01, **BETAS}),
    },
    "adamax_with_eps_outside": {
        "library": "keras.optimizers.Adamax",
        "call": "Adamax(0.01, 0.8, 0.99, epsilon=0.01)",
        "ours": (rules.adamax, {"lr": 0.01, **BETAS, "eps": 0.01}),
        "same": (adamax_with_eps_outside, {"lr": 0.01, **BETAS, "eps": 0.01}),
    },
    "nadam_of_keras": {
        "library": "keras.optimizers.Nadam",
        "call": "Nadam(0.01, 0.8, 0.99, epsilon=1e-8)",
        "ours": (rules.nadam, {"lr": 0.01, **BETAS}),
        "same": (rules.nadam, {"lr": 0.01, **BETAS, "momentum_decay": 1.0}),
    },
    "nadam_with_constant_momentum": {
        "library": "optax.nadam",
        "call": "nadam(0.01, 0.8, 0.99)",
        "ours": (rules.nadam, {"lr": 0.01, **BETAS}),
        "same": (nadam_with_constant_momentum, {"lr": 0.01, **BETAS}),
    },
    "radam_with_eps_after_correction": {
        "library": "optax.radam",
        "call": "radam(0.01, 0.8, 0.99, eps=0.01)",
        "ours": (rules.radam, {"lr": 0.01, **BETAS, "eps": 0.01}),
        "same": (radam_with_eps_after_correction, {"lr": 0.01, **BETAS, "eps": 0.01}),
    },
    "adamw_defaults": {
        "library": "optax.adamw",
        "call": "adamw(0.01)",
        "ours": (rules.adamw, {"lr": 0.01}),
        "same": (rules.adamw, {"lr": 0.01, "weight_decay": 1e-4}),
    },
    "adamw_of_keras": {
        "library": "keras.optimizers.AdamW",
        "call": "AdamW(0.01)",
        "ours": (rules.adamw, {"lr": 0.01}),
        "same": (adamw_with_eps_before_correction, {"lr": 0.01}),
    },
    "adam_of_keras_with_decay": {
        "library": "keras.optimizers.Adam",
        "call": "Adam(0.01, weight_decay=0.1)",
        "ours": (adam_with_decay_in_gradient, {"lr": 0.01, "weight_decay": 0.1}),
        "same": (adamw_with_eps_before_correction, {"lr": 0.01, "weight_decay": 0.1}),
    },
    "lion_of_keras": {
        "library": "keras.optimizers.Lion",
        "call": "Lion(0.01)",
        "ours": (rules.lion, {"lr": 0.01}),
        "same": (rules.lion, {"lr": 0.01, "weight_decay": 0.0}),
    },
    "rprop_one_step_late": {
        "library": "optax.rprop",
        "call": "rprop(0.01)",
        "ours": (rules.rprop, {"lr": 0.01}),
        "same": (rprop_one_step_late, {"lr": 0.01}),
    },
}
