"""The rules, the losses and the loop as one JavaScript module, translated from their Python.

PScript translates; nothing is written twice. What it cannot translate, or would translate to a
name that JavaScript does not have, stops the build with file and line.
"""

import json

from gdbook.browser.iterate import arrival, iterate
from gdbook.browser.line_loss import LineLoss
from gdbook.browser.measure import energies, measured_rate
from gdbook.browser.noise import gaussian, lehmer, measured_floor, noisy_descent
from gdbook.data import toy_line
from gdbook.descent import hyperparameters
from gdbook.functions import FUNCTIONS
from gdbook.rules import RULES
from gdbook.site.translate import core
from gdbook.site.translate.explain import NUMBERS, explanation
from gdbook.theory import (
    critical_momentum,
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    half_axis,
    heavy_ball_rate,
    heavy_ball_regime,
    heavy_ball_roots,
    largest_curvature,
    momentum_best,
    momentum_limit,
    momentum_rate,
    nesterov_limit,
    noise_floor,
    noise_variance,
    steps_to,
)

# The rules that the labs offer: element-wise ones that are quick to tell apart.
LAB_RULES = {
    name: RULES[name] for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "lion")
}

PRELUDE = "rules.js"
KEYWORDS = {"range", "len"}  # PScript makes loops and properties of these
# Functions of the package that labs use, beside the rules and the losses.
PLAIN = (
    iterate,
    arrival,
    energies,
    measured_rate,
    critical_momentum,
    gd_best_lr,
    gd_best_rate,
    gd_factor,
    gd_limit,
    gd_rate,
    half_axis,
    heavy_ball_rate,
    heavy_ball_regime,
    heavy_ball_roots,
    largest_curvature,
    momentum_best,
    momentum_limit,
    momentum_rate,
    nesterov_limit,
    lehmer,
    gaussian,
    noisy_descent,
    measured_floor,
    noise_floor,
    noise_variance,
    steps_to,
)
# Losses of data: the points are in them, as their means.
LOSSES = {"toy_line": LineLoss(*toy_line())}
DATA = ("dim", "domain", "minima", "start", "tex")


def module():
    """The text of the ES module: ``functions``, ``losses``, ``rules``, ``hyperparameters``, ``explain``
    and each of ``PLAIN`` by its name.
    """
    functions = {name: loss(f) for name, f in FUNCTIONS.items()}
    losses = {name: loss(f) for name, f in LOSSES.items()}
    rules = {name: translate(rule) for name, rule in LAB_RULES.items()}
    defaults = {name: hyperparameters(rule) for name, rule in LAB_RULES.items()}
    return "\n".join(
        [
            "// Translated from gdbook's Python when the book was built: change that, not this.",
            core.prelude(PRELUDE)[0],
            _export("functions", functions),
            _export("losses", losses),
            _export("rules", rules),
            f"export const hyperparameters = {json.dumps(defaults)};",
            *(f"export const {function.__name__} = {translate(function)};" for function in PLAIN),
            NUMBERS,
            _export("explain", {name: explanation(rule) for name, rule in LAB_RULES.items()}),
            "",
        ]
    )


def translate(function):
    """A JavaScript function expression for a Python function or method.

    It may call what ``PRELUDE`` declares and what is in ``PLAIN``. Raises BuildError, with file and line, for
    what has no translation.
    """
    declared = core.prelude(PRELUDE)[1]
    known = declared | KEYWORDS | {plain.__name__ for plain in PLAIN}
    script = core.script(core.bare(function), known, declared)
    return f"(() => {{ {script} return {function.__name__}; }})()"


def loss(f):
    """A loss as an object: its data, its own settings such as κ, its three methods."""
    data = {**vars(f), **{name: getattr(f, name) for name in DATA}}
    methods = (f"{name}: {translate(getattr(type(f), name))}" for name in ("value", "grad", "hess"))
    return "{" + ", ".join([*(f"{key}: {json.dumps(value)}" for key, value in data.items()), *methods]) + "}"


def _export(name, entries):
    return f"export const {name} = {{\n" + "".join(f"{k}: {v},\n" for k, v in entries.items()) + "};"
