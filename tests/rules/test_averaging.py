"""Schedule-free rules: which point is the average, and of what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.rules import adamw, schedule_free_adamw, schedule_free_sgd, sgd

gradients = st.lists(st.floats(-10, 10), min_size=1, max_size=12)
rates = st.floats(1e-3, 1.0)


@given(gradients, rates, st.floats(0, 0.99))
def test_x_is_the_mean_of_all_z_and_y_lies_between(slopes, lr, beta):
    w, state, z, all_z = 3.0, None, 3.0, []
    for g in slopes:
        w, state = schedule_free_sgd(w, g, state, lr=lr, momentum=beta)
        z = z - lr * g
        all_z.append(z)
    # a dozen sums of numbers below 150
    assert state[0] == pytest.approx(z, abs=1e-12)
    assert state[1] == pytest.approx(np.mean(all_z), abs=1e-11)
    assert w == pytest.approx((1 - beta) * state[0] + beta * state[1], abs=1e-12)


@given(gradients, rates)
def test_the_answer_stands_in_the_state_of_either_loop(slopes, lr):
    w, state, v, packed = 3.0, None, 3.0, ()
    for g in slopes:
        w, state = schedule_free_sgd(w, g, state, lr=lr)
        v, *packed = schedule_free_sgd(v, g, *packed, lr=lr)
    assert (w, state[1]) == (v, packed[0][1])


@given(st.lists(st.tuples(st.floats(-10, 10), rates), min_size=1, max_size=12))
def test_with_a_schedule_each_z_weighs_the_square_of_the_largest_rate_so_far(steps):
    w, state, all_z, weights, top = 3.0, None, [], [], 0.0
    for g, lr in steps:
        w, state = schedule_free_sgd(w, g, state, lr=lr)
        top = max(top, lr)
        all_z.append(state[0])
        weights.append(top**2)
    assert state[1] == pytest.approx(np.average(all_z, weights=weights), abs=1e-10)


@given(gradients, rates)
def test_without_momentum_y_is_z_and_the_path_is_that_of_sgd(slopes, lr):
    w, state, v = 3.0, None, 3.0
    for g in slopes:
        w, state = schedule_free_sgd(w, g, state, lr=lr, momentum=0.0)
        v, _ = sgd(v, g, lr=lr)
        assert w == pytest.approx(v, rel=0, abs=1e-12)


@given(gradients, st.floats(1e-3, 0.1))
def test_the_adaptive_form_without_momentum_is_adamw_without_momentum(slopes, lr):
    w, state, v, other = 3.0, None, 3.0, (0.0, 0.0, 0)
    for g in slopes:
        w, state = schedule_free_adamw(w, g, state, lr=lr, beta1=0.0, weight_decay=0.1)
        v, other = adamw(v, g, other, lr=lr, beta1=0.0, weight_decay=0.1)
        assert w == pytest.approx(v, rel=0, abs=1e-12)


def test_the_adaptive_form_averages_its_z():
    w, state, all_z = 3.0, None, []
    for g in (1.0, -2.0, 5.0, 0.5):
        w, state = schedule_free_adamw(w, g, state)
        all_z.append(state[0])
    assert state[1] == pytest.approx(np.mean(all_z), rel=1e-14)


@pytest.mark.parametrize("rule", [schedule_free_sgd, schedule_free_adamw])
def test_rates_of_zero_weigh_nothing(rule):
    """A warm-up that starts at 0 neither moves nor divides by 0."""
    w, state = rule(3.0, 1.0, lr=0.0)
    assert (w, state[1]) == (3.0, 3.0)
    w, state = rule(w, 1.0, state, lr=0.5)
    assert state[1] == state[0]  # the only z that counts
