r"""Reverse mode: run a function once, note each step on a tape, and walk the tape backwards.

$$\bar x_k \mathrel{+}= \bar y\,\frac{\partial y}{\partial x_k}
  \quad\text{for each step } y = f(x_1, x_2, \dots) \text{, the last first}$$

The tape is a list: steps are on it in the order in which they were computed, so nothing needs sorting.
Source: Linnainmaa 1970; the list is Wengert's, 1964.
"""

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gdbook.autodiff import containers, elementwise, products  # noqa: F401 they fill the table
from gdbook.autodiff.arrays import Array
from gdbook.autodiff.core import DOUBLE, TABLE, Rule, Traced, checked, levels, operand, sum_to
from gdbook.autodiff.held import FEW, IMMUTABLE, Holder
from gdbook.autodiff.shapes import add_at, take_back
from gdbook.checks.numbers import function

NO_KEYWORDS: dict = {}


class Tape(Holder):
    """The steps: ``([(vjp, place of the argument), …], args, keywords, result)``.

    It holds arrays, not what traces them, and so is part of no cycle. ``held`` says what is done about arrays
    that may be changed before the walk back.
    """

    __slots__ = ()

    def operand(self, x):
        """What a traced array is combined with, as the tape keeps it."""
        if type(x) is np.ndarray and x.dtype is DOUBLE:  # the most frequent
            return x.copy("K") if x.size <= FEW else self.own_large(x)
        return self.own(operand(x))


class ClosedTape(Holder):
    """What a tape becomes when its function has returned."""

    __slots__ = ()

    def append(self, step):
        raise RuntimeError(
            "a traced value was used after the function that it belongs to had returned: "
            "let the function return what is needed, and do not store it elsewhere"
        )


class Node(Array):
    """A value whose place on the tape is known."""

    __slots__ = ("index",)

    def __init__(self, value, run, index):
        self.value = value
        self.run = run
        self.index = index

    def note(self, rule, args, kwargs):
        tape = self.run
        vjps = rule.vjps
        values, parents = [], []
        for k, arg in enumerate(args):
            if type(arg) is Node and arg.run is tape:
                values.append(arg.value)
                parents.append((vjps[k] if k < len(vjps) and vjps[k] else rule.at(k), arg.index))
            else:
                values.append(arg if type(arg) in IMMUTABLE else tape.own(arg))
        y = kept = rule.function(*values, **kwargs)
        if rule.keeps:
            y, kept = y
        if y.dtype is not DOUBLE:
            checked(rule, y)
        index = len(tape)
        tape.append((parents, values, kwargs, kept if rule.needs_y else None))
        return Node(y, tape, index)

    # What follows does what ``note`` does, in half the time, for what is called most: ufuncs and operators of
    # one or two arguments, that are mostly of one tape or plain; functions of one array; indexing.

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        rule = TABLE.get(ufunc)
        if type(rule) is not Rule or kwargs or method != "__call__":
            return Traced.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)
        tape = self.run
        if len(inputs) == 1:
            k, values = 0, (self.value,)
        else:
            a, b = inputs
            k = 0 if a is self else 1
            other = b if a is self else a
            if type(other) not in IMMUTABLE:
                if not isinstance(other, Traced):
                    other = tape.operand(other)
                if isinstance(other, Traced):
                    return rule.apply(inputs, kwargs)
            values = (other, self.value) if k else (self.value, other)
        y = ufunc(*values)
        index = len(tape)
        tape.append((((rule.vjps[k], self.index),), values, NO_KEYWORDS, y if rule.needs_y else None))
        return Node(y, tape, index)

    def __array_function__(self, function, types, args, kwargs):
        rule = TABLE.get(function)
        if type(rule) is not Rule or len(args) != 1 or args[0] is not self or "out" in kwargs:
            return Traced.__array_function__(self, function, types, args, kwargs)
        if kwargs and ("dtype" in kwargs or not rule.keywords.issuperset(kwargs)):
            return rule.apply(args, kwargs)
        tape = self.run
        x = self.value
        y = rule.function(x, **kwargs)
        index = len(tape)
        tape.append((((rule.vjps[0], self.index),), (x,), kwargs, y if rule.needs_y else None))
        return Node(y, tape, index)

    def __neg__(self):
        tape = self.run
        y = -self.value
        index = len(tape)
        tape.append((((_minus, self.index),), (), NO_KEYWORDS, None))
        return Node(y, tape, index)

    def __getitem__(self, index):
        tape = self.run
        x = self.value
        if type(index) not in IMMUTABLE:
            index = tape.own(index)
        y = x[index]
        place = len(tape)
        tape.append((((take_back, self.index),), (x, index), NO_KEYWORDS, None))
        return Node(y, tape, place)


def _noted(function, ufunc):
    rule = TABLE[ufunc]
    left, right = rule.vjps
    needs_y = rule.needs_y

    def method(self, other):
        tape = self.run
        a = self.value
        if type(other) is Node and other.run is tape:
            b = other.value
            parents = ((left, self.index), (right, other.index))
        elif isinstance(other, Traced):
            return rule.apply((self, other), NO_KEYWORDS)
        else:
            b = other if type(other) in IMMUTABLE else tape.operand(other)
            if isinstance(b, Traced):
                return rule.apply((self, b), NO_KEYWORDS)
            parents = ((left, self.index),)
        y = function(a, b)
        index = len(tape)
        tape.append((parents, (a, b), NO_KEYWORDS, y if needs_y else None))
        return Node(y, tape, index)

    return method


def _noted_from_right(function, ufunc):
    rule = TABLE[ufunc]
    right = rule.vjps[1]
    needs_y = rule.needs_y

    def method(self, other):
        if isinstance(other, Traced):
            return rule.apply((other, self), NO_KEYWORDS)
        tape = self.run
        b = self.value
        if type(other) not in IMMUTABLE:
            other = tape.operand(other)
            if isinstance(other, Traced):
                return rule.apply((other, self), NO_KEYWORDS)
        y = function(other, b)
        index = len(tape)
        tape.append((((right, self.index),), (other, b), NO_KEYWORDS, y if needs_y else None))
        return Node(y, tape, index)

    return method


# How the gradient of a sum becomes that of a part, which may have been repeated on the way.


def _whole(g, y):
    return g


def _rows(g, y):
    """Of a part that is a row: the sum over all rows."""
    return np.add.reduce(g, 0) if type(g) is np.ndarray else g.sum(axis=0)


def _column(g, y):
    """Of a part whose last axis had length 1."""
    return np.add.reduce(g, -1, None, None, True) if type(g) is np.ndarray else g.sum(axis=-1, keepdims=True)


def _any(g, y, shape):
    return sum_to(g, shape)


def _negated(part):
    return lambda g, y: -part(g, y)


_minus = _negated(_whole)


def _part(shape, of):
    """The rule of a part of this shape in a sum of the shape ``of``, where the two differ."""
    if shape == of[1:]:
        return _rows
    if shape == (*of[:-1], 1):
        return _column
    return partial(_any, shape=shape)


def _minus_part(shape, of):
    return _negated(_part(shape, of))


def _noted_sum(function, ufunc, whole, part):
    """As ``_noted`` for sums and differences, whose rules need shapes only: no array is kept for them."""
    rule = TABLE[ufunc]

    def method(self, other):
        tape = self.run
        a = self.value
        if type(other) is Node and other.run is tape:
            b = other.value
            y = function(a, b)
            shape = y.shape
            parents = (
                (_whole if a.shape == shape else _part(a.shape, shape), self.index),
                (whole if b.shape == shape else part(b.shape, shape), other.index),
            )
        elif isinstance(other, Traced):
            return rule.apply((self, other), NO_KEYWORDS)
        else:
            if type(other) not in IMMUTABLE:
                other = operand(other)
                if isinstance(other, Traced):
                    return rule.apply((self, other), NO_KEYWORDS)
            y = function(a, other)
            parents = ((_whole if a.shape == y.shape else _part(a.shape, y.shape), self.index),)
        index = len(tape)
        tape.append((parents, (), NO_KEYWORDS, None))
        return Node(y, tape, index)

    return method


_OPERATORS = {"mul": np.multiply, "truediv": np.divide, "matmul": np.matmul, "pow": np.power}
for _name, _ufunc in _OPERATORS.items():
    setattr(Node, f"__{_name}__", _noted(getattr(operator, _name), _ufunc))
    setattr(Node, f"__r{_name}__", _noted_from_right(getattr(operator, _name), _ufunc))
for _name in ("__add__", "__radd__"):
    setattr(Node, _name, _noted_sum(operator.add, np.add, _whole, _part))
setattr(Node, "__sub__", _noted_sum(operator.sub, np.subtract, _minus, _minus_part))  # noqa: B010 as above


def record(f, args, kwargs, argnums, lasting):
    """Run ``f`` with the arguments ``argnums`` traced: ``(result, tape, the traced leaves, as given)``.

    The tape holds arrays until ``tape.release()``, unless it is ``lasting``.
    """
    tape = Tape(next(levels), lasting)
    args = list(args)
    given: list = []

    def start(x):
        if type(x) is np.ndarray:
            x = x.copy("K") if x.size <= FEW else tape.own_large(x)
        given.append(x)
        return Node(x, tape, len(given) - 1)

    try:
        for k in argnums:
            args[k] = containers.wrap(args[k], start, k)
        tape.extend([None] * len(given))
        y = containers.called(f, args, kwargs)
    except Exception as error:
        held = tape.holding
        tape.release()
        if held and isinstance(error, ValueError) and "read-only" in str(error):
            raise ValueError(
                "an array was written into that a traced value had been combined with, or that is an "
                "argument: its old numbers are needed for the gradient. Make a new array, or combine with a "
                "copy of it"
            ) from error
        raise
    finally:
        tape.__class__ = ClosedTape
    return y, tape, given


def walk(steps, given, seeds):
    """The gradients with respect to the leaves, from those with respect to some results.

    ``seeds`` are pairs (place on the tape, gradient). Each step is taken off ``steps`` as it is done, so
    that what it kept is freed.
    """
    grads: list = [None] * len(steps)
    for index, g in seeds:
        grads[index] = g if grads[index] is None else grads[index] + g
    inputs = len(given)
    owned: set = set()  # the places whose gradient is an array of ours alone, so that it may be added to
    while len(steps) > inputs:
        parents, values, kwargs, y = steps.pop()
        g = grads.pop()
        if g is None:
            continue
        for vjp, parent in parents:
            old = grads[parent]
            ours = parent in owned and not isinstance(old, Traced) and not isinstance(g, Traced)
            if ours and vjp is take_back:
                add_at(old, values[1], g)
                continue
            # Most have no keywords, and a call without any is faster.
            part = vjp(g, y, *values, **kwargs) if kwargs else vjp(g, y, *values)
            if old is None:
                grads[parent] = part
                if vjp is take_back:
                    owned.add(parent)
            elif ours and not isinstance(part, Traced):
                old += part
                grads[parent] = old
            else:
                grads[parent] = old + part
                owned.add(parent)
    return grads


def finished(grads, given, seeds):
    """Gradients to hand out: of the shape and kind of what was given, each an array of its own."""
    taken = [id(g) for _, g in seeds]
    for i, x in enumerate(given):
        g = grads[i]
        if g is not None and g.dtype != x.dtype:
            grads[i] = g = g.astype(x.dtype)
        if type(g) is np.ndarray:
            if g.base is not None or id(g) in taken:
                grads[i] = g = g.copy()
            taken.append(id(g))
        elif g is None:
            grads[i] = np.zeros_like(x)
        elif type(x) is np.ndarray and not isinstance(g, Traced):
            grads[i] = np.array(g)
    return grads


def _argnums(argnum, args):
    for k in argnum if isinstance(argnum, tuple) else (argnum,):
        if not (isinstance(k, (int, np.integer)) and not isinstance(k, bool) and -len(args) <= k < len(args)):
            raise ValueError(
                f"argnum must name one of the {len(args)} positional arguments, counted from 0, got {k!r}"
            )
    return tuple(k % len(args) for k in argnum) if isinstance(argnum, tuple) else (argnum % len(args),)


def _seeded(y, tape):
    """The value of a result that must be one number, and where its gradient of 1 goes."""
    if type(y) is Node and y.run is tape:
        value = y.value
        if value.size != 1:
            raise ValueError(
                f"grad needs a function that returns one number, got shape {value.shape}: "
                "sum or average it, or use jacobian or vjp"
            )
        one = value.dtype.type(1)
        return value, [(y.index, np.full(value.shape, one) if value.shape else one)]
    if isinstance(y, (dict, list, tuple)) or containers.shape_of(y) is None or np.size(y) != 1:
        raise ValueError(f"grad needs a function that returns one number, got {y!r}")
    return y, []


def value_and_grad(
    f: Callable[..., Any], argnum: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """The function that gives ``(f(*args), gradient)``; f must return one number. See ``grad``."""
    function("f", f)
    several = isinstance(argnum, tuple)

    def derivative(*args, **kwargs):
        argnums = _argnums(argnum, args)
        y, tape, given = record(f, args, kwargs, argnums, lasting=False)
        try:
            value, seeds = _seeded(y, tape)
            grads = iter(finished(walk(tape, given, seeds), given, seeds))
            if tape.holding:
                tape.verify()
        finally:
            if tape.holding:
                tape.release()
        if several:
            return value, tuple([containers.rebuild(args[k], grads) for k in argnums])
        return value, containers.rebuild(args[argnum], grads)

    return derivative


def grad(f: Callable[..., Any], argnum: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    r"""The gradient $\nabla f$ of a function of arrays that returns one number.

    ``grad(f)(*args)`` has the shape of ``args[argnum]``: an array for an array, a number for a number, a
    dict (list, tuple) for a dict (list, tuple) of these. A tuple ``argnum`` gives a tuple. Signature as in
    JAX; an array of one element, of any shape, counts as a number too, as in HIPS autograd. Raises TypeError
    for integers, which have no derivative, and ValueError for a result that is not one number.
    """
    both = value_and_grad(f, argnum)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def vjp(f: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    r"""``(y, pull)``: the result, and the function that takes $g$ to $(g^\top J_1, g^\top J_2, \dots)$.

    ``g`` has the shape of ``y``; ``pull(g)`` is a tuple with an entry for each positional argument, of its
    shape. It may be called many times: the function is not run again. Signature as in JAX. Raises TypeError
    for integers, which have no derivative; ``pull`` raises ValueError where ``g`` does not fit ``y``.
    """
    function("f", f)
    y, tape, given = record(f, args, kwargs, range(len(args)), lasting=True)
    places = []

    def open_(leaf):
        if type(leaf) is Node and leaf.run is tape:
            places.append(leaf.index)
            return leaf.value.copy() if type(leaf.value) is np.ndarray else leaf.value
        places.append(None)
        return containers.result(leaf)

    y = containers.each(y, open_)

    def pull(g):
        cotangents = containers.matching(g, y, "g")
        seeds = [(i, one) for i, one in zip(places, cotangents, strict=True) if i is not None]
        grads = iter(finished(walk(tape[:], given, seeds), given, seeds))
        return tuple(containers.rebuild(arg, grads) for arg in args)

    return y, pull
