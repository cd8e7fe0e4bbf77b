"""Plates of the chapter *Landscapes*."""

from math import log

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import levels_of, said
from gdbook.functions import saddle
from gdbook.rules import sgd

START, OUT, STEPS = 1.8, 0.5, 240


@plate(
    Frame(
        (-0.4, 2.1),
        (-1.4, 1.4),
        "x, the valley",
        "y, off the ridge",
        xticks=(0, 1, 2),
        yticks=(-1, 0, 1),
        under=levels_of(saddle, (-0.2, -0.1, 0, 0.1, 0.4, 0.9, 1.6), saddle.minima),
    ),
    Frame((-8, STEPS), (1e-9, 1e2), "step", "distance y", log="y", yticks=(-8, -6, -4, -2, 0)),
    Knob("y", "distance ε from the ridge", 1e-8, 0.4, 1e-4, log=True),
    Knob("lr", "learning rate η", 0.08, 0.9, 0.1, log=True),
    height=4.0,
)
def off_the_ridge(pen, y, lr):
    """A run that starts a little beside the ridge of a saddle: its path, and how far from the ridge it is."""
    w, path, away, left = [START, y], [[START, y]], [[0, y]], 0
    for t in range(STEPS):
        slope = saddle.grad(w)
        w = [sgd(w[i], slope[i], None, lr)[0] for i in range(2)]
        path.append(w)
        away.append([t + 1, w[1]])
        if w[1] > OUT and left == 0:
            left = t + 1
    theory = log(OUT / y) / log(1 + lr)
    pen.path(path, "blue", 1.4)
    pen.dots(path, "blue", 3.5)
    pen.dots([[0, 0]], "ink", 6)
    pen.text(0, 0, "saddle", "ink", 6, -14)
    pen.dots([[START, y]], "blue", 8)
    pen.text(START, y, "start", "blue", 0, 15)

    pen.on(1)
    top = log(30 / y) / log(1 + lr)
    pen.path([[0, y], [top, 30]], "muted", 1.2, True)
    pen.text(top, 30, "theory", "muted", -6 if top > 120 else 8, 2)
    pen.path(away, "blue")
    pen.dots([[left, away[left][1]]], "blue", 8)
    pen.text(left, away[left][1], f"{left}", "blue", 8 if left < 200 else -8, -14)
    pen.handle("", "y", 0, y, "blue")
    count = "1 step" if left == 1 else f"{left} steps"
    pen.say(
        f"From ε = {said(y)} the run has left the saddle, with y above one half, after {count}. "
        f"Growth by the factor {1 + lr:.2f} in each step would take {theory:.1f}."
    )
