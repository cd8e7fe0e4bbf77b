"""The words of figures can be read, on a phone as at a desk: their size, and that none is on another."""

import pytest
from built import CHAPTERS, file_of, having, name_of, parse

# Pixels. Text on a page is larger, at 17 or more; a line of text is higher than its letters, and a letter may
# come a little near another.
LEAST = 12
TOUCH = 1
AIR = 3

MEASURE = """([air]) => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  return [...document.querySelectorAll(".gd-drawn > svg")].filter((svg) => svg.getBoundingClientRect().width)
    .map((svg) => {
      const frame = svg.getBoundingClientRect();
      const shown = (text) => text.textContent.trim() && text.getClientRects().length;
      const texts = [...svg.querySelectorAll("text")].filter(shown);
      const words = texts.map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const { a, b } = text.getScreenCTM();
        const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
        return { text: text.textContent.trim(), size,
                 left: left - frame.left, right: right - frame.left,
                 top: top + air - frame.top, bottom: bottom - air - frame.top };
      });
      return { figure: svg.closest("figure").id, width: frame.width, height: frame.height, words };
    });
}"""


def drawn(page, site):
    return len(having(parse(file_of(site, page))[0], "gd-drawn"))


def sizes(figures):
    return [(figure["figure"], word["text"], word["size"]) for figure in figures for word in figure["words"]]


def outside(figures):
    """The words that leave their picture."""
    return [
        (figure["figure"], word["text"])
        for figure in figures
        for word in figure["words"]
        if min(word["left"], figure["width"] - word["right"], word["top"], figure["height"] - word["bottom"])
        < -TOUCH
    ]


def touching(figures):
    """The pairs of words of which one is on the other."""
    return [
        (figure["figure"], one["text"], other["text"])
        for figure in figures
        for i, one in enumerate(figure["words"])
        for other in figure["words"][:i]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > TOUCH
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > TOUCH
    ]


def words(*boxes):
    names = ("text", "left", "right", "top", "bottom")
    listed = [dict(zip(names, (f"word {i}", *box), strict=True)) for i, box in enumerate(boxes)]
    return [{"figure": "f", "width": 100, "height": 50, "words": listed}]


def test_words_that_leave_or_touch_are_found():
    assert outside(words((0, 100, 0, 50))) == []
    assert outside(words((-5, 10, 0, 10), (95, 103, 0, 10), (0, 9, 45, 52))) == [
        ("f", f"word {i}") for i in range(3)
    ]
    assert touching(words((0, 10, 0, 10), (10, 20, 0, 10), (0, 10, 10, 20))) == []
    assert touching(words((0, 10, 0, 10), (8, 20, 5, 15))) == [("f", "word 1", "word 0")]


WIDTHS = (360, 390, 1280)
# What follows a width draws in the frame after it.
DRAWN_ANEW = "new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


@pytest.fixture(scope="module")
def reader(browser):
    """A tab for the pages, one after the other."""
    tab = browser.new_page()
    yield tab
    tab.close()


@pytest.mark.looks_at("page")
@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_each_word_of_each_figure_can_be_read(page, site, reader, server):
    if not drawn(page, site):
        return
    reader.goto(server.url + page)
    for width in WIDTHS:
        reader.set_viewport_size({"width": width, "height": 900})
        reader.evaluate(DRAWN_ANEW)
        figures = reader.evaluate(MEASURE, [AIR])
        # The one for a phone, or the other: never both.
        assert len(figures) == drawn(page, site), width
        assert [word for word in sizes(figures) if word[2] < LEAST] == [], width
        body = reader.evaluate("parseFloat(getComputedStyle(document.querySelector('article p')).fontSize)")
        assert [word for word in sizes(figures) if word[2] >= body] == [], width
        assert outside(figures) == [], width
        assert touching(figures) == [], width


def test_on_paper_there_is_the_wide_one(browser, server):
    tab = browser.new_page(viewport={"width": 390, "height": 900})
    tab.emulate_media(media="print")
    tab.goto(server.url + "descent/momentum/")
    shown = "svg => [svg.nextSibling === null, svg.getBoundingClientRect().width > 0]"
    pictures = tab.evaluate(f"() => [...document.querySelectorAll('.gd-drawn > svg')].map({shown})")
    assert pictures
    assert all(for_a_phone != there for for_a_phone, there in pictures)
    tab.close()


def test_nothing_is_read_twice(browser, server):
    """Of the two drawings of a figure, an image for a phone, a reader of the screen finds one."""
    tab = browser.new_page(viewport={"width": 390, "height": 900})
    tab.goto(server.url + "descent/momentum/")
    tab.wait_for_selector("gd-plate[data-ready]")  # else it may start between the counts
    images = tab.get_by_role("figure").get_by_role("img")
    live = tab.locator(".gd-drawn > svg[role=group]:visible")  # what can be turned is no image
    assert images.count() + live.count() == tab.locator(".gd-drawn").count()
    tab.close()
