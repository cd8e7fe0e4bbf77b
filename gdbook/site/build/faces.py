"""The book's faces, cut down to what its pages show, in a style sheet that carries them.

Fonts of their own would come after the style: text would be drawn twice, and lines would break anew. In a
style sheet they are there with the first line.
"""

import base64
import html
import io
import re
from pathlib import Path

from gdbook.site.build.font import subset_math_font

FOLDER = Path(__file__).parent / "typefaces"
SERIF, SANS, MATH = "Book Serif", "Book Sans", "Book Math"
# Family, style, weights, file.
FACES = (
    (SERIF, "normal", "400", "stix-two-text-regular.woff2"),
    (SERIF, "italic", "400", "stix-two-text-italic.woff2"),
    (SANS, "normal", "400 700", "source-sans-3.woff2"),
)
# What a script may write, or a reader type.
ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "\u00a0×·±−–—…‘’“”°½"
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")  # of the math font, wherever it stands
_NOT_TEXT = re.compile(r"<(math|script|style|pre)\b.*?</\1>|<[^>]*>", re.DOTALL)


def text_of(page):
    """The characters of a page, as HTML, outside formulas and blocks of code."""
    return "".join(sorted(set(html.unescape(_NOT_TEXT.sub(" ", page))) - {"\n"}))


def in_no_face(characters):
    """Those of the characters that the math font is to show: no text face has them, or they are Greek."""
    from fontTools.ttLib import TTFont  # slow to load

    with TTFont(FOLDER / FACES[0][-1]) as font:
        return "".join(c for c in characters if ord(c) not in font.getBestCmap())


def style_sheet(characters, of_formulas, in_scripts):
    """The text faces with these characters and the math font with those ``of_formulas``, as CSS.

    ``in_scripts`` are those of indices and exponents: see ``font.subset_math_font``.
    """
    wanted = sorted({ord(c) for c in {*characters, *ALWAYS} if not _GREEK.match(c)})
    rules = ["/* STIX Two and Source Sans 3, under the SIL Open Font License: see licences/ */"]
    for family, style, weights, file in FACES:
        rules.append(_rule(family, style, weights, cut(FOLDER / file, family, weights, wanted)))
    rules.append(_rule(MATH, "normal", "400", subset_math_font(of_formulas, in_scripts)))
    return "\n".join(rules)


def licences():
    """The texts of the licences, by file name."""
    return {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.txt"))}


def _rule(family, style, weights, font):
    data = base64.b64encode(font).decode("ascii")
    # Source Sans has lines of 1.4 em, which reach out of a picture's edge where no letter does.
    lines = "ascent-override:92%;descent-override:27%;" if family == SANS else ""
    return (
        f'@font-face{{font-family:"{family}";font-style:{style};font-weight:{weights};font-display:block;{lines}'
        f'src:url("data:font/woff2;base64,{data}") format("woff2")}}'
    )


def cut(path, family, weights, unicodes):
    """The font of a file with these characters and weights, as the bytes of a WOFF2 file of this name."""
    from fontTools import subset
    from fontTools.varLib import instancer

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "liga"]
    options.notdef_outline = True
    options.drop_tables += ["BASE", "MVAR", "STAT", "gasp"]
    options.hinting = False
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2, 13, 14]
    with subset.load_font(str(path), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=unicodes)
        cutter.subset(font)
        if "fvar" in font:
            lightest, boldest = map(int, weights.split())
            instancer.instantiateVariableFont(font, {"wght": (lightest, lightest, boldest)}, inplace=True)
        for record in font["name"].names:
            if record.nameID == 1:
                record.string = family
        made = io.BytesIO()
        font.flavor = options.flavor
        subset.save_font(font, made, options)
    return made.getvalue()
