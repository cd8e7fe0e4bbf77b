"""A module that is loaded when something of it is used.

What runs notebooks takes most of a second to load, and mkdocs-jupyter's plugin loads it in every build, also
in one in which no notebook runs.
"""

import importlib.util
import sys

NAME = "mkdocs_jupyter.convert"


def load_lazily(name=NAME):
    """Let ``from package import module`` give a module that loads itself when it is first used."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
