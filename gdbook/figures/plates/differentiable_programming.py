"""Plates of the chapter *Differentiable programming*."""

from math import sqrt

import numpy as np

from gdbook.figures.differentiable_programming import DRAG, DT, GRAVITY, STEPS, TARGET, aimed
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import levels_of, said
from gdbook.rules import sgd

G, X, Y = float(GRAVITY[1]), float(TARGET[0]), float(TARGET[1])
LR, MOST = 0.05, 30
EVERY = 5  # of the time steps is drawn
FASTEST = 30.0  # m/s, across and up


def flight(vx, vy, along_x, along_y):
    """The path of a throw, and how fast its end moves when its velocity moves along a direction.

    In forward mode: each line of the simulation is followed by its derivative.
    """
    x, y, of_x, of_y, of_vx, of_vy, path = 0.0, 0.0, 0.0, 0.0, along_x, along_y, [[0.0, 0.0]]
    for _ in range(STEPS):
        speed = sqrt(vx * vx + vy * vy)
        of_speed = (vx * of_vx + vy * of_vy) / speed
        ax, ay = -DRAG * speed * vx, G - DRAG * speed * vy
        of_ax, of_ay = -DRAG * (of_speed * vx + speed * of_vx), -DRAG * (of_speed * vy + speed * of_vy)
        x, y = x + DT * vx, y + DT * vy
        of_x, of_y = of_x + DT * of_vx, of_y + DT * of_vy
        vx, vy = vx + DT * ax, vy + DT * ay
        of_vx, of_vy = of_vx + DT * of_ax, of_vy + DT * of_ay
        path.append([x, y])
    return path, of_x, of_y


def thrown(vx, vy):
    """The path of a throw, and the gradient of its squared miss: a pass for each part of the velocity."""
    path, of_x, of_y = flight(vx, vy, 1.0, 0.0)
    off_x, off_y = path[STEPS][0] - X, path[STEPS][1] - Y
    by_vx = 2 * off_x * of_x + 2 * off_y * of_y
    path, of_x, of_y = flight(vx, vy, 0.0, 1.0)
    return path, by_vx, 2 * off_x * of_x + 2 * off_y * of_y


def missed(path):
    """How far from the target a flight ends."""
    off_x, off_y = path[STEPS][0] - X, path[STEPS][1] - Y
    return sqrt(off_x * off_x + off_y * off_y)


def distances(v):
    """How far from the target throws end, for velocities of shape ``(2, …)``."""
    p = 0 * v
    for _ in range(STEPS):
        a = -DRAG * np.hypot(*v) * v
        a[1] += G
        p, v = p + DT * v, v + DT * a
    return np.hypot(p[0] - X, p[1] - Y)


@plate(
    Frame((0, 40), (-24, 22), "distance in m", "height in m", xticks=(0, 10, 20, 30), yticks=(-20, 0, 20)),
    Frame(
        (-2, FASTEST + 2),
        (-2, FASTEST + 2),
        "velocity across in metres per second",
        "velocity up in metres per second",
        xticks=(0, 10, 20, 30),
        yticks=(0, 10, 20, 30),
        under=levels_of(distances, (2, 5, 10, 20, 30), (aimed()[0][-1],)),
    ),
    Knob("vx", "first velocity across", 1, FASTEST, 5, by="handle"),
    Knob("vy", "first velocity up", 0, FASTEST, 10, by="handle"),
    Knob("steps", "steps of descent", 0, MOST, 3, whole=True),
    height=4.0,
)
def aim(pen, vx, vy, steps):
    """Gradient descent on the velocity of a throw: its flights, and its way over the miss."""
    v, way, ends = [vx, vy], [[vx, vy]], []
    for t in range(steps + 1):
        path, by_vx, by_vy = thrown(v[0], v[1])
        last = t == steps
        shown = [path[EVERY * k] for k in range(int(STEPS / EVERY) + 1)]
        pen.path(shown, "blue" if last else "muted", 2.4 if last else 1.2)
        ends.append(path[STEPS])
        after = [sgd(v[0], by_vx, None, LR)[0], sgd(v[1], by_vy, None, LR)[0]]
        if t < steps:
            v = after
            way.append(v)
    pen.dots(ends[:steps], "muted", 5)
    pen.dots(ends[steps:], "blue", 7)
    pen.dots([[X, Y]], "green", 9)
    pen.text(X, Y, "target", "green", 8, 12)
    if steps > 0:
        pen.text(ends[0][0], ends[0][1], "throw 0", "muted", 8 if ends[0][0] < 25 else -8, -8)
    pen.text(ends[steps][0], ends[steps][1], f"{steps}", "blue", 8 if ends[steps][0] < 35 else -8, -8)

    pen.on(1)
    pen.path(way, "blue", 1.2)
    pen.dots(way, "blue", 5)
    pen.arrow(v[0], v[1], after[0], after[1], "blue")
    pen.handle("vx", "vy", vx, vy, "ink")
    pen.say(
        f"Throw {steps}, with the velocity ({v[0]:.1f}, {v[1]:.1f}), misses by {said(missed(path))} m. "
        f"Its gradient is ({by_vx:.2f}, {by_vy:.2f}). The arrow, minus {LR} times that, leads to throw "
        f"{steps + 1}."
    )
