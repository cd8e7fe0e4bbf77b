"""What MicroPython lacks of Python's standard library, as far as the package and its snippets use it.

Each module stands in for the one of its name. ``prepared`` runs before a snippet.
"""
