"""What a reader of a lab turns, and what it changes, are in the window together, at each size."""

import pytest
from visit import WATCH_SHIFTS, open_lab_at

pytestmark = pytest.mark.xdist_group("labs-view")
LABS = ["ball", "learning-rate", "race", "noise", "momentum", "backprop"]
SIZES = [(1280, 720), (1440, 900), (390, 844), (360, 640)]
LEAST = 0.6  # of the picture

# Each control that shows, brought into use from above and from below, as a browser does for the one that
# gets the focus: the parts of it and of the picture in the window, and whether nothing lies on the control.
IN_USE = """async (name) => {
  const lab = document.querySelector(`gd-${name}`);
  const controls = [...lab.querySelectorAll("input, select, button, .gd-live a")].filter((one) =>
    one.checkVisibility({ visibilityProperty: true }),
  );
  const header = document.querySelector(".md-header").getBoundingClientRect().bottom;
  const share = (element) => {
    const { top, bottom, left, right, height, width } = element.getBoundingClientRect();
    const down = Math.min(bottom, innerHeight) - Math.max(top, header);
    const across = Math.min(right, innerWidth) - Math.max(left, 0);
    return (Math.max(0, down) / height) * (Math.max(0, across) / width);
  };
  const frame = () => new Promise((go) => requestAnimationFrame(go));
  const found = [];
  for (const control of controls) {
    for (const from of [0, document.documentElement.scrollHeight]) {
      scrollTo(0, from);
      control.focus();
      control.scrollIntoView({ block: "nearest", inline: "nearest" });
      await frame();
      const { left, top, width, height } = control.getBoundingClientRect();
      const there = document.elementFromPoint(left + Math.min(width, 20) / 2, top + height / 2);
      const seen = control.contains(there) || there?.contains(control);
      const words = control.id || control.dataset.do || control.textContent || control.value;
      const shares = [share(lab.querySelector(".gd-stage")), share(control)];
      found.push([words, from ? "up" : "down", ...shares, Boolean(seen)]);
    }
  }
  return found;
}"""


def open_at(browser, server, name, width, height):
    tab = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    open_lab_at(f"labs/{name}/", tab, server)
    return tab


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("name", LABS)
def test_the_picture_and_the_control_in_use_are_in_the_window(browser, server, name, width, height):
    tab = open_at(browser, server, name, width, height)
    found = tab.evaluate(IN_USE, name)
    tab.close()
    assert len(found) > 10
    wrong = [use for use in found if use[2] < LEAST or use[3] < 0.95 or not use[4]]
    assert wrong == []


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("blocked", ["**/assets/labs.js", "**/assets/labs/*.js"])
def test_without_its_script_a_lab_is_a_picture_that_says_so(browser, server, name, blocked):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.route(blocked, lambda route: route.abort())
    tab.goto(f"{server.url}labs/{name}/")
    tab.wait_for_function(
        "getComputedStyle(document.querySelector('.gd-still')).visibility === 'visible'", timeout=20_000
    )
    assert tab.inner_text(".gd-verdict") == "A still picture: the script of this lab did not load."
    assert tab.is_visible(".gd-stage svg[role=img]")
    dead = tab.locator("[data-lab] :is(button, input, select, a):visible").count()
    tab.close()
    assert dead == 0


@pytest.mark.parametrize("name", LABS)
def test_on_paper_a_lab_is_its_picture_and_what_it_is_set_to(browser, server, name):
    tab = open_at(browser, server, name, 1280, 900)
    tab.emulate_media(media="print")
    shown = tab.locator("[data-lab] :is(button, input, select, a):visible").count()
    picture = tab.locator(".gd-stage > svg").first.bounding_box()
    state, verdict = tab.inner_text(".gd-state"), tab.inner_text(".gd-verdict")
    tab.close()
    assert shown == 0
    assert picture["height"] > 150
    assert len(state) > 5
    assert verdict


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("name", LABS)
def test_targets_are_large_enough_and_nothing_moves(browser, far_server, name, width, height):
    touch = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch
    )
    tab = context.new_page()
    tab.add_init_script(WATCH_SHIFTS)
    open_lab_at(f"labs/{name}/", tab, far_server)
    tab.wait_for_load_state("networkidle")
    small = tab.evaluate(
        """() => [...document.querySelectorAll("[data-lab] :is(button, input, select, a)")]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .map((one) => [one.id || one.textContent || one.value, one.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 24 || height < 24)
          .map(([words, { width, height }]) => [words, width, height])"""
    )
    reach = tab.evaluate(
        "[...document.querySelectorAll('.gd-reach')].map((one) => one.getBoundingClientRect().width)"
    )
    shifts = tab.evaluate("window.shifts")
    context.close()
    assert small == []
    assert all(size >= 44 for size in reach)
    assert sum(value for value, _ in shifts) == 0, shifts
