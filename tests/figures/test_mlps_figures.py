"""What the figures of *Multi-layer perceptrons* draw, against loops and formulas written out here."""

import math
import re

import numpy as np
import pytest
from drawn import draws
from matplotlib.colors import to_hex

from gdbook import mlp
from gdbook.data import digits, moons
from gdbook.figures import mlps as figures
from gdbook.figures.colours import BEST, CLASSES, CURVE, DESCENT, DIVERGES, ramp
from gdbook.figures.plates import mlps as plates
from gdbook.site.build.svg import inline_svg

ALL = [figures.passes, figures.signal_by_layer, figures.moons_regions]


def test_each_array_of_the_passes_has_its_shape():
    assert figures.shapes() == {
        **{"X": (32, 64), "A₁": (32, 64), "Z₂": (32, 10), "Δ₂": (32, 10), "Δ₁": (32, 64)},
        **{"W₁": (64, 64), "b₁": (64,), "W₂": (64, 10), "b₂": (10,)},
    }


def test_a_shape_is_read_out():
    assert figures.worded("W₂") == "64 by 10"


def test_the_shapes_of_a_product_meet():
    """Of each product the inner numbers are equal, and the outer ones are those of the result."""
    products = re.findall(r"\((\d+) × (\d+)\) \((\d+) × (\d+)\).* → (\d+) × (\d+)", figures.shape_rules())
    assert len(products) == 5
    assert products[0] == ("32", "64", "64", "64", "32", "64")
    for rows, inner, same, columns, *result in products:
        assert inner == same
        assert result == [rows, columns]


def test_multiplications_are_those_of_the_products():
    """Two products of matrices forward, three back, each written out."""
    forward = 32 * 64 * 64 + 32 * 64 * 10
    backward = 64 * 32 * 10 + 32 * 10 * 64 + 64 * 32 * 64
    assert figures.multiplications() == (forward, backward)


def test_parameters_are_counted():
    params = mlp.init((64, 64, 10), np.random.default_rng(0))
    assert figures.parameters() == sum(W.size + b.size for W, b in params)


def test_the_digits_are_shared_out():
    assert sum(figures.digit_counts()) == 1797
    assert figures.digit_counts() == [X.shape[0] for X, _ in digits()]
    assert {X.shape[1] for X, _ in digits()} == {64}


def test_softmax_twice_leaves_a_loss_and_a_tenth_of_the_slope():
    least, smaller = figures.softmax_twice()
    assert least == pytest.approx(math.log(math.e + 9) - 1)

    def loss(logit):
        p = np.exp([logit, *[0] * 9])
        p = p / p.sum()
        return math.log(np.exp(p).sum()) - p[0]

    # −0.9 is the slope of one softmax at equal logits of ten classes.
    assert smaller == pytest.approx(-0.9 / ((loss(1e-5) - loss(-1e-5)) / 2e-5), rel=1e-6)


def test_the_mean_does_not_see_that_every_sample_is_there_twice():
    assert figures.doubled_batch() == pytest.approx(1, rel=1e-12)


def test_twenty_layers_multiply_a_factor():
    assert figures.shrinkage() == pytest.approx(2**10, rel=1e-9)


def test_the_boxes_say_the_shapes_and_gradients_are_blue():
    (ax,) = figures.passes().axes
    shown = {text.get_text(): text for text in ax.texts}
    boxes = {"X": "X", "A₁": "A₁", "Z₂": "Z₂"}
    gradients = {"Δ₂": "Δ₂", "Δ₁": "Δ₁", "∂L/∂W₁": "W₁", "∂L/∂W₂": "W₂"}
    for name, array in (boxes | gradients).items():
        above = shown[name]
        assert above.get_color() == (DESCENT if name in gradients else CURVE)
        x, y = above.get_position()
        (below,) = [text for text in ax.texts if text.get_position() == (x, y - 8)]
        assert below.get_text() == " × ".join(map(str, figures.shapes()[array]))
        # What stands in the middle stays there when the type is enlarged: no text of two lines.
        assert {above.get_ha(), below.get_ha()} == {"center"}
    assert not any("\n" in text for text in shown)


def test_the_arrows_of_the_passes_are_the_uses():
    (ax,) = figures.passes().axes
    place = {text.get_text(): text.get_position()[0] for text in ax.texts}
    row = {"X": 66, "A₁": 66, "Z₂": 66, "∂L/∂W₁": 38, "∂L/∂W₂": 38, "Δ₁": 10, "Δ₂": 10}

    def nearest(x, y):
        return min(row, key=lambda name: (abs(row[name] - y) > 11, abs(place[name] - x)))

    arrows = [text for text in ax.texts if not text.get_text()]
    drawn = {(nearest(*a.xyann), nearest(*a.xy)): to_hex(a.arrow_patch.get_edgecolor()) for a in arrows}
    assert drawn == {
        **{("X", "A₁"): CURVE, ("A₁", "Z₂"): CURVE, ("X", "∂L/∂W₁"): CURVE, ("A₁", "∂L/∂W₂"): CURVE},
        **{
            ("Z₂", "Δ₂"): DESCENT,
            ("Δ₂", "Δ₁"): DESCENT,
            ("Δ₁", "∂L/∂W₁"): DESCENT,
            ("Δ₂", "∂L/∂W₂"): DESCENT,
        },
    }


def test_the_signal_is_that_of_a_plain_loop():
    rng = np.random.default_rng(2)  # the third of the four
    a = rng.standard_normal((200, 100))
    (ax,) = figures.signal_by_layer().axes
    (drawn,) = [line for line in ax.lines if line.get_color() == BEST and line.get_marker() == "o"]
    for size in drawn.get_ydata():
        a = np.maximum(a @ (math.sqrt(2 / 100) * rng.standard_normal((100, 100))), 0)
        assert size == pytest.approx(math.sqrt((a**2).mean()), rel=1e-12)


@pytest.mark.parametrize(
    ("colour", "variance"),
    [(ramp(2)[0], 0.05**2), (ramp(2)[1], 1 / 100), (BEST, 2 / 100), (DIVERGES, 0.25**2)],
)
def test_the_lines_multiply_by_half_n_times_the_variance(colour, variance):
    (ax,) = figures.signal_by_layer().axes
    (drawn,) = [line for line in ax.lines if line.get_color() == colour and line.get_marker() == "None"]
    expected = [math.sqrt((100 * variance / 2) ** layer) for layer in range(1, 21)]
    np.testing.assert_allclose(drawn.get_ydata(), expected, rtol=1e-12)


@pytest.mark.parametrize("scheme", [scheme for _, scheme, _ in figures.SIGNALS])
def test_the_signal_follows_the_prediction(scheme):
    measured = [figures.rms(a) for a in figures.signal(scheme)[1:]]
    # Each layer's random factor of the mean square has deviation √(5/100) = 0.22; twenty of them 1, and
    # half of that for the root. Three deviations.
    assert np.all(np.abs(np.log(measured / figures.predicted_rms(scheme))) < 1.5)


def test_the_formula_errs_by_the_largest_of_the_errors():
    ratios = [
        math.sqrt((a**2).mean()) / math.sqrt((100 * variance / 2) ** layer)
        for scheme, variance in ((0.05, 0.05**2), ("glorot", 1 / 100), ("he", 2 / 100), (0.25, 0.25**2))
        for layer, a in enumerate(figures.signal(scheme)[1:], 1)
    ]
    assert figures.formula_error() == pytest.approx(max(max(ratios) - 1, 1 - min(ratios)))
    assert figures.last_size(0.25) == pytest.approx(ratios[-1] * (100 * 0.25**2 / 2) ** 10)


def test_the_four_networks_are_four():
    first = [figures.signal(scheme)[0] for _, scheme, _ in figures.SIGNALS]
    for i in range(4):
        for j in range(i):
            # 20,000 pairs of independent normal numbers: the correlation has deviation 0.007.
            assert abs(np.corrcoef(first[i].ravel(), first[j].ravel())[0, 1]) < 0.03


def test_moons_are_drawn_and_the_shares_are_right():
    X, y = moons(60)
    for ax in figures.moons_regions().axes:
        for c, colour in enumerate(CLASSES):
            (points,) = [line for line in ax.lines if line.get_color() == colour]
            np.testing.assert_array_equal(points.get_xydata(), X[y == c])
    for hidden in ((), (16, 16)):
        params, share = figures.moons_training(hidden)
        assert share == sum(mlp.predict(params, X) == y) / 60
    assert figures.moons_training(())[1] < 0.95
    assert figures.moons_training((16, 16))[1] == 1


def test_the_regions_are_the_predicted_classes():
    for ax, hidden in zip(figures.moons_regions().axes, ((), (16, 16)), strict=True):
        params, _ = figures.moons_training(hidden)
        (contour,) = ax.collections
        lower, upper = contour.get_paths()
        # Points away from the border, where the grid's straight pieces may be off.
        rng = np.random.default_rng(0)
        points = rng.uniform((-1.6, -1.1), (2.6, 1.7), (400, 2))
        logits = mlp.forward(params, points)[-1]
        lead = logits[:, 1] - logits[:, 0]
        clear = abs(lead) > 1
        assert np.mean(clear) > 0.5
        np.testing.assert_array_equal(lower.contains_points(points[clear]), lead[clear] < 0)
        np.testing.assert_array_equal(upper.contains_points(points[clear]), lead[clear] > 0)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figures_are_in_the_house_colours_and_light(draw):
    assert len(inline_svg(draw(), "label", "p-")) < 30_000


def test_he_keeps_the_mean_square_over_networks_and_not_that_of_each():
    """So a single one may end at half its size, or at twice."""
    sizes = np.array(figures.he_sizes())
    assert len(sizes) == 30
    assert min(sizes) < 0.5 < 1.5 < max(sizes)
    squares = sizes**2
    assert abs(squares.mean() - 1) < 3 * squares.std(ddof=1) / math.sqrt(30)
    rng = np.random.default_rng(4)
    a = rng.standard_normal((200, 100))
    for W, _ in mlp.init([100] * 22, rng, "he")[:-1]:
        a = np.maximum(a @ W, 0)
    assert sizes[4] == pytest.approx(math.sqrt(np.mean(a * a)), rel=1e-9)


def test_each_gradient_has_the_shape_of_its_weights():
    assert figures.gradient_shapes((20, 30, 5), 8) == [(20, 30), (30, 5)]
    assert figures.gradient_shapes(figures.SIZES, 32) == [figures.shapes()["W₁"], figures.shapes()["W₂"]]


def of_numpy(n, sigma, relu, seed):
    """The plate's network, from the generator of Park and Miller, sent through ``mlp.forward``."""
    drawn = draws(seed)

    def matrix(rows, columns):
        return np.array([[next(drawn) for _ in range(columns)] for _ in range(rows)])

    X = matrix(4, n)
    params = [(sigma * matrix(n, n).T, np.zeros(n)) for _ in range(20)]
    identity = (np.eye(n), np.zeros(n))
    return mlp.forward([*params, identity], X, "relu" if relu else "tanh")[1:-1]


@pytest.mark.parametrize("relu", [0, 1])
@pytest.mark.parametrize(("n", "sigma", "seed"), [(64, 0.25, 2), (16, 0.6, 99), (31, 0.03, 7)])
def test_the_plate_s_activations_are_those_of_the_network(n, sigma, relu, seed):
    layers = plates.activations(n, sigma, relu, seed)
    for given, expected in zip(layers, of_numpy(n, sigma, relu, seed), strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize(("relu", "scheme"), [(0, "glorot"), (1, "he")])
def test_the_plate_says_what_it_draws(relu, scheme):
    n, sigma, seed = 40, 0.3, 5
    layers = of_numpy(n, sigma, relu, seed)
    calls = plates.signal_in_depth.record(n=n, sigma=sigma, relu=relu, seed=seed)
    usual, ends = ({tuple(point) for point in call[1]} for call in calls if call[0] == "dots")
    points = [(k, a) for k, layer in enumerate(layers, 1) for a in layer[0, :16]]
    beyond = [(k, a) for k, a in points if abs(a) > 0.9 and not relu]
    np.testing.assert_allclose(sorted(ends), sorted(beyond), rtol=1e-9)
    assert len(usual | ends) == len(set(points))
    said = plates.signal_in_depth.said(n=n, sigma=sigma, relu=relu, seed=seed)
    last, level = layers[-1], math.sqrt(mlp.SCHEMES[scheme](n, n))
    assert f"is {sigma / level:.2f} times {scheme.title()}'s" in said
    size = figures.rms(last)
    assert f" {size:,.0f}." in said if relu else f"size {size:.2g}, " in said
    assert relu or f"{np.mean(abs(last) > 0.9):.0%} of its numbers" in said


def test_the_plate_s_networks_multiply_the_size_as_theory_says():
    """By σ over He's in each relu layer, on average over networks."""
    ratio = 0.9
    squares = [
        plates.size(plates.activations(16, ratio * plates.he(16), 1, seed)[4]) ** 2 for seed in range(1, 100)
    ]
    assert abs(np.mean(squares) / ratio**10 - 1) < 3 * np.std(squares) / ratio**10 / math.sqrt(99)


def test_what_the_chapter_says_of_the_plate_s_networks():
    said = plates.signal_in_depth.said
    assert "is 2.00 times Glorot's" in said()
    assert "is 1.00 times Glorot's" in said(sigma=0.125)
    assert "none of its numbers lies beyond" in said(sigma=0.05)
    assert "is 1.00 times He's" in said(sigma=0.177, relu=1)
    assert "is 0.71 times He's" in said(sigma=0.177, relu=1, n=32)
