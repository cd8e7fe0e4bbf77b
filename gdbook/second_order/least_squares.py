r"""Least squares: $f(w) = \tfrac12 \lVert r(w) \rVert^2$, whose Hessian is nearly $J^\top J$."""

import numpy as np

from gdbook.check import finite, function
from gdbook.second_order.newton import newton_step
from gdbook.second_order.run import Run, Singular


def gauss_newton_step(r, J):
    r"""The step that would be right if $r$ were linear: $s = -(J^\top J)^{-1} J^\top r$.

    ``r`` has shape ``(m,)``, ``J`` ``(m, n)``. Computed as the least-squares solution of $Js = -r$, which
    loses fewer digits than $J^\top J$ would. Raises Singular where the columns of ``J`` depend on each
    other.
    """
    if not np.all(np.isfinite(J)):
        raise Singular("singular Jacobian: it is not finite")
    step, _, rank, _ = np.linalg.lstsq(J, -r, rcond=None)
    if rank < J.shape[1]:
        raise Singular(
            f"singular Jacobian: rank {rank} for {J.shape[1]} parameters; levenberg_marquardt copes"
        )
    return step


def levenberg_marquardt_step(r, J, damping):
    r"""The step $-(J^\top J + \lambda I)^{-1} J^\top r$: Gauss–Newton for λ = 0, along −g for large λ."""
    return newton_step(J.T @ r, J.T @ J + damping * np.eye(J.shape[1]))


class _Residuals:
    """Residual and Jacobian as the loss ½‖r‖² and its gradient Jᵀr; keeps the last of each."""

    def __init__(self, residual, jacobian, w0):
        self.residual, self.jacobian = function("residual", residual), function("jacobian", jacobian)
        self.r, self.J = None, None
        if np.ndim(w0) != 1:
            raise ValueError(f"w0 must be a vector, got shape {np.shape(w0)}")

    def loss(self, w):
        self.r = np.asarray(self.residual(w), dtype=float)
        if self.r.ndim != 1:
            raise ValueError(f"residual must return a vector, got shape {self.r.shape}")
        return self.r @ self.r / 2

    def grad(self, w):
        self.J = np.asarray(self.jacobian(w), dtype=float)
        if self.J.shape != (len(self.r), len(w)):
            raise ValueError(f"jacobian must return shape {(len(self.r), len(w))}, got {self.J.shape}")
        return self.J.T @ self.r


def gauss_newton(residual, jacobian, w0, steps=50, tolerance=1e-10):
    r"""Gauss–Newton: Newton's method for least squares without second derivatives.

    $$w_{t+1} = w_t - (J^\top J)^{-1} J^\top r$$

    ``residual(w)`` has shape ``(m,)``, ``jacobian(w)`` its derivatives, shape ``(m, n)``; ``w0`` has shape
    ``(n,)``. The loss is $\tfrac12\lVert r\rVert^2$, its gradient $J^\top r$. Stops when the norm of that
    is at most ``tolerance``. Returns a ``SecondOrderTrace``; ``loss_calls`` counts residuals,
    ``grad_calls`` Jacobians.

    Far away it may diverge. A Jacobian without full rank ends the run; ``trace.stopped`` says so. Source:
    Nocedal, Wright 2006, section 10.3.
    """
    problem = _Residuals(residual, jacobian, w0)
    run = Run(problem.loss, problem.grad, w0, steps, tolerance)
    while run.going:
        step = run.attempt(gauss_newton_step, problem.r, problem.J)
        if step is not None:
            run.to(run.w + step)
    return run.trace()


def levenberg_marquardt(residual, jacobian, w0, steps=200, tolerance=1e-10, damping=1e-3):
    r"""Levenberg–Marquardt: Gauss–Newton with a shift λ that grows where a step fails.

    $$w_{t+1} = w_t - (J^\top J + \lambda I)^{-1} J^\top r$$

    A step is taken if the loss falls; then λ is divided by 3, else multiplied by 2 and tried again. The
    first λ is ``damping`` times the largest diagonal entry of $J^\top J$. Arguments and result as for
    ``gauss_newton``. A rank-deficient Jacobian is no trouble: the shift makes the matrix regular. When λ is
    so large that the step no longer changes the loss, the run ends and ``trace.stopped`` says so. Source:
    Levenberg 1944; Marquardt 1963 (who scales by the diagonal; here by I).
    """
    if not finite("damping", damping) > 0:
        raise ValueError(f"damping must be positive, got {damping!r}: 0 is gauss_newton")
    problem = _Residuals(residual, jacobian, w0)
    run = Run(problem.loss, problem.grad, w0, steps, tolerance)
    shift = damping * float(np.max(np.sum(problem.J**2, axis=0)))
    while run.going:
        r, J = problem.r, problem.J
        for _ in range(60):
            w = run.w + levenberg_marquardt_step(r, J, shift)
            with np.errstate(over="ignore", invalid="ignore"):
                fallen = run.f(w) < run.loss
            if fallen:
                break
            shift = 2 * shift
        else:
            run.stopped = (
                "no step lowers the loss: the minimum to rounding, or jacobian does not match residual"
            )
            break
        run.to(w)
        shift = shift / 3
    return run.trace()
