"""Gradients at the ends of what floats can hold, and what is done when nothing is said."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdbook.gradients import clip_by_norm, clip_by_value, global_norm

RECORD = json.loads((Path(__file__).parent / "reference" / "schedules.json").read_text())["gradients"]


def test_the_epsilon_is_pytorchs_unless_given():
    cases = [case for case in RECORD if case["name"] == "clip_by_norm"]
    assert cases
    for case in cases:
        gs = [np.array(g) for g in case["gradients"]]
        for g, recorded in zip(gs, case["clipped"], strict=True):
            assert clip_by_norm(g, case["limit"], norm=global_norm(*gs)) == pytest.approx(recorded, rel=1e-12)
    # A gradient as small as PyTorch's ε, at the limit: half of it is left
    assert clip_by_norm(1e-6, 1e-6) == pytest.approx(0.5e-6, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_a_norm_neither_overflows_nor_vanishes(unit):
    assert global_norm(3 * unit, np.array([0.0, 4 * unit])) == pytest.approx(5 * unit, rel=1e-15, abs=0)
    assert global_norm(3 * unit) == pytest.approx(3 * unit, rel=1e-15, abs=0)


def test_nothing_has_no_length():
    assert global_norm(0.0) == 0
    assert global_norm(np.zeros(3), 0.0) == 0
    assert math.isnan(global_norm(1.0, math.nan))
    assert global_norm(1.0, math.inf) == math.inf


def test_a_component_at_the_limit_stays():
    for g in (2.0, -2.0, 1.5, -1.5):
        assert clip_by_value(g, 2.0) == g
        assert clip_by_value(np.array([g, 5.0]), 2.0).tolist() == [g, 2.0]
    assert clip_by_value(2.5, 2.0) == 2.0
    assert clip_by_value(-2.5, 2.0) == -2.0
