"""Pages that did not change: neither converted from Markdown nor put into their template again.

A converted page is kept under its text and the book's settings, with what its blocks used: it holds while all
of that is as it was. A page in its template is kept under all that goes into the template.
"""

import logging
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache
from mkdocs.structure.toc import AnchorLink, get_toc

from gdbook.site.build.faces import text_of
from gdbook.site.build.font import characters_of
from gdbook.site.build.spaces import without_indents
from gdbook.site.build.theme_style import words_of
from gdbook.site.kept.results import versions
from gdbook.site.kept.store import digest
from gdbook.site.micropython import snippets

PACKAGE = Path(__file__).parents[2]
# The modules that work on pages in the build itself; the others run in workers, and are what a block uses.
WORKING = (
    *("site/build/*.py", "site/markdown/*.py", "site/kept/*.py"),
    *("site/micropython/**/*.py", "site/pages/figure.py", "figures/house.py"),
)
LOOK = ("site/theme/**/*", "site/build/notebook/**/*")
API = "::: "  # how a page asks mkdocstrings for a module
ANCHORS = ("_primary_url_map", "_secondary_url_map", "_title_map", "_abs_url_map")


class Pages:
    """The kept pages of one build."""

    def __init__(self, results, config, files, incomplete):
        self.results, self.store = results, results.store
        self.config = config
        self.search = next((config.plugins[name] for name in SEARCH if name in config.plugins), None)
        self.autorefs = config.plugins.get("autorefs")
        reference = config.plugins.get("mkdocstrings")
        # By which other projects link to ours.
        self.inventory: Any = reference.handlers.inventory if reference else {}
        listed = sorted((file.src_uri, file.url, file.inclusion.name) for file in files)
        self.base = digest(versions(), _settings(config), _texts(WORKING), listed, snippets.wasm is not None)
        self.incomplete = incomplete
        self.waiting = set()  # pages with blocks that are not done yet
        self.shows = {}  # by page: what fonts and style sheets must have for it
        self.shown, self.found = None, {}

    # From Markdown to HTML.

    def kept(self, file):
        """``(key, what was told)`` of the page of a file; None for what does not hold any more."""
        if file.src_uri not in self.found:
            key = digest(self.base, file.src_uri, file.content_string)
            kept = self.store.get_json("pages", key)
            holds = kept and self.results.now(kept["names"], kept["files"]) == kept["now"]
            self.found[file.src_uri] = key, kept if holds else None
        return self.found[file.src_uri]

    def render(self, page, config, files, convert):
        """Give ``page`` its content: kept from before, or by ``convert``."""
        key, kept = self.kept(page.file)
        if kept:
            self._restore(page, files, kept)
            return
        if key in self.incomplete and not self.results.is_done(page.file.src_uri):
            self.waiting.add(page.file.src_uri)
            self._restore(page, files, self.incomplete[key])
            return
        asked = self.results.asked = []
        self.results.pending = False
        before = self._anchors(), set(self.inventory)
        with _Warnings() as warned:
            convert(config, files)
        if warned.any:
            return
        if self.results.pending:
            self.waiting.add(page.file.src_uri)
            self.incomplete[key] = self._told(page, before)
        elif None not in asked:
            self.store.put_json("pages", key, {**self._told(page, before), **self._used(page, asked)})

    def _used(self, page, asked):
        """What the blocks of a page used, and how it is now."""
        names = sorted(map(list, {tuple(name) for used in asked for name in used["names"]}))
        read = {name for used in asked for name in used["files"]}
        read |= {
            str(path)
            for line in page.markdown.splitlines()
            if line.startswith(API)
            for path in _documented(line)
        }
        return {"names": names, "files": sorted(read), "now": self.results.now(names, sorted(read))}

    def _told(self, page, before):
        """What the conversion told of a page."""
        anchors, listed = before
        return {
            "content": page.content,
            "plain": page.plain,
            "taken": page.taken,
            "toc": [_token(item) for item in page.toc],
            "title": page._title_from_render,
            "ids": sorted(page.present_anchor_ids or ()),
            "links": [[file.src_uri, links] for file, links in (page.links_to_anchors or {}).items()],
            "anchors": _new(anchors, self._anchors()),
            "inventory": [
                [item.name, item.domain, item.role, item.uri, item.priority, item.dispname]
                for item in self.inventory.values()
                if item.name not in listed
            ],
        }

    def _restore(self, page, files, kept):
        page.content, page.toc = kept["content"], get_toc(kept["toc"])
        page.plain, page.taken = kept["plain"], kept["taken"]
        page._title_from_render = kept["title"]
        page.present_anchor_ids = set(kept["ids"])
        page.links_to_anchors = {files.get_file_from_path(name): links for name, links in kept["links"]}
        for name, entries in kept["anchors"].items():
            getattr(self.autorefs, name).update(entries)
        for item in kept["inventory"]:
            self.inventory.register(*item)

    def _anchors(self):
        """What autorefs knows of anchors."""
        return {name: dict(getattr(self.autorefs, name)) for name in ANCHORS} if self.autorefs else {}

    # From HTML to the page in its template.

    def frame(self, env, nav):
        """All pages are converted, so that what a template shows of other pages is known: the environment of
        the templates, which asks for kept pages first."""
        self.frames = digest(
            self.base,
            self.config.site_url,
            _texts(LOOK),
            _outline(nav.items),
            [page.title for page in nav.pages],
        )
        load = env.get_template
        env.bytecode_cache = _Bytecode(self.store)

        def get_template(name, *parent, **options):
            # Templates that others ask for have a parent.
            return load(name, *parent, **options) if parent or options else _Template(self, name, load)

        env.get_template = get_template
        return env

    def without_other_names(self):
        """Leave other names of a thing out of the inventory.

        Which of them are known depends on the pages that were converted in this build, and on their order.
        """
        for item in [item for item in self.inventory.values() if item.priority != 1]:
            del self.inventory[item.name]

    def begin_template(self, page, around):
        """Before the page goes into its template and the search, with what the template puts ``around`` it:
        whether both are kept."""
        toc = [_token(item) for item in page.toc]
        told = [
            page.content,
            toc,
            page.title,
            str(sorted(page.meta.items())),
            page.url,
            page.canonical_url,
            around,
        ]
        self.key = digest(self.frames, told)
        self.shown = self.store.get_json("shown", self.key)
        self.content = page.content
        if self.search:
            self.entries = len(self.search.search_index.entries)
            if self.shown:
                page.content = ""  # for the search, which has its entries already

    def searched(self, page):
        """After the search has read the page."""
        if self.search and self.shown:
            self.search.search_index.entries[self.entries :] = self.shown["search"]
            page.content = self.content

    def end_template(self, output, page):
        """The page as it is written, with what it shows noted for fonts and style sheets."""
        if not self.shown:
            entries = self.search.search_index.entries[self.entries :] if self.search else []
            shows = {"math": characters_of(output), "text": text_of(output), "words": words_of(output)}
            self.shown = {"html": output, "search": entries, "shows": shows}
            self.store.put_json("shown", self.key, self.shown)
        self.shows[page.file.src_uri] = self.shown["shows"]


SEARCH = ("material/search", "search")


class _Template:
    """A template that asks for what is kept before it is loaded."""

    def __init__(self, pages, name, load):
        self.pages, self.name, self.load = pages, name, load

    def render(self, context):
        pages = self.pages
        if context["page"] is not None:
            return pages.shown["html"] if pages.shown else self.made(context)
        key = digest(pages.frames, self.name)  # a page of no source, such as 404.html
        kept = pages.store.get("templates", key)
        if kept is None:
            kept = self.made(context)
            pages.store.put("templates", key, kept)
        return kept

    def made(self, context):
        return without_indents(self.load(self.name).render(context))


class _Bytecode(BytecodeCache):
    """Jinja's compiled templates, kept with the rest."""

    def __init__(self, store):
        self.store = store

    def load_bytecode(self, bucket):
        kept = self.store.get("bytecode", digest(versions(), bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(bytes.fromhex(kept))

    def dump_bytecode(self, bucket):
        self.store.put(
            "bytecode", digest(versions(), bucket.key, bucket.checksum), bucket.bytecode_to_string().hex()
        )


class _Warnings(logging.Handler):
    """Whether MkDocs warned of something: such a page is not kept, so that it is said again."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.any = False

    def emit(self, record):
        self.any = True

    def __enter__(self):
        logging.getLogger("mkdocs").addHandler(self)
        return self

    def __exit__(self, *_):
        logging.getLogger("mkdocs").removeHandler(self)


def _token(item: AnchorLink):
    return {
        "name": item.title,
        "id": item.id,
        "level": item.level,
        "children": [_token(c) for c in item.children],
    }


def _outline(items):
    return [[item.title, getattr(item, "url", None), _outline(item.children or [])] for item in items]


def _new(before, after):
    return {name: {k: v for k, v in after[name].items() if before[name].get(k) != v} for name in after}


def _texts(patterns):
    """A hash of the files of the package that match."""
    paths = sorted({path for pattern in patterns for path in PACKAGE.glob(pattern) if path.is_file()})
    return digest([[path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8")] for path in paths])


def _settings(config):
    """The settings that may show on a page: the files that hold them, and what the environment can change."""
    texts: list[str] = []
    path: Path | None = Path(config.config_file_path)
    while path:
        texts.append(path.read_text(encoding="utf-8"))
        parent = [
            line.partition(":")[2].strip() for line in texts[-1].splitlines() if line.startswith("INHERIT:")
        ]
        path = path.parent / parent[0] if parent else None
    told = [
        config.site_url,
        config.repo_url,
        config.site_name,
        config.use_directory_urls,
        repr(config.nav),
        repr(config.extra),
    ]
    return [texts, told, [str(entry) for entry in (*config.extra_css, *config.extra_javascript)]]


def _documented(line):
    """The files of the package that a page of its API shows."""
    module = line.removeprefix(API).strip().split(".")
    place = PACKAGE.joinpath(*module[1:])
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
