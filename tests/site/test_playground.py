"""The playground: programs that a reader writes, saves and sends, and what they plot."""

import pytest
from axe import violations
from built import file_of, having, parse, text_of
from test_build import block, small_book
from test_exercises_in_pages import Desk
from test_run import Bench

PAGE = "labs/playground/"
CAME = "This program came with the link. Read it before you run it."
LOST = "The program in this link cannot be read."
PLOT = "from gdbook.plot import plot\nplot([100.0, 10.0, 1.0], [(0, 5), (2, 50)], names=['a', 'b'], log=True)"


class Play(Desk):
    """The playground, with its editor open."""

    def __init__(self, tab, press=True):
        self.task = tab.locator(".gd-play")
        if press:
            self.task.locator(".gd-task-bar button").click()
        self.area = self.task.locator("textarea")
        self.area.wait_for()
        self.said = self.task.locator(".gd-bench-said")
        self.plots = self.task.locator(".gd-plots svg")


@pytest.fixture
def play(ruled, server):
    ruled.complaints.clear()
    ruled.goto(server.url + PAGE)
    ruled.evaluate("localStorage.clear()")
    yield Play(ruled)
    assert ruled.complaints == []


def test_what_stands_there_at_first_runs_and_is_plotted(play, site):
    printed, said = play.run()
    assert [line.split()[0] for line in printed.splitlines()] == ["sgd", "momentum", "adam"]
    assert said == "MicroPython runs it, in your browser."
    assert play.plots.count() == 1
    (page,) = having(parse(file_of(site, PAGE))[0], "gd-play")
    assert play.area.input_value() == text_of(next(page.iter("code"))).rstrip()


# Of each line: its ends, in pixels from the axes' own corners, as shares of them.
PLACES = """(svg) => [...svg.querySelectorAll("path[stroke]")].map((path) => {
  const grid = [...svg.querySelectorAll(".gd-plot-line")].map((line) => line.getBBox());
  const { x: left, width } = grid[0];
  const numbers = path.getAttribute("d").slice(1).split("L").map((pair) => pair.split(" ").map(Number));
  return numbers.map(([x, y]) => [(x - left) / width, y]);
})"""


def test_curves_are_where_their_numbers_are(play):
    printed, _ = play.run(PLOT)
    assert printed == ""
    first, second = play.plots.evaluate(PLACES)
    assert [x for x, _ in first] == pytest.approx([0, 0.5, 1], abs=0.002)
    assert [x for x, _ in second] == pytest.approx([0, 1], abs=0.002)
    top, middle, bottom = (y for _, y in first)
    assert middle - top == pytest.approx(bottom - middle, abs=0.3)  # powers of ten are as far apart
    assert second[0][1] == pytest.approx(bottom - 0.699 * (bottom - middle), abs=0.3)
    words = play.plots.locator("text").all_text_contents()
    assert words == ["0", "0.5", "1", "1.5", "2", "1", "10", "100", "ab"]
    assert play.plots.get_attribute("aria-label") == "Plot: a from 100 to 1; b from 5 to 50."


# Numbers, and the ticks beside them.
TICKED = {
    "plot([0, 1])": ["0", "0.2", "0.4", "0.6", "0.8", "1"],
    "plot([5, 5, 5])": ["3", "4", "5", "6", "7"],
    "plot([0, 0])": ["−0.4", "−0.2", "0", "0.2", "0.4"],
    "plot([-2e-7, 4e-7])": ["−2·10⁻⁷", "0", "2·10⁻⁷", "4·10⁻⁷"],
    "plot([1e-30, 1e12], log=True)": ["10⁻³⁰", "10⁻²³", "10⁻¹⁶", "10⁻⁹", "0.01", "100000", "10¹²"],
    "plot([2, 3], log=True)": ["2", "2.2", "2.4", "2.6", "2.8", "3"],
    "plot([1e300, -1e300])": ["−10³⁰⁰", "−5·10²⁹⁹", "0", "5·10²⁹⁹", "10³⁰⁰"],
    "plot([7])": ["4", "6", "8", "10"],
}


@pytest.mark.parametrize("call", TICKED)
def test_ticks_are_round_numbers(play, call):
    play.run(f"from gdbook.plot import plot\n{call}")
    assert play.plots.locator("text[text-anchor=end]").all_text_contents() == TICKED[call]
    box = "({ x, y, width, height }) => [x, y, x + width, y + height]"
    left, top, right, bottom = play.plots.evaluate(f"(svg) => ({box})(svg.getBoundingClientRect())")
    for text in play.plots.locator("text").all():
        x0, y0, x1, y1 = text.evaluate(f"(text) => ({box})(text.getBoundingClientRect())")
        assert left <= x0 <= x1 <= right + 1
        assert top <= y0 <= y1 <= bottom + 1


@pytest.mark.parametrize(
    "code",
    [
        "print('\\x1eno plot')",
        "print('\\x1e{}')",
        'print(\'\\x1e{"curves": [], "names": [], "log": false}\')',
        'print(\'\\x1e{"curves": [[[0, 1]]], "names": ["<img src=x onerror=alert(1)>"], "log": false}\')',
    ],
)
def test_a_mark_without_a_plot_does_no_harm(play, ruled, code):
    printed, said = play.run(f"{code}\nprint('after')")
    assert printed == "after\n"
    assert said == "MicroPython runs it, in your browser."
    assert ruled.locator(".gd-plots img").count() == 0


def test_a_run_without_a_plot_takes_the_last_one_away(play):
    play.run(PLOT)
    assert play.plots.count() == 1
    play.run("print(1)")
    assert play.plots.count() == 0


def test_a_link_brings_the_program_which_waits_to_be_run(play, ruled):
    code = "print('η', 6 * 7)\n" + "# words\n" * 50
    play.area.fill(code)
    play.button("Copy link").click()
    ruled.wait_for_url("**#code=*")
    ruled.get_by_text("Copied to clipboard").wait_for()
    link = ruled.evaluate("navigator.clipboard.readText()")
    assert len(link) < 200
    ruled.goto("about:blank")
    ruled.goto(link)
    came = Play(ruled, press=False)
    assert came.said.inner_text() == CAME
    assert came.area.input_value() == code
    assert ruled.locator(".gd-output code").text_content() == ""
    assert came.run()[0] == "η 42\n"


@pytest.mark.parametrize("letters", ["", "@@", "AAAA", "a" * 5000, "%00%ff", "S0ktSQUA"])
def test_a_broken_link_is_said(ruled, server, letters):
    ruled.complaints.clear()
    ruled.goto("about:blank")
    ruled.goto(f"{server.url}{PAGE}#code={letters}")
    came = Play(ruled, press=False)
    ruled.wait_for_function(
        "document.querySelector('.gd-bench-said').textContent !== 'MicroPython runs it, in your browser.'"
    )
    assert came.said.inner_text() in (LOST, CAME)
    assert came.run("print(1)")[0] == "1\n"
    assert ruled.complaints == []


def test_a_file_holds_the_same_lines(play, ruled, tmp_path):
    play.area.fill("print('η')\n")
    with ruled.expect_download() as saved:
        play.button("Save as file").click()
    assert saved.value.suggested_filename == "descent.py"
    saved.value.save_as(tmp_path / "saved.py")
    assert (tmp_path / "saved.py").read_text(encoding="utf-8") == "print('η')\n"


def test_what_ran_last_is_there_again(play, ruled):
    play.run("print('mine')")
    ruled.reload()
    assert Play(ruled).area.input_value() == "print('mine')"


def test_a_snippet_of_the_book_opens_there(ruled, server):
    ruled.complaints.clear()
    ruled.goto(server.url + "descent/momentum/")
    bench = Bench(ruled)
    code = bench.value() + "\nprint('more')"
    bench.area.fill(code)
    bench.button("Open in the playground").click()
    ruled.wait_for_url(f"**/{PAGE}#code=*")
    play = Play(ruled, press=False)
    ruled.get_by_text(CAME).wait_for()
    assert play.area.input_value() == code
    assert ruled.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_plot_can_be_read_at_any_width(browser, server, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    play = Play(tab)
    play.run()
    report = violations(tab)
    assert not report.violations_count, report.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    scale = play.plots.evaluate("(svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    assert scale == pytest.approx(1, abs=0.01)
    assert (
        play.plots.evaluate("(svg) => parseFloat(getComputedStyle(svg.querySelector('text')).fontSize)") >= 12
    )
    context.close()


def test_a_program_that_fails_stops_the_build(tmp_path):
    built = small_book(tmp_path, block("playground", "print(1)", "1 / 0"))
    assert built.returncode != 0
    assert "docs/index.md:4: the program of the playground fails in MicroPython" in built.stdout
