"""Tables that are wider than a phone scroll in a frame, which stands in the page and needs no script.

What aligns a cell is a class, since the site's policy allows no style in an element.
"""

import re

# Tables without a class are the text's own; labs lay out theirs themselves.
_TABLE = re.compile(r"<table>\s*(<thead>\s*<tr>\s*<th>symbol)?.*?</table>", re.DOTALL)
_ALIGNED = re.compile(r'<(t[dh]) style="text-align: (left|center|right);">')
MARGIN = 9  # rows that a margin has room for


def in_frames(content):
    """The HTML of a page with a frame around each table of its text.

    If there is one that says what the symbols are, and it is short, its place is the margin.
    """
    content = _ALIGNED.sub(r'<\1 class="gd-\2">', content)
    of_symbols = [table[0] for table in _TABLE.finditer(content) if table[1]]
    aside = of_symbols if len(of_symbols) == 1 and of_symbols[0].count("<tr>") <= MARGIN else []
    return _TABLE.sub(lambda table: _framed(table[0], " gd-symbols" * (table[0] in aside)), content)


def _framed(table, place):
    return f'<div class="md-typeset__scrollwrap{place}"><div class="md-typeset__table">{table}</div></div>'
