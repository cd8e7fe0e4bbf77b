"""Nothing that has units may matter: a loss, its parameters and their number, times any power of ten.

Each method is compared with the closed form of the minimum, and with what it does itself at scale 1. And what
is handed over stays the caller's: buffers that are used again, arguments that are no numbers.
"""

import inspect
import json
import math
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from gdbook import second_order as so
from gdbook.functions import rosenbrock
from gdbook.second_order.quasi_newton import teaches

RECORD = json.loads((Path(__file__).parents[1] / "reference" / "second_order.json").read_text())

rng = np.random.default_rng(0)
Q, _ = np.linalg.qr(rng.normal(size=(5, 5)))
A = Q * np.geomspace(1, 1000, 5) @ Q.T
A = (A + A.T) / 2
GOAL = np.array([1.0, -2.0, 3.0, 0.5, -0.7])


class Loss:
    """A loss times ``c`` of parameters times ``p``, where it starts and where its minimum is."""

    def __init__(self, f, grad, hess, start, best):
        self.f, self.g, self.h, self.start, self.best = f, grad, hess, np.array(start, dtype=float), best

    def scaled(self, c, p):
        return Loss(
            lambda w: c * self.f(w / p),
            lambda w: c * self.g(w / p) / p,
            lambda w: c * self.h(w / p) / p / p,
            p * self.start,
            p * self.best,
        )


def bowl(start, best):
    return Loss(
        lambda w: (w - best) @ (w - best) / 2, lambda w: w - best, lambda w: np.eye(len(w)), start, best
    )


LOSSES = {
    "bowl": bowl(np.ones(3), np.zeros(3)),
    "bowl from afar": bowl([1e4], np.zeros(1)),
    "bowl from zero": bowl(np.zeros(3), np.ones(3)),
    "quadratic from zero, where it is zero": Loss(
        lambda w: w @ A @ w / 2 - GOAL @ A @ w, lambda w: A @ (w - GOAL), lambda w: A, np.zeros(5), GOAL
    ),
    "rosenbrock": Loss(rosenbrock, rosenbrock.grad, rosenbrock.hess, [-1.2, 1.0], np.ones(2)),
    "cosh": Loss(
        lambda w: np.sum(np.cosh(w - 1)),
        lambda w: np.sinh(w - 1),
        lambda w: np.diag(np.cosh(w - 1)),
        [3.0, -2.0],
        np.ones(2),
    ),
}
METHODS = {
    "bfgs": lambda loss, **o: so.bfgs(loss.f, loss.g, loss.start, **o),
    "bfgs, armijo": lambda loss, **o: so.bfgs(loss.f, loss.g, loss.start, line_search=so.armijo, **o),
    "lbfgs": lambda loss, **o: so.lbfgs(loss.f, loss.g, loss.start, **o),
    "lbfgs, armijo": lambda loss, **o: so.lbfgs(loss.f, loss.g, loss.start, line_search=so.armijo, **o),
    "PR+": lambda loss, **o: so.nonlinear_cg(loss.f, loss.g, loss.start, steps=2000, **o),
    "FR": lambda loss, **o: so.nonlinear_cg(loss.f, loss.g, loss.start, steps=2000, formula="FR", **o),
    "newton": lambda loss, **o: so.newton(loss.f, loss.g, loss.h, loss.start, **o),
    "damped newton": lambda loss, **o: so.damped_newton(loss.f, loss.g, loss.h, loss.start, **o),
}
LOSS_UNITS = [1e-12, 1e-8, 1.0, 1e8, 1e12]
UNITS = [(c, 1.0) for c in LOSS_UNITS] + [(1.0, 1e-12), (1.0, 1e12), (1e-12, 1e12), (1e12, 1e-12)]


@pytest.mark.parametrize("given", ["default tolerance", "scaled tolerance"])
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("method", METHODS)
def test_a_minimum_is_found_in_any_units(method, name, given):
    for c, p in UNITS:
        loss = LOSSES[name].scaled(c, p)
        run = METHODS[method](loss, **({} if given == "default tolerance" else {"tolerance": 1e-6 * c / p}))
        assert run.stopped == "converged", (c, p)
        # A gradient of 1e-6 of its first size, where the least curvature is 1/500 of the largest
        np.testing.assert_allclose(run.w[-1] / p, loss.best / p, atol=1e-3, err_msg=f"{c}, {p}")


@pytest.mark.parametrize("c", LOSS_UNITS)
@pytest.mark.parametrize("method", [so.steepest_descent, partial(so.steepest_descent, line_search=so.armijo)])
def test_steepest_descent_finds_it_too(method, c):
    loss = LOSSES["cosh"].scaled(c, 1.0)
    run = method(loss.f, loss.g, loss.start)
    np.testing.assert_allclose(run.w[-1], loss.best, atol=1e-5)


@pytest.mark.parametrize(("c", "p"), [(2.0**-40, 1.0), (1.0, 2.0**20), (2.0**-40, 2.0**40)])
@pytest.mark.parametrize("method", METHODS)
def test_the_iterates_are_the_same_but_for_their_unit(method, c, p):
    """Powers of two do not round, and where the gradient is small the problem's own scale decides."""
    plain = METHODS[method](LOSSES["rosenbrock"].scaled(2.0**-40, 1.0), tolerance=0)
    run = METHODS[method](LOSSES["rosenbrock"].scaled(c * 2.0**-40, p), tolerance=0)
    np.testing.assert_array_equal(run.w / p, plain.w)
    np.testing.assert_array_equal(run.calls, plain.calls)


@pytest.mark.parametrize("n", [1, 1000, 10**4, 10**6])
@pytest.mark.parametrize("method", [so.lbfgs, so.nonlinear_cg, so.steepest_descent])
def test_the_number_of_parameters_does_not_matter(method, n):
    run = method(lambda w: w @ w / 2, lambda w: w, np.ones(n))
    assert run.stopped == "converged"
    assert np.max(np.abs(run.w[-1])) <= 1e-6
    assert run.calls[-1] <= 60
    again = method(lambda w: w @ w / 2, lambda w: w, np.ones(10))
    assert abs(int(run.calls[-1]) - int(again.calls[-1])) <= 15


def test_no_more_calls_than_a_few_times_scipys():
    """On a bowl from afar, from many ones, and in small units."""
    for case in RECORD["scales"]:
        n, c, start = case["n"], case["c"], case["start"]
        method = {"BFGS": so.bfgs, "CG": so.nonlinear_cg, "L-BFGS-B": so.lbfgs}[case["method"]]
        run = method(
            lambda w, c=c: c * (w @ w) / 2, lambda w, c=c: c * w, np.full(n, start), tolerance=1e-5 * c
        )
        assert run.stopped == "converged"
        assert run.calls[-1] <= 2 * case["calls"] + 40, case


# --- Least squares ---

X = np.linspace(0, 4, 20)
W = np.array([2.0, 1.5, 0.5])
EXACT = W[0] * np.exp(-W[1] * X) + W[2]


def decay(c, p):
    """Residuals times ``c`` of parameters times ``p``, a vector with a unit for each."""

    def residual(w):
        a, b, floor = w / p
        return c * (a * np.exp(-b * X) + floor - EXACT)

    def jacobian(w):
        a, b, _ = w / p
        return c * np.stack([np.exp(-b * X), -a * X * np.exp(-b * X), np.ones_like(X)], axis=1) / p

    return residual, jacobian


@pytest.mark.parametrize("p", [1e-12, 1e-6, 1.0, 1e6, 1e12])
@pytest.mark.parametrize("c", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_a_fit_is_found_in_any_units(c, p):
    for method in (so.gauss_newton, so.levenberg_marquardt):
        for tolerance in (None, 1e-8 * c * c / p):
            run = method(*decay(c, p), p * np.array([1.0, 1.0, 0.0]), tolerance=tolerance)
            assert run.stopped == "converged", (method, tolerance)
            np.testing.assert_allclose(run.w[-1] / p, W, rtol=1e-6)


def test_gauss_newton_takes_parameters_of_different_units():
    p = np.array([1e-12, 1.0, 1e12])
    run = so.gauss_newton(*decay(1.0, p), p * np.array([1.0, 1.0, 0.0]), tolerance=0, steps=12)
    np.testing.assert_allclose(run.w[-1] / p, W, rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_levenberg_marquardt_is_not_troubled_by_rank(unit):
    """Only w₀ + w₁ counts, λ falls at each of many steps, and no matrix is singular."""

    def residual(w):
        return unit * np.array([(w[0] + w[1] - 1) ** 3, 1e-3 * (w[0] + w[1] - 1)])

    def jacobian(w):
        slope = 3 * (w[0] + w[1] - 1) ** 2
        return unit * np.array([[slope, slope], [1e-3, 1e-3]])

    run = so.levenberg_marquardt(residual, jacobian, np.array([4.0, 3.0]), tolerance=0, steps=400)
    assert run.stopped in ("converged", "steps")
    np.testing.assert_allclose(run.w[-1], [1.0, 0.0], atol=1e-6)  # of all solutions, the nearest
    np.testing.assert_allclose(
        so.levenberg_marquardt_step(np.ones(2), unit * np.ones((2, 2)), 0.0), -0.5 / unit * np.ones(2)
    )


def test_what_is_not_said_is_as_it_was():
    """How many steps, how many pairs, how many trials: a change of these changes what a reader's run does."""
    defaults = {
        name: {p.name: p.default for p in inspect.signature(getattr(so, name)).parameters.values()}
        for name in so.__all__
        if name[0].islower()
    }
    steps = {name: given["steps"] for name, given in defaults.items() if "steps" in given}
    assert steps == {
        "steepest_descent": 100,
        "conjugate_gradient": None,
        "nonlinear_cg": 500,
        "newton": 50,
        "damped_newton": 100,
        "gauss_newton": 50,
        "levenberg_marquardt": 200,
        "bfgs": 200,
        "lbfgs": 200,
    }
    assert defaults["lbfgs"]["memory"] == 10
    assert defaults["levenberg_marquardt"]["damping"] == 1e-3
    assert defaults["shifted_cholesky"]["least"] == 1e-3
    assert defaults["shifted_cholesky"]["most"] == 1e12
    assert defaults["nonlinear_cg"]["line_search"].keywords == {"c2": 0.1}
    assert (defaults["armijo"]["shrink"], defaults["armijo"]["most"]) == (0.5, 200)
    assert (defaults["wolfe"]["lr"], defaults["wolfe"]["most"]) == (1.0, 40)
    assert defaults["two_loop"]["gamma"] == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_the_default_tolerance_is_a_share_of_a_small_first_gradient_and_absolute_for_a_large_one(method):
    usual = 1e-10 if method == "newton" else 1e-6
    for c in (1e-6, 1.0, 1e3):
        loss = LOSSES["cosh"].scaled(c, 1.0)
        run = METHODS[method](loss)
        slopes = [np.linalg.norm(loss.g(w)) for w in run.w]
        limit = usual * min(1.0, slopes[0])
        assert all(slope > limit for slope in slopes[:-1])
        assert slopes[-1] <= limit or np.allclose(run.w[-1], loss.best, rtol=1e-12)


def trials(method, loss, **options):
    """The run, and the first η that each of its searches was given."""
    given = []

    def search(f, grad, w, direction, lr):
        given.append(lr)
        return so.wolfe(f, grad, w, direction, lr=lr)

    return method(loss.f, loss.g, loss.start, line_search=search, **options), given


@pytest.mark.parametrize("method", [so.steepest_descent, so.nonlinear_cg])
def test_the_next_trial_promises_the_last_fall(method):
    """Nocedal, Wright 2006, equation 3.60, times 1.01: 2(f_t − f_{t−1}) / φ′(0)."""
    loss = LOSSES["cosh"]
    run, given = trials(method, loss, steps=6)
    d = -run.grad[0]
    for t in range(1, 6):
        g, before = run.grad[t], run.grad[t - 1]
        beta = so.polak_ribiere(g, before) if method is so.nonlinear_cg else 0.0
        d = -g + beta * d
        if g @ d >= 0:
            d = -g
        assert given[t] == pytest.approx(1.01 * 2 * (run.loss[t] - run.loss[t - 1]) / (g @ d), rel=1e-9)


@pytest.mark.parametrize("method", [so.steepest_descent, so.nonlinear_cg, so.bfgs, so.lbfgs])
def test_the_first_trial_is_pytorchs_within_a_hundredfold_of_the_problems_scale(method):
    for c, start, trial in (
        (1.0, [3.0, -1.0], 1 / 4),  # 1/‖g‖₁
        (0.1, [3.0, -1.0], 1.0),  # at most 1
        (1e-3, [3.0, -1.0], 10.0),  # ‖w‖∞/‖g‖∞ = 1000, and a hundredth of it
        (1e6, [3e-8, -1e-8], 1e-4),  # ‖w‖∞/‖g‖∞ = 1e-6, a hundred times
    ):
        loss = Loss(lambda w, c=c: c * (w @ w) / 2, lambda w, c=c: c * w, None, start, None)
        assert trials(method, loss, steps=1)[1][0] == pytest.approx(trial, rel=1e-12)
    # At 0 the scale is |f|/‖g‖²: here 1/7 lies within a hundredfold, is too short, is too long
    for offset, trial in ((1.0, 1 / 7), (1e6, 1e6 / 25 / 100), (1e-4, 1e-4 / 25 * 100), (0.0, 1 / 7)):
        loss = Loss(
            lambda w, c=offset: c + w @ [3.0, 4.0] + w @ w, lambda w: 2 * w + [3.0, 4.0], None, [0, 0], None
        )
        assert trials(method, loss, steps=1)[1][0] == pytest.approx(trial, rel=1e-12)


@pytest.mark.parametrize("method", [so.bfgs, so.lbfgs])
def test_with_a_curvature_the_trial_is_one_and_without_it_grows_tenfold(method):
    assert trials(method, LOSSES["rosenbrock"], steps=5)[1][1:] == [1.0] * 4
    given = []

    def short(f, grad, w, direction, lr):
        given.append(lr)
        return 1e-20  # changes nothing, and shows nothing

    loss = LOSSES["rosenbrock"]
    method(loss.f, loss.g, loss.start, line_search=short, steps=4)
    assert given[1:] == [1e-19] * 3
    assert so.bfgs(loss.f, loss.g, loss.start, H0=np.eye(2), line_search=None, steps=1).w[1] == pytest.approx(
        loss.start - loss.g(loss.start)
    )


@pytest.mark.parametrize("method", [so.gauss_newton, so.levenberg_marquardt])
def test_a_fit_may_have_one_parameter_or_one_residual_and_not_none(method):
    run = method(lambda w: np.array([2 * w[0] - 6]), lambda w: np.array([[2.0]]), [1.0])
    np.testing.assert_allclose(run.w[-1], [3.0])
    with pytest.raises(ValueError, match=r"w0 must be a vector, got shape \(0,\)"):
        method(lambda w: np.ones(2), lambda w: np.ones((2, 0)), [])
    for beyond in (lambda w: [math.exp(1e4 * w[0]), 1.0], lambda w: np.array([np.inf, 1.0])):
        with pytest.raises(ValueError, match="w0 must have a finite loss"):
            method(beyond, lambda w: np.ones((2, 1)), [1.0])


@pytest.mark.parametrize("c", [(0.0, 0.9), (1e-4, 1.0), (0.5, 0.5), (0.6, 0.5), (-0.1, 0.9)])
def test_wolfes_numbers_are_in_order(c):
    with pytest.raises(ValueError, match="c1 and c2 must satisfy 0 < c1 < c2 < 1"):
        so.wolfe(rosenbrock, rosenbrock.grad, V, -V, c1=c[0], c2=c[1])


@pytest.mark.parametrize("most", [1, 5, 20])
def test_a_search_tries_as_often_as_it_says(most):
    """With the wrong sign the loss rises: one trial, and an interval that shrinks; a line never ends."""
    tried = []

    def rises(w):
        tried.append(w)
        return w

    with pytest.raises(so.LineSearchFailed, match=f"after {most + 1} trials"):
        so.wolfe(rises, lambda w: -1.0, 1.0, 1.0, most=most)
    assert len(tried) == 1 + 1 + (most + 1)
    tried.clear()
    with pytest.raises(so.LineSearchFailed, match=f"after {most} trials"):
        so.wolfe(lambda w: -rises(w), lambda w: -1.0, 0.0, 1.0, most=most)
    assert tried == [0.0] + [2.0**k if k <= 9 else 2.0**9 * 1000.0 ** (k - 9) for k in range(most)]
    tried.clear()
    with pytest.raises(so.LineSearchFailed, match="the loss has not fallen"):
        so.armijo(rises, lambda w: -1.0, 1.0, 1.0, most=most)
    assert tried == [1.0] + [1 + 0.5**k for k in range(most)]


def test_an_interval_that_begins_at_zero_shrinks_a_thousandfold_after_ten_trials():
    tried = []

    def rises(w):
        tried.append(w)
        return w

    with pytest.raises(so.LineSearchFailed):
        so.wolfe(rises, lambda w: -1.0, 0.0, 1.0, most=20)
    ratios = np.array(tried[3:]) / np.array(tried[2:-1])
    np.testing.assert_allclose(ratios[-10:], 1e-3, rtol=1e-12)
    assert np.all(ratios[:-10] > 0.01)


def test_a_pair_teaches_from_a_share_of_its_lengths_on():
    s = np.array([1e-8, 0.0])
    for unit in (1e-12, 1.0, 1e12):
        assert teaches(s, unit * np.array([1.5e-12, 1.0]))
        assert not teaches(s, unit * np.array([0.5e-12, 1.0]))
        assert not teaches(s, unit * np.array([-1.0, 1.0]))


def test_backtracking_ends_where_a_step_no_longer_changes_anything():
    tried = []

    def rises(w):
        tried.append(w)
        return w

    with pytest.raises(so.LineSearchFailed):
        so.armijo(rises, lambda w: -1.0, 1.0, 1.0)
    assert len(tried) == 1 + 53  # 1 + 2⁻⁵² is the last number beside 1


# --- Where there is nothing left to do, or nothing that can be done ---


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("steps", [6, 50, 500])
def test_conjugate_gradients_rest_at_the_solution(unit, steps):
    run = so.conjugate_gradient(unit * A, unit * (A @ GOAL), steps=steps, tolerance=0)
    assert run.stopped in ("converged", "steps")
    np.testing.assert_allclose(run.w[-1], GOAL, rtol=1e-9)
    run = so.conjugate_gradient(unit * A, unit * (A @ GOAL))
    np.testing.assert_allclose(run.w[-1], GOAL, rtol=1e-6)


def test_conjugate_gradients_solve_a_singular_system_that_has_solutions_and_refuse_one_that_has_none():
    run = so.conjugate_gradient(np.diag([1.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0]), steps=20, tolerance=0)
    np.testing.assert_allclose(run.w[-1], [1.0, 0.5, 0.0], atol=1e-15)
    for unit in (1e-12, 1.0, 1e12):
        with pytest.raises(ValueError, match="A must be positive definite, got curvature"):
            so.conjugate_gradient(unit * np.diag([1.0, 2.0, 0.0]), np.ones(3), steps=50)
        for seed in range(20):
            b = np.random.default_rng(seed).normal(size=3)
            with pytest.raises(ValueError, match="A must be positive definite"):
                so.conjugate_gradient(unit * np.diag([1.0, 2.0, 0.0]), b, steps=50)


def test_a_matrix_is_symmetric_in_any_units():
    almost = A + 1e-14 * rng.normal(size=(5, 5))
    so.conjugate_gradient(1e-12 * almost, 1e-12 * np.ones(5))
    skew = 1e-12 * np.array([[1.0, 0.5], [0.0, 1.0]])
    for call in (
        lambda: so.conjugate_gradient(skew, np.ones(2)),
        lambda: so.exact(skew),
        lambda: so.shifted_cholesky(skew),
        lambda: so.bfgs(rosenbrock, rosenbrock.grad, np.zeros(2), H0=skew),
    ):
        with pytest.raises(ValueError, match="must be square and symmetric"):
            call()


def test_a_shift_is_relative_to_the_matrix():
    H = np.array([[1.0, 2.0], [2.0, -3.0]])
    _, shift = so.shifted_cholesky(H)
    for unit in (2.0**-40, 2.0**40):
        assert so.shifted_cholesky(unit * H)[1] == unit * shift


def test_the_first_shift_lifts_the_least_diagonal_entry():
    for H in (np.diag([1.0, -3.0]), np.diag([-3.0, 1.0]), np.array([[1.0, 0.1], [0.1, -3.0]])):
        L, shift = so.shifted_cholesky(H)
        assert shift == pytest.approx(3 + 1e-3 * np.linalg.norm(H), rel=1e-14)
        np.testing.assert_allclose(L @ L.T, H + shift * np.eye(2), atol=1e-14)
    assert so.shifted_cholesky(np.diag([1.0, 1e-9]))[1] == 0
    # A diagonal that is fine, and an indefinite matrix: τ from least · ‖H‖ on, doubled
    H = np.array([[1.0, 2.0], [2.0, 1.0]])
    taus = 1e-3 * np.linalg.norm(H) * 2.0 ** np.arange(20)
    assert so.shifted_cholesky(H)[1] == pytest.approx(taus[taus > 1][0], rel=1e-14)
    assert so.shifted_cholesky(-np.eye(2), most=1.0)[1] == pytest.approx(1 + 1e-3 * math.sqrt(2))


@pytest.mark.parametrize("answer", [None, math.nan, math.inf, 0.0, -1.0, "1", [1.0, 2.0], 1j, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_line_search_must_return_a_step(method, answer):
    if method == "newton" or "armijo" in method:
        return
    with pytest.raises((TypeError, ValueError), match="line_search"):
        METHODS[method](LOSSES["cosh"], line_search=lambda f, grad, w, direction, lr: answer)


def test_a_line_search_is_a_function():
    with pytest.raises(TypeError, match="line_search must be a function, got 3"):
        so.bfgs(rosenbrock, rosenbrock.grad, np.zeros(2), line_search=3)


def test_at_the_minimum_to_rounding_a_run_has_converged():
    """A loss with a large constant cannot fall by less than its rounding; the slopes go on."""
    for method in (so.bfgs, so.lbfgs, so.nonlinear_cg):
        run = method(lambda w: 1e6 + w @ w / 2, lambda w: w, np.array([3.0, 4.0]), tolerance=1e-9)
        assert run.stopped == "converged"
        assert np.max(np.abs(run.w[-1])) < 1e-4
    residual, jacobian = decay(1.0, 1.0)
    off = np.cos(7 * X)  # a fit that leaves something
    run = so.levenberg_marquardt(
        lambda w: residual(w) + off, jacobian, np.array([1.0, 1.0, 0.0]), tolerance=0
    )
    assert run.stopped == "converged"
    assert np.linalg.norm(jacobian(run.w[-1]).T @ (residual(run.w[-1]) + off)) < 1e-6


def test_a_search_goes_any_distance():
    for c in (1e-24, 1e-12, 1.0, 1e12, 1e24):
        f, grad = (lambda w, c=c: c * (w - 1) @ (w - 1) / 2), (lambda w, c=c: c * (w - 1))
        w, d = np.zeros(2), -grad(np.zeros(2))
        lr = so.wolfe(f, grad, w, d)
        assert abs(grad(lr * d) @ d) <= 0.9 * (d @ d)
        if c >= 1:
            assert 0 < so.armijo(f, grad, w, d) <= 2 / c
    # What overflows or has no logarithm, far too far away, is stepped back from
    far = so.wolfe(lambda w: math.exp(w) - 2 * w, lambda w: math.exp(w) - 2, 0.0, 1.0, lr=1e30)
    assert far == pytest.approx(math.log(2), abs=0.7)


def test_first_steps_from_zero_where_the_loss_is_zero_are_found_by_searching():
    for c in (1e-12, 1e12):
        loss = LOSSES["quadratic from zero, where it is zero"].scaled(c, 1.0)
        assert so.bfgs(loss.f, loss.g, loss.start).calls[-1] <= 140  # 62 at scale 1


# --- Buffers ---


def reusing(call, shape):
    """The function with one buffer for all of its answers."""
    buffer = np.empty(shape)

    def answer(w):
        buffer[...] = call(w)
        return buffer

    return answer


def overwriting(call):
    """The function, rude to its argument."""

    def answer(w):
        value = call(w.copy())
        w[...] = np.nan
        return value

    return answer


@pytest.mark.parametrize("rude", ["reuses its buffer", "overwrites its argument"])
@pytest.mark.parametrize("method", METHODS)
def test_what_callbacks_keep_or_change_is_theirs(method, rude):
    loss = LOSSES["rosenbrock"]
    plain = METHODS[method](loss)
    if rude == "reuses its buffer":
        other = Loss(
            reusing(loss.f, ()), reusing(loss.g, (2,)), reusing(loss.h, (2, 2)), loss.start, loss.best
        )
    else:
        other = Loss(overwriting(loss.f), overwriting(loss.g), overwriting(loss.h), loss.start, loss.best)
    run = METHODS[method](other)
    for record in ("w", "loss", "grad", "calls"):
        np.testing.assert_array_equal(getattr(run, record), getattr(plain, record))


@pytest.mark.parametrize("method", [so.gauss_newton, so.levenberg_marquardt])
def test_residuals_may_reuse_their_buffers_too(method):
    residual, jacobian = decay(1.0, 1.0)
    start = np.array([1.0, 5.0, 1.0]) if method is so.levenberg_marquardt else np.array([1.0, 1.0, 0.0])
    plain = method(residual, jacobian, start)
    for r, J in (
        (reusing(residual, (20,)), reusing(jacobian, (20, 3))),
        (overwriting(residual), overwriting(jacobian)),
    ):
        run = method(r, J, start)
        np.testing.assert_array_equal(run.w, plain.w)
        np.testing.assert_array_equal(run.grad, plain.grad)


@pytest.mark.parametrize("search", [so.armijo, so.wolfe, so.exact(np.diag([1.0, 10.0]))])
def test_searches_take_buffers_and_give_them_back(search):
    f, grad = (lambda w: w @ (w * [1.0, 10.0]) / 2), (lambda w: w * [1.0, 10.0])
    w, d = np.array([10.0, 1.0]), np.array([-10.0, -10.0])
    lr = search(f, grad, w, d)
    assert search(reusing(f, ()), reusing(grad, (2,)), w, d) == lr
    assert search(overwriting(f), overwriting(grad), w, d) == lr
    np.testing.assert_array_equal(w, [10.0, 1.0])


def test_a_line_search_gets_copies():
    def rude(f, grad, w, direction, lr):
        found = so.wolfe(f, grad, w, direction, lr=lr)
        w[:] = direction[:] = 0
        return found

    loss = LOSSES["rosenbrock"]
    plain, run = (so.bfgs(loss.f, loss.g, loss.start, line_search=s) for s in (so.wolfe, rude))
    np.testing.assert_array_equal(run.w, plain.w)


def test_arguments_are_not_changed():
    H, s, y = np.eye(2), np.array([1.0, 2.0]), np.array([2.0, 1.0])
    kept = [H.copy(), s.copy(), y.copy()]
    so.bfgs_update(H, s, y)
    so.two_loop(s, [(s, y)], 2.0)
    so.newton_step(s, H)
    so.gauss_newton_step(s, H)
    so.levenberg_marquardt_step(s, H, 1.0)
    so.shifted_cholesky(H)
    so.bfgs(rosenbrock, rosenbrock.grad, s, H0=H, steps=5)
    so.conjugate_gradient(H, s, y)
    for now, before in zip((H, s, y), kept, strict=True):
        np.testing.assert_array_equal(now, before)


# --- Arguments that are none ---

V, M = np.array([1.0, 2.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
CALLS = {  # each public function, with arguments that do
    so.bfgs_update: {"H": M, "s": V, "y": V},
    so.two_loop: {"g": V, "pairs": [(V, V)], "gamma": 1.0},
    so.newton_step: {"g": V, "H": M},
    so.shifted_cholesky: {"H": M, "least": 1e-3, "most": 1e12},
    so.gauss_newton_step: {"r": V, "J": M},
    so.levenberg_marquardt_step: {"r": V, "J": M, "damping": 1.0},
    so.first_lr: {"g": V},
    so.fletcher_reeves: {"g": V, "g_before": V},
    so.polak_ribiere: {"g": V, "g_before": V},
    so.exact: {"A": M},
    so.conjugate_gradient: {"A": M, "b": V, "w0": V, "steps": 3, "tolerance": 1e-6},
    so.armijo: {
        "f": lambda w: np.vdot(w, w),
        "grad": lambda w: 2 * w,
        "w": V,
        "direction": -V,
        "lr": 1.0,
        "c1": 1e-4,
        "shrink": 0.5,
        "most": 9,
    },
    so.wolfe: {
        "f": lambda w: np.vdot(w, w),
        "grad": lambda w: 2 * w,
        "w": V,
        "direction": -V,
        "lr": 1.0,
        "c1": 1e-4,
        "c2": 0.9,
        "most": 9,
    },
    **{
        method: {
            "f": lambda w: np.vdot(w, w),
            "grad": lambda w: 2 * w,
            "w0": V,
            "steps": 3,
            "tolerance": 1e-6,
            "line_search": so.wolfe,
        }
        for method in (so.steepest_descent, so.nonlinear_cg, so.bfgs, so.lbfgs)
    },
    so.newton: {
        "f": lambda w: np.vdot(w, w),
        "grad": lambda w: 2 * w,
        "hess": lambda w: 2 * np.eye(2),
        "w0": V,
        "steps": 3,
        "tolerance": 1e-6,
    },
    so.damped_newton: {
        "f": lambda w: np.vdot(w, w),
        "grad": lambda w: 2 * w,
        "hess": lambda w: 2 * np.eye(2),
        "w0": V,
        "steps": 3,
        "tolerance": 1e-6,
        "line_search": so.wolfe,
    },
    **{
        method: {
            "residual": lambda w: w - 1,
            "jacobian": lambda w: np.eye(2),
            "w0": V,
            "steps": 3,
            "tolerance": 1e-6,
        }
        for method in (so.gauss_newton, so.levenberg_marquardt)
    },
}
ODD = [
    None,
    "one",
    1j,
    True,
    math.nan,
    math.inf,
    -math.inf,
    -1,
    0,
    [],
    {},
    object(),
    10**400,
    np.zeros(0),
    np.zeros(3),
    np.zeros((2, 3)),
    np.zeros((2, 2, 2)),
    np.array([1, 2j]),
    np.array([np.nan, 1.0]),
    np.array(["a", "b"]),
    [1.0, [2.0]],
    np.ma.masked_array([1.0, 2.0], [True, False]),
    np.float64("nan"),
    lambda *a, **k: None,
    lambda *a, **k: "no",
    lambda *a, **k: np.ones(5),
    lambda *a, **k: 1j,
    lambda *a, **k: math.nan,
]


def test_every_public_function_is_called_here():
    classes = {so.LineSearchFailed, so.NotADescentDirection, so.Singular, so.SecondOrderTrace}
    assert set(CALLS) == {getattr(so, name) for name in so.__all__} - classes


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_odd_arguments_are_named_or_make_a_result(call):
    """A ValueError, TypeError, or what the docstring says is raised: with the argument's name in it."""
    call(**CALLS[call])
    nameless = []
    for name in CALLS[call]:
        for odd in ODD:
            try:
                call(**{**CALLS[call], name: odd})
            except (TypeError, ValueError) as error:
                nameless += [] if name in str(error) else [(name, odd, error)]
            except (so.Singular, so.LineSearchFailed):
                pass
    assert nameless == []


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_integers_lists_fractions_and_small_floats_are_numbers(call):
    for name, value in CALLS[call].items():
        if isinstance(value, np.ndarray):
            plain = call(**CALLS[call])
            for other in (value.tolist(), [*map(Fraction, value)] if value.ndim == 1 else value.tolist()):
                answer = call(**{**CALLS[call], name: other})
                if isinstance(plain, (float, np.ndarray)):
                    np.testing.assert_array_equal(answer, plain)


def test_arrays_of_other_shapes_are_named_with_both_shapes():
    with pytest.raises(
        ValueError, match=r"H must have shape \(2, 2\) beside g of shape \(2,\), got \(3, 3\)"
    ):
        so.newton_step(V, np.eye(3))
    with pytest.raises(ValueError, match=r"J must have shape \(2, n\) beside r.*, got \(3, 2\)"):
        so.gauss_newton_step(V, np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"y must have shape \(2\) beside H.*, got \(3,\)"):
        so.bfgs_update(M, V, np.ones(3))
    with pytest.raises(ValueError, match=r"pairs must have the shape of g, \(2,\), got \(3,\), \(3,\) at 0"):
        so.two_loop(V, [(np.ones(3), np.ones(3))])
    with pytest.raises(ValueError, match=r"w0 must have the shape of b, \(2,\), got \(3,\)"):
        so.conjugate_gradient(M, V, np.ones(3))
    with pytest.raises(ValueError, match=r"direction must have shape \(2,\), as A has it, got \(3,\)"):
        so.exact(M)(lambda w: w @ w, lambda w: 2 * w, np.ones(3), -np.ones(3))
    lengths = iter([2, 3])
    with pytest.raises(ValueError, match=r"residual must return shape \(2,\), got \(3,\)"):
        so.levenberg_marquardt(lambda w: np.ones(next(lengths)), lambda w: np.eye(2), V)


def test_shifted_cholesky_ends():
    with pytest.raises(ValueError, match="least must be positive, got 0"):
        so.shifted_cholesky(np.zeros((2, 2)), least=0)
    assert so.shifted_cholesky(np.zeros((2, 2)))[1] == 1e-3
    with pytest.raises(so.Singular):
        so.shifted_cholesky(-np.eye(2), most=1e-6)


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_one_odd_component_is_enough_to_have_diverged(odd):
    def grad(w):
        return np.array([w[0], w[1] if w[1] > 0.9 else odd])

    run = so.bfgs(lambda w: w @ w / 2, grad, np.ones(2), line_search=None)
    assert run.stopped == "diverged"
    assert run.diverged_at == len(run.w) - 1
    with pytest.raises(ValueError, match="w0 must have a finite loss and gradient"):
        so.bfgs(lambda w: w @ w / 2, grad, np.array([1.0, 0.5]))


def test_pairs_without_curvature_are_refused():
    with pytest.raises(ValueError, match=r"pairs must have sᵀy > 0, got -5 at 1"):
        so.two_loop(V, [(V, V), (V, -V)])
    with pytest.raises(ValueError, match=r"pairs must have sᵀy > 0, got 0 at 0"):
        so.two_loop(V, [(V, np.array([2.0, -1.0]))])


def test_a_search_of_the_readers_own_may_go_too_far_without_a_warning():
    def search(f, grad, w, direction, lr):
        assert not f(w + 1e300 * direction) < math.inf  # inf − inf
        return so.wolfe(f, grad, w, direction, lr=lr)

    run = so.bfgs(lambda w: w @ w - 0.5 * (w @ w), lambda w: w, np.array([3.0, 4.0]), line_search=search)
    assert run.stopped == "converged"


def test_steps_of_rounding_on_a_slope_are_no_rest():
    """Each step moves w by its last bit; the slope stays 1, and says that there is far to go."""
    run = so.steepest_descent(
        lambda w: w[0], lambda w: np.ones(1), np.array([1e8]), steps=5, line_search=lambda *a, lr: 1e-8
    )
    assert run.stopped == "steps"
    assert np.all(np.diff(run.w[:, 0]) < 0)


def test_newton_diverges_where_it_leaps_and_stops_where_it_creeps_into_what_has_no_curvature():
    """log cosh written so that it never overflows: far out its curvature is 0."""

    def f(x):
        return abs(x) + math.log1p(math.exp(-2 * abs(x))) - math.log(2)

    for start, ends in ((1.088, "converged"), (1.089, "diverged"), (1.1, "diverged"), (5.0, "diverged")):
        run = so.newton(f, math.tanh, lambda x: 1 - math.tanh(x) ** 2, start)
        assert run.stopped == ends
        if ends == "diverged":
            assert run.diverged_at == len(run.w) - 1
            assert np.all(np.isfinite(run.w[:-1]))
            assert np.isnan(run.w[-1])
            assert run.calls[-1] == run.calls[-2]
    run = so.newton(f, math.tanh, lambda x: 1 - math.tanh(x) ** 2, 1.2)
    assert run.stopped.startswith("singular Hessian")


def test_a_function_of_a_number_may_leave_what_floats_can_hold():
    """Python's floats raise where NumPy's overflow or divide by 0: the run diverges, and says so."""
    for f, grad, hess, start in (
        (math.exp, math.exp, lambda x: -1e-3, 1.0),  # overflows
        (math.sin, lambda x: -1e308, lambda x: 1.0, 1e308),  # no sine of infinity
        (lambda x: 1 / x, lambda x: -1 / x**2, lambda x: -1 / x**2, 1.0),  # from 1 to 0
    ):
        assert so.newton(f, grad, hess, start).stopped == "diverged"
