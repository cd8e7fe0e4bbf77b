"""Each page in a real browser, at the width of a phone and of a desk, light and dark.

A first visit to a page is made at each width. A question that depends on nothing else is asked there once;
what depends on the colours is asked again after the system has become dark, as it does in the evening.
"""

import contextlib

import pytest
import unchanged
from axe import OF_COLOURS, violations
from built import CHAPTERS, MATH, NOTEBOOKS, PAGES, SOURCES, file_of, having, name_of, parse, text_of
from visit import Visit, serve, visit

# Bytes over the line on a first visit, fonts and all included.
BUDGET, BUDGET_OF_A_NOTEBOOK, BUDGET_OF_HOME = 150_000, 170_000, 120_000
# Good is below 0.1 by the measure's authors; below 0.01 no reader sees a thing move.
STILL = 0.01
ALONE = 3  # visits alone after one that had company
# A page comes in so many: the screen is drawn before a figure, a lab or a bar at the side is whole.
PIECES = 10
SCHEMES = {"light": "default", "dark": "slate"}
WIDTHS = (390, 1280)
PHONE, DESK = LIGHT = [(width, "light") for width in WIDTHS]
DARK = (1280, "dark")


def of_page(page, *values):
    """A parameter; all tests of a page run in one worker, which opens it once for all of them."""
    name = name_of(page)
    return pytest.param(
        (page, *values), id="-".join(map(str, (name, *values))), marks=pytest.mark.xdist_group(name)
    )


def pages_with(text):
    return [page for page in CHAPTERS if text in SOURCES[page].read_text(encoding="utf-8")]


class Views:
    """A page at each width, visited at the same time: so what one waits for goes on while the other works.
    A tab and a server for each width serve all pages, one after the other."""

    def __init__(self, visits):
        self.visits = visits
        for one in visits.values():
            one.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = None

    def at(self, page, width, scheme):
        if self.page != page:
            self.page = None  # should a visit fail, the next test asks again
            for visit in self.visits.values():
                visit.follow("light")
                visit.set_out(page)
            for visit in self.visits.values():
                visit.arrive()
            self.page = page
        visit = self.visits[width]
        visit.follow(scheme)
        visit.tab.locator(f"body[data-md-color-scheme={SCHEMES[scheme]}]").wait_for()
        visit.tab.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        return visit


@pytest.fixture(scope="module")
def views(browser, site):
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serve(site, pieces=PIECES)) for _ in WIDTHS]
        visits = zip(WIDTHS, servers, strict=True)
        yield Views({width: Visit(browser, server, width) for width, server in visits})


@pytest.fixture(scope="module")
def slow_server(site):
    """The site at the other end of a mobile line, over which a page comes in pieces."""
    with serve(site, pieces=PIECES) as server:
        yield server


def at(*views, pages=PAGES):
    """Ask of each page in these views, each a width and a scheme."""
    views = [of_page(page, *view) for page in pages for view in views]
    return pytest.mark.parametrize("opened", views, indirect=True)


@pytest.fixture
def opened(request, browser_path, site):
    """A first visit to a page, which all questions about it share."""
    if unchanged.is_unchanged(request.node.nodeid, site):
        pytest.skip("unchanged: it passed with the same bytes")
    page, width, scheme = request.param
    opened = request.getfixturevalue("views").at(page, width, scheme)
    opened.page, opened.width = page, width
    request.node.stash[unchanged.SEEN] = site, tuple(sorted({name for name, _ in opened.sent}))
    return opened


@at(*LIGHT)
def test_a_page_loads_without_a_complaint(opened):
    allowed = (
        [f"status 404: {opened.tab.url}", "error: Failed to load resource"]
        if opened.page == "404.html"
        else []
    )
    assert [text for text in opened.complaints if not text.startswith(tuple(allowed))] == []


@at(PHONE)
def test_a_page_asks_no_other_host(opened):
    assert opened.elsewhere == []


@at(DESK, DARK)
def test_a_page_follows_the_scheme_of_the_system(opened):
    assert opened.tab.locator("body").get_attribute("data-md-color-scheme") == SCHEMES[opened.scheme]


# One of each kind: Home, a chapter, a notebook, a lab, an entry of the reference.
KINDS = ["", "descent/momentum/", "training/digits/", "labs/race/", "reference/api/rules/"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", [of_page(page) for page in KINDS])
def test_a_page_that_is_opened_in_the_dark_is_dark_from_the_start(browser, far_server, page, width):
    with visit(browser, far_server, *page, width, "dark") as opened:
        assert opened.tab.locator("body").get_attribute("data-md-color-scheme") == SCHEMES["dark"]
        assert opened.complaints == []
        assert opened.shift()[0] < STILL


@at(*LIGHT)
def test_nothing_moves_while_a_page_loads(opened, request):
    total, moved = opened.shift()
    for _ in range(ALONE):
        if total < STILL:
            return
        # Two views at once wait for the same processor, and a style sheet may come late for it: what counts
        # is a visit alone, as a reader makes it. What moves for the reader moves each time.
        place = map(request.getfixturevalue, ("browser", "slow_server"))
        with visit(*place, opened.page, opened.width) as alone:
            total, moved = alone.shift()
    assert total < STILL, moved


@at(*LIGHT)
def test_a_first_visit_is_within_the_budget(opened):
    budgets = {"": BUDGET_OF_HOME, **dict.fromkeys(NOTEBOOKS, BUDGET_OF_A_NOTEBOOK)}
    assert sum(size for _, size in opened.sent) <= budgets.get(opened.page, BUDGET), opened.sent


@at(PHONE)
def test_a_page_fetches_no_file_twice(opened):
    names = [name for name, _ in opened.sent]
    assert sorted(names) == sorted(set(names))


@at(*LIGHT)
def test_nothing_is_wider_than_the_screen(opened):
    width = opened.tab.evaluate("document.documentElement.scrollWidth")
    assert width <= opened.width, opened.tab.evaluate(
        """() => [...document.querySelectorAll("article *")]
          .filter((element) => element.getBoundingClientRect().right > innerWidth)
          .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))"""
    )


def unfold(tab):
    tab.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


# Pixels. The box of a line of text is higher than its letters.
OVER_THE_EDGE = 2.5


@at(*LIGHT)
def test_no_word_of_a_picture_is_cut(opened):
    unfold(opened.tab)
    cut = opened.tab.evaluate(
        """(least) => [...document.querySelectorAll("article svg[role=img] text")].flatMap((text) => {
          const { left, right, top, bottom, width } = text.getBoundingClientRect();
          const box = text.ownerSVGElement.getBoundingClientRect();
          const over = Math.max(box.left - left, right - box.right, box.top - top, bottom - box.bottom);
          return width && box.width && over > least ? [[text.textContent.trim(), over]] : [];
        })""",
        OVER_THE_EDGE,
    )
    assert cut == []


EVEN = 1  # pixel, by which the lines of a paragraph may differ from whole ones: code has a size of its own


@at(*LIGHT)
def test_no_formula_pushes_the_lines_of_a_text_apart(opened):
    unfold(opened.tab)
    uneven = opened.tab.evaluate(
        """(even) => {
          const inline = (part) => getComputedStyle(part).display.startsWith("inline");
          const texts = document.querySelectorAll("article :is(p, li, dd, figcaption, legend, h1, h2, h3)");
          return [...texts].flatMap((text) => {
            // What a lab writes has a place of a fixed height, and buttons are higher than a line.
            if (text.closest(".gd-lab") || text.querySelector(".md-button, .gd-first")) return [];
            if (![...text.children].every(inline)) return [];
            const style = getComputedStyle(text);
            const around = ["paddingTop", "paddingBottom", "borderTopWidth", "borderBottomWidth"];
            const box = text.getBoundingClientRect();
            const height = around.reduce((rest, name) => rest - parseFloat(style[name]), box.height);
            const line = parseFloat(style.lineHeight);
            const off = height - line * Math.round(height / line);
            return text.offsetHeight && Math.abs(off) > even ? [[off, text.textContent.slice(0, 90)]] : [];
          });
        }""",
        EVEN,
    )
    assert uneven == []


# The room over what is under a root, and the line over that, are in it; em.
OVERHANG = 0.2


@at(*LIGHT)
def test_roots_in_a_line_stand_on_it(opened):
    unfold(opened.tab)
    hanging = opened.tab.evaluate(
        """(most) => [...document.querySelectorAll("article math:not([display]) msqrt")].flatMap((root) => {
          const foot = Math.max(...[...root.children].map((under) => under.getBoundingClientRect().bottom));
          const below = root.getBoundingClientRect().bottom - foot;
          const size = parseFloat(getComputedStyle(root).fontSize);
          return below > most * size ? [[below / size, root.textContent]] : [];
        })""",
        OVERHANG,
    )
    assert hanging == []


@at(*LIGHT)
def test_no_heading_ends_in_an_empty_line(opened):
    # The link to a heading follows its last word, and is seen by who points there.
    found = opened.tab.evaluate(
        """() => [...document.querySelectorAll("article :is(h1, h2, h3, h4)")].filter((heading) => {
          const link = heading.querySelector(".headerlink");
          const height = heading.offsetHeight;
          if (link) link.style.display = "none";
          const without = heading.offsetHeight;
          if (link) link.style.display = "";
          return without < height;
        }).map((heading) => heading.textContent)"""
    )
    assert found == []


@pytest.fixture(scope="module")
def judged():
    """The looks of texts whose contrast was found right on the pages so far."""
    return set()


# A page has the colours of its scheme at any width: in the light both are looked at, in the dark one.
@at(PHONE, DESK, DARK)
def test_axe_finds_no_violation(opened, judged):
    # Folded parts count too: a reader unfolds them.
    unfold(opened.tab)
    found = violations(opened.tab, rules=OF_COLOURS if opened.scheme == "dark" else None, judged=judged)
    assert not found.violations_count, found.generate_report()


@pytest.fixture(scope="module")
def reader(browser, server):
    """Somebody at a desk, who keeps one tab for all pages."""
    return Visit(browser, server)


@pytest.fixture(scope="module")
def without_javascript(browser, server):
    return Visit(browser, server, javascript=False)


# Too little contrast, each for another reason; texts of one kind look alike but for what is the reason.
FAULTS = """
  <style>
    pre .kn { color: #ccc !important }
    .lid { position: absolute; background: #333; width: 100% }
    .lid + p { position: relative }
  </style>
  <p data-kind="right">Words that can be read.</p>
  <p data-kind="colour" style="color: #bbb">Words that are pale.</p>
  <p data-kind="size"><b style="color: #888; font-size: 30px">Large and grey can be read,</b>
    <b style="color: #888">small and grey cannot.</b></p>
  <p data-kind="around" style="opacity: 0.4">Words in pale surroundings.</p>
  <p data-kind="ground"><span style="background: #333">Dark words on the dark.</span></p>
  <div class="lid" style="height: 0"></div><p data-kind="right">Words that can be read.</p>
  <div class="lid" style="height: 9em"></div><p data-kind="under">Words that could be read elsewhere.</p>
"""

FAULT_OF_EACH = """(texts) => texts.map((css) => {
  const text = document.querySelector(css);
  return text.closest("[data-kind]")?.dataset.kind ?? text.className;
})"""


def kinds_of_faults(tab, **options):
    """Which faults axe sees: the ``data-kind`` of a text, or the class of a word of code."""
    found = violations(tab, **options).response["violations"]
    (contrast,) = [rule for rule in found if rule["id"] == "color-contrast"]
    texts = [css for node in contrast["nodes"] for css in node["target"]]
    return set(tab.evaluate(FAULT_OF_EACH, texts))


@pytest.mark.parametrize("page", [of_page("about/contributing/")])
def test_one_of_each_look_is_enough_to_see_every_lack_of_contrast(reader, page):
    judged = set()
    tab = reader.go(*page)
    assert not violations(tab, rules=OF_COLOURS, judged=judged).violations_count
    tab.evaluate("(html) => document.querySelector('article').insertAdjacentHTML('beforeend', html)", FAULTS)
    kinds = kinds_of_faults(tab, one_of_a_look=False)
    assert kinds >= {"kn", "colour", "size", "around", "ground", "under"}
    assert "right" not in kinds
    assert kinds_of_faults(tab) == kinds
    assert kinds_of_faults(tab, rules=OF_COLOURS) == kinds
    # After a page without a fault as well, whose looks are known to be right: here, this page itself.
    assert judged
    before = set(judged)
    assert kinds_of_faults(tab, rules=OF_COLOURS, judged=judged) == kinds
    assert judged == before


@pytest.mark.parametrize("page", [of_page("")])
def test_the_search_index_comes_when_the_reader_goes_to_search(reader, page):
    index = "search/search_index.json"
    reader.set_out(*page)
    reader.arrive()
    assert index not in dict(reader.sent)
    reader.tab.locator(".md-search__input").click()
    reader.tab.keyboard.type("learning rate")
    reader.tab.locator(".md-search-result__item").first.wait_for()
    assert index in dict(reader.server.sent)


def runs(site, page):
    """The code of each block that ran, in the order of the page."""
    return [text_of(code) for run in having(parse(file_of(site, page))[0], "gd-run") for code in code_of(run)]


def code_of(run):
    return [next(block.iter("code")) for block in having(run, "language-python")]


# Presses the button of each block after the first, which a mouse has pressed.
COPIED = """async (blocks) => {
  const copied = [await navigator.clipboard.readText()];
  for (const block of blocks.slice(1)) {
    await navigator.clipboard.writeText("");
    block.querySelector(".md-code__button[data-md-type=copy]").click();
    let text;
    do text = await navigator.clipboard.readText(); while (!text);
    copied.push(text);
  }
  return copied;
}"""


@at(DESK, pages=pages_with("```python run"))
def test_the_copy_button_copies_the_code_that_ran(opened, site):
    tab = opened.tab
    unfold(tab)
    blocks = tab.locator(".gd-run .language-python")
    select_tabs_of(blocks.first)
    blocks.first.hover()
    blocks.first.locator(".md-code__button[data-md-type=copy]").click()
    blocks.last.locator(".md-code__button").wait_for(state="attached")  # idle time brings them
    copied = blocks.evaluate_all(COPIED)
    assert [text.rstrip() for text in copied] == [code.rstrip() for code in runs(site, opened.page)]


def select_tabs_of(block):
    """Bring to the front the tab that the block is in, if it is in one."""
    block.evaluate(
        """(block) => {
          const panel = block.closest(".tabbed-block");
          if (!panel) return;
          const index = [...panel.parentElement.children].indexOf(panel);
          panel.closest(".tabbed-set").querySelectorAll(":scope > input")[index].click();
        }"""
    )


def tab_to(tab, css, limit=400):
    """Press Tab until the focus is on an element of the selector."""
    for _ in range(limit):
        tab.keyboard.press("Tab")
        if tab.evaluate("(css) => document.activeElement.matches(css)", css):
            return
    raise AssertionError(f"no {css} within {limit} presses of Tab")


@pytest.mark.parametrize("page", [of_page(page) for page in pages_with("```quiz")[-1:]])
def test_by_tab_a_reader_comes_from_the_beginning_of_a_page_to_its_quiz(reader, page):
    tab_to(reader.go(*page), "gd-quiz input")


@at(DESK, pages=pages_with("```quiz"))
def test_a_quiz_is_answered_by_keyboard_alone(opened, site):
    expected = having(parse(file_of(site, opened.page))[0], "gd-quiz")
    assert expected
    tab = opened.tab
    # The order of Tab is that of the page, which another test follows from its beginning.
    assert (
        tab.evaluate("[...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).length")
        == 0
    )
    for i, element in enumerate(expected):
        quiz = tab.locator("gd-quiz").nth(i)
        quiz.locator("legend").click()
        status = quiz.locator("[role=status]")
        reasons = [item for item in element.iter("li") if item.get("data-option") is not None]
        tab_to(tab, f"gd-quiz input[name={next(element.iter('input')).get('name')}]")
        for k, reason in enumerate(reasons):
            tab.keyboard.press("ArrowDown" if k else "Space")
            assert status.inner_text() == ""
            if k % 2:
                tab.keyboard.press("Enter")
            else:
                tab.keyboard.press("Tab")
                tab.keyboard.press("Space")
                tab.keyboard.press("Shift+Tab")
            verdict = "Right. " if reason.get("data-right") is not None else "Not quite. "
            (why,) = having(reason, "gd-why")
            assert status.text_content() == verdict + text_of(why)


@pytest.mark.parametrize("page", [of_page(page) for page in pages_with("```quiz")])
def test_without_javascript_a_quiz_is_a_question_with_a_folded_answer(without_javascript, page):
    for quiz in without_javascript.go(*page).locator("gd-quiz").all():
        assert not quiz.locator("button").is_visible()
        answer = quiz.locator("details [data-right]")
        assert answer.count() == 1
        assert not answer.is_visible()
        quiz.locator("summary").click()
        assert answer.is_visible()


@pytest.mark.parametrize("page", [of_page(page) for page in pages_with("gdbook.site.labs")])
def test_without_javascript_a_lab_is_a_figure_without_dead_controls(without_javascript, page):
    tab = without_javascript.go(*page)
    assert tab.is_visible(".gd-stage svg[role=img]")
    assert not tab.is_visible(".gd-live")


@at(DESK, pages=CHAPTERS)
def test_formulas_are_set_in_the_math_font(opened, site):
    if not list(parse(file_of(site, opened.page))[0].iter(MATH + "math")):
        return
    tab = opened.tab
    font = "Home Math" if opened.page == "" else "Book Math"
    assert tab.evaluate(f"""document.fonts.ready.then(() => document.fonts.check('16px "{font}"', "𝑤"))""")
    unfold(tab)
    assert foreign_glyphs(opened) == []


def foreign_glyphs(opened):
    """``(text, font)`` of each part of a formula with a glyph that is not from the page's own font."""
    opened.tab.evaluate(
        """() => {
          const seen = new Set();
          for (const leaf of document.querySelectorAll("math :is(mi, mo, mn, mtext)")) {
            const key = leaf.outerHTML;
            // What is drawn nowhere (a tab at the back, an invisible operator) has no glyph.
            if (!seen.has(key) && leaf.getClientRects().length) leaf.setAttribute("data-leaf", "");
            seen.add(key);
          }
        }"""
    )
    send = opened.devtools.send
    send("DOM.enable")
    send("CSS.enable")
    document = send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    foreign = []
    for node in send("DOM.querySelectorAll", {"nodeId": document, "selector": "[data-leaf]"})["nodeIds"]:
        fonts = send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        if others := [font["familyName"] for font in fonts if not font["isCustomFont"]]:
            foreign.append((send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"], others))
    return foreign
