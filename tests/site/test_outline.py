"""What stands around a page: its part, number and minutes, what it needs, and where to go on."""

import itertools
import re
from types import SimpleNamespace

import pytest
import yaml
from built import CHAPTERS, ROOT, SOURCES, file_of, having, name_of, parse, text_of
from visit import visit

from gdbook.site.build.errors import PageError
from gdbook.site.build.minutes import minutes
from gdbook.site.build.outline import Outline

PHONES = (390, 360)


def as_html(words=0, formulas=0, figures=0, lines=0):
    return (
        "<p>" + "word " * words + "</p>" + '<math display="block"><mi>x</mi></math>' * formulas
        + '<figure><svg role="img"><text>not a word</text></svg></figure>' * figures
        + "<pre><code>" + "x = 1\n" * lines + "</code></pre>"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "takes"),
    [
        ({"words": 1000}, 5),
        ({"formulas": 9}, 3),
        ({"figures": 12}, 4),
        ({"lines": 60}, 2),
        ({"words": 400, "formulas": 3, "figures": 3, "lines": 30}, 5),
        ({}, 1),
    ],
)
def test_minutes_are_those_of_the_formula(what, takes):
    assert minutes(as_html(**what)) == takes


def test_a_formula_in_a_sentence_is_a_word_and_what_is_folded_takes_no_time():
    sentence = "<p>" + "<math><mi>x</mi><mo>=</mo><mn>1</mn></math> " * 600 + "</p>"
    assert minutes(sentence) == 3
    assert minutes(f"{sentence}<details><summary>Solution</summary>{as_html(words=4000)}</details>") == 3


def book(*said):
    """A nav of a Home, a part whose pages say these things, and a lab."""
    part = SimpleNamespace(title="Descent", is_section=True)
    names = [f"part/{'abcdef'[i]}" for i in range(len(said))]
    pages = [page(f"{name}.md", text, part) for name, text in zip(names, said, strict=True)]
    home, lab = page("index.md", ""), page("lab.md", "", SimpleNamespace(title="Labs", is_section=True))
    every = [home, *pages, lab]
    part.children, lab.ancestors[0].children, home.is_homepage = pages, [lab], True
    for before, after in itertools.pairwise(every):
        before.next_page, after.previous_page = after, before
    home.is_section = False
    return SimpleNamespace(items=[home, part, *lab.ancestors], pages=every)


def page(source, content, *ancestors):
    return SimpleNamespace(
        title=source.upper(), url=source.removesuffix(".md") + "/", content=content, ancestors=ancestors,
        file=SimpleNamespace(src_uri=source), previous_page=None, next_page=None,
        is_page=True, is_homepage=False, taken=None,
    )  # fmt: skip


def test_chapters_are_counted_in_the_parts_that_have_them_and_say_what_they_need():
    nav = book("<p>1</p>", "<!-- after: a -->", '<!-- after: a, b --><p class="gd-question">Why?</p>')
    outline = Outline(nav, ["Descent"])
    home, a, b, c, lab = nav.pages
    assert [outline.around(chapter)["number"] for chapter in (a, b, c)] == [1, 2, 3]
    assert outline.around(c)["of"] == 3
    assert [link["title"] for link in outline.around(c)["after"]] == ["PART/A.MD", "PART/B.MD"]
    assert outline.around(b)["next"]["question"] == "Why?"
    assert "number" not in outline.around(lab)
    assert outline.around(lab)["part"] == "Labs"
    assert [part["title"] for part in outline.around(home)["contents"]] == ["Descent", "Labs"]
    assert outline.around(home)["contents"][0]["pages"][2]["number"] == 3


@pytest.mark.parametrize("name", ["b", "c", "nowhere"])
def test_what_a_chapter_needs_comes_before_it(name):
    with pytest.raises(PageError, match=f"'{name}' is no chapter before this one: a"):
        Outline(book("", f"<!-- after: {name} -->", ""), ["Descent"])


def test_a_question_shows_on_home_the_page_before_and_its_own_alone():
    texts = "", '<p class="gd-question">Why?</p>', "<!-- after: b -->"
    nav, other = book(*texts), book(*(text.replace("Why", "How") for text in texts))
    one, another = Outline(nav, ["Descent"]), Outline(other, ["Descent"])
    differing = [
        page.title
        for page, same in zip(nav.pages, other.pages, strict=True)
        if one.around(page) != another.around(same)
    ]
    assert differing == ["INDEX.MD", "PART/A.MD", "PART/B.MD"]


class _Settings(yaml.SafeLoader):
    """mkdocs.yml, without what its own tags would do."""


_Settings.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
_Settings.add_constructor("!ENV", lambda *_: None)
SETTINGS = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), _Settings)
PARTS = {name: pages for item in SETTINGS["nav"] for name, pages in item.items()}
ORDER = [page for pages in PARTS.values() for page in ([pages] if isinstance(pages, str) else pages)]
NUMBERED = [source for part in SETTINGS["extra"]["chapters"] for source in PARTS[part]]


@pytest.mark.parametrize("source", NUMBERED[1:])
def test_each_chapter_but_the_first_says_what_it_needs(source):
    # That they come before it, the build sees to.
    assert re.search("<!-- after: .+ -->", (ROOT / "docs" / source).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_a_page_has_its_part_above_its_title_and_the_next_question_at_its_end(site, page):
    source = SOURCES[page].relative_to(ROOT / "docs").as_posix()
    root = parse(file_of(site, page))[0]
    lines = [" ".join(text_of(line).split()) for line in having(root, "gd-kicker")]
    if source in NUMBERED:
        number = NUMBERED.index(source) + 1
        words = rf"\w+ · chapter {number} of {len(NUMBERED)} · [1-9]\d? min( · after .+)?"
        assert [re.fullmatch(words, line) is not None for line in lines] == [True]
        onward = " ".join(text_of(having(root, "gd-next")[0]).split())
        following = ORDER[ORDER.index(source) + 1]
        asked = re.search('gd-question">(.*)</p>', (ROOT / "docs" / following).read_text(encoding="utf-8"))[1]
        assert onward.endswith(" ".join(re.sub(r"<[^>]+>|\$", "", asked).split()[-3:]))
    else:
        assert [line for line in lines if "chapter" in line] == []
        assert bool(lines) == ("/" in source)


@pytest.mark.parametrize("width", PHONES)
def test_where_to_go_on_is_not_cut_on_a_phone(browser, server, width):
    with visit(browser, server, "backprop/chains/", width) as seen:
        cut = seen.tab.eval_on_selector_all(
            ".gd-onward *",
            "found => found.filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1).length",
        )
        assert cut == 0
        height = seen.tab.locator(".gd-next").bounding_box()["height"]
    assert height >= 24
