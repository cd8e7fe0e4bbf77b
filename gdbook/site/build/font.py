"""The math font, cut down to what the book's formulas use."""

import copy
import html
import io
import re
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

# Needed although no page holds them: the root sign grows from U+221A, and labs write hats.
ALWAYS = "√\u0302"
WITH_SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
# Heights of the root signs for a line, to that of the lowest that the font has, which in a text is the sign
# still; and the width of all, to its width.
ROOTS = (0.56, 0.65, 0.74, 0.83, 0.92, 1, 1.1, 1.2, 1.35)
ROOT_WIDTH = 0.8
FULL_ROOT = "root.full"
_IN_TEXT = re.compile(r'<(?:var|tspan class="gd-symbol")>([^<]*)<')
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
    options.layout_features = ["ssty", "dtls", "flac", "kern", "mark", "ital"]
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
        _low_roots(font)
        _italic_letters(font, characters)
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


def _italic_letters(font, characters):
    """Letters of the text stay what they are, and are drawn as in formulas where ``ital`` is asked for.

    The sign of a root has its full size there.
    """
    from fontTools.otlLib.builder import buildLookup, buildSingleSubstSubtable
    from fontTools.ttLib.tables import otTables

    names, table = font.getBestCmap(), font["GSUB"].table
    slanted = {c: italic(c) for c in characters if italic(c) != c and italic(c) in characters}
    drawn = {names[ord(c)]: names[ord(form)] for c, form in slanted.items() if ord(c) in names}
    table.LookupList.Lookup.append(
        buildLookup([buildSingleSubstSubtable({**drawn, names[ord("√")]: FULL_ROOT})])
    )
    table.LookupList.LookupCount += 1
    feature = otTables.FeatureRecord()
    feature.FeatureTag, feature.Feature = "ital", otTables.Feature()
    feature.Feature.LookupListIndex = [table.LookupList.LookupCount - 1]
    table.FeatureList.FeatureRecord.append(feature)
    for script in table.ScriptList.ScriptRecord:
        others = [record.LangSys for record in script.Script.LangSysRecord]
        for language in filter(None, [script.Script.DefaultLangSys, *others]):
            language.FeatureIndex.append(len(table.FeatureList.FeatureRecord) - 1)


def _low_roots(font):
    """Add root signs for what stands in a line, the lowest as low as a letter.

    The lowest that the font has is higher than letters: over a small one it would hang below the line. The
    next is half as high again: over an index it would push the lines apart.
    """
    glyphs, widths, variants = font["glyf"], font["hmtx"], font["MATH"].table.MathVariants
    lowest = font.getBestCmap()[ord("√")]
    sizes = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(lowest)]
    full = sizes.MathGlyphVariantRecord[0]
    names = [lowest, *(FULL_ROOT if height == 1 else f"root.{height:g}" for height in ROOTS[1:])]
    drawn, width = glyphs[lowest], round(ROOT_WIDTH * widths[lowest][0])
    added = []
    for name, height in zip(names, ROOTS, strict=True):
        glyphs[name], record = copy.deepcopy(drawn), copy.copy(full)
        glyphs[name].coordinates.scale((ROOT_WIDTH, height))
        glyphs[name].coordinates.toInt()
        glyphs[name].recalcBounds(glyphs)
        widths[name] = width, glyphs[name].xMin
        record.VariantGlyph, record.AdvanceMeasurement = name, round(height * full.AdvanceMeasurement)
        added.append(record)
    sizes.MathGlyphVariantRecord[:1] = added
    font.setGlyphOrder(glyphs.glyphOrder)


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
    """The characters of the formulas and symbols of a page: all, and those in indices and exponents."""
    everywhere, in_scripts = set(), set()
    for formula in re.findall(r"<math\b.*?</math>", page, re.S):
        # A lone letter in <mi> is drawn by the browser from its mathematical italic.
        formula = re.sub(r"<mi>([^&<])</mi>", lambda m: f"<mi>{italic(m.group(1))}</mi>", formula)
        everywhere |= set(html.unescape(re.sub(r"<[^>]*>", "", formula)))
        in_scripts |= _in_scripts(formula)
    for text in _IN_TEXT.findall(page):
        letters = set(html.unescape(text))
        # Greek capitals stand upright in formulas.
        everywhere |= letters | {italic(c) for c in letters if not "Α" <= c <= "Ω"}
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
    special = {
        "h": 0x210E,
        "∂": 0x1D715,
        "ϵ": 0x1D716,
        "ϑ": 0x1D717,
        "ϰ": 0x1D718,
        "ϕ": 0x1D719,
        "ϱ": 0x1D71A,
        "ϖ": 0x1D71B,
        "∇": 0x1D6FB,
    }
    if letter in special:
        return chr(special[letter])
    for first, start in (("A", 0x1D434), ("a", 0x1D44E), ("Α", 0x1D6E2), ("α", 0x1D6FC)):
        offset = ord(letter) - ord(first)
        if 0 <= offset < (26 if first in "Aa" else 25):
            return chr(start + offset)
    return letter
