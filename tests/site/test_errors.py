"""An error of the build says on which page and line."""

from gdbook.site.build.errors import locate


def docs_with(tmp_path, text):
    (tmp_path / "part").mkdir()
    page = tmp_path / "part" / "page.md"
    page.write_text(text, encoding="utf-8")
    return page.as_posix()


def test_a_block_is_found_at_its_first_line(tmp_path):
    page = docs_with(tmp_path, "# Title\n\n```python run\nx = 1\ny = 2\n```\n")
    assert locate("x = 1\ny = 2\n", tmp_path) == f"{page}:4"


def test_an_indented_block_is_found(tmp_path):
    page = docs_with(tmp_path, '=== "Tab"\n\n    ```python run\n    if x:\n        y = 2\n    ```\n')
    assert locate("if x:\n    y = 2", tmp_path) == f"{page}:4"


def test_a_formula_is_found_within_its_line(tmp_path):
    page = docs_with(tmp_path, "one\ntwo with $x^2$ in it\n")
    assert locate("x^2", tmp_path) == f"{page}:2"


def test_every_place_is_named(tmp_path):
    page = docs_with(tmp_path, "$x^2$\n\n$x^2$\n")
    assert locate("x^2", tmp_path) == f"{page}:1, {page}:3"


def test_what_code_printed_is_on_no_page(tmp_path):
    docs_with(tmp_path, "nothing here")
    assert "printed by a code block" in locate("x^2", tmp_path)
