"""The race: its numbers are Python's, each thing to try ends as its text says, and every way in works."""

import json
import random
import re
import subprocess
import sys

import numpy as np
import pytest
from visit import as_json, query, told

from gdbook.figures.house import RULE_COLOURS
from gdbook.figures.race import race
from gdbook.functions import FUNCTIONS, quadratic
from gdbook.site.labs import race as lab
from gdbook.site.labs.ball import RULE_WORDS
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


def moves(runs, rule):
    return np.diff(np.array(runs[rule]["points"]), axis=0)


def arrived(runs, *rules):
    return [runs[rule]["arrived"] for rule in rules]


def limit_of_rosenbrock():
    return 2 / np.linalg.eigvalsh(FUNCTIONS["rosenbrock"].hess((1.0, 1.0)))[-1]


def best(runs, said):
    gd, momentum, _ = arrived(runs, *lab.FIRST)
    return 0 < 5 * momentum < gd and said.startswith("First is momentum")


def scaled(runs, said):
    adagrad, adam, gd = arrived(runs, "adagrad", "adam", "sgd")
    return 0 < adagrad < adam and gd == -1 and said.startswith("First is AdaGrad")


def bent(runs, said):
    return arrived(runs, "adam")[0] > 0 > arrived(runs, "sgd")[0] and said.startswith("First is Adam,")


def dying(runs, said):
    lengths = np.linalg.norm(moves(runs, "adagrad"), axis=1)
    return lengths[-1] < lengths[0] / 100 and arrived(runs, "adam")[0] > 0 and "AdaGrad is still at" in said


def even(runs, said):
    # λ is 0.001, |w| < 2.6
    return np.allclose(abs(moves(runs, "lion")), 0.01, rtol=3e-3) and "Lion never settles" in said


def eggs(runs, said):
    ends = np.array([run["points"][-1] for run in runs.values()])
    return np.ptp(ends, axis=0).max() < 4e-3 and np.hypot(*ends[0]) > 0.9 and "at (0, 0)" not in said


def round_bowl(runs, said):
    x = np.array(runs["momentum"]["points"])[:, 0]
    gd, momentum = arrived(runs, "sgd", "momentum")
    return gd == 1 and momentum > 100 and np.sum(x[1:] * x[:-1] < 0) > 10  # it swings


def under(runs, said):
    gd, momentum = arrived(runs, "sgd", "momentum")
    return limit_of_rosenbrock() > 0.0019 and gd == -1 < momentum and "Gradient descent is still at" in said


def over(runs, said):
    points = np.array(runs["sgd"]["points"])
    away = np.linalg.norm(points - (1, 1), axis=1)
    to_and_fro = np.allclose(points[-2:], points[-4:-2], rtol=1e-3)
    return (
        limit_of_rosenbrock() < 0.003 and to_and_fro and away[-1] > 10 * away[0] and "jumps between" in said
    )


def saddle(runs, said):
    out = [int(np.argmax(np.abs(np.array(runs[rule]["points"])[:, 1]) > 0.5)) for rule in ("momentum", "sgd")]
    settled = arrived(runs, "sgd", "momentum")
    leaves = f"The first to leave the saddle is momentum: |y| > ½ at step {out[0]}."
    return out[0] < out[1] and 0 < settled[0] < settled[1] and leaves in said


def himmelblau(runs, said):
    return (
        runs["sgd"]["which"] != runs["momentum"]["which"]
        and "From the same start momentum ends in another minimum." in said
    )


def beale(runs, said):
    gd, momentum = arrived(runs, "sgd", "momentum")
    return 0 < 10 * momentum < gd


ANSWERS = (best, scaled, bent, dying, even, eggs, round_bowl, under, over, saddle, himmelblau, beale)


@pytest.mark.parametrize(("index", "answer"), list(enumerate(ANSWERS)))
def test_each_thing_to_try_asks_and_the_lab_answers(opened, index, answer):
    tab = opened()
    link = tab.locator("[data-try]").nth(index)
    assert link.inner_text() == TRIES[index][1]
    assert link.inner_text().endswith("?")
    link.click()
    assert tab.inner_text(".gd-note") == ""
    assert answer(lanes(tab), told(tab)), told(tab)
    assert tab.complaints == []


def test_every_thing_to_try_has_its_answer():
    assert len(ANSWERS) == len(TRIES)


def test_nothing_has_run_before_the_reader_runs_it(opened):
    """The first picture has no paths and no results, and says what to do."""
    tab = opened()
    assert tab.locator("gd-race [class^=gd-lane]:visible").count() == len(LAB_RULES)  # the table's keys
    assert tab.text_content(".gd-hint") == "drag the ring, then press Play"
    assert told(tab).startswith("Who is first at the minimum?\nPress Play.")
    assert "".join(tab.locator(".gd-race td").all_inner_texts()) == ""
    tab.click("[data-do=play]")
    assert tab.locator("gd-race .gd-lane-line:visible").count() == len(lab.FIRST)
    assert tab.text_content(".gd-hint") == ""
    assert told(tab).startswith("First is momentum, at (0, 0) from step 55 on.")
    assert "A fair race" in told(tab)


def test_a_rate_set_by_hand_is_not_tuned_whoever_joins(opened):
    tab = opened()
    tab.fill("[data-typed=lr_sgd]", "0.001")
    tab.press("[data-typed=lr_sgd]", "Enter")
    tab.check("[data-rule=nesterov] input")
    assert "Not tuned for this start: gradient descent. Tune before you judge." in told(tab)
    tab.click("[data-do=tune]")
    assert "A fair race" in told(tab)


RATES = [float(f"{1e-4 * 10 ** (i / 8):.3g}") for i in range(37)]


def is_best(state, rule):
    """Whether a rule's rate is what theory or Tune give for this start."""
    theory = {**START, "rules": ""}
    if rule in ("sgd", "momentum") and all(
        state[key] == theory[key] for key in ("f", "kappa", "x0", "y0", f"lr_{rule}")
    ):
        return rule == "sgd" or state["momentum"] == theory["momentum"]
    runs = {rate: lab.run({**state, f"lr_{rule}": rate}, rule) for rate in {*RATES, state[f"lr_{rule}"]}}

    def cost(rate):
        trace, arrived = runs[rate]
        if trace.diverged_at is not None:
            return np.inf
        return arrived if arrived >= 0 else lab.STEPS + trace.loss[lab.STEPS]

    return state[f"lr_{rule}"] in RATES and cost(state[f"lr_{rule}"]) <= min(map(cost, RATES)) * (1 + 1e-9)


def is_so(said, state):
    """Whether what the lab says of a state is so of Python's runs."""
    names = state["rules"].split(",")
    words = {name: RULE_WORDS[name] for name in names}
    runs = {name: lab.run(state, name) for name in names}
    f = quadratic(state["kappa"]) if state["f"] == "quadratic" else FUNCTIONS[state["f"]]
    ends = {name: trace.w[trace.last] for name, (trace, _) in runs.items()}
    there = {
        name: (step, int(np.argmin([np.hypot(*(ends[name] - m)) for m in f.minima])))
        for name, (_, step) in runs.items()
        if step >= 0
    }
    first = min((step for step, _ in there.values()), default=None)
    ties = [name for name, (step, _) in there.items() if step == first]
    number = r"(−?[\d.]*\d(?:e[−+]\d+)?)"

    def near(texts, value):
        return np.allclose([float(x.replace("−", "-")) for x in texts], value, rtol=6e-4, atol=1e-8)

    if said.startswith("None"):
        verdict = not there
    elif said.startswith("A tie"):
        verdict = len(ties) > 1 and f"there at step {first:,}." in said
    else:
        found = re.match(rf"First is (.*?), at \({number}, {number}\) from step ([\d,]+) on\.", said)
        verdict = (
            ties == [name for name in names if words[name] == found[1]]
            and int(found[4].replace(",", "")) == first
            and near(found.groups()[1:3], f.minima[there[ties[0]][1]])
        )
    other = re.search(r"From the same start (.*?) ends in another minimum", said)
    minima = {which for _, which in there.values()}
    elsewhere = (len(minima) > 1) == bool(other)
    lost = [name for name in names if name not in there]
    who = next((name for name in lost if words[name].lower() in said.lower()), None)
    if lost and who is None:
        return False
    why = True
    if who:
        trace = runs[who][0]
        overflow = re.search(r"overflows at step ([\d,]+)", said)
        if overflow:
            why = trace.diverged_at == int(overflow[1].replace(",", ""))
        bound = re.search(rf"must stay below .*? = {number}, and it is {number}\.", said)
        if bound:
            why = (
                why
                and float(bound[2].replace("−", "-")) >= float(bound[1].replace("−", "-"))
                and near([bound[2]], state[f"lr_{who}"])
            )
        still = re.search(rf"is still at \({number}, {number}\)", said)
        if still:
            # the lab's own end: on an egg carton the last digit may decide
            why = why and near(still.groups(), state["ends"][who])
        steps = re.search(rf"first step {number} long, last {number}", said)
        if steps:
            lengths = np.linalg.norm(np.diff(trace.w[: trace.last + 1], axis=0), axis=1)
            printed = [float(x.replace("−", "-").replace("e+", "e")) for x in steps.groups()]
            why = why and np.allclose(printed, [lengths[0], lengths[-1]], rtol=6e-2)
    fair = all(is_best(state, name) for name in names) if "A fair race" in said else True
    return verdict and elsewhere and why and fair


def test_what_it_says_is_so_of_python_s_runs(opened):
    tab = opened()
    seeded = random.Random(6)
    states = []
    for _ in range(110):
        name = seeded.choice(list(lab.FUNCTION_WORDS))
        (left, right), (bottom, top) = FUNCTIONS[name].domain
        scale = seeded.choice([0.01, 0.1, 1])
        states.append(
            {
                "f": name,
                "kappa": float(f"{10 ** seeded.uniform(0, 3):.3g}"),
                "x0": round(seeded.uniform(left, right), 2),
                "y0": round(seeded.uniform(bottom, top), 2),
                "rules": ",".join(rule for rule in LAB_RULES if seeded.random() < 0.4) or "sgd",
                **{f"lr_{rule}": float(f"{scale * 10 ** seeded.uniform(-2, 0):.3g}") for rule in LAB_RULES},
                "momentum": round(seeded.uniform(0, 0.99), 2),
                "tune": seeded.random() < 0.06,
            }
        )
    said_of = tab.evaluate(
        """(states) => states.map(({ tune, ...state }) => {
          const lab = document.querySelector("gd-race");
          lab.ran = true;
          Object.assign(lab.state, state);
          if (tune) lab.best();
          lab.compute();
          const ends = Object.fromEntries(lab.racing.map(({ name, points }) => [name, points.at(-1)]));
          return [lab.tell(), { ...lab.state, ends }];
        })""",
        states,
    )
    wrong = [pair for pair in said_of if not is_so(*pair)]
    assert wrong == []
    assert {said.split()[0] for said, _ in said_of} >= {"First", "None"}
    assert sum("A fair race" in said for said, _ in said_of) >= 3


def test_the_table_says_what_was_computed(opened):
    tab = opened(query(lab.begin("rosenbrock", 0.0019)))
    tab.click('[data-do="step"]')
    runs = lanes(tab)
    cells = {
        row.get_attribute("data-rule"): row.locator("td").all_inner_texts()
        for row in tab.locator("[data-rule]").all()
    }
    assert list(cells) == list(LAB_RULES)
    assert all(row == ["", ""] for name, row in cells.items() if name not in RULES_IN_TRIES)
    assert cells["sgd"][0] == "not in 2,000"
    assert cells["momentum"][0] == f"step {runs['momentum']['arrived']}"
    for name in RULES_IN_TRIES:
        assert float(cells[name][1]) == pytest.approx(runs[name]["losses"][1], abs=5e-4)  # three decimals


def test_overflow_is_said_with_its_step_and_the_limit_that_was_passed(opened):
    state = {**START, "lr_sgd": 1}
    tab = opened(query(state))
    tab.click("[data-do=play]")
    trace, _ = lab.run(state, "sgd")
    assert f"overflows at step {trace.diverged_at}: at the start, η must stay below 2/L = 0.02," in told(tab)
    assert tab.inner_text('[data-rule="sgd"] [data-show="steps"]') == f"overflow at {trace.diverged_at}"


def test_tune_finds_the_fastest_of_its_rates(opened):
    tab = opened(query(lab.begin("beale", 0.001)))
    tab.click('[data-do="tune"]')
    assert "A fair race" in told(tab)
    rates = [float(f"{1e-4 * 10 ** (i / 8):.3g}") for i in range(37)]
    state = element(tab, "lab.state")
    for rule in RULES_IN_TRIES:
        arrived = [lab.run({**state, f"lr_{rule}": rate}, rule)[1] for rate in rates]
        fastest = min(step for step in arrived if step >= 0)
        assert lanes(tab)[rule]["arrived"] == fastest
    tab.fill('[data-typed="lr_sgd"]', "0.01")
    tab.press('[data-typed="lr_sgd"]', "Enter")
    assert "A fair race" not in told(tab)


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
    assert "A fair race" in told(tab)
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
    assert "A fair race" in told(tab)
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
    tab.click("[data-do=play]")
    assert "RMSProp never settles, and jumps about" in told(tab)
    assert "must stay below" not in told(tab)
    tab = opened(query(lab.begin("quadratic", {"nesterov": 0.05})))
    tab.click("[data-do=play]")
    # (2 + 2μ)/((1 + 2μ)L) with μ = 0.9, L = 100
    assert "η must stay below 2(1 + μ)/((1 + 2μ)L) = 0.0136, and it is 0.05." in told(tab)


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
        assert re.search(r"[.]$", told(tab)), address
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
