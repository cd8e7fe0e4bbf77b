"""Plates of the chapter *DAGs*."""

from gdbook.figures.plate import Frame, Knob, plate

HIGHEST = 65
HALF = 0.3  # of a bar's width


@plate(
    Frame((-1.6, 2.6), (-14, 52), "x", "L", xticks=(-1, 0, 1, 2), yticks=(0, 20, 40)),
    Frame((0.4, 2.6), (0, HIGHEST), "", "gradient of x", xticks=(), yticks=(0, 20, 40, 60)),
    Knob("x", "x", -1.5, 2.5, 2, by="handle"),
    height=3.9,
)
def two_routes(pen, x):
    """L = x²·3x, what each route to x brings to its slope, and the tangent with and without the second."""
    u, v = x * x, 3 * x
    by_u, by_v = 2 * x * v, 3 * u
    value, slope = u * v, by_u + by_v
    pen.path([[k / 20, 3 * (k / 20) * (k / 20) * (k / 20)] for k in range(-32, 53)], "curve")
    for wrong, colour in ((by_u, "red"), (slope, "blue")):
        pen.path([[x + d, value + wrong * d] for d in (-0.9, 0.9)], colour, 1.8, colour == "red")
    pen.text(-1.4, 45, "u·v", "curve", 1)
    pen.handle("x", "", x, value, "ink")

    pen.on(1)
    for at, low, high, colour in ((1, 0, by_u, "light"), (1, by_u, slope, "brown"), (2, 0, by_u, "light")):
        corners = [[at - HALF, low], [at - HALF, high], [at + HALF, high], [at + HALF, low], [at - HALF, low]]
        pen.area(corners, colour)
        pen.path(corners, colour, 1.4)
    pen.text(1, slope, "with +=", "blue", 0, 12)
    pen.text(2, by_u, "with =", "red", 0, 12)
    if by_v > 6:
        pen.text(1, by_u / 2, "by u", "light")
        pen.text(2, by_u / 2, "by u", "light")
        pen.text(1, by_u + by_v / 2, "by v", "brown")
    if -0.005 < x < 0.005:
        pen.say(f"At x = {x:.2f} neither route brings anything: here = and += agree, and a test would pass.")
    else:
        pen.say(
            f"At x = {x:.2f} the route by u brings {by_u:.4g} and the route by v {by_v:.4g}; their sum, "
            f"{slope:.4g}, is the slope of the curve. With = for += the {by_v:.4g} is lost."
        )
