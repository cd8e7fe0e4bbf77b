"""The picture of a program: each value and each use once, nothing on top of another, numbers computed."""

import itertools
import random

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from gdbook.backprop.graph import edges, operation, program
from gdbook.figures.colours import DESCENT
from gdbook.figures.graph import apart, graph, layout, number
from gdbook.figures.house import NARROW, WIDE, narrow
from gdbook.site.build.svg import inline_svg
from gdbook.value import Value


def small():
    a, b, c = Value(0.8), Value(-1.5), Value(0.7)
    y = (a * b + c).tanh() * a
    y.backward()
    return y, {"a": a, "b": b, "c": c}


def regression():
    w, b = Value(0.5), Value(0.1)
    loss = ((w * 1 + b - 2) ** 2 + (w * 3 + b - 1) ** 2) / 2
    loss.backward()
    return loss, {"w": w, "b": b}


def made_by_chance(seed):
    """A program of eight operations; each result is used, so that the last depends on all."""
    chance = random.Random(seed)
    values = [Value(chance.uniform(-2, 2)) for _ in range(2)]
    unused = list(values)
    for _ in range(6):
        a = unused.pop(0)
        b = chance.choice(values)
        values.append(chance.choice([a + b, a * b, a - b, a.tanh()]))
        unused.append(values[-1])
    result = unused[0]
    for other in unused[1:]:
        result = result + other
    result.backward()
    return result


def boxes(fig):
    """The extent (left, right, top, bottom) of each box, by the number of its node."""
    found = {}
    for patch in fig.axes[0].patches:
        if isinstance(patch, FancyBboxPatch):
            x, y = patch.get_x(), patch.get_y()
            name = int(patch.get_gid().split()[1])
            assert name not in found
            found[name] = (x, x + patch.get_width(), y, y + patch.get_height())
    return found


def arrows(fig):
    return [patch for patch in fig.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def texts(fig, gid):
    return [text for text in fig.axes[0].texts if text.get_gid() == gid]


def clash(a, b):
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


PROGRAMS = [small, regression]


@pytest.mark.parametrize("make", PROGRAMS)
def test_each_value_and_each_use_is_drawn_once(make):
    result, names = make()
    fig = graph(result, names)
    assert sorted(boxes(fig)) == list(range(len(program(result))))
    assert sorted(arrow.get_gid() for arrow in arrows(fig)) == sorted(
        f"edge {i}" for i in range(len(edges(result)))
    )


@pytest.mark.parametrize("make", PROGRAMS)
def test_a_box_holds_the_name_the_operation_the_value_and_the_gradient(make):
    result, names = make()
    called = {value: name for name, value in names.items()}
    fig = graph(result, names)
    for i, value in enumerate(program(result)):
        head, data, grad = texts(fig, f"node {i}")
        assert head.get_text() == (called.get(value) or operation(value))
        assert float(data.get_text().replace("−", "-")) == pytest.approx(value.data, rel=5e-3)
        assert float(grad.get_text().replace("−", "-")) == pytest.approx(value.grad, rel=5e-3)
        assert grad.get_color() == DESCENT


@pytest.mark.parametrize("make", PROGRAMS)
def test_an_arrow_leads_from_child_to_user_and_bears_the_local_derivative(make):
    result, _ = make()
    fig = graph(result)
    place = {value: i for i, value in enumerate(program(result))}
    extents = boxes(fig)
    for i, (child, user, slope) in enumerate(edges(result)):
        (arrow,) = [arrow for arrow in arrows(fig) if arrow.get_gid() == f"edge {i}"]
        start, end = arrow._path_original.vertices[[0, -1]]
        left, right, _, bottom = extents[place[child]]
        assert left < start[0] < right
        assert start[1] == pytest.approx(bottom)
        left, right, top, _ = extents[place[user]]
        assert left < end[0] < right
        assert end[1] == pytest.approx(top)
        (label,) = texts(fig, f"edge {i}")
        assert float(label.get_text().replace("−", "-")) == pytest.approx(slope, rel=5e-3)


def test_no_box_lies_on_another_or_outside_and_no_edge_runs_through_one():
    fit = 0
    for seed in range(30):
        try:
            fig = graph(made_by_chance(seed))
        except ValueError:  # too wide, and says so
            continue
        fit += 1
        extents = boxes(fig)
        assert not any(clash(a, b) for a, b in itertools.combinations(extents.values(), 2))
        assert all(left >= 0 and right <= 72 * WIDE for left, right, _, _ in extents.values())
        for arrow in arrows(fig):
            (curve,) = arrow._path_original.to_polygons(closed_only=False)
            assert len(curve) > 2 or curve[0][0] == curve[1][0]
            for x, y in curve[1:-1]:
                assert not any(l_ < x < r and t + 0.1 < y < b - 0.1 for l_, r, t, b in extents.values())
    assert fit >= 25


def test_labels_keep_apart_in_the_type_of_a_phone():
    # 15.5 points a letter high there, and a digit is 0.56 of that wide.
    result, _ = regression()
    labels = [text for text in graph(result).axes[0].texts if text.get_gid().startswith("edge")]
    wide = {text: 0.56 * 15.5 * len(text.get_text()) for text in labels}
    for a, b in itertools.combinations(labels, 2):
        (x0, y0), (x1, y1) = a.get_position(), b.get_position()
        assert y0 != y1 or abs(x0 - x1) > (wide[a] + wide[b]) / 2


def test_a_row_is_above_those_that_use_it_and_the_result_is_at_the_bottom():
    ends = [(0, 2), (1, 2), (2, 4), (0, 4), (3, 4)]
    places, routes = layout(5, ends)
    assert all(places[child][1] < places[user][1] for child, user in ends)
    assert max(range(5), key=lambda i: places[i][1]) == 4
    # 0 → 4 passes the row of 2 on a lane: start, two ends of the lane, end.
    assert [len(route) for route in routes] == [2, 2, 2, 4, 2]


def test_two_uses_of_one_value_are_two_arrows_side_by_side():
    _, (left, right) = layout(2, [(0, 1), (0, 1)])
    assert left[0][0] < right[0][0]
    assert left[-1][0] < right[-1][0]


def test_a_ladder_is_drawn_without_crossings():
    # Two chains with rungs, handed over in an order that crosses.
    ends = [(0, 3), (1, 2), (0, 2), (2, 5), (3, 4), (2, 4), (4, 6), (5, 6)]
    _, routes = layout(7, ends)
    starts_and_ends = [(route[0][0], route[-1][0], route[0][1]) for route in routes]
    for a, b in itertools.combinations(starts_and_ends, 2):
        assert a[2] != b[2] or (a[0] - b[0]) * (a[1] - b[1]) > 0


def test_apart_keeps_its_distances_and_moves_no_more_than_it_must():
    assert apart([0, 0, 10], [4, 4]) == [-2, 2, 10]
    assert apart([0, 5], [1]) == [0, 5]
    assert apart([3, 1], [0]) == [2, 2]


def test_too_wide_a_graph_says_so():
    x = Value(1.0)
    parts = [x * i for i in range(8)]
    with pytest.raises(ValueError, match="points wide"):
        graph(
            ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]))
        )


def test_a_graph_that_fits_a_desk_may_be_too_wide_for_a_phone():
    x = Value(1.0)
    parts = [x * i for i in range(6)]
    wide = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + (parts[4] + parts[5])
    assert graph(wide).get_size_inches()[0] == WIDE
    with narrow(), pytest.raises(ValueError, match="points wide"):
        graph(wide)


def test_a_graph_for_a_phone_has_the_same_boxes_on_less_room():
    result, names = small()
    with narrow():
        fig = graph(result, names)
    assert fig.get_size_inches()[0] == NARROW
    said = [text.get_text() for text in fig.axes[0].texts]
    assert said == [text.get_text() for text in graph(result, names).axes[0].texts]


def test_without_gradients_only_the_values_stand_there():
    result, _ = small()
    assert all(len(texts(graph(result, gradients=False), f"node {i}")) == 2 for i in range(7))


def test_the_same_program_gives_the_same_picture():
    first, second = (inline_svg(graph(*regression()), "label", "f-") for _ in range(2))
    assert first == second
    assert len(first.encode()) < 25_000


def test_numbers_have_three_digits_and_a_minus():
    assert [number(x) for x in (-0.46211, 2.0, 1)] == ["−0.462", "2", "1"]


def test_the_width_is_that_of_the_book():
    assert graph(*small()).get_size_inches()[0] == WIDE
