"""What a reader takes along of a chapter: its text, its code and its figures, as a script and a notebook."""

import contextlib
import io
import re

import jupytext
import nbformat
import pytest
from built import SOURCES, SVG, file_of, having, name_of, parse
from fresh import nursery
from test_build import small_book
from test_published import OF_THE_BOOK
from test_snippets import FIGURES, FRESH, code, lines

from gdbook.site.build import take_away
from gdbook.site.build.notebooks import needs

WRITTEN = [page for page in OF_THE_BOOK if SOURCES[page].suffix == ".md"]
every_chapter = pytest.mark.parametrize("page", WRITTEN, ids=name_of)
# What only the site can do something with: places of values, comments, attributes, keys of works.
OF_THE_SITE = re.compile(r"\{\{ |<!--|\{ ?[#.:]|data-set|\[@|<p class")
LINK = re.compile(r"\]\((?!https?://)")


@pytest.fixture
def root(site, page):
    return parse(file_of(site, page))[0]


@pytest.fixture
def taken(site, root, page):
    """The script and the notebook that the page offers."""
    (below,) = having(root, "gd-downloads")
    links = [link.get("href") for link in below.iter("a")]
    stem = SOURCES[page].stem
    assert links == [f"{stem}.py", f"{stem}.ipynb", "index.md"]
    assert (site / page / "index.md").is_file()
    return [site / page / name for name in links[:2]]


def ran(root):
    """The blocks that run on the page and its exercises, each with what it printed."""
    blocks = []
    for element in root.iter():
        kinds = (element.get("class") or "").split()
        if "gd-run" in kinds:
            (block,) = map(code, having(element, "language-python"))
            blocks.append((block, "\n".join(map(code, having(element, "language-text")))))
        elif "gd-task" in kinds:
            begun, checks = map(code, having(element, "language-python")[:2])
            block = f"{begun.rstrip()}\n\n\n{checks}"
            blocks.append((block, printed(block)))
    return blocks


def printed(block):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block, {"__name__": "__main__"})
    return out.getvalue().rstrip("\n")


@every_chapter
def test_both_hold_the_code_of_the_page_and_nothing_of_the_site(root, taken, page):
    script, notebook = (jupytext.read(path) for path in taken)
    nbformat.validate(notebook)
    assert [(cell.cell_type, cell.source.strip()) for cell in notebook.cells] == [
        (cell.cell_type, cell.source.strip()) for cell in script.cells
    ]
    first, title = notebook.cells[:2]
    assert "pip install" in first.source
    assert re.match(r"# \S", title.source)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    figures = [cell for cell in cells if "gdbook.figures.notebook" in cell]
    assert [cell.strip() for cell in cells if cell not in figures] == [
        block.strip() for block, _ in ran(root)
    ]
    assert len(figures) == len(having(root, "gd-drawn"))
    assert all(cell.get("outputs") == [] for cell in notebook.cells if cell.cell_type == "code")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^( *)```.*?^\1```$|`[^`\n]+`", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            assert [found[0] for found in OF_THE_SITE.finditer(text)] == []
            assert [text[found.start() - 40 : found.end() + 40] for found in LINK.finditer(text)] == []


@every_chapter
@pytest.mark.looks_at("page")
def test_the_script_prints_what_the_page_shows_and_saves_its_figures(root, taken, tmp_path):
    script = tmp_path / taken[0].name
    script.write_bytes(taken[0].read_bytes())
    figures = len(having(root, "gd-drawn"))
    done = nursery(FIGURES if figures else "", *FRESH[1:]).run_file(script.name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert lines(done.stdout) == lines("\n".join(shown for _, shown in ran(root) if shown))
    saved = re.findall(r"^saved (\S+\.svg): ", done.stderr, re.MULTILINE)
    assert len(saved) == figures
    assert all("</svg>" in (tmp_path / name).read_text(encoding="utf-8") for name in saved)


def test_a_notebook_runs_in_jupyter_and_shows_its_figures(site):
    from nbclient import NotebookClient

    path = site / "descent/update-rule/update-rule.ipynb"
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300).execute()
    shown = [
        output.data
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "display_data"
    ]
    root = parse(file_of(site, "descent/update-rule/"))[0]
    labels = [
        drawn.get("aria-label")
        for holder in having(root, "gd-drawn")
        for drawn in [next(holder.iter(f"{SVG}svg"), None) or next(holder.iter("svg"))]
    ]
    assert [data["text/plain"].split() for data in shown] == [label.split() for label in labels]
    assert all(data["image/svg+xml"].rstrip().endswith("</svg>") for data in shown)


PAGE = """
<p class="gd-question">How far?</p>

A link to [another](other.md), one [below](#one), and [far](https://x.y/z.md){ .wide }.

## One

=== "Two"

    ```python run
    print(1)
    ```

```python
not_run()
```

```python exec="on" html="on"
from gdbook.figures.momentum import regimes
from gdbook.site.pages.figure import emit

print(emit(regimes))
```

```caption
Three columns, $\\mu$.

The caption.
```

*Try it in the figure:* [one](#one){ data-set="a=1" },
[two](#one){ data-set="a=2" }.
"""


def test_a_small_chapter_cell_by_cell(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("# The other\n", encoding="utf-8")
    # The navigation makes the page a chapter.
    done = small_book(tmp_path, PAGE, nav="[{Descent: [index.md, other.md]}]")
    assert done.returncode == 0, done.stdout
    script, notebook = (jupytext.read(tmp_path / "site" / name) for name in ("index.py", "index.ipynb"))
    assert [cell.source for cell in script.cells] == [cell.source for cell in notebook.cells]
    _, *cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    assert cells == [
        (
            "markdown",
            "# Title\n\n*How far?*\n\n"
            "A link to another (*The other*), one below, and [far](https://x.y/z.md).\n\n## One\n\n**Two**",
        ),
        ("code", "print(1)"),
        ("markdown", "```python\nnot_run()\n```"),
        (
            "code",
            "from gdbook.figures.momentum import regimes\nfrom gdbook.figures.notebook import show\n\n"
            'show(regimes(), r"""Three columns, $\\mu$.""")',
        ),
        ("markdown", "*Figure.* The caption."),
    ]


@pytest.mark.parametrize(
    ("code", "asked", "brings"),
    [
        ("print(1)", ".", "NumPy."),
        ("from gdbook.figures.notebook import show", ".[figures]", "NumPy and Matplotlib."),
        ("from gdbook.data import digits", ".[data]", "NumPy and scikit-learn."),
        (
            "import dask\nimport matplotlib\nimport sklearn",
            ".[figures,data,distributed]",
            "NumPy, Matplotlib, scikit-learn and Dask.",
        ),
    ],
)
def test_what_code_needs_is_said(code, asked, brings):
    assert f'`pip install "{asked}"`' in needs(code)
    assert f"That brings {brings}" in needs(code)


def test_names_are_those_of_the_source():
    assert take_away.names("descent/momentum.md") == ("momentum.py", "momentum.ipynb")
