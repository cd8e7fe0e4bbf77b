"""Figures have numbers, by the chapter and their place on the page, and prose may mention them."""

import re
from types import SimpleNamespace

import pytest
from built import CHAPTERS, SOURCES, file_of, having, name_of, parse, text_of
from test_build import FIGURE, block, small_book

from gdbook.site.build.figure_numbers import chapters, numbered
from gdbook.site.pages.figure import framed

every_chapter = pytest.mark.parametrize("page", CHAPTERS, ids=name_of)


def figures(*names, caption="Words."):
    return "\n".join(framed("<svg></svg>", caption, name) for name in names)


def captions(content):
    return re.findall(r"<figcaption>(.*?)</figcaption>", content, re.DOTALL)


def test_figures_are_numbered_in_their_order():
    numbers = [text.partition("</a>")[0] for text in captions(numbered(figures("one_path", "two"), 7))]
    assert numbers == [
        '<a class="gd-number" href="#figure-one-path">Figure\u00a07.1',
        '<a class="gd-number" href="#figure-two">Figure\u00a07.2',
    ]


def test_on_a_page_that_is_no_chapter_they_have_one_number():
    assert ">Figure\u00a01</a> Words." in numbered(figures("one"))


def test_the_number_begins_the_first_paragraph():
    (caption,) = captions(numbered(figures("one", caption="<p>A.</p>\n<p>B.</p>"), 2))
    assert re.fullmatch(r"<p><a [^>]*>Figure\u00a02\.1</a> A\.</p>\n<p>B\.</p>", caption)


def test_a_link_without_words_is_the_number():
    page = '<p>See <a href="#figure-two"></a>, <a href="#figure-one">the first</a>.</p>' + figures(
        "one", "two"
    )
    see = re.escape(
        '<p>See <a href="#figure-two">Figure\u00a03.2</a>, <a href="#figure-one">the first</a>.</p>'
    )
    assert re.match(see, numbered(page, 3))


def test_a_figure_that_is_there_twice_has_two_ids():
    names = re.findall(r' id="([^"]+)"', numbered(figures("one", "one", "two", "one"), 1))
    assert names == ["figure-one", "figure-one-2", "figure-two", "figure-one-3"]


def test_chapters_are_the_pages_of_the_parts_in_order():
    def page(name):
        return SimpleNamespace(is_section=False, is_page=True, title=name, file=SimpleNamespace(src_uri=name))

    def section(title, *pages):
        return SimpleNamespace(is_section=True, is_page=False, title=title, children=list(map(page, pages)))

    nav = [page("home"), section("One", "a", "b"), section("Labs", "c"), section("Two", "d")]
    assert chapters(SimpleNamespace(items=nav), ["One", "Two"]) == {"a": 1, "b": 2, "d": 3}


CAPTION = block("caption", "What the picture shows.", "", "A caption.")


@pytest.mark.looks_at
def test_a_kept_page_has_its_new_number(tmp_path):
    """The page is not converted again, and yet its figure has the number of its chapter now."""
    figure = f'```python exec="on" html="on"\n{FIGURE}\n```\n\n{CAPTION}\n\nSee [](#figure-regimes).\n'
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("# Other\n", encoding="utf-8")
    for pages, number in (("index.md, other.md", "1.1"), ("other.md, index.md", "2.1")):
        built = small_book(tmp_path, f"# T\n\n{figure}", nav=f"[{{Descent: [{pages}]}}]")
        assert built.returncode == 0, built.stdout
        page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
        assert page.count(f"Figure\u00a0{number}</a>") == 2
        assert page.count("Figure\u00a0") == 2


@every_chapter
def test_each_figure_of_the_book_has_its_number(site, page):
    root = parse(file_of(site, page))[0]
    heads = [having(figure, "gd-number") for figure in having(root, "gd-figure")]
    if heads:
        kicker = having(root, "gd-kicker")
        number = re.search(r"chapter (\d+) of", text_of(kicker[0]) if kicker else "")
        assert number, "a page that is no chapter has figures"
    numbers = [re.fullmatch(r"Figure\u00a0(\d+)\.(\d+)", text_of(number)) for (number,) in heads]
    assert [int(number[2]) for number in numbers] == list(range(1, len(heads) + 1))
    assert {found[1] for found in numbers} <= {number[1] if heads else None}


def test_the_book_s_chapters_are_numbered_as_in_the_navigation(site):
    first = {page: having(parse(file_of(site, page))[0], "gd-number") for page in SOURCES}
    numbers = {page: text_of(found[0]) for page, found in first.items() if found}
    assert numbers["first/mathematics/"] == "Figure\u00a01.1"
    assert numbers["descent/update-rule/"] == "Figure\u00a02.1"
    assert numbers["descent/momentum/"] == "Figure\u00a08.1"
    assert numbers["backprop/computation-graphs/"] == "Figure\u00a015.1"
    assert numbers["training/edge-of-stability/"] == "Figure\u00a023.1"
