"""The math font holds what the pages show, and little else."""

import io

from fontTools.ttLib import TTFont

from gdbook.site.font import italic, math_characters, subset_math_font


def test_single_letters_are_drawn_from_the_mathematical_italics():
    assert italic("x") == "𝑥"
    assert italic("θ") == "𝜃"
    assert italic("∂") == "𝜕"
    assert italic("+") == "+"


def test_the_characters_of_formulas_are_found_and_no_others(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>Z</p><math><mi>w</mi><mo>&gt;</mo><mn>0</mn></math>", encoding="utf-8")
    everywhere, in_scripts = math_characters(tmp_path)
    assert set(everywhere) == set("𝑤>0")
    assert in_scripts == ""


def test_the_subset_holds_what_was_asked_and_keeps_the_math_table(tmp_path):
    subset_math_font("𝑤+", "", tmp_path / "math.woff2")
    font = TTFont(io.BytesIO((tmp_path / "math.woff2").read_bytes()))
    assert {ord("𝑤"), ord("+"), ord("√")} <= set(font.getBestCmap())
    assert ord("Z") not in font.getBestCmap()
    assert "MATH" in font


def test_what_stands_in_an_index_or_exponent_is_found(tmp_path):
    formula = "<msup><mi>w</mi><mrow><mi>t</mi><mo>&lt;</mo></mrow></msup><msub><mi>θ</mi><mn>1</mn></msub>"
    (tmp_path / "page.html").write_text(f'<math display="block">{formula}</math>', encoding="utf-8")
    assert math_characters(tmp_path)[1] == "1<𝑡"


def small_forms(path):
    """The characters that have a form for indices."""
    font = TTFont(io.BytesIO(path.read_bytes()))
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


def test_only_what_stands_in_an_index_keeps_its_small_form(tmp_path):
    subset_math_font("𝑤𝑡+", "𝑡", tmp_path / "math.woff2")
    assert small_forms(tmp_path / "math.woff2") == {"𝑡": 1}


def test_the_subset_is_the_same_bytes_each_time(tmp_path):
    subset_math_font("𝑤+", "", tmp_path / "one.woff2")
    subset_math_font("+𝑤", "", tmp_path / "two.woff2")
    assert (tmp_path / "one.woff2").read_bytes() == (tmp_path / "two.woff2").read_bytes()


def test_every_size_of_the_root_has_one_width(tmp_path):
    """So that no browser leaves room for a wider one."""
    subset_math_font("√", "", tmp_path / "math.woff2")
    font = TTFont(io.BytesIO((tmp_path / "math.woff2").read_bytes()))
    variants = font["MATH"].table.MathVariants
    sizes = variants.VertGlyphConstruction[
        variants.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ord("√")])
    ]
    widths = {font["hmtx"][record.VariantGlyph][0] for record in sizes.MathGlyphVariantRecord}
    widths |= {font["hmtx"][part.glyph][0] for part in sizes.GlyphAssembly.PartRecords}
    assert len(sizes.MathGlyphVariantRecord) > 2
    assert len(widths) == 1


def test_the_license_travels_with_the_font(tmp_path):
    subset_math_font("√", "", tmp_path / "math.woff2")
    font = TTFont(io.BytesIO((tmp_path / "math.woff2").read_bytes()))
    assert "Open Font License" in font["name"].getDebugName(13)
    assert "STIX" in font["name"].getDebugName(0)
