"""The rate that a run shows, against sequences whose rate is known and against the theory."""

import math

import pytest

from gdbook.browser.iterate import iterate
from gdbook.browser.measure import energies, measured_rate, numbers_kept
from gdbook.descent import descend
from gdbook.functions import quadratic
from gdbook.rules import RULES, momentum
from gdbook.theory import momentum_limit, momentum_rate


def test_the_energy_of_a_run_is_loss_plus_motion():
    w = [[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]]
    assert energies(w, [10.0, 0.0, 1.0], 0.5) == [10 + 25 / 1, 0 + 1 / 1]


@pytest.mark.parametrize("rate", [0.3, 0.9, 0.999, 1.0, 1.5])
def test_the_rate_of_a_geometric_run_is_its_ratio(rate):
    energy = [5 * rate ** (2 * t) for t in range(400)]
    assert measured_rate(energy) == pytest.approx(rate, rel=1e-12)


def test_what_is_too_small_or_too_large_to_be_exact_does_not_count():
    assert measured_rate([0.25**t for t in range(800)] + [0.0] * 50) == pytest.approx(0.5, rel=1e-12)
    assert measured_rate([4.0**t for t in range(500)] + [math.inf, math.nan]) == pytest.approx(2, rel=1e-12)
    assert measured_rate([1.0, 0.0, 0.0]) == 0


@pytest.mark.parametrize("kappa", [1, 3, 100, 1000])
@pytest.mark.parametrize("beta", [0, 0.3, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99, 1.001, 1.4])
def test_runs_show_the_rate_of_the_theory(kappa, beta, share):
    f, lr = quadratic(kappa), share * momentum_limit(beta, kappa)
    trace = descend(f.grad, f.start, rule=momentum, lr=lr, momentum=beta, steps=2000, loss=f)
    measured = measured_rate(energies(trace.w.tolist(), trace.loss.tolist(), lr))
    predicted = momentum_rate(lr, beta, 1.0, kappa)
    # a spiral's energy still ripples, and where the roots nearly meet a run falls as t·ρᵗ: both
    # count less the longer the run, which doubles end after some hundred steps for small rates
    assert measured == pytest.approx(predicted, rel=5e-3)


def test_a_trace_shows_the_same_rate():
    f, lr = quadratic(50), 0.03
    points, losses, _ = iterate(
        f, list(f.start), lambda w, g, v: momentum(w, g, v, lr=lr, momentum=0.8), [0.0, 0.0], 300
    )
    trace = descend(f.grad, f.start, rule=momentum, lr=lr, momentum=0.8, steps=300, loss=f)
    assert energies(trace.w.tolist(), trace.loss.tolist(), lr) == energies(points, losses, lr)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("sgd", 0),
        ("lion", 1),
        ("muon", 1),
        ("adam", 2),
        ("lamb", 2),
        ("sophia", 2),
        ("schedule_free_sgd", 2),
        ("prodigy", 4),
        ("adafactor", (64 + 32) / (64 * 32)),
        ("shampoo", (64**2 + 32**2) / (64 * 32)),
        ("soap", 2 + 2 * (64**2 + 32**2) / (64 * 32)),
    ],
)
def test_memory_is_what_the_state_must_hold(name, numbers):
    assert numbers_kept(RULES[name], 64, 32) == pytest.approx(numbers)


def test_the_memory_of_a_rule_that_takes_anything_is_counted_too():
    assert numbers_kept(lambda w, g, *state, **hyper: momentum(w, g, *state, **hyper), 64, 32) == 1


@pytest.mark.parametrize("energy", [[0, 2], [0.0, 0.0], [0.0, math.nan], [1.0], [math.inf, 1.0]])
def test_where_nothing_is_left_to_compare_the_rate_is_0(energy):
    assert measured_rate(energy) == 0.0


def test_energies_need_a_loss_for_each_point():
    with pytest.raises(ValueError, match="losses must be as many as points, 2, got 1"):
        energies([[1.0], [0.5]], [1.0], 0.1)
