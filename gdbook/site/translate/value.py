"""``gdbook.value.Value``, expressions of it and the walk back as a JavaScript module, translated.

Each method is translated by itself, as the rules are. JavaScript has no operators for objects, so
``a * b`` becomes a call that asks ``a`` and ``b`` for their ``__mul__`` and ``__rmul__``, as Python does.
What does not translate stops the build with file and line.
"""

import ast
import inspect
import json
import re
from collections.abc import Callable

from gdbook.backprop import expression, steps
from gdbook.backprop.graph import children, program
from gdbook.site.translate import core
from gdbook.value import Value

# Not needed in the page: comparisons, the representation, and the walk back, which the lab takes
# one use at a time from gdbook.backprop.steps.
LEFT_OUT = {"backward", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__repr__"}
CONSTANTS = {
    name: value for name, value in vars(expression).items() if name.isupper() and name != "TYPE_CHECKING"
}
PLAIN = (
    children,
    program,
    steps.backward_steps,
    expression.tokens,
    expression.parse,
    expression.perform,
    expression.as_python,
    expression._while_in,
    expression._number_end,
    expression._power,
    expression._value,
    expression._joined,
    expression._held,
    expression._receiver,
)
PRELUDE = "value.js"
# PScript makes JavaScript of these itself.
KNOWN = {"abs", "bool", "float", "getattr", "int", "isinstance", "len", "reversed", "str", "zip"}
RAISED = {"ExpressionError", "OverflowError", "TypeError", "ValueError", "ZeroDivisionError"}


def _targets(assignments):
    """``[a, b]`` for ``a = x[0];b = x[1];``."""
    return "[" + ", ".join(re.findall(r"([\w.]+) =", assignments)) + "]"


# What PScript writes and a small file does without.
SHORTER: dict[str, str | Callable[[re.Match[str]], str]] = {
    # Before each loop, in case that it is over the keys of an object: here none is.
    r'if \(\(typeof (\w+) === "object"\) && \(!Array\.isArray\(\1\)\)\) \{ ?\1 = Object\.keys\(\1\);\}': "",
    r"_pyfunc_truthy(\(\w+ instanceof \w+\))": r"\1",
    r"return null;\n\}$": "}",
    r"\n\s+": "\n",
    # Loops; this one too goes to the end of a list that grows on the way. And several targets at once.
    r"(\w+_seq) = (.+);\nfor \((\w+_itr) = 0; \3 < \1\.length; \3 \+= 1\) \{\n(\w+) = \1\[\3\];": (
        r"for (\4 of \2) {"
    ),
    r"var (\w+), i0;for \(i0=0; i0<iter0\.length; i0\+\+\) \{\1 = iter0\[i0\];": r"for (const \1 of iter0) {",
    r"(\w+_tgt) of (.+)\) \{\n((?:\w+ = \1\[\d\]; ?)+)": lambda found: (
        f"{_targets(found[3])} of {found[2]}) {{"
    ),
    r"(stub\d+_) = (.+);\n((?:[\w.]+ = \1\[\d\];)+)": lambda found: f"{_targets(found[3])} = {found[2]};",
    r"_pymeth_append\.call\(([\w.]+), ": r"\1.push(",
}
CLASSES = (Value, expression.Parser)
OPERATORS = {ast.Sub: "op_sub", ast.Div: "op_div", ast.Pow: "op_pow"}  # the others PScript makes calls of


def module():
    """The text of the ES module."""
    return "\n".join(
        [
            "// Translated from gdbook's Python when the book was built: change that, not this.",
            core.prelude(PRELUDE)[0],
            *(f"const {name} = {_constant(value)};" for name, value in CONSTANTS.items()),
            *map(_class, CLASSES),
            *(f"export const {function.__name__} = {translate(function)};" for function in PLAIN),
            "",
        ]
    )


def _constant(value):
    """Many words in one string take less room."""
    return f'{json.dumps(" ".join(value))}.split(" ")' if isinstance(value, list) else json.dumps(value)


def _class(cls):
    """A JavaScript class with the same methods."""
    methods = {
        name: method
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and name not in LEFT_OUT
    }
    table = "".join(f"{name}: {translate(method)},\n" for name, method in methods.items())
    return (
        f"export function {cls.__name__}(...given) {{ this.__init__(...given); }}\n"
        f"Object.assign({cls.__name__}.prototype, {{\n{table}}});"
    )


def translate(function):
    """A JavaScript function expression for a Python function or method.

    It may use what ``PRELUDE`` declares, ``PLAIN``, ``CONSTANTS`` and ``CLASSES``. Raises BuildError, with
    file and line, for what has no translation.
    """
    declared = core.prelude(PRELUDE)[1]
    known = declared | {f.__name__ for f in (*PLAIN, *CLASSES)} | {*CONSTANTS, *KNOWN, *RAISED}
    bare = core.bare(function)
    ast.fix_missing_locations(_ForPScript().visit(bare.definition))
    script = core.script(bare, known, declared, adds_lists=True)
    # A method's name may be one that JavaScript keeps for itself: a name of ours cannot.
    own = bare.definition.name
    script = re.sub(rf"^var {own};\s*{own} = function(?: flx_\w+)? ", "", script).rstrip(";")
    for needless, instead in SHORTER.items():
        script = re.sub(needless, instead, script)
    return f"function {_used(script)}"


def _used(script):
    """Declares the names only that are used."""

    def declared(found):
        names = [name for name in found[1].split(", ") if len(re.findall(rf"\b{name}\b", script)) > 1]
        return f"var {', '.join(names)};\n" if names else ""

    return re.sub(r"(?m)^var ([\w, ]+);\n", declared, script)


class _ForPScript(ast.NodeTransformer):
    """Writes what PScript has no translation for, or one for numbers only, as what it can translate."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if type(node.op) in OPERATORS:
            name = ast.Name(OPERATORS[type(node.op)], ast.Load())
            return ast.Call(name, [node.left, node.right], [])
        return node

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            return ast.Call(ast.Name("op_neg", ast.Load()), [node.operand], [])
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        # Checks of types are for those who write programs with Value.
        (*_, last) = node.body
        is_check = isinstance(last, ast.Raise) and ast.unparse(last).startswith("raise TypeError(")
        return None if is_check else node

    def visit_While(self, node):
        self.generic_visit(node)
        # In JavaScript an empty list is true.
        node.test = ast.Call(ast.Name("bool", ast.Load()), [node.test], [])
        return node

    def visit_JoinedStr(self, node):
        self.generic_visit(node)
        joined: ast.expr = ast.Constant("")
        for part in node.values:
            text = (
                part
                if isinstance(part, ast.Constant)
                else ast.Call(ast.Name("str", ast.Load()), [part.value], [])
            )
            joined = ast.BinOp(joined, ast.Add(), text)
        return joined
