"""What the figures of *Second order* draw, against arithmetic written out here."""

import math

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import second_order as figures
from gdbook.figures.colours import DESCENT, DIVERGES, INK, MOMENTUM, MUTED, NEWTON, ramp
from gdbook.figures.plates.second_order import backtracking, newton_step
from gdbook.functions import log_cosh, rosenbrock, wavy
from gdbook.second_order import damped_newton, gauss_newton, levenberg_marquardt
from gdbook.site.build.svg import inline_svg
from gdbook.theory import exact_line_search_factor, gd_best_rate

ALL = [
    newton_step,
    backtracking,
    figures.log_cosh_limit,
    figures.zigzag,
    figures.cg_clusters,
    figures.curve_fit,
    figures.race,
]


def lines(ax, colour):
    return [np.array(line.get_xydata()) for line in ax.lines if line.get_color() == colour]


@pytest.mark.parametrize("draw", ALL)
def test_a_figure_is_small_and_says_what_it_shows(draw):
    assert draw.__doc__
    assert len(inline_svg(draw(), "what it shows", "figure")) < 25_000


def test_the_parabola_touches_and_its_lowest_point_is_the_next_x():
    (ax,) = newton_step().axes
    model, step, *_ = lines(ax, NEWTON)
    x, height = model.T
    a, b, c = np.polyfit(x, height, 2)
    x0 = 2.2
    assert np.polyval([a, b, c], x0) == pytest.approx(x0**4 / 4 - x0**2)
    assert 2 * a * x0 + b == pytest.approx(x0**3 - 2 * x0)
    assert 2 * a == pytest.approx(3 * x0**2 - 2)
    np.testing.assert_allclose(step[:, 0], -b / (2 * a))
    np.testing.assert_allclose(step[0, 1], c - b**2 / (4 * a))
    (tangent,) = lines(ax, DESCENT)
    assert np.diff(tangent[:, 1]) / np.diff(tangent[:, 0]) == pytest.approx(x0**3 - 2 * x0)


def test_log_cosh_shows_newton_below_and_above_its_limit():
    (ax,) = figures.log_cosh_limit().axes
    for colour, start in ((NEWTON, 1.0), (DIVERGES, 1.1)):
        drawn = lines(ax, colour)[0][:, 1]
        x = start
        for y in drawn:
            assert y == pytest.approx(abs(x), rel=1e-9)
            x -= math.sinh(2 * x) / 2
    assert lines(ax, NEWTON)[0][-1, 1] < 1e-3
    assert lines(ax, DIVERGES)[0][-1, 1] > 5


@pytest.mark.parametrize(("lr", "c1"), [(8.0, 0.1), (10.5, 0.1), (11.0, 0.5), (0.2, 0.0001), (6.0, 0.3)])
def test_the_plate_s_bars_are_where_the_conditions_hold_and_its_step_is_armijo_s(lr, c1):
    start, c2 = 5.0, 0.3

    def phi(lr):
        x = start - lr
        return x * x / 8 + 0.4 * (1 - np.cos(3 * x))

    def slope(lr):
        x = start - lr
        return -(x / 4 + 1.2 * np.sin(3 * x))

    calls = backtracking.record(lr=lr, c1=c1)
    steps = np.linspace(0, 11, 221)
    fallen = phi(steps) <= phi(0) + c1 * steps * slope(0)
    both = fallen & (abs(slope(steps)) <= c2 * abs(slope(0)))
    for colour, good in (("pale", fallen), ("middle", both)):
        bars = [call[1] for call in calls if call[0] == "path" and call[2:4] == [colour, 7]]
        inside = [any(a - 1e-9 <= step <= b + 1e-9 for (a, _), (b, _) in bars) for step in steps]
        np.testing.assert_array_equal(inside, good)
    found = figures.armijo(wavy, wavy.grad, start, -1.0, lr=lr, c1=c1)
    refused, accepted = (call[1] for call in calls if call[0] == "dots")
    assert accepted == [[found, pytest.approx(phi(found), rel=1e-12)]]
    assert [step for step, _ in refused] == [lr / 2**k for k in range(1, round(math.log2(lr / found)))]
    words = backtracking.said(lr=lr, c1=c1)
    assert ("flat enough" in words) == (abs(slope(found)) <= c2 * abs(slope(0)))
    assert ("under the line" in words) == (found == lr)
    assert found == lr or f"search takes {found:.3g}." in words
    assert f"is {abs(slope(found) / slope(0)):.2f} of that at 0" in words


def test_wolfe_s_search_goes_on_to_where_it_is_flat():
    by_armijo, by_wolfe = figures.cut_steps()
    assert by_armijo == 8.0
    assert abs(wavy.grad(5 - by_wolfe)) <= 0.3 * abs(wavy.grad(5.0)) < abs(wavy.grad(5 - by_armijo))


def test_the_zigzag_has_its_factor_and_conjugate_gradients_two_steps():
    (ax,) = figures.zigzag().axes
    (descent,) = lines(ax, DESCENT)
    t = np.arange(len(descent))
    np.testing.assert_allclose(descent[:, 0], 10 * (9 / 11) ** t)
    np.testing.assert_allclose(descent[:, 1], (-9 / 11) ** t)
    (conjugate,) = lines(ax, INK)
    assert len(conjugate) == 3
    np.testing.assert_allclose(conjugate[1], descent[1])
    np.testing.assert_allclose(conjugate[2], 0, atol=1e-12)


def test_clusters_make_conjugate_gradients_fast():
    spread, clusters, descent = figures.cluster_runs()
    np.testing.assert_allclose([spread[0], clusters[0], descent[0]], 1)
    assert (clusters > 1e-8).sum() < 15
    assert spread[-1] < 0.01 < 0.1 < descent[-1]
    (ax,) = figures.cg_clusters().axes
    np.testing.assert_array_equal(
        next(line for line in ax.lines if line.get_linestyle() == "--").get_ydata(), spread
    )


def test_the_fitted_curve_is_the_least_squares_fit():
    """For b given, a and c come from linear least squares; a fine grid of b has the same best loss."""
    (ax,) = figures.curve_fit().axes
    x, y = figures.decay()
    (fit,) = lines(ax, ramp(2)[1])

    def best(b):
        X = np.stack([np.exp(-b * x), np.ones_like(x)], axis=1)
        (a, c), *_ = np.linalg.lstsq(X, y, rcond=None)
        return ((a * np.exp(-b * x) + c - y) ** 2).sum(), a, b, c

    _, a, b, c = min(best(b) for b in np.linspace(1, 2.5, 3001))
    # The grid's b is within half a step, 2.5e-4, of the best.
    np.testing.assert_allclose(fit[:, 1], a * np.exp(-b * fit[:, 0]) + c, atol=5e-4)


def test_the_comparison_gives_all_methods_the_same_budget():
    settings = [*figures.RATES.values(), figures.C2S, figures.HALF_C2S, figures.C1S]
    assert all(len(set(tried)) == figures.BUDGET for tried in settings)
    for found in figures.comparison().values():
        assert len(found) == len(figures.STARTS)
        assert all(calls < figures.MOST_CALLS for calls, _ in found)


def test_gradient_descents_calls_are_those_of_its_best_rate():
    """One start, each rate in a plain loop."""
    start = figures.STARTS[1]
    took = {}
    for lr in figures.RATES["gradient descent"]:
        w = np.array(start)
        for t in range(8000):
            if rosenbrock(w) <= figures.GOAL:
                took[lr] = t
                break
            if not abs(w).max() < 1e6:
                break
            w = w - lr * rosenbrock.grad(w)
    best = min(took, key=took.get)
    assert figures.comparison()["gradient descent"][1] == (took[best], best)


def test_the_race_draws_each_method_to_the_goal_in_its_calls():
    for name, (calls, loss) in figures.race_runs().items():
        count = figures.comparison()[name][0][0]
        arrived = np.argmax(np.asarray(loss) <= figures.GOAL)
        # A rule is charged for the gradients before the point; a search for the calls at it too.
        assert calls[arrived] - count == (1 if name in ("gradient descent", "momentum 0.9") else 0)
    drawn = {line.get_label(): line for line in figures.race().axes[0].lines}
    for name, (calls, loss) in figures.race_runs().items():
        np.testing.assert_array_equal(drawn[name].get_xdata(), calls)
        np.testing.assert_allclose(drawn[name].get_ydata(), np.maximum(loss, 1e-12))


def test_the_race_gives_no_method_the_colour_of_another_rule():
    own = {"gradient descent": DESCENT, "momentum 0.9": MOMENTUM, "damped Newton": NEWTON}
    styles = set()
    for line in figures.race().axes[0].lines:
        name = line.get_label()
        if name in figures.comparison():
            assert line.get_color() == own.get(name, line.get_color())
            assert name in own or line.get_color() in (INK, MUTED)
            styles.add((line.get_color(), line.get_linestyle()))
    assert len(styles) == len(figures.comparison())


def test_what_the_page_says_of_the_rates_between_those_tried():
    """From (1.5, −0.5) a rate between two that were tried arrives many times sooner: a plain loop."""
    w, calls = np.array([1.5, -0.5]), 0
    while rosenbrock(w) > figures.GOAL:
        w, calls = w - 0.00189 * rosenbrock.grad(w), calls + 1
    assert figures.first_order_calls(figures.sgd, (0.00189,), ((1.5, -0.5),)) == [[calls]]
    assert 10 * calls < figures.comparison()["gradient descent"][2][0]


def test_the_rates_of_gradient_descent_are_below_its_limit_at_the_minimum():
    limit = 2 / np.linalg.eigvalsh(rosenbrock.hess(np.ones(2)))[-1]
    assert figures.limit_at_the_minimum() == pytest.approx(limit)
    assert 0.99 * limit < max(figures.RATES["gradient descent"]) < limit


def test_what_the_page_says_of_newton_on_the_double_well():
    """From 0.3 to the maximum, from 0.7 to the other well, from 1 to the near one."""
    from gdbook.functions import double_well

    ends = [figures.newton_on(double_well, x0).w[-1] for x0 in (0.3, 0.7, 1.0)]
    np.testing.assert_allclose(ends, [0, -math.sqrt(2), math.sqrt(2)], atol=1e-9)


def test_what_the_page_says_of_gauss_newton_and_levenberg_marquardt():
    problem, start = figures.decay_problem(), [1.0, 5.0, 1.0]
    assert gauss_newton(*problem, start).stopped.startswith("singular Jacobian")
    assert levenberg_marquardt(*problem, start).stopped == "converged"


def test_newton_s_error_is_the_constant_times_the_square():
    error = figures.newton_on(figures.double_well, 2.6).w - math.sqrt(2)
    assert error[5] / error[4] ** 2 == pytest.approx(figures.error_constant(), abs=0.01)
    # f‴/(2f″) = 6√2/8, from f″ = 3x² − 2
    assert figures.error_constant() == pytest.approx(3 * math.sqrt(2) / 4)


def test_near_the_minimum_newton_is_its_formula():
    x, errors = math.sqrt(2) + 0.01, figures.errors_from(0.01)
    for error in errors[:4]:
        assert error == pytest.approx(abs(x - math.sqrt(2)), rel=1e-6, abs=1e-15)
        x -= (x**3 - 2 * x) / (3 * x**2 - 2)
    assert (errors[:3] > 1e-14).all()
    assert errors[3] < 1e-14


def test_each_exact_step_has_the_factor_of_theory():
    factors = figures.zigzag_factors()
    np.testing.assert_allclose(abs(factors), exact_line_search_factor(10), rtol=0, atol=1e-12)
    assert (factors[:, 0] > 0).all()
    assert (factors[:, 1] < 0).all()


def test_one_exact_step_may_shrink_the_distance_less_than_the_best_rate():
    # From (1, 1) on ½(x² + 4y²): g = (1, 4), η = 17/65, and the step leads to (48, −3)/65.
    assert figures.exact_step(4, 1) == pytest.approx(math.hypot(48, 3) / 65 / math.sqrt(2))
    assert gd_best_rate(1, 100) < figures.exact_step(100, 0.04) < 1


def test_steps_with_clusters_is_the_step_from_which_all_points_are_below():
    """The residuals drawn, which do not fall at every step."""
    drawn = lines(figures.cg_clusters().axes[0], INK)[-1]
    step = figures.steps_with_clusters()
    assert (drawn[step:, 1] <= 1e-8).all()
    assert drawn[step - 1, 1] > 1e-8


def test_the_goal_is_a_millionth():
    assert figures.GOAL == 1e-6


def test_the_table_of_the_comparison():
    rows = [row.strip("| ").split(" | ") for row in figures.comparison_table().split("\n")]
    assert rows[0][1] == "−1.2, 1"
    for (name, *cells), (method, found) in zip(rows[2:], figures.comparison().items(), strict=True):
        assert name == method
        assert [int(cell.replace(",", "")) for cell in cells] == [calls for calls, _ in found]


def test_with_its_hessians_newton_has_no_lead_left():
    calls, hessians = figures.newton_calls()
    best = figures.comparison()["damped Newton"][0][0]
    assert calls >= best  # the default c1 is one of those tried
    assert calls + 2 * hessians >= figures.comparison()["BFGS"][0][0] > calls

    called = []
    f = rosenbrock

    def counted(name, function):
        return lambda w: called.append(name) or function(w)

    run = damped_newton(
        counted("f", f),
        counted("grad", f.grad),
        counted("hess", f.hess),
        np.array(figures.STARTS[0]),
        steps=hessians,
    )
    assert called.count("hess") == hessians
    assert called.count("f") + called.count("grad") == calls
    assert f(run.w[-1]) <= 1e-6 < f(run.w[-2])


def test_one_rate_between_those_tried_is_luck():
    tried = [figures.calls_from(2, lr) for lr in (0.00189, 0.0019, 0.0018)]
    assert tried[0] < 100 < tried[1] < tried[2]
    names = ("nonlinear CG", "BFGS", "L-BFGS", "damped Newton")
    assert min(figures.comparison()[name][2][0] for name in names) < tried[0]
    w, calls = np.array([1.5, -0.5]), 0
    while rosenbrock(w) > figures.GOAL:
        w, calls = w - 0.0019 * rosenbrock.grad(w), calls + 1
    assert tried[1] == calls


def test_the_table_of_fits_says_how_each_run_ended():
    rows = [row.strip("| ").split(" | ") for row in figures.fits().split("\n")[2:]]
    assert rows[2][0] == "(1.0, 5.0, 1.0)"
    assert rows[2][1].startswith("singular Jacobian after ")
    assert rows[2][2] == f"{len(figures.fit().w) - 1} steps"
    residual, jacobian = figures.decay_problem()
    for start, _, steps in rows:
        w = levenberg_marquardt(residual, jacobian, [float(x) for x in start.strip("()").split(",")]).w
        assert steps == f"{len(w) - 1} steps"
    assert abs(jacobian(figures.fit().w[-1]).T @ residual(figures.fit().w[-1])).max() < 1e-6


def test_what_the_page_says_of_memory():
    cells = [row.strip("| ").split(" | ")[-1] for row in figures.costs().split("\n")[2:]]
    assert cells == ["8 MB", "16 MB", "24 MB", "160 MB", "8 TB", "8 TB"]


def test_what_the_quiz_says_of_log_cosh():
    assert figures.newton_on(figures.log_cosh, 1.1).stopped == "diverged"
    f = figures.log_cosh
    assert abs(descend(f.grad, 1.1, lr=1.0, steps=50).w[-1]) < 1e-6
    assert damped_newton(f, f.grad, f.hess, 1.1).stopped == "converged"


def test_damped_newton_arrives_where_newton_flies_off():
    assert figures.newton_on(log_cosh, 5.0).stopped == "diverged"
    run = figures.damped_on(log_cosh, 5.0)
    assert run.stopped == "converged"
    assert abs(run.w[-1]) < 1e-6
    assert np.all(np.diff(np.log(np.cosh(run.w))) < 0)
