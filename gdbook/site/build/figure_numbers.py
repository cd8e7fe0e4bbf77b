"""Figures have numbers: the second of chapter 7 is "Figure 7.2", on a page that is no chapter "Figure 2".

A chapter is a page of one of the parts that ``extra: chapters`` in mkdocs.yml names, and its number is its
place among all of them. A figure's number stands at the head of its caption, as a link to the figure. Prose
says it with a link that has no words: ``[](#figure-valley)`` becomes "Figure 7.1".
"""

import re
from collections import Counter

_FIGURE = re.compile(
    r'(?P<begin><figure class="gd-figure" id=")(?P<name>[^"]+)(?P<rest>".*?<figcaption>(?:<p>)?)', re.DOTALL
)
_MENTION = re.compile(r'<a href="#(?P<name>figure-[^"]+)"></a>')


def chapters(nav, parts):
    """The number of each chapter, a page of these parts of a navigation, by the path of its source."""
    sections = [item for item in nav.items if item.is_section and item.title in parts]
    pages = [page for section in sections for page in section.children if page.is_page]
    return {page.file.src_uri: number for number, page in enumerate(pages, 1)}


def numbered(content, chapter=None):
    """The HTML of a page with the numbers of its figures, in captions and in links without words.

    The second figure of a name gets an id of its own: ``figure-valley-2``.
    """
    first = f"{chapter}." if chapter else ""
    numbers: dict[str, str] = {}
    same: Counter[str] = Counter()

    def head(found):
        same[found["name"]] += 1
        name = found["name"] + (f"-{same[found['name']]}" if same[found["name"]] > 1 else "")
        numbers[name] = f"Figure\u00a0{first}{len(numbers) + 1}"
        return (
            f'{found["begin"]}{name}{found["rest"]}<a class="gd-number" href="#{name}">{numbers[name]}</a> '
        )

    def mention(found):
        return f'<a href="#{found["name"]}">{numbers.get(found["name"], "")}</a>'

    return _MENTION.sub(mention, _FIGURE.sub(head, content))


def anchors(content):
    """The ids of the figures of a page, which links may lead to."""
    return {found["name"] for found in _FIGURE.finditer(content)}
