"""What the build keeps from one time to the next, and how it is known that it still holds.

- ``store``: entries on disk, each whole or made again;
- ``reach``: what a piece of Python reaches of the package, definition by definition;
- ``tasks``: what a worker can be asked to do: run a block, a command, a notebook, show a source;
- ``worker``: the process that does it, a fresh one for each page, and notes what it used;
- ``crew``: the workers as the build sees them;
- ``results``: asks the store, then the crew;
- ``pages``: whole pages, converted and in their template;
- ``output``: writes what differs and removes what is no longer part of the site;
- ``serve``: ``mkdocs serve``: reloads what changed, and shows errors and progress in the page.
"""
