"""What only the build of the book needs: from Markdown and Python to pages.

Each module is one step: ``math`` (LaTeX to MathML), ``fences`` (code that runs, source that
is included), ``svg`` and ``figure`` (matplotlib to themed SVG), ``quiz``, ``font`` (the
subset of the math font), ``check`` is in the tests, on the built site.

All of it is Python-Markdown extensions, superfences formatters and plain functions, so that
it does not depend on one site generator; ``hook`` is the only part that knows MkDocs.
"""
