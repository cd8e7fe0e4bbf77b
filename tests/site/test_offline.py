"""The offline edition: the same book from files, with no server and no network."""

import io
import re
import shutil
import zipfile

import pytest
from built import CHAPTERS, file_of, name_of, parse, resolve
from playwright.sync_api import expect
from test_build import small_book
from test_policy import USED
from visit import PATIENCE

from gdbook.site.build import offline

KINDS = [
    "",
    "descent/momentum/",
    "descent/update-rule/",
    "training/digits/",
    "labs/ball/",
    "labs/learning-rate/",
    "labs/race/",
    "labs/noise/",
    "labs/momentum/",
    "labs/backprop/",
    "reference/cheat-sheet/",
    "reference/bibliography/",
    "reference/api/rules/",
]
NUMBERS = """() => {
  const said = document.querySelectorAll("[data-lab] output, [data-lab] [role=status], [data-lab] td");
  return [...said].map((element) => element.textContent);
}"""


def contents(site):
    return {
        path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def zipped(site):
    return offline.edition(contents(site))


@pytest.fixture(scope="module")
def folder(zipped, tmp_path_factory):
    folder = tmp_path_factory.mktemp("offline edition")  # with a space, as folders have
    zipfile.ZipFile(io.BytesIO(zipped)).extractall(folder)
    return folder / "gdbook"


@pytest.fixture(scope="module")
def alone(browser):
    """A tab without network, in which the policy holds, and what the browser says in it."""
    context = browser.new_context(bypass_csp=False, offline=True, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    yield tab
    context.close()


def address(folder, page):
    return file_of(folder, page).as_uri()


@pytest.mark.parametrize("page", KINDS, ids=name_of)
def test_search_colours_quizzes_and_labs_work_from_a_file(alone, folder, page):
    alone.complaints.clear()
    alone.goto(address(folder, page))
    assert alone.evaluate(USED) > 0
    labs = alone.locator("[data-lab]")
    expect(alone.locator("[data-lab][data-ready]")).to_have_count(labs.count(), timeout=PATIENCE)
    assert labs.count() > 0 or not page.startswith("labs/")
    assert alone.complaints == []


def test_nothing_is_left_of_what_would_run_python(folder):
    for page in CHAPTERS:
        text = file_of(folder, page).read_text(encoding="utf-8")
        assert "Edit and run</button>" not in text
        assert "wasm-unsafe-eval" not in text
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    assert [name for name in names if re.search("micropython|assets/run", name.lower())] == []


def test_what_the_search_finds_opens(alone, folder):
    alone.goto(address(folder, "labs/ball/"))
    alone.locator(".md-search__input").fill("heavy ball")
    first = alone.locator(".md-search-result__item a").first
    first.click()
    alone.wait_for_url(
        re.compile(r"/momentum/index\.html\?h=heavy\+ball|/momentum/index\.html\?h=heavy%20ball")
    )
    assert alone.locator("h1").inner_text().startswith("Momentum")


def test_the_formulas_have_their_font(alone, folder):
    alone.goto(address(folder, "descent/momentum/"))
    alone.evaluate("document.fonts.ready")
    loaded = alone.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
    assert {'"Book Math"', '"Book Serif"', '"Book Sans"'} <= {f'"{name.strip(chr(34))}"' for name in loaded}


@pytest.mark.parametrize("page", ["labs/race/", "labs/momentum/", "labs/backprop/"])
def test_a_lab_shows_the_same_numbers_as_on_the_site(alone, folder, server, browser, page):
    context = browser.new_context(bypass_csp=False, viewport={"width": 1280, "height": 900})
    online = context.new_page()
    shown = []
    for tab, url in ((online, server.url + page), (alone, address(folder, page))):
        tab.goto(url)
        tab.locator("[data-lab][data-ready]").first.wait_for()
        shown.append(tab.evaluate(NUMBERS))
    context.close()
    assert len(shown[0]) > 0
    assert shown[0] == shown[1]


@pytest.mark.parametrize("page", CHAPTERS, ids=name_of)
def test_every_link_names_a_file_that_is_there(folder, page):
    root = parse(file_of(folder, page))[0]
    place = page + "index.html"
    targets = [resolve(place, link.get("href")) for link in root.iter("a") if link.get("href")]
    local = {path for path, _ in filter(None, targets)}
    assert [path for path in local if not (folder / path).is_file()] == []
    assert not any("gdbook-offline.zip" in (link.get("href") or "") for link in root.iter("a"))


def test_no_module_is_left_for_the_browser_to_fetch(folder):
    scripts = [path.relative_to(folder).as_posix() for path in folder.rglob("*.js")]
    assert sorted(scripts) == ["assets/offline.js", "search/search_index.json.js"]
    for path in folder.rglob("*.html"):
        assert 'type="module"' not in path.read_text(encoding="utf-8")


def test_the_same_site_gives_the_same_zip(site, zipped):
    assert offline.edition(dict(reversed(contents(site).items()))) == zipped


def test_a_form_of_module_that_is_not_known_is_an_error():
    for line in ('import all from "./x.js";', "export default 1;", 'export * from "./x.js";'):
        with pytest.raises(ValueError, match=re.escape("labs/new.js has a form of import or export")):
            offline.function("labs/new.js", f"{line}\n")


MODULES = {
    "main.js": 'import { one, two as second } from "./parts/numbers.js";\nimport "./parts/said.js";\n'
    'const { three } = await import("./parts/numbers.js");\n'
    'export const sum = one + second() + three;\nsaid.push(sum, new URL("x", import.meta.url).pathname);\n',
    "parts/numbers.js": "export const one = 1;\nexport function two() {\n  return 2;\n}\nconst three = 3;\n"
    "export { three };\nsaid.push('once');\n",
    "parts/said.js": 'import { one } from "./numbers.js";\nsaid.push(`one is ${one}`);\n',
}


def test_modules_that_are_bound_do_what_modules_do(browser, tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/offline.js").write_text(offline.bundle(MODULES))
    bound = '<script src="assets/offline.js" data-start="main.js"></script>'
    (tmp_path / "index.html").write_text(f"<!doctype html><script>said = []</script>{bound}")
    tab = browser.new_page()
    tab.goto((tmp_path / "index.html").as_uri())
    tab.wait_for_function("said.length === 4")
    path = (tmp_path / "assets/x").as_uri().removeprefix("file://")
    assert tab.evaluate("said") == ["once", "one is 1", 6, path]
    tab.close()


def test_a_site_that_is_asked_for_it_offers_it(tmp_path):
    assert small_book(tmp_path, "Words.", GDBOOK_OFFLINE="true").returncode == 0
    text = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert '<a class="gd-offline" href="gdbook-offline.zip" download>' in text
    with zipfile.ZipFile(tmp_path / "site/gdbook-offline.zip") as archive:
        assert "gdbook/index.html" in archive.namelist()
        assert b"gd-offline" not in archive.read("gdbook/index.html")
    shutil.rmtree(tmp_path / "site")
    assert small_book(tmp_path, "Words.").returncode == 0
    assert not (tmp_path / "site/gdbook-offline.zip").exists()
    assert "gd-offline" not in (tmp_path / "site/index.html").read_text(encoding="utf-8")
