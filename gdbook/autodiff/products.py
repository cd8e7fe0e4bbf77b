"""Rules of the products of arrays: matmul, einsum, and what can be written with them."""

import string

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from gdbook.autodiff.core import (
    Each,
    Rule,
    as_array,
    composed,
    fit,
    multilinear,
    primitive,
    refuse_keywords,
)


def _turned(x):
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _matmul_left(g, _, a, b):
    if b.ndim == 2 == a.ndim:
        return g @ b.T
    if b.ndim == 1:
        return g * b if a.ndim == 1 else fit(g[..., None] * b, a)
    if a.ndim == 1:
        return fit((b @ g[..., None])[..., 0], a)
    return fit(g @ _turned(b), a)


def _matmul_right(g, _, a, b):
    if a.ndim == 2 == b.ndim:
        return a.T @ g
    if a.ndim == 1:
        return g * a if b.ndim == 1 else fit(a[:, None] * g[..., None, :], b)
    if b.ndim == 1:
        return fit((_turned(a) @ g[..., None])[..., 0], b)
    return fit(_turned(a) @ g, b)


multilinear(np.matmul, _matmul_left, _matmul_right)


def _shape(x):
    return np.shape(x)


def dot(a, b, out=None):
    a, b = as_array(a), as_array(b)
    if not a.shape or not b.shape:
        return np.multiply(a, b)
    if b.ndim <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, (-1, -2))


def tensordot(a, b, axes=2):
    """By one product of matrices, as NumPy does it."""
    a, b = as_array(a), as_array(b)
    m, n = len(_shape(a)), len(_shape(b))
    if isinstance(axes, (int, np.integer)):
        axes = range(m - axes, m), range(axes)
    of_a, of_b = ([int(i) for i in np.atleast_1d(np.asarray(part))] for part in axes)
    of_a, of_b = list(normalize_axis_tuple(of_a, m)), list(normalize_axis_tuple(of_b, n))
    if [_shape(a)[i] for i in of_a] != [_shape(b)[i] for i in of_b]:
        raise ValueError(f"shapes {_shape(a)} and {_shape(b)} do not fit along axes {axes!r}")
    free_a = [i for i in range(m) if i not in of_a]
    free_b = [i for i in range(n) if i not in of_b]
    summed = int(np.prod([_shape(a)[i] for i in of_a], dtype=int))
    rows = [_shape(a)[i] for i in free_a]
    columns = [_shape(b)[i] for i in free_b]
    left = np.reshape(np.transpose(a, free_a + of_a), (int(np.prod(rows, dtype=int)), summed))
    right = np.reshape(np.transpose(b, of_b + free_b), (summed, int(np.prod(columns, dtype=int))))
    return np.reshape(left @ right, rows + columns)


def kron(a, b):
    n = max(len(_shape(a)), len(_shape(b)))
    a = np.reshape(a, (1,) * (n - len(_shape(a))) + _shape(a))
    b = np.reshape(b, (1,) * (n - len(_shape(b))) + _shape(b))
    pairs = [pair for i, j in zip(_shape(a), _shape(b), strict=True) for pair in (i, j)]
    left = np.reshape(a, [k if i % 2 == 0 else 1 for i, k in enumerate(pairs)])
    right = np.reshape(b, [k if i % 2 == 1 else 1 for i, k in enumerate(pairs)])
    return np.reshape(left * right, [i * j for i, j in zip(_shape(a), _shape(b), strict=True)])


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(as_array(a), axisa, -1), np.moveaxis(as_array(b), axisb, -1)
    lengths = a.shape[-1], b.shape[-1]
    if not {2, 3}.issuperset(lengths):
        raise ValueError(f"np.cross takes vectors of three numbers, or of two, got {lengths}")
    if 2 in lengths:
        np.cross(*map(np.ones, lengths))  # which NumPy warns of, and from 2.5 on refuses
    if lengths == (2, 2):
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (np.concatenate([x, np.zeros_like(x[..., :1])], -1) if x.shape[-1] == 2 else x for x in (a, b))
    after, before = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., after] * b[..., before] - a[..., before] * b[..., after], -1, axisc)


def _flat(x):
    return np.reshape(x, -1)


def _vectors(a, v):
    a, v = as_array(a), as_array(v)
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ValueError(f"needs two vectors that are not empty, got shapes {a.shape} and {v.shape}")
    return a, v


def _all_sums(a, v):
    """Each number of the one times the other, added up where it belongs."""
    n, m = a.size, v.size
    products = np.multiply.outer(a, v)
    return np.stack([np.sum(np.diagonal(np.flip(products, 1), m - 1 - k)) for k in range(n + m - 1)])


def convolve(a, v, mode="full"):
    a, v = _vectors(np.atleast_1d(a), np.atleast_1d(v))
    return _middle(_all_sums(a, v), a.size, v.size, mode, (min(a.size, v.size) - 1) // 2)


def correlate(a, v, mode="valid"):
    """Where v is the longer one, NumPy takes the two in the other order and turns the result around."""
    a, v = _vectors(a, v)
    short = min(a.size, v.size)
    return _middle(_all_sums(a, np.flip(v)), a.size, v.size, mode, (short - (a.size >= v.size)) // 2)


def _middle(full, n, m, mode, of_same):
    """What of all sums a mode asks for; ``of_same`` is where "same" begins."""
    if mode == "full":
        return full
    if mode == "same":
        return full[of_same : of_same + max(n, m)]
    if mode == "valid":
        return full[min(n, m) - 1 : max(n, m)]
    raise (ValueError if isinstance(mode, str) else TypeError)(
        f"mode must be 'full', 'same' or 'valid' to be differentiated, got {mode!r}"
    )


def vecdot(x1, x2):
    x1, x2 = as_array(x1), as_array(x2)
    if not x1.shape or not x2.shape or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(f"vecdot: last axes must have one length, got shapes {x1.shape} and {x2.shape}")
    return np.sum(x1 * x2, axis=-1)


composed(np.dot, dot)
composed(np.tensordot, tensordot)
composed(np.vdot, lambda a, b: _flat(as_array(a)) @ _flat(as_array(b)))
composed(np.vecdot, vecdot)
composed(
    np.inner, lambda a, b: np.tensordot(a, b, (-1, -1)) if _shape(a) and _shape(b) else np.multiply(a, b)
)
composed(np.outer, lambda a, b, out=None: _flat(as_array(a))[:, None] * _flat(as_array(b))[None, :])
if hasattr(np, "matvec"):  # NumPy 2.2
    composed(np.matvec, lambda x1, x2: (as_array(x1) @ as_array(x2)[..., None])[..., 0])
    composed(np.vecmat, lambda x1, x2: (as_array(x1)[..., None, :] @ as_array(x2))[..., 0, :])
composed(np.kron, kron)
composed(np.cross, cross)
composed(np.convolve, convolve)
composed(np.correlate, correlate)
composed(
    np.trace,
    lambda a, offset=0, axis1=0, axis2=1, dtype=None, out=None: np.sum(
        np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype
    ),
)
composed(np.polyval, lambda p, x: _horner(p, x))


def _horner(p, x):
    x = as_array(x)
    y = np.zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


def _parsed(subscripts, operands):
    """The letters of each operand and of the result, with an ellipsis written out."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = inputs.split(",")
    if len(inputs) != len(operands):
        raise ValueError(f"np.einsum: {subscripts!r} names {len(inputs)} arrays, got {len(operands)}")
    unused = [letter for letter in reversed(string.ascii_letters) if letter not in subscripts]
    widths = [len(_shape(x)) - len(part.replace("...", "")) for part, x in zip(inputs, operands, strict=True)]
    widest = max([width for width, part in zip(widths, inputs, strict=True) if "..." in part], default=0)
    dots = "".join(unused[:widest])
    inputs = [part.replace("...", dots[widest - width :]) for part, width in zip(inputs, widths, strict=True)]
    if not arrow:
        every = "".join(inputs)
        once = sorted(letter for letter in set(every) if every.count(letter) == 1 and letter not in dots)
        return inputs, dots + "".join(once)
    return inputs, output.replace("...", dots)


def _diagonal_of_repeats(letters, x):
    """An operand in which each letter comes once: of ``ii`` the diagonal."""
    for letter in letters:
        while letters.count(letter) > 1:
            first, second = letters.index(letter), letters.rindex(letter)
            x = np.diagonal(x, 0, first, second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return letters, x


def einsum(subscripts, *operands, optimize=False, **kwargs):
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum can be differentiated with a string of subscripts only")
    if kwargs:
        refuse_keywords(np.einsum, kwargs)
    inputs, output = _parsed(subscripts, operands)
    pairs = [_diagonal_of_repeats(*pair) for pair in zip(inputs, operands, strict=True)]
    inputs = tuple(letters for letters, _ in pairs)
    return _einsum((inputs, output, optimize), *(x for _, x in pairs))


def _einsum_plain(spec, *operands):
    inputs, output, optimize = spec
    return np.einsum(f"{','.join(inputs)}->{output}", *operands, optimize=optimize)


def _einsum_back(k, g, y, spec, *operands):
    """The product of the gradient and the other operands; letters that only operand k has were summed."""
    inputs, output, optimize = spec
    letters, x = inputs[k - 1], operands[k - 1]
    others = [part for i, part in enumerate(inputs) if i != k - 1]
    arrays = [array for i, array in enumerate(operands) if i != k - 1]
    known = [letter for letter in letters if letter in output or any(letter in part for part in others)]
    back = _einsum(((output, *others), "".join(known), optimize), g, *arrays)
    lengths = dict(zip(known, _shape(back), strict=True))
    back = np.reshape(back, [lengths.get(letter, 1) for letter in letters])
    wanted = tuple(max(n, m) for n, m in zip(_shape(x), _shape(back), strict=True))
    return fit(np.broadcast_to(back, wanted), x)


def _einsum_along(k, t, y, spec, *operands):
    return _einsum(spec, *operands[: k - 1], t, *operands[k:])


_einsum = primitive(Rule(_einsum_plain, Each(_einsum_back), Each(_einsum_along)))
composed(np.einsum, einsum)
