"""Source without its annotations: a page shows arithmetic, and PScript takes it; types are for checkers."""

import ast
import io
import tokenize


def unannotated(code, columns):
    """The code bare of annotations and of ``# type: ignore``; other comments and formatting stay.

    A signature that its annotations have split over lines is laid out again, as ruff does in lines of
    ``columns``. Fields of a NamedTuple are made of their annotations, and keep them. Raises ValueError for a
    comment within an annotated signature, which would be lost.
    """
    text = _Text(code)
    nodes = list(ast.walk(ast.parse(code)))
    fields = {
        part for node in nodes if isinstance(node, ast.ClassDef) and _is_tuple(node) for part in node.body
    }
    edits = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_annotated(node):
            edits.append(_signature(node, text, columns))
        elif isinstance(node, ast.AnnAssign) and node not in fields:
            edits.append(_assignment(node, text))
    edits += [_ignored(token, text) for token in text.tokens if _is_ignore(token)]
    for start, end, instead in sorted(edits, reverse=True):
        text.bytes[start:end] = instead.encode()
    return text.bytes.decode()


class _Text:
    """Code as bytes, in which the syntax tree counts columns, and as tokens, which count characters."""

    def __init__(self, code):
        self.bytes = bytearray(code.encode())
        self.rows = code.split("\n")
        self.starts = [0]
        for row in self.rows:
            self.starts.append(self.starts[-1] + len(row.encode()) + 1)
        self.tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))

    def begin(self, node):
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node):
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node):
        return self.bytes[self.begin(node) : self.end(node)].decode()

    def place(self, row, column):
        return self.starts[row - 1] + len(self.rows[row - 1][:column].encode())


def _is_tuple(node):
    return any(getattr(base, "id", "") == "NamedTuple" for base in node.bases)


def _is_annotated(node):
    return node.returns is not None or any(
        isinstance(part, ast.arg) and part.annotation for part in ast.walk(node.args)
    )


def _assignment(node, text):
    """``x: float = 1`` becomes ``x = 1``, and a bare ``x: float`` no line at all."""
    if node.value is None:
        return text.starts[node.lineno - 1], text.starts[node.end_lineno], ""
    return text.end(node.target), text.begin(node.value), " = "


def _is_ignore(token):
    return token.type == tokenize.COMMENT and token.string.startswith("# type: ignore")


def _ignored(token, text):
    row, column = token.start
    before = text.rows[row - 1][:column].rstrip()
    return text.place(row, len(before)), text.place(*token.end), ""


def _signature(node, text, columns):
    begin, depth = text.begin(node), 0
    inside = (token for token in text.tokens if text.place(*token.start) >= begin)
    for token in inside:
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if token.type == tokenize.COMMENT:
            raise ValueError(f"{node.name} has a comment in its signature: {token.string}")
        if token.string == ":" and depth == 0:
            break
    head = ("async def " if isinstance(node, ast.AsyncFunctionDef) else "def ") + node.name
    parts, indent = _parameters(node.args, text), " " * node.col_offset
    line = f"{head}({', '.join(parts)}):"
    if token.start[0] > node.lineno and node.col_offset + len(line) > columns:
        line = f"{head}(\n{indent}    {', '.join(parts)}\n{indent}):"
        if max(map(len, line.split("\n"))) > columns:
            each = "".join(f"{indent}    {part},\n" for part in parts)
            line = f"{head}(\n{each}{indent}):"
    return begin, text.place(*token.end), line


def _parameters(given, text):
    """The parameters with their defaults, and the marks between them."""
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + given.defaults
    parts = [_parameter(*pair, text) for pair in zip(plain, defaults, strict=True)]
    if given.posonlyargs:
        parts.insert(len(given.posonlyargs), "/")
    if given.vararg or given.kwonlyargs:
        parts.append(f"*{given.vararg.arg}" if given.vararg else "*")
    parts += [_parameter(*pair, text) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return parts + ([f"**{given.kwarg.arg}"] if given.kwarg else [])


def _parameter(argument, default, text):
    return argument.arg if default is None else f"{argument.arg}={text.of(default)}"
