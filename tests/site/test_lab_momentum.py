"""The momentum lab: its numbers are Python's, its map is the theory's, its promises hold."""

import random
import re
from functools import partial

import numpy as np
import pytest
from visit import as_json, open_lab_at, run_copied_python

from gdbook.browser.measure import energies, measured_rate
from gdbook.descent import descend
from gdbook.figures.momentum_lab import DIGIT_STEPS
from gdbook.functions import quadratic
from gdbook.rules import momentum
from gdbook.site.labs.momentum import TRIES
from gdbook.theory import (
    gd_best_rate,
    heavy_ball_rate,
    heavy_ball_regime,
    momentum_best,
    momentum_rate,
)

pytestmark = pytest.mark.xdist_group("labs-momentum")
PAGE = "labs/momentum/"
READY = "gd-momentum[data-ready]"
STEPS = 2000
STATES = [
    {"kappa": 100, "lr": 1, "momentum": 0.9},
    {"kappa": 31.6, "lr": 2.5, "momentum": 0.45},
    {"kappa": 1000, "lr": 0.01, "momentum": 0.999},
    {"kappa": 10, "lr": 3.9, "momentum": 0.9},
    {"kappa": 1, "lr": 1, "momentum": 0},
    {"kappa": 7, "lr": 1.999, "momentum": 0},
]


open_lab = partial(open_lab_at, PAGE)


def lab(tab, what):
    """A property of the lab's element."""
    return tab.evaluate(f"document.querySelector('gd-momentum').{what}")


def points_of(tab):
    return np.array(as_json(tab, "document.querySelector('gd-momentum').run.points"), float)


def story(tab):
    return tab.inner_text(".gd-story")


def python_run(kappa, lr, momentum_):
    f = quadratic(kappa)
    return descend(f.grad, f.start, rule=momentum, lr=lr / kappa, momentum=momentum_, steps=STEPS, loss=f)


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_lab_s_numbers_are_python_s(tab, server, state):
    open_lab(tab, server, **state)
    kappa, lr, beta = state["kappa"], state["lr"] / state["kappa"], state["momentum"]
    trace = python_run(kappa, state["lr"], beta)
    points = points_of(tab)
    assert len(points) == trace.last + 1
    np.testing.assert_allclose(points, trace.w[: trace.last + 1], rtol=1e-12, atol=0)
    assert lab(tab, "predicted") == pytest.approx(momentum_rate(lr, beta, 1, kappa), rel=1e-12)
    measured = measured_rate(energies(trace.w.tolist(), trace.loss.tolist(), lr))
    assert lab(tab, "measured") == pytest.approx(measured, rel=1e-12)
    for name, curvature in (("flat", 1), ("steep", kappa)):
        direction = lab(tab, f"directions.{name}")
        assert direction["rate"] == pytest.approx(heavy_ball_rate(lr, beta, curvature), rel=1e-12)
        assert direction["regime"] == heavy_ball_regime(lr, beta, curvature)
        found = np.sort_complex([complex(*root) for root in direction["roots"]])
        expected = np.sort_complex(np.roots([1, -(1 + beta - lr * curvature), beta]).astype(complex))
        assert found == pytest.approx(expected, abs=1e-7)  # near double roots half the digits go


@pytest.mark.parametrize("kappa", [1, 10, 100, 1000])
def test_the_map_s_colours_are_the_rates_of_the_theory(tab, server, kappa):
    """At the middle of a cell exactly one band has its colour there, the right one."""
    open_lab(tab, server, kappa=kappa)
    rng = random.Random(kappa)
    cells = [(rng.randrange(200), rng.randrange(100)) for _ in range(80)]
    places = [((i + 0.5) / 50, (j + 0.5) / 100) for i, j in cells]
    bands = tab.evaluate(
        """(places) => {
          const lab = document.querySelector("gd-momentum");
          return places.map(([lr, momentum]) => {
            const point = new DOMPoint(lab.x(lr), lab.y(momentum));
            return lab.bands.flatMap((band, i) => (band.isPointInFill(point) ? [i] : []));
          });
        }""",
        places,
    )
    edges = [*(0.1 ** (1 / steps) for steps in DIGIT_STEPS), 1]
    rates = [momentum_rate(lr / kappa, beta, 1, kappa) for lr, beta in places]
    assert bands == [[int(np.searchsorted(edges, rate, side="right"))] for rate in rates]


def test_the_lines_of_the_map_are_where_python_has_them(tab, server):
    """Just left of the red line it converges, just right of it not; best is the darkest point."""
    open_lab(tab, server)
    box = tab.locator(".gd-phases .gd-best").bounding_box()
    surface = tab.locator(".gd-surface").bounding_box()
    lr, beta = momentum_best(1 / 100, 1)
    assert box["x"] + box["width"] / 2 == pytest.approx(surface["x"] + surface["width"] * lr / 4, abs=1)
    assert box["y"] + box["height"] / 2 == pytest.approx(surface["y"] + surface["height"] * (1 - beta), abs=1)


# What each thing to try promises, as a fact about its run.
PROMISES = [
    lambda d, run, rate, text: (
        rate == pytest.approx(gd_best_rate(1, 100)) and "a digit every 116 steps" in text
    ),
    lambda d, run, rate, text: rate == pytest.approx(9 / 11, abs=1e-7) and "No η and μ do better" in text,
    lambda d, run, rate, text: (
        d["flat"]["regime"] == d["steep"]["regime"] == "spirals" and "459 steps" in text
    ),
    lambda d, run, rate, text: d["flat"]["regime"] == "spirals" and rate == 0.9**0.5,
    lambda d, run, rate, text: d["steep"]["regime"] == "spirals" and rate == 0.9**0.5,
    lambda d, run, rate, text: (
        len(run) < STEPS and rate == pytest.approx(2) and "above 2(1 + μ)/L = 2/L" in text
    ),
    lambda d, run, rate, text: np.linalg.norm(run[300]) < 1e-9 and "Each step keeps 0.9124" in text,
    lambda d, run, rate, text: len(run) < STEPS and "above 2(1 + μ)/L = 3.2/L" in text,
    lambda d, run, rate, text: np.linalg.norm(run[1]) == 0 and "There in one step" in text,
]


@pytest.mark.parametrize(("index", "promise"), list(enumerate(PROMISES)), ids=[text for _, text in TRIES])
def test_each_thing_to_try_ends_as_its_text_says(tab, server, index, promise):
    open_lab(tab, server)
    tab.locator(".gd-tries a").nth(index).click()
    run = points_of(tab)
    assert promise(lab(tab, "directions"), run, lab(tab, "predicted"), story(tab)), (TRIES[index], story(tab))
    assert tab.inner_text(".gd-note") == ""


def test_every_thing_to_try_has_its_promise():
    assert len(PROMISES) == len(TRIES)


@pytest.mark.parametrize("index", [0, 2])
def test_the_steps_a_digit_in_the_texts_are_those_of_a_run(index):
    """Counted on the run, from a tenth to a ten-thousandth, with the dips of a swing left out."""
    state, text = TRIES[index]
    size = np.linalg.norm(python_run(state["kappa"], state["lr"], state["momentum"]).w, axis=1)
    peaks = np.maximum.accumulate(size[::-1])[::-1]
    counted = (np.argmax(peaks < 1e-4) - np.argmax(peaks < 1e-1)) / 3
    # a spiral is seen only when it comes round: some ten steps more or less
    assert counted == pytest.approx(int(re.search(r"(\d+) steps", text)[1]), rel=0.03)


def test_the_map_follows_kappa(tab, server):
    open_lab(tab, server)
    before = tab.get_attribute(".gd-phases .gd-best", "transform")
    tab.fill("[data-typed=kappa]", "4")
    tab.keyboard.press("Enter")
    assert tab.get_attribute(".gd-phases .gd-best", "transform") != before
    tab.click("[data-do=bestMomentum]")
    assert lab(tab, "predicted") == pytest.approx(1 / 3, abs=1e-7)
    assert lab(tab, "directions")["flat"]["regime"] == "critical"
    tab.click("[data-do=bestPlain]")
    assert lab(tab, "predicted") == pytest.approx(3 / 5)


def test_on_the_limit_it_says_that_it_never_settles(tab, server):
    open_lab(tab, server, kappa=10, lr=2, momentum=0)
    assert "Never settles" in story(tab)
    sizes = np.linalg.norm(points_of(tab), axis=1)
    assert sizes[-1] == pytest.approx(sizes[1000])


def test_the_keyboard_moves_the_point(tab, server):
    open_lab(tab, server)
    handle = tab.locator("gd-momentum [role=slider]")
    handle.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowDown")
    assert (lab(tab, "state.lr"), lab(tab, "state.momentum")) == (1.04, 0.89)
    assert handle.get_attribute("aria-valuetext") == "η = 1.04/L, μ = 0.89"
    tab.keyboard.press("End")
    tab.keyboard.press("PageUp")
    tab.keyboard.press("PageUp")
    assert (lab(tab, "state.lr"), lab(tab, "state.momentum")) == (4, 0.999)


def test_the_mouse_clicks_and_drags(tab, server):
    open_lab(tab, server)
    box = tab.locator(".gd-surface").bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    assert lab(tab, "state.lr") == pytest.approx(2, abs=0.02)
    assert lab(tab, "state.momentum") == pytest.approx(0.75, abs=0.01)
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2, steps=4)
    tab.mouse.up()
    assert lab(tab, "state.lr") == pytest.approx(1, abs=0.02)
    assert lab(tab, "state.momentum") == pytest.approx(0.5, abs=0.01)
    tab.mouse.move(box["x"], box["y"])
    assert lab(tab, "state.lr") == pytest.approx(1, abs=0.02)


def test_a_finger_taps_drags_and_scrolls(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    open_lab(tab, server)
    box = tab.locator(".gd-surface").bounding_box()
    tab.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert lab(tab, "state.lr") == pytest.approx(2, abs=0.04)
    assert lab(tab, "state.momentum") == pytest.approx(0.5, abs=0.02)

    def swipe(x, y, dx, dy):
        for kind, share in (("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1), ("touchEnd", None)):
            points = [] if share is None else [{"x": x + share * dx, "y": y + share * dy}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch = context.new_cdp_session(tab)
    swipe(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, -box["width"] / 4, -box["height"] / 4)
    assert lab(tab, "state.lr") == pytest.approx(1, abs=0.04)
    assert lab(tab, "state.momentum") == pytest.approx(0.75, abs=0.02)
    state = lab(tab, "state")
    swipe(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8, 0, -100)
    assert lab(tab, "state") == state
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_when_it_starts_or_changes(browser, server, width):
    tab = browser.new_page(viewport={"width": width, "height": 1000})
    tab.route("**/labs/momentum.js", lambda route: route.abort())
    tab.goto(server.url + PAGE)
    heights = {round(tab.locator("gd-momentum").bounding_box()["height"])}
    tab.unroute("**/labs/momentum.js")
    open_lab(tab, server)
    for state in [*STATES, *(state for state, _ in TRIES)]:
        tab.evaluate(
            "(state) => document.querySelector('gd-momentum').take(new URLSearchParams(state))", state
        )
        heights.add(round(tab.locator("gd-momentum").bounding_box()["height"]))
    tab.close()
    assert len(heights) == 1


STRANGE = ["NaN", "", "Infinity", "-1e999", "1e-320", "٣", "<b>", "0x10", "__proto__", "-0", "2.6,1", "0.5"]


def test_no_url_breaks_the_lab(tab, server):
    rng = random.Random(0)
    for _ in range(20):
        given = {n: rng.choice(STRANGE) for n in ("kappa", "lr", "momentum") if rng.random() < 0.8}
        open_lab(tab, server, **given, unknown="1")
        state = lab(tab, "state")
        assert 1 <= state["kappa"] <= 1000
        assert 0.01 <= state["lr"] <= 4
        assert 0 <= state["momentum"] <= 0.999
        assert np.isfinite(points_of(tab)).all()
        assert "NaN" not in tab.inner_html("gd-momentum")


@pytest.mark.parametrize("state", [STATES[0], STATES[1], STATES[3]], ids=str)
def test_the_copied_python_prints_the_lab_s_numbers(tab, server, tmp_path, state):
    open_lab(tab, server, **state)
    printed_lines = run_copied_python(tab, tmp_path)
    printed = {line.split()[0]: line.split()[1:] for line in printed_lines}
    for name in ("predicted", "measured"):
        assert float(printed[name][0]) == pytest.approx(lab(tab, name), rel=1e-12)
    for name in ("flat", "steep"):
        direction = lab(tab, f"directions.{name}")
        assert printed[name][0] == direction["regime"]
        assert float(printed[name][1]) == pytest.approx(direction["rate"], rel=1e-12)
