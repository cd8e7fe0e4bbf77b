"""Rules of the functions that take arrays element by element: a line each."""

import math

import numpy as np

from gdbook.autodiff.core import Traced, as_array, binary, composed, constant, fit, linear, plain, rule, unary

linear(np.negative, lambda g, _, x: -g)
linear(np.positive, lambda g, _, x: g)
unary(np.exp, lambda y, x: y)
unary(np.expm1, lambda _, x: np.exp(x))  # y + 1 would be 0 for x far below 0
unary(np.exp2, lambda y, x: y * math.log(2))
unary(np.log, lambda _, x: 1 / x)
unary(np.log2, lambda _, x: 1 / (x * math.log(2)))
unary(np.log10, lambda _, x: 1 / (x * math.log(10)))
unary(np.log1p, lambda _, x: 1 / (1 + x))
unary(np.sqrt, lambda y, x: 0.5 / y)
unary(np.cbrt, lambda y, x: 1 / (3 * y * y))
unary(np.square, lambda _, x: 2 * x)
unary(np.reciprocal, lambda y, x: -y * y)
unary(np.sin, lambda _, x: np.cos(x))
unary(np.cos, lambda _, x: -np.sin(x))
unary(np.tan, lambda y, x: 1 + y * y)
unary(np.arcsin, lambda _, x: 1 / np.sqrt((1 - x) * (1 + x)))
unary(np.arccos, lambda _, x: -1 / np.sqrt((1 - x) * (1 + x)))
unary(np.arctan, lambda _, x: 1 / (1 + x * x))
unary(np.sinh, lambda _, x: np.cosh(x))
unary(np.cosh, lambda _, x: np.sinh(x))
unary(np.tanh, lambda y, x: 1 - y * y)
unary(np.arcsinh, lambda _, x: 1 / np.hypot(x, 1.0))  # x² would overflow
unary(np.arccosh, lambda _, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)))
unary(np.arctanh, lambda _, x: 1 / ((1 - x) * (1 + x)))
unary(np.absolute, lambda _, x: np.sign(x))  # 0 at 0
unary(np.fabs, lambda _, x: np.sign(x))
for _degrees in (np.degrees, np.rad2deg):
    unary(_degrees, lambda _, x: 180 / math.pi)
for _radians in (np.radians, np.deg2rad):
    unary(_radians, lambda _, x: math.pi / 180)

rule(
    np.add,
    lambda g, _, a, b: fit(g, a),
    lambda g, _, a, b: fit(g, b),
    jvps=(lambda t, y, a, b: t, lambda t, y, a, b: t),
)
rule(
    np.subtract,
    lambda g, _, a, b: fit(g, a),
    lambda g, _, a, b: fit(-g, b),
    jvps=(lambda t, y, a, b: t, lambda t, y, a, b: -t),
)
binary(np.multiply, lambda _, a, b: b, lambda _, a, b: a)
binary(np.divide, lambda _, a, b: 1 / b, lambda y, a, b: -y / b)


def _over(a, y):
    """a/y, and 0 where y is 0."""
    zero = plain(y) == 0
    return np.where(zero, 0.0, a / np.where(zero, 1.0, y)) if np.any(zero) else a / y


def _below(a, b, y, half):
    """a − y, for y = log(eᵃ + eᵇ): with the limits where y is infinite, ``half`` where a and b both are."""
    infinite = np.isinf(plain(y))
    if not np.any(infinite):
        return a - y
    far = np.where(plain(a) == plain(b), half, np.where(plain(a) == plain(y), 0.0, -np.inf))
    return np.where(infinite, far, np.where(infinite, 0.0, a) - np.where(infinite, 0.0, y))


binary(
    np.arctan2,
    lambda _, a, b: b / np.hypot(a, b) / np.hypot(a, b),  # squares would overflow
    lambda _, a, b: -a / np.hypot(a, b) / np.hypot(a, b),
)
binary(np.hypot, lambda y, a, b: _over(a, y), lambda y, a, b: _over(b, y))  # a norm: 0 at 0
binary(
    np.logaddexp,
    lambda y, a, b: np.exp(_below(a, b, y, -math.log(2))),
    lambda y, a, b: np.exp(_below(b, a, y, -math.log(2))),
)
binary(
    np.logaddexp2,
    lambda y, a, b: np.exp2(_below(a, b, y, -1.0)),
    lambda y, a, b: np.exp2(_below(b, a, y, -1.0)),
)
# How often b goes into a, from the rest itself: a/b may round to the next whole number.
binary(np.remainder, lambda y, a, b: 1.0, lambda y, a, b: -np.rint(plain(a - y) / plain(b)))
binary(np.fmod, lambda y, a, b: 1.0, lambda y, a, b: -np.rint(plain(a - y) / plain(b)))
binary(np.copysign, lambda y, a, b: np.sign(a) * np.sign(y), lambda _, a, b: 0.0)
binary(np.heaviside, lambda _, a, b: 0.0, lambda _, a, b: plain(a) == 0)


def _by_base(y, a, b):
    """b·a^(b − 1), which is 0 for b = 0, a = 0 too."""
    if isinstance(b, (int, float)):
        return 2 * a if b == 2 else b * a ** (b - 1) if b else 0.0
    b = b if hasattr(b, "shape") else np.asarray(b)
    both = (plain(a) == 0) & (plain(b) == 0)
    if np.any(both):
        return b * np.where(both, 1.0, a) ** (b - 1)
    return b * a ** (b - 1)


def _by_exponent(y, a, b):
    """y·log a, and 0 for a = 0."""
    zero = plain(a) == 0
    return y * np.log(np.where(zero, 1.0, a)) if np.any(zero) else y * np.log(a)


binary(np.power, _by_base, _by_exponent)


def _share(chosen, equal):
    """1 where the first argument is chosen, 0 where the second is, ½ where they are equal."""
    return np.where(equal, 0.5, chosen) if np.count_nonzero(equal) else chosen


binary(np.maximum, lambda _, a, b: _share(a > b, a == b), lambda _, a, b: _share(b > a, a == b))
binary(np.minimum, lambda _, a, b: _share(a < b, a == b), lambda _, a, b: _share(b < a, a == b))
# These take the other one, where one is NaN.
binary(
    np.fmax,
    lambda _, a, b: _share((a > b) | np.isnan(b), a == b),
    lambda _, a, b: _share((b > a) | np.isnan(a) & ~np.isnan(b), a == b),
)
binary(
    np.fmin,
    lambda _, a, b: _share((a < b) | np.isnan(b), a == b),
    lambda _, a, b: _share((b < a) | np.isnan(a) & ~np.isnan(b), a == b),
)


_NOT_GIVEN = np._NoValue


def clip(a, a_min=_NOT_GIVEN, a_max=_NOT_GIVEN, out=None, *, min=_NOT_GIVEN, max=_NOT_GIVEN):
    """np.clip: at a bound the derivative is 1, that of the inside, as in PyTorch."""
    positional = [bound is not _NOT_GIVEN for bound in (a_min, a_max)]
    if any(positional):
        if not all(positional) or min is not _NOT_GIVEN or max is not _NOT_GIVEN:
            raise TypeError("np.clip takes a_min and a_max, both, or min and max")
        min, max = a_min, a_max
    low, high = min, max
    y = as_array(a)
    if low is not None and low is not _NOT_GIVEN:
        y = np.where((plain(y) < plain(low)) | np.isnan(plain(low)), low, y)
    if high is not None and high is not _NOT_GIVEN:
        y = np.where((plain(y) > plain(high)) | np.isnan(plain(high)), high, y)
    return y


def _sinc(x):
    """sin(πx)/(πx); near 0, where that is 0/0, its series, whose error there is below 1e-16."""
    small = np.abs(plain(x)) < 1e-2
    z = math.pi * np.where(small, 1.0, x)
    square = (math.pi * np.where(small, x, 0.0)) ** 2
    series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    return np.where(small, series, np.sin(z) / z)


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not copy:
        raise TypeError("np.nan_to_num cannot be differentiated with copy=False: x would change in place")
    kept = np.isfinite(plain(x))
    return np.where(kept, x, np.nan_to_num(plain(x), nan=nan, posinf=posinf, neginf=neginf))


def _at_least_double(x):
    if isinstance(x, Traced):
        return x if x.dtype.itemsize >= 8 else x.astype(float)
    return np.asarray(x, np.result_type(x, float))


def root(square):
    """√, with the derivative 0 at 0, where a norm has none; as in PyTorch."""
    zero = plain(square) == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, square))) if np.any(zero) else np.sqrt(square)


composed(np.clip, clip)
composed(np.sinc, _sinc)
composed(np.nan_to_num, _nan_to_num)
composed(np.float_power, lambda a, b: np.power(_at_least_double(a), _at_least_double(b)))
composed(np.real, lambda val: val)
composed(np.conjugate, lambda x: x)

constant(*(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix))
constant(*(np.floor_divide, np.signbit, np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose))
constant(*(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal))
constant(*(np.logical_and, np.logical_or, np.logical_not, np.logical_xor))
constant(*(np.array_equal, np.array_equiv, np.spacing, np.imag, np.iscomplexobj, np.isrealobj))
