"""Exercises that check themselves: what stops the build, and what a reader meets in the page."""

import re

import pytest
from axe import violations
from built import CHAPTERS, SOURCES, file_of, having, name_of, parse, text_of
from test_build import block, small_book

from gdbook.site.build.errors import PageError
from gdbook.site.markdown import exercise
from gdbook.site.markdown.fences import FENCE

PAGE = "descent/momentum/"


def exercises(page):
    text = SOURCES[page].read_text(encoding="utf-8")
    return [exercise.parsed(found["code"]) for found in FENCE.finditer(text) if found["what"] == "exercise"]


WITH = [page for page in CHAPTERS if exercises(page)]
SOLVED = "Solved: all checks pass."
START, CHECK = (
    "def half(x):\n    return x",
    "from gdbook.exercise import check\n\ncheck(half, 3.0, gives=1.5)",
)
SOLUTION = "def half(x):\n    return x / 2"


def fence(start=START, check=CHECK, solution=SOLUTION, more=""):
    return block("exercise", start, "--- check", check, "--- solution", solution, *more.splitlines())


def test_an_exercise_is_code_hints_checks_and_a_solution(tmp_path):
    markdown = fence(more="--- hint\nDivide by $2$.\n--- hint\nBy `2`.\n--- because\nHalf is $x/2$.")
    built = small_book(tmp_path, markdown)
    assert built.returncode == 0, built.stdout
    root, _ = parse(tmp_path / "site" / "index.html")
    (task,) = having(root, "gd-task")
    assert task.get("data-checks") == "1"
    folded = [text_of(details) for details in task.iter("details")]
    assert [re.match(r"Hint 1|Hint 2|The check|Solution", text)[0] for text in folded] == [
        "Hint 1",
        "Hint 2",
        "The check",
        "Solution",
    ]
    assert "It passes the check with Python" in folded[-1]
    assert "return x / 2" in folded[-1]
    assert len(list(task.iter("button"))) == 1


# What is wrong, and words of the complaint.
WRONG = {
    "a solution that fails": (fence(solution=START), "is to pass its checks"),
    "a beginning that passes": (fence(start=SOLUTION), "is to fail a check"),
    "no check at all": (fence(check="half(1.0)"), "is to pass its checks"),
    "a beginning that raises": (fence(start="def half(x):\n    return 1 / 0"), "ZeroDivisionError"),
    "checks that raise": (fence(check=f"{CHECK}\nnosuch()"), "nosuch"),
    "an unknown part": (fence(more="--- answer\n1"), "no part 'answer'"),
    "two solutions": (fence(more=f"--- solution\n{SOLUTION}"), "one part '--- solution', got 2"),
    "no beginning": (fence(start=""), "begins with the code"),
    "no parts": (block("exercise", START), "one part '--- check', got 0"),
}


@pytest.mark.looks_at
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_exercise_stops_the_build_and_is_located(what, tmp_path):
    markdown, complaint = WRONG[what]
    for _ in range(2):  # also when what is right about it has been kept
        built = small_book(tmp_path, markdown)
        assert built.returncode != 0, built.stdout
        assert re.search(r"docs/index\.md:\d+: ", built.stdout), built.stdout
        assert complaint in built.stdout


@pytest.mark.parametrize("page", WITH, ids=name_of)
def test_each_can_be_done_in_the_page(site, page):
    tasks = having(parse(file_of(site, page))[0], "gd-task")
    assert len(tasks) == len(exercises(page)) > 0
    assert [text_of(button) for task in tasks for button in task.iter("button")] == ["Write it here"] * len(
        tasks
    )
    names = [task.get("data-task") for task in tasks]
    assert len(set(names)) == len(names)


def test_each_chapter_that_is_no_notebook_has_one():
    parts = ("first/", "descent/", "backprop/", "training/")
    chapters = [page for page in CHAPTERS if page.startswith(parts) and SOURCES[page].suffix == ".md"]
    assert len(chapters) > 20
    assert [page for page in chapters if page not in WITH] == []


def test_the_parts_of_an_exercise_are_told_apart():
    found = exercise.parsed("a = 1\n--- check\nb\n\n--- hint\none\n--- hint\ntwo\n--- solution\na = 2\n")
    assert found == ("a = 1", "b", "a = 2", ["one", "two"], "")
    with pytest.raises(PageError, match="no part"):
        exercise.parsed("a\n--- chekc\nb")


# In the page.


class Desk:
    """The ``number``-th exercise of a page, opened."""

    def __init__(self, tab, number=0):
        self.task = tab.locator(".gd-task").nth(number)
        self.task.locator(".gd-task-bar button").click()
        self.area = self.task.locator("textarea")
        self.area.wait_for()
        self.said = self.task.locator(".gd-bench-said")

    def button(self, name):
        return self.task.locator(".gd-bench-bar").get_by_role("button", name=name, exact=True)

    def run(self, code=None):
        """``(what is printed, what is said)`` of what stands there, or of this code."""
        if code is not None:
            self.area.fill(code)
        self.area.press("Control+Enter")
        self.button("Run").wait_for()
        return self.task.locator(".gd-output code").text_content(), self.said.inner_text()


@pytest.fixture
def desk(ruled, server):
    ruled.complaints.clear()
    ruled.goto(server.url + PAGE)
    ruled.evaluate("localStorage.clear()")
    ruled.reload()
    yield Desk(ruled)
    assert ruled.complaints == []


@pytest.mark.parametrize("page", WITH, ids=name_of)
def test_what_is_begun_fails_there_and_the_solution_solves_it(ruled, server, page):
    ruled.complaints.clear()
    ruled.goto(server.url + page)
    for number, given in enumerate(exercises(page)):
        desk = Desk(ruled, number)
        assert desk.area.input_value() == given.start
        printed, said = desk.run()
        assert "✗ " in printed, printed
        assert re.match(r"(No check|\d+ of \d+ checks) passe?s? so far\.", said), said
        assert desk.task.get_attribute("data-solved") is None
        printed, said = desk.run(given.solution)
        assert said.startswith(SOLVED), (printed, said)
        assert "✗ " not in printed
        assert desk.task.get_attribute("data-solved") == ""
        desk.button("Close").click()
    assert ruled.complaints == []


# What is typed in place of the heavy ball, and what is said of it.
TYPED = {
    "nothing": ("", "NameError: name 'heavy_ball' isn't defined"),
    "half a line": ("def heavy_ball(", "Line 1: SyntaxError"),
    "an open bracket": ("def heavy_ball(w, g, v, lr, mu):\n    return (w", "Line 2: SyntaxError"),
    "an error": ("def heavy_ball(w, g, v, lr, mu):\n    return 1 / 0", "Line 2: ZeroDivisionError"),
    "too few arguments": ("def heavy_ball(w):\n    return w", "TypeError"),
    "a loop without end": ("while True: pass", "Stopped: it ran for more than 5 seconds."),
    "words of ours": ("print('✓ a\\n✓ b\\n✓ c\\n✓ d')", "NameError"),
    "an early end": ("import sys\nsys.exit()", "No check passes so far."),
    "None": ("def heavy_ball(*given):\n    pass", "No check passes so far."),
}


@pytest.mark.parametrize("what", TYPED)
def test_whatever_is_written_it_is_said_what_is_wrong(desk, what):
    code, words = TYPED[what]
    _, said = desk.run(code)
    assert said.startswith(words), said
    assert desk.task.get_attribute("data-solved") is None
    assert desk.run(exercises(PAGE)[0].solution)[1].startswith(SOLVED)


def test_what_was_written_is_there_again_and_can_be_reset(desk, ruled):
    start, solution = exercises(PAGE)[0].start, exercises(PAGE)[0].solution
    desk.run(solution)
    desk.button("Close").click()
    assert desk.task.locator("textarea").count() == 0
    ruled.reload()
    assert ruled.locator(".gd-task").first.get_attribute("data-solved") == ""
    again = Desk(ruled)
    assert again.area.input_value() == solution
    assert again.run()[1].startswith(SOLVED)
    assert "gd-bench-solved" in again.said.get_attribute("class")
    again.button("Reset").click()
    assert again.area.input_value() == start
    assert again.said.get_attribute("class") == "gd-bench-said"
    assert again.run()[1].startswith("2 of 4 checks pass so far.")
    assert again.task.get_attribute("data-solved") == ""  # it was solved once


def test_without_storage_it_works_as_well(browser, server):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } });"
    )
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    assert Desk(tab).run(exercises(PAGE)[0].solution)[1].startswith(SOLVED)
    context.close()


def test_hints_come_one_after_the_other(desk):
    hints = desk.task.locator(".gd-hint > summary")
    assert [hint.is_visible() for hint in hints.all()] == [True, False]
    hints.first.click()
    assert [hint.is_visible() for hint in hints.all()] == [True, True]


def test_by_keyboard_alone(desk, ruled):
    desk.area.press("Escape")  # leaves, and the button has the focus
    assert ruled.evaluate("document.activeElement.textContent") == "Write it here"
    ruled.keyboard.press("Enter")
    desk.area.wait_for()
    ruled.keyboard.press("Control+A")
    ruled.keyboard.insert_text(exercises(PAGE)[0].solution)
    ruled.keyboard.press("Control+Enter")
    desk.task.get_by_text(SOLVED).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_violation_in_an_open_exercise(browser, server, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    desk = Desk(tab)
    desk.run()
    tab.evaluate("for (const details of document.querySelectorAll('.gd-task details')) details.open = true")
    report = violations(tab)
    assert not report.violations_count, report.generate_report()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    desk.run(exercises(PAGE)[0].solution)
    report = violations(tab, rules=["color-contrast"])
    assert not report.violations_count, report.generate_report()
    context.close()


def test_a_run_in_one_editor_ends_that_of_another(desk, ruled):
    snippet = ruled.locator(".gd-foot .gd-change").first
    snippet.click()
    ruled.locator("article textarea").nth(1).wait_for()
    other = ruled.locator(".gd-run:has(textarea)").first
    other.locator("textarea").fill("while True: pass")
    other.locator("textarea").press("Control+Enter")
    other.get_by_role("button", name="Stop").wait_for()
    assert desk.run(exercises(PAGE)[0].solution)[1].startswith(SOLVED)
    assert other.locator(".gd-bench-said").inner_text() == "Stopped."
    assert other.get_by_role("button", name="Run").is_visible()
