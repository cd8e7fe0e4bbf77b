"""A plate on a page: the figure at its opening knobs, and what a script needs to make it move."""

import json
from html import escape
from typing import Any

from gdbook.figures.house import STYLE, narrow
from gdbook.figures.plate import Knob, Plate, written
from gdbook.site.build.svg import inline_svg
from gdbook.site.pages.figure import CAPTION, LABEL, code_of, framed, prefix_of


def live(plate: Plate) -> str:
    """The HTML of a plate, to print in a block with ``html="on"``; a ``caption`` fence below has its words.

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
    data = (
        f' data-frames="{escape(json.dumps(frames, separators=(",", ":")))}" data-size="{STYLE["font.size"]}"'
    )
    return text.replace("<svg", f"<svg{data}", 1)


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
        f'data-knobs="{_as_attribute(knobs)}">'
    )


def _as_attribute(data: Any) -> str:
    return escape(json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def _controls(plate: Plate) -> str:
    said = escape(written(plate.said()), quote=False)
    sliders, buttons = (_made(make, by, plate) for make, by in ((_slider, "slider"), (_button, "button")))
    return (
        f'<div data-search-exclude><p class="gd-say">{said}</p><p class="gd-announce" role="status"></p>'
        '<p class="gd-note" role="status"></p>'
        f'<div class="gd-knobs" role="group" aria-label="Knobs of the figure">{sliders}'
        f'<span class="gd-buttons">{buttons}'
        '<button type="button" data-do="reset">Reset</button>'
        '<button type="button" data-do="python">Copy as Python</button></span></div></div></gd-plate>'
    )


def _made(make: Any, by: str, plate: Plate) -> str:
    return "".join(make(plate.__name__, knob) for knob in plate.knobs if knob.by == by)


def _slider(plate: str, knob: Knob) -> str:
    own = f"{plate}-{knob.name}".replace("_", "-")
    return (
        f'<div class="gd-knob"><label for="{own}">{escape(knob.label)}</label>'
        f'<input id="{own}" type="range" min="0" max="1000" data-knob="{knob.name}">'
        f'<output data-shown="{knob.name}" for="{own}">{knob.value:g}</output></div>'
    )


def _button(plate: str, knob: Knob) -> str:
    return f'<button type="button" data-next="{knob.name}">{escape(knob.label)}</button>'
