"""Numbers in sentences, captions and quizzes in Markdown: what they give, and what is wrong with them."""

import re

import pytest
from test_build import EXEC, VALUES, block, small_book
from test_build import FIGURE as CODE

from gdbook.site.build.errors import PageError
from gdbook.site.markdown.computed import blocks

FROM = f"{VALUES}\n\n"
FIGURE = block(EXEC, CODE)
QUIZ = """\
What is the limit of gradient descent at curvature 2?

answer: {{ gd_limit(2) }}

- 1: One.
  It is 2 over the curvature, ${{ gd_limit(2):.1f }}$.
- 2: Two.
  It would be at curvature 1."""


def built(folder, markdown):
    made = small_book(folder, markdown)
    assert made.returncode == 0, made.stdout
    return (folder / "site" / "index.html").read_text(encoding="utf-8")


def test_a_place_is_what_an_f_string_gives(tmp_path):
    html = built(
        tmp_path,
        FROM + "The limit is {{ gd_limit(4) }}, or {{ gd_limit(4):.2f }}.\n\n"
        "| a |\n|---|\n| {{ [gd_limit(k) for k in (1, 2)]!r }} |",
    )
    assert "The limit is 0.5, or 0.50." in html
    assert "[2.0, 1.0]" in html
    assert "values from" not in html


def test_code_is_left_as_it_is(tmp_path):
    braces = block("python run", 'print("{{ gd_limit(4) }}")')
    html = built(tmp_path, FROM + f"{{{{ gd_limit(4) }}}}\n\n{braces}")
    assert "<p>0.5</p>" in html
    assert html.count("{{ gd_limit(4) }}") == 2  # the code and what it prints


def test_without_a_module_braces_are_text(tmp_path):
    assert "{{ gd_limit(4) }}" in built(tmp_path, "Here is {{ gd_limit(4) }}.")


def test_a_caption_fence_is_the_words_of_the_figure_above(tmp_path):
    words = block(
        "caption",
        "A label with {{ gd_limit(4):.2f }} < 1 & more,",
        "on two lines.",
        "",
        "A **caption**: $\\eta$, {{ gd_limit(1) }}.",
    )
    html = built(tmp_path, f"{FROM}{FIGURE}\n\n{words}")
    assert html.count("<figure") == 1
    assert re.search(r'aria-label="A label with 0\.50 &lt; 1 &amp; more, on two lines\."', html)
    caption = re.search(r"<figcaption>(.*?)</figcaption>", html, re.DOTALL)[1]
    assert caption.startswith(
        '<a class="gd-number" href="#figure-regimes">Figure\u00a01</a> A <strong>caption</strong>:'
    )
    assert caption.endswith("2.0.")


def test_a_quiz_fence_is_a_quiz(tmp_path):
    html = built(tmp_path, FROM + block("quiz", QUIZ))
    (right,) = re.findall(r'<li data-option="\d" data-right>(.*?)</li>', html)
    assert "One." in right
    assert html.count('<input type="radio"') == 2


def test_places_that_take_the_same_names_share_a_block():
    text = FROM + "{{ gd_limit(1) }} and {{ gd_rate(0.1, 1, 2):.1f }}, {{ gd_limit(2) }}\n\n"
    found = blocks(text + block("python run", "{{ no }}"))
    assert [(one.code, one.numbers) for one in found] == [
        (
            "from gdbook.theory import gd_limit\n"
            'print(f"""{gd_limit(1)}""", end="\\x1e")\n'
            'print(f"""{gd_limit(2)}""", end="\\x1e")',
            [0, 2],
        ),
        ('from gdbook.theory import gd_rate\nprint(f"""{gd_rate(0.1, 1, 2):.1f}""", end="\\x1e")', [1]),
    ]
    assert blocks("{{ gd_limit(1) }}") == []


def test_a_name_that_a_place_binds_itself_is_not_asked_for():
    ((code, *_),) = blocks(
        FROM + "{{ max((1, 2), key=lambda t: -t * gd_limit(1)) }} {{ [gd_limit(k) for k in (1, 2)] }}"
    )
    assert code.startswith("from gdbook.theory import gd_limit\n")


def test_names_come_from_the_module_that_lists_them():
    more = "<!-- values from gdbook.functions: wavy, parabola -->\n"
    ((code, *_),) = blocks(f"{more}{FROM}{{{{ gd_limit(wavy(1)) }}}}")
    first, *_ = code.split("\n")
    assert first == "from gdbook.functions import wavy; from gdbook.theory import gd_limit"
    with pytest.raises(PageError, match="'gd_limit' is in no module"):
        blocks(more + "{{ gd_limit(1) }}")
