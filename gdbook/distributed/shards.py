"""The data cut into shards, and which worker has which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.arrays import array
from gdbook.checks.numbers import shown, whole
from gdbook.distributed.needs import dask_array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def cut(data: Any, shards: int | None, workers: int) -> list[tuple[Any, ...]]:
    """The shards of ``data``, an array or a tuple of arrays with the same rows: a tuple of parts each.

    Arrays are cut into ``shards`` nearly equal pieces, or into one for each of the ``workers``. Where one is
    a Dask array the parts are tasks that make the blocks of rows; its own blocks are the shards, unless
    ``shards`` asks for others.
    """
    arrays = data if isinstance(data, tuple) else (data,)
    if not arrays:
        raise ValueError("data must be an array or a tuple of arrays, got an empty tuple")
    if any(_is_dask(one) for one in arrays):
        return _blocks(arrays, shards)
    arrays = tuple(_rows(one) for one in arrays)
    lengths = [len(one) for one in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"data must have the same number of rows in each array, got {lengths}")
    shards = min(workers, lengths[0]) if shards is None else whole("shards", shards, least=1)
    if shards > lengths[0]:
        raise ValueError(f"shards must be at most the rows of data, {lengths[0]}, got {shards}")
    return list(zip(*(np.array_split(one, shards) for one in arrays), strict=True))


def _is_dask(values: Any) -> bool:
    return type(values).__module__.startswith("dask.array")


def _rows(values: Any) -> np.ndarray[Any, Any]:
    rows = array("data", values)
    if rows.ndim == 0 or len(rows) == 0:
        raise ValueError(f"data must have rows, at least one, got shape {rows.shape}")
    if rows.dtype == object:
        raise TypeError(f"data must hold numbers or text of one kind, got {shown(values)}")
    return rows


def _blocks(arrays: tuple[Any, ...], shards: int | None) -> list[tuple[Any, ...]]:
    """The blocks of rows of Dask arrays, as delayed tasks."""
    da = dask_array()
    known = [one for one in arrays if not _is_dask(one) or not np.isnan(one.shape[0])]
    lengths = [len(one) for one in known]
    if len(set(lengths)) > 1 or 0 in lengths:
        raise ValueError(f"data must have the same number of rows in each array, at least 1, got {lengths}")
    if len(known) not in (0, len(arrays)) or (not known and shards is not None):
        raise ValueError(
            "data must know the lengths of all blocks, or of none, and then shards is their number: "
            "x.compute_chunk_sizes() finds them"
        )
    rows: Any = None  # as they are
    if known and shards is not None:
        shards = whole("shards", shards, least=1)
        if shards > lengths[0]:
            raise ValueError(f"shards must be at most the rows of data, {lengths[0]}, got {shards}")
        rows = tuple(len(piece) for piece in np.array_split(np.empty(lengths[0]), shards))
    elif known:
        rows = next(one for one in arrays if _is_dask(one)).chunks[0]
    columns = []
    for one in arrays:
        whole_rows = {axis: -1 for axis in range(1, one.ndim)}
        one = one if _is_dask(one) else da.from_array(_rows(one))
        one = one.rechunk(whole_rows if rows is None else {0: rows, **whole_rows})
        # As they are: what makes a graph faster may read small blocks together.
        columns.append(one.to_delayed(optimize_graph=False).ravel().tolist())
    if len({len(column) for column in columns}) > 1:
        counts = [len(column) for column in columns]
        raise ValueError(
            f"data must have the same blocks in each array, got {counts}: columns of one table can be one "
            "array, which the loss takes apart"
        )
    return list(zip(*columns, strict=True))


def homes(before: Sequence[str | None], workers: Sequence[str]) -> list[str]:
    """The worker of each shard: as many on each, neighbours together, and where they were if that is so.

    ``before`` has the worker of each shard so far, or None.
    """
    load = {worker: sum(home == worker for home in before) for worker in workers}
    most, more = divmod(len(before), len(workers))
    room = {}
    for place, worker in enumerate(sorted(workers, key=lambda worker: -load[worker])):
        room[worker] = most + (place < more)
    after: list[str | None] = []
    for home in before:
        keeps = home in room and room[home] > 0
        after.append(home if keeps else None)
        if keeps and home is not None:
            room[home] -= 1
    free = iter([worker for worker in workers for _ in range(room[worker])])
    return [home if home is not None else next(free) for home in after]
