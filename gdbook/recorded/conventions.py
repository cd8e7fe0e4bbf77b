"""Recorded runs of libraries whose conventions differ, and how far ours are from them.

The runs are in ``docs/reference/conventions.json``, which ``tests/reference/record_conventions.py`` writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import given, known, not_negative, switch, whole
from gdbook.conventions import CONVENTIONS
from gdbook.recorded import rules as recorded

if TYPE_CHECKING:
    from typing import Any

RECORD = Path(__file__).parents[2] / "docs" / "reference" / "conventions.json"


@given(t=whole, lr=not_negative, falling=switch)
def rate_at(t: int, lr: float, falling: bool) -> float:
    """The learning rate of step t in the recorded runs."""
    return lr * 0.97**t if falling else lr


def difference(name: str, form: str) -> float:
    """How far the form ``"ours"`` or ``"same"`` is from the recorded run.

    The largest difference, over the size of the largest parameter, at the steps of ``recorded.KEPT``.
    """
    convention = known("convention", name, CONVENTIONS)
    rule, hyper = known("form", form, {key: convention[key] for key in ("ours", "same")})
    theirs = np.array(json.loads(RECORD.read_text())[name]["w"])
    state: Any
    w, state, kept = recorded.start(recorded.SHAPES["vector"]), (), []
    for t in range(recorded.STEPS):
        lr = rate_at(t, hyper["lr"], convention.get("falling", False))
        w, *state = rule(w, recorded.gradient(w, t), *state, **{**hyper, "lr": lr})
        if t + 1 in recorded.KEPT:
            kept.append(w)
    return float(np.max(np.abs(np.array(kept) - theirs).max(1) / np.abs(theirs).max(1)))
