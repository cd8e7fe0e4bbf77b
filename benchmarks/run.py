"""Measure Edit and run in Chromium, and print a Markdown table: python benchmarks/run.py [SITE]

One row for this machine and one for a phone (4 times slower): from the press of *Run* to the first
output, cold (the editor has just been opened with nothing in the cache) and warm (again, in the same
editor), the median of each; from *Edit and run* to the editor; and the bytes that all of it brings.
SITE is a built site; without it one is built.
"""

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built import build  # noqa: E402
from visit import LOCAL, Visit, find_chromium, launch, serve  # noqa: E402

PAGE = "descent/momentum/"
SLOWER = 4  # how much slower than this machine the emulated phone is
VISITS, RUNS = 9, 9

# Milliseconds until the editor is there, until the first output, and until the output of each further run.
TIMED = """async (runs) => {
  const until = (seen) => new Promise((done) => {
    const watch = new MutationObserver(() => seen() && (watch.disconnect(), done(performance.now())));
    watch.observe(document.querySelector("article"), { subtree: true, childList: true, characterData: true });
  });
  const opened = performance.now();
  const there = until(() => document.querySelector(".gd-editor textarea"));
  document.querySelector(".gd-foot .gd-change").click();
  const open = (await there) - opened;
  const area = document.querySelector(".gd-editor textarea");
  const output = document.querySelector(".gd-output code");
  const times = [];
  for (let i = 0; i < runs; i++) {
    area.value = `print("run ${i}")`;
    const begun = performance.now();
    const seen = until(() => output.textContent === `run ${i}\\n`);
    document.querySelector(".gd-bench-bar .gd-change").click();
    times.push((await seen) - begun);
    await until(() => document.querySelector(".gd-bench-bar .gd-change").textContent === "Run");
  }
  return [open, ...times];
}"""


def measure(browser, server, slower):
    """``(open, cold, warm, bytes)``: medians in milliseconds, and what was fetched after the click."""
    opened, cold, warm = [], [], []
    for _ in range(VISITS):
        visit = Visit(browser, server)
        visit.devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        visit.set_out(PAGE)
        visit.arrive()
        server.sent.clear()
        first, second, *rest = visit.tab.evaluate(TIMED, RUNS)
        size = sum(bytes_ for _, bytes_ in server.sent)
        visit.context.close()
        opened.append(first)
        cold.append(second)
        warm += rest
    return *map(statistics.median, (opened, cold, warm)), size


def table(site):
    with serve(site, LOCAL) as server, launch(find_chromium()) as browser:
        for name, slower in (("this machine", 1), ("4 times slower", SLOWER)):
            opened, cold, warm, size = measure(browser, server, slower)
            yield f"| {name} | {opened:.0f} ms | {cold:.0f} ms | {warm:.0f} ms | {size / 1000:.0f} kB |"


def main():
    with tempfile.TemporaryDirectory() as folder:
        site = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "site"
        if len(sys.argv) == 1 and (built := build(site)).returncode:
            sys.exit(built.stdout)
        print("| | to the editor | to the output, cold | warm | fetched, gzip |\n|---|---|---|---|---|")
        for row in table(site):
            print(row, flush=True)


if __name__ == "__main__":
    main()
