"""From a rate to a number of steps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.theory import steps_to


@given(st.floats(1e-9, 0.99), st.floats(0.01, 0.99))
def test_steps_to_is_the_first_step_that_is_near_enough(fraction, rate):
    n = steps_to(fraction, rate)
    # logarithms are rounded: exactly at a power of the rate either step is right
    assert rate**n <= fraction * (1 + 1e-9)
    assert rate ** (n - 1) > fraction * (1 - 1e-9)


def test_steps_to_of_the_half_lives():
    assert [steps_to(0.5, rate) for rate in (0.9, 0.99, 0.999)] == [7, 69, 693]  # 6.58, 68.97, 692.8


@pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, math.nan])
def test_fractions_and_rates_are_between_zero_and_one(value):
    with pytest.raises(ValueError, match=f"rate must be .* got {value}"):
        steps_to(0.5, value)
    with pytest.raises(ValueError, match=f"fraction must be .* got {value}"):
        steps_to(value, 0.5)
