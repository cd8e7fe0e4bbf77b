"""The source that a page shows of a rule runs where it is pasted."""

import numpy as np
import pytest

from gdbook import mlp
from gdbook.functions import wavy
from gdbook.reference import gradient, start
from gdbook.rules import RULES
from gdbook.site.source import CODE_COLUMNS, runs_alone
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
    assert "from gdbook.check import positive\n" in runs_alone(gd_limit)


def test_imports_too_long_for_the_page_are_wrapped_and_run():
    shown = runs_alone(mlp.loss_and_grad)
    assert max(map(len, shown.splitlines())) <= CODE_COLUMNS
    assert "import (" in shown
    exec(shown, {})


def test_a_loss_is_shown_as_its_class():
    assert runs_alone(type(wavy)).startswith("from gdbook.numeric import cos, sin\n\n\nclass Wavy(Function):")
