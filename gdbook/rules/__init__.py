r"""Update rules: one step of a descent, as plain arithmetic.

Every rule has the form ``rule(w, g, state, lr=…, …) -> (w, state)``:

- ``w``: the parameters, a float or an array of any shape;
- ``g``: the gradient of the loss at ``w``, of the same shape;
- ``state``: what the rule remembers from its last step; its default is the state before
  the first step, so ``rule(w, g, lr=0.1)`` is a first step;
- ``lr``: the learning rate η, in units of ``w`` over units of ``g``.

A rule changes none of its arguments. Most add, multiply, take roots and signs, all element by
element, so floats, NumPy arrays, torch tensors and JAX arrays all work, and each stays what it is.
Those of ``gdbook.rules.matrix`` take matrices: see there.
``checked`` says what it refuses. ``RULES`` maps each name to its function. ``sam`` is no rule: it
wraps the gradient's function, for any of them.
"""

from __future__ import annotations

from gdbook.rules.adaptive import (
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    adopt,
    amsgrad,
    nadam,
    radam,
    rmsprop,
    yogi,
)
from gdbook.rules.averaging import (
    schedule_free_adamw,
    schedule_free_sgd,
)
from gdbook.rules.curvature import hutchinson, sophia, sophia_with
from gdbook.rules.first_order import momentum, nesterov, sgd
from gdbook.rules.layerwise import lamb
from gdbook.rules.matrix import (
    adafactor,
    muon,
    newton_schulz,
    shampoo,
    soap,
)
from gdbook.rules.parameter_free import prodigy
from gdbook.rules.sharpness_aware import sam
from gdbook.rules.signs import lion, rprop

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from gdbook.types import Rule

__all__ = [  # noqa: RUF022 — in the order of the reference
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adadelta",
    "adam",
    "adamw",
    "amsgrad",
    "adamax",
    "nadam",
    "radam",
    "yogi",
    "adopt",
    "rprop",
    "lion",
    "muon",
    "shampoo",
    "soap",
    "adafactor",
    "lamb",
    "schedule_free_sgd",
    "schedule_free_adamw",
    "prodigy",
    "sophia",
    "sophia_with",
    "hutchinson",
    "newton_schulz",
    "sam",
    "RULES",
]

_ALL = (
    *(sgd, momentum, nesterov),
    *(
        adagrad,
        rmsprop,
        adadelta,
        adam,
        adamw,
        amsgrad,
        adamax,
        nadam,
        radam,
        yogi,
        adopt,
    ),
    *(rprop, lion),
    *(muon, shampoo, soap, adafactor, lamb),
    *(schedule_free_sgd, schedule_free_adamw, prodigy, sophia),
)
RULES: dict[str, Rule] = {rule.__name__: rule for rule in _ALL}
"""Each rule by its name, in the order of the book."""
