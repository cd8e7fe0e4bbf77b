"""The numbers and figures of *Build the engine*, against hand-derived ones; and its stages, together."""

import ast
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gdbook.data import moons
from gdbook.figures import build_the_engine as figures
from gdbook.figures.colours import CLASSES, DESCENT, INK, MOMENTUM
from gdbook.figures.dags import doublings
from gdbook.figures.powers import power
from gdbook.site.build.svg import inline_svg

PAGE = Path(__file__).parents[2] / "docs" / "backprop" / "build-the-engine.md"


def stages():
    """The visible blocks of the seven stages."""
    headings = PAGE.read_text(encoding="utf-8").split("\n## Stage ")[1:]
    return [re.search(r"^```python run\n(.*?)^```", part, re.DOTALL | re.MULTILINE)[1] for part in headings]


def methods(stage):
    """The methods of the class ``Value`` of a stage: their names and what they hold."""
    (value,) = [node for node in ast.parse(stage).body if getattr(node, "name", "") == "Value"]
    return {node.name: ast.unparse(node) for node in value.body if isinstance(node, ast.FunctionDef)}


def test_the_gradients_of_the_example_by_hand():
    a, b, p, square, y = figures.expression(3.0, -1.0)
    slope = 1 + 2 * p.data  # of p + p·p
    assert (y.data, p.data) == (6.0, -3.0)
    assert (p.grad, square.grad, y.grad) == (slope, 1, 1)
    assert (a.grad, b.grad) == (slope * b.data, slope * a.data) == (5.0, -15.0)


def test_overwriting_keeps_the_last_use_only():
    a, b, p, _, y = figures.expression(3.0, -1.0)
    figures.backward_overwriting(y)
    # Of the three uses of p, with slopes 1, p and p, one factor of p·p is the last to write.
    assert (p.grad, a.grad, b.grad) == (-3.0, -3.0 * -1.0, -3.0 * 3.0)


def test_without_waiting_p_passes_on_its_first_part_only():
    a, b, p, _, y = figures.expression(3.0, -1.0)
    figures.backward_without_waiting(y)
    assert p.grad == -5.0  # complete in the end, but
    assert (a.grad, b.grad) == (1 * -1.0, 1 * 3.0)  # the direct use alone has reached them


@pytest.mark.parametrize("times", [0, 1, 5, 10])
def test_a_walk_along_paths_doubles_with_each_doubling(times):
    assert figures.visits_by_path(doublings(times)) == 2 ** (times + 1) - 1
    assert doublings(times).data == 2.0**times


def test_error_of_a_large_nudge_is_the_term_that_the_difference_leaves_out():
    # (h²/6)·tanh‴, with tanh‴ = (6 tanh² − 2)(1 − tanh²); the next term is of the order h⁴.
    t = np.tanh(1.0)
    third = (6 * t**2 - 2) * (1 - t**2)
    assert figures.difference_error(1e-2) == pytest.approx(1e-4 / 6 * abs(third), rel=1e-3)


def test_error_of_a_small_nudge_is_rounding():
    # About 1e-16 divided by h, give or take a factor of 100.
    for h in (1e-9, 1e-12):
        assert 1e-18 / h < figures.difference_error(h) < 1e-14 / h


def test_the_nudge_of_the_page_is_far_below_what_its_checks_ask_for():
    # They ask for 1e-8. Rounding of tanh, 1e-16 over h, and (h²/6)·tanh‴ are both near 1e-11.
    errors = [figures.difference_error(5e-6, x / 100) for x in range(50, 151)]
    assert 1e-12 < max(errors) < 1e-10


@pytest.mark.parametrize(
    ("name", "rule", "wrong"),
    [
        ("exp", "(y,))", "(1,))"),
        ("log", "(1 / self.data,))", "(self.data,))"),
        ("tanh", "(1 - y * y,))", "(1 - y,))"),
        ("relu", "(self.data > 0,))", "(1,))"),
        ("relu", "(self.data > 0,))", "(0,))"),
    ],
)
def test_the_check_of_stage_6_finds_a_wrong_slope(name, rule, wrong, capsys):
    stage = stages()[5]
    exec(stage, {})
    assert capsys.readouterr().out.count(": True\n") == 4
    assert stage.count(rule) == 1
    exec(stage.replace(rule, wrong), {})
    agree = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in agree if line.endswith("False")] == [name]


def by_arrays():
    """The same training with hand-derived gradients, all points at once: losses and scores at the end."""
    X, y = moons(40, noise=0.1)
    run_params = figures.trained(steps=0).net
    W = np.array(run_params[0])
    v = np.array(run_params[1])
    c = 2 * y - 1
    X1 = np.column_stack([X, np.ones(len(X))])
    losses, vW, vv = [], 0, 0
    for _ in range(61):
        H = np.column_stack([np.tanh(X1 @ W.T), np.ones(len(X))])
        s = H @ v
        losses.append(np.mean(np.log1p(np.exp(-c * s))))
        ds = -c / (1 + np.exp(c * s)) / len(y)
        gv = H.T @ ds
        gW = (ds[:, None] * v[:-1] * (1 - H[:, :-1] ** 2)).T @ X1
        vW, vv = 0.9 * vW + gW, 0.9 * vv + gv
        last = s
        W, v = W - 0.5 * vW, v - 0.5 * vv
    return losses, last, c


def test_training_follows_hand_derived_gradients():
    losses, scores, c = by_arrays()
    # Rounding differs; 60 smooth steps magnify it a little.
    np.testing.assert_allclose(figures.trained().loss, losses, rtol=1e-9)
    run = figures.trained()
    np.testing.assert_allclose(figures.scores_at(run.net, run.X[:, 0], run.X[:, 1]), scores, rtol=1e-8)
    assert run.right == np.sum(scores * c > 0)
    assert run.loss[-1] < 0.1 * run.loss[0]


def test_two_moons_draws_the_losses_and_a_line_of_score_0():
    left, right = figures.two_moons().axes
    (drawn,) = left.lines
    assert drawn.get_color() == MOMENTUM
    np.testing.assert_array_equal(drawn.get_ydata(), figures.trained().loss)
    assert [line.get_color() for line in right.lines] == list(CLASSES)
    assert [len(line.get_xdata()) for line in right.lines] == [20, 20]
    (contour,) = right.collections
    (path,) = contour.get_paths()
    x1, x2 = path.vertices.T
    assert len(x1) > 20
    # Between the points of the grid the contour is a chord: a small score is left.
    assert np.abs(figures.scores_at(figures.trained().net, x1, x2)).max() < 0.3
    assert tuple(contour.get_edgecolor()[0][:3]) == pytest.approx(
        tuple(int(INK[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )


def test_expression_graph_shows_data_gradients_and_local_derivatives():
    (ax,) = figures.expression_graph().axes
    drawn = [text.get_text() for text in ax.texts]
    blue = [text.get_text() for text in ax.texts if text.get_color() == DESCENT]
    assert sorted(blue) == sorted(["5", "−15", "−5", "1", "1"])
    edges = sorted(["−1", "3", "−3", "−3", "1", "1"])
    for slope in edges:
        assert drawn.count(slope) >= edges.count(slope)
    assert len(ax.patches) == 5 + 6


def test_each_stage_keeps_the_methods_of_the_one_before():
    growing = {"__init__", "__add__", "__mul__"}
    classes = [methods(stage) for stage in stages()[:6]]
    for before, after in pairwise(classes):
        assert before.keys() <= after.keys()
        assert {name: text for name, text in before.items() if name not in growing}.items() <= after.items()
        assert set(before["__init__"].splitlines()[1:]) <= set(after["__init__"].splitlines())
        assert len("".join(after.values())) > len("".join(before.values()))


def test_stage_6_trains_the_net_of_stage_7_to_the_same_numbers():
    seven, six = stages()[6], stages()[5]
    engine = six[: six.index("\n\nh = 5e-6")]
    assert "from gdbook.value import Value\n" in seven
    swapped = seven.replace("from gdbook.value import Value\n", "") + "\nprint(losses)"
    both = []
    for program in (
        engine + "\n\n" + swapped,
        "from gdbook.value import Value\n" + swapped,
    ):
        program = program.replace("    L = loss()\n", "    L = loss()\n    losses.append(L.data)\n", 1)
        program = "losses = []\n" + program
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == 0, done.stderr
        both.append(done.stdout)
    assert both[0] == both[1]
    losses = [float(x) for x in re.search(r"\[(.*)\]", both[0])[1].split(", ")]
    np.testing.assert_allclose(losses, figures.trained().loss, rtol=1e-12)


@pytest.mark.parametrize(
    "draw", [figures.expression_graph, figures.two_moons], ids=lambda draw: draw.__name__
)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


def test_two_ways_back_are_wrong_in_the_table():
    _, _, right, *wrong = figures.wrong_backwards().splitlines()
    a, b = 3, -1
    at_p = 1 + 2 * a * b
    expected = [at_p, at_p * b, at_p * a]
    assert [float(cell.replace("−", "-")) for cell in right.split("|")[2:-1]] == expected
    assert len(wrong) == 2
    assert all(row.split("|")[2:] != right.split("|")[2:] for row in wrong)


def test_the_best_nudge_of_the_table_is_the_one_of_theory():
    errors = {h: figures.largest_error(h) for h in (1e-1, 1e-3, 5e-6, 1e-9, 1e-12)}
    assert min(errors, key=errors.get) == 5e-6
    assert errors[5e-6] < 1e-10
    # h²/6 of the third derivative of tanh, (6t² − 2)(1 − t²), largest for x from 0.5 to 1.5.
    t = np.tanh(np.arange(50, 151) / 100)
    assert errors[1e-3] == pytest.approx(1e-6 / 6 * np.max(abs((6 * t * t - 2) * (1 - t * t))), rel=1e-3)
    _, _, *rows = figures.nudges().splitlines()
    assert rows == [f"| {power(h)} | {power(error)} |" for h, error in errors.items()]


def test_gradients_add_up_over_calls():
    assert figures.called_twice() == (7, 14)
    # The sum is walked before the product: what is left is one of the product's two uses.
    assert figures.overwritten() == 3


def test_a_tie_is_shared():
    assert figures.tie() == 0.5


def test_ratios_to_micrograd_are_medians_of_the_benchmark():
    net, point = figures.beside_micrograd()
    measured = json.loads(Path("benchmarks/autodiff.json").read_text(encoding="utf-8"))["experiments"]
    for ratio, name in ((net, "2-16-16-1"), (point, "Rosenbrock")):
        (found,) = [experiment for title, experiment in measured.items() if name in title]
        seconds = {library: taken["seconds"][1] for library, taken in found.items()}
        # Ratios were taken run by run: the median of these is near the ratio of the medians.
        assert ratio == pytest.approx(seconds["gdbook.value"] / seconds["micrograd"], rel=0.1)
