"""LaTeX becomes MathML that says the same, or the build stops."""

import xml.etree.ElementTree as ET

import markdown
import pytest

from gdbook.site.build.errors import PageError
from gdbook.site.markdown.math import mathml, named


def shown(tex):
    """The characters that a formula shows, in order."""
    return "".join(ET.fromstring(mathml(tex, True)).itertext())


def page(text):
    return markdown.markdown(
        text,
        extensions=["pymdownx.arithmatex", "gdbook.site.markdown.math"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )


def test_the_update_rule_has_its_symbols_in_reading_order():
    assert shown(r"w_{t+1} = w_t - \eta\,\frac{\partial L}{\partial w_t}") == "wt+1=wt−η∂L∂wt"


def test_display_math_is_a_block_and_inline_math_is_not():
    assert 'display="block"' in mathml("x", True)
    assert "display" not in mathml("x", False)


def test_dollars_become_formulas_that_search_leaves_out():
    html = page("A loss $f(x)$.\n\n$$x^2$$\n")
    assert html.count("<math") == 2
    assert html.count("data-search-exclude") == 2
    assert "$" not in html


def test_aligned_lines_keep_their_marks():
    html = page("$$\n\\begin{aligned} a &= b \\\\ c &< d \\end{aligned}\n$$\n")
    assert html.count("<mtd") == 4
    assert "amp" not in html
    assert "<mo>&lt;</mo>" in html


def test_a_price_stays_a_price():
    assert "<math" not in page("From $5 to $10.")


def test_primes_are_full_sized():
    assert mathml("f''", False) == '<math><mrow><mi>f</mi><mo lspace="0" rspace="0">″</mo></mrow></math>'


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nosuchcommand", r"x^2^3", r"\left( x"])
def test_latex_that_does_not_convert_stops_the_build(tex):
    with pytest.raises(PageError, match="does not convert"):
        mathml(tex, False)


@pytest.mark.parametrize("tex", [r"\boxed{x}", r"\cancel{x}", r"\xrightarrow{n}"])
def test_latex_that_browsers_do_not_show_stops_the_build(tex):
    with pytest.raises(PageError, match="does not show"):
        mathml(tex, False)


def test_a_formula_in_a_name_is_one_line_of_text():
    formula = mathml(r"\frac{1}{\eta} \sqrt{w_t^2} f(x^{k+1})", False)
    name = ET.fromstring(named(f"<b>{formula}</b>")).find("math").get("aria-label")
    assert name == "1/η√(w_t^2)f(x^(k+1))"
