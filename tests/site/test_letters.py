"""Symbols in the text have the face of formulas, and stay text."""

import html
import re

import pytest
from built import PAGES, name_of
from symbols import of_page

from gdbook.site.markdown.letters import in_face, module


def symbols(text):
    return re.findall("<var>([^<]*)</var>", in_face(html.escape(text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("So η alone is not λ.", ["η", "λ"]),
        ("with κ = 1,000, μ = 0.99: rings", ["κ = 1,000", "μ = 0.99"]),
        ("a limit of 2(1 + μ)/L or (κ − 1)/(κ + 1) = 0.98", ["2(1 + μ)/L", "(κ − 1)/(κ + 1) = 0.98"]),
        ("ends (η = 0.1), or J(θ − η g), or −g", ["η = 0.1", "J(θ − η g)", "−g"]),
        ("η < 2/L", ["η &lt; 2/L"]),
        (
            "√μ = √0.9, ηλ, β₁, ρ²η, ∂L/∂a, 1/√t, v̂ and ∇f",
            ["√μ = √0.9", "ηλ", "β₁", "ρ²η", "∂L/∂a", "1/√t", "v̂", "∇f"],
        ),
        ("from x = 0 by k. Then y", ["x = 0", "k", "y"]),
        ("with η =\n0.1", ["η =\n0.1"]),
        ("3 for a, 2 for b", ["a", "b"]),
    ],
)
def test_letters_and_short_formulas_are_found(text, found):
    assert symbols(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "A step, which I take, is a step (a long one): 1,000 of 2.5, 10⁻⁸.",
        "B. T. Polyak, K-FAC, L-BFGS, e.g. Adam’s and Newton's",
        "25.6 m, (2, −5) m, height in m, 63 µs, 8 s",
        "w_0 of R2D2 & co",
    ],
)
def test_words_initials_units_and_numbers_stay(text):
    assert symbols(text) == []


@pytest.mark.parametrize(
    "left",
    [
        "<code>η</code>",
        "<math><mi>η</mi></math>",
        "<pre>x\nη</pre>",
        "<option>η</option>",
        '<a title="η">a</a>',
        "<!-- η -->",
    ],
)
def test_code_formulas_and_attributes_stay(left):
    assert in_face(f"<p>{left}</p>") == f"<p>{left}</p>"


def test_a_label_may_be_the_letter_a():
    assert in_face("<em>a</em><svg><text>a</text></svg>").count(">a</tspan>") == 1


def test_in_a_picture_it_is_a_part_of_its_text():
    drawn = "<svg><title>η</title><text>rate η</text></svg>μ"
    assert in_face(drawn) == (
        '<svg><title>η</title><text>rate <tspan class="gd-symbol">η</tspan></text></svg><var>μ</var>'
    )


def test_what_is_set_is_not_set_again():
    once = in_face("<p>η &lt; 1 &amp; x</p><svg><text>η</text></svg>")
    assert in_face(once) == once


def test_nothing_else_changes():
    page = "<p>It&#8217;s &quot;5 &lt; 6&quot; &amp; so&nbsp;on</p>"
    assert in_face(page) == page
    assert re.sub("</?var>", "", in_face("<p>η &lt; 1 &amp; on</p>")) == "<p>η &lt; 1 &amp; on</p>"


def test_scripts_find_the_same(tab):
    """In Chromium, by the module that the build writes."""
    texts = [
        "Diverges: η is above 2/λ = 0.7887, at x = −1 & y < 2.",
        "with κ = 1,000: (√κ − 1)/(√κ + 1), 25.6 m; a, B = 10",
    ]
    tab.set_content("<p></p><svg><text></text></svg>")
    shown = tab.evaluate(
        """async ([script, texts]) => {
          const { write } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
          return texts.map((text) => ["p", "text"].map((name) => {
            write(document.querySelector(name), text);
            return document.querySelector(name).innerHTML;
          }));
        }""",
        [module(), texts],
    )
    for text, (in_page, in_picture) in zip(texts, shown, strict=True):
        escaped = html.escape(text, quote=False)
        assert in_page == in_face(escaped)
        assert f"<svg>{in_picture}</svg>" == in_face(f"<svg>{escaped}</svg>")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_letter_of_a_page_is_in_another_face(site, page):
    assert list(of_page(site, page)) == []


def test_a_symbol_is_the_same_in_a_sentence_a_formula_and_a_picture(tab, server):
    """And it is copied and read aloud as the text that it is."""
    tab.goto(server.url + "descent/momentum/")
    widths = tab.evaluate(
        """async () => {
          await document.fonts.ready;
          const width = (shown) => {
            const place = document.createElement("p");
            place.style.cssText = "position: absolute; font-size: 100px";
            place.innerHTML = shown;
            document.querySelector(".md-typeset").append(place);
            return place.querySelector("var, mi, code, tspan").getBoundingClientRect().width;
          };
          const drawn = '<svg style="font-size: 100px"><text><tspan class="gd-symbol">η</tspan></text></svg>';
          return ["<math><mi>η</mi></math>", "<var>η</var>", drawn, "<code>η</code>"].map(width);
        }"""
    )
    assert widths == pytest.approx([widths[0]] * 3 + [widths[3]], abs=0.5)
    assert abs(widths[3] - widths[0]) > 1
    links = tab.get_by_role("link", name="η = 0.01, μ = 0.9", exact=True)
    assert links.count() == 1
    links.evaluate("(link) => getSelection().selectAllChildren(link)")
    assert tab.evaluate("getSelection().toString()") == "η = 0.01, μ = 0.9"
