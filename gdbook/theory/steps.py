"""From a rate to a number of steps."""

from __future__ import annotations

from math import ceil, log

from gdbook.check import number
from gdbook.theory.given import between, formula


@formula(fraction=number, rate=number)
def steps_to(fraction: float, rate: float) -> int:
    """How many steps shrink a distance to ``fraction`` of itself, at a rate below 1."""
    between("rate", rate, " for a run that converges")
    between("fraction", fraction)
    return ceil(log(fraction) / log(rate))
