"""What a block reaches: each definition on the way, and nothing beside it."""

import pytest

from gdbook.site.kept.reach import Sources
from gdbook.site.kept.store import Store

BOOK = {
    "__init__.py": "",
    "plain.py": """
RATE = 0.1
TABLE = {}
def used(x):
    return helper(x) * RATE
def helper(x):
    return x + 1
def other(x):
    return x
""",
    "named.py": """
from gdbook import plain
from gdbook.plain import used as renamed
def through(x):
    return plain.other(x)
def by_name(x):
    return renamed(x)
def whole(name):
    return getattr(plain, name)
def later(x):
    from gdbook.deep.inside import bottom
    return bottom(x)
""",
    "deep/__init__.py": "from gdbook.deep.inside import bottom\n",
    "deep/inside.py": "def bottom(x):\n    return x\ndef beside(x):\n    return x\n",
    "twice/__init__.py": "from gdbook.twice.newton import newton\n",
    "twice/newton.py": "def newton(x):\n    return x\ndef own(x):\n    return x\n",
    "entered.py": """
from gdbook.tables import entry, kept, quiet
@entry("a")
def first(x):
    return x
@quiet
def second(x):
    return x
third = kept(lambda x: x)
""",
    "tables.py": """
ALL = {}
def entry(name):
    def enter(f):
        ALL[name] = f
        return f
    return enter
def quiet(f):
    def inner(x):
        ALL.setdefault("calls", 0)
        return f(x)
    return inner
def kept(f):
    ALL.update(f=f)
    return f
def read(name):
    return ALL[name]
""",
    "classes.py": """
class Base:
    def value(self, x):
        return shared(x)
class Derived(Base):
    def grad(self, x):
        return x
def shared(x):
    return x
""",
    "tried.py": """
try:
    import nothing_of_the_kind as found
except ImportError:
    found = None
def call(x):
    return found, x
""",
}
# A block, and what an edit of each module's definition does to it: reached or not.
CASES = {
    "a function": ("from gdbook.plain import used", {"plain.used", "plain.helper", "plain.RATE"}),
    "a module's attribute": ("from gdbook import plain\nplain.other(1)", {"plain.other"}),
    "an alias": ("import gdbook.plain as p\np.helper(1)", {"plain.helper"}),
    "through another module": ("from gdbook.named import through", {"named.through", "plain.other"}),
    "by another name": (
        "from gdbook.named import by_name",
        {"named.by_name", "plain.used", "plain.helper", "plain.RATE"},
    ),
    "an import in a function": ("from gdbook.named import later", {"named.later", "deep/inside.bottom"}),
    "a name that a package passes on": ("from gdbook.deep import bottom", {"deep/inside.bottom"}),
    "a function named like its module": ("from gdbook.twice import newton", {"twice/newton.newton"}),
    "a table and what enters it": (
        "from gdbook.tables import read\nimport gdbook.entered",
        {"tables.read", "tables.ALL", "tables.entry", "tables.kept", "entered.first", "entered.third"},
    ),
    "a derived class": (
        "from gdbook.classes import Derived",
        {"classes.Derived", "classes.Base", "classes.shared"},
    ),
    "what is bound in a try": ("from gdbook.tried import call", {"tried.call"}),
    "an import in a branch": ("if 1:\n    from gdbook.plain import helper\n    helper(1)", {"plain.helper"}),
}
DEFINITIONS = {
    "plain": ["RATE", "used", "helper", "other"],
    "named": ["through", "by_name", "whole", "later"],
    "deep/inside": ["bottom", "beside"],
    "twice/newton": ["newton", "own"],
    "entered": ["first", "second", "third"],
    "tables": ["ALL", "entry", "quiet", "kept", "read"],
    "classes": ["Base", "Derived", "shared"],
    "tried": ["call"],
}


@pytest.fixture
def book(tmp_path):
    for name, text in BOOK.items():
        path = tmp_path / "gdbook" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "gdbook"


def digest(book, code):
    sources = Sources(book, Store(None))
    return sources.digest(sources.roots(code))


def edited(text, name):
    """The text of a module with one definition changed."""
    lines = text.splitlines()
    start = next(
        i for i, line in enumerate(lines) if line.startswith((f"def {name}(", f"class {name}", f"{name} ="))
    )
    if lines[start].startswith((f"def {name}(", f"class {name}")):
        lines.insert(start + 1, "    'edited'")
    else:
        lines[start] += "  # edited"
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_a_block_reaches_its_definitions_and_no_others(book, case):
    code, expected = CASES[case]
    before, reached = digest(book, code), set()
    for module, names in DEFINITIONS.items():
        path = book / f"{module}.py"
        text = path.read_text()
        for name in names:
            path.write_text(edited(text, name))
            if digest(book, code) != before:
                reached.add(f"{module}.{name}")
        path.write_text(text)
    assert digest(book, code) == before
    assert reached == expected


@pytest.mark.parametrize(
    "code",
    [
        "from gdbook.named import whole",
        "from gdbook import plain\nprint(plain)",
        "from gdbook.plain import *",
        "import gdbook.plain as p\nvars(p)",
    ],
)
def test_all_of_a_module_is_reached_where_its_names_are_not_known(book, code):
    before = digest(book, code)
    path = book / "plain.py"
    for name in DEFINITIONS["plain"]:
        text = path.read_text()
        path.write_text(edited(text, name))
        assert digest(book, code) != before
        path.write_text(text)


def test_a_statement_that_runs_on_import_is_reached(book):
    before = digest(book, "from gdbook.plain import other")
    (book / "plain.py").write_text(BOOK["plain.py"] + "for name in 'ab':\n    TABLE[name] = 1\n")
    assert digest(book, "from gdbook.plain import other") != before


def test_the_root_of_a_package_is_reached(book):
    before = digest(book, "from gdbook.plain import other")
    (book / "__init__.py").write_text("print(1)\n")
    assert digest(book, "from gdbook.plain import other") != before


def test_code_that_is_no_python_has_no_roots(book):
    assert Sources(book, Store(None)).roots("def f(:") is None


def test_code_without_the_package_reaches_nothing(book):
    sources = Sources(book, Store(None))
    assert sources.reached(sources.roots("import math\nprint(math.pi)")) == set()


def test_what_was_read_of_a_module_is_kept_by_its_text(book, tmp_path):
    store = Store(tmp_path / "kept")
    first = Sources(book, store)
    told = first.digest(first.roots("from gdbook.plain import used"))
    second = Sources(book, store)
    assert second.digest(second.roots("from gdbook.plain import used")) == told
    (book / "plain.py").write_text(edited(BOOK["plain.py"], "helper"))
    third = Sources(book, store)
    assert third.digest(third.roots("from gdbook.plain import used")) != told
