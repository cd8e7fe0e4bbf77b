"""Rules of the functions that arrange numbers anew: choose, reshape, join, repeat.

Few of them are rules: indexing, reshape, transpose, broadcast_to, concatenate and where. Most are written
with these.
"""

import inspect
from collections.abc import Callable

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from gdbook.autodiff.core import (
    TABLE,
    Each,
    Rule,
    Traced,
    as_array,
    composed,
    constant,
    fit,
    linear,
    plain,
    primitive,
    refuse_complex,
    rule,
    sum_to,
)


def _is_basic(index):
    """Whether an index chooses by slices and single numbers, so that no element is chosen twice."""
    for part in index if type(index) is tuple else (index,):
        if type(part) is np.ndarray or not (
            part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer))
        ):
            return False
    return True


def add_at(array, index, g):
    """``array[index] += g``, where an element that is chosen several times gets all of its parts."""
    if _is_basic(index):
        array[index] += g
    else:
        np.add.at(array, index, g)


def _scatter(g, index, shape):
    """Zeros of a shape, with ``g`` added at an index: the transpose of indexing."""
    y = np.zeros(shape, g.dtype)
    if _is_basic(index):
        y[index] = g
    else:
        np.add.at(y, index, g)
    return y


def take_back(g, _, x, index):
    """The rule of indexing."""
    return scatter(g, index, x.shape) if isinstance(g, Traced) else _scatter(g, index, x.shape)


TABLE["getitem"] = Rule(lambda x, index: x[index], (take_back,), (lambda t, y, x, index: t[index],))
scatter: Callable = primitive(
    Rule(
        _scatter,
        (lambda g, _, x, index, shape: g[index],),
        (lambda t, _, x, index, shape: scatter(t, index, shape),),
    )
)


def astype(x, dtype, copy=True):
    return x.astype(dtype)


TABLE["astype"] = Rule(
    astype,
    (lambda g, _, x, dtype, copy=True: g.astype(x.dtype),),
    (lambda t, _, x, dtype, copy=True: t.astype(dtype),),
)

# An array of numbers, some of them traced: see ``core.stacked``.
assemble = Rule(
    lambda shape, *items: np.array(items).reshape(shape),
    Each(lambda k, g, y, shape, *items: np.reshape(g, -1)[k - 1]),
    Each(lambda k, t, y, shape, *items: scatter(np.reshape(t, (1,)), [k - 1], (len(items),)).reshape(shape)),
)
primitive(assemble)
TABLE["assemble"] = assemble


def _order_of(x, order):
    """The order "C" or "F" that "A" or "K" means for an array: that of its memory."""
    if order not in ("A", "K"):
        return order
    flags = plain(x).flags
    if order == "K" and not flags.forc:
        raise TypeError(
            "np.ravel cannot be differentiated with the argument order='K' of an array of any order"
        )
    return "F" if flags.fnc else "C"


rule(
    np.reshape,
    lambda g, _, x, shape=None, order="C": np.reshape(g, x.shape, order=_order_of(x, order)),
    jvps=(lambda t, _, x, shape=None, order="C": np.reshape(t, shape, order=_order_of(x, order)),),
)
linear(
    np.transpose,
    lambda g, _, x, axes=None: np.transpose(g, None if axes is None else np.argsort(_positive(axes))),
)
linear(np.broadcast_to, lambda g, _, x, shape=None: sum_to(g, x.shape))
rule(
    np.where,
    None,
    lambda g, _, chosen, a, b: fit(np.where(chosen, g, 0), a),
    lambda g, _, chosen, a, b: fit(np.where(chosen, 0, g), b),
    jvps=(
        None,
        lambda t, _, chosen, a, b: np.where(chosen, t, 0),
        lambda t, _, chosen, a, b: np.where(chosen, 0, t),
    ),
)


def _join(axis, *arrays):
    return np.concatenate(arrays, axis)


def _part(k, g, y, axis, *arrays):
    start = sum(np.shape(array)[axis] for array in arrays[: k - 1])
    part = slice(start, start + arrays[k - 1].shape[axis])
    return g[(slice(None),) * axis + (part,)]


def _among_zeros(k, t, y, axis, *arrays):
    zeros = [np.zeros_like(array) for array in arrays]
    return join(axis, *zeros[: k - 1], t, *zeros[k:])


join = primitive(Rule(_join, Each(_part), Each(_among_zeros)))


def _positive(axes):
    return [axis % len(axes) for axis in axes]


def _ndim(x):
    return len(np.shape(x))


def concatenate(arrays, axis=0, **kwargs):
    _only(np.concatenate, kwargs)
    if axis is None:
        arrays, axis = [np.ravel(x) for x in arrays], 0
    return join(axis % _ndim(arrays[0]), *arrays)


def _only(function, kwargs):
    if any(value is not None for value in kwargs.values()):
        raise TypeError(
            f"np.{function.__name__} cannot be differentiated with the argument {', '.join(sorted(kwargs))}"
        )


def stack(arrays, axis=0, **kwargs):
    _only(np.stack, kwargs)
    return concatenate([np.expand_dims(x, axis) for x in arrays], axis)


def expand_dims(a, axis):
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    ndim = _ndim(a) + len(axes)
    axes = normalize_axis_tuple(axes, ndim)
    lengths = iter(np.shape(a))
    return np.reshape(a, tuple(1 if i in axes else next(lengths) for i in range(ndim)))


def squeeze(a, axis=None):
    return np.reshape(a, np.squeeze(plain(a), axis).shape)


def moveaxis(a, source, destination):
    source = normalize_axis_tuple(source, a.ndim, "source")
    destination = normalize_axis_tuple(destination, a.ndim, "destination")
    order = [i for i in range(a.ndim) if i not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return np.transpose(a, order)


def swapaxes(a, axis1, axis2):
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return np.transpose(a, order)


def _at_places(function):
    """What only moves elements: where it moves them is seen on their numbers."""
    first = next(iter(inspect.signature(function).parameters))

    def moved(*args, **kwargs):
        x = args[0] if args else kwargs.pop(first)
        places = np.arange(x.size).reshape(x.shape)
        return np.ravel(x)[function(places, *args[1:], **kwargs)]

    moved.__signature__ = inspect.signature(function)
    return moved


for _mover in (
    *(np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.rollaxis, np.repeat, np.tile),
    *(np.delete, np.resize, np.diagonal),
):
    composed(_mover, _at_places(_mover))


def split(ary, indices_or_sections, axis=0):
    places = np.split(np.arange(ary.shape[axis]), indices_or_sections)
    return _split_at(ary, places, axis)


def vsplit(ary, indices_or_sections):
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)


def array_split(ary, indices_or_sections, axis=0):
    return _split_at(ary, np.array_split(np.arange(ary.shape[axis]), indices_or_sections), axis)


def _split_at(x, places, axis):
    before = (slice(None),) * (axis % x.ndim)
    starts = [part[0] if len(part) else 0 for part in places]  # parts may overlap
    return [x[(*before, slice(start, start + len(part)))] for start, part in zip(starts, places, strict=True)]


def pad(array, pad_width, mode="constant", **kwargs):
    if mode == "constant":
        frame = np.pad(np.zeros(array.shape), pad_width, **kwargs).astype(array.dtype)
        if isinstance(pad_width, dict):
            pad_width = [pad_width.get(i, pad_width.get(i - array.ndim, 0)) for i in range(array.ndim)]
            pad_width = [np.broadcast_to(width, (2,)) for width in pad_width]
        widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
        inside = tuple(slice(before, before + n) for n, (before, _) in zip(array.shape, widths, strict=True))
        return scatter(array, inside, frame.shape) + frame
    if mode not in ("edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type", "even") != "even":
        np.pad(plain(array), pad_width, mode=mode, **kwargs)  # NumPy's own errors first
        raise TypeError(f"np.pad cannot be differentiated with mode={mode!r} and these: {', '.join(kwargs)}")
    return _at_places(np.pad)(array, pad_width, mode=mode, **kwargs)


def take(a, indices, axis=None, out=None, mode="raise"):
    """Along one axis; ``mode`` says which places there are meant by numbers outside."""
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, a.ndim)
    places = np.take(np.arange(a.shape[axis]), indices, mode=mode)
    return a[(slice(None),) * axis + (places,)]


def extract(condition, arr):
    return np.ravel(arr)[np.flatnonzero(condition)]


def take_along_axis(arr, indices, axis=-1):
    indices = np.asarray(indices)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normalize_axis_index(axis, arr.ndim)
    if indices.ndim != arr.ndim:
        raise ValueError(f"indices must have the {arr.ndim} axes of arr, got {indices.ndim}")
    grid: list = [np.arange(n).reshape((-1, *[1] * (arr.ndim - 1 - i))) for i, n in enumerate(arr.shape)]
    grid[axis] = indices
    return arr[tuple(grid)]


def sort(a, axis=-1, kind=None, order=None, **kwargs):
    if axis is None:
        a, axis = np.ravel(a), -1
    axis = normalize_axis_index(axis, a.ndim)
    return np.take_along_axis(a, np.argsort(plain(a), axis, kind=kind, order=order, **kwargs), axis)


def diag(v, k=0):
    if _ndim(v) == 2:
        return np.diagonal(v, k)
    if _ndim(v) != 1:
        raise ValueError(f"np.diag takes a vector or a matrix, got shape {np.shape(v)}")
    n = len(v) + abs(k)
    i = np.arange(len(v))
    return scatter(v, (i + max(-k, 0), i + max(k, 0)), (n, n))


def _triangle(mask_of):
    return lambda m, k=0: np.where(mask_of(np.ones(m.shape[-2:], bool), k), m, 0)


def meshgrid(*xi, indexing="xy", sparse=False, copy=True):
    places = np.meshgrid(*(np.arange(np.size(x)) for x in xi), indexing=indexing, sparse=sparse)
    return tuple(np.ravel(x)[place] for x, place in zip(xi, places, strict=True))


def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(np.broadcast_to(x, shape) for x in args)


def _at_least(n, widen):
    def widened(*arys):
        found = tuple(x if _ndim(x) >= n else np.reshape(x, widen(np.zeros(np.shape(x))).shape) for x in arys)
        return found[0] if len(found) == 1 else found

    return widened


def diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    if n < 0:
        raise ValueError(f"n must not be negative, got {n!r}")
    if not n:
        return a
    axis = normalize_axis_index(axis, _ndim(a))
    ends = [prepend, a, append]
    parts = [_as_a_slice(x, a, axis) for x in ends if x is not np._NoValue]
    a = np.concatenate(parts, axis) if len(parts) > 1 else a
    before = (slice(None),) * axis
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def _as_a_slice(x, like, axis):
    """A number, repeated to what stands once along an axis of ``like``; an array as it is."""
    if np.shape(x):
        return x
    return np.broadcast_to(x, [1 if i == axis else m for i, m in enumerate(np.shape(like))])


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    np.linspace(0.0, 1.0, num, dtype=dtype, device=device)  # NumPy's own errors first
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise TypeError(f"np.linspace cannot be differentiated with the argument dtype={dtype!r}")
    whole = np.broadcast_arrays(start, stop)
    start, width = whole[0], whole[1] - whole[0]
    parts = num - 1 if endpoint else num
    kind = np.result_type(plain(start), plain(width), float(num))
    share = np.arange(num).reshape((-1, *[1] * np.ndim(plain(start)))) / max(parts, 1)
    y = start + width * share.astype(kind)
    y = np.moveaxis(y, 0, axis) if axis else y
    y = y if dtype is None else y.astype(dtype)
    return (y, width / parts if parts > 0 else np.nan) if retstep else y


def gradient(f, *varargs, axis=None, edge_order=1):
    """Central differences inside, and at the ends those of this order; written as NumPy writes them."""
    ndim = _ndim(f)
    axes = tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)
    np.gradient(np.zeros(np.shape(f)), *map(plain, varargs), axis=axis, edge_order=edge_order)  # its errors
    spacings = varargs * (len(axes) if len(varargs) == 1 else 1) or (1.0,) * len(axes)
    found = tuple(_slopes(f, i, h, edge_order) for i, h in zip(axes, spacings, strict=True))
    return found[0] if len(axes) == 1 else found


def _slopes(f, axis, h, edge_order):
    f = np.moveaxis(f, axis, 0)
    if np.ndim(plain(h)):
        h = np.diff(as_array(h))
        steps = np.reshape(h, (-1, *[1] * (_ndim(f) - 1)))
    else:
        steps = h * np.ones((len(f) - 1, *[1] * (_ndim(f) - 1)))
    before, after = steps[:-1], steps[1:]
    inside = (
        -after / (before * (before + after)) * f[:-2]
        + (after - before) / (before * after) * f[1:-1]
        + before / (after * (before + after)) * f[2:]
    )

    def end(a, b, near, middle, far):
        if edge_order == 1:
            return (middle - near) / a
        return -(2 * a + b) / (a * (a + b)) * near + (a + b) / (a * b) * middle - a / (b * (a + b)) * far

    first, last = steps[:2], steps[:-3:-1]
    y = np.concatenate(
        [
            end(first[:1], first[1:], f[:1], f[1:2], f[2:3]),
            inside,
            end(-last[:1], -last[1:], f[-1:], f[-2:-1], f[-3:-2]),
        ]
    )
    return np.moveaxis(y.astype(np.result_type(f.dtype)), 0, axis)


def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    kind = np.dtype(plain(a).dtype if dtype is None else dtype)
    if kind.kind == "c":
        refuse_complex(f"dtype={kind}")
    if not isinstance(fill_value, Traced) or kind.kind != "f":  # whole numbers are constant
        return np.full_like(plain(a), plain(fill_value), dtype=dtype, shape=shape)
    y = np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)
    return y if y.dtype == kind else y.astype(kind)


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True):
    """The numbers where they are first; where they are is constant."""
    _, places, *more = np.unique(plain(ar), True, return_inverse, return_counts, axis, equal_nan=equal_nan)
    values = np.ravel(ar)[places] if axis is None else np.take(ar, places, axis)
    found = (values, *([places] if return_index else []), *more)
    return found if len(found) > 1 else values


def bincount(x, /, weights=None, minlength=0):
    y = np.bincount(plain(x), plain(weights), minlength)
    return y if weights is None else scatter(weights.astype(float), (np.asarray(x),), y.shape)


def histogram(a, bins=10, range=None, density=None, weights=None):
    """Counts are constant, edges where they are given."""
    edges = [bins, weights, *(range or ())]
    if any(isinstance(x, Traced) for x in edges):
        raise TypeError("np.histogram cannot be differentiated with respect to bins, range or weights")
    if range is None and np.ndim(bins) == 0:
        raise TypeError(
            "np.histogram cannot be differentiated where its edges follow from the data: give range=, or the "
            "edges as bins="
        )
    return np.histogram(plain(a), bins, range, density, weights)


def append(arr, values, axis=None):
    return concatenate((arr, values), axis)


composed(np.concatenate, concatenate)
composed(np.stack, stack)
composed(np.expand_dims, expand_dims)
composed(np.squeeze, squeeze)
composed(np.ravel, lambda a, order="C": np.reshape(a, -1, order=_order_of(a, order)))
composed(np.moveaxis, moveaxis)
composed(np.swapaxes, swapaxes)
composed(np.matrix_transpose, lambda x: swapaxes(x, -1, -2))
composed(np.vstack, lambda tup: concatenate([np.atleast_2d(x) for x in tup]))
composed(np.hstack, lambda tup: concatenate([np.atleast_1d(x) for x in tup], 0 if _ndim(tup[0]) < 2 else 1))
composed(np.dstack, lambda tup: concatenate([np.atleast_3d(x) for x in tup], 2))
composed(
    np.column_stack, lambda tup: concatenate([x if _ndim(x) > 1 else np.reshape(x, (-1, 1)) for x in tup], 1)
)
if hasattr(np, "unstack"):  # NumPy 2.1
    composed(np.unstack, lambda x, axis=0: tuple(np.moveaxis(x, axis, 0)))
composed(np.split, split)
composed(np.array_split, array_split)
composed(
    np.hsplit, lambda ary, indices_or_sections: split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)
)
composed(np.vsplit, vsplit)
composed(np.pad, pad)
composed(np.take, take)
composed(np.take_along_axis, take_along_axis)
composed(np.compress, lambda condition, a, axis=None, out=None: take(a, np.flatnonzero(condition), axis))
composed(np.extract, extract)
composed(np.sort, sort)
composed(np.diag, diag)
composed(np.diagflat, lambda v, k=0: diag(np.ravel(v), k))
composed(np.linspace, linspace)
composed(np.gradient, gradient)
composed(np.full_like, full_like)
composed(np.unique, unique)
composed(np.bincount, bincount)
composed(np.histogram, histogram)
composed(np.tril, _triangle(np.tril))
composed(np.triu, _triangle(np.triu))
composed(np.meshgrid, meshgrid)
composed(np.broadcast_arrays, broadcast_arrays)
composed(np.atleast_1d, _at_least(1, np.atleast_1d))
composed(np.atleast_2d, _at_least(2, np.atleast_2d))
composed(np.atleast_3d, _at_least(3, np.atleast_3d))
composed(np.diff, diff)
composed(np.append, append)
composed(np.copy, lambda a, order="K", subok=False: a)
composed(np.select, lambda condlist, choicelist, default=0: _select(condlist, choicelist, default))


def _select(conditions, choices, default):
    y = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        y = np.where(condition, choice, y)
    return y


constant(*(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like))
constant(*(np.argsort, np.argmax, np.argmin, np.nonzero, np.flatnonzero, np.searchsorted, np.argwhere))
constant(
    *(np.any, np.all, np.result_type, np.can_cast, np.may_share_memory, np.shares_memory, np.count_nonzero)
)
constant(*(np.digitize, np.lexsort, np.isin, np.array_repr, np.array_str))
