"""What a reader does with a page beside reading it: colours, search, copying, tabs, contents, menu, folds."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from built import CHAPTERS, PAGES, file_of, having, name_of, parse, text_of
from visit import PATIENCE, visit

CHAPTER = "descent/momentum/"
TABBED = "descent/update-rule/"
CONSOLE = "descent/learning-rate/"
SCRIPT_BUDGET = 25_000  # bytes over the line, of a page that nobody searches from
INDEX = "search/search_index.json"
PHONE = {"width": 390, "height": 844}

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


# As files.


def test_the_theme_script_and_its_search_are_not_shipped(site):
    assert [path for path in site.rglob("*") if re.search(r"bundle\..*js|lunr|workers", path.name)] == []


@every_page
def test_a_page_has_few_inline_scripts_and_no_handlers(site, page):
    # A policy for scripts names each by its hash: so they are the same on every page. Data is not run.
    root = parse(file_of(site, page))[0]
    inline = {
        text_of(script)
        for script in root.iter("script")
        if not script.get("src") and script.get("type") != "application/ld+json"
    }
    home = parse(site / "index.html")[0]
    tabbed = parse(file_of(site, TABBED))[0]
    assert inline <= {text_of(script) for page in (home, tabbed) for script in page.iter("script")}
    assert len(inline) <= 2
    handlers = [key for element in root.iter() for key in element.attrib if re.match(r"on[a-z]+$", str(key))]
    assert handlers == []
    assert [link for link in root.iter("a") if link.get("href", "").startswith("javascript:")] == []


@every_page
def test_each_table_of_the_text_has_a_frame(site, page):
    article = parse(file_of(site, page))[0].find(".//article")
    framed = [table for frame in having(article, "md-typeset__scrollwrap") for table in frame.iter("table")]
    assert [table for table in article.iter("table") if not table.get("class")] == framed


def test_the_bar_of_the_browser_has_the_colour_of_the_page(site):
    css = (site / "assets" / "book.css").read_text(encoding="utf-8")
    papers = re.findall(r"--gd-paper: (#\w+);", css)
    metas = [meta for meta in parse(site / "index.html")[0].iter("meta") if meta.get("name") == "theme-color"]
    assert [meta.get("content") for meta in metas] == papers


# In a browser.


@pytest.fixture
def open_at(browser, server):
    """A function that opens a page as a reader with this width, these settings."""
    contexts = []

    def open_page(page, script="", route=None, until="load", **options):
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = browser.new_context(**options)
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        tab.complaints = []
        tab.on("console", lambda m: m.type in ("error", "warning") and tab.complaints.append(m.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        if script:
            tab.add_init_script(script)
        if route:
            tab.route(*route)
        tab.goto(server.url + page, wait_until=until)
        return tab

    yield open_page
    for context in contexts:
        context.close()


def clipboard(tab):
    return tab.evaluate("navigator.clipboard.readText()")


def until(tab, condition, argument=None):
    tab.wait_for_function(condition, arg=argument)


def scheme(tab):
    return tab.locator("body").get_attribute("data-md-color-scheme")


@pytest.mark.parametrize("page", ["", CHAPTER, "descent/schedules/", "reference/api/descent/"], ids=name_of)
def test_the_scripts_of_a_first_visit_are_within_the_budget(browser, server, page):
    with visit(browser, server, page) as opened:
        scripts = {name: size for name, size in opened.sent if name.endswith(".js")}
        own = {
            name: size for name, size in scripts.items() if "labs/" not in name and name != "assets/gdbook.js"
        }
        assert sum((scripts if page else own).values()) <= SCRIPT_BUDGET, scripts
        assert INDEX not in dict(opened.sent)
        assert opened.complaints == []


# Colours.

IS = "(scheme) => document.body.dataset.mdColorScheme === scheme"
DARK, LIGHT = "label[title='Switch to dark']", "label[title='Switch to light']"
WATCH_COLOURS = """
  window.seen = [];
  const look = () => {
    if (document.body) seen.push(document.body.dataset.mdColorScheme);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
NO_STORAGE = """
  Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("denied", "SecurityError"); },
  });
"""


@pytest.mark.parametrize("storage", ["", NO_STORAGE], ids=["storage", "no storage"])
def test_colours_follow_the_system_until_the_reader_chooses(open_at, storage):
    tab = open_at(CHAPTER, storage, color_scheme="dark")
    tab.locator(LIGHT).wait_for()
    assert scheme(tab) == "slate"
    tab.wait_for_load_state("networkidle")
    tab.emulate_media(color_scheme="light")
    until(tab, "document.body.dataset.mdColorScheme === 'default'")
    tab.click(DARK)
    until(tab, IS, "slate")
    tab.emulate_media(color_scheme="dark")
    tab.emulate_media(color_scheme="light")
    tab.wait_for_timeout(200)
    assert scheme(tab) == "slate"
    until(
        tab, "[...document.querySelectorAll('meta[name=theme-color]')].every((m) => m.content === '#15181c')"
    )
    assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    tab.goto(tab.url.replace(CHAPTER, ""))
    tab.locator(DARK if storage else LIGHT).wait_for()
    assert scheme(tab) == ("default" if storage else "slate")
    assert tab.complaints == []


@pytest.mark.parametrize("chosen", ["slate", "default"])
def test_no_page_flashes_in_the_other_colours(open_at, chosen):
    system = "light" if chosen == "slate" else "dark"
    tab = open_at("", color_scheme=system)
    tab.wait_for_load_state("networkidle")
    tab.click(DARK if chosen == "slate" else LIGHT)
    tab.add_init_script(WATCH_COLOURS)
    tab.goto(tab.url + CHAPTER)
    tab.wait_for_load_state("networkidle")
    # Before the script in its head has run, a page has the attribute of the template and draws nothing.
    drawn = tab.evaluate(
        """() => new Promise((resolve) => requestAnimationFrame(() => resolve(
          [...new Set(seen.slice(seen.indexOf(document.body.dataset.mdColorScheme)))])))"""
    )
    assert drawn == [chosen]
    assert tab.evaluate("seen.indexOf(document.body.dataset.mdColorScheme)") <= 1


@pytest.mark.parametrize("kept", ["{", "null", "7", '{"color": {"scheme": "pink"}}', '{"color": null}'])
def test_a_damaged_memory_of_colours_is_none(open_at, kept):
    tab = open_at(CHAPTER, f"localStorage.setItem('/.__palette', {kept!r})", color_scheme="dark")
    tab.locator(LIGHT).wait_for()
    assert scheme(tab) == "slate"
    assert tab.complaints == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_colours_are_switched_by_keyboard(open_at, key):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    tab.locator("#__palette_0").focus()
    for expected in ("slate", "default"):
        tab.keyboard.press(key)
        until(tab, IS, expected)
    assert tab.evaluate("document.activeElement.id") == "__palette_0"


# Before the script has come.


@pytest.fixture
def held(open_at):
    """A function that opens a page whose script does not come until ``come`` is called."""
    waiting = []

    def open_held(page, **options):
        tab = open_at(
            page, route=("**/reading.js", lambda route: waiting.append(route)), until="commit", **options
        )
        tab.locator("footer").wait_for(state="attached")

        def come():
            while not waiting:
                tab.wait_for_timeout(20)
            waiting.pop().continue_()
            tab.wait_for_load_state("networkidle")

        tab.come = come
        return tab

    yield open_held
    for route in waiting:
        route.abort()


def test_a_colour_that_was_chosen_before_the_script_counts(held):
    tab = held(CHAPTER)
    assert scheme(tab) == "default"
    tab.click(DARK)
    tab.come()
    until(tab, "document.body.dataset.mdColorScheme === 'slate'")
    tab.locator(LIGHT).wait_for()


def test_what_was_typed_before_the_script_is_searched(held):
    tab = held(CHAPTER)
    tab.click(".md-search__input")
    tab.keyboard.type("momentum")
    tab.come()
    tab.locator(".md-search-result__item").first.wait_for()


def test_enter_before_the_script_asks_for_the_page_that_searches(held):
    tab = held(CHAPTER)
    tab.click(".md-search__input")
    tab.keyboard.type("momentum")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/?q=momentum", wait_until="commit")


def test_the_drawer_and_the_search_of_a_phone_open_before_the_script(held):
    tab = held(CHAPTER, viewport=PHONE)
    tab.click("header label[for=__drawer]")
    tab.locator(".md-sidebar--primary a", has_text="Adaptive steps").wait_for()
    tab.mouse.click(380, 500)
    tab.locator(".md-sidebar--primary").wait_for(state="hidden")
    tab.click("header label[for=__search]")
    tab.locator(".md-search__input").wait_for()
    tab.come()
    until(tab, "document.activeElement.matches('.md-search__input')")


# Search.


FIRST = {
    "sgd": "descent/stochastic-gradients/",
    "nesterov": "descent/momentum/",
    "chain rule": "first/mathematics/",
    "hessian": "descent/second-order/",
    "warmup": "descent/schedules/",
    "batch size": "descent/stochastic-gradients/",
    "backprop": "backprop/computation-graphs/",
    "rmsprop": "descent/adaptive-steps/",
    "momentum": "descent/momentum/",
    "Momentum": "descent/momentum/",
    "mome": "descent/momentum/",
    "adam": "descent/adaptive-steps/",
    "learning rate": "descent/learning-rate/",
    "learning-rate warmup": "descent/schedules/",
    "one_cycle": "reference/api/schedules/",
    "stochastic gradients": "descent/stochastic-gradients/",
    "stochastic gradient": "descent/stochastic-gradients/",
    "how fast can it be": "descent/how-fast/",
    "newton's method": "descent/second-order/",
    "muon": "descent/beyond-adam/",
    "condition number": "descent/conditioning/",
    "saddle": "descent/landscapes/",
    "heavy ball": "descent/momentum/",
    "edge of stability": "training/edge-of-stability/",
    '"edge of stability"': "training/edge-of-stability/",
    "vanishing gradient": "backprop/chains/",
    "forward mode": "backprop/differentiable-programming/",
    "linear regression": "descent/linear-regression/",
    "schedules": "descent/schedules/",
    "schedule": "descent/schedules/",
    "cheat sheet": "reference/cheat-sheet/",
    "notation": "reference/notation/",
}


@pytest.fixture(scope="module")
def searching(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(server.url)
    tab.locator(".md-search__input").click()
    tab.get_by_text("Type to start searching").wait_for()
    yield tab
    context.close()


def found_for(tab, query):
    """The addresses of the pages that are found, best first."""
    return tab.evaluate(
        """async (query) => {
          const finder = new Worker("/assets/reading/finder.js", { type: "module" });
          const answer = (wanted) => new Promise((resolve) => {
            finder.onmessage = ({ data }) => data.id === wanted && resolve(data);
          });
          finder.postMessage({ id: 1, query });
          finder.postMessage({ index: new URL("/search/search_index.json", location).href });
          const { count, pages } = await answer(1);
          finder.terminate();
          return pages.map(({ page }) => page.location);
        }""",
        query,
    )


@pytest.mark.parametrize("query", FIRST)
def test_search_finds_the_page_that_explains(searching, query):
    assert found_for(searching, query)[0] == FIRST[query]


@pytest.mark.parametrize(
    ("one", "other"), [("optimizer", "optimiser"), ("Polyak", "polyak"), ("Hölder", "holder")]
)
def test_search_does_not_care_for_spelling(searching, one, other):
    found = found_for(searching, one)
    assert found == found_for(searching, other)
    if one != "Hölder":
        assert found


@pytest.mark.parametrize(
    "query", ["", " ", '"', "-", "(", "[a-z", "\\", "*", "+", "the", "<b>", "&amp;", "x" * 5000]
)
def test_no_query_is_an_error(searching, query):
    assert isinstance(found_for(searching, query), list)


def test_search_finds_every_page_by_its_title(searching, site):
    missing = []
    for page in CHAPTERS:
        title = text_of(parse(file_of(site, page))[0].find(".//article//h1")).replace("¶", "").strip()
        # A page and the lab or the module of the same subject share a title, or nearly.
        if page not in found_for(searching, title)[:3]:
            missing.append((page, title))
    assert missing == []


def test_search_by_keyboard(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    for key in "fs/":
        tab.keyboard.press(key)
        assert tab.evaluate("document.activeElement.matches('.md-search__input')")
        assert tab.locator(".md-search__input").input_value() == ""
        tab.keyboard.press("Escape")
        assert not tab.locator("#__search").is_checked()
        assert not tab.evaluate("document.activeElement.matches('.md-search__input')")
    tab.keyboard.press("/")
    tab.keyboard.type("adam")
    links = tab.locator(".md-search-result__link")
    links.nth(1).wait_for()
    where = "[...document.querySelectorAll('.md-search-result__link')].indexOf(document.activeElement)"
    for key, expected in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", -1)]:
        tab.keyboard.press(key)
        assert tab.evaluate(where) == expected
    tab.keyboard.press("ArrowDown")
    tab.keyboard.type("w")  # a letter goes to the field
    assert tab.locator(".md-search__input").input_value() == "adamw"
    tab.keyboard.press("ArrowUp")
    until(tab, "document.activeElement.closest('.md-search-result')")
    tab.keyboard.press("Escape")
    tab.keyboard.press("/")
    tab.keyboard.type("adam")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/descent/adaptive-steps/?h=adam*")
    assert tab.complaints == []


def test_by_tab_a_reader_goes_through_what_was_found_and_out_of_it(open_at):
    tab = open_at(CHAPTER)
    tab.click(".md-search__input")
    tab.keyboard.type("jvp")
    tab.locator(".md-search-result__link").first.wait_for()
    for _ in range(3):  # the buttons of the field stand between
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.matches('.md-search-result__link')")
    tab.locator(".md-search-result__item a, .md-search-result__item summary").last.focus()
    tab.keyboard.press("Tab")
    assert not tab.locator("#__search").is_checked()


def test_what_is_found_is_told_to_a_screen_reader(open_at):
    tab = open_at(CHAPTER)
    tab.click(".md-search__input")
    status = tab.get_by_role("search").get_by_role("status")
    tab.get_by_role("search").get_by_text("Type to start searching").wait_for()
    for query, words in [("jvp", "2 matching documents"), ("qqqq", "No matching documents")]:
        tab.locator(".md-search__input").fill(query)
        tab.get_by_text(words).wait_for()
        assert status.inner_text() == words
    assert tab.locator(".md-search__input").get_attribute("aria-label")


def test_searched_words_are_marked_on_the_page(open_at):
    tab = open_at(CHAPTER + "?h=heavy+velocities#the-rule")
    tab.locator("article mark").first.wait_for()
    tab.wait_for_timeout(500)
    words = {word.lower() for word in tab.locator("article mark").all_text_contents()}
    assert words <= {"heavy", "velocitie", "velocities", "heavier", "heavily"}
    assert "heavy" in words
    assert tab.locator("svg mark, math mark, [data-lab] mark").count() == 0
    # The text is the same, in pieces.
    marked = tab.locator("article").evaluate("(article) => article.textContent")
    tab.goto(tab.url.replace("?h=heavy+velocities#the-rule", ""))
    tab.wait_for_load_state("networkidle")
    assert tab.locator("article").evaluate("(article) => article.textContent") == marked


def test_a_link_to_a_search_opens_it_and_can_be_copied(open_at):
    tab = open_at(CHAPTER + "?q=adam")
    tab.locator(".md-search-result__link").first.wait_for()
    assert tab.locator(".md-search__input").input_value() == "adam"
    tab.locator(".md-search__input").fill("a & b=1")
    tab.locator("[data-md-component=search-share]").click()
    tab.get_by_text("Copied to clipboard").wait_for()
    copied = clipboard(tab)
    tab.goto(copied)
    assert tab.locator(".md-search__input").input_value() == "a & b=1"
    tab.wait_for_load_state("networkidle")
    tab.keyboard.press("Escape")
    assert "q=" not in tab.url


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_violation_in_what_was_found_and_in_the_drawer(open_at, width, colours):
    tab = open_at(CHAPTER + "?q=momentum", viewport={"width": width, "height": 900}, color_scheme=colours)
    tab.locator(".md-search-result__link").first.wait_for()
    tab.wait_for_timeout(600)  # the field and its list have come in
    found = Axe().run(
        tab, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert not found.violations_count, found.generate_report()
    tab.keyboard.press("Escape")
    if width == 390:
        tab.get_by_role("button", name="Navigation", exact=True).press("Enter")
        tab.wait_for_timeout(600)
        found = Axe().run(tab)
        assert not found.violations_count, found.generate_report()


@pytest.mark.parametrize("page", ["training/digits/", "reference/cheat-sheet/", "labs/race/", "", CHAPTER])
def test_what_is_pressed_is_large_enough(open_at, page):
    # 24 pixels, as WCAG 2.2 asks; Axe looks at it only when told to.
    tab = open_at(page, viewport={"width": 1350, "height": 940})
    tab.wait_for_load_state("networkidle")
    found = Axe().run(tab, options={"runOnly": {"type": "rule", "values": ["target-size"]}})
    assert not found.violations_count, found.generate_report()


def test_clear_empties_the_field(open_at):
    tab = open_at(CHAPTER)
    tab.click(".md-search__input")
    tab.keyboard.type("adam")
    tab.locator(".md-search-result__link").first.wait_for()
    tab.locator(".md-search button[type=reset]").click()
    tab.get_by_text("Type to start searching").wait_for()
    assert tab.locator(".md-search-result__link").count() == 0
    assert tab.evaluate("document.activeElement.matches('.md-search__input')")


def test_search_without_its_index_says_so_and_tries_again(open_at):
    tab = open_at(CHAPTER, route=("**/search_index.json", lambda route: route.abort()))
    tab.click(".md-search__input")
    tab.get_by_text("The search index did not come").wait_for()
    tab.keyboard.press("Escape")
    tab.unroute("**/search_index.json")
    tab.click(".md-search__input")
    tab.keyboard.type("adam")
    tab.locator(".md-search-result__link").first.wait_for()


def test_search_on_a_phone(open_at):
    tab = open_at(CHAPTER, viewport=PHONE, has_touch=True, is_mobile=True)
    tab.wait_for_load_state("networkidle")
    tab.tap("header label[for=__search]")
    assert tab.evaluate("document.activeElement.matches('.md-search__input')")
    tab.keyboard.type("adam")
    tab.locator(".md-search-result__link").first.wait_for()
    tab.tap(".md-search__form label[for=__search]")
    assert not tab.locator("#__search").is_checked()
    tab.tap("header label[for=__search]")
    tab.tap(".md-search-result__link >> nth=0")
    tab.wait_for_url("**/descent/adaptive-steps/?h=adam*")


# Copying.


def test_a_console_copies_its_commands_alone(open_at, site):
    for page in (CONSOLE, TABBED):
        tab = open_at(page)
        for block in tab.locator(".gd-terminal").all():
            block.locator(".md-code__button[data-md-type=copy]").click()
            text = block.locator("code").inner_text()
            commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
            assert commands
            assert clipboard(tab).splitlines() == commands


def test_what_was_copied_is_announced(open_at):
    tab = open_at(CHAPTER)
    tab.locator(".md-code__button[data-md-type=copy] >> visible=true").first.click()
    status = tab.locator(".md-dialog [role=status]")
    tab.get_by_text("Copied to clipboard").wait_for()
    until(tab, "!document.querySelector('.md-dialog--active')")
    assert status.inner_text() == ""


def test_copying_works_without_the_clipboard_of_secure_pages(open_at):
    tab = open_at(CHAPTER, "Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    code = tab.locator("pre:has(.md-code__button) code >> visible=true").first
    tab.locator(".md-code__button[data-md-type=copy] >> visible=true").first.click()
    tab.get_by_text("Copied to clipboard").wait_for()
    tab.locator(".md-search__input").click()
    tab.locator(".md-search__input").evaluate(
        "(field) => { field.replaceWith(Object.assign(document.createElement('textarea'), { id: 'here' })); }"
    )
    tab.locator("#here").focus()
    tab.keyboard.press("Control+V")
    assert tab.locator("#here").input_value() == code.text_content().rstrip()


@pytest.mark.parametrize("page", [CHAPTER, TABBED, "training/digits/", "reference/api/descent/"], ids=name_of)
def test_each_block_of_code_has_a_button_and_no_output_has(open_at, page):
    tab = open_at(page)
    tab.wait_for_load_state("networkidle")
    count = tab.evaluate(
        """() => [...document.querySelectorAll("article pre > code")]
          .filter((code) => !code.closest(":is(.gd-run, .gd-cell) .language-text")).length"""
    )
    until(tab, "(n) => document.querySelectorAll('.md-code__button').length === n", count)
    wrong = tab.evaluate(
        """() => [...document.querySelectorAll("article pre > code")].filter((code) =>
          Boolean(code.closest(":is(.gd-run, .gd-cell) .language-text"))
            === Boolean(code.parentElement.querySelector(".md-code__button"))).length"""
    )
    assert wrong == 0


# Tabs.

CHECKED = """() => [...document.querySelectorAll("[data-tabs]")].map((set) => {
  const input = set.querySelector(":scope > input:checked");
  return set.querySelector(`label[for="${input.id}"]`).textContent.trim();
})"""
# A second set that has two of the names, above the page's own.
SECOND = """() => {
  const set = document.querySelector("[data-tabs]");
  const other = set.cloneNode(true);
  other.querySelectorAll("[id]").forEach((element) => { element.id += "b"; });
  other.querySelectorAll("[name]").forEach((element) => { element.name += "b"; });
  other.querySelectorAll("[for]").forEach((element) => { element.htmlFor += "b"; });
  other.querySelector("input").checked = true;
  set.before(other);
}"""
BEFORE_SCRIPT = f"""
  new MutationObserver((_, observer) => {{
    if (!document.querySelector("footer")) return;
    observer.disconnect();
    ({SECOND})();
  }}).observe(document, {{ childList: true, subtree: true }});
"""


def test_tabs_with_one_name_go_together_and_are_remembered(open_at):
    tab = open_at(TABBED, BEFORE_SCRIPT)
    tab.locator(".tabbed-labels--linked").nth(1).wait_for()
    assert tab.evaluate(CHECKED) == ["Python", "Python"]
    label = tab.locator("[data-tabs] label", has_text="Rust").last
    label.scroll_into_view_if_needed()
    tab.wait_for_timeout(500)  # the address has followed the scroll
    before = label.bounding_box()["y"]
    label.click()
    assert tab.evaluate(CHECKED) == ["Rust", "Rust"]
    assert label.bounding_box()["y"] == pytest.approx(before, abs=1)
    assert tab.url.endswith("#__tabbed_1_3")
    tab.goto(tab.url.split("#")[0])
    assert tab.evaluate(CHECKED)[-1] == "Rust"
    assert tab.complaints == []


def test_tabs_by_keyboard_and_their_line(open_at):
    tab = open_at(TABBED)
    tab.locator(".tabbed-labels--linked").first.wait_for()
    tab.locator("#__tabbed_1_1").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(CHECKED) == ["NumPy"]
    line, label = tab.evaluate(
        """() => {
          const set = document.querySelector("[data-tabs]"), label = set.querySelectorAll("label")[1];
          const line = (key) => parseFloat(set.style.getPropertyValue(`--md-indicator-${key}`));
          return [[line("x"), line("width")], [label.offsetLeft, label.offsetWidth]];
        }"""
    )
    assert line == pytest.approx(label, abs=1)


def test_a_tab_has_an_address(open_at):
    tab = open_at(TABBED + "#__tabbed_1_4")
    assert tab.evaluate(CHECKED) == ["PyTorch"]
    tab.wait_for_load_state("networkidle")
    tab.evaluate("location.hash = '#__tabbed_1_2'")
    until(tab, "document.querySelector('#__tabbed_1_2').checked")


def test_tabs_work_without_storage(open_at):
    tab = open_at(TABBED, NO_STORAGE)
    tab.locator(".tabbed-labels--linked").first.wait_for()
    tab.locator("[data-tabs] label", has_text="JAX").click()
    assert tab.evaluate(CHECKED) == ["JAX"]
    assert tab.complaints == []


# The place in the page.

ACTIVE = """() => [...document.querySelectorAll(".md-nav--secondary .md-nav__link--active")]
  .map((link) => [link.hash, link.getAttribute("aria-current")])"""


def to_heading(tab, i):
    return tab.evaluate(
        """(i) => {
          const heading = document.querySelectorAll("article h2")[i];
          scrollTo({ top: heading.getBoundingClientRect().top + scrollY - 40, behavior: "instant" });
          return `#${heading.id}`;
        }""",
        i,
    )


def test_contents_and_address_follow_the_scroll(open_at):
    tab = open_at(CHAPTER + "?x=1")
    tab.wait_for_load_state("networkidle")
    for i in (2, 4, 1):
        hash_ = to_heading(tab, i)
        until(tab, "(hash) => location.hash === hash", hash_)
        assert tab.evaluate(ACTIVE) == [[hash_, "location"]]
        assert "?x=1#" in tab.url
    passed = tab.locator(".md-nav--secondary .md-nav__link--passed")
    assert passed.count() == 2
    tab.evaluate("scrollTo(0, 0)")
    until(tab, "location.hash === ''")
    assert tab.evaluate(ACTIVE) == []
    tab.evaluate("scrollTo(0, 1e6)")
    until(tab, "document.querySelector('.md-nav--secondary li:last-child > .md-nav__link--active')")
    assert tab.complaints == []


def test_the_address_of_a_link_stays(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    link = tab.locator(".md-nav--secondary a").nth(3)
    link.click()
    hash_ = link.get_attribute("href")
    tab.wait_for_timeout(700)
    assert tab.url.endswith(hash_)
    assert tab.evaluate(ACTIVE) == [[hash_, "location"]]


def test_the_header_names_the_page_when_its_title_has_gone(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    assert tab.locator(".md-header__title--active").count() == 0
    tab.evaluate("scrollTo(0, 600)")
    tab.locator(".md-header__title--active").wait_for()
    tab.evaluate("scrollTo(0, 0)")
    until(tab, "!document.querySelector('.md-header__title--active')")


def test_menu_and_contents_fit_on_the_screen_and_show_where_the_reader_is(open_at):
    tab = open_at("about/decisions/", viewport={"width": 1280, "height": 600})
    tab.wait_for_load_state("networkidle")
    for y in (0, 2000, 1e6):
        tab.evaluate("(y) => scrollTo(0, y)", y)
        boxes = tab.evaluate(
            """() => [...document.querySelectorAll(".md-sidebar__scrollwrap")].map((box) => {
              const { bottom } = box.getBoundingClientRect(); return bottom - innerHeight; })"""
        )
        assert max(boxes) <= 0, y
    assert tab.locator(".md-sidebar--primary [aria-current=location]").evaluate(
        """(link) => {
          const inner = link.getBoundingClientRect();
          const box = link.closest(".md-sidebar__scrollwrap").getBoundingClientRect();
          return inner.top >= box.top && inner.bottom <= box.bottom;
        }"""
    )


# Keys and the menu.


def test_keys_turn_the_page_but_not_while_typing(open_at):
    tab = open_at(CHAPTER)
    for key, page in [
        ("n", "descent/adaptive-steps/"),
        ("p", CHAPTER),
        (".", "descent/adaptive-steps/"),
        (",", CHAPTER),
    ]:
        tab.wait_for_load_state("networkidle")
        tab.keyboard.press(key)
        tab.wait_for_url(f"**/{page}")
    tab.wait_for_load_state("networkidle")
    for modifier in ("Control", "Alt", "Meta"):
        tab.keyboard.press(f"{modifier}+.")
    tab.click(".md-search__input")
    tab.keyboard.type("n.p,fs/")
    assert tab.locator(".md-search__input").input_value() == "n.p,fs/"
    assert CHAPTER in tab.url


def test_the_drawer_by_keyboard(open_at):
    tab = open_at(CHAPTER, viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    button = tab.get_by_role("button", name="Navigation", exact=True)
    inside = "document.activeElement.closest('.md-sidebar--primary') !== null"
    for _ in range(8):  # a closed drawer takes no focus
        tab.keyboard.press("Tab")
        assert not tab.evaluate(inside)
    for key in ("Enter", "Space"):
        button.focus()
        tab.keyboard.press(key)
        until(tab, inside)
        assert button.get_attribute("aria-expanded") == "true"
        tab.keyboard.press("Escape")
        until(tab, "!document.querySelector('#__drawer').checked")
        assert button.evaluate("(button) => button === document.activeElement")
        assert button.get_attribute("aria-expanded") == "false"


def part(tab, title):
    """The id of what folds a part of the menu."""
    labels = tab.locator(".md-sidebar--primary label.md-nav__link[for^=__nav]").all()
    (found,) = [label for label in labels if label.text_content().strip() == title]
    return found.get_attribute("for")


def test_the_parts_of_the_drawer_by_keyboard(open_at):
    tab = open_at(CHAPTER, viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    tab.get_by_role("button", name="Navigation", exact=True).press("Enter")
    until(tab, "document.activeElement.closest('.md-sidebar--primary') !== null")
    here, there = part(tab, "Descent"), part(tab, "Backprop")
    tab.locator(f".md-sidebar--primary label.md-nav__title[for={here}]").press("Enter")
    until(tab, f"!document.getElementById('{here}').checked")
    tab.locator(f".md-sidebar--primary label.md-nav__link[for={there}]").press("Enter")
    until(tab, f"document.getElementById('{there}').checked")
    opened = tab.locator(f".md-sidebar--primary nav[aria-labelledby={there}_label]")
    assert opened.get_attribute("aria-expanded") == "true"
    tab.locator(".md-sidebar--primary a", has_text="Chains").press("Enter")
    tab.wait_for_url("**/backprop/chains/")


def test_a_folded_part_of_the_menu_opens_by_keyboard(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    api = part(tab, "API")
    label = tab.locator(f".md-sidebar--primary label.md-nav__link[for={api}]")
    link = tab.locator(".md-sidebar--primary a[href*='reference/api/value']")
    assert not link.is_visible()
    for key, shown in [("Enter", "true"), ("Space", "false")]:
        label.press(key)
        nav = tab.locator(f".md-sidebar--primary nav[aria-labelledby={api}_label]")
        assert nav.get_attribute("aria-expanded") == shown
        link.wait_for(state="visible" if shown == "true" else "hidden")


def test_a_link_in_the_drawer_to_its_own_page_closes_it(open_at):
    tab = open_at(CHAPTER, viewport=PHONE, has_touch=True, is_mobile=True)
    tab.wait_for_load_state("networkidle")
    tab.tap("header label[for=__drawer]")
    tab.tap(".md-sidebar--primary label[for=__toc].md-nav__link")
    tab.tap(".md-sidebar--primary .md-nav--secondary a >> nth=2")
    until(tab, "!document.querySelector('#__drawer').checked")


def test_a_title_that_does_not_fit_is_told(open_at):
    tab = open_at(CHAPTER, viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    title = tab.locator(".md-header__topic .md-ellipsis").first
    title.evaluate("(words) => { words.style.width = '2em'; }")
    title.hover()
    assert title.get_attribute("title") == title.inner_text()


# Folded parts, and what is wider than its place.


def test_a_link_into_a_folded_part_unfolds_it(open_at):
    page = "reference/find-the-bug/"
    tab = open_at(page)
    tab.wait_for_load_state("networkidle")
    tab.evaluate("document.querySelector('article details code').id = 'inside'")
    tab.evaluate("location.hash = '#inside'")
    until(tab, "document.getElementById('inside').closest('details').open")
    until(tab, "document.getElementById('inside').getBoundingClientRect().top < innerHeight")


@pytest.mark.parametrize("page", [CHAPTER, TABBED, ""], ids=name_of)
@pytest.mark.parametrize("address", ["#%E0%A4%A", "#nosuch", "#", "?h=%22&q=", "?h=(", "#:~:text=x"])
def test_no_address_is_an_error(open_at, page, address):
    tab = open_at(page + address)
    tab.wait_for_load_state("networkidle")
    tab.evaluate("scrollTo(0, 500)")
    tab.evaluate("location.hash = '#%E0%A4%A'")
    tab.wait_for_timeout(400)
    assert tab.complaints == []


def test_print_shows_the_folded_parts_and_folds_them_again(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    count = "document.querySelectorAll('article details:not([open])').length"
    folded = tab.evaluate(count)
    assert folded
    tab.evaluate("document.querySelector('article details').open = true")
    tab.emulate_media(media="print")
    until(tab, count + " === 0")
    tab.emulate_media(media="screen")
    until(tab, f"{count} === {folded - 1}")


def test_on_paper_the_answers_stand_together_at_the_end(open_at):
    tab = open_at(CHAPTER)
    tab.wait_for_load_state("networkidle")
    before = tab.inner_html("article")
    quizzes = tab.locator("article .gd-quiz").count()
    tab.emulate_media(media="print")
    until(tab, "document.querySelector('article > .gd-answers:last-child')")
    assert tab.locator(".gd-answers details").count() == quizzes > 0
    assert tab.locator(".gd-quiz details").count() == 0
    assert tab.locator(".gd-answers .gd-why").first.is_visible()
    tab.emulate_media(media="screen")
    until(tab, "!document.querySelector('.gd-answers')")
    assert tab.inner_html("article") == before


# A4 sheets; before there were rules for paper: 19, 18 and 20.
SHEETS = {"descent/momentum/": 11, "backprop/mlps/": 11, "descent/schedules/": 12}
ON_PAPER = """() => {
  const width = (element) => Math.round(element.getBoundingClientRect().width);
  const all = (css) => [...document.querySelectorAll(`article ${css}`)];
  const shown = (css) => all(css).filter((element) => element.checkVisibility()).length;
  return {
    text: width(document.querySelector("article > p:not([class])")),
    figures: [...new Set(all("> .gd-figure > :first-child").map(width))],
    size: getComputedStyle(document.querySelector("article > p:not([class])")).fontSize,
    split: all("pre").filter((pre) => getComputedStyle(pre).breakInside !== "avoid").length,
    pressed: shown("button, .md-button, .gd-code, .headerlink, .gd-live:not(g)"),  // a plate draws in a g
  };
}"""


@pytest.mark.parametrize("page", SHEETS, ids=name_of)
def test_a_chapter_takes_few_sheets(open_at, page):
    tab = open_at(page)
    tab.wait_for_load_state("networkidle")
    tab.emulate_media(media="print")
    until(tab, "!document.querySelector('article details:not([open])')")
    printed = tab.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= SHEETS[page]


@pytest.mark.parametrize("page", [*SHEETS, "labs/ball/"], ids=name_of)
def test_on_paper_figures_are_as_wide_as_the_text_and_nothing_is_pressed_or_split(open_at, page):
    tab = open_at(page, viewport={"width": 658, "height": 900})  # A4 within its margins
    tab.wait_for_load_state("networkidle")
    tab.emulate_media(media="print")
    until(tab, "!document.querySelector('article details:not([open])')")
    seen = tab.evaluate(ON_PAPER)
    assert seen["pressed"] == seen["split"] == 0
    assert seen["figures"] in ([], [seen["text"]])
    assert seen["size"] == "14px"  # 10.5 points


def test_on_paper_the_addresses_of_links_that_lead_out_are_notes_at_the_end(open_at):
    led = "".join(f'<a href="https://{name}.example/page">{name}</a>' for name in ("one", "two", "one"))

    def with_links(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</article>", f"<p>{led}</p></article>"))

    tab = open_at("descent/update-rule/", route=("**/update-rule/", with_links))
    tab.wait_for_load_state("networkidle")
    links = "() => [...document.querySelectorAll(\"article a[href^='http']\")].map((link) => link.href)"
    addresses = tab.evaluate(links)
    before = tab.inner_html("article")
    tab.emulate_media(media="print")
    until(tab, "document.querySelector('.gd-links')")
    notes = tab.locator(".gd-links li").all_inner_texts()
    numbers = tab.locator(".gd-link-number").all_inner_texts()
    assert notes == list(dict.fromkeys(addresses))
    assert notes[-2:] == ["https://one.example/page", "https://two.example/page"]
    assert [notes[int(number) - 1] for number in numbers] == addresses
    tab.emulate_media(media="screen")
    until(tab, "!document.querySelector('.gd-links')")
    assert tab.inner_html("article") == before


COLOURS = """() => [...document.querySelectorAll("article *")].map((element) => {
  const style = getComputedStyle(element);
  const of = ["color", "fill", "stroke", "backgroundColor", "borderColor"];
  return [element.tagName, ...of.map((name) => style[name])].join(" ");
})"""


@pytest.mark.parametrize(
    "page", [CHAPTER, "training/digits/", "labs/ball/", "reference/cheat-sheet/"], ids=name_of
)
def test_on_paper_the_colours_are_those_of_the_light_scheme(open_at, page):
    tab = open_at(page)
    tab.wait_for_load_state("networkidle")
    on_screen = tab.evaluate(COLOURS)
    tab.emulate_media(media="print", color_scheme="light")
    light = tab.evaluate(COLOURS)
    tab.emulate_media(media="screen", color_scheme="dark")
    until(tab, f"({IS})('slate')")
    dark = tab.evaluate(COLOURS)
    tab.emulate_media(media="print", color_scheme="dark")
    assert dark != on_screen
    assert tab.evaluate(COLOURS) == light


def test_what_is_wider_than_its_place_takes_the_focus(open_at):
    tab = open_at("reference/cheat-sheet/", viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    boxes = ".md-typeset__scrollwrap, .gd-math-block, article pre > code"
    wrong = f"""() => [...document.querySelectorAll("{boxes}")]
      .filter((box) => (box.tabIndex === 0) !== (box.scrollWidth > box.clientWidth)).length"""
    tab.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")
    until(tab, f"({wrong})() === 0")
    assert tab.locator(".md-typeset__scrollwrap[tabindex='0']").count()
    tab.set_viewport_size({"width": 1600, "height": 900})
    until(tab, f"({wrong})() === 0")


@pytest.mark.parametrize("page", ["reference/cheat-sheet/", "training/digits/"], ids=name_of)
def test_what_is_cut_fades_where_more_follows(open_at, page):
    tab = open_at(page, viewport=PHONE)
    until(tab, "document.querySelector('[data-more=after]')")
    box = tab.locator("[data-more=after] >> visible=true").first.element_handle()
    fades = "(box) => getComputedStyle(box).maskImage !== 'none'"
    assert box.evaluate(fades)
    for x, more in ((20, "before after"), (1e6, "before"), (0, "after")):
        box.evaluate("(box, x) => { box.scrollLeft = x; }", x)
        until(tab, "([box, more]) => box.dataset.more === more", [box, more])
    tab.set_viewport_size({"width": 3000, "height": 900})
    until(tab, "(box) => !('more' in box.dataset)", box)
    assert not box.evaluate(fades)


@pytest.mark.parametrize("page", [CHAPTER, "training/digits/", "reference/api/value/"], ids=name_of)
def test_on_a_phone_no_code_is_under_the_button_that_copies_it(open_at, page):
    tab = open_at(page, viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    tab.locator(".md-code__button").first.wait_for(state="attached")
    tab.wait_for_load_state("networkidle")
    under = tab.evaluate(
        """() => [...document.querySelectorAll("article .md-code__button")].filter((button) => {
          const code = button.closest("pre").querySelector("code");
          const words = document.createRange();
          words.selectNodeContents(code);
          const { bottom } = button.getBoundingClientRect();
          return button.offsetHeight && words.getBoundingClientRect().top < bottom - 1;
        }).length"""
    )
    assert under == 0


def test_without_script_no_dead_control_is_shown(browser, server):
    with visit(browser, server, CHAPTER, javascript=False) as opened:
        for css in (
            ".md-search",
            "header label[for=__search]",
            ".md-header__option label",
            ".md-code__button",
        ):
            assert not opened.tab.locator(css).first.is_visible(), css


def test_the_button_of_the_colours_answers_before_the_page_is_drawn_anew(open_at):
    # What a reader waits for is the next frame; all colours of a long page take a slow phone several.
    tab = open_at("reference/cheat-sheet/", viewport=PHONE)
    tab.wait_for_load_state("networkidle")
    answered = tab.evaluate(
        """(css) => {
          document.querySelector(css).click();
          return [document.querySelector(css).hidden, document.body.dataset.mdColorScheme];
        }""",
        DARK,
    )
    assert answered == [True, "default"]
    until(tab, IS, "slate")
