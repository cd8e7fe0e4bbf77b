"""What the figures of *DAGs* draw, against derivatives by hand and paths that are walked one by one."""

import math

import pytest

from gdbook.backprop.graph import children, edges
from gdbook.figures import dags as figures
from gdbook.figures.build_the_engine import backward_overwriting
from gdbook.figures.colours import DESCENT, DIVERGES, INK
from gdbook.figures.plates.dags import HIGHEST, two_routes
from gdbook.site.build.svg import inline_svg
from gdbook.value import Value

ALL = [figures.diamond_graph, figures.shared_graph, figures.paths_and_edges, figures.memory_against_work]


def line(ax, colour):
    (found,) = [line for line in ax.lines if line.get_color() == colour and len(line.get_xdata()) > 2]
    return found.get_xdata(), found.get_ydata()


def walks(value):
    """The paths from the leaves to ``value``, each walked."""
    return sum(map(walks, children(value))) if children(value) else 1


def test_the_diamond_is_three_times_a_cube():
    L, x, _, _ = figures.diamond(1.7)
    assert L.data == pytest.approx(3 * 1.7**3, rel=1e-15)
    assert x.grad == pytest.approx(9 * 1.7**2, rel=1e-15)


def test_a_shared_weight_has_the_sum_of_the_gradients_of_two():
    w, first, second = Value(1.3), Value(1.3), Value(1.3)
    figures.two_layers(w, w)
    figures.two_layers(first, second)
    t = math.tanh(1.3 * 0.8)
    assert second.grad == pytest.approx(t, rel=1e-14)
    assert first.grad == pytest.approx(1.3 * (1 - t * t) * 0.8, rel=1e-14)
    assert w.grad == pytest.approx(first.grad + second.grad, rel=1e-14)


def test_paths_are_counted_without_walking_them():
    a, b = Value(1.0), Value(2.0)
    for result in (figures.doublings(5), (a * b + a).tanh() * a, a):
        assert figures.paths(result) == walks(result)
    assert figures.paths(figures.doublings(100)) == 2**100


def test_the_figure_draws_paths_and_edges():
    (ax,) = figures.paths_and_edges().axes
    n, by_path = line(ax, DIVERGES)
    assert list(by_path) == [times * 2**times for times in n]
    assert list(line(ax, DESCENT)[1]) == [2 * times for times in n]
    assert [len(edges(figures.doublings(times))) for times in n] == [2 * times for times in n]
    assert ax.get_xlabel() == "times y = y + y"  # a diamond would have 4 edges


def test_the_figure_draws_memory_and_work():
    (ax,) = figures.memory_against_work().axes
    distances, evaluations = line(ax, INK)
    assert list(evaluations) == [2 * 1024 - math.ceil(1024 / every) for every in distances]
    _, stored = line(ax, DESCENT)
    assert min(stored) == 63 == stored[list(distances).index(32)]


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 15_000


def test_the_shared_weight_has_the_slope_of_the_formula():
    w = 1.3
    t = math.tanh(0.8 * w)
    assert figures.shared_gradient() == pytest.approx(t + w * 0.8 * (1 - t * t), rel=1e-14)


def test_overwriting_keeps_the_last_of_three_parts():
    assert figures.cube_gradients() == (3 * 2**2, 2**2)


def test_one_use_of_an_input_and_two_of_another_value_show_the_mistake():
    assert figures.one_use_of_x() == (16, 12)  # 4x² has the slope 8x; `=` keeps 3·2x and loses 1·2x


def test_path_by_path_is_right_if_each_visit_hands_on_its_part_alone():
    for at in (-0.4, 1.7):
        x, z = Value(at), Value(at)
        for leaf, backward in ((x, Value.backward), (z, figures.path_by_path)):
            u = leaf * leaf
            backward((Value(3.0) * u + u).tanh() * u)
        assert z.grad == pytest.approx(x.grad, rel=1e-14)
    right, wrong = figures.doubled_twice()
    assert right == 4
    # The middle is visited with 1 and 1, hands on 1 twice and then 2 twice.
    assert wrong == 6


@pytest.mark.parametrize("x", [-1.5, -0.4, 0, 1.3, 2, 2.5])
def test_the_plate_s_slopes_are_those_of_the_two_ways_back(x):
    right, wrong = Value(x), Value(x)
    L = right**2 * (3 * right)
    L.backward()
    backward_overwriting(wrong**2 * (Value(3.0) * wrong))  # it comes to v first, as the chapter's loop does
    calls = two_routes.record(x=x)
    slopes = {
        call[2]: (call[1][1][1] - call[1][0][1]) / (call[1][1][0] - call[1][0][0])
        for call in calls
        if call[0] == "path" and call[2] in ("red", "blue")
    }
    assert slopes == pytest.approx({"blue": right.grad, "red": wrong.grad}, rel=1e-12, abs=1e-12)
    assert slopes["red"] == pytest.approx(6 * x * x, abs=1e-12)
    (handle,) = [call for call in calls if call[0] == "handle"]
    assert handle[3:5] == pytest.approx([x, L.data])
    bars = [call[1][1][1] for call in calls if call[0] == "area"]
    assert bars == pytest.approx([wrong.grad, right.grad, wrong.grad], rel=1e-12, abs=1e-12)
    assert max(bars) < HIGHEST
