"""The steps of a build of the book, as ``hook`` has them called.

They bind together what is kept, the workers that execute, and what is left to do when all pages are written.
"""

import atexit
import os
import re
import textwrap
from pathlib import Path

from mkdocs.exceptions import BuildError

from gdbook.site.build import faces, notebooks, offline, plain, policy, published, take_away, theme_style
from gdbook.site.build.outline import Outline
from gdbook.site.kept import results, serve
from gdbook.site.kept.crew import Crew
from gdbook.site.kept.output import Output
from gdbook.site.kept.pages import Pages
from gdbook.site.kept.progress import Progress
from gdbook.site.kept.reach import Sources
from gdbook.site.kept.results import Pending, Results, TaskFailed, ask
from gdbook.site.kept.store import Store, digest
from gdbook.site.markdown import computed, exercise
from gdbook.site.markdown.fences import FENCE
from gdbook.site.micropython import library, snippets, wheel

PACKAGE = Path(__file__).parents[2]
RUN = re.compile(r"^[ \t]*`{3,} *(?:python run|exercise|playground)\b", re.MULTILINE)
FOLDER = ".cache/kept"
API_STYLE = "assets/_mkdocstrings.css"  # for parts of API pages that the book's do not have
SCRIPTS = {
    "gdbook.js": "gdbook.site.translate.rules",
    "value.js": "gdbook.site.translate.value",
    "symbols.js": "gdbook.site.markdown.letters",
}


class Build:
    """One build. It shares the workers with the one ``before`` it, and what they are still at.

    With ``wait=False`` it does not wait for what runs: the pages say so, and ``ready`` tells when to build
    again.
    """

    def __init__(self, config, before=None, wait=True):
        self.root = Path.cwd()
        keep = config.extra.get("keep", True)
        self.store = Store(self.root / FOLDER if keep else None)
        self.crew = before.crew if before else Crew(self.root, config.extra.get("workers") or None)
        self.progress = Progress()
        self.stamp = serve.files()
        same = before is not None and before.stamp == self.stamp
        self.sources = before.sources if same else Sources(PACKAGE, self.store)
        self.results = results.build = Results(self.store, self.sources, self.crew, self.root, self.progress)
        self.incomplete = {}  # pages that wait for their blocks, as they were last converted
        self.results.wait = wait
        if before and before.unfinished():
            self.results.carry_on(before.results)
            self.progress, self.incomplete = before.progress, before.incomplete
        self.output = Output(config.site_dir)
        self.output.begin()
        self.inline = set()  # scripts that stand in pages, by their hash
        self.done = False

    def begin(self, config, files):
        """The files are known: all that is to be executed, and is not kept, goes to the workers."""
        if any(RUN.search(file.content_string) for file in files.documentation_pages()):
            snippets.begin()
        self.pages = Pages(self.results, config, files, self.incomplete)
        changed = [file for file in files.documentation_pages() if not self.pages.kept(file)[1]]
        # The notebooks take the longest: first, if the build waits for them, else last.
        for file in sorted(changed, key=lambda file: file.src_uri.endswith(".py") != self.results.wait):
            if file.src_uri.endswith(".py"):
                self.results.ahead(file.src_uri, [notebooks.task(file.abs_src_path, config, self.results)])
            else:
                self.results.ahead(file.src_uri, list(tasks(file.content_string)))
        self.texts = {
            kind: "\n".join(file.content_string for file in files if file.src_uri.endswith(f".{kind}"))
            for kind in ("js", "css")
        }
        self.scripts = {**asked_for(files), **plates_on(files)}
        for name, module in self.scripts.items():
            self.results.ahead(name, [self.script(module)])

    def frame(self, env, config, nav):
        """All pages are converted: what stands around each is known, and goes into the templates."""
        self.nav, self.outline = nav, Outline(nav, config.extra.get("chapters", ()))
        self.outline.number_in_menu(nav)
        return self.pages.frame(env, nav)

    def unfinished(self):
        """Whether blocks still run that this build did not wait for."""
        return any(not future.done() for future in self.results.futures.values()) and not self.results.wait

    def ready(self):
        """Whether a new build would complete "some" or "all" of the pages that wait; else None."""
        if self.done and self.pages.waiting:
            done = [self.results.is_done(place) for place in self.pages.waiting]
            return "all" if all(done) else "some" if any(done) else None
        return None

    def package_changed(self):
        return any(path.stat().st_mtime > self.results.begun for path in PACKAGE.rglob("*.py"))

    def script(self, asked):
        module, *plates = asked.split()
        return (
            "script",
            asked,
            "{}",
            [(module, "*"), *((f"gdbook.figures.plates.{name}", "*") for name in plates)],
        )

    def finish(self, config):
        """All pages are written: scripts and font remain."""
        for name, module in self.scripts.items():
            kind, text, _, roots = self.script(module)
            try:
                made = ask(kind, text, roots)
            except Pending:
                self.pages.waiting.add(name)
                continue
            except TaskFailed as failed:
                raise BuildError(str(failed)) from None
            self.write(config, f"assets/{name}", made.encode())
        self.style(config)
        self.micropython(config)
        for name, lines in policy.headers(self.inline).items():
            self.write(config, name, lines.encode())
        for name, text in published.files(config, self.nav.pages, self.outline).items():
            self.write(config, name, text.encode())
        (Path(config.site_dir) / API_STYLE).unlink(missing_ok=True)
        if config.extra.get("offline"):
            self.write(config, offline.NAME, offline.edition(self.output.files()))
        self.output.end(whole=True)
        self.store.prune()
        if not self.unfinished():
            self.progress.end()
        self.done = True

    def micropython(self, config):
        """What a reader's browser fetches when a snippet is to be changed, if some page has one."""
        if "'wasm-unsafe-eval'" in self.inline:
            self.write(config, "assets/run/micropython.wasm", wheel.FILE.read_bytes())
            self.write(config, "assets/run/library.json", library.asset())
            for name, licence in wheel.licences().items():
                self.write(config, f"assets/licences/{name}", licence)

    def style(self, config):
        """The faces and the theme's style, each with what some page shows."""
        shows = self.pages.shows.values()
        text = _all([*(some["text"] for some in shows), self.texts["js"]])
        everywhere = _all([*(some["math"][0] for some in shows), faces.in_no_face(text)])
        in_scripts = _all(some["math"][1] for some in shows)
        words = {word for some in shows for word in some["words"]} | set(
            theme_style.words_of_script(self.texts["js"])
        )
        theme = theme_style.sheets(config.theme.dirs)
        for name, module, make, *arguments in (
            ("type.css", "faces", faces.style_sheet, text, everywhere, in_scripts),
            *(("home-type.css", "faces", faces.style_sheet, *needed) for needed in self.of_home()),
            ("theme.css", "theme_style", theme_style.cut, theme, sorted(words), self.texts["css"]),
        ):
            self.write(config, f"assets/{name}", self.cut(module, make, *arguments))
        for name, licence in faces.licences().items():
            self.write(config, f"assets/licences/{name}", licence)

    def of_home(self):
        """What the faces must have for Home alone, which is visited first: text, formulas, scripts."""
        for page in self.nav.pages:
            if page.meta.get("template") == "home.html":
                shown = self.pages.shows[page.file.src_uri]
                text = _all([shown["text"], *map(chr, range(32, 127))])
                yield text, _all([shown["math"][0], faces.in_no_face(text)]), shown["math"][1]

    def cut(self, module, make, *arguments):
        """What ``make`` gives, a function of a module beside this one, as bytes."""
        key = digest(
            results.versions(), self.sources.digest([(f"gdbook.site.build.steps.{module}", "*")]), *arguments
        )
        kept = self.store.get("style", key)
        if kept is None:
            made = make(*arguments)
            kept = (made if isinstance(made, bytes) else made.encode()).hex()
            self.store.put("style", key, kept)
        return bytes.fromhex(kept)

    def take_along(self, page, config):
        """Write what a reader takes along: the page as Markdown; of a chapter, a script and a notebook."""
        if page.plain:
            self.write(config, plain.place(page.file.src_uri), page.plain.encode())
        if page.file.src_uri.endswith(".py"):
            source = Path(page.file.abs_src_path)
            self.take(page, config, notebooks, source)
        elif page.taken:
            self.take(page, config, take_away, page.taken)

    def take(self, page, config, how, of):
        """Write the script and the notebook of a page, as the module ``how`` makes them ``of`` something."""
        script = how.as_script(of)
        key = digest(results.versions(), self.pages.base, script)
        ipynb = self.store.get("ipynb", key)
        if ipynb is None:
            ipynb = how.as_ipynb(of)
            self.store.put("ipynb", key, ipynb)
        for name, text in zip(take_away.names(page.file.src_uri), (script, ipynb), strict=True):
            self.write(config, os.path.join(os.path.dirname(page.file.dest_path), name), text.encode())

    def guard(self, page):
        """The HTML of a page with its policy; as it is in ``mkdocs serve``, which puts a script into it."""
        if serve.command == "serve":
            return page
        self.inline.update(policy.scripts(page))
        return policy.guarded(page)

    def write(self, config, name, content):
        self.output.write(content, os.path.join(config.site_dir, name))

    def fail(self):
        """The build ends with an error."""
        self.output.end(whole=False)
        self.crew.drop()
        self.results.keep_done()


def _all(texts):
    return "".join(sorted(set("".join(texts))))


def asked_for(files):
    """The translated scripts that the book's own ones import."""
    own = [file for file in files if file.src_uri.endswith(".js")]
    return {
        name: module
        for name, module in SCRIPTS.items()
        if any(f'/{name}"' in Path(file.abs_src_path).read_text(encoding="utf-8") for file in own)
    }


def plates_on(files):
    """The translated scripts of the plates that pages show, a module of them each."""
    pages = "\n".join(file.content_string for file in files.documentation_pages())
    names = sorted(set(re.findall(r"from gdbook\.figures\.plates\.(\w+) import", pages)))
    return {f"plates/{name}.js": f"gdbook.site.translate.plates {name}" for name in names}


def tasks(markdown):
    """The tasks of a page, as far as its text shows them before it is converted."""
    for values in computed.blocks(markdown):
        yield "block", values.code, "{}", results.roots(values.code)
    for fence in FENCE.finditer(markdown):
        code = textwrap.dedent(fence["code"]).rstrip("\n")
        words = fence["options"].split()
        if fence["what"] == "python" and ("run" in words or 'exec="on"' in words):
            yield "block", code, "{}", results.roots(code)
            if "run" in words and (task := snippets.task(code)):
                yield task
        elif fence["what"] == "playground" and (task := snippets.task(code)):
            yield task
        elif fence["what"] == "exercise":
            yield from exercise.tasks(code)
        elif fence["what"] == "terminal":
            yield "terminal", code, "{}", [("gdbook.cli", "main")]
        elif fence["what"] == "source":
            names = [name for name in code.split() if "/" not in name]
            if names:
                yield "source", "\n".join(names), "{}", [name.rpartition(".")[::2] for name in names]


now: Build | None = None  # the build that goes on, or the last one


def begin(config):
    """A build begins."""
    global now
    before = now if now is not None and now.root == Path.cwd() else None
    if before is not None and before.unfinished() and before.package_changed():
        before.crew.close()  # what they are at is of yesterday
        before = None
    if before is None:
        # In ``mkdocs serve`` the pages come first.
        now = Build(config, wait=serve.command != "serve")
        atexit.register(now.crew.close)
    else:
        now = Build(config, before, wait=not before.unfinished())
    return now
