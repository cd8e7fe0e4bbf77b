"""Clipping and weight decay are those of PyTorch and optax, recorded; and what is true of any gradient."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdbook.gradients import (
    clip_by_norm,
    clip_by_value,
    coupled_weight_decay,
    decoupled_weight_decay,
    global_norm,
)
from gdbook.rules import momentum, sgd

RECORD = json.loads((Path(__file__).parent / "reference" / "schedules.json").read_text())["gradients"]

# Far apart in size, and with squares that overflow or vanish.
components = st.floats(-1e300, 1e300) | st.floats(-10, 10) | st.floats(-1e-200, 1e-200)
gradients = arrays(float, st.integers(1, 6), elements=components)
limits = st.floats(1e-3, 1e3)


def of(*names):
    cases = [case for case in RECORD if case["name"] in names]
    return pytest.mark.parametrize("case", cases, ids=[f"{c['library']}-{i}" for i, c in enumerate(cases)])


@of("clip_by_norm", "clip_by_norm without eps")
def test_clipping_by_norm_is_that_of_the_library(case):
    gs = [np.array(g) for g in case["gradients"]]
    eps = {"clip_by_norm": 1e-6, "clip_by_norm without eps": 0.0}[case["name"]]
    clipped = [clip_by_norm(g, case["limit"], norm=global_norm(*gs), eps=eps) for g in gs]
    for found, recorded in zip(clipped, case["clipped"], strict=True):
        assert found == pytest.approx(recorded, rel=1e-12)


@of("clip_by_value")
def test_clipping_by_value_is_that_of_the_library(case):
    for g, recorded in zip(case["gradients"], case["clipped"], strict=True):
        assert clip_by_value(np.array(g), case["limit"]).tolist() == recorded
        assert [clip_by_value(component, case["limit"]) for component in g] == recorded


@of("coupled_weight_decay")
def test_coupled_decay_is_that_of_sgd_in_pytorch(case):
    w, velocity = np.array(case["start"]), 0.0
    for g, recorded in zip(case["gradients"], case["path"], strict=True):
        g = coupled_weight_decay(w, np.array(g), case["weight_decay"])
        w, velocity = momentum(w, g, velocity, lr=case["lr"], momentum=0.9)
        assert w == pytest.approx(recorded, rel=1e-12, abs=1e-14)


@of("decoupled_weight_decay")
def test_decoupled_decay_is_that_of_adamw_in_pytorch(case):
    w = np.array(case["start"])
    for recorded in case["path"]:
        w = decoupled_weight_decay(w, case["lr"], case["weight_decay"])
        assert w == pytest.approx(recorded, rel=1e-12)


@given(gradients, limits)
def test_a_clipped_gradient_has_at_most_the_length_of_the_limit(g, limit):
    # math.hypot scales as well, in other arithmetic.
    assert math.hypot(*clip_by_norm(g, limit)) <= limit * (1 + 1e-12)
    before = math.hypot(*g)
    if before > limit * (1 + 1e-9):
        assert math.hypot(*clip_by_norm(g, limit, eps=0.0)) == pytest.approx(limit, rel=1e-12)
    if before + 1e-6 <= limit * (1 - 1e-12):
        assert clip_by_norm(g, limit).tolist() == g.tolist()


@given(gradients)
def test_the_norm_neither_overflows_nor_vanishes(g):
    assert global_norm(g) == pytest.approx(math.hypot(*g), rel=1e-12)
    assert global_norm(*g.tolist()) == pytest.approx(math.hypot(*g), rel=1e-12)


@given(arrays(float, 3, elements=st.floats(-10, 10)), limits)
def test_clipping_by_norm_keeps_the_direction(g, limit):
    clipped = clip_by_norm(g, limit)
    assert np.linalg.norm(np.cross(g, clipped)) <= 1e-12 * (g @ g)
    assert g @ clipped >= 0


def test_clipping_by_value_turns_the_gradient():
    assert clip_by_value(np.array([3.0, 0.1]), 1.0).tolist() == [1.0, 0.1]
    assert clip_by_value(-7.0, 2.5) == -2.5


def test_arrays_clipped_together_keep_the_direction_of_the_whole():
    gw, gb = np.array([[3.0, 0.0], [0.0, 4.0]]), 12.0
    norm = global_norm(gw, gb)
    assert norm == pytest.approx(13)
    assert np.allclose(clip_by_norm(gw, 1.3, norm, eps=0.0), gw / 10, rtol=1e-14)
    assert clip_by_norm(gb, 1.3, norm, eps=0.0) == pytest.approx(1.2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_clipping_by_norm_does_not_hide_a_broken_gradient(bad):
    assert np.isnan(clip_by_norm(np.array([1.0, bad]), 1.0)).any()
    assert math.isnan(clip_by_norm(bad, 1.0))


def test_clipping_by_value_keeps_nan():
    assert math.isnan(clip_by_value(math.nan, 1.0))
    assert np.isnan(clip_by_value(np.array([math.nan]), 1.0)).all()


def test_nothing_changes_its_arguments():
    w, g = np.array([1.0, 2.0]), np.array([30.0, -40.0])
    for result in (
        clip_by_norm(g, 1.0),
        clip_by_value(g, 1.0),
        coupled_weight_decay(w, g, 0.1),
        decoupled_weight_decay(w, 0.1, 0.1),
    ):
        result *= 0
    assert (w.tolist(), g.tolist()) == ([1.0, 2.0], [30.0, -40.0])


def test_float32_stays_float32():
    g = np.array([3.0, 4.0], dtype=np.float32)
    for result in (clip_by_norm(g, 1.0), clip_by_value(g, 1.0), coupled_weight_decay(g, g, 0.1)):
        assert result.dtype == np.float32


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(1e-3, 0.5), st.floats(0, 1))
def test_with_sgd_both_kinds_of_decay_are_the_same_step(w, g, lr, decay):
    coupled, _ = sgd(w, coupled_weight_decay(w, g, decay), lr=lr)
    decoupled, _ = sgd(decoupled_weight_decay(w, lr, decay), g, lr=lr)
    assert coupled == pytest.approx(decoupled, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("limit", [0, -1, math.nan])
@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_a_limit_that_is_not_positive_is_refused(clip, limit):
    with pytest.raises(ValueError, match=f"limit must be .* got {limit!r}"):
        clip(1.0, limit)


def test_other_bad_input_is_refused():
    with pytest.raises(TypeError, match="limit must be a finite number, got 'one'"):
        clip_by_norm(1.0, "one")
    with pytest.raises(ValueError, match="eps must not be negative, got -1"):
        clip_by_norm(1.0, 1.0, eps=-1)
    with pytest.raises(TypeError, match="at least one gradient"):
        global_norm()
    with pytest.raises(ValueError, match=r"weight_decay must not be negative, got -0.1"):
        coupled_weight_decay(1.0, 1.0, -0.1)
    with pytest.raises(ValueError, match="lr must be a finite number, got inf"):
        decoupled_weight_decay(1.0, math.inf, 0.1)


def test_clipping_loses_no_nan_and_an_empty_gradient_stays_empty():
    assert np.isnan(clip_by_norm(np.array([np.nan, 100.0]), 1.0)).all()
    assert np.isnan(clip_by_norm(np.array([100.0, np.nan]), 1.0)).all()
    assert clip_by_norm(np.zeros(0), 1.0).shape == (0,)
    assert global_norm(np.zeros(0), np.array([3.0, 4.0])) == 5.0


def test_integers_do_not_wrap():
    assert global_norm(np.array([100, 100], np.int8)) == pytest.approx(100 * 2**0.5, rel=1e-15)
    assert clip_by_value(np.array([-128], np.int8), 1.0).tolist() == [-1.0]


def test_decay_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError, match=r"g must have the shape of w, \(3,\), got shape \(3, 1\)"):
        coupled_weight_decay(np.ones(3), np.ones((3, 1)), 0.1)
