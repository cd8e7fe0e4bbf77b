"""Rules of the functions that arrange numbers anew: choose, reshape, join, repeat.

Few of them are rules: indexing, reshape, transpose, broadcast_to, concatenate and where. Most are written
with these.
"""

from collections.abc import Callable

import numpy as np

from gdbook.autodiff.core import (
    TABLE,
    Each,
    Rule,
    Traced,
    composed,
    constant,
    fit,
    linear,
    plain,
    primitive,
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
TABLE["astype"] = Rule(
    lambda x, dtype: x.astype(dtype),
    (lambda g, _, x, dtype: g.astype(x.dtype),),
    (lambda t, _, x, dtype: t.astype(dtype),),
)

linear(np.reshape, lambda g, _, x, shape=None, order="C": np.reshape(g, x.shape, order=order))
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
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = _ndim(a) + len(axes)
    axes = {i % ndim for i in axes}
    lengths = iter(np.shape(a))
    return np.reshape(a, tuple(1 if i in axes else next(lengths) for i in range(ndim)))


def squeeze(a, axis=None):
    return np.reshape(a, np.squeeze(plain(a), axis).shape)


def moveaxis(a, source, destination):
    source = [i % a.ndim for i in np.atleast_1d(source)]
    destination = [i % a.ndim for i in np.atleast_1d(destination)]
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

    def moved(x, *args, **kwargs):
        places = np.arange(x.size).reshape(x.shape)
        return np.ravel(x)[function(places, *args, **kwargs)]

    return moved


for _mover in (
    *(np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.rollaxis, np.repeat, np.tile),
    *(np.delete, np.resize, np.diagonal, np.extract),
):
    composed(_mover, _at_places(_mover))


def split(ary, indices_or_sections, axis=0):
    places = np.split(np.arange(ary.shape[axis]), indices_or_sections)
    return _split_at(ary, places, axis)


def array_split(ary, indices_or_sections, axis=0):
    return _split_at(ary, np.array_split(np.arange(ary.shape[axis]), indices_or_sections), axis)


def _split_at(x, places, axis):
    before = (slice(None),) * (axis % x.ndim)
    ends = np.cumsum([len(part) for part in places])
    return [x[(*before, slice(end - len(part), end))] for end, part in zip(ends, places, strict=True)]


def pad(array, pad_width, mode="constant", **kwargs):
    if mode == "constant":
        widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
        shape = tuple(n + before + after for n, (before, after) in zip(array.shape, widths, strict=True))
        inside = tuple(slice(before, before + n) for n, (before, _) in zip(array.shape, widths, strict=True))
        return scatter(array, inside, shape) + np.pad(np.zeros(array.shape), pad_width, **kwargs).astype(
            array.dtype
        )
    if mode not in ("edge", "reflect", "symmetric", "wrap") or kwargs.get("reflect_type", "even") != "even":
        raise TypeError(f"np.pad cannot be differentiated with the mode {mode!r}")
    return _at_places(np.pad)(array, pad_width, mode=mode)


def take(a, indices, axis=None, mode="raise", **kwargs):
    _only(np.take, kwargs)
    if mode != "raise":
        raise TypeError("np.take cannot be differentiated with the argument mode")
    return np.ravel(a)[indices] if axis is None else a[(slice(None),) * (axis % a.ndim) + (indices,)]


def take_along_axis(arr, indices, axis=-1):
    if axis is None:
        return np.ravel(arr)[indices]
    axis = axis % arr.ndim
    grid = list(np.ogrid[tuple(map(slice, indices.shape))])
    grid[axis] = indices
    return arr[tuple(grid)]


def sort(a, axis=-1, kind=None, order=None, stable=None):
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, np.argsort(plain(a), axis, stable=True), axis)


def diag(v, k=0):
    if _ndim(v) == 2:
        return np.diagonal(v, k)
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


def diff(a, n=1, axis=-1):
    before = (slice(None),) * (axis % a.ndim)
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


def append(arr, values, axis=None):
    return concatenate((arr, values), axis)


composed(np.concatenate, concatenate)
composed(np.stack, stack)
composed(np.expand_dims, expand_dims)
composed(np.squeeze, squeeze)
composed(np.ravel, lambda a, order="C": np.reshape(a, -1, order=order))
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
composed(np.hsplit, lambda ary, parts: split(ary, parts, 1 if ary.ndim > 1 else 0))
composed(np.vsplit, lambda ary, parts: split(ary, parts, 0))
composed(np.pad, pad)
composed(np.take, take)
composed(np.take_along_axis, take_along_axis)
composed(np.compress, lambda condition, a, axis=None: take(a, np.flatnonzero(condition), axis))
composed(np.sort, sort)
composed(np.diag, diag)
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


constant(*(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.full_like))
constant(*(np.argsort, np.argmax, np.argmin, np.nonzero, np.flatnonzero, np.searchsorted, np.argwhere))
constant(
    *(np.any, np.all, np.result_type, np.can_cast, np.may_share_memory, np.shares_memory, np.count_nonzero)
)
constant(
    *(np.digitize, np.unique, np.histogram, np.bincount, np.lexsort, np.isin, np.array_repr, np.array_str)
)
