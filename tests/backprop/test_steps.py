"""The walk back in steps is the walk back of Value, and so is the walk with the bug."""

import inspect
import random
import textwrap

import pytest

from gdbook import value as module
from gdbook.backprop.graph import edges, program
from gdbook.backprop.steps import backward_steps
from gdbook.value import Value


def random_program(seed):
    """Twelve operations on three inputs; what is computed is used again."""
    rng = random.Random(seed)
    values = [Value(rng.uniform(-1.5, 1.5)) for _ in range(3)]
    for _ in range(12):
        x, y = rng.choices(values, k=2)
        operations = (
            lambda x, y: x + y,
            lambda x, y: x * y,
            lambda x, y: x - y,
            lambda x, y: x.max(y),
            lambda x, y: x.tanh(),
            lambda x, y: x.sin() * 2,
            lambda x, y: x.relu() + 0.1,
            lambda x, y: x / (y * y + 1),
        )
        values.append(rng.choice(operations)(x, y))
    return values[-1] + values[-2] * values[-3]


def buggy_backward():
    """``Value.backward`` with ``=`` for ``+=`` where a child gets its part: the source itself, changed."""
    source = textwrap.dedent(inspect.getsource(Value.backward))
    for child in ("a", "b", "child"):
        assert source.count(f" {child}.grad +=") == 1
        source = source.replace(f" {child}.grad +=", f" {child}.grad =")
    names = dict(vars(module))
    exec(source, names)
    return names["backward"]


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize(("add", "walk"), [(True, Value.backward), (False, buggy_backward())])
def test_the_steps_lead_to_the_gradients_of_backward(seed, add, walk):
    """Bit by bit: the order of the sums is the same."""
    result = random_program(seed)
    walk(result)
    expected = [value.grad for value in program(result)]
    backward_steps(result, add)
    assert [value.grad for value in program(result)] == expected
    assert all(value._uses == 0 for value in program(result))


@pytest.mark.parametrize("seed", range(20))
def test_a_step_is_one_use_and_comes_after_all_uses_of_its_user(seed):
    result = random_program(seed)
    steps = backward_steps(result)
    uses = [(id(child), id(user), slope) for child, user, slope in edges(result)]
    assert sorted((id(child), id(user), slope) for user, child, slope, *_ in steps) == sorted(uses)
    last = {id(child): i for i, (_, child, *_) in enumerate(steps)}
    assert all(last.get(id(user), -1) < i for i, (user, *_) in enumerate(steps))


def test_a_step_says_what_was_there_and_what_is():
    a = Value(3.0)
    result = a * a + a
    steps = [numbers for _, child, *numbers in backward_steps(result) if child is a]
    assert steps == [[1, 1, 0, 1], [3.0, 3.0, 1, 4.0], [3.0, 3.0, 4.0, 7.0]]
    wrong = [numbers for _, child, *numbers in backward_steps(result, add=False) if child is a]
    assert wrong == [[1, 1, 0, 1], [3.0, 3.0, 1, 3.0], [3.0, 3.0, 3.0, 3.0]]


def test_the_bug_is_harmless_where_nothing_is_used_twice():
    a, b = Value(0.5), Value(-2.0)
    result = (a * b).tanh() + 1
    backward_steps(result, add=False)
    wrong = a.grad, b.grad
    result.backward()
    # Leaves add up over calls of backward: twice what one walk gives.
    assert (a.grad, b.grad) == (2 * wrong[0], 2 * wrong[1])


def test_steps_start_at_zero_each_time():
    a = Value(3.0)
    result = a * a
    for _ in range(2):
        backward_steps(result)
        assert a.grad == 6.0


def test_a_result_that_is_an_input_has_no_steps():
    a = Value(3.0)
    assert backward_steps(a) == []
    assert a.grad == 1
