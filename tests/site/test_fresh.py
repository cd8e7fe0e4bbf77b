"""A program in a nursery finds what a fresh interpreter would have for it, and nothing else."""

import ast
import subprocess
from importlib.util import find_spec

import pytest
from built import ROOT
from fresh import nursery
from test_snippets import FIGURES, FRESH, begins_with

PROGRAMS = {
    "nothing imported": "import sys\nprint('numpy' in sys.modules, sys.argv, sys.flags, __name__, __file__)",
    "a forgotten part": "import matplotlib\nprint(matplotlib.figure)",
    "a forgotten import": "from matplotlib.figure import Figure\nprint(np.pi)",
    "a variable of the nursery": "import numpy\nprint(json, runpy)",
    "its names": "import numpy\nprint(sorted(globals()))",
    "text": "import numpy as np\nprint('η', repr(np.float64(2)))",
    "a warning": "import warnings\nwarnings.warn('beware')",
    "an exit": "import numpy, sys\nprint('soon')\nsys.exit(3)",
    "at the end": "import atexit\natexit.register(print, 'bye')",
    "input": "import sys\nprint(sys.stdin.read() == '')",
    "a module of the folder": "import neighbour",
    "both outputs": "import numpy, sys\nprint(1)\nprint(2, file=sys.stderr)",
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_program_does_the_same_in_a_nursery(what, tmp_path):
    text = PROGRAMS[what]
    (tmp_path / "program.py").write_text(text, encoding="utf-8")
    (tmp_path / "neighbour.py").touch()
    quick = nursery(begins_with(text), *FRESH[1:]).run_file("program.py", cwd=tmp_path)
    fresh = subprocess.run(
        [*FRESH, "program.py"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert (quick.returncode, quick.stdout) == (fresh.returncode, fresh.stdout)
    assert quick.stderr.splitlines()[-1:] == fresh.stderr.splitlines()[-1:]


def test_a_program_leaves_nothing_for_the_next(tmp_path):
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("import sys\nprint(hasattr(sys, 'mark'))\nsys.mark = 1")
        assert nursery("", *FRESH[1:]).run_file(name, cwd=tmp_path).stdout == "False\n"


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("from matplotlib.figure import Figure\nimport numpy", "import matplotlib.figure"),
        ("from gdbook.figures.house import figure\nfig, ax = figure()", FIGURES),
        ("from gdbook.data import toy_line", "import numpy"),
        ("'''Words.'''\nimport numpy", ""),
        ("x = 1\nimport numpy", ""),
        ("if True:\n    import numpy", ""),
        ("import matplotlib", ""),
        ("from gdbook.value import Value", ""),
    ],
)
def test_a_nursery_serves_what_begins_with_its_imports(text, imports):
    assert begins_with(text) == imports


@pytest.mark.parametrize(
    "path", sorted((ROOT / "gdbook" / "figures").glob("*.py")), ids=lambda path: path.stem
)
def test_a_figure_imports_the_parts_of_matplotlib_that_it_names(path):
    """Else it would be drawn in a nursery, where they are there, and nowhere else."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        f"matplotlib.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "matplotlib"
    }
    parts = {name for name in named if find_spec(name)}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert parts - imported == set()
