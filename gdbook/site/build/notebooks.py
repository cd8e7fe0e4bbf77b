"""Notebooks as pages: scripts of cells, which mkdocs-jupyter runs while the book is built.

A notebook is a Python script with cells (jupytext's percent format), so that it is read, linted and
compared like any other. mkdocs-jupyter runs it and keeps what came out. Its own pages would bring
half a megabyte of styles and scripts from other hosts; so its template here, in ``notebook/``, hands
over the executed notebook and no more, and this module makes Markdown of it. That goes the way of every
page: the same math, code, links, contents and search.

- A cell may print, and ``show`` figures. Anything else that it leaves behind, a warning too, stops the build.
- A code cell tagged ``solution`` is folded.
- The figures of a code cell tagged ``opening`` stand at the top of the page, below its question.
- What a reader takes along, the script and the notebook, is the same cells with a first one that says
  what they need; links to other pages, which lead nowhere from there, are the titles of those pages.
"""

import ast
import hashlib
import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import markdown_exec
from markdown_exec import MarkdownConverter
from mkdocs.structure.pages import Page

from gdbook.figures.house import words
from gdbook.site.build.errors import PageError
from gdbook.site.build.svg import page_svg
from gdbook.site.kept import results
from gdbook.site.kept.results import Pending, TaskFailed
from gdbook.site.markdown import works
from gdbook.site.markdown.fences import PENDING
from gdbook.site.markdown.inline import to_html
from gdbook.site.pages.figure import framed

OURS = Path(__file__).parent / "notebook"
CACHE = Path(".cache/notebooks")
# What code brings with it, by the extra of the package that installs it.
BRINGS = {
    "figures": ("Matplotlib", r"gdbook\.figures|matplotlib"),
    "data": ("scikit-learn", r"gdbook\.data|sklearn|digits|californian"),
    "distributed": ("Dask", r"gdbook\.distributed|dask"),
}


def needs(code):
    """The first words of what a reader takes along, with this ``code``."""
    extras = {extra: name for extra, (name, used) in BRINGS.items() if re.search(used, code)}
    of = f"[{','.join(extras)}]" * bool(extras)
    names = ["NumPy", *extras.values()]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return (
        "From *gdbook*, a book on gradient descent. This runs as it stands once the book is installed: in\n"
        f'the folder of the book, `pip install ".{of}"`. That brings {listed}.\n'
        "Titles in brackets are other pages of the book.\n"
    )


# What MkDocs calls.


def on_config(config):
    plugin = config.plugins.get("mkdocs-jupyter")  # a book without notebooks need not load it
    if plugin:
        # From version 0.27 on it adds a script to every page, which loads MathJax from another host; not
        # for MathJax 2. Earlier versions do not know the option, so that it cannot stand in mkdocs.yml.
        plugin.config["mathjax_version"] = 2
    return config


def on_pre_page(page, config, files):
    if page.file.src_uri.endswith(".py"):

        def render(config, files):
            page.markdown = to_markdown(json.loads(executed(page, config)), Path(page.file.src_uri).name)
            Page.render(page, config, files)

        page.render = render
    return page


def executed(page, config):
    """The notebook of a page that mkdocs-jupyter has run, as JSON."""
    build: Any = results.build  # it goes on
    kind, path, options, roots = task(page.file.abs_src_path, config, build)
    try:
        return build.give(kind, path, options, roots)
    except TaskFailed as failed:
        if failed.how == "died":
            raise PageError(f"{os.path.relpath(path)}: a cell did not end: {failed}") from None
        raise PageError(str(failed)) from None
    except Pending:
        return json.dumps({"cells": [{"cell_type": "markdown", "source": f"{_heading(path)}\n\n{PENDING}"}]})


# What it does.

# What mkdocs-jupyter tells its converter, by the same names.
TOLD = (
    "kernel_name", "theme", "allow_errors", "show_input", "no_input", "no_prompt", "remove_tag_config",
    "highlight_extra_classes", "include_requirejs", "custom_mathjax_url", "execute",
)  # fmt: skip


def task(path, config, build):
    """The task of running a notebook: its script and settings, and what it uses of the package."""
    script = _script(Path(path))
    home = (CACHE / "ipython").absolute()
    # Nothing of the reader's own Jupyter and IPython; and one thread, so that sums are added up in the same
    # order however many cores there are.
    environment = {"IPYTHONDIR": str(home), "JUPYTER_CONFIG_DIR": str(OURS), "OPENBLAS_NUM_THREADS": "1"}
    told = {name: config.plugins["mkdocs-jupyter"].config[name] for name in TOLD}
    options = {**told, "environment": environment, "script": script}
    return (
        "notebook",
        os.path.relpath(path),
        json.dumps(options, sort_keys=True),
        build.sources.roots(script) or [],
    )


def _script(path):
    """The text of a notebook's script, which must be Python."""
    script = path.read_text(encoding="utf-8")
    try:
        ast.parse(script)
    except SyntaxError as error:
        raise PageError(f"{os.path.relpath(path)}:{error.lineno}: SyntaxError: {error.msg}") from None
    return script


def _heading(path):
    return re.findall(r"^# (# .+)$", Path(path).read_text(encoding="utf-8"), re.MULTILINE)[0]


def as_ipynb(source):
    """The notebook for Jupyter: the cells of the script, not yet run. The same bytes on every build."""
    import jupytext  # slow to load
    import nbformat

    notebook = jupytext.read(source)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = without_links(cell.source, source)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(needs(source.read_text(encoding="utf-8"))))
    return numbered(notebook)


def numbered(notebook):
    """A notebook as JSON, with what Jupyter must know of it, and names of cells that are not random."""
    import nbformat

    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def as_script(source):
    """The script as a reader takes it: the same code."""
    script = source.read_text(encoding="utf-8")
    first = "".join(f"# {line}\n" for line in needs(script).splitlines())
    said = re.sub("^# .*", lambda line: without_links(line[0], source), script, flags=re.MULTILINE)
    return f"# %% [markdown]\n{first}\n{said}"


def without_links(text, source):
    """Markdown of the page ``source``: titles in place of links to pages, words in place of
    links within the page, works in place of keys."""

    def titled(link):
        words, page = link.groups()
        title = f"*{_title(source.parent / page)}*"
        return title if title == f"*{words}*" else f"{words} ({title})"

    led = re.sub(r"\[([^]]+)\]\(([^):?#]+\.(?:md|py))[^)]*\)", titled, text)
    return works.without_keys(re.sub(r"\[([^]]+)\]\(#[^)]*\)", r"\1", led))


def _title(page):
    heading = "^# # (.+)$" if page.suffix == ".py" else "^# (.+)$"
    return re.findall(heading, page.read_text(encoding="utf-8"), re.MULTILINE)[0]


def to_markdown(notebook, name):
    """The Markdown of the page of an executed notebook, whose source is called ``name``.

    A code cell becomes a ``cell`` fence with the cell in it as JSON, for ``show_cell``.
    """
    cells, opening = [], []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cells.append(cell["source"])
        else:
            shown, above = _shown(cell)
            cells.append(_fence(shown))
            opening += [_fence(above)] if above["outputs"] else []
    page = "\n\n".join(cells) + "\n"
    introduction, section, rest = page.partition("\n## ")
    question, end, words = introduction.partition("</p>\n")
    top = "\n\n".join([question + end, *opening, words])
    return f"{top}\n{_downloads(name)}\n{section}{rest}"


def _shown(cell):
    """What ``show_cell`` shows of a code cell in its place, and what above all cells."""
    tags, code = cell["metadata"].get("tags", []), cell["source"]
    shown = {
        "code": code,
        "outputs": _joined(_output(output, code) for output in cell["outputs"]),
        "folded": "solution" in tags,
    }
    above = {"code": code, "outputs": [], "figures only": True}
    if "opening" in tags:
        above["outputs"] = [output for output in shown["outputs"] if "svg" in output]
        shown["outputs"] = [output for output in shown["outputs"] if "svg" not in output]
    return shown, above


def _fence(shown):
    return f"```cell\n{json.dumps(shown)}\n```"


def _output(output, code):
    """What a cell left: ``{"text": …}`` or ``{"svg": …, "label": …, "name": …, "narrow": …}``."""
    kind, data = output["output_type"], output.get("data", {})
    if kind == "stream" and output["name"] == "stdout":
        return {"text": output["text"]}
    if kind == "display_data" and data.keys() == {"image/svg+xml", "text/plain"}:
        return {"svg": data["image/svg+xml"], "label": data["text/plain"], **output["metadata"]}
    left = output.get("text") or data.get("text/plain") or kind
    raise PageError(f"a cell may print and show figures, this one left {left!r}", code)


def _joined(outputs):
    """Pieces of text that follow each other as one: how a kernel cuts them depends on the clock."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if "text" in output and joined and "text" in joined[-1]:
            joined[-1]["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _downloads(name):
    # In HTML: a link in Markdown to the script would lead to its page.
    ipynb = Path(name).with_suffix(".ipynb")
    return (
        '<p class="gd-downloads" data-search-exclude>This page is a notebook. Take it with you: '
        f'<a href="{name}" download>{name}</a>, a script that runs as it stands, '
        f'or <a href="{ipynb}" download>{ipynb}</a> for Jupyter. Both need the book installed, and say how. '
        f"{_ran_with()}</p>"
    )


def _ran_with():
    return f"Its output here is from Python {platform.python_version()} and NumPy {version('numpy')}."


def show_cell(source, language, css_class, options, md, **_):
    """The fence of a code cell: the code, what it printed, its figures."""
    cell = json.loads(source)
    parts = []
    if "figures only" not in cell:
        parts.append(MarkdownConverter(md).convert(markdown_exec.code_block("python", cell["code"])))
    for output in cell["outputs"]:
        parts.append(
            _figure(**output, code=cell["code"]) if "svg" in output else _printed(output["text"], md)
        )
    shown = f'<div class="gd-cell">{"".join(map(str, parts))}</div>'
    if cell.get("folded"):
        return f'<details class="solution"><summary>Solution</summary>{shown}</details>'
    return shown


def _printed(text, md):
    block = MarkdownConverter(md).convert(markdown_exec.code_block("text", text.rstrip()))
    return f"<div data-search-exclude>{block}</div>"


def _figure(svg, narrow, label, name, code):
    shows, caption = words(label)
    try:
        picture = "".join(page_svg(drawn, shows, _prefix(drawn)) for drawn in (svg, narrow))
    except ValueError as error:
        raise PageError(str(error), code) from None
    return framed(picture, to_html(caption), name)


def _prefix(drawn):
    return f"n{hashlib.sha256(drawn.encode()).hexdigest()[:6]}-"


def failed(error):
    """The error for a cell that failed: at its line, with what Python said."""
    told = re.sub(r"\x1b\[[\d;]*m", "", str(error))
    code = re.search(r"^-{18}\n(.*?)\n-{18}$", told, re.MULTILINE | re.DOTALL)
    line = re.search(r"Cell In\[\d+\], line (\d+)", told)
    return PageError(
        f"a cell failed\n{told}", code.group(1) if code else told, int(line.group(1)) if line else 1
    )
