r"""Schedules: the learning rate as a function of the step.

Each function here returns a schedule, a function of the step: ``schedule(t)`` is the rate η of
step ``t``, a float, with ``t = 0`` for the first step. ``descend`` takes it as ``lr=schedule``.

A schedule remembers nothing. It may be called for any step, in any order, as often as you like,
so a schedule that was plotted is as good as new. One that looks at the loss cannot be such a
function: ``reduce_on_plateau`` is written like a rule, and what it remembers goes in and comes out.

Rates are in units of ``w`` over units of the gradient, lengths are in steps. Where
``torch.optim.lr_scheduler`` has a schedule, the meaning and the defaults are PyTorch's; each
docstring says so, and says where the two differ. What cannot be a rate, a length or a share
raises TypeError or ValueError that names the argument, its value and what would do; so does a
step that is not a whole number from 0.

``SCHEDULES`` maps each name to its function.
"""

from __future__ import annotations

from math import cos, inf, pi, sqrt

from gdbook.checks.numbers import finite, is_real, known, positive, rate, shown, switch, whole

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gdbook.types import Schedule


def constant(lr: float) -> Schedule:
    r"""The same rate at each step.

    $$\eta_t = \eta$$
    """
    lr = _rate("lr", lr)

    @_of_step
    def schedule(t: int) -> float:
        return lr

    return schedule


def step(lr: float, every: int, gamma: float = 0.1) -> Schedule:
    r"""A staircase: the rate is multiplied by γ each ``every`` steps.

    $$\eta_t = \eta\,\gamma^{\lfloor t / s \rfloor}$$

    ``every`` is s. PyTorch's StepLR, with its default; it calls s ``step_size``. γ > 0; above 1
    the stairs go up.
    """
    lr, every, gamma = _rate("lr", lr), whole("every", every, least=1), float(positive("gamma", gamma))

    @_of_step
    def schedule(t: int) -> float:
        return lr * gamma ** (t // every)

    return schedule


def multi_step(lr: float, milestones: Iterable[int], gamma: float = 0.1) -> Schedule:
    r"""A staircase with its steps where you say: the rate is multiplied by γ at each milestone.

    $$\eta_t = \eta\,\gamma^{\,\#\{i \,:\, t \ge t_i\}}$$

    ``milestones`` are the steps $t_i$, in rising order; step $t_i$ is the first with the new rate.
    PyTorch's MultiStepLR, with its default. Source of the habit: Krizhevsky, Sutskever, Hinton 2012.
    """
    lr, gamma = _rate("lr", lr), float(positive("gamma", gamma))
    milestones = _milestones(milestones)

    @_of_step
    def schedule(t: int) -> float:
        return lr * gamma ** sum(t >= milestone for milestone in milestones)

    return schedule


def exponential(lr: float, gamma: float) -> Schedule:
    r"""The rate is multiplied by γ at each step.

    $$\eta_t = \eta\,\gamma^t$$

    PyTorch's ExponentialLR. With γ above 1 it rises, as in a range test (in that of Smith 2017 the
    rate grows by the same amount at each step, not by the same factor).
    """
    lr, gamma = _rate("lr", lr), float(positive("gamma", gamma))

    @_of_step
    def schedule(t: int) -> float:
        return lr * gamma**t

    return schedule


def polynomial(lr: float, steps: int, power: float = 1.0, min_lr: float = 0.0) -> Schedule:
    r"""Down to ``min_lr`` along a power of the share of steps that is left; then it stays there.

    $$\eta_t = \eta_{\min} + (\eta - \eta_{\min}) \Bigl(1 - \frac{\min(t, T)}{T}\Bigr)^p$$

    ``steps`` is T, ``power`` is p; with p = 1 a straight line. PyTorch's PolynomialLR, which calls
    T ``total_iters`` and ends at 0; the end that is not 0 is that of optax's polynomial_schedule.
    """
    lr, steps, min_lr = _decay(lr, steps, min_lr)
    power = float(positive("power", power))

    @_of_step
    def schedule(t: int) -> float:
        left = 1 - min(t, steps) / steps
        return min_lr + (lr - min_lr) * left**power

    return schedule


def cosine(lr: float, steps: int, min_lr: float = 0.0) -> Schedule:
    r"""Down to ``min_lr`` along half a wave of the cosine; then it stays there.

    $$\eta_t = \eta_{\min} + \frac{\eta - \eta_{\min}}{2} \Bigl(1 + \cos \frac{\pi \min(t, T)}{T}\Bigr)$$

    ``steps`` is T. Source: Loshchilov, Hutter 2017, equation 5, without its restarts. Up to step T this
    is PyTorch's CosineAnnealingLR, which calls T ``T_max`` and η_min ``eta_min``. After step T
    PyTorch's wave goes on, and **the rate rises again**; this one stays down, as optax's
    cosine_decay_schedule does.
    """
    lr, steps, min_lr = _decay(lr, steps, min_lr)

    @_of_step
    def schedule(t: int) -> float:
        wave = cos(pi * min(t, steps) / steps)
        return min_lr + (lr - min_lr) / 2 * (1 + wave)

    return schedule


def warm_restarts(lr: float, steps: int, growth: int = 1, min_lr: float = 0.0) -> Schedule:
    r"""The cosine again and again (SGDR), each time ``growth`` times as long.

    $$\eta_t = \eta_{\min} + \frac{\eta - \eta_{\min}}{2} \Bigl(1 + \cos \frac{\pi s}{T_i}\Bigr)$$

    s counts the steps since the last restart; $T_0$ is ``steps``, and $T_{i+1} = m T_i$ with the whole
    number m = ``growth``. Source: Loshchilov, Hutter 2017, equation 5. PyTorch's
    CosineAnnealingWarmRestarts, which calls them ``T_0`` and ``T_mult``.
    """
    lr, steps, min_lr = _decay(lr, steps, min_lr)
    growth = whole("growth", growth, least=1)

    @_of_step
    def schedule(t: int) -> float:
        length = steps
        if growth == 1:
            t %= length
        while t >= length:
            t, length = t - length, growth * length
        return min_lr + (lr - min_lr) / 2 * (1 + cos(pi * t / length))

    return schedule


def warmup(schedule: Schedule, steps: int, start: float | None = None) -> Schedule:
    r"""A straight way up to the first rate of ``schedule`` in ``steps`` steps, and then ``schedule``.

    $$\eta_t = \begin{cases}
    \bigl(a + (1 - a)\, t / W\bigr)\, \eta^*_0 & t < W \\
    \eta^*_{t - W} & t \ge W
    \end{cases}$$

    ``schedule`` is $\eta^*$, ``steps`` is W, at least 1, and ``start`` is a, the share of the full
    rate that the first step uses, in [0, 1). Left out, it is $1/(W+1)$, so that step t uses
    $(t+1)/(W+1)$: neither 0, with which the first step would do nothing, nor the full rate. Source:
    Goyal et al. 2017. PyTorch's SequentialLR of a LinearLR and the schedule, but LinearLR starts at
    1/3 unless told otherwise.
    """
    if not callable(schedule):
        raise TypeError(
            f"schedule must be a function of the step, such as constant(0.1), got {shown(schedule)}"
        )
    steps = whole("steps", steps, least=1)
    start = 1 / (steps + 1) if start is None else float(finite("start", start))
    if not 0 <= start < 1:
        raise ValueError(f"start must be a share of the full rate, from 0 to below 1, got {shown(start)}")

    @_of_step
    def warmed(t: int) -> float:
        if t >= steps:
            return rate("schedule", schedule(t - steps))
        return (start + (1 - start) * t / steps) * rate("schedule", schedule(0))

    return warmed


def one_cycle(
    lr: float,
    steps: int,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    anneal_strategy: str = "cos",
    three_phase: bool = False,
) -> Schedule:
    r"""Up from a low rate to ``lr`` and down to a far lower one, once (1cycle).

    $$\frac{\eta}{d} \;\to\; \eta \;\to\; \frac{\eta}{d\,D}$$

    The top is at $t = pT - 1$, the end at $t = T - 1$, the last of T = ``steps`` steps; afterwards the rate
    stays at its end, where PyTorch's raises an error. ``pct_start`` is the share p of the way up,
    ``div_factor`` is d, ``final_div_factor`` D. ``anneal_strategy`` is "cos" or "linear". With
    ``three_phase`` the way down first takes as long as the way up, to $\eta/d$, and then
    the rest of the steps to the end.

    Source: Smith, Topin 2017. PyTorch's OneCycleLR, with its defaults; it calls η ``max_lr`` and T
    ``total_steps``, and it also lowers the momentum where the rate is high, which a schedule of
    the rate alone does not.
    """
    lr, steps = _rate("lr", lr), whole("steps", steps, least=1)
    div_factor, final_div_factor = _at_least_1(div_factor=div_factor, final_div_factor=final_div_factor)
    between = known("anneal_strategy", anneal_strategy, {"cos": _cosine, "linear": _line})
    top = float(finite("pct_start", pct_start)) * steps - 1
    first, last = lr / div_factor, lr / div_factor / final_div_factor
    corners = (
        [(0, first), (top, lr)]
        + [(2 * top, first)] * switch("three_phase", three_phase)
        + [(steps - 1, last)]
    )
    if not 0 < top <= corners[-2][0] < steps - 1:
        raise ValueError(
            f"pct_start must leave steps for the way up and the way down, got {pct_start!r} of {steps} steps"
        )

    @_of_step
    def schedule(t: int) -> float:
        t = min(t, steps - 1)
        piece = sum(t > end for end, _ in corners[1:-1])
        (begin, low), (end, high) = corners[piece], corners[piece + 1]
        return between(low, high, (t - begin) / (end - begin))

    return schedule


def wsd(
    lr: float, steps: int, warmup_steps: int, decay_steps: int, min_lr: float = 0.0, shape: str = "linear"
) -> Schedule:
    r"""Warm up, stay, decay: the rate is constant but for the two ends of the run.

    $$\eta_t = \begin{cases}
    \eta\,(t + 1)/(W + 1) & t < W \\
    \eta & W \le t \le T - D \\
    \eta_{\min} + (\eta - \eta_{\min})\, h(s) & t > T - D
    \end{cases}$$

    ``warmup_steps`` is W, ``decay_steps`` D, ``steps`` T; $s = (t - T + D)/D$ is how much of the decay is
    over. ``shape`` is that of the decay: ``'linear'`` has $h = 1 - s$, ``'sqrt'`` $h = 1 - \sqrt s$. From
    step T on the rate is ``min_lr``. Unlike the cosine, the middle does not depend on T: a run may
    go on, and choose its end later. Source: Hu et al. 2024 (MiniCPM) for the plan, Hägele et al. 2024 for
    both shapes. Neither PyTorch nor optax has it.
    """
    lr, steps, min_lr = _decay(lr, steps, min_lr)
    warmup_steps = whole("warmup_steps", warmup_steps)
    decay_steps = whole("decay_steps", decay_steps, least=1)
    left = known("shape", shape, {"linear": lambda s: 1 - s, "sqrt": lambda s: 1 - sqrt(s)})
    if warmup_steps + decay_steps > steps:
        raise ValueError(
            f"warmup_steps and decay_steps must fit in steps = {steps}, got {warmup_steps} and {decay_steps}"
        )

    @_of_step
    def schedule(t: int) -> float:
        if t < warmup_steps:
            return lr * (t + 1) / (warmup_steps + 1)
        over = max(0, min(t, steps) - steps + decay_steps) / decay_steps
        return min_lr + (lr - min_lr) * left(over)

    return schedule


def inverse_sqrt(lr: float, warmup_steps: int = 1) -> Schedule:
    r"""Up in a straight line, then down as 1/√t: the Transformer's.

    $$\eta_t = \eta \cdot \min\Bigl(\frac{t+1}{W},\; \sqrt{\frac{W}{t+1}}\Bigr)$$

    ``warmup_steps`` is W: step W − 1 is the first with the full rate. With W = 1 there is no warm-up,
    only $\eta/\sqrt{t+1}$. Source: Vaswani et al. 2017, section 5.3, which counts steps from 1 and writes
    $d^{-1/2}\min(t^{-1/2},\, t\,W^{-3/2})$ for a model of width d: that is $\eta = 1/\sqrt{dW}$ here.
    """
    lr, warmup_steps = _rate("lr", lr), whole("warmup_steps", warmup_steps, least=1)

    @_of_step
    def schedule(t: int) -> float:
        return lr * min((t + 1) / warmup_steps, sqrt(warmup_steps / (t + 1)))

    return schedule


def inverse_time(lr: float, decay: float) -> Schedule:
    r"""Down as 1/t: what the theory of noisy gradients asks for.

    $$\eta_t = \frac{\eta}{1 + \gamma\, t}$$

    ``decay`` is γ, per step. The rates add up to infinity, so that any distance can be walked, and
    their squares to something finite, so that the noise dies out. Source: Robbins, Monro 1951; in this form
    Bottou 2012, who takes $\gamma = \eta\lambda$ with the smallest curvature λ.
    """
    lr, decay = _rate("lr", lr), _rate("decay", decay)

    @_of_step
    def schedule(t: int) -> float:
        return lr / (1 + decay * t)

    return schedule


def reduce_on_plateau(
    lr: float,
    loss: float,
    state: tuple[float, int, int] = (inf, 0, 0),
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> tuple[float, tuple[float, int, int]]:
    r"""The rate after a look at the loss: multiplied by ``factor`` when the loss has stopped falling.

    A loss is better if it is below $(1 - \text{threshold})\, \text{best}$. After more than ``patience``
    looks in a row that were not, the rate falls to $\max(\text{factor} \cdot \eta,\, \eta_{\min})$; then
    ``cooldown`` looks do not count. A fall of at most ``eps`` is not made.

    It is to the rate what a rule is to the parameters: from ``lr`` and ``state`` it returns the next of
    each. The first look of a run is ``lr, state = reduce_on_plateau(lr, loss)``, each later one

        lr, state = reduce_on_plateau(lr, loss, state)

    once an epoch, with the loss on data kept aside. State: the best loss, how many bad looks in a
    row, and how many looks it will still rest. The loss must be positive, or "below 0.9999 of the
    best" means another thing; one that is NaN counts as bad. PyTorch's ReduceLROnPlateau in its
    modes "min" and "rel", with its defaults.
    """
    lr, min_lr, eps = _rate("lr", lr), _rate("min_lr", min_lr), _rate("eps", eps)
    factor, threshold = float(finite("factor", factor)), float(finite("threshold", threshold))
    if not 0 < factor < 1:
        raise ValueError(f"factor must be between 0 and 1, so that the rate falls, got {shown(factor)}")
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold must be a share from 0 to below 1, got {shown(threshold)}")
    patience, cooldown = whole("patience", patience), whole("cooldown", cooldown)
    loss = _loss("loss", loss)
    best, bad, rest = _looks(state)
    best, bad = (loss, 0) if loss < best * (1 - threshold) else (best, bad + 1)
    if rest > 0:
        rest, bad = rest - 1, 0
    if bad > patience:
        lower = max(factor * lr, min_lr)
        lr = lower if lr - lower > eps else lr
        rest, bad = cooldown, 0
    return lr, (best, bad, rest)


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    make.__name__: make
    for make in (
        constant,
        step,
        multi_step,
        exponential,
        polynomial,
        cosine,
        warm_restarts,
        warmup,
        one_cycle,
        wsd,
        inverse_sqrt,
        inverse_time,
    )
}


def _of_step(schedule: Schedule) -> Schedule:
    """``schedule``, with its step checked."""

    def checked(t: int) -> float:
        t = whole("t", t)
        try:
            return schedule(t)
        except OverflowError as error:
            raise ValueError(f"t must be a step at which the rate is a float, got {shown(t)}") from error

    return checked


def _line(begin: float, end: float, share: float) -> float:
    return begin + (end - begin) * share


def _cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + cos(pi * share)) / 2


def _rate(name: str, value: Any) -> float:
    return float(rate(name, value))


def _at_least_1(**divisors: float) -> list[float]:
    for name, value in divisors.items():
        if finite(name, value) < 1:
            raise ValueError(f"{name} must be at least 1, for the rate is divided by it, got {shown(value)}")
    return [float(value) for value in divisors.values()]


def _looks(state: Any) -> tuple[float, int, int]:
    """The state of ``reduce_on_plateau``: a number that may be infinite, and two counts."""
    if not isinstance(state, (tuple, list)) or len(state) != 3 or not is_real(state[0]):
        raise TypeError(f"state must be what reduce_on_plateau returned, got {shown(state)}")
    return _loss("state", state[0]), whole("state", state[1]), whole("state", state[2])


def _loss(name: str, value: Any) -> float:
    """The value as a float, which may be infinite or NaN."""
    if not is_real(value):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    try:
        return float(value)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{name} must be within the range of floats, got {shown(value)}") from error


def _milestones(milestones: Iterable[int]) -> list[int]:
    try:
        steps = [whole("milestones", milestone) for milestone in milestones]
    except TypeError as error:
        raise TypeError(
            f"milestones must be whole numbers such as [30, 60], got {shown(milestones)}"
        ) from error
    if steps != sorted(steps):
        raise ValueError(f"milestones must be in rising order, got {shown(milestones)}")
    return steps


def _decay(lr: float, steps: int, min_lr: float) -> tuple[float, int, float]:
    """The three arguments of a schedule that falls from ``lr`` to ``min_lr`` in ``steps`` steps."""
    lr, steps, min_lr = _rate("lr", lr), whole("steps", steps, least=1), _rate("min_lr", min_lr)
    if min_lr > lr:
        raise ValueError(f"min_lr must be at most lr = {lr!r}, got {shown(min_lr)}")
    return lr, steps, min_lr
