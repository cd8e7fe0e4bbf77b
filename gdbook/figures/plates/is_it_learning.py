"""Plates of the chapter *Is it learning?*."""

from math import log

from gdbook.figures.is_it_learning import CHANCE
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import said
from gdbook.recorded.trainings import EPOCHS, TRIED, recorded

RUNS = recorded()
POINTS = len(RUNS[0][0][0]["loss"])
LEAST = 1e-6  # of what is drawn of steps
LOW, HIGH = 1e-3, 3e-2  # of a healthy step over weight
LONG = 0.1
NAMES, COLOURS = ["SGD", "Adam"], ["blue", "purple"]
WEIGHTS = ["He's weights", "10 times He's weights", "a tenth of He's weights"]


def diagnosis(run, rule, weights):
    """What the checks of the chapter find in a run."""
    if run["dead"] > 0.5 and run["right"] < 0.5:
        return f"The rate is too high: {run['dead']:.0%} of the relus are dead."
    if run["start"] > 2 * CHANCE:
        return f"The weights are too large: the first loss, {said(run['start'])}, is far above chance."
    if run["dead"] > 0.5:
        return f"It learns, but the rate is rather high: {run['dead']:.0%} of the relus are dead."
    if run["step"] > LONG:
        return "The rate is rather high: the steps are long."
    if run["right"] >= 0.8:
        return "The run is healthy."
    if run["step"] < LOW:
        return "The rate is too low: the steps are too short."
    if rule == 0 and weights == 2:
        return "The weights are too small: they pass on little of the gradient."
    return "It learns, but slowly: the rate is rather low."


@plate(
    Frame((0, EPOCHS), (0.1, 1000), "epoch", "loss", log="y", xticks=(0, 1, 2), yticks=(-1, 0, 1, 2, 3)),
    Frame(
        (0, EPOCHS),
        (LEAST, 1),
        "epoch",
        "step over weight",
        log="y",
        xticks=(0, 1, 2),
        yticks=(-6, -4, -2, 0),
    ),
    Knob("lr", "learning rate η", 1e-4, 3, 0.3, log=True),
    Knob("rule", "Other rule", 0, 1, 0, whole=True, by="button"),
    Knob("weights", "Other weights", 0, 2, 0, whole=True, by="button"),
    height=4.0,
)
def monitor(pen, lr, rule, weights):
    """Loss and step over weight in trainings on digits: ten rates, two rules, three sizes of the weights."""
    at = 0
    for k in range(len(TRIED)):
        if abs(log(TRIED[k] / lr)) < abs(log(TRIED[at] / lr)):
            at = k
    runs, epochs = RUNS[rule][weights], [(i + 0.5) * EPOCHS / POINTS for i in range(POINTS)]
    run, colour = runs[at], COLOURS[rule]
    pen.path([[0, CHANCE], [EPOCHS, CHANCE]], "muted", 1, True)
    for other in runs:
        pen.path([[epochs[i], other["loss"][i]] for i in range(POINTS)], "muted", 1, False, 0.35)
    pen.path([[epochs[i], run["loss"][i]] for i in range(POINTS)], colour)
    pen.text(EPOCHS, 1000, f"{NAMES[rule]}, η = {TRIED[at]:g}", colour, -4, -12)

    pen.on(1)
    pen.area([[0, LOW], [EPOCHS, LOW], [EPOCHS, HIGH], [0, HIGH]], "green")
    for other in runs:
        pen.path([[epochs[i], max(LEAST, other["ratio"][i])] for i in range(POINTS)], "muted", 1, False, 0.35)
    pen.path([[epochs[i], max(LEAST, run["ratio"][i])] for i in range(POINTS)], colour)
    pen.text(EPOCHS, 1, WEIGHTS[weights], "ink", -4, -12)
    step, right = said(run["step"]), run["right"]
    pen.say(
        f"{diagnosis(run, rule, weights)} A step of {NAMES[rule]} in the first epoch is {step} of the "
        f"weights, and {right:.0%} of the validation images are right after {EPOCHS} epochs."
    )
