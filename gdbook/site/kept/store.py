"""Entries on disk: written whole or not at all, read with their checksum, bounded in size.

An entry is a file named by a hash of all that decides it, so that two builds at once can only write the same.
"""

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
from pathlib import Path

LIMIT = 256 * 2**20  # bytes: some twenty books' worth
TARGET = 0.75  # of the limit: what is left when the oldest have been removed
STRAY = 60 * 60  # seconds after which a file that was not finished is of a build that died

log = logging.getLogger("mkdocs.gdbook")


class Store:
    """A folder of entries. ``folder`` is None where nothing is to be kept.

    Nothing here raises for a disk that is full, read-only or broken: the build goes on without keeping, and
    says so once.
    """

    def __init__(self, folder, limit=LIMIT):
        self.folder = None if folder is None else Path(folder)
        self.limit = limit
        self.writable = folder is not None
        self.written = 0

    def get(self, kind, key):
        """The text kept under a key, or None. A damaged entry is said and removed."""
        if self.folder is None:
            return None
        path = self._path(kind, key)
        try:
            told, _, body = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if told != _checksum(body):
            log.info(f"What was kept in {path} is damaged: it is made again.")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return body.decode()

    def put(self, kind, key, text):
        """Keep a text under a key."""
        if not self.writable:
            return
        path = self._path(kind, key)
        body = text.encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, _checksum(body) + b"\n" + body)
            self.written += len(body)
        except OSError as error:
            self.writable = False
            log.info(f"Nothing more is kept for the next build: {error}.")

    def get_json(self, kind, key):
        text = self.get(kind, key)
        return None if text is None else json.loads(text)

    def put_json(self, kind, key, value):
        self.put(kind, key, json.dumps(value))

    def prune(self):
        """Remove the entries that were not asked for the longest, if all together are over the limit."""
        if self.folder is None or not (self.writable and self.written):
            return
        entries, now = [], time.time()
        for path in self.folder.glob("*/*/*"):
            with contextlib.suppress(OSError):
                told = path.stat()
                if not path.name.startswith(".new-"):
                    entries.append((told.st_mtime, told.st_size, path))
                elif now - told.st_mtime > STRAY:
                    path.unlink()
        size = sum(size for _, size, _ in entries)
        if size <= self.limit:
            return
        for _, one, path in sorted(entries, key=lambda entry: entry[:2]):
            if size <= TARGET * self.limit:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                size -= one

    def _path(self, kind, key):
        return self.folder / kind / key[:2] / key[2:]


def write_whole(path, content):
    """Write a file, whole or not at all: OSError leaves what was there before, and nothing else."""
    handle, new = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def _checksum(body):
    return hashlib.sha256(body).hexdigest().encode()


def digest(*parts):
    """A hash of values that JSON can write."""
    told = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:40]
