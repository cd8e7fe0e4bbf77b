"""The schedules are those of PyTorch and optax, recorded; and what is true of them, of any arguments."""

import bisect
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import run_with_frameworks
from hypothesis import given
from hypothesis import strategies as st

from gdbook import schedules
from gdbook.descent import descend
from gdbook.recorded.rules import schedule_of
from gdbook.schedules import (
    SCHEDULES,
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    inverse_time,
    multi_step,
    one_cycle,
    polynomial,
    reduce_on_plateau,
    step,
    warm_restarts,
    warmup,
    wsd,
)

REFERENCE = Path(__file__).parent / "reference"
RECORD = json.loads((REFERENCE / "schedules.json").read_text())["schedules"]

# The file holds 14 digits. PyTorch multiplies rate by rate where the formula is closed, so
# rounding adds up over 200 steps; near the end of a cosine, where 1 + cos cancels, the most.
RELATIVE = 1e-10


def plateau(case):
    """The rates after each loss."""
    arguments = dict(case["arguments"])
    lr, state, found = arguments.pop("lr"), (math.inf, 0, 0), []
    for loss in arguments.pop("losses"):
        lr, state = reduce_on_plateau(lr, math.nan if loss is None else loss, state, **arguments)
        found.append(lr)
    return found


def of(*names):
    cases = [case for case in RECORD if case["name"] in names]
    return pytest.mark.parametrize(
        "case", cases, ids=[f"{c['name']}-{c['library'].rpartition('.')[2]}-{i}" for i, c in enumerate(cases)]
    )


@of(*SCHEDULES)
def test_the_rates_are_those_of_the_library(case):
    schedule = schedule_of(case)
    found = [schedule(t) for t in range(len(case["lr"]))]
    # An end at 0 has no relative error.
    assert found == pytest.approx(case["lr"], rel=RELATIVE, abs=1e-15 * max(case["lr"]))


@of("reduce_on_plateau")
def test_the_plateau_is_that_of_the_library(case):
    assert plateau(case) == pytest.approx(case["lr"], rel=RELATIVE)
    assert len(set(case["lr"])) > 2  # it fell more than once


@of("cosine_past_its_end")
def test_the_cosine_of_pytorch_rises_again_and_this_one_does_not(case):
    lr, steps = case["arguments"]["lr"], case["arguments"]["steps"]
    schedule = cosine(lr, steps)
    assert case["lr"][: steps + 1] == pytest.approx(
        [schedule(t) for t in range(steps + 1)], rel=RELATIVE, abs=1e-15
    )
    assert case["lr"][2 * steps] == pytest.approx(lr, rel=1e-9)
    assert schedule(2 * steps) == 0


def test_each_schedule_is_recorded_or_derived_here():
    recorded = {case["name"] for case in RECORD} & set(SCHEDULES)
    assert set(SCHEDULES) - recorded == {"wsd", "inverse_time"}


@pytest.mark.xdist_group("frameworks")
def test_the_record_is_what_the_libraries_do_today():
    run_with_frameworks("tests/reference/record_schedules.py", "--check")


# ---- What no library has, derived another way


@given(st.integers(0, 30), st.integers(1, 60), st.integers(0, 40), st.floats(0, 1), st.floats(1e-3, 10))
def test_wsd_is_straight_between_its_corners(up, down, stay, share, lr):
    steps = up + stay + down
    schedule = wsd(lr, steps, up, down, min_lr=share * lr)
    corners = [-1, up, up + stay, steps, steps + 9] if up else [0, stay, steps, steps + 9]
    heights = [0, lr, lr, share * lr, share * lr][-len(corners) :]
    ts = range(steps + 9)
    assert [schedule(t) for t in ts] == pytest.approx(np.interp(ts, corners, heights), rel=1e-12, abs=1e-15)


def test_wsd_by_the_root_loses_half_the_rate_in_a_quarter_of_the_decay():
    schedule = wsd(0.8, 100, 10, 40, shape="sqrt")
    assert schedule(60 + 10) == pytest.approx(0.4)
    # 1 − h is the root: its square grows by the same amount at each step.
    squares = [(1 - schedule(t) / 0.8) ** 2 for t in range(60, 101)]
    assert np.diff(squares) == pytest.approx(np.full(40, 1 / 40))


@given(st.floats(1e-3, 10), st.floats(0, 5))
def test_the_reciprocal_of_inverse_time_grows_evenly(lr, decay):
    schedule = inverse_time(lr, decay)
    assert schedule(0) == lr
    # 1/η is a sum whose terms may be small beside 1/η itself: compare at its size.
    assert 1 / schedule(30) == pytest.approx(1 / lr + 30 * decay / lr, rel=1e-13)


# ---- Laws

lrs = st.floats(1e-6, 10)
lengths = st.integers(1, 300)
shares = st.floats(0, 1)
times = st.integers(0, 700)


@st.composite
def any_schedule(draw):
    """``(name, the full rate, schedule)`` of any of them."""
    lr, n, share = draw(lrs), draw(lengths), draw(shares)
    name = draw(st.sampled_from(sorted(SCHEDULES)))
    gamma = draw(st.floats(0.05, 1))
    make = {
        "constant": lambda: constant(lr),
        "step": lambda: step(lr, n, gamma),
        "multi_step": lambda: multi_step(lr, sorted(draw(st.lists(lengths, max_size=5))), gamma),
        "exponential": lambda: exponential(lr, gamma),
        "polynomial": lambda: polynomial(lr, n, draw(st.floats(0.2, 4)), share * lr),
        "cosine": lambda: cosine(lr, n, share * lr),
        "warm_restarts": lambda: warm_restarts(lr, n, draw(st.integers(1, 4)), share * lr),
        "warmup": lambda: warmup(cosine(lr, n), draw(lengths), draw(st.sampled_from([None, 0.0, 0.3]))),
        "one_cycle": lambda: one_cycle(
            lr, n + 20, draw(st.floats(0.1, 0.45)), three_phase=draw(st.booleans())
        ),
        "wsd": lambda: wsd(lr, 2 * n, n // 2, n, share * lr, draw(st.sampled_from(["linear", "sqrt"]))),
        "inverse_sqrt": lambda: inverse_sqrt(lr, n),
        "inverse_time": lambda: inverse_time(lr, gamma),
    }
    return name, lr, make[name]()


FALLING = {"constant", "step", "multi_step", "exponential", "polynomial", "cosine", "inverse_time"}


@given(any_schedule(), times)
def test_a_rate_is_a_float_never_negative_never_above_the_full_rate(drawn, t):
    _, lr, schedule = drawn
    assert type(schedule(t)) is float
    assert 0 <= schedule(t) <= lr * (1 + 1e-15)


@given(any_schedule(), times, times)
def test_a_schedule_is_used_up_by_nothing(drawn, first, second):
    _, _, schedule = drawn
    before = schedule(first)
    for t in (second, first + 1, 0):
        schedule(t)
    assert schedule(first) == before


@given(any_schedule(), times)
def test_those_that_only_fall_never_rise(drawn, t):
    name, lr, schedule = drawn
    if name in FALLING:
        assert schedule(t + 1) <= schedule(t) + 1e-15 * lr


@given(lrs, lengths, shares, times)
def test_cosine_and_polynomial_begin_and_end_where_they_say(lr, n, share, after):
    for schedule in (cosine(lr, n, share * lr), polynomial(lr, n, 2.0, share * lr)):
        assert schedule(0) == pytest.approx(lr, rel=1e-15)
        assert schedule(n + after) == pytest.approx(share * lr, rel=1e-12)


@given(lrs, st.integers(1, 150))
def test_the_cosine_is_half_way_down_half_way(lr, n):
    assert cosine(lr, 2 * n)(n) == pytest.approx(lr / 2, rel=1e-12)


@given(lrs, st.integers(1, 40), st.integers(2, 4), st.integers(0, 3))
def test_restarts_come_after_the_sum_of_the_lengths(lr, n, growth, i):
    schedule = warm_restarts(lr, n, growth)
    at = sum(n * growth**j for j in range(i))
    assert schedule(at) == lr
    assert at == 0 or schedule(at - 1) < lr / 2 or n * growth ** (i - 1) < 3


@given(lrs, lengths, lengths)
def test_the_first_step_of_a_warm_up_is_neither_0_nor_the_full_rate(lr, n, steps):
    for schedule in (warmup(cosine(lr, n), steps), wsd(lr, n + steps, steps, n), one_cycle(lr, n + 20)):
        assert 0 < schedule(0) <= lr / 2


@given(lrs, st.integers(1, 200), st.floats(0, 0.99))
def test_warm_up_rises_evenly_to_the_full_rate_and_hands_over(lr, n, start):
    schedule = warmup(cosine(lr, 100), n, start)
    way = [schedule(t) for t in range(n + 1)]
    assert way[0] == pytest.approx(start * lr)
    assert way[-1] == lr
    # The differences of numbers near lr are as exact as these numbers.
    assert np.diff(way) == pytest.approx(np.full(n, (1 - start) * lr / n), abs=1e-14 * lr)
    assert schedule(n + 37) == cosine(lr, 100)(37)


@given(lrs, st.integers(30, 300), st.booleans(), st.sampled_from(["cos", "linear"]))
def test_one_cycle_goes_up_and_down_once(lr, n, three_phase, strategy):
    schedule = one_cycle(lr, n, anneal_strategy=strategy, three_phase=three_phase)
    ts = [schedule(t) for t in range(n)]
    top = bisect.bisect_right(range(n), 0.3 * n - 1) - 1  # the last step on the way up
    assert ts[0] == pytest.approx(lr / 25)
    assert ts[-1] == pytest.approx(lr / 25e4)
    assert all(np.diff(ts[: top + 1]) > 0)
    assert all(np.diff(ts[top + 1 :]) < 0)
    assert schedule(n + 5) == ts[-1]


@given(lrs, lengths)
def test_inverse_sqrt_is_continuous_at_its_top_and_quarters_by_sixteen(lr, warmup_steps):
    schedule = inverse_sqrt(lr, warmup_steps)
    assert schedule(warmup_steps - 1) == pytest.approx(lr)
    assert schedule(16 * warmup_steps - 1) == pytest.approx(lr / 4)


def test_descend_takes_the_rate_of_the_step():
    # On f = w with gradient 1, the way walked is the sum of the rates.
    schedule = one_cycle(0.3, 40)
    run = descend(lambda w: 1.0, 0.0, lr=schedule, steps=40)
    assert run.w[-1] == pytest.approx(-sum(schedule(t) for t in range(40)))


def test_the_plateau_waits_falls_and_rests():
    rule = {"factor": 0.5, "patience": 1, "cooldown": 2}
    lr, state = reduce_on_plateau(1.0, 5, **rule)
    seen = [lr]
    for loss in [4, 4, 4, 4, 4, 4, 4, 4]:
        lr, state = reduce_on_plateau(lr, loss, state, **rule)
        seen.append(lr)
    # Bad looks at 2 and 3: falls at 3. Rests at 4 and 5. Bad again at 6 and 7: falls at 7.
    assert seen == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert state[0] == 4


# ---- What is refused

BAD = [
    (constant, {"lr": -0.1}, ValueError, "lr must not be negative, got -0.1"),
    (constant, {"lr": "0.1"}, TypeError, "lr must be a finite number, got '0.1'"),
    (step, {"lr": 0.1, "every": 0}, ValueError, "every must be at least 1, got 0"),
    (step, {"lr": 0.1, "every": 2.5}, TypeError, "every must be a whole number"),
    (step, {"lr": 0.1, "every": 5, "gamma": 0}, ValueError, "gamma must be positive, got 0"),
    (multi_step, {"lr": 0.1, "milestones": [30, 20]}, ValueError, "milestones must be in rising order"),
    (multi_step, {"lr": 0.1, "milestones": 30}, TypeError, r"such as \[30, 60\], got 30"),
    (multi_step, {"lr": 0.1, "milestones": [0.5]}, TypeError, r"got \[0.5\]"),
    (multi_step, {"lr": 0.1, "milestones": [-1]}, ValueError, "milestones must be at least 0, got -1"),
    (exponential, {"lr": 0.1, "gamma": -1}, ValueError, "gamma must be positive, got -1"),
    (polynomial, {"lr": 0.1, "steps": 5, "power": 0}, ValueError, "power must be positive, got 0"),
    (cosine, {"lr": 0.1, "steps": 0}, ValueError, "steps must be at least 1, got 0"),
    (cosine, {"lr": 0.1, "steps": 9, "min_lr": 0.2}, ValueError, "min_lr must be at most lr = 0.1, got 0.2"),
    (cosine, {"lr": math.inf, "steps": 9}, ValueError, "lr must be a finite number, got inf"),
    (warm_restarts, {"lr": 0.1, "steps": 9, "growth": 0}, ValueError, "growth must be at least 1, got 0"),
    (warmup, {"schedule": 0.1, "steps": 5}, TypeError, r"such as constant\(0.1\), got 0.1"),
    (warmup, {"schedule": constant(1), "steps": 0}, ValueError, "steps must be at least 1, got 0"),
    (warmup, {"schedule": constant(1), "steps": 5, "start": 1.0}, ValueError, "below 1, got 1.0"),
    (one_cycle, {"lr": 0.1, "steps": 40, "pct_start": 0.0}, ValueError, "pct_start must leave steps"),
    (one_cycle, {"lr": 0.1, "steps": 40, "pct_start": 1.0}, ValueError, "got 1.0 of 40 steps"),
    (one_cycle, {"lr": 0.1, "steps": 40, "pct_start": 0.6, "three_phase": True}, ValueError, "got 0.6 of 40"),
    (one_cycle, {"lr": 0.1, "steps": 40, "div_factor": 0.5}, ValueError, "div_factor must be at least 1"),
    (one_cycle, {"lr": 0.1, "steps": 40, "anneal_strategy": "cosine"}, ValueError, "did you mean 'cos'"),
    (wsd, {"lr": 0.1, "steps": 9, "warmup_steps": 5, "decay_steps": 5}, ValueError, "must fit in steps = 9"),
    (
        wsd,
        {"lr": 0.1, "steps": 9, "warmup_steps": 2, "decay_steps": 5, "shape": "root"},
        ValueError,
        "unknown shape 'root'",
    ),
    (inverse_sqrt, {"lr": 0.1, "warmup_steps": 0}, ValueError, "warmup_steps must be at least 1, got 0"),
    (inverse_time, {"lr": 0.1, "decay": -1}, ValueError, "decay must not be negative, got -1"),
    (reduce_on_plateau, {"lr": 0.1, "loss": 1, "factor": 1}, ValueError, "factor must be between 0 and 1"),
    (reduce_on_plateau, {"lr": 0.1, "loss": 1, "threshold": 1}, ValueError, "threshold must be a share"),
    (reduce_on_plateau, {"lr": 0.1, "loss": 1, "patience": 0.5}, TypeError, "patience must be a whole"),
    (reduce_on_plateau, {"lr": 0.1, "loss": "low"}, TypeError, "loss must be a number, got 'low'"),
    (reduce_on_plateau, {"lr": -0.1, "loss": 1}, ValueError, "lr must not be negative, got -0.1"),
]


@pytest.mark.parametrize(("make", "arguments", "error", "words"), BAD)
def test_bad_input_is_refused_with_its_name_and_value(make, arguments, error, words):
    with pytest.raises(error, match=words):
        make(**arguments)


@pytest.mark.parametrize(("t", "error"), [(-1, ValueError), (0.5, TypeError), (True, TypeError)])
def test_a_step_is_a_whole_number_from_0(t, error):
    for schedule in (cosine(0.1, 5), warmup(constant(0.1), 3)):
        with pytest.raises(error, match=f"t must be .* got {t!r}"):
            schedule(t)


def test_schedules_need_no_numpy():
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from gdbook.schedules import SCHEDULES, cosine\n"
        "from gdbook.gradients import clip_by_norm\n"
        "print(cosine(0.1, 10)(5), clip_by_norm(-4.0, 2.0, eps=0.0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [float(word) for word in done.stdout.split()] == pytest.approx([0.05, -2.0])


def test_the_table_has_every_schedule():
    public = {
        name
        for name, thing in vars(schedules).items()
        if getattr(thing, "__module__", "") == schedules.__name__
    }
    assert {name for name in public if not name.startswith("_")} == {*SCHEDULES, "reduce_on_plateau"}
