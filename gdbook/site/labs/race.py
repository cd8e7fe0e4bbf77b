"""The race lab: the surfaces, a rate for each rule, and what there is to try."""

from gdbook.browser.iterate import arrival
from gdbook.descent import descend, hyperparameters
from gdbook.figures.house import NAMES, RULE_COLOURS
from gdbook.figures.race import ADAM_LR, KAPPA, START
from gdbook.figures.race import race as race_figure
from gdbook.functions import FUNCTIONS, quadratic
from gdbook.rules import RULES
from gdbook.site.labs.ball import RULE_WORDS
from gdbook.site.pages.lab import Choice, Slider, lab
from gdbook.site.translate.rules import LAB_RULES
from gdbook.theory import gd_best_lr, momentum_best

STEPS = 2000
NEAR = 1e-3
LONG = 1000  # a condition number for which gradient descent at its best is too slow
FUNCTION_WORDS = {
    "quadratic": "quadratic",
    "rosenbrock": "Rosenbrock’s valley",
    "beale": "Beale",
    "saddle": "saddle",
    "himmelblau": "Himmelblau",
    "rastrigin": "Rastrigin",
}
FIRST = ("sgd", "momentum", "adam")  # who races when nobody has chosen
BEST_LR, BEST_MOMENTUM = momentum_best(1, KAPPA)
# At the start of the lab, for the first two from theory and for the others what "Tune" finds there.
BEST = {
    "lr_sgd": round(gd_best_lr(1, KAPPA), 5),
    "lr_momentum": round(BEST_LR, 5),
    "lr_nesterov": 0.0133,
    "lr_adagrad": 2.37,
    "lr_rmsprop": 0.00237,
    "lr_adam": ADAM_LR,
    "lr_lion": 0.01,
    "momentum": round(BEST_MOMENTUM, 4),
}


class Racers:
    """Which rules race: a box in each row of the table, all of them one field."""

    name = "rules"

    def spec(self):
        return {"kind": "several", "options": list(LAB_RULES), "value": ",".join(FIRST)}

    def html(self, lab):
        return ""  # the boxes stand in the table


def begin(name, rates, start=None, kappa=KAPPA, momentum=0.9):
    """A state of the lab in which the rules of ``rates`` race; a number is for the first two rules."""
    if not isinstance(rates, dict):
        rates = {"sgd": rates, "momentum": rates}
    x0, y0 = start or FUNCTIONS[name].start
    state = {"f": name, "kappa": kappa} if name == "quadratic" else {"f": name}
    given = {f"lr_{rule}": rate for rule, rate in rates.items()}
    return {**state, "x0": x0, "y0": y0, "rules": ",".join(rates), **given, "momentum": momentum}


def run(state, rule):
    """What ``rule`` does from a state of the lab: ``(trace, from which step on it is at a minimum)``."""
    f = quadratic(state["kappa"]) if state["f"] == "quadratic" else FUNCTIONS[state["f"]]
    hyper = {"momentum": state["momentum"]} if "momentum" in (hyperparameters(RULES[rule]) or ()) else {}
    start = [float(state["x0"]), float(state["y0"])]
    trace = descend(f.grad, start, RULES[rule], STEPS, f, state[f"lr_{rule}"], **hyper)
    return trace, arrival(trace.w, f.minima, NEAR)[0]


def tries():
    """What to try: questions, which the lab answers."""
    best = begin("quadratic", {rule: BEST[f"lr_{rule}"] for rule in FIRST}, START, momentum=BEST["momentum"])
    long = {"sgd": round(gd_best_lr(1, LONG), 6), "adagrad": 1.78, "adam": 0.133}
    return (
        (best, f"κ = {KAPPA}, each at its best: who is first?"),
        (begin("quadratic", long, kappa=LONG), f"κ = {LONG:,}: does the long valley slow all three?"),
        (
            begin("rosenbrock", {"sgd": 0.0019, "adam": 0.133}),
            "Rosenbrock, where the valley bends: is Adam ahead of gradient descent?",
        ),
        (
            begin("beale", {"adagrad": 0.03, "adam": 0.03}),
            "Beale, both with η = 0.03: does AdaGrad get as far as Adam?",
        ),
        (
            begin("quadratic", {"sgd": BEST["lr_sgd"], "lion": 0.01}, START),
            "Lion with η = 0.01: how does it move, and does it settle?",
        ),
        (
            begin("rastrigin", {"sgd": 0.002, "momentum": 0.002, "adam": 0.1}),
            "Rastrigin, full of dips: does any of them find the lowest, at (0, 0)?",
        ),
        (
            begin("quadratic", 1.0, (2.5, 1.0), kappa=1),
            "κ = 1, both with η = 1: does momentum help where there is no valley?",
        ),
        (
            begin("rosenbrock", 0.0019),
            "Rosenbrock, both with η = 0.0019, just under the limit at the minimum: do both arrive?",
        ),
        (
            begin("rosenbrock", 0.003, (1.0, 1.02)),
            "From beside that minimum with η = 0.003, over the limit: where does gradient descent go?",
        ),
        (begin("saddle", 0.1), "The saddle: is the first to leave the first to settle?"),
        (begin("himmelblau", 0.01), "Himmelblau, one start: do both end in the same minimum?"),
        (begin("beale", 0.01), "Beale, both with η = 0.01: how many steps does momentum save?"),
    )


def race():
    """The race lab: the chosen rules from one start on one surface."""
    (x_low, x_high), (y_low, y_high) = FUNCTIONS["quadratic"].domain
    fields = (
        Choice("f", "function", FUNCTION_WORDS, "quadratic"),
        Slider("kappa", "condition number κ", 1, 1000, KAPPA, log=True),
        Slider("x0", "start x", x_low, x_high, START[0]),
        Slider("y0", "start y", y_low, y_high, START[1]),
        Racers(),
        *(
            Slider(
                f"lr_{name}", f"η of {words}", 1e-4, 4, BEST[f"lr_{name}"], log=True, hidden=name not in FIRST
            )
            for name, words in RULE_WORDS.items()
        ),
        Slider("momentum", "momentum μ", 0, 0.99, BEST["momentum"]),
    )
    rows = "".join(
        f'<tr data-rule="{name}" data-colour="{NAMES[RULE_COLOURS[name]]}">'
        f'<th scope="row"><label><input type="checkbox" value="{name}"{" checked" * (name in FIRST)}> '
        f'<span class="gd-lane-key"></span>{words}</label></th>'
        '<td data-show="steps"></td><td data-show="loss"></td></tr>'
        for name, words in RULE_WORDS.items()
    )
    above = (
        '<table class="gd-race"><thead><tr><th scope="col">rule</th><th scope="col">arrives</th>'
        '<th scope="col">loss</th></tr></thead>'
        f'<tbody data-field="rules">{rows}</tbody></table>'
        '<div class="gd-transport"><button type="button" data-do="tune">Tune the rates</button></div>'
    )
    label = (
        f"Contour lines of a long valley of condition number {KAPPA}. Gradient descent zigzags across it and "
        "creeps along; momentum overshoots, turns and is at the minimum after 60 steps; Adam comes in "
        "one long curve, runs past the minimum and turns in on it."
    )
    return lab("race", race_figure, label, fields, tries(), speeds=(6, 20, 60, 300), above=above)
