"""The noise lab: its runs are Python's, bit for bit; each thing to try ends as its text says."""

import math
import random
import re
import subprocess
import sys

import numpy as np
import pytest
from visit import as_json, query, told

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


# What each thing to try shows: (what the lab found, the floor it began with, what it says) -> as it must be.
def settled(said):
    return said.startswith("The noise holds it at a floor")


ANSWERS = [
    lambda found, base, said: (
        found["measured"] == pytest.approx(found["predicted"], rel=0.15) and settled(said)
    ),
    # a linear recursion: noise a quarter as large gives a path a quarter as large, floor a sixteenth
    lambda found, base, said: base / found["measured"] == pytest.approx(16, rel=1e-6) and settled(said),
    lambda found, base, said: (
        found["measured"] / base == pytest.approx(0.5, abs=0.1)
        and (1 - 0.05) ** 14 < 0.5 < (1 - 0.05) ** 13
        and "A distance halves in about 14 steps" in said
    ),
    lambda found, base, said: 8 < found["measured"] / base < 12 and settled(said),
    lambda found, base, said: found["measured"] / base == pytest.approx(1, abs=0.1) and settled(said),
    # it swings
    lambda found, base, said: np.mean(np.diff(np.sign(found["xs"])) != 0) > 0.8 and settled(said),
    lambda found, base, said: (
        abs(found["xs"][-1]) > 1e6 and said.startswith("Diverges: η = 2.1 is not below 2(1 + μ)/λ = 2.")
    ),
    lambda found, base, said: (
        found["measured"] > 5 * found["predicted"] and said.startswith("Still coming down after 4,000 steps.")
    ),
]


@pytest.mark.parametrize(("index", "answer"), list(enumerate(ANSWERS)))
def test_each_thing_to_try_asks_and_the_lab_answers(opened, index, answer):
    tab = opened()
    link = tab.locator("[data-try]").nth(index)
    assert link.inner_text() == TRIES[index][1]
    assert link.inner_text().endswith("?")
    base = lab_of(tab)["measured"]
    link.click()
    assert tab.inner_text(".gd-note") == ""
    assert answer(lab_of(tab), base, told(tab)), told(tab)
    assert tab.complaints == []


def test_every_thing_to_try_has_its_answer():
    assert len(ANSWERS) == len(TRIES)


def test_it_goes_step_by_step(opened):
    """At first the whole path shows; Reset and Step walk along it."""
    tab = opened()
    assert tab.evaluate("document.querySelector('gd-noise').t") == 300
    tab.click("[data-do=reset]")
    points = "document.querySelector('gd-noise .gd-thin').getAttribute('d').split(/[ML]/).length - 1"
    for t in (1, 2, 3):
        assert tab.evaluate(points) == t
        tab.click("[data-do=step]")
    tab.click("[data-do=play]")
    assert tab.evaluate(points) == 301


def is_so(said, state):
    """Whether what the lab says of a state is so, by a run and by formulas that are not the lab's."""
    lr, mu, batch, steps = (state[name] for name in ("lr", "mu", "batch", "steps"))
    limit = 2 * (1 + mu)
    if said.startswith("Diverges"):
        printed = [float(x.rstrip(".")) for x in re.findall(r"= (\d[\d.]*)", said)[:2]]
        return lr >= limit and printed[0] >= printed[1] and np.allclose(printed, [lr, limit], rtol=1e-3)
    if lr >= limit:
        return False
    rate = max(abs(np.roots([1, -(1 + mu - lr), mu]).astype(complex)))
    a = 1 + mu - lr  # x is an autoregression of order 2: its variance by Yule and Walker
    variance = lr**2 / batch * (1 + mu) / ((1 - mu) * ((1 + mu) ** 2 - a**2))
    halves = int(re.search(r"about ([\d,]+) step", said)[1].replace(",", ""))
    halving = halves in {max(1, math.ceil(np.log(0.5) / np.log(rate) + by)) for by in (-1e-6, 1e-6)}
    young = rate ** (steps / 2) > np.sqrt(variance)
    if said.startswith("Still coming down"):
        floor = float(re.search(r"rate is ([\d.e−]+\d)\.", said)[1].replace("−", "-"))
        return young and halving and np.isclose(floor, variance / 2, rtol=6e-3)
    measured, theory = (
        float(x.replace("−", "-"))
        for x in re.search(r"loss ([\d.e−]+), in theory ([\d.e−]+\d)", said).groups()
    )
    spread = float(re.search(r"±([\d.e−]+\d)", said)[1].replace("−", "-"))
    return (
        settled(said)
        and not young
        and halving
        and np.isclose(measured, lab.measured(state), rtol=6e-3)
        and np.allclose([theory, spread], [variance / 2, np.sqrt(variance)], rtol=6e-3)
    )


def test_what_it_says_is_so(opened):
    tab = opened()
    seeded = random.Random(1)
    states = [dict(lab.BEGIN, lr=lr, mu=mu) for lr, mu in ((2, 0), (1.99999, 0), (3.6, 0.8), (2.00001, 0))]
    states += [
        {
            "lr": float(f"{10 ** seeded.uniform(-3, 0.6):.3g}"),
            "mu": round(seeded.choice([0, seeded.uniform(0, 0.99)]), 2),
            "batch": seeded.choice([1, 2, 16, 256]),
            "steps": seeded.choice([100, 300, 1000, 4000]),
            "seed": seeded.randint(1, 999),
        }
        for _ in range(150)
    ]
    said_of = tab.evaluate(
        """(states) => states.map((state) => {
          const lab = document.querySelector("gd-noise");
          Object.assign(lab.state, state);
          lab.compute();
          return lab.tell();
        })""",
        states,
    )
    wrong = [pair for pair in zip(said_of, states, strict=True) if not is_so(*pair)]
    assert wrong == []
    assert len({said.split()[0] for said in said_of}) == 3  # each verdict was heard


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
    # the picture's y axis: ±1.25 from its floor to 12
    floor = tab.evaluate("document.querySelector('gd-noise').edges.floor")
    assert height == pytest.approx(2 * found["spread"] * (floor - 12) / 2.5)
    assert top + height / 2 == pytest.approx((floor + 12) / 2)


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
        assert re.search(r"[.]$", told(tab)), address
        drawn = "".join(tab.locator("gd-noise svg").evaluate_all("all => all.map(svg => svg.outerHTML)"))
        text = drawn + told(tab) + tab.inner_text(".gd-numbers")
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
