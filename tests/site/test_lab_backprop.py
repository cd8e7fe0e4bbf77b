"""The backprop lab computes what Value does, says each step in words, and takes whatever is typed."""

import gzip
import math
import random
import re
from functools import partial

import numpy as np
import pytest
from axe import violations
from mkdocs.exceptions import BuildError
from visit import open_lab_at, query, run_copied_python, told, visit

from gdbook.backprop.expression import METHODS, ExpressionError, evaluate, parse
from gdbook.backprop.graph import program
from gdbook.backprop.steps import backward_steps
from gdbook.figures.backprop_lab import INPUTS, traced
from gdbook.site.labs.backprop import tries
from gdbook.site.translate import value as javascript_value
from gdbook.value import Value

PAGE = "labs/backprop/"
OWN = ["labs/backprop.js", "labs/layers.js", "labs/operations.js", "value.js"]
ERRORS = (ValueError, ZeroDivisionError, OverflowError)
SAME = 1e-12  # what sines and exponentials of two libraries may differ by, a few operations later

open_lab = partial(open_lab_at, PAGE)


def lab(tab, expression):
    return tab.evaluate(
        f"(() => {{ const lab = document.querySelector('gd-backprop'); return {expression}; }})()"
    )


def numbers(tab):
    """The values and the gradients of the graph, in the order of ``program``."""
    pairs = lab(tab, "lab.values.map(({ data, grad }) => [data, grad].map(Number).map(String))")
    return [[float(x.replace("Infinity", "inf")) for x in pair] for pair in pairs]


def by_python(text, inputs, bug=False):
    values = {name: Value(x) for name, x in inputs.items()}
    result = evaluate(parse(text)[0], values)
    backward_steps(result, add=not bug)
    return [[float(value.data), float(value.grad)] for value in program(result)]


def step_to(tab, t):
    lab(tab, f"lab.go({t})")


# Parity


def random_expression(rng, depth):
    """A text of up to 25 values; a third of them make Python stop, at a logarithm or a root."""
    if depth == 0:
        return rng.choice(["a", "b", "c", "a", "b", f"{rng.uniform(0.3, 3):.3g}"])
    inner, other = random_expression(rng, depth - 1), random_expression(rng, rng.randrange(depth))
    kind = rng.random()
    if kind < 0.5:
        return f"({inner} {rng.choice(['+', '-', '*', '/', '**'])} {other})"
    if kind < 0.6:
        return f"-{inner}"
    if kind < 0.7:
        return f"max({inner}, {other})"
    return f"{rng.choice(sorted(set(METHODS) - {'max'}))}({inner})"


IN_BROWSER = """async (cases) => {
  const { parse, perform, backward_steps, Value } = await import("/assets/value.js");
  return cases.map(([text, numbers]) => {
    const inputs = Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, new Value(x)]));
    try {
      const stack = [];
      for (const [kind, what] of parse(text)[0]) perform(kind, what, stack, inputs);
      backward_steps(stack[0]);
      return [stack[0].data, ...Object.values(inputs).map(({ grad }) => grad)].map(Number).map(String);
    } catch (error) {
      return error.name;
    }
  });
}"""


def in_python(text, inputs):
    values = {name: Value(x) for name, x in inputs.items()}
    try:
        result = evaluate(parse(text)[0], values)
    except ERRORS as error:
        return type(error).__name__
    result.backward()
    return [float(x) for x in (result.data, *(value.grad for value in values.values()))]


def test_random_expressions_agree_with_value(tab, server):
    """Values and gradients of 500 expressions, and the same error where Python has one."""
    rng = random.Random(7)
    cases = []
    while len(cases) < 500:
        text = random_expression(rng, rng.randint(1, 4))
        if set("abc") & set(re.findall(r"\b[abc]\b", text)):
            cases.append((text, {name: rng.uniform(-3, 3) for name in "abc"}))
    tab.goto(server.url)
    theirs = tab.evaluate(IN_BROWSER, cases)
    ours = [in_python(*case) for case in cases]
    computed = [isinstance(result, list) for result in ours]
    assert sum(computed) >= 200
    assert not all(computed)
    for case, found, expected in zip(cases, theirs, ours, strict=True):
        if isinstance(expected, str):
            assert found == expected, case
        else:
            found = [float(x.replace("Infinity", "inf")) for x in found]
            np.testing.assert_allclose(found, expected, rtol=SAME, atol=0, err_msg=str(case))


EDGES = [
    ("1/a", {"a": 0.0}),
    ("a/a", {"a": 0.0}),
    ("a**-1", {"a": -0.0}),
    ("a**0.5", {"a": 0.0}),
    ("a**0.5", {"a": -1.0}),
    ("a**0", {"a": 0.0}),
    ("a**b", {"a": 0.0, "b": 1.0}),
    ("2**a", {"a": 2000.0}),
    ("exp(a)", {"a": 710.0}),
    ("exp(-a)", {"a": 1e308}),
    ("a*a", {"a": 1e200}),
    ("a*a - a*a", {"a": 1e200}),
    ("sin(a*a)", {"a": 1e200}),
    ("(a*a)**0.5", {"a": 1e200}),
    ("a**3", {"a": 1e110}),
    ("a**2", {"a": 1e154}),
    ("a**-200", {"a": 30.0}),
    ("log(a)", {"a": 5e-324}),
    ("log(0*a)", {"a": 1.0}),
    ("sigmoid(a)", {"a": -1e4}),
    ("1**(a*a - a*a) * a", {"a": 1e200}),
    ("max(a, a*a*a)", {"a": 1e200}),
    ("max(a, b)", {"a": 1.0, "b": 1.0}),
    ("abs(a) + relu(a)", {"a": 0.0}),
    ("a + 0**-1", {"a": 0.0}),
    ("a + 1/0", {"a": 0.0}),
    ("a + (-8)**(1/3)", {"a": 0.0}),
    ("(-2)**a", {"a": 2.0}),
    ("10**400*a", {"a": 2.0}),
]


@pytest.mark.parametrize(("text", "inputs"), EDGES, ids=str)
def test_the_edges_of_arithmetic_are_python_s(tab, server, text, inputs):
    tab.goto(server.url)
    (found,) = tab.evaluate(IN_BROWSER, [(text, inputs)])
    expected = in_python(text, inputs)
    if isinstance(expected, list):
        found = [float(x.replace("Infinity", "inf")) for x in found]
        expected = pytest.approx(expected, rel=SAME, nan_ok=True)
    assert found == expected


def test_the_browser_reads_and_refuses_as_python_does(tab, server):
    """The same program for 300 random texts, or the same words."""
    rng = random.Random(3)
    pieces = [
        "a",
        "b",
        "2",
        ".5",
        "1e3",
        "+",
        "-",
        "*",
        "/",
        "**",
        "(",
        ")",
        ",",
        " ",
        "max(",
        "exp(",
        "^",
        "=",
        "; ",
        "p",
        "π",
        "if",
        ".",
    ]
    texts = ["".join(rng.choices(pieces, k=rng.randint(0, 9))) for _ in range(300)] + [
        "(" * 40,
        "a" * 200,
        "toString",
    ]
    tab.goto(server.url)
    found = tab.evaluate(
        """async (texts) => {
          const { parse } = await import("/assets/value.js");
          return texts.map((text) => {
            try { return parse(text); } catch (error) { return [error.name, error.message]; }
          });
        }""",
        texts,
    )
    assert found == [read(text) for text in texts]


def read(text):
    try:
        code, names = parse(text)
    except ExpressionError as error:
        return ["ExpressionError", str(error)]
    return [[list(operation) for operation in code], names]


def test_a_part_with_a_name_keeps_it_and_waits_for_all_its_uses(tab, server, tmp_path):
    """p is used three times: the walk back goes on from it only when all three are in."""
    open_lab(tab, server, expr="p = a*b; p + p*p", inputs="a:2,b:3")
    assert tab.locator(".gd-node .gd-head").all_text_contents() == [
        "a",
        "b",
        "p = a · b",
        "v2 = p · p",
        "L = p + v2",
    ]
    order = lab(tab, "lab.uses.map(({ child, user }) => [lab.name(child), lab.name(user)])")
    assert [child for child, _ in order] == ["p", "v2", "p", "p", "a", "b"]
    step_to(tab, lab(tab, "lab.horizon"))
    assert "∂L/∂a = 39, ∂L/∂b = 26" in told(tab)
    printed = [[float(x) for x in line.split("\t")[1:]] for line in run_copied_python(tab, tmp_path)]
    np.testing.assert_allclose(printed, numbers(tab), rtol=SAME)


# The steps

# Between them they have each operation, with a plain number first, second, and not at all.
EVERY_OPERATION = [
    "tanh(a*b + c) * a",
    "(a - b)/(2 - c) - (a/2)",
    "3/a + 3*b - c*c",
    "sqrt(exp(a)) + log(abs(b))",
    "sin(a)*cos(b) - sigmoid(c)",
    "relu(a) + relu(b) + max(a, b) + max(b, 0.5)",
    "a**2 + b**3 + a**-1 + 2**c + a**1",
    "a**c + -b",
]


def symbols(text, values):
    """What a formula of the lab says, computed: the names in it have the values of ``values``."""
    text = text.translate(str.maketrans("−·^²³⁴", "-*ₚ₂₃₄"))
    text = text.replace("ₚ", "**").replace("₂", "**2").replace("₃", "**3").replace("₄", "**4")
    text = text.replace("⁻**2", "**-2").replace("⁰", "**0").replace("⁻¹", "**-1")
    text = re.sub(r"√([\w.]+|\([^()]*\))", r"sqrt(\1)", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = re.sub(r"log (\w+)", r"log(\1)", text)
    text = re.sub(r"(?<![\w.)])-(\w+)\*\*", r"-1*\1**", text)
    functions = {name: getattr(math, name) for name in ("exp", "log", "sin", "cos", "tanh", "sqrt")}
    functions |= {"sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: max(x, 0.0), "max": max}
    return eval(text, functions | values)


@pytest.mark.parametrize("text", EVERY_OPERATION)
def test_each_step_says_its_rule_in_symbols_that_give_its_number(tab, server, text):
    """Forward ``v = symbols = … = number``; backward ``∂v/∂x = symbols = number``: computed here again."""
    inputs = {"a": 0.8, "b": -1.5, "c": 0.7}
    open_lab(tab, server, expr=text, inputs="a:0.8,b:-1.5,c:0.7")
    values = dict(lab(tab, "lab.values.map((value) => [lab.name(value), value.data])"))
    assert values.items() >= {name: x for name, x in inputs.items() if name in values}.items()
    count = lab(tab, "lab.horizon")
    slopes = lab(
        tab, "lab.uses.map(({ slope, child, user }) => [lab.name(user), lab.name(child), Number(slope)])"
    )
    forward = count - len(slopes) - 2
    for _ in range(forward):
        tab.click("[data-do=ahead]")
        name, formula, with_numbers, number = told(tab).split("\n")[1].split(" = ")
        expected = pytest.approx(values[name], rel=1e-3)  # four digits are shown
        assert symbols(formula, values) == expected
        assert symbols(with_numbers, {}) == pytest.approx(values[name], rel=2e-3, abs=2e-3)
        assert float(number.replace("−", "-")) == expected
    tab.click("[data-do=ahead]")
    assert "∂L/∂L = 1" in told(tab)
    for t, (user, child, slope) in enumerate(slopes, forward + 2):
        tab.click("[data-do=ahead]")
        first, rule, chain, total = told(tab).split("\n")
        assert first == f"Step {t} of {count}, backward."
        said = re.search(
            rf"∂{user}/∂{child}(?: \(as .*?\))? = ([^:]*?)(?:: .*)?\.$", rule.split(": ", 1)[1]
        ).group(1)
        for part in said.split(" = "):
            assert symbols(part, values) == pytest.approx(slope, rel=1e-3, abs=1e-12), rule
        product, number = chain.rstrip(".").split(" = ")[1:]
        assert symbols(product, {}) == pytest.approx(symbols(number, {}), rel=2e-3, abs=1e-4)
        assert child in total


@pytest.mark.parametrize("text", EVERY_OPERATION)
@pytest.mark.parametrize("bug", [0, 1])
def test_the_graph_has_the_numbers_of_value(tab, server, text, bug):
    open_lab(tab, server, expr=text, inputs="a:0.8,b:-1.5,c:0.7", step="end", bug=bug)
    expected = by_python(text, {"a": 0.8, "b": -1.5, "c": 0.7}, bug)
    np.testing.assert_allclose(numbers(tab), expected, rtol=SAME)
    shown = tab.locator(".gd-node .gd-grad").all_text_contents()
    assert [float(text.split("∂")[1].replace("−", "-")) for text in shown] == pytest.approx(
        [grad for _, grad in expected],
        rel=6e-2,  # two digits where the box is full
    )


def test_values_and_gradients_appear_one_by_one(tab, server):
    open_lab(tab, server)

    def filled():
        boxes = tab.locator(".gd-node")
        texts = [boxes.nth(i).locator("text").all_text_contents() for i in range(boxes.count())]
        return [sum(bool(text[k]) for text in texts) for k in (1, 2)]

    counts = []
    for t in range(lab(tab, "lab.horizon") + 1):
        step_to(tab, t)
        counts.append(filled())
    # Three inputs, four operations; then L, and each of seven uses but the second one of a.
    assert counts == [[3, 0], [4, 0], [5, 0], [6, 0], [7, 0], *[[7, k] for k in (1, 2, 3, 4, 5, 6, 6, 7, 7)]]


def test_the_local_derivative_stands_on_the_edge_that_uses_it(tab, server):
    open_lab(tab, server, step=8)
    assert tab.locator(".gd-slope.gd-now").all_text_contents() == ["0.786"]
    marked = tab.locator(".gd-use.gd-now.gd-backward")
    assert marked.count() == 1
    width = "(path) => +getComputedStyle(path).strokeWidth.slice(0, -2)"
    here = marked.locator("path").first.evaluate(width)
    assert here > 2 * tab.locator(".gd-use:not(.gd-now) path").first.evaluate(width)  # not by colour alone
    assert marked.locator(".gd-back").evaluate("(tip) => getComputedStyle(tip).visibility") == "visible"
    box = tab.locator(".gd-node.gd-now rect").evaluate(width)
    assert box > tab.locator(".gd-node:not(.gd-now) rect").first.evaluate(width)


# Things to try

PROMISES = [
    lambda g, text: g == {"a": 3, "b": 2} and "∂L/∂a = 3, ∂L/∂b = 2" in text,
    lambda g, text: g == {"a": 7} and "✗" not in text,
    lambda g, text: g == {"a": 3} and "Wrong (✗): a (used 3 times): only the last part is left." in text,
    lambda g, text: g == {"a": 39, "b": 26} and "L = 42" in text,
    lambda g, text: 0 < g["w"] < 1e-4 and g["w"] == pytest.approx(3 * (1 - math.tanh(6) ** 2), rel=1e-9),
    lambda g, text: set(g.values()) == {0} and "No gradient gets through" in text,
    lambda g, text: 0 < g["a"] < 0.25**6,
    lambda g, text: g == {"a": 0.25, "b": -0.0625},
    lambda g, text: g == {"a": 0.5, "b": 0.5},
]


@pytest.mark.parametrize(
    ("index", "promise"), list(enumerate(PROMISES)), ids=[text[:20] for _, text in tries()]
)
def test_each_thing_to_try_ends_as_its_text_says(tab, server, index, promise):
    open_lab(tab, server)
    link = tab.locator(".gd-tries a").nth(index)
    link.click()
    found = lab(
        tab,
        "Object.fromEntries(lab.values.filter((v) => lab.names.includes(lab.name(v)))"
        ".map((v) => [lab.name(v), Number(v.grad)]))",
    )
    assert promise(found, told(tab)), (found, told(tab))
    assert "all is known" in told(tab)
    assert tab.inner_text(".gd-note") == ""
    assert link.inner_text() == tries()[index][1]
    assert link.inner_text().endswith("?")


def test_every_thing_to_try_has_its_promise_and_opens_by_its_address(tab, server):
    assert len(PROMISES) == len(tries())
    for state, _ in tries():
        tab.goto(server.url + PAGE + query(state))
        tab.wait_for_selector("[data-ready]")
        assert "all is known" in told(tab)


# The bug


def test_the_bug_is_told_where_it_strikes(tab, server):
    open_lab(tab, server, expr="a*a + a", inputs="a:3", step=6, bug=1)
    assert "The bug: a had 1, and = puts 3 in its place, where += would add it." in told(tab)
    assert tab.locator(".gd-wrong").count() == 0  # one use of a is still to come
    tab.click("[data-do=ahead]")
    assert tab.locator(".gd-wrong .gd-grad").all_text_contents() == ["✗ ∂ 3"]
    assert "∂L/∂a = 3 ✗ right: 7" in tab.inner_text(".gd-input output")
    tab.uncheck(".gd-bug input")
    assert tab.locator(".gd-wrong").count() == 0
    assert "4 + 3 = 7" in told(tab)


def test_the_bug_names_each_value_that_it_spoils(tab, server):
    open_lab(tab, server, expr="(a*b)*(a*b) + tanh(c)", inputs="a:1,b:2,c:1", step="end", bug=1)
    assert "Wrong (✗): a (used twice), b (used twice): only the last part is left." in told(tab)
    assert tab.locator(".gd-wrong .gd-head").all_text_contents() == ["a", "b"]


def test_the_bug_in_a_part_spoils_what_is_behind_it(tab, server):
    """a and b are used once each: they lost no part of their own."""
    open_lab(tab, server, expr="p = a*b; p + p*p", inputs="a:2,b:3", step="end", bug=1)
    assert "Wrong (✗): p (used 3 times): only the last part is left. It spoils what is behind." in told(tab)
    assert tab.locator(".gd-wrong .gd-head").all_text_contents() == ["a", "b", "p = a · b"]


@pytest.mark.parametrize(
    ("expr", "why"), [("a*b", "no value is used twice"), ("0*a + tanh(a)", "the parts that it lost are 0")]
)
def test_the_bug_may_change_nothing(tab, server, expr, why):
    open_lab(tab, server, expr=expr, step="end", bug=1)
    assert f"The bug changes nothing here: {why}." in told(tab)


# Controls


def test_the_buttons_step(tab, server):
    open_lab(tab, server)
    end = lab(tab, "lab.horizon")
    places = []
    for button in ["ahead", "ahead", "back", "run", "ahead", "reset", "back"]:
        tab.click(f"[data-do={button}]")
        places.append(lab(tab, "lab.t"))
    assert places == [1, 2, 1, end, end, 0, 0]


def test_it_works_by_keyboard_alone(tab, server):
    open_lab(tab, server)
    tab.locator("[data-do=ahead]").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Space")
    assert lab(tab, "lab.t") == 2
    tab.keyboard.press("ArrowLeft")
    assert lab(tab, "lab.t") == 1
    for _ in range(3):
        tab.keyboard.press("Tab")  # Reset, Run, the bug
    tab.keyboard.press("Space")
    assert lab(tab, "lab.state.bug") == 1
    tab.keyboard.press("Tab")
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type("q*3")
    assert told(tab).startswith("Step 0 of 4")
    tab.keyboard.press("Tab")
    before = lab(tab, "lab.numbers.get('q')")
    tab.keyboard.press("ArrowRight")
    assert lab(tab, "lab.numbers.get('q')") == pytest.approx(before + 0.05)
    tab.keyboard.press("Tab")
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type("−12.5")
    tab.keyboard.press("Enter")
    assert lab(tab, "lab.values[0].data") == -12.5
    for place in (".gd-stage", "[data-do=ahead]"):
        tab.locator(place).focus()
        for key, t in [("End", lab(tab, "lab.horizon")), ("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2)]:
            tab.keyboard.press(key)
            assert lab(tab, "lab.t") == t


def test_a_slider_keeps_the_step_and_changes_the_numbers(tab, server):
    open_lab(tab, server, expr="a*b", inputs="a:2,b:3", step="end")
    slider = tab.locator(".gd-input input[type=range]").first
    slider.evaluate("(slider) => { slider.value = -1; slider.dispatchEvent(new Event('input')); }")
    assert "L = −3, ∂L/∂a = 3, ∂L/∂b = −1." in told(tab)


def test_it_works_by_touch(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    tab = context.new_page()
    open_lab(tab, server)
    tab.tap("[data-do=ahead]")
    tab.tap(".gd-bug label")
    assert (lab(tab, "lab.t"), lab(tab, "lab.state.bug")) == (1, 1)
    # A large graph is pushed about in its own box, and the page stays as wide as the screen.
    open_lab(tab, server, expr="a*b+b*c+c*d+d*f+a*f", step="end")
    scroll = "({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]"
    inside, room = tab.locator(".gd-stage").evaluate(scroll)
    assert inside > room
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    text = tab.locator(".gd-graph .gd-head").first.evaluate("(text) => text.getBoundingClientRect().height")
    assert text >= 12  # not shrunk to fit
    context.close()


def test_the_step_is_brought_into_view_inside_the_box(tab, server):
    open_lab(tab, server, expr="tanh(" * 12 + "a" + ")" * 12, inputs="a:1")
    seen = """() => {
      const stage = document.querySelector(".gd-stage").getBoundingClientRect();
      const now = document.querySelector(".gd-node.gd-now").getBoundingClientRect();
      return stage.top <= now.top + 1 && now.bottom <= stage.bottom + 1;
    }"""
    before = tab.evaluate("scrollY")
    for t in range(1, lab(tab, "lab.horizon")):
        step_to(tab, t)
        assert tab.evaluate(seen), t
    assert tab.evaluate("scrollY") == before


def test_run_goes_step_by_step_and_says_only_the_end(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900})  # a reader who likes motion
    tab = context.new_page()
    open_lab(tab, server, expr="a*b")
    tab.evaluate(
        """() => {
          window.said = [];
          window.steps = [];
          for (const [where, list] of [[".gd-announce", window.said], [".gd-verdict", window.steps]]) {
            const place = document.querySelector(where);
            new MutationObserver(() => list.push(place.textContent)).observe(place, { childList: true });
          }
        }"""
    )
    tab.click("[data-do=run]")
    assert tab.inner_text("[data-do=run]") == "Pause"
    tab.wait_for_function("window.said.some((text) => text.includes('all is known'))")
    assert tab.inner_text("[data-do=run]") == "Run"
    assert [int(re.search(r"Step (\d+)", text).group(1)) for text in tab.evaluate("window.steps")] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert len(tab.evaluate("window.said")) <= 2
    context.close()


def test_each_step_is_announced(tab, server):
    open_lab(tab, server)
    for t in (1, 6):
        step_to(tab, t)
        tab.wait_for_function(f"document.querySelector('.gd-announce').textContent.includes('Step {t} of')")
        assert tab.locator(".gd-announce").text_content().split() == told(tab).split()
    assert "v3 = tanh(v2), value −0.4621" in tab.get_attribute(".gd-graph", "aria-label")


# The address


def test_the_address_keeps_the_state_and_gives_it_back(tab, server):
    open_lab(tab, server)
    tab.fill(".gd-typed", "exp(x + y) * x")
    typed = tab.locator(".gd-input input[type=text]")
    typed.nth(0).fill("0.25")
    typed.nth(0).press("Enter")
    tab.check(".gd-bug input")
    for _ in range(3):
        tab.click("[data-do=ahead]")
    tab.wait_for_function("location.search.includes('step=3') && location.search.includes('bug=1')")
    before = lab(tab, "[lab.state, lab.t]"), told(tab)
    assert before[0][0]["inputs"].startswith("x:0.25,y:")
    tab.reload()
    tab.wait_for_selector("[data-ready]")
    assert (lab(tab, "[lab.state, lab.t]"), told(tab)) == before


def test_what_is_wrong_in_an_address_is_said(tab, server):
    open_lab(tab, server, expr="a*b", inputs="a:fast,b:1e999,2:3", step=99, bug="yes")
    assert lab(tab, "lab.t") == lab(tab, "lab.horizon")
    open_lab(tab, server, inputs="a:fast", bug="yes")
    assert "“fast” is no number that a computer can hold: a stays as it was." in tab.inner_text(".gd-note")
    assert "The bug is 0 or 1, not “yes”." in tab.inner_text(".gd-note")
    open_lab(tab, server, step=99)
    assert tab.inner_text(".gd-note") == "There are 13 steps: step 99 became 13."
    open_lab(tab, server, step="soon")
    assert "There is no step “soon”." in tab.inner_text(".gd-note")
    assert lab(tab, "lab.t") == 0


STRANGE = [
    "",
    "NaN",
    "-1",
    "1e999",
    "<b>",
    "__proto__",
    "a:",
    ":1",
    "a:1:2",
    "٣",
    "end",
    "0x10",
    "tanh(",
    "constructor",
    "%",
    "a" * 400,
]


@pytest.mark.parametrize("seed", range(20))
def test_no_address_breaks_the_lab(tab, server, seed):
    rng = random.Random(seed)
    state = {name: rng.choice(STRANGE) for name in ("expr", "inputs", "step", "bug") if rng.random() < 0.8}
    open_lab(tab, server, **state, unknown="1")
    assert told(tab)
    assert lab(tab, "lab.state.bug") in (0, 1)
    for button in ("ahead", "run", "back", "reset"):
        tab.click(f"[data-do={button}]")
    assert told(tab)


# What is typed


def test_garbage_gets_words_and_never_an_error(tab, server):
    """Whatever is typed: the fixture holds that the console has no complaint."""
    open_lab(tab, server)
    rng = random.Random(11)
    alphabet = "abcx0129.eE+-*/()^,; <>&\"'%$π∂😀\\\t_maxlogexp"
    for _ in range(150):
        text = "".join(rng.choices(alphabet, k=rng.randint(1, 20)))
        tab.fill(".gd-typed", text)
        tab.press(".gd-typed", "Enter")
        assert len(told(tab)) > 10, text
        assert (tab.get_attribute(".gd-typed", "aria-invalid") == "true") == (
            not told(tab).startswith("Step")
        ), text


@pytest.mark.parametrize(
    ("expr", "inputs", "words"),
    [
        ("a *", "", "I expected a number, a name or ( after “*”, but the expression ends there."),
        ("a*b)", "", "but “)” is there (character 4)"),
        ("a/b", "a:0,b:0", "“a/b” (characters 1 to 3) cannot be computed: it divides by 0 (here: 0 and 0)"),
        (
            "1 + log(a)",
            "a:-2",
            "“log(a)” (characters 5 to 10) cannot be computed: log takes numbers above 0 (here: −2)",
        ),
        (
            "sqrt(a)",
            "a:-1",
            "sqrt takes numbers from 0 on (here: −1). A program with Value stops there too: ValueError.",
        ),
        ("exp(a)", "a:1000", "the result is larger than any number that a computer can hold"),
        ("a**b", "a:-1,b:2", "log takes numbers above 0 (here: −1 and 2)"),
        (
            "a**-1",
            "a:0",
            "0 to a negative power divides by 0 (here: 0 and −1). A program with Value stops there",
        ),
        ("0**a", "a:0.8", "its slope needs log of the base, which must be above 0 (here: 0 and 0.8)"),
        ("(-2)**a", "a:2", "its slope needs log of the base, which must be above 0 (here: −2 and 2)"),
        ("0**a", "a:-2", "0 to a negative power divides by 0 (here: 0 and −2)"),
        (
            "a**b",
            "a:0,b:-1",
            "it is exp(exponent · log base), and log takes numbers above 0 (here: 0 and −1)",
        ),
        ("a**0.5", "a:-2", "a negative number to a fractional power is no real number (here: −2 and 0.5)"),
        ("a + (-8)**(1/3)", "a:0", "a negative number to a fractional power is no real number (here: −8"),
        ("a + 1/0", "a:0", "it divides by 0 (here: 1 and 0)"),
        ("sin(a*a)", "a:1e200", "sin has no value at ∞ (here: ∞)"),
        ("+".join(["a*b"] * 13), "", "that makes 27 values, and the picture has room for 25"),
        ("a+b+c+d+f+g+h", "", "More than 6 names: take fewer."),
        ("p = a*b", "", "I expected ; and a result after “b”, but the expression ends there."),
        ("p = a*b; a", "", "“p” is not used: leave it out."),
        ("p = p*a; p", "", "“p” has a value already: take another name."),
        ("a" + "+a" * 100, "", "The expression has 201 characters, and there is room for 160."),
    ],
)
def test_what_cannot_be_computed_is_said(tab, server, expr, inputs, words):
    open_lab(tab, server, expr=expr, inputs=inputs)
    assert words.lower() in told(tab).replace("\n", " ").lower()
    assert tab.get_attribute(".gd-typed", "aria-invalid") == "true"
    assert descriptions(tab) == [tab.inner_text(".gd-verdict"), GRAMMAR]
    tab.click("[data-do=python]")
    assert "There is no program to copy" in tab.inner_text(".gd-note")
    tab.fill(".gd-typed", "2*z")
    assert told(tab).startswith("Step 0")
    assert tab.get_attribute(".gd-typed", "aria-invalid") == "false"
    assert descriptions(tab) == [GRAMMAR]


GRAMMAR = (
    f"names, numbers, + - * / **, parentheses, {' '.join(METHODS)}; a part with a name: p = a*b; p + p*p"
)


def descriptions(tab):
    """What a screen reader adds to the name of the field."""
    names = tab.get_attribute(".gd-typed", "aria-describedby").split()
    return [tab.inner_text(f"#{name}") for name in names]


def test_numbers_that_overflow_on_the_way_are_explained(tab, server):
    open_lab(tab, server, expr="a*a - a*a", inputs="a:1e200", step="end")
    assert "L = NaN" in told(tab)
    assert "a number on the way became too large" in told(tab)


def test_an_expression_that_is_only_a_name(tab, server):
    open_lab(tab, server, expr="a", inputs="a:2", step="end")
    assert "L = 2, ∂L/∂a = 1." in told(tab)
    assert "No gradient" not in told(tab)


def test_half_of_an_expression_is_not_spoken_of_while_it_is_typed(tab, server):
    open_lab(tab, server)
    tab.locator(".gd-typed").focus()
    tab.keyboard.press("End")
    tab.keyboard.type(" +")
    assert told(tab).startswith("Step 0 of 13")
    tab.keyboard.type(" b")
    assert told(tab).startswith("Step 0 of 16")
    tab.keyboard.type(" *")
    tab.wait_for_function("document.querySelector('.gd-verdict').textContent.startsWith('I expected')")


def test_what_was_wrong_before_is_not_said_of_what_is_typed_now(tab, server):
    open_lab(tab, server, expr="sqrt(a)", inputs="a:-1")
    assert "sqrt(a)" in told(tab)
    tab.fill(".gd-typed", "foo(a")
    assert told(tab) == "…"
    tab.wait_for_function("document.querySelector('.gd-verdict').textContent.includes('foo')")
    assert "sqrt(a)" not in told(tab)
    tab.fill(".gd-typed", "sqrt(a) +")
    tab.fill(".gd-typed", "sqrt(a)")  # as it was: it is spoken of again
    assert "“sqrt(a)” (characters 1 to 7) cannot be computed" in told(tab)


def test_an_input_that_is_no_number_stays(tab, server):
    open_lab(tab, server)
    typed = tab.locator(".gd-input input[type=text]").first
    for text in ("fast", "", "1e999", "1,5"):
        typed.fill(text)
        typed.press("Enter")
        assert lab(tab, "lab.values[0].data") == 0.8
    assert "a stays as it was." in tab.inner_text(".gd-note")


# Copy as Python


@pytest.mark.parametrize("bug", [0, 1])
@pytest.mark.parametrize(
    "text", [*EVERY_OPERATION[:4], "exp(2)*max(1, a)*b/c**2 - abs(a)", "sigmoid(-a)*2**3 + 1e-7*b"]
)
def test_the_copied_program_prints_the_lab_s_numbers(tab, server, tmp_path, text, bug):
    open_lab(tab, server, expr=text, inputs="a:0.8,b:-1.5,c:0.7", step="end", bug=bug)
    lines = run_copied_python(tab, tmp_path)
    printed = [[float(number) for number in line.split("\t")[1:]] for line in lines]
    np.testing.assert_allclose(printed, numbers(tab), rtol=SAME)


# The page


@pytest.mark.parametrize("width", [390, 1280])
def test_no_step_moves_the_controls(browser, server, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    top = "document.querySelector('.gd-transport').getBoundingClientRect().top + scrollY"
    open_lab(tab, server)
    before = tab.evaluate(top)
    for state, _ in [({}, ""), *tries()]:
        tab.goto(server.url + PAGE + query(state))
        tab.wait_for_selector("[data-ready]")
        for t in range(lab(tab, "lab.horizon") + 1):
            step_to(tab, t)
            assert tab.evaluate(top) == before, told(tab)
    tab.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_stage_has_one_height_whatever_is_in_it(browser, server, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    open_lab(tab, server)
    heights = set()
    for i in range(len(tries())):
        tab.locator(".gd-tries a").nth(i).click()
        heights.add(tab.locator(".gd-stage").evaluate("(stage) => stage.getBoundingClientRect().height"))
    tab.fill(".gd-typed", "a")
    heights.add(tab.locator(".gd-stage").evaluate("(stage) => stage.getBoundingClientRect().height"))
    assert len(heights) == 1
    tab.close()


def test_a_graph_that_is_lower_than_its_stage_stands_in_the_middle(tab, server):
    open_lab(tab, server, expr="a*b")
    above, below = tab.evaluate(
        """() => {
          const box = (what) => document.querySelector(what).getBoundingClientRect();
          const [stage, graph] = [box(".gd-stage"), box(".gd-graph")];
          return [graph.top - stage.top, stage.bottom - graph.bottom];
        }"""
    )
    assert above == pytest.approx(below, abs=1)
    assert above > 50


def test_the_controls_of_the_first_expression_are_there_before_the_script(browser, server):
    """No layout shift when the lab starts: the rows of its inputs stand in the page."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(server.url + PAGE)
    assert tab.is_visible(".gd-stage svg[role=img]")
    assert not tab.is_visible(".gd-live")
    names = [label.text_content() for label in tab.locator(".gd-input:not([hidden]) label").all()]
    assert names == list(INPUTS)
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "state", [{}, tries()[2][0], {"expr": "a*b%2Bc*d%2Bx*y", "step": "end", "bug": 1}], ids=str
)
def test_nothing_moves_when_the_lab_starts(browser, far_server, width, state):
    with visit(browser, far_server, PAGE + query(state), width) as opened:
        opened.tab.wait_for_selector("[data-ready]")
        assert opened.shift()[0] == 0, opened.shift()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "state",
    [
        {"step": 8},
        {"expr": "a*a+a", "step": "end", "bug": 1},
        {"expr": "a +"},
        {"expr": "a*b+b*c+c*d+d*f", "step": 20},
    ],
    ids=["a step", "the bug", "an error", "a large graph"],
)
def test_axe_finds_nothing_at_any_state(browser, server, state, scheme):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    tab = context.new_page()
    open_lab(tab, server, **state)
    found = violations(tab)
    assert not found.violations_count, found.generate_report()
    context.close()


def test_the_lab_s_own_scripts_are_small(site):
    assert sum(len(gzip.compress((site / "assets" / name).read_bytes(), 6)) for name in OWN) <= 16_000


def test_the_static_figure_is_the_end_of_the_first_expression(tab, server):
    open_lab(tab, server, step="end")
    result, values = traced()
    assert numbers(tab)[-1][0] == pytest.approx(result.data, rel=SAME)
    for name, value in values.items():
        assert f"∂L/∂{name} = {value.grad:.4g}".replace("-", "−") in told(tab)


# Translation


def uses_a_foreign_name(x):
    return unheard_of(x)  # noqa: F821


def uses_a_foreign_statement(x):
    first, *rest = x
    return first, rest


@pytest.mark.parametrize("function", [uses_a_foreign_name, uses_a_foreign_statement])
def test_what_does_not_translate_stops_the_build_with_name_and_line(function):
    line = function.__code__.co_firstlineno
    with pytest.raises(BuildError, match=rf"test_lab_backprop.py:{line}: {function.__name__} "):
        javascript_value.translate(function)
