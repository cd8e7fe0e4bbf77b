"""Plates of the chapter *More than one machine*."""

from math import ceil

from gdbook.figures.more_than_one_machine import BATCHES, steps_to_target
from gdbook.figures.plate import Frame, Knob, plate

SIZES = list(BATCHES[:4])  # with a larger batch the target is not reached
STEPS = [steps_to_target("linear", size) for size in SIZES]  # to a mean loss of the digits' network
NUMBERS = 2410  # of its gradient
BETA = 1e-5  # milliseconds for each number of a message


def milliseconds(steps, batch, workers, row, alpha):
    """Time of so many steps with a batch that the workers share, and a ring that adds their gradients."""
    talk = 2 * (workers - 1) * (alpha + BETA * NUMBERS / workers)
    return steps * (row * ceil(batch / workers) + talk)


def fastest(steps, batch, row, alpha):
    """The number of workers that takes the least time."""
    best = 1
    for workers in range(2, batch + 1):
        if milliseconds(steps, batch, workers, row, alpha) < milliseconds(steps, batch, best, row, alpha):
            best = workers
    return best


def seconds(time):
    """Milliseconds as seconds in words."""
    if time < 1000:
        return f"{time / 1000:.3f} s"
    return f"{time / 1000:.1f} s" if time < 1e5 else f"{time / 1000:.0f} s"


@plate(
    Frame(
        (0.9, 150),
        (0.08, 200),
        "workers",
        "seconds to the loss",
        log="xy",
        xticks=(0, 1, 2),
        yticks=(-1, 0, 1, 2),
    ),
    Knob("workers", "workers", 1, SIZES[-1], 8, whole=True, by="handle"),
    Knob("row", "milliseconds for a row", 0.3, 3, 1, log=True),
    Knob("alpha", "milliseconds for a message", 0.02, 10, 2, log=True),
    Knob("size", "Other batch", 0, 3, 2, whole=True, by="button"),
    height=3.9,
)
def time_to_loss(pen, workers, row, alpha, size):
    """Time to a given loss against the number of workers, for four batches, one of them chosen."""
    for i in range(len(SIZES)):
        if i != size:
            other = [
                [k, milliseconds(STEPS[i], SIZES[i], k, row, alpha) / 1000] for k in range(1, SIZES[i] + 1)
            ]
            pen.path(other, "muted", 1, False, 0.6)
    batch, steps = SIZES[size], STEPS[size]
    times = [milliseconds(steps, batch, k, row, alpha) for k in range(1, batch + 1)]
    pen.path([[i + 1, time / 1000] for i, time in enumerate(times)], "blue")
    best, here = fastest(steps, batch, row, alpha), int(min(workers, batch))
    pen.dots([[best, times[best - 1] / 1000]], "green", 8)
    pen.handle("workers", "", here, times[here - 1] / 1000, "blue")
    pen.text(1, 110, f"batch {batch}", "blue", 2)
    who = "1 worker reaches" if here == 1 else f"{here} workers reach"
    found = f"With a batch of {batch} rows {who} the loss in {seconds(times[here - 1])}."
    if here < best:
        more = f"More would help: {best} take {seconds(times[best - 1])}."
    elif here > best and best > 1:
        more = f"They are too many: {best} take {seconds(times[best - 1])}."
    elif here > best:
        more = f"One alone takes {seconds(times[0])}: a message costs more than it saves."
    else:
        more = "No other number is faster."
    pen.say(f"{found} {more}")
