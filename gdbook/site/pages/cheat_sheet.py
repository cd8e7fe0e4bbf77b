"""Rows and entries of the cheat sheet, made from the rules, their docstrings and their records."""

import functools
import inspect
import re
from math import floor, log10

from gdbook.browser.measure import numbers_kept
from gdbook.descent import hyperparameters
from gdbook.recorded import rules as recorded
from gdbook.rules import RULES
from gdbook.schedules import SCHEDULES

# The matrix on which memory is counted. Rules that keep something for each row and column are
# said to do so; elsewhere the shape does not matter.
ROWS, COLUMNS = 96, 64
_WHOLE = re.compile(r"\\(?:begin|end)\{\w+\}")  # of formulas that are aligned
LAST_DIGIT = 2.0**-52
DERIVED = "No library has it: it is derived a second time, in its test."
HOMES = {
    "torch": "PyTorch",
    "optax": "optax",
    "schedulefree": "schedulefree",
    "prodigyopt": "prodigyopt",
    "pytorch_optimizer": "pytorch_optimizer",
}


def rules_table():
    """One row a rule: its entry, what it keeps for each parameter, its rate, whose runs it agrees with."""
    lines = ["| rule | keeps | η | agrees, digits |", "|---|---|---|---|"]
    for name, rule in RULES.items():
        rate = _short(_defaults(rule)["lr"])
        lines.append(f"| [`{name}`](#{name}) | {_kept(rule)} | {rate} | {_agrees(compared(name))} |")
    return "\n".join(lines)


def entry(name):
    """The line of a rule, and what its docstring says, as Markdown, with its defaults, memory and record."""
    rule = RULES[name]
    first, _, rest = markdown(rule).partition("\n\n")
    said = rest if ": " in first else f"{first}\n\n{rest}"
    libraries = compared(name)
    defaults = ", ".join(f"`{key}={_short(value)}`" for key, value in _defaults(rule).items())
    against = "; ".join(f"{_plain(library)}, {digits(off)}" for library, off in libraries.items())
    agrees = f"**Agrees** over {recorded.STEPS} steps with {against}." if libraries else DERIVED
    return (
        f"{line(name)}\n\n{said}\n\n**Defaults** {defaults}. "
        f"**Keeps**, numbers for each parameter: {_kept(rule)}. "
        f"{agrees}"
    )


def line(name):
    """What a rule does, in a line: what its docstring says after the colon, else the last of its formulas."""
    first, _, rest = markdown(RULES[name]).partition("\n\n")
    _, colon, does = first.replace("\n", " ").partition(": ")
    if colon:
        return does[0].upper() + does[1:]
    formula = re.search(r"\$\$(.*?)\$\$", rest, re.DOTALL)
    if formula is None:
        raise ValueError(f"the docstring of {name} must say in a line what it does, or have a formula")
    last = re.split(r"\\\\|\\qquad", _WHOLE.sub("", formula[1]))[-1]
    return f"${last.replace('&', '').strip()}$"


def _defaults(rule):
    return hyperparameters(rule) or {}


def schedules_table():
    """One row a schedule: what it does, in its own first sentence, and whose rates it agrees with."""
    cases = recorded.recorded_schedules()
    lines = ["| schedule | what it does | agrees, digits |", "|---|---|---|"]
    for name, schedule in SCHEDULES.items():
        off: dict[str, float] = {}
        for case in cases:
            if case["name"] == name:
                off[case["library"]] = max(off.get(case["library"], 0), recorded.schedule_difference(case))
        first = _ticks((inspect.getdoc(schedule) or "").split("\n\n")[0].replace("\n", " "))
        lines.append(f"| `{name}` | {first} | {_agrees(off)} |")
    return "\n".join(lines)


@functools.cache
def compared(name):
    """The largest difference from each library that recorded the rule: ``{library: difference}``."""
    off: dict[str, float] = {}
    for run in recorded.recorded(name) if name in recorded.files() else ():
        key = f"{run['library']} {run['version']}"
        off[key] = max(off.get(key, 0.0), recorded.difference(name, run))
    return off


def digits(off):
    """A relative difference as the number of digits that agree."""
    return "all digits" if off <= LAST_DIGIT else f"{floor(-log10(off))} digits"


def _agrees(libraries):
    """Each library with its digits: ``PyTorch 15``."""
    if not libraries:
        return "derived a second time, in its test"
    return ", ".join(
        f"{HOMES[library.partition('.')[0]]} {digits(off).removesuffix(' digits')}"
        for library, off in libraries.items()
    )


def markdown(thing):
    """A docstring as Markdown."""
    return _ticks(inspect.getdoc(thing))


def _ticks(text):
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _plain(library):
    """``torch.optim.Adam 2.13.0`` with its name as code."""
    name, _, version = library.rpartition(" ")
    return f"`{name}` {version}" if name else f"`{version}`"


def _kept(rule):
    kept = numbers_kept(rule, ROWS, COLUMNS)
    return f"{kept:.0f}" if kept == round(kept) else f"{kept:.2f}"


def _short(value):
    return f"{value:g}" if isinstance(value, float) else repr(value)
