"""Random programs against torch and jax: values, gradients, Hessian-vector products."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.xdist_group("frameworks")
def test_random_programs_have_the_derivatives_of_torch_and_jax():
    python = os.environ.get("GDBOOK_FRAMEWORKS_PYTHON")
    if not python:
        pytest.skip("set GDBOOK_FRAMEWORKS_PYTHON to a Python that has torch and jax")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "tests/autodiff/against_frameworks.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert len(report) == 80
    for framework, seed, off in report:
        assert off <= 1e-9, (framework, seed)  # some hundred roundings, and inverses of small matrices
