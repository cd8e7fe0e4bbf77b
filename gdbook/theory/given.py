"""Checks of the curvatures, rates and fractions that the theory is given."""

from gdbook.check import finite, positive


def between(name, value, why=""):
    """ValueError unless the value is between 0 and 1, both excluded."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must be between 0 and 1{why}, got {value!r}")


def ordered(mu, L):
    """ValueError unless 0 < μ ≤ L."""
    positive("mu", mu)
    if finite("L", L) < mu:
        raise ValueError(f"L must be at least mu, {mu!r}, got {L!r}")
