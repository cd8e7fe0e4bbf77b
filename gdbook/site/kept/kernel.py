"""In the kernel of a notebook, which is a process of its own: which files its cells read."""

import os

from gdbook.site.kept.worker import Watch

# Where they are noted, a line for each, and the folder of the project.
NOTED, ROOT = "GDBOOK_NOTED", "GDBOOK_ROOT"
STARTUP = '__import__("gdbook.site.kept.kernel", fromlist=["begin"]).begin()\n'


class Noting(Watch):
    """Writes each file down at once: a kernel may be ended at any time."""

    def _note(self, name):
        before = len(self.files)
        super()._note(name)
        if len(self.files) > before:
            with open(os.environ[NOTED], "a", encoding="utf-8") as noted:
                noted.write(os.path.abspath(name) + "\n")


def begin():
    """Note what is read from now on."""
    if NOTED in os.environ:
        Noting(os.environ[ROOT], "gdbook").begin()
