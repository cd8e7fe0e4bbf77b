"""Other libraries' forms of the rules: not the same as ours, and the same with what the page says."""

import numpy as np
import pytest
from frameworks import run_with_frameworks

from gdbook import conventions, rules
from gdbook.conventions import CONVENTIONS, adamw_of_the_paper, keras_l2
from gdbook.recorded import rules as recorded
from gdbook.recorded.conventions import difference


@pytest.mark.parametrize("name", CONVENTIONS)
def test_the_same_call_is_not_the_same(name):
    assert difference(name, "ours") > 1e-5


@pytest.mark.parametrize("name", CONVENTIONS)
def test_with_what_the_page_says_it_is(name):
    assert difference(name, "same") <= 1e-13  # two hundred steps of other roundings


@pytest.mark.parametrize("w", [1.0, np.array([1.0, -2.0])], ids=["number", "array"])
def test_with_the_rate_inside_a_step_of_rate_0_moves_on_by_the_velocity(w):
    """A schedule may reach 0: Keras then steps by μv, and keeps that as its velocity."""
    after, v = conventions.momentum_with_rate_inside(w, 3.0 * w, 0.5, lr=0.0, momentum=0.9)
    np.testing.assert_array_equal(after, w + 0.9 * 0.5)
    np.testing.assert_array_equal(v, 0.9 * 0.5)


def test_averages_without_momentum_are_gradients():
    assert conventions.momentum_of_averages(1.0, 3.0, 0.5, lr=0.0, momentum=0.0) == (1.0, 3.0)
    assert conventions.momentum_of_averages(1.0, 3.0, 0.5, lr=0.1, momentum=0.5) == (1.0 - 0.1 * 1.75, 1.75)


def test_pytorchs_adam_has_its_decay_in_the_gradient():
    runs = [run for run in recorded.recorded("adam") if run["coupled"] and run["library"].startswith("torch")]
    assert runs
    for run in runs:
        w, state, kept = recorded.start(recorded.SHAPES[run["shape"]]), (), []
        for t in range(recorded.STEPS):
            w, *state = conventions.adam_with_decay_in_gradient(
                w, recorded.gradient(w, t), *state, weight_decay=run["coupled"], **run["hyper"]
            )
            if t + 1 in recorded.KEPT:
                kept.append(w)
        np.testing.assert_allclose(kept, run["w"], rtol=0, atol=1e-13)


def test_only_a_start_of_its_own_makes_adagrad_notice_the_scale_of_the_loss():
    def end(scale, *start):
        w, state = 1.0, start
        for _ in range(20):
            w, *state = rules.adagrad(w, scale * w, *state, lr=0.1)
        return w

    assert end(128) == pytest.approx(end(1), rel=1e-8)  # what an ε of 1e-10 leaves
    assert abs(end(128, 0.1) - end(1, 0.1)) > 1e-3


@pytest.mark.parametrize("dampening", [0.0, 0.5])
def test_dampening_spares_the_first_step(dampening):
    w, (_, t) = conventions.momentum_with_dampening(1.0, 2.0, lr=0.1, dampening=dampening)
    assert (w, t) == (1 - 0.1 * 2, 1)


def test_the_papers_adamw_written_out():
    """Loshchilov, Hutter 2019, Algorithm 2: x − η (α m̂ / (√v̂ + ε) + λ x), with η = 0.97ᵗ."""
    alpha, eps, decay, b1, b2 = 0.02, 1e-3, 0.05, 0.8, 0.95
    x = w = recorded.start((5,))
    m = v = 0
    state = ()
    for t in range(50):
        eta = 0.97**t
        g = recorded.gradient(x, t)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1 ** (t + 1)), v / (1 - b2 ** (t + 1))
        x = x - eta * (alpha * m_hat / (np.sqrt(v_hat) + eps) + decay * x)
        hyper = {"alpha": alpha, "beta1": b1, "beta2": b2, "eps": eps, "weight_decay": decay}
        w, *state = adamw_of_the_paper(w, recorded.gradient(w, t), *state, lr=eta, **hyper)
    np.testing.assert_allclose(w, x, rtol=1e-12)


def test_keras_l2_is_the_gradient_of_its_penalty():
    w, penalty, h = np.array([0.5, -2.0]), 0.3, 1e-6
    for i in range(2):
        nudge = np.eye(2)[i] * h
        measured = penalty * (np.sum((w + nudge) ** 2) - np.sum((w - nudge) ** 2)) / (2 * h)
        # a quadratic has no error of its own: what is left is rounding over 2h
        assert keras_l2(w, np.zeros(2), penalty)[i] == pytest.approx(measured, rel=1e-8)


@pytest.mark.xdist_group("frameworks")
def test_the_libraries_still_do_what_was_recorded():
    assert run_with_frameworks("tests/reference/record_conventions.py", "--check").strip().endswith("checked")
