"""Draw the graph that a program of ``Value`` leaves behind: nothing in the picture is placed by hand.

Rows from the inputs at the top to the result at the bottom, by the longest path to the result. An edge that
passes a row gets a place of its own there, so that no edge runs through a node. The order in a row is that
with the fewest crossings that a few sweeps find (Sugiyama, Tagawa, Toda 1981).
"""

import math
from itertools import combinations, pairwise
from typing import Any

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from gdbook.backprop.graph import edges, operation, program
from gdbook.figures.colours import GRADIENT, INK, MUTED, PAPER
from gdbook.figures.house import figure, in_house_style, is_narrow, width

# In points.
NODE = (108, 46)
NODE_ON_A_PHONE = (90, 46)
LANE = 26  # what an edge that passes a row takes of it
GAP = 56  # two rows
STRAIGHT = 32  # the end of an edge, with its label and its arrow
MARGIN = 4
SWEEPS = 40  # far more than the graphs of the book need


def node():
    """Width and height of a box."""
    return NODE_ON_A_PHONE if is_narrow() else NODE


def between():
    """From one thing in a row to the next."""
    return 6 if is_narrow() else 16


def number(x):
    """A number in three digits, with a minus sign: ``−0.42``."""
    return f"{x:.3g}".replace("-", "−")


@in_house_style
def graph(result, names=None, gradients=True):
    """The figure of the program that computed ``result``: a box for a value, an arrow for each use of it.

    A box holds its name in ``names`` (a dict from name to Value) and its operation, below them the value
    at the left and the gradient at the right, in blue; ``gradients=False`` leaves it out. On each
    arrow stands the local derivative. Raises ValueError if a row does not fit in the width of the book.
    """
    values, uses = program(result), edges(result)
    where = {value: i for i, value in enumerate(values)}
    ends = [(where[child], where[user]) for child, user, _ in uses]
    places, routes = layout(len(values), ends)
    height = max(y for _, y in places) + node()[1] / 2 + MARGIN
    fig, ax = figure()
    fig.set_figheight(height / 72)
    fig.set_layout_engine("none")
    ax.set_position((0, 0, 1, 1))
    ax.set(xlim=(0, 72 * width()), ylim=(height, 0))
    ax.axis("off")
    for i, ((_, _, slope), route) in enumerate(zip(uses, routes, strict=True)):
        beside = [other[-1][0] for other in routes if other[-1][1] == route[-1][1] and other is not route]
        _draw_edge(ax, f"edge {i}", route, number(slope), right=_free(route[-1][0], beside))
    called = {value: name for name, value in (names or {}).items()}
    for i, value in enumerate(values):
        head = ": ".join(filter(None, (called.get(value), operation(value))))
        _draw_node(ax, f"node {i}", places[i], head, value, gradients)
    return fig


def _draw_node(ax, gid, place, head, value, gradients):
    x, y = place
    wide, height = node()
    leaf = not value._children
    box = FancyBboxPatch(
        (x - wide / 2, y - height / 2),
        wide,
        height,
        boxstyle="round,pad=0,rounding_size=6",
        facecolor=PAPER,
        edgecolor=INK if leaf else MUTED,
        linewidth=1.8 if leaf else 1,
        clip_on=False,
        gid=gid,
    )
    ax.add_patch(box)
    middle = {"ha": "center", "va": "center_baseline", "clip_on": False, "gid": gid}
    ax.text(x, y - height / 4 + 1, head, fontweight="bold", **middle)
    aside = wide / 4 if gradients else 0
    ax.text(x - aside, y + height / 4 - 1, number(value.data), **middle)
    if gradients:
        ax.text(x + aside, y + height / 4 - 1, number(value.grad), color=GRADIENT, **middle)


def _free(x, beside):
    """Whether there is more room at the right of an edge than at its left."""
    at_left = min((x - other for other in beside if other < x), default=math.inf)
    at_right = min((other - x for other in beside if other > x), default=math.inf)
    return at_right >= at_left


def _draw_edge(ax, gid, route, slope, right):
    points, codes = [route[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(route):
        if x0 != x1:
            bend = y0 + GAP - STRAIGHT
            half = (y0 + bend) / 2
            points += [(x0, half), (x1, half), (x1, bend)]
            codes += [Path.CURVE4] * 3
        points.append((x1, y1))
        codes.append(Path.LINETO)
    arrow = FancyArrowPatch(
        path=Path(points, codes),
        arrowstyle="-|>,head_width=3,head_length=6",
        mutation_scale=1,
        color=MUTED,
        linewidth=1.2,
        capstyle="butt",
        clip_on=False,
        gid=gid,
    )
    ax.add_patch(arrow)
    x, y = route[-1]
    # Beside the edge it belongs to, just above the box whose operation it is a derivative of.
    beside = (x + 6, "left") if right else (x - 6, "right")
    ax.text(beside[0], y - 15, slope, color=MUTED, ha=beside[1], va="center_baseline", gid=gid)


def layout(nodes, ends):
    """Where to draw the nodes 0 … ``nodes − 1`` and the edges ``ends``, pairs of child and user: in points.

    The last node is the result, and every edge goes from a smaller to a larger number. Returns a list of the
    middles of the nodes, and for each edge the points it passes, from a box to a box.
    """
    depth = [0] * nodes
    for child, user in reversed(sorted(ends, key=lambda end: end[1])):
        depth[child] = max(depth[child], depth[user] + 1)
    rows = [[i for i in range(nodes) if depth[i] == d] for d in range(max(depth) + 1)]
    paths, things = [], nodes
    for child, user in ends:
        passed = range(depth[child] - 1, depth[user], -1)
        path = [child, *range(things, things + len(passed)), user]
        for thing, d in zip(path[1:-1], passed, strict=True):
            rows[d].append(thing)
        things += len(passed)
        paths.append(path)
    above: list[list[int]] = [[] for _ in range(things)]
    below: list[list[int]] = [[] for _ in range(things)]
    for upper, lower in (pair for path in paths for pair in pairwise(path)):
        above[lower].append(upper)
        below[upper].append(lower)
    rows = _with_few_crossings(rows, above, below)
    x = _across(rows, above, below, nodes)
    step = node()[1] + GAP
    y = [0.0] * things
    for d, row in enumerate(rows):
        for thing in row:
            y[thing] = MARGIN + node()[1] / 2 + step * (len(rows) - 1 - d)
    return [(x[i], y[i]) for i in range(nodes)], _routes(paths, x, y)


def _crossings(rows, below):
    count = 0
    for lower, upper in pairwise(rows):
        place = {thing: i for i, thing in enumerate(lower)}
        lines = [(i, place[user]) for i, thing in enumerate(upper) for user in below[thing]]
        count += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in combinations(lines, 2))
    return count


def _with_few_crossings(rows, above, below):
    best: Any = None
    for sweep in range(SWEEPS):
        upwards = sweep % 2 == 0
        for d in range(1, len(rows)) if upwards else range(len(rows) - 2, -1, -1):
            beside, neighbours = (rows[d - 1], below) if upwards else (rows[d + 1], above)
            place = {thing: i for i, thing in enumerate(beside)}
            here = {thing: i for i, thing in enumerate(rows[d])}

            def middle(thing, neighbours=neighbours, place=place, here=here):
                places = [place[n] for n in neighbours[thing]]
                return sum(places) / len(places) if places else here[thing]

            rows[d] = sorted(rows[d], key=middle)
        found = _crossings(rows, below)
        if best is None or found < best[0]:
            best = found, [list(row) for row in rows]
    return best[1]


def _across(rows, above, below, nodes):
    """The x of each thing: near the mean of its neighbours, in the order of its row, without overlap."""
    x = dict.fromkeys((thing for row in rows for thing in row), 0.0)

    def room_of(thing):
        return node()[0] if thing < nodes else LANE

    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            wanted = []
            for thing in row:
                near = [x[n] for n in above[thing] + below[thing]]
                wanted.append(sum(near) / len(near) if near else 0.0)
            distances = [(room_of(a) + room_of(b)) / 2 + between() for a, b in pairwise(row)]
            x.update(zip(row, apart(wanted, distances), strict=True))
    left = min(x[thing] - room_of(thing) / 2 for thing in x)
    right = max(x[thing] + room_of(thing) / 2 for thing in x)
    room = 72 * width() - 2 * MARGIN
    if right - left > room:
        raise ValueError(
            f"the graph is {right - left:.0f} points wide, a figure has {room:.0f}: draw a smaller part of it"
        )
    return {thing: x[thing] + 36 * width() - (left + right) / 2 for thing in x}


def apart(wanted, distances):
    """The numbers nearest to ``wanted`` (least squares) that keep these distances from one to the next."""
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    blocks: list[tuple[float, int]] = []  # of things that touch: their mean and how many
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, more = blocks.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        blocks.append((mean, count))
    means = [mean for mean, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _routes(paths, x, y):
    """Each edge's points: it leaves and enters a box at a place of its own, ordered by the other end."""
    ports: dict[Any, list[Any]] = {}
    for i, path in enumerate(paths):
        ports.setdefault((path[0], "out"), []).append((x[path[1]], i))
        ports.setdefault((path[-1], "in"), []).append((x[path[-2]], i))
    at = {}
    for (thing, side), others in ports.items():
        for k, (_, i) in enumerate(sorted(others)):
            at[i, side] = x[thing] + node()[0] * ((k + 0.5) / len(others) - 0.5)
    routes = []
    for i, path in enumerate(paths):
        start = (at[i, "out"], y[path[0]] + node()[1] / 2)
        end = (at[i, "in"], y[path[-1]] - node()[1] / 2)
        lane = [(x[thing], y[thing] + side * node()[1] / 2) for thing in path[1:-1] for side in (-1, 1)]
        routes.append([start, *lane, end])
    return routes
