r"""LaTeX to MathML at build time.

``pymdownx.arithmatex`` finds ``$…$`` and ``$$…$$``; this extension converts what it found
with math-core. LaTeX that does not convert stops the build. In a sentence a fraction is written
with a solidus, so that no formula is higher than its line.
"""

import html
import re
import unicodedata
import xml.etree.ElementTree as ET
from functools import cache

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from gdbook.site.build.errors import PageError

# Converted without complaint, but browsers do not show them (MathML Core has no <menclose>).
INVISIBLE = (r"\boxed", r"\cancel", r"\xrightarrow", r"\xleftarrow")

# Styles of the cells of aligned formulas: classes, since the site's policy allows no style in an element.
_STYLE = re.compile(r' style="([^"]*)"')
_CLASSES = {
    "text-align:left": "gd-left", "text-align:right": "gd-right",
    "justify-items:start": "", "justify-items:end": "",
    "padding-left:0": "gd-near-left", "padding-right:0": "gd-near-right", "padding-left:1em": "gd-off-left",
}  # fmt: skip

# The font's prime is already small and raised: as a superscript it would be small twice.
_PRIME = re.compile(r"<msup>(<mi[^>]*>[^<]*</mi>)<mo>([′″‴])</mo></msup>")

# The text writes ε: so do the formulas, however LaTeX calls it.
_MACROS = {"E": r"\mathbb{E}", "R": r"\mathbb{R}", "epsilon": r"\varepsilon"}
_converter = LatexToMathML(fancy_error=False, macros=_MACROS)


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
    classed = _STYLE.sub(lambda style: _class(style[1], tex), converted)
    return _PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', classed)


def _class(style, tex):
    """The attribute that says the same as the declarations of a style."""
    names = []
    for declaration in filter(None, style.replace(" ", "").split(";")):
        if declaration not in _CLASSES:
            raise PageError(
                f"LaTeX would need a style that the site does not have, {declaration}: {tex}", tex
            )
        names.append(_CLASSES[declaration])
    return f' class="{" ".join(filter(None, names))}"'


FRACTIONS = {unicodedata.normalize("NFKC", sign).replace("⁄", "/"): sign for sign in "¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_OPENING = {"(", "[", "|", "‖", "∑", "∇"}


def on_a_line(tex):
    """The ``<math>`` element of ``tex`` in a line of text, with fractions as ½, a/b, (a + 1)/(2b)."""
    formula = mathml(tex, False)
    if "<mfrac" not in formula:
        return formula
    # The small ones would bring narrow spaces along.
    root = ET.fromstring(mathml(re.sub(r"\\t?frac(?![a-zA-Z])", r"\\dfrac", tex), False))
    for parent in reversed(list(root.iter())):
        for i, child in enumerate(parent):
            if child.tag == "mfrac" and child.get("linethickness") != "0":  # which is a binomial
                behind = next((after for after in parent[i + 1 :] if after.tag != "mspace"), None)
                parent[i] = _solidus(child[0], child[1], behind)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def _solidus(above, below, behind):
    sign = FRACTIONS.get(f"{above.text}/{below.text}")
    if sign and above.tag == below.tag == "mn":
        return _made("mn", sign)
    above = _in_brackets(above) if _is_sum(above) else above
    factor = behind is not None and _is_factor(behind)
    plain = factor and [part.tag for part in below] == ["mn", "mi"]  # (1/2m)Σ needs no more brackets
    below = _in_brackets(below) if _is_sum(below) or (_is_product(below) and not plain) else below
    fraction = _made("mrow", None, above, _made("mo", "/", lspace="0", rspace="0"), below)
    return _in_brackets(fraction) if factor else fraction


def _is_sum(element):
    return element.tag == "mrow" and any(
        child.tag == "mo" and child.text in "+−±·⋅/" for child in element[1:]
    )


def _is_product(element):
    parts = [child for child in element if child.tag != "mspace"] if element.tag == "mrow" else []
    return len(parts) > 1 and not (len(parts) == 2 and parts[0].text in ("∂", "d"))


def _is_factor(element):
    if element.tag == "mo":
        return element.text in _OPENING and element.get("form") != "postfix"
    base = next(element.iter("mo"), None) if element.tag in ("munder", "munderover") else None
    return base is None or base.text in _OPENING


def _in_brackets(element):
    left, right = (_made("mo", bracket, stretchy="false") for bracket in "()")
    return _made("mrow", None, left, element, right)


def _made(tag, text, *children, **attributes):
    element = ET.Element(tag, attributes)
    element.text = text
    element.extend(children)
    return element


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


# Whose name is the text in them.
NAMED = ("a", "h1", "h2", "h3", "h4", "h5", "h6", "summary", "th")


class MathMLTreeprocessor(Treeprocessor):
    def run(self, root):
        in_named = {element for tag in NAMED for named in root.iter(tag) for element in named.iter()}
        alone = {cell[0] for cell in root.iter("td") if len(cell) == 1 and not cell.text and not cell[0].tail}
        for element in root.iter():
            if element.get("class") != "arithmatex":
                continue
            # Arithmatex marks inline math as \(…\) and display math as \[…\].
            # In display math it escaped &, < and >, which LaTeX needs as they are.
            wrapped = html.unescape(element.text).strip()
            tex, display = wrapped[2:-2].strip(), wrapped.startswith(r"\[")
            formula = mathml(tex, display) if display or element in alone else on_a_line(tex)
            element.text = self.md.htmlStash.store(named(formula) if element in in_named else formula)
            element.set("class", "gd-math-block" if display else "gd-math")
            element.set("data-search-exclude", "")


class MathExtension(Extension):
    def extendMarkdown(self, md):
        # After inline patterns (20), before attr_list (8) and toc (5).
        md.treeprocessors.register(MathMLTreeprocessor(md), "gdbook-math", 15)


def makeExtension(**config):
    return MathExtension(**config)
