"""A matplotlib figure as one inline SVG that follows the page: its colours, its type, its width.

matplotlib's own SVG is a file of its own: fixed colours, a style sheet that would apply to the
whole page, ids that collide with the next figure's, a date. Here it becomes part of a page, and
the same bytes on every build.
"""

import io
import re
import xml.etree.ElementTree as ET

from gdbook.figures.house import NAMES, STYLE

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
# A point is a pixel of the page: lines keep their place to a twentieth of one, the shapes that are used many
# times, such as dots, to less.
DECIMALS = 1
OF_SHAPES = 2
STILL = "still-"  # begins the gid of what a plate draws anew when its knobs are turned


def inline_svg(figure, label, prefix):
    """The figure as an ``<svg>`` element for a page.

    ``label`` says what the figure shows, for readers who do not see it. ``prefix`` begins every
    id, so that figures on one page do not share one. Raises ValueError for a colour that is not
    of the house: it would not follow light and dark.
    """
    from matplotlib.figure import Figure  # slow to load, and no part of page_svg

    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib Figure, got {figure!r}")
    return page_svg(_matplotlib_svg(figure), label, prefix)


def page_svg(svg, label, prefix):
    """The same for the text of an SVG file that matplotlib wrote in the book's style."""
    root = ET.fromstring(svg)
    _prune(root)
    referred = (
        re.search(r"#([\w-]+)", value)
        for e in root.iter()
        for k, value in e.items()
        if k == HREF or "url(" in value
    )
    old = dict.fromkeys(match.group(1) for match in referred if match)
    ids = {name: f"{prefix}{i}" for i, name in enumerate(old)}
    shapes = {element for shapes in root.iter(SVG + "defs") for element in shapes.iter()}
    for element in root.iter():
        _adapt(element, ids, OF_SHAPES if element in shapes else DECIMALS)
    _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    root.attrib.clear()
    root.attrib.update(
        {"class": "gd-svg", "viewBox": f"0 0 {width:g} {height:g}", "role": "img", "aria-label": label}
    )
    text = ET.tostring(root, encoding="unicode")
    text = re.sub(r"<(/?)ns\d+:", r"<\1", text)
    text = re.sub(r' xmlns:ns\d+="[^"]*"', "", text).replace(f' xmlns="{SVG[1:-1]}"', "")
    return re.sub(r">\s+<", "><", text)


_DRAWN = {
    SVG + tag for tag in ("g", "defs", "path", "use", "text", "tspan", "clipPath", "rect", "line", "image")
}


def _matplotlib_svg(figure):
    import matplotlib

    with matplotlib.rc_context(STYLE):
        out = io.StringIO()
        figure.savefig(
            out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return out.getvalue()


def _prune(root):
    """Remove metadata, style sheets, the figure's empty background, and groups with nothing in them."""
    for parent in reversed(list(root.iter())):
        for child in list(parent):
            empty = child.tag in (SVG + "g", SVG + "defs") and not len(child)
            unseen = child.tag == SVG + "path" and child.get("style") == "fill: none"
            if child.tag not in _DRAWN or empty or unseen:
                parent.remove(child)


def _adapt(element, ids, decimals):
    """One element: only ids that are referred to, colours as variables, numbers short."""
    for key, value in list(element.items()):
        if key == "id":
            del element.attrib[key]
            if value.startswith(STILL):
                element.set("class", "gd-still")
            if value in ids:
                element.set("id", ids[value])
        elif key == HREF:
            del element.attrib[key]
            element.set("href", "#" + ids[value[1:]])
        elif key == "style":
            del element.attrib[key]
            for declaration in value.split(";"):
                name, _, setting = (part.strip() for part in declaration.partition(":"))
                _set_style(element, name, setting, ids)
        else:
            element.set(key, _short(_refer(value, ids), decimals))
    if "d" in element.attrib:
        element.set("d", _relative(element.get("d"), decimals))
    if element.get("transform") == "":
        del element.attrib["transform"]


def _refer(value, ids):
    return re.sub(r"url\(#([\w-]+)\)", lambda m: f"url(#{ids[m.group(1)]})", value)


def _set_style(element, name, setting, ids):
    if name in ("font", "font-size"):
        for size in re.findall(r"([\d.]+)px", setting)[:1]:
            element.set("font-size", size)
        if re.search(r"\b(bold|700)\b", setting):
            element.set("font-weight", "700")
    elif name in ("font-family", "stroke-linejoin", "stroke-miterlimit", "") or (name, setting) in _DEFAULTS:
        pass
    elif name in ("fill", "stroke") and setting != "none":
        element.set(name, _variable(setting))
    else:
        element.set(name, _short(_refer(setting, ids), OF_SHAPES))


_DEFAULTS = {
    ("stroke-linecap", "butt"),
    ("text-anchor", "start"),
    ("font-weight", "400"),
    ("font-style", "normal"),
}


def _variable(colour):
    if colour not in NAMES:
        raise ValueError(f"the figure uses {colour}, which is no colour of gdbook.figures.house")
    return f"var(--gd-{NAMES[colour]})"


def _relative(path, decimals):
    """Path data in which a point is told from the one before it: short numbers, fewer bytes.

    The differences of rounded numbers are whole steps of their last digit, so no error adds up.
    """
    x, y = first = 0.0, 0.0
    told: list[str] = []
    for letter, text in re.findall(r"([MLCQz])([^MLCQz]*)", path):
        numbers = list(map(float, text.split()))
        if letter == "z":
            x, y = first
        else:
            origin = (x, y) if told else (0.0, 0.0)
            moved = [
                round(number - origin[i % 2], decimals) + 0.0 for i, number in enumerate(numbers)
            ]  # no -0
            x, y = numbers[-2:]
            first = (x, y) if letter == "M" else first
            letter = letter.lower() if told else letter
            letter += " ".join(f"{number:.10g}" for number in moved)
        told.append(letter)
    return "".join(told)


def _short(text, decimals):
    """Numbers to so many decimals, no ``-0``, no rotation by nothing, path data on one line."""
    text = re.sub(r"-?\d+\.\d+(e-\d+)?", lambda number: f"{round(float(number[0]), decimals):.10g}", text)
    text = re.sub(r"(?<![\w.-])-0(?![\w.])", "0", text)
    text = re.sub(r"rotate\(0(?: [-\d.]+ [-\d.]+)?\)", "", text)
    return " ".join(text.split())
