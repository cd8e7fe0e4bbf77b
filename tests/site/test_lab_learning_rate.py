"""The learning rate lab does what it says, by mouse, by keyboard, by finger, by link."""

import random
import re
from functools import partial

import numpy as np
import pytest
from visit import as_json, open_lab_at, run_copied_python, told

from gdbook.browser.line_loss import LineLoss
from gdbook.data import toy_line
from gdbook.descent import descend
from gdbook.linear import closed_form, mse, mse_hess, with_intercept
from gdbook.site.labs.learning_rate import tries

PAGE = "labs/learning-rate/"
READY = "gd-learning-rate[data-ready]"
LAB = "document.querySelector('gd-learning-rate')"
TRIES = tries()
X, Y = with_intercept(toy_line()[0]), toy_line()[1]
GOAL, LEAST = closed_form(X, Y), mse(closed_form(X, Y), X, Y)
MU, L = np.linalg.eigvalsh(mse_hess(X))


open_lab = partial(open_lab_at, PAGE)


def state_of(tab):
    return tab.evaluate(f"{LAB}.state")


def points_of(tab):
    return np.array(as_json(tab, f"{LAB}.run.points"), float)


def the_same_run(state, steps=500):
    loss = LineLoss(*toy_line())
    return descend(
        loss.grad, [float(state["w0"]), float(state["b0"])], lr=state["lr"], steps=steps, loss=loss
    )


def distances(points):
    return np.linalg.norm(points - GOAL, axis=1)


def across(points):
    """The error in the steep direction."""
    return (points - GOAL) @ np.linalg.eigh(mse_hess(X))[1][:, 1]


def near_from(points):
    """The epoch from which on less than 1/1000 of the distance is left."""
    far = np.flatnonzero(distances(points) > distances(points)[0] / 1000)
    return int(far[-1]) + 1


# The rest of what each thing to try promises: (words that the story has, fact about the run).
def swings(points):
    return np.all(across(points[:40])[1:] * across(points[:40])[:-1] < 0)


def said(text, pattern):
    return float(re.search(pattern, text)[1])


PROMISES = [
    lambda p, text: (
        not swings(p)
        and near_from(p) == said(text, r"takes (\d+)\.")
        and text.startswith("Converges without a swing")
    ),
    lambda p, text: (
        swings(p[:8])
        and near_from(p) == said(text, r"epoch (\d+) on")
        and text.startswith("Converges, swinging")
    ),
    lambda p, text: near_from(p) == said(text, r"epoch (\d+) on") and "no rate is faster" in text,
    lambda p, text: (
        swings(p) and near_from(p) == said(text, r"epoch (\d+) on") and "The steep one sets the pace" in text
    ),
    lambda p, text: (
        np.allclose(across(p)[1:] / across(p)[:-1], -said(text, r"error by −(1\.\d+):"), atol=5e-4)
        and text.startswith("Diverges: η = 0.8 is above the limit 2/λ = 0.7887.")
    ),
    lambda p, text: (
        round(100 * distances(p)[100] / distances(p)[0]) == said(text, r"(\d+)% of the distance is left")
    ),
    lambda p, text: (
        np.argmin([mse(theta, X, Y) for theta in p]) == said(text, r"until epoch (\d+)")
        and mse(p[300], X, Y) > 100 * mse(p[0], X, Y)
    ),
]


@pytest.mark.parametrize(("index", "promise"), list(enumerate(PROMISES)), ids=[text for _, text in TRIES])
def test_each_thing_to_try_ends_as_its_text_says(tab, server, index, promise):
    open_lab(tab, server)
    tab.locator(".gd-tries a").nth(index).click()
    assert promise(points_of(tab), told(tab)), (TRIES[index][1], told(tab))
    assert tab.inner_text(".gd-note") == ""


def test_every_thing_to_try_has_its_promise():
    assert len(PROMISES) == len(TRIES)


STATES = [
    {},
    {"lr": 0.003},
    {"lr": 0.78},
    {"lr": 0.8, "w0": -0.19, "b0": 2.16},
    {"lr": 1.2, "w0": 5, "b0": -0.6},
]


@pytest.mark.parametrize("state", STATES)
def test_the_runs_are_python_s_runs(tab, server, state):
    open_lab(tab, server, **state)
    now = state_of(tab)
    runs = as_json(tab, f"[{LAB}.run, ...{LAB}.others.map((other) => other.run)]")
    for lr, run in zip((now["lr"], 0.01, 0.1, 0.5), runs, strict=True):
        trace = the_same_run({**now, "lr": lr})
        assert len(run["points"]) == trace.last + 1
        np.testing.assert_allclose(np.array(run["points"], float), trace.w[: trace.last + 1], rtol=1e-12)
        np.testing.assert_allclose(np.array(run["losses"], float), trace.loss[: trace.last + 1], rtol=1e-12)


@pytest.mark.parametrize("lr", [0.003, 0.1, 0.5, 0.78, 1.2])
def test_the_factors_are_those_of_the_hessian(tab, server, lr):
    open_lab(tab, server, lr=lr)
    factors = tab.evaluate(f"{LAB}.factors")
    assert factors == pytest.approx({"flat": 1 - lr * MU, "steep": 1 - lr * L}, rel=1e-12)
    shown = tab.inner_text("[data-show=steep]").replace("−", "-")
    assert float(shown) == pytest.approx(1 - lr * L, abs=5e-4)


def test_the_ellipses_are_contour_lines(tab, server):
    """Any point of an ellipse, in the units of the plane, has the loss that its line stands for."""
    open_lab(tab, server)
    lines = tab.evaluate(
        LAB
        + """.picture.querySelectorAll("ellipse").values().map((line) => {
          const matrix = line.transform.baseVal.consolidate().matrix;
          return [0, 1, 2, 3, 4].map((angle) => {
            const x = line.rx.baseVal.value * Math.cos(angle), y = line.ry.baseVal.value * Math.sin(angle);
            const at = new DOMPoint(x, y).matrixTransform(matrix);
            return ["w", "b"].map((name, i) => """
        + LAB
        + """[name].invert(i ? at.y : at.x));
          });
        }).toArray()"""
    )
    rises = [[mse(np.array(point), X, Y) - LEAST for point in line] for line in lines]
    # An SVG keeps single precision.
    np.testing.assert_allclose(rises, np.repeat(2.0 ** np.arange(-4, 4), 5).reshape(-1, 5), rtol=1e-4)


def test_the_limit_and_the_best_rate_stand_where_the_slider_has_them(tab, server):
    open_lab(tab, server)
    texts = tab.locator("#lab-learning-rate-lr-marks span").all_inner_texts()
    assert texts == [f"best {2 / (MU + L):.4f}", f"limit {2 / L:.4f}"]
    for i, lr in enumerate((2 / (MU + L), 2 / L)):
        at = tab.evaluate(f"{LAB}.position('lr')({lr}) / 1000")
        place = (
            tab.locator("#lab-learning-rate-lr-marks span")
            .nth(i)
            .evaluate("mark => mark.style.getPropertyValue('--at')")
        )
        assert float(place) == pytest.approx(at, abs=1e-4)


def test_exactly_at_the_limit_it_swings_for_ever(tab, server):
    open_lab(tab, server, lr=2 / L)
    assert told(tab).startswith("Swings for ever")


def test_overflow_is_explained(tab, server):
    open_lab(tab, server, lr=1.2, epochs=500)
    trace = the_same_run(state_of(tab))
    assert f"The numbers overflow at epoch {trace.diverged_at}." in told(tab)
    assert tab.inner_text("[data-show=epoch]") == str(trace.last)


def test_a_start_at_the_minimum_stays_there(tab, server):
    w, b = LineLoss(*toy_line()).minima[0]
    open_lab(tab, server, w0=w, b0=b)
    assert told(tab).startswith("The start is the minimum")


def test_step_and_reset_walk_through_the_epochs(tab, server):
    open_lab(tab, server, lr=0.1)
    assert tab.inner_text("[data-show=epoch]") == "100"
    tab.click("[data-do=reset]")
    tab.click("[data-do=step]")
    assert tab.inner_text("[data-show=epoch]") == "1"
    w, b = the_same_run(state_of(tab), 1).w[1]
    assert [tab.inner_text(f"[data-show={name}]") for name in "wb"] == [f"{w:.3f}", f"{b:.3f}"]


def test_arrow_keys_move_the_start(tab, server):
    open_lab(tab, server)
    handle = tab.locator(".gd-start")
    handle.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"):
        tab.keyboard.press(key)
    assert state_of(tab) == pytest.approx({"lr": 0.5, "epochs": 100, "w0": 0.05, "b0": 0.05})
    assert handle.get_attribute("aria-valuetext") == "w = 0.05, b = 0.05"
    for _ in range(40):
        tab.keyboard.press("ArrowDown")
    assert state_of(tab)["b0"] == -0.6


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_mouse_drags_the_start_and_a_click_puts_it(tab, server):
    open_lab(tab, server)
    x, y = middle(tab.locator(".gd-start"))
    unit = tab.evaluate(f"{LAB}.unit")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + unit, y - unit / 2, steps=4)
    tab.mouse.up()
    assert state_of(tab) == pytest.approx({"lr": 0.5, "epochs": 100, "w0": 1, "b0": 0.5}, abs=0.02)
    tab.mouse.click(x + 3 * unit, y)
    assert state_of(tab) == pytest.approx({"lr": 0.5, "epochs": 100, "w0": 3, "b0": 0}, abs=0.02)


def test_a_finger_drags_the_start(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    open_lab(tab, server)
    x, y = middle(tab.locator(".gd-start"))
    touch = context.new_cdp_session(tab)
    for kind, by in (("touchStart", 0), ("touchMove", 30), ("touchMove", 60), ("touchEnd", None)):
        points = [] if by is None else [{"x": x + by, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert state_of(tab)["w0"] > 0.8
    context.close()


def test_the_url_keeps_the_state_and_gives_it_back(tab, server):
    open_lab(tab, server)
    tab.fill("[data-typed=lr]", "0.07")
    tab.keyboard.press("Enter")
    tab.wait_for_function("location.search.includes('lr=0.07')")
    state = state_of(tab)
    tab.reload()
    tab.wait_for_selector(READY)
    assert state_of(tab) == state


def is_so(text, state):
    """Whether what the lab says of a state is so of Python's run."""
    p = the_same_run(state).w
    lr, epochs = state["lr"], state["epochs"]
    flat, steep = 1 - lr * MU, 1 - lr * L
    number = r"(−?[\d.]*\d(?:e−\d+)?)"

    def printed(pattern):
        return float(re.search(pattern, text)[1].replace("−", "-").replace(",", ""))

    if text.startswith("Diverges"):
        given, limit = printed(rf"η = {number}"), printed(rf"2/λ = {number}")
        factors = [printed(rf"steep error by {number}"), printed(rf"flat one \({number}\)")]
        finite = p[np.isfinite(p).all(axis=1)]
        losses = np.array([mse(theta, X, Y) for theta in finite])
        lowest = re.search(r"falls until epoch (\d+)", text)
        if "overflow" in text:
            end = printed(r"overflow at epoch (\d+)") == the_same_run(state).diverged_at <= epochs
        else:
            loss = float(re.search(r"the loss is ([\d.e+]+\d)", text)[1])
            end = np.isclose(loss, losses[epochs], rtol=6e-3)
        return (
            lr > 2 / L
            and given > limit
            and factors[0] < -1
            and np.allclose(factors, [steep, flat], rtol=6e-4)
            and (int(lowest[1]) if lowest else 0) == losses.argmin()
            and end
        )
    factors = [printed(rf"steep error by {number}"), printed(rf"flat one by {number}")]
    far = distances(p)
    if "less than 1/1000" in text:
        pace = near_from(p) == printed(r"From epoch (\d+)") <= epochs
    else:
        share, goal = printed(rf"epochs {number}%"), printed(r"takes (?:about )?(\d[\d,]*)")
        errors = (np.array([state["w0"], state["b0"]]) - GOAL) @ np.linalg.eigh(mse_hess(X))[1]
        left = np.linalg.norm(errors * np.abs([flat, steep]) ** goal) / far[0]
        pace = np.isclose(share, 100 * far[epochs] / far[0], rtol=6e-2) and np.isclose(left, 1e-3, rtol=5e-2)
    return (
        lr < 2 / L
        and -1 < factors[0] < 1
        and np.allclose(factors, [steep, flat], rtol=6e-4)
        and text.startswith("Converges, swinging" if steep < 0 else "Converges without")
        and (("The flat one sets" in text) == (abs(flat) > abs(steep) + 1e-3))
        and (("The steep one sets" in text) == (abs(steep) > abs(flat) + 1e-3))
        and pace
    )


def test_what_it_says_is_so_of_python_s_run(tab, server):
    open_lab(tab, server)
    seeded = random.Random(4)
    states = [{"lr": lr, "epochs": 100, "w0": 0.0, "b0": 0.0} for lr in (0.7887, 0.78868, 0.78867, 0.003)]
    for _ in range(150):
        near = seeded.random() < 0.3
        states.append(
            {
                "lr": 2 / L + seeded.uniform(-1e-3, 1e-3) if near else 0.003 * 400 ** seeded.random(),
                "epochs": seeded.randint(10, 500),
                "w0": round(seeded.uniform(-1, 5), 2),
                "b0": round(seeded.uniform(-0.6, 2.6), 2),
            }
        )
    said_of = tab.evaluate(
        f"""(states) => states.map((state) => {{
          Object.assign({LAB}.state, state);
          {LAB}.compute();
          return {LAB}.tell();
        }})""",
        states,
    )
    wrong = [pair for pair in zip(said_of, states, strict=True) if not is_so(*pair)]
    assert wrong == []
    assert {said.split()[0] for said in said_of} == {"Diverges:", "Converges,", "Converges"}


def test_the_slider_is_fine_where_it_matters_and_keys_reach_both_sides(tab, server):
    """The best rate and the limit are a finger apart on a phone, and no key press is lost between them."""
    open_lab(tab, server)
    best, limit = (tab.evaluate(f"{LAB}.position('lr')({lr})") for lr in (2 / (MU + L), 2 / L))
    assert (limit - best) / 1000 * 150 > 24
    open_lab(tab, server, lr=0.785)
    slider = tab.locator("[data-field=lr]")
    slider.focus()
    found = [state_of(tab)["lr"]]
    while found[-1] < 0.79 and len(found) < 200:
        tab.keyboard.press("ArrowRight")
        found.append(state_of(tab)["lr"])
    assert np.all(np.diff(found) > 0)
    assert max(np.diff(found)) < 3e-4
    assert "Diverges" in told(tab)


STRANGE = ["NaN", "", "Infinity", "-1e999", "1e-320", "٣", "<b>", "0x10", "__proto__", "-0", "2.6,1", "499.5"]


@pytest.mark.parametrize("seed", range(20))
def test_no_url_breaks_the_lab(tab, server, seed):
    """Whatever stands in the URL, the state is valid, and the page has no error."""
    rng = random.Random(seed)
    state = {name: rng.choice(STRANGE) for name in ("lr", "epochs", "w0", "b0") if rng.random() < 0.8}
    open_lab(tab, server, **state, unknown="1")
    now = state_of(tab)
    for name, low, high in (("lr", 0.003, 1.2), ("epochs", 10, 500), ("w0", -1, 5), ("b0", -0.6, 2.6)):
        assert low <= now[name] <= high
    assert now["epochs"] == int(now["epochs"])
    assert np.isfinite(points_of(tab)).all()
    assert "NaN" not in told(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("state", [{}, {"lr": 0.8, "epochs": 300, "w0": -0.19}, {"lr": 1.2, "epochs": 500}])
def test_the_copied_python_prints_the_lab_s_numbers(tab, server, tmp_path, state):
    open_lab(tab, server, **state)
    printed_lines = run_copied_python(tab, tmp_path)
    printed = np.array([line.split() for line in printed_lines], float)
    assert len(printed) == tab.evaluate(f"{LAB}.horizon") + 1
    np.testing.assert_allclose(printed[:, 1:3], points_of(tab)[: len(printed)], rtol=1e-12)
    losses = np.array(tab.evaluate(f"{LAB}.run.losses"), float)
    np.testing.assert_allclose(printed[:, 3], losses[: len(printed)], rtol=1e-12)


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_the_words_fit_the_room_that_is_kept_for_them(browser, server, width):
    """Nothing below the words moves when η does."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    heights, widths = set(), set()
    for state in [*STATES, *(state for state, _ in TRIES), {"lr": 1.2, "epochs": 500}]:
        open_lab(tab, server, **state)
        heights.add(
            tab.evaluate("document.querySelector('.gd-transport').getBoundingClientRect().top + scrollY")
        )
        widths.add(tab.evaluate("document.documentElement.scrollWidth"))
    assert len(heights) == 1
    assert widths == {width}
    tab.close()
