"""The data: the same numbers from the same seed, and batches that use each sample once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.data import batches, toy_line


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
