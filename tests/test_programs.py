"""The five programs of a descent print the same 50 lines; the three on two workers print the same nine."""

import functools
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from frameworks import frameworks_python

from gdbook.descent import descend
from gdbook.functions import shifted_parabola

PROGRAMS = Path(__file__).parents[1] / "docs" / "programs"
NAMES = ["descent_python.py", "descent_numpy.py", "descent.rs", "descent_pytorch.py", "descent_jax.py"]
PARALLEL = ["parallel_gdbook.py", "parallel_pytorch.py", "parallel_jax.py"]
FRAMEWORKS = {
    **{"descent_pytorch.py": "torch", "descent_jax.py": "jax"},
    **{"parallel_pytorch.py": "torch", "parallel_jax.py": "jax"},
}

# One worker runs them all, so that each program runs once.
pytestmark = pytest.mark.xdist_group("programs")


def line(k, theta, cost):
    return f"iter {k:02d} | theta = {theta:.6f} | cost = {cost:.6f}\n"


def closed_form():
    """Each step multiplies θ − 3 by 1 − 2η = 0.8, so θₖ = 3 (1 − 0.8ᵏ) and f(θₖ) = 9 · 0.64ᵏ."""
    return "".join(line(k, 3 * (1 - 0.8**k), 9 * 0.64**k) for k in range(50))


def interpreter(name):
    """The Python that can run the program."""
    module = FRAMEWORKS.get(name)
    if module is None or importlib.util.find_spec(module):
        return sys.executable
    return frameworks_python()


def compiled(path, folder):
    rustc = shutil.which("rustc")
    if rustc is None:
        pytest.skip("rustc is not installed: put a Rust toolchain on PATH")
    program = Path(folder) / "descent"
    subprocess.run([rustc, "--edition=2021", "-D", "warnings", "-o", program, path], check=True)
    return program


@functools.cache
def output(name):
    """What the program prints, as bytes decoded without changing line ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = PROGRAMS / name
        command = [compiled(path, folder)] if path.suffix == ".rs" else [interpreter(name), path]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=folder).stdout.decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_program_prints_the_closed_form(name):
    assert output(name) == closed_form()


def test_all_programs_print_the_same_bytes():
    assert len({output(name) for name in NAMES}) == 1


def on_two_workers():
    """The error θ − 3 shrinks by 1 − 2η · mean(x²) in each step, of all the rows on both workers."""
    mean = sum((i / 8) ** 2 for i in range(8)) / 8
    return "".join(f"iter {k} | cost = {9 * mean * (1 - mean) ** (2 * k):.6f}\n" for k in range(9))


@pytest.mark.parametrize("name", PARALLEL)
def test_a_program_on_two_workers_prints_the_closed_form(name):
    assert output(name) == on_two_workers()


def test_every_program_is_tested():
    assert sorted(path.name for path in PROGRAMS.iterdir() if path.is_file()) == sorted(NAMES + PARALLEL)


def test_descend_takes_the_same_steps():
    trace = descend(shifted_parabola.grad, shifted_parabola.start, steps=49, loss=shifted_parabola, lr=0.1)
    assert "".join(map(line, range(50), trace.w, trace.loss)) == closed_form()


def test_the_numpy_program_descends_in_any_dimension():
    source = (PROGRAMS / "descent_numpy.py").read_text()
    assert source.count("np.zeros(1)") == 1
    run = subprocess.run(
        [sys.executable, "-c", source.replace("np.zeros(1)", "np.zeros(4)")],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Four equal parameters take the steps of one, and cost four times as much.
    assert run.stdout == "".join(line(k, 3 * (1 - 0.8**k), 4 * 9 * 0.64**k) for k in range(50))


@pytest.mark.parametrize("name", NAMES + PARALLEL)
def test_a_program_fits_on_a_phone(name):
    lines = (PROGRAMS / name).read_text().splitlines()
    assert len(lines) <= (25 if name in NAMES else 40)
    assert max(map(len, lines)) <= 64
