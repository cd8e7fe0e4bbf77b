"""The page for teachers: a lesson a chapter, and links that set what they lead to."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import plates
import pytest
from built import SOURCES, file_of, having, name_of, parse, resolve
from test_published import OF_THE_BOOK

PAGE = "about/teaching/"


@pytest.fixture(scope="module")
def links(site):
    (article,) = having(parse(file_of(site, PAGE))[0], "md-content__inner")
    return [link.get("href") for link in article.iter("a") if not link.get("href").startswith("#")]


@pytest.mark.parametrize("chapter", OF_THE_BOOK, ids=name_of)
def test_each_chapter_has_one_lesson_in_their_order(chapter):
    lessons = re.findall(
        r"^\*\*\[[^]]+\]\(\.\./([\w/-]+)\.(?:md|py)\)\*?", SOURCES[PAGE].read_text("utf-8"), re.M
    )
    assert lessons.count(chapter.strip("/")) == 1
    assert sorted(lessons) == sorted(page.strip("/") for page in OF_THE_BOOK)


def test_each_setting_of_a_plate_is_one_of_its_knobs(links):
    of_page = {(page, name.partition(".")[2]): plates.found()[name] for name, page in plates.pages().items()}
    tried = 0
    for href in links:
        page, anchor = resolve(PAGE, href)
        asked = parse_qs(urlsplit(href).query, strict_parsing=True) if "?" in href else {}
        if page.startswith("labs/"):
            continue
        for key, (value,) in asked.items():
            name, _, knob = key.partition(".")
            plate = of_page[page, name]
            assert plate.state(**{knob: float(value)})[knob] == float(value)
            assert anchor == f"figure-{name.replace('_', '-')}"
            tried += 1
    assert tried > len(plates.found())


def test_each_setting_of_a_lab_is_one_of_its_fields(site, links):
    for href in links:
        page, _ = resolve(PAGE, href)
        if page.startswith("labs/") and "?" in href:
            (lab,) = [element for element in parse(file_of(site, page))[0].iter() if element.get("data-lab")]
            assert set(parse_qs(urlsplit(href).query)) <= set(json.loads(lab.get("data-fields"))), href
