"""The table of *Conventions*, and the runs behind its question."""

import json

from gdbook import rules
from gdbook.conventions import CONVENTIONS, momentum_of_averages
from gdbook.figures.table import table
from gdbook.recorded.conventions import RECORD, difference


def changes():
    """Each library's call, how far off the same call is here, and the change that makes it equal: a table."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    rows = []
    for name, convention in CONVENTIONS.items():
        library = convention["library"].partition(".")[0]
        call = f"{library} {record[name]['version']}<br>`{convention['call']}`"
        off = (f"{difference(name, form):.0e}" for form in ("ours", "same"))
        rows.append((call, *off, _change(convention)))
    head = ("the library's call", "off as it is", "off after", "the change")
    return table(dict.fromkeys(head, "<"), rows)


def _change(convention):
    """What to change in a call: a function of ``gdbook.conventions`` in words, or new arguments."""
    rule, hyper = convention["same"]
    if rule.__module__ == "gdbook.conventions":
        return rule.__name__.replace("_", " ").replace("eps", "ε").replace("adamw", "AdamW")
    before = convention["ours"][1]
    new = [f"`{name}={value}`" for name, value in hyper.items() if before.get(name) != value]
    return f"`{rule.__name__}`, {'; '.join(new)}"


def after(rule, lr):
    """Where 30 steps of a momentum rule with μ = 0.9 lead from 1 on ½w²."""
    w, state = 1.0, ()
    for _ in range(30):
        w, *state = rule(w, w, *state, lr=lr, momentum=0.9)
    return w


def same_rate():
    """Of three rates, the one with which PyTorch's momentum ends where averages of gradients end with 0.4."""
    target = after(momentum_of_averages, 0.4)
    return next(lr for lr in (0.04, 0.4, 4.0) if abs(after(rules.momentum, lr) - target) < 1e-9)
