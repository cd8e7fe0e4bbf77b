"""Plain arithmetic on floats that is translated to JavaScript and runs in the reader's browser as well.

Nothing here imports NumPy, and what PScript cannot translate is not used: see ``gdbook.site.translate``.
"""
