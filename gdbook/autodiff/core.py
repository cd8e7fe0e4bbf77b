"""What is traced, and how NumPy's functions find their rules: the part that never changes.

A ``Traced`` stands for an array while a function is being differentiated. NumPy hands every function
that is called on one to ``__array_ufunc__`` or ``__array_function__``, which look it up in ``TABLE``.
An entry of the table has ``apply(args, kwargs)``:

- a ``Rule`` computes the result and has the trace note how to differentiate it;
- a ``Composed`` function is written in terms of others, which have rules;
- a ``Constant`` function has no derivative, or 0: it gives plain arrays.

Traces nest: the gradient of a gradient is traced twice. Each trace has a level, higher for inner ones. A
function is noted by the innermost trace of its arguments, and is then called on what that trace holds,
which may be traced by an outer one. So rules, being plain NumPy too, are differentiated like all else.
"""

import inspect
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gdbook.checks.numbers import function as a_function
from gdbook.checks.numbers import shown, switch

DOUBLE = np.dtype(float)
NUMBERS = {float, int, np.float64}
TABLE: dict = {}
levels = itertools.count(1)


class Traced:
    """An array under differentiation; ``value`` is an array, or is traced itself by an outer trace."""

    # Of ``run`` this module needs its ``level`` only.
    __slots__ = ("run", "value")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method != "__call__":
            ufunc = getattr(ufunc, method)
            key = (ufunc.__self__, method)
        else:
            key = ufunc
        entry = TABLE.get(key)
        if entry is None or "out" in kwargs:
            refuse(ufunc, kwargs)
        return entry.apply(inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        entry = TABLE.get(function)
        if entry is None or kwargs.get("out") is not None:
            refuse(function, kwargs)
        return entry.apply(args, kwargs)

    def __array_namespace__(self, api_version=None):
        return np

    def __array__(self, dtype=None, copy=None):
        """An array of objects, the traced numbers: what ``np.array([x, y])`` is made of. See ``stacked``."""
        if dtype not in (None, object):
            self._number()
        y = np.empty(self.shape, object)
        for place in np.ndindex(self.shape):
            y[place] = self[place] if place else self
        return y

    def _number(self):
        raise TypeError(
            "a traced value has no plain number to give: its derivative would be lost. Use NumPy's "
            "functions instead of math's, and leave out float(), int() and dtype=float; compare it as it is. "
            "Instead of a[i] = x build the array with np.stack, np.concatenate or np.where"
        )

    __float__ = __int__ = __index__ = __complex__ = item = tolist = _number

    def __setitem__(self, index, value):
        raise TypeError(
            "a traced array cannot be changed in place: what was computed from it would no longer fit. "
            "Instead of x[i] = y build a new one with np.where, np.concatenate or np.stack"
        )

    def __repr__(self):
        return f"Traced({self.value!r})"


def plain(x):
    """The array below all traces; of a list or a tuple, with each of its items so."""
    while isinstance(x, Traced):
        x = x.value
    if type(x) in (list, tuple):
        return type(x)(map(plain, x))
    return plain(stacked(x)) if type(x) is np.ndarray and x.dtype.kind == "O" else x


def stacked(x):
    """One traced array of an array of objects, some of them traced numbers; other objects stay what they are.

    NumPy makes such an array of ``np.array([x, y])``, ``np.r_[x, y]`` and their like. It computes with the
    traced numbers one by one, until a traced array, or the end of the function, meets what became of it.
    """
    items = x.ravel().tolist()
    if not items:
        return x.astype(float)
    if not any(isinstance(item, Traced) for item in items):
        return x
    return TABLE["assemble"].apply((x.shape, *items), {})


def operand(x):
    """What a traced array is combined with, as an array or a number, if NumPy would take it for one.

    Raises TypeError for complex numbers, and for matrices and masked arrays.
    """
    kind = type(x)
    if kind is list or kind is tuple:
        x = np.asarray(x)
    if isinstance(x, np.ndarray):
        if x.dtype.kind == "c":
            refuse_complex(x.dtype)
        if x.dtype.kind == "O":
            return stacked(x)
        if kind is not np.ndarray:
            return ordinary(x)
    elif isinstance(x, (complex, np.complexfloating)):
        refuse_complex(kind.__name__)
    return x


def as_array(x):
    """An argument of a function that takes it for an array, so that it has shape and methods."""
    if isinstance(x, Traced) or type(x) is np.ndarray:
        return x
    x = operand(x)
    return x if isinstance(x, Traced) else np.asarray(x)


def ordinary(x):
    """An array, if its arithmetic is that of arrays; TypeError for matrices and masked arrays."""
    if isinstance(x, np.matrix | np.ma.MaskedArray):
        cure = "x.filled(…)" if isinstance(x, np.ma.MaskedArray) else "np.asarray(x)"
        raise TypeError(
            f"derivatives are of plain arrays, got a {type(x).__name__}, whose arithmetic is its own: "
            f"pass {cure}"
        )
    return np.asarray(x) if isinstance(x, np.memmap) else x


def refuse_complex(dtype):
    raise TypeError(
        f"derivatives need real floats, got {dtype}: compute with the real and the imaginary part, as two "
        "arrays"
    )


def checked(rule, y):
    """The result of a rule, which must be of floats."""
    if y.dtype.kind != "f":
        raise TypeError(
            f"{name_of(rule.named)} gives {y.dtype} here (by dtype=, or of such numbers), and derivatives "
            "need real floats: compute complex numbers as two arrays, the real and the imaginary part"
        )
    return y


def name_of(function):
    bound = getattr(function, "__self__", None)
    if isinstance(bound, np.ufunc):
        return f"np.{bound.__name__}.{function.__name__}"
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def refuse(function, kwargs):
    name = name_of(function)
    if kwargs.get("out") is not None:
        raise TypeError(
            f"{name} cannot write a traced value into an array (out=, or a += x with a plain array a): "
            "write y = f(x), or a = a + x"
        )
    raise TypeError(
        f"{name} has no rule, so it cannot be differentiated. Write it with other functions, or add a line "
        f"to the table: from gdbook.autodiff import rule; rule({name}, lambda g, y, x: …), where g is "
        "the gradient with respect to the result y, and the lambda gives that with respect to the argument x"
    )


def refuse_keywords(function, names):
    raise TypeError(
        f"{name_of(function)} cannot be differentiated with the argument {', '.join(sorted(names))}"
    )


class Each:
    """For a function of any number of arguments: the rule of argument k is ``f(k, …)``."""

    def __init__(self, f):
        self.f = f

    def __len__(self):
        return sys.maxsize

    def __getitem__(self, k):
        f = self.f
        return lambda *args, **kwargs: f(k, *args, **kwargs)


def _names(function):
    return list(inspect.signature(function).parameters)


class Rule:
    """A function with its derivatives, argument by argument; a missing one is None.

    - ``vjps[k](g, y, *args)``: the gradient with respect to argument k, from that with respect to the
      result y. It has the shape of the argument.
    - ``jvps[k](t, y, *args)``: the change of the result when argument k changes by t. May be left out:
      it is the transpose of the other.

    Where the function returns a pair (y, kept), ``keeps`` is true and the rules get ``kept`` for y: what
    was computed on the way to y and would be computed again. Such a function must take traced arrays too.

    Where all of ``vjps`` call their second parameter ``_``, y is not kept for them.
    """

    __slots__ = ("function", "jvps", "keeps", "keywords", "named", "needs_y", "of_arrays", "out", "vjps")

    def __init__(self, function, vjps, jvps=(), keeps=False, needs_y=None, named=None):
        self.function = function
        self.named = named or function  # what errors call it
        self.vjps = vjps
        self.jvps = jvps
        self.keeps = keeps
        if needs_y is None:
            needs_y = isinstance(vjps, Each) or any(_names(vjp)[1:2] != ["_"] for vjp in vjps if vjp)
        self.needs_y = needs_y
        first = vjps.f if isinstance(vjps, Each) else next(vjp for vjp in vjps if vjp)
        self.keywords = {
            p.name for p in inspect.signature(first).parameters.values() if p.default is not p.empty
        }
        self.out = _names(first).index("out") - 2 if "out" in self.keywords else None
        self.of_arrays = isinstance(self.named, np.ufunc)  # all arguments are: lists too

    def apply(self, args, kwargs):
        top = None
        level = 0
        for k, arg in enumerate(args):
            if isinstance(arg, Traced):
                if arg.run.level > level:
                    top = arg
                    level = arg.run.level
            elif type(arg) in NUMBERS or (type(arg) is np.ndarray and arg.dtype is DOUBLE):
                continue  # the most frequent
            elif self.of_arrays or isinstance(arg, np.ndarray):
                found = operand(arg)
                if found is not arg:
                    return self.apply((*args[:k], found, *args[k + 1 :]), kwargs)
        if top is None:
            return self.apply(*self.by_position(args, kwargs))
        if kwargs and not self.keywords.issuperset(kwargs):
            refuse_keywords(self.named, set(kwargs) - self.keywords)
        if self.out is not None and len(args) > self.out and args[self.out] is not None:
            refuse(self.named, {"out": args[self.out]})
        return top.note(self, args, kwargs)

    def by_position(self, args, kwargs):
        """The same call, with what is traced among the keywords as positional arguments."""
        if not any(isinstance(value, Traced) for value in kwargs.values()):
            raise TypeError(f"{name_of(self.named)} cannot be differentiated with respect to this argument")
        bound = inspect.signature(self.named).bind(*args, **kwargs).arguments
        names = list(bound)
        last = max(i for i, name in enumerate(names) if isinstance(bound[name], Traced))
        return tuple(bound[name] for name in names[: last + 1]), {
            name: bound[name] for name in names[last + 1 :]
        }

    def at(self, k):
        """The vjp of argument k; where there is none, an error that says so."""
        vjp = self.vjps[k] if k < len(self.vjps) else None
        if vjp is None:
            raise TypeError(f"{name_of(self.named)} cannot be differentiated with respect to argument {k}")
        return vjp


class Composed:
    """A function written in terms of others; ``named`` is what errors call it."""

    __slots__ = ("function", "keywords", "named", "out")

    def __init__(self, function, named):
        self.function = function
        self.named = named
        parameters = inspect.signature(function).parameters
        self.keywords = None if any(p.kind is p.VAR_KEYWORD for p in parameters.values()) else set(parameters)
        self.out = list(parameters).index("out") if "out" in parameters else None

    def apply(self, args, kwargs):
        if kwargs and self.keywords is not None and not self.keywords.issuperset(kwargs):
            refuse_keywords(self.named, set(kwargs) - self.keywords)
        if self.out is not None and len(args) > self.out and args[self.out] is not None:
            refuse(self.named, {"out": args[self.out]})
        return self.function(*args, **kwargs)


class Constant:
    """A function whose derivative is 0 wherever it exists."""

    __slots__ = ("function",)

    def __init__(self, function):
        self.function = function

    def apply(self, args, kwargs):
        return self.function(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})


def rule(
    function: Callable[..., Any],
    *vjps: Callable[..., Any] | None,
    jvps: Sequence[Callable[..., Any] | None] = (),
    needs_y: bool | None = None,
    by: Callable[..., Any] | None = None,
) -> Rule:
    r"""Add a function of NumPy to the table, with its derivative by each argument.

    - ``vjps[k](g, y, *args)``: the gradient with respect to argument k, from ``g``, that with respect to the
      result ``y``. It has the shape of the argument. None where there is none.
    - ``jvps[k](t, y, *args)``: the change of the result when argument k changes by ``t``. May be left out:
      forward mode then takes the transpose of the other.
    - ``needs_y``: whether ``y`` is kept for the ``vjps``. Unless told: where any calls it other than ``_``.
    - ``by``: what computes the function, if not the function itself.

    For $y = x^{-1}$, one matrix, $\dot y = -y\,\dot x\,y$ gives $\bar x = -y^\top \bar y\,y^\top$:

        rule(np.linalg.inv, lambda g, y, x: -y.T @ g @ y.T)

    Here and below TypeError or ValueError says which argument is no such function.
    """
    for name, parts, parameters in (("vjps", vjps, "g, y, x, …"), ("jvps", jvps, "t, y, x, …")):
        if not isinstance(parts, (tuple, list)):
            raise TypeError(f"{name} must be a tuple, a function for each argument, got {shown(parts)}")
        for k, part in enumerate(parts):
            if part is not None:
                _derivative(f"{name}[{k}]", part, parameters)
    if all(vjp is None for vjp in vjps):
        raise TypeError(f"vjps must hold a derivative at least, such as lambda g, y, x: …, got {vjps}")
    if needs_y is not None:
        switch("needs_y", needs_y)
    plainly = function if by is None else a_function("by", by)
    entry = Rule(plainly, vjps, jvps, needs_y=needs_y, named=_of_numpy(function))
    TABLE[function] = entry
    return entry


def _of_numpy(function, name="function"):
    """What the table may have a line for, as errors name it: a function, or ``(np.add, "accumulate")``."""
    if isinstance(function, tuple) and len(function) == 2 and isinstance(function[0], np.ufunc):
        return a_function(name, getattr(function[0], str(function[1]), function))
    return a_function(name, function)


def _derivative(name, derivative, parameters):
    """The derivative, if it can be called with these parameters, and after a ``…`` with more."""
    a_function(name, derivative)
    cure = f"write it as lambda {parameters.removesuffix(', …')}: …"
    *first, last = parameters.split(", ")
    try:
        signature = inspect.signature(derivative)
        _ = signature.bind_partial(*first) if last == "…" else signature.bind(*first, last)
    except ValueError as error:  # of a function made in C nobody knows
        raise ValueError(
            f"{name} must be a function whose parameters can be read, got {shown(derivative)}: {cure}"
        ) from error
    except TypeError as error:
        raise TypeError(f"{name} must take {parameters}, got {shown(derivative)}: {cure}") from error
    return derivative


def linear(
    function: Callable[..., Any], vjp: Callable[..., Any], by: Callable[..., Any] | None = None
) -> Rule:
    r"""Add a function that is linear in its first argument: $\dot y = f(\dot x)$, so ``vjp`` is all it takes.

    ``vjp(g, y, x, ...)`` is as in ``rule``. For $y = \sum_i x_{ii}$, $\bar x_{ij} = \bar y$ where $i = j$:

        linear(np.trace, lambda g, _, x: g * np.eye(*x.shape))
    """
    _derivative("vjp", vjp, "g, y, x, …")
    along = (lambda t, y, x, *args, **kwargs: function(t, *args, **kwargs),)
    return rule(function, vjp, jvps=along, by=by)


def multilinear(function: Callable[..., Any], *vjps: Callable[..., Any] | None) -> Rule:
    r"""Add a function that is linear in each of its arguments: $\dot y = f(\dot a, b) + f(a, \dot b)$.

    ``vjps`` are as in ``rule``. For $y = ab$, two matrices, $\bar a = \bar y\,b^\top$ and
    $\bar b = a^\top \bar y$:

        multilinear(
            np.matmul,
            lambda g, _, a, b: g @ b.T,
            lambda g, _, a, b: a.T @ g,
        )
    """

    def forward(k):
        return lambda t, y, *args, **kwargs: function(*args[:k], t, *args[k + 1 :], **kwargs)

    return rule(function, *vjps, jvps=tuple(map(forward, range(len(vjps)))))


def unary(function: Callable[..., Any], derivative: Callable[[Any, Any], Any]) -> Rule:
    r"""Add an elementwise function: ``derivative(y, x)`` is $dy/dx$, of the shape of ``x``.

        unary(np.tanh, lambda y, x: 1 - y * y)

    As in ``rule``, ``y`` is not kept where it is called ``_``.
    """

    _derivative("derivative", derivative, "y, x")

    def scaled(g, y, x):
        return g * derivative(y, x)

    return rule(function, scaled, jvps=(scaled,), needs_y=_names(derivative)[:1] != ["_"])


def binary(
    function: Callable[..., Any],
    left: Callable[[Any, Any, Any], Any],
    right: Callable[[Any, Any, Any], Any],
) -> Rule:
    r"""Add an elementwise function of two arguments, with its two derivatives.

    ``left(y, a, b)`` is $\partial y/\partial a$, ``right(y, a, b)`` is $\partial y/\partial b$. Both have the
    shape of ``y``, or one that is repeated to it. Where ``a`` or ``b`` was repeated, its gradient is summed.

        binary(np.hypot, lambda y, a, b: a / y, lambda y, a, b: b / y)
    """
    _derivative("left", left, "y, a, b")
    _derivative("right", right, "y, a, b")
    return rule(
        function,
        lambda g, y, a, b: fit(g * left(y, a, b), a),
        lambda g, y, a, b: fit(g * right(y, a, b), b),
        jvps=(lambda t, y, a, b: t * left(y, a, b), lambda t, y, a, b: t * right(y, a, b)),
        needs_y=not _names(left)[:1] == _names(right)[:1] == ["_"],
    )


def composed(function: Callable[..., Any] | tuple[np.ufunc, str], by: Callable[..., Any]) -> None:
    """Add a function that is differentiated through ``by``: the same, written with others of the table.

        composed(np.float_power, lambda a, b: np.power(a, b))

    ``by`` takes the arguments of ``function``.
    """
    named = _of_numpy(function)
    try:
        TABLE[function] = Composed(a_function("by", by), named)
    except ValueError as error:  # of a function made in C nobody knows what it takes
        raise ValueError(
            f"by must be a function whose parameters can be read, got {shown(by)}: "
            "write it as lambda x: …, with the parameters of the other"
        ) from error


def constant(*functions: Callable[..., Any] | tuple[np.ufunc, str]) -> None:
    """Add functions whose derivative is 0 wherever it exists.

        constant(np.sign, np.floor)

    They give plain arrays. Raises TypeError, and adds none, where one is no function of NumPy.
    """
    TABLE.update({function: Constant(_of_numpy(function, "each of functions")) for function in functions})


def primitive(entry):
    """The function of a rule that is none of NumPy's: traced where an argument is, else as it is."""
    function, keeps = entry.function, entry.keeps

    def call(*args, **kwargs):
        for arg in args:
            if type(arg) is not np.ndarray and isinstance(arg, Traced):
                return entry.apply(args, kwargs)
        return function(*args, **kwargs)[0] if keeps else function(*args, **kwargs)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    if not keeps:  # what an inner trace holds may be traced by an outer one
        entry.function = call
    return call


def fit(g, x):
    """A gradient of the shape of a broadcast result, summed to the shape of x."""
    shape = x.shape
    if g.shape == shape:
        return g
    return sum_to(g, shape)


def sum_to(g, shape):
    """``g`` summed over the axes along which an array of this shape was repeated."""
    if type(g) is np.ndarray and g.shape[1:] == shape:  # a bias: the most frequent
        return np.add.reduce(g, 0)
    extra = len(g.shape) - len(shape)
    if extra:
        g = _total(g, 0 if extra == 1 else tuple(range(extra)), False)
    if g.shape == shape:
        return g
    stretched = [i for i, n in enumerate(shape) if n == 1 != g.shape[i]]
    return _total(g, stretched[0] if len(stretched) == 1 else tuple(stretched), True)


def _total(g, axis, keepdims):
    """The sum over axes: where g is plain, the ufunc itself is the fastest way to it."""
    if isinstance(g, Traced):
        return g.sum(axis=axis, keepdims=keepdims)
    return np.add.reduce(g, axis, None, None, keepdims)


SMALL = 2**13  # numbers; more are not copied but repeated by a view


def spread_to(g, shape):
    """``g`` repeated to a shape."""
    if g.shape == shape:
        return g
    if isinstance(g, Traced) or math.prod(shape) > SMALL:
        return np.broadcast_to(g, shape)
    y = np.empty(shape, g.dtype)
    y[...] = g
    return y
