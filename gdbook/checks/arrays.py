"""Checks of arrays, beside ``gdbook.checks.numbers``, which does without NumPy: each gives a plain array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import is_real, ordinary, shown

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from gdbook.types import Array


def is_foreign(values: Any) -> bool:
    """Whether this is an array of another library, or one that is being differentiated."""
    return hasattr(values, "dtype") and not isinstance(values, np.ndarray | np.generic)


def array(name: str, values: Any) -> NDArray[Any]:
    """The values as an array; TypeError or ValueError that names them where NumPy makes no plain one."""
    if type(values) is np.ndarray:  # the most frequent
        return values
    try:
        return np.asarray(ordinary(name, values))
    except ValueError as error:
        raise ValueError(f"{name} must have rows of one length, got {shown(values)}") from error


def numbers(name: str, values: Any) -> NDArray[Any]:
    """The values as an array of floats, of the precision that they have; complex ones stay complex.

    Whole numbers become float64, and so do other numbers of Python's, such as fractions.
    """
    found = array(name, values)
    if found.dtype.kind in "fc":
        return found
    if found.dtype.kind not in "iu" and not (
        found.dtype.kind == "O" and found.size and all(map(is_real, found.ravel().tolist()))
    ):
        raise TypeError(f"{name} must hold numbers, got {shown(values)}")
    try:
        return found.astype(float)
    except (OverflowError, ValueError) as error:  # an int beyond the largest float, a NaN that signals
        raise ValueError(f"{name} must be within the range of floats, got {shown(values)}") from error


def reals(name: str, values: Any) -> Array:
    """As ``numbers``; TypeError for complex ones."""
    found = numbers(name, values)
    if found.dtype.kind == "c":
        raise TypeError(f"{name} must hold real numbers, got {shown(values)}")
    return found


def finite_reals(name: str, values: Any) -> Array:
    """As ``reals``; ValueError unless all are finite."""
    found = reals(name, values)
    if not np.all(np.isfinite(found)):
        raise ValueError(f"{name} must be finite, got {shown(values)}")
    return found


def symmetric(name: str, matrix: Array, within: float) -> Array:
    """ValueError unless the matrix is square, and symmetric ``within`` a share of its largest entry."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise ValueError(f"{name} must be square and symmetric, of shape (n, n), got shape {matrix.shape}")
    off = np.abs(matrix - matrix.T).max()
    if off > within * np.abs(matrix).max():
        raise ValueError(
            f"{name} must be square and symmetric, got shape {matrix.shape} with entries that differ "
            f"by {off:.3g} from those across the diagonal; ({name} + {name}.T) / 2 is symmetric"
        )
    return matrix
