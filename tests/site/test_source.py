"""The source that a page shows of a rule runs where it is pasted."""

import functools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from gdbook import mlp
from gdbook.functions import wavy
from gdbook.recorded.rules import gradient, start
from gdbook.rules import RULES
from gdbook.site.pages.annotations import unannotated
from gdbook.site.pages.source import CODE_COLUMNS, COLUMNS, runs_alone
from gdbook.theory import gd_limit


@pytest.mark.parametrize("name", RULES)
def test_a_rule_as_shown_runs_alone_and_takes_the_same_steps(name):
    empty = {}
    exec(runs_alone(RULES[name]), empty)
    w = v = start((4, 3))
    state, other = (), ()
    for t in range(3):
        w, *state = RULES[name](w, gradient(w, t), *state)
        v, *other = empty[name](v, gradient(v, t), *other)
        np.testing.assert_array_equal(w, v)


def test_what_is_shown_has_no_docstring_and_no_decorator():
    shown = runs_alone(RULES["adam"])
    assert shown.startswith("from gdbook.numeric import sqrt\n\n\ndef adam(")
    assert '"""' not in shown


def test_names_that_are_not_used_are_not_imported():
    assert runs_alone(RULES["sgd"]).startswith("def sgd(")
    # its argument has the name of another rule of the module
    assert runs_alone(RULES["nesterov"]).startswith("def nesterov(")


def test_what_stands_in_the_same_module_is_imported_from_it():
    assert "from gdbook.checks.numbers import positive\n" in runs_alone(gd_limit)


def test_imports_too_long_for_the_page_are_wrapped_and_run():
    shown = runs_alone(mlp.loss_and_grad)
    assert max(map(len, shown.splitlines())) <= CODE_COLUMNS
    assert "import (" in shown
    exec(shown, {})


def test_a_loss_is_shown_as_its_class():
    assert runs_alone(type(wavy)).startswith("from gdbook.numeric import cos, sin\n\n\nclass Wavy(Function):")


def test_annotations_are_not_shown():
    assert unannotated(
        "def f(w: list[int], *, lr: float = 0.1) -> dict[str, int]:  # a rate\n    return w", 60
    ) == ("def f(w, *, lr=0.1):  # a rate\n    return w")
    inside = "class A:\n    n: int\n    m: int = 1\n\n    def f(self, /, *θ: 'é', **k: int): pass"
    assert unannotated(inside, 60) == "class A:\n    m = 1\n\n    def f(self, /, *θ, **k): pass"
    ignored = "é = 1  # kept\nx = f(  # type: ignore[x]  # why\n    y)"
    assert unannotated(ignored, 60) == "é = 1  # kept\nx = f(\n    y)"
    fields = "class A(NamedTuple):\n    n: int"
    assert unannotated(fields, 60) == fields
    plain = "def f(\n    a,  # left as it is\n    b=lambda: 1,\n): pass"
    assert unannotated(plain, 60) == plain
    with pytest.raises(ValueError, match=r"f has a comment in its signature: # lost"):
        unannotated("def f(\n    a: int,  # lost\n): pass", 60)


@pytest.mark.parametrize("columns", [40, 20, 12])
def test_a_signature_split_for_its_annotations_is_laid_out_again(columns):
    annotated = "def f(\n    w: A,\n    g: A,\n    lr: float = 1.0,\n) -> tuple[\n    A, A\n]:\n    pass\n"
    wanted = {
        40: "def f(w, g, lr=1.0):\n    pass\n",
        20: "def f(w, g, lr=1.0):\n    pass\n",
        12: "def f(\n    w,\n    g,\n    lr=1.0,\n):\n    pass\n",
    }
    assert unannotated(annotated, columns) == wanted[columns]
    assert unannotated("def f(\n    w: float, g: float\n) -> float: pass", 11) == "def f(\n    w, g\n): pass"


def test_lines_are_as_long_as_ruff_is_told():
    root = Path(__file__).parents[2]
    settings = (root / "pyproject.toml", "tool", "ruff"), (root / "gdbook/rules/ruff.toml",)
    assert [
        functools.reduce(dict.get, keys, tomllib.loads(file.read_text()))["line-length"]
        for file, *keys in settings
    ] == [COLUMNS, CODE_COLUMNS]
