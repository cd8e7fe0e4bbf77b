"""Every Python block on every page is verified as a reader would copy it: alone, in a fresh interpreter."""

import ast
import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from built import CHAPTERS, ROOT, classes, file_of, having, name_of, parse, text_of
from fresh import nursery

from gdbook.site.kept.tasks import COLUMNS

# Isolated from this folder and from the caller's settings; a warning is a failure.
FRESH = [sys.executable, "-I", "-X", "utf8", "-W", "error"]
GDBOOK = Path(sys.executable).with_name("gdbook")

every_chapter = pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
runs = pytest.mark.looks_at("page", "docs/programs", "docs/reference", "benchmarks", "tests/reference")


@pytest.fixture
def root(site, page):
    return parse(file_of(site, page))[0]


def code(block):
    return text_of(next(block.iter("code"))).rstrip("\n")


def lines(text):
    return [line.rstrip() for line in text.rstrip().splitlines()]


def run_alone(text, folder):
    folder.mkdir()
    (folder / "snippet.py").write_text(text + "\n", encoding="utf-8")
    done = nursery(begins_with(text), *FRESH[1:]).run_file("snippet.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


# What a figure of the book imports when it is drawn, if not before: the snippet has no say in it.
FIGURES = "import matplotlib.figure, matplotlib.backends.backend_svg"


def begins_with(text):
    """The most that a snippet imports for certain before all else, of what takes long."""
    names = set()
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ImportFrom):
            names.add(statement.module)
        elif isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        else:
            break
    if "matplotlib" not in text and any(name.startswith("gdbook.figures.") for name in names):
        return FIGURES
    for imports in ("matplotlib.figure", "numpy"):
        if any(name == imports or loads(name, imports) for name in names):
            return f"import {imports}"
    return ""


@functools.cache
def loads(name, imported):
    """Whether the import of a module of ours imports another, in a fresh interpreter."""
    if not name.startswith("gdbook"):
        return False
    program = f"import {name}, sys; sys.exit({imported!r} not in sys.modules)"
    return subprocess.run([*FRESH, "-c", program]).returncode == 0


def title(number, text):
    """What names a block in a report: its number on the page and its first line."""
    return f"block {number}: {text.lstrip().splitlines()[0]}"


@runs
@every_chapter
def test_each_block_prints_alone_what_the_page_shows(root, tmp_path, subtests):
    for number, run in enumerate(having(root, "gd-run"), 1):
        (source,) = map(code, having(run, "language-python"))
        shown = [code(block) for block in having(run, "language-text")]
        with subtests.test(title(number, source)):
            assert len(shown) <= 1
            assert lines(run_alone(source, tmp_path / str(number))) == lines("".join(shown))


@runs
@every_chapter
def test_the_code_of_each_figure_draws_it(root, tmp_path, subtests):
    for number, figure in enumerate(having(root, "gd-code"), 1):
        for source in map(code, having(figure, "language-python")):
            with subtests.test(title(number, source)):
                run_alone(source, tmp_path / str(number))
                (name,) = re.findall(r'savefig\("([\w-]+\.svg)"\)', source)
                assert "</svg>" in (tmp_path / str(number) / name).read_text(encoding="utf-8")


@runs
@every_chapter
def test_each_command_prints_in_a_terminal_what_the_page_shows(root, tmp_path, subtests, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("PYTHONUTF8", "1")
    for terminal in having(root, "gd-terminal"):
        _, *commands = re.split(r"^\$ ", code(terminal), flags=re.MULTILINE)
        assert commands
        for command in commands:
            line, _, shown = command.partition("\n")
            with subtests.test(line):
                program, *arguments = shlex.split(line)
                assert program == "gdbook"
                done = subprocess.run(
                    [GDBOOK, *arguments], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
                )
                assert done.returncode == 0, done.stderr
                assert lines(done.stdout) == lines(shown)


REPOSITORY = [
    *sorted((ROOT / "gdbook").rglob("*.py")),
    *sorted(path for path in (ROOT / "docs").rglob("*") if path.suffix in {".py", ".rs", ".toml", ".js"}),
]


def stands_in(wanted, path):
    """Whether the lines stand in the file, in order, with at most its docstring left out between them."""
    text = path.read_text(encoding="utf-8")
    # Indentation apart: a method is shown from the margin.
    have = [line.strip() for line in text.splitlines() if line.strip()]
    wanted = [line.strip() for line in wanted if line.strip()]
    for start in (i for i, line in enumerate(have) if line == wanted[0]):
        same = 0
        while same < len(wanted) and have[start + same : start + same + 1] == [wanted[same]]:
            same += 1
        rest = wanted[same:]
        gaps = range(start + same, len(have) - len(rest) + 1)
        for end in gaps if rest else [start + same]:
            between = "\n".join(have[start + same : end])
            if have[end : end + len(rest)] == rest and re.fullmatch(r'(r?"""[^"]*""")?', between):
                return True
    return False


class Bare(ast.NodeTransformer):
    """Code without what is not shown: annotations, decorators and docstrings."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns, node.decorator_list = None, []
        node.body = node.body[ast.get_docstring(node) is not None :]
        return node

    visit_ClassDef = visit_FunctionDef

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        return ast.Assign([node.target], node.value) if node.value else None


def dumped(node):
    return ast.dump(Bare().visit(node))


@functools.cache
def definitions():
    """The functions and classes of the package, bare."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in REPOSITORY if path.suffix == ".py"]
    kinds = ast.FunctionDef | ast.ClassDef
    return {dumped(node) for tree in trees for node in list(ast.walk(tree)) if isinstance(node, kinds)}


@functools.cache
def comments():
    """All comments of the package, as they stand."""
    lines = [line for path in REPOSITORY for line in path.read_text(encoding="utf-8").splitlines()]
    return {line.partition("#")[2] for line in lines}


def is_defined(lines):
    """Whether the lines are a function or class of the package, bare, with its own comments."""
    try:
        (node,) = ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError):
        return False
    return dumped(node) in definitions() and {line.partition("#")[2] for line in lines} <= comments()


IMPORTS = re.compile(r"((from \S+ )?import (\([^()]+\)|[^\n(]+)\n?)+")


def imports_and_rest(block):
    """The imports that a block of functions begins with, and its parts, each a list of lines."""
    first, *rest = block.split("\n\n\n")
    imports, rest = (first, rest) if IMPORTS.fullmatch(first) else ("", [first, *rest])
    return imports, [part.splitlines() for part in rest]


@every_chapter
def test_included_source_stands_in_the_repository(root, subtests):
    for number, source in enumerate(having(root, "gd-source"), 1):
        blocks = [text_of(block) for block in source.iter("code")]
        assert blocks
        for block in blocks:
            with subtests.test(title(number, block)):
                imports, rest = imports_and_rest(block)
                for lines in rest:
                    assert is_defined(lines) or any(stands_in(lines, path) for path in REPOSITORY), block
                exec(imports, {})


@every_chapter
def test_no_python_block_goes_unverified(root):
    # Cells ran in the build, and test_notebooks runs each notebook as a script. Exercises and the playground
    # run in the page, in tests of their own.
    verified = {
        id(block)
        for kind in ("gd-run", "gd-code", "gd-source", "gd-cell", "doc-signature", "gd-task", "gd-play")
        for place in having(root, kind)
        for block in place.iter()
    }
    others = [block for block in having(root, "language-python") if id(block) not in verified]
    # In a sentence a word may be marked as Python for its colours; a block may not.
    assert [code(block) for block in others if "highlight" in classes(block) and block.tag != "code"] == []
