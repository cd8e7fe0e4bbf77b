"""Numbers of the lab *The ball*."""

from gdbook.descent import descend
from gdbook.functions import double_well
from gdbook.rules import sgd


def rest(f, start, lr, steps, rule=sgd, **hyper):
    """Where the ball is after some steps from ``start``."""
    return descend(f.grad, start, rule=rule, lr=lr, steps=steps, **hyper).w[-1]


def first_step(rule):
    """How long the first step of a rule is, on the double well from 2.6 with η = 0.1."""
    return abs(rest(double_well, 2.6, 0.1, 1, rule) - 2.6)


def turning_rate(x):
    """The η with which the first step on the double well from ``x`` ends as far out on the other side.

    It solves x - η f'(x) = -x.
    """
    return 2 * x / double_well.grad(x)
