r"""What the chain rule costs along a chain of functions: multiplications, evaluations, memory.

The Jacobian of $f_L \circ \dots \circ f_1$ is the product $J_L \cdots J_1$. Any order of multiplication gives
it, at a different cost. Sizes are those of the values, ``[n_0, …, n_L]``: $J_i$ has shape $(n_i, n_{i-1})$.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gdbook.checks.numbers import called, function, given, listed, reals, shown, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from gdbook.types import T


def _sizes(name: str, sizes: Any) -> list[int]:
    sizes = listed(name, sizes, "a list of whole numbers such as [3, 5, 1]")
    if len(sizes) < 2:
        raise ValueError(f"{name} must hold the inputs and the outputs at least, got {shown(sizes)}")
    return [whole(name, size, least=1) for size in sizes]


def _count(name: str, value: Any) -> int:
    return whole(name, value, least=1)


@given(sizes=_sizes)
def forward_cost(sizes: Sequence[int]) -> int:
    """Multiplications for the whole Jacobian from the input's end: column by column, forward mode."""
    return sum(sizes[0] * n * m for n, m in pairwise(sizes[1:]))


@given(sizes=_sizes)
def backward_cost(sizes: Sequence[int]) -> int:
    """Multiplications for the whole Jacobian from the output's end: row by row, reverse mode."""
    return sum(sizes[-1] * n * m for n, m in pairwise(sizes[:-1]))


@given(sizes=_sizes)
def least_cost(sizes: Sequence[int]) -> int:
    """The fewest multiplications of any order: bracket the product in every way (Godbole 1973)."""
    least: dict[tuple[int, int], int] = {}
    for span in range(1, len(sizes)):
        for i in range(len(sizes) - span):
            j = i + span
            least[i, j] = min(
                (least[i, k] + least[k, j] + sizes[i] * sizes[k] * sizes[j] for k in range(i + 1, j)),
                default=0,
            )
    return least[0, len(sizes) - 1]


def _of_reals(name: str, call: Any) -> Callable[[Any], Any]:
    """The function, whose values are checked."""
    function(name, call)
    return lambda x: reals(f"what {name} returns", called(name, call, x))


@given(step=_of_reals, slope=_of_reals, x=reals, steps=_count, every=_count)
def checkpointed(
    step: Callable[[T], T], slope: Callable[[T], T], x: T, steps: int, every: int
) -> tuple[T, int, int]:
    r"""The derivative of ``steps`` applications of ``step``, storing few values and recomputing the others.

    $$\frac{dx_n}{dx_0} = \prod_{t=0}^{n-1} f'(x_t)$$

    On the way out every ``every``-th value is stored. On the way back each stretch between two of them is
    computed again and stored as long as it is needed. ``slope`` is the derivative of ``step``. Returns
    ``(derivative, evaluations of step, most values stored at once)``: about $\sqrt n$ for ``every`` gives
    the least memory, $2\sqrt n$. ``x`` is a number, or an array whose elements are chains of their own.
    Raises ValueError unless ``steps`` and ``every`` are at least 1, TypeError unless ``x`` and what both
    functions return are real numbers. Source: Griewank, Walther 2008, chapter 12.
    """
    marks, evaluations, most = [], 0, 0
    for t in range(steps):
        if t % every == 0:
            marks.append(x)
        x = step(x)
        evaluations += 1
    derivative: Any = 1.0
    for start in reversed(range(0, steps, every)):
        stretch = [marks.pop()]
        for _ in range(min(every, steps - start) - 1):
            stretch.append(step(stretch[-1]))
            evaluations += 1
        most = max(most, len(marks) + len(stretch))
        for point in reversed(stretch):
            derivative = derivative * slope(point)
    return derivative, evaluations, most
