"""What a type checker says of a reader's program: right uses pass with the types that they have, wrong ones
are refused. And it reads the bodies of this package's functions, annotated or not."""

import inspect
import re
from pathlib import Path

import pytest
from mypy import api

from gdbook import autodiff

ROOT = Path(__file__).parents[1]

# A line with ``# wrong`` must be refused, all others pass.
PROGRAM = """
from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from gdbook.autodiff import grad, hvp
from gdbook.backprop.chain import backward_cost, checkpointed
from gdbook.descent import Trace, descend, hyperparameters, outcome
from gdbook.functions import FUNCTIONS, parabola, quadratic, rosenbrock
from gdbook.gradients import clip_by_norm, clip_by_value, coupled_weight_decay, global_norm
from gdbook.linear import closed_form, fit, half_mse_grad, with_intercept
from gdbook.mlp import accuracy, init, train
from gdbook.rules import RULES, adam, lion, momentum, muon, sam, schedule_free_sgd, sgd
from gdbook.schedules import SCHEDULES, cosine, reduce_on_plateau, warmup
from gdbook.second_order import bfgs, bfgs_update, newton, newton_step, two_loop, wolfe
from gdbook.theory import gd_limit, momentum_best
from gdbook.value import Value

Array = NDArray[np.float64]
a: Array = np.ones(3)
single: NDArray[np.float32] = np.ones(3, np.float32)
matrix: Array = np.eye(3)


def halved(w: Array) -> Array:
    return w / 2


def with_sign(
    w: float, g: float, state: None = None, lr: float = 0.1
) -> tuple[float, None]:
    return w - lr * (1 if g > 0 else -1), state


# A rule gives back what it is given.
assert_type(sgd(1.0, 2.0, lr=0.1), tuple[float, None])
assert_type(momentum(a, a, momentum=0.5), tuple[Array, Array])
assert_type(momentum(single, single)[0], NDArray[np.float32])
assert_type(adam(1.0, 2.0), tuple[float, tuple[float, float, int]])
assert_type(muon(matrix, matrix)[0], Array)
assert_type(lion(a, a, lr=a)[0], Array)
w, state = adam(a, a)
w, state = adam(w, 2 * w, state, lr=0.1)
y, memory = schedule_free_sgd(1.0, 2.0)
assert_type(memory[1], float)
assert_type(sam(halved)(a), Array)
adam("w", "g")  # wrong
adam([1.0], [1.0])  # wrong
adam(1.0, 2.0, lr="fast")  # wrong
adam(1.0, 2.0, learning_rate=0.1)  # wrong
muon(1.0, 2.0)  # wrong

# The loop, with losses and without.
trace = descend(parabola.grad, 1.0, adam, loss=parabola.value, lr=warmup(cosine(0.1, 100), 5), beta1=0.8)
assert_type(trace.w, Array)
assert_type(trace.loss, Array)
assert_type(trace.diverged_at, int | None)
assert_type(descend(rosenbrock.grad, rosenbrock.start).loss, Array | None)
assert_type(descend(halved, a, RULES["adam"], 10), Trace)
assert_type(descend(lambda w: 2 * w, [[1.0, 2.0]], with_sign).grad, Array)
assert_type(outcome(trace, minimum=0.0), str)
assert_type(hyperparameters(adam), dict[str, Any] | None)
descend("x", 1.0)  # wrong
descend(parabola.grad, "x")  # wrong
descend(parabola.grad, 1.0, lr="cosine")  # wrong
descend(parabola.grad, 1.0, rule="adam")  # wrong
descend(parabola.grad, 1.0, loss=1.0)  # wrong
descend(parabola.grad, 1.0, steps=1.5)  # wrong
trace.losses  # wrong

# Losses.
assert_type(parabola.grad(2.0), float)
assert_type(parabola.grad(a), Array)
assert_type(quadratic(10).grad([1.0, 2.0]), Array)
assert_type(FUNCTIONS["wavy"].dim, int)
parabola.grad("x")  # wrong
quadratic("ten")  # wrong

# Schedules.
assert_type(cosine(0.1, 100)(3), float)
assert_type(SCHEDULES["step"], Callable[..., Callable[[int], float]])
assert_type(reduce_on_plateau(0.1, 2.0), tuple[float, tuple[float, int, int]])
warmup("cosine", 5)  # wrong
cosine(0.1, 100)("first")  # wrong

# Gradients.
assert_type(clip_by_norm(a, 1.0), Array)
assert_type(clip_by_value(2.0, 1.0), float)
assert_type(coupled_weight_decay(single, single, 0.1), NDArray[np.float32])
assert_type(global_norm(a, 1.0), float)
clip_by_norm("g", 1.0)  # wrong

# Values.
v = Value(2.0)
assert_type((v * 3 + 1 / v - v**2).tanh().max(0.5), Value)
assert_type(v.grad, float)
assert_type(abs(v) < 3, bool)
assert_type(sgd(v, 2 * v)[0], Value)
v.backward(1.0)  # wrong
v + "x"  # wrong

# Models and theory.
X = with_intercept(a)
assert_type(closed_form(X, a), Array)
assert_type(fit(X, a, lr=cosine(0.1, 10)).loss, Array)
assert_type(half_mse_grad(a, X, a), Array)
params = init([2, 3, 2], np.random.default_rng(0))
labels = np.array([0, 1])
assert_type(train(params, (matrix, labels), lr=0.1).accuracy, Array)
assert_type(accuracy(params, matrix, labels), float)
assert_type(gd_limit(4.0), float)
assert_type(momentum_best(1.0, 4.0), tuple[float, float])
gd_limit("L")  # wrong

# Derivatives, and methods that use them.
run = newton(rosenbrock.value, rosenbrock.grad, rosenbrock.hess, [1.0, 2.0], steps=5)
assert_type(run.loss, Array)
assert_type(run.stopped, str)
assert_type(bfgs(parabola.value, grad(parabola.value), 1.0, line_search=wolfe).diverged_at, int | None)
assert_type(newton_step(a, matrix), Array)
assert_type(bfgs_update(matrix, a, a), Array)
assert_type(two_loop(a, [(a, a)], gamma=0.5), Array)
assert_type(checkpointed(parabola.grad, parabola.grad, 1.0, 9, 3), tuple[float, int, int])
assert_type(backward_cost([3, 5, 1]), int)
hvp("f", a, a)  # wrong
newton(1.0, parabola.grad, parabola.hess, 1.0)  # wrong
bfgs(parabola.value, parabola.grad, 1.0, memory=5)  # wrong
newton_step("g", matrix)  # wrong
two_loop(a, a)  # wrong
checkpointed(parabola.grad, parabola.grad, 1.0, 9.0, 3)  # wrong
"""


def checked(path, *options):
    """The lines that mypy complains of, and what it says."""
    cache = f"--cache-dir={ROOT / '.mypy_cache' / path.stem}"
    said, broken, _ = api.run([cache, "--no-error-summary", *options, str(path)])
    assert broken == ""
    return {int(line): words for line, words in re.findall(rf"{path.name}:(\d+): error: (.*)", said)}


def test_a_program_of_a_reader_has_the_types_that_it_should(tmp_path, monkeypatch):
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    # As of an installed package: of what it imports, the types alone.
    found = checked(path, "--config-file=", "--strict", "--follow-imports=silent")
    wrong = {n for n, line in enumerate(PROGRAM.split("\n"), 1) if line.endswith("# wrong")}
    assert {n: words for n, words in found.items() if n not in wrong} == {}
    assert wrong - found.keys() == set()


def test_the_bodies_of_functions_without_annotations_are_read(tmp_path):
    path = tmp_path / "body.py"
    path.write_text('def descend(grad, w0):\n    return 1 + "a"\n')
    found = checked(path, f"--config-file={ROOT / 'pyproject.toml'}")
    assert found.keys() == {1, 2}
    assert "missing a type annotation" in found[1]
    assert "Unsupported operand types" in found[2]


@pytest.mark.parametrize("name", autodiff.__all__)
def test_what_a_reader_calls_is_annotated(name):
    # Where mypy lets functions be without.
    signature = inspect.signature(getattr(autodiff, name))
    bare = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    assert bare == []
    assert signature.return_annotation is not signature.empty
