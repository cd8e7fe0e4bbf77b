"""Letters and short formulas of the text, set in the face of formulas: ``η = 0.1`` in a sentence or a label.

A reader knows a symbol by its shape, so that it has one shape: what stands in the text as ``η``, ``x = 0`` or
``2(1 + μ)/L`` becomes a ``<var>``, in a picture a ``<tspan>`` of the same face. It stays text: it is found,
copied and read aloud as before, which MathML in links, headings and labels is not. What is longer or built up
(roots, fractions, sums) is written in LaTeX.

``RUN`` says what such a stretch is, for pages and, in ``module``, for what scripts write. A lone Latin letter
is a symbol but for most *a*, *A* and *I*, initials and units.
"""

import html
import json
import re

SYMBOL = "gd-symbol"

# Of the syntax that Python and JavaScript share.
WORD = "0-9A-Za-z\u00b5\u00c0-\u024f\u0370-\u03ff_"
# Accents, indices and exponents.
SCRIPTS = "[\u0300-\u036f⁰¹²³⁴-⁹⁺⁻ˣᵏⁿᵗ₀-₉₊₋ₖₙₜ′″]*"
GREEK = f"(?:[\u0391-\u03c9\u03d1\u03d5\u03f1\u03f5]{SCRIPTS})+"
# No unit: not after a number, "in", or a formula.
NO_UNIT = "(?<![0-9)][ \u00a0])(?<!in )(?<!^ )"
LATIN = (
    f"(?<![{WORD}.'’\\-])(?:{NO_UNIT}[hms](?!\\.[{WORD}])|[b-gi-ln-rt-z](?!\\.[{WORD}])|[B-HJ-Z](?!\\.)"
    f"|[aA](?=[,:]| =)|^[aA]$)(?![{WORD}'’\\-]){SCRIPTS}"
)
GROUP = "\\((?:[^()A-Za-z]|(?<![A-Za-z])[A-Za-z](?![A-Za-z]))+\\)"
LETTER = (
    f"(?:[√∇∂]*(?:(?<![{WORD}])[A-Za-z]{SCRIPTS})?{GREEK}(?:[A-Za-z]{SCRIPTS}(?![{WORD}]))?"
    f"|[√∇∂]+[A-Za-z](?![{WORD}]){SCRIPTS}|{LATIN})(?:{GROUP})?"
)
NUMBER = f"√?[0-9]+(?:,[0-9]{{3}})*(?:\\.[0-9]+)?(?:e[−\\-]?[0-9]+)?%?{SCRIPTS}"
BETWEEN = "(?:[ \n]?[=<>≤≥≈≠+−·×÷/∝→←][ \n]?)"
TERM = f"(?:(?:{NUMBER})?{LETTER}|(?:{NUMBER})?{GROUP}|{NUMBER})"
# What begins with a bracket goes on behind it, else the bracket is the sentence's.
RUN = f"(?<![{WORD}.])[−±]?(?!{GROUP}(?!{BETWEEN}{TERM})){TERM}(?:{BETWEEN}?[−±]?{TERM})*"
_RUN, _LETTER = re.compile(RUN), re.compile(LETTER)

_TAG = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
# In them nothing is set: code, formulas, what is only heard, what takes no elements, and what is set already.
LEFT = {
    "code", "kbd", "math", "option", "pre", "samp", "script", "style", "textarea", "title", "var",
}  # fmt: skip


def show(page):
    """Set the symbols of a converted page: in its content and in its contents."""
    page.content = in_face(page.content)
    headings = list(page.toc)
    for heading in headings:
        heading.title = in_face(heading.title)
        headings += heading.children


def in_face(page):
    """The HTML ``page`` with its symbols in the face of formulas."""
    pieces: list[str] = []
    left: list[str] = []
    drawn = 0
    for piece in _TAG.split(page):
        if not piece.startswith("<"):
            pieces.append(piece if left else _set(piece, drawn))
            continue
        pieces.append(piece)
        if not (named := _NAME.match(piece)):
            continue
        name, closing = named[1], piece[1] == "/"
        if name == "svg":
            drawn += -1 if closing else 1
        elif not closing and (name in LEFT or SYMBOL in piece):
            left.append(name)
        elif left and left[-1] == name:
            left.pop()
    return "".join(pieces)


def _set(text, drawn):
    """A text of a page, or of a picture in it, with marks around its symbols."""
    plain = html.unescape(text)
    if not drawn and plain in ("a", "A"):  # a word, if it is no label
        return text
    before, after = (f'<tspan class="{SYMBOL}">', "</tspan>") if drawn else ("<var>", "</var>")
    made, end = [], 0
    for run in _RUN.finditer(plain):
        if _LETTER.search(run[0]):
            made += [_escaped(plain[end : run.start()]), before, _escaped(run[0]), after]
            end = run.end()
    return "".join([*made, _escaped(plain[end:])]) if made else text


def _escaped(text):
    return html.escape(text, quote=False)


def module():
    """The JavaScript module that does the same for a text that a script writes."""
    return _SCRIPT % (json.dumps(RUN), json.dumps(LETTER), SYMBOL)


_SCRIPT = """\
// Made by gdbook/site/markdown/letters.py, which says what a symbol is.
const RUN = new RegExp(%s, "gu");
const LETTER = new RegExp(%s, "u");

// Puts a text into an element of the page or of a picture, its symbols in the face of formulas.
export function write(place, text) {
  const drawn = place.namespaceURI.endsWith("svg");
  const parts = [];
  let end = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (!LETTER.test(run)) continue;
    const symbol = document.createElementNS(place.namespaceURI, drawn ? "tspan" : "var");
    if (drawn) symbol.setAttribute("class", "%s");
    symbol.textContent = run;
    parts.push(text.slice(end, index), symbol);
    end = index + run.length;
  }
  place.replaceChildren(...parts, text.slice(end));
}
"""
