"""What the site says of itself to programs: addresses, what a chapter is, the pages as Markdown."""

import json
import re
import textwrap
import xml.etree.ElementTree as ET

import pytest
from built import CHAPTERS, NOTEBOOKS, SOURCES, file_of, having, name_of, parse, resolve, text_of
from test_build import small_book

from gdbook.site.build import plain

ADDRESS = "https://book.example/gd/"
OF_THE_BOOK = [page for page in CHAPTERS if page.startswith(("first/", "descent/", "backprop/", "training/"))]
DRAWN = {
    page for page, path in SOURCES.items() if "\n::: " in path.read_text(encoding="utf-8")
}  # from docstrings
WRITTEN = [page for page in CHAPTERS if page not in DRAWN]
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>')


def data_of(text):
    return [json.loads(found) for found in DATA.findall(text)]


@pytest.mark.parametrize("page", OF_THE_BOOK, ids=name_of)
def test_a_chapter_says_what_it_is(site, page):
    path = file_of(site, page)
    (data,) = data_of(path.read_text(encoding="utf-8"))
    root = parse(path)[0]
    (title,) = [text_of(element).rstrip("¶") for element in root.iter("h1")]
    (question,) = having(root, "gd-question")
    kicker = text_of(having(root, "gd-kicker")[0])
    number, minutes = re.match(r"\w+ · chapter (\d+) of \d+ · (\d+) min", kicker).groups()
    assert (data["@type"], data["name"], data["isPartOf"]["name"]) == ("LearningResource", title, "gdbook")
    assert data["description"] == " ".join(text_of(question).split())
    assert (data["position"], data["timeRequired"]) == (int(number), f"PT{minutes}M")
    needs = having(root, "gd-kicker")[0].iter("a")
    assert data["competencyRequired"] == [text_of(link) for link in needs]
    assert "url" not in data  # the site has no address


def test_only_chapters_are_learning_resources(site):
    for page in set(CHAPTERS) - set(OF_THE_BOOK):
        assert data_of(file_of(site, page).read_text(encoding="utf-8")) == []


def test_a_site_without_an_address_names_none(site):
    assert not list(site.glob("sitemap.xml*"))
    for page in CHAPTERS:
        assert 'rel="canonical"' not in file_of(site, page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    """A small book that was built with an address."""
    folder = tmp_path_factory.mktemp("addressed")
    (folder / "docs/descent").mkdir(parents=True)
    (folder / "docs/descent/first.md").write_text(
        '# First & "last"\n\n<p class="gd-question">Why <em>x</em>?</p>\n\nWords.\n'
    )
    built = small_book(
        folder,
        "Words.",
        nav="[index.md, {Descent: [descent/first.md]}]",
        SITE_URL=ADDRESS,
        REPO_URL="https://example.org/team/book",
    )
    assert built.returncode == 0, built.stdout
    return folder / "site"


def test_with_an_address_the_sitemap_has_each_page_once_and_absolute(addressed):
    root = ET.parse(addressed / "sitemap.xml").getroot()
    assert root.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}urlset"
    assert [loc.text for loc in root.iter() if loc.tag.endswith("}loc")] == [
        ADDRESS,
        f"{ADDRESS}descent/first/",
    ]
    assert not (addressed / "sitemap.xml.gz").exists()  # it would hold the day


def test_with_an_address_each_page_names_it(addressed):
    text = (addressed / "descent/first/index.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{ADDRESS}descent/first/">' in text
    (data,) = data_of(text)
    assert data["url"] == f"{ADDRESS}descent/first/"
    assert (data["name"], data["description"]) == ('First & "last"', "Why x?")
    assert (
        f'[First & "last"]({ADDRESS}descent/first/index.md): Why x?' in (addressed / "llms.txt").read_text()
    )


def test_with_an_address_of_the_sources_pages_link_to_them_and_ask_nobody_for_stars(addressed):
    for path in (addressed / "index.html", addressed / "descent/first/index.html"):
        root = parse(path)[0]
        links = [link for link in root.iter("a") if link.get("href") == "https://example.org/team/book"]
        assert {text_of(link).strip() for link in links} == {"The sources", "Example"}
        assert [e for e in root.iter() if e.get("data-md-component") == "source"] == []


# The pages as Markdown.


def test_the_list_for_programs_has_every_page_in_order(site):
    text = (site / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# gdbook\n\n> ")
    links = re.findall(r"^- \[.+?\]\((.+?)\)(?:: .+)?$", text, re.MULTILINE)
    assert len(links) == text.count("\n- ") == len(CHAPTERS)
    assert {link for link in links if not link.endswith(".md")} == DRAWN
    assert [link for link in links if not file_of(site, link).is_file()] == []
    assert re.findall("^## (.+)$", text, re.MULTILINE) == [
        "First", "Descent", "Backprop", "Training", "Labs", "Reference", "About",
    ]  # fmt: skip


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_a_page_is_there_as_markdown_with_what_its_blocks_printed(site, page):
    text = (file_of(site, page).parent / "index.md").read_text(encoding="utf-8")
    root = parse(file_of(site, page))[0]
    assert text.startswith("# ")
    blocks = having(root, "gd-run") + having(root, "gd-cell")
    for pre in (pre for block in blocks for pre in block.iter("pre")):
        shown = text_of(pre).strip()
        assert any(textwrap.indent(shown, " " * depth) in text for depth in (0, 3, 4)), shown
    assert len(re.findall(r"^ *\*Figure\.\* ", text, re.MULTILINE)) == len(having(root, "gd-figure"))
    text = re.sub("`[^`\n]+`", "", text)
    for left in ("{{ ", "<!-- ", "[@", "exec=", "???", "gd-question"):
        assert left not in text, left


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_links_between_pages_as_markdown_lead_to_markdown(site, page):
    file = file_of(site, page).parent / "index.md"
    place = file.relative_to(site).as_posix()
    text = re.sub(
        r"^( *)(```+).*?^\1\2$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    for url in re.findall(r"\]\(([^)\s]+)\)", text):
        target = resolve(place, url)
        if target and not url.startswith("#"):
            assert file_of(site, target[0]).exists() or (site / target[0]).exists(), url


def test_a_page_in_markdown():
    text = """# Title

<!-- after: momentum -->

<p class="gd-question">Why?</p>

See [the rate](learning-rate.md#limit) and [Home](../index.md).

## A head { #head .gd-fold }

??? success "Solution"

    Folded words.

    ```python
    x = 1
    ```

Below, `[@kingma2015]` is (Kingma, Ba 2015).
"""
    assert (
        plain.of(text, "descent/momentum.md")
        == """# Title

*Why?*

See [the rate](../learning-rate/index.md#limit) and [Home](../../index.md).

## A head

**Solution**

Folded words.

```python
x = 1
```

Below, `[@kingma2015]` is (Kingma, Ba 2015).
"""
    )


def test_the_sources_of_the_notebooks_are_named(site):
    for page in NOTEBOOKS:
        text = (file_of(site, page).parent / "index.md").read_text(encoding="utf-8")
        assert SOURCES[page].suffix == ".py"
        assert re.search(r"## Sources\n\n- [A-Z].+, (19|20)\d\d, \*.+\*", text)
