"""Plates of the chapter *The update rule*."""

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.functions import shifted_parabola

STEPS = 10


@plate(
    Frame((-0.6, 6.6), (-2.4, 11.5), "θ", "cost J(θ)", xticks=(0, 1, 2, 3, 4, 5, 6), yticks=(0, 5, 10)),
    Knob("lr", "learning rate η", 0.01, 1.2, 0.1),
    Knob("theta", "start θ₀", -0.3, 6.3, 0, by="handle"),
    height=3.4,
)
def steps_down(pen, lr, theta):
    """Ten steps down $(\\theta - 3)^2$, and the tangent whose slope gave the first."""
    pen.path([[k / 20, shifted_parabola.value(k / 20)] for k in range(-12, 133)], "curve")
    pen.dots([[3, 0]], "green", 7)
    pen.text(3, 0, "minimum", "green", 0, -17)
    slope, cost = shifted_parabola.grad(theta), shifted_parabola.value(theta)
    ahead = 1.3 if slope < 0 else -1.3
    tangent = [[theta + share * ahead, cost + share * ahead * slope] for share in (-0.27, 1)]
    pen.path(tangent, "blue", 1.5)
    pen.text(
        tangent[1][0], tangent[1][1], f"slope {slope:.0f}", "blue", -8 if slope < 0 else 8 if slope > 0 else 0
    )
    run = [theta]
    for _ in range(STEPS):
        run.append(run[-1] - lr * shifted_parabola.grad(run[-1]))
    pen.dots([[w, shifted_parabola.value(w)] for w in run], "blue", 6)
    pen.handle("theta", "", theta, cost, "blue")
    factor = 1 - 2 * lr
    if abs(factor) > 1:
        how = "it swings further out each time and flies off"
    elif factor < -0.02:
        how = "it swings from side to side, and settles"
    elif factor < 0.02:
        how = "it lands in one"
    else:
        how = "it creeps down on its side"
    pen.say(
        f"Each step multiplies the distance to the minimum by {factor:.2f}: {how}. "
        f"After {STEPS} steps θ is {run[-1]:.2f}."
    )
