"""What every method here keeps: where it is, what it has cost so far, and why it stopped."""

import numpy as np

from gdbook.check import finite, function, whole
from gdbook.descent import Trace
from gdbook.second_order.line_search import LineSearchFailed, NotADescentDirection


class SecondOrderTrace(Trace):
    """A ``Trace`` that ends where the method ended, and knows what each iterate cost.

    - ``w``, ``loss``, ``grad``, ``diverged_at``: as in ``Trace``; the records have the length of the run.
    - ``loss_calls``, ``grad_calls``, ``hess_calls``: how often each had been called when ``w[t]`` was
      reached, shape ``(len(w),)``. A point asked for twice in a row is paid once.
    - ``calls``: the sum of the first two. Compare methods by this, not by iterations.
    - ``stopped``: ``"converged"`` (gradient within ``tolerance``), ``"steps"`` (all used), ``"diverged"``,
      or the message of what went wrong: a singular Hessian, a line search that failed.
    """

    def __init__(self, w, loss, grad, diverged_at, calls, stopped):
        super().__init__(w, loss, grad, diverged_at)
        self.loss_calls, self.grad_calls, self.hess_calls = calls.T
        self.stopped = stopped

    @property
    def calls(self):
        return self.loss_calls + self.grad_calls

    def __repr__(self):
        return f"{super().__repr__()[:-1]}, {self.calls[-1]} calls, {self.stopped}>"


class Singular(ArithmeticError):
    """A linear system that has no single solution."""


class Counted:
    """A function that counts its calls, and does not pay for the same point twice in a row."""

    def __init__(self, name, call, takes_number, shape):
        self.name, self.function = name, function(name, call)
        self.takes_number, self.shape = takes_number, shape
        self.calls = 0
        self.last = None

    def __call__(self, w):
        if self.last is not None and np.array_equal(w, self.last[0]):
            return self.last[1]
        self.calls += 1
        try:
            value = np.asarray(self.function(float(w[0]) if self.takes_number else w), dtype=float)
        except OverflowError:  # Python's floats overflow with an error, NumPy's with infinity
            value = np.full(self.shape, np.inf)
        fits = value.size == 1 if self.takes_number else value.shape == self.shape
        if not fits:
            raise ValueError(f"{self.name} must return shape {self.shape}, got {value.shape}")
        value = value.reshape(self.shape) if self.shape else float(value)
        self.last = (w.copy(), value)
        return value


class Run:
    """A run in the making: ``w``, ``g`` and ``loss`` where it is, and the record of where it was.

    ``w`` is a vector of shape ``(n,)`` even where the run began from a number. ``going`` says whether
    to take another step; ``to(w)`` takes it; ``trace()`` is the result.
    """

    def __init__(self, f, grad, w0, steps, tolerance, hess=None):
        w = np.array(w0, dtype=float)
        if w.ndim > 1 or w.size == 0:
            raise ValueError(f"w0 must be a number or a vector, got shape {w.shape}")
        if not np.all(np.isfinite(w)):
            raise ValueError(f"w0 must be finite, got {w0!r}")
        self.number = w.ndim == 0
        self.steps = whole("steps", steps)
        if finite("tolerance", tolerance) < 0:
            raise ValueError(f"tolerance must be at least 0, got {tolerance!r}")
        self.tolerance = tolerance
        n = w.size
        self.f = Counted("f", f, self.number, ())
        self.grad = Counted("grad", grad, self.number, (n,))
        self.hess = Counted("hess", hess, self.number, (n, n)) if hess is not None else None
        self.stopped = None
        self.diverged_at = None
        self.ws, self.losses, self.grads, self.calls = [], [], [], []
        self.to(w.reshape(n))
        if self.diverged_at == 0:
            raise ValueError(f"w0 must have a finite loss and gradient, got {w0!r} with loss {self.loss!r}")

    @property
    def going(self):
        return self.stopped is None

    def to(self, w):
        """Move to ``w``, record it, and see whether that is the end."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self.w, self.loss, self.g = w, self.f(w), self.grad(w)
        if not (np.all(np.isfinite(w)) and np.isfinite(self.loss) and np.all(np.isfinite(self.g))):
            self.diverged_at = len(self.ws)
            self.stopped = "diverged"
            w, self.loss, self.g = np.full_like(w, np.nan), np.nan, np.full_like(w, np.nan)
        self.ws.append(w)
        self.losses.append(self.loss)
        self.grads.append(self.g)
        self.calls.append((self.f.calls, self.grad.calls, self.hess.calls if self.hess else 0))
        if self.going and np.linalg.norm(self.g) <= self.tolerance:
            self.stopped = "converged"
        if self.going and len(self.ws) > self.steps:
            self.stopped = "steps"

    def search(self, line_search, direction, lr):
        """The step that ``line_search`` finds, or ``lr`` without one; None, and the end, if it fails."""
        if line_search is None:
            return lr
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                return line_search(self.f, self.grad, self.w, direction, lr=lr)
        except (LineSearchFailed, NotADescentDirection) as failed:
            self.stopped = f"line search: {failed}"
            return None

    def attempt(self, function, *args):
        """``function(*args)``; None, and the end of the run, where its linear system is singular."""
        try:
            return function(*args)
        except Singular as singular:
            self.stopped = str(singular)
            return None

    def trace(self):
        shape = () if self.number else self.w.shape
        return SecondOrderTrace(
            np.reshape(self.ws, (-1, *shape)),
            np.array(self.losses),
            np.reshape(self.grads[:-1], (-1, *shape)),
            self.diverged_at,
            np.array(self.calls),
            self.stopped,
        )


def first_lr(g):
    r"""A first step when nothing is known of the curvature: $\min(1, 1/\lVert g\rVert_1)$.

    No parameter moves by more than 1 in all. Whose convention: PyTorch's ``LBFGS``.
    """
    return 1 / max(1.0, float(np.sum(np.abs(g))))
