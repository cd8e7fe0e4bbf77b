"""LaTeX becomes MathML that says the same, or the build stops."""

import xml.etree.ElementTree as ET

import markdown
import pytest

from gdbook.site.build.errors import PageError
from gdbook.site.markdown.math import mathml, named, on_a_line


def shown(tex):
    """The characters that a formula shows, in order."""
    return "".join(ET.fromstring(mathml(tex, True)).itertext())


EXTENSIONS = ["pymdownx.arithmatex", "gdbook.site.markdown.math"]
CONFIGS = {"pymdownx.arithmatex": {"generic": True}}


def page(text):
    return markdown.markdown(text, extensions=EXTENSIONS, extension_configs=CONFIGS)


def test_the_update_rule_has_its_symbols_in_reading_order():
    assert shown(r"w_{t+1} = w_t - \eta\,\frac{\partial L}{\partial w_t}") == "wt+1=wt−η∂L∂wt"


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"\frac12 x^2", "½x2"),
        (r"\tfrac25(1 - x)", "⅖(1−x)"),
        (r"-\frac{2}{15}", "−2/15"),
        (r"\frac{\sigma^2}{4} \cdot \frac{\eta}{1 - \mu}", "σ2/4⋅η/(1−μ)"),
        (r"\dfrac{a + b}{2\,(2 - b)}", "(a+b)/(2(2−b))"),
        (r"\frac{\partial L}{\partial w}", "∂L/∂w"),
        (r"\frac1m X", "(1/m)X"),
        (r"\frac1{2m}\sum_i e_i", "(1/2m)∑iei"),
        (r"\frac a{2m} + 1", "a/(2m)+1"),
        (r"x^{\frac{1}{k}}", "x1/k"),
        (r"\frac{\frac ab}{c}", "(a/b)/c"),
    ],
)
def test_a_fraction_in_a_sentence_is_on_its_line(tex, line):
    formula = ET.fromstring(on_a_line(tex))
    assert list(formula.iter("mfrac")) == []
    assert "".join(formula.itertext()) == line


def test_a_binomial_stays_what_it_is():
    assert "mfrac" in on_a_line(r"\binom{n}{k} \frac12")


def test_fractions_are_high_where_they_have_room():
    table = "| a |\n|---|\n| $\\frac{a}{b}$ |\n| so $\\frac{a}{b}$ |\n"
    html = markdown.markdown(table, extensions=[*EXTENSIONS, "tables"], extension_configs=CONFIGS)
    assert html.count("<mfrac") == 1
    assert page("$$\\frac{a}{b}$$").count("<mfrac") == 1
    assert page("So $\\frac{a}{b}$.").count("<mfrac") == 0


def test_the_letter_of_the_text_is_that_of_the_formulas():
    assert shown(r"\epsilon") == shown(r"\varepsilon") == "ε"


@pytest.mark.parametrize("place", ["# Where $x$", "[$x$](a.html)"])
def test_formulas_have_a_name_where_their_text_is_one(place):
    assert 'aria-label="x"' in page(place)


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


def test_an_error_names_the_latex_as_it_was_written():
    with pytest.raises(PageError) as raised:
        on_a_line(r"\frac{1")
    assert r"\frac{1" in str(raised.value)


@pytest.mark.parametrize("tex", [r"\boxed{x}", r"\cancel{x}", r"\xrightarrow{n}"])
def test_latex_that_browsers_do_not_show_stops_the_build(tex):
    with pytest.raises(PageError, match="does not show"):
        mathml(tex, False)


def test_a_formula_in_a_name_is_one_line_of_text():
    formula = mathml(r"\frac{1}{\eta} \sqrt{w_t^2} f(x^{k+1})", False)
    name = ET.fromstring(named(f"<b>{formula}</b>")).find("math").get("aria-label")
    assert name == "1/η√(w_t^2)f(x^(k+1))"
