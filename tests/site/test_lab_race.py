"""The race: its numbers are Python's, each thing to try ends as its text says, and every way in works."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from visit import as_json, query

from gdbook.figures.house import RULE_COLOURS
from gdbook.figures.race import race
from gdbook.functions import FUNCTIONS, quadratic
from gdbook.site.labs import race as lab
from gdbook.site.translate.rules import LAB_RULES

SAME = 1e-12  # relative: the losses round their powers differently, the steps round alike
POWERS = 1e-9  # Adam's β₁ᵗ may differ in its last bit, and its path then in its last digits
FIRST = ",".join(lab.FIRST)
START = {"f": "quadratic", "kappa": 100, "x0": 2.5, "y0": 0.4, "rules": FIRST, **lab.BEST}
ALL = ",".join(LAB_RULES)
RULES_IN_TRIES = ("sgd", "momentum")
TRIES = lab.tries()
PAGE = "labs/race/"


def element(tab, expression):
    return tab.evaluate(
        f"(() => {{ const lab = document.querySelector('gd-race'); return {expression}; }})()"
    )


def lanes(tab):
    """What the lab computed, for each rule that races."""
    racing = "document.querySelector('gd-race').racing"
    names = "{ name, points, losses, arrived, which, diverged, last }"
    found = as_json(tab, f"{racing}.map(({names}) => ({names}))")
    return {lane["name"]: lane for lane in found}


def story(tab):
    return tab.inner_text(".gd-story")


@pytest.mark.parametrize(
    "state",
    [
        *(state for state, _ in TRIES),
        {**START, "kappa": 1000, "rules": ALL},
        lab.begin("beale", 0.05, (1, 1.5)),
        lab.begin("saddle", dict.fromkeys(LAB_RULES, 0.03)),
    ],
    ids=str,
)
def test_the_browser_computes_what_python_computes(opened, state):
    found = lanes(opened(query(state)))
    assert ",".join(found) == state["rules"]
    for rule in found:
        trace, arrived = lab.run(state, rule)
        there = found[rule]
        assert there["last"] == trace.last
        assert there["diverged"] == (trace.diverged_at is not None)
        reached = slice(trace.last + 1)
        points = np.array(there["points"], float)
        if rule == "adam":  # its powers round differently
            np.testing.assert_allclose(points, trace.w[reached], rtol=POWERS, atol=POWERS)
            assert there["arrived"] == arrived
            continue
        np.testing.assert_allclose(points, trace.w[reached], rtol=SAME, atol=0)
        # near a minimum the loss is a difference of numbers near 1: its rounding is absolute there
        np.testing.assert_allclose(
            np.array(there["losses"], float), trace.loss[reached], rtol=SAME, atol=1e-13
        )
        assert there["arrived"] == arrived


def test_the_lab_starts_as_the_first_thing_to_try_says(opened):
    tab = opened()
    assert element(tab, "lab.state") == pytest.approx(START)
    assert TRIES[0][0].items() <= START.items()


@pytest.mark.parametrize(("index", "words"), list(enumerate(words for _, words in TRIES)))
def test_each_thing_to_try_ends_as_its_text_says(opened, index, words):
    tab = opened()
    link = tab.locator("[data-try]").nth(index)
    assert link.inner_text() == words
    link.click()
    assert tab.inner_text(".gd-note") == ""
    check = (best, scaled, bent, dying, even, eggs, round_bowl, under, over, saddle, himmelblau, beale)[index]
    check(words, lanes(tab), story(tab))
    assert tab.complaints == []


def numbers(words):
    return [float(text.replace(",", "").replace("−", "-")) for text in re.findall(r"−?\d[\d,]*\.?\d*", words)]


def best(words, runs, said):
    assert numbers(words) == [100, *(runs[rule]["arrived"] for rule in lab.FIRST)]
    assert 0 < 5 * runs["momentum"]["arrived"] < runs["sgd"]["arrived"]
    assert said.startswith("First is momentum")


def scaled(words, runs, said):
    assert numbers(words) == [1000, runs["adagrad"]["arrived"], runs["adam"]["arrived"], lab.STEPS]
    assert 0 < runs["adagrad"]["arrived"] < runs["adam"]["arrived"]
    assert runs["sgd"]["arrived"] == -1
    assert said.startswith("First is AdaGrad")


def bent(words, runs, said):
    assert numbers(words) == [runs["adam"]["arrived"], lab.STEPS]
    assert runs["adam"]["arrived"] > 0 > runs["sgd"]["arrived"]
    assert said.startswith("First is Adam,")


def dying(words, runs, said):
    points = np.array(runs["adagrad"]["points"])
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    rate, arrived, first, last, *end = numbers(words)
    assert (rate, arrived) == (0.03, runs["adam"]["arrived"])
    assert (first, last) == (pytest.approx(lengths[0], rel=1e-2), pytest.approx(lengths[-1], rel=5e-2))
    np.testing.assert_allclose(points[-1], end, rtol=1e-3)  # four digits
    assert lengths[-1] < lengths[0] / 100
    assert "AdaGrad is still at" in said


def even(words, runs, said):
    points = np.array(runs["lion"]["points"])
    np.testing.assert_allclose(np.abs(np.diff(points, axis=0)), 0.01, rtol=3e-3)  # λ is 0.001, |w| < 2.6
    passed = int(np.argmax(points[:, 0] <= 0))
    assert numbers(words) == [0.01, 0.01, 0.01, 0, passed]
    assert runs["lion"]["arrived"] == -1
    assert "Lion never settles" in said


def eggs(words, runs, said):
    first, *lowest = numbers(words)[2:]
    for run in runs.values():
        np.testing.assert_allclose(run["points"][-1], numbers(words)[:2], atol=2e-3)
    assert first == min(run["arrived"] for run in runs.values())
    assert tuple(lowest) == FUNCTIONS["rastrigin"].minima[0]
    assert said.startswith("First is gradient descent")


def round_bowl(words, runs, said):
    assert numbers(words) == [1, 1, runs["sgd"]["arrived"], runs["momentum"]["arrived"]]
    assert runs["sgd"]["arrived"] == 1
    assert runs["momentum"]["arrived"] > 100
    assert "1 step," in words
    assert said.startswith("First is gradient descent")
    x = np.array(runs["momentum"]["points"])[:, 0]
    assert np.sum(x[1:] * x[:-1] < 0) > 10  # it swings


def under(words, runs, said):
    limit = 2 / np.linalg.eigvalsh(FUNCTIONS["rosenbrock"].hess((1.0, 1.0)))[-1]
    # the 2 is that of 2/L
    assert numbers(words) == [0.0019, 2, round(limit, 7), runs["momentum"]["arrived"], lab.STEPS]
    assert runs["sgd"]["arrived"] == -1
    assert limit > 0.0019
    assert "Gradient descent is still at" in said


def over(words, runs, said):
    rate, *ends = numbers(words)
    limit = 2 / np.linalg.eigvalsh(FUNCTIONS["rosenbrock"].hess((1.0, 1.0)))[-1]
    assert rate > limit
    points = np.array(runs["sgd"]["points"])
    np.testing.assert_allclose(points[-2:].ravel(), ends, rtol=1e-3)  # four digits
    np.testing.assert_allclose(points[-2:], points[-4:-2], rtol=1e-3)  # to and fro
    away = np.linalg.norm(points - (1, 1), axis=1)
    assert away[-1] > 10 * away[0]
    assert "Gradient descent never settles: it jumps between" in said


def saddle(words, runs, said):
    out = [int(np.argmax(np.abs(np.array(runs[rule]["points"])[:, 1]) > 0.5)) for rule in ("momentum", "sgd")]
    settled = [runs[rule]["arrived"] for rule in ("sgd", "momentum")]
    assert numbers(words) == [0.01, *out, *settled]
    assert out[0] < out[1]
    assert 0 < settled[0] < settled[1]
    assert said.startswith("First is gradient descent")
    assert f"The first to leave the saddle is momentum: |y| > ½ at step {out[0]}." in said


def himmelblau(words, runs, said):
    ends = [runs[rule]["points"][-1] for rule in RULES_IN_TRIES]
    np.testing.assert_allclose(np.ravel(ends), numbers(words), rtol=1e-3)  # four digits
    assert runs["sgd"]["which"] != runs["momentum"]["which"]
    assert "From the same start momentum ends in another minimum." in said


def beale(words, runs, said):
    assert numbers(words) == [0.01, runs["sgd"]["arrived"], runs["momentum"]["arrived"]]
    assert 0 < 10 * runs["momentum"]["arrived"] < runs["sgd"]["arrived"]


def test_the_table_says_what_was_computed(opened):
    tab = opened(query(lab.begin("rosenbrock", 0.0019)))
    tab.click('[data-do="step"]')
    runs = lanes(tab)
    cells = {
        row.get_attribute("data-rule"): row.locator("td").all_inner_texts()
        for row in tab.locator("[data-rule]").all()
    }
    assert list(cells) == list(LAB_RULES)
    assert all(row == ["", "", ""] for name, row in cells.items() if name not in RULES_IN_TRIES)
    assert cells["sgd"][::2] == ["not in 2,000", "none"]
    assert cells["momentum"][::2] == [f"step {runs['momentum']['arrived']}", "(1, 1)"]
    for name in RULES_IN_TRIES:
        assert float(cells[name][1]) == pytest.approx(runs[name]["losses"][1], abs=5e-4)  # three decimals


def test_overflow_is_said_with_its_step_and_the_limit_that_was_passed(opened):
    state = {**START, "lr_sgd": 1}
    tab = opened(query(state))
    trace, _ = lab.run(state, "sgd")
    assert f"overflows at step {trace.diverged_at}: at the start, η must stay below 2/L = 0.02." in story(tab)
    assert tab.inner_text('[data-rule="sgd"] [data-show="steps"]') == f"diverged at step {trace.diverged_at}"


def test_tune_finds_the_fastest_of_its_rates(opened):
    tab = opened(query(lab.begin("beale", 0.001)))
    tab.click('[data-do="tune"]')
    assert "A fair race" in story(tab)
    rates = [float(f"{1e-4 * 10 ** (i / 8):.3g}") for i in range(37)]
    state = element(tab, "lab.state")
    for rule in RULES_IN_TRIES:
        arrived = [lab.run({**state, f"lr_{rule}": rate}, rule)[1] for rate in rates]
        fastest = min(step for step in arrived if step >= 0)
        assert lanes(tab)[rule]["arrived"] == fastest
    tab.fill('[data-typed="lr_sgd"]', "0.01")
    tab.press('[data-typed="lr_sgd"]', "Enter")
    assert "A fair race" not in story(tab)


def test_a_new_function_brings_its_start_and_rates_with_which_a_rule_arrives(opened):
    tab = opened()
    for name in lab.FUNCTION_WORDS:
        tab.select_option('[data-field="f"]', name)
        state = element(tab, "lab.state")
        assert (state["x0"], state["y0"]) == FUNCTIONS[name].start
        assert max(run["arrived"] for run in lanes(tab).values()) > 0
        assert tab.locator('[data-field="kappa"]').is_disabled() == (name != "quadratic")


def test_a_box_lets_a_rule_race_with_the_fastest_of_the_rates(opened):
    tab = opened()
    tab.click('[data-do="tune"]')
    assert "A fair race" in story(tab)
    for name in LAB_RULES:
        box = tab.locator(f'[data-rule="{name}"] input')
        assert box.is_checked() == (name in lab.FIRST)
        assert tab.is_visible(f"[data-field=lr_{name}]") == box.is_checked()
        box.check()
        assert tab.is_visible(f"[data-field=lr_{name}]")
    assert list(lanes(tab)) == list(LAB_RULES)
    state = element(tab, "lab.state")
    # gradient descent and momentum begin with their best rates from theory
    for name in set(LAB_RULES) - {"sgd", "momentum"}:
        assert state[f"lr_{name}"] == lab.BEST[f"lr_{name}"]
    assert "A fair race" in story(tab)
    for name in LAB_RULES:
        tab.locator(f'[data-rule="{name}"] input').set_checked(name == "lion")
    assert list(lanes(tab)) == ["lion"]
    assert not tab.is_visible("[data-field=momentum]")
    tab.locator('[data-rule="lion"] input').click()
    assert tab.locator('[data-rule="lion"] input').is_checked()
    assert tab.inner_text(".gd-note") == "One rule races at least."
    assert tab.complaints == []


def test_a_box_is_ticked_by_keyboard_and_the_link_keeps_it(opened):
    tab = opened()
    tab.locator('[data-rule="lion"] input').focus()
    tab.keyboard.press("Space")
    assert element(tab, "lab.state.rules") == "sgd,momentum,adam,lion"
    assert "rules=sgd%2Cmomentum%2Cadam%2Clion" in element(tab, "lab.address()")


@pytest.mark.parametrize(
    ("query", "racers"),
    [
        ("?f=quadratic&kappa=100", list(lab.FIRST)),
        ("?f=rosenbrock&lr_sgd=0.0019&lr_momentum=0.0019&momentum=0.9", ["sgd", "momentum"]),
        ("?lr_lion=0.01", ["lion"]),
        ("?rules=lion,sgd&lr_adam=0.1", ["sgd", "lion"]),
        ("?rules=adam,nobody", ["adam"]),
    ],
)
def test_an_address_says_who_races_by_its_rules_or_by_its_rates(opened, query, racers):
    tab = opened(query)
    assert list(lanes(tab)) == racers
    said = tab.inner_text(".gd-note")
    assert said == ("There is no rule “nobody”." if "nobody" in query else "")


def test_a_rule_without_a_limit_is_not_told_one(opened):
    tab = opened(query(lab.begin("rosenbrock", {"rmsprop": 0.05})))
    assert "RMSProp never settles, and jumps about" in story(tab)
    assert "must stay below" not in story(tab)
    tab = opened(query(lab.begin("quadratic", {"nesterov": 0.05})))
    # (2 + 2μ)/((1 + 2μ)L) with μ = 0.9, L = 100
    assert "η must stay below 2(1 + μ)/((1 + 2μ)L) = 0.0136." in story(tab)


def test_the_start_moves_by_key_by_pointer_and_by_press(opened):
    tab = opened()
    grip = tab.locator(".gd-start")
    grip.focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp"):
        tab.keyboard.press(key)
    state = element(tab, "lab.state")
    assert (state["x0"], state["y0"]) == pytest.approx((2.5 - 0.06, 0.4 + 0.08))  # hundredths of the domain
    assert grip.get_attribute("aria-valuetext") == "x 2.44, y 0.48"

    box = tab.locator(".gd-ring").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] - 100, box["y"] - 20)
    tab.mouse.up()
    dragged = element(tab, "lab.state")
    assert dragged["x0"] < 2
    assert dragged["y0"] > 0.5

    picture = tab.locator(".gd-surface").bounding_box()
    tab.mouse.click(picture["x"] + 0.2 * picture["width"], picture["y"] + 0.8 * picture["height"])
    pressed = element(tab, "lab.state")
    assert pressed["x0"] < -1
    assert pressed["y0"] < -1
    assert tab.complaints == []


COPIED = [START, {**START, "lr_sgd": 1}, TRIES[10][0], lab.begin("beale", dict.fromkeys(LAB_RULES, 0.01))]


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("state", COPIED, ids=str)
def test_copy_as_python_prints_the_numbers_of_the_lab(opened, state, steps):
    tab = opened(query(state))
    for _ in range(steps):
        tab.click('[data-do="step"]')
    program = element(tab, "lab.snippet()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    runs = lanes(tab)
    for line, (name, run) in zip(done.stdout.splitlines(), runs.items(), strict=True):
        rule, arrived, diverged_at, loss = line.split()
        assert (rule, int(arrived)) == (name, run["arrived"])
        assert diverged_at == (str(run["last"] + 1) if run["diverged"] else "None")
        assert float(loss) == pytest.approx(run["losses"][steps], rel=POWERS if name == "adam" else SAME)


def test_the_state_comes_back_from_the_link(opened):
    tab = opened()
    tab.locator("[data-try]").nth(4).click()
    before = element(tab, "[lab.state, lab.address()]")
    tab.goto(tab.url.split("/labs/")[0] + before[1])
    tab.wait_for_selector("[data-ready]")
    assert element(tab, "[lab.state, lab.address()]") == before


BAD = [
    "?f=foo",
    "?f=constructor",
    "?f=parabola",
    "?f=himmelblau",
    "?f=beale&x0=99&y0=-99",
    "?x0=NaN",
    "?y0=",
    "?kappa=0",
    "?kappa=1e9",
    "?kappa=Infinity",
    "?lr_sgd=-1",
    "?lr_sgd=4&lr_momentum=4",
    "?lr_momentum=abc",
    "?momentum=1",
    "?momentum=0.99&lr_momentum=0.0001",
    "?f=rosenbrock&lr_sgd=4",
    "?rules=",
    "?rules=,,&f=beale",
    "?rules=adam,nobody",
    "?rules=__proto__",
    *(f"?f={f}&rules={ALL}&" + "&".join(f"lr_{name}=4" for name in LAB_RULES) for f in lab.FUNCTION_WORDS),
    *(f"?f={f}&rules={name}&lr_{name}=0.0001" for f in ("saddle", "rastrigin") for name in LAB_RULES),
    "?f=saddle&x0=0&y0=0",
    "?f=saddle&y0=0",
    "?f=beale&x0=4.5&y0=4.5&lr_sgd=4",
    "?kappa=1&lr_sgd=2",
    "?x0=0&y0=0",
    "?lr_sgd=0.02",
    "?%F0%9F=1&f=%00",
]


def test_no_address_makes_the_console_complain(opened):
    for address in BAD:
        tab = opened(address)
        assert re.search(r"[.]$", story(tab)), address
        assert "NaN" not in tab.inner_text("gd-race .gd-story, gd-race .gd-note"), address
        assert "undefined" not in tab.inner_text("gd-race"), address
        tab.click('[data-do="play"]')
        assert tab.complaints == [], address


def test_a_bad_value_falls_back_with_words(opened):
    tab = opened("?kappa=0&f=foo&x0=abc")
    assert json.loads(tab.evaluate("JSON.stringify(document.querySelector('gd-race').state)")) == {
        **START,
        "kappa": 1,
    }
    note = tab.inner_text(".gd-note")
    for words in ("There is no function “foo”", "“abc” is no number", "0 became 1"):
        assert words in note


def test_each_rule_has_a_colour_of_its_own():
    assert len({RULE_COLOURS[name] for name in LAB_RULES}) == len(LAB_RULES)


def test_the_static_figure_shows_the_same_race():
    (ax,) = race().axes
    paths = [line.get_xydata() for line in ax.get_lines() if len(line.get_xydata()) > 2]
    assert len(paths) == len(lab.FIRST)
    f = quadratic(100)
    for path, rule in zip(paths, lab.FIRST, strict=True):
        np.testing.assert_array_equal(path[0], (START["x0"], START["y0"]))
        # its rates are not rounded to what the fields show: a digit of the end is the same
        there = lab.run(START, rule)[0].w[len(path) - 1]
        assert f(path[-1]) == pytest.approx(f(there), rel=0.05, abs=1e-4)
