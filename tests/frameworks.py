"""Scripts that need PyTorch, JAX and others run in an environment of their own, if there is one."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def frameworks_python():
    """The Python that has what .ci/frameworks.txt names; skips the test without one."""
    python = os.environ.get("GDBOOK_FRAMEWORKS_PYTHON")
    if not python:
        pytest.skip(
            "pip install -r .ci/frameworks.txt in an environment of its own,"
            " and set GDBOOK_FRAMEWORKS_PYTHON to its python"
        )
    return python


def run_with_frameworks(*command):
    """What a script of the repository prints there; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [frameworks_python(), *command],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
