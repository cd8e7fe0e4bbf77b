"""Costs along a chain, against multiplications and evaluations that are counted one by one."""

import itertools
import math

import numpy as np
import pytest

from gdbook.backprop.chain import backward_cost, checkpointed, forward_cost, least_cost

SIZES = [(3, 5, 2, 4), (1, 4, 4, 6), (6, 4, 4, 1), (5, 2), (4, 1, 5, 2, 3)]


class Counted:
    """A number that counts its multiplications."""

    count = 0

    def __init__(self, x):
        self.x = x

    def __mul__(self, other):
        Counted.count += 1
        return Counted(self.x * other.x)

    def __add__(self, other):
        return Counted(self.x + other.x)


def counted(sizes, multiply):
    """Multiplications of ``multiply(jacobians)``, with the first function's Jacobian first."""
    rng = np.random.default_rng(0)
    jacobians = [
        np.array([[Counted(x) for x in row] for row in rng.normal(size=(m, n))])
        for n, m in itertools.pairwise(sizes)
    ]
    Counted.count = 0
    product = multiply(jacobians)
    assert product.shape == (sizes[-1], sizes[0])
    return Counted.count


def from_the_input(jacobians):
    product, *others = jacobians
    for jacobian in others:
        product = jacobian.dot(product)
    return product


def from_the_output(jacobians):
    *others, product = jacobians
    for jacobian in reversed(others):
        product = product.dot(jacobian)
    return product


def every_bracketing(jacobians):
    """The products in all orders."""
    if len(jacobians) == 1:
        yield jacobians[0], 0
    for k in range(1, len(jacobians)):
        for (right, paid), (left, also) in itertools.product(
            list(every_bracketing(jacobians[:k])), list(every_bracketing(jacobians[k:]))
        ):
            before = Counted.count
            product = left.dot(right)
            yield product, paid + also + Counted.count - before


@pytest.mark.parametrize("sizes", SIZES)
def test_costs_are_the_multiplications_that_are_made(sizes):
    assert forward_cost(sizes) == counted(sizes, from_the_input)
    assert backward_cost(sizes) == counted(sizes, from_the_output)


@pytest.mark.parametrize("sizes", SIZES)
def test_least_cost_is_that_of_the_best_bracketing(sizes):
    jacobians = [np.array([[Counted(1.0)] * n] * m) for n, m in itertools.pairwise(sizes)]
    assert least_cost(sizes) == min(paid for _, paid in every_bracketing(jacobians))


def step(x):
    return math.sin(x) + 0.3 * x


def slope(x):
    return math.cos(x) + 0.3


@pytest.mark.parametrize(("steps", "every"), [(1, 1), (10, 1), (10, 3), (10, 10), (10, 25), (36, 6)])
def test_checkpointing_gives_the_product_and_says_what_it_took(steps, every):
    calls = []

    def counting(x):
        calls.append(x)
        return step(x)

    points = [0.8]
    for _ in range(steps - 1):
        points.append(step(points[-1]))
    derivative, evaluations, most = checkpointed(counting, slope, 0.8, steps, every)
    assert derivative == pytest.approx(math.prod(map(slope, points)), rel=1e-13)
    assert evaluations == len(calls)
    stretch = min(steps, every)
    marks = math.ceil(steps / every)
    # Every stretch but its first value is computed twice; a last stretch may be shorter than the others.
    assert evaluations == 2 * steps - marks
    assert most in (marks - 1 + stretch, marks - 2 + stretch)


def test_a_stretch_of_the_root_stores_the_least():
    stored = {every: checkpointed(step, slope, 0.8, 400, every)[2] for every in range(1, 401)}
    assert min(stored.values()) == stored[20] == 2 * 20 - 1
    assert stored[1] == stored[400] == 400


def test_a_stretch_of_nothing_is_refused():
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        checkpointed(step, slope, 0.8, 10, 0)
