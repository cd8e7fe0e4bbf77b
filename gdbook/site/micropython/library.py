"""All that a snippet can import in MicroPython: the package without what needs NumPy, and the shims."""

import ast
import functools
import json
from contextlib import suppress
from pathlib import Path

from gdbook.site.kept.store import digest, write_whole
from gdbook.site.micropython.transform import transformed

PACKAGE = Path(__file__).parents[2]
SHIMS = Path(__file__).parent / "shims"
# Rooms of which no snippet has a use there: they make the book, or are programs.
LEFT_OUT = {"autodiff", "cli", "distributed", "figures", "recorded", "site"}
# What MicroPython itself has.
BUILT_IN = {"array", "collections", "gc", "io", "json", "math", "random", "re", "struct", "sys", "time"}
KEPT = "package.json"
HOW = Path(__file__).with_name("transform.py")
ERRORS = {"ImportError", "ModuleNotFoundError"}


@functools.cache
def package():
    """The text of each module of the package that can be imported, by its path: ``gdbook/rules/signs.py``."""
    paths = {_module(path): path for path in sorted(PACKAGE.rglob("*.py")) if not _is_left_out(path)}
    texts = {module: path.read_text(encoding="utf-8") for module, path in paths.items()}
    there = importable(texts, BUILT_IN | {Path(name).stem for name in shims()})
    places = {module: paths[module].relative_to(PACKAGE.parent).as_posix() for module in sorted(there)}
    return {place: _known(place, texts[module]) for module, place in places.items()}


_done: dict[tuple[str, str], str] = {}  # what was transformed, by its place and the hash of what it was


def _known(place, text):
    """A module's text transformed, once for each text."""
    key = place, digest(text)
    if key not in _done:
        _done[key] = transformed(text, place)
    return _done[key]


def _module(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def _is_left_out(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first in LEFT_OUT or first == "__main__.py"


def shims():
    """The text of each shim, by its path: ``functools.py``."""
    paths = sorted(set(SHIMS.glob("*.py")) - {SHIMS / "__init__.py"})
    return {path.name: transformed(path.read_text(encoding="utf-8"), path.name) for path in paths}


def modules():
    """The names of all that can be imported: ``gdbook.rules.signs``."""
    names = [*package(), *shims()]
    return {name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name in names}


def asset():
    """The library as a file of the site."""
    return json.dumps(package() | shims(), ensure_ascii=False, separators=(",", ":")).encode()


def keep(folder):
    """Put the package where ``kept`` finds it. A module is transformed again if it has changed, or how."""
    file, how = Path(folder, KEPT), digest(HOW.read_text(encoding="utf-8"))
    told = file.read_text(encoding="utf-8") if file.is_file() else ""
    with suppress(ValueError, KeyError, TypeError):  # damaged, or of another version of the book
        before = json.loads(told)
        if before["how"] == how and before["sum"] == digest(before["files"]):
            _done.update({(place, of): text for place, (of, text) in before["files"].items()})
    made = package()
    hashes = {place: of for place, of in _done if place in made and made[place] == _done[place, of]}
    files = {place: [hashes[place], text] for place, text in made.items()}
    now = json.dumps({"how": how, "sum": digest(files), "files": files})
    if now != told:
        write_whole(file, now.encode())


def kept(folder):
    """The text of each file, by its path, with the package as ``keep`` has left it in this folder."""
    files = json.loads(Path(folder, KEPT).read_text(encoding="utf-8"))["files"]
    return {place: text for place, (_, text) in files.items()} | shims()


def importable(texts, others):
    """The modules, of ``texts`` by name, that need each other and ``others`` alone when they are imported."""
    needed = {module: {*_rooms(module), *needs(text, texts)} for module, text in texts.items()}
    there = set(texts)
    while missing := {module for module in there if needed[module] - there - others}:
        there -= missing
    return there


def _rooms(module):
    """The packages that a module is in, which are imported with it."""
    return [module.rsplit(".", n)[0] for n in range(1, module.count(".") + 1)]


def needs(source, known=()):
    """The modules that a text imports outside its functions, but for what it can do without."""
    found = []
    ahead = list(ast.parse(source).body)
    while ahead:
        node = ahead.pop(0)
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            found.append(node.module or "")
            found += [name for a in node.names if (name := f"{node.module}.{a.name}") in known]
        elif not _can_do_without(node) and isinstance(
            node, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.ClassDef
        ):
            ahead += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
    return found


def _can_do_without(node):
    """Whether what a statement imports is for type checkers, or may be missing."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Try) and any(
        handler.type is not None and ast.unparse(handler.type) in ERRORS for handler in node.handlers
    )
