"""Figures and numbers of *More than one machine*: large batches, messages, less talk, late gradients."""

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gdbook import mlp
from gdbook.data import digits
from gdbook.descent import descend
from gdbook.figures.colours import BEST, DESCENT, DIVERGES, INK, MOMENTUM, MUTED, ramp
from gdbook.figures.house import figure, in_house_style
from gdbook.figures.learning_rate import decades
from gdbook.figures.table import table
from gdbook.rules import sgd

MEASURED = Path("benchmarks/parallel.json")

TARGET = 0.4  # training loss of the digits' network
BASE_BATCH, BASE_RATE = 16, 0.1
BATCHES = 16, 32, 64, 128, 256
MOST_STEPS = 600
SCALINGS = ("linear", "square root", "the same")

ROWS = 1000  # digits that the simulated workers share
WORKERS = 1, 10, 100, 1000
ROUNDS = 60
KEPT = 0.05  # share of the gradient that top-k sends
LOCAL_STEPS = 4
DELAYS = 0, 1, 3, 9, 29, 99


# The sum.


@functools.cache
def sums_in_two_orders(shards=7):
    """The gradient at a start, as the mean over shards in one order and in the other, and in one piece."""
    params, X, y = _start()
    pieces = np.array_split(np.arange(len(y)), shards)
    parts = [len(rows) / len(y) * mlp.grad(params, X[rows], y[rows])[0][0] for rows in pieces]
    return sum(parts), sum(parts[::-1]), mlp.grad(params, X, y)[0][0]


def apart_by_order():
    """How far the two orders are apart, over the size of the gradient."""
    one, other, whole = sums_in_two_orders()
    return np.abs(one - other).max() / np.abs(whole).max()


def _start():
    (X, y), _, _ = digits()
    return mlp.init([64, 32, 10], np.random.default_rng(0)), X, y


# Large batches.


def scaled(scaling, batch):
    """The learning rate for a batch, from that of the base batch."""
    growth = batch / BASE_BATCH
    return BASE_RATE * {"linear": growth, "square root": math.sqrt(growth), "the same": 1.0}[scaling]


@functools.cache
def steps_to_target(scaling, batch):
    """Steps of SGD until the mean loss of an epoch is below the target; None if too many."""
    params, X, y = _start()
    rng = np.random.default_rng(1)
    per_epoch = -(-len(y) // batch)
    for epoch in range(MOST_STEPS // per_epoch):
        run = mlp.train(params, (X, y), sgd, scaled(scaling, batch), epochs=1, batch=batch, rng=rng)
        if run.diverged_at is not None:
            return None
        params = run.params
        if run.loss.mean() < TARGET:
            return (epoch + 1) * per_epoch
    return None


def last_good(scaling):
    """The largest batch that takes at most 1.5 times the samples of the base batch; 0 for none."""
    budget = 1.5 * BASE_BATCH * steps_to_target(scaling, BASE_BATCH)
    good = 0
    for batch in BATCHES:
        steps = steps_to_target(scaling, batch)
        if steps is None or steps * batch > budget:
            break
        good = batch
    return good


@in_house_style
def large_batches():
    """Steps to a given loss against the batch, for three ways to choose the rate, and the perfect line."""
    fig, ax = figure(height=3.8)
    first = steps_to_target("linear", BASE_BATCH)
    ax.plot(BATCHES, [first * BASE_BATCH / b for b in BATCHES], color=MUTED, linewidth=1, linestyle="--")
    for scaling, colour in zip(SCALINGS, ramp(3)[::-1], strict=True):
        found = [(b, steps_to_target(scaling, b)) for b in BATCHES]
        reached = [(b, steps) for b, steps in found if steps is not None]
        ax.plot(*zip(*reached, strict=True), "o-", color=colour, label=scaling)
    ax.set(xlabel="batch", xscale="log", yscale="log", xlim=(14, 600), ylim=(10, 1500))
    ax.set_xticks(BATCHES, [str(b) for b in BATCHES])
    ax.set_xticks([], minor=True)
    ax.set_yticks((10, 100, 1000), ("10", "100", "1,000"))
    ax.set_ylabel("steps to the loss")
    ax.legend(loc="upper right")
    return fig


# What a message costs.


@functools.cache
def measured():
    """What ``benchmarks/parallel.py`` recorded."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def latency():
    """Seconds of the smallest message."""
    return measured()["sums"]["message"]["1"]


def per_number():
    """Seconds for each number of 8 bytes more, from the largest message."""
    longest = max(map(int, measured()["sums"]["message"]))
    return (measured()["sums"]["message"][str(longest)] - latency()) / longest


def ring_seconds(K, n, alpha, beta):
    r"""Seconds of a ring: $2(K - 1)(\alpha + \beta n / K)$."""
    return 2 * (K - 1) * (alpha + beta * n / K)


def tree_seconds(K, n, alpha, beta):
    r"""Seconds of a tree there and back: $2 \lceil \log_2 K \rceil (\alpha + \beta n)$."""
    return 2 * math.ceil(math.log2(K)) * (alpha + beta * n)


def crossing(K, alpha, beta):
    """The length of an array from which on the ring is faster than the tree."""
    rounds, levels = 2 * (K - 1), 2 * math.ceil(math.log2(K))
    return (rounds - levels) * alpha / (beta * (levels - rounds / K))


def of_sums():
    """The measured sums beside the model, as a table."""
    rows = []
    for n in ("1", "10000", "1000000"):
        for kind, model in (("ring", ring_seconds), ("tree", tree_seconds)):
            row = [f"{int(n):,}", kind]
            for K in (2, 4):
                taken = measured()["sums"][f"{kind} {K}"][n]
                row += [f"{taken * 1e3:.2f}", f"{model(K, int(n), latency(), per_number()) * 1e3:.2f}"]
            rows.append(row)
    head = {"numbers": ">", "as a": "<", "2: measured": ">", "model": ">", "4: measured": ">", "model ": ">"}
    return table(head, rows)


def of_steps():
    """The measured steps, as a table in milliseconds."""
    columns = {"alone": "alone", "1": "Dask, 1", "2": "Dask, 2", "DDP 1": "DDP, 1", "DDP 2": "DDP, 2"}
    rows = [
        [f"{int(n):,}", *(f"{taken[key] * 1e3:.1f}" for key in columns)]
        for n, taken in measured()["steps"].items()
    ]
    return table({"rows": ">", **dict.fromkeys(columns.values(), ">")}, rows)


def overhead(workers):
    """Seconds that a step takes on this many workers beyond the arithmetic, at the fewest rows."""
    taken = next(iter(measured()["steps"].values()))
    return taken[str(workers)] - taken["alone"] / workers


def per_row():
    """Seconds of arithmetic for a row, in one process."""
    n, taken = list(measured()["steps"].items())[-1]
    return taken["alone"] / int(n)


def overhead_of_ddp():
    """As ``overhead``, of PyTorch's DDP on two processes, beside the arithmetic of NumPy."""
    taken = next(iter(measured()["steps"].values()))
    return taken["DDP 2"] - taken["alone"] / 2


def load():
    """The programs that wanted to run while it was measured, for each core."""
    machine = measured()["machine"]
    return machine["load"] / machine["cores used"]


def who_won():
    """A sentence: from how many of the measured rows on two workers were faster than one process alone."""
    won = [int(n) for n, taken in measured()["steps"].items() if taken["2"] < taken["alone"]]
    if won:
        return f"In the table they win with {min(won):,} rows."
    return "On this busy machine they had none, and win with none of these sizes."


def rows_from_which_two_win():
    """From how many rows on two workers beat one process alone, by the line through what was measured."""
    return overhead(2) / (per_row() / 2)


# Workers, batch and time.


def seconds_to_target(batch, workers, row=1e-3, alpha=2e-3, beta=1e-8, n=2410):
    """Seconds to the target with a batch that the workers share, and a ring; infinite if it is not reached.

    ``row`` is the seconds of arithmetic for a row.
    """
    steps = steps_to_target("linear", batch)
    if steps is None:
        return math.inf
    talk = ring_seconds(workers, n, alpha, beta) if workers > 1 else 0.0
    return steps * (row * math.ceil(batch / workers) + talk)


def best_workers(batch):
    """How many workers reach the target first, with this batch."""
    return min(range(1, batch + 1), key=lambda workers: seconds_to_target(batch, workers))


# Less talk: a thousand workers, simulated.


@functools.cache
def shared():
    """The digits that the workers share, sorted by class: images with a 1 for the bias, and labels."""
    (X, y), _, _ = digits()
    X, y = X[:ROWS], y[:ROWS]
    order = np.argsort(y, kind="stable")
    return np.column_stack([X, np.ones(ROWS)])[order], np.eye(10)[y[order]]


def probabilities(W, X):
    """The classes' probabilities of each row, by a network without a hidden layer."""
    Z = X @ W
    P = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return P / P.sum(axis=-1, keepdims=True)


def loss_of_all(W):
    """The cross-entropy of all shared digits."""
    X, Y = shared()
    return float(-np.mean(np.log(np.sum(probabilities(W, X) * Y, axis=1))))


def gradients(W, K):
    """The gradient of each of K workers' rows, at weights of its own or at common ones: ``(K, 65, 10)``."""
    X, Y = (part.reshape(K, ROWS // K, -1) for part in shared())
    return np.swapaxes(X, 1, 2) @ (probabilities(W, X) - Y) / (ROWS // K)


def top_k(g):
    """The largest entries of each worker's gradient (and what is as large as the last), the others 0."""
    flat = g.reshape(len(g), -1)
    k = max(1, round(KEPT * flat.shape[1]))
    limit = np.partition(np.abs(flat), -k, axis=1)[:, -k, None]
    return np.where(np.abs(flat) >= limit, flat, 0.0).reshape(g.shape)


def one_bit(g):
    """The sign of each entry, times the mean size of the worker's entries."""
    return np.sign(g) * np.abs(g).mean(axis=(1, 2), keepdims=True)


@functools.cache
def compressed(compress, feedback, K, lr=0.5):
    """The losses of a run whose workers send ``compress(g)``; with feedback they keep the rest for later."""
    W, rest = np.zeros((65, 10)), 0.0
    losses = [loss_of_all(W)]
    for _ in range(ROUNDS):
        g = gradients(W, K) + rest
        sent = compress(g)
        rest = g - sent if feedback else 0.0
        W, _ = sgd(W, sent.mean(axis=0), lr=lr)
        losses.append(loss_of_all(W))
    return losses


def whole(g):
    """All of the gradient."""
    return g


@functools.cache
def local(K, lr=0.5):
    """The losses of local SGD: ``LOCAL_STEPS`` steps of each worker on its own rows, then the mean of all."""
    W = np.zeros((65, 10))
    losses = [loss_of_all(W)]
    for _ in range(ROUNDS):
        own = np.broadcast_to(W, (K, 65, 10))
        for _ in range(LOCAL_STEPS):
            own, _ = sgd(own, gradients(own, K), lr=lr)
        W = own.mean(axis=0)
        losses.append(loss_of_all(W))
    return losses


METHODS: dict[str, tuple[Callable[[int], list[float]], str]] = {
    "all-reduce": (lambda K: compressed(whole, False, K), DESCENT),
    "sign": (lambda K: compressed(one_bit, False, K), DIVERGES),
    "sign, feedback": (lambda K: compressed(one_bit, True, K), MOMENTUM),
    "top-k": (lambda K: compressed(top_k, False, K), MUTED),
    "top-k, feedback": (lambda K: compressed(top_k, True, K), INK),
    "local SGD": (local, BEST),
}


def last_loss(method, K):
    """The loss at the end of a run of ``METHODS``."""
    run, _ = METHODS[method]
    return run(K)[-1]


@in_house_style
def less_talk():
    """The loss after ``ROUNDS`` rounds against the number of workers, for six ways to talk."""
    fig, ax = figure(height=4.2, narrow_height=4.8)
    for method, (_, colour) in METHODS.items():
        style = "o--" if method in ("sign", "top-k") else "o-"
        width = 5 if method == "all-reduce" else 2  # another lies on it
        losses = [last_loss(method, K) for K in WORKERS]
        ax.plot(WORKERS, losses, style, color=colour, label=method, linewidth=width)
    ax.set(xlabel="workers", xscale="log", xlim=(0.8, 1300), ylim=(-0.15, 1.4), yticks=(0, 0.5, 1))
    ax.set_xticks(WORKERS, ("1", "10", "100", "1,000"))
    ax.set_xticks([], minor=True)
    ax.set_ylabel(f"loss after {ROUNDS} rounds")
    ax.legend(loc="lower right", ncols=2, columnspacing=1)
    return fig


# Late gradients.


def stale_limit(delay):
    r"""The largest ηλ at which descent with gradients ``delay`` steps late converges.

    $2 \sin \frac{\pi}{2 (2\tau + 1)}$: there $z^{\tau+1} - z^\tau + \eta\lambda$ has a root of size 1.
    """
    return 2 * math.sin(math.pi / (2 * (2 * delay + 1)))


def stale(lr, delay, steps):
    """Descent on $w^2/2$ from 1 whose gradients were taken ``delay`` steps ago, by the book's loop."""
    past = [1.0] * (delay + 1)

    def late(w):
        past.append(w)
        return past[-1 - delay]

    return descend(late, 1.0, sgd, steps=steps, lr=lr).w


@functools.cache
def measured_limit(delay):
    """The largest rate at which such a run shrinks, found by halving an interval."""
    low, high = 0.0, 2.5
    steps = 60 * (delay + 1)
    for _ in range(9):
        middle = (low + high) / 2
        size = np.abs(stale(middle * stale_limit(delay), delay, steps))
        third = steps // 3
        if size[-third:].max() < size[third : 2 * third].max():
            low = middle
        else:
            high = middle
    return low * stale_limit(delay)


@in_house_style
def late_gradients():
    """The largest stable rate against the delay of the gradients: the formula, and runs."""
    fig, ax = figure(height=3.6)
    delays = np.arange(0, 1001)
    ax.plot(delays + 1, [stale_limit(int(delay)) for delay in delays], color=DESCENT)
    ax.plot([d + 1 for d in DELAYS], [measured_limit(d) for d in DELAYS], "o", color=INK)
    ax.set(xlabel="workers", xscale="log", yscale="log", xlim=(0.8, 1300), ylim=(1e-3, 4))
    ax.set_xticks((1, 10, 100, 1000), ("1", "10", "100", "1,000"))
    decades(ax.yaxis, (-3, -2, -1, 0))
    ax.set_ylabel("largest stable ηλ")
    return fig


# Questions.


def faster(K, n, alpha, beta):
    """``"ring"`` or ``"tree"``, whichever takes less time."""
    return "ring" if ring_seconds(K, n, alpha, beta) < tree_seconds(K, n, alpha, beta) else "tree"


def slower_with_more():
    """``"none"`` if there is a batch that takes longer on all its workers than on one."""
    return "none" if seconds_to_target(16, 16) > seconds_to_target(16, 1) else "little"


def two_late():
    """What a run with ηλ = 1.8 does whose gradients come two steps late."""
    sizes = np.abs(stale(1.8, 2, 60))
    return "diverges" if sizes[-1] > 100 * sizes[0] else "swings" if sizes[-1] > 0.1 else "converges"
