"""Data from files, which the workers read themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import shown, whole
from gdbook.distributed.needs import dask_array

if TYPE_CHECKING:
    from typing import Any


def npy(path: str | os.PathLike[str], shards: int) -> Any:
    """The array of a ``.npy`` file as a Dask array of ``shards`` blocks of rows, read by the workers.

    Here only the header is read. All workers must find the file under ``path``, which is made absolute: it
    lies on one machine, or on a disk that all of them see. Raises ValueError or TypeError unless ``shards``
    is a whole number from 1 to the number of rows and the file holds an array of numbers with axes;
    FileNotFoundError where there is none; ImportError without Dask.
    """
    da = dask_array()
    shards = whole("shards", shards, least=1)
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be the name of a .npy file, got {shown(path)}")
    path = os.path.abspath(path)
    header = np.load(path, mmap_mode="r")
    if not isinstance(header, np.ndarray) or header.ndim == 0:
        raise ValueError(f"path must name a .npy file of an array with rows, got {path}")
    if shards > len(header):
        raise ValueError(f"shards must be at most the rows, {len(header)}, got {shards}")
    rows = tuple(len(block) for block in np.array_split(np.arange(len(header)), shards))
    chunks = (rows, *((n,) for n in header.shape[1:]))
    return da.map_blocks(_read, path=path, chunks=chunks, dtype=header.dtype, meta=header[:0].copy())


def _read(path: str, block_info: Any) -> np.ndarray[Any, Any]:
    """The rows of one block."""
    first, end = block_info[None]["array-location"][0]
    return np.array(np.load(path, mmap_mode="r")[first:end])
