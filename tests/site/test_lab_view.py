"""What a reader of a lab turns, and what it changes, are in the window together, in each lab at each size."""

import pytest
from visit import open_lab_at

pytestmark = pytest.mark.xdist_group("labs-view")
LABS = ["ball", "learning-rate", "race", "noise", "momentum", "backprop"]
SIZES = [(1280, 720), (1440, 900), (390, 844), (360, 640)]
LEAST = 0.6  # of the picture

# Each control that shows, brought into use from above and from below, as a browser does for the one that gets the
# focus: the parts of it and of the picture that are in the window, and whether something lies on the control.
IN_USE = """async (name) => {
  const lab = document.querySelector(`gd-${name}`);
  const controls = [...lab.querySelectorAll("input, select, button, .gd-live a")].filter((one) => one.checkVisibility({ visibilityProperty: true }));
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
      found.push([words, from ? "up" : "down", share(lab.querySelector(".gd-stage")), share(control), Boolean(seen)]);
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
