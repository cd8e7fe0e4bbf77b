"""The losses: values, derivatives, minima and formulas agree with one another and with what is known."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.functions import FUNCTIONS, beale, log_cosh, quadratic, rastrigin, rosenbrock, wavy

EPS = np.finfo(float).eps

each_function = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
each_1d = pytest.mark.parametrize("f", [f for f in FUNCTIONS.values() if f.dim == 1], ids=repr)
each_2d = pytest.mark.parametrize("f", [f for f in FUNCTIONS.values() if f.dim == 2], ids=repr)
smooth = [f for name, f in FUNCTIONS.items() if name != "huber"]
each_smooth = pytest.mark.parametrize("f", smooth, ids=repr)


def axes(f):
    return (f.domain,) if f.dim == 1 else f.domain


def points(f):
    """Points of the domain: floats in one dimension, arrays of shape (2,) in two."""
    coordinates = st.tuples(*(st.floats(low, high) for low, high in axes(f)))
    return coordinates.map(lambda w: w[0] if f.dim == 1 else np.array(w))


def grid(f, n):
    """Points that fill the domain: shape (n,) in one dimension, (2, n, n) in two."""
    lines = [np.linspace(low, high, n) for low, high in axes(f)]
    return lines[0] if f.dim == 1 else np.array(np.meshgrid(*lines))


def central(function, w, h):
    """Derivatives by central differences, one for each coordinate of ``w``, stacked first."""
    unit = np.eye(max(1, np.size(w))).reshape(-1, *np.shape(w))
    return np.array([(function(w + h * e) - function(w - h * e)) / (2 * h) for e in unit])


# The best step of a central difference is near the cube root of eps (6e-6). Its error is about
# h² f‴ + eps f/h: on these domains, where values and third derivatives stay below a few thousand,
# some 1e-7 of the size of the function.
H = EPS ** (1 / 3)


def scale(f):
    return 1 + np.max(np.abs(f(grid(f, 41))))


@each_function
@given(data=st.data())
def test_gradient_is_the_slope_of_the_value(f, data):
    w = data.draw(points(f))
    slope = central(f, w, H).reshape(np.shape(w))
    # Huber's second derivative jumps: there the difference is off by up to h itself.
    np.testing.assert_allclose(f.grad(w), slope, rtol=0, atol=1e-7 * scale(f) + H)


@each_function
@given(data=st.data())
def test_hessian_is_the_slope_of_the_gradient_and_symmetric(f, data):
    w = data.draw(points(f))
    if repr(f) == "Huber" and abs(abs(w) - 1) <= H:
        return  # at its corner the second derivative jumps from 1 to 0
    hess = np.asarray(f.hess(w))
    np.testing.assert_allclose(hess, central(f.grad, w, H).reshape(hess.shape), rtol=0, atol=1e-7 * scale(f))
    np.testing.assert_array_equal(hess, hess.T)


@each_smooth
@given(data=st.data())
def test_gradient_is_the_complex_step_derivative(f, data):
    """No difference is taken, so nothing cancels: the two agree to rounding (Squire, Trapp 1998)."""
    w = data.draw(points(f))
    h = 1e-30
    unit = np.eye(f.dim).reshape(-1, *np.shape(w))
    slopes = np.array([np.imag(f(w + 1j * h * e)) / h for e in unit]).reshape(np.shape(w))
    # Rounding is relative to the largest term of the sum, which scale bounds.
    np.testing.assert_allclose(f.grad(w), slopes, rtol=1e-12, atol=20 * EPS * scale(f))


@each_1d
def test_one_dimension_is_elementwise(f):
    xs = grid(f, 6)
    for function in (f, f.grad, f.hess):
        assert function(xs).shape == (6,)
        assert function(xs.reshape(2, 3)).shape == (2, 3)
        # math and NumPy may round the last digit of a cosine or a power differently
        np.testing.assert_allclose(function(xs), [function(float(x)) for x in xs], rtol=4 * EPS, atol=4 * EPS)
        assert isinstance(function(0.5), float)


@each_2d
def test_two_dimensions_take_many_points_at_once(f):
    w = np.array([np.linspace(low, high, 5) for low, high in f.domain])
    for many, one in ((f, ()), (f.grad, (2,)), (f.hess, (2, 2))):
        assert np.shape(many(w)) == (*one, 5)
        assert np.shape(many(w[:, 0])) == one
        # four terms, rounded in another order
        apart = np.stack([many(point) for point in w.T], axis=-1)
        np.testing.assert_allclose(many(w), apart, rtol=4 * EPS, atol=4 * EPS * scale(f))
    assert f(grid(f, 3)).shape == (3, 3)
    assert f.hess(grid(f, 3)).shape == (2, 2, 3, 3)


@each_function
def test_minima_have_no_slope_and_positive_curvature(f):
    for minimum in f.minima:
        eigenvalues = np.linalg.eigvalsh(np.reshape(f.hess(minimum), (f.dim, f.dim)))
        assert eigenvalues[0] > 0
        # The coordinates are rounded: the gradient is at most curvature times an ulp of them.
        assert np.linalg.norm(f.grad(minimum)) <= 8 * EPS * eigenvalues[-1]


@each_function
def test_the_first_minimum_is_the_lowest_point_of_the_domain(f):
    values = [float(f(minimum)) for minimum in f.minima]
    assert f(grid(f, 401)).min() >= values[0] - 1e-14  # Himmelblau's 0 is rounded in the 14th decimal
    assert values[0] == pytest.approx(min(values), abs=1e-14)


@each_function
def test_every_minimum_of_the_domain_is_listed(f):
    """Brute force: Newton from each point of a grid that is lower than its neighbours."""
    n = 401
    values = f(grid(f, n))
    inner = (slice(1, -1),) * f.dim
    lowest = np.ones(values[inner].shape, dtype=bool)
    for shift in np.ndindex(*(3,) * f.dim):
        lowest &= values[inner] <= values[tuple(slice(s, n - 2 + s) for s in shift)]
    found = np.reshape(grid(f, n), (f.dim, *values.shape))[(slice(None), *inner)][:, lowest].T
    assert len(found) >= len(f.minima)
    for _ in range(20):  # from so near, Newton needs six at most, but for Rosenbrock's long valley
        steps = [np.linalg.solve(*newton_system(f, w)) for w in found]
        found = found - np.array(steps)
    # Where a narrow valley is cut aslant, points of the grid are lower than their neighbours and no
    # minimum is near: from there Newton ends at a saddle point, or leaves the domain.
    found = np.array([w for w in found if is_minimum(f, w)])
    apart = np.linalg.norm(found[:, None] - np.reshape(f.minima, (-1, f.dim)), axis=2)
    assert apart.min(axis=1).max() <= 1e-12  # no other minimum: Newton ends within rounding of a listed one
    assert apart.min(axis=0).max() <= 1e-12  # and each listed one is found


def is_minimum(f, w):
    hess, grad = newton_system(f, w)
    inside = all(low <= x <= high for (low, high), x in zip(axes(f), w, strict=True))
    return inside and np.linalg.norm(grad) < 1e-6 and np.linalg.eigvalsh(hess)[0] > 0


def newton_system(f, w):
    w = w[0] if f.dim == 1 else w
    return np.reshape(f.hess(w), (f.dim, f.dim)), np.reshape(f.grad(w), f.dim)


@each_function
def test_the_start_is_in_the_domain_and_is_no_minimum(f):
    for (low, high), coordinate in zip(axes(f), np.atleast_1d(f.start), strict=True):
        assert low <= coordinate <= high
    assert np.linalg.norm(f.grad(f.start)) > 1e-3


@each_function
def test_no_argument_is_changed(f):
    w = grid(f, 4)
    before = w.copy()
    f(w), f.grad(w), f.hess(w)
    np.testing.assert_array_equal(w, before)


@each_function
def test_float32_stays_float32(f):
    w = np.array(f.start, dtype=np.float32)
    for function in (f, f.grad, f.hess):
        assert np.asarray(function(w)).dtype == np.float32
        assert np.asarray(function(grid(f, 3).astype(np.float32))).dtype == np.float32


TOKEN = re.compile(r"\\[a-z]+|\d+(?:\.\d+)?|[a-zA-Z]|<=|>=|[-+()|^{}<>]")
FUNCTIONS_OF_TEX = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "exp", "sqrt")


def as_python(tex):
    """The TeX of a loss as a Python expression."""
    text = re.sub(r"\\t?frac(\d)(\d)", r"\\frac{\1}{\2}", tex).replace(r"\tfrac", r"\frac")
    text = text.replace(r"\le ", "<= ").replace(r"\ge ", ">= ").replace(r"\,", " ").replace(r"\theta", "x")
    # "a \text{ if } b, \text{ else } c"
    return " ".join(
        words.strip(" ,") if i % 2 else f"({_Tex(words).sum()})"
        for i, words in enumerate(re.split(r"\\text\{(.*?)\}", text))
    )


class _Tex:
    """A parser of sums of products, in which a product needs no sign and a function takes what follows it."""

    def __init__(self, text):
        self.tokens = [*TOKEN.findall(text), "end"]

    def take(self, *expected):
        assert not expected or self.tokens[0] in expected, self.tokens
        return self.tokens.pop(0)

    def sum(self):
        text = "-" + self.product() if self.tokens[0] == "-" and self.take() else self.product()
        while self.tokens[0] in ("+", "-", "<", ">", "<=", ">="):
            text += f" {self.take()} {self.product()}"
        return text

    def product(self):
        factors = [self.factor()]
        while self.tokens[0] not in ("+", "-", ")", "}", "end", "<", ">", "<=", ">=") and not self.closes():
            factors.append(self.factor())
        return " * ".join(factors)

    def closes(self):
        """Whether a bar ends what is between bars."""
        return self.tokens[0] == "|" and self.inside

    inside = False

    def factor(self):
        token = self.take()
        name = token.removeprefix("\\")
        if token == "(" or token == "{":
            text = f"({self.sum()})"
            self.take(")", "}")
        elif token == "|":
            self.inside = True
            text = f"abs({self.sum()})"
            self.inside = False
            self.take("|")
        elif token == r"\frac":
            text = f"({self.factor()} / {self.factor()})"
        elif name in FUNCTIONS_OF_TEX:
            return f"{name}({self.factor() if self.tokens[0] in '({' else self.product()})"
        else:
            text = name
        if self.tokens[0] == "^":
            self.take()
            text += f" ** {self.factor()}"
        return text


@each_function
@given(data=st.data())
def test_the_formula_says_what_the_code_computes(f, data):
    w = data.draw(points(f))
    x, y = (w, None) if f.dim == 1 else map(float, w)
    names = {**vars(math), "x": x, "y": y}
    # Another grouping of the same sum: rounding apart.
    assert eval(as_python(f.tex), names) == pytest.approx(float(f(w)), rel=1e-12, abs=20 * EPS * scale(f))


def test_rosenbrock_is_ill_conditioned_at_its_minimum():
    low, high = np.linalg.eigvalsh(rosenbrock.hess((1.0, 1.0)))
    # The trace is 1002 and the determinant 400, so the roots of λ² − 1002 λ + 400:
    root = math.sqrt(501**2 - 400)
    assert (low, high) == pytest.approx((501 - root, 501 + root), rel=1e-9)  # low: 6 digits cancel
    assert high / low == pytest.approx(2508.0, abs=0.05)
    assert 2 / high == pytest.approx(0.0019968, abs=5e-8)


def test_beale_has_its_known_conditioning_and_a_saddle_at_0_1():
    low, high = np.linalg.eigvalsh(beale.hess((3.0, 0.5)))
    assert high / low == pytest.approx(162.5, abs=0.05)
    assert beale.value((3.0, 0.5)) == 0.0
    np.testing.assert_array_equal(beale.grad((0.0, 1.0)), [0, 0])
    assert np.linalg.det(beale.hess((0.0, 1.0))) < 0


def test_log_cosh_is_half_a_square_near_zero_and_straight_far_away():
    # the next terms are −x⁴/12 = 8e-6 and e^(−2x) = 2e-9
    assert log_cosh(0.1) == pytest.approx(0.1**2 / 2, abs=1e-5)
    assert log_cosh(10.0) == pytest.approx(10 - math.log(2), abs=1e-8)


def test_newton_on_log_cosh_converges_below_1_08866_only():
    def newton(x, steps):
        for _ in range(steps):
            x -= log_cosh.grad(x) / log_cosh.hess(x)
        return x

    # sinh 2x = 4x at the threshold, where Newton maps x to −x
    assert abs(newton(1.088, 12)) < 1e-6
    assert abs(newton(1.089, 4)) > abs(newton(1.089, 2)) > 1.089


def test_wavy_minima_are_roots_of_its_derivative():
    for root in wavy.minima:
        assert root / 4 + 1.2 * math.sin(3 * root) == pytest.approx(0, abs=1e-14)


def test_rastrigin_has_a_minimum_in_each_cell_and_gradient_descent_stays_in_its_own():
    nearest = np.round(rastrigin.minima)
    np.testing.assert_array_equal(
        sorted(map(tuple, nearest)), list(itertools.product(range(-2, 3), repeat=2))
    )
    assert rastrigin.minima[0] == (0.0, 0.0)
    # 2 + 40π² is the largest curvature anywhere: half of the limit that it sets crosses no ridge
    lr = 1 / (2 + 40 * math.pi**2)
    w = nearest.T + 0.4
    for _ in range(200):
        w = w - lr * rastrigin.grad(w)
    np.testing.assert_array_equal(np.round(w.T), nearest)


@given(st.floats(1, 1e6))
def test_quadratic_has_the_condition_number_it_is_given(kappa):
    low, high = np.linalg.eigvalsh(quadratic(kappa).hess((0.3, -0.2)))
    assert high / low == pytest.approx(kappa, rel=1e-12)  # a diagonal matrix: no digit is lost


@pytest.mark.parametrize("kappa", [0.5, -1, math.nan, math.inf])
def test_quadratic_refuses_a_condition_number_below_one(kappa):
    with pytest.raises(ValueError, match=rf"kappa must be .* got {re.escape(repr(kappa))}"):
        quadratic(kappa)


def test_quadratic_refuses_a_word():
    with pytest.raises(TypeError, match="kappa must be a finite number, got 'ten'"):
        quadratic("ten")


def test_each_function_says_its_name():
    assert repr(rosenbrock) == "Rosenbrock"
    assert repr(quadratic(3)) == "Quadratic(3)"


def test_log_cosh_is_infinite_where_cosh_is():
    assert log_cosh(1000.0) == log_cosh(-1000.0) == math.inf
    assert log_cosh(700.0) == pytest.approx(700 - math.log(2), rel=1e-14)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("far", [1e100, 1e200, 1e308])
def test_floats_far_out_have_the_values_of_arrays(f, far):
    point = far if f.dim == 1 else [far, 1.0]
    with np.errstate(all="ignore"):
        for method in (f.value, f.grad, f.hess):
            np.testing.assert_allclose(method(point), method(np.array(point)), rtol=1e-14)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_integers_of_a_fixed_size_do_not_wrap(f):
    point = np.int8(100) if f.dim == 1 else np.array([100, 1], np.int8)
    for method in (f.value, f.grad, f.hess):
        np.testing.assert_allclose(method(point), method(point.astype(float)), rtol=1e-15)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_what_is_no_point_is_named(f):
    for bad in (None, "1", True, np.array(["a"]), np.array([1, None], object)):
        with pytest.raises(TypeError, match=r"^(x|w|theta) must"):
            f(bad)
    if f.dim == 2:
        for bad in ([1.0], [1.0, 2.0, 3.0], 1.0, np.ones(3)):
            with pytest.raises((TypeError, ValueError), match=r"^w must"):
                f(bad)
