"""Where noise in the gradient holds a run."""

from __future__ import annotations

from gdbook.checks.curvatures import formula
from gdbook.checks.numbers import above_zero, not_negative, number, whole
from gdbook.theory.momentum import momentum_limit


@formula(lr=number, momentum=number, curvature=above_zero, variance=not_negative)
def noise_variance(lr: float, momentum: float, curvature: float, variance: float) -> float:
    r"""Variance of x in the long run, on $\tfrac12\lambda x^2$ with gradient noise of variance σ².

    $$\operatorname{Var} x =
    \frac{\eta\sigma^2 (1 + \beta)}{\lambda (1 - \beta)\,(2 (1 + \beta) - \eta\lambda)}$$

    Solves the equation that the covariance of $(x_t, x_{t-1})$ repeats itself. Source: Mandt,
    Hoffman, Blei 2017 for small η; here exact. Raises ValueError unless $0 < \eta\lambda < 2 (1 + \beta)$.
    """
    stable(lr, momentum, curvature)
    room = 2 * (1 + momentum) - lr * curvature
    return lr * variance * (1 + momentum) / (curvature * (1 - momentum) * room)


@formula(lr=number, momentum=number, curvature=above_zero, variance=not_negative)
def noise_floor(lr: float, momentum: float, curvature: float, variance: float) -> float:
    r"""The loss at which noise holds a run, $\tfrac12\lambda \operatorname{Var} x$.

    Without momentum $\eta\sigma^2 / (2 (2 - \eta\lambda))$: proportional to η while $\eta\lambda$ is small.
    Mini-batches of B have ``variance`` σ²/B. Source and what is refused: as ``noise_variance``.
    """
    return curvature * noise_variance(lr, momentum, curvature, variance) / 2


@formula(variance=not_negative)
def batch_variance(variance: float, size: int, n: int) -> float:
    r"""Variance of the mean of a mini-batch: $\frac{\sigma^2}{B} \cdot \frac{N - B}{N - 1}$.

    ``size`` is B, the number of samples drawn out of ``n``, N, without replacement, each set alike;
    ``variance`` is σ², the mean squared distance of the N values from their mean. The second factor is
    what drawing without replacement saves: with B = N nothing is left to chance. Source: Cochran 1977,
    theorem 2.2, there with $S^2 = \sigma^2 N/(N - 1)$.
    """
    size, n = whole("size", size, least=1), whole("n", n, least=1)
    if size > n:
        raise ValueError(f"size must be at most n = {n}, got {size}")
    return 0.0 if size == n else variance / size * (n - size) / (n - 1)


def stable(lr: float, momentum: float, curvature: float) -> None:
    """ValueError unless the heavy ball converges with these."""
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be at least 0 and below 1, got {momentum!r}")
    if not 0 < lr < momentum_limit(momentum, curvature):
        limit = momentum_limit(momentum, curvature)
        raise ValueError(f"lr must be between 0 and 2(1 + momentum)/curvature = {limit:g}, got {lr!r}")
