"""A module of the package for MicroPython: the same arithmetic in the words that it knows.

What is left out says nothing when the code runs: docstrings, annotations, imports for type checkers. What
MicroPython does not parse or does not have is said in another way, expression by expression.
"""

import ast


def transformed(source, name):
    """The text of a module, ``name`` being what an error calls it.

    ValueError for a statement that has no counterpart: an ``async`` function, ``match``, a parameter of
    position only.
    """
    tree = _Plainer(name).visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Plainer(ast.NodeTransformer):
    def __init__(self, name):
        self.name = name

    # What is left out.

    def visit_Module(self, node):
        return self._without_docstring(node)

    def visit_ClassDef(self, node):
        return self._without_docstring(node)

    def visit_FunctionDef(self, node):
        node.returns = None
        return self._without_docstring(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_arguments(self, node):
        if node.posonlyargs:
            raise self._refusal(node.posonlyargs[0], "a parameter of position only")
        return self.generic_visit(node)

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else ast.Pass()

    def visit_ImportFrom(self, node):
        return ast.Pass() if node.module == "__future__" else node

    def visit_If(self, node):
        self.generic_visit(node)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse or ast.Pass()
        return node

    def visit_Assign(self, node):
        self.generic_visit(node)
        told = [
            getattr(target, "attr", "") in ("__doc__", "__name__", "__qualname__") for target in node.targets
        ]
        return ast.Pass() if all(told) else node

    # What is said in another way.

    def visit_List(self, node):
        return self._display(node, "list")

    def visit_Tuple(self, node):
        return self._display(node, "tuple")

    def visit_Dict(self, node):
        """``{**a, "b": 1}`` becomes ``dict(list(a.items()) + [("b", 1)])``."""
        self.generic_visit(node)
        if None not in node.keys:
            return node
        parts = [
            _call("list", _call(ast.Attribute(value, "items", ast.Load())))
            if key is None
            else ast.List([ast.Tuple([key, value], ast.Load())], ast.Load())
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return _call("dict", _sum(parts))

    def visit_Call(self, node):
        self.generic_visit(node)
        match node.func, node.args:
            case ast.Name("zip"), _:
                node.keywords = [keyword for keyword in node.keywords if keyword.arg != "strict"]
            case ast.Name("hasattr"), [value, ast.Constant("__float__" | "__index__" as method)]:
                kinds = "int" if method == "__index__" else "(int, float)"
                return _expression(f"isinstance(_0, {kinds}) or hasattr(_0, {method!r})", value)
            case ast.Attribute(value, "__index__"), []:
                return _expression("_0 if isinstance(_0, int) else _0.__index__()", value)
            case ast.Attribute(ast.Name("str"), "maketrans"), [table]:
                return table
            case ast.Attribute(ast.Name("str"), "maketrans"), [old, new]:
                return _expression("{ord(a): b for a, b in zip(_0, _1)}", old, new)
            case ast.Attribute(text, "translate"), [table]:
                return _expression("''.join([_1.get(ord(c), c) for c in _0])", text, table)
        return node

    def visit_AsyncFunctionDef(self, node):
        raise self._refusal(node, "an async function")

    def visit_Match(self, node):
        raise self._refusal(node, "match")

    def _without_docstring(self, node):
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        node.body = [part for part in node.body if not isinstance(part, ast.Pass)]
        if not node.body and not isinstance(node, ast.Module):
            node.body = [ast.Pass()]
        return node

    def _display(self, node, kind):
        """``[*a, b]`` becomes ``list(a) + [b]``."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store) or not any(isinstance(part, ast.Starred) for part in node.elts):
            return node
        return _sum(
            [
                _call(kind, part.value) if isinstance(part, ast.Starred) else type(node)([part], ast.Load())
                for part in node.elts
            ]
        )

    def _refusal(self, node, what):
        return ValueError(f"{self.name}, line {node.lineno}: {what} has no counterpart in MicroPython")


def _call(function, *arguments):
    function = ast.Name(function, ast.Load()) if isinstance(function, str) else function
    return ast.Call(function, list(arguments), [])


def _sum(parts):
    total = parts[0]
    for part in parts[1:]:
        total = ast.BinOp(total, ast.Add(), part)
    return total


def _expression(text, *values):
    """An expression in which ``_0``, ``_1`` stand for these."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node):
            return values[int(node.id[1:])] if node.id[0] == "_" else node

    return Put().visit(ast.parse(text, mode="eval").body)
