"""A case or more for each function in the table of rules: as a program uses it, and arguments."""

import numpy as np

from gdbook.autodiff.core import TABLE

rng = np.random.default_rng(7)
A = rng.standard_normal((4, 4))
B = rng.standard_normal((4, 3))
TALL = rng.standard_normal((5, 3))
V = rng.standard_normal(4)
W = rng.standard_normal(3)
CUBE = rng.standard_normal((2, 3, 4))
DEFINITE = A @ A.T + 4 * np.eye(4)
POSITIVE = np.abs(B) + 0.5
INSIDE = 0.8 * np.tanh(B)  # for functions of (-1, 1)
ZEROS = np.array([1.0, 0.0, 1.0])  # a product with a zero in it
PLACES = np.array([0, 2, 2, 1])  # one place twice

la = np.linalg


def symmetric(a):
    return (a + a.T) / 2


# name of the entry: [(function, *arguments), …]
CASES = {
    np.arccosh: [(np.arccosh, 1 + POSITIVE)],
    np.divide: [
        (np.divide, B, POSITIVE),
        (lambda a, b: a / b, V[:, None], POSITIVE),
        (lambda a: 2 / a, POSITIVE),
    ],
    np.add: [
        (np.add, B, W),
        (lambda a: 1 + a, B),
        (lambda a, b: a + b, V[:, None], W),
        (lambda a: a + W, B[:1]),
    ],
    np.subtract: [
        (np.subtract, B, W),
        (lambda a: 1 - a, B),
        (lambda a, b: a - b, V[:, None], W),
        (lambda a: W - a, B[:1]),
    ],
    np.multiply: [(np.multiply, B, W), (lambda a, b: 3 * a * b, V[:, None], W)],
    np.power: [(np.power, POSITIVE, W), (lambda a: a**3, B), (lambda a: a**2, B), (lambda a: 2**a, B)],
    np.float_power: [(np.float_power, POSITIVE, W)],
    np.arctan2: [(np.arctan2, B, W)],
    np.hypot: [(np.hypot, B, W)],
    np.heaviside: [(lambda a, b: np.heaviside(np.where(B > 0, 0.0, a), b), B, W)],
    np.logaddexp: [(np.logaddexp, B, W)],
    np.logaddexp2: [(np.logaddexp2, B, W)],
    np.remainder: [(np.remainder, B, np.array([0.7, -0.6, 1.1])), (lambda a: a % 0.7, B)],
    np.fmod: [(np.fmod, B, np.array([0.7, -0.6, 1.1]))],
    np.copysign: [(np.copysign, B, W)],
    np.sinc: [(np.sinc, B), (np.sinc, B * 1e-3)],
    np.nan_to_num: [(lambda a: np.nan_to_num(np.where(B > 1, np.inf, a)), B)],
    np.clip: [
        (lambda a: np.clip(a, -0.5, 0.5), B),
        (lambda a, b: np.clip(a, -b, b), B, np.abs(W)),
        (lambda a: a.clip(min=0), B),
    ],
    np.maximum: [(np.maximum, B, W), (lambda a: np.maximum(0, a), B)],
    np.minimum: [(np.minimum, B, W)],
    np.where: [(lambda a, b: np.where(a > 0, a * a, b), B, W), (lambda a: np.where(B > 0, 1.0, a), W)],
    "getitem": [
        (lambda a: a[1], B),
        (lambda a: a[1:, ::2], B),
        (lambda a: a[..., None, 0], B),
        (lambda a: a[PLACES], B),
        (lambda a: a[PLACES, [0, 1, 1, 2]], B),
        (lambda a: a[a > 0], B),
        (lambda a: a[0] * a[1] + a[-1], B),
    ],
    "astype": [(lambda a: a.astype(np.longdouble).astype(float), B)],
    "assemble": [
        (lambda a: np.array([a[0, 0], a[1, 2] ** 2]), B),
        (lambda a, b: a[0] * np.array([2 * a[1], b, a[1] * b]), B, W),
        (lambda a: np.r_[a[0, 0], a[1], 2.0], B),
        (lambda a, b: np.c_[a[0], b] @ b[:2], B, W),
        (lambda a: np.array([[a[0, 0], 0.5], [1, a[0, 1]]]) @ np.array([a[1, 0], 2.0]), B),
        (lambda a: a[0, :2] * np.array([a[0, 0], 3.0]) + np.array([a[1, 0], 3.0]) * 2, B),
    ],
    np.reshape: [(lambda a: a.reshape(3, 4), B), (lambda a: np.reshape(a, (2, -1), order="F"), B)],
    np.transpose: [
        (lambda a: a.T, B),
        (lambda a: a.transpose(1, 2, 0), CUBE),
        (lambda a: a.transpose((-1, 0, 1)), CUBE),
    ],
    np.broadcast_to: [
        (lambda a: np.broadcast_to(a, (2, 4, 3)), B),
        (lambda a: np.broadcast_to(a, (4, 3)), B[:, :1]),
    ],
    np.concatenate: [
        (lambda a, b: np.concatenate([a, b, a], 1), A, B),
        (lambda a, b: np.concatenate((a, b), axis=None), A, B),
        (lambda a: np.concatenate([B, a], axis=-2), B),
    ],
    np.stack: [(lambda a, b: np.stack([a, b, a], -1), B, TALL[:4])],
    np.expand_dims: [(lambda a: np.expand_dims(a, (0, -1)), B)],
    np.squeeze: [(lambda a: np.squeeze(a[None, :, None]), B), (lambda a: a[:, None].squeeze(axis=1), B)],
    np.ravel: [(lambda a: a.ravel(), B), (lambda a: a.flatten(), B)],
    np.moveaxis: [(lambda a: np.moveaxis(a, (0, 1), (-1, 0)), CUBE)],
    np.swapaxes: [(lambda a: a.swapaxes(0, -1), CUBE)],
    np.matrix_transpose: [(lambda a: a.mT, CUBE)],
    np.vstack: [(lambda a, b: np.vstack([a, b]), B, W)],
    np.hstack: [(lambda a, b: np.hstack([a, b]), A, B), (lambda a, b: np.hstack([a, b]), V, W)],
    np.dstack: [(lambda a: np.dstack([a, 2 * a]), B)],
    np.column_stack: [(lambda a, b: np.column_stack([a, b]), V, B)],
    np.split: [(lambda a: np.split(a, 2), B), (lambda a: np.split(a, [1, 2], axis=-1), B)],
    np.array_split: [(lambda a: np.array_split(a, 3), B)],
    np.hsplit: [(lambda a: np.hsplit(a, 2), A)],
    np.vsplit: [(lambda a: np.vsplit(a, 2), A)],
    np.flip: [(np.flip, CUBE), (lambda a: np.flip(a, 1), CUBE)],
    np.fliplr: [(np.fliplr, B)],
    np.flipud: [(np.flipud, B)],
    np.rot90: [(np.rot90, B)],
    np.roll: [(lambda a: np.roll(a, 1, axis=0), B)],
    np.rollaxis: [(lambda a: np.rollaxis(a, 2), CUBE)],
    np.repeat: [(lambda a: a.repeat(2, axis=0), B), (lambda a: np.repeat(a, [1, 0, 2, 1], 0), B)],
    np.tile: [(lambda a: np.tile(a, (2, 1, 3)), B)],
    np.delete: [(lambda a: np.delete(a, 1, axis=0), B)],
    np.resize: [(lambda a: np.resize(a, (5, 4)), B)],
    np.diagonal: [(lambda a: a.diagonal(1), A), (lambda a: np.diagonal(a, 0, 1, 2), CUBE)],
    np.pad: [
        (lambda a: np.pad(a, ((1, 2), (0, 1)), constant_values=3.0), B),
        (lambda a: np.pad(a, 1), B),
        *[
            (lambda a, mode=mode: np.pad(a, 2, mode=mode), B)
            for mode in ("edge", "reflect", "symmetric", "wrap")
        ],
    ],
    np.take: [(lambda a: a.take(PLACES), B), (lambda a: np.take(a, [0, 0, 2], axis=-1), B)],
    np.take_along_axis: [(lambda a: np.take_along_axis(a, np.argsort(B, 0), 0), B)],
    np.extract: [(lambda a: np.compress([True, False, True, True], a, axis=0), B)],
    np.compress: [(lambda a: np.compress([True, False, True, True], a, axis=0), B)],
    np.sort: [(np.sort, B), (lambda a: np.sort(a, axis=0), B), (lambda a: np.sort(a, axis=None), B)],
    np.diag: [(np.diag, V), (lambda a: np.diag(a, -2), V), (lambda a: np.diag(a, 1), A)],
    np.diagflat: [(np.diagflat, B), (lambda a: np.diagflat(a, 1), V)],
    np.linspace: [
        (lambda a, b: np.linspace(a, b, 5), B, W),
        (lambda a: np.linspace(0, a, 3, endpoint=False), V),
    ],
    np.gradient: [
        (np.gradient, V),
        (lambda a: np.gradient(a, axis=0, edge_order=2), B),
        (lambda a, h: np.gradient(a, h), B, np.array(0.7)),
        (lambda a, x: np.gradient(a, x, edge_order=2), V, np.cumsum(np.abs(V))),
    ],
    np.full_like: [(lambda a: np.full_like(a, a[0, 0]), B), (lambda a: np.full_like(a, a[1]), B)],
    np.unique: [(np.unique, B), (lambda a: np.unique(a[PLACES], axis=0), B)],
    np.bincount: [(lambda w: np.bincount([1, 0, 4, 1], w, 7), V)],
    np.histogram: [(lambda a: 1.0 * np.histogram(a, 4, (-3, 3))[0] + np.sum(a), B)],
    np.tril: [(np.tril, B), (lambda a: np.tril(a, 1), CUBE)],
    np.triu: [(np.triu, B), (lambda a: np.triu(a, -1), A)],
    np.meshgrid: [(np.meshgrid, V, W), (lambda a, b: np.meshgrid(a, b, indexing="ij"), V, W)],
    np.broadcast_arrays: [(np.broadcast_arrays, V[:, None], W)],
    np.atleast_1d: [(lambda a: np.atleast_1d(np.sum(a)), B)],
    np.atleast_2d: [(np.atleast_2d, V)],
    np.atleast_3d: [(np.atleast_3d, B)],
    np.diff: [(lambda a: np.diff(a, 2, axis=0), B)],
    np.append: [(np.append, B, W), (lambda a: np.append(a, a, axis=1), B)],
    np.select: [(lambda a: np.select([B > 1, B > 0], [a, a * a], default=7.0), B)],
    np.sum: [
        (np.sum, CUBE),
        (lambda a: a.sum(axis=1), CUBE),
        (lambda a: a.sum((0, -1), keepdims=True), CUBE),
        (lambda a: np.sum(a, axis=-2, keepdims=True), CUBE),
    ],
    np.mean: [
        (np.mean, CUBE),
        (lambda a: a.mean(axis=-1), CUBE),
        (lambda a: np.mean(a, (0, 2), keepdims=True), CUBE),
    ],
    np.max: [
        (np.max, CUBE),
        (lambda a: a.max(axis=1), CUBE),
        (lambda a: np.max(a, (0, 2), keepdims=True), CUBE),
    ],
    np.min: [
        (np.min, CUBE),
        (lambda a: a.min(axis=-1, keepdims=True), CUBE),
        (lambda a: np.min(a, (0, 2)), CUBE),
    ],
    np.amax: [(lambda a: np.amax(a, axis=0), CUBE)],
    np.amin: [(lambda a: np.amin(a, axis=0), CUBE)],
    np.prod: [
        (np.prod, B),
        (lambda a: a.prod(axis=0), B),
        (lambda a: np.prod(a * ZEROS, axis=1), B),
        (lambda a: np.prod(a * ZEROS * ZEROS[[1, 0, 2]], axis=1, keepdims=True), B),
        (lambda a: np.prod(a, axis=(0, 2)), CUBE),
    ],
    np.cumsum: [(np.cumsum, B), (lambda a: a.cumsum(axis=-1), B)],
    np.cumprod: [(np.cumprod, B), (lambda a: np.cumprod(a * ZEROS, axis=1), B), (lambda a: a.cumprod(0), B)],
    np.var: [(np.var, B), (lambda a: a.var(axis=1, ddof=1, keepdims=True), B)],
    np.std: [(np.std, B), (lambda a: a.std(axis=0), B)],
    np.average: [(np.average, B), (lambda a, w: np.average(a, axis=0, weights=w), B, np.abs(V))],
    np.median: [(np.median, B), (lambda a: np.median(a, axis=1, keepdims=True), B)],
    np.ptp: [(lambda a: np.ptp(a, axis=0), B)],
    np.nansum: [(lambda a: np.nansum(np.where(B > 1, np.nan, a), axis=0), B)],
    np.nanmean: [(lambda a: np.nanmean(np.where(B > 1, np.nan, a), axis=0), B)],
    np.trapezoid: [(np.trapezoid, B), (lambda y, x: np.trapezoid(y, x), V, np.cumsum(np.abs(V)))],
    (np.add, "reduce"): [(np.add.reduce, B)],
    (np.multiply, "reduce"): [(lambda a: np.multiply.reduce(a, axis=1), B)],
    (np.maximum, "reduce"): [(np.maximum.reduce, B)],
    (np.minimum, "reduce"): [(np.minimum.reduce, B)],
    (np.add, "accumulate"): [(np.add.accumulate, B)],
    (np.multiply, "accumulate"): [(np.multiply.accumulate, B)],
    (np.multiply, "outer"): [(np.multiply.outer, V, B)],
    np.matmul: [
        (lambda a, b: a @ b, A, B),
        (np.matmul, V, B),
        (np.matmul, A, V),
        (np.matmul, V, V[::-1].copy()),
        (np.matmul, CUBE, B),
        (np.matmul, V, rng.standard_normal((2, 4, 3))),
        (np.matmul, CUBE, V),
        (np.matmul, rng.standard_normal((5, 1, 3, 4)), rng.standard_normal((2, 4, 3))),
        (lambda b: A @ b, B),
    ],
    np.dot: [
        (np.dot, A, B),
        (np.dot, V, V[::-1].copy()),
        (np.dot, A, rng.standard_normal((2, 4, 3))),
        (lambda a: np.dot(a, 3.0), B),
    ],
    np.vdot: [(np.vdot, B, B[::-1].copy())],
    np.vecdot: [(np.vecdot, B, W)],
    np.inner: [(np.inner, A, TALL @ rng.standard_normal((3, 4))), (np.inner, V, V[::-1].copy())],
    np.outer: [(np.outer, V, B)],
    np.tensordot: [
        (lambda a, b: np.tensordot(a, b, axes=([1, 0], [0, 2])), CUBE, rng.standard_normal((3, 5, 2))),
        (np.tensordot, CUBE, rng.standard_normal((3, 4, 2))),
        (lambda a, b: np.tensordot(a, b, axes=0), V, W),
    ],
    np.kron: [(np.kron, B, TALL), (np.kron, V, B)],
    np.cross: [(np.cross, B, B[::-1].copy())],
    np.convolve: [
        (lambda a, b, mode=mode: np.convolve(a, b, mode), V, W) for mode in ("full", "same", "valid")
    ],
    np.correlate: [(np.correlate, V, W)],
    np.trace: [(np.trace, A), (lambda a: a.trace(1), A)],
    np.polyval: [(np.polyval, V, TALL)],
    np.einsum: [
        (lambda a, b: np.einsum("ij,jk->ki", a, b), A, B),
        (lambda a, b: np.einsum("ij,jk", a, b, optimize=True), A, B),
        (lambda a: np.einsum("ii->i", a), A),
        (lambda a: np.einsum("ii", a), A),
        (lambda a: np.einsum("ij,ij->i", a, a), A),
        (lambda a: np.einsum("ij->j", a), A),
        (lambda a, b: np.einsum("i,j->", a, b), V, W),
        (lambda a, b: np.einsum("...ij,jk", a, b), CUBE, B),
        (lambda a, b: np.einsum("...i,...i->...", a, b), CUBE, V),
        (lambda a, b: np.einsum("iij,j->ij", a, b), rng.standard_normal((2, 2, 3)), W),
        (lambda a, b, c: np.einsum("ij,jk,kl->il", a, b, c), A, B, TALL.T),
        (lambda a, b: np.einsum("ij,ij->ij", a, b), B, W[None, :]),
    ],
    la.inv: [(la.inv, DEFINITE), (la.inv, np.stack([DEFINITE, A]))],
    la.det: [(la.det, A), (la.det, np.stack([DEFINITE, A]))],
    la.slogdet: [
        (lambda a: la.slogdet(a).logabsdet, A),
        (lambda a: la.slogdet(a)[0] * la.slogdet(a)[1], CUBE[:, :, :3]),
    ],
    la.solve: [(la.solve, DEFINITE, B), (la.solve, DEFINITE, V), (la.solve, np.stack([DEFINITE, A]), B)],
    la.cholesky: [
        (lambda a: la.cholesky(symmetric(a)), DEFINITE),
        (lambda a: la.cholesky(symmetric(a), upper=True), DEFINITE),
    ],
    la.eigh: [
        (lambda a: tuple(la.eigh(symmetric(a))), A),
        (lambda a: la.eigh((a + a.mT) / 2)[0], CUBE[:, :, :3]),
    ],
    la.eigvalsh: [(lambda a: la.eigvalsh(symmetric(a)), A)],
    la.svd: [
        (lambda a: tuple(la.svd(a, full_matrices=False)), TALL),
        (lambda a: tuple(la.svd(a, full_matrices=False)), TALL.T.copy()),
        (lambda a: tuple(la.svd(a)), A),
        (lambda a: la.svd(a, compute_uv=False), CUBE),
    ],
    la.svdvals: [(la.svdvals, TALL)],
    la.qr: [(lambda a: tuple(la.qr(a)), TALL)],
    la.pinv: [(la.pinv, TALL), (la.pinv, TALL.T.copy())],
    la.norm: [
        (la.norm, B),
        (lambda a: la.norm(a, axis=1), B),
        (lambda a: la.norm(a, 3, axis=0, keepdims=True), B),
        *[(lambda a, ord=ord: la.norm(a, ord), V) for ord in (1, np.inf, -np.inf, 2)],
        *[(lambda a, ord=ord: la.norm(a, ord), B) for ord in ("fro", "nuc", 1, -1, np.inf, -np.inf, 2, -2)],
        (lambda a: la.norm(a, axis=(0, 2), keepdims=True), CUBE),
    ],
    la.vector_norm: [(lambda a: la.vector_norm(a, axis=0), B)],
    la.matrix_norm: [(la.matrix_norm, CUBE), (lambda a: la.matrix_norm(a, keepdims=True), CUBE)],
    la.matrix_power: [(lambda a, n=n: la.matrix_power(a, n), DEFINITE / 5) for n in (-2, 0, 1, 3)],
    la.multi_dot: [(lambda a, b, c: la.multi_dot([a, b, c]), A, B, TALL.T)],
    la.trace: [(la.trace, A)],
    la.diagonal: [(la.diagonal, A)],
    la.matrix_transpose: [(la.matrix_transpose, B)],
    la.outer: [(la.outer, V, W)],
    la.matmul: [(la.matmul, A, B)],
    la.vecdot: [(la.vecdot, B, W)],
    la.tensordot: [(lambda a, b: la.tensordot(a, b, axes=1), A, B)],
    la.cross: [(la.cross, B, B[::-1].copy())],
    la.cond: [(la.cond, A)],
}
# The functions of one argument, elementwise, by what they take.
for _function in (np.arcsin, np.arccos, np.arctanh):
    CASES[_function] = [(_function, INSIDE)]
for _function in (np.log, np.log2, np.log10, np.sqrt, np.cbrt, np.reciprocal):
    CASES[_function] = [(_function, POSITIVE)]
CASES[np.log1p] = [(np.log1p, INSIDE)]
for _function in (
    *(np.negative, np.positive, np.exp, np.expm1, np.exp2, np.square, np.sin, np.cos, np.tan, np.arctan),
    *(
        np.sinh,
        np.cosh,
        np.tanh,
        np.arcsinh,
        np.absolute,
        np.fabs,
        np.degrees,
        np.radians,
        np.rad2deg,
        np.deg2rad,
    ),
    *(np.real, np.conjugate, np.copy),
):
    CASES[_function] = [(_function, B)]
CASES[np.fmax], CASES[np.fmin] = [(np.fmax, B, W)], [(np.fmin, B, W)]

if hasattr(np, "unstack"):  # NumPy 2.1
    CASES[np.unstack] = [(lambda a: np.unstack(a, axis=1), B)]
if hasattr(np, "matvec"):  # NumPy 2.2
    CASES[np.matvec], CASES[np.vecmat] = [(np.matvec, A, V)], [(np.vecmat, V, B)]

assert set(CASES) <= set(TABLE)
