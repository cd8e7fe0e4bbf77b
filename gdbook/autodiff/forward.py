r"""Forward mode: each value carries its change, and each function changes both.

$$\dot y = \sum_k \frac{\partial y}{\partial x_k}\,\dot x_k$$

One run gives the derivative along one direction, whatever the number of results; nothing is kept.
Source: Wengert 1964.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gdbook.autodiff import containers
from gdbook.autodiff.arrays import Array
from gdbook.autodiff.core import Each, checked, levels, plain, spread_to
from gdbook.autodiff.reverse import vjp
from gdbook.checks.numbers import function


class Run:
    """One run of a function in forward mode."""

    __slots__ = ("level",)

    def __init__(self):
        self.level = next(levels)


class Dual(Array):
    """A value and its tangent: how it changes."""

    __slots__ = ("tangent",)

    def __init__(self, value, run, tangent):
        self.value = value
        self.run = run
        self.tangent = tangent

    def note(self, rule, args, kwargs):
        run = self.run
        moving = [k for k, arg in enumerate(args) if type(arg) is Dual and arg.run is run]
        values = [arg.value if k in moving else arg for k, arg in enumerate(args)]
        y = kept = rule.function(*values, **kwargs)
        if rule.keeps:
            y, kept = y
        checked(rule, y)
        tangent = None
        for k in moving:
            change = _jvp(rule, k)(args[k].tangent, kept, *values, **kwargs)
            tangent = change if tangent is None else tangent + change
        if tangent.dtype != y.dtype:
            tangent = tangent.astype(y.dtype)
        return Dual(y, run, spread_to(tangent, y.shape))


def _jvp(rule, k):
    jvps = rule.jvps
    if isinstance(jvps, Each):
        return jvps[k]
    if k < len(jvps) and jvps[k] is not None:
        return jvps[k]
    return lambda t, y, *args, **kwargs: _transposed(rule, k, t, y, args, kwargs)


def _transposed(rule, k, t, kept, args, kwargs):
    """A rule in forward mode from that in reverse mode, which is linear in g: differentiate it by g."""
    y = rule.function(*args, **kwargs)[0] if rule.keeps else kept
    _, pull = vjp(lambda g: rule.at(k)(g, kept, *args, **kwargs), np.zeros_like(y))
    return pull(t)[0]


def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
) -> tuple[Any, Any]:
    r"""``(y, t)``: the result at ``primals`` and its change along ``tangents``, $t = J\,\dot x$.

    Both are tuples, an entry for each argument; tangents have the shapes of the primals. Signature as in
    JAX. Raises TypeError for other than tuples or lists, and for integers, which have no derivative;
    ValueError where the tangents do not fit the primals.
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("primals and tangents must be tuples with an entry for each argument of f")
    if len(primals) != len(tangents):
        raise ValueError(f"tangents must have {len(primals)} entries, as primals has, got {len(tangents)}")
    function("f", f)
    run = Run()
    args = []
    for k, (x, t) in enumerate(zip(primals, tangents, strict=True)):
        containers.wrap(x, lambda leaf: leaf, k)  # floats only
        changes = iter(containers.matching(t, x, f"tangents[{k}]"))
        args.append(containers.wrap(x, lambda leaf, changes=changes: Dual(leaf, run, next(changes)), k))
    y = containers.called(f, args, kwargs)
    ours = lambda leaf: type(leaf) is Dual and leaf.run is run  # noqa: E731
    value = containers.each(y, lambda leaf: leaf.value if ours(leaf) else leaf)
    change = containers.each(y, lambda leaf: leaf.tangent if ours(leaf) else _no_change(leaf))
    return value, change


def _no_change(leaf):
    """The tangent of what does not depend on the arguments: zeros of its shape, and of its kind of floats."""
    kind = np.result_type(plain(containers.result(leaf)))
    return np.zeros(np.shape(leaf), kind if kind.kind == "f" else float)[()]
