"""The policy of each page: nothing that the book did not put there is loaded, run or drawn."""

import re

import pytest
from built import PAGES, file_of, name_of, parse

from gdbook.site.build.policy import guarded, headers, policy, scripts

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
PAGE = '<!doctype html><html><head><meta charset="utf-8"><title>t</title></head><body>{}</body></html>'

# What must not work in a page: each is tried, and the browser says which rule it is against.
TRIED = """async () => {
  const against = [];
  document.addEventListener("securitypolicyviolation", (event) => against.push(event.effectiveDirective));
  const article = document.querySelector("article");
  const add = (tag, properties) => article.append(Object.assign(document.createElement(tag), properties));
  article.insertAdjacentHTML("beforeend", '<i style="color: red" onclick="window.bad = 1">x</i>');
  article.lastElementChild.click();
  add("script", { textContent: "window.bad = 2" });
  add("script", { src: "data:text/javascript,window.bad=3" });
  add("style", { textContent: "i { color: red }" });
  add("iframe", { src: "data:text/html,x" });
  add("img", { src: "https://example.org/x.png" });
  add("form", { action: "/elsewhere", id: "sent" });
  document.getElementById("sent").submit();
  await fetch("https://example.org/").catch(() => {});
  await new Promise((go) => setTimeout(go, 300));
  const { color } = getComputedStyle(article.lastElementChild.parentElement.querySelector("i[onclick]"));
  return { against: [...new Set(against)].sort(), bad: window.bad ?? null, color };
}"""


@every_page
def test_nothing_in_a_page_needs_more_than_its_policy_allows(site, page):
    text = file_of(site, page).read_text(encoding="utf-8")
    (said,) = META.findall(text)
    head = text.partition("<head>")[2]
    assert re.match(r'\s*<meta charset="utf-8"><meta http-equiv="Content-Security-Policy"', head)
    for element in parse(file_of(site, page))[0].iter():
        assert element.tag != "style"
        assert [name for name in element.attrib if name == "style" or str(name).startswith("on")] == []
        assert not (element.get("href") or "").startswith("javascript:")
    assert "unsafe" not in said.replace("'wasm-unsafe-eval'", "")  # of which test_run.py says where it stands
    allowed = " ".join(["'self'", *scripts(text)])
    assert f"default-src 'none'; script-src {allowed}; style-src 'self'; " in said


@pytest.fixture(scope="module")
def ruled(browser):
    """A tab in which the policy holds, and what the browser says in it."""
    context = browser.new_context(bypass_csp=False, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    yield tab
    context.close()


# A reader's way through a page: to its end, a quiz, each control of a lab, the palette, the search.
USED = """async () => {
  const rest = () => new Promise((go) => setTimeout(go, 60));
  for (let y = 0; y < document.body.scrollHeight; y += 700) {
    scrollTo(0, y);
    await rest();
  }
  for (const folded of document.querySelectorAll("article details")) folded.open = true;
  for (const option of document.querySelectorAll("gd-quiz label, .tabbed-labels label")) option.click();
  for (const lab of document.querySelectorAll("[data-lab]")) {
    for (let i = 0; i < 50 && !("ready" in lab.dataset); i++) await rest();
    const key = { key: "ArrowRight", bubbles: true, cancelable: true };
    for (const slider of lab.querySelectorAll("[type=range]")) {
      slider.dispatchEvent(new KeyboardEvent("keydown", key));
      await rest();
    }
    for (const box of lab.querySelectorAll("[type=checkbox]")) box.click();
    for (const button of lab.querySelectorAll("button[data-do]")) button.click();
    await rest();
  }
  for (const plate of document.querySelectorAll("gd-plate")) {
    plate.scrollIntoView();
    for (let i = 0; i < 50 && !("ready" in plate.dataset); i++) await rest();
    for (const slider of plate.querySelectorAll("[type=range]")) {
      slider.value = 900;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const button of plate.querySelectorAll("button")) button.click();
    for (const phrase of document.querySelectorAll("a[data-set]")) phrase.click();
    await rest();
  }
  document.querySelector("label[for=__palette_1]")?.click();
  const search = document.querySelector(".md-search__input");
  search.focus();
  search.value = "momentum";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  for (let i = 0; i < 50 && !document.querySelector(".md-search-result__item"); i++) await rest();
  return document.querySelectorAll(".md-search-result__item").length;
}"""


@every_page
def test_all_of_a_page_works_under_its_policy(ruled, server, page):
    ruled.complaints.clear()
    ruled.goto(server.url + page)
    assert ruled.evaluate(USED) > 0
    assert ruled.complaints == []


def test_what_is_against_the_policy_does_not_happen(browser, server):
    tab = browser.new_page(bypass_csp=False)
    tab.goto(server.url + "descent/momentum/")
    seen = tab.evaluate(TRIED)
    tab.close()
    assert seen["against"] == [
        "connect-src",
        "form-action",
        "frame-src",
        "img-src",
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
        "style-src-elem",
    ]
    assert seen["bad"] is None
    assert seen["color"] != "rgb(255, 0, 0)"


@pytest.mark.parametrize("script", ["window.done = 1", "\n  window.done = 1; // “é”\n"])
def test_an_inline_script_runs_if_its_hash_is_in_the_policy_and_not_if_it_differs(browser, script):
    page = guarded(PAGE.format(f"<script>{script}</script>"))
    tab = browser.new_page(bypass_csp=False)
    for html, done in ((page, 1), (page.replace("= 1", "= 2"), None)):
        tab.route(
            "**/*",
            lambda route, _, html=html: route.fulfill(body=html, content_type="text/html; charset=utf-8"),
        )
        tab.goto("http://gdbook.test/")
        assert tab.evaluate("window.done ?? null") == done
        tab.unroute("**/*")
    tab.close()


def test_the_headers_for_hosts_allow_what_the_pages_do_and_no_more(site):
    hashes = {hash_ for page in PAGES for hash_ in scripts(file_of(site, page).read_text(encoding="utf-8"))}
    for name, lines in headers(hashes).items():
        assert (site / name).read_text(encoding="utf-8") == lines
        assert policy(sorted(hashes)) in lines
        assert "frame-ancestors 'none'" in lines
