"""A page as Markdown with what its blocks printed, for programs and for readers without a browser.

It stands beside the page, and ``llms.txt`` lists it. A figure is there by what it shows and its caption, a
quiz with its answer and the reasons, a shown name by its source, a work by its authors and year.
"""

import json
import posixpath
import re
import textwrap

from gdbook.figures.house import words
from gdbook.site.build.errors import DOCS
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending
from gdbook.site.markdown import computed, exercise, works
from gdbook.site.markdown.fences import FENCE, sources

_BOX = re.compile(r'^(?P<indent> *)(?:(?:\?\?\?\+?|!!!) [\w -]+|===) "(?P<title>.*)" *$')
_QUESTION = re.compile(r'<p class="gd-question">(.*?)</p>', re.DOTALL)
# Of a block, at its end, and of a link.
_ATTRIBUTES = re.compile(r" *\{:? ?[#.][^}\n]*\}$|(?<=\))\{:? ?(?:[#.]|data-)[^}\n]*\}", re.MULTILINE)
# Links that set a live figure, which is not here.
_SETS = re.compile(r"^\*Try it in the figure:\*(?:.+\n?)*", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"\]\((?P<file>[\w./-]+\.\w+)(?P<rest>[?#][^)\s]*)?\)")
_PAGE = re.compile(r".+\.md|training/[^/]+\.py")
_API = re.compile(r"^::: ", re.MULTILINE)


def of(markdown, source):
    """The Markdown of the page of a ``source``, ``descent/momentum.md``, with its outputs.

    None for a page that is drawn from docstrings, and in ``mkdocs serve`` while blocks of it run.
    """
    if _API.search(markdown):
        return None
    try:
        return _written(markdown, source)
    except Pending:
        return None


def _written(markdown, source):
    text = FENCE.sub(lambda fence: textwrap.indent(shown(fence), fence["indent"]), unfolded(markdown))
    return said(text, lambda prose: _LINK.sub(lambda link: _led(link, source), prose))


def place(source):
    """Where the Markdown of a source stands in the site: ``descent/momentum/index.md``."""
    stem = source.rpartition(".")[0]
    return f"{stem}.md" if posixpath.basename(stem) == "index" else f"{stem}/index.md"


def said(text, linked):
    """The Markdown of a text in which fences are code alone; its prose goes through ``linked``."""
    return _outside_code(lambda prose: _said(prose, linked), text).strip() + "\n"


def _said(prose, linked):
    prose = re.sub(r"\n{3,}", "\n\n", _QUESTION.sub(r"*\1*", _SETS.sub("", _COMMENT.sub("", prose))))
    if "[@*]" in prose:
        prose = prose.replace("[@*]", works.listed())
    return works.without_keys(_ATTRIBUTES.sub("", linked(prose)))


def _led(link, source):
    """A link to the Markdown of a page; to the page itself where it is drawn from docstrings."""
    to = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["file"]))
    if _PAGE.fullmatch(to):
        drawn = DOCS / to
        results.uses(drawn)
        api = drawn.is_file() and _API.search(drawn.read_text(encoding="utf-8"))
        to = f"{to.removesuffix('.md')}/" if api else place(to)
    address = posixpath.relpath(to, posixpath.dirname(place(source)) or ".")
    return f"]({address}{'/' if to.endswith('/') else ''}{link['rest'] or ''})"


def _outside_code(change, text):
    """The text with its parts outside fences changed."""
    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


def unfolded(markdown):
    """The text with its values; what is folded, boxed or on a tab stands open, below its title."""
    lines: list[str] = []
    open_at: list[int] = []
    for line in computed.filled(markdown).split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        while open_at and line.strip() and indent < open_at[-1]:
            open_at.pop()
        bare = line[4 * len(open_at) :] if line.strip() else ""
        box = _BOX.match(bare)
        if box:
            lines += [f"{box['indent']}**{box['title']}**"]
            open_at.append(indent + 4)
        else:
            lines.append(bare)
    return "\n".join(lines)


def shown(fence):
    """What stands in place of a fence."""
    what, options = fence["what"], fence["options"].split()
    code = textwrap.dedent(fence["code"]).rstrip("\n")
    if what == "python" and "run" in options:
        return _block("python", code) + _printed(_given(code))
    if what == "python" and 'exec="on"' in options:
        # What a hidden block draws is told by the caption below it.
        return "" if 'html="on"' in options else _given(code).strip()
    if what == "caption":
        label, caption = words(code)
        return "\n\n".join(filter(None, [f"*Figure.* {label}", caption]))
    if what == "quiz":
        return code
    if what == "exercise":
        given = exercise.parsed(code)
        return f"{_block('python', given.checked(given.start))}\n\n{solved(given)}"
    if what == "playground":
        return _block("python", code)
    if what == "source":
        return "\n\n".join(_block(lexer, text) for lexer, text in sources(code))
    if what == "terminal":
        return _block("console", results.ask("terminal", code, [("gdbook.cli", "main")]).rstrip())
    if what == "cell":
        return _cell(json.loads(code))
    return _block(what + fence["options"].rstrip(), code)


def solved(given):
    """The hints and the solution of an exercise."""
    hints = [f"*Hint.* {hint}" for hint in given.hints]
    told = [*hints, "**Solution**", _block("python", given.solution), given.because]
    return "\n\n".join(filter(None, told))


def _given(code):
    return results.ask("block", code, results.roots(code))


def _printed(output):
    return f"\n\n{_block('text', output.rstrip())}" if output.strip() else ""


def _cell(cell):
    parts = [] if "figures only" in cell else [_block("python", cell["code"])]
    for output in cell["outputs"]:
        if "svg" in output:
            label, caption = words(output["label"])
            parts.append("\n\n".join(filter(None, [f"*Figure.* {label}", caption])))
        else:
            parts.append(_block("text", output["text"].rstrip()))
    return "\n\n".join(parts)


def _block(lexer, code):
    return f"```{lexer}\n{code}\n```"
