"""Rules of the functions that take arrays element by element: a line each."""

import math

import numpy as np

from gdbook.autodiff.core import binary, composed, constant, fit, linear, plain, rule, unary

linear(np.negative, lambda g, _, x: -g)
linear(np.positive, lambda g, _, x: g)
unary(np.exp, lambda y, x: y)
unary(np.expm1, lambda y, x: y + 1)
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
unary(np.arcsin, lambda _, x: 1 / np.sqrt(1 - x * x))
unary(np.arccos, lambda _, x: -1 / np.sqrt(1 - x * x))
unary(np.arctan, lambda _, x: 1 / (1 + x * x))
unary(np.sinh, lambda _, x: np.cosh(x))
unary(np.cosh, lambda _, x: np.sinh(x))
unary(np.tanh, lambda y, x: 1 - y * y)
unary(np.arcsinh, lambda _, x: 1 / np.sqrt(x * x + 1))
unary(np.arccosh, lambda _, x: 1 / np.sqrt(x * x - 1))
unary(np.arctanh, lambda _, x: 1 / (1 - x * x))
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
binary(np.arctan2, lambda _, a, b: b / (a * a + b * b), lambda _, a, b: -a / (a * a + b * b))
binary(np.hypot, lambda y, a, b: a / y, lambda y, a, b: b / y)
binary(np.logaddexp, lambda y, a, b: np.exp(a - y), lambda y, a, b: np.exp(b - y))
binary(np.logaddexp2, lambda y, a, b: np.exp2(a - y), lambda y, a, b: np.exp2(b - y))
binary(np.remainder, lambda _, a, b: 1.0, lambda _, a, b: -np.floor(a / b))
binary(np.fmod, lambda _, a, b: 1.0, lambda _, a, b: -np.trunc(a / b))
binary(np.copysign, lambda y, a, b: np.sign(a) * np.sign(y), lambda _, a, b: 0.0)


def _by_base(y, a, b):
    """b·a^(b − 1), which is 0 for b = 0 whatever a is."""
    if isinstance(b, (int, float)):
        return 2 * a if b == 2 else b * a ** (b - 1) if b else 0.0
    b = b if hasattr(b, "shape") else np.asarray(b)
    return np.where(plain(b) == 0, 0.0, b * a ** np.where(plain(b) == 0, 1.0, b - 1))


def _by_exponent(y, a, b):
    """y·log a, and 0 for a = 0."""
    zero = plain(a) == 0
    return y * np.log(np.where(zero, 1.0, a)) if np.any(zero) else y * np.log(a)


binary(np.power, _by_base, _by_exponent)


def _share(chosen, equal):
    """1 where the first argument is chosen, 0 where the second is, ½ where they are equal."""
    return np.where(equal, 0.5, chosen) if np.count_nonzero(equal) else chosen


for _maximum in (np.maximum, np.fmax):
    binary(_maximum, lambda _, a, b: _share(a > b, a == b), lambda _, a, b: _share(b > a, a == b))
for _minimum in (np.minimum, np.fmin):
    binary(_minimum, lambda _, a, b: _share(a < b, a == b), lambda _, a, b: _share(b < a, a == b))


def clip(x, a_min=None, a_max=None, out=None, *, min=None, max=None):
    """np.clip: at a bound the derivative is 1, that of the inside, as in PyTorch."""
    if out is not None:
        raise TypeError("np.clip cannot write a traced value into an array: write y = np.clip(x, low, high)")
    low, high = a_min if min is None else min, a_max if max is None else max
    if low is not None:
        x = np.where(plain(x) < plain(low), low, x)
    if high is not None:
        x = np.where(plain(x) > plain(high), high, x)
    return x


def _sinc(x):
    """sin(πx)/(πx); near 0, where that is 0/0, its series, whose error there is below 1e-16."""
    small = np.abs(plain(x)) < 1e-2
    z = math.pi * np.where(small, 1.0, x)
    square = (math.pi * np.where(small, x, 0.0)) ** 2
    series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))
    return np.where(small, series, np.sin(z) / z)


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    kept = np.isfinite(plain(x))
    return np.where(kept, x, np.nan_to_num(plain(x), nan=nan, posinf=posinf, neginf=neginf))


composed(np.clip, clip)
composed(np.sinc, _sinc)
composed(np.nan_to_num, _nan_to_num)
composed(np.float_power, lambda a, b: np.power(a, b))
composed(np.real, lambda x: x)
composed(np.conjugate, lambda x: x)

constant(*(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.heaviside))
constant(*(np.floor_divide, np.signbit, np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose))
constant(*(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal))
constant(*(np.logical_and, np.logical_or, np.logical_not, np.logical_xor))
constant(*(np.array_equal, np.array_equiv, np.spacing, np.imag, np.iscomplexobj, np.isrealobj))
