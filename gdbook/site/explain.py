"""A rule with this step's numbers in it, made from the rule's own source.

``x ← 2.600 − 0.100 · 12.376 = 1.362`` is the line ``return w - lr * g, state`` of the rule, with
numbers for names. The browser shows it beside the ball; this makes the JavaScript that does.
"""

import ast
import inspect
import textwrap

from mkdocs.exceptions import BuildError
from pscript import py2js

# How the pages write what the code names.
SYMBOLS = {"w": "x", "g": "∇f", "lr": "η", "momentum": "μ", "velocity": "v"}
OPERATORS = {ast.Add: " + ", ast.Sub: " − ", ast.Mult: " · ", ast.Div: " / "}
PRECEDENCE = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2}


def explanation(rule):
    """A JavaScript function of the rule's own arguments that returns its lines, as strings.

    Raises BuildError, with file and line, for a statement that is no assignment or return, or an
    operator that has no sign here.
    """
    lines, first = inspect.getsourcelines(rule)
    definition = ast.parse(textwrap.dedent("".join(lines))).body[0]
    if ast.get_docstring(definition):
        definition.body.pop(0)
    arguments = ", ".join(argument.arg for argument in definition.args.args)
    script = ["const lines = [];"]
    for statement in definition.body:
        place = f"{inspect.getsourcefile(rule)}:{first + statement.lineno - 1}"
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            script.append(_line(statement.targets[0].id, statement.value, place, assign=True))
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
            script.append(_line("w", statement.value.elts[0], place, assign=False))
        else:
            raise BuildError(
                f"{place}: {rule.__name__} cannot be shown with numbers: {ast.unparse(statement)}"
            )
    return f"({arguments}) => {{ {' '.join(script)} return lines; }}"


def _line(name, expression, place, assign):
    value = py2js(ast.unparse(expression), inline_stdlib=False).strip().rstrip(";")
    text = _text(expression, place)
    symbol = SYMBOLS.get(name, name)
    keep = f"{name} = result; " if assign else ""
    push = f'lines.push("{symbol} ← " + shown + " = " + number(result));'
    return f"{{ const shown = {text}, result = {value}; {keep}{push} }}"


def _text(node, place, first=True):
    """A JavaScript expression for the text of a Python expression, numbers in place of names."""
    if isinstance(node, ast.Name):
        return f"number({node.id})" if first else f"operand({node.id})"
    if isinstance(node, ast.Constant):
        return f'"{node.value}"'
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        sides = []
        for side, is_left in ((node.left, True), (node.right, False)):
            text = _text(side, place, first and is_left)
            level = PRECEDENCE[type(node.op)]
            inner = PRECEDENCE.get(type(getattr(side, "op", None)), 3)
            bind = inner < level or (
                inner == level and not is_left and isinstance(node.op, (ast.Sub, ast.Div))
            )
            sides.append(f'"(" + {text} + ")"' if bind else text)
        return f'{sides[0]} + "{OPERATORS[type(node.op)]}" + {sides[1]}'
    raise BuildError(f"{place}: cannot be shown with numbers: {ast.unparse(node)}")


# The numbers of the lines: three decimals, a minus sign that is one, brackets after an operator.
NUMBERS = """\
export function number(value) {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 5e-4 || size >= 1e5) ? value.toExponential(2) : value.toFixed(3);
  return text.replaceAll("-", "−");
}
function operand(value) {
  return value < 0 ? `(${number(value)})` : number(value);
}"""
