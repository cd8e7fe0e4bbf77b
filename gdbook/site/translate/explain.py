"""A rule with this step's numbers in it, made from the rule's own source.

``x ← 2.600 − 0.100 · 12.376 = 1.362`` is the line ``return w - lr * g, state`` of the rule, with
numbers for names. The browser shows it beside the ball; this makes the JavaScript that does.
"""

import ast
import copy
import inspect
import json

from mkdocs.exceptions import BuildError

from gdbook.site.translate import core

# How the pages write what the code names.
SYMBOLS = {"w": "x", "velocity": "v", "total": "G", "m_hat": "m̂", "v_hat": "v̂", "spread": "s"}
OPERATORS = {ast.Add: " + ", ast.Sub: " − ", ast.Mult: " · ", ast.Div: " / "}
PRECEDENCE = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2}
# What stands before and after the arguments of a call.
CALLS = {"sqrt": ("√(", ")"), "sign": ("sign(", ")"), "abs": ("|", "|"), "maximum": ("max(", ")")}


def explanation(rule):
    """A JavaScript function of the rule's own arguments that returns its lines, as strings.

    A line for each assignment, but none for what has no arithmetic to show: the state taken apart,
    a count of the steps, a new name for the same value. What is made of hyperparameters alone, such
    as 1 − β₁, is shown as one number. Without a state it is the first step's.

    Raises BuildError, with file and line, for a statement that is no assignment or return, or an
    operator that has no sign here.
    """
    definition, file, first = core.bare(rule)
    arguments = [argument.arg for argument in definition.args.args]
    state, before = arguments[2], json.dumps(inspect.signature(rule).parameters[arguments[2]].default)
    given = ", ".join(f"{name} = {before}" if name == state else name for name in arguments)
    own = core.names(definition)[1] - set(arguments)
    script = ["const lines = [];", *([f"let {', '.join(sorted(own))};"] if own else [])]
    for statement in definition.body:
        show = Line(set(arguments[3:]), f"{file}:{first + statement.lineno - 1}")
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(target, ast.Tuple):
            script.append(f"[{ast.unparse(target).strip('()')}] = {_javascript(statement.value)};")
        elif isinstance(target, ast.Name) and _is_count(statement):
            script.append(f"{target.id} = {_javascript(statement.value)};")
        elif isinstance(target, ast.Name):
            script.append(show.line(target.id, statement.value, f"{target.id} = result; "))
        elif isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
            script.append(show.line("w", statement.value.elts[0], ""))
        else:
            raise BuildError(
                f"{show.place}: {rule.__name__} cannot be shown with numbers: {ast.unparse(statement)}"
            )
    return f"({given}) => {{ {' '.join(script)} return lines; }}"


def _is_count(statement):
    """Whether it is t = t + 1."""
    return ast.unparse(statement) == f"{statement.targets[0].id} = {statement.targets[0].id} + 1"


def _javascript(node):
    text = ast.unparse(node)
    return core.javascript(text, text).rstrip(";")


class Line:
    """How one statement at ``place`` is shown, in a rule with the hyperparameters ``settings``."""

    def __init__(self, settings, place):
        self.settings, self.place = settings, place

    def line(self, name, expression, keep):
        """The statement that pushes the line, with as few digits as make it true as printed."""
        symbol = SYMBOLS.get(name, name)
        result = _javascript(expression)
        say = f"(number, operand) => {self.arithmetic(expression)}"
        printed = f"(read) => {_javascript(self.printed(expression))}"
        push = f'const shown = truly({say}, {printed}, result); if (shown) lines.push("{symbol} ← " + shown);'
        return f"{{ const result = {result}; {push} {keep}}}"

    def printed(self, node):
        """The expression with ``read(…)`` around all that is printed as one number."""
        line = self

        class Read(ast.NodeTransformer):
            def visit_Name(self, node):
                return ast.parse(f"read({node.id})", mode="eval").body

            def visit_BinOp(self, node):
                return (
                    ast.Call(ast.Name("read"), [node], [])
                    if line.is_setting(node)
                    else self.generic_visit(node)
                )

            def visit_Call(self, node):
                return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

            def visit_IfExp(self, node):
                return ast.IfExp(node.test, self.visit(node.body), self.visit(node.orelse))

        return Read().visit(copy.deepcopy(node))

    def arithmetic(self, node):
        """A JavaScript expression for the text of a right-hand side; "" where that is a bare name."""
        if isinstance(node, ast.Name):
            return '""'
        if isinstance(node, ast.IfExp):
            taken, other = self.arithmetic(node.body), self.arithmetic(node.orelse)
            return f"{_javascript(node.test)} ? {taken} : {other}"
        return self.text(node)

    def text(self, node, first=True):
        """A JavaScript expression for the text of a Python expression, numbers in place of names."""
        if isinstance(node, ast.Name):
            return f"number({node.id})" if first else f"operand({node.id})"
        if isinstance(node, ast.Constant):
            return f'"{node.value!r}"'
        if self.is_setting(node):
            return f"number({_javascript(node)})"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            if isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name):
                return f"operand({node.left.id}) + raised({node.right.id})"
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return self.square(node, first) or self.operation(node, first)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            before, after = CALLS[node.func.id]
            inside = ' + ", " + '.join(self.text(argument) for argument in node.args)
            if node.func.id == "sqrt" and isinstance(node.args[0], ast.Name):
                return f'"√" + operand({node.args[0].id})'
            return f'"{before}" + {inside} + "{after}"'
        raise BuildError(f"{self.place}: cannot be shown with numbers: {ast.unparse(node)}")

    def is_setting(self, node):
        """Whether it is arithmetic with hyperparameters alone: one number, whatever the step."""
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        return isinstance(node, ast.BinOp) and bool(names) and names <= self.settings

    def square(self, node, first):
        """g * g and a * g * g with a ², or None."""
        if not (isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Name)):
            return None
        squared = f'operand({node.right.id}) + "²"'
        if ast.dump(node.left) == ast.dump(node.right):
            return squared
        left = node.left
        if (
            isinstance(left, ast.BinOp)
            and isinstance(left.op, ast.Mult)
            and ast.dump(left.right) == ast.dump(node.right)
        ):
            return f'{self.text(left.left, first)} + " · " + {squared}'
        return None

    def operation(self, node, first):
        sides = []
        for side, is_left in ((node.left, True), (node.right, False)):
            text = self.text(side, first and is_left)
            level = PRECEDENCE[type(node.op)]
            is_whole = self.is_setting(side) or not isinstance(side, ast.BinOp)
            inner = 3 if is_whole else PRECEDENCE.get(type(side.op), 3)
            bind = inner < level or (
                inner == level and not is_left and isinstance(node.op, (ast.Sub, ast.Div))
            )
            sides.append(f'"(" + {text} + ")"' if bind else text)
        return f'{sides[0]} + "{OPERATORS[type(node.op)]}" + {sides[1]}'


# The numbers of the lines: three decimals, a minus sign that is one, brackets after an operator. A line whose
# result is another than what comes out of the numbers in it has more digits.
NUMBERS = """\
export function number(value, digits = 3) {
  const size = Math.abs(value);
  const small = size !== 0 && (size < 5e-4 || size >= 1e5);
  const text = small ? value.toExponential(digits - 1).replace(/\\.?0+e/, "e") : value.toFixed(digits);
  return text.replaceAll("-", "−");
}
function truly(say, printed, result) {
  for (let digits = 3; ; digits++) {
    const figure = (value) => number(value, digits).replace(/(\\.\\d{3}\\d*?)0+$/, "$1");
    const read = (value) => Number(figure(value).replaceAll("−", "-"));
    if (digits < 17 && number(printed(read)) !== number(result)) continue;
    const words = say(figure, (value) => (value < 0 ? `(${figure(value)})` : figure(value)));
    return words && words + " = " + number(result);
  }
}
function raised(power) {
  return String(power).replace(/\\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
}"""
