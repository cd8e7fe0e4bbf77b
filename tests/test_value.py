"""The scalar engine: its derivatives against differences and micrograd, and what it promises."""

import gc
import json
import math
import random
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from frameworks import run_with_frameworks
from hypothesis import assume, given
from hypothesis import strategies as st

from gdbook.value import Value

ROOT = Path(__file__).parents[1]

UNARY = {
    "exp": (lambda x: x.exp(), math.exp),
    "log": (lambda x: x.log(), math.log),
    "sqrt": (lambda x: x.sqrt(), math.sqrt),
    "sin": (lambda x: x.sin(), math.sin),
    "cos": (lambda x: x.cos(), math.cos),
    "tanh": (lambda x: x.tanh(), math.tanh),
    "sigmoid": (lambda x: x.sigmoid(), lambda x: 1 / (1 + math.exp(-x))),
    "abs": (abs, abs),
    "relu": (lambda x: x.relu(), lambda x: max(x, 0)),
    "neg": (lambda x: -x, lambda x: -x),
    "square": (lambda x: x**2, lambda x: x**2),
    "inverse": (lambda x: x**-1, lambda x: 1 / x),
    "root": (lambda x: x**0.3, lambda x: x**0.3),
    "number to a value": (lambda x: 3**x, lambda x: 3**x),
    "number minus": (lambda x: 3 - x, lambda x: 3 - x),
    "minus number": (lambda x: x - 3, lambda x: x - 3),
    "number over": (lambda x: 3 / x, lambda x: 3 / x),
    "over number": (lambda x: x / 3, lambda x: x / 3),
    "number plus": (lambda x: 3 + x, lambda x: 3 + x),
    "number times": (lambda x: 3 * x, lambda x: 3 * x),
    "max with a number": (lambda x: x.max(1), lambda x: max(x, 1)),
}
BINARY = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "over": lambda a, b: a / b,
    "power": lambda a, b: a**b,
}


def gradients(f, *numbers):
    values = [Value(x) for x in numbers]
    y = f(*values)
    y.backward()
    return y.data, [value.grad for value in values]


def slope(f, x, h=5e-6):
    """Central difference; h is near the best step, and leaves an error of about 1e-10."""
    return (f(x + h) - f(x - h)) / (2 * h)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("x", [0.4, 1.7])
def test_each_function_of_one_value_against_differences(name, x):
    function, by_math = UNARY[name]
    y, (grad,) = gradients(function, x)
    assert y == pytest.approx(by_math(x), rel=1e-15)
    assert grad == pytest.approx(slope(by_math, x), rel=1e-8)


@pytest.mark.parametrize("name", BINARY)
def test_each_operator_of_two_values_against_differences(name):
    f = BINARY[name]
    y, (da, db) = gradients(f, 1.3, 0.6)
    assert y == pytest.approx(f(1.3, 0.6), rel=1e-15)
    assert da == pytest.approx(slope(lambda a: f(a, 0.6), 1.3), rel=1e-8)
    assert db == pytest.approx(slope(lambda b: f(1.3, b), 0.6), rel=1e-8)


# As BINARY, but finite everywhere.
SAFE = (
    *(BINARY[name] for name in ("plus", "minus", "times")),
    lambda a, b: a / (b * b + 1),
    lambda a, b: (a * a + 0.5) ** (b / (b * b + 1)),
)
STEP = st.tuples(st.sampled_from(range(len(SAFE))), st.integers(0, 99), st.integers(0, 99))


@given(st.lists(STEP, max_size=12))
def test_random_graphs_against_differences(program):
    def run(a, b):
        values = [a, b]
        for operation, i, j in program:
            values.append(SAFE[operation](values[i % len(values)], values[j % len(values)]))
        return sum(values[2:], values[0])

    y, found = gradients(run, 1.3, 0.6)
    largest = max(abs(y), *map(abs, found))
    assume(largest < 1e3)  # beyond it the differences are too coarse
    expected = slope(lambda a: run(a, 0.6), 1.3), slope(lambda b: run(1.3, b), 0.6)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6 * max(largest, 1))


def test_a_value_used_twice_gets_the_sum_over_its_uses():
    assert gradients(lambda a: a * a + a, 3.0)[1] == [7.0]
    assert gradients(lambda a: a + a, 3.0)[1] == [2]


def test_the_chapter_example_of_micrograd():
    """The example of its readme, whose gradients were checked by hand there: 138.83, 645.58."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert (round(g.data, 4), round(a.grad, 4), round(b.grad, 4)) == (24.7041, 138.8338, 645.5773)


def test_a_chain_of_a_hundred_thousand_needs_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    y.backward()
    assert x.grad == 1
    assert y.data == pytest.approx(2)
    del y  # and is freed without recursion


def test_a_second_backward_adds_to_the_leaves_and_starts_the_others_anew():
    x = Value(3.0)
    inner = x * x
    y = inner * inner
    for times in (1, 2, 3):
        y.backward()
        assert (x.grad, inner.grad, y.grad) == (times * 4 * 27.0, 18.0, 1)


def test_two_results_with_a_shared_part_sum_their_gradients():
    x = Value(2.0)
    shared = x**3
    (shared * 2).backward()
    (shared + x).backward()
    assert x.grad == 2 * 12 + 12 + 1


def test_a_walk_that_was_stopped_does_not_spoil_the_next():
    class Refusing(float):
        def __mul__(self, other):
            raise KeyboardInterrupt

    x = Value(2.0)
    middle = x * x
    once = Value(4.0, (middle,), (Refusing(1),))
    with pytest.raises(KeyboardInterrupt):
        (once + middle).backward()
    x.grad = 0
    (middle * 5).backward()
    assert x.grad == 20


def test_conventions_where_there_is_no_derivative():
    assert gradients(lambda x: x.relu(), 0.0)[1] == [0]
    assert gradients(abs, 0.0)[1] == [0]
    assert gradients(lambda a, b: a.max(b), 1.0, 1.0)[1] == [0.5, 0.5]
    assert gradients(lambda a, b: a.max(b), 1.0, 2.0)[1] == [0, 1]
    assert gradients(lambda x: x**0.5, 0.0)[1] == [math.inf]
    assert gradients(lambda x: x**0, 0.0) == (1, [0])


def test_sigmoid_neither_overflows_nor_loses_its_tail():
    assert gradients(lambda x: x.sigmoid(), -800.0)[0] == 0
    assert gradients(lambda x: x.sigmoid(), 800.0)[0] == 1
    assert gradients(lambda x: x.sigmoid(), -40.0)[0] == pytest.approx(math.exp(-40), rel=1e-15)
    for x in (-40.0, 40.0):
        assert gradients(lambda x: x.sigmoid(), x)[1] == pytest.approx([math.exp(-40)], rel=1e-15)


def test_values_compare_as_their_numbers_do_and_are_told_apart_in_sets():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a == 1
    assert a != 2
    assert a < 2 <= Value(2)
    assert a >= 1 > Value(0.5)
    assert max(a, 3) == 3
    assert len({a, b, a}) == 2


def test_the_graph_can_be_read_as_that_of_micrograd():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert (y._prev, y._op) == ({a, b}, "*")
    assert {child.data for child in (a + 5)._prev} == {2.0, 5}
    assert [(a + b)._op, (a - b)._op, (a / b)._op, (a**2)._op, a.relu()._op] == ["+", "-", "/", "**2", "ReLU"]
    assert repr(y) == "Value(data=6.0, grad=0)"
    assert a._prev == set()


def test_an_operation_of_ones_own_is_a_value_with_children_and_local_derivatives():
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    (Value(a.data * b.data * c.data, (a, b, c), (15.0, 10.0, 6.0), "product") * 2).backward()
    assert [a.grad, b.grad, c.grad] == [30, 20, 12]


def test_what_is_no_real_number_is_refused():
    with pytest.raises(ValueError, match=r"-2.0\*\*0.5 is no real number"):
        Value(-2.0) ** 0.5
    with pytest.raises(TypeError, match="an exponent must be a number or a Value, got '2'"):
        Value(2.0) ** "2"
    with pytest.raises(ZeroDivisionError):
        Value(2.0) / 0


@pytest.mark.parametrize(
    ("f", "inside", "outside", "error"),
    [
        (lambda x: x.exp(), 709.78, 709.79, OverflowError),
        (lambda x: x.log(), 5e-324, 0.0, ValueError),
        (lambda x: x.sqrt(), 0.0, -5e-324, ValueError),
        (lambda x: x.sin(), 1e308, math.inf, ValueError),
        (lambda x: x.cos(), -1e308, -math.inf, ValueError),
        (lambda x: 1 / x, 1e-308, 0.0, ZeroDivisionError),
        (lambda x: x**2, 1e154, 1e155, OverflowError),
        (lambda x: x**-1, 1e-308, 0.0, ZeroDivisionError),
        (lambda x: x ** Value(2.0), 1e-150, 0.0, ValueError),
        (lambda x: x.data ** Value(2.0), 1e-150, 0.0, ValueError),
        (lambda x: x.data ** Value(2.0), 1.0, -1.0, ValueError),
    ],
)
def test_each_function_goes_as_far_as_its_docstring_says(f, inside, outside, error):
    assert math.isfinite(f(Value(inside)).data)
    with pytest.raises(error):
        f(Value(outside))


def test_each_method_has_its_line_in_the_reference():
    """A method without a docstring would not be on the page."""
    methods = {name: thing for name, thing in vars(Value).items() if name[0] != "_" and callable(thing)}
    assert {"exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "max", "backward"} == set(methods)
    assert all(method.__doc__ for method in methods.values())


def test_no_cycle_is_left_for_the_garbage_collector():
    class Watched(Value):
        __slots__ = ("__weakref__",)

    gc.disable()
    try:
        x = Watched(0.5)
        y = (x * 2 + x.exp()).tanh()
        y.backward()
        seen = weakref.ref(x)
        del x, y
        assert seen() is None
    finally:
        gc.enable()


def test_it_trains_a_neuron_to_be_or():
    draw = random.Random(0)
    w = [Value(draw.gauss(0, 1)) for _ in range(3)]
    data = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 1)]
    for _ in range(300):
        loss = sum(((w[0] * a + w[1] * b + w[2]).sigmoid() - y) ** 2 for (a, b), y in data)
        for p in w:
            p.grad = 0
        loss.backward()
        for p in w:
            p.data -= 2 * p.grad
    assert loss < 0.02


def test_it_needs_nothing_but_math():
    code = (
        "import sys; sys.modules['numpy'] = None; from gdbook.value import Value; print((Value(2) * 3).data)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "6\n"


@pytest.mark.xdist_group("frameworks")
def test_in_the_place_of_micrograds_value():
    """Its network trains alike; 200 random expressions have the same data, bit for bit, and gradients."""
    report = json.loads(run_with_frameworks("tests/value_against_micrograd.py"))
    for theirs, ours in report["expressions"]:
        assert ours[0] == theirs[0]
        # micrograd sums the uses of a value in the order of their addresses: the last digits vary.
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    for theirs, ours in report["losses"]:
        assert ours == pytest.approx(theirs, rel=1e-9)
    assert report["losses"][-1][0] < 0.8 * report["losses"][0][0]
