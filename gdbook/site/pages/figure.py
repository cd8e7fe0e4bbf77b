"""A figure on a page: the picture, its caption, and the code that draws it."""

import hashlib
import html

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
    call = _call(draw, arguments)
    code = f'from {draw.__module__} import {draw.__name__}\n\n{call}.savefig("{draw.__name__}.svg")'
    shown = to_html(f"```python\n{code}\n```")
    drawn = picture(draw, LABEL.format(draw.__name__), **arguments)
    code = f'<details class="gd-code" data-search-exclude><summary>Code</summary>{shown}</details>'
    return framed(drawn, CAPTION, draw.__name__, code)


def framed(picture, caption, name, below=""):
    """A picture with its caption, at whose head ``numbers`` puts the number; its id is made of ``name``."""
    return (
        f'<figure class="gd-figure" id="figure-{name.replace("_", "-")}">'
        f"<div data-search-exclude>{picture}</div><figcaption>{caption}</figcaption>{below}</figure>"
    )


def picture(draw, label, **arguments):
    """The figure that ``draw(**arguments)`` returns, as an ``<svg>`` with ``label`` for words."""
    if not label.strip():
        raise ValueError(f"label must say what the figure {draw.__name__} shows, got {label!r}")
    prefix = f"f{hashlib.sha256(_call(draw, arguments).encode()).hexdigest()[:6]}-"
    return inline_svg(draw(**arguments), label, prefix)


def as_attribute(label):
    """A label as it stands in the element of its picture."""
    return html.escape(label, quote=False).replace('"', "&quot;")


def _call(draw, arguments):
    return f"{draw.__name__}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
