"""``python -m gdbook``: the command line, as ``gdbook`` is."""

import sys

from gdbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
