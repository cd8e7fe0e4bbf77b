"""Rules of the functions that make fewer numbers of many: sums, products, extremes."""

import math

import numpy as np

from gdbook.autodiff.core import (
    Rule,
    Traced,
    composed,
    linear,
    plain,
    primitive,
    rule,
    spread_to,
)


def _kept_axes(g, shape, axis):
    """A result of a reduction of an array of this shape, with the reduced axes of length 1."""
    if axis is None:
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
    if type(axis) is int:
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
    if np.count_nonzero(chosen) > y.size:
        chosen = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return g * chosen


# On plain arrays the reductions of the ufuncs give the same, without NumPy's detours.


def _sum(x, axis=None, dtype=None, out=None, keepdims=False):
    if isinstance(x, Traced):
        return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return np.add.reduce(x, axis, dtype, None, keepdims)


def _mean(x, axis=None, dtype=None, out=None, keepdims=False):
    if isinstance(x, Traced) or dtype is not None or x.dtype.itemsize < 4 or not x.size:
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
    if axis is None:
        return np.flip(np.cumsum(np.flip(g))).reshape(x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


linear(np.cumsum, _cumsum_back)


def _last(x, axis):
    """x with the axes to be reduced as a single last one."""
    ndim = len(x.shape)
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [i % ndim for i in axes]
    kept = [i for i in range(ndim) if i not in axes]
    x = np.transpose(x, (*kept, *axes))
    return x.reshape((*x.shape[: len(kept)], _count(x.shape[len(kept) :], None)))


def _others(x):
    """For each element the product of all others of the last axis, right for zeros too."""
    one_left_out = np.where(np.eye(x.shape[-1], dtype=bool), 1.0, x[..., None, :])
    return prod_last(one_left_out)


def _prod_back(g, y, x):
    g = np.expand_dims(g, -1)
    if np.any(plain(x) == 0):
        return g * _others(x)
    return g * np.expand_dims(y, -1) / x


prod_last = primitive(Rule(lambda x: np.prod(x, axis=-1), (_prod_back,)))


def _kept(y, x, axis, keepdims):
    """A result of the reduction of ``_last(x, axis)`` with the reduced axes of length 1, if asked for."""
    return np.reshape(y, np.sum(np.empty(x.shape), axis=axis, keepdims=True).shape) if keepdims else y


def prod(a, axis=None, dtype=None, out=None, keepdims=False):
    return _kept(prod_last(_last(a, axis)), a, axis, keepdims)


def _cumprod_back(g, y, x):
    if not np.any(plain(x) == 0):
        return np.flip(np.cumsum(np.flip(g * y, -1), -1), -1) / x
    n = x.shape[-1]
    # y_k = the product of x_j for j ≤ k: each of them a product of its own.
    earlier = np.tril(np.ones((n, n), bool))
    y = np.where(earlier, x[..., None, :], 1.0)
    return np.sum(np.expand_dims(g, -1) * np.where(earlier, _others(y), 0.0), axis=-2)


_cumprod = primitive(Rule(lambda x: np.cumprod(x, axis=-1), (_cumprod_back,)))


def cumprod(a, axis=None, dtype=None, out=None):
    if axis is None:
        return _cumprod(np.ravel(a))
    return np.swapaxes(_cumprod(np.swapaxes(a, axis, -1)), axis, -1)


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, mean=None, correction=None):
    if mean is None:
        mean = np.mean(a, axis=axis, keepdims=True)
    count = _count(a.shape, axis) - (ddof if correction is None else correction)
    off = a - mean
    return np.sum(off * off, axis=axis, keepdims=keepdims) / count


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **kwargs):
    return np.sqrt(var(a, axis, dtype, out, ddof, keepdims, **kwargs))


def average(a, axis=None, weights=None, *, keepdims=False):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        weights = np.reshape(weights, [n if i == axis % a.ndim else 1 for i, n in enumerate(a.shape)])
    total = np.sum(weights * np.ones(np.shape(a)), axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / total


def _without_nan(a):
    return np.where(np.isnan(plain(a)), 0.0, a)


def _nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    count = np.sum(~np.isnan(plain(a)), axis=axis, keepdims=keepdims)
    return np.sum(_without_nan(a), axis=axis, keepdims=keepdims) / count


def _median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    x = np.sort(_last(a, axis))
    n = x.shape[-1]
    return _kept((x[..., (n - 1) // 2] + x[..., n // 2]) / 2, a, axis, keepdims)


def _trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.moveaxis(y, axis, -1)
    width = dx if x is None else np.diff(x) if np.ndim(plain(x)) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(width * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)


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
composed(
    np.nansum,
    lambda a, axis=None, dtype=None, out=None, keepdims=False: np.sum(
        _without_nan(a), axis=axis, keepdims=keepdims
    ),
)
composed(np.nanmean, _nanmean)
composed(np.trapezoid, _trapezoid)

# np.add.reduce and its like: the first axis, unless told.
for _ufunc, _reduction in (
    (np.add, np.sum),
    (np.multiply, np.prod),
    (np.maximum, np.max),
    (np.minimum, np.min),
):
    composed((_ufunc, "reduce"), lambda a, axis=0, f=_reduction, **kwargs: f(a, axis=axis, **kwargs))
composed((np.add, "accumulate"), lambda a, axis=0, **kwargs: np.cumsum(a, axis, **kwargs))
composed((np.multiply, "accumulate"), lambda a, axis=0, **kwargs: np.cumprod(a, axis, **kwargs))
composed(
    (np.multiply, "outer"),
    lambda a, b: np.reshape(a, np.shape(a) + (1,) * np.ndim(plain(b))) * b,
)
