"""Methods with curvature: against SciPy and PyTorch (recorded), theorems, and the conditions themselves.

tests/reference/record_second_order.py made the record; it needs SciPy and PyTorch, these tests do not.
"""

import inspect
import json
import math
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from frameworks import run_with_frameworks
from hypothesis import given, settings
from hypothesis import strategies as st

from gdbook import second_order as so
from gdbook.functions import FUNCTIONS, beale, double_well, log_cosh, quadratic, rosenbrock, saddle
from gdbook.second_order.line_search import cubic_minimum, parabola_minimum

RECORDER = Path(__file__).parents[1] / "reference" / "record_second_order.py"
RECORD = json.loads(RECORDER.with_name("second_order.json").read_text())

seeds = st.integers(0, 10**6)
# The first linear algebra of a process loads its library: that is no slow test.
unhurried = settings(deadline=None)


def spd(seed, n, kappa=100.0):
    """A symmetric positive definite matrix with condition number κ, and a vector."""
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    eigenvalues = np.geomspace(1, kappa, n)
    A = Q * eigenvalues @ Q.T
    return (A + A.T) / 2, rng.normal(size=n)


def parabola_of(A, b):
    """The quadratic ½wᵀAw − bᵀw as loss and gradient."""
    return (lambda w: w @ A @ w / 2 - b @ w), (lambda w: A @ w - b)


# --- The record ---


@pytest.mark.xdist_group("frameworks")
def test_the_record_is_what_scipy_and_pytorch_compute():
    run_with_frameworks("tests/reference/record_second_order.py", "--check")


# --- Line searches ---


def test_the_defaults_are_those_of_scipy_and_pytorch():
    defaults = json.loads(RECORDER.with_name("defaults.json").read_text())
    scipys, pytorchs = defaults["scipy.optimize.line_search"], defaults["torch.optim.LBFGS"]
    ours = {p.name: p.default for p in inspect.signature(so.wolfe).parameters.values()}
    assert (ours["c1"], ours["c2"]) == (scipys["c1"], scipys["c2"])
    assert inspect.signature(so.armijo).parameters["c1"].default == scipys["c1"]
    assert inspect.signature(so.lbfgs).parameters["lr"].default == pytorchs["lr"]


def strong_wolfe(f, w, d, lr, c1=1e-4, c2=0.9):
    """The two conditions, written out."""
    slope, slope_there = f.grad(w) @ d, f.grad(w + lr * d) @ d
    return f(w + lr * d) <= f(w) + c1 * lr * slope and abs(slope_there) <= c2 * abs(slope)


def scipys_margin(lr, a, b, share):
    """In an interval that runs backwards SciPy's margin is negative: a trial may lie at an end."""
    margin = share * (b - a)
    return lr is not None and min(a, b) + margin <= lr <= max(a, b) - margin


def test_wolfe_with_scipys_margin_finds_scipys_steps(monkeypatch):
    monkeypatch.setattr("gdbook.second_order.line_search._inside", scipys_margin)
    for case in RECORD["line_search"]:
        f, w, d = FUNCTIONS[case["loss"]], np.array(case["w"]), np.array(case["direction"])
        # The gradients differ in their last bits.
        assert so.wolfe(f, f.grad, w, d, c2=case["c2"]) == pytest.approx(case["lr"], rel=1e-9)


def test_wolfe_finds_most_of_scipys_steps_and_both_meet_the_conditions():
    same = 0
    for case in RECORD["line_search"]:
        f, w, d = FUNCTIONS[case["loss"]], np.array(case["w"]), np.array(case["direction"])
        lr = so.wolfe(f, f.grad, w, d, c2=case["c2"])
        assert strong_wolfe(f, w, d, lr, c2=case["c2"])
        assert strong_wolfe(f, w, d, case["lr"], c2=case["c2"])
        same += math.isclose(lr, case["lr"], rel_tol=1e-9)
    assert same == 110  # of 120: in the others a trial came near the end of an interval that runs backwards


@unhurried
@given(seeds, st.sampled_from(["rosenbrock", "beale", "himmelblau"]), st.sampled_from([0.1, 0.5, 0.9]))
def test_wolfe_meets_its_conditions(seed, name, c2):
    f, rng = FUNCTIONS[name], np.random.default_rng(seed)
    w = rng.uniform(-2, 2, 2)
    d = -f.grad(w) / np.linalg.norm(f.grad(w))
    assert strong_wolfe(f, w, d, so.wolfe(f, f.grad, w, d, c2=c2, most=25), c2=c2)


@unhurried
@given(
    seeds, st.sampled_from(["rosenbrock", "beale", "himmelblau"]), st.floats(0.1, 0.9), st.floats(1e-4, 0.9)
)
def test_armijo_takes_the_first_step_that_falls_enough(seed, name, shrink, c1):
    f, rng = FUNCTIONS[name], np.random.default_rng(seed)
    w = rng.uniform(-2, 2, 2)
    d = -f.grad(w)
    lr = so.armijo(f, f.grad, w, d, c1=c1, shrink=shrink, most=300)

    def falls(lr):
        return f(w + lr * d) <= f(w) - c1 * lr * (d @ d)

    k = round(math.log(lr, shrink))
    trials = [1.0]
    for _ in range(k):
        trials.append(shrink * trials[-1])
    assert trials[-1] == lr
    assert [falls(trial) for trial in trials] == [False] * k + [True]


@unhurried
@given(seeds)
def test_exact_leaves_no_slope(seed):
    A, b = spd(seed, 4)
    f, grad = parabola_of(A, b)
    w = np.random.default_rng(seed + 1).normal(size=4)
    d = -grad(w)
    lr = so.exact(A)(f, grad, w, d)
    assert abs(grad(w + lr * d) @ d) <= 1e-11 * (d @ d)


@unhurried
@given(st.tuples(*[st.integers(-30, 30).map(lambda k: k / 10)] * 4), st.floats(0.1, 2), st.floats(0.1, 2))
def test_the_cubic_through_four_facts_is_minimised(coefficients, b, extra):
    """The stationary point of a known cubic, from its values and one slope."""
    p = np.polynomial.Polynomial(coefficients)
    a, c = 0.0, b + extra
    found = cubic_minimum(a, p(a), p.deriv()(a), b, p(b), c, p(c))
    roots = [r.real for r in p.deriv().roots() if abs(r.imag) < 1e-12 and p.deriv(2)(r.real) > 0.1]
    if abs(coefficients[3]) > 0.1 and roots:
        assert found == pytest.approx(roots[0], abs=1e-6)  # a difference quotient of third order


def test_the_parabola_through_three_facts_is_minimised():
    p = np.polynomial.Polynomial([5.0, -3.0, 2.0])
    assert parabola_minimum(0.0, p(0), p.deriv()(0), 2.0, p(2)) == pytest.approx(3 / 4, rel=1e-15)
    assert parabola_minimum(0.0, 0.0, -1.0, 1.0, -2.0) is None  # it bends down


@pytest.mark.parametrize("search", [so.armijo, so.wolfe, so.exact(np.eye(2))])
def test_a_direction_that_does_not_descend_is_refused(search):
    w = np.array([2.0, 1.0])
    for direction in (quadratic(10).grad(w), np.array([10.0, -2.0])):  # uphill, and along a contour line
        with pytest.raises(so.NotADescentDirection, match=r"downhill.*slope"):
            search(quadratic(10), quadratic(10).grad, w, direction)


def test_a_line_search_that_fails_says_why():
    line = (lambda w: -w[0]), (lambda w: np.array([-1.0]))
    with pytest.raises(so.LineSearchFailed, match="no minimum in this direction"):
        so.wolfe(*line, np.zeros(1), np.ones(1))
    wrong = (lambda w: w[0]), (lambda w: np.array([-1.0]))  # the gradient has the wrong sign
    with pytest.raises(so.LineSearchFailed, match="check grad"):
        so.armijo(*wrong, np.zeros(1), np.ones(1))
    with pytest.raises(so.LineSearchFailed, match=r"must be positive.*not positive definite"):
        so.exact(-np.eye(1))(*wrong, np.zeros(1), np.ones(1))


@pytest.mark.parametrize("beyond", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("search", [so.armijo, so.wolfe])
def test_a_search_steps_back_from_where_the_loss_is_not_finite(search, beyond):
    def f(w):
        return -math.log(1 - w) - 2 * w if w < 1 else beyond

    assert search(f, lambda w: 1 / (1 - w) - 2, 0.0, 1.0) == 0.5


@pytest.mark.parametrize(
    ("search", "hyper", "words"),
    [
        (so.wolfe, {"c1": 0.9, "c2": 0.1}, "0 < c1 < c2 < 1, got c1 = 0.9, c2 = 0.1"),
        (so.wolfe, {"lr": 0.0}, "lr.*positive, got 0.0"),
        (so.armijo, {"shrink": 1.0}, "shrink must lie between 0 and 1, got 1.0"),
        (so.armijo, {"c1": 2}, "c1 must lie between 0 and 1, got 2"),
        (so.armijo, {"lr": -1}, "lr.*positive, got -1"),
    ],
)
def test_a_search_refuses_what_makes_no_sense(search, hyper, words):
    w = np.ones(2)
    with pytest.raises(ValueError, match=words):
        search(rosenbrock, rosenbrock.grad, w, -w, **hyper)


def test_a_direction_has_the_shape_of_w():
    with pytest.raises(ValueError, match=r"direction must have the shape of w, \(2,\), got \(3,\)"):
        so.wolfe(rosenbrock, rosenbrock.grad, np.array([-1.2, 1.0]), np.ones(3))


# --- Newton ---


@unhurried
@given(seeds, st.integers(1, 8), st.floats(1, 1e6))
def test_newton_needs_one_step_on_a_quadratic(seed, n, kappa):
    A, b = spd(seed, n, kappa)
    f, grad = parabola_of(A, b)
    run = so.newton(f, grad, lambda w: A, np.ones(n), steps=1)
    # Solving loses as many digits as κ has.
    np.testing.assert_allclose(run.w[1], np.linalg.solve(A, b), rtol=1e-14 * kappa, atol=1e-14 * kappa)


def test_newtons_method_takes_scipys_steps():
    run = so.newton(log_cosh, log_cosh.grad, log_cosh.hess, 1.0, steps=4, tolerance=0)
    # Near 0 a step is a difference of nearly equal numbers: rounding stays at 1e-16 of the first step.
    np.testing.assert_allclose(run.w, RECORD["newton_log_cosh"], rtol=1e-12, atol=1e-16)


def test_quadratic_convergence_doubles_the_digits():
    """e⁺ → f‴/(2f″)·e²: at the double well's minimum √2 that is 6√2/(2·4). Linear would be e⁺ → c·e."""
    run = so.newton(double_well, double_well.grad, double_well.hess, 1.5, tolerance=0, steps=3)
    error = run.w - math.sqrt(2)
    assert error[3] / error[2] ** 2 == pytest.approx(3 * math.sqrt(2) / 4, rel=1e-3)
    digits = -np.log10(error)
    assert np.all(np.diff(digits) > 0.95 * digits[:-1])


def test_on_log_cosh_newton_even_triples_them():
    """An even function has f‴ = 0 at its minimum: x − ½ sinh 2x = −⅔x³ + …"""
    run = so.newton(log_cosh, log_cosh.grad, log_cosh.hess, 0.01, steps=1, tolerance=0)
    assert run.w[1] / run.w[0] ** 3 == pytest.approx(-2 / 3, rel=1e-4)


def test_newton_on_log_cosh_diverges_above_its_limit():
    for start, ends in (
        (1.088, "converged"),
        (-1.088, "converged"),
        (1.089, "diverged"),
        (-1.089, "diverged"),
    ):
        assert so.newton(log_cosh, log_cosh.grad, log_cosh.hess, start).stopped == ends
    # Where tanh² rounds to 1 there is no curvature left to divide by.
    assert so.newton(log_cosh, log_cosh.grad, log_cosh.hess, 1.2).stopped.startswith("singular Hessian")


def test_newton_goes_to_a_maximum_and_to_a_saddle():
    run = so.newton(double_well, double_well.grad, double_well.hess, 0.5)
    assert run.stopped == "converged"
    assert run.w[-1] == pytest.approx(0, abs=1e-12)
    assert run.loss[-1] > run.loss[0]
    run = so.newton(saddle, saddle.grad, saddle.hess, np.array([1.0, 0.3]))
    np.testing.assert_allclose(run.w[-1], [0, 0], atol=1e-9)


def test_damped_newton_goes_to_a_minimum_from_the_same_starts():
    run = so.damped_newton(double_well, double_well.grad, double_well.hess, 0.5)
    assert run.w[-1] == pytest.approx(math.sqrt(2), abs=1e-6)
    run = so.damped_newton(saddle, saddle.grad, saddle.hess, np.array([1.0, 0.3]))
    np.testing.assert_allclose(run.w[-1], [0, 1], atol=1e-6)
    run = so.damped_newton(log_cosh, log_cosh.grad, log_cosh.hess, 5.0)
    assert run.w[-1] == pytest.approx(0, abs=1e-6)
    assert np.all(np.diff(run.loss) < 0)


def test_damped_newton_is_newton_where_newton_is_safe():
    A, b = spd(3, 4)
    f, grad = parabola_of(A, b)
    run = so.damped_newton(f, grad, lambda w: A, np.ones(4), steps=1)
    np.testing.assert_allclose(run.w[1], np.linalg.solve(A, b), rtol=1e-11)


@unhurried
@given(seeds, st.integers(1, 6))
def test_the_shift_makes_any_symmetric_matrix_positive_definite(seed, n):
    H = np.random.default_rng(seed).normal(size=(n, n))
    H = H + H.T
    L, shift = so.shifted_cholesky(H)
    np.testing.assert_allclose(L @ L.T, H + shift * np.eye(n), atol=1e-12 * (1 + shift))
    least = np.linalg.eigvalsh(H)[0]
    assert shift == 0 if least > 1e-12 else shift > -least


def test_a_singular_hessian_ends_newton_and_not_damped_newton():
    def f(w):
        return w[0] ** 2

    def grad(w):
        return np.array([2 * w[0], 0.0])

    def hess(w):
        return np.diag([2.0, 0.0])

    run = so.newton(f, grad, hess, np.ones(2))
    assert len(run.w) == 1
    assert run.stopped.startswith("singular Hessian")
    assert so.damped_newton(f, grad, hess, np.ones(2)).stopped == "converged"
    with pytest.raises(so.Singular, match="singular Hessian"):
        so.newton_step(np.ones(2), np.zeros((2, 2)))
    with pytest.raises(so.Singular, match="not finite"):
        so.shifted_cholesky(np.full((2, 2), np.nan))


# --- Conjugate gradients ---


def test_linear_cg_takes_scipys_steps():
    for case in RECORD["linear_cg"]:
        run = so.conjugate_gradient(case["A"], case["b"], tolerance=0)
        theirs = np.array(case["w"])
        np.testing.assert_allclose(run.w[: len(theirs)], theirs, rtol=1e-8, atol=1e-10)


@unhurried
@given(seeds, st.integers(1, 12))
def test_cg_ends_in_n_steps(seed, n):
    A, b = spd(seed, n, kappa=10.0)
    run = so.conjugate_gradient(A, b, tolerance=0)
    assert len(run.w) == n + 1
    # Rounding makes the directions a little less conjugate; n − 1 steps leave 1e-4 and more.
    np.testing.assert_allclose(run.w[-1], np.linalg.solve(A, b), atol=1e-8 * np.linalg.norm(b))


@unhurried
@given(seeds, st.integers(1, 3))
def test_cg_needs_a_step_for_each_distinct_eigenvalue(seed, k):
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.normal(size=(9, 9)))
    A = Q * np.repeat([1.0, 5.0, 30.0][:k], 9 // k + 1)[:9] @ Q.T
    A = (A + A.T) / 2
    b = rng.normal(size=9)
    run = so.conjugate_gradient(A, b, steps=k, tolerance=0)
    assert np.linalg.norm(A @ run.w[k] - b) < 1e-10 * np.linalg.norm(b)


@unhurried
@given(seeds)
def test_cg_directions_are_conjugate_and_its_gradients_orthogonal(seed):
    A, b = spd(seed, 6)
    run = so.conjugate_gradient(A, b, tolerance=0)
    steps = np.diff(run.w, axis=0)
    steps = steps / np.sqrt(np.einsum("ti,ij,tj->t", steps, A, steps))[:, None]
    np.testing.assert_allclose(steps @ A @ steps.T, np.eye(6), atol=1e-6)
    g = run.grad / np.linalg.norm(run.grad, axis=1)[:, None]
    np.testing.assert_allclose(g @ g.T, np.eye(6), atol=1e-6)


@unhurried
@given(seeds, st.integers(2, 6))
def test_with_exact_steps_on_a_quadratic_all_conjugate_methods_are_one(seed, n):
    """BFGS from the identity, both nonlinear formulas and linear CG: the same iterates."""
    A, b = spd(seed, n, kappa=20.0)
    f, grad = parabola_of(A, b)
    exact = so.exact(A)
    reference = so.conjugate_gradient(A, b, tolerance=0).w
    options = {"steps": n, "tolerance": 0, "line_search": exact}
    for method in (so.bfgs, partial(so.nonlinear_cg, formula="PR+"), partial(so.nonlinear_cg, formula="FR")):
        run = method(f, grad, np.zeros(n), **options)
        scale = np.linalg.norm(reference, axis=1).max()
        np.testing.assert_allclose(run.w, reference, atol=1e-8 * scale)


def test_nonlinear_cg_chooses_scipys_directions():
    """SciPy's step lengths come from another search; between its iterates, each direction must be ours."""
    for case in RECORD["cg"]:
        f, w = FUNCTIONS[case["loss"]], np.array(case["w"])
        d = -f.grad(w[0])
        for before, after in pairwise(w):
            assert cosine(after - before, d) > 1 - 1e-9
            g, g_before = f.grad(after), f.grad(before)
            d = -g + so.polak_ribiere(g, g_before) * d


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


@pytest.mark.parametrize("formula", ["PR+", "FR"])
def test_nonlinear_cg_reaches_scipys_minima(formula):
    for case in RECORD["cg"]:
        f = FUNCTIONS[case["loss"]]
        run = so.nonlinear_cg(f, f.grad, np.array(case["w"][0]), formula=formula, tolerance=1e-5, steps=2000)
        assert run.stopped == "converged"
        # SciPy stopped at gradient 1e-4, we at 1e-5; Rosenbrock's flat curvature at the minimum is 0.4.
        np.testing.assert_allclose(run.w[-1], case["x"], atol=1e-3)


def test_what_cg_refuses():
    with pytest.raises(ValueError, match="A must be square and symmetric, got shape"):
        so.conjugate_gradient(np.array([[1.0, 2.0], [0.0, 1.0]]), np.ones(2))
    with pytest.raises(ValueError, match=r"b must have shape \(2,\)"):
        so.conjugate_gradient(np.eye(2), np.ones(3))
    with pytest.raises(ValueError, match="A must be positive definite, got curvature"):
        so.conjugate_gradient(np.diag([1.0, -3.0]), np.ones(2))
    with pytest.raises(ValueError, match=r"formula.*known are FR, PR"):
        so.nonlinear_cg(rosenbrock, rosenbrock.grad, np.zeros(2), formula="PR")


def test_linear_cg_pays_one_product_a_step():
    A, b = spd(0, 5)
    run = so.conjugate_gradient(A, b, tolerance=0)
    np.testing.assert_array_equal(run.grad_calls, np.arange(6) + 1)
    np.testing.assert_allclose(run.loss, [w @ A @ w / 2 - b @ w for w in run.w], atol=1e-12)
    np.testing.assert_allclose(run.grad, [A @ w - b for w in run.w[:-1]], atol=1e-12)


def test_exact_line_search_zigzags_by_its_factor():
    kappa = 10.0
    f = quadratic(kappa)
    run = so.steepest_descent(
        f, f.grad, np.array([kappa, 1.0]), steps=8, line_search=so.exact(np.diag([1, kappa]))
    )
    t = np.arange(9)[:, None]
    np.testing.assert_allclose(run.w, (9 / 11) ** t * np.hstack([0 * t + kappa, (-1.0) ** t]), rtol=1e-12)


# --- BFGS and L-BFGS ---


@unhurried
@given(seeds, st.integers(1, 6))
def test_a_bfgs_update_keeps_the_secant_equation_symmetry_and_positivity(seed, n):
    H, s = spd(seed, n)
    y = spd(seed + 1, n)[0] @ s
    new = so.bfgs_update(H, s, y)
    np.testing.assert_allclose(new @ y, s, atol=1e-9 * np.linalg.norm(s))
    np.testing.assert_allclose(new, new.T, atol=1e-9 * np.linalg.norm(new))
    assert np.linalg.eigvalsh(new)[0] > 0


@unhurried
@given(seeds, st.integers(1, 6))
def test_the_inverse_update_is_the_inverse_of_the_update_of_the_hessian(seed, n):
    """The other form: B⁺ = B − Bs sᵀB/(sᵀBs) + yyᵀ/(yᵀs)."""
    B, s = spd(seed, n)
    y = spd(seed + 1, n)[0] @ s
    other = B - np.outer(B @ s, B @ s) / (s @ B @ s) + np.outer(y, y) / (y @ s)
    np.testing.assert_allclose(so.bfgs_update(np.linalg.inv(B), s, y) @ other, np.eye(n), atol=1e-7)


@unhurried
@given(seeds, st.integers(1, 5), st.integers(0, 7), st.floats(0.1, 10))
def test_two_loops_are_the_matrix(seed, n, m, gamma):
    rng = np.random.default_rng(seed)
    A, _ = spd(seed, n)
    pairs = [(s, A @ s) for s in rng.normal(size=(m, n))]
    H = gamma * np.eye(n)
    for s, y in pairs:
        H = so.bfgs_update(H, s, y)
    g = rng.normal(size=n)
    np.testing.assert_allclose(so.two_loop(g, pairs, gamma), H @ g, atol=1e-8 * np.linalg.norm(H))


@pytest.mark.parametrize("search", [None, so.wolfe])
def test_bfgs_and_lbfgs_share_their_first_two_steps(search):
    """Both scale by the first pair; from the third step on L-BFGS scales anew."""
    options = {"steps": 3, "line_search": search}
    full, limited = (
        method(beale, beale.grad, np.array([1.0, 1.0]), **options) for method in (so.bfgs, so.lbfgs)
    )
    np.testing.assert_allclose(full.w[:3], limited.w[:3], rtol=1e-12)
    assert np.linalg.norm(full.w[3] - limited.w[3]) > 1e-3


def test_bfgs_chooses_scipys_directions():
    for case in RECORD["bfgs"]:
        f, w = FUNCTIONS[case["loss"]], np.array(case["w"])
        H = np.eye(2)
        for before, after in pairwise(w):
            s, y = after - before, f.grad(after) - f.grad(before)
            # Near the minimum s and y are small differences: their rounding turns the direction a little.
            assert cosine(s, -H @ f.grad(before)) > 1 - 1e-8
            H = so.bfgs_update(H, s, y)


def test_lbfgs_with_a_fixed_rate_takes_pytorchs_steps():
    for case in RECORD["lbfgs"]["fixed"]:
        f, theirs = FUNCTIONS[case["loss"]], np.array(case["w"])
        run = so.lbfgs(
            f,
            f.grad,
            theirs[0],
            steps=20,
            tolerance=0,
            line_search=None,
            memory=case["memory"],
            lr=case["lr"],
        )
        np.testing.assert_allclose(run.w, theirs, rtol=1e-10, atol=1e-10)


def test_lbfgs_chooses_pytorchs_directions_under_strong_wolfe():
    """PyTorch's search is another one, so its lengths differ; its directions follow from its iterates."""
    for case in RECORD["lbfgs"]["strong_wolfe"]:
        f, w = FUNCTIONS[case["loss"]], np.array(case["w"])
        pairs, gamma = [], 1.0
        for before, after in pairwise(w):
            d = -so.two_loop(f.grad(before), pairs, gamma)
            s, y = after - before, f.grad(after) - f.grad(before)
            lr = np.linalg.norm(s) / np.linalg.norm(d)
            assert cosine(s, d) > 1 - 1e-9
            assert strong_wolfe(f, before, d, lr)
            pairs, gamma = [*pairs, (s, y)][-case["memory"] :], s @ y / (y @ y)


@pytest.mark.parametrize("method", [so.bfgs, so.lbfgs])
def test_quasi_newton_reaches_scipys_minima(method):
    for case in RECORD["bfgs"]:
        f = FUNCTIONS[case["loss"]]
        run = method(f, f.grad, np.array(case["w"][0]))
        assert run.stopped == "converged"
        np.testing.assert_allclose(run.w[-1], case["x"], atol=1e-4)  # SciPy stopped at gradient 1e-5


def test_bfgs_converges_superlinearly_and_learns_the_inverse_hessian():
    run = so.bfgs(rosenbrock, rosenbrock.grad, np.array([-1.2, 1.0]), tolerance=1e-10)
    error = np.linalg.norm(run.w - 1, axis=1)
    factors = error[1:] / error[:-1]
    assert np.all(factors[-3:] < 0.2)
    assert np.median(factors) > 0.2


def test_a_pair_without_curvature_is_refused_by_the_update_and_left_out_by_the_run():
    with pytest.raises(ValueError, match="sᵀy > 0, got -1"):
        so.bfgs_update(np.eye(1), np.ones(1), -np.ones(1))
    # From near the maximum, a fixed short step lands where the slope is steeper: sᵀy < 0 there.
    for method in (so.bfgs, so.lbfgs):
        run = method(double_well, double_well.grad, 0.1, steps=1, line_search=None)
        s, y = np.diff(run.w), np.diff([double_well.grad(w) for w in run.w])
        assert s * y < 0
    run = so.bfgs(double_well, double_well.grad, 0.1)
    assert run.w[-1] == pytest.approx(math.sqrt(2), abs=1e-5)


@pytest.mark.parametrize("method", [so.bfgs, so.lbfgs])
@pytest.mark.parametrize("unit", [1e-12, 1e6])
def test_a_loss_in_other_units_is_minimised_too(method, unit):
    run = method(
        lambda w: unit * rosenbrock(w),
        lambda w: unit * rosenbrock.grad(w),
        np.zeros(2),
        tolerance=1e-6 * unit,
        line_search=partial(so.wolfe, most=60),  # the first step is 10¹² times too short, and doubles
    )
    assert run.stopped == "converged"
    assert len(run.w) < 60
    np.testing.assert_allclose(run.w[-1], 1, atol=1e-5)


def test_a_failed_line_search_ends_the_run_with_its_words():
    def downhill_for_ever(w):
        return -float(w[0])

    run = so.bfgs(downhill_for_ever, lambda w: np.array([-1.0]), np.zeros(1))
    assert run.stopped.startswith("line search: the loss still falls steeply")
    assert run.diverged_at is None
    assert np.all(np.isfinite(run.w))


# --- Least squares ---


def curve(fit=RECORD["curve_fit"]):
    x, y = np.array(fit["x"]), np.array(fit["y"])

    def residual(w):
        return w[0] * np.exp(-w[1] * x) + w[2] - y

    def jacobian(w):
        return np.stack([np.exp(-w[1] * x), -w[0] * x * np.exp(-w[1] * x), np.ones_like(x)], axis=1)

    return residual, jacobian


def test_levenberg_marquardt_finds_minpacks_solution():
    for fit in RECORD["curve_fit"]["fits"]:
        run = so.levenberg_marquardt(*curve(), np.array(fit["start"]))
        assert run.stopped == "converged"
        np.testing.assert_allclose(run.w[-1], fit["w"], rtol=1e-6)
        assert run.loss[-1] == pytest.approx(fit["loss"], rel=1e-9)
        assert np.all(np.diff(run.loss) < 0)


def test_the_trace_of_least_squares_has_the_loss_and_gradient_of_half_the_squares():
    residual, jacobian = curve()
    for method in (so.gauss_newton, so.levenberg_marquardt):
        run = method(residual, jacobian, np.array([1.0, 1.0, 0.0]))
        np.testing.assert_allclose(run.loss, [(residual(w) ** 2).sum() / 2 for w in run.w])
        np.testing.assert_allclose(run.grad, [jacobian(w).T @ residual(w) for w in run.w[:-1]], atol=1e-14)


def test_gauss_newton_finds_it_too_from_nearby():
    fit = RECORD["curve_fit"]["fits"][0]
    run = so.gauss_newton(*curve(), np.array(fit["w"]) + 0.1)
    np.testing.assert_allclose(run.w[-1], fit["w"], rtol=1e-6)


@unhurried
@given(seeds)
def test_gauss_newton_needs_one_step_where_the_residual_is_linear(seed):
    rng = np.random.default_rng(seed)
    J, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    run = so.gauss_newton(lambda w: J @ w - y, lambda w: J, np.zeros(3), steps=1)
    np.testing.assert_allclose(run.w[1], np.linalg.lstsq(J, y, rcond=None)[0], atol=1e-10)


@unhurried
@given(seeds)
def test_the_shift_leads_from_gauss_newton_to_the_gradient(seed):
    rng = np.random.default_rng(seed)
    J, r = rng.normal(size=(8, 3)), rng.normal(size=8)
    np.testing.assert_allclose(so.levenberg_marquardt_step(r, J, 0.0), so.gauss_newton_step(r, J), rtol=1e-6)
    np.testing.assert_allclose(1e9 * so.levenberg_marquardt_step(r, J, 1e9), -J.T @ r, rtol=1e-6, atol=1e-6)


def test_a_jacobian_without_full_rank_ends_gauss_newton_and_not_levenberg_marquardt():
    def residual(w):
        return np.array([w[0] + w[1] - 1, 2 * (w[0] + w[1]) - 2, 0.1])

    def jacobian(w):
        return np.array([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]])

    run = so.gauss_newton(residual, jacobian, np.zeros(2))
    assert run.stopped.startswith("singular Jacobian: rank 1 for 2 parameters")
    run = so.levenberg_marquardt(residual, jacobian, np.zeros(2))
    assert run.stopped == "converged"
    np.testing.assert_allclose(run.w[-1], [0.5, 0.5], atol=1e-8)


def test_levenberg_marquardt_says_when_nothing_lowers_the_loss():
    run = so.levenberg_marquardt(lambda w: w - 1.0, lambda w: -np.eye(2), np.zeros(2))  # the wrong sign
    assert run.stopped.startswith("no step lowers the loss")


@pytest.mark.parametrize(
    ("residual", "jacobian", "w0", "error", "words"),
    [
        (None, lambda w: np.eye(2), np.zeros(2), TypeError, "residual must be a function, got None"),
        (lambda w: w, lambda w: np.eye(3), np.zeros(2), ValueError, r"jacobian must return shape \(2, 2\)"),
        (lambda w: np.eye(2), lambda w: np.eye(2), np.zeros(2), ValueError, "residual must return a vector"),
        (lambda w: w, lambda w: np.eye(2), 1.0, ValueError, "w0 must be a vector"),
    ],
)
def test_what_least_squares_refuses(residual, jacobian, w0, error, words):
    for method in (so.gauss_newton, so.levenberg_marquardt):
        with pytest.raises(error, match=words):
            method(residual, jacobian, w0)
    with pytest.raises(ValueError, match="damping must be positive, got 0"):
        so.levenberg_marquardt(lambda w: w, lambda w: np.eye(2), np.zeros(2), damping=0)


# --- The run ---

METHODS = [
    so.steepest_descent,
    so.nonlinear_cg,
    so.bfgs,
    so.lbfgs,
    lambda f, grad, w0, **o: so.newton(f, grad, rosenbrock.hess, w0, **o),
    lambda f, grad, w0, **o: so.damped_newton(f, grad, rosenbrock.hess, w0, **o),
]


@pytest.mark.parametrize("method", METHODS)
def test_the_trace_counts_what_was_called_and_changes_nothing(method):
    called = {"f": 0, "grad": 0}

    def f(w):
        called["f"] += 1
        return rosenbrock(w)

    def grad(w):
        called["grad"] += 1
        return rosenbrock.grad(w)

    w0 = np.array([-1.2, 1.0])
    run = method(f, grad, w0, steps=15)
    np.testing.assert_array_equal(w0, [-1.2, 1.0])
    assert run.loss_calls[-1] == called["f"]
    assert run.grad_calls[-1] == called["grad"]
    assert run.calls[-1] == called["f"] + called["grad"]
    assert np.all(np.diff(run.calls) > 0)
    assert len(run.w) == len(run.loss) == len(run.calls) == len(run.grad) + 1 <= 16
    np.testing.assert_allclose(run.loss, [rosenbrock(w) for w in run.w], rtol=1e-15)
    np.testing.assert_allclose(run.grad, [rosenbrock.grad(w) for w in run.w[:-1]], rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_no_point_is_paid_twice_in_a_row(method):
    asked = []

    def f(w):
        asked.append(tuple(w))
        return rosenbrock(w)

    method(f, rosenbrock.grad, np.array([-1.2, 1.0]), steps=15)
    assert all(before != after for before, after in pairwise(asked))


def test_a_run_stops_where_the_gradient_is_within_the_tolerance():
    slope = np.linalg.norm(rosenbrock.grad(np.zeros(2)))
    for tolerance, steps in ((slope, 0), (np.nextafter(slope, 0), 1)):
        run = so.bfgs(rosenbrock, rosenbrock.grad, np.zeros(2), steps=1, tolerance=tolerance)
        assert len(run.w) - 1 == steps


def test_a_first_step_moves_no_parameter_by_more_than_one():
    assert so.first_lr(np.array([3.0, -1.0])) == 0.25
    assert so.first_lr(np.array([0.5, -0.25])) == 1.0
    assert so.first_lr(np.zeros(2)) == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_a_run_refuses_a_bad_start(method):
    f, grad = rosenbrock, rosenbrock.grad
    with pytest.raises(ValueError, match="w0 must be finite"):
        method(f, grad, np.array([np.nan, 1.0]))
    with pytest.raises(ValueError, match="w0 must be a number or a vector"):
        method(f, grad, np.ones((2, 2)))
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        method(f, grad, np.ones(2), steps=-1)
    with pytest.raises(ValueError, match="tolerance must not be negative"):
        method(f, grad, np.ones(2), tolerance=-1.0)
    with pytest.raises(TypeError, match="f must be a function"):
        method(3, grad, np.ones(2))
    with pytest.raises(ValueError, match=r"grad must return shape \(2,\), got \(3,\)"):
        method(f, lambda w: np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="finite loss and gradient"):
        method(lambda w: math.inf, grad, np.ones(2))


@pytest.mark.parametrize("method", METHODS)
def test_at_the_minimum_a_run_has_no_step(method):
    run = method(rosenbrock, rosenbrock.grad, np.ones(2))
    assert run.stopped == "converged"
    assert run.w.shape == (1, 2)
    assert run.grad.shape == (0, 2)


def test_what_quasi_newton_refuses():
    with pytest.raises(ValueError, match=r"H0 must be symmetric of shape \(2, 2\)"):
        so.bfgs(beale, beale.grad, np.ones(2), H0=np.eye(3))
    with pytest.raises(ValueError, match="memory must be at least 1, got 0"):
        so.lbfgs(beale, beale.grad, np.ones(2), memory=0)
    with pytest.raises(ValueError, match="lr must be positive, got 0"):
        so.lbfgs(beale, beale.grad, np.ones(2), lr=0)


def test_a_run_that_diverges_says_where_and_shows_it():
    run = so.newton(log_cosh, log_cosh.grad, log_cosh.hess, 1.1)
    assert run.stopped == "diverged"
    assert run.diverged_at == len(run.w) - 1
    assert np.all(np.isfinite(run.w[: run.last + 1]))
    assert repr(run).startswith("<Trace: diverged at step")


@unhurried
@given(seeds)
def test_bfgs_does_not_care_about_the_scale_of_the_loss_after_its_first_step(seed):
    """With the true inverse Hessian to begin with, BFGS is Newton on a quadratic: one step."""
    A, b = spd(seed, 4)
    f, grad = parabola_of(A, b)
    run = so.bfgs(f, grad, np.ones(4), H0=np.linalg.inv(A), tolerance=1e-9)
    assert len(run.w) == 2


def test_what_a_function_raises_says_whose_it_is():
    def f(w):
        return float(w @ w)

    for call, note in (
        (lambda: so.bfgs(math.sin, lambda w: 2 * w, np.ones(2)), "f raised this, called with array"),
        (
            lambda: so.bfgs(f, lambda w: 2 * w, np.ones(2), line_search=lambda f, grad: 1.0),
            "line_search is called",
        ),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert any(note in line for line in caught.value.__notes__)


def test_other_kinds_of_numbers_are_computed_in_float64():
    def run(w0, **options):
        return so.lbfgs(lambda w: np.sum(w**4), lambda w: 4 * w**3, w0, steps=5, **options)

    plain = run(np.array([1.0, 0.5]), lr=0.5, tolerance=0.25)
    for w0 in ([1, Fraction(1, 2)], [Decimal(1), Decimal("0.5")], np.array([1, 0.5], np.longdouble)):
        other = run(w0, lr=Fraction(1, 2), tolerance=Decimal("0.25"))
        assert other.w.dtype == np.float64
        assert np.array_equal(other.w, plain.w)
    g = np.array([1.0, 2.0])
    assert np.array_equal(so.two_loop(g, [], Decimal("0.5")), 0.5 * g)


def test_the_update_is_the_nearest_symmetric_matrix_and_without_symmetry_there_is_a_nearer_one():
    """In the norm weighted by a W with Ws = y, here that of the step itself: distance ‖W^½ (C − H) W^½‖."""
    rng = np.random.default_rng(3)
    A = rng.normal(size=(4, 4))
    W = A @ A.T + np.eye(4)
    s = rng.normal(size=4)
    y = W @ s
    H = np.eye(4)

    def far(C):  # the square of the norm
        change = C - H
        return np.trace(W @ change @ W @ change.T)

    new = so.bfgs_update(H, s, y)
    np.testing.assert_allclose(new @ y, s)
    np.testing.assert_allclose(new, new.T)
    # Any other symmetric matrix with Cy = s differs by a symmetric one that sends y to 0.
    keeps = np.eye(4) - np.outer(y, y) / (y @ y)
    for _ in range(20):
        B = rng.normal(size=(4, 4))
        assert far(new + 0.01 * keeps @ (B + B.T) @ keeps) > far(new)
    askew = H + np.outer(s - H @ y, s) / (s @ y)  # Cy = s, not symmetric
    np.testing.assert_allclose(askew @ y, s)
    assert far(askew) < far(new) - 1e-3
