"""What every rule checks of what it is given: one decorator, so that the rules hold arithmetic only."""

from __future__ import annotations

from gdbook.checks.numbers import (
    finite,
    holds_reals,
    is_real,
    odd,
    ordinary,
    rate,
    shown,
)

try:
    import functools
    import inspect
except ImportError:  # a small Python, such as one that runs in a web page: rules go unchecked there
    inspect = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import F, Rule


def _share(name: str, value: Any) -> None:
    if not 0 <= finite(name, value) < 1:
        raise ValueError(
            f"{name} must be at least 0 and below 1, got {shown(value)}"
        )


def _positive(name: str, value: Any) -> None:
    if not finite(name, value) > 0:
        raise ValueError(f"{name} must be above 0, got {shown(value)}")


def _not_negative(name: str, value: Any) -> None:
    if finite(name, value) < 0:
        raise ValueError(f"{name} must not be negative, got {shown(value)}")


def _count(name: str, value: Any) -> None:
    if not (
        finite(name, value) >= 1 and value % 1 == 0
    ):  # the command line's numbers are floats
        raise ValueError(
            f"{name} must be a whole number, at least 1, got {shown(value)}"
        )


def _at_least_one(name: str, value: Any) -> None:
    if not finite(name, value) >= 1:
        raise ValueError(f"{name} must be at least 1, got {shown(value)}")


def _not_positive(name: str, value: Any) -> None:
    if not finite(name, value) <= 0:
        raise ValueError(f"{name} must be at most 0, got {shown(value)}")


RANGES = {
    "lr": rate,
    "alpha": rate,
    "dampening": _not_negative,
    "weight_decay": _not_negative,
    "momentum_decay": _not_negative,
    "momentum": _share,
    "beta1": _share,
    "beta2": _share,
    "rho": _share,
    "eps": _positive,
    "eta_plus": _positive,
    "eta_minus": _positive,
    "step_min": _positive,
    "step_max": _positive,
    "ns_steps": _count,
    "precondition_frequency": _count,
    "beta2_decay": _not_positive,
    "eps1": _positive,
    "eps2": _positive,
    "d": _at_least_one,
    "d0": _positive,
    "d_coef": _positive,
    "gamma": _positive,
    "clip_threshold": _positive,
}
SWITCHES = ("centered", "nesterov")
FLOORS = ("eps", "eps1", "eps2")  # they keep a denominator from 0
# Their step is a sign, or cut off, or waits for the next call: an infinite gradient does not make it so.
BOUNDED = ("adopt", "lion", "rprop", "soap", "sophia")


def checked(rule: F) -> F:
    """Decorate an update rule: what cannot be a step raises an error that names the argument.

    - ``w`` and ``g`` of different shapes raise ValueError: arithmetic would broadcast them;
    - ``w`` or ``g`` that is no real number and no plain array of them raises TypeError: a list, complex
      numbers, NumPy's matrices and masked arrays; so does an array of integers for ``w``;
    - a hyperparameter outside its range raises ValueError, and one that is no number TypeError. Any kind of
      number counts as Python's own, so that it does not change the precision of ``w``. An array of rates
      must fit the shape of ``w``; what a compiler traces passes;
    - a state that the rule does not make for such a ``w`` raises TypeError.

    A gradient with NaN or infinity is no error, and makes ``w`` so: ``descend`` says at which step.
    An empty array stays empty. In half precision $10^{-8}$ is 0, and so is the square of a small
    gradient: there the step is made in single precision, which the state keeps, and ``w`` is rounded after.
    """
    if inspect is None:
        return rule
    first, *rest = list(inspect.signature(rule).parameters.values())[2:]
    names, start = [p.name for p in rest], first.default
    bounded = rule.__name__ in BOUNDED
    many = start is None or isinstance(start, tuple)

    @functools.wraps(rule)
    def step(w: Any, g: Any, *given: Any, **named: Any) -> Any:
        shape, is_half = (), False
        if type(w) is not float or type(g) is not float:
            shape, is_half = _fitting(w, g)
        for name in named:
            named[name] = hyperparameter(name, named[name], w)
        if len(given) > 1:
            hyper = [
                hyperparameter(name, value, w)
                for name, value in zip(names, given[1:], strict=False)
            ]
            given = (given[0], *hyper, *given[len(names) + 1 :])
        state = given[0] if given else named.get(first.name, start)
        if 0 in shape:
            return w - g, state
        if not many and isinstance(state, (tuple, list)):
            _check_state(rule, w, g, state)
        whole = w
        if is_half:
            w, g = _single(w), _single(g)
        try:
            new, after = rule(w, g, *given, **named)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            _check_state(rule, w, g, state)
            arrays = any(
                getattr(value, "shape", ()) for value in named.values()
            )
            if isinstance(error, (ArithmeticError, LookupError)) or arrays:
                raise ValueError(
                    f"{rule.__name__} cannot make a step of {shown(w)} with {shown(named)}: {error}"
                ) from error
            raise
        if getattr(new, "shape", ()) != shape:
            _check_state(rule, w, g, state)
        if bounded:
            new = new + (g - g)  # NaN where g is not finite
        return _rounded(new, whole) if is_half else new, after

    made: Any = step  # with the signature of the rule
    made._bare = (step, rule)
    return made


def bare(rule: Rule) -> Rule:
    """The rule without its checks, if it is one that ``checked`` made; any other rule is itself.

    For loops that have checked what they give. A decorator of the reader's own is part of a rule, even if
    ``functools.wraps`` makes it look like what is inside.
    """
    own, arithmetic = getattr(rule, "_bare", (None, rule))
    return arithmetic if own is rule else rule


def hyperparameter(name: str, value: Any, w: Any = 0.0) -> Any:
    """The hyperparameter ``name`` as a step from ``w`` takes it; a value outside its range is refused."""
    if (type(value) is float or type(value) is int) and name in RANGES:
        RANGES[name](name, value)
        if name in FLOORS and hasattr(w, "dtype"):
            _check_floor(name, value, w.dtype)
        return value
    if name in SWITCHES:
        if type(value).__name__ not in ("bool", "bool_"):
            raise TypeError(
                f"{name} must be True or False, got {shown(value)}"
            )
        return bool(value)
    if name not in RANGES:
        return value
    if getattr(value, "shape", ()):
        return _check_array(name, value, tuple(getattr(w, "shape", ())))
    if hasattr(value, "shape") and not _of_numpy(value):
        return value  # traced by a compiler, or differentiated
    RANGES[name](name, value)
    if hasattr(value, "denominator") and not hasattr(w, "shape"):
        return value  # fractions stay exact
    return hyperparameter(name, float(value), w)


def is_half(dtype: Any) -> bool:
    """Whether it is the dtype of half precision, of any library."""
    if hasattr(dtype, "kind"):
        return dtype.kind == "f" and dtype.itemsize == 2
    return str(dtype) == "torch.float16"


def _check_floor(name: str, value: float, dtype: Any) -> None:
    """Refuse an ε that is 0 in single precision or below: a gradient of 0 would give 0/0."""
    if value < 2.0**-150 and getattr(dtype, "itemsize", 8) <= 4:
        raise ValueError(
            f"{name} must be above 0 in {dtype}, got {value!r}"
        )


def _check_array(name: str, value: Any, shape: tuple[int, ...]) -> Any:
    """An array of rates, one for each parameter or for each row of them, in its range."""
    ordinary(name, value)
    if not holds_reals(value.dtype):
        raise TypeError(f"{name} must hold real numbers, got {value.dtype}")
    own = tuple(value.shape)
    fits = len(own) <= len(shape) and all(
        n in (1, m)
        for n, m in zip(own, shape[len(shape) - len(own) :], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{name} must be a number or fit the shape of w, {shape}, got shape {own}"
        )
    if _of_numpy(value) and value.size:
        RANGES[name](name, value.min())
        RANGES[name](name, value.max())
    return value


def _of_numpy(value: Any) -> bool:
    return type(value).__module__.startswith("numpy")


def _fitting(w: Any, g: Any) -> tuple[Any, bool]:
    """The shape of both, and whether ``w`` is in half precision; an error where they make no step."""
    kinds = (
        type(w),
        getattr(w, "dtype", None),
        type(g),
        getattr(g, "dtype", None),
    )
    if kinds not in _known_kinds:
        _known_kinds[kinds] = _check_kinds(w, g)
    integers, in_half = _known_kinds[kinds]
    shape = getattr(w, "shape", ())
    if getattr(g, "shape", ()) != shape:
        raise ValueError(
            f"g must have the shape of w, {tuple(shape)}, got {_in_words(g)}"
        )
    if integers and shape:
        raise TypeError(
            f"w must hold floating-point numbers, got {w.dtype}: a step would not fit in it"
        )
    return shape, in_half


_known_kinds: dict = {}  # the name of a dtype is slow to make


def _check_kinds(w: Any, g: Any) -> tuple[bool, bool]:
    """Whether ``w`` holds integers, and whether it is in half precision; TypeError for other things."""
    if isinstance(w, (list, tuple)):
        raise TypeError(
            f"w must be a float or an array, got {shown(w)}: numpy.array(w) makes it one"
        )
    if isinstance(g, (list, tuple)):
        raise ValueError(
            f"g must have the shape of w, {tuple(getattr(w, 'shape', ()))}, got {shown(g)}"
        )
    for name, value in (("w", w), ("g", g)):
        ordinary(name, value)
        if not hasattr(value, "shape") and not _mixes_with_floats(value):
            raise TypeError(
                f"{name} must be a float or an array, got {shown(value)}"
            )
    dtype = getattr(w, "dtype", None)
    integers = dtype is not None and not _floating(dtype)
    if integers and not holds_reals(dtype):
        raise TypeError(
            f"w must hold floating-point numbers, got {dtype}: a step would not fit in it"
        )
    if hasattr(g, "dtype") and not holds_reals(g.dtype):
        raise TypeError(f"g must hold real numbers, got {g.dtype}")
    return integers, dtype is not None and is_half(dtype)


def _mixes_with_floats(value: Any) -> bool:
    try:
        return is_real(value) and is_real(1.0 * value)
    except (
        ArithmeticError,
        TypeError,
    ):  # decimal numbers refuse; an int may be too large
        return False


def _floating(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") == "f" or "float" in str(dtype)


def _single(array: Any) -> Any:
    return (
        array.astype("float32")
        if hasattr(array, "astype")
        else array * 1.0
        if isinstance(array, (float, int))
        else array.float()
    )


def _rounded(array: Any, like: Any) -> Any:
    return (
        array.astype(like.dtype)
        if hasattr(array, "astype")
        else array.to(like.dtype)
    )


def _check_state(rule: Any, w: Any, g: Any, state: Any) -> None:
    """TypeError if the state is not of the form that the rule gives after a step from ``w``."""
    try:
        _, own = rule(w, g)
    except (
        Exception
    ):  # something else is wrong: the caller's error says what
        return
    if not _alike(state, own, rule.__defaults__[0]):
        raise TypeError(
            f"state must be what {rule.__name__} returned for such a w, got {shown(state)}"
        )


def _alike(state: Any, own: Any, start: Any) -> bool:
    """Whether the state has the form of the rule's own, or of its start."""
    if isinstance(own, tuple) or isinstance(state, (tuple, list)):
        return (
            isinstance(own, tuple)
            and isinstance(state, (tuple, list))
            and len(state) == len(own)
            and all(
                map(
                    _alike,
                    state,
                    own,
                    start if isinstance(start, tuple) else own,
                )
            )
        )
    if state is None:
        return own is None or start is None
    if not hasattr(state, "shape"):  # such as 0 before the first step
        exact = hasattr(state, "denominator") and type(state) is not int
        return _mixes_with_floats(state) and not (
            exact and hasattr(own, "shape")  # they make an array of objects
        )
    if hasattr(state, "dtype") and not holds_reals(state.dtype):
        return False
    shapes = ((), tuple(getattr(own, "shape", ())))
    return odd(type(state)) is None and tuple(state.shape) in shapes


def _in_words(g: Any) -> str:
    return f"shape {tuple(g.shape)}" if hasattr(g, "shape") else shown(g)
