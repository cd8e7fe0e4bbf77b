"""The loop that turns a rule into a run, and the run as a record."""

import math

from gdbook.check import finite, function, rate, whole
from gdbook.rules import sgd
from gdbook.rules.checked import check_range

try:
    import numpy as np
except ImportError:  # floats only: a small Python, such as one that runs in a web page
    np = None  # type: ignore[assignment]


class Trace:
    """What happened in a run of ``steps`` steps.

    - ``w``: the parameters, shape ``(steps + 1, *w0.shape)``; ``w[t]`` is before step ``t``.
    - ``loss``: the loss at each ``w``, shape ``(steps + 1,)``, or None if none was given.
    - ``grad``: the gradient that step ``t`` used, shape ``(steps, *w0.shape)``.
    - ``diverged_at``: the first ``t`` at which ``w[t]`` or ``loss[t]`` is not a finite number
      (or the gradient there is not); None if all are finite. The run stops there, and what
      was not reached is NaN.
    - ``last``: the last index with finite values.

    Without NumPy, which only runs on floats can do, the three records are lists.
    """

    def __init__(self, w, loss, grad, diverged_at):
        self.w = w
        self.loss = loss
        self.grad = grad
        self.diverged_at = diverged_at
        self.last = len(w) - 1 if diverged_at is None else diverged_at - 1

    def __repr__(self):
        steps = len(self.w) - 1
        ending = "" if self.loss is None else f", loss {self.loss[0]:.4g} → {self.loss[self.last]:.4g}"
        if self.diverged_at is not None:
            return f"<Trace: diverged at step {self.diverged_at} of {steps}{ending}>"
        return f"<Trace: {steps} steps{ending}>"


def descend(grad, w0, rule=sgd, steps=100, loss=None, lr=0.1, **hyper):
    r"""Run ``rule`` from ``w0`` for ``steps`` steps, and record them.

    - ``grad``: a function; ``grad(w)`` is the gradient of the loss, of the shape of ``w``.
    - ``w0``: the start: a number, or an array of finite floats of any shape.
    - ``loss``: a function to record at each ``w``; the steps do not need it.
    - ``lr``: the learning rate η: a number, or a schedule, ``lr(t)`` for step ``t`` from 0.
    - ``hyper``: what else the rule takes, such as ``momentum=0.9``.

    Returns a ``Trace``. Divergence is a result, not an error: ``trace.diverged_at``.

    Raises TypeError or ValueError, with the argument's name and value, for a start or a rate
    that is not finite, a negative rate, steps that are negative or not whole, a
    hyperparameter that the rule does not take, or a gradient of another shape than ``w``.
    """
    function("grad", grad)
    function("rule", rule)
    if loss is not None and not callable(loss):
        raise TypeError(f"loss must be a function or None, got {loss!r}")
    w = _start(w0)
    steps = whole("steps", steps)
    schedule = lr if callable(lr) else None
    if schedule is None:
        rate("lr", lr)
    _check_hyper(rule, hyper)

    step = getattr(rule, "__wrapped__", rule)  # what it would check at each step is checked here
    ws, losses, grads = [], [], []
    state = ()
    diverged_at = None
    with _quiet():
        for t in range(steps + 1):
            value = 0.0 if loss is None else _check_loss(_or_infinity(loss, w), t)
            g = _or_infinity(grad, w) if t < steps else 0.0
            if t < steps:
                g = _check_gradient(g, w, t)
            if not (_is_finite(w) and _is_finite(value) and _is_finite(g)):
                diverged_at = t
                break
            ws.append(w)
            losses.append(value)
            if t == steps:
                break
            grads.append(g)
            now = float(lr if schedule is None else rate(f"lr({t})", schedule(t)))  # float32 w stays float32
            w, *state = step(w, g, *state, lr=now, **hyper)
    if diverged_at == 0:
        raise ValueError(
            f"w0 must have a finite loss and gradient, got {w0!r} with loss {value!r}, gradient {g!r}"
        )
    return Trace(
        _record(ws, steps + 1, w),
        None if loss is None else _record(losses, steps + 1, 0.0),
        _record(grads, steps, w),
        diverged_at,
    )


def outcome(trace, minimum=None, tolerance=1e-3):
    """A run in one word: what a reader would say who looks at its losses.

    - ``"diverged"``: a value overflowed;
    - ``"grew"``: the loss ended above where it began;
    - ``"converged"``: the parameters ended within ``tolerance`` of ``minimum`` (or, with no
      minimum given, the last gradient is within ``tolerance`` of 0);
    - ``"descending"``: the loss fell, and is not there yet.

    Needs a trace with losses, and without a minimum one of at least one step; else ValueError.
    """
    if trace.loss is None:
        raise ValueError("outcome needs losses: pass loss=… to descend")
    if minimum is None and len(trace.grad) == 0:
        raise ValueError("outcome needs a minimum for a run of 0 steps, which has no gradient")
    if trace.diverged_at is not None:
        return "diverged"
    if trace.loss[-1] > trace.loss[0]:
        return "grew"
    away = _distance(trace.grad[-1], 0.0) if minimum is None else _distance(trace.w[-1], minimum)
    return "converged" if away <= tolerance else "descending"


def hyperparameters(rule):
    """What ``rule`` takes besides ``w``, ``g`` and its state, ``lr`` first: each name with its default.

    None for a rule with ``**hyper``, which may take anything.
    """
    import inspect  # here, for a small Python has none and can still descend

    parameters = list(inspect.signature(rule).parameters.values())
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    names = [p.name for p in parameters]
    return {p.name: p.default for p in parameters[names.index("lr") :]} if "lr" in names else {}


def _start(w0):
    """The start as a float, or as an array of floats, all finite."""
    if hasattr(w0, "__float__") and not hasattr(w0, "shape") and not isinstance(w0, bool):
        return float(finite("w0", w0))
    if np is None:
        raise TypeError(f"w0 must be a number where NumPy is not installed, got {w0!r}")
    try:
        w = np.array(w0)
    except ValueError as error:
        raise ValueError(f"w0 must have rows of one length, got {w0!r}") from error
    if w.dtype.kind in "iu":
        w = w.astype(float)
    if w.dtype.kind != "f":
        raise TypeError(f"w0 must be a real number or an array of them, got {w0!r}")
    if w.size == 0:
        raise ValueError(f"w0 must not be empty, got shape {w.shape}")
    if not np.all(np.isfinite(w)):
        raise ValueError(f"w0 must be finite, got {w0!r}")
    return w


def _check_loss(value, t):
    """The loss, if it is one real number."""
    if isinstance(value, (float, int)):
        return value
    if np is None or np.shape(value) != () or np.asarray(value).dtype.kind not in "fiu":
        raise TypeError(f"loss must return a real number, got {value!r} at step {t}")
    return value


def _check_gradient(g, w, t):
    """The gradient, if it is real and has the shape of the parameters."""
    if isinstance(w, float) and isinstance(g, (float, int)):
        return g
    if np is None or np.asarray(g).dtype.kind not in "fiu":
        raise TypeError(f"grad must return real numbers, got {g!r} at step {t}")
    if np.shape(g) != np.shape(w):
        raise ValueError(
            f"grad must return the shape of w, {np.shape(w)}, got shape {np.shape(g)} at step {t}"
        )
    return g if isinstance(w, float) else np.asarray(g)


def _check_hyper(rule, hyper):
    """Refuse hyperparameters that the rule does not take, naming those that it does."""
    try:
        takes = hyperparameters(rule)
    except ImportError:  # a small Python has no inspect: the call itself will complain
        return
    for name, value in hyper.items():
        if takes is not None and name not in takes:
            raise TypeError(
                f"{rule.__name__} takes no hyperparameter {name!r} (got {value!r}); "
                f"it takes {', '.join(takes)}"
            )
        if not isinstance(value, bool):
            check_range(name, finite(name, value))


def _or_infinity(function, w):
    """``function(w)``; infinity where Python's floats overflow with an error."""
    try:
        return function(w)
    except OverflowError:
        return math.inf


def _is_finite(value):
    return math.isfinite(value) if isinstance(value, (float, int)) else bool(np.all(np.isfinite(value)))


def _distance(a, b):
    return abs(a - b) if np is None else float(np.linalg.norm(np.asarray(a) - np.asarray(b)))


def _record(values, length, like):
    """The values as one array (a list without NumPy), filled with NaN to ``length``."""
    if np is None:
        return values + [math.nan] * (length - len(values))
    record = np.full((length, *np.shape(like)), np.nan, dtype=np.asarray(like).dtype)
    if values:
        record[: len(values)] = values
    return record


def _quiet():
    """No warnings for overflow: a run that overflows says so in ``Trace.diverged_at``."""
    if np is not None:
        return np.errstate(over="ignore", invalid="ignore")
    import contextlib

    return contextlib.nullcontext()
