"""A plate on a page: the figure at its opening knobs, and what a script needs to make it move."""

import json
from html import escape
from typing import Any

from gdbook.figures.house import STYLE, is_narrow, narrow
from gdbook.figures.plate import Plate
from gdbook.site.build.svg import inline_svg
from gdbook.site.markdown.inline import to_html
from gdbook.site.pages.figure import CAPTION, LABEL, code_of, framed, prefix_of


def live(plate: Plate) -> str:
    """The HTML of a plate, to print in a block with ``html="on"``; its words stand in a ``caption`` fence below.

    Without JavaScript, and in print, it is the figure at its opening knobs.
    """
    drawn = _picture(plate)
    with narrow():
        drawn += _picture(plate)
    return framed(
        drawn, CAPTION, plate.__name__, code_of(plate, {}), around=(_opened(plate), _controls(plate))
    )


def _picture(plate: Plate) -> str:
    figure: Any = plate()
    text = inline_svg(figure, LABEL.format(plate.__name__), prefix_of(plate, {}))
    frames = [_frame(figure, ax, of) for ax, of in zip(figure.axes, plate.frames, strict=True)]
    data = f' data-frames="{escape(json.dumps(frames, separators=(",", ":")))}" data-size="{_size()}"'
    return text.replace("<svg", f"<svg{data}", 1)


def _size() -> float:
    return 12.5 if is_narrow() else STYLE["font.size"]


def _frame(figure: Any, ax: Any, of: Any) -> dict[str, Any]:
    """Where axes lie in the picture, in its units, and what they span."""
    width, height = (72 * inches for inches in figure.get_size_inches())
    box = ax.get_position()
    corners = (box.x0 * width, (1 - box.y1) * height, box.x1 * width, (1 - box.y0) * height)
    return {"box": [round(corner, 2) for corner in corners], "x": of.x, "y": of.y, "log": of.log}


def _opened(plate: Plate) -> str:
    knobs = {
        knob.name: {name: getattr(knob, name) for name in ("label", "low", "high", "value", "log", "whole")}
        for knob in plate.knobs
    }
    of = plate.__module__.rpartition(".")[2]
    return (
        f'<gd-plate data-plate="{plate.__name__}" data-of="{of}" data-module="{plate.__module__}" '
        f'data-knobs="{escape(json.dumps(knobs, ensure_ascii=False))}">'
    )


def _controls(plate: Plate) -> str:
    rows = "".join(_row(plate.__name__, knob) for knob in plate.knobs if not knob.drag)
    return (
        '<div data-search-exclude><p class="gd-say"></p><p class="gd-announce" role="status"></p>'
        f'<p class="gd-note" role="status"></p><div class="gd-knobs">{rows}'
        '<button type="button" data-do="reset">Reset</button>'
        '<button type="button" data-do="python">Copy as Python</button></div></div></gd-plate>'
    )


def _row(name: str, knob: Any) -> str:
    own = f"{name}-{knob.name}"
    label = to_html(knob.label).removeprefix("<p>").removesuffix("</p>")
    return (
        f'<div class="gd-knob"><label for="{own}">{label}</label>'
        f'<input id="{own}" type="range" min="0" max="1000" data-knob="{knob.name}">'
        f'<output data-shown="{knob.name}" for="{own}">{knob.value:g}</output></div>'
    )
