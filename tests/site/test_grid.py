"""Navigation, text and margin: where things stand on a page, at each width."""

from itertools import pairwise

import pytest
from built import name_of
from visit import visit

TEXT, GAP, MARGIN, MENU = 660, 32, 280, 200  # pixels
PAGES = ["descent/momentum/", "descent/how-fast/", "training/digits/"]

MEASURES = """() => {
  const box = (element) => element.getBoundingClientRect();
  const article = document.querySelector("article");
  const kinds = "h1, h2, p:not(.gd-foot *), .gd-figure > :first-child, .gd-run, .gd-foot";
  const blocks = [...article.querySelectorAll(kinds)]
    .filter((block) => block.offsetHeight)
    .filter((block) => !block.closest("li, .gd-quiz, td, figcaption, details, .gd-lab"));
  const aside = [...article.querySelectorAll("figcaption, .gd-symbols")]
    .filter((block) => block.textContent.trim() && !block.closest("details"));
  return {
    left: [...new Set(blocks.map((block) => Math.round(box(block).left)))],
    right: Math.max(...blocks.map((block) => Math.round(box(block).right))),
    aside: aside.map((block) => [box(block).left, box(block).top, box(block).bottom]),
    figures: [...article.querySelectorAll(".gd-figure:has(figcaption)")]
      .filter((figure) => !figure.closest("details"))
      .map((figure) => [box(figure.children[0]).top, box(figure.querySelector("figcaption")).top]),
    menu: box(document.querySelector(".md-sidebar--primary")).width,
    wide: document.documentElement.scrollWidth,
  };
}"""


@pytest.mark.parametrize("width", [390, 1000, 1240, 1280, 1440, 1920])
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_all_share_one_left_edge_and_what_is_aside_stands_in_the_margin(browser, server, page, width):
    with visit(browser, server, page, width) as opened:
        seen = opened.tab.evaluate(MEASURES)
    assert seen["wide"] == width
    (left,) = seen["left"]
    assert seen["right"] <= left + TEXT
    if width >= 1280:
        assert seen["menu"] == MENU
        assert {round(x) for x, _, _ in seen["aside"]} == {left + TEXT + GAP}
        in_turn = sorted((top, bottom) for _, top, bottom in seen["aside"])
        assert all(above[1] <= below[0] for above, below in pairwise(in_turn))
        # A caption stands beside its figure, or below what is in its way.
        assert all(caption < picture + 200 for picture, caption in seen["figures"])
    else:
        assert {round(x) for x, _, _ in seen["aside"]} == {left}
        assert all(caption > picture + 50 for picture, caption in seen["figures"])


def test_type_has_its_sizes(browser, server):
    sizes = {}
    for width in (390, 1280, 1920):
        with visit(browser, server, "descent/momentum/", width) as opened:
            sizes[width] = opened.tab.evaluate(
                """() => ["h1", "h2", "article p:not([class])", "figcaption", "td", "pre > code"].map((css) =>
                  parseFloat(getComputedStyle(document.querySelector(css)).fontSize))"""
            )
    assert sizes[1280] == sizes[1920] == [46, 25, 19.5, 15, 15, 14]
    assert sizes[390] == [32, 23, 18, 15, 15, 13]
