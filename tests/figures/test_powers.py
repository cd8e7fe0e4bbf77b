"""Numbers times a power of ten."""

import pytest

from gdbook.figures.powers import power, raised


@pytest.mark.parametrize(
    ("x", "decimals", "shown"),
    [
        (3.7e-8, 0, r"$4 \cdot 10^{-8}$"),
        (-1234.5, 2, r"$-1.23 \cdot 10^{3}$"),
        (9.99, 0, r"$1 \cdot 10^{1}$"),
        (0.0, 3, "0"),
    ],
)
def test_a_power_of_ten(x, decimals, shown):
    assert power(x, decimals) == shown


@pytest.mark.parametrize(("x", "shown"), [(3.7e-18, "4·10⁻¹⁸"), (250, "2·10²"), (1.0, "1·10⁰")])
def test_a_power_of_ten_in_text(x, shown):
    assert raised(x) == shown
