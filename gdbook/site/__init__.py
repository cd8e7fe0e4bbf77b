"""What only the build of the book needs: from Markdown and Python to pages.

Each module is one step: ``math`` (LaTeX to MathML), ``letters`` (symbols in the text, in the same
face), ``font`` (the subset of the math font), ``fences`` (code that runs), ``source`` (source that is
included), ``svg`` and ``figure`` (matplotlib to themed SVG), ``quiz``, ``javascript`` and ``explain`` (rules and losses for the browser), ``lab`` and
``labs`` (what stands on a lab's page), ``notation`` (the tables of symbols), ``notebooks`` (scripts of
cells), ``tables``, ``lazily`` (what is slow to load). ``errors`` says where in the book something went wrong.
``kept`` is what the build keeps from one time to the next, and the workers that execute; ``build`` binds it
to the steps of a build.

All of it is Python-Markdown extensions, superfences formatters and plain functions, so that it does not
depend on one site generator. Only ``hook``, ``build``, ``kept.pages``, ``kept.output``, ``kept.serve`` and
the first part of ``notebooks`` know MkDocs.
"""
