"""The pages as files: valid, whole, linked, and with no address of another host in what they load."""

import json
import re

import pytest
from built import (
    CHAPTERS,
    PAGES,
    SVG,
    file_of,
    having,
    name_of,
    parse,
    resolve,
    text_of,
)

from gdbook.figures.house import NAMES
from gdbook.site.pages.contrast import SCHEMES, variables

LOADS = {"src", "srcset", "poster", "data"}  # attributes whose address a browser fetches by itself
LEADS = {"canonical", "next", "prev"}  # links of a page's head that are only followed
NAMESPACES = {
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/1999/xlink",
}

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture
def root(site, page):
    return parse(file_of(site, page))[0]


def loaded(root):
    """Each address that the page loads by itself."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.items():
            head_link = element.tag == "link" and name == "href" and element.get("rel") not in LEADS
            drawn = element.tag in (SVG + "use", SVG + "image") and str(name).endswith("href")
            if name in LOADS or head_link or drawn:
                yield value
            if name == "style":
                yield from in_css(value)
        if element.tag == "style":
            yield from in_css("".join(element.itertext()))


def in_css(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    addresses = re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", text)
    return [url or imported for url, imported in addresses if not url.startswith("data:")]


@every_page
def test_a_page_loads_nothing_from_another_host(site, page, root):
    assert [url for url in loaded(root) if not url.startswith("data:") and resolve(page, url) is None] == []


@every_page
def test_whatever_a_page_loads_is_there(site, page, root):
    local = [resolve(page, url) for url in loaded(root) if not url.startswith(("data:", "#"))]
    assert [path for path, _ in local if not file_of(site, path).is_file()] == []


@every_page
def test_a_page_has_nothing_for_which_the_theme_asks_another_host(root):
    assert having(root, "mermaid") == []
    assert [element for element in root.iter() if element.get("data-md-component") == "source"] == []


def test_style_sheets_load_nothing_from_another_host(site):
    for path in site.rglob("*.css"):
        place = path.relative_to(site).as_posix()
        found = in_css(path.read_text(encoding="utf-8"))
        assert [url for url in found if not url.startswith("#") and not there(site, place, url)] == [], path


def there(site, place, url):
    target = resolve(place, url)
    return target is not None and file_of(site, target[0]).is_file()


COMMENT = re.compile(r"""/\*.*?\*/|(?<![:"'`])//[^\n"'`]*$""", re.DOTALL | re.MULTILINE)


def test_scripts_name_no_other_host(site):
    for path in [*site.rglob("*.js"), *site.rglob("*.mjs")]:
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        named = set(re.findall(r"https?://[\w./@-]+|[\"'`]//[\w-]+\.[\w./-]+", text))
        assert named - NAMESPACES == set(), path


def test_scripts_import_what_is_there(site):
    for path in (site / "assets").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(site).as_posix()
        imports = re.findall(r"""(?:^|\s)(?:import|from)\s*\(?\s*["']([^"']+)["']""", text)
        assert [name for name in imports if not name.startswith(".") or not there(site, place, name)] == [], (
            path
        )


@every_page
def test_what_the_mark_of_a_block_that_ran_means_is_said_once_a_page(root):
    marks = [text_of(mark) for mark in having(root, "gd-ran")]
    assert ["Runs as it stands" in mark for mark in marks] == [i == 0 for i in range(len(marks))]
    assert all(re.search(r"Python 3\.\d+\.\d+", mark) for mark in marks)


@every_page
def test_internal_links_lead_somewhere(site, page, root):
    broken = []
    for link in root.iter("a"):
        href = link.get("href")
        target = resolve(page, href) if href is not None else None
        if target is None:
            continue
        path, anchor = target
        if not file_of(site, path).is_file() or (anchor and anchor not in ids(site, path)):
            broken.append(href)
    assert broken == []


def ids(site, path):
    file = file_of(site, path)
    return {element.get("id") for element in parse(file)[0].iter()} if file.suffix == ".html" else set()


def test_the_page_for_what_is_missing_works_at_any_depth(site):
    addresses = [link.get("href") for link in parse(site / "404.html")[0].iter("a")] + list(
        loaded(parse(site / "404.html")[0])
    )
    assert [url for url in addresses if url and not url.startswith(("/", "#", "http", "data:"))] == []


def test_what_search_finds_is_there(site):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = [resolve("", entry["location"]) for entry in index["docs"]]
    assert {path for path, _ in found} == set(CHAPTERS)
    assert [(path, anchor) for path, anchor in found if anchor and anchor not in ids(site, path)] == []


@every_page
def test_the_html_is_valid(site, page):
    # html5lib finds what the parser of the standard calls an error: nesting, duplicate
    # attributes, unknown entities; not which attribute an element may have.
    assert parse(file_of(site, page))[1] == []


@every_page
def test_each_id_is_there_once_and_stays_what_it_is(root):
    names = [element.get("id") for element in root.iter() if element.get("id") is not None]
    assert sorted(names) == sorted(set(names))
    # An anchor that counts the blocks that ran before it would change with any other page.
    assert [name for name in names if re.match(r"exec-\d", name)] == []


@every_page
def test_an_answer_to_one_quiz_takes_none_from_another(root):
    # Radio buttons of one name are one choice, wherever they are on the page.
    of_quizzes = [{button.get("name") for button in quiz.iter("input")} for quiz in having(root, "gd-quiz")]
    assert len(set().union(*of_quizzes)) == sum(map(len, of_quizzes)) == len(of_quizzes)


@every_page
def test_what_an_element_refers_to_is_on_the_page(root):
    names = {element.get("id") for element in root.iter()}
    referring = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
    referred = {
        name for element in root.iter() for key in referring for name in (element.get(key) or "").split()
    }
    assert referred - names == set()


def figures(root):
    return [svg for svg in root.iter(SVG + "svg") if svg.get("role") == "img"]


@every_page
def test_each_figure_says_what_it_shows(root):
    labels = [svg.get("aria-label") or "" for svg in figures(root)]
    # A title is not enough for somebody who does not see the figure: at least a short sentence.
    assert [label for label in labels if len(label.split()) < 6] == []


COLOUR = re.compile(r"(?:fill|stroke|color|stop-color)\s*:\s*([^;]+)")
COLOURED = ("fill", "stroke", "color", "stop-color")
NO_COLOUR = re.compile(
    r"none|inherit|currentcolor|transparent|url\(#[\w-]+\)|var\(--gd-[a-z]+\)", re.IGNORECASE
)


@every_page
def test_each_figure_follows_light_and_dark(root):
    fixed = []
    for element in (element for svg in figures(root) for element in svg.iter()):
        colours = COLOUR.findall(element.get("style", ""))
        colours += [
            element.get(name) for name in ("fill", "stroke", "color", "stop-color") if element.get(name)
        ]
        fixed += [colour for colour in colours if not NO_COLOUR.fullmatch(colour.strip())]
    assert fixed == []


@every_page
def test_each_variable_of_a_figure_has_a_value_in_both_schemes(site, page):
    used = set(re.findall(r"var\((--gd-[\w-]+)", file_of(site, page).read_text(encoding="utf-8")))
    for scheme in SCHEMES:
        assert used - variables(scheme).keys() == set(), scheme


def test_the_colours_of_figures_and_pages_are_the_same():
    light = variables("default")
    assert {name: light[f"--gd-{name}"] for name in NAMES.values()} == {name: c for c, name in NAMES.items()}
