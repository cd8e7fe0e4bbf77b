"""The rules, the losses and the loop as one JavaScript module, translated from their Python.

PScript translates; nothing is written twice. What it cannot translate, or would translate to a
name that JavaScript does not have, stops the build with file and line.
"""

import ast
import inspect
import json
import re
import textwrap

from mkdocs.exceptions import BuildError
from pscript import JSError, py2js

from gdbook.browser.iterate import arrival, iterate
from gdbook.browser.line_loss import LineLoss
from gdbook.browser.measure import energies, measured_rate
from gdbook.browser.noise import gaussian, lehmer, measured_floor, noisy_descent
from gdbook.data import toy_line
from gdbook.descent import hyperparameters
from gdbook.functions import FUNCTIONS
from gdbook.rules import RULES
from gdbook.site.pages.annotations import unannotated
from gdbook.site.pages.source import COLUMNS
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

# What the Python may call, and what each is in JavaScript. The names with _pyfunc_ are PScript's
# own, for operators that JavaScript has for numbers.
PRELUDE = {
    "sin": "Math.sin",
    "cos": "Math.cos",
    "cosh": "Math.cosh",
    "tanh": "Math.tanh",
    "exp": "Math.exp",
    "log": "Math.log",
    "abs": "Math.abs",
    "ceil": "Math.ceil",
    "max": "Math.max",
    "sqrt": "Math.sqrt",
    "sign": "Math.sign",
    "maximum": "Math.max",
    "isfinite": "Number.isFinite",
    "vector": "(...components) => components",
    # theory's checks of what it is given: a lab's sliders stop at what is valid
    "positive": "(name, value) => value",
    "ordered": "() => {}",
    "between": "() => {}",
    "stable": "() => {}",
    "heavy_ball": "(...given) => rules.momentum(...given)",  # as gdbook.browser.noise calls the rule
    "_pyfunc_op_add": "(a, b) => a + b",
    "_pyfunc_op_mult": "(a, b) => a * b",
    "_pyfunc_op_equals": "(a, b) => a === b",
    "_pyfunc_truthy": "(value) => value",
    "_pyfunc_abs": "Math.abs",
    "_pymeth_append": "function (item) { this.push(item); }",
}
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
    functions = {name: _function(f) for name, f in FUNCTIONS.items()}
    losses = {name: _function(f) for name, f in LOSSES.items()}
    rules = {name: translate(rule) for name, rule in LAB_RULES.items()}
    defaults = {name: hyperparameters(rule) for name, rule in LAB_RULES.items()}
    return "\n".join(
        [
            "// Translated from gdbook's Python when the book was built: change that, not this.",
            *(f"const {name} = {meaning};" for name, meaning in PRELUDE.items()),
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

    It may call what is in ``PRELUDE`` and in ``PLAIN``. Raises BuildError, with file and line, for
    what has no translation.
    """
    function = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(function)
    tree = ast.parse(unannotated(textwrap.dedent("".join(lines)), COLUMNS))
    definition = tree.body[0]
    definition.decorator_list.clear()  # the checks: a lab's sliders stop at what is valid
    place = f"{inspect.getsourcefile(function)}:{first}"
    unknown = _free_names(definition) - PRELUDE.keys() - KEYWORDS - {plain.__name__ for plain in PLAIN}
    if unknown:
        raise BuildError(
            f"{place}: {function.__qualname__} uses {', '.join(sorted(unknown))}, which has no JavaScript"
        )
    if ast.get_docstring(definition):
        definition.body.pop(0)
    try:
        script = py2js(ast.unparse(tree), inline_stdlib=False, docstrings=False)
    except JSError as error:
        raise BuildError(f"{place}: {function.__qualname__} does not translate: {error}") from error
    missing = {word for word in _helpers(script) if word not in PRELUDE}
    if missing:
        raise BuildError(f"{place}: {function.__qualname__} needs {', '.join(sorted(missing))} in PRELUDE")
    return f"(() => {{ {script.strip()} return {function.__name__}; }})()"


def _function(f):
    """A loss as an object: its data, its own settings such as κ, its three methods."""
    data = {**vars(f), **{name: getattr(f, name) for name in DATA}}
    methods = (f"{name}: {translate(getattr(type(f), name))}" for name in ("value", "grad", "hess"))
    return "{" + ", ".join([*(f"{key}: {json.dumps(value)}" for key, value in data.items()), *methods]) + "}"


def _export(name, entries):
    return f"export const {name} = {{\n" + "".join(f"{k}: {v},\n" for k, v in entries.items()) + "};"


def _free_names(definition):
    names = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {argument.arg for argument in definition.args.args}
    return {node.id for node in names} - own


def _helpers(script):
    return set(re.findall(r"_py(?:func|meth)_\w+", script))
