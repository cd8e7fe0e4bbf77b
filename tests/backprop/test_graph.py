"""The graph of a traced program: each value once, each use once, in an order that can be computed."""

import pytest

from gdbook.backprop.graph import children, edges, operation, program
from gdbook.value import Value


def walk(value, found):
    """Every use of every value below ``value``, by plain recursion: for small programs only."""
    if value not in found:
        found[value] = [child for child in value._children if isinstance(child, Value)]
        for child in found[value]:
            walk(child, found)
    return found


def a_program():
    a, b = Value(0.7), Value(-1.3)
    u = a * b
    return (u.tanh() + u * u) / (a - 2) + b.max(a)


def test_each_value_is_there_once_and_after_those_it_needs():
    result = a_program()
    order = program(result)
    place = {value: i for i, value in enumerate(order)}
    assert len(place) == len(order)
    assert set(order) == set(walk(result, {}))
    assert order[-1] is result
    assert all(place[child] < place[user] for user in order for child in children(user))


def test_of_two_children_the_first_comes_first():
    a, b = Value(1.0), Value(2.0)
    assert program(a - b)[:2] == [a, b]
    assert program(b - a)[:2] == [b, a]


def test_each_use_is_an_edge_with_its_local_derivative():
    result = a_program()
    uses = sorted((id(child), id(user)) for user, below in walk(result, {}).items() for child in below)
    assert sorted((id(child), id(user)) for child, user, _ in edges(result)) == uses


def test_the_derivative_is_the_sum_over_paths_of_the_products_of_the_slopes():
    a, b = Value(0.7), Value(-1.3)
    y = (a * b).sin() * a + a * a
    y.backward()

    def along(value):  # ∂y/∂value
        return 1 if value is y else sum(s * along(user) for child, user, s in edges(y) if child is value)

    assert along(a) == pytest.approx(a.grad, rel=1e-14)
    assert along(b) == pytest.approx(b.grad, rel=1e-14)


def test_a_value_used_twice_by_one_operation_has_two_edges():
    x = Value(3.0)
    assert [slope for _, _, slope in edges(x * x)] == [3, 3]


def test_a_long_chain_needs_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    assert len(program(y)) == 100_001
    assert len(edges(y)) == 100_000


def test_equal_numbers_are_different_values():
    assert len(program(Value(2.0) + Value(2.0))) == 3


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda x: x, ""),
        (lambda x: x + x, "+"),
        (lambda x: x - x, "−"),
        (lambda x: x / x, "÷"),
        (lambda x: 3 * x, "× 3"),
        (lambda x: x * -0.5, "× −0.5"),
        (lambda x: x - 2, "− 2"),
        (lambda x: 2 - x, "2 −"),
        (lambda x: x / 4, "÷ 4"),
        (lambda x: 4 / x, "4 ÷"),
        (lambda x: 0 / x, "0 ÷"),
        (lambda x: x**2, "( )²"),
        (lambda x: x**-1, "( )⁻¹"),
        (lambda x: x**0.5, "** 0.5"),
        (lambda x: 2**x, "2 **"),
        (lambda x: x.tanh(), "tanh"),
    ],
)
def test_what_computed_a_value(made, name):
    assert operation(made(Value(1.5))) == name


def test_a_number_is_no_program():
    with pytest.raises(TypeError, match=r"result must be a Value.*got 3\.0"):
        program(3.0)
