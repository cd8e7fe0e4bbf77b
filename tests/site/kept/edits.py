"""Edit definitions of a copy of the book one by one, and compare what is built with and without keeping.

Run in the copy: prints JSON, for each edit the files that differ and how many blocks ran.
"""

import ast
import functools
import hashlib
import json
import logging
import random
import sys
from pathlib import Path

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from gdbook.site.build import faces
from gdbook.site.build import steps as build
from gdbook.site.kept.reach import Sources
from gdbook.site.kept.store import Store

BEHIND = ("gdbook.autodiff", "gdbook.checks.numbers", "gdbook.cli")
# Of what executes a block, shows source, and makes a figure of the book.
DOING = [
    ("gdbook.site.kept.tasks", "COLUMNS"),
    ("gdbook.site.pages.source", "CODE_COLUMNS"),
    ("gdbook.site.build.svg", "DECIMALS"),
]

# Half of a build from nothing goes to cutting the faces, and no edit is of what cuts them.
faces.style_sheet = functools.cache(faces.style_sheet)


def built(folder, keep):
    """``{file: hash}`` of a build, or what it says is wrong; and how many tasks ran."""
    config = load_config(site_dir=folder)
    config.extra["keep"] = keep
    said = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        mkdocs_build(config)
        made = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
    except SystemExit:
        made = {"error": said}
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)
    return made, build.now.progress.total


def edited(text, name):
    """The text of a module with a number changed in the definition of a name; None if it has none."""
    tree = ast.parse(text)
    for statement in tree.body:
        named = [getattr(statement, "name", None)]
        named += [getattr(target, "id", None) for target in getattr(statement, "targets", [])]
        if name not in named:
            continue
        words = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Expr)}  # docstrings
        constants = [
            node
            for node in ast.walk(statement)
            if isinstance(node, ast.Constant) and id(node) not in words and node.lineno == node.end_lineno
        ]
        numbers = [node for node in constants if type(node.value) in (int, float)]
        for node in numbers:
            lines = text.split("\n")
            line = lines[node.lineno - 1].encode()
            new = repr(node.value + 1 if isinstance(node.value, int) else node.value * 1.25 + 0.25).encode()
            lines[node.lineno - 1] = (line[: node.col_offset] + new + line[node.end_col_offset :]).decode()
            return "\n".join(lines)
    return None


def nudged(module, name):
    return edited(Path(*module.split(".")).with_suffix(".py").read_text(), name)


def main(target, count):
    sources = Sources("gdbook", Store(None))
    (first, _), (second, again) = built(f"{target}/warm", True), built(f"{target}/warm", True)
    reached, named = set(), set()
    for page in Path("docs").rglob("*.md"):
        for *_, roots in build.tasks(page.read_text()):
            named |= {tuple(root) for root in roots}
            reached |= {place for place in sources.reached(roots) if place[1] not in ("", "*")}
    modules = [path.relative_to(".").with_suffix("") for path in sorted(Path("gdbook").rglob("*.py"))]
    names = []
    for module in modules:
        if module.parts[1] not in ("site", "__init__", "__main__") and module.name != "__init__":
            dotted = ".".join(module.parts)
            names += [(dotted, name) for name in sources.module(dotted)["names"]]
    random.seed(1)
    random.shuffle(names)
    # Half are what pages name, or stands near it; a quarter lies behind it, where few edits show; the rest is
    # not reached.
    telling = [place for place in names if place in reached and nudged(*place)]
    telling.sort(key=lambda place: place not in named)
    behind = [place for place in telling if place[0].startswith(BEHIND)]
    chosen = DOING + [place for place in telling if place not in behind][: count // 2 - len(DOING)]
    chosen += behind[: count // 4]
    chosen += [place for place in names if place not in reached][: count - len(chosen)]
    edits = []
    for module, name in chosen:
        path = Path(*module.split(".")).with_suffix(".py")
        text = path.read_text()
        path.write_text(nudged(module, name) or f"{text}\n{name} = None\n")
        (warm, ran), (cold, all_ran) = built(f"{target}/warm", True), built(f"{target}/cold", False)
        path.write_text(text)
        differing = [file for file in warm.keys() | cold.keys() if warm.get(file) != cold.get(file)]
        changed = [file for file in cold if cold.get(file) != first.get(file)]
        edits.append([f"{module}.{name}", differing, changed, ran, all_ran])
    last, _ = built(f"{target}/warm", True)
    told = {"error": first.get("error"), "again": again, "same": first == second == last, "edits": edits}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
