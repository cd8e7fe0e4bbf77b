"""Measure one step of the rules beside other libraries, and print Markdown tables: python benchmarks/rules.py

Needs PyTorch, JAX and optax beside gdbook. Everything runs on one core and one thread. In each round
every library steps once around, so that what slows the machine slows all of them; medians are reported,
of processor time: waiting does not count, not even that of optax for its own thread.

The bound is the machine's memory: the bytes that a step must move (sgd reads w and g and writes w;
momentum reads and writes its velocity too; Adam two memories) over the fastest stream that NumPy
reaches here, in the same rounds, over arrays as large: y = c·y, 16 bytes for each number of float64, or
y = y + z, 24. Both write only what they have read, as the rules do, so no write costs a hidden read.

--save writes the numbers to benchmarks/rules.json, from which the book's pages take them.
"""

import argparse
import statistics
import sys

import one_core
from one_core import rounded, seconds

# ruff: isort: split
import jax
import numpy as np
import optax
import torch

from gdbook import in_place, rules

torch.set_num_threads(1)
jax.config.update("jax_enable_x64", True)

LARGE = 10**7
# Rounds, and steps timed together in each, for each size.
SIZES = {10**3: (30, 300), 10**5: (30, 20), LARGE: (21, 1)}
DTYPES = ("float64", "float32")
LR = 1e-3
# The hyperparameters are the libraries' defaults. Weight decay is the same for all.
RULES = {
    "sgd": (rules.sgd, in_place.SGD, torch.optim.SGD, optax.sgd, {}),
    "momentum": (rules.momentum, in_place.Momentum, torch.optim.SGD, optax.sgd, {"momentum": 0.9}),
    "adam": (rules.adam, in_place.Adam, torch.optim.Adam, optax.adam, {}),
    "adamw": (rules.adamw, in_place.AdamW, torch.optim.AdamW, optax.adamw, {"weight_decay": 1e-2}),
}
MEMORIES = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}
PLAIN, OURS, TORCH, FUSED = "gdbook.rules", "gdbook.in_place", "torch", "torch, fused"
STREAMS = {"y = c y": 2, "y = y + z": 3}  # and the arrays that each reads or writes


def plain_step(rule, w, g, hyper):
    held = [w.copy()]

    def step():
        held[:] = rule(held[0], g, *held[1:], lr=LR, **hyper)

    return step


def in_place_step(kind, w, g, hyper):
    rule = kind(w.copy(), lr=LR, **hyper)
    return lambda: rule.step(g)


def torch_step(kind, w, g, hyper):
    parameter = torch.nn.Parameter(torch.from_numpy(w.copy()))
    parameter.grad = torch.from_numpy(g)
    return kind([parameter], lr=LR, **hyper).step


def optax_step(kind, w, g, hyper):
    rule = kind(LR, **hyper)

    def update(w, g, state):
        change, state = rule.update(g, state, w)
        return optax.apply_updates(w, change), state

    compiled = jax.jit(update, donate_argnums=(0, 2))
    g = jax.device_put(g)
    held = [jax.numpy.array(w), rule.init(jax.numpy.array(w))]

    def step():
        held[:] = compiled(held[0], g, held[1])
        held[0].block_until_ready()

    return step


def steps_of(name, w, g):
    """``{library: function that takes one step}``."""
    plain, ours, kind, kind_of_optax, hyper = RULES[name]
    return {
        PLAIN: plain_step(plain, w, g, hyper),
        OURS: in_place_step(ours, w, g, hyper),
        TORCH: torch_step(kind, w, g, hyper),
        "torch, foreach": torch_step(kind, w, g, {**hyper, "foreach": True}),
        FUSED: torch_step(kind, w, g, {**hyper, "fused": True}),
        "optax, jitted": optax_step(kind_of_optax, w, g, hyper),
    }


def streams(dtype):
    y, z = np.ones((2, LARGE), dtype)
    c = np.ones((), dtype)
    return {"y = c y": lambda: np.multiply(y, c, y), "y = y + z": lambda: np.add(y, z, y)}


def measure(name, size, dtype):
    """Seconds of a step, by library: ``(median, lower and upper quartile)``; and the bound's."""
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((2, size)).astype(dtype)
    steps, streamed = steps_of(name, w, g), streams(dtype)
    rounds, times = SIZES[size]
    for run in (*steps.values(), *streamed.values()):
        seconds(run, 3)  # compiled, allocated
    taken = {key: [] for key in (*steps, *streamed)}
    for _ in range(rounds):
        for key, run in streamed.items():
            taken[key].append(seconds(run, 1))
        for key, run in steps.items():
            run()  # into the caches, where it fits: what ran before it is no part of it
            taken[key].append(seconds(run, times))
    found = {key: statistics.quantiles(of, n=4) for key, of in taken.items()}
    bytes_each = np.dtype(dtype).itemsize
    bandwidth = max(STREAMS[key] * bytes_each * LARGE / found[key][1] for key in streamed)
    return {
        "rule": name,
        "size": size,
        "dtype": dtype,
        "bandwidth": bandwidth,
        "bound": (3 + 2 * MEMORIES[name]) * bytes_each * size / bandwidth,
        "seconds": {
            key: {"median": q[1], "quartiles": [q[0], q[2]]} for key, q in found.items() if key in steps
        },
    }


def accesses(name):
    """``(loads, stores)`` of array elements, for each coordinate, in one step in place: counted in a step."""
    _, kind, _, _, hyper = RULES[name]
    counted = [0, 0]

    def counting(ufunc):
        def run(*arrays):
            counted[0] += sum(array.ndim > 0 for array in arrays[:-1])
            counted[1] += 1
            ufunc(*arrays)

        return run

    rule = kind(np.ones(3), **hyper)
    ufuncs = {key: value for key, value in vars(in_place).items() if isinstance(value, np.ufunc)}
    vars(in_place).update({key: counting(ufunc) for key, ufunc in ufuncs.items()})
    try:
        rule.step(np.ones(3))
    finally:
        vars(in_place).update(ufuncs)
    return counted


def table(rows, dtype, ratio, digits):
    """A Markdown table, a line a rule and size, of ``ratio(row, seconds of a library)``."""
    libraries = list(rows[0]["seconds"])
    yield f"| {dtype} | {' | '.join(libraries)} |"
    yield f"|---|{'---:|' * len(libraries)}"
    for row in rows:
        if row["dtype"] == dtype:
            cells = (f"{ratio(row, row['seconds'][library]['median']):.{digits}f}" for library in libraries)
            yield f"| {row['rule']}, {row['size']:,} | {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/rules.json")
    save = parser.parse_args().save
    rows = []
    for size in SIZES:
        for name in RULES:
            for dtype in DTYPES:
                rows.append(rounded(measure(name, size, dtype)))
                print(f"{name}, {size:,}, {dtype}", file=sys.stderr, flush=True)
    print("\nTime of a step over the bound of memory:\n")
    for dtype in DTYPES:
        print("\n".join(table(rows, dtype, lambda row, took: took / row["bound"], 2)), end="\n\n")
    print("Times faster than torch's default:\n")
    for dtype in DTYPES:
        default = lambda row, took: row["seconds"][TORCH]["median"] / took  # noqa: E731
        print("\n".join(table(rows, dtype, default, 1)), end="\n\n")
    spread = [
        (quartiles[1] - quartiles[0]) / one["median"]
        for row in rows
        for one in row["seconds"].values()
        for quartiles in [one["quartiles"]]
    ]
    print(
        f"Distance of the quartiles over the median: {statistics.median(spread):.0%} in the median of all "
        f"cells, {max(spread):.0%} at most. Streams: {min(row['bandwidth'] for row in rows) / 1e9:.0f} to "
        f"{max(row['bandwidth'] for row in rows) / 1e9:.0f} GB/s."
    )
    if save:
        machine = one_core.machine(NumPy="numpy", PyTorch="torch", JAX="jax", optax="optax")
        counted = {name: accesses(name) for name in RULES}
        one_core.save(__file__, {"machine": machine, "accesses": counted, "steps": rows})


if __name__ == "__main__":
    main()
