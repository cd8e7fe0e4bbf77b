"""A figure on a page: the picture, its caption, and the code that draws it."""

import hashlib
import html

from gdbook.figures.house import is_narrow, narrow
from gdbook.site.build.svg import inline_svg
from gdbook.site.markdown.inline import to_html

# Where the words go that the caption below the block brings.
LABEL = "\ue000label of {}\ue001"
CAPTION = "\ue000caption\ue001"


def emit(draw, **arguments):
    """The HTML of the figure that ``draw(**arguments)`` returns, to print in a block with ``html="on"``.

    ``draw`` is a public function of ``gdbook.figures``. The words of the figure stand in a ``caption`` fence
    below the block (see ``captions``). Under the caption the reader can unfold the code, three lines that
    draw the same figure in a file.
    """
    label = LABEL.format(draw.__name__)
    drawn = picture(draw, label, **arguments)
    with narrow():
        drawn += picture(draw, label, **arguments)
    return framed(drawn, CAPTION, draw.__name__, code_of(draw, arguments))


def code_of(draw, arguments):
    """The lines that draw a figure in a file, folded."""
    call = _call(draw, arguments)
    code = f'from {draw.__module__} import {draw.__name__}\n\n{call}.savefig("{draw.__name__}.svg")'
    shown = to_html(f"```python\n{code}\n```")
    return f'<details class="gd-code" data-search-exclude><summary>Code</summary>{shown}</details>'


def framed(picture, caption, name, below="", around=("", "")):
    """A picture, drawn for a desk and then for a phone, and its caption; ``around`` stands around it.

    ``figure_numbers`` puts the number at the head of the caption, and the id is made of ``name``.
    """
    before, after = around
    return (
        f'<figure class="gd-figure" id="figure-{name.replace("_", "-")}">{before}'
        f'<div class="gd-drawn" data-search-exclude>{picture}</div>{after}'
        f"<figcaption>{caption}</figcaption>{below}</figure>"
    )


def picture(draw, label, **arguments):
    """The figure that ``draw(**arguments)`` returns, as an ``<svg>`` with ``label`` for words."""
    if not label.strip():
        raise ValueError(f"label must say what the figure {draw.__name__} shows, got {label!r}")
    return inline_svg(draw(**arguments), label, prefix_of(draw, arguments))


def prefix_of(draw, arguments):
    """What begins the ids of a figure, drawn for a desk or for a phone."""
    drawn = f"{_call(draw, arguments)}{' for a phone' * is_narrow()}"
    return f"f{hashlib.sha256(drawn.encode()).hexdigest()[:6]}-"


def as_attribute(label):
    """A label as it stands in the element of its picture."""
    return html.escape(label, quote=False).replace('"', "&quot;")


def _call(draw, arguments):
    return f"{draw.__name__}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
