"""Predict, then run: a question whose right answer is computed while the book is built."""

import hashlib
import math
import re
import textwrap
from numbers import Real

from gdbook.site.build.errors import PageError
from gdbook.site.markdown.computed import as_written, values_wait
from gdbook.site.markdown.inline import to_html
from gdbook.site.markdown.math import named


def quiz(question, answer, options):
    """The HTML of a question with its options, to print in a block with ``html="on"``.

    ``answer`` is what the code computed. ``options`` maps each answer that a reader may give to
    ``(text, feedback)``, both Markdown: for a wrong one, the feedback says what would have made
    it right. Numbers agree to one part in a thousand. Exactly one option must agree with the
    answer; anything else stops the build.
    """
    right = [given for given in options if _same(given, answer)]
    if len(right) != 1:
        raise ValueError(
            f"exactly one option must be the computed answer {answer!r}, got {len(right)} of {list(options)}"
        )
    name = "quiz-" + _digest(repr((question, options)))
    choices, reasons = "", ""
    for i, (given, (text, feedback)) in enumerate(options.items()):
        correct = given == right[0]
        radio = f'<input type="radio" name="{name}" value="{i}">'
        choices += f"<label>{radio} <span>{named(to_html(text))}</span></label>"
        reasons += (
            f'<li data-option="{i}"{" data-right" if correct else ""}>'
            f"<strong>{'Right' if correct else 'Not'}:</strong> {to_html(text)}<br>"
            f'<span class="gd-why">{to_html(feedback)}</span></li>'
        )
    return (
        f'<div data-search-exclude><gd-quiz class="gd-quiz">'
        f"<fieldset><legend>{named(to_html(question))}</legend>{choices}</fieldset>"
        f'<div class="gd-quiz-bar"><button type="button" class="md-button" hidden>Check</button>'
        f'<div role="status" class="gd-quiz-status"></div></div>'
        f"<details><summary>Answer</summary><ul>{reasons}</ul></details></gd-quiz></div>"
    )


def show_quiz(source, language, css_class, options, md, **_):
    """A quiz written in Markdown: the question, the answer that was computed, and the options.

        ```quiz
        What is 2 + 2?

        answer: {{ two_and_two() }}

        - 3: Three.
          That would be 2 + 1.
        - 4: Four.
          It is the answer.
        ```

    Before the colon of an option stands the answer that it would be right for; below it what is said to
    who chooses it.
    """
    if values_wait(md):
        from gdbook.site.markdown.fences import PENDING  # which loads markdown-exec

        return PENDING
    try:
        return quiz(*_parsed(source))
    except ValueError as error:
        raise PageError(str(error), as_written(source, md)) from None


def _parsed(source):
    """The arguments of ``quiz``; ValueError for what is no quiz."""
    question, *rest = re.split(r"^answer: *(.*)$", source, maxsplit=1, flags=re.MULTILINE)
    if not rest:
        raise ValueError("a quiz has a line that begins with 'answer:', between the question and the options")
    answer, listed = rest
    options: dict[float | str, tuple[str, str]] = {}
    for item in re.split(r"^- ", listed, flags=re.MULTILINE)[1:]:
        first, _, feedback = item.partition("\n")
        given, _, text = first.partition(": ")
        if not text.strip() or not feedback.strip():
            raise ValueError(f"an option is '- answer: words', with what is said to it below, got {first!r}")
        if _value(given) in options:
            raise ValueError(f"each option has an answer of its own, two have {given!r}")
        options[_value(given)] = text.strip(), textwrap.dedent(feedback).strip()
    return question.strip(), _value(answer), options


def _value(text):
    """What is written: a number, True or False, or words."""
    text = text.strip()
    if text in ("True", "False"):
        return text == "True"
    try:
        return float(text)
    except ValueError:
        return text


def _same(given, answer):
    answer = answer.item() if hasattr(answer, "item") else answer  # NumPy's numbers and booleans
    if isinstance(given, bool) or isinstance(answer, bool):
        return given is answer
    if isinstance(given, Real) and isinstance(answer, Real):
        return math.isclose(given, answer, rel_tol=1e-3)
    return given == answer


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]
