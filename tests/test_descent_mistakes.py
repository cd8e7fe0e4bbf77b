"""Words at their borders: a run that ends where it began has not grown."""

import subprocess
import sys

import numpy as np
import pytest

from gdbook.descent import Trace, descend, outcome


def run(losses, w=(1.0, 1.0), grad=(1.0,)):
    return Trace(np.array(w), np.array(losses, dtype=float), np.array(grad), None)


def test_a_loss_that_ends_where_it_began_has_not_grown():
    assert outcome(run([1.0, 1.0])) != "grew"
    assert outcome(run([1.0, 2.0, 1.0], w=(1.0, 2.0, 1.0), grad=(1.0, 1.0))) != "grew"
    assert outcome(run([1.0, np.nextafter(1.0, 2.0)])) == "grew"
    assert outcome(run([1.0, np.nextafter(1.0, 0.0)])) == "descending"


@pytest.mark.parametrize("tolerance", [1e-3, 0.5])
def test_the_tolerance_itself_is_near_enough(tolerance):
    beyond = np.nextafter(tolerance, 1.0)
    assert outcome(run([2.0, 1.0], grad=(tolerance,)), tolerance=tolerance) == "converged"
    assert outcome(run([2.0, 1.0], grad=(beyond,)), tolerance=tolerance) == "descending"
    assert outcome(run([2.0, 1.0], w=(9.0, tolerance)), minimum=0.0, tolerance=tolerance) == "converged"
    assert outcome(run([2.0, 1.0], w=(9.0, beyond)), minimum=0.0, tolerance=tolerance) == "descending"


def test_the_tolerance_is_a_thousandth_unless_given():
    assert outcome(run([2.0, 1.0], grad=(1e-3,))) == "converged"
    assert outcome(run([2.0, 1.0], grad=(1.1e-3,))) == "descending"


def test_what_is_not_said_is_as_in_the_docstring():
    """A hundred steps of gradient descent with η = 0.1, and no loss."""
    trace = descend(lambda w: 2 * w, 1.0)
    np.testing.assert_allclose(trace.w, 0.8 ** np.arange(101), rtol=1e-12)
    assert trace.loss is None


def test_each_function_is_called_once_for_each_number_that_is_recorded():
    called = {"grad": [], "loss": []}

    def grad(w):
        called["grad"].append(w)
        return w

    def loss(w):
        called["loss"].append(w)
        return w * w / 2

    trace = descend(grad, 1.0, steps=7, loss=loss, lr=0.5)
    assert called["grad"] == trace.w[:-1].tolist()
    assert called["loss"] == trace.w.tolist()
    asked = []
    descend(grad, 1.0, steps=4, lr=lambda t: asked.append(t) or 0.1)
    assert asked == [0, 1, 2, 3]


def test_without_numpy_a_start_is_a_number():
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from gdbook.descent import descend\n"
        "print(descend(lambda w: w, 1.0, steps=2, lr=0.5).w)\n"
        "try: descend(lambda w: w, [1.0])\n"
        "except TypeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    numbers, words = done.stdout.splitlines()
    assert numbers == "[1.0, 0.5, 0.25]"
    assert words.startswith("w0 must be a number")
    assert "[1.0]" in words


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_one_odd_component_is_enough(odd):
    with pytest.raises(ValueError, match="w0 must be finite"):
        descend(lambda w: w, np.array([1.0, odd]))
    trace = descend(lambda w: np.array([1.0, 1.0 if w[0] > 0.85 else odd]), np.ones(2), steps=5)
    assert trace.diverged_at == 2
    assert np.all(np.isfinite(trace.w[:2]))
