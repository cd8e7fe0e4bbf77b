"""Tables that are wider than a phone scroll in a frame, which stands in the page and needs no script."""

import re

# Tables without a class are the text's own; labs lay out theirs themselves.
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def in_frames(content):
    """The HTML of a page with a frame around each table of its text."""
    return _TABLE.sub(
        r'<div class="md-typeset__scrollwrap"><div class="md-typeset__table">\g<0></div></div>', content
    )
