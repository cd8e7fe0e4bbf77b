"""On a phone the pictures of the labs are taller, within two fifths of the window, and fit their place."""

import pytest
from visit import open_lab_at

pytestmark = pytest.mark.xdist_group("labs-phone")
LABS = ["ball", "learning-rate", "race", "noise", "momentum"]
SHAPE = """(stage) => {
  const { width, height } = stage.getBoundingClientRect();
  const picture = stage.firstElementChild;
  const { width: across, height: up } = picture.viewBox.baseVal;
  const matrix = picture.getScreenCTM();
  const inside = picture.getBoundingClientRect().height;
  return { width, height, inside, drawn: [across * matrix.a, up * matrix.d] };
}"""


def shape(tab, name):
    return tab.locator(f"gd-{name} .gd-stage").evaluate(SHAPE)


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize(("width", "least", "most"), [(390, 0.7, 1.0), (1280, 0.5, 0.65)])
def test_the_picture_fills_its_place_and_is_taller_on_a_phone(browser, server, name, width, least, most):
    tab = browser.new_page(viewport={"width": width, "height": 844})
    open_lab_at(f"labs/{name}/", tab, server)
    found = shape(tab, name)
    tab.close()
    assert least < found["height"] / found["width"] < most
    if width == 390:
        assert found["height"] <= 0.4 * 844 + 1
    # It is drawn in whole pixels.
    assert found["drawn"] == pytest.approx([found["width"], found["height"]], abs=1)


@pytest.mark.parametrize("name", LABS)
def test_a_phone_that_is_turned_keeps_the_picture_in_its_place(browser, server, name):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    open_lab_at(f"labs/{name}/", tab, server)
    tab.set_viewport_size({"width": 844, "height": 390})
    found = shape(tab, name)
    tab.close()
    assert found["height"] / found["width"] < 0.65
    assert found["inside"] == pytest.approx(found["height"], abs=1)
    assert all(
        drawn <= room + 1
        for drawn, room in zip(found["drawn"], (found["width"], found["height"]), strict=True)
    )
