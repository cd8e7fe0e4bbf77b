"""Run by test_reference.py where torch and jax are: rules on floats, NumPy, torch and JAX arrays.

Prints as JSON the largest relative difference from NumPy for each rule that does not need NumPy.
"""

import json

import jax
import numpy as np
import torch

from gdbook.recorded import rules as recorded
from gdbook.rules import RULES

jax.config.update("jax_enable_x64", True)
# Two rules compare their count of steps with a number in an ``if``: not to be compiled.
BRANCHES = ("radam", "adopt")
STEPS = 20
NUMPY = ("shampoo", "soap")  # they need its eigenvectors


def path(step, w, gradient):
    """The parameters after each step; ``gradient(w, t)`` in the kind of ``w``."""
    state, points = (), []
    for t in range(STEPS):
        kind = type(w)
        w, *state = step(w, gradient(w, t), *state)
        assert type(w) is kind, (type(w), kind)
        points.append(np.asarray(w))
    return np.array(points)


def off(name):
    rule, w = RULES[name], recorded.start((3, 2) if name in recorded.MATRICES else (6,))
    expected = path(rule, w, recorded.gradient)
    found = [
        path(rule, torch.tensor(w), lambda w, t: torch.from_numpy(recorded.gradient(w.numpy(), t))),
        path(rule, jax.numpy.asarray(w), lambda w, t: jax.numpy.asarray(recorded.gradient(np.asarray(w), t))),
    ]
    if name not in BRANCHES:
        compiled = jax.jit(rule)
        found.append(
            path(
                compiled,
                jax.numpy.asarray(w),
                lambda w, t: jax.numpy.asarray(recorded.gradient(np.asarray(w), t)),
            )
        )
    for kind in (torch.float32, jax.numpy.float32):
        ones = torch.ones if isinstance(kind, torch.dtype) else jax.numpy.ones
        array = ones((3, 2), dtype=kind)
        after, *state = rule(array, array)
        after, *_ = rule(after, array, *state)
        assert after.dtype == kind, (name, after.dtype)
    return max(float(np.max(np.abs(points - expected)) / np.max(np.abs(expected))) for points in found)


print(json.dumps({name: off(name) for name in RULES if name not in NUMPY}))
