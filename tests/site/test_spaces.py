"""Spaces that no browser shows are left out of pages, and those that it shows are not."""

import re

import pytest
from built import PAGES, file_of, name_of

from gdbook.site.build.spaces import without_indents


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>\n\n   a  b\n\t c</p>", "<p>\na  b\nc</p>"),
        ("<p>a</p>   \n  <pre>\n  x\n\n  y</pre>\n\n<p>b</p>", "<p>a</p>\n<pre>\n  x\n\n  y</pre>\n<p>b</p>"),
        ("<script>\n  let a\n\n</script>\n\n\n<b>", "<script>\n  let a\n\n</script>\n<b>"),
        ("<textarea>\n\n a</textarea>\n\n", "<textarea>\n\n a</textarea>\n"),
        ("<pre><code>\n\n</code></pre>\n\n<pre>\n\n</pre>", "<pre><code>\n\n</code></pre>\n<pre>\n\n</pre>"),
        ("<preface>\n\n</preface>", "<preface>\n</preface>"),
        ("a\u00a0\n\n\u00a0b", "a\u00a0\n\u00a0b"),  # a space that does not break is shown
        ("no break  at all", "no break  at all"),
        ("", ""),
    ],
)
def test_one_break_is_left_of_each(page, left):
    assert without_indents(page) == left
    assert without_indents(left) == left


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_have_no_empty_lines_and_no_indents(site, page):
    text = file_of(site, page).read_text(encoding="utf-8")
    assert re.search(r"<pre|<script", text)
    assert without_indents(text) == text
