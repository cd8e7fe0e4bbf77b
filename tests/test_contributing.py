"""What the page on contributing says of a new rule and a new loss, done in a copy of the repository."""

import re
import shutil
import subprocess
import sys

import pytest
from frameworks import ROOT

PAGE = (ROOT / "docs/about/contributing.md").read_text(encoding="utf-8")
RULE = re.search(r"```python run\n.*?\n\n\n(@checked\n.*?)\n\n\n", PAGE, re.DOTALL)[1]
LOSS = '''

class Exponential(Function):
    r"""A slope that grows without end on one side, and becomes a straight line on the other.

    $$f(x) = e^{x} - x$$
    """

    tex = r"e^{x} - x"
    domain = (-3.0, 2.0)
    minima = (0.0,)
    start = -2.5

    def value(self, x: T) -> T:
        return exp(x) - x

    def grad(self, x: T) -> T:
        return exp(x) - 1

    def hess(self, x: T) -> T:
        return exp(x)


exponential = Exponential()
"""An ``Exponential``."""
'''


@pytest.fixture
def copy(tmp_path):
    for name in ("docs", "gdbook", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "pyproject.toml", "README.md", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def change(path, *changes):
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def add_rule(copy, text=RULE):
    """The rule of the page, in its family and in the package's lists."""
    family = copy / "gdbook/rules/signs.py"
    family.write_text(f"{family.read_text(encoding='utf-8')}\n\n{text}\n", encoding="utf-8")
    change(
        copy / "gdbook/rules/__init__.py",
        ("import lion, rprop", "import lion, rprop, signum"),
        ('    "lion",\n', '    "lion",\n    "signum",\n'),
        ("*(rprop, lion)", "*(rprop, lion, signum)"),
    )


def check(copy, name, *files):
    """``(exit code, what was said)`` of the tests of a name in the copy."""
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-k", name, *files]
    done = subprocess.run(command, cwd=copy, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


BOUNDED = ('BOUNDED = ("adopt",', 'BOUNDED = ("signum", "adopt",')  # its step is a sign
LAWS = ("tests/rules/test_laws.py", "tests/rules/test_numbers.py", "tests/autodiff/test_own_functions.py")


def test_a_rule_joins_the_laws_by_existing(copy):
    add_rule(copy)
    change(copy / "gdbook/rules/checked.py", BOUNDED)
    code, said = check(copy, "signum", *LAWS)
    assert code == 0, said
    assert int(re.search(r"(\d+) passed", said)[1]) >= 25


def test_a_rule_that_breaks_a_law_is_named(copy):
    add_rule(copy, RULE.replace("w - lr * sign(m)", "w - lr * sign(m) * (1 + abs(w))"))
    code, said = check(copy, "signum", "tests/rules/test_laws.py")
    assert code == 1
    assert "test_the_origin_does_not_matter[signum]" in said


def test_a_rule_without_a_record_or_a_reason_is_asked_for_one(copy):
    add_rule(copy)
    code, said = check(copy, "second_derivation", "tests/rules/test_reference.py")
    assert code == 1
    assert "signum" in said


def test_a_loss_joins_the_tests_of_losses_by_existing(copy):
    change(
        copy / "gdbook/functions.py",
        ("numeric import cos, cosh, log", "numeric import cos, cosh, exp, log"),
        ("\n\nparabola = Parabola()", f"{LOSS}\n\nparabola = Parabola()"),
        ('    "wavy": wavy,\n', '    "wavy": wavy,\n    "exponential": exponential,\n'),
    )
    code, said = check(copy, "exponential", "tests/test_functions.py", "tests/autodiff/test_own_functions.py")
    assert code == 0, said
    assert int(re.search(r"(\d+) passed", said)[1]) >= 8
    program = (
        "from gdbook.cli import main; from gdbook.site.translate.rules import module;"
        "main(['list']); print('exponential: {' in module())"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, check=True, capture_output=True, text=True
    )
    assert re.search(r"exponential +e\^x - x\n", said.stdout)
    assert said.stdout.endswith("True\n")
