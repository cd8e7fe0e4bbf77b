"""Steepest descent with a line search, and conjugate gradients: linear and nonlinear."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import symmetric
from gdbook.checks.callbacks import finite_reals, takes
from gdbook.checks.numbers import known
from gdbook.second_order.line_search import wolfe
from gdbook.second_order.run import Run, SecondOrderTrace, next_trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike

    from gdbook.types import Array


def steepest_descent(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 100,
    tolerance: float | None = None,
    line_search: Callable[..., float] | None = wolfe,
) -> SecondOrderTrace:
    r"""Gradient descent whose learning rate a line search chooses at each step.

    $$w_{t+1} = w_t - \eta_t \nabla f(w_t)$$

    The first η tried is that of ``bfgs``, and then as in ``nonlinear_cg``. With ``line_search=None`` it is
    taken as it is. Arguments and result as for ``bfgs``. Source: Cauchy 1847.
    """
    run = Run(f, grad, w0, steps, tolerance, 1e-6)
    lr: Any = run.first_trial()
    while run.going:
        direction = -run.g
        lr = run.search(line_search, direction, lr=lr)
        if lr is None:
            break
        loss_before = run.loss
        run.by(lr * direction)
        if run.going:
            lr = next_trial(lr, loss_before - run.loss, -(run.g @ run.g))
    return run.trace()


def conjugate_gradient(
    A: Any,
    b: Any,
    w0: Any = None,
    steps: int | None = None,
    tolerance: float | None = None,
) -> SecondOrderTrace:
    r"""Solve $Aw = b$, or what is the same, minimise $\tfrac12 w^\top A w - b^\top w$, in at most $n$ steps.

    With the gradient $g_t = A w_t - b$, and $d_0 = -g_0$:

    $$\begin{aligned}
    \eta_t &= \frac{g_t^\top g_t}{d_t^\top A\,d_t} \\
    w_{t+1} &= w_t + \eta_t\,d_t \\
    \beta_{t+1} &= \frac{g_{t+1}^\top g_{t+1}}{g_t^\top g_t} \\
    d_{t+1} &= -g_{t+1} + \beta_{t+1}\,d_t
    \end{aligned}$$

    ``A`` is symmetric positive definite, shape ``(n, n)``; ``b`` has shape ``(n,)``; ``w0`` is zeros if
    None, ``steps`` is n. Each step needs one product with ``A``, which ``trace.grad_calls`` counts. Stops
    when the norm of the gradient is at most ``tolerance``; for None that is $10^{-10}$, or $10^{-10}$ of the
    first gradient if its norm is below 1. Where the gradient is the rounding of $Aw$ and $b$ the run has
    converged, whatever the tolerance: more steps would follow the rounding.

    Raises TypeError or ValueError for an ``A`` that is not square or symmetric, or shows a curvature
    $d^\top A d$ that is not positive, or is so by rounding alone, and for other arguments that make no sense.
    Source: Hestenes, Stiefel 1952; Nocedal, Wright 2006, Algorithm 5.2.
    """
    A, b = symmetric("A", finite_reals("A", A), within=1e-10), finite_reals("b", b)
    if b.shape != A.shape[:1]:
        raise ValueError(f"b must have shape {A.shape[:1]}, one number for each row of A, got {b.shape}")
    w0 = np.zeros(len(b)) if w0 is None else finite_reals("w0", w0)
    if w0.shape != b.shape:
        raise ValueError(f"w0 must have the shape of b, {b.shape}, got {w0.shape}")
    # The gradient comes from a recurrence, so that a step needs one product with A, not two.
    known_g = A @ w0 - b
    run = Run(
        lambda w: (w @ known_g - b @ w) / 2,  # ½wᵀAw − bᵀw, with Aw = g + b
        lambda w: known_g,
        w0,
        len(b) if steps is None else steps,
        tolerance,
        1e-10,
    )
    size = float(np.linalg.norm(A))
    g = known_g
    d = -g
    while run.going:
        if np.linalg.norm(g) <= EPS * (size * np.linalg.norm(run.w) + np.linalg.norm(b)):
            run.stopped = "converged"
            break
        Ad = A @ d
        curvature = d @ Ad
        if not curvature > EPS * size * (d @ d):
            raise ValueError(
                f"A must be positive definite, got curvature {curvature:.3g} in a direction of the run: "
                "the quadratic has no minimum, or no single one"
            )
        lr = (g @ g) / curvature
        known_g = g + lr * Ad
        run.by(lr * d)
        beta = (known_g @ known_g) / (g @ g)
        g = known_g
        d = -g + beta * d
    return run.trace()


@takes(g="n", g_before="n")
def fletcher_reeves(g: Array, g_before: Array) -> float:
    r"""$\beta = \dfrac{g_{t+1}^\top g_{t+1}}{g_t^\top g_t}$. Source: Fletcher, Reeves 1964.

    Both are vectors of one shape, and finite, else TypeError or ValueError; as when $g_t$ is 0.
    """
    return (g @ g) / _not_zero(g_before)  # type: ignore[return-value]  # a number


@takes(g="n", g_before="n")
def polak_ribiere(g: Array, g_before: Array) -> float:
    r"""$\beta = \max\left(0, \dfrac{g_{t+1}^\top (g_{t+1} - g_t)}{g_t^\top g_t}\right)$.

    The 0 is the "+" in the name PR+: the method then restarts with the gradient. Source: Polak, Ribière
    1969; Nocedal, Wright 2006, equations 5.44 and 5.45.
    What it raises: as ``fletcher_reeves``.
    """
    return max(0.0, g @ (g - g_before) / _not_zero(g_before))  # type: ignore[return-value]


def _not_zero(g_before: Array) -> float:
    squared: Any = g_before @ g_before
    if squared == 0:
        raise ValueError(f"g_before must not be 0, got {g_before!r}: the run had arrived")
    return squared


EPS = float(np.finfo(float).eps)
# The proofs of descent for conjugate directions need c2 < ½ (Nocedal, Wright 2006, Lemma 5.6).
TIGHT = partial(wolfe, c2=0.1)
FORMULAS = {"PR+": polak_ribiere, "FR": fletcher_reeves}


def nonlinear_cg(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 500,
    tolerance: float | None = None,
    formula: str = "PR+",
    line_search: Callable[..., float] | None = TIGHT,
) -> SecondOrderTrace:
    r"""Conjugate gradients for a loss that is not quadratic: a line search for η, a formula for β.

    $$\begin{aligned}
    w_{t+1} &= w_t + \eta_t\,d_t \\
    d_{t+1} &= -g_{t+1} + \beta_{t+1}\,d_t
    \end{aligned}$$

    ``formula`` is ``"PR+"`` (Polak–Ribière) or ``"FR"`` (Fletcher–Reeves); both are the linear β on a
    quadratic with exact steps. The first η tried is that of ``bfgs``; after that, where a parabola with the
    new slope would fall by as much as the last step did, times 1.01 (Nocedal, Wright 2006, equation 3.60; so
    does SciPy, but at most 1, which is a scale). A direction that does not descend is replaced by $-g$.
    Arguments and result as for ``bfgs``.
    """
    beta = known("formula", formula, FORMULAS)
    run = Run(f, grad, w0, steps, tolerance, 1e-6)
    lr: Any
    d, lr = -run.g, run.first_trial()
    while run.going:
        lr = run.search(line_search, d, lr=lr)
        if lr is None:
            break
        g_before, loss_before = run.g, run.loss
        run.by(lr * d)
        if not run.going:
            break
        d = -run.g + beta(run.g, g_before) * d
        if not run.g @ d < 0:
            d = -run.g
        lr = next_trial(lr, loss_before - run.loss, run.g @ d)
    return run.trace()
