"""Snippets that a reader changes and runs: in the page, under its policy, with whatever is typed."""

import re

import pytest
from axe import violations
from built import CHAPTERS, SOURCES, file_of, having, name_of, parse, text_of
from test_browser import select_tabs_of, unfold
from visit import visit

PAGE = "descent/momentum/"
SAME = "The same as in the book."
pages_that_run = pytest.mark.parametrize(
    "page",
    [page for page in CHAPTERS if "python run" in SOURCES[page].read_text(encoding="utf-8")],
    ids=name_of,
)


class Bench:
    """The open editor of a page's first snippet that has one, or of its ``number``-th."""

    def __init__(self, tab, number=0):
        self.tab = tab
        tab.locator(".gd-foot .gd-change").nth(number).click()
        self.area = tab.locator(".gd-editor textarea")
        self.area.wait_for()
        self.said = tab.locator(".gd-bench-said")

    def button(self, name):
        return self.tab.locator(".gd-bench-bar").get_by_role("button", name=name, exact=True)

    def run(self, code=None):
        """Run what stands there, or this code: ``(what is printed, what is said)``."""
        if code is not None:
            self.area.fill(code)
        self.area.press("Control+Enter")
        self.button("Run").wait_for()
        return self.printed(), self.said.inner_text()

    def printed(self):
        return self.tab.locator(".gd-output code").text_content()

    def value(self):
        return self.area.input_value()


@pytest.fixture
def bench(ruled, server):
    ruled.complaints.clear()
    ruled.goto(server.url + PAGE)
    yield Bench(ruled)
    assert ruled.complaints == []


def blocks(site, page):
    return having(parse(file_of(site, page))[0], "gd-run")


@pages_that_run
def test_each_snippet_with_a_button_prints_in_the_browser_what_the_page_shows(ruled, server, site, page):
    ruled.complaints.clear()
    ruled.goto(server.url + page)
    unfold(ruled)
    with_button = [block for block in blocks(site, page) if having(block, "gd-change")]
    for number, block in enumerate(with_button):
        # Once open, a block has no such button, and is closed before the next one.
        select_tabs_of(ruled.locator(".gd-foot .gd-change").nth(number))
        bench = Bench(ruled, number)
        shown = "".join(text_of(next(text.iter("code"))) for text in having(block, "language-text"))
        printed, said = bench.run()
        assert said.startswith(SAME), (number, said, printed)
        assert printed.rstrip() == shown.rstrip()
        bench.button("Close").click()
    assert ruled.complaints == []


def test_most_snippets_without_numpy_have_the_button(site):
    code = [
        text_of(block) for page in CHAPTERS for block in blocks(site, page) if "numpy" not in text_of(block)
    ]
    with_button = [text for text in code if "Edit and run" in text]
    assert len(with_button) >= 80
    assert len(with_button) >= 0.6 * len(code)


def test_nothing_of_it_is_fetched_before_the_click(browser, server):
    with visit(browser, server, PAGE) as opened:
        assert [name for name, _ in opened.sent if "assets/run" in name] == ["assets/run.js"]
        Bench(opened.tab).run("print(1)")
        assert {"assets/run/micropython.wasm", "assets/run/library.json", "assets/run.css"} <= {
            name for name, _ in server.sent
        }


# Code, what it prints, and what is said of it.
TYPED = {
    "a loop without end": ("while True: pass", "", r"Stopped: it ran for more than 5 seconds\."),
    "print without end": ("while True: print('x' * 99)", "x" * 99, r"Stopped: it printed more than 100 kB\."),
    "recursion": ("def f(n):\n    return f(n + 1)\n\nf(0)", "", "Line 2: RuntimeError: maximum recursion"),
    "not Python": ("x = (", "", "Line 1: SyntaxError"),
    "an error": ("print(1)\n\nprint(2 / 0)\n", "1\n", "Line 3: ZeroDivisionError"),
    "100 MB": ("x = bytearray(100 << 20)", "", "Line 1: MemoryError"),
    "many MB": ("x = []\nwhile True: x.append(bytearray(1 << 20))", "", "Line 2: MemoryError"),
    "markup": ("print('</script><b>', \"&amp;\")", "</script><b> &amp;\n", "Lines? .* differ"),
    "quotes and backslashes": (r"""print('"', "'", '\\n', r'\d')""", "\" ' \\n \\d\n", "Lines? .* differ"),
    "other letters": ("print('ηλ — × 😀')", "ηλ — × 😀\n", "Lines? .* differ"),
    "a character of nothing": ("print('a\\x00b')", "a\0b\n", "Lines? .* differ"),
    "exit": ("import sys\nsys.exit(3)", "", "SystemExit"),
    "a question": ("print(input('Name? '))", "Name? ", ""),
    "a file": ("open('/etc/passwd')", "", "Line 1: OSError"),
    "a library that is not there": ("import numpy", "", "Line 1: ImportError: no module named 'numpy'"),
    "nothing": ("", "", "Lines? .* differ"),
}


@pytest.mark.parametrize("what", TYPED)
def test_whatever_is_typed_the_page_says_what_happened_and_the_next_run_works(bench, what):
    code, expected, words = TYPED[what]
    printed, said = bench.run(code)
    assert printed.startswith(expected)
    assert re.match(words, said), said
    assert bench.run("print(6 * 7)")[0] == "42\n"
    wrong = bench.tab.locator(".gd-wrong-line")
    assert wrong.is_hidden()


def test_the_line_of_an_error_is_marked_until_it_is_changed(bench):
    bench.run("print(1)\nprint(x)")
    wrong = bench.tab.locator(".gd-wrong-line")
    line = bench.area.evaluate("(area) => parseFloat(getComputedStyle(area).lineHeight)")
    assert wrong.bounding_box()["y"] - bench.area.bounding_box()["y"] == pytest.approx(line, abs=1)
    bench.area.press("End")
    bench.area.type("1")
    assert wrong.is_hidden()


# On a busy machine the limit of a run may be over before a test comes to what it is about.
UNLIMITED = """() => {
  const later = setTimeout;
  window.setTimeout = (call, milliseconds) => (milliseconds === 5000 ? 0 : later(call, milliseconds));
}"""


def test_stop_ends_a_run_and_keeps_what_was_printed(bench):
    bench.tab.evaluate(UNLIMITED)
    bench.area.fill("print('first')\nfor i in range(10 ** 9):\n    if i % 50000 == 0: print(i)")
    bench.button("Run").click()
    bench.tab.locator(".gd-output code", has_text="first").wait_for()
    bench.button("Stop").click()
    assert bench.said.inner_text() == "Stopped."
    assert bench.printed().startswith("first\n")
    assert bench.run("print(1)")[0] == "1\n"


def test_a_run_leaves_nothing_for_the_next(bench):
    bench.run("left = 1\nimport gdbook.rules as r\nr.sgd = 1")
    printed, said = bench.run("from gdbook.rules import sgd\nprint(sgd(1.0, 2.0, lr=0.1)[0])\nprint(left)")
    assert printed == "0.8\n"
    assert said.startswith("Line 3: NameError")


def test_reset_brings_back_the_code_and_the_output_of_the_book(bench):
    code, printed = bench.value(), bench.printed()
    assert bench.run("print(1)")[0] == "1\n" != printed
    bench.button("Reset").click()
    assert (bench.value(), bench.printed()) == (code, printed)
    assert bench.run()[1].startswith(SAME)


def test_the_editor_is_used_with_keys_alone(ruled, server):
    ruled.goto(server.url + PAGE)
    opening = ruled.locator(".gd-foot .gd-change").first
    opening.focus()
    ruled.keyboard.press("Enter")
    area = ruled.locator(".gd-editor textarea")
    area.wait_for()
    focused = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
    assert ruled.evaluate(focused).startswith("Python of block ")
    ruled.keyboard.press("Control+A")
    ruled.keyboard.type("for i in range(2):\nprint(i)")
    assert area.input_value() == "for i in range(2):\n    print(i)"  # the indent came by itself
    ruled.keyboard.press("Enter")
    ruled.keyboard.press("Backspace")
    assert area.input_value().endswith("print(i)\n")
    for _ in range(40):
        ruled.keyboard.press("Control+Z")
    assert "range(2)" not in area.input_value()
    ruled.keyboard.press("Control+A")
    ruled.keyboard.type("print(5)")
    ruled.keyboard.press("Control+Enter")
    ruled.locator(".gd-output code", has_text=re.compile("^5\n$")).wait_for()
    ruled.locator(".gd-bench-said", has_text="differ").wait_for()  # it has ended
    for name in ("Output", "Run", "Reset", "Close"):
        ruled.keyboard.press("Tab")
        assert ruled.evaluate(focused) == name
    area.focus()
    ruled.keyboard.press("Escape")
    assert ruled.evaluate(focused) == "Edit and run"
    ruled.keyboard.press("Enter")
    assert area.input_value() == "print(5)"  # what was typed is not lost


def test_what_is_typed_has_the_colours_of_the_book(bench):
    """The classes that Pygments has given to the block, for the words whose kind does not depend on more."""
    bench.button("Close").click()
    kinds = (
        "(code) => [...code.querySelectorAll('span[class]')].map((one) => [one.textContent, one.className])"
    )
    theirs = bench.tab.locator(".gd-run:has(.gd-foot .gd-change) .language-python code").first.evaluate(kinds)
    bench.tab.locator(".gd-foot .gd-change").first.click()
    ours = dict(bench.tab.locator(".gd-editor code").evaluate(kinds))
    compared = {text: kind for text, kind in theirs if kind in ("k", "ow", "nf", "nb", "c1")}
    assert compared
    assert {text: ours.get(text) for text in compared} == compared


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_an_open_editor(browser, server, width, scheme):
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.goto(server.url + PAGE)
    bench = Bench(tab)
    assert bench.run("print(1)\nprint(2")[1].startswith("Line 2: SyntaxError")
    report = violations(tab)
    assert report.violations_count == 0, report.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


UNABLE = "Python could not be started in this browser."


@pytest.mark.parametrize(
    "missing", ["WebAssembly = undefined", "Worker = class { constructor() { throw 1 } }"]
)
def test_a_browser_that_cannot_run_it_says_so(browser, server, missing):
    tab = browser.new_page()
    tab.add_init_script(f"globalThis.{missing}")
    tab.goto(server.url + PAGE)
    assert Bench(tab).run("print(1)")[1] == UNABLE
    tab.close()


@pytest.mark.parametrize("name", ["micropython.wasm", "library.json", "worker.js"])
def test_a_file_that_does_not_come_is_said(browser, server, name):
    context = browser.new_context()
    context.route(f"**/assets/run/{name}", lambda route: route.fulfill(status=404))
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    bench = Bench(tab)
    assert bench.run("print(1)")[1] == UNABLE
    context.unroute("**/*")
    context.close()


def test_a_button_whose_script_does_not_come_says_so(browser, server):
    context = browser.new_context()
    context.route("**/assets/run/snippet.js", lambda route: route.abort())
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    tab.locator(".gd-foot .gd-change").first.click()
    tab.get_by_text("Could not be loaded").wait_for()
    context.unroute("**/*")
    context.close()


def test_only_pages_with_a_button_allow_webassembly(site):
    for page in CHAPTERS:
        path = file_of(site, page)
        allowed = "'wasm-unsafe-eval'" in path.read_text(encoding="utf-8")
        assert allowed == bool(having(parse(path)[0], "gd-change"))


def test_without_scripts_and_on_paper_there_is_no_button(browser, server):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    button = tab.locator(".gd-foot .gd-change").first
    assert button.is_hidden()
    context.close()
    tab = browser.new_page()
    tab.goto(server.url + PAGE)
    tab.emulate_media(media="print")
    assert tab.locator(".gd-foot .gd-change").first.is_hidden()
    tab.close()


def test_an_output_takes_the_focus_though_the_page_was_not_ready(ruled, server):
    """What makes wide code take the focus may come after the editor: it leaves the output as it is."""
    ruled.goto("about:blank")
    held = []
    ruled.route("**/reading/wide.js", lambda route: held.append(route))
    ruled.goto(server.url + PAGE, wait_until="commit")
    bench = Bench(ruled)
    bench.run("print(5)")
    held[0].continue_()
    ruled.unroute("**/reading/wide.js")
    ruled.wait_for_load_state("networkidle")
    ruled.wait_for_timeout(500)
    assert ruled.locator(".gd-output code").get_attribute("tabindex") == "0"
