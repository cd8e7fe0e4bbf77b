"""Random programs against torch and jax: values, gradients, Hessian-vector products."""

import json

import pytest
from frameworks import run_with_frameworks


@pytest.mark.xdist_group("frameworks")
def test_random_programs_have_the_derivatives_of_torch_and_jax():
    report = json.loads(run_with_frameworks("tests/autodiff/against_frameworks.py"))
    assert len(report) == 80
    for framework, seed, off in report:
        assert off <= 1e-9, (framework, seed)  # some hundred roundings, and inverses of small matrices
