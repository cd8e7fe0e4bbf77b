"""Names of the package in a chapter's sentences, as links to their entries in the reference.

A page whose code says ``from gdbook.descent import descend`` has `descend` linked where its prose names it
first; so has `rules.adam`, where it says ``from gdbook import rules``, and `cosine`, where the page shows the
source of ``gdbook.schedules.cosine``. Other names stay as they are. So does one that the page's code gives
something to as well: `momentum` may be the argument. mkdocs-autorefs makes the links; without it all is code.
"""

import re
from xml.etree.ElementTree import Element

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

_IMPORT = re.compile(r"^\s*from (gdbook[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)
_SOURCE = re.compile(r"^```source\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_CALLED = re.compile(r"\(\)$")
_WITHOUT = {"a", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "th", "autoref"}


def imported(text):
    """What a page imports or shows of the package and uses for nothing else: ``{name: dotted name}``."""
    shown = [name for block in _SOURCE.findall(text) for name in block.split() if "/" not in name]
    found = {name.rpartition(".")[2]: name for name in shown}
    for module, names in _IMPORT.findall(text):
        for name in names.strip("()").split(","):
            original, _, alias = name.partition("#")[0].strip().partition(" as ")
            if _NAME.fullmatch(original):
                found[alias or original] = f"{module}.{original}"
    given = {name for name in found if re.search(rf"\b{name}\s*=(?!=)", text)}
    return {name: place for name, place in found.items() if name not in given}


class _Imports(Preprocessor):
    def run(self, lines):
        self.md.imported_names = imported("\n".join(lines))
        return lines


class _Links(Treeprocessor):
    def run(self, root):
        self.ahead = dict(self.md.imported_names)
        self.link(root)

    def link(self, parent):
        for place, child in enumerate(parent):
            if child.tag in _WITHOUT:
                continue
            if child.tag != "code":
                self.link(child)
                continue
            words = _CALLED.sub("", self.text(child))
            first, dot, rest = words.partition(".")
            module = self.ahead.get(words) or (dot and first in self.ahead and f"{self.ahead[first]}.{rest}")
            if not module:
                continue
            self.ahead.pop(words, None)  # once a page
            link = Element("autoref", {"identifier": module, "optional": ""})
            link.tail, child.tail = child.tail, None
            link.append(child)
            parent[place] = link

    def text(self, code):
        """What stands in a piece of code, which another extension may have put aside."""
        aside = HTML_PLACEHOLDER_RE.fullmatch(code.text or "")
        text = self.md.htmlStash.rawHtmlBlocks[int(aside[1])] if aside else "".join(code.itertext())
        return text if isinstance(text, str) else ""


class NamesExtension(Extension):
    def extendMarkdown(self, md):
        # Before fences are read, and after inline patterns.
        md.preprocessors.register(_Imports(md), "gdbook-imports", 40)
        md.treeprocessors.register(_Links(md), "gdbook-names", 14)


def makeExtension(**config):
    return NamesExtension(**config)
