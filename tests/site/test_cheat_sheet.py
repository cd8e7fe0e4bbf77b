"""The cheat sheet: every rule and schedule is on it, and its numbers are measured."""

import re
from pathlib import Path

import numpy as np
import pytest
from built import file_of, parse
from markdown import Markdown

from gdbook.rules import RULES
from gdbook.schedules import SCHEDULES
from gdbook.site.pages import cheat_sheet

LONGEST = {1280: 7000, 390: 9000}  # pixels, with all rows folded
PAGE_OF_IT = "reference/cheat-sheet/"
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "cheat-sheet.md").read_text(encoding="utf-8")


def test_every_rule_has_its_entry_heading_and_source_in_order():
    assert re.findall(r"\{\{ entry\('(\w+)'\) \}\}", PAGE) == list(RULES)
    assert re.findall(r"^### .* \{ #(\w+) \.gd-fold \}$", PAGE, re.MULTILINE) == [*RULES, "sam"]
    assert [name for name in re.findall(r"gdbook\.rules\.(\w+)", PAGE) if name in RULES] == list(RULES)


def test_the_tables_have_a_row_for_each():
    assert re.findall(r"^\| \[`(\w+)`\]", cheat_sheet.rules_table(), re.MULTILINE) == list(RULES)
    assert re.findall(r"^\| `(\w+)` ", cheat_sheet.schedules_table(), re.MULTILINE) == list(SCHEDULES)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (0.0, "all digits"),
        (2e-16, "all digits"),
        (9e-16, "15 digits"),
        (1.1e-15, "14 digits"),
        (3e-7, "6 digits"),
    ],
)
def test_a_difference_is_said_in_digits(off, words):
    assert cheat_sheet.digits(off) == words


def test_digits_are_those_of_the_numbers():
    """Two numbers that agree to 6 digits differ by less than one in the sixth."""
    a = np.pi
    assert cheat_sheet.digits(abs(a - 3.14159) / a) == "6 digits"


def test_an_entry_says_what_the_docstring_says():
    said = cheat_sheet.entry("lion")
    assert said.startswith("The sign of a momentum, so every coordinate moves by ")
    assert "`lr=0.0001`" in said
    assert "optax.lion" in said


def test_a_line_is_what_a_rule_does_or_the_last_of_its_formulas():
    assert cheat_sheet.line("adagrad").startswith("Each coordinate's rate falls")
    assert cheat_sheet.line("momentum") == r"$w_{t+1} = w_t - \eta\, v_{t+1}$"
    assert cheat_sheet.line("schedule_free_sgd") == r"$y_{t+1} = (1 - \beta)\, z_{t+1} + \beta\, x_{t+1}$"


def test_a_section_is_folded_under_its_heading_and_first_paragraph():
    text = "## A\n\nBefore.\n\n### B { #b .gd-fold }\n\nIn view.\n\nBelow.\n\n- one\n\n### C\n\nAfter."
    html = Markdown(extensions=["attr_list", "gdbook.site.markdown.folded"]).convert(text).replace("\n", "")
    assert html == (
        "<h2>A</h2><p>Before.</p>"
        '<details class="gd-fold"><summary><h3 id="b">B</h3><span>In view.</span></summary>'
        "<p>Below.</p><ul><li>one</li></ul></details><h3>C</h3><p>After.</p>"
    )


def test_each_rule_is_a_row_that_is_folded_at_first(site):
    rows = [
        row for row in parse(file_of(site, PAGE_OF_IT))[0].iter("details") if row.get("class") == "gd-fold"
    ]
    names = [heading.get("id") for row in rows for heading in row.find("summary").iter("h3")]
    assert names == [*RULES, "sam"]
    assert [row for row in rows if row.get("open") is not None] == []
    assert all(list(row.iter("pre")) for row in rows if row.find("summary/h3") is not None)


@pytest.mark.parametrize("width", LONGEST)
def test_the_page_is_short(browser, server, width):
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.goto(server.url + PAGE_OF_IT)
    assert tab.evaluate("document.documentElement.scrollHeight") <= LONGEST[width]
    tab.close()


@pytest.fixture
def sheet(tab, server):
    tab.goto(server.url + PAGE_OF_IT)
    tab.wait_for_selector(".gd-filter[data-ready]")
    return tab


def rows(tab):
    """The names of the rows that are there."""
    return tab.locator("summary > h3 >> visible=true").all_inner_texts()


def test_rows_are_sifted_by_name_and_counted(sheet):
    everything = rows(sheet)
    sheet.fill(".gd-filter input", "ADAM")
    assert rows(sheet) == ["Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Schedule-free AdamW"]
    assert sheet.inner_text(".gd-filter [role=status]") == f"6 of {len(everything)} rules"
    assert not sheet.locator("h2", has_text="Curvature").is_visible()
    sheet.fill(".gd-filter input", "free sgd")
    assert rows(sheet) == ["Schedule-free SGD"]
    sheet.fill(".gd-filter input", "nothing")
    assert rows(sheet) == []
    assert sheet.inner_text(".gd-filter [role=status]").startswith("0 of")
    sheet.keyboard.press("Escape")
    assert rows(sheet) == everything


def test_by_keyboard_enter_opens_the_first_row(sheet):
    sheet.focus(".gd-filter input")
    sheet.keyboard.type("lion")
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("document.activeElement.querySelector('h3').id") == "lion"
    assert sheet.is_visible("details[open] .gd-source")
    sheet.keyboard.press("Enter")
    assert not sheet.is_visible("details[open] .gd-source")


def test_a_link_to_a_rule_opens_its_row_also_when_it_is_sifted_out(sheet):
    sheet.fill(".gd-filter input", "lion")
    sheet.evaluate("location.hash = 'adam'")
    sheet.wait_for_function("document.getElementById('adam').closest('details').open")
    assert sheet.locator("#adam").is_visible()
    top = sheet.locator("#adam").bounding_box()["y"]
    below = sheet.locator(".gd-filter").bounding_box()
    assert below["y"] + below["height"] <= top < 800


def test_without_javascript_all_rows_are_there_and_no_filter(browser, server):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(server.url + PAGE_OF_IT)
    assert len(rows(tab)) == len(RULES) + 1
    assert not tab.is_visible(".gd-filter input")
    tab.click("#lion")
    assert tab.is_visible("details[open] .gd-source")
    context.close()


def test_on_paper_rows_are_open_without_their_code(sheet):
    sheet.emulate_media(media="print")
    sheet.wait_for_function("document.getElementById('lion').closest('details').open")
    assert sheet.locator("details:has(> summary > #lion) math").first.is_visible()
    assert not sheet.is_visible(".gd-fold .gd-source")
    assert not sheet.is_visible(".gd-filter input")
    sheet.emulate_media(media="screen")
