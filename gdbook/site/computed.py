"""Numbers in sentences: ``{{ along():.1f }}`` on a page is what a name of its module gives, formatted.

A page says once where its names come from, and each place is then an f-string's, without the quotes:

    <!-- values from gdbook.figures.momentum -->
    <!-- values from gdbook.theory: gd_limit, momentum_limit -->

    The sum is {{ along():.1f }} times as large as one gradient.

What is computed stands in the module, which is linted and tested; the sentence stands on the page. The places
are computed in blocks of code that run while the book is built, as the other blocks do. A name that the
module does not have stops the build with page and line. Code blocks are left as they are; captions and
quizzes are not code.
"""

import ast
import builtins
import re

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from gdbook.site.errors import PageError
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending, TaskFailed

_FROM = re.compile(r"^<!-- values from ([\w.]+)(?:: ([\w, ]+))? -->$")
_PLACE = re.compile(r"\{\{ (.+?) \}\}")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*(\w*)")
_PROSE = {"caption", "quiz"}  # fences whose text is Markdown
_ERROR = re.compile(r"^\s*(\w[\w.]*(?:Error|Exception|Warning|Singular)\b.*)$", re.MULTILINE)
_END = "\x1e"  # what no value holds


def blocks(text):
    """What computes the places of a page: pairs of a block of code and which places it gives.

    Places that take the same names share a block, so that the others are as they were when one changes.
    """
    lines = text.split("\n")
    named = [found.groups() for line in lines if (found := _FROM.match(line))]
    places = [place for line, prose in _marked(lines) if prose for place in _PLACE.findall(line)]
    if not named:
        return []
    sharing: dict[tuple[str, ...], list[int]] = {}
    for number, place in enumerate(places):
        sharing.setdefault(tuple(sorted(_names(place))), []).append(number)
    return [
        (_block(_imports(names, named, places[numbers[0]]), [places[number] for number in numbers]), numbers)
        for names, numbers in sharing.items()
    ]


def _imports(names, named, place):
    """The imports of the names, each from the module that lists it or from the one that has the rest."""
    rest, imports = set(names), []
    for module, listed in sorted(named, key=lambda pair: not pair[1]):  # the one that lists none comes last
        found = sorted(rest & set(re.split(r", *", listed)) if listed else rest)
        rest -= set(found)
        if found:
            imports.append(f"from {module} import {', '.join(found)}")
    if rest:
        raise PageError(f"{min(rest)!r} is in no module that the page has values from", f"{{{{ {place} }}}}")
    return "; ".join(imports) or "pass"


def _block(imports, places):
    # The imports on one line, so that the line of an error is that of the place.
    return "\n".join([imports, *(f'print(f"""{{{place}}}""", end="\\x1e")' for place in places)])


def _names(place):
    """The names that a place takes from the module."""
    try:
        tree = ast.parse(f'f"""{{{place}}}"""', mode="eval")
    except SyntaxError as error:
        raise PageError(f"{error.msg}, in the value of a sentence", f"{{{{ {place} }}}}") from None
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {node.id for node in names} - bound - set(dir(builtins))


def _marked(lines):
    """Each line with whether it is prose, and no code."""
    opened, prose = "", True
    for line in lines:
        fence = _FENCE.match(line)
        if fence and not opened:
            opened, prose = fence[1], fence[2] in _PROSE
        elif fence and fence[1].startswith(opened) and not fence[2]:
            opened, prose = "", True
        yield line, prose


class _Values(Preprocessor):
    def run(self, lines):
        computed = blocks("\n".join(lines))
        if not computed:
            return lines
        values: dict[int, str] = {}
        for block, numbers in computed:
            values.update(zip(numbers, _computed(block), strict=True))
        given = iter(values[number] for number in sorted(values))
        read = [(line, prose) for line, prose in _marked(lines) if not _FROM.match(line)]
        filled = [_PLACE.sub(lambda place: next(given), line) if prose else line for line, prose in read]
        self.md.as_written = {new.strip(): old for new, (old, _) in zip(filled, read, strict=True)}
        return filled


def as_written(text, md):
    """A text of a page as its source has it, with the places in it: for errors that say where it stands."""
    written = getattr(md, "as_written", {})
    return "\n".join(written.get(line.strip(), line) for line in text.split("\n"))


def _computed(block):
    """What the places of a page give, in order."""
    places = [line[len('print(f"""{') : -len('}""", end="\\x1e")')] for line in block.split("\n")[1:]]
    try:
        return results.ask("block", block, results.roots(block)).split(_END)[: len(places)]
    except Pending:
        return ["…"] * len(places)
    except TaskFailed as failed:
        said = _ERROR.findall(str(failed))[-1:] or [str(failed)]
        if missing := re.search(r"cannot import name '(\w+)'", said[0]):
            found = [place for place in places if missing[1] in _names(place)]
        else:
            lines = re.findall(r'File "<code block[^"]*>", line (\d+)', str(failed))
            found = [places[int(line) - 2] for line in lines[:1] if int(line) > 1]
        first = block.split()[1]
        text = f"{{{{ {found[0]} }}}}" if found else f"<!-- values from {first} -->"
        raise PageError(said[0], text) from None


class ValuesExtension(Extension):
    def extendMarkdown(self, md):
        # After line ends are made alike, before fences are read.
        md.preprocessors.register(_Values(md), "gdbook-values", 28)


def makeExtension(**options):
    return ValuesExtension(**options)
