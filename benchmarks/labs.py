"""Measure the labs in Chromium, and print a Markdown table: python benchmarks/labs.py

One row a lab: its own JavaScript, how long it takes to start, what a slider event costs, how much
the heap grows over 1,000 resets, and how long the page blocks on a phone (4 times slower; the
median of several first visits). Then the engine alone: 200 momentum steps, beside the same steps
written by hand in JavaScript.
"""

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built import CHAPTERS, build  # noqa: E402
from visit import find_chromium, launch, serve  # noqa: E402

PHONE = {"width": 390, "height": 844}
SLOWER = 4  # how much slower than this machine the emulated phone is
RESETS = 1000
VISITS = 5

# When the lab was there, and what blocked the page meanwhile.
WATCH = """
  window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries()))
    .observe({ type: "longtask", buffered: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-lab][data-ready]")) return;
    window.ready = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
"""

# Total blocking time: what tasks take beyond 50 ms, once the page shows something.
BLOCKED = """() => {
  const shown = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const late = window.tasks.filter(({ startTime, duration }) => startTime + duration > shown);
  return late.reduce((sum, { startTime, duration }) =>
    sum + Math.max(0, Math.min(duration, startTime + duration - shown) - 50), 0);
}"""

SLIDE = """() => {
  const times = [];
  for (const slider of document.querySelectorAll("[data-lab] input[type=range]:not(:disabled)")) {
    for (let i = 0; i <= 40; i++) {
      slider.value = i * 25;
      const before = performance.now();
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      times.push(performance.now() - before);
    }
  }
  return times;
}"""

RESET = """(times) => {
  const lab = document.querySelector("[data-lab]");
  for (let i = 0; i < times; i++) { if (lab.step) lab.step(); if (lab.reset) lab.reset(); lab.refresh(); }
}"""

ENGINE = """async () => {
  const { functions, rules, iterate } = await import("/assets/gdbook.js");
  const step = (w, g, state) => rules.momentum(w, g, state, 0.05, 0.9);
  const hand = (x, n) => {
    const path = [x];
    for (let t = 0, v = 0; t < n; t++) { v = 0.9 * v + 2 * x; x -= 0.05 * v; path.push(x); }
    return path;
  };
  const time = (run) => {
    for (let i = 0; i < 5000; i++) run();
    const before = performance.now();
    for (let i = 0; i < 5000; i++) run();
    return (performance.now() - before) / 5;
  };
  return [time(() => iterate(functions.parabola, [5], step, [undefined], 200)), time(() => hand(5, 200))];
}"""


def first_visit(browser, server, page):
    """``(blocking time, bytes of each script that labs bring)`` of a first visit on a phone."""
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.add_init_script(WATCH)
    server.sent.clear()
    tab.goto(server.url + page)
    tab.wait_for_selector("[data-lab][data-ready]", state="attached")
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(500)
    blocked = tab.evaluate(BLOCKED)
    context.close()
    own = {name: size for name, size in server.sent if name.endswith(".js") and "reading" not in name}
    return blocked, own


def measure(browser, server, page):
    """The figures of one lab's page, as a dictionary."""
    visits = [first_visit(browser, server, page) for _ in range(VISITS)]
    blocked = statistics.median(time for time, _ in visits)
    scripts = visits[0][1]

    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    devtools = context.new_cdp_session(tab)
    tab.add_init_script(WATCH)
    tab.goto(server.url + page)
    tab.wait_for_selector("[data-lab][data-ready]", state="attached")
    started = tab.evaluate(
        """() => window.ready - performance.getEntriesByType("resource")
             .filter(({ name }) => name.includes("/labs/") && name.endsWith(".js"))
             .reduce((latest, { responseEnd }) => Math.max(latest, responseEnd), 0)"""
    )
    slides = tab.evaluate(SLIDE)
    heap = []
    for _ in range(3):
        tab.evaluate(RESET, RESETS)
        devtools.send("HeapProfiler.collectGarbage")
        heap.append(tab.evaluate("performance.memory.usedJSHeapSize"))
    context.close()
    return {
        "own JavaScript, gzip": f"{sum(scripts.values()) / 1000:.1f} kB",
        "ready after its script": f"{started:.0f} ms",
        "slider event, median and slowest": f"{statistics.median(slides):.1f}, {max(slides):.1f} ms",
        f"heap after {RESETS} more resets": f"{(heap[2] - heap[1]) / 1000:+.0f} kB",
        "blocking time, phone": f"{blocked:.0f} ms",
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder) / "site")
        if built.returncode:
            sys.exit(built.stdout)
        with serve(Path(folder) / "site") as server, launch(find_chromium()) as browser:
            labs = [page for page in CHAPTERS if page.startswith("labs/")]
            rows = {page: measure(browser, server, page) for page in labs}
            tab = browser.new_page()
            tab.goto(server.url)
            engine, hand = tab.evaluate(ENGINE)
    columns = list(rows[labs[0]])
    print(f"| lab | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for page, row in rows.items():
        print(f"| {page.removeprefix('labs/').strip('/')} | {' | '.join(row.values())} |")
    print(
        f"\n200 momentum steps: {engine:.1f} µs translated, {hand:.1f} µs by hand, ratio {engine / hand:.1f}."
    )


if __name__ == "__main__":
    main()
