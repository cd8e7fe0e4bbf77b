r"""Least squares: $f(w) = \tfrac12 \lVert r(w) \rVert^2$, whose Hessian is nearly $J^\top J$."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.callbacks import Callback, above_zero, finite_reals, not_negative, takes
from gdbook.second_order.run import ROUNDING, Run, SecondOrderTrace, Singular

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike

    from gdbook.types import Array


@takes("J", r="m", J="mn")
def gauss_newton_step(r: Array, J: Array) -> Array:
    r"""The step that would be right if $r$ were linear: $s = -(J^\top J)^{-1} J^\top r$.

    ``r`` has shape ``(m,)``, ``J`` ``(m, n)``. Computed as the least-squares solution of $Js = -r$, which
    loses fewer digits than $J^\top J$ would, with columns of one length, so that the parameters may have any
    units. Raises Singular where the columns of ``J`` depend on each other or are not finite, TypeError or
    ValueError for arrays of other shapes.
    """
    if not np.all(np.isfinite(J)):
        raise Singular("singular Jacobian: it is not finite")
    lengths = np.linalg.norm(J, axis=0)
    lengths[lengths == 0] = 1.0
    step, _, rank, _ = np.linalg.lstsq(J / lengths, -r, rcond=None)
    if rank < J.shape[1]:
        raise Singular(
            f"singular Jacobian: rank {rank} for {J.shape[1]} parameters; levenberg_marquardt copes"
        )
    return step / lengths


@takes("J", r="m", J="mn", damping="")
def levenberg_marquardt_step(r: Array, J: Array, damping: float) -> Array:
    r"""The step $-(J^\top J + \lambda I)^{-1} J^\top r$: Gauss–Newton for λ = 0, along −g for large λ.

    ``r`` has shape ``(m,)``, ``J`` ``(m, n)``, λ is at least 0. Computed as the least-squares solution of
    $Js = -r$ and $\sqrt\lambda\,s = 0$ together, of all solutions the shortest (Nocedal, Wright 2006,
    equation 10.41). So no ``J`` is without a step. Raises Singular where ``J`` is not finite, else TypeError
    or ValueError.
    """
    damping = not_negative("damping", damping)
    if not np.all(np.isfinite(J)):
        raise Singular("singular Jacobian: it is not finite")
    n = J.shape[1]
    both = np.concatenate([J, np.sqrt(damping) * np.eye(n)])
    return np.linalg.lstsq(both, np.concatenate([-r, np.zeros(n)]), rcond=None)[0]


class _Residuals:
    """Residual and Jacobian as the loss ½‖r‖² and its gradient Jᵀr; keeps the last of each."""

    def __init__(self, residual: Any, jacobian: Any, w0: Any) -> None:
        w0 = finite_reals("w0", w0)
        if w0.ndim != 1 or w0.size == 0:
            raise ValueError(f"w0 must be a vector, got shape {w0.shape}")
        self.residual = Callback("residual", residual, None)
        self.jacobian = Callback(
            "jacobian", jacobian, None, hint=": a row for each entry of residual, a column for each of w0"
        )

    def loss(self, w: Array) -> float:
        self.r = np.atleast_1d(self.residual(w))
        if self.residual.shape is None and np.all(np.isfinite(self.r)):  # as many residuals ever after
            self.residual.shape, self.jacobian.shape = self.r.shape, (len(self.r), len(w))
        return self.r @ self.r / 2

    def grad(self, w: Array) -> Array:
        if self.jacobian.shape is None:  # the first residual is not finite
            return np.full_like(w, np.inf)
        self.J = self.jacobian(w)
        return self.J.T @ self.r


def gauss_newton(
    residual: Callable[[Any], Any],
    jacobian: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 50,
    tolerance: float | None = None,
) -> SecondOrderTrace:
    r"""Gauss–Newton: Newton's method for least squares without second derivatives.

    $$w_{t+1} = w_t - (J^\top J)^{-1} J^\top r$$

    ``residual(w)`` has shape ``(m,)``, ``jacobian(w)`` its derivatives, shape ``(m, n)``; ``w0`` has shape
    ``(n,)``. The loss is $\tfrac12\lVert r\rVert^2$, its gradient $J^\top r$. Stops when the norm of that is
    at most ``tolerance``; for None that is $10^{-10}$, or $10^{-10}$ of the first gradient if its norm is
    below 1. Returns a ``SecondOrderTrace``; ``loss_calls`` counts residuals, ``grad_calls`` Jacobians.
    Raises TypeError or ValueError that names the argument.

    Far away it may diverge. A Jacobian without full rank ends the run; ``trace.stopped`` says so. Source:
    Nocedal, Wright 2006, section 10.3.
    """
    problem = _Residuals(residual, jacobian, w0)
    run = Run(problem.loss, problem.grad, w0, steps, tolerance, 1e-10)
    while run.going:
        step = run.attempt(gauss_newton_step, problem.r, problem.J)
        if step is not None:
            run.by(step)
    return run.trace()


def levenberg_marquardt(
    residual: Callable[[Any], Any],
    jacobian: Callable[[Any], Any],
    w0: ArrayLike,
    steps: int = 200,
    tolerance: float | None = None,
    damping: float = 1e-3,
) -> SecondOrderTrace:
    r"""Levenberg–Marquardt: Gauss–Newton with a shift λ that grows where a step fails.

    $$w_{t+1} = w_t - (J^\top J + \lambda I)^{-1} J^\top r$$

    A step is taken if the loss falls; then λ is divided by 3, else multiplied by 2 and tried again. The
    first λ is ``damping`` times the largest diagonal entry of $J^\top J$; it is never less than the rounding
    of that entry. Arguments and result as for ``gauss_newton``. A rank-deficient Jacobian is no trouble: of
    all solutions the step is the shortest. When λ is so large that the step no longer changes the loss, the
    run ends: it has converged if the first of these steps was within rounding, else ``trace.stopped`` says
    so. Source: Levenberg 1944; Marquardt 1963 (who scales by the diagonal; here by I).
    """
    damping = above_zero("damping", damping, ": 0 is gauss_newton")
    problem = _Residuals(residual, jacobian, w0)
    run = Run(problem.loss, problem.grad, w0, steps, tolerance, 1e-10)
    shift = damping * _largest(problem.J)
    while run.going:
        r, J = problem.r, problem.J
        shift = max(shift, ROUNDING * _largest(J))
        first: Any = None
        for _ in range(SHIFTS):
            step = levenberg_marquardt_step(r, J, shift)
            first = step if first is None else first
            with np.errstate(over="ignore", invalid="ignore"):
                fallen = run.f(run.w + step) < run.loss
            if fallen:
                break
            shift = 2 * shift
        else:
            run.stopped = (
                "converged"
                if run.is_rounding(first)
                else "no step lowers the loss: the minimum to rounding, or jacobian does not match residual"
            )
            break
        run.by(step)
        shift = shift / 3
    return run.trace()


SHIFTS = 120  # doublings of λ, from the rounding of JᵀJ to where no step is left


def _largest(J: Array) -> float:
    """The largest diagonal entry of JᵀJ."""
    return float(np.max(np.sum(J**2, axis=0)))
