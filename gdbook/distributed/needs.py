"""Dask, imported when it is needed: this package can be imported, and looked at, without it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


def dask_array() -> Any:
    """The module ``dask.array``; ImportError that says what to install."""
    return _module("dask.array")


def dask_distributed() -> Any:
    """The module ``distributed``; ImportError that says what to install."""
    return _module("distributed")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f'gdbook.distributed needs Dask: pip install "gdbook[distributed]" ({error})'
        ) from error
