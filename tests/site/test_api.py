"""Every public name of the package has its entry in the reference, and each page of it an example."""

import importlib
import pkgutil
import zlib

import pytest
from built import DOCS, having, parse

import gdbook

# What only builds, checks, draws or is translated has no reference: its docstrings are for who works on it.
WITHOUT = (
    "gdbook.site",
    "gdbook.figures",
    "gdbook.cli",
    "gdbook.__main__",
    "gdbook.checks",
    "gdbook.numeric",
)
# Records, which lie in the repository alone; and what only a type checker reads.
WITHOUT += ("gdbook.recorded", "gdbook.types")
PAGES = sorted((DOCS / "reference" / "api").glob("*.md"))


def public():
    """The public names, as ``module.name``; of a package that lists them, by the package."""
    closed = []
    for found in pkgutil.walk_packages(gdbook.__path__, "gdbook."):
        if found.name.startswith((*WITHOUT, *closed)):
            continue
        module = importlib.import_module(found.name)
        listed = getattr(module, "__all__", None)
        closed += [f"{found.name}."] if listed else []
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == found.name]
        yield from (f"{found.name}.{name}" for name in listed or own if not name.startswith("_"))


@pytest.fixture(scope="module")
def entries(site):
    pages = (site / "reference" / "api").rglob("index.html")
    return {element.get("id") for page in pages for element in parse(page)[0].iter() if element.get("id")}


def test_each_public_name_has_an_entry(entries):
    # Beside the package's function stands a module of its name.
    known = {name.replace("second_order.newton.newton", "second_order.newton") for name in entries}
    assert sorted(set(public()) - known) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_page_opens_with_an_example_that_ran(path, site):
    root, _ = parse(site / "reference" / "api" / path.stem / "index.html")
    assert having(root, "gd-run") or having(root, "gd-terminal")


def test_other_projects_can_link_to_the_names(site):
    # The form that Sphinx reads: four lines, then compressed ones that begin with a name and what it is.
    *head, packed = (site / "objects.inv").read_bytes().split(b"\n", 4)
    names = {line.split()[0] for line in zlib.decompress(packed).decode().split("\n") if line}
    assert head[0] == b"# Sphinx inventory version 2"
    assert {"gdbook.rules.adam", "gdbook.descent.descend", "gdbook.theory.CYCLE"} <= names
