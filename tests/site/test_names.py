"""Names of the package in prose: which become links, and to what."""

import markdown
import pytest

from gdbook.site.markdown.names import imported

EXTENSIONS = ["tables", "pymdownx.superfences", "pymdownx.inlinehilite", "gdbook.site.markdown.names"]
DESCEND = "from gdbook.descent import descend"


def links(prose, code):
    """What is linked in a page of this prose and code: ``(target, text)`` pairs."""
    html = markdown.markdown(f"{prose}\n\n```python\n{code}\n```\n", extensions=EXTENSIONS)
    found = [part.partition('" optional=""><code>') for part in html.split('<autoref identifier="')[1:]]
    return [(target, rest.partition("</code></autoref>")[0]) for target, _, rest in found]


@pytest.mark.parametrize(
    ("prose", "code", "expected"),
    [
        ("Use `descend`.", DESCEND, [("gdbook.descent.descend", "descend")]),
        ("Use `descend()`.", DESCEND, [("gdbook.descent.descend", "descend()")]),
        ("`descend`, and `descend` again", DESCEND, [("gdbook.descent.descend", "descend")]),
        ("See `rules.adam`.", "from gdbook import rules", [("gdbook.rules.adam", "rules.adam")]),
        (
            "| a |\n|---|\n| `grad` |",
            "from gdbook.autodiff import (\n    grad,\n)",
            [("gdbook.autodiff.grad", "grad")],
        ),
        ("As `h`.", "from gdbook.autodiff import hessian as h", [("gdbook.autodiff.hessian", "h")]),
        ("See [`descend`](x.md).", DESCEND, []),
        ("# `descend`", DESCEND, []),
        ("`momentum` is 0.9.", "from gdbook.rules import momentum\nmomentum = 0.9", []),
        ("`momentum` is 0.9.", "from gdbook.rules import momentum\nf(momentum=0.9)", []),
        ("`adam` and `np.sin`", "import numpy as np", []),
    ],
)
def test_a_name_is_linked_where_the_page_imports_it_and_where_it_is_named_first(prose, code, expected):
    assert links(prose, code) == expected


def test_what_a_page_shows_the_source_of_is_linked_too():
    text = "```source\ngdbook.schedules.wsd gdbook.schedules.cosine\ndocs/programs/descent.rs\n```\n"
    assert imported(text) == {"wsd": "gdbook.schedules.wsd", "cosine": "gdbook.schedules.cosine"}
