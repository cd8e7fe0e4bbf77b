"""What the command line says of a run: its iterates, and in a few words what happened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gdbook.descent import outcome
from gdbook.theory import gd_limit, momentum_limit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gdbook.descent import Measured
    from gdbook.functions import Function


CLOSE = 1e-3  # within this distance of a minimum a run has converged, as in ``outcome``
LONG = 1e9  # from here on numbers are printed in powers of ten
LATE = 10  # the last steps, which decide whether a run oscillates
GREEK = {"theta": "θ", "kappa": "κ", "pi": "π"}
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

# What a terminal without these characters shows instead.
ASCII = {
    **{"θ": "theta", "η": "eta", "κ": "kappa", "π": "pi", "β": "beta", "λ": "lambda", "ρ": "rho"},
    **{"ε": "eps", "μ": "mu", "√": "sqrt ", "−": "-", "–": "-", "±": "+-", "×": "x", "≤": "<=", "≥": ">="},
    **{"″": "''", "′": "'", "→": "->", "…": "...", "’": "'", "“": '"', "”": '"', "₁": "1", "₂": "2"},
    **{"½": "1/2", "é": "e", "ö": "o", "ä": "a", "ü": "u", "ø": "o", "∞": "inf", "∇": "grad "},
    **{power: f"^{digit}" for digit, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    # the plot: its steps, its frame, and the quarters of a character that its curve is made of
    **{"●": "o", **dict.fromkeys("─━", "-"), **dict.fromkeys("│┃", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼", "+")},
    **dict.fromkeys("▘▝▖▗▀▄▌▐▞▚▛▜▙▟█", "*"),
}


def plain(tex: str) -> str:
    r"""TeX formulas as text: ``1/4 x⁴`` for ``$\tfrac14 x^4$``. Knows what ``gdbook.functions`` uses."""
    text = tex.replace("$", "").replace(r"\,", " ").replace(r"\le ", "≤ ").replace(r"\ge ", "≥ ")
    text = re.sub(r"\\tfrac(\d)(\d)", r"\1/\2", text)
    text = re.sub(r"\\text\{(.*?)\}", r"\1", text)
    text = re.sub(r"\^(?:\{(.*?)\}|(.))", lambda power: _raised(power[1] or power[2]), text)
    text = re.sub(r"\\([a-z]+)", lambda name: GREEK.get(name[1], name[1] + " "), text)
    return re.sub(r" +", " ", text)


def _raised(power: str) -> str:
    """An exponent as text: ``²``, ``^x``, ``^(x + 1)``."""
    if power.isdigit():
        return power.translate(SUPERSCRIPT)
    return f"^{power}" if len(power) == 1 else f"^({power})"


def iterates(trace: Measured, every: int = 1) -> Iterator[str]:
    """The lines ``iter 00 | theta = … | cost = …``: each ``every``-th, and the last finite one."""
    digits = max(2, len(str(len(trace.w) - 1)))
    for k in range(trace.last + 1):
        if k % every == 0 or k == trace.last:
            theta, cost = _point(trace.w[k]), _number(trace.loss[k])
            yield f"iter {k:0{digits}d} | theta = {theta} | cost = {cost}"


def story(f: Function, trace: Measured, rule: str, hyper: dict[str, Any]) -> str:
    """What happened, in a few sentences, and the theory that says why."""
    diverged = trace.diverged_at is not None
    minimum = nearest_minimum(f, trace.w[0 if diverged else trace.last])
    said = [_what(f, trace, minimum)]
    if not diverged and f(minimum) > f(f.minima[0]) + CLOSE:
        lowest = f.minima[0]
        said.append(f"That is not the global minimum: it is at {_point(lowest)}, cost {_number(f(lowest))}.")
    said.append(_why(f, trace, minimum, rule, hyper))
    return " ".join(sentence for sentence in said if sentence)


def _what(f: Function, trace: Measured, minimum: Any) -> str:
    """One sentence on how the run ended."""
    end = trace.w[trace.last]
    first, last = _number(trace.loss[0]), _number(trace.loss[trace.last])
    run = f"{len(trace.w) - 1} steps{_swinging(trace.w)}"
    word = outcome(trace, minimum)
    if word == "diverged":
        return (
            f"Diverged at step {trace.diverged_at}: the numbers overflowed. "
            f"The last finite cost, at step {trace.last}, was {last}."
        )
    if word == "grew":
        return f"The cost grew from {first} to {last} in {run}."
    if word == "converged":
        k = _arrival(trace.w, minimum)
        return f"Converged: from step {k} on within {CLOSE} of the minimum at {_point(minimum)}; cost {last}."
    if _rests(f, end):
        return f"At rest at {_point(end)}, where the gradient is 0: {_no_minimum(f)}, not a minimum."
    if trace.loss[-1] == trace.loss[0]:
        return f"The cost is {last}, as at the start, after {run}."
    away = _number(_distance(end, minimum))
    return f"Still {away} from the minimum at {_point(minimum)} after {run}; cost {last}."


def _why(f: Function, trace: Measured, minimum: Any, rule: str, hyper: dict[str, Any]) -> str:
    """What the curvature at the minimum says of the learning rate; empty for a rule without a known limit."""
    if rule not in ("sgd", "momentum"):
        return ""
    lr, curvature = hyper["lr"], _curvatures(f, minimum)[-1]
    symbol, name = ("f″", "f″") if f.dim == 1 else ("λ", "the largest curvature λ")
    if rule == "sgd":
        limit, formula = gd_limit(curvature), f"2/{symbol}"
    else:
        limit, formula = momentum_limit(hyper["momentum"], curvature), f"2(1 + μ)/{symbol}"
    said = f"At the minimum at {_point(minimum)} {name} is {curvature:.6g}"
    if rule == "sgd" and f.dim == 1:
        said += f", so a step near it multiplies the distance by 1 − η f″ = {1 - lr * curvature:.6g}"
    said += f"; the limit of η is {formula} = {limit:.6g}, and η is {lr:g}."
    if outcome(trace, minimum) in ("diverged", "grew") and lr < limit:
        largest = max(_curvatures(f, w)[-1] for w in trace.w[: trace.last + 1])
        if largest > curvature:
            said += f" On its way the run met a curvature of {largest:.6g}, where the limit is lower."
    return said


def nearest_minimum(f: Function, w: Any) -> Any:
    """The minimum of ``f`` nearest to ``w``."""
    return min(f.minima, key=lambda minimum: _distance(w, minimum))


def _swinging(w: Any) -> str:
    """Says so if the last steps went back and forth: two or more turned against the step before."""
    steps = np.diff(np.reshape(w, (len(w), -1))[-LATE - 1 :], axis=0)
    turns = int(np.sum(np.sum(steps[1:] * steps[:-1], axis=1) < 0))
    return f", oscillating (the last {len(steps)} turned back {turns} times)" if turns >= 2 else ""


def _arrival(w: Any, minimum: Any) -> int:
    """The first step from which the run stays close to ``minimum``."""
    away = [k for k, point in enumerate(w) if _distance(point, minimum) > CLOSE]
    return away[-1] + 1 if away else 0


def _rests(f: Function, w: Any) -> bool:
    """Whether ``w`` is a maximum or a saddle point, as near as a minimum must be."""
    return bool(np.linalg.norm(f.grad(w)) <= CLOSE and _curvatures(f, w)[0] < 0)


def _no_minimum(f: Function) -> str:
    return "a maximum" if f.dim == 1 else "a saddle point or a maximum"


def _curvatures(f: Function, w: Any) -> Any:
    """The eigenvalues of the Hessian at ``w``, smallest first."""
    return np.linalg.eigvalsh(np.reshape(f.hess(w), (f.dim, f.dim)))


def _distance(a: Any, b: Any) -> float:
    return float(np.linalg.norm(np.subtract(a, b)))


def _number(x: Any) -> str:
    """Six decimals, without a minus before zero; in powers of ten where that would fill the line."""
    return f"{x:z.6f}" if abs(x) < LONG else f"{x:.6e}"


def _point(w: Any) -> str:
    return _number(w) if np.ndim(w) == 0 else f"({', '.join(map(_number, w))})"
