"""The build: whole, the same on any day, and stopped by whatever is wrong on a page."""

import hashlib
import re

import pytest
from built import (
    CHAPTERS,
    PAGES,
    ROOT,
    build,
    file_of,
    having,
    name_of,
    parse,
    prose,
    text_of,
)
from fresh import nursery

HEADINGS = {f"h{level}" for level in range(1, 7)}
LATEX = re.compile(r"\\[a-zA-Z]{2,}|\\[()\[\]]|\$\$|\$[^$\n]*[\\^_={}][^$\n]*\$")
A_DAY = 24 * 60 * 60

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture
def root(site, page):
    return parse(file_of(site, page))[0]


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_each_source_becomes_a_page_with_a_title(site, page):
    root, _ = parse(file_of(site, page))
    assert [text_of(heading) for heading in root.iter("h1")] != []


def test_there_are_as_many_pages_as_sources(site):
    assert sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")) == sorted(
        file_of(site, page).relative_to(site).as_posix() for page in PAGES
    )


def test_the_contents_list_each_page(site):
    contents = [link.get("href") for link in having(parse(site / "index.html")[0], "md-nav__link")]
    assert {"" if page in (".", None) else page for page in contents} >= set(CHAPTERS)


@every_page
def test_no_markdown_is_left_on_a_page(root):
    assert [
        line for line in prose(root).splitlines() if re.search(r"```|~~~|--8<--|:::|^\s*!!! ", line)
    ] == []
    fences = [text_of(code) for code in root.iter("code") if re.match(r"\s*(```|~~~)", text_of(code))]
    assert fences == []


@every_page
def test_no_traceback_is_on_a_page(root):
    # A page may show one on purpose: in a block that says so, in console colours.
    assert "Traceback (most recent call last)" not in prose(root)


@every_page
def test_no_latex_is_left_on_a_page(root):
    assert [line for line in prose(root).splitlines() if LATEX.search(line)] == []


@every_page
def test_no_computed_text_says_nan_or_inf(root):
    # What NumPy prints; words about it are in code, or are NaN and infinity.
    assert [
        line for line in prose(root).splitlines() if re.search(r"(?<![\w.])-?(nan|inf)(?![\w.]\w)\b", line)
    ] == []


@every_page
def test_no_heading_holds_a_formula(root):
    # The contents, the title and the search would lose it.
    headings = [element for element in root.iter() if element.tag in HEADINGS]
    assert [text_of(h) for h in headings if any("MathML" in str(e.tag) for e in h.iter())] == []


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.looks_at("docs", "benchmarks", "tests/reference")
def test_two_builds_are_the_same_bytes(site, tmp_path):
    # Another order of sets, and another day, as far as MkDocs knows.
    mark = (site / "index.html").stat().st_mtime
    # Everything runs again, and the site of before may be made of what was kept.
    environment = {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": str(int(mark) + A_DAY), "GDBOOK_KEEP": "false"}
    before = sorted(path.name for path in ROOT.iterdir())
    built = build(tmp_path / "again", **environment)
    assert built.returncode == 0, built.stdout
    assert sorted(path.name for path in ROOT.iterdir()) == before  # no block leaves a file
    first, second = hashes(site), hashes(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


QUIZ = """\
What is 2 + 2?

answer: {{ 2 + 2 }}

- 3: Three.
  No.
- 5: Five.
  No."""
FOREIGN = """\
from gdbook.figures.house import figure
from gdbook.site.pages.figure import emit

def red_line():
    fig, ax = figure()
    ax.plot([0, 1], color="#ff0000")
    return fig

print(emit(red_line))"""
FIGURE = """\
from gdbook.figures.momentum import regimes
from gdbook.site.pages.figure import emit

print(emit(regimes))"""


def block(fence, *lines):
    return "\n".join([f"```{fence}", *lines, "```"])


EXEC = 'python exec="on" html="on"'
ASKED, ONE = ("What?", "", "answer: 1", ""), ("- 1: One.", "  So.")
VALUES = "<!-- values from gdbook.theory -->"

# What is wrong: the Markdown, the line of it that is to be named, words of the complaint.
WRONG = {
    "a shown block that fails": (block("python run", "x = 1", "print(x / 0)"), 2, "ZeroDivisionError"),
    "a hidden block that fails": (block(EXEC, "x = 1", "print(x / 0)"), 2, "ZeroDivisionError"),
    "a block that fails in a list": (
        "- item\n\n    " + block(EXEC, "1 / 0").replace("\n", "\n    "),
        4,
        "Zero",
    ),
    "a block that exits": (block("python run", "import sys", "sys.exit(0)"), 2, "exit"),
    "a hidden block that exits": (block(EXEC, "raise SystemExit(0)"), 2, "exit"),
    "LaTeX that does not convert": (r"The loss is $\frac{1}{2$ here.", 1, "LaTeX"),
    "a command that does not exist": (r"The loss is $\nosuchcommand$ here.", 1, "LaTeX"),
    "display LaTeX that does not convert": ("$$\n\\begin{aligned}\na &= b\n$$", 2, "LaTeX"),
    "display LaTeX on two lines": ("$$\\frac{1}{2\n+ 3$$", 1, "LaTeX"),
    "LaTeX that browsers do not show": (r"It is $\boxed{x}$.", 1, "does not show"),
    "LaTeX in a caption that does not convert": (
        block(EXEC, "from gdbook.site.markdown.inline import to_html", r"print(to_html(r'$\frac{1$'))"),
        2,
        "LaTeX",
    ),
    "an included name that is missing": (
        block("source", "gdbook.rules.sgd", "gdbook.rules.nosuch"),
        3,
        "nosuch",
    ),
    "an included file that is missing": (block("source", "docs/nosuch.rs"), 2, "nosuch"),
    "a wrong place for the source": (block('python exec="on" source="abvoe"', "print(1)"), 2, "abvoe"),
    "a command that fails": (block("terminal", "gdbook descend --function nosuch"), 2, "nosuch"),
    "a command that is not gdbook": (block("terminal", "rm -r docs"), 2, "rm"),
    "a quiz without the computed answer": (f"{VALUES}\n\n{block('quiz', QUIZ)}", 4, "computed answer"),
    "a name that no module has": (f"{VALUES}\n\nIt is {{{{ nosuch }}}}.", 3, "nosuch"),
    "a module of values that does not exist": (
        "<!-- values from gdbook.nosuch: one -->\n\n{{ one }}",
        3,
        "nosuch",
    ),
    "values from all of two modules": (
        f"{VALUES}\n<!-- values from gdbook.figures.powers -->\n\n{{{{ gd_limit(1) }}}}",
        2,
        "all of",
    ),
    "a value that two modules list": (
        "<!-- values from gdbook.theory: gd_limit -->\n"
        "<!-- values from gdbook.figures.powers: gd_limit -->\n\n{{ gd_limit(1) }}",
        2,
        "gd_limit of gdbook.theory and gd_limit of gdbook.figures.powers",
    ),
    "a value that is no Python": (f"{VALUES}\n\nIt is {{{{ gd_limit( }}}}.", 3, "value of a sentence"),
    "a value in a wrong format": (f"{VALUES}\n\nIt is {{{{ gd_limit(1):.1q }}}}.", 3, "ormat"),
    "a quiz without an answer": (block("quiz", "What?", "", "- 1: One.", "  So."), 2, "answer:"),
    "a quiz with an option of no reason": (block("quiz", *ASKED, "- 1: One."), 2, "what is said to it"),
    "a quiz with an answer twice": (block("quiz", *ASKED, *ONE, *ONE), 2, "an answer of its own"),
    "a value that fails": (f"{VALUES}\n\nIt is {{{{ gd_limit(-1) }}}}.", 3, "must be positive"),
    "a figure in a foreign colour": (block(EXEC, FOREIGN), 2, "#ff0000"),
    "a figure without a caption": (block(EXEC, FIGURE), 5, "no caption with words"),
    "a figure without a label": (
        f"{block(EXEC, FIGURE)}\n\n{block('caption', ' ')}",
        5,
        "no caption with words",
    ),
    "a caption without a figure": (block("caption", "What the picture shows."), 2, "caption"),
}


# What takes most of the time of a small build, and leaves no trace in it.
BUILDER = """
import gdbook.figures.house, gdbook.site.build.hook
import markdown_exec, material.plugins.search.plugin, mkdocs.commands.build, mkdocs_jupyter.plugin
import mkdocstrings_handlers.python, pymdownx.superfences
"""


def small_book(folder, markdown, nav="[index.md]", **environment):
    """A book of one page, with the configuration of the book."""
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "index.md").write_text(f"# Title\n\n{markdown}\n", encoding="utf-8")
    (folder / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\n"
        f"theme: {{custom_dir: {ROOT / 'gdbook/site/theme'}}}\n"
        f"hooks: [{ROOT / 'gdbook/site/build/hook.py'}]\n"
        f"nav: {nav}\n"
    )
    if environment:
        return build(folder / "site", cwd=folder, **environment)
    command = ["build", "--strict", "--site-dir", folder / "site"]
    built = nursery(BUILDER).run_module("mkdocs", *command, cwd=folder)
    built.stdout += built.stderr
    return built


# A second build has kept what is right, and nothing of what is wrong.
@pytest.mark.looks_at
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_on_a_page_stops_the_build_and_is_located_each_time(what, tmp_path):
    markdown, line, complaint = WRONG[what]
    right = block("python run", "print('right')")
    for _ in range(2):
        built = small_book(tmp_path, f"{right}\n\n{markdown}")
        assert built.returncode != 0, built.stdout
        there = len(f"# Title\n\n{right}\n\n".splitlines()) + line
        assert re.search(rf"docs/index\.md:{there}\b", built.stdout), built.stdout
        assert complaint in built.stdout


@pytest.mark.looks_at
def test_a_block_prints_as_python_does(tmp_path):
    code = block("python run", "import sys", "print(1, 2, sep=', ', end='!\\n')", "print(3, file=sys.stdout)")
    assert small_book(tmp_path, code).returncode == 0
    assert "1, 2!\n3" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_what_is_right_on_a_page_builds(tmp_path):
    built = small_book(tmp_path, block("python run", "print(1)") + "\n\n$$\\frac{1}{2\n+ 3}$$\n")
    assert built.returncode == 0, built.stdout
