r"""LaTeX to MathML at build time.

``pymdownx.arithmatex`` finds ``$…$`` and ``$$…$$``; this extension converts what it found
with math-core. LaTeX that does not convert stops the build.
"""

import html
import re
import xml.etree.ElementTree as ET
from functools import cache

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from gdbook.site.build.errors import PageError

# Converted without complaint, but browsers do not show them (MathML Core has no <menclose>).
INVISIBLE = (r"\boxed", r"\cancel", r"\xrightarrow", r"\xleftarrow")

# The font's prime is already small and raised: as a superscript it would be small twice.
_PRIME = re.compile(r"<msup>(<mi[^>]*>[^<]*</mi>)<mo>([′″‴])</mo></msup>")

_converter = LatexToMathML(fancy_error=False, macros={"E": r"\mathbb{E}", "R": r"\mathbb{R}"})


@cache
def mathml(tex, display):
    """The ``<math>`` element for ``tex``; PageError where it does not convert."""
    for command in INVISIBLE:
        if command in tex:
            raise PageError(f"LaTeX {command} does not show in browsers: {tex}", tex)
    try:
        converted = _converter.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise PageError(f"LaTeX does not convert: {error}\n    {tex}", tex) from error
    # XML knows only five named entities; a number serves HTML and XML.
    converted = converted.replace("&ApplyFunction;", "&#x2061;")
    return _PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', converted)


def named(shown):
    """The HTML ``shown`` with a name for each formula: its text on one line.

    Browsers name a column by the text of its head and a choice by the text of its label, and
    for them MathML is no text: a choice that is only a formula would have no name.
    """
    return re.sub(
        r"<math\b.*?</math>",
        lambda m: m.group().replace(
            "<math", f'<math aria-label="{html.escape(_one_line(ET.fromstring(m.group())))}"', 1
        ),
        shown,
        flags=re.DOTALL,
    )


_INVISIBLE_CHARACTERS = dict.fromkeys(map(ord, "\u2061\u2062\ufe00\ufe01"))


def _one_line(element):
    parts = [_one_line(child) for child in element]
    grouped = [part if len(part) < 2 or part.isalnum() else f"({part})" for part in parts]
    match element.tag:
        case "mfrac":
            return "/".join(grouped)
        case "msub":
            return "_".join(grouped)
        case "msup":
            return "^".join(grouped)
        case "msubsup":
            return "{}_{}^{}".format(*grouped)
        case "msqrt":
            return f"√({''.join(parts)})"
    return (element.text or "").strip().translate(_INVISIBLE_CHARACTERS) + "".join(parts)


class MathMLTreeprocessor(Treeprocessor):
    def run(self, root):
        in_heads = {element for head in root.iter("th") for element in head.iter()}
        for element in root.iter():
            if element.get("class") != "arithmatex":
                continue
            # Arithmatex marks inline math as \(…\) and display math as \[…\].
            # In display math it escaped &, < and >, which LaTeX needs as they are.
            wrapped = html.unescape(element.text).strip()
            tex, display = wrapped[2:-2].strip(), wrapped.startswith(r"\[")
            formula = mathml(tex, display)
            element.text = self.md.htmlStash.store(named(formula) if element in in_heads else formula)
            element.set("class", "gd-math-block" if display else "gd-math")
            element.set("data-search-exclude", "")


class MathExtension(Extension):
    def extendMarkdown(self, md):
        # After inline patterns (20), before attr_list (8) and toc (5).
        md.treeprocessors.register(MathMLTreeprocessor(md), "gdbook-math", 15)


def makeExtension(**config):
    return MathExtension(**config)
