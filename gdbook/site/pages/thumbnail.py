"""A figure as small as a stamp: its lines and areas without words, ticks and the finer bends."""

import re
import xml.etree.ElementTree as ET
from itertools import groupby

FINE = 4  # units of the figure, of which a stamp shows five to a pixel: what bends less is straight
SHAPE = 8 / 5  # its width to its height
_FIRST = re.compile(r'<svg\b[^>]*\brole="img".*?</svg>', re.DOTALL)
_STEP = re.compile(r"([MLCQZ])([^MLCQZ]*)", re.IGNORECASE)
_COLOUR = re.compile(r"var\(--gd-\w+\)")
_PALE = ("opacity", "fill-opacity", "stroke-opacity")


def thumbnail(content):
    """The first figure of a page, given as HTML, as the HTML of a thumbnail; empty where there is none."""
    found = _FIRST.search(content)
    return drawn(ET.fromstring(found[0])) if found else ""


def drawn(figure):
    """The thumbnail of a figure, an ``<svg>`` element of the book's own build."""
    frames = [rectangle for clip in figure.iter("clipPath") for rectangle in clip.iter("rect")]
    box = _cropped(frames) if frames else [float(side) for side in figure.get("viewBox").split()]
    paths = "".join(
        f'<path {look} d="{"".join(line for _, line in same)}"/>'
        for look, same in groupby(_marks(figure, box), key=lambda mark: mark[0])
    )
    sides = " ".join(f"{side:.0f}" for side in box)
    look = 'class="gd-thumb" fill="none" stroke-width="1.3"'
    return f'<svg {look} viewBox="{sides}" aria-hidden="true">{paths}</svg>'


def _cropped(frames):
    """``[left, top, width, height]`` of the middle of what the rectangles cover, in the shape of a stamp."""
    left, top, wide, high = (
        [float(r.get(name, 0)) for r in frames] for name in ("x", "y", "width", "height")
    )
    right = max(x + w for x, w in zip(left, wide, strict=True))
    bottom = max(y + h for y, h in zip(top, high, strict=True))
    width, height = right - min(left), bottom - min(top)
    shown = min(width, SHAPE * height), min(height, width / SHAPE)
    return [min(left) + (width - shown[0]) / 2, min(top) + (height - shown[1]) / 2, *shown]


def _marks(element, box):
    """``(look, path)`` of what an element draws in the box: its lines, its areas, a dot for each marker."""
    if element.tag in ("defs", "text"):
        return
    colours = [
        (name, element.get(name)) for name in ("fill", "stroke") if _COLOUR.fullmatch(element.get(name, ""))
    ]
    if element.tag == "use" and colours and "muted" not in colours[0][1]:  # ticks are muted
        x, y = float(element.get("x")), float(element.get("y"))
        if _within(box, [(x, y)]):
            yield f'stroke="{colours[0][1]}" stroke-width="5"', f"M{x:.0f} {y:.0f}h0"
    if element.tag == "path" and colours:
        line = _path(element.get("d"), box)
        if line:
            pale = [(name, element.get(name)) for name in _PALE if element.get(name)]
            yield " ".join(f'{name}="{value}"' for name, value in [*colours, *pale]), line
    for child in element:
        yield from _marks(child, box)


def _within(box, points):
    """Whether the points are not all beyond one side of the box."""
    left, top, width, height = box
    xs, ys = zip(*points, strict=True)
    return left <= max(xs) and min(xs) <= left + width and top <= max(ys) and min(ys) <= top + height


def _path(data, box):
    """A path in whole numbers, with its parts in the box and no more points than a stamp needs."""
    parts: list[tuple[list[tuple[float, float]], str]] = []
    x = y = 0.0
    for letter, numbers in _STEP.findall(data):
        if letter in "Zz":
            parts[-1] = parts[-1][0], "z"
            x, y = parts[-1][0][0]
        else:
            u, v = map(float, numbers.split()[-2:])
            x, y = (u, v) if letter.isupper() else (x + u, y + v)
            if letter in "Mm":
                parts.append(([], ""))
            parts[-1][0].append((x, y))
    return "".join(
        _line(simplified(points, 1 if end else FINE)) + end  # an area keeps its corners
        for points, end in parts
        if len(points) > 1 and _within(box, points)
    )


def _line(points):
    return "".join(f"{'L' if i else 'M'}{x:.0f} {y:.0f}" for i, (x, y) in enumerate(points))


def simplified(points, fine):
    """Some of the points: the others are within ``fine`` of their line (Douglas and Peucker, 1973)."""
    if len(points) < 3:
        return points
    (x, y), (u, v) = points[0], points[-1]
    across = ((u - x) ** 2 + (v - y) ** 2) ** 0.5

    def off(point):
        p, q = point
        if across == 0:
            return ((p - x) ** 2 + (q - y) ** 2) ** 0.5
        return abs((u - x) * (y - q) - (x - p) * (v - y)) / across

    far = max(range(1, len(points) - 1), key=lambda i: off(points[i]))
    if off(points[far]) <= fine:
        return [points[0], points[-1]]
    return simplified(points[: far + 1], fine)[:-1] + simplified(points[far:], fine)
