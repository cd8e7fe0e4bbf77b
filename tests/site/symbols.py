"""Greek letters of the built pages that stand in a text's own face, and not in that of formulas.

    python tests/site/symbols.py SITE [WORD]

counts them by the kind of place; with a kind as the second word it lists that kind's.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import html5lib
from built import NOT_PROSE, PAGES, SVG, classes, file_of

GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
# What a reader sees as code or as a formula, what only a screen reader has, and what can hold no elements.
NO_TEXT = NOT_PROSE | {"var", SVG + "title", SVG + "desc", "title", "option", "noscript"}
KINDS = {
    "figcaption": "caption", "table": "table", "summary": "summary", "header": "header", "footer": "footer",
    SVG + "svg": "figure", **{f"h{level}": "heading" for level in range(1, 7)},
}  # fmt: skip
KINDS_OF_CLASSES = {
    "md-nav--secondary": "contents", "md-nav--primary": "navigation", "gd-quiz": "quiz", "gd-lab": "lab",
    "gd-live": "lab", "doc-contents": "docstring",
}  # fmt: skip
SYMBOL = "gd-symbol"  # the face of formulas where there can be no formula: in pictures


def bare(root, kind="prose"):
    """``(kind of place, text)`` of each stretch of text with a Greek letter in the text's face."""
    if not isinstance(root.tag, str) or root.tag in NO_TEXT or SYMBOL in classes(root):
        return
    kind = KINDS.get(root.tag, kind)
    for name in classes(root):
        kind = KINDS_OF_CLASSES.get(name, kind)
    for text, place in ((root.text, root), *((child.tail, child) for child in root)):
        if text and GREEK.search(text):
            yield kind, " ".join(text.split())
        if place is not root:
            yield from bare(place, kind)


def of_page(site, page):
    parsed = html5lib.parse(file_of(site, page).read_bytes(), namespaceHTMLElements=False)
    return bare(parsed.find("body"))


if __name__ == "__main__":
    found = [(page, *stretch) for page in PAGES for stretch in of_page(Path(sys.argv[1]), page)]
    wanted = sys.argv[2:]
    for page, kind, text in found:
        if kind in wanted:
            print(f"{page}: {text}")
    print(sum(Counter(kind for _, kind, _ in found).values()), dict(Counter(kind for _, kind, _ in found)))
