"""Pages where the browser keeps nothing: a reader who blocks storage can do all that the others can."""

import pytest
from playwright.sync_api import expect
from test_policy import USED
from visit import PATIENCE

BLOCKED = """
  window.asked = 0;
  for (const name of ["localStorage", "sessionStorage"]) {
    const get = () => {
      window.asked += 1;
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    Object.defineProperty(window, name, { get });
  }
"""
SCHEME = "document.body.dataset.mdColorScheme"
# A page of each kind.
KINDS = [
    "",
    "descent/update-rule/",
    "descent/momentum/",
    "backprop/chains/",
    "training/digits/",
    "labs/ball/",
    "labs/learning-rate/",
    "labs/race/",
    "labs/noise/",
    "labs/momentum/",
    "labs/backprop/",
    "reference/cheat-sheet/",
    "reference/bibliography/",
    "reference/api/rules/",
    "about/cite/",
    "404.html",
]


@pytest.fixture(scope="module")
def blocked(browser):
    """A tab without storage, in which the policy holds, and what the browser says in it."""
    context = browser.new_context(bypass_csp=False, viewport={"width": 1280, "height": 900})
    context.add_init_script(BLOCKED)
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    yield tab
    context.close()


def test_storage_throws_here(blocked, server):
    blocked.goto(server.url)
    said = blocked.evaluate("(() => { try { localStorage.x = 1 } catch (error) { return error.name } })()")
    assert said == "SecurityError"


@pytest.mark.parametrize("page", KINDS, ids=lambda page: page.strip("/") or "home")
def test_search_colours_quizzes_and_labs_work_without_storage(blocked, server, page):
    blocked.complaints.clear()
    blocked.goto(server.url + page)
    before = blocked.evaluate(SCHEME)
    assert blocked.evaluate(USED) > 0  # which searches last
    assert blocked.evaluate("window.asked") > 0
    assert {before, blocked.evaluate(SCHEME)} == {"default", "slate"}
    labs = blocked.locator("[data-lab]")
    expect(blocked.locator("[data-lab][data-ready]")).to_have_count(labs.count(), timeout=PATIENCE)
    assert labs.count() > 0 or not page.startswith("labs/")
    assert blocked.complaints == []


def test_a_quiz_answers_without_storage(blocked, server):
    blocked.goto(server.url + "descent/momentum/")
    quiz = blocked.locator("gd-quiz").first
    quiz.locator("input[type=radio]").first.check()
    quiz.locator("button").click()
    assert quiz.locator("[role=status]").inner_text()


def test_a_tab_that_is_chosen_is_shown_without_storage(blocked, server):
    blocked.goto(server.url + "descent/update-rule/")
    tabs = blocked.locator(".tabbed-set").first
    tabs.locator(".tabbed-labels > label").nth(1).click()
    assert tabs.locator(":scope > .tabbed-content > .tabbed-block").nth(1).is_visible()
