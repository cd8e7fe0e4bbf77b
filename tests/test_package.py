"""The package as others install it, and the lock that says what the book is built with."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text().splitlines()

PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)( ; (?P<marker>\S.*))?")


def run(*command, cwd):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=cwd).stdout


def needs(extra):
    """The requirements of an extra, with those of the extras that it includes."""
    for text in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == "gdbook":
            for inner in sorted(requirement.extras):  # a set: its order differs from worker to worker
                yield from needs(inner)
        else:
            yield requirement


def test_the_wheel_needs_only_numpy(tmp_path):
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("gdbook-*.whl")
    assert "gdbook/py.typed" in zipfile.ZipFile(wheel).namelist()  # type checkers read the annotations
    run(sys.executable, "-m", "venv", tmp_path / "bare", cwd=tmp_path)
    python = tmp_path / "bare" / "bin" / "python"
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "-q", "-c", ROOT / "requirements.lock", wheel, cwd=tmp_path)

    installed = {text.split("==")[0] for text in run(*pip, "list", "--format=freeze", cwd=tmp_path).split()}
    assert installed - {"pip", "setuptools"} == {"gdbook", "numpy"}

    # -I, so that the package comes from the wheel and not from the clone.
    program = (
        "from gdbook.descent import descend; from gdbook.functions import shifted_parabola as f;"
        "print(descend(f.grad, f.start, steps=1).w)"
    )
    assert run(python, "-I", "-c", program, cwd=tmp_path) == "[0.  0.6]\n"
    assert run(python, "-I", "-c", EVERY_MODULE, cwd=tmp_path) == "plotext\n"


# Imports each module of the package, and prints the libraries that are not there.
EVERY_MODULE = """
import importlib, pkgutil, gdbook
for found in pkgutil.walk_packages(gdbook.__path__, "gdbook."):
    if found.name != "gdbook.__main__":
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as missing:
            print(missing.name)
"""


def test_the_lock_holds_exact_pins_only():
    assert [line for line in LOCK if not PIN.fullmatch(line)] == []
    for line in LOCK:
        Requirement(line)  # the marker parses


def test_the_lock_holds_no_address():
    assert [line for line in LOCK if "://" in line or " @ " in line] == []


@pytest.mark.parametrize("requirement", [*map(Requirement, PROJECT["dependencies"]), *needs("dev")], ids=str)
def test_the_lock_pins_what_pyproject_asks_for(requirement):
    pins = [pin for pin in map(Requirement, LOCK) if pin.name == canonicalize_name(requirement.name)]
    assert pins
    for pin in pins:
        (version,) = pin.specifier
        assert version.version in requirement.specifier


def test_the_frameworks_are_pinned_with_the_same_numpy():
    text = (ROOT / ".ci" / "frameworks.txt").read_text()
    pins = [line for line in text.splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    assert {"torch", "jax", "jaxlib", "optax", "scipy"} <= {PIN.fullmatch(pin)["name"] for pin in pins}
    assert {pin for pin in pins if pin.startswith("numpy")} == {
        line for line in LOCK if line.startswith("numpy==")
    }
