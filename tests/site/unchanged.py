"""What was answered of a page at the last green run and cannot have changed is not asked again.

A question about a view is kept, once its test has passed, with a digest of all that the server sent
for the view, byte for byte, and of the tests themselves. This saves minutes to one who writes, and only
to him: wherever CI or GDBOOK_NO_SKIPS is set, everything is asked. ``.cache`` may be deleted at any time.
"""

import functools
import hashlib
import json
import os
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from built import ROOT
from filelock import FileLock
from visit import answer, find_chromium

HERE = Path(__file__).parent
KEPT = ROOT / ".cache" / "tests" / "views.json"
ASKING = [HERE / name for name in ("axe.py", "built.py", "conftest.py", "test_browser.py", "visit.py")]
# Of a test: the site and the files of it that the server sent for the view.
SENT = pytest.StashKey[tuple]()


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


def digest_of(site, names):
    """A digest of files of the site, and of who asks."""
    return digest([asking().encode(), *(answer(site, name).read_bytes() for name in names)])


@functools.cache
def kept():
    try:
        return json.loads(KEPT.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_unchanged(question, site):
    """Whether a question, by the id of its test, was answered of the same bytes."""
    names, seen = kept().get(question, (None, None))
    return applies() and names is not None and digest_of(site, names) == seen


def keep(answered):
    """Keep what was answered: ``{id of the test: (the site, the names of what was sent)}``."""
    if not answered:
        return
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    digests = {sent: digest_of(*sent) for sent in set(answered.values())}
    with FileLock(KEPT.with_suffix(".lock")):
        kept.cache_clear()
        new = kept() | {question: [sent[1], digests[sent]] for question, sent in answered.items()}
        KEPT.with_suffix(".new").write_text(json.dumps(new), encoding="utf-8")
        KEPT.with_suffix(".new").replace(KEPT)
