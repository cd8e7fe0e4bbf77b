"""What only the build of the book needs: from Markdown and Python to pages.

Each module is one step: ``math`` (LaTeX to MathML), ``font`` (the subset of the math font),
``fences`` (code that runs, source that is included), ``svg`` and ``figure`` (matplotlib to themed
SVG), ``quiz``, ``javascript`` and ``explain`` (rules and losses for the browser), ``lab`` and
``labs`` (what stands on a lab's page), ``notation`` (the tables of symbols), ``notebooks`` (scripts of
cells). ``errors`` says where in the book something went wrong.

All of it is Python-Markdown extensions, superfences formatters and plain functions, so that it
does not depend on one site generator; ``hook``, and what it calls in ``notebooks``, is the only part that
knows MkDocs.
"""
