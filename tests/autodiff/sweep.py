"""Calls of each function in the table: shapes up to three axes, lengths 0 and 1, every keyword, dtypes.

``CALLS`` maps an entry to ``(calls, options)``: a function of a source of random arrays that gives positional
arguments, and for each keyword of NumPy a function of such arguments that gives the values to try.
"""

import inspect
import itertools

import numpy as np

from gdbook.autodiff.core import TABLE, Constant

la = np.linalg
LATE = np.lib.NumpyVersion(np.__version__) >= "2.5.0"

SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 1), (1, 1), (0, 2), (2, 3, 2), (1, 2, 1), (2, 0, 3)]
AXED = SHAPES[1:]
PLANES = [shape for shape in SHAPES if len(shape) > 1]
PAIRS = [
    *(((), ()), ((3,), ()), ((), (3,)), ((2, 3), (3,)), ((2, 1), (3,)), ((1, 1), (2, 3, 2)), ((0,), (1,))),
    *(((3,), (3,)), ((2, 3, 2), (3, 1)), ((0, 2), (2,))),
]
SQUARE = [(1, 1), (2, 2), (3, 3), (2, 3, 3), (3, 3, 3), (2, 1, 2, 2), (0, 3, 3)]
MATRICES = [(3, 3), (2, 3), (3, 2), (1, 2), (2, 3, 2), (2, 2, 3), (3, 1)]


class Plain:
    """An argument of floats that is not traced."""

    def __init__(self, value):
        self.value = value


def normal(rng, shape):
    """Not so near 0 that a difference would cross a kink there."""
    x = rng.standard_normal(shape)
    return np.asarray(x + 0.05 * np.sign(x))


def positive(rng, shape):
    return np.asarray(rng.uniform(0.3, 0.9, shape))


def beyond_one(rng, shape):
    return np.asarray(rng.uniform(1.3, 2.9, shape))


def definite(rng, shape):
    a = rng.standard_normal(shape)
    return a @ np.swapaxes(a, -1, -2) + shape[-1] * np.eye(shape[-1])


def each(shapes, of=normal):
    return lambda rng: [(of(rng, shape),) for shape in shapes]


def pairs(shapes, of=normal, other=None):
    return lambda rng: [(of(rng, a), (other or of)(rng, b)) for a, b in shapes]


def given(*more):
    """Calls whose later arguments are plain: ``(shape, argument, …)``."""
    return lambda rng: [(normal(rng, shape), *rest) for shape, *rest in more]


def values(*found):
    return lambda *args: list(found)


def axes(x, *args):
    n = np.ndim(x)
    return [None, *range(-n, n)]


def axes_of_several(x, *args):
    n = np.ndim(x)
    return [
        *axes(x),
        (),
        *itertools.combinations(range(n), 2),
        *[(i,) for i in range(n)],
        tuple(range(-n, 0)),
    ]


def an_axis(x, *args):
    return list(range(-np.ndim(x), np.ndim(x)))


def masks(x, *args):
    return [np.arange(np.size(x)).reshape(np.shape(x)) % 3 != 1]


BOOLS = values(False, True)
DTYPES = values(np.float32, np.float64, np.longdouble, int, complex)
OUT = lambda *args: [np.zeros(())]  # noqa: E731  refused wherever it is
# NumPy crashes where an accumulation gets out= without axes.
OUT_OF_VECTOR = lambda x: [np.zeros(np.shape(x))] if np.ndim(x) == 1 else []  # noqa: E731
REDUCTION = {
    **{"axis": axes_of_several, "keepdims": BOOLS, "dtype": DTYPES, "out": OUT, "where": masks},
    **{"initial": values(0.7, -0.2)},
}
UFUNC = {
    **{"where": masks, "dtype": DTYPES, "out": OUT, "casting": values("same_kind", "no"), "subok": BOOLS},
    **{"order": values("K", "C", "F"), "signature": values("d->d")},
}
SPREAD = {
    **REDUCTION,
    **{"ddof": values(0, 1), "correction": values(1), "mean": lambda x, *_: [np.float64(0.3)]},
}
LIST_OF_ARRAYS = {"axis": values(0, -1), "out": OUT, "dtype": DTYPES, "casting": values("unsafe", "no")}
NORM_OF_VECTOR = values(2, 1, np.inf, -np.inf, 0, 3, 2.5, -1, -2, 0.5, "wrong")


def only(options, *names):
    return {name: options[name] for name in names}


def lists_of(*groups):
    return lambda rng: [([normal(rng, shape) for shape in group],) for group in groups]


ONE = each(SHAPES)
CALLS: dict = {}
for _f in (np.negative, np.positive, np.exp, np.expm1, np.exp2, np.square, np.sin, np.cos, np.tan, np.arctan):
    CALLS[_f] = (ONE, UFUNC)
for _f in (np.sinh, np.cosh, np.tanh, np.arcsinh, np.absolute, np.fabs, np.degrees, np.radians, np.rad2deg):
    CALLS[_f] = (ONE, UFUNC)
for _f in (np.deg2rad, np.conjugate):
    CALLS[_f] = (ONE, UFUNC)
for _f in (np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.reciprocal, np.arcsin, np.arccos):
    CALLS[_f] = (each(SHAPES, positive), UFUNC)
CALLS[np.arctanh] = (each(SHAPES, positive), UFUNC)
CALLS[np.arccosh] = (each(SHAPES, beyond_one), UFUNC)
_TWO = {**UFUNC, "signature": values("dd->d")}
for _f in (np.add, np.subtract, np.multiply, np.divide, np.arctan2, np.hypot, np.logaddexp, np.logaddexp2):
    CALLS[_f] = (pairs(PAIRS), _TWO)
for _f in (np.maximum, np.minimum, np.fmax, np.fmin, np.copysign):
    CALLS[_f] = (pairs(PAIRS), _TWO)
for _f in (np.power, np.float_power):
    CALLS[_f] = (pairs(PAIRS, positive, normal), _TWO)


def between_jumps(rng):
    found = []
    for a, b in PAIRS:
        b = positive(rng, b)
        if b.size > 1:
            b[...] = b.flat[0]
        share = rng.integers(-3, 3, a) + rng.uniform(0.2, 0.8, a)
        found.append((np.asarray(share * (b.flat[0] if b.size else 1.0)), b))
    return found


for _f in (np.remainder, np.fmod):
    CALLS[_f] = (between_jumps, _TWO)
CALLS[np.heaviside] = (
    lambda rng: [
        *pairs(PAIRS)(rng),
        *[(Plain(np.where(positive(rng, a) > 0.5, 0.0, normal(rng, a))), normal(rng, b)) for a, b in PAIRS],
    ],
    _TWO,
)
CALLS[np.clip] = (
    lambda rng: [
        *[(normal(rng, shape), -0.4, 0.6) for shape in SHAPES],
        *[(normal(rng, a), -positive(rng, b), positive(rng, b)) for a, b in PAIRS],
        *[(normal(rng, (3,)), None, 0.1), (normal(rng, (3,)), 0.1, None), (normal(rng, (3,)), 0.6, -0.4)],
        (normal(rng, (2, 3)),),
    ],
    {
        **{"min": values(-0.3), "max": values(0.4), "a_min": values(-0.3, None), "a_max": values(0.4, None)},
        **{"out": OUT, **only(UFUNC, "where", "dtype", "casting", "order", "subok")},
    },
)
CALLS[np.sinc] = (ONE, {})
CALLS[np.real] = (ONE, {})
CALLS[np.copy] = (ONE, {"order": values("K", "F"), "subok": BOOLS})
CALLS[np.nan_to_num] = (
    lambda rng: [
        (normal(rng, (3,)),),
        (normal(rng, ()),),
        (np.where(normal(rng, (2, 3)) > 0, normal(rng, (2, 3)), Plain(np.inf).value),),
    ],
    {"copy": BOOLS, "nan": values(2.0), "posinf": values(3.0), "neginf": values(-3.0)},
)
CALLS[np.where] = (
    lambda rng: [(normal(rng, a) > 0, normal(rng, a), normal(rng, b)) for a, b in PAIRS],
    {},
)

# Reductions
for _f in (np.sum, np.prod, np.max, np.min, np.amax, np.amin):
    CALLS[_f] = (ONE, {k: v for k, v in REDUCTION.items() if k in inspect.signature(_f).parameters})
CALLS[np.mean] = (ONE, only(REDUCTION, "axis", "keepdims", "dtype", "out", "where"))
for _f in (np.var, np.std):
    CALLS[_f] = (ONE, {k: v for k, v in SPREAD.items() if k != "initial"})
CALLS[np.ptp] = (ONE, only(REDUCTION, "axis", "keepdims", "out"))
CALLS[np.median] = (ONE, {**only(REDUCTION, "axis", "keepdims", "out"), "overwrite_input": BOOLS})


def with_nan(rng):
    found = []
    for shape in SHAPES:
        x = normal(rng, shape)
        found.append((np.where(np.arange(x.size).reshape(shape) % 4 == 1, np.nan, x),))
    return found


CALLS[np.nansum] = (with_nan, REDUCTION)
CALLS[np.nanmean] = (with_nan, only(REDUCTION, "axis", "keepdims", "dtype", "out", "where"))
for _f in (np.cumsum, np.cumprod):
    CALLS[_f] = (ONE, {"dtype": DTYPES, "out": OUT_OF_VECTOR, "axis": axes})


def weights(x, *args):
    n = np.ndim(x)
    found = [np.arange(1.0, np.size(x) + 1).reshape(np.shape(x))]
    return [*found, Plain(found[0])] if n else []


CALLS[np.average] = (
    ONE,
    {"axis": axes_of_several, "weights": weights, "keepdims": BOOLS, "returned": BOOLS},
)
CALLS[np.trapezoid] = (
    lambda rng: [
        *[(normal(rng, shape),) for shape in AXED],
        (normal(rng, (3,)), np.array([0.1, 0.5, 0.7])),
        (normal(rng, (2, 3)), np.array([0.1, 0.5, 0.7])),
        (normal(rng, (2, 3)), normal(rng, (2, 3))),
    ],
    {"x": values(None), "dx": values(0.3), "axis": an_axis},
)
for _u in (np.add, np.multiply, np.maximum, np.minimum):
    CALLS[_u, "reduce"] = (ONE, {**REDUCTION, "axis": axes_of_several})
for _u in (np.add, np.multiply):
    CALLS[_u, "accumulate"] = (
        each(AXED),
        {"dtype": DTYPES, "out": OUT_OF_VECTOR, "axis": an_axis},
    )
CALLS[np.multiply, "outer"] = (pairs(PAIRS), {"dtype": DTYPES, "out": OUT})

# Shapes
CALLS["getitem"] = (
    given(
        *(
            ((3,), 1),
            ((3,), -1),
            ((2, 3), (0, 1)),
            ((2, 3), (Ellipsis, None, 0)),
            ((2, 3, 2), (1, [0, 2, 0])),
        ),
        *(((3,), [2, 0, 2]), ((3,), np.array([True, False, True])), ((2, 3), (slice(None), [1, 1]))),
        *(((0,), slice(None)), ((3,), []), ((3,), np.int64(2)), ((3,), slice(2, None, -1)), ((), ())),
        *(((), Ellipsis), ((), None), ((2, 3), np.array([[0, 1], [1, 1]])), ((3,), True), ((3,), (True,))),
        *(((2, 3), (np.array([0, 1]), np.array([2, 2]))), ((3,), [True, False, True]), ((3,), 7)),
        ((2, 3, 2), ([0, 1], slice(None), [1, 1])),
    ),
    {},
)
CALLS["astype"] = (
    lambda rng: [
        (normal(rng, shape), dtype) for shape in SHAPES[:6] for dtype in ("f4", float, np.longdouble)
    ],
    {"order": values("K"), "casting": values("unsafe", "no"), "subok": BOOLS, "copy": BOOLS},
)
CALLS[np.reshape] = (
    given(*(((2, 3), 6), ((2, 3), (3, -1)), ((), (1, 1)), ((0, 2), (4, 0)), ((2, 3, 2), [3, 4]), ((1,), ()))),
    {"order": values("C", "F", "A"), "copy": values(None, True, False), "shape": values()},
)
CALLS[np.transpose] = (ONE, {"axes": lambda x: [None, tuple(range(-np.ndim(x), 0))[::-1]]})
CALLS[np.broadcast_to] = (
    given(*(((), (2,)), ((3,), (2, 3)), ((1, 1), (0, 2)), ((2, 1), (3, 2, 4)), ((3,), 3))),
    {"subok": BOOLS},
)
GROUPS = lists_of(*([(3,), (2,)], [(2, 3), (1, 3)], [(0,), (2,)], [(2, 3, 2)], [(1, 1), (1, 1), (1, 1)]))
CALLS[np.concatenate] = (GROUPS, {**LIST_OF_ARRAYS, "axis": values(0, -1, None)})
ALIKE = lists_of(*([(3,), (3,)], [(2, 3), (2, 3)], [(), (), ()], [(0, 2)], [(2, 3, 2), (2, 3, 2)]))
CALLS["assemble"] = (
    lists_of(*([(3,), (3,)], [(2, 3), (2, 3)], [(), (), ()], [(1,)], [(2, 3, 2), (2, 3, 2)])),
    {"copy": values(True)},
)
CALLS[np.stack] = (ALIKE, LIST_OF_ARRAYS)
CALLS[np.vstack] = (ALIKE, only(LIST_OF_ARRAYS, "dtype", "casting"))
CALLS[np.hstack] = (ALIKE, only(LIST_OF_ARRAYS, "dtype", "casting"))
CALLS[np.dstack] = (ALIKE, {})
CALLS[np.column_stack] = (lists_of(*([(3,), (3, 2)], [(2,), (2,)], [(), ()], [(0, 2), (0,)])), {})
CALLS[np.expand_dims] = (
    given(*(((), 0), ((3,), -1), ((3,), (0, -1)), ((2, 3), [0, 1]), ((2, 3), (-1, 1)))),
    {},
)
CALLS[np.squeeze] = (
    each([(), (1,), (3,), (1, 1), (1, 3, 1), (2, 1)]),
    {"axis": lambda x: [None, *[i for i in range(-np.ndim(x), np.ndim(x))], tuple(range(np.ndim(x)))]},
)
CALLS[np.ravel] = (ONE, {"order": values("C", "F", "A", "K")})
CALLS[np.moveaxis] = (
    given(
        *(((2, 3), 0, 1), ((2, 3, 2), (0, 1), (-1, 0)), ((2, 3, 2), [2], [0]), ((3,), 0, -1), ((2, 3), 0, 2))
    ),
    {},
)
CALLS[np.swapaxes] = (given(*(((2, 3), 0, 1), ((2, 3, 2), 0, -1), ((3,), 0, 0), ((2, 3), 0, 2))), {})
CALLS[np.matrix_transpose] = CALLS[la.matrix_transpose] = (each(SHAPES), {})
CALLS[np.flip] = (ONE, {"axis": axes_of_several})
CALLS[np.fliplr] = CALLS[np.flipud] = (ONE, {})
CALLS[np.rot90] = (each(SHAPES), {"k": values(0, 1, 2, -1), "axes": values((0, 1), (1, 0))})
CALLS[np.roll] = (given(*[(shape, 2) for shape in SHAPES], ((2, 3), (1, 2))), {"axis": axes_of_several})
CALLS[np.rollaxis] = (given(*(((2, 3, 2), 2), ((2, 3), -1), ((3,), 0))), {"start": values(0, 1)})
CALLS[np.repeat] = (
    given(*(((3,), 2), ((3,), [1, 0, 2]), ((2, 3), 2), ((), 3), ((0,), 2), ((2, 3, 2), 0))),
    {"axis": axes},
)
CALLS[np.tile] = (given(*(((3,), 2), ((2, 3), (2, 1, 2)), ((), 3), ((0,), 2), ((2, 3), 0))), {})
CALLS[np.delete] = (
    given(
        *(
            ((3,), 1),
            ((3,), [0, 2]),
            ((2, 3), slice(0, 2)),
            ((2, 3), 0),
            ((3,), np.array([True, False, True])),
        )
    ),
    {"axis": axes},
)
CALLS[np.resize] = (given(*(((3,), 5), ((2, 3), (2, 2)), ((2, 3), (4, 3)), ((), 2), ((3,), 0))), {})
DIAGONAL = {"offset": values(0, 1, -1, 5), "axis1": values(0, 1), "axis2": values(1, -1, 0)}
CALLS[np.diagonal] = (each(PLANES), DIAGONAL)
CALLS[np.trace] = (each(PLANES), {**DIAGONAL, "dtype": DTYPES, "out": OUT})
CALLS[la.diagonal] = (each(PLANES), only(DIAGONAL, "offset"))
CALLS[la.trace] = (each(PLANES), {**only(DIAGONAL, "offset"), "dtype": DTYPES})
CALLS[np.extract] = (
    lambda rng: [
        (np.array([True, False, True]), normal(rng, (3,))),
        (np.array([[True, False, True], [False, True, True]]), normal(rng, (2, 3))),
        ([1, 0], normal(rng, (2,))),
    ],
    {},
)
CALLS[np.compress] = (
    lambda rng: [([True, False, True], normal(rng, (3,))), ([False, True], normal(rng, (2, 3)))],
    {"axis": lambda c, x: axes(x), "out": OUT},
)
CALLS[np.split] = (
    given(
        *(((4,), 2), ((5,), [2, 3]), ((2, 4), 2), ((0, 2), 1), ((3,), 2), ((5,), np.array([1, 1, 9]))),
        ((5,), [4, 2]),
    ),
    {"axis": an_axis},
)
CALLS[np.array_split] = (
    given(*(((4,), 3), ((5,), [2, 3]), ((5,), [3, 1, 2]), ((2, 4), 3))),
    {"axis": an_axis},
)
CALLS[np.hsplit] = CALLS[np.vsplit] = (given(*(((4,), 2), ((2, 4), 2), ((2, 4, 2), [1]))), {})
PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "mean", "maximum", "empty")
CALLS[np.pad] = (
    given(
        *(((3,), 1), ((2, 3), ((1, 0), (0, 2))), ((2, 3), (1, 2)), ((), 1), ((3,), ((2, 1),)), ((1, 1), 2)),
        ((2, 3), {-1: 1}),
    ),
    {
        **{"mode": values(*PAD_MODES), "constant_values": values(3.0, (1.0, 2.0)), "end_values": values(1.0)},
        **{"reflect_type": values("even", "odd"), "stat_length": values(1)},
    },
)
CALLS[np.take] = (
    given(*(((3,), 1), ((3,), [2, 0, 2]), ((2, 3), [[0, 1], [1, 1]]), ((2, 3), -1), ((3,), [7]), ((3,), []))),
    {"axis": axes, "out": OUT, "mode": values("raise", "wrap", "clip")},
)
CALLS[np.take_along_axis] = (
    given(*(((3,), np.array([2, 0])), ((2, 3), np.array([[0], [2]])), ((2, 3), np.array([[1, 0, 1]])))),
    {"axis": lambda x, i: axes(x)},
)
CALLS[np.sort] = (
    ONE,
    {
        **{"axis": axes, "kind": values("stable", "heapsort"), "order": values(None), "stable": BOOLS},
        **({"descending": BOOLS} if LATE else {}),
    },
)
CALLS[np.diag] = (each(SHAPES), {"k": values(0, 1, -2)})
CALLS[np.diagflat] = (each(SHAPES), {"k": values(0, 1, -2)})
CALLS[np.linspace] = (
    pairs([((), ()), ((3,), ()), ((3,), (2, 3)), ((0,), (1,))]),
    {
        **{"num": values(0, 1, 2, 4), "endpoint": BOOLS, "retstep": BOOLS, "dtype": DTYPES},
        **{"axis": values(0, -1), "device": values("cpu")},
    },
)
CALLS[np.gradient] = (
    lambda rng: [
        *[(normal(rng, shape),) for shape in [(3,), (2,), (3, 4), (4, 3, 3), (1,), ()]],
        *[(normal(rng, (4,)), 0.3), (normal(rng, (4,)), np.array([0.1, 0.3, 0.7, 1.0]))],
        *[
            (normal(rng, (3, 4)), 0.2, np.array([0.1, 0.3, 0.7, 1.0])),
            (normal(rng, (3, 3)), positive(rng, ())),
        ],
    ],
    {"axis": lambda x, *h: axes_of_several(x) if len(h) < 2 else [None], "edge_order": values(1, 2)},
)
CALLS[np.full_like] = (
    pairs([((3,), ()), ((2, 3), (3,)), ((), ()), ((0, 2), ())]),
    {
        **{"dtype": DTYPES, "order": values("C"), "subok": BOOLS, "device": values("cpu")},
        **{"shape": values((2, 3), ())},
    },
)
CALLS[np.unique] = (
    lambda rng: [*[(normal(rng, shape),) for shape in SHAPES], (np.array([0.5, 0.2, 0.5, np.nan, np.nan]),)],
    {
        **{"return_index": BOOLS, "return_inverse": BOOLS, "return_counts": BOOLS, "axis": axes},
        **{"equal_nan": BOOLS, "sorted": BOOLS},
    },
)
CALLS[np.bincount] = (
    lambda rng: [(np.array([1, 0, 4, 1]), normal(rng, (4,))), (np.array([2]), normal(rng, (1,)))],
    {"minlength": values(0, 7)},
)
CALLS[np.bincount][1]["weights"] = values()
CALLS[np.histogram] = (
    lambda rng: [(normal(rng, shape),) for shape in SHAPES],
    {
        **{"bins": values(3, np.array([-1, 0, 2]), "auto"), "range": values((-2, 2)), "density": BOOLS},
        "weights": weights,
    },
)
CALLS[np.tril] = CALLS[np.triu] = (each(SHAPES), {"k": values(0, 1, -1)})
CALLS[np.meshgrid] = (
    lambda rng: [
        *[(normal(rng, (3,)), normal(rng, (2,))), (normal(rng, (3,)),), (normal(rng, ()), normal(rng, (2,)))],
        (normal(rng, (2,)), normal(rng, (1,)), normal(rng, (3,))),
    ],
    {"indexing": values("xy", "ij"), "sparse": BOOLS, "copy": BOOLS},
)
CALLS[np.broadcast_arrays] = (pairs(PAIRS), {"subok": BOOLS})
for _f in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    CALLS[_f] = (lambda rng: [*ONE(rng), (normal(rng, (2, 3)), normal(rng, ()))], {})
CALLS[np.diff] = (
    each(SHAPES),
    {
        **{"n": values(0, 1, 2), "axis": axes},
        **{"prepend": lambda x: [0.5, np.asarray(x)], "append": lambda x: [-0.5, np.asarray(x)]},
    },
)
CALLS[np.append] = (
    pairs([((3,), (2,)), ((2, 3), (2, 3)), ((), (2,)), ((2, 3), (3,))]),
    {"axis": lambda x, y: axes(x)},
)
CALLS[np.select] = (
    lambda rng: [
        ([normal(rng, (3,)) > 0, normal(rng, (3,)) > 0], [normal(rng, (3,)), normal(rng, (3,))]),
        ([normal(rng, (2, 3)) > 0], [normal(rng, (3,))]),
    ],
    {"default": values(0.5, 7)},
)
if hasattr(np, "unstack"):  # NumPy 2.1
    CALLS[np.unstack] = (each(AXED), {"axis": an_axis})

# Products
PRODUCTS = [
    *(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 1))),
    *(((2, 1, 3), (2, 3, 2)), ((0, 3), (3, 2)), ((1, 2, 3), (2, 3, 2)), ((2, 3), (2, 3)), ((2, 0), (0, 3))),
]
MATMUL = {
    **only(UFUNC, "dtype", "out", "casting", "subok", "order"),
    **{"axes": values([(-2, -1), (-2, -1), (-2, -1)]), "axis": values(0), "keepdims": BOOLS},
    **{"signature": values("dd->d")},
}
CALLS[np.matmul] = (pairs(PRODUCTS), MATMUL)
NUMBERS = [((), ()), ((3,), ()), ((), (2, 3))]
CALLS[np.dot] = (
    lambda rng: [
        *pairs([*PRODUCTS, *NUMBERS])(rng),
        ([1, 2, 3], normal(rng, (3,))),
        (normal(rng, (2,)), [1, 2]),
    ],
    {"out": OUT},
)
CALLS[np.inner] = (pairs([*NUMBERS, ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 3), (1, 2, 3))]), {})
CALLS[np.vdot] = (pairs([((3,), (3,)), ((2, 3), (3, 2)), ((), ()), ((0,), (0,))]), {})
CALLS[np.outer] = (pairs([((3,), (2,)), ((2, 3), ()), ((0,), (2,))]), {"out": OUT})
CALLS[la.outer] = (pairs([((3,), (2,)), ((2, 3), (2,)), ((0,), (2,))]), {})
CALLS[la.matmul] = (pairs(PRODUCTS), {})
VECTORS = [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3)), ((3, 3), (3, 3)), ((0,), (0,)), ((2, 1), (3,))]
CALLS[np.vecdot] = (pairs(VECTORS), MATMUL)
CALLS[la.vecdot] = (pairs(VECTORS), {"axis": values(-1, 0)})
if hasattr(np, "matvec"):  # NumPy 2.2
    CALLS[np.matvec] = (pairs([((2, 3), (3,)), ((2, 2, 3), (3,)), ((2, 3), (4, 3)), ((2, 0), (0,))]), MATMUL)
    CALLS[np.vecmat] = (pairs([((3,), (3, 2)), ((2, 3), (3, 2)), ((3,), (2, 3, 2))]), MATMUL)
TENSORDOT = values(2, 1, 0, ([0], [1]), (0, 1), ([1, 0], [0, 1]), (-1, 0), ((), ()))
CALLS[np.tensordot] = CALLS[la.tensordot] = (
    pairs([((2, 3), (3, 2)), ((3,), (3,)), ((2, 3, 2), (3, 2)), ((2, 2), (2, 2)), ((2, 0), (0, 2))]),
    {"axes": TENSORDOT},
)
CALLS[np.kron] = (pairs([((2,), (3,)), ((2, 3), (2,)), ((), (2, 3)), ((2, 1, 2), (2, 2)), ((0,), (2,))]), {})
CALLS[np.cross] = (
    # NumPy refuses vectors of two numbers from 2.5 on, and warned of it before.
    pairs(
        [((3,), (3,)), ((2, 3), (3,)), ((3, 3), (3, 3)), *(() if LATE else (((3, 2), (3, 2)), ((2,), (2,))))]
    ),
    {"axisa": values(-1, 0), "axisb": values(-1, 0), "axisc": values(-1, 0), "axis": values(-1, 0, None)},
)
CALLS[la.cross] = (pairs([((3,), (3,)), ((2, 3), (2, 3)), ((3, 3), (3, 3))]), {"axis": values(-1, 0)})
LENGTHS = [((n,), (m,)) for n in range(6) for m in (1, 2, 3, 4)] + [((), (3,)), ((3,), ()), ((2, 2), (2,))]
MODES = values("full", "same", "valid", "wrong", 1)
CALLS[np.convolve] = CALLS[np.correlate] = (pairs(LENGTHS), {"mode": MODES})
CALLS[np.polyval] = (pairs([((3,), (2,)), ((1,), (2, 3)), ((0,), (2,)), ((3,), ())]), {})
EINSUM = [
    *(
        ("ij,jk->ki", (2, 3), (3, 2)),
        ("ij,jk", (2, 3), (3, 2)),
        ("ii->i", (3, 3)),
        ("ii", (3, 3)),
        ("ij->", (2, 3)),
    ),
    *(
        ("i,i", (3,), (3,)),
        ("...i,...i->...", (2, 3), (3,)),
        ("...ij,jk", (2, 2, 3), (3, 2)),
        (",i", (), (3,)),
    ),
    *(
        ("i->i", (0,)),
        ("ij,j", (2, 1), (3,)),
        ("iij,j->ij", (2, 2, 3), (3,)),
        ("ba", (2, 3)),
        ("i j -> j i", (2, 3)),
    ),
    *(("i...,i...", (2, 3), (2, 3)), ("ij,ij->", (2, 3), (2, 3)), ("...->...", (2, 3)), ("...", (2, 3))),
    *(
        ("...,...", (2, 3), (3,)),
        ("i,j,k->ijk", (2,), (1,), (3,)),
        ("ijj->i", (2, 3, 3)),
        ("...i->...", (2, 3, 2)),
    ),
]
CALLS[np.einsum] = (
    lambda rng: [
        *[(spec, *(normal(rng, shape) for shape in shapes)) for spec, *shapes in EINSUM],
        (normal(rng, (2, 3)), [0, 1], normal(rng, (3,)), [1], [0]),
    ],
    {
        **{"optimize": values(False, True, "greedy"), "out": OUT, "dtype": DTYPES, "order": values("K", "F")},
        **{"casting": values("safe", "unsafe")},
    },
)

# Linear algebra
for _f in (la.inv, la.det):
    CALLS[_f] = (each(SQUARE), {})
CALLS[la.slogdet] = (each(SQUARE), {})
CALLS[la.solve] = (
    lambda rng: [
        (definite(rng, a) + 0.1 * normal(rng, a), normal(rng, b))
        for a, b in (
            *(((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((3, 3, 3), (3,)), ((2, 3, 3), (2, 3, 1))),
            *(
                ((3, 3, 3), (3, 3)),
                ((3, 3), (2, 3, 2)),
                ((1, 1), (1,)),
                ((2, 1, 2, 2), (3, 2, 2)),
                ((2, 2), (2, 0)),
            ),
        )
    ],
    {},
)
CALLS[la.cholesky] = (each(SQUARE, definite), {"upper": BOOLS})


def apart(rng, shape):
    """Of well separated eigenvalues."""
    return normal(rng, shape) / 3 + np.diag(2.0 * np.arange(shape[-1]))


for _f in (la.eigh, la.eigvalsh):
    CALLS[_f] = (each(SQUARE, apart), {"UPLO": values("L", "U", "u", "wrong")})
CALLS[la.svd] = (
    each(MATRICES),
    {"full_matrices": BOOLS, "compute_uv": BOOLS, "hermitian": BOOLS},
)
CALLS[la.svdvals] = (each(MATRICES), {})
CALLS[la.qr] = (each(MATRICES), {"mode": values("reduced", "complete", "r", "raw")})
CALLS[la.pinv] = (
    each(MATRICES),
    {"rcond": values(None, 1e-12), "rtol": values(1e-12), "hermitian": BOOLS},
)
CALLS[la.norm] = (
    ONE,
    {
        "ord": values(None, 2, 1, np.inf, -np.inf, 0, 3, 2.5, -1, -2, "fro", "nuc", "wrong"),
        **{"axis": axes_of_several, "keepdims": BOOLS},
    },
)
CALLS[la.vector_norm] = (ONE, {"ord": NORM_OF_VECTOR, "axis": axes_of_several, "keepdims": BOOLS})
CALLS[la.matrix_norm] = (
    each(MATRICES),
    {"ord": values("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf, 3, "wrong"), "keepdims": BOOLS},
)
CALLS[la.cond] = (each(SQUARE), {"p": values(None, 2, -2, "fro", "nuc", 1, -1, np.inf, -np.inf)})
CALLS[la.matrix_power] = (
    lambda rng: [(definite(rng, shape) / 5, n) for shape in SQUARE for n in (-2, -1, 0, 1, 2, 3, 5)],
    {},
)
CALLS[la.multi_dot] = (
    lists_of(*([(2, 3), (3, 2)], [(3,), (3, 2), (2,)], [(2, 3), (3, 1), (1, 2)], [(3,), (3,)])),
    {"out": OUT},
)


def parameters(function):
    """The parameters of NumPy's signature; of what is written in C some versions have none."""
    try:
        return inspect.signature(function).parameters
    except ValueError:
        return {}


def missing_keywords():
    """What NumPy's signatures name and the options do not try, function by function."""
    missing = {}
    for function, (_, options) in CALLS.items():
        if isinstance(function, (str, tuple, np.ufunc)):
            continue
        names = {
            p.name
            for p in parameters(function).values()
            if p.default is not p.empty and p.kind is not p.POSITIONAL_ONLY
        }
        if names - set(options):
            missing[function] = names - set(options)
    return missing


def missing_entries():
    return [key for key, entry in TABLE.items() if not isinstance(entry, Constant) and key not in CALLS]


def calls(function, rng, most):
    """Up to ``most`` calls ``(args, kwargs)``: each value of each option once, and options in pairs."""
    make, options = CALLS[function]
    bases = make(rng)
    found = [(args, {}) for args in bases]
    options = {name: value for name, value in options.items() if not (name == "p" and not value)}
    single = [(args, {name: value}) for args in bases for name, of in options.items() for value in of(*args)]
    double = []
    for args in bases:
        for (one, of), (other, of_other) in itertools.combinations(options.items(), 2):
            a, b = of(*args), of_other(*args)
            if a and b:
                pick = {one: a[rng.integers(len(a))], other: b[rng.integers(len(b))]}
                double.append((args, pick))
    for more, share in ((single, 0.6), (double, 0.4)):
        room = int(share * (most - len(bases)))
        if len(more) > room:
            more = [more[i] for i in sorted(rng.choice(len(more), max(room, 0), replace=False))]
        found += more
    return found
