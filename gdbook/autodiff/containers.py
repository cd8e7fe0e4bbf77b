"""Dicts, lists and tuples of arrays, however nested, as arguments and results."""

import numpy as np

from gdbook.autodiff.core import Traced, ordinary, refuse_complex, stacked
from gdbook.checks.arrays import reals
from gdbook.checks.numbers import shown


def _kind(x):
    """dict, list or tuple, for a container; None for a leaf."""
    if type(x) is np.ndarray:  # the most frequent
        return None
    return (
        dict if isinstance(x, dict) else list if type(x) is list else tuple if isinstance(x, tuple) else None
    )


def _with(x, items):
    """A list or a tuple like x, of the items of a list."""
    if type(x) in (list, tuple):
        return items if type(x) is list else tuple(items)
    return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)


def each(x, f):
    """The same containers with ``f(leaf)`` in the place of each leaf."""
    kind = _kind(x)
    if kind is None:
        return f(x)
    if kind is dict:
        return {key: each(value, f) for key, value in x.items()}
    return _with(x, [each(value, f) for value in x])


def rebuild(x, leaves):
    """The containers of x with the next leaves of an iterator."""
    return each(x, lambda _: next(leaves))


def leaves(x):
    found = []
    each(x, found.append)
    return found


# What NumPy says of an array of objects that it cannot compute with.
OF_OBJECTS = ("dtype('O')", "not supported for the input types", "which has no callable", "dtype object")


def called(f, args, kwargs):
    """The result of f, with each array of objects, among them traced numbers, as one traced array."""
    try:
        y = f(*args, **kwargs)
    except TypeError as error:
        if any(words in str(error) for words in OF_OBJECTS):
            raise TypeError(
                "NumPy cannot compute so with an array that np.array or np.r_ made of traced numbers: "
                "build it with np.stack, np.concatenate or np.where"
            ) from error
        raise
    return y if isinstance(y, Traced) else each(y, _joined)


def _joined(leaf):
    return stacked(leaf) if type(leaf) is np.ndarray and leaf.dtype.kind == "O" else leaf


def result(leaf):
    """A constant that a function returned: TypeError unless it is a real number or an array of them."""
    if not isinstance(leaf, Traced) and np.asarray(leaf).dtype.kind not in "fiub":
        raise TypeError(f"f must return real numbers, arrays or containers of them, got {shown(leaf)}")
    return leaf


def shape_of(x):
    try:
        return np.shape(x)
    except (TypeError, ValueError):  # lists of traced arrays, or of different lengths
        return None


def wrap(x, start, k):
    """The same containers with ``start(leaf)`` for each leaf, which must be of floats; x is argument k."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return start(x)
    if type(x) is float:
        return start(np.float64(x))
    kind = _kind(x)
    if kind is None:
        return start(_of_floats(x, k))
    if kind is dict:
        return {key: wrap(value, start, k) for key, value in x.items()}
    return _with(x, [wrap(value, start, k) for value in x])


def _of_floats(x, k):
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    if kind == "f" and isinstance(x, (Traced, np.floating)):
        return x
    if kind == "f" and isinstance(x, np.ndarray):
        return ordinary(x)
    if kind == "O" and isinstance(stacked(x), Traced):
        return stacked(x)
    what = f"{type(x).__name__} {shown(x)}"
    if isinstance(x, (bool, int, np.integer, np.bool_)):
        cure = f": write {float(x)!r}" if abs(int(x)) < 2**1023 else ": it is beyond the largest float"
    elif isinstance(x, np.ndarray):
        what = f"array of {x.dtype}"
        cure = (
            ": write x.astype(float)" if kind in "iub" else ": its real and imaginary part are two arguments"
        )
    else:
        cure = ": leave it out of the arguments that are differentiated"
    raise TypeError(f"derivatives need floats, but argument {k} is, or holds, the {what}{cure}")


def matching(x, like, name):
    """The leaves of x, which must be those of ``like`` in number and shape, as floats of its types."""
    found, wanted = leaves(x), leaves(like)
    if len(found) != len(wanted):
        raise ValueError(
            f"{name} must have {len(wanted)} arrays, as what it belongs to has, got {len(found)}"
        )
    return [_like(one, other, name) for one, other in zip(found, wanted, strict=True)]


def _like(x, like, name):
    if not isinstance(x, Traced):
        if np.iscomplexobj(x):
            refuse_complex(f"{name} of {np.asarray(x).dtype}")
        x = reals(name, x).astype(getattr(like, "dtype", float), copy=False)
    if np.shape(x) != np.shape(like):
        raise ValueError(f"{name} must have the shape {np.shape(like)}, got {np.shape(x)}")
    return x if isinstance(x, Traced) or x.shape else x[()]
