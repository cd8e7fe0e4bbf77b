"""A lab on a page: the static figure, and the controls that a script brings to life.

The whole of a lab's HTML is made here, so that nothing moves when its script starts. Without its
script, and in print, the controls are not shown and the figure remains. What a control may hold is
said once, in Python; the script reads it from the element. How it looks: docs/assets/labs.css.
"""

import json
from html import escape
from math import log

from gdbook.site.pages.figure import picture


class Choice:
    """One of a few: ``options`` maps each value to the words for it."""

    def __init__(self, name, label, options, value):
        if value not in options:
            raise ValueError(f"value of {name} must be one of {', '.join(options)}, got {value!r}")
        self.name, self.label, self.options, self.value = name, label, options, value

    def spec(self):
        return {"kind": "choice", "options": list(self.options), "value": self.value}

    def html(self, lab):
        options = "".join(
            f'<option value="{key}"{" selected" if key == self.value else ""}>{escape(words)}</option>'
            for key, words in self.options.items()
        )
        return (
            f'<div class="gd-field gd-choice"><label for="{lab}-{self.name}">{escape(self.label)}</label>'
            f'<select id="{lab}-{self.name}" data-field="{self.name}">{options}</select></div>'
        )


class Slider:
    """A number between ``low`` and ``high``, by slider or typed; ``log`` for a logarithmic slider.

    ``marks`` maps values to the few words that stand under the slider there; ``knots`` maps values to
    shares of a logarithmic slider, from 0 to 1, where some values need more room; ``hidden`` is for a
    slider that a lab begins without.
    """

    def __init__(
        self, name, label, low, high, value, log=False, whole=False, marks=None, knots=None, hidden=False
    ):
        if not low <= value <= high or (log and low <= 0):
            raise ValueError(f"{name} needs low <= value <= high, low > 0 if log, got {low}, {value}, {high}")
        self.name, self.label, self.low, self.high, self.value = name, label, low, high, value
        for mark in marks or {}:
            if not low <= mark <= high:
                raise ValueError(f"marks of {name} must be between {low} and {high}, got {mark}")
        self.knots = list((knots or {low: 0, high: 1}).items())
        if knots and not (log and self.knots == sorted(self.knots) and {0, 1} <= set(knots.values())):
            raise ValueError(f"knots of {name} must go up from 0 to 1 on a logarithmic slider, got {knots}")
        self.log, self.whole, self.marks, self.hidden = log, whole, marks or {}, hidden

    def spec(self):
        names = ("low", "high", "value", "log", "whole")
        knots = {"knots": self.knots} if len(self.knots) > 2 else {}
        return {"kind": "number", **{name: getattr(self, name) for name in names}, **knots}

    def html(self, lab):
        own = f'id="{lab}-{self.name}" data-field="{self.name}"'
        if self.marks:
            own += f' aria-describedby="{lab}-{self.name}-marks"'
        wide, hidden = " gd-wide" * bool(self.marks), " hidden" * self.hidden
        return (
            f'<div class="gd-field{wide}"{hidden}><label for="{lab}-{self.name}">{escape(self.label)}</label>'
            f'<input {own} type="range" min="0" max="1000" value="0">'
            f'<input type="text" inputmode="decimal" size="7" value="{self.value:g}" '
            f'aria-label="{escape(self.label)}, typed" data-typed="{self.name}">'
            f"{self._marks(f'{lab}-{self.name}-marks')}</div>"
        )

    def _marks(self, own_id):
        """A line for each mark, the nearest to the middle first, so that no tick crosses a text."""
        if not self.marks:
            return ""
        placed = sorted(((self._share(value), text) for value, text in self.marks.items()), key=_from_middle)
        lines = "".join(
            f'<span class="gd-mark-{"left" if at < 0.5 else "right"}" data-at="{at:.4f}" data-row="{row}">'
            f"{escape(text)}</span>"
            for row, (at, text) in enumerate(placed)
        )
        return f'<div class="gd-marks" id="{own_id}">{lines}</div>'

    def _share(self, value):
        """How far along the slider a value lies, from 0 to 1."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        (low, before), (high, after) = next(
            part for part in zip(self.knots, self.knots[1:], strict=False) if value <= part[1][0]
        )
        return before + (after - before) * log(value / low) / log(high / low)


def _from_middle(mark):
    return abs(mark[0] - 0.5)


SPEEDS = (2, 6, 20, 60)  # steps a second


# What stands where the verdict and the reason will: it is seen where no script takes its place.
STILL = ("A still picture: the script of this lab did not load.", "It needs JavaScript, and a web server.")


def lab(name, figure, label, fields, tries=(), transport=True, speeds=SPEEDS, above="", below=""):
    """The HTML of the lab ``<gd-NAME>``, to print in a block with ``html="on"``.

    - ``figure``: the function that draws the static figure, and ``label`` its words;
    - ``fields``: the controls, ``Choice`` and ``Slider``;
    - ``tries``: ``(state, text)`` pairs, *things to try*: links that set the lab;
    - ``transport``: whether there is a run to play, pause, step and reset;
    - ``speeds``: what it offers, in steps a second; it begins with the second;
    - ``above``, ``below``: HTML of the lab's own, before and after the controls.
    """
    specs = json.dumps({field.name: field.spec() for field in fields})
    buttons = ""
    if transport:
        buttons = (
            '<div class="gd-transport" role="group" aria-label="The run">'
            '<button type="button" data-do="play">Play</button>'
            '<button type="button" data-do="step">Step</button>'
            '<button type="button" data-do="reset">Reset</button>'
            '<select data-speed aria-label="speed, in steps a second">'
            + "".join(
                f'<option value="{n}"{" selected" if n == speeds[1] else ""}>{n}/s</option>' for n in speeds
            )
            + "</select></div>"
        )
    links = "".join(
        f'<li><a href="?{query(state)}" data-try>{escape(text)}</a></li>' for state, text in tries
    )
    return (
        f'<div class="gd-room"><gd-{name} class="gd-lab" id="lab-{name}" data-lab="{name}" '
        f'data-fields="{escape(specs)}">'
        f'<div class="gd-view"><div class="gd-stage">{picture(figure, label)}</div>'
        '<div class="gd-story"><p class="gd-verdict">'
        f'<span class="gd-still" data-search-exclude>{STILL[0]}</span></p><p class="gd-why">'
        f'<span class="gd-still" data-search-exclude>{STILL[1]}</span></p></div></div>'
        '<p class="gd-state"></p>'
        f'<div class="gd-live"><p class="gd-announce" role="status"></p>{buttons}{above}'
        f'<div class="gd-fields">{"".join(field.html("lab-" + name) for field in fields)}</div>'
        f'<p class="gd-note" role="status"></p>{below}'
        + (f'<div class="gd-tries"><strong>Things to try</strong><ul>{links}</ul></div>' if tries else "")
        + '<div class="gd-share"><button type="button" data-do="python">Copy as Python</button>'
        f'<button type="button" data-do="link">Copy link</button></div></div></gd-{name}></div>'
    )


def query(state):
    """The state as the part of a URL after the question mark, escaped for HTML."""
    return "&amp;".join(f"{key}={value}" for key, value in state.items())
