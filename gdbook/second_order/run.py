"""What every method here keeps: where it is, what it has cost so far, and why it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.callbacks import Callback, above_zero, finite_reals, not_negative, reals
from gdbook.checks.numbers import function, shown, whole
from gdbook.descent import Trace
from gdbook.second_order.line_search import LineSearchFailed, NotADescentDirection

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike

    from gdbook.types import Array, Indices, V

ROUNDING = 4 * float(np.finfo(float).eps)  # a step that is a smaller share of w is none

LEAP = 1000  # times their size: parameters that a step has thrown so far do not come back


class SecondOrderTrace(Trace):
    """A ``Trace`` that ends where the method ended, and knows what each iterate cost.

    - ``w``, ``loss``, ``grad``, ``diverged_at``: as in ``Trace``; the records have the length of the run.
    - ``loss_calls``, ``grad_calls``, ``hess_calls``: how often each had been called when ``w[t]`` was
      reached, shape ``(len(w),)``. A point asked for twice in a row is paid once.
    - ``calls``: the sum of the first two. Compare methods by this, not by iterations.
    - ``stopped``: ``"converged"`` (gradient within ``tolerance``, or the steps left are below the rounding of
      the parameters or of the loss), ``"steps"`` (all used), ``"diverged"``, or the message of what went
      wrong: a singular Hessian, a line search that failed.
    """

    loss: Array  # there always is one

    def __init__(
        self, w: Array, loss: Array, grad: Array, diverged_at: int | None, calls: Indices, stopped: str
    ) -> None:
        super().__init__(w, loss, grad, diverged_at)
        self.loss_calls, self.grad_calls, self.hess_calls = calls.T
        self.stopped = stopped

    @property
    def calls(self) -> Indices:
        return self.loss_calls + self.grad_calls

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, {self.calls[-1]} calls, {self.stopped}>"


class Singular(ArithmeticError):
    """A linear system that has no single solution."""


class Counted:
    """A ``Callback`` that counts its calls, and does not pay for the same point twice in a row."""

    def __init__(
        self, name: str, call: Any, shape: tuple[int, ...], takes_number: bool, hint: str = ""
    ) -> None:
        self.callback = Callback(name, call, shape, takes_number, hint)
        self.calls = 0
        self.last: tuple[Array, Any] | None = None

    def __call__(self, w: Array) -> Any:
        if self.last is not None and np.array_equal(w, self.last[0]):
            return self.last[1]
        self.calls += bool(np.all(np.isfinite(w)))  # else there is nothing to call it with
        self.last = (np.array(w), self.callback(w))
        return self.last[1]


class Run:
    """A run in the making: ``w``, ``g`` and ``loss`` where it is, and the record of where it was.

    ``w`` is a vector of shape ``(n,)`` even where the run began from a number. ``going`` says whether to
    take another step; ``to(w)`` takes it; ``trace()`` is the result. It has converged where the norm of the
    gradient is at most ``tolerance``; for None that is ``usual``, or as much less as the first gradient is
    less than 1, so that a loss in small units is no smaller problem, and a step below rounding will do too.
    """

    def __init__(
        self, f: Any, grad: Any, w0: Any, steps: Any, tolerance: Any, usual: float, *hess: Any
    ) -> None:
        w = reals("w0", w0)
        if w.ndim > 1 or w.size == 0:
            raise ValueError(f"w0 must be a number or a vector, got shape {w.shape}")
        w = finite_reals("w0", w0).copy()
        self.number = w.ndim == 0
        self.steps = whole("steps", steps)
        tolerance = None if tolerance is None else not_negative("tolerance", tolerance)
        n = w.size
        self.f = Counted("f", f, (), self.number)
        self.grad = Counted("grad", grad, (n,), self.number, ", that of w0")
        hint = ": a row and a column for each entry of w0"
        self.hess: Any = Counted("hess", hess[0], (n, n), self.number, hint) if hess else None
        self.stopped: Any = None  # while it goes on
        self.diverged_at: int | None = None
        self.ws: list[Array] = []
        self.losses: list[float] = []
        self.grads: list[Array] = []
        self.calls: list[tuple[int, int, int]] = []
        self.tolerance, self.usual = tolerance, usual
        self.to(w.reshape(n))
        if self.diverged_at == 0:
            raise ValueError(
                f"w0 must have a finite loss and gradient, got {shown(w0)} with loss {self.at[0]!r}"
            )

    @property
    def going(self) -> bool:
        return self.stopped is None

    def to(self, w: Array) -> None:
        """Move to ``w``, record it, and see whether that is the end."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self.at = loss, g = self.f(w), self.grad(w)
        if not (np.isfinite(loss) and np.all(np.isfinite(g))):  # as at a w that is not
            self.diverged_at = len(self.ws)
            self.stopped = "diverged"
            w, loss, g = np.full_like(w, np.nan), np.nan, np.full_like(w, np.nan)
        self.w, self.loss, self.g = w, loss, g
        self.ws.append(w)
        self.losses.append(loss)
        self.grads.append(g)
        self.calls.append((self.f.calls, self.grad.calls, self.hess.calls if self.hess else 0))
        if self.going and self._converged():
            self.stopped = "converged"
        if self.going and len(self.ws) > self.steps:
            self.stopped = "steps"

    def by(self, step: Array) -> None:
        """Move by a step, however far: what overflows has diverged."""
        with np.errstate(over="ignore"):
            w = self.w + step
        self.to(w)

    def _converged(self) -> bool:
        with np.errstate(over="ignore"):  # squares may overflow where numbers do not
            slope, first = float(np.linalg.norm(self.g)), float(np.linalg.norm(self.grads[0]))
        if self.tolerance is not None:
            return slope <= self.tolerance
        return slope <= self.usual * min(1.0, first) or (len(self.ws) > 1 and self._rests())

    def _rests(self, share: float = ROUNDING) -> bool:
        """Whether a step with the curvature ‖y‖/‖s‖ just seen is below this share of the parameters."""
        s, y = _size(self.ws[-1] - self.ws[-2]), _size(self.grads[-1] - self.grads[-2])
        return y > 0 and _size(self.g) / y * s <= share * _size(self.w)

    def search(self, line_search: Callable[..., float] | None, direction: Array, lr: float) -> float | None:
        """The step that ``line_search`` finds, or ``lr`` without one; None, and the end, if it fails."""
        if line_search is None:
            return lr
        function("line_search", line_search)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                found = line_search(self.f, self.grad, self.w.copy(), direction.copy(), lr=lr)
        except (LineSearchFailed, NotADescentDirection) as failed:
            self.stopped = "converged" if self.is_rounding(lr * direction) else f"line search: {failed}"
            return None
        except TypeError as error:
            error.add_note("line_search is called as line_search(f, grad, w, direction, lr=…)")
            raise
        return above_zero("what line_search returns", found)

    def is_rounding(self, step: Array) -> bool:
        """Whether a step that failed did so for rounding, of the parameters, the loss or the gradient."""
        return bool(
            np.all(np.abs(step) <= ROUNDING * np.abs(self.w))
            or abs(self.g @ step) <= ROUNDING * abs(self.loss)
            or (len(self.ws) > 1 and self._rests(1000 * ROUNDING))
        )

    def attempt(self, function: Callable[..., V], *args: Any) -> V | None:
        """``function(*args)``; None, and the end of the run, where its linear system is singular.

        If Newton's step before has just thrown the parameters to a thousand times their size, the run has
        diverged: the next step, from where there is no curvature left, would be infinite.
        """
        try:
            return function(*args)
        except Singular as singular:
            if self.hess and len(self.ws) > 1 and _size(self.w) > LEAP * _size(self.ws[-2]):
                self.to(np.full_like(self.w, np.nan))
            else:
                self.stopped = str(singular)
            return None

    def trace(self) -> SecondOrderTrace:
        shape = () if self.number else self.w.shape
        return SecondOrderTrace(
            np.reshape(self.ws, (-1, *shape)),
            np.array(self.losses),
            np.reshape(self.grads[:-1], (-1, *shape)),
            self.diverged_at,
            np.array(self.calls),
            self.stopped,
        )

    def first_trial(self) -> float:
        r"""The first η that a line search tries along $-g$: ``first_lr``, kept near the problem's own scale.

        That scale is $\lVert w\rVert_\infty / \lVert g\rVert_\infty$, a step as large as the parameters; at
        $w = 0$ it is $|f| / \lVert g\rVert^2$. The trial is at least a hundredth of it, and at most a hundred
        times. Multiply the loss or the parameters by a number, and the first step is the same step. Source:
        Hager, Zhang 2006, CG_DESCENT, I0 with ψ₀ = 0.01.
        """
        g, lr = self.g, first_lr(self.g)
        if not np.any(g):
            return lr
        steepest = _size(g)
        unit = g / steepest  # squares of tiny numbers vanish
        scale = (
            _size(self.w) / steepest
            if np.any(self.w)
            else abs(self.loss) / steepest / steepest / (unit @ unit)
        )
        return float(np.clip(lr, scale / 100, 100 * scale)) if scale > 0 and np.isfinite(scale) else lr


def _size(vector: Array) -> float:
    return float(np.max(np.abs(vector)))


def first_lr(g: ArrayLike) -> float:
    r"""A first step when nothing is known of the curvature: $\min(1, 1/\lVert g\rVert_1)$.

    ``g`` is a number or an array. No parameter moves by more than 1 in all. Whose convention: PyTorch's
    ``LBFGS``. Raises TypeError or ValueError for what is not finite real numbers.
    """
    return 1 / max(1.0, float(np.sum(np.abs(finite_reals("g", g)))))


def next_trial(lr: float, fallen: float, slope: float) -> float:
    r"""The next η to try where directions have no scale of their own, after a step ``lr``.

    It is where a parabola with the new ``slope`` would fall by as much as the loss has just ``fallen``,
    times 1.01: $1.01 \cdot 2\,(f_{t-1} - f_t) / |g_t^\top d_t|$. Where that is rounding, ``lr`` again.
    Source: Nocedal, Wright 2006, equation 3.60. SciPy takes at most 1, which is nothing where the loss has
    small units.
    """
    trial = 1.01 * 2 * fallen / -slope
    return trial if 0 < trial < np.inf else lr
