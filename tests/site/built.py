"""The built site as its tests read it: how it is built, which pages it has, what stands on them."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import html5lib

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SVG = "{http://www.w3.org/2000/svg}"
MATH = "{http://www.w3.org/1998/Math/MathML}"

# A host that does not exist, to resolve relative addresses against.
HOME = "http://book.invalid/"


def build(target, cwd=ROOT, **environment):
    """Run the strict build. Never with -q: it hides the errors of the blocks that run in it."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", target],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def page_of(source):
    """The address in the site of a source in docs: ``descent/momentum.md`` → ``descent/momentum/``."""
    folder = source.relative_to(DOCS).with_suffix("")
    folder = folder.parent if folder.name == "index" else folder
    return "" if folder == Path() else folder.as_posix() + "/"


SOURCES = {page_of(path): path for path in sorted([*DOCS.rglob("*.md"), *DOCS.glob("training/*.py")])}
CHAPTERS = list(SOURCES)
NOTEBOOKS = [page for page, path in SOURCES.items() if path.suffix == ".py"]
PAGES = [*CHAPTERS, "404.html"]


def name_of(page):
    return page.strip("/") or "home"


def file_of(site, page):
    return site / page / "index.html" if page == "" or page.endswith("/") else site / page


def resolve(page, url):
    """``(page, anchor)`` that a link on ``page`` leads to; None where it leads to another host."""
    parts = urlsplit(urljoin(HOME + page, url))
    if parts.scheme + "://" + parts.netloc + "/" != HOME:
        return None
    return unquote(parts.path).lstrip("/"), unquote(parts.fragment)


@functools.cache
def parse(path):
    """``(root, errors)`` of an HTML file."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(path.read_bytes(), transport_encoding="utf-8")
    return root, [(line, code, data) for (line, _), code, data in parser.errors]


def classes(element):
    return element.get("class", "").split()


def having(root, name):
    """The elements of a class."""
    return [element for element in root.iter() if isinstance(element.tag, str) and name in classes(element)]


def text_of(element):
    return "".join(element.itertext())


INLINE = {"a", "abbr", "b", "br", "em", "i", "q", "small", "span", "strong", "sub", "sup", "u", SVG + "tspan"}
NOT_PROSE = {"code", "kbd", "pre", "samp", "script", "style", "textarea", MATH + "math"}


def prose(element):
    """The text outside code and formulas, a line for each block."""
    if not isinstance(element.tag, str) or element.tag in NOT_PROSE:
        return " "
    inside = (element.text or "") + "".join(prose(child) + (child.tail or "") for child in element)
    return inside if element.tag in INLINE else f"\n{inside}\n"
