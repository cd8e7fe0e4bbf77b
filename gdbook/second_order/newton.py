"""Newton's method, plain and damped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import symmetric
from gdbook.checks.callbacks import above_zero, reals, takes
from gdbook.second_order.line_search import armijo
from gdbook.second_order.run import Run, SecondOrderTrace, Singular

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike

    from gdbook.types import Array


@takes("H", g="n", H="nn")
def newton_step(g: Array, H: Array) -> Array:
    r"""The step to the point where the quadratic model has no slope, $-H^{-1} g$.

    The model is $m(s) = f + g^\top s + \tfrac12 s^\top H s$; its gradient $g + Hs$ is 0 there. ``g`` has
    shape ``(n,)``, ``H`` ``(n, n)``. Raises Singular where ``H`` has no inverse, and TypeError or ValueError
    for arrays of other shapes, or a ``g`` that is not finite.
    """
    try:
        step: Any = np.linalg.solve(H, -g)
    except np.linalg.LinAlgError:
        step = np.full_like(g, np.nan)
    if not np.all(np.isfinite(step)):
        raise Singular("singular Hessian: the quadratic model has no single stationary point")
    return step


def newton(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    hess: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 50,
    tolerance: float | None = None,
) -> SecondOrderTrace:
    r"""Newton's method: at each step, to where the quadratic model has no slope.

    $$w_{t+1} = w_t - H(w_t)^{-1}\,\nabla f(w_t)$$

    ``w0`` is a number or a vector of shape ``(n,)``; ``hess(w)`` has shape ``(n, n)``. Stops when the norm
    of the gradient is at most ``tolerance``; for None that is $10^{-10}$, or $10^{-10}$ of the first
    gradient if its norm is below 1. Returns a ``SecondOrderTrace``. Raises TypeError or ValueError that
    names the argument.

    It looks for slope 0, so where the Hessian is not positive definite it may go uphill, to a saddle or a
    maximum. Far from the solution it may diverge: ``trace.diverged_at``. A singular Hessian ends the run;
    ``trace.stopped`` says so, or that the run has diverged, if the step there made the parameters more than
    1000 times as large. Source: Nocedal, Wright 2006, section 3.3.
    """
    run = Run(f, grad, w0, steps, tolerance, 1e-10, hess)
    while run.going:
        step = run.attempt(newton_step, run.g, run.hess(run.w))
        if step is not None:
            run.by(step)
    return run.trace()


def shifted_cholesky(H: Any, least: float = 1e-3, most: float = 1e12) -> tuple[Array, float]:
    r"""The first of 0, τ, 2τ, 4τ, … that makes $H + \tau I$ positive definite: ``(factor, shift)``.

    ``factor`` is lower triangular, $LL^\top = H + \tau I$. The first τ lifts the least diagonal entry to
    ``least``, relative to the norm of ``H``; where ``H`` is 0, to ``least``. Source: Nocedal, Wright 2006,
    Algorithm 3.3; the scale by the norm is ours. Raises Singular if no shift up to ``most`` times that norm
    is enough, as when ``H`` is not finite; TypeError or ValueError unless ``H`` is a symmetric matrix,
    ``least`` and ``most`` positive.
    """
    H = reals("H", H)
    least, most = above_zero("least", least), above_zero("most", most)
    if H.ndim != 2 or H.size == 0 or np.all(np.isfinite(H)):
        symmetric("H", H, within=1e-5)  # second differences are symmetric to a few digits
    scale = float(np.linalg.norm(H)) or 1.0
    lowest = float(np.min(np.diag(H)))
    shift = 0.0 if lowest > 0 else least * scale - lowest
    while shift <= most * scale:
        try:
            return np.linalg.cholesky(H + shift * np.eye(len(H))), shift
        except np.linalg.LinAlgError:
            shift = max(2 * shift, least * scale)
    raise Singular("the Hessian cannot be made positive definite: it is not finite, or most is too small")


def damped_newton(
    f: Callable[[Any], Any],
    grad: Callable[[Any], Any],
    hess: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 100,
    tolerance: float | None = None,
    line_search: Callable[..., float] | None = armijo,
) -> SecondOrderTrace:
    r"""Newton's method that goes downhill: a shifted Hessian, and a step that a line search shortens.

    $$w_{t+1} = w_t - \eta_t\,(H + \tau I)^{-1}\,\nabla f(w_t)$$

    τ is 0 where $H$ is positive definite, else as ``shifted_cholesky`` finds it (Levenberg's shift); η is 1
    where the line search takes it, and then the step is Newton's. Arguments as for ``newton``, with
    $10^{-6}$ in ``tolerance``.

    With such a matrix the direction always descends. A line search that fails ends the run;
    ``trace.stopped`` says so. Source: Nocedal, Wright 2006, Algorithms 3.2 and 3.3; Levenberg 1944.
    """
    run = Run(f, grad, w0, steps, tolerance, 1e-6, hess)
    while run.going:
        factored = run.attempt(shifted_cholesky, run.hess(run.w))
        if factored is None:
            break
        L, _ = factored
        direction: Any = -np.linalg.solve(L.T, np.linalg.solve(L, run.g))
        lr = run.search(line_search, direction, lr=1.0)
        if lr is not None:
            run.by(lr * direction)
    return run.trace()
