"""What passed at the last green run and cannot have changed is not run again.

A question about a view is kept, once its test has passed, with a digest of all that the server sent
for the view, byte for byte, and of the tests themselves. So is a test that takes long and says, by the mark
``looks_at``, on which files and folders of the repository alone it depends. This saves minutes to one who
writes, and only to them: wherever CI or GDBOOK_NO_SKIPS is set, everything runs. ``.cache`` may be deleted
at any time.
"""

import functools
import hashlib
import json
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from built import ROOT
from filelock import FileLock
from visit import answer, find_chromium

HERE = Path(__file__).parent
KEPT = ROOT / ".cache" / "tests" / "passed.json"
ASKING = [HERE / name for name in ("axe.py", "built.py", "conftest.py", "test_browser.py", "visit.py")]
# Of a test: a root, and what below it the test looked at. The root is the site, of which the server sent
# files, or the repository.
SEEN = pytest.StashKey[tuple]()


def applies():
    return not os.environ.get("CI") and not os.environ.get("GDBOOK_NO_SKIPS")


@functools.cache
def asking():
    """A digest of who asks: the tests, axe and Chromium."""
    chromium = Path(find_chromium()).resolve().stat()
    texts = [path.read_bytes() for path in [*ASKING, AXE_FILE_PATH]]
    return digest([*texts, repr((chromium.st_size, chromium.st_mtime_ns)).encode()])


def digest(texts):
    return hashlib.sha256(b"".join(hashlib.sha256(text).digest() for text in texts)).hexdigest()


def digest_of(root, names):
    """A digest of files of the site and of who asks, or of files and folders of the repository."""
    if root == ROOT:
        return _digest_of_sources(names)
    return digest([asking().encode(), *(answer(root, name).read_bytes() for name in names)])


@functools.cache  # they do not change while tests run
def _digest_of_sources(names):
    installed = sorted(f"{found.name} {found.version}" for found in metadata.distributions())
    texts = [sys.version.encode(), *map(str.encode, installed)]
    for name in names:
        place = ROOT / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                texts += [path.relative_to(ROOT).as_posix().encode(), path.read_bytes()]
    return digest(texts)


@functools.cache
def kept():
    try:
        return json.loads(KEPT.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_unchanged(test, root):
    """Whether a test, by its id, passed with the same bytes."""
    names, seen = kept().get(test, (None, None))
    return applies() and names is not None and digest_of(root, tuple(names)) == seen


def keep(passed):
    """Keep what passed: ``{id of the test: (root, names of what it looked at)}``."""
    if not passed:
        return
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    digests = {seen: digest_of(*seen) for seen in set(passed.values())}
    with FileLock(KEPT.with_suffix(".lock")):
        kept.cache_clear()
        new = kept() | {test: [seen[1], digests[seen]] for test, seen in passed.items()}
        KEPT.with_suffix(".new").write_text(json.dumps(new), encoding="utf-8")
        KEPT.with_suffix(".new").replace(KEPT)
