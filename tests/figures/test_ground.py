"""What plates share: how a number is said, and the numbers drawn by chance."""

import numpy as np
import pytest
from drawn import draws

from gdbook.figures.plates.ground import said, uniforms


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.0, "0"),
        (0.0314, "0.031"),
        (7.0, "7"),
        (99.4, "99"),
        (1234.5, "1,234"),
        (99_499, "99,499"),
        (99_500, "1·10⁵"),
        (2.6e10, "3·10¹⁰"),
        (9.7e12, "1·10¹³"),
        (0.00094, "9·10⁻⁴"),
        (4e-8, "4·10⁻⁸"),
        (9.6e-11, "1·10⁻¹⁰"),
        (2.2e-16, "2·10⁻¹⁶"),
    ],
)
def test_a_number_is_said_in_few_digits_and_far_from_1_as_a_power_of_ten(number, words):
    assert said(number) == words


def test_uniform_numbers_go_on_where_the_last_ended():
    expected = draws(8)
    first, at = uniforms(3, 8000)
    second, _ = uniforms(2, at)
    assert first + second == pytest.approx([next(expected) for _ in range(5)])
    assert np.std(uniforms(20_000, 8000)[0]) == pytest.approx(1, abs=0.02)
