"""Plates of the chapter *Stochastic gradients*."""

from math import sqrt

from gdbook.browser.noise import measured_floor, noisy_descent
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.theory import noise_floor

STEPS, START = 300, 3


@plate(
    Frame((0, STEPS), (1e-6, 1e1), "step", "loss", log="y", yticks=(-6, -4, -2, 0)),
    Knob("lr", "learning rate η", 0.01, 1.8, 0.1, log=True),
    Knob("batch", "batch size B", 1, 1000, 10, log=True, whole=True),
    Knob("seed", "New noise", 1, 99, 1, whole=True, by="button"),
    height=3.6,
)
def floor(pen, lr, batch, seed):
    """The loss of a noisy run on ½x², and the floor at which its noise holds it."""
    predicted = noise_floor(lr, 0, 1, 1 / batch)
    pen.area([[0, 1e-6], [STEPS, 1e-6], [STEPS, predicted], [0, predicted]], "muted")
    run = noisy_descent(1, lr, 0, 1 / sqrt(batch), START, STEPS, seed)
    # A loss of 0, as that of a run that is exact, has no place on a logarithmic axis.
    pen.path([[t, max(x * x / 2, 1e-12)] for t, x in enumerate(run)], "blue", 1.2)
    pen.path([[0, predicted], [STEPS, predicted]], "ink", 1.6, True)
    pen.text(STEPS, predicted, "floor", "ink", -6, -12)
    pen.say(
        f"With η = {lr:.2g} and B = {batch} noise holds the loss at {predicted:.6f} on average; "
        f"the second half of this run has {measured_floor(run, 1):.6f}. "
        "The floor is lower with a larger B, or a smaller η."
    )
