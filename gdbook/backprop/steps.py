r"""The walk of ``Value.backward`` one use at a time, so that it can be watched, or done wrong on purpose.

Source: the order is that of ``gdbook.value.Value.backward``: a value passes its gradient on when all its
own uses have given their part.
"""

from gdbook.backprop.graph import children, program
from gdbook.checks.numbers import given, switch

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from typing import TypeAlias

    from gdbook.value import Value

    Use: TypeAlias = tuple[Value, Value, float, float, float, float]


@given(add=switch)
def backward_steps(result: "Value", add: bool = True) -> "list[Use]":
    r"""Set ``grad`` of all values of a program, and say how: ``(user, child, slope, part, before, after)``.

    A step is one use of a child by a user. Its part is $\frac{\partial L}{\partial\text{user}}$ times the
    slope $\frac{\partial\text{user}}{\partial\text{child}}$, and is added to the child's gradient, which was
    ``before`` and is ``after``. With ``add=False`` it puts the part in the place of what was there, ``=`` for
    ``+=``: a common bug, which is right as long as nothing is used twice.
    """
    for value in program(result):
        value.grad = 0
        for child in children(value):
            child._uses += 1
    result.grad = 1
    steps: list[Use]
    steps, ready = [], [result]
    for value in ready:  # grows as it goes
        uses = children(value)
        for child, slope in zip(uses, value._local_grads):
            before = child.grad
            part = slope * value.grad
            child.grad = before + part if add else part
            steps.append((value, child, slope, part, before, child.grad))
        for child in uses:
            child._uses -= 1
            if not child._uses and child._children:
                ready.append(child)
    return steps
