"""The momentum lab: its numbers are Python's, its map is the theory's, its promises hold."""

import random
import re
from functools import partial

import numpy as np
import pytest
from visit import as_json, open_lab_at, run_copied_python, told

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
    steps_to,
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
    assert promise(lab(tab, "directions"), run, lab(tab, "predicted"), told(tab)), (TRIES[index], told(tab))
    assert tab.inner_text(".gd-note") == ""


def test_every_thing_to_try_has_its_promise():
    assert len(PROMISES) == len(TRIES)


@pytest.mark.parametrize("index", [0, 2])
def test_the_steps_a_digit_are_those_of_a_run(index):
    """Counted on the run, from a tenth to a ten-thousandth, with the dips of a swing left out."""
    state, _ = TRIES[index]
    size = np.linalg.norm(python_run(state["kappa"], state["lr"], state["momentum"]).w, axis=1)
    peaks = np.maximum.accumulate(size[::-1])[::-1]
    counted = (np.argmax(peaks < 1e-4) - np.argmax(peaks < 1e-1)) / 3
    # a spiral is seen only when it comes round: some ten steps more or less
    rate = momentum_rate(state["lr"], state["momentum"], 1 / state["kappa"], 1)
    assert counted == pytest.approx(steps_to(0.1, rate), rel=0.03)


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
    assert "Never settles" in told(tab)
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
    held = []
    tab.route("**/labs/momentum.js", lambda route: held.append(route))
    tab.goto(server.url + PAGE, wait_until="domcontentloaded")
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


def is_so(said, state):
    """Whether what the lab says of a state is so, by NumPy's roots and by a run."""
    kappa, lr, mu = (state[name] for name in ("kappa", "lr", "momentum"))
    roots = [np.roots([1, -(1 + mu - lr * c), mu]).astype(complex) for c in (1 / kappa, 1)]
    lower, upper = (abs(both).max() for both in roots)
    rate, limit = max(lower, upper), 2 * (1 + mu)
    flat, steep = (both[abs(both).argmax()] for both in roots)  # what decides in each direction
    number = r"([\d.]+\d|\d)(?:e−(\d+))?"
    if said.startswith("Diverges"):
        given, most = (float(x[0]) for x in re.findall(rf"= {number}/L", said)[:2])
        grows = float(re.search(rf"error {number} times larger", said)[1])
        fell = re.search(r"overflow at step (\d+)", said)
        run = python_run(kappa, lr, mu)
        return (
            lr > limit
            and given > most
            and grows > 1
            and np.isclose(grows, rate, rtol=6e-4)
            and (run.diverged_at == int(fell[1]) if fell else run.diverged_at is None)
        )
    if said.startswith("Never settles"):
        return np.isclose(lr, limit)
    if said.startswith("There in one step"):
        return kappa == 1 and lr == 1 and mu == 0
    keeps = float(re.search(rf"keeps {number} of", said)[1])
    every = int(re.search(r"every ([\d,]+) steps", said)[1].replace(",", ""))
    spirals = [abs(both.imag).min() > 1e-9 for both in roots]
    best = ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1), kappa, 4 * kappa / (np.sqrt(kappa) + 1) ** 2)
    told_best = re.search(rf"The best for κ = {number} is {number}, at η = {number}/L, μ = {number}", said)
    reasons = {
        "Both directions spiral": all(spirals),
        "Critical": abs(lower - upper) < 1e-4,
        "Both directions are equally": abs(lower - upper) < 1e-4,
        "With one curvature": kappa == 1,
        "The steep direction is": upper > lower - 1e-9 and steep.real < 0,
        "The flat direction is": lower > upper - 1e-9 and not spirals[0] and flat.real > 0,
    }
    why = [true for words, true in reasons.items() if words in said]
    return (
        keeps < 1
        and rate < 1
        and np.isclose(keeps, rate, rtol=6e-4)
        and abs(every - np.ceil(np.log(0.1) / np.log(rate))) <= 1 + 2e-3 * every
        and why == [True]
        and (
            np.isclose(float(told_best[3]), best[0], rtol=6e-4, atol=1e-9)
            if told_best
            else rate < best[0] + 1e-5
        )
    )


def test_what_it_says_is_so(tab, server):
    open_lab(tab, server)
    seeded = random.Random(2)
    states = [*STATES, *(state for state, _ in TRIES), {"kappa": 1, "lr": 0.5, "momentum": 0}]
    states += [{"kappa": 10, "lr": 2.00001, "momentum": 0}, {"kappa": 10, "lr": 2, "momentum": 0}]
    for _ in range(150):
        states.append(
            {
                "kappa": float(f"{10 ** seeded.uniform(0, 3):.3g}"),
                "lr": float(f"{seeded.uniform(0.01, 4):.3g}"),
                "momentum": round(seeded.choice([0, seeded.uniform(0, 0.999)]), 3),
            }
        )
    said_of = tab.evaluate(
        """(states) => states.map((state) => {
          const lab = document.querySelector("gd-momentum");
          Object.assign(lab.state, state);
          lab.compute();
          return lab.tell();
        })""",
        states,
    )
    wrong = [pair for pair in zip(said_of, states, strict=True) if not is_so(*pair)]
    assert wrong == []
    assert {said.split()[0] for said in said_of} == {"Diverges:", "Never", "There", "Each"}


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
