"""Which rows of a shard a step takes: a function of the seed, the shard and the step alone."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gdbook.types import Indices


def rows_of_step(n: int, size: int, seed: int, shard: int, t: int) -> Indices:
    """The indices of the ``size`` rows that step ``t`` takes of a shard of ``n`` rows.

    A shard goes through its rows in a shuffled order, and then in another one: each row comes once an epoch.
    So nothing has to be remembered: a step that is done again, elsewhere, takes the same rows.
    """
    epoch, place = divmod(t * size, n)
    taken = _order(n, seed, shard, epoch)[place : place + size]
    missing = size - len(taken)
    return np.concatenate([taken, _order(n, seed, shard, epoch + 1)[:missing]]) if missing else taken


@functools.lru_cache(maxsize=64)  # of the shards of a worker, this epoch and the next
def _order(n: int, seed: int, shard: int, epoch: int) -> Indices:
    order = np.random.default_rng([seed, shard, epoch]).permutation(n)
    order.setflags(write=False)
    return order


def apportioned(batch: int, rows: Sequence[int]) -> list[int]:
    """How many of ``batch`` rows each shard gives: in proportion to its rows, at least one, at most all.

    The whole parts first; what is left goes to the largest remainders, the first shard where two are equal.
    """
    total = sum(rows)
    shares = [max(1, batch * n // total) for n in rows]
    by_remainder = sorted(range(len(rows)), key=lambda k: (-(batch * rows[k] % total), k))
    for k in by_remainder:
        if sum(shares) < batch and shares[k] < rows[k]:
            shares[k] += 1
    while sum(shares) > batch:  # shards so small that their one row is more than their part
        shares[shares.index(max(shares))] -= 1
    return shares
