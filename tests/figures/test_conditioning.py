"""What the figures of *Conditioning* draw, against arithmetic written out here."""

import math

import numpy as np
import pytest
from drawn import rows

from gdbook.data import flats, toy_line
from gdbook.figures import conditioning as figures
from gdbook.figures.colours import BEST, CURVE, DESCENT, DIVERGES, INK, ramp
from gdbook.figures.house import figure
from gdbook.figures.plates.conditioning import zigzag
from gdbook.functions import beale, quadratic, rosenbrock
from gdbook.site.build.svg import inline_svg

ALL = [
    zigzag,
    figures.two_directions,
    figures.factor_against_curvature,
    figures.steps_against_kappa,
    figures.two_coordinates,
]


def lines(ax, colour):
    drawn = [line for line in ax.lines if line.get_color() == colour]
    return [np.array([line.get_xdata(), line.get_ydata()], dtype=float) for line in drawn]


def count(kappa):
    """Steps to 1/1000 of the distance, from the two factors multiplied out."""
    x = y = 1.0
    lr, steps = 2 / (1 + kappa), 0
    while np.hypot(x, y) > np.sqrt(2) / 1000:
        x, y, steps = x - lr * x, y - lr * kappa * y, steps + 1
    return steps


def test_the_zigzag_crosses_the_valley_at_every_step():
    (ax,) = zigzag().axes
    x, y = lines(ax, DESCENT)[0]
    assert len(x) == 41
    assert np.all(y[1:] * y[:-1] < 0)
    assert np.all(np.diff(x) < 0)
    # the gradient is (x, 20y), and |y/x| stays 0.7/2.8: five times as far across as along
    np.testing.assert_allclose(abs(np.diff(y) / np.diff(x)), 20 * 0.7 / 2.8, rtol=1e-9)
    np.testing.assert_allclose(x, 2.8 * (19 / 21) ** np.arange(41), rtol=1e-12)
    np.testing.assert_allclose(y, 0.7 * (-19 / 21) ** np.arange(41), rtol=1e-12)


@pytest.mark.parametrize("rise", [0.1, 2.0])
def test_contour_lines_are_where_the_quadratic_has_risen_by_that_much(rise):
    hess, centre = np.array([[2.0, 0.7], [0.7, 1.0]]), np.array([0.3, -0.4])
    _, ax = figure()
    figures._contours(ax, hess, centre, [rise])
    ellipse = ax.patches[-1]
    points = ellipse.get_patch_transform().transform(ellipse.get_path().vertices)[:25:3]  # not the handles
    error = points - centre
    np.testing.assert_allclose(np.sum(error @ hess * error, axis=1) / 2, rise, rtol=1e-12)


def test_each_direction_of_the_toy_line_shrinks_by_its_own_factor():
    x = np.linspace(0, 1, 100)
    curvatures = np.linalg.eigvalsh(2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]]))
    components = figures.toy_components(0.3, 20)
    for curvature, c in zip(curvatures, components, strict=True):
        np.testing.assert_allclose(c, c[0] * (1 - 0.3 * curvature) ** np.arange(21), rtol=1e-9, atol=1e-13)


def test_two_directions_draws_their_sizes():
    (ax,) = figures.two_directions().axes
    components = np.abs(figures.toy_components(0.5, 80))
    np.testing.assert_array_equal(lines(ax, ramp(2)[0])[0][1], components[0])
    epochs, steep = lines(ax, ramp(2)[1])[0]
    np.testing.assert_array_equal(steep, components[1][epochs.astype(int)])
    assert ax.get_yscale() == "log"


def test_factors_are_drawn_as_they_are_and_the_best_is_level():
    (ax,) = figures.factor_against_curvature().axes
    for colour, lr in ((CURVE, 2 / 33), (BEST, 2 / 11), (DIVERGES, 0.22)):
        (curve, ends) = lines(ax, colour)
        for curvature in np.linspace(0, 12, 13):
            assert np.interp(curvature, *curve) == pytest.approx(abs(1 - lr * curvature), abs=1e-12)
        np.testing.assert_allclose(ends, [[1, 10], [abs(1 - lr), abs(1 - 10 * lr)]])
    (_, (flat, steep)) = lines(ax, BEST)[1]
    assert flat == pytest.approx(steep)


def test_the_steps_are_counted():
    assert figures.steps_for((2, 10, 200)) == [count(2), count(10), count(200)]
    (ax,) = figures.steps_against_kappa().axes
    dots = lines(ax, DESCENT)[0]
    np.testing.assert_array_equal(dots[0], figures.KAPPAS)
    assert dots[1][-1] == count(1000)


@pytest.mark.parametrize(("f", "kappa"), [(beale, 162.5), (rosenbrock, 2508.0)], ids=repr)
def test_at_a_minimum_the_steps_are_those_of_a_quadratic(f, kappa):
    measured, steps = figures.steps_at_a_minimum(f, f.minima[0])
    assert measured == pytest.approx(kappa, abs=0.05)
    assert steps == pytest.approx(count(kappa), rel=0.01)  # the third derivative, 10⁻⁴ from the minimum
    (ax,) = figures.steps_against_kappa().axes
    assert [measured, steps] in [line.ravel().tolist() for line in lines(ax, INK)]


def test_steps_that_are_not_enough():
    with pytest.raises(ValueError, match="most must be at least"):
        figures.steps_until(quadratic(10).grad, [1.0, 1.0], np.zeros(2), 0.1, 5)


def test_standardized_one_step_is_enough_and_as_it_is_thirty_are_not():
    left, right = figures.two_coordinates().axes
    path, goal = lines(left, DESCENT)[0], lines(left, BEST)[0]
    assert 0.05 < np.linalg.norm(path[:, -1] - goal[:, 0]) < 0.3
    path, goal = lines(right, DESCENT)[0], lines(right, BEST)[0]
    np.testing.assert_allclose(path[:, 1], goal[:, 0], rtol=1e-12)
    assert "18.9" in left.get_title(loc="left")
    assert right.get_title(loc="left").endswith("κ = 1")


def test_each_step_goes_equally_many_times_further_across():
    along, across = abs(np.diff(figures.zigzag_path(), axis=0)).T
    assert np.ptp(across / along) < 1e-9
    assert figures.across_over_along() == pytest.approx(20 * 0.7 / 2.8)


def toy_factors():
    """``1 − ηλ`` of the toy line with η = 0.5, flattest direction first."""
    x = np.linspace(0, 1, 100)
    return 1 - 0.5 * np.linalg.eigvalsh(2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]]))


def test_errors_of_the_toy_line_shrink_by_powers_of_their_factors():
    flat, steep = abs(toy_factors())
    assert figures.times_smaller() == pytest.approx([flat**-10, steep**-10], rel=1e-6)
    first = abs(figures.toy_components(0.5, 0)[1, 0])
    assert figures.epochs_to_a_millionth() == np.ceil(np.log(1e-6 / first) / np.log(steep))


def test_what_ten_epochs_leave_is_what_is_left_of_the_two_directions():
    start = figures.toy_components(0.5, 0)[:, 0] ** 2
    left = start * toy_factors() ** 20
    curvatures = (1 - toy_factors()) / 0.5
    assert figures.left_of_the_loss() == pytest.approx(curvatures @ left / (curvatures @ start))
    assert figures.left_of_the_distance() == pytest.approx(np.sqrt(left.sum() / start.sum()))


def test_the_limit_of_rosenbrocks_valley_is_that_of_its_hessian_written_out():
    assert figures.rosenbrock_limit() == pytest.approx(2 / np.linalg.eigvalsh([[802, -400], [-400, 200]])[1])


def test_only_the_ratio_of_the_curvatures_counts():
    assert figures.steps_with(1, 50) == figures.steps_with(100, 5000) == count(50)
    assert figures.steps_with(1, 5000) == count(5000)


def test_kappa_in_four_coordinates_is_that_of_the_matrix_squared():
    table = iter(rows(figures.coordinates()))
    for data, X in (("toy line", toy_line()[0][:, None]), ("flats", flats()[0])):
        written = {
            "as they are": X,
            "mean taken away only": X - X.mean(axis=0),
            "divided by their size only": X / np.sqrt(np.mean(X**2, axis=0)),
            "standardized": (X - X.mean(axis=0)) / X.std(axis=0),
        }
        for scaling, features in written.items():
            kappa = np.linalg.cond(np.column_stack([features, np.ones(len(X))])) ** 2
            # k steps leave ((κ − 1)/(κ + 1))ᵏ
            steps = np.ceil(np.log(1000) / np.log((kappa + 1) / (kappa - 1))) if kappa > 1 + 1e-9 else 1
            assert next(table) == [data, scaling, figures.compact(kappa), figures.compact(steps)]
            if data == "flats":
                assert figures.flats_kappa(scaling) == pytest.approx(kappa, rel=1e-6)


def test_large_numbers_are_compact():
    numbers = (1.234, 99.9, 100.4, 9999, 12345)
    assert [figures.compact(number) for number in numbers] == [
        "1.23",
        "99.9",
        "100",
        "9,999",
        r"$1.23 \cdot 10^{4}$",
    ]


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


def test_only_the_first_factor_of_1000_is_cheaper():
    """So far out the valley is not quite its quadratic; then each factor costs what the rate says."""
    first, second = figures.at_its_minimum(rosenbrock)[1], figures.second_factor(rosenbrock)
    mu, L = np.linalg.eigvalsh(rosenbrock.hess((1.0, 1.0)))
    assert figures.minimum_curvatures(rosenbrock) == pytest.approx((mu, L))
    by_the_rate = math.log(1000) / -math.log((L - mu) / (L + mu))
    assert figures.steps_with(mu, L) == math.ceil(by_the_rate)
    assert figures.steps_at_a_minimum(rosenbrock, (1.0, 1.0), near=1e-7)[1] == pytest.approx(
        by_the_rate, abs=2
    )
    assert second == pytest.approx(by_the_rate, abs=2)
    assert first < by_the_rate - 30


def test_what_is_left_is_a_share_of_the_loss_above_the_least():
    x, y = toy_line()
    w = b = 0.0
    losses = []
    for _ in range(11):
        error = w * x + b - y
        losses.append(np.mean(error**2))
        w, b = w - np.mean(error * x), b - np.mean(error)  # η = 0.5 times the 2 of the square
    least = np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2)
    assert figures.left_of_the_loss() == pytest.approx((losses[10] - least) / (losses[0] - least), rel=1e-9)
    assert losses[10] / losses[0] > 1.25 * figures.left_of_the_loss()


def test_a_minimum_with_curvature_0_is_not_like_a_quadratic():
    """From a tenth of the distance, x⁴ at the same η needs a hundred times the steps to come half as near."""
    steps = []
    for x0 in (1e-1, 1e-2):
        x, taken = x0, 0
        while x > x0 / 2:
            x, taken = x - 0.1 * 4 * x**3, taken + 1
        steps.append(taken)
    assert steps[1] == pytest.approx(100 * steps[0], rel=0.05)
