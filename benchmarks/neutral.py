"""Measure how this book is built beside other tools, on a book that is nobody's: python benchmarks/neutral.py

The same 12 pages of 3 figures, each drawn by a function of a module beside the book, are written for each
tool in the way it wants them: for ours, for plain markdown-exec with Material for MkDocs and for Zensical as
fences of markdown-exec, for mkdocs-jupyter as notebooks in Python, for MyST-NB and Jupyter Book as notebooks
in Markdown; each with its own cache on. Five builds follow:

- cold: nothing is kept;
- warm: nothing has changed;
- prose: a sentence of one page has;
- code: a block of one page has;
- function: the module that draws the figures has.

After each build every page is read: it shows what it should, or an old result. In each round all tools make
one step before any makes the next, in an order that turns, so that what slows the machine slows all of them.
Reported are medians of wall seconds of the whole command, of the ratios to ours round by round, and the most
memory that a tool's processes held together (their proportional shares: what is shared counts once). Where
other programs run meanwhile, only the ratios of one run tell something.

--others names a Python that has mkdocs-material, markdown-exec, mkdocs-jupyter, myst-nb, jupyter-book (below
2), zensical and matplotlib; what is not installed there is left out, which is said. --save writes the numbers
to benchmarks/neutral.json.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAVED = Path(__file__).with_suffix(".json")
PAGES, FIGURES = 12, 3
STEPS = ("cold", "warm", "prose", "code", "function")
EVERY = 0.1  # seconds from one look at the memory to the next
LONGEST = 600  # seconds of one build
BEFORE, AFTER = "#1d6fb3", "#c2410d"  # the curves' colour, and what it is changed to

PLOTS = f'''"""The figures of the book."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

STYLE = {{"svg.fonttype": "none", "svg.hashsalt": "neutral"}}


def curve(page, number):
    figure = Figure(figsize=(4, 2.5))
    axes = figure.subplots()
    x = np.linspace(0, 6, 60)
    axes.plot(x, np.sin(x + page) * np.exp(-x / number), color="{BEFORE}")
    axes.set_title(f"figure {{page}}-{{number}}")
    written = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(written, format="svg", metadata={{"Date": None}})
    svg = written.getvalue()
    return svg[svg.index("<svg") :]
'''


# The book.


@dataclass
class Page:
    number: int
    sentence: str = "It is what it is."
    figures: list = field(default_factory=lambda: list(range(1, FIGURES + 1)))

    @property
    def name(self):
        return f"page-{self.number:02}"

    def parts(self):
        """``(sentence, code)`` for each figure; the code ends in an expression that is its SVG."""
        for figure in self.figures:
            yield self.sentence, f"from plots import curve\n\n{{}}(curve({self.number}, {figure}))"


def as_fences(page):
    text = [f"# Page {page.number}"]
    for sentence, code in page.parts():
        text += [sentence, f'```python exec="on" html="on"\n{code.format("print")}\n```']
    return "\n\n".join(text) + "\n"


SHOWN = "from IPython.display import HTML\n"


def as_script(page):
    text = [f"# %% [markdown]\n# # Page {page.number}"]
    for sentence, code in page.parts():
        text += [f"# %% [markdown]\n# {sentence}", f"# %%\n{SHOWN}{code.format('HTML')}"]
    return "\n\n".join(text) + "\n"


def as_cells(page):
    kernel = "kernelspec:\n  name: python3\n  display_name: Python 3\n  language: python"
    jupytext = "jupytext:\n  text_representation:\n    extension: .md\n    format_name: myst"
    text = [f"---\n{jupytext}\n{kernel}\n---", f"# Page {page.number}"]
    for sentence, code in page.parts():
        text += [sentence, f"```{{code-cell}} python3\n{SHOWN}{code.format('HTML')}\n```"]
    return "\n\n".join(text) + "\n"


# The tools.

NAMES = [Page(number).name for number in range(PAGES)]
FENCES = """
markdown_extensions:
  - pymdownx.superfences:
      custom_fences:
        - name: python
          class: python
          validator: !!python/name:markdown_exec.validator
          format: !!python/name:markdown_exec.formatter
"""
MKDOCS = ["mkdocs", "build", "--site-dir", "site"]


@dataclass(frozen=True, eq=False)
class Tool:
    """A way to build the book.

    ``written`` gives the text of a page, whose file ends in ``suffix``; ``settings`` are files in the book's
    folder; ``command`` is a program beside Python and its arguments.
    """

    name: str
    package: str
    written: object
    settings: dict
    command: list
    suffix: str = ".md"
    ours: bool = False

    @property
    def needs(self):
        return {self.package, "markdown-exec"} if self.written is as_fences else {self.package, "ipykernel"}


TOOLS = [
    Tool(
        "ours",
        "mkdocs",
        as_fences,
        {
            "mkdocs.yml": f"INHERIT: {ROOT / 'mkdocs.yml'}\n"
            f"theme: {{custom_dir: {ROOT / 'gdbook/site/theme'}}}\n"
            f"hooks: [{ROOT / 'gdbook/site/build/hook.py'}]\n"
            "plugins: [search, {markdown-exec: {languages: []}}]\n"
            f"nav: {json.dumps(['index.md', *(f'{name}.md' for name in NAMES)])}\n"
        },
        MKDOCS,
        ours=True,
    ),
    Tool(
        "markdown-exec",
        "mkdocs-material",
        as_fences,
        {
            "mkdocs.yml": "site_name: neutral\ntheme: {name: material}\n"
            "plugins: [search, {markdown-exec: {languages: [python]}}]\n"
            "markdown_extensions: [pymdownx.superfences]\n"
        },
        MKDOCS,
    ),
    Tool(
        "mkdocs-jupyter",
        "mkdocs-jupyter",
        as_script,
        {
            "mkdocs.yml": "site_name: neutral\ntheme: {name: material}\n"
            "plugins: [search, {mkdocs-jupyter: {include: ['page-*.py'], execute: true, cache: true}}]\n"
        },
        MKDOCS,
        suffix=".py",
    ),
    Tool(
        "MyST-NB",
        "myst-nb",
        as_cells,
        {
            "docs/conf.py": "project = 'neutral'\nextensions = ['myst_nb']\nnb_execution_mode = 'cache'\n"
            "nb_execution_raise_on_error = True\n"
        },
        ["sphinx-build", "-b", "html", "docs", "site"],
    ),
    Tool(
        "Jupyter Book 1",
        "jupyter-book",
        as_cells,
        {
            "docs/_config.yml": "title: neutral\nexecute: {execute_notebooks: cache}\n",
            "docs/_toc.yml": "format: jb-book\nroot: index\nchapters:\n"
            + "".join(f"- file: {name}\n" for name in NAMES),
        },
        ["jupyter-book", "build", "docs", "--path-output", "site"],
    ),
    Tool(
        "Zensical",
        "zensical",
        as_fences,
        {"mkdocs.yml": f"site_name: neutral\n{FENCES}"},
        ["zensical", "build"],
    ),
]


@dataclass
class Book:
    """The book in a folder, as one tool wants it."""

    tool: Tool
    folder: Path
    python: str

    def __post_init__(self):
        self.pages = [Page(number) for number in range(PAGES)]
        (self.folder / "docs").mkdir(parents=True)
        for name, text in self.tool.settings.items():
            self.write(name, text)
        contents = "\n".join(["```{toctree}", *NAMES, "```\n"]) if self.tool.package == "myst-nb" else ""
        self.write("docs/index.md", f"# Contents\n\nTwelve pages.\n\n{contents}")
        self.write("plots.py", PLOTS)
        for page in self.pages:
            self.write_page(page)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_page(self, page):
        self.write(f"docs/{page.name}{self.tool.suffix}", self.tool.written(page))

    def change(self, step):
        """Make the change that a step is about."""
        page = self.pages[PAGES // 2]
        match step:
            case "prose":
                page.sentence = "It is what it was not."
                self.write_page(page)
            case "code":
                page.figures[1] = 40
                self.write_page(page)
            case "function":
                self.write("plots.py", PLOTS.replace(BEFORE, AFTER))

    def build(self):
        """``(seconds, bytes of memory)`` of one build."""
        program, *arguments = self.tool.command
        path = [str(self.folder), *([str(ROOT)] if self.tool.ours else [])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        return run([Path(self.python).with_name(program), *arguments], self.folder, environment)

    def is_right(self):
        """Whether every page shows what its source and the figures' module say now."""
        colour = AFTER if AFTER in (self.folder / "plots.py").read_text(encoding="utf-8") else BEFORE
        return all(self._shows(page, colour) for page in self.pages)

    def _shows(self, page, colour):
        found = [
            *self.folder.glob(f"site/**/{page.name}.html"),
            *self.folder.glob(f"site/{page.name}/index.html"),
        ]
        html = "".join(path.read_text(encoding="utf-8") for path in found)
        titles = [f"figure {page.number}-{figure}<" for figure in page.figures]
        return (
            page.sentence in html
            and all(title in html for title in titles)
            and html.count("</svg>") >= FIGURES
            and colour in html
            and ({BEFORE, AFTER} - {colour}).pop() not in html
        )


# A command, and what it needs.


class BuildFailed(Exception):
    """A command ended with an error, or did not end; the message is the last that it said."""


def run(command, folder, environment):
    """``(seconds, most bytes)`` of a command and all that it starts, of which nothing is left running."""
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        most, seen = 0, {}
        try:
            while True:
                tree = descendants(process.pid)
                seen |= tree
                most = max(most, sum(map(memory, tree)))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(EVERY)
                    break
                if time.perf_counter() - start > LONGEST:
                    raise BuildFailed(f"no end after {LONGEST} s")
            took = time.perf_counter() - start
        finally:
            if process.poll() is None:
                seen |= descendants(process.pid)
                process.kill()
                process.wait()
            end({pid: born for pid, born in seen.items() if pid != process.pid})
        if process.returncode:
            said.seek(0)
            raise BuildFailed("\n".join(said.read().splitlines()[-5:]))
    return took, most


def born_and_parent(pid):
    """``(start time, parent)`` of a process, or None where there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(told[19]), int(told[1])


def descendants(root):
    """A process and all that it started: ``{pid: start time}``."""
    processes = {int(path.name): born_and_parent(path.name) for path in Path("/proc").glob("[0-9]*")}
    children = {}
    for pid, told in processes.items():
        if told:
            children.setdefault(told[1], []).append(pid)
    found, ahead = {}, [root]
    while ahead:
        pid = ahead.pop()
        if processes.get(pid):
            found[pid] = processes[pid][0]
            ahead += children.get(pid, [])
    return found


def memory(pid):
    """Bytes of a process: its proportional share."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    return sum(1024 * int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))


def end(processes):
    """End what is left of processes, each known by its start time."""
    for pid, born in processes.items():
        told = born_and_parent(pid)
        if told and told[0] == born:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# Rounds.


def versions(python, packages):
    """``{package: version}`` of what is installed beside a Python."""
    names = "{d.name.lower(): d.version for d in distributions()}"
    ask = f"import json; from importlib.metadata import distributions; print(json.dumps({names}))"
    told = json.loads(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout)
    return {package: told[package] for package in sorted(packages) if package in told}


def measure(pythons, rounds, folder):
    """``({tool: {step: [(seconds, bytes, right), …]}}, {tool: why it failed})``."""
    measured, failed = {tool.name: {step: [] for step in STEPS} for tool in pythons}, {}
    for number in range(rounds):
        tools = [tool for tool in pythons if tool.name not in failed]
        turned = tools[number % len(tools) :] + tools[: number % len(tools)]
        books = [Book(tool, folder / f"{number} {tool.name}", pythons[tool]) for tool in turned]
        for step in STEPS:
            for book in [book for book in books if book.tool.name not in failed]:
                book.change(step)
                try:
                    took, most = book.build()
                except BuildFailed as why:
                    failed[book.tool.name] = f"{step}: {why}"
                    continue
                measured[book.tool.name][step].append((took, most, book.is_right()))
                print(f"{number + 1}: {book.tool.name}, {step}: {took:.1f} s", file=sys.stderr, flush=True)
    return {name: steps for name, steps in measured.items() if name not in failed}, failed


def summary(measured):
    """Medians, in what the JSON file holds."""
    ours = measured["ours"]

    def of_step(step, runs):
        ratios = [took / base for (took, _, _), (base, _, _) in zip(runs, ours[step], strict=True)]
        return {
            "seconds": round(statistics.median(took for took, _, _ in runs), 2),
            "ratio": round(statistics.median(ratios), 2),
            "MB": round(max(most for _, most, _ in runs) / 1e6),
            "right": all(right for *_, right in runs),
        }

    return {
        name: {step: of_step(step, runs) for step, runs in steps.items()} for name, steps in measured.items()
    }


def table(results):
    yield f"| tool | {' | '.join(STEPS)} | shows the new function | memory |"
    yield "|---" * (len(STEPS) + 3) + "|"
    for name, steps in results.items():
        cells = [f"{cell['seconds']:.1f} s, × {cell['ratio']:.2f}" for cell in steps.values()]
        wrong = [step for step in STEPS if step != "function" and not steps[step]["right"]]
        shown = "yes" if steps["function"]["right"] else "no, the old result"
        shown += f" (nor right: {', '.join(wrong)})" if wrong else ""
        yield f"| {name} | {' | '.join(cells)} | {shown} | {max(c['MB'] for c in steps.values())} MB |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--others", metavar="PYTHON", default=sys.executable, help="the Python of the others")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help=f"write benchmarks/{SAVED.name}")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {asked.rounds}")
    pythons = {tool: sys.executable if tool.ours else asked.others for tool in TOOLS}
    known = versions(asked.others, {"sphinx", *(need for tool in TOOLS for need in tool.needs)})
    absent = {
        tool.name: f"not installed: {', '.join(sorted(tool.needs - set(known)))}"
        for tool in TOOLS
        if not tool.ours and not tool.needs <= set(known)
    }
    pythons = {tool: python for tool, python in pythons.items() if tool.name not in absent}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # and so cleans up
    with tempfile.TemporaryDirectory(prefix="neutral-") as name:
        measured, failed = measure(pythons, asked.rounds, Path(name))
    absent |= failed
    if "ours" in failed:
        sys.exit(f"ours failed, {failed['ours']}")
    results = summary(measured)
    print("\n".join(table(results)))
    for name, why in absent.items():
        print(f"\nNot measured: {name} ({why})")
    if asked.save:
        machine = {
            "cores": len(os.sched_getaffinity(0)),
            "load": round(os.getloadavg()[2], 1),
            "system": platform.system(),
            "Python": platform.python_version(),
            "versions": known,
        }
        saved = {"machine": machine, "rounds": asked.rounds, "results": results, "not measured": absent}
        SAVED.write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
