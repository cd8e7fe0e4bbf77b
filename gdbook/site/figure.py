"""A figure on a page: the picture, its caption, and the code that draws it."""

import hashlib
import html

from gdbook.site.inline import to_html
from gdbook.site.svg import inline_svg


def emit(draw, label, caption="", **arguments):
    """The HTML of the figure that ``draw(**arguments)`` returns, to print in a block with ``html="on"``.

    ``draw`` is a public function of ``gdbook.figures``; ``label`` says what the picture shows to
    readers who do not see it; ``caption`` is Markdown. Under the caption the reader can unfold
    the code, three lines that draw the same figure in a file.
    """
    if not label.strip():
        raise ValueError(f"label must say what the figure {draw.__name__} shows, got {label!r}")
    call = f"{draw.__name__}({', '.join(f'{k}={v!r}' for k, v in arguments.items())})"
    code = f'from {draw.__module__} import {draw.__name__}\n\n{call}.savefig("{draw.__name__}.svg")'
    prefix = f"f{hashlib.sha256(call.encode()).hexdigest()[:6]}-"
    svg = inline_svg(draw(**arguments), html.escape(label, quote=False), prefix)
    shown = to_html(f"```python\n{code}\n```")
    return (
        f'<figure class="gd-figure">{svg}<figcaption>{to_html(caption)}</figcaption>'
        f'<details class="gd-code"><summary>Code</summary>{shown}</details></figure>'
    )
