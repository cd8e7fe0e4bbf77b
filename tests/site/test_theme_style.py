"""Of the theme's style, the book keeps what its pages use."""

import material
import pytest
from visit import visit

from gdbook.site.build.theme_style import cut, sheets, words_of

TWO_TABS = [word for word in words_of('<p data-tabs="1:2">') if word.startswith("nth")]
THEME = [material.__path__[0] + "/templates"]


def test_the_words_of_a_page_are_in_its_tags_and_in_what_its_scripts_set():
    page = """<p class='a-b c' title="said">word</p><script>call('js')</script>"""
    assert words_of(page) == ["a-b", "c", "class", "js", "p"]


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".a{x:y}.b{x:y}", ".a{x:y}"),
        (".tabbed>:nth-child(2),.tabbed>:nth-child(3){x:y}", ".tabbed>:nth-child(2){x:y}"),
        (".b,.a:hover{x:y}", ".a:hover{x:y}"),
        (".a:not(.b){x:y}", ".a:not(.b){x:y}"),
        (".a .b{x:y}", ""),
        (":is(.a,.b) p,.b:is(p,q){x:y}", ":is(.a,.b) p{x:y}"),
        ("[dir=ltr] .a{x:y}[dir=rtl] .a{x:y}", "[dir=ltr] .a{x:y}"),
        ("@media print{.a{x:y}.b{x:y}}@media screen{.b{x:y}}", "@media print{.a{x:y}}"),
        ("@keyframes k{from{x:y}to{x:z}}.b{x:y}", "@keyframes k{from{x:y}to{x:z}}"),
        (":root{--b:url(\"data:,{};\");--c:1}.a{x:var(--c)}", ":root{--c:1}.a{x:var(--c)}"),
        (":root{--own:1;--of:var(--b);--b:2}", ":root{--own:1;}"),
        ("@charset \"UTF-8\";/* .b{} */.a{x:y}", "@charset \"UTF-8\";.a{x:y}"),
        (".a:before{content:\"}\"}", ".a:before{content:\"}\"}"),
    ],
)  # fmt: skip
def test_a_rule_stays_if_all_names_of_a_selector_are_there(css, left):
    assert cut(css, ["a", "p", "dir", "ltr", "tabbed", *TWO_TABS], "x: var(--own)") == left


# The selectors of the theme that have an element on the page, and their rules.
ANSWERED = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const found = [];
  const states = new RegExp("::?(?:before|after|hover|focus|active|checked|disabled|focus-visible"
    + "|focus-within|first-line|[\\\\w-]*placeholder[\\\\w-]*|-[\\\\w-]+)(?![\\\\w(-])", "g");
  const take = (rules, around) => {
    for (const rule of rules) {
      // One that sets nothing but variables may be gone, if they are not used.
      if (rule.selectorText && [...rule.style].some((name) => !name.startsWith("--")))
        for (const one of rule.selectorText.split(/,(?![^(]*\\))/))
          try {
            if (document.querySelector(one.replace(states, "") || "*")) found.push(`${around} ${one.trim()}`);
          } catch {}
      if (rule.cssRules && rule.conditionText !== undefined)
        take(rule.cssRules, `${around} ${rule.conditionText}`);
    }
  };
  take(sheet.cssRules, "");
  return found;
}"""


@pytest.mark.parametrize(
    "page", ["", "descent/schedules/", "training/digits/", "labs/race/", "reference/api/value/"]
)
@pytest.mark.parametrize("width", [390, 1280])
def test_no_rule_is_lost_that_a_page_answers_to(browser, server, site, page, width):
    with visit(browser, server, page, width) as opened:
        whole, left = (
            opened.tab.evaluate(ANSWERED, css)
            for css in (sheets(THEME), (site / "assets/theme.css").read_text("utf-8"))
        )
    assert len(left) > 200
    assert set(whole) - set(left) == set()


def test_most_of_it_is_not_needed(site):
    assert (site / "assets" / "theme.css").stat().st_size < 0.6 * len(sheets(THEME))
