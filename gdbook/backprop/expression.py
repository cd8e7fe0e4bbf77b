"""Expressions as a reader types them, ``tanh(a*b + c) * a``, computed with ``gdbook.value.Value``.

The grammar is Python's for ``+ - * / **``, unary minus and parentheses, with the functions of
``METHODS``. Before the expression a part may get a name: ``p = a*b; p + p*p``. ``parse`` gives the
operations in the order in which Python carries them out; what it cannot read it explains in words, with
the place. The labs run this module in the browser.
"""

from __future__ import annotations

import keyword
import math

from gdbook.checks.numbers import given, shown
from gdbook.value import Value

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any, TypeAlias

    Operation: TypeAlias = tuple[str, Any, int, int]
    Text: TypeAlias = tuple[str, int, bool]


# What may be called, and which method of Value it is.
METHODS = {
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "sin": "sin",
    "cos": "cos",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "relu": "relu",
    "abs": "__abs__",
    "max": "max",
}
LONGEST = 160  # characters of an expression
LONGEST_NAME = 8  # it must fit into a node of the graph
DEEPEST = 20  # parentheses and signs inside each other
MOST_NAMES = 6
DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
# Words of Python, the result's name, and the names that the copied program uses itself.
TAKEN = [*keyword.kwlist, "L", "Value", "backward_steps", "float", "operation", "print", "program", "value"]
SUM, PRODUCT, SIGN, POWER, WHOLE = 1, 2, 3, 4, 5  # how tightly a text holds together
TIGHTNESS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}


class ExpressionError(ValueError):
    """Says in words what is wrong with an expression, and at which character, counted from 1."""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be an expression such as 'tanh(a*b)', got {shown(value)}")
    return value


def _code(name: str, value: Any) -> Any:
    """The operations, if each finds on the stack what it takes, and one value is left."""
    held = 0
    for step in value if isinstance(value, (list, tuple)) else [None]:
        if not isinstance(step, (list, tuple)) or len(step) != 4:
            raise TypeError(
                f"{name} must be operations as parse gives them, parse(text)[0], got {shown(value)}"
            )
        kind, what, _, _ = step
        takes = {
            "number": 0,
            "name": 0,
            "sign": 1,
            "call": 1 + (what == "max"),
            "operator": 2,
            "store": 1,
        }.get(kind)
        known: Any = {"call": METHODS, "operator": TIGHTNESS}.get(kind)
        if takes is None or held < takes or (known is not None and what not in known):
            raise ValueError(f"{name} must be operations as parse gives them, got {shown(step)} among them")
        held += (kind != "store") - takes
    if held != 1:
        raise ValueError(f"{name} must leave one value, as what parse gives does, got {shown(value)}")
    return value


def _inputs(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict such as {{'a': Value(1.0)}}, got {shown(value)}")
    return value


class Parser:
    """One reading of a text, from left to right; ``code`` is what came out so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0  # which token comes next
        self.depth = 0
        self.names: list[str] = []
        self.given: list[str] = []  # the names of parts
        self.used: list[str] = []  # those of them that were needed
        self.code: list[Operation] = []

    def kind(self) -> str:
        return self.tokens[self.at][0]

    def word(self) -> str:
        return self.tokens[self.at][1]

    def begin(self) -> int:
        return self.tokens[self.at][2]

    def end(self) -> int:
        """Where the token before ends."""
        return self.tokens[self.at - 1][3]

    def emit(self, kind: str, what: Any, begin: int) -> None:
        self.code.append((kind, what, begin, self.end()))

    def found(self) -> str:
        """What comes next, in words."""
        if self.kind() == "end":
            return "but the expression ends there"
        return "but “" + self.word() + "” is there (character " + str(self.begin() + 1) + ")"

    def after(self) -> str:
        """What was read last, in words."""
        return " after “" + self.tokens[self.at - 1][1] + "”" if self.at else " at the beginning"

    def go_in(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            where = " (character " + str(self.begin() + 1) + ")"
            raise ExpressionError("more than " + str(DEEPEST) + " things inside each other" + where)

    def read(self) -> None:
        if self.kind() == "end":
            raise ExpressionError("nothing is there yet: type an expression, such as a*b + c")
        while self.kind() == "name" and self.tokens[self.at + 1][1] == "=":
            self.part()
        self.sum()
        if self.kind() != "end":
            hint = ""
            if self.kind() in ("name", "number") or self.word() == "(":
                hint = ": for a product write *"
            elif self.word() == "^":
                hint = ": for a power write **"
            raise ExpressionError("I expected + - * / or **" + self.after() + ", " + self.found() + hint)
        if not self.names:
            raise ExpressionError("there is no name in it, so nothing to take a derivative to: try a*3")
        for word in self.given:
            if word not in self.used:
                raise ExpressionError("“" + word + "” is not used: leave it out")

    def part(self) -> None:
        begin, word = self.begin(), self.word()
        self.free(word)
        self.at += 2
        self.sum()
        if word in self.names or word in self.given:
            raise ExpressionError("“" + word + "” has a value already: take another name")
        if self.word() != ";":
            raise ExpressionError("I expected ; and a result" + self.after() + ", " + self.found())
        self.emit("store", word, begin)
        self.at += 1
        self.given.append(word)

    def sum(self) -> None:
        begin = self.begin()
        self.product()
        while self.word() in ("+", "-"):
            operator = self.word()
            self.at += 1
            self.product()
            self.emit("operator", operator, begin)

    def product(self) -> None:
        begin = self.begin()
        self.signed()
        while self.word() in ("*", "/"):
            operator = self.word()
            self.at += 1
            self.signed()
            self.emit("operator", operator, begin)

    def signed(self) -> None:
        if self.word() != "-":
            self.power()
            return
        begin = self.begin()
        self.go_in()
        self.at += 1
        self.signed()
        self.depth -= 1
        self.emit("sign", "-", begin)

    def power(self) -> None:
        begin = self.begin()
        self.whole()
        if self.word() == "**":
            self.go_in()
            self.at += 1
            self.signed()
            self.depth -= 1
            self.emit("operator", "**", begin)

    def whole(self) -> None:
        begin, kind, word = self.begin(), self.kind(), self.word()
        if kind == "number":
            self.at += 1
            self.emit("number", float(word), begin)
        elif kind == "name":
            self.at += 1
            if word in METHODS:
                self.call(word, begin)
            elif self.word() == "(":
                known = ", ".join(METHODS)
                raise ExpressionError("there is no function “" + word + "” here; there are " + known)
            else:
                self.name(word, begin)
        elif word == "(":
            self.bracket()
            self.sum()
            self.close()
        else:
            raise ExpressionError("I expected a number, a name or (" + self.after() + ", " + self.found())

    def free(self, word: str) -> None:
        if word in METHODS or word in TAKEN:
            raise ExpressionError("“" + word + "” has a meaning of its own here: take another name")

    def name(self, word: str, begin: int) -> None:
        self.free(word)
        if word in self.given:
            self.used.append(word)
        elif word not in self.names:
            self.names.append(word)
            if len(self.names) > MOST_NAMES:
                raise ExpressionError("more than " + str(MOST_NAMES) + " names: take fewer")
        self.emit("name", word, begin)

    def call(self, word: str, begin: int) -> None:
        if self.word() != "(":
            raise ExpressionError("“" + word + "” is a function: write " + word + "(…), " + self.found())
        self.bracket()
        self.sum()
        if word == "max":
            if self.word() != ",":
                raise ExpressionError("max takes two, max(a, b): I expected a comma, " + self.found())
            self.at += 1
            self.sum()
        self.close()
        self.emit("call", word, begin)

    def bracket(self) -> None:
        self.go_in()
        self.at += 1

    def close(self) -> None:
        if self.word() != ")":
            raise ExpressionError("I expected )" + self.after() + ", " + self.found())
        self.at += 1
        self.depth -= 1


@given(text=_text)
def tokens(text: str) -> list[tuple[str, str, int, int]]:
    """The words of a text as ``(kind, word, begin, end)``; the last is of the kind ``end``."""
    if len(text) > LONGEST:
        raise ExpressionError(
            "the expression has " + str(len(text)) + " characters, and there is room for " + str(LONGEST)
        )
    found, begin = [], 0
    while begin < len(text):
        here = text[begin : begin + 1]
        end = begin + 1
        where = " (character " + str(begin + 1) + ")"
        if here == " ":
            begin = end
            continue
        kind = "sign"
        if here in DIGITS or here == ".":
            kind, end = "number", _number_end(text, begin)
            word = text[begin:end]
            if word[:2] in (".", ".e", ".E") or not math.isfinite(float(word)):
                raise ExpressionError("“" + word[:12] + "” is no number that a computer can hold" + where)
        elif here in LETTERS:
            kind, end = "name", _while_in(text, begin, LETTERS + DIGITS)
            if end - begin > LONGEST_NAME:
                most = "names here have at most " + str(LONGEST_NAME) + " letters"
                raise ExpressionError("“" + text[begin:end] + "” is too long" + where + ": " + most)
        elif text[begin : begin + 2] == "**":
            end = begin + 2
        elif here not in "+-*/(),^=;":
            raise ExpressionError("I do not know what “" + here + "” means" + where)
        found.append((kind, text[begin:end], begin, end))
        begin = end
    found.append(("end", "", begin, begin))
    return found


def _while_in(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at : at + 1] in characters:
        at += 1
    return at


def _number_end(text: str, at: int) -> int:
    at = _while_in(text, at, DIGITS)
    if text[at : at + 1] == ".":
        at = _while_in(text, at + 1, DIGITS)
    if text[at : at + 1] in ("e", "E"):
        digits = at + 2 if text[at + 1 : at + 2] in ("+", "-") else at + 1
        end = _while_in(text, digits, DIGITS)
        at = end if end > digits else at
    return at


def parse(text: str) -> tuple[list[Operation], list[str]]:
    """``(code, names)``: the operations in order, each ``(kind, what, begin, end)``, and the inputs' names.

    ``kind`` is number, name, sign, operator, call or store, which names a part; ``text[begin:end]`` is what
    the operation gives the value of. Raises ExpressionError.
    """
    parser = Parser(text)
    parser.read()
    return parser.code, parser.names


def perform(kind: str, what: Any, stack: list[Any], inputs: MutableMapping[str, Any]) -> None:
    """Carry out one operation of ``code`` on a stack of values and plain numbers; parts go to ``inputs``."""
    if kind == "number":
        stack.append(what)
    elif kind == "name":
        stack.append(inputs[what])
    elif kind == "store":
        inputs[what] = stack.pop()
    elif kind == "sign":
        stack.append(-stack.pop())
    elif what == "max":
        second = stack.pop()
        stack.append(_value(stack.pop()).max(second))
    elif kind == "call":
        stack.append(getattr(_value(stack.pop()), METHODS[what])())
    else:
        right = stack.pop()
        left = stack.pop()
        if what == "+":
            stack.append(left + right)
        elif what == "-":
            stack.append(left - right)
        elif what == "*":
            stack.append(left * right)
        elif what == "/":
            stack.append(left / right)
        else:
            stack.append(_power(left, right))


def _power(base: Any, exponent: Any) -> Any:
    y = base**exponent
    if isinstance(y, complex):
        raise ValueError("no real number")
    return y


def _value(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x)


def evaluate(code: list[Operation], inputs: Mapping[str, Value]) -> Value:
    """The Value of an expression; ``inputs`` maps each name to a Value.

    Raises what Python raises: ValueError, ZeroDivisionError, OverflowError; and TypeError or ValueError for
    a ``code`` that is none of ``parse``, and a name without an input.
    """
    # Not by ``given``, which makes a ValueError of Python's own.
    code, inputs = _code("code", code), _inputs("inputs", inputs)
    parts = {what for kind, what, _, _ in code if kind == "store"}
    for kind, what, _, _ in code:
        if kind == "name" and what not in inputs and what not in parts:
            raise ValueError(f"inputs must have a Value for each name, got none for {what!r}")
    stack: list[Any] = []
    named = dict(inputs)
    for kind, what, _, _ in code:
        perform(kind, what, stack, named)
    return stack[0]


@given(code=_code)
def as_python(code: list[Operation]) -> str:
    """The expression as a program of ``Value`` has it: ``tanh(a*b)`` is ``(a * b).tanh()``.

    A part that has a name stands in a line before.
    """
    stack: list[Text] = []  # (text, how tightly it holds, whether it is a plain number)
    before = ""
    numbers: list[str] = []  # parts that are plain numbers
    for kind, what, _, _ in code:
        if kind == "number":
            stack.append((str(what), WHOLE, True))
        elif kind == "name":
            stack.append((what, WHOLE, what in numbers))
        elif kind == "store":
            part = stack.pop()
            before = before + what + " = " + part[0] + "\n"
            if part[2]:
                numbers.append(what)
        elif kind == "sign":
            x = stack.pop()
            stack.append(("-" + _held(x, SIGN), SIGN, x[2]))
        elif what == "max":
            second = stack.pop()
            stack.append((_receiver(stack.pop()) + ".max(" + second[0] + ")", WHOLE, False))
        elif what == "abs":
            x = stack.pop()
            stack.append(("abs(" + ("Value(" + x[0] + ")" if x[2] else x[0]) + ")", WHOLE, False))
        elif kind == "call":
            stack.append((_receiver(stack.pop()) + "." + what + "()", WHOLE, False))
        else:
            right = stack.pop()
            left = stack.pop()
            stack.append(_joined(left, what, right))
    return before + stack[0][0]


def _joined(left: Text, operator: str, right: Text) -> Text:
    tightness = TIGHTNESS[operator]
    plain = left[2] and right[2]
    if operator == "**":
        # A power of two whole numbers would be computed to the last of its digits, be they thousands.
        base = "float(" + left[0] + ")" if plain else _held(left, WHOLE)
        return (base + "**" + _held(right, SIGN), POWER, plain)
    text = _held(left, tightness) + " " + operator + " " + _held(right, tightness + 1)
    return (text, tightness, plain)


def _held(x: Text, tightness: int) -> str:
    return x[0] if x[1] >= tightness else "(" + x[0] + ")"


def _receiver(x: Text) -> str:
    return "Value(" + x[0] + ")" if x[2] else _held(x, WHOLE)
