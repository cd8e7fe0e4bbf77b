"""Time the build of the book, beside the same Markdown with nothing executed: python benchmarks/build.py

Works in a copy of the tree, in rounds: in each, every kind of build once. A ratio is that of one build to the
floor of its round; medians are printed, as a Markdown table. With --save it writes benchmarks/build.json.

- *floor*: no block is run (its place says so, values are dots) and nothing is kept: what MkDocs, Markdown
  and templates cost;
- *nothing changed*, *a sentence*, *a definition* (``gdbook.theory.gd_bound``), *nothing kept*.

The targets, for c cores: 0.3 and 0.35 of the floor for the first two; 0.35 and the blocks that reach it for
the definition; (floor + 1.2 × executed) / c with nothing kept, where *executed* is what all blocks took.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("docs", "gdbook", "benchmarks", "tests/reference", "mkdocs.yml")
SENTENCE = "docs/descent/momentum.md"
DEFINITION = ("gdbook/theory/bounds.py", "def gd_bound(")
FLOOR = """
import json, sys
from gdbook.site.kept.results import Pending, Results
EMPTY = {"notebook": json.dumps({"cells": [{"cell_type": "markdown", "source": "# Title"}]})}
def give(self, kind, text, options, roots):
    self.asked.append(None)
    if kind == "block":
        raise Pending
    return EMPTY.get(kind, "")
Results.give, Results.ahead = give, lambda *given: None
from mkdocs.__main__ import cli
cli(["build", "--site-dir", sys.argv[1]])
"""
KINDS = ("floor", "nothing changed", "a sentence", "a definition", "nothing kept")


def run(copy, kind, number):
    """``(seconds, peak memory in MB, what it said)`` of one build of the copy."""
    if kind == "nothing kept":
        shutil.rmtree(copy / ".cache", ignore_errors=True)
    elif kind == "a sentence":
        page = copy / SENTENCE
        page.write_text(f"{page.read_text(encoding='utf-8')}\n\nSentence {number}.\n", encoding="utf-8")
    elif kind == "a definition":
        module = copy / DEFINITION[0]
        line = next(line for line in module.read_text().splitlines() if line.startswith(DEFINITION[1]))
        module.write_text(module.read_text().replace(line, f"{line}  # {number}", 1))
    site = copy / ("floor" if kind == "floor" else "site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site]
    if kind == "floor":
        command = [sys.executable, "-c", FLOOR, site]
    environment = {**os.environ, "PYTHONPATH": str(copy), "GDBOOK_KEEP": str(kind != "floor").lower()}
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=copy, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        said.seek(0)
        told = said.read()
    if status:
        sys.exit(f"{kind}: the build failed\n{told}")
    return took, usage.ru_maxrss / 1024, told


def blocks(said):
    """How many blocks a build says that it ran."""
    found = re.search(r"(\d+) of \d+ blocks were run", said)
    return int(found[1]) if found else 0


def executed(copy):
    """Seconds that all blocks took when they last ran, added up."""
    used = (path.read_bytes().partition(b"\n")[2] for path in (copy / ".cache/kept/used").glob("*/*"))
    return sum(json.loads(entry)[0]["seconds"] for entry in used)


def measure(rounds):
    """``{kind: {"seconds", "ratio", "blocks", "memory"}}``, medians, and what the blocks took."""
    told = {kind: {"seconds": [], "ratio": [], "blocks": [], "memory": []} for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        for name in PARTS:
            place = copy / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, place)
        run(copy, "nothing changed", 0)  # fills the store, and Python's own
        for number in range(1, rounds + 1):
            floor = None
            for kind in KINDS:
                took, memory, said = run(copy, kind, number)
                floor = took if kind == "floor" else floor
                for name, value in (("seconds", took), ("ratio", took / floor), ("memory", memory)):
                    told[kind][name].append(value)
                told[kind]["blocks"].append(blocks(said))
                print(
                    f"round {number}, {kind}: {took:.1f} s, {took / floor:.2f}", file=sys.stderr, flush=True
                )
        seconds = executed(copy)
    medians = {
        kind: {name: statistics.median(values) for name, values in of.items()} for kind, of in told.items()
    }
    return medians, seconds


def table(medians, seconds, cores):
    """The Markdown table of what was measured, with the targets."""
    floor = medians["floor"]["seconds"]
    cold = (floor + 1.2 * seconds) / cores / floor
    targets = {
        "nothing changed": "0.30",
        "a sentence": "0.35",
        "a definition": "0.35 and its blocks",
        "nothing kept": f"{cold:.2f}",
    }
    lines = [
        "| build | seconds | × floor | target | blocks run | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for kind in KINDS:
        of = medians[kind]
        numbers = f"{of['seconds']:.1f} | {of['ratio']:.2f} | {targets.get(kind, '')} | {of['blocks']:.0f}"
        lines.append(f"| {kind} | {numbers} | {of['memory']:.0f} MB |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="write benchmarks/build.json")
    given = parser.parse_args()
    medians, seconds = measure(given.rounds)
    cores = len(os.sched_getaffinity(0))
    print(table(medians, seconds, cores))
    print(f"\nAll blocks, added up: {seconds:.0f} s; {cores} cores, Python {platform.python_version()}.")
    if given.save:
        told = {"builds": medians, "executed": seconds, "cores": cores, "rounds": given.rounds}
        Path(__file__).with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
