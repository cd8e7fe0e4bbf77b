"""What every rule checks of what it is given: one decorator, so that the rules hold arithmetic only."""

from gdbook.check import finite, rate

try:
    import functools
    import inspect
except ImportError:  # a small Python, such as one that runs in a web page: rules go unchecked there
    inspect = None  # type: ignore[assignment]


def _share(name, value):
    if not 0 <= finite(name, value) < 1:
        raise ValueError(
            f"{name} must be at least 0 and below 1, got {value!r}"
        )


def _positive(name, value):
    if not finite(name, value) > 0:
        raise ValueError(f"{name} must be above 0, got {value!r}")


def _not_negative(name, value):
    if finite(name, value) < 0:
        raise ValueError(f"{name} must not be negative, got {value!r}")


def _count(name, value):
    if not (
        finite(name, value) >= 1 and value % 1 == 0
    ):  # the command line's numbers are floats
        raise ValueError(
            f"{name} must be a whole number, at least 1, got {value!r}"
        )


def _at_least_one(name, value):
    if not finite(name, value) >= 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")


def _not_positive(name, value):
    if not finite(name, value) <= 0:
        raise ValueError(f"{name} must be at most 0, got {value!r}")


RANGES = {
    "lr": rate,
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


def checked(rule):
    """Decorate an update rule: what cannot be a step raises an error that names the argument.

    - ``w`` and ``g`` of different shapes raise ValueError: arithmetic would broadcast them;
    - a list, or an array of integers, for ``w`` raises TypeError;
    - a hyperparameter that is a number outside its range raises ValueError. Arrays of rates, and what
      a compiler traces, pass.

    A gradient with NaN or infinity is no error, and makes ``w`` so: ``descend`` says at which step.
    An empty array stays empty. The bare rule is ``rule.__wrapped__``.
    """
    if inspect is None:
        return rule
    names = list(inspect.signature(rule).parameters)[2:]

    @functools.wraps(rule)
    def step(w, g, *given, **named):
        if isinstance(w, (list, tuple)):
            raise TypeError(
                f"w must be a float or an array, got {w!r}: numpy.array(w) makes it one"
            )
        shape = getattr(w, "shape", ())
        if (
            getattr(
                g,
                "shape",
                None if isinstance(g, (list, tuple)) else (),
            )
            != shape
        ):
            raise ValueError(
                f"g must have the shape of w, {tuple(shape)}, got {_in_words(g)}"
            )
        if shape and not _floating(w.dtype):
            raise TypeError(
                f"w must hold floating-point numbers, got {w.dtype}: a step would not fit in it"
            )
        for name, value in (
            *zip(names, given, strict=False),
            *named.items(),
        ):
            check_range(name, value)
        return rule(w, g, *given, **named)

    return step


def check_range(name, value):
    """Refuse a number outside the range of the hyperparameter ``name``."""
    if name in RANGES and type(value) in (float, int):
        RANGES[name](name, value)


def _floating(dtype):
    if dtype not in _known_dtypes:
        _known_dtypes[dtype] = "float" in str(dtype)
    return _known_dtypes[dtype]


_known_dtypes: dict = {}  # the name of a dtype is slow to make


def _in_words(g):
    return f"shape {tuple(g.shape)}" if hasattr(g, "shape") else repr(g)
