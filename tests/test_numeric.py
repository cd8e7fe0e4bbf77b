"""One name for floats and arrays; and what runs without NumPy, imports no plotting, and stays apart."""

import ast
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdbook
from gdbook import numeric

PACKAGE = Path(gdbook.__file__).parent
ARITHMETIC = [
    "checks", "data", "descent", "functions", "linear", "numeric", "rules/first_order", "theory",
]  # fmt: skip


@pytest.mark.parametrize("name", ["sin", "cos", "cosh", "tanh", "exp", "log"])
@given(x=st.floats(0.1, 5))
def test_functions_agree_on_floats_and_arrays(name, x):
    function = getattr(numeric, name)
    assert function(x) == getattr(math, name)(x)
    assert type(function(x)) is float
    # the two libraries may differ in the last digit
    np.testing.assert_allclose(function(np.array([x, x])), [function(x)] * 2, rtol=4 * np.finfo(float).eps)
    assert function.__name__ == name


def test_functions_keep_the_dtype_and_shape():
    x = np.ones((2, 3), np.float32)
    assert numeric.sin(x).dtype == np.float32
    assert numeric.sin(x).shape == (2, 3)


@given(x=st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_total_and_mean_are_of_all_elements(x):
    array = np.array([x, x])
    assert numeric.total(array) == pytest.approx(2 * math.fsum(x), abs=1e-13)  # a dozen roundings
    assert numeric.mean(array) == pytest.approx(math.fsum(x) / len(x), abs=1e-13)
    assert numeric.total(x[0]) == numeric.mean(x[0]) == x[0]
    assert numeric.mean(np.ones((2, 3), np.float32)).dtype == np.float32
    assert (numeric.total(np.empty((0, 3))), numeric.mean(np.empty((0, 3)))) == (0, 0)


def test_vector_stacks_its_components_first():
    np.testing.assert_array_equal(numeric.vector(1.0, 2.0), [1, 2])
    assert numeric.vector(np.zeros((3, 4)), np.ones((3, 4))).shape == (2, 3, 4)


def without_numpy(code):
    """What ``code`` prints in an interpreter where NumPy cannot be imported."""
    block = "import sys; sys.modules['numpy'] = None\n"
    done = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_dimension_runs_without_numpy_to_the_same_numbers():
    code = """
from gdbook.descent import descend, outcome
from gdbook.functions import FUNCTIONS
from gdbook.rules import RULES
for f in FUNCTIONS.values():
    if f.dim == 1:
        for rule in RULES.values():
            if rule.__name__ in ("muon", "shampoo", "soap"):  # matrices only
                continue
            trace = descend(f.grad, f.start, rule, steps=20, loss=f, lr=0.05)
            numbers = [*trace.w, *trace.loss, *trace.grad]
            print([*map(float.hex, numbers)], outcome(trace), outcome(trace, f.minima[0]))
"""
    command = [sys.executable, "-c", code]
    with_numpy = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert without_numpy(code) == with_numpy


def test_two_dimensions_have_values_and_derivatives_as_lists_without_numpy():
    code = """
from gdbook.functions import FUNCTIONS
print([(f(f.start), f.grad(f.start), f.hess(f.start)) for f in FUNCTIONS.values() if f.dim == 2])
"""
    from gdbook.functions import FUNCTIONS

    two = [f for f in FUNCTIONS.values() if f.dim == 2]
    expected = [(f(f.start), f.grad(f.start).tolist(), f.hess(f.start).tolist()) for f in two]
    assert ast.literal_eval(without_numpy(code)) == expected


def test_without_numpy_divergence_and_errors_are_the_same():
    code = """
from gdbook.descent import descend, outcome
from gdbook.functions import double_well
trace = descend(double_well.grad, 10.0, steps=20, loss=double_well, lr=0.3)
print(trace.diverged_at, outcome(trace), len(trace.w))
for w0, bad in (([1.0], {}), (1.0, {"loss": lambda w: None}), (1.0, {"steps": 0.5}), (1.0, {"beta": 1})):
    try:
        descend(double_well.grad, w0, **bad)
    except TypeError as error:
        print(error)
"""
    assert without_numpy(code).splitlines() == [
        "5 diverged 21",
        "w0 must be a number where NumPy is not installed, got [1.0]",
        "loss must return a real number, got None at step 0",
        "steps must be a whole number such as 100, got 0.5",
        "sgd takes no hyperparameter 'beta' (got 1); it takes lr",
    ]


def imports(path):
    """The modules that a file names in import statements, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", ARITHMETIC)
def test_arithmetic_imports_no_plotting(module):
    files = (
        [PACKAGE / f"{module}.py"]
        if (PACKAGE / f"{module}.py").exists()
        else [*(PACKAGE / module).glob("*.py")]
    )
    assert files
    names = {name for file in files for name in imports(file)}
    assert not {
        name for name in names if name.startswith(("matplotlib", "plotext", "gdbook.figures", "gdbook.cli"))
    }


def test_only_the_site_imports_the_site():
    others = [path for path in PACKAGE.rglob("*.py") if "site" not in path.relative_to(PACKAGE).parts]
    assert len(others) > len(ARITHMETIC)
    for path in others:
        assert not [name for name in imports(path) if name.startswith("gdbook.site")], path


def test_importing_the_package_loads_no_numpy():
    assert without_numpy("import gdbook; print(gdbook.__version__)").strip() == gdbook.__version__


EDGES = [0.0, -0.0, 1.0, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("a", EDGES)
@pytest.mark.parametrize("b", EDGES)
def test_a_nan_is_not_lost_whichever_place_it_has(name, a, b):
    function, expected = getattr(numeric, name), getattr(np, name)(a, b)
    for one in (a, np.array([a]), np.float32(a)):
        for other in (b, np.array([b]), np.float32(b)):
            np.testing.assert_array_equal(np.ravel(function(one, other))[0], expected)


@pytest.mark.parametrize("name", ["sin", "cos", "cosh", "tanh", "exp", "log", "sqrt", "sign"])
@pytest.mark.parametrize("x", [*EDGES, -1.0, 1e308, -1e308, 800.0, -800.0])
def test_floats_far_out_are_as_arrays_and_raise_nothing(name, x):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(np.array(x))
    # the two libraries may differ in the last digit
    np.testing.assert_allclose(getattr(numeric, name)(x), expected, rtol=1e-12, atol=0)


def test_what_is_no_number_is_named():
    with pytest.raises(TypeError, match="sin takes numbers and arrays of real numbers, got 'text'"):
        numeric.sin("text")
    with pytest.raises(TypeError, match="maximum takes numbers and arrays of real numbers, got 1 and None"):
        numeric.maximum(1, None)
