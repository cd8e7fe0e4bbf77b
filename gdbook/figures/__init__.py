"""The figures of the book: one function each, in a module named like the part of the book.

Each returns a ``matplotlib.figure.Figure`` and touches no global pyplot state.
"""
