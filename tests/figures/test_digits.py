"""What the figures of the notebook on digits draw, against the data that they were given."""

import numpy as np
import pytest

from gdbook.data import digits as load
from gdbook.figures import digits as figures
from gdbook.figures.colours import ADAM, DIVERGES, INK, OF_RULE
from gdbook.figures.house import words
from gdbook.mlp import init, train
from gdbook.site.build.svg import inline_svg

(X, y), valid, (X_test, y_test) = load()


def ink(ax):
    """The image that the patches of an axes draw: the shade of each pixel, 0 to 1."""
    image = np.zeros((figures.SIDE, figures.SIDE))
    for patch in ax.patches:
        for row, column in np.ndindex(image.shape):
            if patch.get_path().contains_point((column + 0.5, row + 0.5)):
                image[row, column] += patch.get_alpha()
    return image


def test_each_image_is_drawn_pixel_by_pixel():
    axes = figures.images(X, y).axes
    assert len(axes) == 20
    for ax, i in ((axes[3], np.flatnonzero(y == 3)[0]), (axes[17], np.flatnonzero(y == 7)[1])):
        # Rounded to one of the shades.
        np.testing.assert_allclose(ink(ax), X[i].reshape(8, 8), atol=0.5 / figures.LEVELS + 1e-9)


def test_the_images_stand_under_their_digits():
    assert [ax.get_title("center") for ax in figures.images(X, y).axes[:10]] == list("0123456789")


@pytest.fixture(scope="module")
def run():
    return train(init([64, 10], np.random.default_rng(0)), (X, y), epochs=4, valid=valid)


def test_curves_are_the_losses_and_accuracies_of_the_run(run):
    left, right = figures.curves(run).axes
    noisy, mean = left.lines
    np.testing.assert_array_equal(noisy.get_ydata(), run.loss)
    per_epoch = len(run.loss) // 4
    expected = [run.loss[k * per_epoch : (k + 1) * per_epoch].mean() for k in range(4)]
    np.testing.assert_allclose(mean.get_ydata(), expected)
    drawn = {line.get_color(): np.asarray(line.get_ydata()) for line in right.lines}
    np.testing.assert_allclose(drawn[ADAM], 100 * run.accuracy)
    np.testing.assert_allclose(drawn[INK], 100 * run.valid_accuracy)


def test_confusion_counts_each_pair():
    truth, guess = np.array([1, 1, 1, 2, 9]), np.array([1, 1, 7, 2, 4])
    fig = figures.confusion(truth, guess)
    drawn = {text.get_position()[::-1]: (text.get_text(), text.get_color()) for text in fig.axes[0].texts}
    assert drawn == {(1, 1): ("2", INK), (1, 7): ("1", DIVERGES), (2, 2): ("1", INK), (9, 4): ("1", DIVERGES)}
    assert "3 of 5 images" in fig.get_label()
    assert "2 stand elsewhere" in fig.get_label()


def test_mistakes_are_the_images_guessed_wrong():
    sure = np.full((4, 10), 0.02)
    sure[[0, 1, 2, 3], [y_test[0], 8, y_test[2], 8]] = 0.82
    truth = np.array([y_test[0], 3, y_test[2], 5])
    fig = figures.mistakes(X_test[:4], truth, sure)
    shown = [ax for ax in fig.axes if ax.get_visible()]
    assert [(ax.get_title("center"), ax.get_xlabel()) for ax in shown] == [("3", "8? 82%"), ("5", "8? 82%")]
    np.testing.assert_allclose(ink(shown[0]), X_test[1].reshape(8, 8), atol=0.5 / figures.LEVELS + 1e-9)
    assert words(fig.get_label())[0].endswith("a 3 taken for an 8 (82% sure), a 5 taken for an 8 (82% sure).")


def test_no_mistake_is_no_picture():
    fig = figures.mistakes(X_test[:2], y_test[:2], np.eye(10)[y_test[:2]])
    assert [ax for ax in fig.axes if ax.get_visible()] == []
    assert "none" in fig.get_label()


def test_accuracy_by_rate_is_the_mean_over_the_seeds_with_its_ends():
    tried = {"sgd": np.array([[0.5, 0.7], [0.9, 0.8]]), "adam": np.array([[0.2, 0.4], [0.6, 0.6]])}
    rates = {"sgd": [0.1, 1.0], "adam": [0.01, 0.1]}
    fig = figures.accuracy_by_rate(rates, tried)
    for name, line, bars in zip(tried, fig.axes[0].lines, fig.axes[0].collections, strict=True):
        assert line.get_color() == OF_RULE[name]
        assert list(line.get_xdata()) == rates[name]
        np.testing.assert_allclose(line.get_ydata(), 100 * tried[name].mean(axis=1))
        ends = [sorted(segment[:, 1]) for segment in bars.get_segments()]
        np.testing.assert_allclose(ends, 100 * np.sort(tried[name], axis=1))
    assert "sgd 85.0% at 1, adam 60.0% at 0.1" in fig.get_label()


def test_by_shift_is_in_percent():
    fig = figures.by_shift([0, 1], [0.98, 0.5])
    assert list(fig.axes[0].lines[0].get_ydata()) == [98, 50]
    assert "98% at 0, 50% at 1" in fig.get_label()


def test_the_figures_fit_a_page(run):
    for fig in (figures.images(X, y), figures.curves(run), figures.confusion(y_test, y_test[::-1])):
        assert len(inline_svg(fig, "x", "p-")) < 70_000  # 7 kB once packed
