"""Rules of the functions that make fewer numbers of many: sums, products, extremes."""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from gdbook.autodiff.core import (
    Rule,
    Traced,
    as_array,
    composed,
    linear,
    plain,
    primitive,
    rule,
    spread_to,
)
from gdbook.autodiff.elementwise import root


def _kept_axes(g, shape, axis):
    """A result of a reduction of an array of this shape, with the reduced axes of length 1."""
    if axis is None or not shape:
        return g
    if isinstance(axis, tuple):
        axes = [i % len(shape) for i in axis]
        return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    axis = axis % len(shape)
    return g.reshape((*shape[:axis], 1, *shape[axis + 1 :]))


def _back(g, shape, axis, keepdims):
    """A gradient of a reduction, repeated to the shape of what was reduced."""
    return spread_to(g if keepdims else _kept_axes(g, shape, axis), shape)


def _count(shape, axis):
    """How many numbers each result is made of."""
    if not shape:
        return 1
    if isinstance(axis, (int, np.integer)):
        return shape[axis]
    return math.prod(shape if axis is None else [shape[i] for i in axis])


def _sum_back(g, _, x, axis=None, dtype=None, out=None, keepdims=False):
    return _back(g, x.shape, axis, keepdims)


def _mean_back(g, _, x, axis=None, dtype=None, out=None, keepdims=False):
    return _back(g / _count(x.shape, axis), x.shape, axis, keepdims)


def _extreme_back(g, y, x, axis=None, out=None, keepdims=False):
    """To where the extreme is; to equal parts, where it is at several places."""
    if axis is not None and not keepdims:
        g, y = _kept_axes(g, x.shape, axis), _kept_axes(y, x.shape, axis)
    chosen = x == y  # of traced arrays too this is plain
    total = np.add.reduce(plain(y), None)
    if np.count_nonzero(chosen) != y.size or total != total:  # of several places, or of none: NaN
        chosen = chosen | np.isnan(x) & np.isnan(y)
        chosen = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return g * chosen


# On plain arrays the reductions of the ufuncs give the same, without NumPy's detours.


def _sum(x, axis=None, dtype=None, out=None, keepdims=False):
    if isinstance(x, Traced):
        return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.add.reduce(x, axis, dtype, None, keepdims)


def _mean(x, axis=None, dtype=None, out=None, keepdims=False):
    if isinstance(x, Traced) or dtype is not None or x.dtype.itemsize < 4 or not x.size or not x.shape:
        return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.add.reduce(x, axis, None, None, keepdims) / _count(x.shape, axis)


def _extreme(function, ufunc):
    def extreme(x, axis=None, out=None, keepdims=False):
        if isinstance(x, Traced):
            return function(x, axis=axis, keepdims=keepdims)
        return ufunc.reduce(x, axis, None, None, keepdims)

    extreme.__name__ = function.__name__
    return extreme


linear(np.sum, _sum_back, by=_sum)
linear(np.mean, _mean_back, by=_mean)
for _function in (np.max, np.amax):
    rule(_function, _extreme_back, by=_extreme(_function, np.maximum))
for _function in (np.min, np.amin):
    rule(_function, _extreme_back, by=_extreme(_function, np.minimum))


def _cumsum_back(g, _, x, axis=None, dtype=None, out=None):
    if axis is None or not x.shape:
        return np.flip(np.cumsum(np.flip(g))).reshape(x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


linear(np.cumsum, _cumsum_back)


def _of_kind(x, dtype, function):
    """x as an array of the floats that ``dtype=`` of a function asks for."""
    if dtype is None:
        return x
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"np.{function.__name__} cannot be differentiated with the argument dtype={dtype!r}")
    return x.astype(dtype)


def _axes(axis, ndim):
    """The axes that are reduced, from 0; arrays without axes may be given one."""
    if axis is None or (not ndim and axis in (0, -1)):
        return tuple(range(ndim))
    return normalize_axis_tuple(axis, ndim)


def _last(x, axis):
    """x with the axes to be reduced as a single last one."""
    ndim = len(x.shape)
    axes = _axes(axis, ndim)
    kept = [i for i in range(ndim) if i not in axes]
    x = np.transpose(x, (*kept, *axes))
    return x.reshape((*x.shape[: len(kept)], math.prod(x.shape[len(kept) :])))


SAFE = 1e-280, 1e280  # of products between these the quotients by their factors are right


def _divisible(y):
    """Whether no product has met a zero, or left the range of floats."""
    size = np.abs(plain(y))
    low, high = SAFE if size.dtype.itemsize >= 8 else (1e-30, 1e30)
    return bool(np.all((size > low) & (size < high)))


def _others(x):
    """For each element the product of all others of the last axis, right for zeros too."""
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    before = np.concatenate([one, np.cumprod(x[..., :-1], axis=-1)], axis=-1)
    after = np.concatenate([one, np.cumprod(x[..., :0:-1], axis=-1)], axis=-1)
    return before * after[..., ::-1]


def _prod_back(g, y, x):
    g = np.expand_dims(g, -1)
    if not x.shape[-1]:
        return g * x
    return g * np.expand_dims(y, -1) / x if _divisible(y) else g * _others(x)


prod_last = primitive(Rule(lambda x: np.prod(x, axis=-1), (_prod_back,)))


def _kept(y, x, axis, keepdims):
    """A result of the reduction of ``_last(x, axis)`` with the reduced axes of length 1, if asked for."""
    if not keepdims:
        return y
    axes = _axes(axis, len(x.shape))
    return np.reshape(y, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def prod(a, axis=None, dtype=None, out=None, keepdims=False):
    a = _of_kind(a, dtype, np.prod)
    return _kept(prod_last(_last(a, axis)), a, axis, keepdims)


def _cumprod_back(g, y, x):
    if _divisible(y):
        return np.flip(np.cumsum(np.flip(g * y, -1), -1), -1) / x
    n = x.shape[-1]
    # y_k = the product of x_j for j ≤ k: each of them a product of its own.
    earlier = np.tril(np.ones((n, n), bool))
    y = np.where(earlier, x[..., None, :], np.ones((), x.dtype))
    return np.sum(np.expand_dims(g, -1) * np.where(earlier, _others_by_products(y), 0.0), axis=-2)


def _others_by_products(x):
    """As ``_others``, each of them a product of its own: what cumprod is differentiated with."""
    one_left_out = np.where(np.eye(x.shape[-1], dtype=bool), np.ones((), x.dtype), x[..., None, :])
    return prod_last(one_left_out)


_cumprod = primitive(Rule(lambda x: np.cumprod(x, axis=-1), (_cumprod_back,)))


def cumprod(a, axis=None, dtype=None, out=None):
    a = _of_kind(a, dtype, np.cumprod)
    if axis is None or not a.shape:
        return _cumprod(np.ravel(a))
    return np.swapaxes(_cumprod(np.swapaxes(a, axis, -1)), axis, -1)


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, mean=None, correction=None):
    if correction is not None:
        if ddof:
            raise ValueError("np.var takes one of ddof and correction, got both")
        ddof = correction
    _of_kind(a, dtype, np.var)
    if mean is None:
        mean = np.mean(a, axis=axis, dtype=dtype, keepdims=True)
    count = max(math.prod([a.shape[i] for i in _axes(axis, len(a.shape))]) - ddof, 0)
    off = a - mean
    total = np.sum(off * off, axis=axis, dtype=dtype, keepdims=keepdims)
    return total / total.dtype.type(count)  # of the same kind


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, mean=None, correction=None):
    """Of equal numbers the derivative is 0, as in PyTorch."""
    return root(var(a, axis, dtype, out, ddof, keepdims, mean=mean, correction=correction))


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        y = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.asarray(np.size(a) / np.size(y), y.dtype)
    else:
        weights = as_array(weights)
        shape = np.shape(a)
        if weights.shape != shape:
            if axis is None:
                raise TypeError("np.average needs axis where weights has another shape than a")
            axes = normalize_axis_tuple(axis, len(shape))
            if weights.shape != tuple(shape[i] for i in axes):
                raise ValueError(f"weights must have the shape of a along {axis}, got {weights.shape}")
            weights = np.transpose(weights, np.argsort(axes))
            weights = np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(shape)])
        total = np.sum(np.broadcast_to(weights, shape), axis=axis, keepdims=keepdims)
        if np.any(plain(total) == 0):
            raise ZeroDivisionError("np.average: weights sum to zero, can't be normalized")
        y = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
        if not isinstance(total, Traced):
            total = np.asarray(total, y.dtype)
    return (y, np.broadcast_to(total, y.shape)) if returned else y


def _without_nan(a):
    return np.where(np.isnan(plain(a)), 0.0, a)


def _nansum(a, axis=None, dtype=None, out=None, keepdims=False):
    return np.sum(_without_nan(a), axis=axis, dtype=dtype, keepdims=keepdims)


def _nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    total = _nansum(a, axis, dtype, None, keepdims)
    return total / np.sum(~np.isnan(plain(a)), axis=axis, keepdims=keepdims, dtype=total.dtype)


def _median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    if not a.size:
        return np.median(plain(a), axis, keepdims=keepdims)
    x = np.sort(_last(a, axis))
    n = x.shape[-1]
    y = x[..., n // 2] if n % 2 else (x[..., n // 2 - 1] + x[..., n // 2]) / 2
    last = x[..., -1]  # NaN, if there is any
    y = np.where(np.isnan(last), last, y) if np.any(np.isnan(last)) else y
    return _kept(y, a, axis, keepdims)


def _trapezoid(y, x=None, dx=1.0, axis=-1):
    y = as_array(y)
    if x is not None:
        x = as_array(x)
        dx = np.diff(x, axis=-1 if x.ndim == 1 else axis)
        if x.ndim == 1:
            dx = np.reshape(dx, [-1 if i == axis % y.ndim else 1 for i in range(y.ndim)])
    before = (slice(None),) * normalize_axis_index(axis, y.ndim)
    return np.sum(dx * (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]) / 2, axis=axis)


composed(np.prod, prod)
composed(np.cumprod, cumprod)
composed(np.var, var)
composed(np.std, std)
composed(np.average, average)
composed(np.median, _median)
composed(
    np.ptp,
    lambda a, axis=None, out=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
)
composed(np.nansum, _nansum)
composed(np.nanmean, _nanmean)
composed(np.trapezoid, _trapezoid)


def _along_an_axis(function, numbers):
    """np.add.reduce and its like: of the first axis, unless told; ``numbers``: of arrays without axes too."""

    def along(a, axis=0, dtype=None, out=None, **kwargs):
        if not numbers and not np.shape(a):
            raise TypeError("cannot accumulate on a scalar")
        if dtype is not None:
            kwargs["dtype"] = dtype
        return function(a, axis=axis, **kwargs)

    return along


for _ufunc, _reduction in (
    (np.add, np.sum),
    (np.multiply, np.prod),
    (np.maximum, np.max),
    (np.minimum, np.min),
):
    composed((_ufunc, "reduce"), _along_an_axis(_reduction, numbers=True))
composed((np.add, "accumulate"), _along_an_axis(np.cumsum, numbers=False))
composed((np.multiply, "accumulate"), _along_an_axis(np.cumprod, numbers=False))
composed(
    (np.multiply, "outer"),
    lambda a, b: np.reshape(a, np.shape(a) + (1,) * np.ndim(plain(b))) * b,
)
