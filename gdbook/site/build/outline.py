"""The parts and chapters of the book, and what stands around a page: above its title and below its end.

The chapters are the pages of the parts that ``extra: chapters`` in mkdocs.yml names, numbered through. A
chapter says what it needs, by the names of the files of earlier chapters:

    <!-- after: conditioning, stochastic-gradients -->

All of it is plain data, so that a page in its template can be kept under it.
"""

import html
import re
from pathlib import PurePosixPath

from gdbook.site.build import take_away
from gdbook.site.build.errors import PageError
from gdbook.site.build.minutes import minutes
from gdbook.site.pages.thumbnail import thumbnail

_AFTER = re.compile(r"<!-- after: (.+?) -->")
_TAG = re.compile("<[^>]*>")
_QUESTION = re.compile(r'<p class="gd-question">(.*?)</p>', re.DOTALL)


class Outline:
    """The book, when its pages are converted, from ``nav`` and the names of the ``parts`` with chapters."""

    def __init__(self, nav, parts=()):
        self.parts = {
            section.title: [page for page in nav.pages if section in page.ancestors]
            for section in nav.items
            if section.is_section and section.title in parts
        }
        chapters = [page for pages in self.parts.values() for page in pages]
        self.numbers = {page.url: number for number, page in enumerate(chapters, 1)}
        self.links = {page.url: self._link(page) for page in nav.pages}
        self.after = {page.url: self._after(page, chapters[:i]) for i, page in enumerate(chapters)}
        self.minutes = {page.url: minutes(page.content) for page in chapters}
        self.contents = [self._part(section) for section in nav.items if section.is_section]

    def _link(self, page):
        number, question = self.numbers.get(page.url), question_of(page.content)
        asked = " ".join(html.unescape(_TAG.sub("", question)).split())
        return {**_named(page), "number": number, "question": question, "asked": asked}

    def _after(self, page, earlier):
        """Links to the chapters that a chapter needs; PageError for what is none of the earlier ones."""
        said = _AFTER.search(page.content)
        if said is None:
            return []
        named = {PurePosixPath(chapter.file.src_uri).stem: chapter for chapter in earlier}
        names = said[1].split(", ")
        for name in names:
            if name not in named:
                known = ", ".join(named) or "there is none"
                raise PageError(f"{name!r} is no chapter before this one: {known}", said[0])
        return [_named(named[name]) for name in names]

    def _part(self, section):
        """The pages of a part, and of a chapter its minutes and a thumbnail of its first figure."""
        pages = [page for page in section.children if page.is_page]
        links = [self.links[page.url] for page in pages]
        if section.title in self.parts:
            links = [
                {**link, "minutes": self.minutes[page.url], "thumbnail": thumbnail(page.content)}
                for link, page in zip(links, pages, strict=True)
            ]
        return {"title": section.title, "pages": links}

    def around(self, page):
        """What the template shows around the content of a page; of Home, the contents of the book."""
        if page.is_homepage:
            return {"contents": self.contents}
        around = {
            "part": page.ancestors[-1].title if page.ancestors else None,
            "previous": page.previous_page and _named(page.previous_page),
            "next": page.next_page and self.links[page.next_page.url],
        }
        if page.url in self.numbers:
            around |= {
                "number": self.numbers[page.url],
                "of": len(self.numbers),
                "minutes": self.minutes[page.url],
                "after": self.after[page.url],
                "asked": self.links[page.url]["asked"],
                "taken": take_away.names(page.file.src_uri) if page.taken else None,
            }
        return around

    def number_in_menu(self, nav):
        """Put the number of each chapter before its title in the menu; the theme lets one write a title."""
        for page in nav.pages:
            if page.url in self.numbers:
                number = f'<span class="gd-chapter">{self.numbers[page.url]}</span>'
                page.typeset = {"title": f"{number} {page.title}"}


def _named(page):
    return {"title": page.title, "url": page.url}


def question_of(content):
    """The question under the title of a page, as HTML; empty where it has none."""
    question = _QUESTION.search(content)
    return question[1] if question else ""
