"""Runs on a cluster beside the loop on one process: the same numbers, whatever the data and who has it."""

import sys

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client
from losses import Slow, half_mse, half_mse_grad, half_mse_of_a_table, of_a_dict, of_a_list, refuses

from gdbook import mlp, rules
from gdbook.autodiff import grad
from gdbook.descent import descend as alone
from gdbook.distributed import cluster as engine
from gdbook.distributed import descend, npy
from gdbook.distributed.checkpoints import load
from gdbook.distributed.draws import apportioned, rows_of_step
from gdbook.distributed.work import merged
from gdbook.schedules import cosine

pytestmark = pytest.mark.xdist_group("distributed")


def reference(data, rule, steps, **hyper):
    X, y = data
    return alone(lambda w: X.T @ (X @ w - y) / len(y), np.zeros(5), rule, steps, **hyper)


@pytest.mark.parametrize("shards", [1, 2, 4, 7])
def test_full_batch_is_the_run_on_one_process(client, data, shards):
    lengths = [len(piece) for piece in np.array_split(data[1], shards)]
    assert shards == 1 or len(set(lengths)) == 2  # uneven
    run = descend(
        half_mse, np.zeros(5), data, rules.adam, 12, lr=cosine(0.3, 12), shards=shards, client=client
    )
    trace = reference(data, rules.adam, 12, lr=cosine(0.3, 12))
    np.testing.assert_allclose(run.w, trace.w[-1], rtol=0, atol=1e-12)
    X, y = data
    np.testing.assert_allclose(run.loss, [np.mean((X @ w - y) ** 2) / 2 for w in trace.w[:-1]], rtol=1e-12)
    assert (run.t, run.stopped, run.diverged_at) == (12, "steps", None)


def test_the_bits_are_the_same_whoever_answers_first_and_whoever_has_the_shards(client, data, monkeypatch):
    def run(on):
        return descend(
            Slow(0.02), np.zeros(5), data, rules.momentum, 6, lr=0.1, shards=7, client=on
        ).w.tobytes()

    with Client(processes=False, n_workers=3, threads_per_worker=2, dashboard_address=":0") as threads:
        found = {run(client), run(client), run(threads)}
        monkeypatch.setattr(engine, "FAN", 2)  # three workers are a tree of two levels
        monkeypatch.setattr(engine, "TOGETHER", 900)  # one or two shards of some 700 bytes a task
        monkeypatch.setattr(engine, "LETTER", 0)  # the parameters go from worker to worker
        assert len(found | {run(client), run(threads)}) == 1


@pytest.mark.parametrize("total", [1, 2, 3, 6, 7, 13])
def test_the_tree_has_the_same_bits_however_the_shards_are_grouped(total):
    rng = np.random.default_rng(total)
    leaves = {(0, k): (rng.random(), [rng.standard_normal(3)]) for k in range(total)}

    def by_halves(first, size):
        if size == 1:
            return leaves[0, first][1][0]
        left, right = by_halves(first, size // 2), first + size // 2
        return left + by_halves(right, size // 2) if right < total else left

    whole = by_halves(0, 1 << (total - 1).bit_length())
    for workers in (1, 2, 3, total):
        homes = rng.integers(0, workers, total)
        sums = [
            merged(total, {node: part for node, part in leaves.items() if homes[node[1]] == worker})
            for worker in range(workers)
        ]
        order = rng.permutation(workers)
        [(value, [g])] = merged(total, *(sums[worker] for worker in order)).values()
        assert g.tobytes() == whole.tobytes()
        assert value == pytest.approx(sum(part[0] for part in leaves.values()), rel=1e-14)


def test_a_sum_in_another_order_has_other_bits(data):
    """So that the test above could fail."""
    X, y = data
    pieces = np.array_split(np.arange(101), 7)
    parts = [half_mse_grad(np.ones(5), X[rows], y[rows]) * len(rows) / 101 for rows in pieces]
    assert sum(parts).tobytes() != sum(parts[::-1]).tobytes()


@pytest.mark.parametrize(
    ("loss", "start"),
    [
        (of_a_dict, {"w": np.zeros(5), "b": 0.5}),
        (of_a_list, [np.full((5, 3), 0.1) * np.arange(3), np.ones(3)]),
    ],
    ids=["dict", "list"],
)
def test_parameters_in_containers_are_stepped_each_with_its_own_state(client, data, loss, start):
    run = descend(loss, start, data, rules.lamb, 5, lr=0.05, shards=3, client=client)
    keys = start.keys() if isinstance(start, dict) else range(len(start))
    w, states = dict(start) if isinstance(start, dict) else list(start), {key: () for key in keys}
    for _ in range(5):
        g = grad(loss)(w, *data)
        for key in keys:
            w[key], *states[key] = rules.lamb(w[key], g[key], *states[key], lr=0.05)
    for key in keys:
        np.testing.assert_allclose(run.w[key], w[key], rtol=0, atol=1e-12)
        np.testing.assert_allclose(run.state[key][0], states[key][0][0], rtol=0, atol=1e-12)
    assert type(run.w) is type(start)


def test_a_loss_may_bring_its_own_gradient(client, data):
    options = {"steps": 4, "lr": 0.2, "shards": 2, "client": client}
    own = descend(half_mse, np.zeros(5), data, grad=half_mse_grad, **options)
    np.testing.assert_allclose(own.w, descend(half_mse, np.zeros(5), data, **options).w, atol=1e-14)
    X, y = data
    labels = (y > 0).astype(int)
    params = mlp.init([5, 4, 2], np.random.default_rng(0))
    run = descend(mlp.loss_and_grad, params, (X, labels), rules.sgd, grad=True, **options)
    one = mlp.train(params, (X, labels), rules.sgd, lr=0.2, epochs=4, batch=101)
    np.testing.assert_allclose(run.w[0][0], one.params[0][0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.loss, one.loss, rtol=1e-12)


def test_an_epoch_of_a_shard_has_each_row_once():
    taken = np.concatenate([rows_of_step(23, 5, seed=3, shard=1, t=t) for t in range(23)])
    for epoch in taken.reshape(5, 23):
        assert sorted(epoch) == list(range(23))
    assert not np.array_equal(taken[:23], taken[23:46])
    assert not np.array_equal(rows_of_step(23, 23, 3, 1, 0), rows_of_step(23, 23, 3, 2, 0))
    assert not np.array_equal(rows_of_step(23, 23, 3, 1, 0), rows_of_step(23, 23, 4, 1, 0))


@pytest.mark.parametrize(
    ("batch", "rows", "shares"),
    [
        (10, [50, 50], [5, 5]),
        (10, [70, 20, 10], [7, 2, 1]),
        (4, [1000, 1, 1, 1], [1, 1, 1, 1]),
        (7, [3, 3, 3], [3, 2, 2]),
        (9, [3, 3, 3], [3, 3, 3]),
    ],
)
def test_a_batch_is_shared_in_proportion(batch, rows, shares):
    assert apportioned(batch, rows) == shares


def test_mini_batches_are_drawn_by_shard_and_weigh_as_the_shards(client, data):
    X, y = data
    run = descend(half_mse, np.zeros(5), data, steps=15, lr=0.1, batch=12, seed=5, shards=4, client=client)
    pieces = np.array_split(np.arange(101), 4)
    w = np.zeros(5)
    for t in range(15):
        g = 0
        for k, piece in enumerate(pieces):
            rows = piece[rows_of_step(len(piece), 3, 5, k, t)]
            g = g + len(piece) / 101 * X[rows].T @ (X[rows] @ w - y[rows]) / 3
        w = w - 0.1 * g
    np.testing.assert_allclose(run.w, w, rtol=0, atol=1e-12)
    other = descend(half_mse, np.zeros(5), data, steps=2, lr=0.1, batch=12, seed=6, shards=4, client=client)
    assert other.loss[1] != run.loss[1]


def blocks(data, tmp_path):
    X, y = data
    yield "in blocks", (da.from_array(X, (30, 2)), da.from_array(y, 50)), None, [30, 30, 30, 11]
    yield "cut anew", (da.from_array(X, (30, 2)), y), 2, [51, 50]
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    yield "npy", (npy(tmp_path / "X.npy", 3), npy(tmp_path / "y.npy", 3)), None, [34, 34, 33]
    names = list("abcde")
    frame = pd.DataFrame(X, columns=names).assign(y=y)
    for place, part in enumerate((frame[:40], frame[40:])):
        part.to_parquet(tmp_path / f"{place}.parquet")
    table = dd.read_parquet([str(tmp_path / f"{place}.parquet") for place in range(2)])
    yield "parquet", table[[*names, "y"]].to_dask_array(), None, [40, 61]


def test_data_from_dask_from_npy_and_from_parquet(client, data, tmp_path):
    trace = reference(data, rules.sgd, 4, lr=0.1)
    for name, arrays, shards, lengths in blocks(data, tmp_path):
        kept = {"checkpoint": tmp_path / name, "shards": shards}
        loss = half_mse if isinstance(arrays, tuple) else half_mse_of_a_table
        run = descend(loss, np.zeros(5), arrays, steps=3, lr=0.1, client=client, **kept)
        np.testing.assert_allclose(run.w, trace.w[3], rtol=0, atol=1e-12, err_msg=name)
        assert load(kept["checkpoint"])["rows"] == lengths
        longer = descend(loss, np.zeros(5), arrays, steps=4, lr=0.1, client=client, **kept)
        np.testing.assert_allclose(longer.w, trace.w[4], rtol=0, atol=1e-12, err_msg=name)


def test_a_block_of_a_file_is_read_where_the_rows_are(tmp_path):
    rows = np.arange(20.0).reshape(10, 2)
    np.save(tmp_path / "rows.npy", rows)
    blocks = npy(tmp_path / "rows.npy", 3)
    assert blocks.chunks == ((4, 3, 3), (2,))
    np.testing.assert_array_equal(blocks.compute(scheduler="sync"), rows)
    np.testing.assert_array_equal(blocks.blocks[1].compute(scheduler="sync"), rows[4:7])


def test_single_precision_stays_so(client, data):
    X, y = (part.astype(np.float32) for part in data)
    run = descend(half_mse, np.zeros(5, np.float32), (X, y), rules.adam, 3, lr=0.1, shards=3, client=client)
    assert run.w.dtype == np.float32


def test_a_run_stops_where_it_is_told_to(client, data):
    options = {"lr": 0.2, "shards": 2, "client": client}
    run = descend(half_mse, np.zeros(5), data, steps=25, stop=lambda run: run.loss[-1] < 4, **options)
    losses = descend(half_mse, np.zeros(5), data, steps=25, **options).loss
    assert run.stopped == "stop"
    assert run.t == np.argmax(losses < 4) + 1 < 25
    np.testing.assert_array_equal(run.loss, losses[: run.t])


def test_divergence_is_a_result(client, data):
    run = descend(half_mse, np.zeros(5), data, steps=2000, lr=1e10, shards=2, client=client)
    trace = reference(data, rules.sgd, 60, lr=1e10)
    assert run.stopped == "diverged"
    assert run.t == run.diverged_at
    assert np.isfinite(run.w).all()
    # The loss, a square, is infinite where the gradient is not yet.
    assert run.diverged_at <= trace.diverged_at < 2 * run.diverged_at + 2


def test_an_address_is_enough(client, data):
    run = descend(half_mse, np.zeros(5), data, steps=2, client=client.scheduler.address)
    assert run.t == 2


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"w0": []}, ValueError, "w0 must hold at least one"),
        ({"w0": np.array([np.nan])}, ValueError, "w0 must be finite"),
        ({"data": ()}, ValueError, "data must be an array or a tuple"),
        ({"data": (np.ones((3, 5)), np.ones(4))}, ValueError, r"data must have the same .* \[3, 4\]"),
        ({"data": np.float64(1)}, ValueError, "data must have rows"),
        ({"shards": 102}, ValueError, "shards must be at most the rows of data, 101, got 102"),
        ({"shards": 0}, ValueError, "shards must be at least 1"),
        ({"batch": 1}, ValueError, "batch must be from 2"),
        ({"batch": 102}, ValueError, "to the 101 rows of data, got 102"),
        ({"steps": -1}, ValueError, "steps must be at least 0"),
        ({"lr": -1.0}, ValueError, "lr must not be negative"),
        ({"lr": lambda t: -1.0}, ValueError, r"lr\(0\) must not be negative"),
        ({"momentum": 0.5}, TypeError, "sgd takes no hyperparameter 'momentum'"),
        ({"rule": "adam"}, TypeError, "rule must be a function"),
        ({"loss": 1.0}, TypeError, "loss must be a function"),
        ({"grad": 1.0}, TypeError, "grad must be None, True or a function"),
        ({"grad": True}, TypeError, r"loss must return \(value, gradient\)"),
        ({"grad": lambda w, X, y: w[:2]}, ValueError, "the gradient of loss must have the shape"),
        ({"loss": lambda w, X, y: y, "grad": half_mse_grad}, TypeError, "loss must return a real number"),
        ({"stop": 3}, TypeError, "stop must be a function"),
        ({"client": 3}, TypeError, "client must be None, an address or a"),
        ({"checkpoint": 3}, TypeError, "checkpoint must be None or the name"),
        ({"checkpoint": "/no/such/folder/file"}, ValueError, "checkpoint must be in a folder that exists"),
        ({"loss": refuses}, LookupError, "no such loss"),
    ],
)
def test_what_is_wrong_is_named(client, data, wrong, kind, words):
    given = {"loss": half_mse, "w0": np.zeros(5), "data": data, "steps": 2, "shards": 2, "client": client}
    with pytest.raises(kind, match=words):
        descend(**{**given, **wrong})


def test_an_address_where_no_scheduler_is(data):
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(ConnectionError, match=r"client must be the address of a scheduler, got 'tcp://.*:9'"),
    ):
        descend(half_mse, np.zeros(5), data, client="tcp://127.0.0.1:9")


def test_blocks_that_do_not_fit_are_refused(client, data):
    X, y = (da.from_array(part, 50) for part in data)
    for arrays, words in (
        ((X, y[:100]), r"data must have the same number of rows in each array, at least 1, got \[101, 100\]"),
        ((X[X[:, 0] > 0], y), "data must know the lengths of all blocks, or of none"),
        (
            (X[X[:, 0] > 0], y[y > 0].blocks[:1]),
            r"the same blocks in each array, got \[3, 1\]",
        ),
        ((X[X[:, 0] > 0], y[y > 0]), "data must have the same rows in each array, at least one a shard"),
        (X[X[:, 0] > 1e9], "data must have the same rows in each array, at least one a shard"),
    ):
        with pytest.raises(ValueError, match=words):
            descend(half_mse, np.zeros(5), arrays, steps=1, client=client)


def test_an_error_of_the_loss_says_where(client, data):
    with pytest.raises(LookupError) as caught:
        descend(refuses, np.zeros(5), data, grad=half_mse_grad, steps=2, shards=1, client=client)
    assert "loss or grad raised this on the rows of shard 0 at step 0" in caught.value.__notes__


def test_without_dask_it_says_what_to_install(monkeypatch, data):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "gdbook\[distributed\]"'):
        descend(half_mse, np.zeros(5), data)
