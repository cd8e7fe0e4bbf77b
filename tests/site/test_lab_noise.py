"""The noise lab: its runs are Python's, bit for bit; each thing to try ends as its text says."""

import math
import re
import subprocess
import sys

import numpy as np
import pytest
from visit import as_json, query

from gdbook.browser.noise import measured_floor
from gdbook.figures.noise import STEPS, noise
from gdbook.site.labs import noise as lab
from gdbook.theory import noise_variance

TRIES = lab.tries()
PAGE = "labs/noise/"
SAME = 1e-12


def lab_of(tab, names="xs measured predicted spread state"):
    """Properties of the element; an infinity comes as None."""
    here = ", ".join(f"{name}: document.querySelector('gd-noise').{name}" for name in names.split())
    return as_json(tab, f"{{ {here} }}")


def story(tab):
    return tab.inner_text(".gd-story")


def numbers(words):
    return [float(text.replace(",", "")) for text in re.findall(r"\d[\d,]*\.?\d*", words)]


@pytest.mark.parametrize(
    "state",
    [
        *(state for state, _ in TRIES),
        {"lr": 3.1, "mu": 0.77, "batch": 3, "steps": 20000, "seed": 999},
        {"lr": 0.37, "mu": 0.5, "batch": 256, "steps": 100, "seed": 7},
    ],
    ids=str,
)
def test_the_browser_runs_the_same_bits(opened, state):
    found = lab_of(opened(query(state)))
    xs = lab.run(state)
    # 1/√B is rounded alike, the rest is sums and products: no tolerance
    np.testing.assert_array_equal(np.array(found["xs"], float), xs)
    measured = measured_floor(xs, lab.CURVATURE)
    if math.isfinite(measured):
        assert found["measured"] == measured
    if state["lr"] < 2 * (1 + state["mu"]):
        assert found["predicted"] == pytest.approx(lab.predicted(state), rel=SAME)
        spread = math.sqrt(noise_variance(state["lr"], state["mu"], 1, 1 / state["batch"]))
        assert found["spread"] == pytest.approx(spread, rel=SAME)
    else:
        assert found["predicted"] is None


def test_the_lab_starts_as_the_first_thing_to_try_says(opened):
    assert lab_of(opened(), "state")["state"] == lab.BEGIN == TRIES[0][0]


@pytest.mark.parametrize("index", range(len(TRIES)))
def test_each_thing_to_try_ends_as_its_text_says(opened, index):
    tab = opened()
    link = tab.locator("[data-try]").nth(index)
    words = TRIES[index][1]
    assert link.inner_text() == words
    base = lab_of(tab)["measured"]
    link.click()
    assert tab.inner_text(".gd-note") == ""
    (plain, batch, half, heavy, tenth, edge, over, young)[index](words, lab_of(tab), base, story(tab))
    assert tab.complaints == []


def settled(said):
    return said.startswith("The noise holds it at a floor")


def plain(words, found, base, said):
    assert numbers(words) == [0.1, round(base, 4)]
    assert found["measured"] == pytest.approx(found["predicted"], rel=0.15)
    assert settled(said)


def batch(words, found, base, said):
    # a linear recursion: noise a quarter as large gives a path a quarter as large, floor a sixteenth
    assert numbers(words) == [16, 16]
    assert base / found["measured"] == pytest.approx(16, rel=1e-6)
    assert settled(said)


def half(words, found, base, said):
    assert numbers(words) == [round(found["measured"] / base, 2), 14, 7]
    assert found["measured"] / base == pytest.approx(0.5, abs=0.1)
    assert (1 - 0.05) ** 14 < 0.5 < (1 - 0.05) ** 13
    assert (1 - 0.1) ** 7 < 0.5 < (1 - 0.1) ** 6
    assert "A distance halves in about 14 steps" in said


def heavy(words, found, base, said):
    assert numbers(words) == [0.9, round(found["measured"] / base, 1)]
    assert 8 < found["measured"] / base < 12
    assert settled(said)


def tenth(words, found, base, said):
    assert numbers(words) == [0.9, round(found["measured"] / base, 2)]
    assert found["measured"] / base == pytest.approx(1, abs=0.1)
    assert settled(said)


def edge(words, found, base, said):
    assert numbers(words) == [1.9, 2, round(found["measured"] / base)]
    assert settled(said)
    assert np.mean(np.diff(np.sign(found["xs"])) != 0) > 0.8  # it swings


def over(words, found, base, said):
    assert numbers(words) == [2.1, 2, 256]
    assert abs(found["xs"][-1]) > 1e6
    assert said.startswith("Diverges: η must stay below 2(1 + μ)/λ = 2.")


def young(words, found, base, said):
    assert numbers(words) == [0.001, 4000]
    assert found["measured"] > 5 * found["predicted"]
    assert said.startswith("Still coming down.")


def test_the_numbers_on_the_page_are_those_of_the_run(opened):
    tab = opened("?batch=16&steps=1000")
    found = lab_of(tab)
    shown = [tab.inner_text(f'[data-show="{name}"]') for name in ("predicted", "measured", "samples")]
    assert shown[2] == "16,000"
    for text, value in zip(shown, (found["predicted"], found["measured"]), strict=False):
        assert float(text) == pytest.approx(value, rel=5e-3)  # three digits


def test_the_band_is_one_predicted_deviation_to_either_side(opened):
    tab = opened()
    found = lab_of(tab)
    top, height = (float(tab.locator(".gd-band").get_attribute(name)) for name in ("y", "height"))
    # the picture's y axis: ±1.25 from 310 to 12
    assert height == pytest.approx(2 * found["spread"] * (310 - 12) / 2.5)
    assert top + height / 2 == pytest.approx((310 + 12) / 2)


def test_other_noise_is_another_run_with_the_same_floor(opened):
    tab = opened()
    before = lab_of(tab)
    tab.click('[data-do="again"]')
    after = lab_of(tab)
    assert after["state"] == {**before["state"], "seed": before["state"]["seed"] + 1}
    assert after["xs"] != before["xs"]
    assert after["predicted"] == before["predicted"]
    tab.fill('[data-typed="seed"]', "999")
    tab.press('[data-typed="seed"]', "Enter")
    tab.click('[data-do="again"]')
    assert lab_of(tab)["state"]["seed"] == 1


def test_every_slider_moves_by_key(opened):
    tab = opened()
    for name in lab.BEGIN:
        before = lab_of(tab)["state"][name]
        slider = tab.locator(f'[data-field="{name}"]')
        slider.focus()
        for _ in range(20):  # of 1000: less than a whole number where the scale is wide
            tab.keyboard.press("ArrowRight")
        if name == "batch":
            tab.keyboard.press("End")
        assert lab_of(tab)["state"][name] > before, name
    assert lab_of(tab)["state"]["batch"] == 256


@pytest.mark.parametrize("state", [TRIES[1][0], TRIES[6][0], {**lab.BEGIN, "steps": 300}], ids=str)
def test_copy_as_python_prints_the_numbers_of_the_lab(opened, state):
    tab = opened(query(state))
    program = tab.evaluate("document.querySelector('gd-noise').snippet()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    printed = dict(line.split() for line in done.stdout.splitlines())
    found = lab_of(tab)
    assert int(printed["samples"]) == state["steps"] * state["batch"]
    if found["predicted"] is None:
        assert "predicted" not in printed
        assert printed["measured"] == "inf"
        assert tab.inner_text('[data-show="measured"]') == "overflow"
    else:
        assert float(printed["predicted"]) == pytest.approx(found["predicted"], rel=SAME)
        assert float(printed["measured"]) == pytest.approx(found["measured"], rel=SAME)


BAD = [
    "?lr=0",
    "?lr=-1",
    "?lr=abc",
    "?lr=1",
    "?lr=4",
    "?lr=2",
    "?lr=4&mu=0.99",
    "?lr=1.9999",
    "?lr=3.98&mu=0.99",
    "?lr=0.001&mu=0.99",
    "?mu=1",
    "?mu=NaN",
    "?batch=0",
    "?batch=2.5",
    "?batch=1e9",
    "?batch=Infinity",
    "?steps=0",
    "?steps=1e99",
    "?steps=",
    "?seed=0",
    "?seed=-7",
    "?seed=1.5",
    "?lr=4&steps=20000&batch=256",
    "?%F0%9F=1&lr=%00",
]


def test_no_address_makes_the_console_complain(opened):
    for address in BAD:
        tab = opened(address)
        assert re.search(r"[.]$", story(tab)), address
        drawn = "".join(tab.locator("gd-noise svg").evaluate_all("all => all.map(svg => svg.outerHTML)"))
        text = drawn + story(tab) + tab.inner_text(".gd-numbers")
        for word in ("undefined", "Infinity", "null", "NaN"):
            assert word not in text, (address, word)
        assert tab.complaints == [], address


def test_a_bad_value_falls_back_with_words(opened):
    tab = opened("?lr=99&batch=abc")
    assert lab_of(tab)["state"] == {**lab.BEGIN, "lr": 4}
    note = tab.inner_text(".gd-note")
    assert "“abc” is no number: batch size B stays 1." in note
    assert "learning rate η goes from 0.001 to 4 here: 99 became 4." in note


def test_the_static_figure_is_the_run_that_the_lab_starts_with():
    path, later = noise().axes
    run = np.array(lab.run(lab.BEGIN))
    np.testing.assert_array_equal(path.get_lines()[0].get_ydata(), run[:301])
    assert sum(bar.get_width() for bar in later.patches[1:]) == STEPS // 2 + 1
