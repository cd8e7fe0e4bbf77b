r"""What is known before running: limits and rates on a quadratic.

The loss is a quadratic with Hessian eigenvalues between ``mu`` and ``L``, both positive:
$\mu$ is the curvature of its flattest direction, $L$ of its steepest, $\kappa = L/\mu$ its
condition number. A *rate* is the factor by which the distance to the minimum shrinks in one
step in the long run, in the worst direction: below 1 converges, above 1 diverges. (In
``momentum`` rules the letter $\mu$ is the momentum; here it is always a curvature, and
momentum is ``momentum``, β in the formulas.)
"""

from math import ceil, log, sqrt

from gdbook.check import finite


def largest_curvature(hess):
    r"""The larger eigenvalue of a Hessian $\begin{pmatrix} a & b \\ b & d \end{pmatrix}$.

    $\tfrac12 (a + d) + \sqrt{\tfrac14 (a - d)^2 + b^2}$
    """
    a, b, d = hess[0][0], hess[0][1], hess[1][1]
    half = (a - d) / 2
    return (a + d) / 2 + sqrt(half * half + b * b)


def gd_limit(L):
    r"""Gradient descent converges for $0 < \eta < 2/L$: this limit."""
    return 2 / _positive("L", L)


def gd_best_lr(mu, L):
    r"""The η that makes gradient descent fastest, $2/(\mu + L)$. Source: Polyak 1987."""
    _ordered(mu, L)
    return 2 / (mu + L)


def gd_factor(lr, curvature):
    r"""What a step multiplies the error by in a direction of curvature λ: $1 - \eta\lambda$.

    Where it is negative the error changes sides; beyond ±1 it grows. Source: Polyak 1987.
    """
    return 1 - lr * curvature


def gd_rate(lr, mu, L):
    r"""Rate of gradient descent, $\max(|1 - \eta\mu|, |1 - \eta L|)$."""
    _ordered(mu, L)
    return max(abs(1 - lr * mu), abs(1 - lr * L))


def gd_best_rate(mu, L):
    r"""Rate at the best η, $(\kappa - 1)/(\kappa + 1)$."""
    _ordered(mu, L)
    return (L - mu) / (L + mu)


def half_axis(rise, curvature):
    r"""How far from its minimum a parabola of curvature λ has risen by $r$: $\sqrt{2r/\lambda}$.

    The contour lines of a quadratic are ellipses, with one such half-axis for each eigenvalue.
    """
    return sqrt(2 * rise / curvature)


def momentum_limit(momentum, L):
    r"""The heavy ball converges for $0 < \eta < 2(1 + \beta)/L$: this limit. Source: Polyak 1964."""
    return 2 * (1 + momentum) / _positive("L", L)


def momentum_rate(lr, momentum, mu, L):
    r"""Rate of the heavy ball: the largest root, in size, over the curvatures between μ and L.

    In a direction of curvature λ the error follows $z^2 - (1 + \beta - \eta\lambda) z + \beta = 0$.
    Where the roots are complex both have size $\sqrt\beta$; elsewhere the size is largest at an
    end of $[\mu, L]$, so the two ends decide. Source: Polyak 1964; Goh 2017.
    """
    _ordered(mu, L)
    return max(heavy_ball_rate(lr, momentum, mu), heavy_ball_rate(lr, momentum, L))


def heavy_ball_roots(lr, momentum, curvature):
    r"""Both roots of $z^2 - (1 + \beta - \eta\lambda) z + \beta$, each as (real, imaginary) part.

    In a direction of curvature λ the error of the heavy ball is a sum of their powers. Source:
    Polyak 1964.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if discriminant < 0:
        height = sqrt(-discriminant) / 2
        return (middle / 2, height), (middle / 2, -height)
    width = sqrt(discriminant)
    return ((middle + width) / 2, 0.0), ((middle - width) / 2, 0.0)


def heavy_ball_rate(lr, momentum, curvature):
    r"""Rate of the heavy ball in a direction of curvature λ: the size of the larger root.

    Complex roots are conjugate, so the square of their size is their product, β: both have size
    $\sqrt\beta$. Source: Polyak 1964; Goh 2017.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if discriminant < 0:
        return sqrt(momentum)
    return (abs(middle) + sqrt(discriminant)) / 2


def heavy_ball_regime(lr, momentum, curvature):
    """How the heavy ball moves in a direction of curvature λ, in one word.

    ``"diverges"``; ``"critical"`` where both roots are one; ``"spirals"`` where they are
    complex: it swings over several steps; ``"glides"`` where they are real and the larger is
    positive: in the end it keeps its side; ``"alternates"`` where that is negative: it changes
    sides at each step.
    """
    middle = 1 + momentum - lr * curvature
    discriminant = middle * middle - 4 * momentum
    if heavy_ball_rate(lr, momentum, curvature) > 1 + 1e-12:  # exactly at the limit, rounding may exceed 1
        return "diverges"
    if abs(discriminant) < 1e-12:  # equal to six digits
        return "critical"
    if discriminant < 0:
        return "spirals"
    return "glides" if middle >= 0 else "alternates"


def critical_momentum(lr, curvature):
    r"""The least β whose roots are complex, $(1 - \sqrt{\eta\lambda})^2$: the fastest for this η and λ.

    Holds for $0 < \eta\lambda < 4$. Source: Goh 2017.
    """
    return (1 - sqrt(lr * curvature)) * (1 - sqrt(lr * curvature))


def momentum_best(mu, L):
    r"""``(lr, momentum)`` for the best rate of the heavy ball.

    $\eta = \bigl(2/(\sqrt\mu + \sqrt L)\bigr)^2$ and
    $\beta = \bigl((\sqrt\kappa - 1)/(\sqrt\kappa + 1)\bigr)^2$, with rate $\sqrt\beta$. Source: Polyak 1964.
    """
    _ordered(mu, L)
    root_mu, root_L = sqrt(mu), sqrt(L)
    step, part = 2 / (root_mu + root_L), (root_L - root_mu) / (root_L + root_mu)
    return step * step, part * part


def noise_variance(lr, momentum, curvature, variance):
    r"""Variance of x in the long run, on $\tfrac12\lambda x^2$ with gradient noise of variance σ².

    $$\operatorname{Var} x =
    \frac{\eta\sigma^2 (1 + \beta)}{\lambda (1 - \beta)\,(2 (1 + \beta) - \eta\lambda)}$$

    Solves the equation that the covariance of $(x_t, x_{t-1})$ repeats itself. Source: Mandt,
    Hoffman, Blei 2017 for small η; here exact. Raises ValueError unless $0 < \eta\lambda < 2 (1 + \beta)$.
    """
    _stable(lr, momentum, curvature)
    room = 2 * (1 + momentum) - lr * curvature
    return lr * variance * (1 + momentum) / (curvature * (1 - momentum) * room)


def noise_floor(lr, momentum, curvature, variance):
    r"""The loss at which noise holds a run, $\tfrac12\lambda \operatorname{Var} x$.

    Without momentum $\eta\sigma^2 / (2 (2 - \eta\lambda))$: proportional to η while $\eta\lambda$ is small.
    Mini-batches of B have ``variance`` σ²/B.
    """
    return curvature * noise_variance(lr, momentum, curvature, variance) / 2


def steps_to(fraction, rate):
    """How many steps shrink a distance to ``fraction`` of itself, at a rate below 1."""
    _between("rate", rate, " for a run that converges")
    _between("fraction", fraction)
    return ceil(log(fraction) / log(rate))


def _between(name, value, why=""):
    if not 0 < value < 1:
        raise ValueError(f"{name} must be between 0 and 1{why}, got {value!r}")


def _stable(lr, momentum, curvature):
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be at least 0 and below 1, got {momentum!r}")
    if not 0 < lr < momentum_limit(momentum, curvature):
        limit = momentum_limit(momentum, curvature)
        raise ValueError(f"lr must be between 0 and 2(1 + momentum)/curvature = {limit:g}, got {lr!r}")


def _positive(name, value):
    if finite(name, value) <= 0:
        raise ValueError(f"{name} must be positive, got {value!r}")
    return value


def _ordered(mu, L):
    _positive("mu", mu)
    if finite("L", L) < mu:
        raise ValueError(f"L must be at least mu, {mu!r}, got {L!r}")
