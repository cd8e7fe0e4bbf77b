"""Small mistakes that would pass unseen on a page: an answer taken for right, a path that nobody sees."""

import xml.etree.ElementTree as ET

import pytest

from gdbook.site.build.svg import page_svg
from gdbook.site.markdown.quiz import quiz

SVG = "http://www.w3.org/2000/svg"


@pytest.mark.parametrize(("given", "right"), [(1000.9, True), (999.1, True), (1001.1, False), (998.9, False)])
def test_an_answer_is_right_to_one_part_in_a_thousand_and_no_more(given, right):
    options = {given: ("near", ""), 2000.0: ("far", "")}
    if right:
        assert 'data-option="0" data-right' in quiz("?", answer=1000.0, options=options)
    else:
        with pytest.raises(ValueError, match="exactly one option must be the computed answer"):
            quiz("?", answer=1000.0, options=options)


def drawn(body):
    svg = f'<svg xmlns="{SVG}" viewBox="0 0 72 36"><metadata>when</metadata><style>*{{}}</style>{body}</svg>'
    return page_svg(svg, "label", "p-")


def test_what_is_not_seen_is_not_kept():
    seen = '<path d="M 0 0 L 1.239 2" style="fill: none; stroke: #0b62c4"/>'
    unseen = '<path d="M 0 0 L 9 9" style="fill: none"/>'
    svg = drawn(f"<g>{unseen}{seen}</g><g><g></g></g><g>{unseen}</g><defs></defs>")
    root = ET.fromstring(svg)
    assert [element.tag for element in root.iter()] == ["svg", "g", "path"]
    assert root.find("g/path").get("d") == "M0 0l1.2 2"
    assert root.attrib == {"class": "gd-svg", "viewBox": "0 0 72 36", "role": "img", "aria-label": "label"}
