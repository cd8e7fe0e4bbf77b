"""gdbook: the tested code behind a book on gradient descent.

Import from the module that holds the idea: ``from gdbook.rules import momentum``,
``from gdbook.descent import descend``. Nothing is imported here, so that the plain-Python
modules stay usable without NumPy.
"""

__version__ = "0.1.0"
