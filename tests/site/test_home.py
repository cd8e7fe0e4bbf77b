"""Home: the ball and its slider in view together, and the contents of the book from its own pages."""

import copy
import re
import xml.etree.ElementTree as ET

import pytest
from built import file_of, having, parse, text_of
from test_outline import NUMBERED, PARTS
from visit import LOCAL, Visit, serve, visit

from gdbook.descent import descend
from gdbook.functions import parabola
from gdbook.site.build.svg import _relative
from gdbook.site.labs.home import CREEPS, END, FLIES_OFF, LANDS, SWINGS, WORDS
from gdbook.site.pages.thumbnail import FINE, SHAPE, drawn, simplified, thumbnail

pytestmark = pytest.mark.xdist_group("home")
WINDOWS = [(1280, 720), (1440, 900), (390, 844), (360, 640)]
BUDGET = 120_000  # bytes over the line on a first visit, all included
SEEN = 0.6  # of the picture, while the reader turns the control

CONTROLS = ["gd-home [data-field=lr]", "gd-home [data-typed=lr]", "gd-home button"]

SHARE = """() => {
  const visible = (box) => Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)) / box.height;
  const of = (css) => visible(document.querySelector(css).getBoundingClientRect());
  return [".gd-stage", "[type=range]", "[type=text]", "button"].map((css) => of(`gd-home ${css}`));
}"""


@pytest.mark.parametrize("window", WINDOWS)
def test_picture_and_control_are_in_the_window_together(browser, server, window):
    width, height = window
    phone = width < 500
    tab = browser.new_page(viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone)
    tab.goto(server.url)
    tab.wait_for_selector("gd-home[data-ready]")
    picture, *controls = tab.evaluate(SHARE)
    least = min(tab.locator(css).bounding_box()["height"] for css in CONTROLS)
    tab.close()
    assert picture >= SEEN
    assert controls == [1, 1, 1]
    assert least >= (44 if phone else 24)


def test_a_first_visit_is_small_and_nothing_moves(browser, far_server):
    with visit(browser, far_server, "") as seen:
        assert sum(size for _, size in seen.sent) <= BUDGET, sorted(seen.sent, key=lambda file: -file[1])
        assert "assets/math.woff2" not in dict(seen.sent)
        assert seen.shift()[0] < 0.001


@pytest.fixture
def home(tab, server):
    """Home, for a reader who wants no motion, so that a run is at its end at once."""
    tab.goto(server.url)
    tab.wait_for_selector("gd-home[data-ready]")
    return tab


STEP = "document.querySelector('gd-home').t"


def at(tab):
    """Where the ball is on the page, across."""
    box = tab.locator("gd-home [role=slider]").bounding_box()
    return box["x"] + box["width"] / 2


def test_it_is_held_still_for_a_reader_who_wants_no_motion(home):
    home.wait_for_timeout(1200)
    assert home.evaluate(STEP) == 0


def test_else_it_moves_once(browser, server):
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(server.url)
    tab.wait_for_function(f"{STEP} > 2")
    tab.wait_for_function("!document.querySelector('gd-home').playing")
    assert tab.evaluate(f"{STEP} === document.querySelector('gd-home').horizon")
    tab.wait_for_timeout(1200)
    assert not tab.evaluate("document.querySelector('gd-home').playing")
    tab.close()


def test_the_ball_is_dragged_and_runs_when_it_is_let_go(home):
    box = home.locator("gd-home [role=slider]").bounding_box()
    home.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    home.mouse.down()
    home.mouse.move(box["x"] - 60, box["y"], steps=3)
    assert home.evaluate(STEP) == 0
    home.mouse.up()
    assert home.evaluate(STEP) > 0
    assert home.evaluate("document.querySelector('gd-home').state.x0") < 2.6


def test_by_keyboard_the_ball_and_the_slider_move_it(home):
    start = at(home)
    home.focus("gd-home [role=slider]")
    home.keyboard.press("ArrowLeft")
    assert home.evaluate(STEP) > 0
    assert at(home) < start
    home.focus("gd-home [type=range]")
    home.keyboard.press("ArrowRight")
    assert home.evaluate("document.querySelector('gd-home').state.lr") > 0.15
    assert home.evaluate(STEP) > 0


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("0.05", "creeps"),
        ("0.1", "lands"),
        ("0.49", "lands"),
        ("0.5", "swings"),
        ("0.99", "swings"),
        ("1", "flies off"),
    ],
)
def test_it_says_what_the_slider_is_marked_with(home, typed, word):
    home.fill("gd-home [data-typed=lr]", typed)
    home.keyboard.press("Enter")
    factor = f"{1 - 2 * float(typed):.3g}".replace("-", "−")
    assert home.inner_text(".gd-said").endswith(f"by {factor}: it {word}.")
    place = home.evaluate("+document.querySelector('gd-home [type=range]').value")
    assert place // 250 == WORDS.index(word) or (place == 1000 and word == WORDS[-1])


def run(lr):
    return descend(parabola.grad, 2.6, lr=lr, steps=60).w


def test_a_rate_does_what_its_mark_says():
    half = (CREEPS + LANDS) / 2, (LANDS + SWINGS) / 2, (SWINGS + FLIES_OFF) / 2, (FLIES_OFF + END) / 2
    creeps, lands, swings, flies_off = (run(lr) for lr in half)
    assert abs(creeps[10]) > 0.26  # after ten steps a tenth of the way is left, and more
    assert min(creeps) >= 0
    assert abs(lands[10]) < 0.26
    assert min(lands) >= 0
    assert min(swings) < 0
    assert abs(swings[60]) < 0.26
    assert abs(flies_off[60]) > 2.6
    assert min(run(0.99 * SWINGS)) >= 0 > min(run(1.01 * SWINGS))
    assert abs(run(0.99 * FLIES_OFF)[60]) < 2.6 < abs(run(1.01 * FLIES_OFF)[60])


def test_the_contents_are_the_chapters_with_number_question_and_picture(site):
    root = parse(file_of(site, ""))[0]
    entries = having(root, "gd-entry")
    assert [text_of(having(entry, "gd-chapter")[0]) for entry in entries] == [
        str(number) for number in range(1, len(NUMBERED) + 1)
    ]
    links = [next(entry.iter("a")).get("href") for entry in entries]
    assert links == [re.sub(r"\.\w+$", "/", source) for source in NUMBERED]
    for entry in entries:
        assert text_of(next(entry.iter("em"))).strip().endswith("?")
        assert re.search(r"\d+ min", text_of(having(entry, "gd-minutes")[0]))
        assert len(having(entry, "gd-thumb")) == 1
    # The cards of mathematics come first, and are opened from where they are needed.
    assert next(having(root, "gd-begin")[0].iter("a")).get("href") == "descent/update-rule/" == links[1]
    others = [text_of(link) for section in having(root, "gd-others") for link in section.iter("a")]
    assert len(others) >= len(PARTS["Labs"])


def test_without_javascript_there_are_the_figure_and_the_contents(browser, server):
    opened = Visit(browser, server, javascript=False)
    tab = opened.go("")
    assert tab.is_visible("gd-home svg[role=img]")
    assert tab.is_visible(".gd-contents")
    assert not tab.is_visible("gd-home [type=range]")
    opened.context.close()


def test_it_is_whole_where_its_script_does_not_come(browser, site):
    with serve(site, LOCAL) as server:
        tab = browser.new_page()
        tab.route("**/labs/home.js", lambda route: route.abort())
        tab.goto(server.url)
        tab.wait_for_load_state("networkidle")
        assert tab.is_visible("gd-home svg[role=img]")
        assert not tab.is_visible("gd-home [type=range]")
        tab.close()


# Thumbnails.


def test_points_that_a_line_comes_near_are_left_out():
    bent = [(0.0, 0.0), (10.0, 1.0), (20.0, 0.0), (30.0, 20.0), (40.0, 0.0)]
    assert simplified(bent, FINE) == [(0.0, 0.0), (20.0, 0.0), (30.0, 20.0), (40.0, 0.0)]
    assert simplified(bent, 0.5) == bent
    assert simplified(bent[:2], FINE) == bent[:2]


FIGURE = ET.fromstring(
    '<svg viewBox="0 0 500 300" role="img"><defs>'
    '<clipPath id="a"><rect x="0" y="0" width="400" height="100" /></clipPath>'
    '<path d="M 0 0 L 0 3.5" stroke="var(--gd-muted)" /></defs>'
    '<path d="M 120 10 L 200.4 50 L 280 90" fill="none" stroke="var(--gd-blue)" stroke-opacity="0.6" />'
    '<path d="M 0 10 L 40 20" stroke="var(--gd-red)" /><text x="200" y="50">words</text>'
    '<use x="200" y="50" fill="var(--gd-green)" />'
    '<use x="200" y="99" fill="var(--gd-muted)" /></svg>'
)


def test_a_thumbnail_is_what_its_frame_shows_without_words_and_ticks():
    small = drawn(FIGURE)
    left, top, width, height = map(float, re.search('viewBox="([^"]*)"', small)[1].split())
    assert (left, top, height) == (120, 0, 100)
    assert width / height == SHAPE
    assert re.findall(r'd="([^"]*)"', small) == ["M120 10L280 90", "M200 50h0"]
    assert 'stroke-opacity="0.6"' in small
    assert "red" not in small  # it is outside
    assert thumbnail("<p>No figure.</p>") == ""


def test_a_thumbnail_of_points_told_from_the_one_before_is_the_same():
    told = copy.deepcopy(FIGURE)
    for path in told.iter("path"):
        path.set("d", _relative(path.get("d"), 1))
    assert drawn(told) == drawn(FIGURE)
