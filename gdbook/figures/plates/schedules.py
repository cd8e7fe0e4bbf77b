"""Plates of the chapter *Schedules*."""

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.schedules import CURVATURES, STEPS, VARIANCE

LAMBDAS = [float(curvature) for curvature in CURVATURES]
HIGHEST = 2.0


def _rate(t, lr, warm, down):
    """Up in ``warm`` steps, level, and from step ``down`` on in a line to 0 at the end: ``wsd``."""
    if t < warm:
        return lr * (t + 1) / (warm + 1)
    return lr * (1 - max(0, t - down) / (STEPS - down))


@plate(
    Frame((0, STEPS), (0, HIGHEST), "step", "rate η", yticks=(0, 0.5, 1, 1.5, 2)),
    Frame((0, STEPS), (1e-3, 1e1), "step", "expected loss", log="y", yticks=(-3, -2, -1, 0, 1)),
    Knob("lr", "full rate η", 0.02, 1.95, 0.5, by="handle"),
    Knob("warm", "steps of warm-up", 0, 240, 25, whole=True, by="handle"),
    Knob("down", "step at which the rate begins to fall", 250, 499, 400, whole=True, by="handle"),
    height=3.6,
)
def drawn_schedule(pen, lr, warm, down):
    """A rate that warms up, stays and falls, and the expected loss of a noisy quadratic below it."""
    squares = [1.0 for _ in LAMBDAS]
    rates, losses = [], []
    for t in range(STEPS + 1):
        eta, loss = _rate(t, lr, warm, down), 0.0
        for i in range(len(LAMBDAS)):
            loss += LAMBDAS[i] * squares[i] / 2
            kept = 1 - eta * LAMBDAS[i]
            squares[i] = kept * kept * squares[i] + eta * eta * VARIANCE
        if t % 5 == 0 or t == warm:
            rates.append([t, eta])
            losses.append([t, loss])
    pen.path(rates, "blue")
    pen.handle("warm", "lr", warm, lr, "blue")
    pen.handle("down", "", down, lr, "blue")
    pen.on(1)
    pen.path(losses, "blue")
    before = [height for step, height in losses if step <= down][-1]
    end = losses[-1][1]
    pen.dots([losses[-1]], "blue", 8)
    pen.text(losses[-1][0], end, f"{end:.2g}", "blue", -8, -16)
    pen.say(
        f"At η = {lr:.2g} the expected loss is {before:.2g} when the rate begins to fall, at step {down}. "
        f"The fall takes it to {end:.2g} in {STEPS - down} steps."
    )
