r"""Rules of linear algebra. Stacks of matrices, of shape (…, m, n), are taken as NumPy takes them.

Most are in Giles 2008; singular vectors: Townsend 2016; qr: Walter, Lehmann 2010; pinv: Golub, Pereyra 1973.
A matrix that must be symmetric counts as a function of its symmetric part: its gradient is symmetric.
"""

import operator
from collections import namedtuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from gdbook.autodiff.core import Rule, as_array, composed, constant, fit, plain, primitive, rule
from gdbook.autodiff.elementwise import root

SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")
EighResult = namedtuple("EighResult", "eigenvalues eigenvectors")
SVDResult = namedtuple("SVDResult", "U S Vh")
QRResult = namedtuple("QRResult", "Q R")


def _t(x):
    return np.swapaxes(x, -1, -2)


rule(
    np.linalg.inv,
    lambda g, y, a: -(_t(y) @ g @ _t(y)),
    jvps=(lambda t, y, a: -(y @ t @ y),),
)


def _cofactors(y, a):
    """det(a)·a⁻ᵀ; of singular matrices from the determinants of what is left without a row and a column."""
    if not np.any(plain(y) == 0):
        return y[..., None, None] * _t(np.linalg.inv(a))
    n = a.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=int).reshape(
        n, max(n - 1, 0)
    )
    minors = np.linalg.det(a[..., others[:, None, :, None], others[None, :, None, :]])
    return minors * (-1.0) ** np.add.outer(np.arange(n), np.arange(n))


rule(
    np.linalg.det,
    lambda g, y, a: g[..., None, None] * _cofactors(y, a),
    jvps=(lambda t, y, a: np.sum(_cofactors(y, a) * t, axis=(-2, -1)),),
)


def _solve_right(g, y, a, b):
    return fit(np.linalg.solve(_t(a), g), b)


def _solve_left(g, y, a, b):
    return fit(-(np.linalg.solve(_t(a), g) @ _t(y)), a)


_solve = primitive(
    Rule(
        np.linalg.solve,
        (_solve_left, _solve_right),
        (lambda t, y, a, b: -np.linalg.solve(a, t @ y), lambda t, _, a, b: np.linalg.solve(a, t)),
    )
)


def solve(a, b):
    """One vector is a matrix of one column; stacks of vectors there are none, as in NumPy since 2.0."""
    a, b = as_array(a), as_array(b)
    return _solve(a, b[:, None])[..., 0] if b.ndim == 1 else _solve(a, b)


composed(np.linalg.solve, solve)

_log_of_det = primitive(
    Rule(
        lambda a: np.linalg.slogdet(a)[1],
        (lambda g, _, a: g[..., None, None] * _t(np.linalg.inv(a)),),
        (lambda t, _, a: np.trace(np.linalg.solve(a, t), axis1=-2, axis2=-1),),
    )
)
composed(np.linalg.slogdet, lambda a: SlogdetResult(np.linalg.slogdet(plain(a))[0], _log_of_det(a)))


def _symmetric(x):
    return (x + _t(x)) / 2


def _lower_half(x):
    """The lower triangle, of the diagonal one half."""
    return np.tril(x) - x * (np.eye(x.shape[-1]) / 2)


def _cholesky_back(g, y, a):
    middle = _lower_half(_t(y) @ g)
    left = np.linalg.solve(_t(y), middle)
    return _symmetric(_t(np.linalg.solve(_t(y), _t(left))))


def _cholesky_along(t, y, a):
    inverse = np.linalg.inv(y)
    return y @ _lower_half(inverse @ _symmetric(t) @ _t(inverse))


_cholesky = primitive(Rule(np.linalg.cholesky, (_cholesky_back,), (_cholesky_along,)))
composed(np.linalg.cholesky, lambda a, /, *, upper=False: _t(_cholesky(_t(a))) if upper else _cholesky(a))


def _one_over_differences(x):
    """``1/(x_j − x_i)``, and 0 where they are equal: there the vectors have no derivative."""
    differences = x[..., None, :] - x[..., :, None]
    equal = plain(differences) == 0
    return np.where(equal, 0.0, 1 / np.where(equal, 1.0, differences))


# A rule has one array as its result: eigenvalues are the first row of it, eigenvectors the others.


def _eigh_packed(a, UPLO="L"):
    values, vectors = np.linalg.eigh(a, UPLO)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_back(g, y, a, UPLO="L"):
    values, vectors = y[..., 0, :], y[..., 1:, :]
    middle = _one_over_differences(values) * (_t(vectors) @ g[..., 1:, :])
    middle = middle + np.eye(a.shape[-1]) * g[..., 0, :][..., None, :]
    return _symmetric(vectors @ middle @ _t(vectors))


_eigh = primitive(Rule(_eigh_packed, (_eigh_back,)))


def eigh(a, UPLO="L"):
    packed = _eigh(a, UPLO=UPLO)
    return EighResult(packed[..., 0, :], packed[..., 1:, :])


composed(np.linalg.eigh, eigh)
composed(np.linalg.eigvalsh, lambda a, UPLO="L": eigh(a, UPLO)[0])


def _svd_packed(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([u, s[..., None, :], _t(vh)], axis=-2)


def _svd_parts(packed, m):
    return packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]


def _svd_back(g, y, a):
    m = a.shape[-2]
    (u, s, v), (gu, gs, gv) = _svd_parts(y, m), _svd_parts(g, m)
    apart = _one_over_differences(s * s)
    by_u, by_v = _t(u) @ gu, _t(v) @ gv
    middle = apart * (by_u - _t(by_u)) * s[..., None, :] + s[..., :, None] * (apart * (by_v - _t(by_v)))
    zero = plain(s) == 0  # there s has a kink, as abs, and u and v no derivative
    middle = middle + np.eye(s.shape[-1]) * np.where(zero, 0.0, gs)[..., None, :]
    # What of gu and gv is outside the space of u and v; nothing, where these are square.
    inverse = np.where(zero, 0.0, 1 / np.where(zero, 1.0, s))[..., None, :]
    gu, gv = (gu - u @ by_u) * inverse, (gv - v @ by_v) * inverse
    return (u @ middle + gu) @ _t(v) + u @ _t(gv)


def _singular_values(a):
    return _svd_parts(_svd(a), a.shape[-2])[1]


_svd = primitive(Rule(_svd_packed, (_svd_back,)))


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        raise TypeError(
            "np.linalg.svd cannot be differentiated with the argument hermitian: use np.linalg.eigh"
        )
    if not compute_uv:
        return _singular_values(a)
    m, n = a.shape[-2:]
    if full_matrices and m != n:
        raise TypeError("np.linalg.svd can be differentiated with full_matrices=False only")
    u, s, v = _svd_parts(_svd(a), m)
    return SVDResult(u, s, _t(v))


composed(np.linalg.svd, svd)
composed(np.linalg.svdvals, lambda x, /: _singular_values(x))


def _qr_packed(a):
    q, r = np.linalg.qr(a)
    return np.concatenate([q, r], axis=-2)


def _qr_back(g, y, a):
    m = a.shape[-2]
    q, r, gq, gr = y[..., :m, :], y[..., m:, :], g[..., :m, :], g[..., m:, :]
    middle = r @ _t(gr) - _t(gq) @ q
    middle = np.tril(middle) + _t(np.tril(middle, -1))
    return _t(np.linalg.solve(r, _t(gq + q @ middle)))


_qr = primitive(Rule(_qr_packed, (_qr_back,)))


def qr(a, mode="reduced"):
    m, n = a.shape[-2:]
    if mode != "reduced" or m < n:
        raise TypeError(
            "np.linalg.qr can be differentiated in the mode 'reduced' with at least as many rows as columns"
        )
    packed = _qr(a)
    return QRResult(packed[..., :m, :], packed[..., m:, :])


composed(np.linalg.qr, qr)


def _pinv_back(g, y, a):
    outside = np.eye(a.shape[-2]) - a @ y
    inside = np.eye(a.shape[-1]) - y @ a
    return -(_t(y) @ g @ _t(y)) + outside @ _t(g) @ y @ _t(y) + _t(y) @ y @ _t(g) @ inside


rule(np.linalg.pinv, _pinv_back)


def _sum_of_powers(x, p, axis, keepdims):
    """Σ|x|ᵖ, to which a component of 0 gives 0 with the derivative 0."""
    zero = plain(x) == 0
    if np.any(zero):
        powers = np.where(zero, 0.0 if p > 0 else np.inf, np.abs(np.where(zero, 1.0, x)) ** p)
    else:
        powers = np.abs(x) ** p
    return np.sum(powers, axis=axis, keepdims=keepdims)


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Where a norm is 0 its derivative is 0."""
    kwargs = {"axis": axis, "keepdims": keepdims}
    if not x.size:
        return np.linalg.vector_norm(plain(x), **kwargs, ord=ord)
    if isinstance(ord, str):
        raise ValueError(f"ord must be a number for a norm of vectors, got {ord!r}")
    if ord is None or ord == 2:
        return root(np.sum(x * x, **kwargs))
    if ord == 1:
        return np.sum(np.abs(x), **kwargs)
    if ord == np.inf:
        return np.max(np.abs(x), **kwargs)
    if ord == -np.inf:
        return np.min(np.abs(x), **kwargs)
    if ord == 0:
        return np.sum(plain(x) != 0, **kwargs, dtype=x.dtype)
    total = _sum_of_powers(x, ord, **kwargs)
    without = (plain(total) == 0) | np.isinf(plain(total))
    if np.any(without):
        limit = plain(total) ** (1 / ord) if ord > 0 else np.where(np.isinf(plain(total)), 0.0, np.inf)
        return np.where(without, limit.astype(x.dtype), np.where(without, 1.0, total) ** (1 / ord))
    return total ** (1 / ord)


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    if not x.size:
        return np.linalg.matrix_norm(plain(x), keepdims=keepdims, ord=ord)
    if x.ndim < 2:
        raise ValueError(f"np.linalg.matrix_norm needs matrices, got shape {x.shape}")
    if ord is None or ord in ("fro", "f"):
        y = root(np.sum(x * x, axis=(-2, -1)))
    elif ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        y = np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    elif ord in (2, -2, "nuc"):
        values = _singular_values(x)
        y = (
            np.sum(values, axis=-1)
            if ord == "nuc"
            else np.max(values, -1)
            if ord == 2
            else np.min(values, -1)
        )
    else:
        raise ValueError(f"np.linalg.norm: unknown ord {ord!r} of a matrix")
    return y[..., None, None] if keepdims else y


def norm(x, ord=None, axis=None, keepdims=False):
    if not x.size:
        return np.linalg.norm(plain(x), ord, axis, keepdims)
    if axis is None:
        if ord is None or (x.ndim == 1 and ord == 2):
            return vector_norm(x, keepdims=keepdims)
        axis = tuple(range(x.ndim))
    axes = normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise ValueError(f"np.linalg.norm: vectors have one axis and matrices two, got {len(axes)}")
    y = matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord=ord)
    return np.expand_dims(y, axes) if keepdims else y


def cond(x, p=None):
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))


def matrix_power(a, n):
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"np.linalg.matrix_power needs square matrices, got shape {a.shape}")
    n = operator.index(n)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    y = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    while n:
        if n % 2:
            y = y @ a
        a, n = a @ a if n > 1 else a, n // 2
    return y


def multi_dot(arrays, *, out=None):
    if len(arrays) < 2:
        raise ValueError(f"np.linalg.multi_dot needs at least two arrays, got {len(arrays)}")
    y = arrays[0]
    for array in arrays[1:]:
        y = np.dot(y, array)
    return y


def outer(x1, x2, /):
    if np.ndim(plain(x1)) != 1 or np.ndim(plain(x2)) != 1:
        raise ValueError("np.linalg.outer takes two vectors")
    return np.outer(x1, x2)


def vecdot(x1, x2, /, *, axis=-1):
    return np.vecdot(np.moveaxis(as_array(x1), axis, -1), np.moveaxis(as_array(x2), axis, -1))


def cross(x1, x2, /, *, axis=-1):
    if not np.shape(x1)[axis] == np.shape(x2)[axis] == 3:
        raise ValueError("np.linalg.cross takes vectors of three numbers")
    return np.cross(x1, x2, axis=axis)


composed(np.linalg.norm, norm)
composed(np.linalg.vector_norm, vector_norm)
composed(np.linalg.matrix_norm, matrix_norm)
composed(np.linalg.matrix_power, matrix_power)
composed(np.linalg.multi_dot, multi_dot)
composed(np.linalg.trace, lambda x, /, *, offset=0, dtype=None: np.trace(x, offset, -2, -1, dtype))
composed(np.linalg.diagonal, lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composed(np.linalg.matrix_transpose, lambda x, /: _t(x))
composed(np.linalg.outer, outer)
composed(np.linalg.matmul, lambda x1, x2, /: np.matmul(x1, x2))
composed(np.linalg.vecdot, vecdot)
composed(np.linalg.tensordot, lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes))
composed(np.linalg.cross, cross)
composed(np.linalg.cond, cond)
constant(np.linalg.matrix_rank)
