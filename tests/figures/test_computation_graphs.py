"""What the figures of *Computation graphs* draw, against formulas that are differentiated and run here."""

import math

import numpy as np
import pytest

from gdbook.backprop.graph import program
from gdbook.figures import computation_graphs as figures
from gdbook.figures.colours import BEST, CURVE, DIVERGES, GRADIENT, ramp
from gdbook.figures.plates import computation_graphs as plates
from gdbook.figures.plates.ground import said
from gdbook.site.build.svg import inline_svg
from gdbook.value import Value

ALL = [figures.squashed_graph, figures.regression_graph, figures.swelling]


def lines(ax):
    return {line.get_color(): line for line in ax.lines if len(line.get_xdata()) > 2}


def derivative(e):
    """The derivative of an expression of nested tuples by "x", simplified for constant factors only."""
    if not isinstance(e, tuple):
        return 1 if e == "x" else 0
    op, a, b = e
    if op == "-":
        return ("-", derivative(a), derivative(b))
    if a == 4:
        return ("*", 4, derivative(b))
    return ("+", ("*", derivative(a), b), ("*", a, derivative(b)))


def size(e):
    return 1 + size(e[1]) + size(e[2]) if isinstance(e, tuple) else 0


def test_the_program_is_its_formula():
    y, names = figures.squashed(0.3, 1.1, -0.4)
    assert y.data == pytest.approx(math.tanh(0.3 * 1.1 - 0.4) * 0.3, rel=1e-15)
    assert list(names) == ["a", "b", "c", "u", "v", "t", "y"]
    a, b, c, u, v, t, last = (value.data for value in names.values())
    assert (u, v, t, last) == (a * b, u + c, math.tanh(v), t * a)
    assert last == y.data


def test_the_picture_names_the_values_of_the_list():
    (ax,) = figures.squashed_graph().axes
    heads = {text.get_text() for text in ax.texts if text.get_fontweight() == "bold"}
    assert heads == {"a", "b", "c", "u: ×", "v: +", "t: tanh", "y: ×"}


def test_the_loss_is_that_of_the_line_on_two_points():
    loss, w, b = figures.regression(0.7, -0.2)
    errors = np.array([0.7 * 1 - 0.2 - 2, 0.7 * 3 - 0.2 - 1])
    assert loss.data == pytest.approx(np.mean(errors**2), rel=1e-14)
    loss.backward()
    assert w.grad == pytest.approx(np.mean(2 * errors * [1, 3]), rel=1e-14)
    assert b.grad == pytest.approx(np.mean(2 * errors), rel=1e-14)


def test_formulas_are_as_long_as_a_symbolic_derivative_makes_them():
    e = "x"
    for n in range(1, 9):
        e = ("*", ("*", 4, e), ("-", 1, e))
        assert figures.written_out(n) == (size(e), size(derivative(e)))


def test_the_logistic_program_is_the_logistic_map():
    y, start = figures.logistic(3, 0.2)
    x = 0.2
    for _ in range(3):
        x = 4 * x * (1 - x)
    assert y.data == x
    assert start in program(y)


def test_operations_are_counted():
    x = Value(2.0)
    assert figures.operations(x * x + x) == (2, 8)


def test_swelling_draws_the_counts():
    (ax,) = figures.swelling().axes
    drawn = lines(ax)
    for n, formula, slope, on_graph in zip(
        *drawn[CURVE].get_data(), drawn[DIVERGES].get_ydata(), drawn[GRADIENT].get_ydata(), strict=True
    ):
        assert (formula, slope) == figures.written_out(int(n))
        assert on_graph == 11 * n  # three operations and four edges each time


def test_the_slope_by_hand_is_that_of_the_graph_and_of_the_paper():
    assert figures.squire_trapp_slope(math.pi / 4) == pytest.approx(3.101766393836051, rel=1e-14)
    x = Value(1.1)
    (x.exp() / (x.cos() ** 3 + x.sin() ** 3)).backward()
    assert x.grad == pytest.approx(figures.squire_trapp_slope(1.1), rel=1e-14)


def test_best_steps_are_where_theory_has_them():
    # The square and the cube root of the rounding, 1.5e-8 and 6e-6, within the noise of a flat minimum.
    (forward, _), (central, error) = figures.best_steps()
    assert 2e-9 < forward < 1e-7
    assert 1e-6 < central < 4e-5
    assert error < 1e-9


def test_the_complex_step_keeps_all_digits_however_small():
    assert max(figures.differences(h)[2] for h in (1e-20, 1e-100, 1e-200)) < 2e-15


def test_curves_fall_as_the_first_and_the_second_power_of_the_step():
    (ax,) = plates.two_errors().axes
    drawn = lines(ax)
    for colour, power in ((ramp(2)[0], 1), (ramp(2)[1], 2), (BEST, 2)):
        h, error = drawn[colour].get_data()
        large = (h > 9e-5) & (h < 1e-2)
        slope = np.polyfit(np.log(h[large]), np.log(error[large]), 1)[0]
        assert slope == pytest.approx(power, abs=0.05)
    # Where x + h is x, the difference is 0 and the whole derivative is the error.
    assert drawn[ramp(2)[0]].get_ydata()[0] == 1


def test_central_difference_and_complex_step_err_alike_and_are_both_seen():
    (ax,) = plates.two_errors().axes
    drawn = lines(ax)
    h, central = drawn[ramp(2)[1]].get_data()
    complex_step = drawn[BEST].get_ydata()
    # Rounding still shows one mark right of the best step; at 0.1 the next terms of the series do.
    alike = (h > 2 * figures.best_steps()[1][0]) & (h < 0.1)
    np.testing.assert_allclose(complex_step[alike], central[alike], rtol=0.15)
    # h²/6 of the third derivative over the first, at the worst of the points: by differences.
    x, f = figures.POINTS, figures.squire_trapp
    e = 1e-3
    third = (f(x + 2 * e) - 2 * f(x + e) + 2 * f(x - e) - f(x - 2 * e)) / (2 * e**3)
    expected = 1e-4**2 / 6 * np.max(np.abs(third / figures.squire_trapp_slope(x)))
    assert complex_step[np.argmin(abs(h - 1e-4))] == pytest.approx(expected, rel=0.01)
    assert drawn[BEST].get_linewidth() > 2 * drawn[ramp(2)[1]].get_linewidth()
    assert ax.lines.index(drawn[BEST]) < ax.lines.index(drawn[ramp(2)[1]])


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 15_000


def test_the_slopes_of_the_loss_are_those_of_its_formula():
    errors = np.array([0.5 * 1 + 0.1 - 2, 0.5 * 3 + 0.1 - 1])
    expected = np.mean(errors**2), np.mean(2 * errors * [1, 3]), np.mean(2 * errors)
    assert figures.regression_run() == pytest.approx(expected, rel=1e-14)


def test_a_cut_edge_keeps_the_value_and_loses_a_slope():
    a, b, c = 0.8, -1.5, 0.7
    t = math.tanh(a * b + c)
    value, slope = figures.slope_without_an_edge()
    assert value == figures.squashed()[0].data
    assert slope == t
    assert figures.slope_by_a() == pytest.approx(t + a * b * (1 - t * t), rel=1e-14)


def test_the_table_has_the_slopes_of_differences():
    a, b, h = 0.8, -1.5, 1e-6
    known = (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**2,
        lambda a, b: math.exp(a),
        lambda a, b: math.tanh(a),
        lambda a, b: max(a, 0),
    )
    _, _, *rows = figures.local_derivatives(a, b).splitlines()
    for f, row in zip(known, rows, strict=True):
        by_a, by_b = (f(a + h, b) - f(a - h, b)) / (2 * h), (f(a, b + h) - f(a, b - h)) / (2 * h)
        shown = [float(slope.replace("−", "-")) for slope in row.split("|")[-2].split(",")]
        # Four digits are shown; by a second input that a function has not, it does not change.
        assert shown == pytest.approx([by_a, by_b][: len(shown)], rel=1e-3)
        assert len(shown) == 2 or by_b == 0


def test_the_price_of_a_gradient_is_counted():
    # A product and a sum for each weight, and a square. The 2, and the −1 of the first sum, are no nodes.
    assert figures.price_of_a_gradient(10) == pytest.approx((21 + 2 * (10 + 19 + 1)) / 21)


def test_only_a_difference_keeps_nothing():
    assert figures.keeps_nothing() == "a - b"


def test_each_use_is_an_edge():
    assert figures.square_and_itself() == (3, 4)


def test_the_digits_of_differences_are_about_those_of_theory():
    forward, central = figures.sine_digits()
    # h/2 of tan 1 = 1.6, and a rounding of up to 1.1e-16 over h; then h²/6, and the same over 2h.
    assert forward == 8
    assert central in (10, 11)


def test_operations_written_out_have_closed_forms_that_bend():
    """(3n + 1)·2ⁿ − 1 for the derivative: on a log axis the steps get smaller, to that of a doubling."""
    for n in range(1, 16):
        assert figures.written_out(n) == (3 * (2**n - 1), (3 * n + 1) * 2**n - 1)
    growth = [figures.written_out(n + 1)[1] / figures.written_out(n)[1] for n in range(1, 40)]
    assert growth == sorted(growth, reverse=True)
    assert growth[0] > 3.5
    assert growth[-1] < 2.1


def test_the_plate_carries_the_errors_in_three_digits():
    assert len(plates.ERRORS) == len(figures.STEPS) == 81
    for k in (0, 13, 47, 60, 80):
        assert plates._step(k) == pytest.approx(figures.STEPS[k], rel=1e-12)
        assert plates.ERRORS[k] == pytest.approx(figures.differences(figures.STEPS[k]), rel=0.006)


def test_the_truncation_is_a_sixth_of_the_third_derivative_by_the_engine_of_series():
    """f = e^x / (cos³x + sin³x): its Taylor coefficients around each point, by products of series."""
    largest = 0.0
    for x in figures.POINTS:
        c, s, e = math.cos(x), math.sin(x), math.exp(x)
        cos, sin = np.array([c, -s, -c / 2, s / 6]), np.array([s, c, -s / 2, -c / 6])
        top = np.array([e, e, e / 2, e / 6])
        bottom = sum(np.convolve(np.convolve(a, a)[:4], a)[:4] for a in (cos, sin))
        f = np.zeros(4)
        for n in range(4):
            f[n] = (top[n] - sum(f[k] * bottom[n - k] for k in range(n))) / bottom[0]
        largest = max(largest, abs(f[3] / f[1]))
    assert figures.bends() == pytest.approx(largest, rel=1e-9)


def test_theory_of_the_plate_holds_where_the_chapter_says():
    slope = math.exp(0.3) / (math.cos(0.3) ** 3 + math.sin(0.3) ** 3)
    assert figures.amplified() >= slope / abs(figures.squire_trapp_slope(0.3)) * 2.0**-52
    central = np.array(plates.ERRORS)[:, 1]
    bend, rounding = plates.BENDS * figures.STEPS**2, plates.AMPLIFIED / figures.STEPS
    long = (bend > 10 * rounding) & (figures.STEPS < 0.05)
    np.testing.assert_allclose(central[long], bend[long], rtol=0.15)
    short = (rounding > 10 * bend) & (figures.STEPS > 1e-14)  # below, x + h is rounded itself
    assert np.all(central[short] < 1.3 * rounding[short])
    assert np.median(central[short] / rounding[short]) > 0.2


def test_the_plate_s_handle_rests_on_a_recorded_step():
    for h, row in ((1e-20, 0), (1.2e-8, 48), (1.4e-8, 49), (1, 80)):
        calls = plates.two_errors.record(h=h)
        (handle,) = [call for call in calls if call[0] == "handle"]
        assert handle[3] == pytest.approx(figures.STEPS[row])
        dots = [call[1][0][1] for call in calls if call[0] == "dots"]
        assert dots == [plates.ERRORS[row][way] for way in (2, 1, 0)]


def test_the_plate_says_which_error_prevails():
    crossing = (plates.AMPLIFIED / plates.BENDS) ** (1 / 3)
    for h in figures.STEPS[(figures.STEPS > 3e-17) & (figures.STEPS < 0.4)]:
        expected = "truncation prevails" if h > crossing else "rounding prevails"
        assert expected in plates.two_errors.said(h=float(h))
    assert "rounds to x" in plates.two_errors.said(h=1e-18)
    assert 0.3 + 1.8e-17 == 0.3
    assert "larger than the derivative" in plates.two_errors.said(h=0.6)
    assert plates.ERRORS[79][1] > 1


@pytest.mark.parametrize(
    ("x", "words"),
    [(1e-8, "1·10⁻⁸"), (9.97e-8, "1·10⁻⁷"), (3.4e-12, "3·10⁻¹²"), (1e-20, "1·10⁻²⁰"), (9.4e-4, "9·10⁻⁴"),
     (9.6e-4, "0.00096"), (0.001, "0.001"), (0.32, "0.32"), (4.24, "4.2"), (99.6, "100"),
     (12345.0, "12,345")],
)  # fmt: skip
def test_a_number_as_a_sentence_has_it(x, words):
    assert said(x) == words
