"""Numbers times a power of ten."""

import pytest

from gdbook.figures.powers import power, raised, short


@pytest.mark.parametrize(
    ("x", "decimals", "shown"),
    [
        (3.7e-8, 0, r"$4 \cdot 10^{-8}$"),
        (-1234.5, 2, r"$-1.23 \cdot 10^{3}$"),
        (9.99, 0, r"$1 \cdot 10^{1}$"),
        (0.0, 3, "0"),
        (12345.0, 2, r"$1.23 \cdot 10^{4}$"),
        (12345.0, 1, r"$1.2 \cdot 10^{4}$"),
        (0.00099, 1, r"$9.9 \cdot 10^{-4}$"),
    ],
)
def test_a_power_of_ten(x, decimals, shown):
    assert power(x, decimals) == shown


@pytest.mark.parametrize(("x", "shown"), [(3.7e-18, "4·10⁻¹⁸"), (250, "2·10²"), (1.0, "1·10⁰")])
def test_a_power_of_ten_in_text(x, shown):
    assert raised(x) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [(0.9, "0.9"), (117.39, "117"), (0.005154, r"$5.2 \cdot 10^{-3}$"), (31415.9, r"$3.1 \cdot 10^{4}$")],
)
def test_short_numbers(x, shown):
    assert short(x) == shown


def test_numbers_near_one_are_written_out():
    assert [short(x, 1000, 2) for x in (1.2345, 999, 12345)] == ["1.23", "999", r"$1.23 \cdot 10^{4}$"]
