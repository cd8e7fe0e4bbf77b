"""The folder of the site: what differs is written, what is no longer part of it is removed.

MkDocs empties the folder and writes each file again. While a build goes on, its functions for that are these.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

from mkdocs import utils


class Output:
    """What a build writes to ``site_dir``, from ``begin`` to ``end``."""

    def __init__(self, site_dir):
        self.folder = Path(site_dir)
        self.made = set()

    def begin(self):
        self.start = time.time()
        self.before = utils.clean_directory, utils.write_file, utils.copy_file
        utils.clean_directory, utils.write_file, utils.copy_file = self._clean, self.write, self._copy
        self._reference(self.write)

    @staticmethod
    def _reference(write):
        """Let mkdocstrings, which took MkDocs' function by its name, write its inventory so."""
        if plugin := sys.modules.get("mkdocstrings._internal.plugin"):
            plugin.write_file = write  # type: ignore[attr-defined]

    def end(self, whole):
        """After a whole build, remove what it did not make."""
        utils.clean_directory, utils.write_file, utils.copy_file = self.before
        self._reference(utils.write_file)
        if not whole:
            return
        for folder, _, names in os.walk(self.folder, topdown=False):
            for name in names:
                path = os.path.join(folder, name)
                hidden = os.path.relpath(path, self.folder).startswith(".")
                # A plugin may have written a file by itself: then it is new.
                if path not in self.made and not hidden and os.stat(path).st_mtime < self.start:
                    os.unlink(path)
            with contextlib.suppress(OSError):  # not empty
                os.rmdir(folder)

    def write(self, content, output_path):
        """Write the bytes, unless they stand there already."""
        path = os.path.abspath(output_path)
        self.made.add(path)
        with contextlib.suppress(OSError):
            if os.path.getsize(path) == len(content) and Path(path).read_bytes() == content:
                return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_bytes(content)

    def files(self):
        """The content of what has been written and is there, by its name in the folder."""
        there = sorted(path for path in map(Path, self.made) if path.is_file())
        return {path.relative_to(self.folder.resolve()).as_posix(): path.read_bytes() for path in there}

    def _copy(self, source_path, output_path):
        if os.path.isdir(output_path):
            output_path = os.path.join(output_path, os.path.basename(source_path))
        self.write(Path(source_path).read_bytes(), output_path)

    def _clean(self, directory):
        if os.path.abspath(directory) != os.path.abspath(self.folder):
            self.before[0](directory)
