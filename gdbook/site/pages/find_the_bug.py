"""The answers on the page *Find the bug*, and the numbers beside them, found by running."""

import functools
from ast import literal_eval
from math import log

import numpy as np

from gdbook.descent import descend
from gdbook.functions import parabola
from gdbook.rules import adam
from gdbook.site.pages.bugs import culprit, printed, snippet

USE, RATE = "used.append(lr)  # the optimiser's step", "lr = full * min(1, (t + 1) / warm)  # the schedule's"

# What could be at fault in the code under a heading: its name in the quiz, the piece, what could stand there.
SUSPECTS = {
    "Adam on a slope": {
        "m_hat": ("m_hat = m / (1 - 0.9**t)", "m_hat = m"),
        "v": ("v = 0.999 * v + 0.001 * g * g", "v = 0.999 * v + g * g"),
        "call": ("w, m, v = adam(w, 1.0, m, v, t)", "w, m, v = adam(w, 1.0, m, v, i + 1)"),
    },
    "Adam in five lines": {
        "m": ("m = 0.9 * m + 0.1 * g", "m = 0.9 * m + g"),
        "root": ("(sqrt(v) + 1e-8)", "sqrt(v + 1e-8)"),
        "step": ("w - lr * m / (sqrt(v) + 1e-8)", "w - lr * (m / 0.1) / (sqrt(v / 0.001) + 1e-8)"),
    },
    "Momentum that looks ahead": {
        "step": ("g + mu * v", "v"),
        "velocity": ("v = mu * v + g", "v = mu * v - g"),
        "start": ("w, v = 1.0, 0.0", "w, v = 1.0, 1.0"),
    },
    "AdamW by way of the loss": {
        "noise": ("g = size * (-1) ** t", "g = size * 0.5 * (-1) ** t"),
        "decay": ("g = g + 0.1 * w", "w = w - 0.01 * 0.1 * w"),
        "start": ("w, state = np.ones(2)", "w, state = 2 * np.ones(2)"),
    },
    "A warm-up": {
        "share": ("(t + 1) / warm", "t / warm"),
        "order": (f"{USE}\n    {RATE}\n", f"{RATE}\n    {USE}\n"),
        "min": ("min(1, (t + 1) / warm)", "(t + 1) / warm"),
    },
    "A node with two children": {
        "slope": ("(b, a.value)]", "(b, b.value)]"),
        "chain": ("parent.backward(slope * g)", "parent.backward(slope + g)"),
        "grad": ("self.grad = g\n", "self.grad += g\n"),
    },
    "A loss that is printed": {
        "loss": ("loss = np.mean(error**2) + 1.0 * w**2", "loss = np.mean(error**2) + 5.0 * w**2"),
        "grad": ("grad = 2 * np.mean(error * x)", "grad = 2 * np.mean(error * x) + 2 * 1.0 * w"),
        "step": ("w = w - 0.1 * grad", "w = w - 0.01 * grad"),
    },
}
# Whether what the code under a heading printed is right.
RIGHT = {
    "Adam on a slope": lambda out: out.count("1.00 η") == 3,
    "Adam in five lines": lambda out: out.strip() == "first step: 0.1000",
    "Momentum that looks ahead": lambda out: "w = 0" in out,
    "AdamW by way of the loss": lambda out: np.allclose(_numbers(out), 0.368, rtol=0, atol=0.02),
    "A warm-up": lambda out: all(np.diff(literal_eval(out)[:5]) > 0),
    "A node with two children": lambda out: float(out) == 6.0,
    "A loss that is printed": lambda out: "w = 1.000" in out,
}


def at_fault(heading):
    """The name of what is at fault in the code under ``heading``: mended, it prints what is right."""
    suspects = SUSPECTS[heading]
    piece = culprit(snippet(heading), dict(suspects.values()), RIGHT[heading])
    return next(name for name, (code, _) in suspects.items() if code == piece)


def _numbers(out):
    """The last word of each part between commas."""
    return [float(part.split()[-1]) for part in out.split(",")]


def first_step(gradient):
    """The length of Adam's first step, in units of η."""
    return -adam(0.0, gradient, lr=0.1)[0] / 0.1


def uncorrected_step(gradient):
    """The same, if the averages are taken as they are after one step."""
    return 0.1 * gradient / ((0.001 * gradient**2) ** 0.5 + 1e-8)


def nesterov_end(ahead, twice, lr, mu=0.9):
    """How far from the minimum of w²/2 sixty steps from 1 end.

    ``ahead`` says that the gradient is taken ahead of ``w``, ``twice`` that the step looks ahead.
    """
    w, v = 1.0, 0.0
    for _ in range(60):
        g = w - lr * mu * v if ahead else w
        v = mu * v + g
        w = w - lr * (g + mu * v if twice else v)
    return abs(w)


@functools.cache
def decayed():
    """The two weights that decay by way of the loss, as printed."""
    return _numbers(printed(snippet("AdamW by way of the loss")))


def highest_unstopped():
    """The last rate of the warm-up if nothing stops its rise."""
    rise, unstopped = SUSPECTS["A warm-up"]["min"]
    return max(literal_eval(printed(snippet("A warm-up").replace(rise, unstopped))))


@functools.cache
def unlooked():
    """What is printed where nobody looks at the schedule first."""
    lines = snippet("A look at the schedule first").splitlines(keepends=True)
    return float(printed("".join(line for line in lines if "curve" not in line)).split()[-1])


def swung(rate):
    """The error after 200 steps on the parabola, in units of the first, with ηλ = ``rate``."""
    return abs(descend(parabola.grad, 1.0, steps=200, lr=rate / 2).w[-1])


def largest_shrinking(rates):
    """The largest ηλ of these with which the error shrinks."""
    return max(rate for rate in rates if swung(rate) < 1)


def newton_order():
    """The power of the last error to which an error of Newton's method for √2 is proportional, rounded."""
    x, errors = 2.0, []
    for _ in range(4):
        errors.append(abs(x - 2**0.5))
        x = x - (x * x - 2) / (2 * x)
    return round(log(errors[-1] / errors[-2]) / log(errors[-2] / errors[-3]))


def forward_error(h, number=float):
    """The error of the forward difference of x³ at 1, with numbers of a type."""
    one = number(1)
    return abs(float(((one + number(h)) ** 3 - one) / number(h)) - 3)


def best_h(steps, number=float):
    """The step of these with the least error."""
    return min(steps, key=lambda h: forward_error(h, number))


def slope_at_corner(h=1e-5):
    """The central difference of relu at 0."""
    return (max(h, 0.0) - max(-h, 0.0)) / (2 * h)
