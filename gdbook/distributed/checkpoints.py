"""A run on disk: written whole or not at all, with a checksum and a format, and read without running code.

A file is one line, ``gdbook checkpoint FORMAT SHA256``, and then NumPy's ``.npz``: the arrays, and as JSON
what holds them. Nothing in it is pickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import shown

if TYPE_CHECKING:
    from typing import Any

FORMAT = 1
_NAME = b"gdbook checkpoint "


def save(path: Path, content: Any) -> None:
    """Write dicts with text keys, lists, tuples, arrays, numbers, text and None, as they are nested.

    The file is written beside the old one and renamed: whatever happens, one of the two is there and whole.
    Raises OSError where the disk does not take it, TypeError for anything else in ``content``.
    """
    arrays: dict[str, Any] = {}
    structure = json.dumps(_encoded(content, arrays))
    packed = io.BytesIO()
    np.savez(packed, structure=np.array(structure), **arrays)
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(_NAME + f"{FORMAT} {digest}\n".encode())
            file.write(packed.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(path: Path) -> Any:
    """What ``save`` wrote; ValueError if the file is none, is damaged, or has another format."""
    head, _, packed = path.read_bytes().partition(b"\n")
    words = head.removeprefix(_NAME).split(b" ")
    if not head.startswith(_NAME) or len(words) != 2:
        raise ValueError(f"checkpoint must be a file that a run wrote, got {path}")
    if words[0] != str(FORMAT).encode():
        raise ValueError(
            f"checkpoint must have the format {FORMAT} that this version of gdbook reads, got {path} with "
            f"format {words[0].decode(errors='replace')}"
        )
    if words[1] != hashlib.sha256(packed).hexdigest().encode():
        raise ValueError(f"checkpoint must be whole, got {path}, whose checksum is wrong")
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return _decoded(json.loads(str(arrays["structure"])), arrays)


def _encoded(value: Any, arrays: dict[str, Any]) -> Any:
    """The value as JSON: each container and number in a list that begins with its kind; arrays by name."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return ["dict", {key: _encoded(one, arrays) for key, one in value.items()}]
    if type(value) in (list, tuple):
        return [type(value).__name__, [_encoded(one, arrays) for one in value]]
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fiub":
        name = f"array{len(arrays)}"
        arrays[name] = value
        return ["array" if isinstance(value, np.ndarray) else "scalar", name]
    if type(value) is int:
        return ["int", str(value)]
    if type(value) is float:
        return ["float", value.hex()]
    raise TypeError(f"a checkpoint holds arrays, numbers, text, lists, tuples and dicts, got {shown(value)}")


def _decoded(code: Any, arrays: Any) -> Any:
    if not isinstance(code, list):
        return code
    kind, held = code
    if kind == "dict":
        return {key: _decoded(one, arrays) for key, one in held.items()}
    if kind in ("list", "tuple"):
        items = [_decoded(one, arrays) for one in held]
        return items if kind == "list" else tuple(items)
    if kind in ("array", "scalar"):
        return arrays[held] if kind == "array" else arrays[held][()]
    return int(held) if kind == "int" else float.fromhex(held)
