"""What runs on the workers: a shard's part of the gradient, and the sum of two parts."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

import gdbook
from gdbook import autodiff
from gdbook.autodiff import containers
from gdbook.checks.arrays import array
from gdbook.checks.numbers import is_real, shown
from gdbook.distributed.draws import rows_of_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Part = tuple[float, list[Any]]
    Sums = dict[tuple[int, int], Part]
    Rows = tuple[np.ndarray[Any, Any], ...]


class Problem:
    """The loss, how its gradient is had, the containers of the parameters, and the seed of the draws."""

    def __init__(
        self, loss: Callable[..., Any], grad: Callable[..., Any] | bool | None, w: Any, seed: int
    ) -> None:
        self.loss = loss
        self.grad = grad
        self.w = containers.each(w, lambda leaf: 0.0)  # the shape of it alone
        self.seed = seed
        self._derived = autodiff.value_and_grad(loss) if grad is None else None

    def value_and_grad(self, w: Any, rows: Rows) -> tuple[Any, Any]:
        """The loss of these rows at ``w``, and its gradient."""
        if self._derived is not None:
            return self._derived(w, *rows)
        if callable(self.grad):
            return self.loss(w, *rows), self.grad(w, *rows)
        pair = self.loss(w, *rows)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"loss must return (value, gradient) where grad=True, got {shown(pair)}")
        return pair


def parts(problem: Problem, shards: list[list[Any]], leaves: list[Any], total: int, t: int) -> Sums:
    """The sums of the shards of one worker: of each its number, rows, share, and how many a step takes."""
    found = {(0, k): part(problem, rows, leaves, share, size, k, t) for k, rows, share, size in shards}
    return merged(total, found)


def part(problem: Problem, rows: Rows, leaves: list[Any], share: float, size: int, k: int, t: int) -> Part:
    """The loss and the gradient of the rows that step ``t`` takes of shard ``k``, times the shard's share."""
    if size < len(rows[0]):
        taken = rows_of_step(len(rows[0]), size, problem.seed, k, t)
        rows = tuple(array[taken] for array in rows)
    own = [leaf.copy() if hasattr(leaf, "copy") else leaf for leaf in leaves]  # the worker keeps the others
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            value, g = problem.value_and_grad(containers.rebuild(problem.w, iter(own)), rows)
        except Exception as error:
            error.add_note(f"loss or grad raised this on the rows of shard {k} at step {t}")
            raise
        if not is_real(value):
            raise TypeError(f"loss must return a real number, got {shown(value)}")
        gs = containers.matching(g, containers.rebuild(problem.w, iter(leaves)), "the gradient of loss")
        return share * float(value), [share * g for g in gs]


def merged(total: int, *sums: Sums) -> Sums:
    """The sums of ``total`` shards, added as far as neighbours are here.

    They are nodes of a binary tree: ``(level, i)`` is the sum of $2^{level}$ shards, or of what is left, from
    shard $i 2^{level}$ on. A node is always its left half plus its right one. So the bits of the whole do not
    depend on which worker has what, nor on who answers first.
    """
    nodes = {node: part for some in sums for node, part in some.items()}
    for level in range((total - 1).bit_length()):
        for i in sorted(i for at, i in nodes if at == level and i % 2 == 0):
            right = (level, i + 1)
            if (i + 1) << level >= total:  # there are no shards in the right half
                nodes[level + 1, i // 2] = nodes.pop((level, i))
            elif right in nodes:
                nodes[level + 1, i // 2] = add(nodes.pop((level, i)), nodes.pop(right))
    return nodes


def add(a: Part, b: Part) -> Part:
    """The sum of two parts."""
    with np.errstate(over="ignore", invalid="ignore"):
        return a[0] + b[0], [left + right for left, right in zip(a[1], b[1], strict=True)]


def loaded(*parts: Any) -> Rows:
    """The arrays of a shard, which hold a sample a row; nobody may write into them."""
    rows = tuple(array("data", part).view() for part in parts)
    lengths = [part.shape[0] if part.ndim else 0 for part in rows]
    if min(lengths) == 0 or len(set(lengths)) > 1:
        raise ValueError(
            f"data must have the same rows in each array, at least one a shard, got {lengths} in a shard"
        )
    for part in rows:
        part.flags.writeable = False
    return rows


def size(rows: Rows) -> tuple[int, int]:
    """How many rows a shard has, and how many bytes."""
    return len(rows[0]), sum(part.nbytes for part in rows)


def not_finite(rows: Rows) -> tuple[int, int] | None:
    """The first array and the first row in it that hold NaN or infinity; None if all is finite."""
    for place, part in enumerate(rows):
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            bad = ~np.isfinite(part).reshape(len(part), -1).all(axis=1)
            return place, int(bad.argmax())
    return None


def versions() -> dict[str, str]:
    """What must be the same on all machines for the same numbers, and for functions to arrive whole."""
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "gdbook": gdbook.__version__,
        **{name: version(name) for name in ("numpy", "dask", "distributed")},
    }
