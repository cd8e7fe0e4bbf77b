"""What the chapter on several machines says, computed another way."""

import itertools
import math
import re

import numpy as np
import pytest

from gdbook import mlp
from gdbook.data import digits
from gdbook.figures import more_than_one_machine as figures
from gdbook.figures.plates import more_than_one_machine as moving
from gdbook.figures.plates.more_than_one_machine import time_to_loss
from gdbook.rules import sgd
from gdbook.site.build.svg import inline_svg

ALL = [time_to_loss, figures.large_batches, figures.less_talk, figures.late_gradients]


def test_both_orders_of_the_sum_are_the_gradient_and_differ_in_the_last_bits():
    one, other, whole = figures.sums_in_two_orders()
    np.testing.assert_allclose(one, whole, rtol=0, atol=1e-14)
    assert 0 < figures.apart_by_order() < 1e-14
    assert not np.array_equal(one, other)


def test_a_point_of_the_large_batches_is_a_training():
    (X, y), _, _ = digits()
    params = mlp.init([64, 32, 10], np.random.default_rng(0))
    rng, steps = np.random.default_rng(1), 0
    while True:
        order, losses = rng.permutation(len(y)), []
        for i in range(0, len(y), 64):
            rows = order[i : i + 64]
            loss, grads = mlp.loss_and_grad(params, X[rows], y[rows])
            losses.append(loss)
            params = [(W - 0.4 * dW, b - 0.4 * db) for (W, b), (dW, db) in zip(params, grads, strict=True)]
        steps += len(losses)
        if np.mean(losses) < figures.TARGET:
            break
    assert figures.steps_to_target("linear", 64) == steps


def test_linear_scaling_holds_until_its_rate_is_too_large():
    steps = {s: [figures.steps_to_target(s, b) for b in figures.BATCHES] for s in figures.SCALINGS}
    linear, root, same = (steps[s] for s in figures.SCALINGS)
    assert linear[0] == root[0] == same[0]
    for before, after in itertools.pairwise(linear[:4]):
        assert before / after > 1.4  # half as many but for whole epochs, each of which counts
    assert linear[-1] is None
    assert figures.last_good("linear") == 128
    assert all(one <= two <= three for one, two, three in zip(linear[:4], root, same, strict=False))
    assert same[-1] > same[0] / 2


@pytest.mark.parametrize("K", [2, 3, 4, 8])
def test_a_ring_and_a_tree_take_the_time_of_their_messages(K):
    """Counted by passing the messages."""
    n, alpha, beta = 840, 3.0, 0.5
    ring = sum(alpha + beta * n / K for _ in ("add", "spread") for _ in range(K - 1))
    assert figures.ring_seconds(K, n, alpha, beta) == pytest.approx(ring)
    have, rounds = {0}, 0
    while len(have) < K:  # each round each who has it tells one more
        have |= {rank + len(have) for rank in list(have) if rank + len(have) < K}
        rounds += 1
    assert figures.tree_seconds(K, n, alpha, beta) == pytest.approx(2 * rounds * (alpha + beta * n))


def test_ring_and_tree_cross_where_the_text_says():
    n = figures.crossing(64, 5e-5, 8e-9)
    times = [model(64, n, 5e-5, 8e-9) for model in (figures.ring_seconds, figures.tree_seconds)]
    assert times[0] == pytest.approx(times[1])
    assert figures.faster(64, 1.01 * n, 5e-5, 8e-9) == "ring"
    assert figures.faster(64, 0.99 * n, 5e-5, 8e-9) == "tree"


def test_more_workers_help_up_to_a_point():
    for batch in (16, 32, 64, 128):
        best = figures.best_workers(batch)
        assert 1 < best < batch
        seconds = [figures.seconds_to_target(batch, k) for k in range(1, batch + 1)]
        assert min(seconds) == seconds[best - 1]
        assert seconds[-1] > seconds[best - 1]
    assert figures.slower_with_more() == "none"


@pytest.mark.parametrize("workers", [1, 2, 5, 8, 64, 128])
@pytest.mark.parametrize("size", range(4))
@pytest.mark.parametrize(("row", "alpha"), [(1, 2), (3, 0.02), (0.3, 10)])
def test_the_figure_says_what_the_model_says(workers, size, row, alpha):
    batch = moving.SIZES[size]
    of_model = {"row": row / 1000, "alpha": alpha / 1000}
    times = [figures.seconds_to_target(batch, k, **of_model) for k in range(1, batch + 1)]
    here, least = min(workers, batch), min(times)
    calls = time_to_loss.record(workers=workers, size=size, row=row, alpha=alpha)
    (curve,) = [call[1] for call in calls if call[:1] == ["path"] and call[2] == "blue"]
    assert [k for k, _ in curve] == list(range(1, batch + 1))
    assert [time for _, time in curve] == pytest.approx(times)
    (dot,) = [call[1][0] for call in calls if call[0] == "dots"]
    assert dot == pytest.approx([times.index(least) + 1, least])
    said = time_to_loss.said(workers=workers, size=size, row=row, alpha=alpha)
    numbers = [float(found) for found in re.findall(r"([\d.]+) s\b", said)]
    assert numbers[0] == pytest.approx(times[here - 1], rel=0.05)
    if here == dot[0]:
        assert "No other number is faster" in said
    else:
        assert numbers[1] == pytest.approx(least, rel=0.05)
        assert ("More would help" in said) == (here < dot[0])
        assert ("One alone takes" in said) == (dot[0] == 1)


def by_hand(K, compress, feedback, rounds):
    """The run of a simulation, worker by worker and entry by entry."""
    X, Y = figures.shared()
    W, rest = np.zeros((65, 10)), [np.zeros((65, 10)) for _ in range(K)]
    for _ in range(rounds):
        total = np.zeros((65, 10))
        for k in range(K):
            rows = slice(k * len(X) // K, (k + 1) * len(X) // K)
            e = np.exp(X[rows] @ W)
            g = X[rows].T @ (e / e.sum(axis=1)[:, None] - Y[rows]) / len(X[rows])
            g = g + (rest[k] if feedback else 0)
            sent = compress(g)
            rest[k] = g - sent
            total += sent / K
        W = W - 0.5 * total
    e = np.exp(X @ W)
    return -np.mean(np.log((e / e.sum(axis=1)[:, None])[Y == 1]))


def top(g):
    """The 32 largest, and what is as large as the last: classes that are not there have equal slopes."""
    least = sorted(abs(x) for x in g.ravel())[-32]
    return np.array([[x if abs(x) >= least else 0.0 for x in row] for row in g])


@pytest.mark.parametrize(
    ("ours", "theirs", "feedback"),
    [
        (figures.whole, lambda g: g, False),
        (figures.one_bit, lambda g: np.abs(g).sum() / 650 * np.sign(g), False),
        (figures.one_bit, lambda g: np.abs(g).sum() / 650 * np.sign(g), True),
        (figures.top_k, top, True),
    ],
    ids=["all-reduce", "sign", "sign with feedback", "top-k with feedback"],
)
def test_compressed_runs_are_loops_over_workers(ours, theirs, feedback):
    assert figures.compressed(ours, feedback, 10)[8] == pytest.approx(
        by_hand(10, theirs, feedback, 8), rel=1e-9
    )


def test_top_k_keeps_five_percent():
    kept = np.count_nonzero(figures.top_k(np.random.default_rng(0).standard_normal((3, 65, 10))), axis=(1, 2))
    assert kept.tolist() == [32, 32, 32]


def test_local_sgd_with_one_worker_is_sgd_with_more_steps():
    X, Y = figures.shared()
    W = np.zeros((65, 10))
    for _ in range(5 * figures.LOCAL_STEPS):
        W, _ = sgd(W, X.T @ (figures.probabilities(W, X) - Y) / len(X), lr=0.5)
    assert figures.local(1)[5] == pytest.approx(figures.loss_of_all(W), rel=1e-9)


def test_what_the_text_says_of_talking_less():
    last = {name: [figures.last_loss(name, K) for K in figures.WORKERS] for name in figures.METHODS}
    np.testing.assert_allclose(last["all-reduce"], last["all-reduce"][0], rtol=1e-9)
    exact = last["all-reduce"][0]
    assert min(last["sign"][1:]) > 2 * exact
    assert max(last["sign, feedback"]) < 1.3 * exact
    assert max(last["top-k, feedback"]) < 1.02 * exact
    assert last["top-k"][0] > 2 * exact
    assert last["local SGD"] == sorted(last["local SGD"])
    assert last["local SGD"][-1] < exact


@pytest.mark.parametrize("delay", [0, 1, 2, 5, 20, 50])
def test_the_limit_of_late_gradients_is_where_a_root_has_size_one(delay):
    def radius(rate):
        polynomial = np.zeros(delay + 2)
        polynomial[0], polynomial[1], polynomial[-1] = 1, -1, rate + (-1 if delay == 0 else 0)
        return np.abs(np.roots(polynomial)).max()

    limit = figures.stale_limit(delay)
    assert radius(0.999 * limit) < 1 < radius(1.001 * limit)


@pytest.mark.parametrize("delay", figures.DELAYS)
def test_runs_find_the_same_limit(delay):
    assert figures.measured_limit(delay) == pytest.approx(figures.stale_limit(delay), rel=0.02)


def test_a_late_run_is_the_recursion():
    w = [1.0]
    for t in range(30):
        w.append(w[-1] - 0.2 * w[max(t - 3, 0)])
    np.testing.assert_allclose(figures.stale(0.2, 3, 30), w, rtol=1e-12)
    assert figures.two_late() == "diverges"


def test_the_recorded_steps_have_what_the_page_needs():
    measured = figures.measured()
    assert set(measured["sums"]) == {"message", "ring 2", "tree 2", "ring 4", "tree 4"}
    assert {"date", "processor", "cores used"} <= measured["machine"].keys()
    # The rows at which overhead and half of the arithmetic are what one process takes.
    n = figures.rows_from_which_two_win()
    assert figures.overhead(2) + figures.per_row() * n / 2 == pytest.approx(figures.per_row() * n)
    fewest = min(measured["steps"], key=int)
    taken = measured["steps"][fewest]
    assert figures.overhead(2) == pytest.approx(taken["2"] - taken["alone"] / 2)
    assert figures.overhead_of_ddp() == pytest.approx(taken["DDP 2"] - taken["alone"] / 2)
    assert figures.load() == measured["machine"]["load"] / 2
    assert figures.of_steps().count("\n") == 1 + len(measured["steps"])
    assert math.isclose(
        figures.latency() + figures.per_number() * 1e6, measured["sums"]["message"]["1000000"]
    )


def test_who_won_is_read_from_the_record(monkeypatch):
    def said(*seconds):
        steps = {str(n): {"alone": 1.0, "2": two} for n, two in zip((1000, 8000), seconds, strict=True)}
        monkeypatch.setattr(figures, "measured", lambda: {"steps": steps})
        return figures.who_won()

    assert said(2.0, 0.9) == "In the table they win with 8,000 rows."
    assert said(2.0, 1.9).endswith("win with none of these sizes.")


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figures_are_in_the_house_colours_and_light(draw):
    assert len(inline_svg(draw(), "label", "p-")) < 25_000
