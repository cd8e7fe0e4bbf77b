"""The math font, cut down to what the book's formulas use."""

import html
import io
import re
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

# Needed although no page holds them: the root sign grows from U+221A, and browsers take the
# italic h from U+210E.
ALWAYS = "√ℎ"
WITH_SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
_XMLNS = re.compile(r'\sxmlns="[^"]*"')


def subset_math_font(characters, in_scripts):
    """STIX Two Math with these characters and their italic forms, as the bytes of a WOFF2 file.

    Those of ``in_scripts`` keep their sturdier form for indices and exponents. The stretchy forms of
    brackets and roots and the table of math constants stay. The font is the one that ziamath carries,
    under the SIL Open Font License.
    """
    from fontTools import subset  # slow to load

    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["ssty", "dtls", "flac", "kern"]
    options.drop_tables += ["DSIG"]
    options.notdef_outline = True
    options.hinting = False  # a quarter of the bytes, for screens that nobody has now
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2, 13]  # the license asks that it and the copyright travel along
    # Found without importing ziamath, which would load its own renderer.
    found = find_spec("ziamath")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'ziamath'", name="ziamath")
    package = Path(found.origin).parent
    with subset.load_font(str(package / "fonts" / "STIXTwoMath-Regular.ttf"), options) as font:
        _small_forms(font, in_scripts)
        cut = subset.Subsetter(options)
        cut.populate(unicodes=sorted({ord(c) for c in characters + ALWAYS}))
        cut.subset(font)
        _even_roots(font)
        made = io.BytesIO()
        font.flavor = options.flavor
        subset.save_font(font, made, options)
    return made.getvalue()


def _small_forms(font, in_scripts):
    """Keep the forms for indices of these characters only, and none for indices of indices.

    The font has both for every character, which doubles it.
    """
    names = font.getBestCmap()
    kept = {names[ord(c)] for c in in_scripts if ord(c) in names}
    table = font["GSUB"].table
    for feature in table.FeatureList.FeatureRecord:
        if feature.FeatureTag == "ssty":
            for index in feature.Feature.LookupListIndex:
                for lookup in table.LookupList.Lookup[index].SubTable:
                    forms = getattr(lookup, "ExtSubTable", lookup).alternates
                    for name in [name for name in forms if name not in kept]:
                        del forms[name]
                    for name in forms:
                        del forms[name][1:]


def _even_roots(font):
    """Give every size of the root sign the width of the smallest.

    Chromium reserves for each root the width of the widest size that the font has, which leaves a
    gap after a small one. With one width there is no gap.
    """
    glyphs, widths = font["glyf"], font["hmtx"]
    variants = font["MATH"].table.MathVariants
    root = font.getBestCmap()[ord("√")]
    sizes = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    names = {record.VariantGlyph for record in sizes.MathGlyphVariantRecord}
    names |= {part.glyph for part in sizes.GlyphAssembly.PartRecords}
    narrow = widths[root][0]
    for name in names - {root}:
        glyph, (width, _) = glyphs[name], widths[name]
        glyph.coordinates.scale((narrow / width, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(glyphs)
        widths[name] = (narrow, glyph.xMin)


def characters_of(page):
    """The characters of the formulas of a page, as HTML: all, and those in indices and exponents."""
    everywhere, in_scripts = set(), set()
    for formula in re.findall(r"<math\b.*?</math>", page, re.S):
        # A lone letter in <mi> is drawn by the browser from its mathematical italic.
        formula = re.sub(r"<mi>([^&<])</mi>", lambda m: f"<mi>{italic(m.group(1))}</mi>", formula)
        everywhere |= set(html.unescape(re.sub(r"<[^>]*>", "", formula)))
        in_scripts |= _in_scripts(formula)
    return "".join(sorted(everywhere)), "".join(sorted(in_scripts))


def _in_scripts(formula):
    """The characters in all but the first child of each element that has scripts."""
    found = set()
    for element in ElementTree.fromstring(_XMLNS.sub("", formula)).iter():
        if element.tag in WITH_SCRIPTS:
            for script in list(element)[1:]:
                found |= set("".join(script.itertext()))
    return found


def italic(letter):
    """The mathematical italic of a Latin or Greek letter, as browsers choose it; else itself."""
    for first, start in (("A", 0x1D434), ("a", 0x1D44E), ("Α", 0x1D6E2), ("α", 0x1D6FC)):
        offset = ord(letter) - ord(first)
        if 0 <= offset < (26 if first in "Aa" else 25):
            return chr(start + offset)
    special = {
        "∂": 0x1D715,
        "ϵ": 0x1D716,
        "ϑ": 0x1D717,
        "ϰ": 0x1D718,
        "ϕ": 0x1D719,
        "ϱ": 0x1D71A,
        "ϖ": 0x1D71B,
        "∇": 0x1D6FB,
    }
    return chr(special.get(letter, ord(letter)))
