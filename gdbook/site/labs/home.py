"""The ball of the home page: the lab *The ball* with one rule, one function, and one thing to turn."""

import json
from html import escape

from gdbook.figures.home import ball as ball_figure
from gdbook.functions import parabola
from gdbook.site.markdown.math import mathml
from gdbook.site.pages.figure import picture
from gdbook.site.pages.lab import Slider
from gdbook.theory import gd_limit

LIMIT = gd_limit(parabola.hess(0.0))
# From which η on a run does so; the slider gives each of them a quarter of its length.
CREEPS, LANDS, SWINGS, FLIES_OFF, END = 0.01, 0.1, LIMIT / 2, LIMIT, 1.3 * LIMIT
WORDS = ("creeps", "lands", "swings", "flies off")
STILL = "A ball on a parabola, and the first five steps that it takes at a learning rate of 0.1."


def home_ball():
    """The picture, and under it or beside it the slider, to print in a block with ``html="on"``."""
    rate = Slider("lr", "learning rate η", CREEPS, END, 0.15)
    start = Slider("x0", "start", *parabola.domain, 2.6, hidden=True)
    fields = escape(json.dumps({field.name: field.spec() for field in (rate, start)}))
    edges = json.dumps([CREEPS, LANDS, SWINGS, FLIES_OFF, END])
    eta = mathml(r"\eta", False)
    label = "A ball on a parabola, with the slope where it is and its first five steps."
    zones = "".join(f"<span>{word}</span>" for word in WORDS)
    return (
        '<div class="gd-drop" data-search-exclude>'
        f'<gd-home id="lab-home" data-fields="{fields}" data-edges="{edges}">'
        f'<div class="gd-stage">{picture(ball_figure, label)}</div>'
        f'<p class="gd-said" role="status">{STILL}</p>'
        '<div class="gd-live">'
        f'<div class="gd-knob"><label for="lab-home-lr">learning rate {eta}</label>'
        '<input id="lab-home-lr" data-field="lr" type="range" min="0" max="1000" value="0" '
        'aria-describedby="lab-home-zones">'
        '<input type="text" inputmode="decimal" size="5" value="0.15" data-typed="lr" '
        'aria-label="learning rate, typed">'
        '<button type="button" data-do="play">Play</button>'
        f'<div class="gd-zones" id="lab-home-zones">{zones}</div></div>{start.html("lab-home")}'
        '<p class="gd-note" role="status"></p></div></gd-home></div>'
    )
