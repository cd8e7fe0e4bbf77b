"""What the figures of *The mathematics we use* draw and its captions say, against closed forms."""

import numpy as np
import pytest

from gdbook.figures import mathematics as figures
from gdbook.figures.colours import BEST, CURVE, DIVERGES, GRADIENT, INK, ramp
from gdbook.functions import double_well, huber, log_cosh, wavy
from gdbook.site.build.svg import inline_svg

ALL = [
    figures.secants,
    figures.gradients,
    figures.eigenvectors,
    figures.touching_parabola,
    figures.chords,
    figures.smooth_between,
    figures.spiral,
    figures.means,
    figures.ellipse,
]


def lines(ax, colour):
    drawn = [line for line in ax.lines if line.get_color() == colour]
    return [np.array(line.get_data(), dtype=float) for line in drawn]


def arrows(ax):
    """``(start, end, colour)`` of each arrow."""
    return [
        (np.array(arrow.xyann), np.array(arrow.xy), arrow.arrowprops["color"])
        for arrow in ax.texts
        if getattr(arrow, "arrowprops", None)
    ]


def slope(line):
    return np.diff(line[1])[-1] / np.diff(line[0])[-1]


def test_the_slopes_of_the_secants_are_two_plus_h():
    (ax,) = figures.secants().axes
    for h, colour in zip((1.0, 0.5, 0.1), reversed(ramp(3)), strict=True):
        secant, end = lines(ax, colour)
        assert slope(secant) == pytest.approx(2 + h) == figures.secant(h)
        np.testing.assert_allclose(end[:, 0], (1 + h, (1 + h) ** 2))
    assert slope(lines(ax, GRADIENT)[0]) == pytest.approx(2)


def test_each_gradient_stands_across_its_contour_line():
    (ax,) = figures.gradients().axes
    found = arrows(ax)
    assert len(found) == 5
    for (x, y), end, colour in found:
        assert colour == GRADIENT
        np.testing.assert_allclose(4 * (end - (x, y)), (x, 4 * y))
        # along the ellipse x²/a² + 4y²/a² = 1 the direction is (4y, −x)
        assert (end - (x, y)) @ (4 * y, -x) == pytest.approx(0, abs=1e-12)


def test_two_directions_keep_theirs_and_one_vector_turns():
    assert figures.eigen() == pytest.approx([1, 3])
    (ax,) = figures.eigenvectors().axes
    ends = {colour: end for _, end, colour in arrows(ax)}
    root = 0.5**0.5
    np.testing.assert_allclose(ends[ramp(2)[1]], (3 * root, 3 * root))
    np.testing.assert_allclose(ends[ramp(2)[0]], (-root, root), atol=1e-12)
    np.testing.assert_allclose(ends[CURVE], (2, 1))
    x, y = lines(ax, CURVE)[0]
    # A⁻¹ takes the ellipse back to the circle
    assert ((2 * x - y) ** 2 + (2 * y - x) ** 2) / 9 == pytest.approx(np.ones(len(x)))


def test_the_parabola_has_value_slope_and_curvature_of_the_curve():
    (ax,) = figures.touching_parabola().axes
    (x, y), *_ = lines(ax, ramp(2)[1])
    c, b, a = np.polynomial.polynomial.polyfit(x - 1, y, 2)
    h = 1e-4
    assert c == pytest.approx(wavy(1.0))
    assert b == pytest.approx((wavy(1 + h) - wavy(1 - h)) / (2 * h), rel=1e-6)
    assert 2 * a == pytest.approx((wavy(1 + h) - 2 * wavy(1.0) + wavy(1 - h)) / h**2, rel=1e-4)
    (x, y), *_ = lines(ax, ramp(2)[0])
    assert slope((x, y)) == pytest.approx(b)


def test_only_the_double_well_rises_above_its_chord():
    convex, other = figures.chords().axes
    assert len(lines(convex, BEST)) == len(lines(other, DIVERGES)) == 1
    assert figures.above_the_chord(log_cosh, -1.9, 1.2) < 0
    # the hill at 0 stands about as high over the chord of the two ends
    a, b = (x**4 / 4 - x**2 for x in (-1.9, 1.2))
    at_zero = -(a + 1.9 / 3.1 * (b - a))
    assert at_zero < figures.above_the_chord(double_well, -1.9, 1.2) < at_zero + 0.1


def test_log_cosh_lies_between_its_tangent_and_the_parabola():
    y = np.linspace(-6, 6, 500)
    line, f, above = figures.between(y)
    np.testing.assert_allclose(f, np.log(np.cosh(y)), atol=1e-15)
    assert np.all(line <= f + 1e-12)
    assert np.all(f <= above + 1e-12)
    # with a smaller curvature it would not
    assert np.any(f > figures.between(y, L=0.3)[2] + 0.1)


def test_the_spiral_is_that_of_the_root():
    z = figures.root()
    assert z * z - 1.7 * z + 0.9 == pytest.approx(0, abs=1e-15)
    assert abs(z) == pytest.approx(0.9**0.5)
    plane, line = figures.spiral().axes
    x, y = lines(plane, CURVE)[0]
    np.testing.assert_allclose(np.hypot(x, y), 0.9 ** (np.arange(41) / 2))
    turned = np.unwrap(np.arctan2(y, x))
    np.testing.assert_allclose(np.diff(turned), np.arccos(0.85 / 0.9**0.5))
    np.testing.assert_array_equal(lines(line, CURVE)[0][1], x)


def test_means_of_four_times_as_many_are_half_as_wide():
    for batch in (1, 4, 16):
        found = figures.batch_means(batch)
        assert len(found) == 200
        # the standard deviation of 200 draws is within a tenth of the true one in 19 of 20 cases
        assert found.std() == pytest.approx(batch**-0.5, rel=0.1)
    (ax,) = figures.means().axes
    bars = lines(ax, INK)
    assert [np.ptp(bar[0]) for bar in bars] == pytest.approx([2, 1, 0.5])


def test_the_half_axes_of_the_ellipse_are_the_singular_values():
    large, small = figures.singular()
    assert large * small == pytest.approx(1.5 * 0.8)  # the determinant
    assert large**2 + small**2 == pytest.approx(1.5**2 + 1 + 0.8**2)  # the sum of the squares of all entries
    before, after = figures.ellipse().axes
    x, y = lines(after, CURVE)[0]
    assert np.hypot(x, y).max() == pytest.approx(large, rel=1e-3)
    assert np.hypot(x, y).min() == pytest.approx(small, rel=1e-3)
    for (_, direction, one), (_, axis, other) in zip(arrows(before), arrows(after), strict=True):
        assert one == other
        np.testing.assert_allclose(np.array([[1.5, 1], [0, 0.8]]) @ direction, axis, atol=1e-12)


def test_the_slope_of_huber_changes_by_at_most_one():
    x = np.linspace(-3, 3, 601)
    change = np.diff([min(max(value, -1), 1) for value in x]) / np.diff(x)
    np.testing.assert_allclose(np.diff(huber.grad(x)) / np.diff(x), change, atol=1e-9)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_each_figure_becomes_an_image(draw):
    assert 'role="img"' in inline_svg(draw(), "what it shows", "prefix-")
