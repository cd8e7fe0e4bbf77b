"""Each rule against recorded runs of other libraries: 200 steps, random hyperparameters, two shapes."""

import json

import numpy as np
import pytest
from frameworks import ROOT, run_with_frameworks

from gdbook.recorded import rules as recorded
from gdbook.rules import RULES

RECORDED = list(recorded.files())
# The rules that no library has, and where they are derived a second time.
DERIVED: dict[str, str] = {}
# Two hundred steps that round in another order differ by some 1e-15; the rest is room for rules that
# divide by small differences.
SAME = 1e-10


def test_every_rule_has_a_record_or_a_second_derivation():
    assert sorted(RULES) == sorted([*RECORDED, *DERIVED])
    for place in DERIVED.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RECORDED)
def test_two_hundred_steps_are_those_of_the_libraries(name):
    runs = recorded.recorded(name)
    assert {run["shape"] for run in runs} == set(recorded.shapes(name))
    for run in runs:
        assert recorded.difference(name, run) <= SAME, (run["library"], run["hyper"])


@pytest.mark.parametrize("name", RECORDED)
def test_a_difference_would_be_seen(name):
    """A record that is off by a millionth in its first step is off."""
    run = recorded.recorded(name)[0]
    run["w"][0] = (np.array(run["w"][0]) * (1 + 1e-6)).tolist()
    assert recorded.difference(name, run) > 1e-7


def test_the_runs_go_somewhere():
    """No record stands still: the parameters after 200 steps are not those after 100."""
    for name in RECORDED:
        for run in recorded.recorded(name):
            assert not np.allclose(run["w"][-1], run["w"][-2], rtol=1e-9, atol=0), (name, run["library"])


@pytest.mark.xdist_group("frameworks")
def test_the_libraries_still_do_what_was_recorded():
    assert run_with_frameworks("tests/reference/record_rules.py", "--check").strip() == "checked"


@pytest.mark.xdist_group("frameworks")
def test_rules_take_torch_tensors_and_jax_arrays():
    """Each kind of array, and compiled: the same steps, and each kind stays itself."""
    report = json.loads(run_with_frameworks("tests/rules/on_other_arrays.py"))
    assert set(RULES) - set(report) == {"shampoo", "soap"}  # which need NumPy's eigenvectors
    for name, off in report.items():
        assert off <= 1e-13, name  # compilers may round a product and a sum at once


def test_an_unknown_rule_has_no_record():
    with pytest.raises(ValueError, match="unknown recorded rule 'yogy': did you mean 'yogi'"):
        recorded.recorded("yogy")
