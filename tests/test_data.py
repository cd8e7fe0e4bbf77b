"""The data: the same numbers from the same seed, and batches that use each sample once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.data import _digits_table, batches, digits, moons, toy_line


def test_toy_line_gives_the_numbers_of_the_global_seed():
    state = np.random.get_state()
    np.random.seed(42)
    y = 2 * np.linspace(0, 1, 100) + 1 + np.random.normal(0, 0.1, 100)
    np.random.set_state(state)
    np.testing.assert_array_equal(toy_line()[1], y)


def test_toy_line_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()
    toy_line()
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_without_noise_the_points_are_on_the_line():
    x, y = toy_line(5, noise=0)
    np.testing.assert_array_equal(x, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(y, [1, 1.5, 2, 2.5, 3])


def test_noise_is_a_standard_deviation():
    x, y = toy_line(100_000, noise=0.3, seed=1)
    # the standard error of a deviation is σ/√(2n) = 7e-4: four of them
    assert np.std(y - 2 * x - 1) == pytest.approx(0.3, abs=3e-3)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_batches_use_each_sample_once(n, size, seed):
    size = min(size, n)
    epoch = batches(n, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(epoch)) == list(range(n))
    assert [len(batch) for batch in epoch[:-1]] == [size] * (-(-n // size) - 1)
    assert 1 <= len(epoch[-1]) <= size


def test_each_epoch_has_its_own_order():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(batches(50, 7, rng)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_the_mean_of_a_batch_has_the_variance_of_sampling_without_replacement():
    """Variance (σ²/B)(N − B)/(N − 1): zero for B = N."""
    N, B = 10, 4
    values = np.arange(N) ** 2.0
    rng = np.random.default_rng(0)
    means = [values[batches(N, B, rng)[0]].mean() for _ in range(20_000)]
    expected = values.var() / B * (N - B) / (N - 1)
    # the relative standard error of a variance is √(2/20 000) = 1 %: five of them
    assert np.var(means) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: toy_line(1), "n must be at least 2, got 1"),
        (lambda: toy_line(seed=-1), "seed must be at least 0, got -1"),
        (lambda: toy_line(noise=-0.1), r"noise must .* got -0\.1"),
        (lambda: batches(0, 1, None), "n must be at least 1, got 0"),
        (lambda: batches(3, 0, None), "size must be at least 1, got 0"),
        (lambda: batches(3, 4, None), "size must be at most n = 3, got 4"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_counts_are_whole():
    with pytest.raises(TypeError, match=r"n must be a whole number such as 100, got 10\.0"):
        toy_line(10.0)


def test_moons_without_noise_lie_on_their_circles():
    X, y = moons(50, noise=0)
    centre = np.where(y[:, None] == 0, [0, 0], [1, 0.5])
    np.testing.assert_allclose(np.hypot(*(X - centre).T), 1, atol=1e-15)
    assert np.all((X - centre)[y == 0, 1] >= 0)
    assert np.all((X - centre)[y == 1, 1] <= 0)
    assert np.bincount(y).tolist() == [25, 25]


def test_moons_have_their_noise():
    # The moons' own points come from the same seed whatever the noise.
    apart = (moons(50_000, noise=0.2)[0] - moons(50_000, noise=0)[0]).ravel()
    # the standard error of a deviation is σ/√(2n) = 4.5e-4: four of them
    assert np.std(apart) == pytest.approx(0.2, abs=2e-3)


@pytest.mark.parametrize("bad", [{"n": 1}, {"noise": -1}, {"seed": -1}])
def test_moons_refuse(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        moons(**bad)


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits  # here, for it takes a second

    X, y = load_digits(return_X_y=True)
    parts = digits()
    mine_X, mine_y = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    mine = np.column_stack([16 * mine_X, mine_y])
    theirs = np.column_stack([X, y])
    np.testing.assert_array_equal(mine[np.lexsort(mine.T)], theirs[np.lexsort(theirs.T)])


def test_digits_are_parted_as_asked():
    (X, y), (X_valid, y_valid), (X_test, y_test) = digits(valid=100, test=200, seed=3)
    assert [len(part) for part in (X, X_valid, X_test)] == [1497, 100, 200]
    assert [len(part) for part in (y, y_valid, y_test)] == [1497, 100, 200]
    assert (X.min(), X.max()) == (0, 1)
    assert y.dtype.kind == "i"
    assert np.unique(y_test).tolist() == list(range(10))


def test_digits_share_no_image_between_the_parts():
    rows = [{row.tobytes() for row in X} for X, _ in digits()]
    assert sum(map(len, rows)) == len(set.union(*rows)) == 1797


def test_digits_repeat_from_the_seed_and_are_the_callers_own():
    first, second = digits()[0][0], digits()[0][0]
    np.testing.assert_array_equal(first, second)
    first[:] = -1
    np.testing.assert_array_equal(digits()[0][0], second)
    assert not np.array_equal(digits(seed=1)[0][0], second)


def test_digits_leave_something_to_train_on():
    with pytest.raises(ValueError, match=r"valid \+ test must be below the 1797 images.* got 900 \+ 897"):
        digits(valid=900, test=897)


def test_digits_without_scikit_learn_say_how_to_get_it(monkeypatch):
    _digits_table.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "gdbook\[data\]"'):
        digits()
