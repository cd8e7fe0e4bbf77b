"""The loop that turns a rule into a run, and the run as a record."""

from __future__ import annotations

import math

from gdbook.checks.numbers import finite, function, holds_reals, is_real, number, ordinary, rate, shown, whole
from gdbook.rules import sgd
from gdbook.rules.checked import RANGES, SWITCHES, bare, hyperparameter, is_half

try:
    import numpy as np

    from gdbook.checks import arrays
except ImportError:  # floats only: a small Python, such as one that runs in a web page
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, overload

    from gdbook.types import Array, Numbers, Rule, Schedule


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

    def __init__(self, w: Array, loss: Array | None, grad: Array, diverged_at: int | None) -> None:
        self.w = w
        self.loss = loss
        self.grad = grad
        self.diverged_at = diverged_at
        self.last = len(w) - 1 if diverged_at is None else diverged_at - 1

    def __repr__(self) -> str:
        steps = len(self.w) - 1
        ending = "" if self.loss is None else f", loss {self.loss[0]:.4g} → {self.loss[self.last]:.4g}"
        if self.diverged_at is not None:
            return f"<Trace: diverged at step {self.diverged_at} of {steps}{ending}>"
        return f"<Trace: {steps} steps{ending}>"


if TYPE_CHECKING:

    class Measured(Trace):
        loss: Array  # where it was asked for


if TYPE_CHECKING:

    @overload
    def descend(
        grad: Callable[[Any], Numbers],
        w0: Numbers,
        rule: Rule = sgd,
        steps: int = 100,
        *,
        loss: Callable[[Any], float],
        lr: float | Schedule = 0.1,
        **hyper: object,
    ) -> Measured: ...
    @overload
    def descend(
        grad: Callable[[Any], Numbers],
        w0: Numbers,
        rule: Rule = sgd,
        steps: int = 100,
        loss: Callable[[Any], float] | None = None,
        lr: float | Schedule = 0.1,
        **hyper: object,
    ) -> Trace: ...


def descend(
    grad: Callable[[Any], Numbers],
    w0: Numbers,
    rule: Rule = sgd,
    steps: int = 100,
    loss: Callable[[Any], float] | None = None,
    lr: float | Schedule = 0.1,
    **hyper: object,
) -> Trace:
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
        raise TypeError(f"loss must be a function or None, got {shown(loss)}")
    w = _start(w0)
    steps = whole("steps", steps)
    if not callable(lr):
        rate("lr", lr)
    hyper = _check_hyper(rule, hyper, w)

    # What a rule would check at each step is checked here; half precision is the decorator's work.
    step = rule if np is not None and is_half(np.asarray(w).dtype) else bare(rule)
    ws, losses, grads = _record(steps + 1, w), _record(steps + 1, 0.0), _record(steps, w)
    state: Any = ()
    diverged_at = None
    with _quiet():
        for t in range(steps + 1):
            value = g = math.nan
            if _is_finite(w):
                value = 0.0 if loss is None else _check_loss(_or_not_finite(loss, w), t)
                g = _check_gradient(_or_not_finite(grad, w), w, t) if t < steps else 0.0
            if not (_is_finite(value) and _is_finite(g)):
                diverged_at = t
                break
            ws, losses = _put(ws, t, w), _put(losses, t, value)
            if t == steps:
                break
            grads = _put(grads, t, g)
            now = float(rate(f"lr({t})", lr(t)) if callable(lr) else lr)  # float32 w stays float32
            w, *state = _check_step(step(w, g, *state, lr=now, **hyper), w, t)
    if diverged_at == 0:
        raise ValueError(
            f"w0 must have a finite loss and gradient, got {shown(w0)} with loss {value!r}, "
            f"gradient {shown(g)}"
        )
    if np is None:
        for record, length in ((ws, steps + 1), (losses, steps + 1), (grads, steps)):
            record += [math.nan] * (length - len(record))
    return Trace(ws, None if loss is None else losses, grads, diverged_at)


def outcome(trace: Trace, minimum: Numbers | None = None, tolerance: float = 1e-3) -> str:
    """A run in one word: what a reader would say who looks at its losses.

    - ``"diverged"``: a value overflowed;
    - ``"grew"``: the loss ended above where it began;
    - ``"converged"``: the parameters ended within ``tolerance`` of ``minimum`` (or, with no
      minimum given, the last gradient is within ``tolerance`` of 0);
    - ``"unchanged"``: it is not there, and the loss ended where it began;
    - ``"descending"``: the loss fell, and is not there yet.

    ``minimum`` is a number, or has the shape of the parameters. Needs a trace with losses, and without a
    minimum one of at least one step; else ValueError.
    """
    if not hasattr(trace, "diverged_at"):
        raise TypeError(f"trace must be a Trace, as descend returns it, got {shown(trace)}")
    if finite("tolerance", tolerance) < 0:
        raise ValueError(f"tolerance must not be negative, got {shown(tolerance)}")
    if trace.loss is None:
        raise ValueError("outcome needs losses: pass loss=… to descend")
    if minimum is None and len(trace.grad) == 0:
        raise ValueError("outcome needs a minimum for a run of 0 steps, which has no gradient")
    if trace.diverged_at is not None:
        return "diverged"
    if trace.loss[-1] > trace.loss[0]:
        return "grew"
    away = _size(trace.grad[-1]) if minimum is None else _size(trace.w[-1] - _minimum(minimum, trace.w[-1]))
    if away <= tolerance:
        return "converged"
    return "unchanged" if trace.loss[-1] == trace.loss[0] else "descending"


def hyperparameters(rule: Rule) -> dict[str, Any] | None:
    """What ``rule`` takes besides ``w``, ``g`` and its state, ``lr`` first: each name with its default.

    None for a rule with ``**hyper``, which may take anything, and for one that does not say what it takes.
    """
    import inspect  # here, for a small Python has none and can still descend

    try:
        parameters = list(inspect.signature(function("rule", rule)).parameters.values())
    except ValueError:  # made in C
        return None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    names = [p.name for p in parameters]
    return {p.name: p.default for p in parameters[names.index("lr") :]} if "lr" in names else {}


def takes_rate(rule: Rule) -> dict[str, Any] | None:
    """What ``hyperparameters`` says of a rule that will get a learning rate; TypeError if it takes none."""
    takes = hyperparameters(rule)
    if takes == {}:
        raise TypeError(f"rule must take a rate, as rule(w, g, lr=…), got {shown(rule)}")
    return takes


def _start(w0: Any) -> Any:
    """The start as a float, or as an array of floats, all finite."""
    if is_real(w0) and not hasattr(w0, "shape"):
        return float(finite("w0", w0))
    if np is None:
        raise TypeError(f"w0 must be a number where NumPy is not installed, got {shown(w0)}")
    w = _array("w0", w0)
    if w.dtype.kind in "iu":
        w = w.astype(float)
    if w.dtype.kind != "f":
        raise TypeError(f"w0 must be a real number or an array of them, got {shown(w0)}")
    if w.size == 0:
        raise ValueError(f"w0 must not be empty, got shape {w.shape}")
    if not np.all(np.isfinite(w)):
        raise ValueError(f"w0 must be finite, got {shown(w0)}")
    return w.astype(w.dtype.newbyteorder("="), copy=False)


def _array(name: str, values: Any) -> Any:
    """A new array of the values."""
    return np.array(arrays.array(name, values))


def _check_loss(value: Any, t: int) -> float:
    """The loss as a float, if it is one real number."""
    if type(value) is float:
        return value
    if not is_real(value):
        raise TypeError(f"loss must return a real number, got {shown(value)} at step {t}")
    return _float(value)


def _check_gradient(g: Any, w: Any, t: int) -> Any:
    """The gradient, if it is real and has the shape of the parameters: the caller's memory is left alone."""
    if type(w) is float and type(g) is float:
        return g
    if isinstance(w, float) and is_real(g):
        return _float(g)
    array = None if np is None else _array("what grad returns", g)
    if array is None or array.dtype.kind not in "fiu":
        raise TypeError(f"grad must return real numbers, got {shown(g)} at step {t}")
    if array.shape != np.shape(w):
        raise ValueError(
            f"grad must return the shape of w, {np.shape(w)}, got shape {array.shape} at step {t}"
        )
    return array


def _check_step(result: Any, w: Any, t: int) -> Any:
    """What a rule returned, if its parameters are real and have the shape that they had."""
    if not isinstance(result, (tuple, list)) or len(result) == 0:
        raise TypeError(f"rule must return (w, state), got {shown(result)} at step {t}")
    new = result[0]
    if isinstance(new, float) and isinstance(w, float):
        return result
    if not (is_real(new) or (hasattr(new, "dtype") and holds_reals(ordinary("w", new).dtype))):
        raise TypeError(f"rule must return real parameters, got {shown(new)} at step {t}")
    if getattr(new, "shape", ()) != getattr(w, "shape", ()):
        raise ValueError(
            f"rule must return the shape of w, {np.shape(w)}, got shape {np.shape(new)} at step {t}"
        )
    return result


def _check_hyper(rule: Rule, hyper: dict[str, Any], w: Any) -> dict[str, Any]:
    """The hyperparameters as the rule takes them; those that it does not take are refused."""
    try:
        takes = takes_rate(rule)
    except ImportError:  # a small Python has no inspect: the call itself will complain
        return hyper
    checked = {}
    for name, value in hyper.items():
        if takes is not None and name not in takes:
            raise TypeError(
                f"{_name(rule)} takes no hyperparameter {name!r} (got {shown(value)}); "
                f"it takes {', '.join(takes)}"
            )
        if name not in SWITCHES and (name in RANGES or not isinstance(value, bool)):
            value = number(name, value)
        checked[name] = hyperparameter(name, value, w)
    return checked


def _name(rule: Rule) -> str:
    """The name of a rule, or of the one that ``functools.partial`` made it of."""
    rule = getattr(rule, "func", rule)
    return getattr(rule, "__name__", type(rule).__name__)


def _or_not_finite(function: Callable[[Any], Any], w: Any) -> Any:
    """``function`` of a copy of ``w``, which is its own; ∞ or NaN where Python's floats raise an error."""
    try:
        return function(w.copy() if hasattr(w, "copy") else w)
    except ArithmeticError:
        return math.inf
    except ValueError as error:
        said = str(error)
        if said.startswith("math domain error") or said.startswith("expected a "):  # from Python 3.14 on
            return math.nan
        raise


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an int beyond the largest float
        return math.inf


def _is_finite(value: Any) -> bool:
    return math.isfinite(value) if isinstance(value, float) else bool(np.all(np.isfinite(value)))


def _minimum(minimum: Any, w: Any) -> Any:
    """The minimum as what can be subtracted from ``w``."""
    if is_real(minimum):
        return float(finite("minimum", minimum))
    if np is None:
        raise TypeError(f"minimum must be a number, got {shown(minimum)}")
    point = _array("minimum", minimum)
    if point.dtype.kind not in "fiu":
        raise TypeError(f"minimum must hold real numbers, got {shown(minimum)}")
    if point.shape != np.shape(w) or not np.all(np.isfinite(point)):
        raise ValueError(f"minimum must be finite and of shape {np.shape(w)}, got {shown(minimum)}")
    return point


def _size(difference: Any) -> float:
    return abs(difference) if np is None else float(np.linalg.norm(difference))


def _record(length: int, like: Any) -> Any:
    """Room for ``length`` values like this one, NaN so far; without NumPy a list that will grow."""
    if np is None:
        return []
    like = np.asarray(like)
    try:
        return np.full((length, *like.shape), np.nan, dtype=like.dtype)
    except (MemoryError, OverflowError, ValueError) as error:
        raise ValueError(f"steps must be so few that memory holds the record, got {length - 1}") from error


def _put(record: Any, t: int, value: Any) -> Any:
    """The record with a copy of the value at ``t``, in a precision that holds it."""
    if np is None:
        record.append(value)
        return record
    dtype = getattr(value, "dtype", record.dtype)
    if dtype != record.dtype:
        record = record.astype(np.result_type(record.dtype, dtype), copy=False)
    record[t] = value
    return record


def _quiet() -> AbstractContextManager[Any]:
    """No warnings for overflow: a run that overflows says so in ``Trace.diverged_at``."""
    if np is not None:
        return np.errstate(over="ignore", invalid="ignore", divide="ignore")
    import contextlib

    return contextlib.nullcontext()
