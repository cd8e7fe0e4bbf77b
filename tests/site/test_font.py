"""The math font holds what the pages show, and little else."""

import io
from itertools import pairwise

from fontTools.ttLib import TTFont

from gdbook.site.build.font import characters_of, italic, subset_math_font


def test_single_letters_are_drawn_from_the_mathematical_italics():
    assert italic("x") == "𝑥"
    assert italic("θ") == "𝜃"
    assert italic("∂") == "𝜕"
    assert italic("+") == "+"


def test_the_characters_of_formulas_are_found_and_no_others():
    everywhere, in_scripts = characters_of("<p>Z</p><math><mi>w</mi><mo>&gt;</mo><mn>0</mn></math>")
    assert set(everywhere) == set("𝑤>0")
    assert in_scripts == ""


def test_the_subset_holds_what_was_asked_and_keeps_the_math_table():
    font = TTFont(io.BytesIO(subset_math_font("𝑤+", "")))
    assert {ord("𝑤"), ord("+"), ord("√")} <= set(font.getBestCmap())
    assert ord("Z") not in font.getBestCmap()
    assert "MATH" in font


def test_what_stands_in_an_index_or_exponent_is_found():
    formula = "<msup><mi>w</mi><mrow><mi>t</mi><mo>&lt;</mo></mrow></msup><msub><mi>θ</mi><mn>1</mn></msub>"
    assert characters_of(f'<math display="block">{formula}</math>')[1] == "1<𝑡"


def small_forms(subset):
    """The characters that have a form for indices."""
    font = TTFont(io.BytesIO(subset))
    names = {name: chr(code) for code, name in font.getBestCmap().items()}
    if "GSUB" not in font:
        return {}
    lookups = font["GSUB"].table.LookupList.Lookup
    return {
        names[name]: len(forms)
        for lookup in lookups
        for part in lookup.SubTable
        for name, forms in getattr(getattr(part, "ExtSubTable", part), "alternates", {}).items()
    }


def test_only_what_stands_in_an_index_keeps_its_small_form():
    assert small_forms(subset_math_font("𝑤𝑡+", "𝑡")) == {"𝑡": 1}


def test_the_subset_is_the_same_bytes_each_time():
    assert subset_math_font("𝑤+", "") == subset_math_font("+𝑤", "")


def test_every_size_of_the_root_has_one_width():
    """So that no browser leaves room for a wider one."""
    font = TTFont(io.BytesIO(subset_math_font("√", "")))
    variants = font["MATH"].table.MathVariants
    sizes = variants.VertGlyphConstruction[
        variants.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ord("√")])
    ]
    widths = {font["hmtx"][record.VariantGlyph][0] for record in sizes.MathGlyphVariantRecord}
    widths |= {font["hmtx"][part.glyph][0] for part in sizes.GlyphAssembly.PartRecords}
    assert len(sizes.MathGlyphVariantRecord) > 2
    assert len(widths) == 1


def test_the_license_travels_with_the_font():
    font = TTFont(io.BytesIO(subset_math_font("√", "")))
    assert "Open Font License" in font["name"].getDebugName(13)
    assert "STIX" in font["name"].getDebugName(0)


def italics(subset):
    """``{character: its form}`` of the feature that draws letters of the text as in formulas."""
    font = TTFont(io.BytesIO(subset))
    names = {name: chr(code) for code, name in font.getBestCmap().items()}
    table = font["GSUB"].table
    [feature] = [record.Feature for record in table.FeatureList.FeatureRecord if record.FeatureTag == "ital"]
    [part] = table.LookupList.Lookup[feature.LookupListIndex[0]].SubTable
    forms = getattr(part, "ExtSubTable", part).mapping
    return {names[name]: names.get(form, form) for name, form in forms.items()}


def test_letters_of_the_text_have_the_forms_of_formulas():
    everywhere, _ = characters_of(
        '<var>η = 0.1</var> <tspan class="gd-symbol">h</tspan><var>Δ</var><math><mi>y</mi></math>'
    )
    forms = italics(subset_math_font(everywhere, ""))
    assert {"η": "𝜂", "h": "ℎ"}.items() <= forms.items()
    assert {"Δ", "y"} & forms.keys() == set()


def test_roots_are_as_low_as_a_letter():
    font = TTFont(io.BytesIO(subset_math_font("√", "")))
    variants = font["MATH"].table.MathVariants
    [sizes] = variants.VertGlyphConstruction
    heights = [record.AdvanceMeasurement for record in sizes.MathGlyphVariantRecord]
    assert heights == sorted(heights)
    # Over an x, with the gap and the line above it.
    constants = font["MATH"].table.MathConstants
    needed = 490 + constants.RadicalVerticalGap.Value + constants.RadicalRuleThickness.Value
    assert needed <= heights[0] <= 1.1 * needed
    # From one to the next it is no large step, as far as letters go.
    assert all(after < 1.2 * before for before, after in pairwise(heights[:9]))
    assert sizes.MathGlyphVariantRecord[0].VariantGlyph == font.getBestCmap()[ord("√")]
