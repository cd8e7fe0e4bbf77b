"""The ball lab: what the reader can choose, and what there is to try."""

from gdbook.figures.home import ball as ball_figure
from gdbook.functions import FUNCTIONS
from gdbook.site.pages.lab import Choice, Slider, lab
from gdbook.site.translate.rules import LAB_RULES

FUNCTION_WORDS = {
    "parabola": "parabola",
    "double_well": "double well",
    "wavy": "wavy",
    "huber": "Huber",
    "log_cosh": "log cosh",
}
RULE_WORDS = {
    "sgd": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "lion": "Lion",
}

TRIES = (
    (
        {"f": "parabola", "rule": "sgd", "lr": 0.1, "x0": 2.6},
        "η = 0.1 on the parabola: does it glide or swing?",
    ),
    (
        {"f": "parabola", "rule": "sgd", "lr": 0.9, "x0": 2.6},
        "η = 0.9 on the parabola: how does it come down now?",
    ),
    (
        {"f": "double_well", "rule": "sgd", "lr": 0.1, "x0": 2.6},
        "The double well from 2.6: in which dip does it end?",
    ),
    ({"f": "double_well", "rule": "sgd", "lr": 0.1, "x0": -2.6}, "And from −2.6?"),
    (
        {"f": "wavy", "rule": "momentum", "lr": 0.05, "mu": 0, "x0": 5},
        "The wavy function with μ = 0: does it find the lowest point?",
    ),
    (
        {"f": "wavy", "rule": "momentum", "lr": 0.05, "mu": 0.9, "x0": 5},
        "The same with μ = 0.9: is that enough?",
    ),
    (
        {"f": "parabola", "rule": "sgd", "lr": 0.5, "x0": 2.6},
        "η = 0.5 on the parabola: how many steps does it take?",
    ),
    (
        {"f": "parabola", "rule": "sgd", "lr": 1, "x0": 2.6},
        "η = 1 on the parabola: where does it come to rest?",
    ),
    (
        {"f": "double_well", "rule": "momentum", "lr": 0.02, "mu": 0.9, "x0": 2.6},
        "The double well from 2.6 with μ = 0.9: does it stay on the right?",
    ),
    (
        {"f": "log_cosh", "rule": "sgd", "lr": 2.0, "x0": 1.2},
        "log cosh at η = 2, its limit: does it still settle?",
    ),
    (
        {"f": "double_well", "rule": "adam", "lr": 0.1, "x0": 2.6},
        "Adam with η = 0.1 on the double well: how long is the first step?",
    ),
    (
        {"f": "parabola", "rule": "lion", "lr": 0.1, "x0": 2.6},
        "Lion with η = 0.1 on the parabola: does it come to rest?",
    ),
)


def ball(tries=TRIES):
    """The ball lab: one rule on one function of one number."""
    trace_label = "A ball on a parabola, with the slope where it is and its first five steps."
    below = (
        '<div class="gd-chart"></div><div class="gd-numbers">'
        '<table class="gd-three"><thead><tr><th scope="col">step</th>'
        '<th scope="col">x</th><th scope="col">f(x)</th><th scope="col">∇f(x)</th></tr></thead><tbody><tr>'
        '<td data-show="step"></td><td data-show="x"></td><td data-show="f"></td><td data-show="g"></td>'
        '</tr></tbody></table><p class="gd-rule-line" data-show="rule"></p></div>'
    )
    fields = (
        Choice("f", "function", FUNCTION_WORDS, "parabola"),
        Choice("rule", "rule", {name: RULE_WORDS[name] for name in LAB_RULES}, "sgd"),
        Slider("lr", "learning rate η", 0.001, 3, 0.1, log=True),
        Slider("x0", "start x₀", -3, 3, 2.6),
        Slider("mu", "momentum μ", 0, 0.99, 0.9, hidden=True),
    )
    missing = [name for name in FUNCTION_WORDS if FUNCTIONS[name].dim != 1]
    if missing:
        raise ValueError(f"the ball rolls on functions of one number, not on {', '.join(missing)}")
    return lab("ball", ball_figure, trace_label, fields, tries, below=below)
