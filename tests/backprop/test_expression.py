"""What a reader types means what it means in Python, and what it cannot mean is said in words."""

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.backprop.expression import (
    DEEPEST,
    LONGEST,
    METHODS,
    ExpressionError,
    as_python,
    evaluate,
    parse,
)
from gdbook.value import Value

# Python's own reading: its parser, and functions that call the methods by name.
CALLS = {name: (lambda x, y=None, name=name: _called(name, x, y)) for name in METHODS}
ERRORS = (ValueError, ZeroDivisionError, OverflowError)

inputs = st.floats(-3, 3, allow_subnormal=False)
leaves = st.one_of(st.sampled_from("abc"), st.floats(0.25, 4).map(lambda x: f"{x:.3g}"), st.just("2."))


def _called(name, x, y):
    x = x if isinstance(x, Value) else Value(x)
    if name == "max":
        return x.max(y)
    return abs(x) if name == "abs" else getattr(x, name)()


def larger(inner):
    binary = st.tuples(inner, st.sampled_from(["+", " - ", "*", "/ ", "**"]), inner).map("".join)
    called = st.tuples(st.sampled_from(sorted(set(METHODS) - {"max"})), inner).map("{0[0]}({0[1]})".format)
    most = st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format)
    return st.one_of(binary, inner.map("({})".format), inner.map("-{}".format), called, most)


texts = st.recursive(leaves, larger, max_leaves=8).filter(
    lambda text: len(text) <= LONGEST and any(name in _names(text) for name in "abc")
)


def _names(text):
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def run(compute, numbers):
    """``(value, gradients)`` or the name of the error."""
    values = {name: Value(x) for name, x in zip("abc", numbers, strict=True)}
    try:
        result = compute(values)
    except ERRORS as error:
        return type(error).__name__
    result.backward()
    return [result.data, *(value.grad for value in values.values())]


def same(found, expected):
    if isinstance(expected, str):
        return found == expected
    return found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@given(text=texts, numbers=st.tuples(inputs, inputs, inputs))
def test_an_expression_means_what_it_means_in_python(text, numbers):
    """Python's parser and operators: the same order of operations, so the same bits."""
    code = parse(text)[0]
    expected = run(lambda values: eval(text, CALLS | values), numbers)
    if isinstance(expected, list) and isinstance(expected[0], complex):
        return
    assert same(run(lambda values: evaluate(code, values), numbers), expected)


@given(text=texts, numbers=st.tuples(inputs, inputs, inputs))
def test_the_program_that_is_copied_computes_the_same(text, numbers):
    code = parse(text)[0]
    program = as_python(code)
    expected = run(lambda values: evaluate(code, values), numbers)
    found = run(lambda values: eval(program, {"Value": Value} | values), numbers)
    if isinstance(expected, str):  # a complex number on the way may stop elsewhere
        assert isinstance(found, str) or isinstance(found[0], complex)
    else:
        assert same(found, expected)


@given(st.text(alphabet="ab2.e+-*/(),^ maxlog#π", max_size=30))
def test_what_is_read_python_can_read_and_all_else_is_refused(text):
    try:
        code, names = parse(text)
    except ExpressionError:
        return
    assert set(names) == _names(text.strip()) - set(METHODS)
    ast.parse(as_python(code), mode="eval")
    assert all(0 <= begin < end <= len(text) for *_, begin, end in code)


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("tanh(a*b + c) * a", "(a * b + c).tanh() * a"),
        ("-a**2", "-a**2.0"),
        ("(-a)**2", "(-a)**2.0"),
        ("a - (b - c)", "a - (b - c)"),
        ("a/(b*c)", "a / (b * c)"),
        ("a**b**c", "a**b**c"),
        ("(a**b)**c", "(a**b)**c"),
        ("exp(2)*max(1, a)", "Value(2.0).exp() * Value(1.0).max(a)"),
        ("abs(-2)+abs(a)", "abs(Value(-2.0)) + abs(a)"),
        ("2**3*a", "float(2.0)**3.0 * a"),
        ("(((a)))", "a"),
        ("p = a*b; q = 2; p + p**q", "p = a * b\nq = 2.0\np + p**q"),
    ],
)
def test_the_program_has_no_more_brackets_than_it_needs(text, python):
    assert as_python(parse(text)[0]) == python


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing is there yet"),
        ("a *", "I expected a number, a name or ( after “*”, but the expression ends there"),
        ("a * )", "after “*”, but “)” is there (character 5)"),
        ("* a", "at the beginning, but “*” is there (character 1)"),
        ("2a", "for a product write *"),
        ("a(b)", "there is no function “a” here; there are exp, log"),
        ("(a)(b)", "for a product write *"),
        ("a^2", "for a power write **"),
        ("(a + b", "I expected ) after “b”, but the expression ends there"),
        ("max(a)", "max takes two, max(a, b): I expected a comma, but “)” is there (character 6)"),
        ("exp(a, b)", "I expected ) after “a”, but “,” is there (character 6)"),
        ("sin", "“sin” is a function: write sin(…)"),
        ("2 + 3", "there is no name in it"),
        ("1e999*a", "“1e999” is no number that a computer can hold (character 1)"),
        (".*a", "“.” is no number"),
        ("a + é", "I do not know what “é” means (character 5)"),
        ("lambda * 2", "“lambda” has a meaning of its own here"),
        ("L + 1", "“L” has a meaning of its own here"),
        ("learning_rate*a", "“learning_rate” is too long (character 1)"),
        ("a+b+c+d+e+f+g", "more than 6 names"),
        (
            "(" * (DEEPEST + 1) + "a",
            f"more than {DEEPEST} things inside each other (character {DEEPEST + 1})",
        ),
        ("-" * (DEEPEST + 1) + "a", f"more than {DEEPEST} things"),
        ("a" + "+a" * LONGEST, f"has {1 + 2 * LONGEST} characters, and there is room for {LONGEST}"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, words):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert words in str(caught.value)


def test_each_operation_has_its_place_in_the_text():
    text = "tanh(a*b + c) * a"
    places = [text[begin:end] for _, _, begin, end in parse(text)[0]]
    assert places == ["a", "b", "a*b", "c", "a*b + c", "tanh(a*b + c)", "a", text]


def test_a_power_of_plain_numbers_that_is_not_real_stops_as_a_value_does():
    with pytest.raises(ValueError, match="no real number"):
        evaluate(parse("(-8)**(1/3)*a")[0], {"a": Value(1.0)})
    assert evaluate(parse("8**(1/3)*a")[0], {"a": Value(1.0)}).data == pytest.approx(2, rel=1e-15)
    assert math.isinf(evaluate(parse("1e300*1e300*a")[0], {"a": Value(1.0)}).data)
