"""What a colour means: one thing in the whole book.

Figures take their colours from here, by what is meant. Values of one quantity, such as four rates, are no
things of their own: they are a ``ramp``, from the smallest to the largest.
"""

from gdbook.figures.house import (
    BLUE,
    BROWN,
    CURVE,
    DEEP,
    GREEN,
    GRID,
    INK,
    LIGHT,
    MIDDLE,
    MUTED,
    PALE,
    PAPER,
    RED,
    RULE_COLOURS,
)

__all__ = [
    "ADAGRAD", "ADAM", "BEST", "CLASSES", "CURVE", "DESCENT", "DIVERGES", "GRADIENT", "GRID", "INK",
    "MOMENTUM", "MUTED", "NESTEROV", "NEWTON", "OF_RULE", "OF_SCHEDULE", "PAPER", "RMSPROP", "ramp",
]  # fmt: skip

BEST = GREEN  # the minimum, the goal, the best choice
DIVERGES = RED  # what diverges, explodes or is wrong
GRADIENT = BLUE  # the gradient, and what flows back

OF_RULE = {**RULE_COLOURS, "newton": BROWN, "sam": BROWN, "shampoo": BROWN, "muon": INK}
DESCENT, MOMENTUM, NESTEROV = (OF_RULE[name] for name in ("sgd", "momentum", "nesterov"))
ADAGRAD, RMSPROP, ADAM = (OF_RULE[name] for name in ("adagrad", "rmsprop", "adam"))
NEWTON = OF_RULE["newton"]

OF_SCHEDULE = {"constant": DESCENT, "1/t": BROWN, "cosine": INK, "another": LIGHT}
CLASSES = LIGHT, BROWN  # of data


def ramp(n):
    """Colours of 1 to 4 values of one quantity, from the smallest to the largest."""
    ramps = {1: (LIGHT,), 2: (PALE, MIDDLE), 3: (PALE, LIGHT, DEEP), 4: (PALE, LIGHT, MIDDLE, DEEP)}
    if n not in ramps:
        raise ValueError(
            f"n must be from 1 to {max(ramps)}, so that the colours can be told apart, got {n!r}"
        )
    return ramps[n]
