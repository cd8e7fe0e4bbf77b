"""A section of a page folded into one row: its heading and its first paragraph, and below them the rest.

    ### Adam { #adam .gd-fold }

    The paragraph that stays in view.

    What is unfolded.

The section ends at the next heading. Without a script it opens by a click, by a search in the page, and by
a link to its anchor where the browser does so.
"""

import re
from xml.etree.ElementTree import Element, SubElement

from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

MARK = "gd-fold"
_HEADING = re.compile("h[1-6]")


class _Folding(Treeprocessor):
    def run(self, root):
        body = None
        for element in list(root):
            if _HEADING.fullmatch(element.tag):
                body = _row(root, element) if MARK in element.get("class", "").split() else None
            elif body is not None:
                root.remove(element)
                _add(body, element)


def _row(root, heading):
    """The row of a heading in its place."""
    row = Element("details", {"class": MARK})
    summary = SubElement(row, "summary")
    root.insert(list(root).index(heading), row)
    root.remove(heading)
    del heading.attrib["class"]
    summary.append(heading)
    for link in heading.findall("a[@class='headerlink']"):  # a summary holds no other control
        heading.remove(link)
    return row


def _add(row, element):
    summary = row[0]
    if len(row) == 1 and len(summary) == 1 and element.tag == "p":
        element.tag = "span"
        summary.append(element)
    else:
        row.append(element)


class FoldedExtension(Extension):
    def extendMarkdown(self, md):
        md.treeprocessors.register(_Folding(md), "gdbook-folded", 4)  # after the contents, which has 5


def makeExtension(**options):
    return FoldedExtension(**options)
