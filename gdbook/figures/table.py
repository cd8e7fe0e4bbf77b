"""Tables of a chapter, in Markdown."""

ALIGNED = {"<": "---", ">": "---:"}


def table(head, rows):
    """A table in Markdown: ``head`` gives each column's title and its side, ``"<"`` or ``">"``."""
    rows = [tuple(head), *rows]
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join(ALIGNED[side] for side in head.values())}|", *lines[1:]])
