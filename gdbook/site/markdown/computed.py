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
from typing import NamedTuple

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from gdbook.site.build.errors import PageError
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending, TaskFailed

_FROM = re.compile(r"^<!-- values from ([\w.]+)(?:: ([\w, ]+))? -->$")
_PLACE = re.compile(r"\{\{ (.+?) \}\}")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*(\w*)")
_PROSE = {"caption", "quiz"}  # fences whose text is Markdown
_ERROR = re.compile(r"^\s*(\w[\w.]*(?:Error|Exception|Warning|Singular)\b.*)$", re.MULTILINE)
_END = "\x1e"  # what no value holds


class Block(NamedTuple):
    """Code that computes some places of a page: which, and the how-manieth of the page they are."""

    code: str
    places: list[str]
    numbers: list[int]


def blocks(text):
    """The blocks that compute the places of a page.

    Places that take the same names share a block, so that the others are as they were when one changes.
    """
    lines = text.split("\n")
    named = [found.groups() for line in lines if (found := _FROM.match(line))]
    if not named:
        return []
    homes = _homes(named)
    places = [place for line, prose in _marked(lines) if prose for place in _PLACE.findall(line)]
    sharing: dict[tuple[str, ...], list[int]] = {}
    for number, place in enumerate(places):
        sharing.setdefault(tuple(sorted(_names(place))), []).append(number)
    return [
        _block(_imports(names, homes, places[numbers[0]]), [places[number] for number in numbers], numbers)
        for names, numbers in sharing.items()
    ]


def _homes(named):
    """The module that lists each name; last, under no name, the one that lists none and has the rest."""
    homes: dict[str, str] = {}
    for module, listed in sorted(named, key=lambda pair: not pair[1]):
        for name in re.findall(r"\w+", listed) if listed else [""]:
            first = homes.setdefault(name, module)
            if first != module:
                written = f"<!-- values from {module}{f': {listed}' if listed else ''} -->"
                said = name or "all"
                raise PageError(f"{said} of {first} and {said} of {module}: a value comes from one", written)
    return homes


def _imports(names, homes, place):
    """The imports of the names, each from its module."""
    imports: dict[str, list[str]] = {module: [] for module in homes.values()}
    for name in sorted(names):
        module = homes.get(name) or homes.get("")
        if module is None:
            raise PageError(f"{name!r} is in no module that the page has values from", f"{{{{ {place} }}}}")
        imports[module].append(name)
    return (
        "; ".join(f"from {module} import {', '.join(of)}" for module, of in imports.items() if of) or "pass"
    )


def _block(imports, places, numbers):
    # The imports on one line, so that the line of an error is that of the place.
    prints = [f'print(f"""{{{place}}}""", end="\\x1e")' for place in places]
    return Block("\n".join([imports, *prints]), places, numbers)


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


def filled(text):
    """A page's text with the values in their places, and without the lines that say where they come from."""
    values: dict[int, str] = {}
    for block in blocks(text):
        values.update(zip(block.numbers, _computed(block), strict=True))
    return "\n".join(_put(text.split("\n"), values)[0])


def _put(lines, values):
    given = iter(values[number] for number in sorted(values))
    read = [(line, prose) for line, prose in _marked(lines) if not _FROM.match(line)]
    put = [_PLACE.sub(lambda place: next(given), line) if prose and values else line for line, prose in read]
    return put, [line for line, _ in read]


class _Values(Preprocessor):
    def run(self, lines):
        computed = blocks("\n".join(lines))
        if not computed:
            return lines
        values: dict[int, str] = {}
        for block in computed:
            try:
                values.update(zip(block.numbers, _computed(block), strict=True))
            except Pending:
                self.md.values_wait = True
                values.update(dict.fromkeys(block.numbers, "…"))
        put, written = _put(lines, values)
        self.md.as_written = {new.strip(): old for new, old in zip(put, written, strict=True)}
        return put


def values_wait(md):
    """Whether values of the page are not computed yet: dots stand for them."""
    return getattr(md, "values_wait", False)


def as_written(text, md):
    """A text of a page as its source has it, with the places in it: for errors that say where it stands."""
    written = getattr(md, "as_written", {})
    return "\n".join(written.get(line.strip(), line) for line in text.split("\n"))


def _computed(block):
    """What the places of a block give, in order."""
    try:
        return results.ask("block", block.code, results.roots(block.code)).split(_END)[:-1]
    except TaskFailed as failed:
        said = _ERROR.findall(str(failed))[-1:] or [str(failed)]
        lines = re.findall(r'File "<code block[^"]*>", line (\d+)', str(failed))
        # A name that cannot be imported fails in the first line, and all places of the block take it.
        place = block.places[max(int(lines[0]) - 2, 0)] if lines else block.places[0]
        raise PageError(said[0], f"{{{{ {place} }}}}") from None


class ValuesExtension(Extension):
    def extendMarkdown(self, md):
        # After line ends are made alike, before fences are read.
        md.preprocessors.register(_Values(md), "gdbook-values", 28)


def makeExtension(**options):
    return ValuesExtension(**options)
