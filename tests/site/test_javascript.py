"""What runs in the reader's browser is what runs here: translated, not written again."""

import inspect
import json

import numpy as np
import pytest
from mkdocs.exceptions import BuildError

from gdbook.browser.iterate import iterate
from gdbook.descent import descend, hyperparameters
from gdbook.functions import FUNCTIONS, double_well, parabola, rosenbrock
from gdbook.rules import RULES, momentum, sgd
from gdbook.site.translate import rules as javascript
from gdbook.site.translate.explain import explanation
from gdbook.site.translate.rules import LAB_RULES

RUNS, STEPS = 200, 200
SAME = 1e-12
CHECKED = [0, 1, 2, 5, 10, 20, 50, 100, 150, 200]
# Below this share of 2/L, with L the largest curvature, a run cannot become chaotic, and the last
# bit in which two sines may differ stays a last bit. Plain arithmetic has no such bit: there the
# rates go on to where runs diverge.
# A rule that divides by a root has the rate η/(√v + ε) ≤ η/ε: there η is that share of ε, and ε larger.
# Lion takes the sign of a sum of gradients, which a last bit decides only where that sum is 0.
CALM = {"wavy": 3.85, "log_cosh": 1.0, "rastrigin": 2 + 40 * np.pi**2}
# How the other hyperparameters are drawn: from wide ranges, for nothing depends on their being wise.
SHARES = {"momentum": (0, 0.99), "beta1": (0, 0.99), "beta2": (0.5, 0.9999), "rho": (0.5, 0.999)}


@pytest.fixture(scope="module")
def tab(browser, server):
    page = browser.new_page()
    page.goto(server.url)
    page.evaluate("async () => { window.book = await import('/assets/gdbook.js'); }")
    yield page
    page.close()


def evaluate(tab, function, argument):
    """As ``tab.evaluate``, which takes many numbers one by one, for what JSON says to the last bit."""
    return json.loads(
        tab.evaluate(f"(text) => JSON.stringify(({function})(JSON.parse(text)))", json.dumps(argument))
    )


def random_runs(name, rule):
    """Starts of shape (dim, RUNS), and hyperparameters in the rule's order, each of shape (RUNS,).

    A hyperparameter that is a boolean keeps its default.
    """
    f = FUNCTIONS[name]
    rng = np.random.default_rng([*name.encode(), *rule.encode()])
    domain = np.array(f.domain, dtype=float).reshape(f.dim, 2)
    starts = rng.uniform(domain[:, :1], domain[:, 1:], (f.dim, RUNS))
    defaults = hyperparameters(RULES[rule])
    calm = name in CALM and "eps" in defaults
    drawn = {"lr": 10 ** rng.uniform(-4, 0, RUNS) * (1 / CALM[name] if name in CALM else 3.0)}
    drawn |= {key: rng.uniform(*share, RUNS) for key, share in SHARES.items()}
    drawn |= {"weight_decay": rng.uniform(0, 0.1, RUNS)}
    drawn |= {"eps": 10 ** (rng.uniform(-2, 0, RUNS) if calm else rng.uniform(-10, -2, RUNS))}
    if calm:
        drawn["lr"] *= drawn["eps"]
    return starts, [value if isinstance(value, bool) else drawn[key] for key, value in defaults.items()]


class BrowserPowers(np.ndarray):
    """Bases whose ``**t`` is the browser's, which may differ from NumPy's in the last bit."""

    def __pow__(self, t):
        return self.table[t]

    def __array_wrap__(self, result, context=None, return_scalar=False):
        return result  # a plain array: what is computed with a base is none


def with_the_powers_of(tab, hyper):
    """The hyperparameters between 0 and 1 with the browser's ``**``, for every t that a run needs."""
    exchanged = []
    for value in hyper:
        if isinstance(value, bool):
            exchanged.append(value)
            continue
        bases = value.view(BrowserPowers)
        bases.table = np.array(
            evaluate(
                tab,
                "([bases, steps]) => Array.from({ length: steps + 2 }, (_, t) => bases.map((b) => b ** t))",
                [value.tolist(), STEPS],
            ),
            float,
        )
        exchanged.append(bases)
    return exchanged


def each_run(hyper):
    """The hyperparameters of each run: RUNS lists."""
    columns = [[value] * RUNS if isinstance(value, bool) else value.tolist() for value in hyper]
    return list(zip(*columns, strict=True))


def numpy_runs(name, rule, starts, hyper):
    """All runs at once: ``(points (STEPS + 1, dim, RUNS), losses, how many are finite)``."""
    f, step = FUNCTIONS[name], RULES[rule]
    first = inspect.unwrap(step).__defaults__[:1]  # the state before the first step
    w = starts if f.dim == 2 else starts[0]
    state, points, losses, finite = [], [], [], []
    with np.errstate(all="ignore"):
        for _ in range(STEPS + 1):
            loss, grad = f(w), f.grad(w)
            points.append(np.reshape(w, (f.dim, RUNS)))
            losses.append(loss)
            finite.append(np.isfinite(loss) & np.isfinite(np.reshape([*w, *grad], (-1, RUNS))).all(axis=0))
            w, *state = step(w, grad, *(state or first), *hyper)
    lasting = np.logical_and.accumulate(finite).sum(axis=0)
    return np.array(points), np.array(losses), lasting


@pytest.mark.parametrize("rule", LAB_RULES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_runs_in_the_browser_agree_with_numpy(tab, name, rule):
    """Relative difference at most 1e-12, and the same step of divergence.

    Sums, products, quotients and roots round alike everywhere, and powers need not: Adam's β₁ᵗ is the
    browser's own here, and the test below has NumPy's.
    """
    starts, hyper = random_runs(name, rule)
    powers = with_the_powers_of(tab, hyper) if rule == "adam" else hyper
    points, losses, lasting = numpy_runs(name, rule, starts, powers)
    agree(browser_runs(tab, name, rule, starts, hyper), points, losses, lasting, SAME)


def browser_runs(tab, name, rule, starts, hyper):
    """For each run its length, its points and its losses at the steps of ``CHECKED``."""
    return evaluate(
        tab,
        """([name, rule, starts, hypers, steps, checked]) => starts.map((start, run) => {
          const { functions, rules, iterate } = window.book;
          const step = (w, g, state) => rules[rule](w, g, state, ...hypers[run]);
          const [points, losses] = iterate(functions[name], start, step, start.map(() => undefined), steps);
          const kept = checked.filter((t) => t < points.length);
          return [points.length, kept.map((t) => points[t]), kept.map((t) => losses[t])];
        })""",
        [name, rule, starts.T.tolist(), each_run(hyper), STEPS, CHECKED],
    )


def agree(theirs, points, losses, lasting, same):
    assert [length for length, _, _ in theirs] == lasting.tolist()
    for run, (length, their_points, their_losses) in enumerate(theirs):
        kept = [t for t in CHECKED if t < length]
        # As floats: a large whole number comes back from the browser as an int.
        their_points, their_losses = np.array(their_points, float), np.array(their_losses, float)
        np.testing.assert_allclose(their_points, points[kept, :, run], rtol=same, atol=same)
        np.testing.assert_allclose(their_losses, losses[kept, run], rtol=same, atol=same)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_power_in_adam_costs_no_more_than_digits_that_nobody_sees(tab, name):
    """With NumPy's own β₁ᵗ, the lab's β₁, β₂ and ε, and rates that do not throw Adam about."""
    starts, _ = random_runs(name, "adam")
    rng = np.random.default_rng([*name.encode()])
    defaults = hyperparameters(RULES["adam"])
    rates = 10 ** rng.uniform(-4, -1, RUNS)
    hyper = [rates, *(np.full(RUNS, value) for key, value in defaults.items() if key != "lr")]
    agree(browser_runs(tab, name, "adam", starts, hyper), *numpy_runs(name, "adam", starts, hyper), 1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_curvatures_in_the_browser_agree(tab, name):
    f = FUNCTIONS[name]
    start = f.start if f.dim == 2 else float(f.start)
    theirs = tab.evaluate("([name, x]) => window.book.functions[name].hess(x)", [name, start])
    np.testing.assert_allclose(theirs, f.hess(np.array(start)), rtol=1e-12)


@pytest.mark.parametrize("rule", LAB_RULES)
def test_a_rule_that_is_given_no_state_takes_its_first_step(tab, rule):
    theirs = tab.evaluate("(rule) => window.book.rules[rule](2.0, 3.0)[0]", rule)
    assert theirs == RULES[rule](2.0, 3.0)[0]


@pytest.mark.parametrize(("f", "start"), [(double_well, [2.6]), (rosenbrock, [-1.2, 1.0])])
def test_the_loop_that_is_translated_does_what_descend_does(f, start):
    points, losses, _ = iterate(f, start, lambda w, g, v: momentum(w, g, v, 0.001, 0.9), [0.0] * f.dim, 50)
    w0 = np.array(start) if f.dim == 2 else start[0]
    trace = descend(f.grad, w0, rule=momentum, lr=0.001, steps=50, loss=f)
    np.testing.assert_allclose(np.squeeze(points), trace.w, rtol=1e-13)
    np.testing.assert_allclose(losses, trace.loss, rtol=1e-13, atol=1e-13)


def test_the_loop_stops_where_a_value_overflows():
    points, _, _ = iterate(parabola, [2.6], lambda w, g, s: sgd(w, g, s, 100.0), [None], 500)
    trace = descend(parabola.grad, 2.6, lr=100.0, steps=500, loss=parabola)
    assert len(points) == trace.diverged_at < 100


def test_the_rule_is_shown_with_its_numbers(tab):
    lines = tab.evaluate("() => window.book.explain.sgd(2.6, 12.376, null, 0.1)")
    assert lines == ["x ← 2.600 − 0.100 · 12.376 = 1.362"]


def test_negative_numbers_stand_in_brackets(tab):
    lines = tab.evaluate("() => window.book.explain.momentum(-1, -0.5, -2, 0.1, 0.9)")
    assert lines == ["v ← 0.900 · (−2.000) + (−0.500) = −2.300", "x ← −1.000 − 0.100 · (−2.300) = −0.770"]


SHOWN = {
    "sgd": ["x ← −1.500 − 0.100 · 2.500 = −1.750"],
    "momentum": ["v ← 0.900 · 0.000 + 2.500 = 2.500", "x ← −1.500 − 0.100 · 2.500 = −1.750"],
    "nesterov": [
        "v ← 0.900 · 0.000 + 2.500 = 2.500",
        "x ← −1.500 − 0.100 · (2.500 + 0.900 · 2.500) = −1.975",
    ],
    "adagrad": ["G ← 0.000 + 2.500² = 6.250", "x ← −1.500 − 0.100 · 2.500 / (√6.250 + 1e−10) = −1.600"],
    "rmsprop": [
        "v ← 0.990 · 0.000 + 0.010 · 2.500² = 0.063",
        "m ← 0.990 · 0.000 + 0.010 · 2.500 = 0.025",
        "x ← −1.500 − 0.100 · 2.500 / (√0.0625 + 1e−8) = −2.500",
    ],
    "adam": [
        "m ← 0.900 · 0.000 + 0.100 · 2.500 = 0.250",
        "v ← 0.999 · 0.000 + 0.001 · 2.500² = 0.006",
        "m̂ ← 0.250 / (1 − 0.900¹) = 2.500",
        "v̂ ← 0.00625 / (1 − 0.999¹) = 6.250",
        "x ← −1.500 − 0.100 · 2.500 / (√6.250 + 1e−8) = −1.600",
    ],
    "lion": [
        "c ← 0.900 · 0.000 + 0.100 · 2.500 = 0.250",
        "m ← 0.990 · 0.000 + 0.010 · 2.500 = 0.025",
        "x ← −1.500 − 0.100 · (sign(0.250) + 0.001 · (−1.500)) = −1.600",
    ],
}


@pytest.mark.parametrize("rule", LAB_RULES)
def test_the_first_step_of_each_rule_is_shown(tab, rule):
    hyper = list((hyperparameters(RULES[rule]) | {"lr": 0.1}).values())
    lines = tab.evaluate(
        "([rule, hyper]) => window.book.explain[rule](-1.5, 2.5, undefined, ...hyper)", [rule, hyper]
    )
    assert lines == SHOWN[rule]
    after = RULES[rule](-1.5, 2.5, lr=0.1)[0]
    assert lines[-1].endswith(f" = {after:.3f}".replace("-", "−"))


def test_a_later_step_has_its_state_its_power_and_its_branch(tab):
    adam = tab.evaluate("() => window.book.explain.adam(1, -2, [0.5, 3, 11], 0.1, 0.9, 0.999, 1e-8)")
    assert adam[1:3] == ["v ← 0.999 · 3.000 + 0.001 · (−2.000)² = 3.001", "m̂ ← 0.250 / (1 − 0.900¹²) = 0.348"]
    (after, _) = RULES["adam"](1.0, -2.0, (0.5, 3.0, 11), 0.1)
    assert adam[-1].endswith(f" = {after:.3f}")
    centred = tab.evaluate("() => window.book.explain.rmsprop(1, 2, [5, 1], 0.1, 0.99, 1e-8, true)")
    assert centred[2:] == [
        "s ← 4.990 − 1.010² = 3.970",
        "x ← 1.000 − 0.100 · 2.000 / (√3.970 + 1e−8) = 0.900",
    ]


def uses_a_foreign_name(w, g, state=None, lr=0.1):
    return np.sign(g), state


def uses_a_foreign_statement(w, g, state=None, lr=0.1):
    with open("x"):
        return w, state


@pytest.mark.parametrize("function", [uses_a_foreign_name, uses_a_foreign_statement])
def test_what_does_not_translate_stops_the_build_with_name_and_line(function):
    line = inspect.getsourcelines(function)[1]
    with pytest.raises(BuildError, match=rf"test_javascript.py:{line}: {function.__name__} "):
        javascript.translate(function)


def shown_badly(w, g, state=None, lr=0.1):
    if lr:
        return w, state


def test_a_rule_that_cannot_be_shown_stops_the_build():
    with pytest.raises(BuildError, match=r"test_javascript.py:\d+: shown_badly cannot be shown"):
        explanation(shown_badly)
