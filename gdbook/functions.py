r"""Losses to descend, each with its gradient and Hessian beside its value.

A function ``f`` is called for its value, ``f(x)``, and has

- ``f.value(x)``: the same;
- ``f.grad(x)`` and ``f.hess(x)``: derivatives, written by hand beside the value;
- ``f.dim``: 1 or 2;
- ``f.minima``: its local minima, the global ones first;
- ``f.domain``: what to plot, ``(low, high)`` in one dimension, one such pair an axis in two;
- ``f.start``: a start that shows something;
- ``f.tex``: its formula.

In one dimension ``x`` is a float or an array, and everything is elementwise. In two, ``w``
has shape ``(2,)`` or ``(2, …)``: the value has the shape of ``w[0]``, the gradient the shape
of ``w``, the Hessian shape ``(2, 2, …)``.

Gradients write powers as products. Products round alike in every language, powers do not, and a
long run remembers each rounding.

``FUNCTIONS`` maps each name to its function.
"""

from __future__ import annotations

from math import pi

from gdbook.checks.numbers import is_real, number, ordinary, shown
from gdbook.numeric import cos, cosh, log, sin, tanh, vector

try:
    import functools

    import numpy as np
except ImportError:  # a small Python, such as one that runs in a web page: points go unchecked there
    np = None  # type: ignore[assignment]

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gdbook.types import Array, F, T, Vector


class Function:
    """What the losses share: a dimension, a readable name, and the check of where they are evaluated.

    What is no point raises TypeError or ValueError that names it. Where the arithmetic of Python's floats
    ends in an OverflowError the value is that of arrays: ∞ or NaN.
    """

    dim: int = 1
    tex: str
    domain: tuple[Any, Any]
    minima: tuple[Any, ...]
    start: Any
    value: Callable[[Any], Any]
    grad: Callable[[Any], Any]
    hess: Callable[[Any], Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in ("value", "grad", "hess"):
            if np is not None and name in vars(cls):
                setattr(cls, name, _of_a_point(vars(cls)[name]))

    def __call__(self, x: Any) -> Any:
        return self.value(x)

    def __repr__(self) -> str:
        return type(self).__name__


def _of_a_point(method: F) -> F:
    """The method, with its point checked."""
    name = method.__code__.co_varnames[1]

    @functools.wraps(method)
    def checked(self: Any, point: Any) -> Any:
        if type(point) is not float or self.dim == 2:
            point = _point(name, point, self.dim)
        try:
            return method(self, point)
        except TypeError as error:
            raise TypeError(
                f"{name} must be what {self!r} can be computed of, got {shown(point)}: {error}"
            ) from error
        except OverflowError:
            with np.errstate(all="ignore"):
                result = method(self, _float("the point", point) if self.dim == 1 else np.array(point, float))
            return float(result) if np.shape(result) == () else result

    return checked  # type: ignore[return-value]  # wraps gives it the signature


def _point(name: str, point: Any, dim: int) -> Any:
    """The point as the arithmetic takes it: integers of a fixed size, which wrap around, become floats."""
    if dim == 1:
        return _coordinate(name, point)
    if isinstance(point, (list, tuple)):
        if len(point) != 2:
            raise ValueError(f"{name} must have two components, got {shown(point)}")
        return [_coordinate(name, part) for part in point]
    point = _coordinate(name, point)
    if tuple(getattr(point, "shape", ()))[:1] != (2,):
        raise ValueError(f"{name} must have shape (2,) or (2, …), got {shown(point)}")
    return point


def _coordinate(name: str, x: Any) -> Any:
    if type(x) is float or type(x) is int:
        return x
    if hasattr(x, "shape"):
        kind = getattr(getattr(ordinary(name, x), "dtype", None), "kind", "f")
        if kind in ("i", "u"):
            return x.astype(float)
        if kind not in ("f", "c", "V"):
            raise TypeError(f"{name} must hold real numbers, got {x.dtype}")
        return x
    if is_real(x) and not hasattr(x, "denominator"):
        return _float(name, x)  # a decimal number, which takes no float beside it
    if isinstance(x, (bool, str, bytes, type)) or not hasattr(x, "__rmul__") or hasattr(x, "__len__"):
        raise TypeError(f"{name} must be a number or an array, got {shown(x)}")
    return x


def _float(name: str, x: Any) -> float:
    try:
        return np.float64(x)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{name} must be within the range of floats, got {shown(x)}") from error


class Parabola(Function):
    r"""The parabola $f(x) = x^2$."""

    tex = r"x^2"
    domain = (-3.0, 3.0)
    minima = (0.0,)
    start = 2.6

    def value(self, x: T) -> T:
        return x * x

    def grad(self, x: T) -> T:
        return 2 * x

    def hess(self, x: T) -> T:
        return 2.0 + 0 * x


class ShiftedParabola(Function):
    r"""The parabola $f(\theta) = (\theta - 3)^2$, with its minimum at 3."""

    tex = r"(\theta - 3)^2"
    domain = (-1.0, 7.0)
    minima = (3.0,)
    start = 0.0

    def value(self, theta: T) -> T:
        return (theta - 3) ** 2

    def grad(self, theta: T) -> T:
        return 2 * (theta - 3)

    def hess(self, theta: T) -> T:
        return 2.0 + 0 * theta


class DoubleWell(Function):
    r"""The double well $f(x) = \tfrac14 x^4 - x^2$: minima at ±√2, a maximum at 0."""

    tex = r"\tfrac14 x^4 - x^2"
    domain = (-2.8, 2.8)
    minima = (-(2**0.5), 2**0.5)
    start = 2.6

    def value(self, x: T) -> T:
        return x**4 / 4 - x**2

    def grad(self, x: T) -> T:
        return x * x * x - 2 * x

    def hess(self, x: T) -> T:
        return 3 * x**2 - 2


class Wavy(Function):
    r"""A parabola with ripples, $f(x) = \tfrac18 x^2 + \tfrac25 (1 - \cos 3x)$.

    The global minimum is 0. The ripples make two local minima on each side, the roots of
    $x/4 + \tfrac65 \sin 3x$ to double precision.
    """

    tex = r"\tfrac18 x^2 + \tfrac25 (1 - \cos 3x)"
    domain = (-6.0, 6.0)
    minima = (0.0, -1.9545968706215295, 1.9545968706215295, -3.8755434493830903, 3.8755434493830903)
    start = 5.0

    def value(self, x: T) -> T:
        return x**2 / 8 + 0.4 * (1 - cos(3 * x))

    def grad(self, x: T) -> T:
        return x / 4 + 1.2 * sin(3 * x)

    def hess(self, x: T) -> T:
        return 0.25 + 3.6 * cos(3 * x)


class Huber(Function):
    r"""The Huber function: $\tfrac12 x^2$ for $|x| \le 1$, $|x| - \tfrac12$ beyond.

    Source: Huber 1964, with threshold 1. The second derivative at ±1, where it jumps, is
    taken as 1.
    """

    tex = r"\tfrac12 x^2 \text{ if } |x| \le 1, \text{ else } |x| - \tfrac12"
    domain = (-4.0, 4.0)
    minima = (0.0,)
    start = 3.0

    def value(self, x: T) -> T:
        return (abs(x) <= 1) * x * x / 2 + (abs(x) > 1) * (abs(x) - 0.5)

    def grad(self, x: T) -> T:
        return (abs(x) <= 1) * x + (x > 1) - (x < -1)

    def hess(self, x: T) -> T:
        return (abs(x) <= 1) + 0 * x


class LogCosh(Function):
    r"""$f(x) = \log\cosh x$: like $\tfrac12 x^2$ near 0, like $|x| - \log 2$ far away."""

    tex = r"\log\cosh x"
    domain = (-4.0, 4.0)
    minima = (0.0,)
    start = 3.0

    def value(self, x: T) -> T:
        return log(cosh(x))

    def grad(self, x: T) -> T:
        return tanh(x)

    def hess(self, x: T) -> T:
        return 1 - tanh(x) ** 2


class Quadratic(Function):
    r"""The quadratic $f(x, y) = \tfrac12 (x^2 + \kappa y^2)$, of condition number κ ≥ 1."""

    dim = 2
    domain = ((-3.0, 3.0), (-2.0, 2.0))
    minima = ((0.0, 0.0),)

    def __init__(self, kappa: float) -> None:
        self.kappa = number("kappa", kappa)
        if self.kappa < 1:
            raise ValueError(f"kappa must be a number of at least 1, got {shown(kappa)}")
        self.tex = rf"\tfrac12 (x^2 + {float(kappa):g}\,y^2)"
        self.start = (2.5, 1.0)

    def __repr__(self) -> str:
        return f"Quadratic({self.kappa!r})"

    def value(self, w: Vector) -> Any:
        x, y = w
        return (x * x + self.kappa * y * y) / 2

    def grad(self, w: Vector) -> Array:
        x, y = w
        return vector(x, self.kappa * y)

    def hess(self, w: Vector) -> Array:
        x, y = w
        one, zero = 1.0 + 0 * x, 0.0 * y
        return vector(vector(one, zero), vector(zero, self.kappa * one))


class Rosenbrock(Function):
    r"""Rosenbrock's valley, $f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2$. Source: Rosenbrock 1960."""

    dim = 2
    tex = r"(1 - x)^2 + 100\,(y - x^2)^2"
    domain = ((-2.0, 2.0), (-1.0, 3.0))
    minima = ((1.0, 1.0),)
    start = (-1.2, 1.0)

    def value(self, w: Vector) -> Any:
        x, y = w
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def grad(self, w: Vector) -> Array:
        x, y = w
        return vector(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x))

    def hess(self, w: Vector) -> Array:
        x, y = w
        off = -400 * x
        return vector(vector(2 - 400 * (y - 3 * x**2), off), vector(off, 200.0 + 0 * y))


class Saddle(Function):
    r"""A saddle with walls, $f(x, y) = \tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4$.

    The origin is a saddle point: a minimum along $x$, a maximum along $y$.
    """

    dim = 2
    tex = r"\tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4"
    domain = ((-2.0, 2.0), (-1.6, 1.6))
    minima = ((0.0, -1.0), (0.0, 1.0))
    start = (1.8, 0.01)

    def value(self, w: Vector) -> Any:
        x, y = w
        return x**2 / 2 - y**2 / 2 + y**4 / 4

    def grad(self, w: Vector) -> Array:
        x, y = w
        return vector(x, y * y * y - y)

    def hess(self, w: Vector) -> Array:
        x, y = w
        one, zero = 1.0 + 0 * x, 0.0 * y
        return vector(vector(one, zero), vector(zero, 3 * y**2 - 1))


class Himmelblau(Function):
    r"""Himmelblau's function: four minima of 0.

    $$f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2$$

    Source: Himmelblau 1972. Three of the minima are roots of a cubic, here to double precision.
    """

    dim = 2
    tex = r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
    domain = ((-5.0, 5.0), (-5.0, 5.0))
    minima = (
        (3.0, 2.0),
        (-2.805118086952745, 3.1313125182505730),
        (-3.779310253377747, -3.2831859912861694),
        (3.584428340330492, -1.8481265269644034),
    )
    start = (0.0, 0.0)

    def value(self, w: Vector) -> Any:
        x, y = w
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    def grad(self, w: Vector) -> Array:
        x, y = w
        a, b = x * x + y - 11, x + y * y - 7
        return vector(4 * x * a + 2 * b, 2 * a + 4 * y * b)

    def hess(self, w: Vector) -> Array:
        x, y = w
        off = 4 * (x + y)
        return vector(vector(12 * x**2 + 4 * y - 42, off), vector(off, 4 * x + 12 * y**2 - 26))


class Beale(Function):
    r"""Beale's function: nearly flat around its one minimum (3, ½), very steep in the corners.

    $$f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2$$

    Source: Beale 1958.
    """

    dim = 2
    tex = r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2"
    domain = ((-4.5, 4.5), (-4.5, 4.5))
    minima = ((3.0, 0.5),)
    start = (1.0, 1.0)

    def value(self, w: Vector) -> Any:
        x, y = w
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    def grad(self, w: Vector) -> Array:
        x, y = w
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y
        along_x = a * (y - 1) + b * (y * y - 1) + c * (y * y * y - 1)
        return vector(2 * along_x, 2 * x * (a + 2 * y * b + 3 * y * y * c))

    def hess(self, w: Vector) -> Array:
        x, y = w
        a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
        xx = (y - 1) ** 2 + (y**2 - 1) ** 2 + (y**3 - 1) ** 2
        xy = a + 2 * y * b + 3 * y**2 * c + x * ((y - 1) + 2 * y * (y**2 - 1) + 3 * y**2 * (y**3 - 1))
        yy = x**2 * (1 + 4 * y**2 + 9 * y**4) + 2 * x * b + 6 * x * y * c
        return vector(vector(2 * xx, 2 * xy), vector(2 * xy, 2 * yy))


# The minima of x² − 10 cos 2πx between −2.5 and 2.5.
_EGGS = (0.0, -0.9949586376523348, 0.9949586376523348, -1.9899122337085495, 1.9899122337085495)


class Rastrigin(Function):
    r"""Rastrigin's egg carton: a bowl with many dips.

    $$f(x, y) = 20 + x^2 + y^2 - 10 \cos 2\pi x - 10 \cos 2\pi y$$

    A local minimum in each cell around a pair of whole numbers; the lowest is the origin. The
    coordinates are roots of $2x + 20\pi \sin 2\pi x$ to double precision. Source: Rastrigin 1974.
    The customary domain is ±5.12; ±2.5 holds 25 whole cells.
    """

    dim = 2
    tex = r"20 + x^2 + y^2 - 10 \cos 2\pi x - 10 \cos 2\pi y"
    domain = ((-2.5, 2.5), (-2.5, 2.5))
    minima = tuple(sorted(((x, y) for x in _EGGS for y in _EGGS), key=lambda w: w[0] ** 2 + w[1] ** 2))
    start = (1.6, 0.8)

    def __init__(self) -> None:
        self.tau = 2 * pi

    def value(self, w: Vector) -> Any:
        x, y = w
        return 20 + x**2 + y**2 - 10 * (cos(self.tau * x) + cos(self.tau * y))

    def grad(self, w: Vector) -> Array:
        x, y = w
        steep = 10 * self.tau
        return vector(2 * x + steep * sin(self.tau * x), 2 * y + steep * sin(self.tau * y))

    def hess(self, w: Vector) -> Array:
        x, y = w
        steep, zero = 10 * self.tau * self.tau, 0 * x
        return vector(
            vector(2 + steep * cos(self.tau * x), zero), vector(zero, 2 + steep * cos(self.tau * y))
        )


parabola = Parabola()
"""A ``Parabola``."""
shifted_parabola = ShiftedParabola()
"""A ``ShiftedParabola``."""
double_well = DoubleWell()
"""A ``DoubleWell``."""
wavy = Wavy()
"""A ``Wavy``."""
huber = Huber()
"""A ``Huber``."""
log_cosh = LogCosh()
"""A ``LogCosh``."""
quadratic = Quadratic
"""``quadratic(kappa)`` is a ``Quadratic`` of this condition number."""
rosenbrock = Rosenbrock()
"""A ``Rosenbrock``."""
saddle = Saddle()
"""A ``Saddle``."""
himmelblau = Himmelblau()
"""A ``Himmelblau``."""
beale = Beale()
"""A ``Beale``."""
rastrigin = Rastrigin()
"""A ``Rastrigin``."""

FUNCTIONS = {
    "parabola": parabola,
    "shifted_parabola": shifted_parabola,
    "double_well": double_well,
    "wavy": wavy,
    "huber": huber,
    "log_cosh": log_cosh,
    "quadratic": quadratic(10),
    "rosenbrock": rosenbrock,
    "saddle": saddle,
    "himmelblau": himmelblau,
    "beale": beale,
    "rastrigin": rastrigin,
}
