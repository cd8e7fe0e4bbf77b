"""Lighthouse's marks for a page of each kind, on a phone and a desk: python benchmarks/lighthouse.py [SITE]

Needs Lighthouse, which is on npm: LIGHTHOUSE names its program, or it is found on PATH. SITE is a folder that
a build wrote; without it the book is built. Each page is visited three times with each preset. The table has
the lowest mark of the three, and the medians of what blocked the page and of the bytes over the line.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built import build  # noqa: E402
from reading import PAGES  # noqa: E402
from visit import find_chromium, serve  # noqa: E402

RUNS = 3
DIRECT = (0, float("inf"))  # no latency of ours: Lighthouse makes its own
PRESETS = {"phone": [], "desk": ["--preset=desktop"]}
MARKS = ("performance", "accessibility", "best-practices", "seo")
CHROMIUM = "--headless=new --no-sandbox --disable-gpu"


def report(lighthouse, address, options):
    """What Lighthouse says of one visit."""
    command = [lighthouse, address, "--quiet", "--output=json", f"--chrome-flags={CHROMIUM}", *options]
    environment = {**os.environ, "CHROME_PATH": find_chromium()}
    return json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)


def row(lighthouse, address, options):
    """The cells of a page, and the audits that lost points in any of its visits."""
    reports = [report(lighthouse, address, options) for _ in range(RUNS)]
    lowest = [min(round(100 * one["categories"][mark]["score"]) for one in reports) for mark in MARKS]
    blocked, size = (
        statistics.median(one["audits"][audit]["numericValue"] for one in reports)
        for audit in ("total-blocking-time", "total-byte-weight")
    )
    lost = {
        audit["id"]
        for one in reports
        for mark in MARKS
        for audit in (
            one["audits"][item["id"]] for item in one["categories"][mark]["auditRefs"] if item["weight"]
        )
        if audit["score"] is not None and audit["score"] < 0.9
    }
    return [*map(str, lowest), f"{blocked:.0f} ms", f"{size / 1000:.0f} kB"], lost


def measure(site, lighthouse):
    print("| page | performance | accessibility | practices | search | blocked | over the line |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with serve(site, line=DIRECT) as server:
        for name, page in PAGES.items():
            for preset, options in PRESETS.items():
                cells, lost = row(lighthouse, server.url + page, options)
                print(f"| {name}, {preset} | {' | '.join(cells)} |", flush=True)
                if lost:
                    print(f"{name}, {preset}: {', '.join(sorted(lost))}", file=sys.stderr, flush=True)


def main():
    lighthouse = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    if not lighthouse:
        sys.exit("Lighthouse is not on PATH, and LIGHTHOUSE does not name it: npm install lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        site = sys.argv[1] if len(sys.argv) > 1 else folder
        if len(sys.argv) == 1 and (built := build(Path(folder))).returncode:
            sys.exit(built.stdout)
        measure(site, lighthouse)


if __name__ == "__main__":
    main()
