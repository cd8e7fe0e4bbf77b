"""The line at fault is found by running, and nothing else is taken for it."""

import pytest

from gdbook.site.pages.bugs import culprit, printed, snippet

CODE = "a = 2\nb = 2\nprint(a - b)\n"


def test_the_culprit_is_the_piece_whose_mending_makes_the_output_right():
    assert culprit(CODE, {"a - b": "a + b", "b = 2": "b = 3"}, lambda out: out == "4\n") == "a - b"


@pytest.mark.parametrize(
    ("mended", "wanted", "complaint"),
    [
        ({"a - b": "a + b", "b = 2": "b = -2"}, "4\n", "these do: ['a - b', 'b = 2']"),
        ({"b = 2": "b = 3"}, "4\n", r"these do: \[\]"),
        ({"c": "a"}, "4\n", "must stand in the code"),
        ({"a - b": "a + b"}, "0\n", "nothing to mend"),
    ],
)
def test_what_is_no_riddle_is_refused(mended, wanted, complaint):
    with pytest.raises(ValueError, match=complaint.replace("['", r"\['").replace("2']", r"2'\]")):
        culprit(CODE, mended, lambda out: out == wanted)


def test_snippet_is_the_first_block_that_runs_under_its_heading(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "### One\n\n```python run\nprint(1)\n```\n\n### Two\n\n```python\n2\n```\n\n"
        "??? solution\n    ```python run\n    if 2:\n        print(2)\n    ```\n",
        encoding="utf-8",
    )
    assert printed(snippet("One", page)) == "1\n"
    assert snippet("Two", page) == "if 2:\n    print(2)\n"
    with pytest.raises(ValueError, match="no heading 'Three'"):
        snippet("Three", page)
