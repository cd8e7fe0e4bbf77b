"""The plates of the book, found where they stand, and the settings at which they are tried."""

import functools
import importlib
import itertools
import pkgutil
import random
import re

from built import SOURCES

from gdbook.figures import plates
from gdbook.figures.plate import Plate

SEEDED = 200  # settings of each plate


@functools.cache
def found():
    """Each plate by its module and name."""
    modules = [
        importlib.import_module(f"{plates.__name__}.{m.name}") for m in pkgutil.iter_modules(plates.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Plate)
    }


@functools.cache
def pages():
    """The page on which each plate stands."""
    text = {page: path.read_text(encoding="utf-8") for page, path in SOURCES.items()}
    return {
        f"{module}.{name}": page
        for page, words in text.items()
        for module, names in re.findall(r"(?m)^from gdbook\.figures\.plates\.(\w+) import (.+)$", words)
        for name in names.split(", ")
    }


def at(knob, share):
    """The value of a knob so far along its slider, in the digits that a page has."""
    value = (
        knob.low * (knob.high / knob.low) ** share if knob.log else knob.low + share * (knob.high - knob.low)
    )
    return round(value) if knob.whole else min(knob.high, max(knob.low, float(f"{value:.4g}")))


def settings(plate):
    """As it opens, at each corner of its knobs, and at ``SEEDED`` random ones."""
    draw = random.Random(plate.__name__)
    corners = itertools.product(*((knob.low, knob.high) for knob in plate.knobs))
    shares = [[draw.random() for _ in plate.knobs] for _ in range(SEEDED)]
    names = [knob.name for knob in plate.knobs]
    drawn = [[at(knob, share) for knob, share in zip(plate.knobs, row, strict=True)] for row in shares]
    return [plate.state(), *(dict(zip(names, values, strict=True)) for values in [*corners, *drawn])]
