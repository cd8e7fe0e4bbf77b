"""Code blocks: those that run while the book is built, and those that show the book's source.

Four kinds of fence, for ``pymdownx.superfences``:

- ``python exec="on"``: runs; what it prints becomes part of the page. The reader does not
  see the code. (markdown-exec, with failures that stop the build.)
- ``python run``: the reader sees the code and its output, and a line that says what it was run
  with. The tests run each one alone, in a fresh interpreter, and compare.
- ``source``: each line names a thing to include, ``gdbook.rules.momentum`` or
  ``docs/programs/descent.rs``.
- ``terminal``: each line is a ``gdbook`` command; it runs, and the page shows what it prints.
"""

import ast
import contextlib
import importlib
import inspect
import io
import os
import platform
import re
import shlex
import textwrap
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import markdown_exec
from markdown_exec import MarkdownConverter

from gdbook.site.errors import PageError

# Markers in the text that markdown-exec accepts; a wrong one would leave a literal fence.
SOURCE_PLACES = {"", "above", "below"}
# A terminal on a page: what fits beside the margins, and the same whoever builds.
COLUMNS = 62
# What of a line of code is seen without moving it, on a desk.
CODE_COLUMNS = 76


class _BlockFailed(Exception):
    """What markdown-exec would only log."""


class _StrictLogger:
    def debug(self, message, *args):
        pass

    def warning(self, message, *args):
        raise _BlockFailed(message)


def is_exec(language, inputs, options, attrs, md):
    """Whether the fence is ``python exec="on"``."""
    if "exec" not in inputs:
        return False
    # Else the ids of headings would begin with the count of blocks that ran before this one.
    inputs.setdefault("idprefix", "")
    return markdown_exec.validator(language, inputs, options, attrs, md)


def is_run(language, inputs, options, attrs, md):
    """Whether the fence is ``python run``."""
    return "run" in inputs


def run_hidden(source, language, css_class, options, md, **_):
    """Run a block and return what it prints, as HTML."""
    if options["source"] not in SOURCE_PLACES:
        raise PageError(f"source={options['source']!r} is not known, use one of {SOURCE_PLACES}", source)
    shown = _run(source, md, options)
    # Markdown that begins with a heading would be put in a paragraph.
    return shown if options["html"] else f"<div>{shown}</div>"


def run_shown(source, language, css_class, options, md, **_):
    """Run a block and return the block, what it prints, and a mark with what it was run with."""
    block = _options(source="above", result="text")
    # Search finds the code, not each number that it printed.
    shown = str(_run(source, md, block)).replace(
        '<div class="language-text', '<div data-search-exclude class="language-text'
    )
    return f'<div class="gd-run">{shown}<p class="gd-ran" data-search-exclude>{ran_with(source)}</p></div>'


def ran_with(source):
    """The mark under a block that ran: Python and the libraries that the block imports."""
    names = {"numpy": "NumPy", "matplotlib": "Matplotlib"}
    used = [
        f"{name} {version(module)}" for module, name in names.items() if re.search(rf"\b{module}\b", source)
    ]
    with_what = ", ".join([f"Python {platform.python_version()}", *used])
    return f"Runs as it stands; this output is from {with_what}."


def show_source(source, language, css_class, options, md, **_):
    """The source of functions, classes or files, one named a line: what is Python as one code block."""
    things, blocks = [], []
    for name in source.split():
        if "/" in name:
            blocks.append(markdown_exec.code_block(*_file(name)))
        else:
            things.append(_thing(name))
    if things:
        blocks.append(markdown_exec.code_block("python", runs_alone(*things)))
    shown = MarkdownConverter(md).convert("\n\n".join(blocks))
    return f'<div class="gd-source">{shown}</div>'


def run_terminal(source, language, css_class, options, md, **_):
    """Run ``gdbook`` commands and show them with what they print, as a terminal does."""
    from gdbook import cli

    shown = []
    for line in source.strip().splitlines():
        program, *arguments = shlex.split(line)
        if program != "gdbook":
            raise PageError(f"a terminal block runs gdbook, not {program!r}", line)
        printed, complaint = io.StringIO(), io.StringIO()
        page_wide = mock.patch.dict(os.environ, COLUMNS=str(COLUMNS))
        with page_wide, contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
            try:
                code = cli.main(arguments)
            except SystemExit as stop:
                code = stop.code
        if code:
            raise PageError(f"the command failed with {code}: {complaint.getvalue()}", line)
        shown.append(f"$ {line}\n{printed.getvalue().rstrip()}")
    block = MarkdownConverter(md).convert(markdown_exec.code_block("console", "\n".join(shown)))
    return f'<div class="gd-terminal" data-search-exclude>{block}</div>'


def _options(**chosen):
    options = {}
    markdown_exec.validator("python", {"exec": "on", **chosen}, options, {}, None)
    return options


def _run(source, md, options):
    # markdown-exec logs a failing block and goes on; here a failure is an error.
    markdown_exec.patch_loggers(lambda name: _StrictLogger())
    try:
        return markdown_exec.formatter(source, "python", "", options, md)
    except _BlockFailed as failed:
        raise PageError(f"a code block failed\n{failed}", source) from None
    except SystemExit as stop:
        raise PageError(f"a code block asked Python to exit ({stop.code})", source) from None
    except PageError:
        raise
    except Exception as error:  # superfences would drop it and leave the fence in the page
        raise PageError(f"a code block could not be shown: {error!r}", source) from error


def _file(name):
    path = Path(name)
    if not path.is_file():
        raise PageError(f"no file {name} to include", name)
    lexers = {".py": "python", ".rs": "rust", ".toml": "toml"}
    return lexers.get(path.suffix, "text"), path.read_text(encoding="utf-8").rstrip()


def _thing(name):
    module, _, attribute = name.rpartition(".")
    try:
        thing = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError):
        raise PageError(f"nothing named {name} to include", name) from None
    # a loss: show the class that it is the instance of
    return thing if inspect.isfunction(thing) or inspect.isclass(thing) else type(thing)


def runs_alone(*things):
    """The code of functions or classes as a reader may copy it: with their imports, bare of docstrings.

    The decorator of the rules only checks arguments, and would need the package: it is left out.
    """
    bodies, imports = [], set()
    for thing in things:
        code = textwrap.dedent(inspect.getsource(thing)).rstrip()
        definition = ast.parse(code).body[0]
        lines = code.splitlines()
        body = lines[definition.lineno - 1 :]  # below the decorators
        if ast.get_docstring(definition, clean=False) is not None:
            start, end = definition.body[0].lineno, definition.body[0].end_lineno
            rest = lines[end:]
            while rest and not rest[0].strip():
                rest.pop(0)
            body = [*lines[definition.lineno - 1 : start - 1], *rest]
        bodies.append("\n".join(body))
        imports |= _imports(definition, inspect.getmodule(thing), {shown.__name__ for shown in things})
    return "\n\n\n".join([*_import_lines(imports), *bodies])


def _imports(definition, module, shown):
    """What the definition has from its module or others: pairs of a module (or None) and an alias."""
    nodes = [node for part in definition.body for node in ast.walk(part)]
    given = {node.arg for node in ast.walk(definition) if isinstance(node, ast.arg)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)} - given - shown
    tree = ast.parse(inspect.getsource(module))
    found = set()
    for statement in ast.walk(tree):  # some stand in a ``try``
        if isinstance(statement, ast.Import | ast.ImportFrom):
            source = getattr(statement, "module", None)
            found |= {
                (source, ast.unparse(alias))
                for alias in statement.names
                if (alias.asname or alias.name) in used
            }
    for statement in tree.body:
        names = [
            getattr(statement, "name", None),
            *(getattr(t, "id", None) for t in getattr(statement, "targets", [])),
        ]
        found |= {(module.__name__, name) for name in names if name in used}
    return found


def _import_lines(imports):
    """The block of import lines, as a list of one text, or none."""
    lines = sorted(f"import {alias}" for module, alias in imports if module is None)
    for source in sorted({module for module, _ in imports if module}):
        names = ", ".join(sorted(a for m, a in imports if m == source))
        line = f"from {source} import {names}"
        if len(line) > CODE_COLUMNS:
            indent = " " * 4
            names = textwrap.fill(names, CODE_COLUMNS, initial_indent=indent, subsequent_indent=indent)
            line = f"from {source} import (\n{names}\n)"
        lines.append(line)
    return ["\n".join(lines)] if lines else []
