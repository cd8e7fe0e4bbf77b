"""What a piece of Python reaches of the package: definition by definition, read from the sources.

A *root* is ``(module, name)``: what a block imports. It reaches the definition of that name, each name that
stands in the definition, and so on; of every module on the way also what runs when it is imported. The digest
of what is reached changes when any of it does.

Where it cannot be known which names of a module are used (a module passed on as a value, ``globals()``,
``import *``), all of the module is reached: the name ``"*"``.

What runs on import is, beside the statements of a module that are no definitions, each definition whose
decorator, base or right-hand side calls something of the package that changes more than its own variables: it
may enter the definition in a table. Functions of other libraries are taken to do no such thing, but for those
in ``UNQUIET``.
"""

import ast
import hashlib
from pathlib import Path
from typing import Any

from gdbook.site.kept.store import digest

ALL = "*"
ON_IMPORT = ""
DEEP = "deep"
# Changes when the analysis below does: what was read before by another one is read again.
EDITION = 3
CHANGES = {
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "register", "remove",
    "setdefault", "update",
}  # fmt: skip
LOOKS_AROUND = {"globals", "vars", "locals", "eval", "exec", "dir", "setattr", "delattr", "__import__"}
UNQUIET = (
    "atexit.",
    "locale.",
    "logging.",
    "matplotlib.rcParams",
    "np.random.",
    "np.set",
    "os.",
    "random.",
    "sys.",
    "warnings.",
)


class Sources:
    """The modules of a package, as they are now. ``store`` keeps what was read in their text."""

    def __init__(self, package, store):
        self.package, self.store = Path(package), store
        self.modules, self.files, self.places, self.steps, self.calls = {}, {}, {}, {}, {}

    def digest(self, roots):
        """A hash of all that the roots reach."""
        return digest(sorted((*place, *self._hash(*place)) for place in self.reached(roots)))

    def reached(self, roots):
        """The places that the roots reach: ``(module, name)``."""
        found, ahead = set(), [place for root in roots for place in self._place(*root)]
        while ahead:
            place = ahead.pop()
            if place not in found:
                found.add(place)
                ahead += self._next(*place)
        return found

    def roots(self, code):
        """What a block of code imports and uses of the package; None if it is no Python."""
        known = self.store.get_json("roots", digest(EDITION, self.package.name, code))
        if known is None:
            try:
                read = _read(code, "", False)
            except (SyntaxError, ValueError):
                return None
            uses = set(map(tuple, (use for name in read["names"].values() for use in name["uses"])))
            uses |= set(map(tuple, read["on import"]["uses"]))
            known = [root for use in uses for root in _resolve_import(use, read["imports"])]
            # What is imported by name counts although nothing uses it: the block may look around.
            used = {use[0] for use in uses}
            known += [found for name, found in read["imports"].items() if found[1] and name not in used]
            known += [[target, ON_IMPORT] for target in read["runs"]]
            ours = {tuple(root) for root in known if root[0].partition(".")[0] == self.package.name}
            known = sorted(map(list, ours))
            self.store.put_json("roots", digest(EDITION, self.package.name, code), known)
        return known

    # Places.

    def path(self, module):
        """The file of a module of the package, or None."""
        if module not in self.files:
            first, *parts = module.split(".")
            self.files[module] = None
            if first == self.package.name:
                place = self.package.joinpath(*parts)
                for path in (place / "__init__.py", place.with_suffix(".py") if parts else None):
                    if path is not None and path.is_file():
                        self.files[module] = path
                        break
        return self.files[module]

    def _place(self, target, name):
        """Where ``name`` (dotted, "" or "*") of ``target`` stands: ``(module, name)`` pairs."""
        if (target, name) not in self.places:
            self.places[target, name] = self._find(target, name)
        return self.places[target, name]

    def _find(self, target, name):
        parts = target.split(".")
        while parts and not self.path(".".join(parts)):
            parts.pop()
        if not parts:
            return set()
        if name == ON_IMPORT:
            return {(".".join(parts), ON_IMPORT)}
        rest = target.split(".")[len(parts) :] + ([] if name == ALL else name.split("."))
        while rest:
            module = ".".join(parts)
            # What a package binds itself hides a module of that name.
            if self._binds(module, rest[0]) or not self.path(f"{module}.{rest[0]}"):
                return {(module, ".".join(rest))}
            parts.append(rest.pop(0))
        return {(".".join(parts), ALL)}

    def _binds(self, module, name):
        read = self.module(module)
        return name in read["names"] or name in read["imports"]

    def module(self, name):
        """What ``_read`` finds in a module; read once, and kept under the hash of its text."""
        if name not in self.modules:
            path = self.path(name)
            text = path.read_bytes()
            key = digest(EDITION, name, hashlib.sha256(text).hexdigest())
            read = self.store.get_json("modules", key)
            if read is None:
                try:
                    read = _read(text.decode(), name, path.name == "__init__.py")
                except (SyntaxError, ValueError):  # who imports it is told
                    read = {"names": {}, "imports": {}, "runs": [], "on import": _entry()}
                read["text"] = hashlib.sha256(text).hexdigest()
                read["place"] = path.relative_to(self.package).as_posix()
                self.store.put_json("modules", key, read)
            self.modules[name] = read
        return self.modules[name]

    # What is reached.

    def _next(self, module, name):
        """The places that one place leads to."""
        if (module, name) not in self.steps:
            self.steps[module, name] = self._lead(module, name)
        return self.steps[module, name]

    def _lead(self, module, name):
        read = self.module(module)
        places = {(parent, ON_IMPORT) for parent in _parents(module)} | {(module, ON_IMPORT)}
        if name == ON_IMPORT:
            for target in read["runs"]:
                places |= self._place(target, ON_IMPORT)
            uses = read["on import"]["uses"]
            places |= {(module, quiet) for quiet in read["names"] if self._runs_on_import(module, quiet)}
        elif name == ALL:
            uses = [use for entry in read["names"].values() for use in entry["uses"]]
            places |= {(module, own) for own in read["names"]}
            for target, attribute in read["imports"].values():
                places |= self._place(target, attribute or ALL)
        else:
            first, _, rest = name.partition(".")
            if first in read["names"]:
                uses = read["names"][first]["uses"]
                if first in read["imports"]:  # bound twice
                    uses = [*uses, [first]]
            elif first in read["imports"]:
                target, attribute = read["imports"][first]
                dotted = ".".join(filter(None, [attribute, rest]))
                places |= self._place(target, dotted or ALL)
                uses = []
            else:
                return places | {(module, ALL)}
        for use in uses:
            places |= self._resolve(module, read, use)
        return places

    def _resolve(self, module, read, use):
        """Where a name that is used in a module stands: ``use`` is ``[a, b, …]`` for ``a.b.…``."""
        first, *rest = use
        places = set()
        if first == ALL:
            return {(module, ALL)}
        if first.startswith("import "):  # in a function
            return self._place(first.removeprefix("import "), ".".join(rest) or ALL)
        if first in read["names"]:
            places.add((module, first))
        if first in read["imports"]:
            target, attribute = read["imports"][first]
            dotted = ".".join(filter(None, [attribute, *rest]))
            places |= self._place(target, dotted or ALL)
        return places

    def _runs_on_import(self, module, name):
        """Whether what is called to define a name may change something else."""
        read = self.module(module)
        return any(
            (len(call) > 1 and call[-1] in CHANGES)
            or any(
                self._unquiet(place, depth)
                for place in self._resolve(module, read, call) or {(None, ".".join(call))}
            )
            for depth, *call in read["names"][name]["calls"]
        )

    def _unquiet(self, place, depth):
        """Whether a call of what stands at a place may change more than its own variables.

        The functions inside it count if ``depth`` says that what it returns is called too.
        """
        module, name = place
        if module is None:
            return name.startswith(UNQUIET)
        if (place, depth) not in self.calls:
            self.calls[place, depth] = False  # for circles
            read = self.module(module)
            entry = read["names"].get(name.partition(".")[0])
            if entry is None:
                found = any(self._unquiet(p, depth) for p in self._next(module, name) if p[1] and p != place)
            else:
                found = entry["changes" if depth else "at once"] or any(
                    self._unquiet(p, DEEP)
                    for use in entry["uses" if depth else "does"]
                    for p in self._resolve(module, read, use)
                    if p != place and p[1] != ALL
                )
            self.calls[place, depth] = found
        return self.calls[place, depth]

    def _hash(self, module, name):
        read = self.module(module)
        if name == ALL:
            told = read["text"]
        elif name == ON_IMPORT:
            told = read["on import"]["text"]
        else:
            entry = read["names"].get(name.partition(".")[0])
            told = entry["text"] if entry else read["imports"].get(name.partition(".")[0])
        return read["place"], str(told)


def _parents(module):
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


# Reading one module.


def _entry():
    return {"text": "", "uses": [], "calls": [], "changes": False, "does": [], "at once": False}


def _read(text, module, is_package):
    """Of a module's text: its names, its imports, what it runs on import; all that JSON can write.

    ``names`` maps each name that the module binds to the hash of the statements that bind it, the names that
    they use, those that they call while the module is imported, and whether they change what is not theirs.
    """
    tree = ast.parse(text)
    lines = text.splitlines()
    package = module if is_package else module.rpartition(".")[0]
    names: dict[str, dict[str, Any]] = {}
    rest: list[ast.stmt] = []
    imports, runs = {}, set()

    def bind(name, statement, calls):
        entry = names.setdefault(name, _entry())
        entry["text"] += _text(statement, lines)
        entry["uses"] += _uses(statement, package)
        entry["calls"] += calls
        entry["changes"] = entry["changes"] or _changes(statement, ast.walk(statement))
        own = list(_own_steps(statement))
        entry["does"] += [use for step in own for use in _uses(step, package, inner=False)]
        entry["at once"] = entry["at once"] or _changes(statement, own)

    def visit(statements):
        for statement in statements:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for name, target, attribute in _bindings(statement, package):
                    imports[name] = [target, attribute]
                    runs.add(".".join(filter(None, [target, attribute])))
                    runs.add(target)
                if any(alias.name == "*" for alias in statement.names):
                    rest.append(statement)
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                before = [*statement.decorator_list, *getattr(statement, "bases", [])]
                before += [keyword.value for keyword in getattr(statement, "keywords", [])]
                bind(statement.name, statement, [use for node in before for use in _called(node, whole=True)])
            elif isinstance(statement, ast.Assign | ast.AnnAssign) and _plain(statement):
                value = [] if statement.value is None else _called(statement.value)
                for target in _targets(statement):
                    bind(target, statement, value)
            elif isinstance(statement, ast.If | ast.Try):
                # What is bound in there may depend on the test: all of it counts for each name.
                rest.append(statement)
                inner = [
                    node
                    for node in ast.walk(statement)
                    if isinstance(node, ast.stmt) and node is not statement
                ]
                visit([node for node in inner if isinstance(node, ast.Import | ast.ImportFrom)])
                for name in _bound(inner):
                    bind(name, statement, [])
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                rest.append(statement)

    visit(tree.body)
    for statement in rest:  # loops and the like may bind names as well
        if not isinstance(statement, ast.If | ast.Try):
            for name in _bound(ast.walk(statement)):
                bind(name, statement, [])
    on_import = _entry()
    for statement in rest:
        on_import["text"] += _text(statement, lines)
        on_import["uses"] += _uses(statement, package)
    for entry in (*names.values(), on_import):
        entry["text"] = hashlib.sha256(entry["text"].encode()).hexdigest()
        entry["uses"] = sorted(map(list, {tuple(use) for use in entry["uses"]}))
        entry["calls"] = sorted(map(list, {tuple(use) for use in entry["calls"]}))
        entry["does"] = sorted(map(list, {tuple(use) for use in entry["does"]}))
    return {"names": names, "imports": imports, "runs": sorted(runs), "on import": on_import}


def _text(statement, lines):
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    return "\n".join(lines[first - 1 : statement.end_lineno]) + "\n"


def _bindings(statement, package):
    """``(name, module, attribute or None)`` for each name that an import binds."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield alias.asname, alias.name, None
            else:
                yield alias.name.partition(".")[0], alias.name.partition(".")[0], None
                # ``import a.b`` runs a.b as well.
                yield alias.name, alias.name, None
    else:
        base = _absolute(statement, package)
        for alias in statement.names:
            if alias.name != "*":
                yield alias.asname or alias.name, base, alias.name


def _absolute(statement, package):
    if not statement.level:
        return statement.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - statement.level + 1]
    return ".".join([*parts, *([statement.module] if statement.module else [])])


def _plain(statement):
    return all(
        isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.expr_context)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        for node in ast.walk(target)
    )


def _targets(statement):
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def _bound(nodes):
    names = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.With):
            names |= {
                n.id
                for item in node.items
                if item.optional_vars
                for n in ast.walk(item.optional_vars)
                if isinstance(n, ast.Name)
            }
    return names


def _dotted(node):
    """``[a, b]`` for ``a.b``; None for other expressions."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else None


def _own_steps(statement):
    """The nodes of a definition without the bodies of functions inside it, unless it calls them itself."""
    called = {
        node.func.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    ahead = [statement]
    while ahead:
        node = ahead.pop()
        yield node
        inside = (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and node is not statement
        )
        inside = inside and not isinstance(
            statement, ast.ClassDef
        )  # a call of a class runs some of its methods
        if not inside or getattr(node, "name", None) in called:
            ahead += ast.iter_child_nodes(node)


def _uses(statement, package, inner=True):
    """Each name in a statement, as far as its dots go, and its imports; of the node alone if not ``inner``.

    ``["*"]`` stands for all of the module, where the statement looks around in it.
    """
    uses, seen = [], set()
    for node in ast.walk(statement) if inner else [statement]:
        if isinstance(node, ast.Attribute) and id(node) not in seen:
            chain = _dotted(node)
            step: ast.expr = node
            while isinstance(step, ast.Attribute):
                seen.add(id(step))
                step = step.value
            if chain:
                seen.add(id(step))
                uses.append(chain)
        elif isinstance(node, ast.Name) and id(node) not in seen:
            uses.append([ALL] if node.id in LOOKS_AROUND and _around(node.id, statement) else [node.id])
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name, target, attribute in _bindings(node, package):
                if "." not in name or isinstance(node, ast.ImportFrom):
                    uses.append([f"import {target}", *([attribute] if attribute else [])])
            if isinstance(node, ast.Import):
                uses += [[f"import {alias.name}"] for alias in node.names]
            if any(alias.name == "*" for alias in node.names):
                uses.append([f"import {_absolute(node, package)}"])
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _module_name(node.value, package)
        ):
            uses.append([f"import {node.value}"])
    return uses


def _around(name, statement):
    """Whether a call of ``globals`` and the like may see the module: ``vars(x)`` sees x alone."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and (not node.args or name in ("eval", "exec"))
        for node in ast.walk(statement)
    )


def _module_name(text, package):
    first = package.partition(".")[0]
    return (
        bool(first) and text.startswith(first + ".") and all(part.isidentifier() for part in text.split("."))
    )


def _called(expression, whole=False):
    """What an expression calls when it is evaluated; ``whole``: the expression itself is called too."""
    calls = [node.func for node in ast.walk(expression) if isinstance(node, ast.Call)]
    # What a call returned and is called itself, as in ``@entry(name)``: a function inside a function.
    again = [node.func for node in calls if isinstance(node, ast.Call)]
    again += [expression.func] if whole and isinstance(expression, ast.Call) else []
    calls += [expression] if whole and not isinstance(expression, ast.Call) else []
    chains = [
        [DEEP * any(node is one for one in again), *chain] for node in calls if (chain := _dotted(node))
    ]
    # a method of what a call returned, as in ``Path(__file__).with_name(…)``: its name may tell
    return chains + [
        ["", "", node.attr] for node in calls if isinstance(node, ast.Attribute) and not _dotted(node)
    ]


def _changes(statement, nodes):
    """Whether these nodes of a definition change what is not its own: a table of its module, say."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    own = {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}
    own |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {
        node.name
        for node in ast.walk(statement)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node is not statement
    }
    for node in nodes:
        if isinstance(node, ast.Global):
            return True
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            base: ast.expr = node
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if not (isinstance(base, ast.Name) and base.id in own):
                return True
        if isinstance(node, ast.Call):
            chain = _dotted(node.func)
            if (
                chain
                and chain[0] not in own
                and (
                    (len(chain) > 1 and chain[-1] in CHANGES)
                    or ".".join(chain).startswith(UNQUIET)
                    or chain[-1] in ("setattr", "delattr", "exec")
                )
            ):
                return True
    return False


def _resolve_import(use, imports):
    """Of a block of code: ``(module, dotted name)`` for a use of an imported name."""
    first, *rest = use
    if first.startswith("import "):
        yield first.removeprefix("import "), ".".join(rest) or ALL
    elif first in imports:
        target, attribute = imports[first]
        yield target, ".".join(filter(None, [attribute, *rest])) or ALL
