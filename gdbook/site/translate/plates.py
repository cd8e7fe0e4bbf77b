"""The plates of a module of ``gdbook.figures.plates`` as a JavaScript module, translated.

With each plate goes what it calls: rules, losses, functions of theory and of its own module, and constants.
"""

import ast
import importlib
import inspect
import json
import re

from mkdocs.exceptions import BuildError

from gdbook.figures.plate import Plate
from gdbook.functions import Function
from gdbook.site.translate import core
from gdbook.site.translate.rules import KEYWORDS, PRELUDE, loss

OWN = "plates.js"
OF_LABS = {"heavy_ball"}  # which takes a rule from the table of the labs
# PScript makes JavaScript of these itself.
KNOWN = KEYWORDS | {
    "int",
    "sum",
    "str",
    "zip",
    "enumerate",
    "reversed",
    "float",
    "max",
    "min",
    "abs",
    "round",
}


def module(name):
    """The text of the ES module of the plates of ``gdbook.figures.plates.NAME``: ``plates``, by name."""
    of = importlib.import_module(f"gdbook.figures.plates.{name}")
    plates = {name: value for name, value in vars(of).items() if isinstance(value, Plate)}
    (common, declared), (own, more) = core.prelude(PRELUDE), core.prelude(OWN)
    written: dict[str, str] = {}
    for each in plates.values():
        _write(each.function, (declared | more) - OF_LABS, written)
    exported = ", ".join(f"{name}: {each.function.__name__}" for name, each in plates.items())
    return "\n".join(
        [
            "// Translated from gdbook's Python when the book was built: change that, not this.",
            *_used(common, [own, *written.values()]),
            *_used(own, written.values()),
            *written.values(),
            f"export const plates = {{ {exported} }};",
            "",
        ]
    )


def _used(prelude, texts):
    """The declarations of a prelude that the texts name, and those that these name."""
    declared = dict(part.split(" ", 1) for part in f"\n{prelude}".split("\nconst ")[1:])
    declared = {name: text for name, text in declared.items() if name not in OF_LABS}
    kept: set[str] = set()
    while more := {
        name
        for name in declared.keys() - kept
        if any(re.search(rf"\b{name}\b", text) for text in (*texts, *(declared[known] for known in kept)))
    }:
        kept |= more
    return [f"const {name} {text}".rstrip() for name, text in declared.items() if name in kept]


def _write(function, declared, written, name=None):
    """Add a function to what is written, and before it what it calls."""
    bare = core.bare(function)
    name = name or function.__name__
    around = vars(inspect.getmodule(inspect.unwrap(function)))
    for call in ast.walk(bare.definition):
        if isinstance(call, ast.Call) and call.keywords:
            called = ast.unparse(call.func)
            if called != "zip":  # which may be strict: JavaScript's stops with the shortest list
                raise BuildError(f"{bare.place} names an argument of {called}, which JavaScript cannot")
            call.keywords.clear()
    used, own = core.names(bare.definition)
    for free in sorted(used - own - declared - KNOWN - written.keys()):
        if free not in around:
            raise BuildError(f"{bare.place} uses {free}, which has no JavaScript")
        value = around[free]
        if isinstance(value, Function):
            written[free] = f"const {free} = {loss(value)};"
        elif inspect.isfunction(value):
            _write(value, declared, written, free)
        else:
            try:
                written[free] = f"const {free} = {json.dumps(value)};"
            except TypeError:
                raise BuildError(f"{bare.place} uses {free}, which is no number, list or text") from None
    text = core.script(bare, declared | KNOWN | written.keys() | {bare.definition.name}, declared)
    inner = bare.definition.name
    written[name] = f"const {name} = (() => {{ {text} return {inner}; }})();"
