"""Code blocks: those that run while the book is built, and those that show the book's source.

Four kinds of fence, for ``pymdownx.superfences``:

- ``python exec="on"``: runs; what it prints becomes part of the page. The reader does not
  see the code. (markdown-exec, with failures that stop the build.)
- ``python run``: the reader sees the code and its output, and a mark that says what it was run with; the
  first on a page says what the mark means. The tests run each one alone, in a fresh interpreter, and compare.
  Where MicroPython prints the same, a button lets the reader change it.
- ``source``: each line names a thing to include, ``gdbook.rules.momentum`` or
  ``docs/programs/descent.rs``.
- ``terminal``: each line is a ``gdbook`` command; it runs, and the page shows what it prints.
"""

import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import markdown_exec
from markdown_exec import MarkdownConverter

from gdbook.site.build import lazily
from gdbook.site.build.errors import PageError
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending, TaskFailed
from gdbook.site.micropython import snippets

# This module is named in mkdocs.yml before the plugins are, so it comes first.
lazily.load_lazily()

# A fence as it is written, with what it is, in any depth.
FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}) *(?P<what>[\w-]+)(?P<options>[^`\n]*)\n"
    r"(?P<code>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
# Markers in the text that markdown-exec accepts; a wrong one would leave a literal fence.
SOURCE_PLACES = {"", "above", "below"}
# Before the first mark of a page.
ALL_RUN = "Runs as it stands, like each block with such a mark; the output is from"
# In place of what a block will print, in ``mkdocs serve`` while it runs.
PENDING = (
    '<p class="gd-pending" role="status">This block is running; the page will show it when it is done.</p>'
)


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
    try:
        shown = _run(source, md, options)
    except Pending:
        return PENDING
    # Markdown that begins with a heading would be put in a paragraph.
    return shown if options["html"] else f"<div>{shown}</div>"


def run_shown(source, language, css_class, options, md, **_):
    """Run a block and return the block, what it prints, and a mark with what it was run with."""
    block = _options(source="above", result="text")
    # Search finds the code, not each number that it printed.
    try:
        shown = str(_run(source, md, block))
    except Pending:
        return PENDING
    shown = shown.replace('<div class="language-text', '<div data-search-exclude class="language-text')
    told = any('class="gd-ran"' in str(block) for block in md.htmlStash.rawHtmlBlocks)
    mark = ran_with(source) if told else f"{ALL_RUN} {ran_with(source)}"
    printed = _asked("block", source, results.roots(source))
    change = snippets.button(source, printed)
    foot = f'<div class="gd-foot" data-search-exclude>{change}<p class="gd-ran">{mark}</p></div>'
    return f'<div class="gd-run">{shown}{foot}</div>'


def ran_with(source):
    """The mark under a block that ran: Python and the libraries that the block imports."""
    names = {"numpy": "NumPy", "matplotlib": "Matplotlib"}
    used = [
        f"{name} {version(module)}" for module, name in names.items() if re.search(rf"\b{module}\b", source)
    ]
    with_what = ", ".join([f"Python {platform.python_version()}", *used])
    return with_what


def show_source(source, language, css_class, options, md, **_):
    """The source of functions, classes or files, one named a line: what is Python as one code block."""
    blocks = [markdown_exec.code_block(lexer, shown) for lexer, shown in sources(source)]
    shown = MarkdownConverter(md).convert("\n\n".join(blocks))
    return f'<div class="gd-source">{shown}</div>'


def sources(named):
    """``(language, text)`` of what a ``source`` fence names: each file, then all names together."""
    names = [name for name in named.split() if "/" not in name]
    shown = [_file(name) for name in named.split() if "/" in name]
    if names:
        roots = [name.rpartition(".")[::2] for name in names]
        shown.append(("python", _asked("source", "\n".join(names), roots)))
    return shown


def run_terminal(source, language, css_class, options, md, **_):
    """Run ``gdbook`` commands and show them with what they print, as a terminal does."""
    try:
        shown = _asked("terminal", source, [("gdbook.cli", "main")])
    except Pending:
        return PENDING
    block = MarkdownConverter(md).convert(markdown_exec.code_block("console", shown))
    return f'<div class="gd-terminal" data-search-exclude>{block}</div>'


def _options(**chosen):
    options: dict[str, Any] = {}
    markdown_exec.validator("python", {"exec": "on", **chosen}, options, {}, None)
    return options


def _run(source, md, options):
    # markdown-exec logs a failing block and goes on; here a failure is an error.
    markdown_exec.patch_loggers(lambda name: _StrictLogger())
    if options["session"]:
        raise PageError("each block runs alone: there are no sessions", source)
    # The worker is told, as it is there that the block runs.
    there = {name: options[name] for name in ("workdir", "width") if options[name]}

    def run(code, returncode, session, id, **extra):
        return _asked("block", code, results.roots(code), **there, **extra)

    try:
        here = {**options, "workdir": None, "width": None}
        return markdown_exec.base_format(language="python", run=run, code=source, md=md, **here)
    except _BlockFailed as failed:
        raise PageError(f"a code block failed\n{failed}", source) from None
    except (PageError, Pending):
        raise
    except Exception as error:  # superfences would drop it and leave the fence in the page
        raise PageError(f"a code block could not be shown: {error!r}", source) from error


def _asked(kind, text, roots, **options):
    """What a task gives; where it has nothing to give, the error that stops the build."""
    try:
        return results.ask(kind, text, roots, **options)
    except TaskFailed as failed:
        match failed.how:
            case "failed" if kind == "block":
                raise markdown_exec.ExecutionError(str(failed)) from None
            case "wrong":
                raise PageError(str(failed)) from None
            case "exit":
                raise PageError(f"a code block asked Python to exit ({failed})", text) from None
            case "died":
                raise PageError(f"a code block did not end: {failed}", text) from None
        raise PageError(str(failed), text) from None


def _file(name):
    path = Path(name)
    if not path.is_file():
        raise PageError(f"no file {name} to include", name)
    lexers = {".py": "python", ".rs": "rust", ".toml": "toml"}
    return lexers.get(path.suffix, "text"), path.read_text(encoding="utf-8").rstrip()
