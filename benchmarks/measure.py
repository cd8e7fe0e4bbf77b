"""Measure the book as its README reports it, and print a Markdown table: python benchmarks/measure.py

With --tests it times the whole test suite too, which takes minutes.

Needs the development environment and a Chromium (CHROMIUM, or /usr/bin/chromium).
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # gdbook, where it is not installed
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built import CHAPTERS, build, name_of  # noqa: E402
from visit import find_chromium, launch, serve, visit  # noqa: E402

from gdbook import mlp  # noqa: E402
from gdbook.data import digits  # noqa: E402
from gdbook.rules import adam  # noqa: E402


def seconds(run, *arguments, **options):
    start = time.perf_counter()
    done = run(*arguments, **options)
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"failed: {done.args}\n{done.stdout}")
    return took


def builds(folder):
    """Seconds of a first build of a fresh copy, without any cache, and of a second."""
    copy = folder / "copy"
    for name in ("docs", "gdbook", "benchmarks", "tests/reference", "mkdocs.yml"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    # The copy's own gdbook, and no font list of Matplotlib's from before.
    options = {"cwd": copy, "PYTHONPATH": str(copy), "MPLCONFIGDIR": str(folder / "matplotlib")}
    return [seconds(build, folder / "site", **options) for _ in range(2)]


def digits_trained():
    """``(share, seconds)``: what the network of the chapter on digits gets right of the test images, and
    how long it takes to read the images, train as the chapter does and read them again."""
    start = time.perf_counter()
    train, valid, test = digits()
    params = mlp.init([64, 64, 64, 10], np.random.default_rng(0))
    run = mlp.train(params, train, adam, lr=0.003, epochs=25, valid=valid)
    share = mlp.accuracy(run.params, *test)
    return share, time.perf_counter() - start


def first_visits(site):
    """``{page: (sent, shift)}`` of a first visit to each page at the width of a phone."""
    with serve(site) as server, launch(find_chromium()) as browser:
        visits = {}
        for page in CHAPTERS:
            with visit(browser, server, page, width=390) as opened:
                visits[page] = opened.sent, opened.shift()[0]
        return visits


KINDS = {
    ".html": "HTML",
    ".css": "style sheets",
    ".js": "scripts",
    ".woff2": "math font",
    ".json": "search index",
}


def breakdown(sent):
    sums = {}
    for name, size in sent:
        kind = KINDS.get(Path(name).suffix, "icons and others")
        sums[kind] = sums.get(kind, 0) + size
    return ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sorted(sums.items(), key=lambda s: -s[1]))


def table(with_tests):
    # First, in a process that has done nothing yet.
    share, took = digits_trained()
    yield f"digits, trained to {share:.1%} of the test images", f"{took:.1f} s"
    with tempfile.TemporaryDirectory() as name:
        cold, warm = builds(Path(name))
        visits = first_visits(Path(name) / "site")
    total = {page: sum(size for _, size in sent) for page, (sent, _) in visits.items()}
    heaviest = max(total, key=total.get)
    moving = max(visits, key=lambda page: visits[page][1])
    yield "build from nothing, no cache", f"{cold:.1f} s"
    yield "build again", f"{warm:.1f} s"
    if with_tests:
        took = seconds(
            subprocess.run, [sys.executable, "-m", "pytest"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        yield "tests, all", f"{took:.0f} s"
    yield (
        f"heaviest first visit, of {len(visits)} pages, gzip",
        f"{total[heaviest] / 1000:.1f} kB ({name_of(heaviest)}: {breakdown(visits[heaviest][0])})",
    )
    yield "largest cumulative layout shift, cold cache", f"{visits[moving][1]:.4f} ({name_of(moving)})"
    yield "measured on", f"{os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", action="store_true", help="time the whole test suite too")
    print("| what | measured |\n|---|---|")
    for what, measured in table(parser.parse_args().tests):
        print(f"| {what} | {measured} |", flush=True)


if __name__ == "__main__":
    main()
