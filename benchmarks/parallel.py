"""Measure data-parallel steps on this machine, and print Markdown tables: python benchmarks/parallel.py

A step of ``gdbook.distributed`` on one and on two worker processes, by the rows of the data, and the same
step in one process without Dask; the same by PyTorch's DDP with gloo, on one and two processes; a message
between two processes, by its size; and the sum of arrays over processes as a ring and as a tree.

Everything runs on one thread a process. Rounds go through all candidates in turn. Reported is the least
wall-clock time of many: what else runs on the machine only adds to it.

--save writes the numbers to benchmarks/parallel.json, from which the book's pages take them. PyTorch is
measured if GDBOOK_FRAMEWORKS_PYTHON names a Python that has it.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

# ruff: isort: split
import numpy as np
import one_core

from gdbook import mlp
from gdbook.distributed import descend
from gdbook.rules import sgd

os.sched_setaffinity(0, range(os.cpu_count()))  # one_core took one of them

SIZES = [64, 64, 10]  # the network
ROWS = 1_000, 8_000, 64_000
STEPS = 10
LENGTHS = 1, 1_000, 10_000, 100_000, 1_000_000  # numbers of 8 bytes in a message
PROCESSES = 2, 4
REPEATS = 25


def made(rows):
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, SIZES[0])), rng.integers(0, SIZES[-1], rows)


def seconds_alone(params, data):
    """Of one step in this process."""
    start = time.perf_counter()
    _, grads = mlp.loss_and_grad(params, *data)
    for layer, own in zip(params, grads, strict=True):
        for w, g in zip(layer, own, strict=True):
            sgd(w, g, lr=0.1)
    return time.perf_counter() - start


def seconds_on(client, params, data, shards):
    """Of each step on a cluster; the first is warm-up."""
    stamps = []
    descend(
        mlp.loss_and_grad, params, data, sgd, steps=STEPS, grad=True, lr=0.1, shards=shards, client=client,
        stop=lambda run: stamps.append(time.perf_counter()),
    )  # fmt: skip
    return np.diff(stamps)[1:].tolist()


def of_torch(processes, rows):
    """Of a step of DDP; None without PyTorch."""
    python = os.environ.get("GDBOOK_FRAMEWORKS_PYTHON")
    if python is None:
        return None
    command = [python, Path(__file__).with_name("parallel_torch.py"), processes, rows, STEPS]
    done = subprocess.run(map(str, command), check=True, stdout=subprocess.PIPE, text=True)
    return min(json.loads(done.stdout))


def steps_by_rows(rounds):
    from distributed import Client, LocalCluster

    params = mlp.init(SIZES, np.random.default_rng(0))
    found = {rows: {"alone": [], "1": [], "2": []} for rows in ROWS}
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        for workers in (1, 2):
            cluster.scale(workers)
            with Client(cluster) as client:
                client.wait_for_workers(workers)
                for _ in range(rounds):
                    for rows in ROWS:
                        data = made(rows)
                        found[rows]["alone"] += [seconds_alone(params, data) for _ in range(3)]
                        found[rows][str(workers)] += seconds_on(client, params, data, workers)
    report = {str(rows): {key: min(of) for key, of in one.items()} for rows, one in found.items()}
    for rows in ROWS:
        for processes in (1, 2):
            report[str(rows)][f"DDP {processes}"] = of_torch(processes, rows)
    return report


# Sums over processes: each has a pipe to each other.


def swapped(rank, out, into, piece):
    """Send to one neighbour and receive from another; every second process receives first."""
    if rank % 2:
        got = np.frombuffer(into.recv_bytes())
        out.send_bytes(piece.tobytes())
    else:
        out.send_bytes(piece.tobytes())
        got = np.frombuffer(into.recv_bytes())
    return got


def ring(rank, pipes, x):
    """The sum in 2(K − 1) rounds, each of which moves a Kth of the array to the next process."""
    K = len(pipes)
    pieces = np.array_split(x.copy(), K)
    after, before = pipes[(rank + 1) % K], pipes[(rank - 1) % K]
    for i in range(K - 1):
        got = swapped(rank, after, before, pieces[(rank - i) % K])
        pieces[(rank - i - 1) % K] = pieces[(rank - i - 1) % K] + got
    for i in range(K - 1):
        pieces[(rank - i) % K] = swapped(rank, after, before, pieces[(rank - i + 1) % K])
    return np.concatenate(pieces)


def tree(rank, pipes, x):
    """The sum in pairs to process 0, and back the same way: 2 log K rounds of the whole array."""
    K, total, step = len(pipes), x.copy(), 1
    while step < K:
        if rank % (2 * step) == step:
            pipes[rank - step].send_bytes(total.tobytes())
            break
        if rank % (2 * step) == 0 and rank + step < K:
            total = total + np.frombuffer(pipes[rank + step].recv_bytes())
        step *= 2
    if rank:
        total = np.frombuffer(pipes[rank - step].recv_bytes())
    step //= 2
    while step:
        if rank + step < K:
            pipes[rank + step].send_bytes(total.tobytes())
        step //= 2
    return total


def message(rank, pipes, x):
    """There and back, between two processes."""
    other = pipes[1 - rank]
    if rank:
        other.send_bytes(other.recv_bytes())
    else:
        other.send_bytes(x.tobytes())
        np.frombuffer(other.recv_bytes())
    return x


def member(rank, pipes, reduce, length, results):
    x = np.full(length, rank + 1.0)
    K = len(pipes)
    taken = []
    for _ in range(REPEATS):
        ring(rank, pipes, np.zeros(K))  # all wait for all
        start = time.perf_counter()
        total = reduce(rank, pipes, x)
        taken.append(time.perf_counter() - start)
    assert reduce is message or np.all(total == K * (K + 1) / 2)
    if rank == 0:
        results.put(min(taken))


def seconds_of_sum(reduce, processes, length):
    context = multiprocessing.get_context("fork")
    ends = [[None] * processes for _ in range(processes)]
    for a in range(processes):
        for b in range(a):
            ends[a][b], ends[b][a] = context.Pipe()
    results = context.Queue()
    jobs = [
        context.Process(target=member, args=(rank, ends[rank], reduce, length, results))
        for rank in range(processes)
    ]
    for job in jobs:
        job.start()
    found = results.get()
    for job in jobs:
        job.join()
    return found


def sums():
    messages = {str(n): seconds_of_sum(message, 2, n) / 2 for n in LENGTHS}
    found = {
        f"{reduce.__name__} {K}": {str(n): seconds_of_sum(reduce, K, n) for n in LENGTHS}
        for K in PROCESSES
        for reduce in (ring, tree)
    }
    return {"message": messages, **found}


def table(title, found):
    columns = list(next(iter(found.values())))
    yield f"\n{title}, milliseconds\n"
    yield f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}"
    for key, row in found.items():
        cells = ("none" if row[c] is None else f"{row[c] * 1e3:,.3f}" for c in columns)
        yield f"| {key} | {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/parallel.json")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison (default: 3)")
    given = parser.parse_args()
    reduced = sums()
    print("\n".join(table("sums over processes, by the length of the array", reduced)), flush=True)
    steps = steps_by_rows(given.rounds)
    print("\n".join(table("a step, by the rows of the data", steps)), flush=True)
    if given.save:
        machine = one_core.machine(NumPy="numpy", Dask="dask", distributed="distributed")
        machine["cores used"] = os.cpu_count()
        machine["date"] = datetime.date.today().isoformat()
        machine["load"] = os.getloadavg()[2]
        one_core.save(__file__, one_core.rounded({"machine": machine, "steps": steps, "sums": reduced}))


if __name__ == "__main__":
    sys.exit(main())
