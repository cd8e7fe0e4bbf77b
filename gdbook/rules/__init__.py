r"""Update rules: one step of a descent, as plain arithmetic.

Every rule has the form ``rule(w, g, state, lr=…, …) -> (w, state)``:

- ``w``: the parameters, a float or an array of any shape;
- ``g``: the gradient of the loss at ``w``, of the same shape;
- ``state``: what the rule remembers from its last step; its default is the state before
  the first step, so ``rule(w, g, lr=0.1)`` is a first step;
- ``lr``: the learning rate η, in units of ``w`` over units of ``g``.

A rule changes none of its arguments. ``RULES`` maps each name to its function.
"""

from gdbook.rules.first_order import momentum, nesterov, sgd

RULES = {rule.__name__: rule for rule in (sgd, momentum, nesterov)}
