"""Notebooks: run while the book is built, pages like any other, and a reader may take them along."""

import json
import os
import re
import subprocess
import sys
import tomllib

import jupytext
import nbformat
import pytest
from built import NOTEBOOKS, ROOT, SOURCES, SVG, classes, file_of, having, name_of, parse, text_of
from test_build import small_book
from test_snippets import FRESH, code, lines

from gdbook.site.build.errors import PageError
from gdbook.site.build.notebooks import (
    BRINGS,
    as_ipynb,
    to_markdown,
    without_links,
)
from gdbook.site.kept.reach import Sources
from gdbook.site.kept.store import Store
from gdbook.site.markdown import works

every_notebook = pytest.mark.parametrize("page", NOTEBOOKS, ids=name_of)


@pytest.fixture
def root(site, page):
    return parse(file_of(site, page))[0]


def code_cells(page):
    return [cell.source for cell in jupytext.read(SOURCES[page]).cells if cell.cell_type == "code"]


@every_notebook
def test_the_page_shows_each_cell_of_the_script(root, page):
    shown = [code(block) for cell in having(root, "gd-cell") for block in having(cell, "language-python")]
    assert shown == [cell.rstrip() for cell in code_cells(page)]


@every_notebook
@pytest.mark.looks_at("page")
@pytest.mark.xdist_group("notebooks")  # one after the other: they take all of a core
def test_the_script_prints_alone_what_the_page_shows(root, page, site, tmp_path):
    # What the reader downloads, run where nothing else is.
    script = tmp_path / SOURCES[page].name
    script.write_bytes((site / page / script.name).read_bytes())
    # As many threads as in the build: else sums differ in the last digit, which long runs remember.
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*FRESH, script.name], cwd=tmp_path, env=one_thread, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    shown = [code(block) for cell in having(root, "gd-cell") for block in having(cell, "language-text")]
    assert lines(done.stdout) == lines("\n".join(shown))
    # The figures, which have no place in a terminal, it leaves as files.
    saved = re.findall(r"^saved (\S+\.svg): ", done.stderr, re.MULTILINE)
    assert len(saved) == len([svg for cell in having(root, "gd-cell") for svg in having(cell, "gd-drawn")])
    assert all("</svg>" in (tmp_path / name).read_text(encoding="utf-8") for name in saved)


@every_notebook
def test_both_downloads_are_the_source_after_what_they_need(site, root, page):
    source = SOURCES[page]
    names = [link.get("href") for link in root.iter("a") if link.get("download") is not None]
    assert names == [source.name, source.with_suffix(".ipynb").name]
    script, notebook = (site / page / name for name in names)
    cells = jupytext.read(source).cells
    parsed = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(parsed)
    assert all(cell.outputs == [] for cell in parsed.cells if cell.cell_type == "code")
    for needs, *taken in (parsed.cells, jupytext.read(script).cells):
        assert needs.cell_type == "markdown"
        assert 'pip install ".[figures,data]"' in needs.source
        assert [cell.cell_type for cell in taken] == [cell.cell_type for cell in cells]
        for got, cell in zip(taken, cells, strict=True):
            if cell.cell_type == "code":
                assert got.source == cell.source
            else:
                # Word for word, but for the links: the title is added, or is what was linked.
                words = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", works.without_keys(cell.source)).split()
                assert [word for word in words if word.strip("().,:*") not in got.source] == []
                assert "](" not in got.source


def test_what_a_notebook_needs_is_what_installs_the_package_for_it():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    for extra, (name, _) in BRINGS.items():
        assert name.lower() in {re.match(r"[\w-]+", needed)[0] for needed in extras[extra]}


def test_a_link_is_the_title_of_its_page_in_what_a_reader_takes(tmp_path):
    (tmp_path / "one.md").write_text("---\ntitle: T\n---\n\n# The one\n\n# Not this\n")
    (tmp_path / "two.py").write_text("# %% [markdown]\n# # Two\n")
    links = "[a](one.md), [b c](one.md#x?), [d](one.md?f=e&g=1), [e](two.py), [Two](two.py), [f](https://x.y/z.md)"
    taken = without_links(links, tmp_path / "here.py")
    assert taken == ("a (*The one*), b c (*The one*), d (*The one*), e (*Two*), *Two*, [f](https://x.y/z.md)")


@every_notebook
def test_the_page_opens_with_one_picture(root, page):
    article = next(root.iter("article"))
    order = [
        element
        for element in article.iter()
        if {"gd-question", "gd-figure"} & set(classes(element)) or element.tag in ("h1", "h2", "table", "pre")
    ]
    assert [classes(element) or element.tag for element in order[1:3]] == [["gd-question"], ["gd-figure"]]
    assert order[0].tag == "h1"
    (tagged,) = [
        cell for cell in jupytext.read(SOURCES[page]).cells if "opening" in cell.metadata.get("tags", [])
    ]
    below = [
        cell
        for cell in having(root, "gd-cell")
        if tagged.source.rstrip() in map(code, having(cell, "language-python"))
    ]
    assert [len(having(cell, "gd-figure")) for cell in below] == [0]


@every_notebook
def test_each_heading_is_in_the_contents(root, page):
    markdown = [cell.source for cell in jupytext.read(SOURCES[page]).cells if cell.cell_type == "markdown"]
    headings = re.findall(r"^## (.+)$", "\n\n".join(markdown), re.MULTILINE)
    assert headings
    # The theme has it twice: at the side, and in the menu of a phone.
    for contents in (nav for nav in root.iter("nav") if "md-nav--secondary" in classes(nav)):
        assert [" ".join(text_of(link).split()) for link in contents.iter("a")] == headings


@every_notebook
def test_nothing_of_another_template_is_on_the_page(site, root, page):
    text = file_of(site, page).read_text(encoding="utf-8")
    assert (
        re.findall(r"jp-\w+|jupyter-wrapper|highlight-ipynb|clipboard-copy|mathjax|mermaid|requirejs", text)
        == []
    )
    article = next(root.iter("article"))
    assert [element for element in article.iter() if element.tag in ("style", "script", "img")] == []


@every_notebook
def test_each_figure_is_in_the_houses_colours(root):
    figures = [
        svg for cell in having(root, "gd-cell") for svg in cell.iter(SVG + "svg") if svg.get("role") == "img"
    ]
    assert figures
    for svg in figures:
        assert len(svg.get("aria-label").split()) >= 6
        assert any("var(--gd-" in element.get("stroke", "") for element in svg.iter())


@every_notebook
def test_folded_cells_are_solutions(root, page):
    tagged = [
        cell.source.rstrip()
        for cell in jupytext.read(SOURCES[page]).cells
        if "solution" in cell.metadata.get("tags", [])
    ]
    folded = [code(block) for part in having(root, "solution") for block in having(part, "language-python")]
    assert len(tagged) >= 2
    assert folded == tagged


def notebook(*cells):
    """The text of a script: a cell of Markdown is given with its heading, code as it is."""
    parts = []
    for cell in cells:
        if cell.startswith("#"):
            parts.append("# %% [markdown]\n" + "\n".join(f"# {line}" for line in cell.splitlines()))
        else:
            parts.append(f"# %%\n{cell}")
    return "\n\n".join(parts) + "\n"


def small_notebook(folder, *cells):
    (folder / "docs" / "training").mkdir(parents=True)
    (folder / "docs" / "training" / "small.py").write_text(notebook(*cells), encoding="utf-8")
    return small_book(folder, "Text.", nav="[index.md, training/small.py]")


def first_line(cell, folder):
    """The line of the script on which the cell begins."""
    text = (folder / "docs" / "training" / "small.py").read_text(encoding="utf-8")
    return text[: text.index(cell)].count("\n") + 1


SHOW = "from gdbook.figures.house import figure\nfrom gdbook.figures.notebook import show\n"

# What is wrong: a cell, the line of it that is to be named, words of the complaint.
WRONG = {
    "a cell that fails": ("x = 1\nprint(x / 0)", 2, "ZeroDivisionError"),
    "a failure in a function of the cell": ("def f():\n    return 1 / 0\n\n\nf()", 5, "ZeroDivisionError"),
    "a cell that is no Python": ("x = 1\nx = = 2", 2, "SyntaxError"),
    "a warning": ("import warnings\n\nwarnings.warn('beware')", 1, "beware"),
    "a value that is not printed": ("1 + 1", 1, "'2'"),
    "a figure without a label": (SHOW + "show(figure()[0])", 3, "label"),
    "a figure without a caption": (
        SHOW + "fig, ax = figure()\nfig.set_label('A line')\nshow(fig)",
        5,
        "an empty line and a caption",
    ),
    "a figure in a foreign colour": (
        SHOW + "fig, ax = figure()\nax.plot([1, 2], color='#ff0000')\n"
        "fig.set_label('A line\\n\\nIn red.')\nshow(fig)",
        1,
        "no colour of gdbook.figures.house",
    ),
}


@pytest.mark.looks_at
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_in_a_notebook_stops_the_build_and_is_located(what, tmp_path):
    cell, line, complaint = WRONG[what]
    built = small_notebook(tmp_path, "# Title\n\n## Part", "print('fine')", cell)
    assert built.returncode != 0, built.stdout
    assert re.search(rf"docs/training/small\.py:{first_line(cell, tmp_path) + line - 1}\b", built.stdout), (
        built.stdout
    )
    assert complaint in built.stdout


@pytest.mark.looks_at
def test_a_formula_that_is_wrong_in_a_notebook_is_located(tmp_path):
    built = small_notebook(tmp_path, "# Title\n\n## Part\n\nIt is $\\nosuch$.", "print(1)")
    assert built.returncode != 0
    assert "docs/training/small.py:6: LaTeX" in built.stdout


@pytest.mark.looks_at
def test_a_right_notebook_is_run_once_and_kept(tmp_path):
    cell = (
        "from pathlib import Path\n\nwith open(Path.home() / 'ran', 'a') as ran:\n    print(ran.write('x'))"
    )
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home")}
    (tmp_path / "docs" / "training").mkdir(parents=True)
    script = tmp_path / "docs" / "training" / "small.py"
    for cells, runs in ((cell, "x"), (cell, "x"), (cell + "\nprint(2)", "xx")):
        script.write_text(notebook("# Title\n\nMath $x < y$.\n\n## Part", cells), encoding="utf-8")
        built = small_book(tmp_path, "Text.", nav="[index.md, training/small.py]", **environment)
        assert built.returncode == 0, built.stdout
        assert (tmp_path / "home" / "ran").read_text() == runs
    page = (tmp_path / "site" / "training" / "small" / "index.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert not re.search("mathjax|cdn", page, re.IGNORECASE)
    assert 'id="part"' in page


@pytest.mark.looks_at
def test_a_file_that_a_notebook_reads_is_part_of_it(tmp_path):
    cell = f"from pathlib import Path\n\nprint(Path({str(tmp_path / 'data.txt')!r}).read_text())"
    (tmp_path / "docs" / "training").mkdir(parents=True)
    script = tmp_path / "docs" / "training" / "small.py"
    script.write_text(notebook("# Title\n\nWords.\n\n## Part", cell), encoding="utf-8")
    for text in ("first", "second"):
        (tmp_path / "data.txt").write_text(text)
        built = small_book(tmp_path, "Text.", nav="[index.md, training/small.py]")
        assert built.returncode == 0, built.stdout
        page = (tmp_path / "site" / "training" / "small" / "index.html").read_text(encoding="utf-8")
        assert f"{text}\n" in page


def test_the_books_notebooks_depend_on_what_they_show():
    sources = Sources(ROOT / "gdbook", Store(None))
    roots = [root for page in NOTEBOOKS for root in sources.roots(SOURCES[page].read_text(encoding="utf-8"))]
    found = {sources.module(module)["place"] for module, _ in sources.reached(roots)}
    assert {"mlp.py", "data.py", "sharpness.py", "figures/house.py", "figures/notebook.py"} <= found
    assert {"rules/first_order.py", "rules/adaptive.py", "autodiff/reverse.py", "theory/edge.py"} <= found
    assert not [name for name in found if name.startswith("site/")]


def test_the_notebook_for_jupyter_is_the_same_each_time():
    source = SOURCES[NOTEBOOKS[0]]
    assert as_ipynb(source) == as_ipynb(source)


def test_text_in_pieces_is_one_block():
    piece = {"output_type": "stream", "name": "stdout"}
    cells = [{"cell_type": "markdown", "source": "# T"}]
    outputs = [{**piece, "text": "one\n"}, {**piece, "text": "two\n"}]
    cells.append({"cell_type": "code", "source": "x", "metadata": {}, "outputs": outputs})
    (shown,) = re.findall(r"```cell\n(.*)\n```", to_markdown({"cells": cells}, "t.py"))
    assert json.loads(shown)["outputs"] == [{"text": "one\ntwo\n"}]


def test_an_output_that_has_no_place_on_a_page_is_refused():
    outputs = [{"output_type": "display_data", "data": {"text/html": "<b>x</b>"}}]
    cells = [{"cell_type": "code", "source": "x", "metadata": {}, "outputs": outputs}]
    with pytest.raises(PageError, match="a cell may print and show figures"):
        to_markdown({"cells": cells}, "t.py")


def test_show_in_a_script_saves_a_file(tmp_path):
    script = (
        SHOW + "fig, ax = figure()\nax.plot([1, 2])\n"
        "fig.set_label('A line & more\\n\\nWords.')\nshow(fig)\nshow(fig)\n"
    )
    (tmp_path / "run.py").write_text(script)
    done = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == ["run-1.svg", "run-2.svg"]
    assert "<title>A line &amp; more</title>" in (tmp_path / "run-1.svg").read_text()
