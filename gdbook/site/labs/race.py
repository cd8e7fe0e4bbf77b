"""The race lab: the surfaces, a rate for each rule, and what there is to try."""

import numpy as np

from gdbook.browser.iterate import arrival
from gdbook.descent import descend, hyperparameters
from gdbook.figures.house import NAMES, RULE_COLOURS
from gdbook.figures.race import ADAM_LR, KAPPA, START
from gdbook.figures.race import race as race_figure
from gdbook.functions import FUNCTIONS, quadratic, rosenbrock
from gdbook.rules import RULES
from gdbook.site.labs.ball import RULE_WORDS
from gdbook.site.pages.lab import Choice, Slider, lab
from gdbook.site.translate.rules import LAB_RULES
from gdbook.theory import gd_best_lr, gd_limit, largest_curvature, momentum_best

STEPS = 2000
NEAR = 1e-3
LONG = 1000  # a condition number for which gradient descent at its best is too slow
FUNCTION_WORDS = {
    "quadratic": "quadratic, of condition number κ",
    "rosenbrock": "Rosenbrock’s valley",
    "beale": "Beale",
    "saddle": "saddle",
    "himmelblau": "Himmelblau, with four minima",
    "rastrigin": "Rastrigin’s egg carton",
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


def leaves(trace):
    """The first step at which a run on the saddle is half way out along y."""
    return int(np.argmax(np.abs(trace.w[:, 1]) > 0.5))


def jumps(trace):
    """The length of each step."""
    return np.linalg.norm(np.diff(trace.w, axis=0), axis=1)


def tries():
    """What to try, with the numbers of the runs themselves."""
    limit = gd_limit(largest_curvature(rosenbrock.hess(rosenbrock.minima[0])))
    best = begin("quadratic", {rule: BEST[f"lr_{rule}"] for rule in FIRST}, START, momentum=BEST["momentum"])
    round_bowl = begin("quadratic", 1.0, (2.5, 1.0), kappa=1)
    under = begin("rosenbrock", 0.0019)
    over = begin("rosenbrock", 0.003, (1.0, 1.02))
    saddle = begin("saddle", 0.1)
    four = begin("himmelblau", 0.01)
    flat = begin("beale", 0.01)
    long_lr = round(gd_best_lr(1, LONG), 6)
    long = begin("quadratic", {"sgd": long_lr, "adagrad": 1.78, "adam": 0.133}, kappa=LONG)
    curved = begin("rosenbrock", {"sgd": 0.0019, "adam": 0.133})
    dying = begin("beale", {"adagrad": 0.03, "adam": 0.03})
    even = begin("quadratic", {"sgd": BEST["lr_sgd"], "lion": 0.01}, START)
    eggs = begin("rastrigin", {"sgd": 0.002, "momentum": 0.002, "adam": 0.1})
    driven = run(over, "sgd")[0].w[-2:]
    ends = [run(four, rule)[0].w[-1] for rule in ("sgd", "momentum")]
    died, lion = run(dying, "adagrad")[0], run(even, "lion")[0]
    crossed = int(np.argmax(lion.w[:, 0] <= 0))

    def steps(state):
        return [run(state, rule)[1] for rule in state["rules"].split(",")]

    def point(w):
        return f"({w[0]:.4g}, {w[1]:.4g})".replace("-", "−")

    b, r, u, s, d, g, c, m, e = map(steps, (best, round_bowl, under, saddle, flat, long, curved, dying, eggs))
    out = [leaves(run(saddle, rule)[0]) for rule in ("sgd", "momentum")]
    return (
        (
            best,
            f"κ = {KAPPA}, each at its best: gradient descent needs {b[0]} steps, momentum {b[1]}, "
            f"Adam {b[2]}",
        ),
        (
            long,
            f"κ = {LONG:,}: AdaGrad needs {g[1]} steps and Adam {g[2]}, for the valley lies along an axis; "
            f"gradient descent at its best is not there in {STEPS:,}",
        ),
        (
            curved,
            f"Rosenbrock, where the valley bends: Adam is there at step {c[1]:,}, gradient descent just "
            f"under its limit not in {STEPS:,}",
        ),
        (
            dying,
            f"Beale, both with η = 0.03: Adam is there at step {m[1]}; AdaGrad’s steps shrink from "
            f"{jumps(died)[0]:.3g} to {jumps(died)[-1]:.2g}, and it is still at {point(died.w[-1])}",
        ),
        (
            even,
            "Lion with η = 0.01: about 0.01 along x and 0.01 along y at each step, whatever the slope. It "
            f"passes x = 0 at step {crossed}, and never settles",
        ),
        (
            eggs,
            "Rastrigin: gradient descent, momentum and Adam all end in the dip they start in, at "
            f"{point(run(eggs, 'adam')[0].w[-1])}, first at step {min(e)}; the lowest is at (0, 0)",
        ),
        (
            round_bowl,
            f"κ = 1, both with η = 1: gradient descent needs {r[0]} step, momentum swings for {r[1]}",
        ),
        (
            under,
            f"Rosenbrock, both with η = 0.0019, under the limit 2/L = {limit:.7f} at the minimum: "
            f"momentum is there at step {u[1]}, gradient descent not in {STEPS:,}",
        ),
        (
            over,
            "Rosenbrock from beside the minimum with η = 0.003, over that limit: gradient descent is driven "
            f"away, and ends up jumping between {point(driven[0])} and {point(driven[1])}",
        ),
        (
            saddle,
            f"the saddle from y = 0.01: momentum leaves first (step {out[1]} against {out[0]}), "
            f"gradient descent settles first (step {s[0]} against {s[1]})",
        ),
        (
            four,
            f"Himmelblau, one start: gradient descent ends at {point(ends[0])}, momentum at {point(ends[1])}",
        ),
        (
            flat,
            f"Beale, both with η = 0.01: gradient descent needs {d[0]:,} steps, momentum {d[1]}",
        ),
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
        f'<tr data-rule="{name}" style="--gd-lane:var(--gd-{NAMES[RULE_COLOURS[name]]})">'
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
