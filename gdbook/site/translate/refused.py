"""What would be another thing in JavaScript without a word, and so is refused: ``reasons``.

PScript translates what these say into loops, sums and comparisons that run and give something else. What
cannot be seen in the text remains: a list in a variable that is added or compared, a variable for a negative
index, a float that is written without a format, and where Python raises for a division by 0 or an overflow.
"""

import ast

LARGEST = 2**53  # the whole numbers up to it are exact in JavaScript
LOOPS = (ast.For, ast.comprehension)
LISTS = (ast.List, ast.Tuple, ast.ListComp)
RESERVED = {
    "arguments", "await", "case", "catch", "const", "debugger", "default", "delete", "do", "enum", "eval",
    "export", "extends", "function", "implements", "instanceof", "interface", "let", "new", "null", "package",
    "private", "protected", "public", "static", "super", "switch", "this", "throw", "typeof", "undefined",
    "var", "void", "Infinity", "Math", "NaN", "Number",
}  # fmt: skip


def reasons(definition, adds_lists=False):
    """Why a function cannot be translated, a sentence each: of its text, not of what it computes."""
    yield from _names(definition)
    yield from _loops(definition)
    for node in ast.walk(definition):
        if not (adds_lists and _adds(node)):
            yield from _operators(node)


def _names(definition):
    own = {definition.name, *(argument.arg for argument in definition.args.args)}
    own |= _bound(definition)
    for name in sorted(own & RESERVED):
        yield f"{name} is a word of JavaScript, use another name"


def _loops(definition):
    counted = set()
    for loop in ast.walk(definition):
        if not isinstance(loop, LOOPS):
            continue
        if not all(isinstance(part, ast.Name) for part in getattr(loop.target, "elts", [])):
            yield "a loop takes names, or one tuple of names, not a tuple within a tuple"
        if isinstance(loop, ast.For):
            own = _bound(loop.target)
            counted |= own
            within = [inner for statement in loop.body for inner in _inside(statement)]
            again = own & set().union(*(_bound(inner.target) for inner in within))
            again |= own & set().union(*(_in_comprehensions(statement) for statement in loop.body))
            changed = own & _changed(loop.body) - again
            for name in sorted(again):
                yield f"the loops over {name} are one within the other, give each a variable of its own"
            for name in sorted(changed):
                yield f"{name} is set within its own loop, which would end otherwise, use another name"
            if isinstance(loop.iter, ast.Call) and getattr(loop.iter.func, "id", "") == "range":
                for name in sorted(_read(loop.iter) & _changed(loop.body)):
                    yield f"{name} is set within the loop over a range up to it, use another name"
    for name in sorted(counted & _left(definition)):
        yield f"{name} is read after its loop, where it is another number, use another name"
    for made in ast.walk(definition):
        if isinstance(made, ast.ListComp):
            own = _in_comprehensions(made)
            if len(own) < sum(len(_bound(one.target)) for one in _comprehensions(made)):
                yield "comprehensions within each other have variables of their own"
            for name in sorted(own & _outer(definition) & _left(definition)):
                yield f"{name} is a variable of a comprehension and of the function, use another name"


def _adds(node):
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add)


def _operators(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        sides = node.left, node.right
        if any(isinstance(side, LISTS) for side in sides):
            yield "lists are not added or multiplied, append in a loop"
        if isinstance(node.op, ast.Mult) and any(_is_text(side) for side in sides):
            yield "a text is not multiplied"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        yield "a text is formatted by an f-string, not by %"
    elif isinstance(node, ast.AugAssign) and isinstance(node.value, LISTS):
        yield "lists are not added, append in a loop"
    elif isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.In | ast.NotIn):
        if any(isinstance(side, LISTS) for side in (node.left, *node.comparators)):
            yield "lists are not compared, compare their numbers"
    elif isinstance(node, ast.Dict):
        if not all(_is_text(key) for key in node.keys):
            yield "the keys of a dict are texts"
    elif isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) > LARGEST:
        yield f"{node.value} is not exact in JavaScript, use a float"


def _is_text(node):
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _inside(node):
    """The ``for`` loops in a node, from outside in."""
    return [part for part in ast.walk(node) if isinstance(part, ast.For)]


def _bound(node):
    return {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _read(node):
    return {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _changed(statements):
    """The names that statements set, those of comprehensions aside."""
    return set().union(*(_bound(statement) - _in_comprehensions(statement) for statement in statements))


def _comprehensions(node):
    return [part for part in ast.walk(node) if isinstance(part, ast.comprehension)]


def _in_comprehensions(node):
    return set().union(*(_bound(one.target) for one in _comprehensions(node)))


def _outer(definition):
    """What the function itself binds, outside its comprehensions."""
    inner = {id(part) for one in _comprehensions(definition) for part in ast.walk(one.target)}
    names = (part for part in ast.walk(definition) if isinstance(part, ast.Name) and id(part) not in inner)
    stored = {part.id for part in names if isinstance(part.ctx, ast.Store)}
    return stored | {argument.arg for argument in definition.args.args}


def _left(definition):
    """Names that are read outside the loops over them."""
    found = set()

    def visit(node, inside):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in inside:
            found.add(node.id)
        if isinstance(node, ast.For):
            visit(node.iter, inside)
            for statement in node.body:
                visit(statement, inside | _bound(node.target))
            for statement in node.orelse:
                visit(statement, inside)
        elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
            own = inside.union(*(_bound(one.target) for one in node.generators))
            for part in ast.iter_child_nodes(node):
                visit(part, own)
        else:
            for part in ast.iter_child_nodes(node):
                visit(part, inside)

    visit(definition, set())
    return found
