"""How a notebook shows a figure, and a script that is run without a notebook."""

import io
import sys
from pathlib import Path

import matplotlib

from gdbook.figures.house import PAPER, STYLE, narrow, redrawn, words


def show(fig, label=None):
    """Show ``fig`` under the cell; in a script that runs alone, save it beside the script's other output.

    ``label`` says what the figure shows, for whoever does not see it; its caption stands in the text around.
    If None, both are the label of the figure itself, ``fig.set_label("…")``: what it shows, an empty line,
    and the caption. A script ``digits.py`` saves ``digits-1.svg`` and so on in the folder where it runs, and
    says so on stderr. Raises ValueError for a figure without these words.
    """
    if label is not None:
        fig.set_label(label)
    shows, caption = words(fig.get_label())
    if not shows or not (caption or label):
        raise ValueError(
            "fig must have a label that says what it shows, an empty line and a caption: fig.set_label(…), "
            f"got {fig.get_label()!r}"
        )
    if _in_a_notebook():
        from IPython.display import display

        data = {"image/svg+xml": svg(fig), "text/plain": fig.get_label()}
        with narrow():
            on_a_phone = svg(redrawn(fig))
        display(data, raw=True, metadata={"name": fig.get_gid(), "narrow": on_a_phone})
    else:
        path = _next_name(Path(sys.argv[0]).stem or "figure")
        path.write_text(svg(fig), encoding="utf-8")
        print(f"saved {path}: {shows}", file=sys.stderr)


def svg(fig):
    """The figure as the text of an SVG file in the book's style: the same bytes on any day."""
    out = io.StringIO()
    # What it shows becomes the title of the image.
    said = {"Title": words(fig.get_label())[0], "Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context(STYLE):
        fig.savefig(out, format="svg", metadata=said, facecolor=PAPER)
    return out.getvalue()


_saved: list[Path] = []


def _next_name(stem):
    _saved.append(Path(f"{stem}-{len(_saved) + 1}.svg"))
    return _saved[-1]


def _in_a_notebook():
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
