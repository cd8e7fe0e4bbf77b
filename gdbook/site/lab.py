"""A lab on a page: the static figure, and the controls that a script brings to life.

The whole of a lab's HTML is made here, so that nothing moves when its script starts. Without
JavaScript, and in print, the controls are not shown and the figure remains. What a control may
hold is said once, in Python; the script reads it from the element.
"""

import json
from html import escape

from gdbook.site.figure import picture


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
            f'<div class="gd-field"><label for="{lab}-{self.name}">{escape(self.label)}</label>'
            f'<select id="{lab}-{self.name}" data-field="{self.name}">{options}</select></div>'
        )


class Slider:
    """A number between ``low`` and ``high``, by slider or typed; ``log`` for a logarithmic slider."""

    def __init__(self, name, label, low, high, value, log=False, whole=False):
        if not low <= value <= high or (log and low <= 0):
            raise ValueError(f"{name} needs low <= value <= high, low > 0 if log, got {low}, {value}, {high}")
        self.name, self.label, self.low, self.high, self.value = name, label, low, high, value
        self.log, self.whole = log, whole

    def spec(self):
        names = ("low", "high", "value", "log", "whole")
        return {"kind": "number", **{name: getattr(self, name) for name in names}}

    def html(self, lab):
        own = f'id="{lab}-{self.name}" data-field="{self.name}"'
        return (
            f'<div class="gd-field"><label for="{lab}-{self.name}">{escape(self.label)}</label>'
            f'<input {own} type="range" min="0" max="1000" value="0">'
            f'<input type="text" inputmode="decimal" size="7" value="{self.value:g}" '
            f'aria-label="{escape(self.label)}, typed" data-typed="{self.name}"></div>'
        )


def lab(name, figure, label, fields, tries=(), transport=True, readout="", below=""):
    """The HTML of the lab ``<gd-NAME>``, to print in a block with ``html="on"``.

    - ``figure``: the function that draws the static figure, and ``label`` its words;
    - ``fields``: the controls, ``Choice`` and ``Slider``;
    - ``tries``: ``(state, text)`` pairs, *things to try*: links that set the lab;
    - ``transport``: whether there is a run to play, pause, step and reset;
    - ``readout``, ``below``: HTML of the lab's own, before and after the controls.
    """
    specs = json.dumps({field.name: field.spec() for field in fields})
    buttons = ""
    if transport:
        buttons = (
            '<div class="gd-transport" role="group" aria-label="The run">'
            '<button type="button" data-do="play">Play</button>'
            '<button type="button" data-do="step">Step</button>'
            '<button type="button" data-do="reset">Reset</button>'
            '<label>speed <select data-speed aria-label="steps a second">'
            + "".join(
                f'<option value="{n}"{" selected" if n == 6 else ""}>{n}/s</option>' for n in (2, 6, 20, 60)
            )
            + "</select></label></div>"
        )
    links = "".join(
        f'<li><a href="?{query(state)}" data-try>{escape(text)}</a></li>' for state, text in tries
    )
    return (
        f'<div><gd-{name} class="gd-lab" id="lab-{name}" data-lab="{name}" data-fields="{escape(specs)}">'
        f'<div class="gd-stage">{picture(figure, label)}</div>'
        '<div class="gd-live"><p class="gd-story"></p><p class="gd-announce" role="status"></p>'
        f"{readout}{buttons}"
        f'<div class="gd-fields">{"".join(field.html("lab-" + name) for field in fields)}</div>'
        f'<p class="gd-note" role="status"></p>{below}'
        '<div class="gd-share"><button type="button" data-do="python">Copy as Python</button>'
        '<button type="button" data-do="link">Copy link</button></div></div>'
        + (f'<div class="gd-tries"><strong>Things to try</strong><ul>{links}</ul></div>' if tries else "")
        + f"</gd-{name}></div>"
    )


def query(state):
    """The state as the part of a URL after the question mark, escaped for HTML."""
    return "&amp;".join(f"{key}={value}" for key, value in state.items())
