"""Measure what the scripts of a page cost on a phone, beside the theme's own: python benchmarks/reading.py

The same pages are built twice, as the book has them and with the script of the theme, or are taken from two
folders: python benchmarks/reading.py OURS THEMES. First visits to both in turn, on a phone four times slower
than this machine; medians. The table gives, for ours and the theme's:

- the bytes of all scripts over the line,
- how long tasks blocked the page once it showed something (what each takes beyond 50 ms),
- the processor time of the page's main thread, at the speed of this machine; and the ratio,
- the slowest answer to a reader who switches the colours, opens search and types, and scrolls.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import material
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built import build  # noqa: E402
from labs import BLOCKED, PHONE, SLOWER  # noqa: E402
from visit import find_chromium, launch, serve  # noqa: E402

PAGES = {
    "home": "",
    "momentum": "descent/momentum/",
    "schedules": "descent/schedules/",
    "find the bug": "reference/find-the-bug/",
    "cheat sheet": "reference/cheat-sheet/",
    "notebook": "training/digits/",
    "race": "labs/race/",
    "API": "reference/api/descent/",
}
VISITS = 5
FEATURES = ["content.code.copy", "content.tabs.link", "navigation.tracking", "search.highlight"]

WATCH = """
  window.tasks = [];
  window.answers = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries()))
    .observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => window.answers.push(...list.getEntries()
    .filter(({ interactionId }) => interactionId).map(({ duration }) => duration)))
    .observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def theirs(folder):
    """Build the book with the theme's script, into ``folder / "site"``."""
    for path in ROOT.iterdir():
        if path.name not in ("mkdocs.yml", "site"):
            (folder / path.name).symlink_to(path)
    (folder / "theme").mkdir()
    own = yaml.unsafe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    features = [*own["theme"]["features"], *FEATURES]
    scripts = [script for script in own["extra_javascript"] if script["path"] != "assets/reading.js"]
    changed = {
        "INHERIT": str(ROOT / "mkdocs.yml"),
        "theme": {"custom_dir": "theme", "features": features},
        "extra_javascript": scripts,
    }
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    built = build(folder / "site", cwd=folder)
    place = "assets/javascripts"
    shutil.copytree(Path(material.__file__).parent / "templates" / place, folder / "site" / place)
    return built


def first_visit(browser, server, page):
    """``(bytes of scripts, ms blocked, ms of processor, ms of the slowest answer)``."""
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    devtools = context.new_cdp_session(tab)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.add_init_script(WATCH)
    server.sent.clear()
    tab.goto(server.url + page)
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(1500)
    scripts = sum(size for name, size in server.sent if name.endswith(".js"))
    blocked = tab.evaluate(BLOCKED)
    spent = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    for title in ("Switch to dark", "Switch to light"):
        tab.click(f"label[title='{title}']")
        tab.wait_for_timeout(500)
    tab.mouse.wheel(0, 600)
    tab.wait_for_timeout(500)
    tab.click("header label[for=__search]")
    tab.locator(".md-search__input").focus()
    tab.keyboard.type("momentum", delay=120)
    tab.locator(".md-search-result__item").first.wait_for()
    tab.wait_for_timeout(500)
    answer = max(tab.evaluate("window.answers"), default=0)
    context.close()
    return scripts, blocked, 1000 * spent["TaskDuration"] / SLOWER, answer


def row(browser, servers, page):
    """The cells of one page."""
    visits = [[first_visit(browser, server, page) for server in servers] for _ in range(VISITS)]
    (ours, theme) = (
        [statistics.median(values) for values in zip(*of, strict=True)] for of in zip(*visits, strict=True)
    )
    ratio = statistics.median(a[2] / b[2] for a, b in visits)
    yield f"{ours[0] / 1000:.1f}, {theme[0] / 1000:.1f} kB"
    yield f"{ours[1]:.0f}, {theme[1]:.0f} ms"
    yield f"{ours[2]:.0f}, {theme[2]:.0f} ms, × {ratio:.2f}"
    yield f"{ours[3]:.0f}, {theme[3]:.0f} ms"


def measure(ours, themes):
    print("| ours, the theme's | scripts, gzip | blocked | processor | slowest answer |")
    print("|---|---|---|---|---|")
    with serve(ours) as server, serve(themes) as other, launch(find_chromium()) as browser:
        for name, page in PAGES.items():
            print(f"| {name} | {' | '.join(row(browser, [server, other], page))} |", flush=True)


def main():
    if len(sys.argv) > 1:
        measure(*sys.argv[1:])
        return
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "theirs"
        other.mkdir()
        for built in (build(Path(folder) / "ours"), theirs(other)):
            if built.returncode:
                sys.exit(built.stdout)
        measure(Path(folder) / "ours", other / "site")


if __name__ == "__main__":
    main()
