"""Works that a page cites: ``[@kingma2015]``, by their keys in ``docs/references.bib``.

In a sentence that becomes the authors and the year, and a link to the bibliography. Below the heading
*Sources* it is spelled out: authors, year, title. A paragraph ``[@*]`` becomes the list of all works, which
is the bibliography. A key that the file does not have stops the build with page and line.
"""

import re
from xml.etree.ElementTree import Element, SubElement

from markdown.blockprocessors import ReferenceProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

from gdbook.site.kept import results
from gdbook.site.markdown import works

PAGE = "/reference/bibliography.md"
CITED = "gd-cite"
SOURCES = "Sources"


class _Citation(InlineProcessor):
    def handleMatch(self, match, data):
        results.uses(works.PLACE)
        if match[1] == "*":
            cited = Element("span", {"class": CITED})
        else:
            cited = _link(works.work(match[1], match[0]))
        return cited, match.start(0), match.end(0)


class _Reference(ReferenceProcessor):
    """The definition of a link, ``[name]: address``, which ``[@key]: words`` is not."""

    RE = re.compile(ReferenceProcessor.RE.pattern.replace(r"\[", r"\[(?!@)", 1), re.MULTILINE)


class _Spelled(Treeprocessor):
    """Below *Sources* works are spelled out; ``[@*]`` becomes all of them."""

    def run(self, root):
        below = False
        for place, element in enumerate(list(root)):
            if element.tag == "h2":
                below = "".join(element.itertext()).startswith(SOURCES)
            elif (
                element.tag == "p"
                and len(element) == 1
                and element[0].get("class") == CITED
                and not element.text
            ):
                if element[0].tag == "span":
                    root[place] = _all()
            elif below:
                for parent in list(element.iter()):
                    for at, child in enumerate(list(parent)):
                        if child.get("class") == CITED:
                            parent[at] = _in_full(child)


def _link(work):
    link = Element("a", {"class": CITED, "href": f"{PAGE}#{work.key}"})
    link.text = work.short
    return link


def _in_full(link):
    key = link.get("href").rpartition("#")[2]
    work = works.work(key, f"[@{key}]")
    spelled = Element("span")
    spelled.text, spelled.tail = f"{work.spelled}, ", link.tail
    title = SubElement(spelled, "a", {"class": CITED, "href": link.get("href")})
    SubElement(title, "em").text = work.title
    return spelled


def _all():
    """Every work with its key as its id, by the first author and the year."""
    listed = Element("ul", {"class": "gd-works"})
    for work in works.in_order():
        item = SubElement(listed, "li", {"id": work.key})
        item.text = f"{work.spelled}, "
        SubElement(item, "em").text = work.title
        item[-1].tail = f", {work.where}" if work.where else ""
        for text, address in work.links:
            item[-1].tail = f"{item[-1].tail}, "
            SubElement(item, "a", {"href": address}).text = text
        item[-1].tail = f"{item[-1].tail or ''}."
    return listed


class CitationExtension(Extension):
    def extendMarkdown(self, md):
        md.parser.blockprocessors.register(_Reference(md.parser), "reference", 15)  # in its place
        # Before links, which would take the brackets; after inline code.
        md.inlinePatterns.register(_Citation(r"\[@([\w-]+|\*)\]", md), "gdbook-citations", 175)
        # When inline patterns are done, before the names and the contents.
        md.treeprocessors.register(_Spelled(md), "gdbook-sources", 16)


def makeExtension(**options):
    return CitationExtension(**options)
