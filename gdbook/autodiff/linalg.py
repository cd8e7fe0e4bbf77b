r"""Rules of linear algebra. Stacks of matrices, of shape (…, m, n), are taken as NumPy takes them.

Most are in Giles 2008; singular vectors: Townsend 2016; qr: Walter, Lehmann 2010; pinv: Golub, Pereyra 1973.
A matrix that must be symmetric counts as a function of its symmetric part: its gradient is symmetric.
"""

from collections import namedtuple

import numpy as np

from gdbook.autodiff.core import Rule, composed, constant, fit, plain, primitive, rule

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
rule(
    np.linalg.det,
    lambda g, y, a: (g * y)[..., None, None] * _t(np.linalg.inv(a)),
    jvps=(lambda t, y, a: y * np.trace(np.linalg.solve(a, t), axis1=-2, axis2=-1),),
)


def _solve_right(g, y, a, b):
    return fit(np.linalg.solve(_t(a), g), b)


def _solve_left(g, y, a, b):
    back = np.linalg.solve(_t(a), g)
    if np.ndim(b) == 1:
        return fit(-(back[..., :, None] * y[..., None, :]), a)
    return fit(-(back @ _t(y)), a)


rule(
    np.linalg.solve,
    _solve_left,
    _solve_right,
    jvps=(
        lambda t, y, a, b: (
            -np.linalg.solve(a, (t @ y[..., None]) if np.ndim(b) == 1 else t @ y).reshape(y.shape)
        ),
        lambda t, _, a, b: np.linalg.solve(a, t),
    ),
)

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
composed(np.linalg.cholesky, lambda a, *, upper=False: _t(_cholesky(a)) if upper else _cholesky(a))


def _one_over_differences(x):
    """``1/(x_j − x_i)``, and 0 where they are equal: there the vectors have no derivative."""
    differences = x[..., None, :] - x[..., :, None]
    equal = plain(differences) == 0
    return np.where(equal, 0.0, 1 / np.where(equal, 1.0, differences))


# A rule has one array as its result: eigenvalues are the first row of it, eigenvectors the others.


def _eigh_packed(a):
    values, vectors = np.linalg.eigh(a)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_back(g, y, a):
    values, vectors = y[..., 0, :], y[..., 1:, :]
    middle = _one_over_differences(values) * (_t(vectors) @ g[..., 1:, :])
    middle = middle + np.eye(a.shape[-1]) * g[..., 0, :][..., None, :]
    return _symmetric(vectors @ middle @ _t(vectors))


_eigh = primitive(Rule(_eigh_packed, (_eigh_back,)))


def eigh(a, UPLO="L"):
    packed = _eigh(a)
    return EighResult(packed[..., 0, :], packed[..., 1:, :])


composed(np.linalg.eigh, eigh)
composed(np.linalg.eigvalsh, lambda a, UPLO="L": eigh(a)[0])


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
    middle = middle + np.eye(s.shape[-1]) * gs[..., None, :]
    # What of gu and gv is outside the space of u and v; nothing, where these are square.
    gu, gv = (gu - u @ by_u) / s[..., None, :], (gv - v @ by_v) / s[..., None, :]
    return (u @ middle + gu) @ _t(v) + u @ _t(gv)


def _singular_values(a):
    return _svd_parts(_svd(a), a.shape[-2])[1]


_svd = primitive(Rule(_svd_packed, (_svd_back,)))


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return _singular_values(a)
    m, n = a.shape[-2:]
    if full_matrices and m != n:
        raise TypeError("np.linalg.svd can be differentiated with full_matrices=False only")
    u, s, v = _svd_parts(_svd(a), m)
    return SVDResult(u, s, _t(v))


composed(np.linalg.svd, svd)
composed(np.linalg.svdvals, _singular_values)


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


def _root(square):
    """√, with the derivative 0 at 0, where a norm has none; as in PyTorch."""
    zero = plain(square) == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, square))) if np.any(zero) else np.sqrt(square)


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    kwargs = {"axis": axis, "keepdims": keepdims}
    if ord == 2:
        return _root(np.sum(x * x, **kwargs))
    if ord == 1:
        return np.sum(np.abs(x), **kwargs)
    if ord == np.inf:
        return np.max(np.abs(x), **kwargs)
    if ord == -np.inf:
        return np.min(np.abs(x), **kwargs)
    if ord == 0:
        return np.sum(plain(x) != 0, **kwargs).astype(float)
    return np.sum(np.abs(x) ** ord, **kwargs) ** (1 / ord)


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    if ord == "fro":
        y = _root(np.sum(x * x, axis=(-2, -1)))
    elif ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        y = np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    elif ord in (2, -2, "nuc"):
        values = _singular_values(x)
        y = np.sum(values, axis=-1) if ord == "nuc" else values[..., 0] if ord == 2 else values[..., -1]
    else:
        raise ValueError(f"np.linalg.norm: unknown ord {ord!r} of a matrix")
    return y[..., None, None] if keepdims else y


def norm(x, ord=None, axis=None, keepdims=False):
    if ord is None and (axis is None or isinstance(axis, (int, np.integer))):
        return vector_norm(x, axis=axis, keepdims=keepdims)
    if (axis is None and x.ndim == 1) or isinstance(axis, (int, np.integer)):
        return vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    axes = axis or (0, 1)
    y = matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord="fro" if ord is None else ord)
    return np.expand_dims(y, tuple(i % x.ndim for i in axes)) if keepdims else y


def matrix_power(a, n):
    if n < 0:
        a, n = np.linalg.inv(a), -n
    y = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    while n:
        if n % 2:
            y = y @ a
        a, n = a @ a if n > 1 else a, n // 2
    return y


def multi_dot(arrays, *, out=None):
    y = arrays[0]
    for array in arrays[1:]:
        y = np.dot(y, array)
    return y


composed(np.linalg.norm, norm)
composed(np.linalg.vector_norm, vector_norm)
composed(np.linalg.matrix_norm, matrix_norm)
composed(np.linalg.matrix_power, matrix_power)
composed(np.linalg.multi_dot, multi_dot)
composed(np.linalg.trace, lambda x, /, *, offset=0, dtype=None: np.trace(x, offset, -2, -1))
composed(np.linalg.diagonal, lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composed(np.linalg.matrix_transpose, _t)
composed(np.linalg.outer, lambda a, b: np.outer(a, b))
composed(np.linalg.matmul, lambda a, b: np.matmul(a, b))
composed(np.linalg.vecdot, lambda a, b, /, *, axis=-1: np.sum(a * b, axis=axis))
composed(np.linalg.tensordot, lambda a, b, /, *, axes=2: np.tensordot(a, b, axes))
composed(np.linalg.cross, lambda a, b, /, *, axis=-1: np.cross(a, b, axis=axis))
composed(np.linalg.cond, lambda x, p=None: norm(x, p or 2) * norm(np.linalg.inv(x), p or 2))
constant(np.linalg.matrix_rank)
