"""The works that the book cites: one file of them, and every page and docstring names what stands in it."""

import ast
import re
from collections import Counter

import markdown
import pytest
from built import CHAPTERS, DOCS, NOTEBOOKS, ROOT, file_of, having, name_of, parse, prose, resolve, text_of

from gdbook.site.build.errors import PageError
from gdbook.site.markdown import works as reading
from gdbook.site.markdown.works import works

TEXT = (DOCS / "references.bib").read_text(encoding="utf-8")
WORKS = works()
# Older than identifiers, or never given one: books, theses, reports, lectures, and journals that give none.
UNNUMBERED = {
    *(
        "legendre1805",
        "gauss1809",
        "cauchy1847",
        "kutta1901",
        "beale1958",
        "linnainmaa1970",
        "himmelblau1972",
    ),
    *("rastrigin1974", "cochran1977", "nesterov1983", "polyak1987", "hanson1988", "ruppert1988"),
    *("hochreiter1991", "claerbout1992", "krogh1992", "park1993", "alpaydin1998b", "igel2000", "glorot2010"),
    *("duchi2011", "mikolov2012", "tieleman2012", "sutskever2013", "dozat2016", "zaheer2018"),
}
YEAR = re.compile(r"\b(?:18|19|20)\d\d\b")
BIBLIOGRAPHY = "reference/bibliography/"


def convert(text):
    return markdown.markdown(text, extensions=["gdbook.site.markdown.citations"])


# The file.


def test_the_file_is_read_as_it_is_written():
    # A second reading, for what this file has of the format.
    entries = re.findall(r"^@\w+\{(\w+),\n((?:  \w+ = \{.*\},\n)+)\}$", TEXT, re.MULTILINE)
    assert [key for key, _ in entries] == list(WORKS) == re.findall(r"^@\w+\{(.*),$", TEXT, re.MULTILINE)
    for key, body in entries:
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.MULTILINE))
        surnames = [name.partition(", ")[0].strip("{}") for name in fields.pop("author").split(" and ")]
        assert [surname for _, surname in WORKS[key].authors] == surnames
        assert WORKS[key].fields == fields


@pytest.mark.parametrize("key", WORKS)
def test_a_work_can_be_opened_by_a_doi_an_arxiv_id_or_an_address(key):
    work = WORKS[key]
    assert bool(work.links) == (key not in UNNUMBERED)
    assert re.fullmatch(r"10\.\d{4,5}/\S+", work.fields.get("doi", "10.1000/1"))
    assert re.fullmatch(r"\d{4}\.\d{4,5}", work.fields.get("eprint", "0000.0000"))


@pytest.mark.parametrize("key", WORKS)
def test_the_years_in_key_and_identifiers_are_the_year_of_the_work_or_near(key):
    work = WORKS[key]
    assert re.fullmatch(rf"[a-z]+{work.year}b?", key) or (key == "cs231n" and not work.year)
    if "eprint" in work.fields:  # begins with year and month of the first version
        # Conferences come years later, and one paper was put there after its conference.
        assert -1 <= int(work.year) - (2000 + int(work.fields["eprint"][:2])) <= 6
    for year in re.findall(r"(?<![\d/])(?:19|20)\d\d(?!\d)", work.fields.get("doi", "")):
        assert year == work.year


def test_no_identifier_is_of_two_works():
    for field in ("doi", "eprint", "title"):
        counted = Counter(work.fields[field] for work in WORKS.values() if field in work.fields)
        assert [value for value, times in counted.items() if times > 1] == []


def test_works_stand_in_the_order_of_their_years():
    years = [work.year for work in WORKS.values() if work.year]
    assert years == sorted(years)


@pytest.mark.parametrize(
    ("key", "short", "spelled"),
    [
        ("kingma2015", "Kingma, Ba 2015", "D. P. Kingma, J. Ba, 2015"),
        ("vonmises1929", "von Mises, Pollaczek-Geiringer 1929", "R. von Mises, H. Pollaczek-Geiringer, 1929"),
        ("pascanu2013", "Pascanu, Mikolov, Bengio 2013", "R. Pascanu, T. Mikolov, Y. Bengio, 2013"),
        ("cohen2021", "Cohen et al. 2021", "J. M. Cohen, S. Kaur, Y. Li, J. Z. Kolter, A. Talwalkar, 2021"),
        ("lecun1998", "LeCun et al. 1998", "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, 1998"),
        ("dauphin2014", "Dauphin et al. 2014", "Y. Dauphin et al., 2014"),
        ("brown2020", "Brown et al. 2020", "T. B. Brown et al., 2020"),
        ("cs231n", "Stanford University", "Stanford University"),
    ],
)
def test_a_work_is_named_by_its_authors_and_year(key, short, spelled):
    assert (WORKS[key].short, WORKS[key].spelled) == (short, spelled)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@book{a,\n  author = {A},\n}\n", "references.bib:1: a has no title"),
        ("@book{a,\n  title = {A},\n}\n", "references.bib:1: a has no author"),
        (
            "@book{a,\n author = {A},\n title = {T},\n}\n@book{a,\n author = {A},\n title = {T},\n}\n",
            "references.bib:5: ",
        ),
    ],
)
def test_an_entry_that_is_not_whole_stops_the_build_with_its_line(text, said):
    with pytest.raises(PageError, match=re.escape(said)):
        reading._read(reading.PLACE, text)


# A page.


def test_a_sentence_has_authors_and_year_with_a_link():
    link = '<a class="gd-cite" href="/reference/bibliography.md#kingma2015">Kingma, Ba 2015</a>'
    assert convert("A rule ([@kingma2015]).") == f"<p>A rule ({link}).</p>"


def test_below_sources_authors_year_and_title_are_spelled_out():
    title = "<em>Introduction to Optimization</em>"
    link = f'<a class="gd-cite" href="/reference/bibliography.md#polyak1987">{title}</a>'
    said = convert("## Sources\n\n- [@polyak1987]: the best rate.\n\n## Else\n\n[@polyak1987]")
    assert f"<li><span>B. T. Polyak, 1987, {link}</span>: the best rate.</li>" in said
    assert said.endswith(">Polyak 1987</a></p>")


def test_a_word_after_a_work_does_not_make_a_link_of_it():
    # [name]: address would define one, and show nothing.
    assert convert("- [@metz2021]: chaos.").endswith("</a>: chaos.</li>\n</ul>")


def test_code_is_left_as_it_is():
    assert convert("`[@nobody2000]`") == "<p><code>[@nobody2000]</code></p>"


def test_a_key_that_is_not_there_stops_the_build_with_page_and_line(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("# Page\n\nAs said ([@kingma2105]).\n")
    (tmp_path / "docs/references.bib").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    said = r"docs/page\.md:3: docs/references\.bib has no work 'kingma2105': did you mean kingma2015\?"
    with pytest.raises(PageError, match=said):
        convert("As said ([@kingma2105]).")


# The built pages.


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_each_source_of_a_page_is_a_work_of_the_bibliography(site, page):
    root = parse(file_of(site, page))[0]
    links = [link.get("href") for link in having(root, "gd-cite")]
    assert {href.rpartition("#")[2] for href in links} <= WORKS.keys()
    assert {resolve(page, href)[0] for href in links} <= {BIBLIOGRAPHY}
    assert "[@" not in prose(root)
    (article,) = root.iter("article")
    below, unresolved = False, []
    for element in article.iter():
        if element.tag == "h2":
            below = element.get("id") == "sources"
        if below and element.tag == "li" and not having(element, "gd-cite"):
            unresolved.append(text_of(element))
    # The libraries themselves, which are no works.
    assert [text for text in unresolved if not text.startswith("The sources of PyTorch")] == []


def test_the_bibliography_has_every_work_with_its_links(site):
    root = parse(file_of(site, BIBLIOGRAPHY))[0]
    (listed,) = having(root, "gd-works")
    items = {item.get("id"): item for item in listed}
    assert items.keys() == WORKS.keys()
    for key, item in items.items():
        assert WORKS[key].title in text_of(item)
        assert [link.get("href") for link in item.iter("a")] == [address for _, address in WORKS[key].links]
    surnames = [WORKS[key].authors[0][1].casefold() for key in items]
    assert surnames == sorted(surnames)


def test_the_file_can_be_taken_along(site):
    assert (site / "references.bib").read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("page", NOTEBOOKS, ids=name_of)
def test_a_notebook_that_is_taken_along_names_the_works_themselves(site, page):
    folder = file_of(site, page).parent
    for path in [*folder.glob("*.py"), *folder.glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        assert "[@" not in text
        assert "2015, *Delving deep into rectifiers" in text or "2021, *Gradient descent on neural" in text


# The docstrings, which the reference and the cheat sheet show.


def sources():
    """What each docstring of the package says after "Source:", with its place."""
    for path in sorted((ROOT / "gdbook").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                said = re.search(r"Source:(.*?)(?:\n\n|\Z)", ast.get_docstring(node) or "", re.DOTALL)
                if said:
                    yield (
                        f"{path.relative_to(ROOT)}:{getattr(node, 'name', 'module')}",
                        " ".join(said[1].split()),
                    )


SOURCES = dict(sources())
# Whose source is another part of the package.
OWN = {"gdbook/backprop/steps.py:module"}


@pytest.mark.parametrize("place", SOURCES)
def test_a_docstring_names_works_of_the_file(place):
    said = SOURCES[place]
    years = YEAR.findall(said)
    assert bool(years) != (place in OWN)
    for year in years:
        first = {work.authors[0][1] for work in WORKS.values() if work.year == year}
        assert [surname for surname in first if re.search(rf"\b{surname}\b", said)], (year, said)


def test_every_work_is_cited_somewhere(site):
    cited = set()
    for page in set(CHAPTERS) - {BIBLIOGRAPHY}:
        links = having(parse(file_of(site, page))[0], "gd-cite")
        cited |= {link.get("href").rpartition("#")[2] for link in links}
    docstrings = " ".join(SOURCES.values())
    named = {
        key
        for key, work in WORKS.items()
        if re.search(rf"{work.authors[0][1]}\b[^;]*\b{work.year or 'never'}\b", docstrings)
    }
    contributing = {"bernstein2018"}  # in the rule that the page on contributing adds
    assert WORKS.keys() - cited - named - contributing == set()
