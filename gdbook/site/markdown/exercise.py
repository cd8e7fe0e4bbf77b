"""Exercises that check themselves: a reader writes the code in the page, and the book's own checks run on it.

    ```exercise
    def half(x):
        return x
    --- check
    from gdbook.exercise import check

    check(half, 3.0, gives=1.5)
    --- hint
    Divide by $2$.
    --- solution
    def half(x):
        return x / 2
    ```

The first part is what the reader begins with; hints and the optional ``--- because``, which follows the
solution, are Markdown. The build runs the checks on both: the solution passes all of them, and what the
reader begins with runs, and does not. Where MicroPython prints the same, a button opens the code in the page.
"""

import hashlib
import html
import re
from typing import NamedTuple

import markdown_exec
from markdown_exec import MarkdownConverter

from gdbook.site.build.errors import PageError
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending, TaskFailed
from gdbook.site.markdown.inline import to_html
from gdbook.site.markdown.math import named
from gdbook.site.micropython import snippets

PARTS = {"check", "hint", "solution", "because"}
PASSED, MISSED = "✓ ", "✗ "
BUTTON = '<button class="gd-change" type="button">Write it here</button>'


class Exercise(NamedTuple):
    """What stands in the fence."""

    start: str
    check: str
    solution: str
    hints: list[str]
    because: str

    def checked(self, code):
        """Some code with the checks after it."""
        return f"{code}\n\n\n{self.check}"


def parsed(source):
    """The ``Exercise`` of a fence; PageError for what is none."""
    first, *rest = re.split(r"^--- *(.*?) *$\n?", source, flags=re.MULTILINE)
    named: dict[str, list[str]] = {}
    for what, text in zip(rest[::2], rest[1::2], strict=True):
        if what not in PARTS:
            raise PageError(f"an exercise has no part {what!r}, use one of {sorted(PARTS)}", f"--- {what}")
        named.setdefault(what, []).append(text.strip("\n"))
    for what in ("check", "solution"):
        if len(named.get(what, [])) != 1:
            raise PageError(f"an exercise has one part '--- {what}', got {len(named.get(what, []))}", source)
    if not first.strip():
        raise PageError("an exercise begins with the code that the reader goes on from", source)
    (check,), (solution,) = named["check"], named["solution"]
    because = "\n\n".join(named.get("because", []))
    return Exercise(first.strip("\n"), check, solution, named.get("hint", []), because)


def tasks(source):
    """What a build asks of an exercise: what its checks print, in Python and in MicroPython."""
    try:
        codes = _codes(parsed(source))
    except PageError:  # said when the page is converted
        return
    for whole in codes:
        yield "block", whole, "{}", results.roots(whole)
        if task := snippets.task(whole):
            yield task


def show(source, language, css_class, options, md, **_):
    """The exercise as HTML."""
    from gdbook.site.markdown.fences import PENDING, ran_with

    exercise = parsed(source)
    try:
        count = _judged(exercise, source)
        change = BUTTON if all(map(_same_there, _codes(exercise))) else ""
    except Pending:
        return PENDING

    def code(text):
        return str(MarkdownConverter(md).convert(markdown_exec.code_block("python", text)))

    parts = [code(exercise.start)]
    if change:
        parts.append(f'<div class="gd-task-bar">{change}</div>')
    for number, hint in enumerate(exercise.hints, 1):
        title = f"Hint {number}" if len(exercise.hints) > 1 else "Hint"
        parts.append(_folded("gd-hint solution", title, f"<div>{named(to_html(hint))}</div>"))
    checks = "The check" if count == 1 else f"The {count} checks"
    parts.append(_folded("gd-checks solution", checks, code(exercise.check)))
    words = f"<div>{named(to_html(exercise.because))}</div>" if exercise.because else ""
    passes = "passes the check" if count == 1 else f"passes all {count} checks"
    ran = f'<p class="gd-ran">It {passes} with {ran_with(exercise.checked(exercise.solution))}</p>'
    parts.append(_folded("solution", "Solution", code(exercise.solution) + ran + words))
    digest = hashlib.sha256(exercise.start.encode()).hexdigest()[:8]
    return (
        f'<div class="gd-task" data-search-exclude data-task="{digest}" data-checks="{count}">'
        f"{''.join(parts)}</div>"
    )


def _codes(exercise):
    return exercise.checked(exercise.solution), exercise.checked(exercise.start)


def _judged(exercise, source):
    """How many checks there are; PageError where the solution fails one, or the beginning passes all."""
    solved, begun = (_printed(code, source) for code in _codes(exercise))
    passed, missed = _counted(solved)
    if missed or not passed:
        raise PageError(f"the solution of an exercise is to pass its checks, they print\n{solved}", source)
    if not _counted(begun)[1]:
        raise PageError(f"what an exercise begins with is to fail a check, they print\n{begun}", source)
    return passed


def _counted(printed):
    """How many checks were passed and missed."""
    lines = printed.splitlines()
    return sum(line.startswith(PASSED) for line in lines), sum(line.startswith(MISSED) for line in lines)


def _printed(code, source):
    try:
        return results.ask("block", code, results.roots(code))
    except TaskFailed as failed:
        raise PageError(f"the checks of an exercise failed\n{failed}", source) from None


def _same_there(code):
    """Whether MicroPython prints what Python does."""
    return bool(snippets.button(code, results.ask("block", code, results.roots(code))))


def _folded(kind, title, inner):
    return f'<details class="{kind}"><summary>{html.escape(title)}</summary>{inner}</details>'
