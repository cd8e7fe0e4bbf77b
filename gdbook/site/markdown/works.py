"""The works that the book cites, from ``docs/references.bib``, and how they are written."""

import difflib
import functools
import re
from pathlib import Path
from typing import NamedTuple

from gdbook.site.build.errors import DOCS, PageError

CITATION = re.compile(r"(?<!`)\[@([\w-]+)\]")  # in code it is no citation
PLACE = DOCS / "references.bib"
# Of so many authors all are named, of more the first: in a sentence, in a list.
NAMED, NAMED_IN_LIST = 3, 5
# What says where a work appeared, in the order in which it is said.
WHERE = ("journal", "booktitle", "school", "institution", "publisher", "howpublished")


class Work(NamedTuple):
    """One entry of the file; ``authors`` as (first names, surname), ("", "others") for those not named."""

    key: str
    authors: list[tuple[str, str]]
    fields: dict[str, str]

    @property
    def short(self):
        """As in a sentence: ``Kingma, Ba 2015``."""
        return " ".join(filter(None, [_listed([surname for _, surname in self.authors], NAMED), self.year]))

    @property
    def spelled(self):
        """As in a list, before the title: ``D. P. Kingma, J. Ba, 2015``."""
        names = _listed(
            [f"{_initials(first)} {surname}".strip() for first, surname in self.authors], NAMED_IN_LIST
        )
        return ", ".join(filter(None, [names, self.year]))

    @property
    def year(self):
        return self.fields.get("year", "")

    @property
    def title(self):
        return self.fields["title"]

    @property
    def where(self):
        """Where it appeared: ``Nature 323, 533–536``."""
        said = self.fields
        place = " ".join(
            filter(None, [next((said[name] for name in WHERE if name in said), ""), said.get("volume")])
        )
        edition = f"{said['edition']} edition" if "edition" in said else ""
        number = f"report {said['number']}" if "number" in said else ""
        pages = said.get("pages", "").replace("--", "–")
        return ", ".join(filter(None, [place, number, edition, pages, said.get("note", "")]))

    @property
    def links(self):
        """``(text, address)`` of each place where it can be opened."""
        found = []
        if "doi" in self.fields:
            found.append((f"doi:{self.fields['doi']}", f"https://doi.org/{self.fields['doi']}"))
        if "eprint" in self.fields:
            found.append((f"arXiv:{self.fields['eprint']}", f"https://arxiv.org/abs/{self.fields['eprint']}"))
        if "url" in self.fields:
            found.append((self.fields["url"].removeprefix("https://").rstrip("/"), self.fields["url"]))
        return found


def works():
    """All works by their key, in the order of the file, as it is now."""
    return _read(PLACE, PLACE.read_text(encoding="utf-8"))


def work(key, written):
    """The work of a key; PageError, with page and line of ``written``, where the file has none."""
    known = works()
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise PageError(f"{PLACE} has no work {key!r}{meant}", written)
    return known[key]


def in_order():
    """All works by the first author and the year, as the bibliography has them."""
    return sorted(works().values(), key=lambda work: (work.authors[0][1].casefold(), work.year))


def listed():
    """The bibliography as Markdown."""
    lines = []
    for work in in_order():
        links = [f"[{text}]({address})" for text, address in work.links]
        lines.append(f"- {', '.join(filter(None, [work.spelled, f'*{work.title}*', work.where, *links]))}.")
    return "\n".join(lines)


def without_keys(text):
    """Markdown with the works themselves in place of their keys; in a list, with their titles."""

    def line(text):
        def said(cited):
            meant = work(cited[1], cited[0])
            return f"{meant.spelled}, *{meant.title}*" if re.match("[# ]*- ", text) else meant.short

        return CITATION.sub(said, text)

    return "\n".join(map(line, text.split("\n")))


@functools.lru_cache(maxsize=1)
def _read(place: Path, text: str):
    import bibtexparser  # slow to load
    from bibtexparser import middlewares

    names = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    library = bibtexparser.parse_string(text, append_middleware=names)
    for block in library.failed_blocks:
        raise PageError(f"{place}:{_line(block)}: {block.error}")
    found = {}
    for entry in library.entries:
        fields = {field.key: field.value for field in entry.fields}
        missing = [name for name in ("author", "title") if name not in fields]
        if missing:
            raise PageError(f"{place}:{_line(entry)}: {entry.key} has no {missing[0]}")
        authors = [_name(parts) for parts in fields.pop("author")]
        found[entry.key] = Work(entry.key, authors, fields)
    return found


def _line(block):
    return (block.start_line or 0) + 1  # the library counts from 0


def _name(parts):
    surname = " ".join([*parts.von, *parts.last]).strip("{}")
    return " ".join(parts.first), surname


def _listed(names, most):
    if len(names) > most or names[-1] == "others":
        return f"{names[0]} et al."
    return ", ".join(names)


def _initials(first):
    """``Jean-Marie A.`` as ``J.-M. A.``"""
    return " ".join("-".join(f"{part[0]}." for part in name.split("-")) for name in first.split())
