"""What all translations share: a function as it is to be translated, the names it takes, PScript."""

import ast
import copy
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

from mkdocs.exceptions import BuildError
from pscript import JSError, py2js

from gdbook.site.pages.annotations import unannotated
from gdbook.site.pages.source import COLUMNS
from gdbook.site.translate.refused import reasons


class Bare(NamedTuple):
    """A function without decorators, annotations and docstring, and where it stands: file and line."""

    definition: Any
    file: str
    line: int

    @property
    def place(self):
        return f"{self.file}:{self.line}: {self.definition.name}"


def bare(function):
    """``Bare`` of a Python function or method. Checks that decorate it are for those who write programs."""
    function = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(function)
    definition: Any = ast.parse(unannotated(textwrap.dedent("".join(lines)), COLUMNS)).body[0]
    definition.decorator_list.clear()
    if ast.get_docstring(definition):
        definition.body.pop(0)
    return Bare(definition, inspect.getsourcefile(function) or "", first)


def names(definition):
    """The names that stand in a definition, and those that it binds itself."""
    found = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    own = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    return {node.id for node in found}, own | {argument.arg for argument in definition.args.args}


def script(function, known, prelude, adds_lists=False):
    """What PScript makes of a ``Bare`` function that takes ``known`` names alone from elsewhere.

    ``prelude`` holds the names for PScript's own helpers; ``adds_lists`` says that its ``+`` is for lists.
    Raises BuildError, with file and line, for what has no translation, or one that gives something else.
    """
    for reason in reasons(function.definition, adds_lists):
        raise BuildError(f"{function.place}: {reason}")
    used, own = names(function.definition)
    if unknown := used - own - known:
        raise BuildError(f"{function.place} uses {', '.join(sorted(unknown))}, which has no JavaScript")
    text = javascript(ast.unparse(_Modulo().visit(copy.deepcopy(function.definition))), function.place)
    if missing := set(re.findall(r"_py(?:func|meth)_\w+", text)) - prelude:
        raise BuildError(f"{function.place} needs {', '.join(sorted(missing))} in the prelude")
    return text


class _Modulo(ast.NodeTransformer):
    """Has ``a % b`` as a call: Python's has the sign of b, and JavaScript's that of a."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mod):
            return node
        return ast.Call(ast.Name("_pyfunc_modulo", ast.Load()), [node.left, node.right], [])

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mod):
            return node
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        rest = self.visit_BinOp(ast.BinOp(read, ast.Mod(), node.value))
        return ast.copy_location(ast.Assign([node.target], rest), node)


def javascript(python, place):
    """A piece of Python as JavaScript; BuildError, which names the place, for what PScript does not know."""
    try:
        return py2js(python, inline_stdlib=False, docstrings=False).strip()
    except (JSError, RuntimeError) as error:  # RuntimeError for a statement that it does not know
        raise BuildError(f"{place} does not translate: {error}") from error


def prelude(name):
    """``(text, names)`` of a file of JavaScript beside this one: without comments, and what it declares."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = [re.sub(r" *// .*", "", line) for line in text.splitlines()]
    text = "\n".join(line for line in lines if line)
    return text, set(re.findall(r"(?m)^(?:const|class) (\w+)", text))
