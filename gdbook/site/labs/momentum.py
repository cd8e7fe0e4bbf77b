"""The momentum phase diagram: what the reader can choose, and what there is to try."""

from gdbook import rules
from gdbook.browser.measure import energies, measured_rate
from gdbook.descent import descend
from gdbook.figures.momentum_lab import phase_diagram
from gdbook.functions import quadratic
from gdbook.site.pages.lab import Slider, lab
from gdbook.theory import gd_best_lr, momentum_best, steps_to

KAPPA = 100
# Learning rates are in units of 1/L: curvatures are 1/κ and 1.
BEST_LR, BEST_MU = momentum_best(1 / KAPPA, 1)


def digit(rate):
    """The steps that one more digit takes."""
    return steps_to(0.1, rate)


def measured(lr, mu):
    """The rate that a run of 2000 steps shows, with η in units of 1/L."""
    f = quadratic(KAPPA)
    run = descend(f.grad, f.start, rule=rules.momentum, lr=lr / KAPPA, momentum=mu, steps=2000, loss=f)
    return measured_rate(energies(run.w.tolist(), run.loss.tolist(), lr / KAPPA))


TRIES = (
    (
        {"kappa": KAPPA, "lr": gd_best_lr(1 / KAPPA, 1), "momentum": 0},
        f"Gradient descent at its best for κ = {KAPPA}: how many steps does a digit take?",
    ),
    ({"kappa": KAPPA, "lr": BEST_LR, "momentum": BEST_MU}, "Momentum at its best: how many now?"),
    ({"kappa": KAPPA, "lr": 1, "momentum": 0.99}, "η = 1/L, μ = 0.99: is more momentum better?"),
    ({"kappa": KAPPA, "lr": 1, "momentum": 0.9}, "η = 1/L, μ = 0.9: do both directions spiral?"),
    ({"kappa": KAPPA, "lr": 2, "momentum": 0.9}, "Twice that η: is it twice as fast?"),
    ({"kappa": KAPPA, "lr": 3, "momentum": 0}, "η = 3/L without momentum: does it converge?"),
    ({"kappa": KAPPA, "lr": 3, "momentum": 0.6}, "η = 3/L with μ = 0.6: and now?"),
    ({"kappa": KAPPA, "lr": 3.3, "momentum": 0.6}, "η = 3.3/L with μ = 0.6: is there room for more?"),
    ({"kappa": 1, "lr": 1, "momentum": 0}, "κ = 1: is momentum of any use?"),
)

LABEL = (
    "A map of learning rate, from 0 to 4/L, and momentum, from 0 to 1, for condition number 100: the "
    "stronger the colour, the faster. Right of a line from (2/L, 0) to (4/L, 1) the run diverges. Two curves "
    "mark where the steep and the flat direction begin to spiral; the best point is where they meet."
)


def momentum(tries=TRIES):
    """The phase diagram of momentum, the roots, and one run."""
    rows = "".join(
        f'<tr><th scope="row"><span class="gd-{name}">{sign}</span> {name}</th>'
        f'<td data-show="{name}-step">–</td><td data-show="{name}-regime">–</td>'
        f'<td data-show="{name}-rate">–</td></tr>'
        for name, sign in (("flat", "●"), ("steep", "■"))
    )
    below = (
        '<div class="gd-chart gd-pair"></div>'
        '<div class="gd-numbers"><table class="gd-three gd-directions"><thead><tr>'
        '<th scope="col">direction</th>'
        '<th scope="col">ηλ</th><th scope="col">motion</th><th scope="col">rate</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><table class="gd-three"><thead><tr><th scope="col">predicted</th>'
        '<th scope="col">measured</th></tr></thead><tbody><tr><td data-show="predicted">–</td>'
        '<td data-show="measured">–</td></tr></tbody></table></div>'
    )
    above = (
        '<div class="gd-transport"><button type="button" data-do="bestMomentum">Best point</button>'
        '<button type="button" data-do="bestPlain">Best without momentum</button></div>'
    )
    fields = (
        Slider("lr", "learning rate η, of 1/L", 0.01, 4, 1),
        Slider("momentum", "momentum μ", 0, 0.999, 0.9),
        Slider("kappa", "condition number κ", 1, 1000, KAPPA, log=True),
    )
    return lab("momentum", phase_diagram, LABEL, fields, tries, transport=False, above=above, below=below)
