"""Schedules at their borders, and their defaults beside the signatures of PyTorch, as recorded."""

import inspect
import json
import math
from pathlib import Path

import pytest

from gdbook import schedules
from gdbook.schedules import one_cycle, reduce_on_plateau, wsd

RECORD = json.loads((Path(__file__).parent / "reference" / "defaults.json").read_text())

# Our name, PyTorch's class, and what it calls our arguments.
SIGNATURES = [
    ("step", "StepLR", {"gamma": "gamma"}),
    ("multi_step", "MultiStepLR", {"gamma": "gamma"}),
    ("polynomial", "PolynomialLR", {"power": "power"}),
    ("cosine", "CosineAnnealingLR", {"min_lr": "eta_min"}),
    ("warm_restarts", "CosineAnnealingWarmRestarts", {"growth": "T_mult", "min_lr": "eta_min"}),
    (
        "one_cycle",
        "OneCycleLR",
        {
            name: name
            for name in ("pct_start", "div_factor", "final_div_factor", "anneal_strategy", "three_phase")
        },
    ),
    (
        "reduce_on_plateau",
        "ReduceLROnPlateau",
        {name: name for name in ("factor", "patience", "threshold", "cooldown", "min_lr", "eps")},
    ),
]


def defaults(name):
    parameters = inspect.signature(getattr(schedules, name)).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


@pytest.mark.parametrize(("name", "theirs", "arguments"), SIGNATURES, ids=[s[0] for s in SIGNATURES])
def test_defaults_are_those_of_pytorchs_signature(name, theirs, arguments):
    recorded = RECORD[f"torch.optim.lr_scheduler.{theirs}"]
    for ours, default in defaults(name).items():
        if ours in arguments:
            assert default == recorded[arguments[ours]], ours


def test_defaults_that_no_signature_has_are_as_the_docstrings_say():
    listed = {(name, ours) for name, _, arguments in SIGNATURES for ours in arguments}
    rest = {
        (name, ours): default
        for name in [*schedules.SCHEDULES, "reduce_on_plateau"]
        for ours, default in defaults(name).items()
        if (name, ours) not in listed
    }
    assert rest == {
        ("polynomial", "min_lr"): 0.0,
        ("warmup", "start"): None,
        ("wsd", "min_lr"): 0.0,
        ("wsd", "shape"): "linear",
        ("inverse_sqrt", "warmup_steps"): 1,
        ("reduce_on_plateau", "state"): (math.inf, 0, 0),
    }


def test_the_top_of_one_cycle_may_be_the_last_step_but_one_and_no_later():
    for steps in (20, 40):
        assert one_cycle(0.1, steps, pct_start=(steps - 0.5) / steps)(steps - 2) > 0.09
        with pytest.raises(ValueError, match="pct_start must leave steps"):
            one_cycle(0.1, steps, pct_start=1.0)
        with pytest.raises(ValueError, match="pct_start must leave steps"):
            one_cycle(0.1, steps, pct_start=1 / steps)
        one_cycle(0.1, steps, pct_start=1.01 / steps)
    one_cycle(0.1, 40, pct_start=0.5, three_phase=True)


def test_a_decay_takes_a_step_at_least_and_may_take_all():
    with pytest.raises(ValueError, match="decay_steps must be at least 1, got 0"):
        wsd(0.1, 9, 2, 0)
    assert wsd(0.1, 9, 0, 9)(0) == 0.1
    assert wsd(0.1, 9, 8, 1)(8) == 0.1
    assert wsd(0.1, 9, 8, 1)(9) == 0.0


def test_a_plateau_begins_with_nothing_seen():
    assert reduce_on_plateau(1.0, math.inf) == (1.0, (math.inf, 1, 0))
    assert reduce_on_plateau(1.0, 3.0) == (1.0, (3.0, 0, 0))
