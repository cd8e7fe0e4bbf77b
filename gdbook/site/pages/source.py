"""The book's own source as it is shown: definitions with their imports, bare of docstrings."""

import ast
import functools
import importlib
import inspect
import textwrap
from typing import Any

from gdbook.site.build.errors import PageError
from gdbook.site.pages.annotations import unannotated

# What of a line of code is seen without moving it, on a desk.
CODE_COLUMNS = 76
COLUMNS = 110  # of the package's lines, but for those of the rules
# Set with one parameter a line, though they would fit in a line of the package. Without the package's name: a
# text that names one of its modules counts as a use of it, and edits there would make all shown source anew.
SPREAD = ("linear.fit", "conventions.momentum_with_dampening")


def thing(name):
    """The function or class of a dotted name; of a loss, its class."""
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError):
        raise PageError(f"nothing named {name} to include", name) from None
    return found if inspect.isfunction(found) or inspect.isclass(found) else type(found)


def runs_alone(*things):
    """The code of functions or classes as a reader may copy it: with their imports, bare of docstrings.

    The decorator of the rules only checks arguments, and would need the package: it is left out. So are
    annotations, which are for a type checker.
    """
    bodies, imports = [], set()
    for thing in things:
        code = textwrap.dedent(inspect.getsource(thing)).rstrip()
        code = unannotated(code, _columns(thing))
        definition = ast.parse(code).body[0]
        lines = code.splitlines()
        body = lines[definition.lineno - 1 :]  # below the decorators
        if ast.get_docstring(definition, clean=False) is not None:
            start, end = definition.body[0].lineno, definition.body[0].end_lineno
            rest = lines[end:]
            while rest and not rest[0].strip():
                rest.pop(0)
            body = [*lines[definition.lineno - 1 : start - 1], *rest]
        bodies.append("\n".join(body))
        imports |= _imports(definition, inspect.getmodule(thing), {shown.__name__ for shown in things})
    return "\n\n\n".join([*_import_lines(imports), *bodies])


def _columns(thing):
    """How long the line of a signature may be, as ruff is told; 0 for one parameter a line."""
    if f"{thing.__module__}.{thing.__qualname__}".partition(".")[2] in SPREAD:
        return 0
    return CODE_COLUMNS if thing.__module__.startswith("gdbook.rules.") else COLUMNS


def _imports(definition, module, shown):
    """What the definition has from its module or others: pairs of a module (or None) and an alias."""
    nodes = [node for part in definition.body for node in ast.walk(part)]
    given = {node.arg for node in ast.walk(definition) if isinstance(node, ast.arg)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)} - given - shown
    tree = tree_of(module)
    found: set[tuple[str | None, Any]] = set()
    for statement in ast.walk(tree):  # some stand in a ``try``
        if isinstance(statement, ast.Import | ast.ImportFrom):
            source = getattr(statement, "module", None)
            found |= {
                (source, ast.unparse(alias))
                for alias in statement.names
                if (alias.asname or alias.name) in used
            }
    for statement in tree.body:
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else []
        names = [
            getattr(statement, "name", None),
            *(getattr(t, "id", None) for t in getattr(statement, "targets", targets)),
        ]
        found |= {(module.__name__, name) for name in names if name in used}
    return found


@functools.cache
def tree_of(module):
    """The syntax tree of a module."""
    return ast.parse(inspect.getsource(module))


def _import_lines(imports):
    """The block of import lines, as a list of one text, or none."""
    lines = sorted(f"import {alias}" for module, alias in imports if module is None)
    for source in sorted({module for module, _ in imports if module}):
        names = ", ".join(sorted(a for m, a in imports if m == source))
        line = f"from {source} import {names}"
        if len(line) > CODE_COLUMNS:
            indent = " " * 4
            names = textwrap.fill(names, CODE_COLUMNS, initial_indent=indent, subsequent_indent=indent)
            line = f"from {source} import (\n{names}\n)"
        lines.append(line)
    return ["\n".join(lines)] if lines else []
